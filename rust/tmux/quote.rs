//! Words past tmux's command parser, a shell, and tmux's target names, unchanged.

use super::Command;
use std::ffi::OsString;

/// Commands as arguments of one tmux process. Only a final `;` means something to tmux there: it ends a command.
pub(super) fn arguments(commands: &[Command]) -> Vec<OsString> {
    let escaped = |word: &String| match word.strip_suffix(';') {
        Some(start) => format!("{start}\\;"),
        None => word.clone(),
    };
    let mut all = Vec::new();
    for command in commands {
        if !all.is_empty() {
            all.push(OsString::from(";"));
        }
        all.extend(command.iter().map(|word| OsString::from(escaped(word))));
    }
    all
}

/// Commands as lines for `source-file`.
pub(super) fn script(commands: &[Command]) -> String {
    commands.iter().map(|command| line(command) + "\n").collect()
}

/// One command as tmux's parser reads it, on one line. Single quotes keep everything but themselves and line breaks.
pub(super) fn line(command: &Command) -> String {
    let word = |word: &String| single(word).replace('\n', r#"'"\n"'"#);
    command.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// Words as one POSIX shell command.
pub(super) fn shell(words: &[String]) -> String {
    words.iter().map(|word| single(word)).collect::<Vec<_>>().join(" ")
}

fn single(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A session name for people: short, and free of everything that tmux gives a meaning (`.`, `:`, `#`, `=`, `$`…)
/// or rewrites. The start of the uuid keeps it unique.
pub(super) fn session_name(display: &str, uuid: &str) -> String {
    let mut name = String::new();
    for c in display.chars() {
        if c.is_alphanumeric() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
        if name.chars().count() >= 40 {
            break;
        }
    }
    let unique: String = uuid.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    format!("{}-{unique}", if name.is_empty() { "task" } else { name.trim_end_matches('-') })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tmux::command;

    #[test]
    fn only_separators_end_a_command() {
        let found = arguments(&[command(["a", "x;", ";", r"y\;"]), command(["b"])]);
        assert_eq!(found, ["a", r"x\;", r"\;", r"y\\;", ";", "b"].map(OsString::from));
    }

    #[test]
    fn a_quote_cannot_be_left() {
        assert_eq!(line(&command(["a", "it's $HOME #{pid}"])), r"'a' 'it'\''s $HOME #{pid}'");
        assert_eq!(line(&command(["a", "b\n\nc"])), r#"'a' 'b'"\n"''"\n"'c'"#);
    }

    #[test]
    fn session_names_are_plain() {
        assert_eq!(session_name("#12 Fix: the #{pid}.", "ab12cd34-0000"), "12-Fix-the-pid-ab12cd34");
        assert_eq!(session_name("$(x);\n%5", "ab12cd34-0000"), "x-5-ab12cd34");
        assert_eq!(session_name("…", "ab12cd34-0000"), "task-ab12cd34");
        assert_eq!(session_name("日本語", "ab12cd34-0000"), "日本語-ab12cd34");
    }
}
