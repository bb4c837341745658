//! The `chorus` program: the faces of one binary, told apart by the first argument.

use chorus::{bridge, cli, daemon, exec, hook, notifier};

fn main() {
    let mut arguments: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let face = arguments.first().cloned().unwrap_or_default();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let code = match face.as_str() {
        "hook" => {
            match arguments.as_slice() {
                // tmux adds the pane's id and the task.
                [_, state, died, .., task] if died == "--pane-died" => hook::pane_died(state.as_ref(), task),
                [_, agent] => hook::run(Some(agent)),
                _ => hook::run(None),
            }
            0
        }
        "rpc" => bridge::run(has("--if-running")),
        "exec" => match arguments.as_slice() {
            [_, state, task] => exec::run(state.as_ref(), task),
            _ => 2,
        },
        "daemon" => daemon::run(),
        "notifier" => notifier::run(),
        "demo-agent" => chorus_demo_agent::run(arguments.split_off(1)),
        _ => cli::main(arguments),
    };
    std::process::exit(code);
}
