//! `but-standin`: one invocation of the stand-in.

fn main() -> std::process::ExitCode {
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    chorus_but_standin::main(words).into()
}
