//! The verbs in a shell. Exit 0 done, 1 refused, 2 wrong usage.

#![expect(clippy::disallowed_methods, reason = "the person's own process, which may wait as any program of a shell")]

mod answers;
mod args;
mod completions;
pub(crate) mod detect;
mod folder;
mod local;
mod output;
mod pager;
mod print;
mod request;
mod run;
mod shown;
mod style;
mod target;
mod terminal;
mod watch;

use crate::contract::Failure;
use crate::error::Error;
use crate::text::blank;

/// Runs one command line (without the program's name); returns the exit code.
pub fn main(arguments: Vec<String>) -> i32 {
    let matches = match args::command().try_get_matches_from(std::iter::once("chorus".to_owned()).chain(arguments)) {
        Ok(matches) => matches,
        Err(error) => {
            if !error.use_stderr() {
                output::text(error.render());
                return output::exit_code(0);
            }
            let _ = error.print();
            return 2;
        }
    };
    let json = matches.get_flag("json");
    let code = match run::run(&matches) {
        Ok(code) => code,
        Err(InputRefusal::Usage(text)) => {
            output::note(format!("chorus: {text}"));
            2
        }
        Err(InputRefusal::Error(error)) => {
            print_error(error, json);
            1
        }
    };
    output::exit_code(code)
}

/// Why a command line was not carried out.
enum InputRefusal {
    /// The words are off.
    Usage(String),
    /// Chorus refused.
    Error(Error),
}

impl From<Error> for InputRefusal {
    fn from(error: Error) -> InputRefusal {
        InputRefusal::Error(error)
    }
}

fn print_error(error: Error, json: bool) {
    output::note(format!("chorus: {}", blank(&error.message)));
    if let Some(hint) = &error.hint {
        output::note(blank(hint));
    }
    if json {
        output::line(serde_json::json!({ "error": Failure::from(error) }));
    }
}
