//! The command line, made from the table of verbs.

use crate::verbs::{Takes, VERBS, Verb};
use clap::{Arg, ArgAction, ArgMatches, Command};

/// `chorus` with one subcommand a verb.
pub fn command() -> Command {
    let json = Arg::new("json").long("json").action(ArgAction::SetTrue).global(true).help("print JSON");
    let color = Arg::new("color")
        .long("color")
        .value_name("WHEN")
        .global(true)
        .value_parser(["auto", "always", "never"])
        .default_value("auto")
        .help("colors: auto (at a terminal, unless NO_COLOR is set), always or never");
    let project = Arg::new("project").long("project").value_name("DIR").global(true).help("the project's folder");
    let mut chorus = Command::new("chorus")
        .about("Run many coding-agent tasks on one project")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args([json, color, project]);
    for verb in VERBS.iter().filter(|verb| verb.place != "nvim") {
        let mut command = Command::new(verb.name).about(does(verb));
        if verb.takes != Takes::Nothing || !verb.rest.is_empty() {
            let rest = verb.rest.trim_matches(['[', ']']);
            let (placeholder, help) = match (verb.takes, rest) {
                (Takes::Nothing, rest) => (rest, String::new()),
                (Takes::One, "") => ("TASK", ONE.to_owned()),
                (Takes::One, rest) => ("TASK TEXT", format!("{ONE}; then the {rest}")),
                (Takes::Many, "") => ("TASK", MANY.to_owned()),
                (Takes::Many, rest) => ("TASK TEXT", format!("{MANY}; then the {rest}")),
            };
            let words = Arg::new("words").num_args(0..).value_name(placeholder).help(help);
            command = command.arg(words.trailing_var_arg(false).allow_hyphen_values(false));
            if verb.takes != Takes::Nothing && !verb.rest.is_empty() {
                command = command.arg(Arg::new("after").num_args(0..).last(true).value_name("TEXT").help(AFTER));
            }
        }
        chorus = chorus.subcommand(with_options(command, verb));
    }
    chorus
}

/// What words behind `--` are, where text may follow the task.
const AFTER: &str = "text, which may begin like a task";

/// The words of a command line: those that may name tasks, and those behind `--`, which are text.
pub fn words(options: &ArgMatches) -> (Vec<String>, Vec<String>) {
    let of = |name| options.try_get_many::<String>(name).ok().flatten().into_iter().flatten().cloned().collect();
    (of("words"), of("after"))
}

/// What names a task.
const ONE: &str = "the task, by its number";
/// What names several.
const MANY: &str = "the tasks, by their numbers, by a filter such as `waiting`, or `all`";

/// What the verb does in a shell, where that is not what it does in Neovim.
fn does(verb: &Verb) -> &'static str {
    match verb.name {
        "new" => "create a task",
        "edit" => "change a task's title, description, priority or tags",
        "list" => "list the tasks",
        "next" => "show what needs you most",
        "output" => "print a task's screen",
        "attach" => "open a task's terminal here",
        "docs" => "list the project's documents",
        "changes" => "show uncommitted edits and their owners",
        "web" => "print the address of a task's terminal for a browser, with ttyd",
        _ => verb.does,
    }
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help).allow_hyphen_values(true)
}

fn with_options(command: Command, verb: &Verb) -> Command {
    // What `!` means in Neovim.
    let bang = |name| flag(name, verb.bang);
    let tag = option("tag", "T", "a tag; may be repeated").action(ArgAction::Append);
    let priority = option("priority", "N", "higher numbers come first").value_parser(clap::value_parser!(i64));
    let title = option("title", "T", "the title, one line");
    let description = option("description", "D", "markdown; `-` reads standard input");
    let request = option("request", "ID", "the request you mean; refused if another is open");
    match verb.name {
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
            bang("start"),
        ]),
        "edit" => command.args([title, description, priority, tag]),
        "start" => command.args([option("prompt", "P", "the first prompt"), bang("fresh")]),
        "send" => command.arg(bang("raw")),
        "approve" => command.args([
            request,
            option("always", "K", "allow and remember the K-th suggestion for this session")
                .value_parser(clap::value_parser!(u64).range(1..)),
        ]),
        "deny" => command.args([request, option("reason", "R", "the reason, for the agent")]),
        "answer" => command.args([request, flag("text", "send the words as they are: digits name no option")]),
        "prompts" => command.args([
            option("prompt", "ID", "the prompt to change, by its id in the list")
                .value_parser(clap::value_parser!(i64)),
            option("text", "T", "its new text; `-` reads standard input").requires("prompt"),
            option("place", "N", "its new place in the list")
                .value_parser(clap::value_parser!(usize))
                .requires("prompt"),
            flag("remove", "remove it").requires("prompt"),
        ]),
        "restart" => command.arg(bang("fresh")),
        "complete" => command.args([
            bang("force"),
            option("message", "M", "the commit message"),
            flag("no-edit", "commit with the generated message"),
        ]),
        "fail" => command.args([
            option("reason", "R", "the reason"),
            flag("discard", "discard its branch and uncommitted edits; a backup is kept under refs/chorus/discarded/"),
        ]),
        "reopen" => command.arg(bang("restore")),
        "commit" => command.arg(option("message", "M", "the commit message")),
        "assign" => command.arg(bang("shared")),
        "undo" => command.args([
            flag("yes", "take it back; otherwise it is only described"),
            option("step", "N", "the step that was described; refused if another is newer")
                .value_parser(clap::value_parser!(i64)),
        ]),
        "mend" | "preview" | "setup" | "tell" => command.arg(flag("yes", "apply it; otherwise it is only described")),
        "list" => command
            .args([flag("all", "include every project"), flag("watch", "print the list again whenever it changes")]),
        "inbox" => command.arg(flag("all", "include every project")),
        "delete" => command.arg(flag("yes", "do not ask")),
        "wait" => command.args([
            option("for", "STATE", "idle, waiting or ended; any of them by default")
                .value_parser(["idle", "waiting", "ended"]),
            option("timeout", "SECONDS", "give up after this time").value_parser(clap::value_parser!(u64)),
        ]),
        "trust" => command.args([
            flag("yes", "trust it; otherwise it is only shown"),
            option("seen", "TEXT", "the text that was shown, as named there; refused if the file has another")
                .requires("yes"),
            bang("withdraw"),
        ]),
        "audit" => command.args([
            option("since", "AGE", "no older answers, such as `2h` or `3days`"),
            option("limit", "N", "so many at most; the newest").value_parser(clap::value_parser!(u32)),
        ]),
        "output" => command.arg(
            option("history", "N", "lines of history above the screen")
                .value_parser(clap::value_parser!(u32))
                .default_value("0"),
        ),
        "ref" => command.arg(option("note", "N", "why the task needs it")).arg(
            option("reference", "ID", "move this reference of the task there").value_parser(clap::value_parser!(i64)),
        ),
        "web" => command.arg(bang("write")),
        "detect" => command.args([
            option("agent", "NAME", "the agent whose screen rules apply; default `claude`"),
            option("rules", "F", "a rules file, tried before the built-in rules"),
            option("session-file", "F", "the agent's session file at the time"),
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
