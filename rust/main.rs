//! The `chorus` program: the faces of one binary, told apart by the first argument.

use chorus::{bridge, cli, daemon, demo_agent, exec, hook};

fn main() {
    let mut arguments: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let face = arguments.first().cloned().unwrap_or_default();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let code = match face.as_str() {
        "hook" => {
            match arguments.get(1).map(String::as_str) {
                Some("--pane-died") => arguments.get(2).into_iter().for_each(|task| hook::pane_died(task)),
                _ => hook::run(),
            }
            0
        }
        "rpc" => bridge::run(has("--if-running")),
        "exec" => exec::run(arguments.get(1).map(String::as_str).unwrap_or_default()),
        "daemon" => daemon::run(),
        "demo-agent" => demo_agent::run(arguments.split_off(1)),
        _ => cli::main(arguments),
    };
    std::process::exit(code);
}
