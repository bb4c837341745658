//! How output looks: in color and cut to the terminal's width, or plain for a pipe.

use crate::sgr::{self, SgrPiece};
use crate::status::AgentStatus;
use crate::task::{Status, Task};
use std::io::IsTerminal;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The size of a terminal that does not report its own.
const COLUMNS: usize = 80;
const ROWS: usize = 24;

/// How output looks. The default is that of a pipe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether there are colors.
    pub color: bool,
    /// The width of the terminal that is written to; nothing in a pipe.
    pub columns: Option<usize>,
    /// Its height.
    pub rows: Option<usize>,
}

impl Style {
    /// Of standard output: `when` is `auto`, `always` or `never`. In `auto` the variables `NO_COLOR` and `TERM=dumb` mean no.
    pub fn of_output(when: &str) -> Style {
        let is_terminal = std::io::stdout().is_terminal();
        let variable = crate::environment::variable;
        let wants = variable("NO_COLOR").is_none() && variable("TERM").is_none_or(|term| term != "dumb");
        let color = match when {
            "always" => true,
            "never" => false,
            _ => is_terminal && wants,
        };
        let mut style = Style { color, columns: is_terminal.then_some(COLUMNS), rows: is_terminal.then_some(ROWS) };
        style.measure();
        style
    }

    /// Follows the size of the terminal, where there is one.
    pub fn measure(&mut self) {
        let size = self.columns.and_then(|_| rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok());
        if let Some(size) = size.filter(|size| size.ws_col > 0 && size.ws_row > 0) {
            (self.columns, self.rows) = (Some(usize::from(size.ws_col)), Some(usize::from(size.ws_row)));
        }
    }

    /// The first lines, as many as the terminal has and none wider than it is.
    pub fn fit_screen(self, mut lines: Vec<String>) -> Vec<String> {
        let (Some(columns), Some(rows)) = (self.columns, self.rows) else { return lines };
        let hidden = lines.len().saturating_sub(rows);
        if hidden > 0 {
            lines.truncate(rows.saturating_sub(1));
            lines.push(format!("… and {} more", hidden + 1));
        }
        lines.iter().map(|line| fit_line(line, columns)).collect()
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

/// The line, cut to that many cells.
fn fit_line(line: &str, columns: usize) -> String {
    if sgr::plain(line).width() <= columns {
        return line.to_owned();
    }
    let (mut fitting, mut used, mut is_full) = (String::new(), 0, false);
    sgr::scan(line, |piece| match piece {
        // Colors end where they would have ended.
        SgrPiece::Sgr(sequence) => fitting.push_str(sequence),
        SgrPiece::Text(c) if !is_full => {
            used += c.width().unwrap_or_default();
            is_full = used >= columns;
            fitting.push(if is_full { '…' } else { c });
        }
        SgrPiece::Text(_) => {}
    });
    fitting
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
        let (plain, color) = (Style::default(), Style { color: true, ..Style::default() });
        assert_eq!(plain.diff_line("+a"), "+a");
        assert_eq!(color.diff_line("+a"), "\x1b[32m+a\x1b[m");
        assert_eq!(color.diff_line("+++ b/x"), "\x1b[1m+++ b/x\x1b[m");
        assert_eq!(color.diff_line(" a"), " a");
        assert_eq!(color.paint("1", ""), "");
    }

    #[test]
    fn a_screen_shows_the_beginning_of_a_list_and_no_line_twice() {
        let style = Style { color: true, columns: Some(12), rows: Some(3) };
        let lines = |count: usize| (1..=count).map(|n| format!("line {n}")).collect::<Vec<_>>();
        assert_eq!(style.fit_screen(lines(3)), lines(3));
        assert_eq!(style.fit_screen(lines(4)), ["line 1", "line 2", "… and 2 more"]);
        let wide = ["0123456789ab".to_owned(), "\x1b[31m0123456789abc\x1b[m".to_owned(), "日本語日本語日".to_owned()];
        assert_eq!(style.fit_screen(wide.into()), ["0123456789ab", "\x1b[31m0123456789a…\x1b[m", "日本語日本…"]);
        assert_eq!(Style::default().fit_screen(lines(4)), lines(4));
    }
}
