//! Recorded screens of Claude Code (`tests/fixtures/screens`), and what `chorus detect` says of screens.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One state of the client, recorded at several sizes: a line of `index.jsonl`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Its name.
    pub name: String,
    /// What is right: `idle`, `waiting_permission`.
    pub status: String,
    /// The client's version.
    pub version: String,
    /// The session file's `status` and `waitingFor` at the time.
    pub session: Option<(String, Option<String>)>,
    /// The foreground command, and how the pane ended.
    pub command: Option<String>,
    /// Its exit code.
    pub dead: Option<i64>,
    /// `80x24`, …
    pub sizes: Vec<String>,
}

/// One screen, and what was said of it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Which state it shows.
    pub state: State,
    /// Its size.
    pub size: String,
    /// Its file.
    pub file: PathBuf,
    /// By the screen alone.
    pub screen: Said,
    /// By the screen and the session file; the same where there was none.
    pub fused: Said,
}

/// What `chorus detect` says, in the index's words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// `waiting_permission`.
    pub status: String,
    /// The rule that won.
    pub rule: String,
    /// The labels of the dialog's options.
    pub options: Vec<String>,
}

/// The program to ask: the one that `CHORUS_TEST_BINARY` names, else one that is built now.
pub fn program() -> Result<PathBuf, String> {
    let given = std::env::var_os("CHORUS_TEST_BINARY").filter(|path| !path.is_empty());
    given.map_or_else(crate::cargo::build, |path| Ok(path.into()))
}

/// Where they are, from the top of the checkout.
pub fn folder() -> PathBuf {
    chorus_testkit::repository().join("tests/fixtures/screens")
}

/// The states that a screen alone shows.
pub fn recorded() -> Result<Vec<State>, String> {
    let path = folder().join("index.jsonl");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(lines.filter(|line| line["beyond"].is_null()).map(|line| state(&line)).collect())
}

