//! `but-standin`: stands in for GitButler's `but` in tests.

fn main() -> std::process::ExitCode {
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    chorus_testkit::but::standin::main(words).into()
}
