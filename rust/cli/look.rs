//! How output looks: in color and cut to the terminal's width, or plain for a pipe.

use crate::status::AgentStatus;
use crate::task::{Status, Task};
use std::io::IsTerminal;

/// How output looks. The default is that of a pipe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Whether there are colors.
    pub color: bool,
    /// The width of the terminal that is written to; nothing in a pipe.
    pub columns: Option<usize>,
}

impl Look {
    /// Of standard output: `when` is `auto`, `always` or `never`. In `auto` the variables `NO_COLOR` and `TERM=dumb` mean no.
    pub fn of_output(when: &str) -> Look {
        let is_terminal = std::io::stdout().is_terminal();
        let size = is_terminal.then(|| rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()).flatten();
        let columns =
            is_terminal.then(|| size.map_or(0, |size| usize::from(size.ws_col))).map(|columns| match columns {
                0 => 80,
                columns => columns,
            });
        let variable = crate::environment::variable;
        let wants = variable("NO_COLOR").is_none() && variable("TERM").is_none_or(|term| term != "dumb");
        let color = match when {
            "always" => true,
            "never" => false,
            _ => is_terminal && wants,
        };
        Look { color, columns }
    }

    /// The text in that color (an SGR number), where there are colors.
    pub fn paint(self, code: &str, text: &str) -> String {
        if self.color && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[m") } else { text.to_owned() }
    }

    /// A line of a difference.
    pub fn diff_line(self, line: &str) -> String {
        let code = match line {
            _ if ["+++ ", "--- ", "diff ", "index "].iter().any(|head| line.starts_with(head)) => "1",
            _ if line.starts_with("@@") => "36",
            _ if line.starts_with('+') => "32",
            _ if line.starts_with('-') => "31",
            _ => return line.to_owned(),
        };
        self.paint(code, line)
    }
}

/// The mark of a task's state as in Neovim, and its color.
pub fn mark(task: &Task) -> (&'static str, &'static str) {
    use AgentStatus::*;
    match (task.status, task.agent_status.status) {
        (Status::Pending, _) => ("·", "2"),
        (Status::Completed, _) => ("✔", "2"),
        (Status::Failed, _) => ("✗", "2"),
        _ if task.requests > 0 || !task.alerts.is_empty() => ("⚑", "33"),
        (_, Waiting | LoginRequired) => ("⚑", "33"),
        (_, Error) => ("✗", "31"),
        (_, Exited) => ("■", "31"),
        _ if task.trouble.is_some() => ("⚠", "31"),
        (_, Busy) => ("●", "34"),
        (_, Starting) => ("◌", "34"),
        _ if task.unread => ("✓", "32"),
        (_, Unknown) => ("?", "31"),
        (_, Idle) => ("○", "0"),
        (_, Stopped) => ("·", "0"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_gets_no_colors() {
        let (plain, color) = (Look::default(), Look { color: true, columns: None });
        assert_eq!(plain.diff_line("+a"), "+a");
        assert_eq!(color.diff_line("+a"), "\x1b[32m+a\x1b[m");
        assert_eq!(color.diff_line("+++ b/x"), "\x1b[1m+++ b/x\x1b[m");
        assert_eq!(color.diff_line(" a"), " a");
        assert_eq!(color.paint("1", ""), "");
    }
}
