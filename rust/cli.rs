//! The verbs in a shell. Exit 0 done, 1 refused, 2 wrong usage.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod args;
pub(crate) mod detect;
mod folder;
mod local;
mod print;
mod request;
mod run;
mod shown;
mod target;

use crate::contract::Failure;
use crate::error::Error;
use crate::text::blank;

/// Runs one command line (without the program's name); returns the exit code.
pub fn main(arguments: Vec<String>) -> i32 {
    let matches = match args::command().try_get_matches_from(std::iter::once("chorus".to_owned()).chain(arguments)) {
        Ok(matches) => matches,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { 2 } else { 0 };
        }
    };
    let json = matches.get_flag("json");
    match run::run(&matches) {
        Ok(code) => code,
        Err(InputRefusal::Usage(text)) => {
            eprintln!("chorus: {text}");
            2
        }
        Err(InputRefusal::Error(error)) => {
            print_error(error, json);
            1
        }
    }
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
    eprintln!("chorus: {}", blank(&error.message));
    if let Some(hint) = &error.hint {
        eprintln!("{}", blank(hint));
    }
    if json {
        println!("{}", serde_json::json!({ "error": Failure::from(error) }));
    }
}
