//! `chorus demo-agent`: an honest stand-in for Claude Code, labelled "demo" wherever it shows.
//!
//! It talks to no model. It plays a script, and around it does what the client (2.1.328, as measured) does:
//! flags, session file, transcript, hooks, dialogs, keys, exit codes. So Chorus can be tried without an account,
//! and the same tests can run on both.
//!
//! Environment: `CHORUS_DEMO_TRUST=1` asks for trust first; `CHORUS_DEMO_LOGIN=1` plays "not logged in";
//! `CHORUS_DEMO_PLAIN=1` answers a prompt without markers by one sentence instead of a scene;
//! `CHORUS_DEMO_LOG=FILE` appends one JSON line for each request a model would have got.

mod args;
mod block;
mod child;
mod dialog;
mod hooks;
mod input;
mod line;
mod permission;
mod process;
mod prompt;
mod question;
mod run;
mod scene;
mod screen;
mod script;
mod session;
mod session_file;
mod settings;
mod terminal;
mod tools;
mod transcript;
mod turn;

type Json = serde_json::Value;

/// Milliseconds since the Unix epoch.
type Millis = i64;

/// What `--version` prints, and the first word of it the session file's `version`.
pub const VERSION: &str = "0.0.0-demo (Chorus demo agent)";

/// The line that says what this is.
pub const LABEL: &str = "Chorus demo agent — not Claude Code";

/// Runs the demo agent with the arguments after `demo-agent`. Answers the exit code.
pub fn run(args: Vec<String>) -> i32 {
    match args::parse(args) {
        Ok(args::Asked::Run(args)) => run::run(*args),
        Ok(args::Asked::Print(text)) => {
            terminal::say(&text);
            0
        }
        Err(message) => {
            terminal::complain(&message);
            1
        }
    }
}
