//! An agent below its tracer: the terminal, signals and ends are as they are without one.

use super::world::{World, over};
use chorus_testkit::but::standins;
use chorus_testkit::processes::is_alive;
use chorus_testkit::{wait_for, wait_until};
use serde_json::Value;

/// A shell as the agent of a task with a stack.
struct Shell {
    world: World,
    task: String,
    pane: String,
}

/// Runs a test on a shell below a tracer. Where the system allows none, that is told, and the shell runs all the same.
fn each(test: impl Fn(&Shell)) {
    let standin = standins().into_iter().take(1).collect();
    over(standin, World::new, |world| {
        let shell = Shell::start(world, "");
        match available() {
            Ok(()) => shell.is_traced(),
            Err(why) => shell.is_untraced(&why),
        }
        test(&shell);
    });
}

fn available() -> Result<(), String> {
    chorus_write_trace::available()
}

impl Shell {
    fn start(world: World, vcs: &str) -> Shell {
        // In the place of an agent that reports its edits, as one with a stack must.
        let program = world.root().join("claude");
        chorus_testkit::sandbox::script(&program, "#!/bin/sh\nexec bash --norc --noprofile\n");
        world.config(&format!("{vcs}\n[agent.claude]\ncommand = [{:?}]\n", program.display().to_string()));
        let task = world.task_with("Shell", &["--agent", "claude"]);
        world.json(["start", &task]);
        let pane = wait_for("a pane", || world.look(&task)["pane"].as_str().map(str::to_owned));
        let shell = Shell { world, task, pane };
        shell.types("PS1='ready> '");
        shell.shows("ready> ");
        shell
    }

    fn is_traced(&self) {
        self.journal_has("traced");
        let (pane, agent) = (self.pane_process(), self.world.agent_pid(&self.task));
        assert_ne!(pane, agent, "the pane's own process stands beside the agent");
    }

    fn is_untraced(&self, why: &str) {
        let said = self.journal_has("untraced");
        assert!(said.contains(why), "{said}");
        assert_eq!(self.pane_process(), self.world.agent_pid(&self.task));
    }

    fn journal_has(&self, what: &str) -> String {
        wait_for(what, || self.world.journal(&self.task).into_iter().find(|(kind, _)| kind == what)).1
    }

    fn types(&self, line: &str) {
        self.world.tmux(["send-keys", "-t", &self.pane, "-l", line]).unwrap();
        self.key("Enter");
    }

    fn key(&self, key: &str) {
        self.world.tmux(["send-keys", "-t", &self.pane, key]).unwrap();
    }

    fn screen(&self) -> String {
        self.world.tmux(["capture-pane", "-p", "-J", "-t", &self.pane]).unwrap_or_default()
    }

    /// Waits until a line of the screen ends so: a signal may come behind a prompt.
    fn shows(&self, line: &str) {
        wait_until(line, || self.screen().lines().any(|shown| shown.trim_end().ends_with(line.trim_end())));
    }

    /// Waits until a trap wrote that: the shell runs one when the next line is entered after the signal came.
    fn traps(&self, file: &str, text: &str) {
        wait_until(text, || {
            self.key("Enter");
            self.file(file).trim_end() == text
        });
    }

    fn of_pane(&self, format: &str) -> String {
        self.world.tmux(["display-message", "-p", "-t", &self.pane, format]).unwrap()
    }

    fn pane_process(&self) -> u32 {
        self.of_pane("#{pane_pid}").parse().unwrap()
    }

    /// Waits for the agent's end: its code and its signal as tmux has them.
    fn ended(&self) -> (String, String) {
        wait_until("the pane is dead", || self.of_pane("#{pane_dead}") == "1");
        (self.of_pane("#{pane_dead_status}"), self.of_pane("#{pane_dead_signal}"))
    }

    fn is_exited(&self) -> Value {
        self.world.awaits(&self.task, "exited", |page| page["task"]["agent_status"]["status"] == "exited")["task"]
            ["agent_status"]
            .clone()
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.world.project().join(name)).unwrap_or_default()
    }
}

