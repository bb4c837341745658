//! `chorus detect`: classifies captured screens, one JSON line a file. It is how a wrong status is reported, and how the
//! corpus in `tests/fixtures/screens` is kept.

use crate::agent::{ADAPTERS, Adapter, Agent};
use crate::config::Loaded;
use crate::contract::Code;
use crate::detector::rules::{Rules, parse};
use crate::detector::screen::{Beside, classify, is_shell};
use crate::detector::{SETTLE, detect};
use crate::error::{Error, Result};
use crate::evidence::reading::ScreenReading;
use crate::evidence::session::AgentSession;
use crate::evidence::{Evidence, Gives, Process};
use crate::ops::agents;
use crate::status::Kind;
use serde_json::{Map, Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};

/// No capture is larger.
const MOST: u64 = 8 * 1024 * 1024;

/// `chorus detect [--agent NAME] [--session-file F] [--command NAME] [--dead CODE] [--rules F] FILE…`
#[derive(Clone, Debug)]
pub struct Options {
    /// Whose screens they are: an agent with rules of its own, or one that is configured.
    pub agent: String,
    /// The agent's session file at the time.
    pub session_file: Option<PathBuf>,
    /// tmux's `pane_current_command` at the time.
    pub command: Option<String>,
    /// tmux's `pane_dead_status`, when the pane was dead.
    pub dead: Option<i32>,
    /// A rules file to put in front.
    pub rules: Option<PathBuf>,
    /// Captures, plain or with escapes; `-` is standard input.
    pub files: Vec<PathBuf>,
}

/// Prints one line for each file: `{"file","status","kind","rule","detail"}`. The agent's screens are read as the person's
/// configuration says; a rules file that is named counts instead of the configured one.
pub fn run(options: &Options, loaded: &Loaded, print: impl Fn(Value)) -> Result<()> {
    let agent = agent(&options.agent, loaded);
    let own = options.rules.as_deref().map(|path| parse(&path.display().to_string(), &text(path)?)).transpose()?;
    let rules = match own {
        Some(own) => {
            Rules::of(agent.adapter().map(Adapter::screen_rules), Some(agents::with_patterns(own, loaded, &agent)))?
        }
        None => agents::rules(loaded, &agent)?,
    };
    let session = options.session_file.as_deref().map(session).transpose()?;
    for file in &options.files {
        print(line(options, &rules, session.as_ref(), &file.to_string_lossy(), &text(file)?));
    }
    Ok(())
}

/// Whatever its program is: only its name and kind matter here.
fn agent(name: &str, loaded: &Loaded) -> Agent {
    let configured = loaded.config.agents.get(name).map(|agent| agent.command.0.clone());
    Agent::new(name, configured.unwrap_or_default(), Vec::new(), Path::new("chorus"))
}

fn line(options: &Options, rules: &Rules, session: Option<&AgentSession>, file: &str, capture: &str) -> Value {
    let beside = Beside { command: options.command.as_deref(), dead: options.dead };
    let reading = classify(rules, capture, beside);
    let more = more(&reading);
    let session = session.filter(|session| session.status.is_some() && options.dead.is_none());
    let Some(session) = session else {
        let detail = detail(&reading.detail, more);
        return json!({"file": file, "status": reading.status, "kind": reading.kind, "rule": reading.rule, "detail": detail});
    };
    let verdict = detect(&evidence(session, reading, options.command.clone()), LATER);
    let state = verdict.state;
    let detail = detail(&state.detail, more);
    json!({"file": file, "status": state.status, "kind": state.kind, "rule": verdict.rule, "detail": detail})
}

/// The moment of judgement, counted from the last change of the session's status.
const LATER: i64 = 10 * SETTLE;

/// The session file's status and the screen, as of one moment after the screen had settled.
fn evidence(session: &AgentSession, reading: ScreenReading, command: Option<String>) -> Evidence {
    let mut evidence = Evidence::launched(Gives { session: true, hooks: true }, -LATER);
    let session = AgentSession { status_updated_at: Some(0), updated_at: Some(0), ..session.clone() };
    // A shell in front of an agent that lives: job control stopped the agent.
    let suspended = command.as_deref().is_some_and(is_shell);
    evidence.saw_process(Process::Alive { command, suspended }, 0);
    evidence.saw_session(session, true, 0);
    // Where a client of its own says that it is suspended it has left its terminal, which no file shows.
    evidence.saw_terminal(reading.kind == Some(Kind::Suspended), 0);
    evidence.saw_screen(reading, (0, 0), true, LATER - SETTLE);
    evidence
}

