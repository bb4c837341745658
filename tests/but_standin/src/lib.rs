//! The program that stands in for `but`: both grammars on top of real git, made from recordings of the real ones.

mod answer;
mod arguments;
mod branch;
mod change;
mod commit;
mod commit_object;
mod diff;
mod discard;
mod fault;
mod git;
mod history;
mod hooks;
mod ids;
mod lines;
mod making;
mod oplog;
mod project;
mod pull;
mod rebase;
mod refusal;
mod selection;
mod setup;
mod show;
mod stacking;
mod state;
mod status;
mod time;
mod user_index;
mod workspace;

pub use fault::FAULTS;

use answer::{Answer, Refusal};
use arguments::Form;
use fault::Fault;
use project::{Place, Project};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The two ways in which the program is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// `but commit -b BRANCH -m MESSAGE [CHANGE…]`: since July 2026.
    New,
    /// `but commit BRANCH -m MESSAGE [-p CHANGE…]`: until then.
    Old,
}

/// `new` (also when unset) or `old`.
pub const GRAMMAR: &str = "CHORUS_STANDIN_GRAMMAR";
/// A file that gets a line for each invocation: its arguments as a JSON array.
pub const LOG: &str = "CHORUS_STANDIN_LOG";

/// A command line taken apart.
struct Invocation {
    folder: PathBuf,
    /// The folder as it was given.
    shown: String,
    json: bool,
    status_after: bool,
    /// The command and what follows it.
    words: Vec<String>,
}

/// Runs one invocation; the exit code.
pub fn main(words: Vec<String>) -> u8 {
    let grammar = match std::env::var(GRAMMAR).as_deref() {
        Ok("old") => Grammar::Old,
        _ => Grammar::New,
    };
    log(&words);
    let invocation = Invocation::of(words, grammar);
    let (command, _) = invocation.command();
    let fault = match Fault::of(&command) {
        Ok(fault) => fault,
        Err(refusal) => return refuse(&invocation, grammar, &refusal),
    };
    match run(&invocation, grammar, fault.as_ref()) {
        Ok(answer) => {
            if let Some(fault) = &fault {
                fault.die("die-after");
                if fault.is("garbage") {
                    print("{\"commitId\": \"59e3\n\u{1b}[31mwarning: <<garbage>>\n");
                    return 0;
                }
            }
            if let Some(note) = &answer.note {
                complain(note);
            }
            match &answer.json {
                Some(json) if invocation.json => print(&format!("{json:#}\n")),
                None if invocation.json && !answer.always => {}
                _ => print(&answer.human),
            }
            0
        }
        Err(refusal) => refuse(&invocation, grammar, &refusal),
    }
}

fn refuse(invocation: &Invocation, grammar: Grammar, refusal: &Refusal) -> u8 {
    if let Some(json) = refusal.json().filter(|_| invocation.json) {
        print(&format!("{json:#}\n"));
    }
    match refusal {
        Refusal::Text(text) => complain(&format!("Error: {text}")),
        Refusal::Bare(text) | Refusal::Usage(text) => complain(text),
        Refusal::SetupRequired(why) if grammar == Grammar::Old => complain(&format!("Error: Setup required: {why}")),
        Refusal::SetupRequired(why) => {
            complain(&format!("Error: Setup required: {why} - run `but setup` to configure the project"))
        }
        Refusal::Json(_) => {}
    }
    if matches!(refusal, Refusal::Usage(_)) { 2 } else { 1 }
}

impl Invocation {
    fn of(words: Vec<String>, grammar: Grammar) -> Invocation {
        let json = std::env::var("BUT_OUTPUT_FORMAT").is_ok_and(|format| format == "json");
        let here = std::env::current_dir().unwrap_or_default();
        let mut found = Invocation { folder: here, shown: ".".into(), json, status_after: false, words: Vec::new() };
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--" => {
                    found.words.push(word);
                    found.words.extend(words);
                    break;
                }
                "--json" => found.json = true,
                "-j" if grammar == Grammar::Old => found.json = true,
                "--status-after" => found.status_after = true,
                // What an option's value is must not be read as an option of ours.
                "-m" | "--message" => {
                    found.words.push(word);
                    found.words.extend(words.next_if(|next| !next.starts_with('-')));
                }
                "-C" | "--current-dir" => {
                    found.shown = words.next().unwrap_or_default();
                    found.folder = found.folder.join(&found.shown);
                }
                _ => found.words.push(word),
            }
        }
        found
    }

    /// The command's name, of two words where it has them, and the rest.
    fn command(&self) -> (String, &[String]) {
        let words = &self.words;
        let first = words.first().map_or("", String::as_str);
        let second = words.get(1).filter(|second| !second.starts_with('-')).map(String::as_str);
        match (first, second) {
            ("branch", Some(second @ ("new" | "list" | "delete" | "show"))) => {
                (format!("branch {second}"), &words[2..])
            }
            ("branch", _) => ("branch list".into(), &words[1..]),
            ("commit", Some("empty")) => ("commit empty".into(), &words[2..]),
            ("oplog", Some(second @ ("list" | "snapshot" | "restore"))) => (format!("oplog {second}"), &words[2..]),
            _ => (first.to_owned(), words.get(1..).unwrap_or_default()),
        }
    }
}