fn kill(process: u32, signal: &str) {
    let sent = std::process::Command::new("kill").args([signal, &process.to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn the_terminal_shows_the_agent_and_its_keys_reach_it() {
    each(|shell| {
        wait_until("tmux names the agent", || shell.of_pane("#{pane_current_command}") == "bash");
        shell.types("mkdir -p below && cd below; tty; ps -o pgid= -p $$");
        wait_until("its folder", || shell.of_pane("#{pane_current_path}").ends_with("/below"));
        shell.types("sleep 1000; echo not this");
        wait_until("sleep runs", || shell.of_pane("#{pane_current_command}") == "sleep");
        shell.key("C-c");
        wait_until("the shell again", || shell.of_pane("#{pane_current_command}") == "bash");
        shell.types("echo inter'rupted'");
        shell.shows("interrupted");
        // Job control inside the agent.
        shell.types("sleep 1000");
        wait_until("sleep runs", || shell.of_pane("#{pane_current_command}") == "sleep");
        shell.key("C-z");
        shell.types("echo job $(jobs -s | wc -l)");
        shell.shows("job 1");
        shell.types("kill %1; wait; trap 'stty size >size' WINCH; echo trap'ped'");
        shell.shows("trapped");
        shell.world.tmux(["resize-window", "-t", &shell.pane, "-x", "100", "-y", "31"]).unwrap();
        shell.traps("below/size", "31 100");
    });
}

#[test]
fn an_agent_that_is_stopped_goes_on_at_once() {
    each(|shell| {
        shell.types("kill -STOP $$; echo con'tinued'");
        shell.shows("continued");
    });
}

#[test]
fn codes_and_signals_are_the_agents() {
    each(|shell| {
        shell.types("exit 7");
        assert_eq!(shell.ended(), ("7".into(), String::new()));
        assert!(shell.screen().contains("exit 7"), "its last words stay");
        shell.is_exited();
        // Once more in the same pane.
        let before = shell.pane_process();
        shell.world.json(["restart", &shell.task]);
        wait_until("another process", || shell.pane_process() != before && shell.of_pane("#{pane_dead}") == "0");
        shell.types("echo an'other'");
        shell.shows("another");
        shell.types("kill -9 $$");
        assert_eq!(shell.ended().1, signal_of_tmux(shell, "9"));
        shell.is_exited();
    });
}

/// tmux before 3.3 has no such format.
fn signal_of_tmux(shell: &Shell, signal: &str) -> String {
    match shell.of_pane("#{pane_dead_signal}").is_empty() {
        true => String::new(),
        false => signal.to_owned(),
    }
}

#[test]
fn signals_to_the_panes_process_reach_the_agent() {
    each(|shell| {
        // No shell at its prompt: that one has signals of its own.
        let script =
            "trap 'echo terminated >said' TERM; trap 'echo used >said' USR1; echo >armed; while :; do sleep 0.1; done";
        shell.types(&format!("exec bash -c \"{script}\""));
        wait_until("it is armed", || !shell.file("armed").is_empty());
        for (signal, said) in [("-TERM", "terminated"), ("-USR1", "used")] {
            kill(shell.pane_process(), signal);
            wait_until(said, || shell.file("said").trim_end() == said);
        }
        let agent = shell.world.agent_pid(&shell.task);
        kill(shell.pane_process(), "-HUP");
        shell.ended();
        wait_until("the agent has ended", || !is_alive(agent));
        shell.is_exited();
    });
}

#[test]
fn the_agent_dies_with_the_panes_process_and_what_it_started_writes_on() {
    each(|shell| {
        shell.types("setsid sh -c 'for n in $(seq 600); do echo $n >beat || exit; sleep 0.1; done' &");
        wait_until("it writes", || !shell.file("beat").is_empty());
        let agent = shell.world.agent_pid(&shell.task);
        kill(shell.pane_process(), "-9");
        wait_until("the agent is dead", || !is_alive(agent));
        shell.is_exited();
        let then = shell.file("beat");
        wait_until("it writes on", || !["", &then].contains(&&*shell.file("beat")));
        std::fs::remove_file(shell.world.project().join("beat")).unwrap();
        std::fs::create_dir(shell.world.project().join("beat")).unwrap();
    });
}

#[test]
fn what_outlives_the_agent_writes_on() {
    each(|shell| {
        shell.types("(trap '' HUP; until [ -e go ]; do sleep 0.1; done; echo late >late; mv late later) & disown");
        shell.types("exit 3");
        assert_eq!(shell.ended().0, "3");
        shell.is_exited();
        std::fs::write(shell.world.project().join("go"), "").unwrap();
        wait_until("it wrote", || shell.file("later") == "late\n");
    });
}

#[test]
fn without_tracing_the_pane_is_the_agents_and_nobody_wonders() {
    let standin = standins().into_iter().take(1).collect();
    over(standin, World::new, |world| {
        let shell = Shell::start(world, "[vcs]\ntrace = \"off\"\n");
        shell.is_untraced("off");
        assert!(shell.world.health("write tracing")["text"].as_str().unwrap().contains("off"));
        shell.types("exit 0");
        assert_eq!(shell.ended().0, "0");
    });
}

#[test]
fn health_says_whether_writes_can_be_traced() {
    let standin = standins().into_iter().take(1).collect();
    over(standin, World::new, |world| {
        let check = world.health("write tracing");
        match available() {
            Ok(()) => assert_eq!(check["level"], "ok", "{check}"),
            Err(why) => {
                assert_eq!(check["level"], "warn", "{check}");
                assert!(check["text"].as_str().unwrap().contains(&why), "{check}");
            }
        }
    });
}