/// What stands on the screen beside the status's own details.
fn more(reading: &ScreenReading) -> Map<String, Value> {
    let mut more = Map::new();
    if let Some(dialog) = &reading.dialog {
        more.insert("question".into(), json!(dialog.question));
        more.insert("options".into(), json!(dialog.options));
        more.insert("complete".into(), json!(dialog.complete));
    }
    more.insert("typed".into(), json!(reading.typed));
    more
}

fn detail(detail: &crate::status::Detail, more: Map<String, Value>) -> Value {
    let known = serde_json::to_value(detail).unwrap_or_default();
    let known = known.as_object().cloned().unwrap_or_default();
    known.into_iter().chain(more).filter(|(_, value)| !value.is_null()).collect()
}

fn session(path: &Path) -> Result<AgentSession> {
    let text = text(path)?;
    let refused = || Error::new(Code::BadInput, format!("cannot read {}: it is no session file", path.display()));
    ADAPTERS
        .iter()
        .find_map(|adapter| adapter.session_file(text.as_bytes()))
        .ok_or_else(|| refused().hint("give `<config>/sessions/<pid>.json`"))
}

/// A file's text; bytes that are not UTF-8 are replaced.
fn text(path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(MOST).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut bytes))
    };
    read.map_err(|error| Error::new(Code::BadInput, format!("cannot read {}: {error}", path.display())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(options: &Options) -> Vec<Value> {
        let printed = std::cell::RefCell::new(Vec::new());
        run(options, &Loaded::default(), |line| printed.borrow_mut().push(line)).unwrap();
        printed.into_inner()
    }

    #[test]
    fn one_line_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let prompt = "──────────\n❯ \n──────────\n  ? for shortcuts".as_bytes();
        let idle = file("idle.txt", prompt);
        let noise = file("noise.txt", b"\xff\x00 what");
        let options = Options {
            agent: "claude".into(),
            session_file: None,
            command: None,
            dead: None,
            rules: None,
            files: vec![idle.clone(), noise],
        };
        let told = lines(&options);
        assert_eq!(told[0], json!({"file": idle, "status": "idle", "kind": null, "rule": "idle", "detail": {}}));
        assert_eq!((&told[1]["status"], &told[1]["rule"]), (&json!("unknown"), &json!("none")));

        let session = file("7.json", br#"{"pid":7,"status":"waiting","waitingFor":"input needed"}"#);
        let told = lines(&Options { session_file: Some(session.clone()), ..options.clone() });
        assert_eq!((&told[0]["status"], &told[0]["kind"]), (&json!("waiting"), &json!("question")), "the file leads");
        let told = lines(&Options { session_file: Some(session), dead: Some(3), ..options.clone() });
        assert_eq!((&told[0]["status"], &told[0]["detail"]["code"]), (&json!("exited"), &json!(3)), "death leads");

        let own = "[agent.mine]\nwaiting = ['\\(y/n\\)$']\nanswers = { yes = 'y Enter' }";
        let own = crate::config::load(Some(("/u/chorus.toml".into(), own.into())), None, false, &Default::default());
        let asks = file("asks.txt", b"rm x\nGo on? (y/n)");
        let mine = Options { agent: "mine".into(), files: vec![asks], ..options.clone() };
        let printed = std::cell::RefCell::new(Vec::new());
        run(&mine, &own, |line| printed.borrow_mut().push(line)).unwrap();
        let told = &printed.borrow()[0];
        assert_eq!((&told["status"], &told["rule"]), (&json!("waiting"), &json!("status.waiting")), "{own:?}");
        assert_eq!(told["detail"]["options"][0]["keys"], json!(["y", "Enter"]));

        let missing = Options { files: vec![folder.path().join("missing")], ..options };
        assert!(run(&missing, &Loaded::default(), drop).unwrap_err().message.starts_with("cannot read"));
    }
}
