//! One situation on every program.

use chorus_testkit::but::{self, Grammar, Program, Repository};
use chorus_testkit::sandbox::Ran;

/// Runs a situation on each program, in a repository that is set up.
pub fn on_each(situation: impl Fn(&Repository)) {
    on_each_program(|program| situation(&Repository::new(program)));
}

/// Runs a situation on each program of a grammar.
pub fn on_each_of(grammar: Grammar, situation: impl Fn(&Repository)) {
    on_each_program(|program| {
        if program.grammar == grammar {
            situation(&Repository::new(program));
        }
    });
}

/// Runs a situation on each program.
#[allow(clippy::print_stderr)]
pub fn on_each_program(situation: impl Fn(&Program)) {
    for program in but::programs() {
        // Shown only when the test fails, and then the last one is the one that failed.
        eprintln!("on {}", program.name);
        situation(&program);
    }
}

/// What a grammar does, as a table says it.
#[derive(Clone, Copy, Debug)]
pub enum Outcome {
    /// Exit 0.
    Done,
    /// This exit code, and words on standard error.
    Refused(i32, &'static str),
}

impl Outcome {
    /// Whether that is what happened.
    #[track_caller]
    pub fn check(self, what: &str, ran: &Ran) {
        match self {
            Outcome::Done => assert_eq!(ran.code, 0, "{what}: {}", ran.stderr),
            Outcome::Refused(code, words) => {
                assert_eq!(ran.code, code, "{what}: {}{}", ran.stdout, ran.stderr);
                assert!(ran.stderr.contains(words), "{what}: {:?} is not in {:?}", words, ran.stderr);
                assert_eq!(ran.stdout, "", "{what}");
            }
        }
    }

    /// Whether it is done.
    pub fn is_done(self) -> bool {
        matches!(self, Outcome::Done)
    }
}