fn run(invocation: &Invocation, grammar: Grammar, fault: Option<&Fault>) -> Result<Answer, Refusal> {
    let (command, rest) = invocation.command();
    if command == "--version" || command == "-V" {
        return Ok(Answer::words("but 0.0.0-standin\n"));
    }
    let asks_help = rest.iter().take_while(|word| *word != "--").any(|word| word == "--help" || word == "-h");
    let Some(form) = form(&command, grammar) else { return unknown(&command, grammar, asks_help) };
    if asks_help {
        return Ok(Answer::words(form.help()));
    }
    let arguments = form.read(rest)?;
    if let Some(fault) = fault {
        let place = Place::of(&invocation.folder)?;
        fault.before(place.as_ref().map(|place| place.git.folder.as_path()))?;
    }
    let (folder, shown) = (invocation.folder.as_path(), invocation.shown.as_str());
    match command.as_str() {
        "setup" => return setup::setup(folder, shown, &arguments, grammar),
        "teardown" => return setup::teardown(folder, shown, grammar, &arguments),
        _ => {}
    }
    let mut project = Project::open(folder, shown, grammar)?;
    let project = &mut project;
    let answer = match command.as_str() {
        "status" => status::status(project, &arguments),
        "diff" => diff::diff(project, &arguments),
        "branch new" => branch::new(project, &arguments),
        "branch list" => branch::list(project, &arguments),
        "branch delete" => branch::delete(project, &arguments),
        "commit" if grammar == Grammar::New => commit::new(project, &arguments, fault),
        "commit" => commit::old(project, &arguments, fault),
        "apply" => stacking::apply(project, &arguments),
        "unapply" => stacking::unapply(project, &arguments),
        "move" => stacking::move_(project, &arguments),
        "uncommit" => history::uncommit(project, &arguments),
        "reword" => history::reword(project, &arguments),
        "pick" => history::pick(project, &arguments),
        "discard" => discard::discard(project, &arguments),
        "resolve" => discard::resolve(project, &arguments),
        "stage" | "rub" => discard::stage(project, &arguments),
        "oplog" | "oplog list" => Ok(oplog::list(project)),
        "undo" => oplog::undo(project),
        "redo" => oplog::redo(project),
        "pull" => pull::pull(project, &arguments),
        "show" => show::show(project, &arguments),
        _ => Err(Refusal::text(format!("the stand-in cannot do `{command}`"))),
    }?;
    if invocation.status_after { commit::with_status(project, answer) } else { Ok(answer) }
}

fn form(command: &str, grammar: Grammar) -> Option<&'static Form> {
    Some(match (command, grammar) {
        ("setup", _) => &setup::SETUP,
        ("teardown", _) => &setup::TEARDOWN,
        ("status", _) => &status::STATUS,
        ("diff", _) => &diff::DIFF,
        ("branch new", Grammar::New) => &branch::NEW,
        ("branch new", Grammar::Old) => &branch::NEW_OLD,
        ("branch list", _) => &branch::LIST,
        ("branch delete", _) => &branch::DELETE,
        ("commit", Grammar::New) => &commit::NEW,
        ("commit", Grammar::Old) => &commit::OLD,
        ("apply", _) => &stacking::APPLY,
        ("unapply", _) => &stacking::UNAPPLY,
        ("move", Grammar::New) => &stacking::MOVE,
        ("move", Grammar::Old) => &stacking::MOVE_OLD,
        ("uncommit", _) => &history::UNCOMMIT,
        ("reword", _) => &history::REWORD,
        ("pick", Grammar::New) => &history::PICK,
        ("pick", Grammar::Old) => &history::PICK_OLD,
        ("discard", _) => &discard::DISCARD,
        ("resolve", _) => &discard::RESOLVE,
        ("stage" | "rub", Grammar::Old) => &discard::STAGE,
        ("oplog" | "oplog list", _) => &oplog::OPLOG,
        ("undo" | "redo", _) => &oplog::UNDO,
        ("pull", _) => &pull::PULL,
        ("show", _) => &show::SHOW,
        _ => return None,
    })
}

/// A command that there is none of. The old program answers any `--help`.
fn unknown(command: &str, grammar: Grammar, asks_help: bool) -> Result<Answer, Refusal> {
    let top = "Usage: but [OPTIONS] [COMMAND]\n";
    match grammar {
        Grammar::New if command == "--help" => Ok(Answer::words(top)),
        Grammar::New => Err(Refusal::Usage(format!(
            "error: unrecognized subcommand '{command}'\n\n{top}\nFor more information, try '--help'."
        ))),
        Grammar::Old if command == "claude" && asks_help => {
            Ok(Answer::words("Usage: but claude [OPTIONS] <COMMAND>\n\nCommands:\n  pre-tool\n  post-tool\n  stop\n"))
        }
        Grammar::Old if asks_help || command == "--help" => Ok(Answer::words(format!("A GitButler CLI tool\n\n{top}"))),
        Grammar::Old => Err(Refusal::text(format!(
            "\"but {command}\" is not a command. Type \"but --help\" to see all available commands."
        ))),
    }
}

fn log(words: &[String]) {
    let Some(file) = std::env::var_os(LOG) else { return };
    let line = serde_json::Value::from(words.to_vec());
    if let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(Path::new(&file)) {
        // A lost line makes the test that reads it fail, which is what it should do.
        let _ = file.write_all(format!("{line}\n").as_bytes());
    }
}

fn print(text: &str) {
    // Nobody may be reading any more.
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn complain(text: &str) {
    let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
}
