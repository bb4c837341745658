//! The command line, made from the table of verbs.

use crate::verbs::{Takes, VERBS};
use clap::{Arg, ArgAction, Command};

/// `chorus` with one subcommand a verb.
pub fn command() -> Command {
    let json = Arg::new("json").long("json").action(ArgAction::SetTrue).global(true).help("print JSON");
    let project = Arg::new("project").long("project").value_name("DIR").global(true).help("the project's folder");
    let mut chorus = Command::new("chorus")
        .about("Run many coding-agent tasks on one project")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args([json, project]);
    for verb in VERBS.iter().filter(|verb| verb.place != "nvim") {
        let mut command = Command::new(verb.name).about(verb.does);
        if verb.takes != Takes::Nothing || !verb.rest.is_empty() {
            let placeholder = match (verb.takes, verb.rest) {
                (Takes::Nothing, rest) => rest,
                (Takes::One, "") => "TASK",
                (Takes::One, _) => "TASK TEXT",
                (Takes::Many, "") => "TASK…",
                (Takes::Many, _) => "TASK… TEXT",
            };
            let words = Arg::new("words").num_args(0..).value_name(placeholder);
            command = command.arg(words.trailing_var_arg(false).allow_hyphen_values(false));
        }
        chorus = chorus.subcommand(with_options(command, verb.name));
    }
    chorus
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help).allow_hyphen_values(true)
}

fn with_options(command: Command, verb: &str) -> Command {
    let tag = option("tag", "T", "a free word; may be given again").action(ArgAction::Append);
    let priority = option("priority", "N", "higher first").value_parser(clap::value_parser!(i64));
    let title = option("title", "T", "one line");
    let description = option("description", "D", "markdown; `-` reads standard input");
    let request = option("request", "ID", "the request you saw");
    match verb {
        "new" => command.args([
            title,
            description,
            priority,
            tag,
            option("agent", "A", "a name from [agent.NAME]"),
            option("model", "M", "passed to the agent"),
            option("permission-mode", "M", "passed to the agent"),
            option("isolation", "I", "auto, stack, worktree or none"),
            option("on", "N", "the task it builds on").value_parser(clap::value_parser!(i64)),
            flag("start", "start it at once"),
        ]),
        "edit" => command.args([title, description, priority, tag]),
        "start" => command.arg(option("prompt", "P", "the first prompt")),
        "send" => command.arg(flag("raw", "type the text as it is, so that `/compact` works")),
        "approve" => command.args([
            request,
            option("always", "K", "allow and remember the K-th suggestion for this session")
                .value_parser(clap::value_parser!(usize)),
        ]),
        "deny" => command.args([request, option("reason", "R", "told to the agent")]),
        "answer" => command.args([request]),
        "restart" => command.arg(flag("fresh", "a fresh session with the task's context")),
        "complete" => command.args([
            flag("force", "even while it is busy or has an open request"),
            option("message", "M", "the commit message"),
            flag("no-edit", "take the generated message"),
        ]),
        "fail" => command.args([
            option("reason", "R", "why"),
            flag("discard", "take its branch and uncommitted edits away, kept under refs/chorus/discarded/"),
        ]),
        "reopen" => command.arg(flag("restore", "bring back what was discarded")),
        "commit" => command.arg(option("message", "M", "the commit message")),
        "mend" | "preview" | "setup" => command.arg(flag("yes", "do it, instead of saying what it would do")),
        "list" | "inbox" => command.arg(flag("all", "of every project")),
        "output" => command.arg(
            option("history", "N", "lines above the screen").value_parser(clap::value_parser!(u32)).default_value("0"),
        ),
        "web" => command.arg(flag("write", "let the browser type")),
        "detect" => command.args([
            option("agent", "NAME", "whose screen rules; `claude` by default"),
            option("rules", "F", "a rules file to put in front"),
            option("session-file", "F", "the agent's session file beside the screen"),
            option("command", "NAME", "the pane's foreground command"),
            option("dead", "CODE", "the pane is dead with this exit code").value_parser(clap::value_parser!(i32)),
        ]),
        _ => command,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_makes_a_sound_command_line() {
        super::command().debug_assert();
    }
}
