//! A long output at a terminal goes through a pager, which alone gets what is typed.

use crate::world::World;
use chorus_testkit::wait_until;

#[test]
fn ctrl_c_ends_neither_the_pager_nor_chorus_before_it() {
    let world = World::new();
    let task = world.task("Greet people");
    world.json(["start", &task, "--prompt", "Write a greeting [[bash: echo hello > greeting.txt]] [[say done]]"]);
    world.commits(&task, 1);
    // As less does, it goes on after Ctrl-C.
    let text = "trap 'echo interrupted' INT; cat; echo shown; until read line < /dev/tty; do :; done; echo left $line";
    world.script("a-pager", text);
    let pager = world.root().join("bin/a-pager");
    let chorus = env!("CARGO_BIN_EXE_chorus");
    let line = format!("trap : INT; PAGER={} {chorus} diff {task}; echo \"ended $?\"; sleep 100", pager.display());
    let project = world.project();
    let mut begin: Vec<String> =
        ["-f", "/dev/null", "new-session", "-d", "-s", "paged", "-x", "100", "-y", "40"].map(str::to_owned).into();
    begin.extend(["-c".to_owned(), project.display().to_string()]);
    // The server has the environment of the daemon, which started it.
    begin.extend(world.environment().iter().flat_map(|(name, value)| ["-e".to_owned(), format!("{name}={value}")]));
    begin.push(line);
    world.tmux(begin).expect("a terminal");
    let screen = || world.tmux(["capture-pane", "-p", "-t", "paged"]).unwrap_or_default();
    wait_until("the difference is shown", || screen().contains("shown"));
    assert!(screen().contains("+hello"), "{}", screen());
    world.tmux(["send-keys", "-t", "paged", "C-c"]).unwrap();
    wait_until("the pager was interrupted", || screen().contains("interrupted"));
    world.tmux(["send-keys", "-t", "paged", "it", "Enter"]).unwrap();
    wait_until("all have ended", || screen().contains("ended "));
    let shown = screen();
    assert!(shown.find("left it") < shown.find("ended 0") && shown.contains("ended 0"), "{shown}");
}
