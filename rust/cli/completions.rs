//! Completion scripts and the manual page, made from the command line itself.

use clap::{Arg, Command};

/// The shells there is a script for.
pub const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// The script for that shell; nothing for one that is not known.
pub fn script(command: &Command, shell: &str) -> Option<String> {
    match shell {
        "bash" => Some(bash(command)),
        "zsh" => Some(zsh(command)),
        "fish" => Some(fish(command)),
        _ => None,
    }
}

/// The options of a verb and those of every verb.
fn options<'c>(command: &'c Command, verb: &'c Command) -> impl Iterator<Item = &'c Arg> {
    verb.get_arguments().chain(command.get_arguments()).filter(|argument| argument.get_long().is_some())
}

fn longs(command: &Command, verb: &Command) -> String {
    let names = options(command, verb).filter_map(|option| Some(format!("--{}", option.get_long()?)));
    names.collect::<Vec<_>>().join(" ")
}

fn about(verb: &Command) -> String {
    verb.get_about().map(ToString::to_string).unwrap_or_default()
}

fn help(option: &Arg) -> String {
    option.get_help().map(ToString::to_string).unwrap_or_default()
}

fn takes_value(option: &Arg) -> bool {
    option.get_action().takes_values()
}

fn bash(command: &Command) -> String {
    let verbs: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
    let mut script = format!(
        "_chorus() {{\n    local word=${{COMP_WORDS[COMP_CWORD]}} verb=${{COMP_WORDS[1]}} words=\n    \
         if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words='{}'\n    else\n        case $verb in\n",
        verbs.join(" ")
    );
    for verb in command.get_subcommands() {
        let own = if verb.get_name() == "completions" { format!("{} ", SHELLS.join(" ")) } else { String::new() };
        script += &format!("        {}) words='{own}{}' ;;\n", verb.get_name(), longs(command, verb));
    }
    script
        + "        esac\n    fi\n    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\ncomplete -o default -F _chorus chorus\n"
}

/// In single quotes of zsh and fish alike, without what zsh's specifications mean.
fn quoted(text: &str) -> String {
    text.replace('\\', "").replace('\'', "’").replace(['[', ']', ':'], "")
}

fn zsh(command: &Command) -> String {
    let mut script = "#compdef chorus\n_chorus() {\n    local -a verbs\n    verbs=(\n".to_owned();
    for verb in command.get_subcommands() {
        script += &format!("        '{}:{}'\n", verb.get_name(), quoted(&about(verb)));
    }
    script += "    )\n    if (( CURRENT == 2 )); then\n        _describe verb verbs\n        return\n    fi\n    case ${words[2]} in\n";
    for verb in command.get_subcommands() {
        let mut specs: Vec<String> = options(command, verb)
            .filter_map(|option| {
                let value = if takes_value(option) { ":value:_files" } else { "" };
                Some(format!("'--{}[{}]{value}'", option.get_long()?, quoted(&help(option))))
            })
            .collect();
        let rest =
            if verb.get_name() == "completions" { format!("({})", SHELLS.join(" ")) } else { "_files".to_owned() };
        specs.push(format!("'*:word:{rest}'"));
        script += &format!("        {}) _arguments {} ;;\n", verb.get_name(), specs.join(" "));
    }
    // Sourced, it registers itself; found in `fpath`, it is the function.
    script + "    esac\n}\nif [ \"$funcstack[1]\" = _chorus ]; then _chorus \"$@\"; else compdef _chorus chorus; fi\n"
}

fn fish(command: &Command) -> String {
    let mut script = "complete -c chorus -f\n".to_owned();
    for verb in command.get_subcommands() {
        let name = verb.get_name();
        script += &format!("complete -c chorus -n __fish_use_subcommand -a {name} -d '{}'\n", quoted(&about(verb)));
        for option in options(command, verb) {
            let Some(long) = option.get_long() else { continue };
            let value = if takes_value(option) { " -r" } else { "" };
            let help = quoted(&help(option));
            script +=
                &format!("complete -c chorus -n '__fish_seen_subcommand_from {name}' -l {long}{value} -d '{help}'\n");
        }
    }
    script + &format!("complete -c chorus -n '__fish_seen_subcommand_from completions' -a '{}'\n", SHELLS.join(" "))
}

/// `chorus(1)`.
pub fn manual(command: &Command) -> String {
    let mut page = format!(
        ".TH CHORUS 1 \"\" \"chorus {version}\"\n.SH NAME\nchorus \\- run many coding-agent tasks on one project\n\
         .SH SYNOPSIS\n.B chorus\n.I VERB\n.RI [ TASK \\&...]\n.RI [ TEXT ]\n.RI [ OPTIONS ]\n.SH DESCRIPTION\n\
         A task is named by its number, such as 12; several numbers, a filter such as\n.BR waiting ,\nor\n.B all\n\
         name several tasks. Without one, a verb takes the only task that it can apply to.\n\
         Inside Neovim, the same verbs are commands: see\n.BR \":help chorus\" .\n.SH OPTIONS OF EVERY VERB\n",
        version = env!("CARGO_PKG_VERSION")
    );
    command.get_arguments().for_each(|option| manual_option(option, &mut page));
    page += ".SH VERBS\n";
    for verb in command.get_subcommands() {
        page += &format!(".SS {}\n{}.\n", roff(verb.get_name()), roff(&about(verb)));
        verb.get_arguments().for_each(|option| manual_option(option, &mut page));
    }
    page += ".SH EXIT STATUS\n0 for what was done, 1 for what was refused, 2 for wrong usage.\n.SH ENVIRONMENT\n\
         .TP\n.B CHORUS_PROJECT_ROOT\nThe project's folder.\n.TP\n.B CHORUS_STATE_DIR\nWhere store, socket, log, drafts and worktrees are.\n\
         .TP\n.B NO_COLOR\nNo colors.\n.TP\n.B PAGER\nShows differences at a terminal.\n";
    page
}

fn manual_option(option: &Arg, page: &mut String) {
    let Some(long) = option.get_long() else { return };
    let value = option.get_value_names().filter(|_| takes_value(option)).and_then(|names| names.first());
    let value = value.map(|value| format!(" {value}")).unwrap_or_default();
    *page += &format!(".TP\n.B \\-\\-{}{}\n{}\n", roff(long), roff(&value), roff(&help(option)));
}

/// Text that is no request and no escape of roff.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
