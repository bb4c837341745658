//! Verbs that need no daemon.

use super::run::Outcome;
use super::{InputRefusal, args, completions, detect, output};
use crate::contract::Code;
use crate::error::Error;
use crate::paths::State;
use crate::text::blank;
use crate::verbs::VERBS;
use clap::ArgMatches;
use std::io::ErrorKind;
use std::path::PathBuf;

/// The verb of that name, when it is one of these.
pub fn verb(name: &str) -> Option<fn(&ArgMatches) -> Outcome> {
    match name {
        "verbs" => Some(verbs),
        "detect" => Some(detect),
        "log" => Some(log),
        "completions" => Some(completions),
        "man" => Some(manual),
        _ => None,
    }
}

fn completions(options: &ArgMatches) -> Outcome {
    let words: Vec<&String> = options.get_many::<String>("words").into_iter().flatten().collect();
    let [shell] = words.as_slice() else {
        return Err(InputRefusal::Usage(format!("name one shell: {}", completions::SHELLS.join(", "))));
    };
    let script = completions::script(&args::command(), shell).ok_or_else(|| {
        InputRefusal::Usage(format!("there is no script for {}: {}", blank(shell), completions::SHELLS.join(", ")))
    })?;
    output::line(script.trim_end());
    Ok(0)
}

fn manual(_: &ArgMatches) -> Outcome {
    output::line(completions::manual(&args::command()).trim_end());
    Ok(0)
}

fn verbs(options: &ArgMatches) -> Outcome {
    if options.get_flag("json") {
        output::line(serde_json::to_string(VERBS).unwrap_or_default());
    } else {
        VERBS.iter().for_each(|verb| output::line(format!("{:<10} {}", verb.name, verb.does)));
    }
    Ok(0)
}

fn detect(options: &ArgMatches) -> Outcome {
    let path = |name: &str| options.get_one::<String>(name).map(Into::into);
    let files: Vec<PathBuf> = options.get_many::<String>("words").into_iter().flatten().map(Into::into).collect();
    if files.is_empty() {
        return Err(InputRefusal::Usage("name captured screens, or `-`".into()));
    }
    let options = detect::Options {
        agent: options.get_one::<String>("agent").cloned().unwrap_or_else(|| "claude".into()),
        session_file: path("session-file"),
        command: options.get_one::<String>("command").cloned(),
        dead: options.get_one::<i32>("dead").copied(),
        rules: path("rules"),
        files,
    };
    let loaded = crate::config::read(None, &crate::environment::variables());
    loaded.faults.iter().for_each(output::note);
    detect::run(&options, &loaded, output::line)?;
    Ok(0)
}

/// The newest lines of the daemon's log.
fn log(options: &ArgMatches) -> Outcome {
    let path = State::from_environment()?.log();
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        // No daemon has run yet.
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            let why = format!("cannot read the log {}: {error}", path.display());
            return Err(Error::new(Code::StoreUnusable, why)
                .hint("make it a file of yours, or set CHORUS_STATE_DIR to another folder")
                .into());
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<String> = text.lines().map(blank).collect();
    let newest = &lines[lines.len().saturating_sub(200)..];
    if options.get_flag("json") {
        output::line(serde_json::json!({ "file": path, "lines": newest }));
    } else {
        newest.iter().for_each(output::line);
        output::note(path.display());
    }
    Ok(0)
}