fn state(line: &Value) -> State {
    let text = |name: &str| line[name].as_str().map(str::to_owned);
    let name = text("state").unwrap_or_default();
    State {
        status: text("status").unwrap_or_default(),
        version: text("version").unwrap_or_default(),
        session: text("session").map(|status| (status, text("waiting_for"))),
        command: text("command"),
        dead: line["dead"].as_i64(),
        sizes: line["sizes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|size| Some(size.as_str()?.to_owned()))
            .collect(),
        name,
    }
}

/// Asks `chorus detect` about every screen of these states, few processes for all.
pub fn judge(chorus: &Path, folder: &Path, states: &[State]) -> Result<Vec<Judged>, String> {
    let scratch = tempfile::tempdir().map_err(|error| format!("cannot make a folder: {error}"))?;
    let mut groups: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
    for (place, state) in states.iter().enumerate() {
        let key = format!("{:?} {:?} {:?}", state.command, state.dead, state.session);
        groups.entry(key).or_default().extend(state.sizes.iter().map(|size| (place, size.clone())));
    }
    let mut judged = Vec::new();
    for screens in groups.values() {
        let file = |(place, size): &(usize, String)| folder.join(format!("{}-{size}.ansi", states[*place].name));
        let files: Vec<PathBuf> = screens.iter().map(file).collect();
        let one = &states[screens[0].0];
        let alone = detect(chorus, scratch.path(), &files, one, None)?;
        let session = one.session.as_ref().filter(|_| one.dead.is_none());
        let fused = match session {
            Some(session) => detect(chorus, scratch.path(), &files, one, Some(session))?,
            None => alone.clone(),
        };
        let said = alone.into_iter().zip(fused).zip(files);
        judged.extend(screens.iter().zip(said).map(|((place, size), ((screen, fused), file))| Judged {
            state: states[*place].clone(),
            size: size.clone(),
            file,
            screen,
            fused,
        }));
    }
    Ok(judged)
}

fn detect(
    chorus: &Path,
    scratch: &Path,
    files: &[PathBuf],
    state: &State,
    session: Option<&(String, Option<String>)>,
) -> Result<Vec<Said>, String> {
    // The person's own configuration must not count.
    let mut command = Command::new(chorus);
    command.env_clear().env("HOME", scratch).env("CHORUS_STATE_DIR", scratch.join("state")).arg("detect");
    command.args(state.command.iter().flat_map(|command| ["--command", command]));
    command.args(state.dead.iter().flat_map(|code| ["--dead".to_owned(), code.to_string()]));
    if let Some((status, waiting_for)) = session {
        let path = scratch.join("session.json");
        let text = serde_json::json!({"pid": 7, "status": status, "waitingFor": waiting_for}).to_string();
        std::fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        command.arg("--session-file").arg(path);
    }
    let output = command.args(files).output().map_err(|error| format!("cannot run chorus: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let said: Vec<Said> =
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).map(|line: Value| said(&line)).collect();
    if said.len() != files.len() {
        return Err(format!("chorus detect failed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(said)
}

/// In the index's words: a dialog that the person opened counts as a question.
fn said(line: &Value) -> Said {
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let status = match (&*text("status"), &*text("kind")) {
        ("waiting", "dialog") => "waiting_question".to_owned(),
        ("waiting", kind) => format!("waiting_{kind}"),
        (status, _) => status.to_owned(),
    };
    let options = line["detail"]["options"].as_array().into_iter().flatten();
    let options = options.filter_map(|option| Some(option["label"].as_str()?.to_owned())).collect();
    Said { status, rule: text("rule"), options }
}

/// Right ones of all, by a name.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share {
    /// All of them.
    pub all: usize,
    /// Right by the screen alone.
    pub screen: usize,
    /// Right together with the session file.
    pub fused: usize,
}

impl Share {
    /// The share of one figure in percent.
    #[expect(clippy::cast_precision_loss, reason = "hundreds of screens")]
    pub fn percent(&self, right: usize) -> f64 {
        100.0 * right as f64 / self.all.max(1) as f64
    }
}

/// How many are right, by what `name` gives.
pub fn shares(judged: &[Judged], name: impl Fn(&Judged) -> String) -> BTreeMap<String, Share> {
    let mut shares: BTreeMap<String, Share> = BTreeMap::new();
    for one in judged {
        for name in [name(one), "all".to_owned()] {
            let share = shares.entry(name).or_default();
            share.all += 1;
            share.screen += usize::from(one.screen.status == one.state.status);
            share.fused += usize::from(one.fused.status == one.state.status);
        }
    }
    shares
}

/// A table of shares.
pub fn table(title: &str, shares: &BTreeMap<String, Share>) -> String {
    let mut text = format!("{title:<22} screens    screen  with session file\n");
    let total = shares.get("all").map(|share| ("all", share));
    for (name, share) in
        shares.iter().filter(|(name, _)| *name != "all").map(|(name, share)| (&**name, share)).chain(total)
    {
        let (screen, fused) = (share.percent(share.screen), share.percent(share.fused));
        text += &format!("  {name:<20} {:>7}  {screen:>6.1} %  {fused:>6.1} %\n", share.all);
    }
    text
}

/// What is right in rows, what the screen alone was said to show in columns; only what was ever confused.
pub fn confusion(judged: &[Judged]) -> String {
    let mut cells: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for one in judged {
        *cells.entry((&one.state.status, &one.screen.status)).or_default() += 1;
    }
    let wrong: Vec<&(&str, &str)> = cells.keys().filter(|(right, said)| right != said).collect();
    if wrong.is_empty() {
        return "confusion: none\n".to_owned();
    }
    let mut columns: Vec<&str> = wrong.iter().flat_map(|(right, said)| [*right, *said]).collect();
    columns.sort_unstable();
    columns.dedup();
    let mut text = format!("{:<20}", "is, and said to be");
    columns.iter().for_each(|column| text += &format!(" {column:>18}"));
    for row in &columns {
        text += &format!("\n{row:<20}");
        for column in &columns {
            let count = cells.get(&(row, column)).copied().unwrap_or_default();
            text += &format!(" {:>18}", if count == 0 { "·".to_owned() } else { count.to_string() });
        }
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(status: &str, screen: &str, fused: &str) -> Judged {
        let said = |status: &str| Said { status: status.into(), ..Said::default() };
        let state = State { status: status.into(), version: "2".into(), ..State::default() };
        Judged { state, size: "80x24".into(), file: PathBuf::new(), screen: said(screen), fused: said(fused) }
    }

    #[test]
    fn shares_and_confusion_count_each_screen_once() {
        let judged = [one("idle", "idle", "idle"), one("idle", "busy", "idle"), one("error", "error", "error")];
        let shares = shares(&judged, |one| one.state.status.clone());
        assert_eq!(shares["idle"], Share { all: 2, screen: 1, fused: 2 });
        assert_eq!(shares["all"], Share { all: 3, screen: 2, fused: 3 });
        let table = table("by state", &shares);
        assert!(table.contains("  idle                       2    50.0 %   100.0 %"), "{table}");
        assert!(table.trim_end().ends_with("all                        3    66.7 %   100.0 %"), "{table}");
        let confusion = confusion(&judged);
        let rows: Vec<Vec<&str>> = confusion.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[1], ["busy", "·", "·"]);
        assert_eq!(rows[2], ["idle", "1", "1"]);
        assert_eq!(super::confusion(&judged[..1]), "confusion: none\n");
    }

    #[test]
    fn the_index_s_words() {
        let said = said(&serde_json::json!({"status": "waiting", "kind": "dialog", "rule": "dialog",
            "detail": {"options": [{"label": "Yes"}, {"label": "No"}]}}));
        assert_eq!(
            said,
            Said { status: "waiting_question".into(), rule: "dialog".into(), options: vec!["Yes".into(), "No".into()] }
        );
        assert!(recorded().unwrap().len() > 400);
    }
}
