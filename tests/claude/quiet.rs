//! Nothing of the person's is written, and no secret shows.

use crate::world::on_main;
use chorus_testkit::claude::KEY;
use std::path::{Path, PathBuf};

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn settings_stay_as_they_were_and_the_key_is_nowhere() {
    on_main(|world| {
        let theirs = r#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"touch their-hook-ran"}]}]}}"#;
        let project = world.sandbox.write("project/.claude/settings.json", theirs);
        let local = world.sandbox.write("project/.claude/settings.local.json", "{}");
        let user = world.sandbox.home().join(".claude/settings.json");
        let read = || [&project, &local, &user].map(|file| std::fs::read(file).unwrap());
        let before = read();
        world.sandbox.commit("settings");

        let task = world.ready("A-title-of-its-own");
        task.send("[[bash: npm run nothing]] [[slow 2]]");
        task.request();
        for process in world.sandbox.processes() {
            let line = process.argv.join(" ");
            assert!(!line.contains(KEY) && !line.contains("npm run nothing"), "{line}");
        }
        for scope in ["-g", "-t"] {
            let mut command = vec!["show-environment", scope];
            let pane = task.pane();
            command.extend((scope == "-t").then_some(pane.as_str()));
            assert!(!world.sandbox.tmux(command).unwrap_or_default().contains(KEY));
        }
        task.verb("approve", &["--always", "1"]);
        task.turn("[[bash: npm run more]]");
        assert!(world.sandbox.project().join("their-hook-ran").exists(), "the person's own hooks run beside ours");
        task.verb("restart", &[]);
        task.turn("[[say restarted]]");
        task.verb("complete", &[]);

        assert_eq!(read(), before);
        assert_eq!(world.sandbox.git(["status", "--porcelain"]), "?? their-hook-ran");
        for file in files(&world.sandbox.state()) {
            let bytes = std::fs::read(&file).unwrap_or_default();
            assert!(!bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes()), "{}", file.display());
        }
    });
}
