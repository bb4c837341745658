//! One situation on every program.

use chorus_testkit::but::{self, Grammar, Program, Repository};

/// Runs a situation on each program in a repository that is set up.
pub fn on_each(situation: impl Fn(&Repository)) {
    on_each_program(|program| situation(&Repository::new(program)));
}

/// Runs a situation on those of a grammar.
pub fn on_each_of(grammar: Grammar, situation: impl Fn(&Repository)) {
    on_each_program(|program| {
        if program.grammar == grammar {
            situation(&Repository::new(program));
        }
    });
}

/// Runs a situation on each program.
pub fn on_each_program(situation: impl Fn(&Program)) {
    for program in but::programs() {
        // Captured unless the test fails, and then the last one is the one that failed.
        eprint_name(&program);
        situation(&program);
    }
}

#[allow(clippy::print_stderr)]
fn eprint_name(program: &Program) {
    eprintln!("on {}", program.name);
}
