//! The client's flags, as far as Chorus uses them.

use clap::{Arg, ArgAction, Command};

/// What the command line asks for.
pub enum Asked {
    /// Run a session.
    Run(Box<Args>),
    /// Print this and end well: `--version`, `--help`.
    Print(String),
}

/// The flags of one session.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Args {
    /// `--session-id`: the id of a new session.
    pub session_id: Option<String>,
    /// `--resume`: the id of an old one.
    pub resume: Option<String>,
    /// `-n`: shown in the box, the title and the session file.
    pub name: Option<String>,
    /// `--settings`: a file or JSON. Given twice, the last one counts (2.1.328).
    pub settings: Option<String>,
    /// `--model`: only repeated, nothing is asked of it.
    pub model: String,
    /// `--permission-mode`, as hooks spell it: `manual` is `default`.
    pub mode: String,
    /// Sent at once.
    pub prompt: Option<String>,
}

/// The permission modes, as hooks spell them. Claude Code 2.1.328 starts in `auto` when none is asked for; a
/// stand-in without a classifier asks instead.
pub const MODES: [&str; 6] = ["default", "acceptEdits", "plan", "auto", "dontAsk", "bypassPermissions"];

fn command() -> Command {
    let valued = |name: &'static str| Arg::new(name).long(name).num_args(1);
    Command::new("chorus demo-agent")
        .about("An honest stand-in for Claude Code: it plays a script and asks no model.")
        .disable_version_flag(true)
        .args_override_self(true)
        .arg(Arg::new("version").short('v').long("version").action(ArgAction::SetTrue))
        .arg(valued("session-id"))
        .arg(valued("resume").short('r'))
        .arg(valued("name").short('n'))
        .arg(valued("settings"))
        .arg(valued("model"))
        .arg(valued("permission-mode"))
        .arg(valued("append-system-prompt").hide(true))
        .arg(Arg::new("prompt"))
}

/// Reads the arguments that follow `demo-agent`; the error is one line for the terminal.
pub fn parse(args: Vec<String>) -> Result<Asked, String> {
    let named = std::iter::once("chorus demo-agent".to_owned()).chain(args);
    let found = match command().try_get_matches_from(named) {
        Ok(found) => found,
        Err(error) if error.use_stderr() => return Err(error.to_string().trim_end().to_owned()),
        Err(help) => return Ok(Asked::Print(help.to_string())),
    };
    if found.get_flag("version") {
        return Ok(Asked::Print(super::VERSION.to_owned()));
    }
    let text = |name: &str| found.get_one::<String>(name).cloned();
    let session_id = text("session-id");
    if session_id.as_deref().is_some_and(|id| uuid::Uuid::parse_str(id).is_err()) {
        return Err("Error: Invalid session ID. Must be a valid UUID.".into());
    }
    let mode = match text("permission-mode").as_deref() {
        None | Some("manual") => "default".to_owned(),
        Some(mode) if MODES.contains(&mode) => mode.to_owned(),
        Some(other) => return Err(format!("error: permission mode '{other}' is none of manual, {}", MODES.join(", "))),
    };
    Ok(Asked::Run(Box::new(Args {
        session_id,
        resume: text("resume"),
        name: text("name"),
        settings: text("settings"),
        model: text("model").unwrap_or_else(|| "chorus-demo".into()),
        mode,
        prompt: text("prompt"),
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &[&str]) -> Result<Args, String> {
        match parse(line.iter().map(|word| (*word).to_owned()).collect())? {
            Asked::Run(args) => Ok(*args),
            Asked::Print(text) => Err(text),
        }
    }

    #[test]
    fn manual_is_what_hooks_call_default() {
        assert_eq!(args(&["--permission-mode", "manual"]).map(|args| args.mode), Ok("default".into()));
        assert_eq!(args(&["--permission-mode", "plan", "do it"]).map(|args| args.prompt), Ok(Some("do it".into())));
        assert!(args(&["--permission-mode", "yolo"]).is_err());
    }

    #[test]
    fn the_last_of_a_flag_counts() {
        let found = args(&["--settings", "a", "--settings", "b"]).map(|args| args.settings);
        assert_eq!(found, Ok(Some("b".into())));
    }

    #[test]
    fn a_session_id_is_a_uuid() {
        let error = "Error: Invalid session ID. Must be a valid UUID.".to_owned();
        assert_eq!(args(&["--session-id", "nope"]), Err(error));
    }

    #[test]
    fn the_version_says_demo() {
        assert_eq!(args(&["--version"]), Err(crate::VERSION.into()));
    }
}
