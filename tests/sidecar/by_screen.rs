//! Agents of which only the screen is known: a scripted program that asks `(y/n)`, read by patterns of its own section and
//! answered by the keys that are configured there.

use crate::world::World;
use chorus_testkit::{wait_until, world::state};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::path::PathBuf;

/// Starts slowly, takes a prompt that begins with `do`, works until the file `go` is there, and asks before each path that the prompt
/// names. What it is answered goes into the file `answers`.
const ASKER: &str = r#"
stty -echo
cd "$(dirname "$0")"
for part in 1 2 3; do
  echo "loading $part"
  sleep 0.4
done
while :; do
  printf '> '
  # What stands before the prompt is the task's context.
  while read -r line; do case "$line" in "do "*) break ;; esac; done
  printf '\nworking on it\n'
  while [ ! -e go ]; do sleep 0.05; done
  rm go
  for path in ${line#do }; do
    printf 'rm -r %s\nDelete it? (y/n) ' "$path"
    read -r answer
    printf '%s\n' "$answer"
    echo "$path $answer" >> answers
    printf 'working on it\n'
  done
  printf 'That was all.\n'
done
"#;

const PATTERNS: &str = r"
waiting = ['\(y/n\)$']
busy = ['^working']
idle = ['^>$']
lines = 1
answers = { yes = 'y Enter', no = 'n Enter' }
";

struct Asker {
    world: World,
    folder: PathBuf,
}

chorus_testkit::around!(Asker, world: World);

impl Asker {
    fn new(rest: &str) -> Asker {
        let world = World::new();
        let folder = world.root().join("asker");
        std::fs::create_dir(&folder).unwrap();
        chorus_testkit::sandbox::script(&folder.join("asker"), &format!("#!/bin/sh{ASKER}"));
        let asker = Asker { world, folder };
        asker.configure(rest);
        asker
    }

    /// The agent's section, with these keys.
    fn configure(&self, rest: &str) {
        let program = self.folder.join("asker").display().to_string();
        self.write(
            "config/chorus/chorus.toml",
            &format!("[agent]\ndefault = 'asker'\n[agent.asker]\ncommand = ['{program}']\n{rest}\n"),
        );
    }

    fn goes_on(&self) {
        std::fs::write(self.folder.join("go"), "").unwrap();
    }

    fn answers(&self) -> String {
        std::fs::read_to_string(self.folder.join("answers")).unwrap_or_default()
    }

    /// A task whose agent works on that prompt.
    fn busy(&self, prompt: &str) -> String {
        let task = self.task("By screen");
        self.json(["start", &task, "--prompt", prompt]);
        self.until(&task, "busy");
        task
    }

    /// The request, once it is known whole.
    fn asked(&self, task: &str, path: &str) -> Value {
        let line = format!("rm -r {path}");
        let holds = |request: &Value| {
            request["input"]["text"].as_array().is_some_and(|text| text.iter().any(|shown| shown == line.as_str()))
        };
        let page = self.awaits(task, &line, |page| holds(&page["requests"][0]) && page["requests"][1].is_null());
        page["requests"][0].clone()
    }
}

#[test]
fn a_program_is_read_by_its_own_patterns_and_answered_by_its_own_keys() {
    let asker = Asker::new(PATTERNS);
    let task = asker.busy("do one two");
    asker.goes_on();
    let request = asker.asked(&task, "one");
    let of = |name: &str| request[name].as_str().unwrap_or_default();
    assert_eq!((of("kind"), of("answerable"), of("summary")), ("permission", "keys", "Delete it? (y/n)"));
    assert_eq!(request["cut"], false);
    let options: Vec<(&str, &str)> = request["input"]["options"]
        .as_array()
        .unwrap()
        .iter()
        .map(|option| (option["label"].as_str().unwrap(), option["note"].as_str().unwrap()))
        .collect();
    assert_eq!(options, [("yes", "presses y Enter"), ("no", "presses n Enter")]);
    assert_eq!(asker.agent(&task), "waiting permission");
    assert_eq!(asker.json(["approve", &task, "--request", of("id")])["outcome"], "allowed");
    let second = asker.asked(&task, "two");
    assert_ne!(second["id"], request["id"], "the same question about something else is another request");
    assert_eq!(asker.json(["deny", &task])["outcome"], "denied");
    asker.rests(&task, 1);
    assert_eq!(asker.answers(), "one y\ntwo n\n");
    assert_eq!(asker.look(&task)["unread"], true);
    assert_eq!(asker.count(&task, "turn_ended"), 1, "what it draws at its start is no turn");
}

#[test]
fn another_question_than_the_one_seen_gets_no_key() {
    let asker = Asker::new(PATTERNS);
    let task = asker.busy("do one two");
    asker.goes_on();
    let request = asker.asked(&task, "one");
    // The daemon sleeps while the person answers at the terminal and the next question comes.
    let daemon = Pid::from_raw(i32::try_from(asker.daemon().unwrap()).unwrap()).unwrap();
    let pane = asker.look(&task)["pane"].as_str().unwrap().to_owned();
    kill_process(daemon, Signal::STOP).unwrap();
    asker.tmux(["send-keys", "-t", &pane, "y", "Enter"]).unwrap();
    wait_until("the next question", || {
        let shows = |screen: &String| screen.contains("rm -r two") && screen.trim_end().ends_with("(y/n)");
        asker.tmux(["capture-pane", "-p", "-t", &pane]).as_ref().is_some_and(shows)
    });
    kill_process(daemon, Signal::CONT).unwrap();
    let refusal = asker.refused(["approve", &task, "--request", request["id"].as_str().unwrap()]);
    assert_eq!(refusal.code, "request_changed");
    refusal.is_clear();
    let next = asker.asked(&task, "two");
    assert_eq!(asker.answers(), "one y\n");
    asker.json(["answer", &task, "no", "--request", next["id"].as_str().unwrap()]);
    asker.rests(&task, 1);
    assert_eq!(asker.answers(), "one y\ntwo n\n");
}

#[test]
fn a_question_has_its_words_however_slow_tmux_is() {
    let asker = Asker::new(PATTERNS);
    let task = asker.busy("do one");
    asker.tmux_on("source-file", "sleep 1.5");
    asker.goes_on();
    let request = asker.asked(&task, "one");
    assert_eq!((request["kind"].as_str(), request["answerable"].as_str()), (Some("permission"), Some("keys")));
    asker.real_tmux();
    asker.json(["approve", &task, "--request", request["id"].as_str().unwrap()]);
    asker.rests(&task, 1);
}

#[test]
fn without_answer_keys_words_are_typed() {
    let asker =
        Asker::new(&PATTERNS.lines().filter(|line| !line.starts_with("answers")).collect::<Vec<_>>().join("\n"));
    let task = asker.busy("do one");
    asker.goes_on();
    let request = asker.asked(&task, "one");
    assert_eq!((request["kind"].as_str(), request["answerable"].as_str()), (Some("question"), Some("keys")));
    for verb in ["approve", "deny"] {
        let refusal = asker.refused([verb, &task]);
        assert_eq!(refusal.code, "not_answerable");
        assert!(refusal.hint.contains(&format!("`answer {task}`")), "{refusal:?}");
        refusal.is_clear();
    }
    asker.json(["answer", &task, "perhaps", "not"]);
    asker.rests(&task, 1);
    assert_eq!(asker.answers(), "one perhaps not\n");
}

#[test]
fn the_patterns_for_all_agents_fit_this_one() {
    let asker = Asker::new("[status.idle]\npatterns = ['^>\\s*$']\n[status.waiting]\npatterns = ['\\(y/n\\)$']");
    let task = asker.task("By screen");
    asker.json(["start", &task, "--prompt", "do one"]);
    asker.goes_on();
    asker.asked(&task, "one");
    asker.json(["answer", &task, "y"]);
    asker.awaits(&task, "it rests", |page| state(page) == "idle");
    assert_eq!(asker.answers(), "one y\n");
}

#[test]
fn a_pattern_that_cannot_be_used_is_told_with_its_place() {
    let asker = Asker::new("waiting = ['a', '(']");
    let refusal = asker.refused(["new", "--title", "A"]);
    assert!(refusal.message.contains("chorus.toml:5:17: `agent.asker.waiting`: `(` is not a regular"), "{refusal:?}");
    refusal.is_clear();
    let rules = asker.write(
        "screen.toml",
        "[[rule]]\nname = 'x'\nstatus = 'idle'\nwhen = [{ in = 'tail', has = '(a{999}){9999}' }]\n",
    );
    asker.configure(&format!("rules = '{}'", rules.display()));
    let task = asker.task("By screen");
    let refusal = asker.refused(["start", &task]);
    let place = format!("{}:4:30: `(a{{999}}){{9999}}` is too large", rules.display());
    assert!(refusal.message.contains(&place), "{refusal:?}");
    refusal.is_clear();
}
