//! The terminal: raw mode, size, and painting with as few bytes as a change needs.

use super::line::Line;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use std::io::Write;

/// Writes a line to standard output.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

/// Writes a line to standard error.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", text.trim_end());
}

/// The main screen of a terminal in raw mode. Lines above the last painting belong to its scrollback.
pub struct Terminal {
    before: Termios,
    painted: Vec<Line>,
    size: (usize, usize),
}

impl Terminal {
    /// Takes the terminal; an error when standard input is none.
    pub fn open() -> std::io::Result<Terminal> {
        let before = tcgetattr(std::io::stdin())?;
        let mut terminal = Terminal { before, painted: Vec::new(), size: (80, 24) };
        terminal.take()?;
        Ok(terminal)
    }

    /// Raw mode and bracketed paste, no cursor; again after a suspension, which starts a fresh painting.
    pub fn take(&mut self) -> std::io::Result<()> {
        let mut raw = self.before.clone();
        raw.make_raw();
        tcsetattr(std::io::stdin(), OptionalActions::Now, &raw)?;
        self.painted.clear();
        self.measure();
        write("\x1b[?2004h\x1b[?25l");
        Ok(())
    }

    /// Gives the terminal back, below what was painted.
    pub fn give_back(&mut self) {
        write("\r\n\x1b[?2004l\x1b[?25h");
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.before);
        self.painted.clear();
    }

    /// An empty screen, without scrollback.
    pub fn clear(&mut self) {
        self.painted.clear();
        write("\x1b[2J\x1b[3J\x1b[H");
    }

    /// Columns and rows.
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// The pane's title.
    pub fn title(&self, text: &str) {
        write(&format!("\x1b]0;{}\x07", super::line::clean(text).replace('\n', " ")));
    }

    /// Asks for the size again. What was wrapped for the old one has to be painted anew.
    pub fn resized(&mut self) {
        self.measure();
        self.clear();
    }

    fn measure(&mut self) {
        if let Ok(size) = tcgetwinsize(std::io::stdin())
            && size.ws_col > 0
            && size.ws_row > 0
        {
            self.size = (usize::from(size.ws_col), usize::from(size.ws_row));
        }
    }

    /// Puts `history` into the scrollback and paints `live` below it.
    pub fn paint(&mut self, history: &[Line], live: Vec<Line>) {
        let mut out = String::new();
        let up = self.painted.len().saturating_sub(1);
        if history.is_empty() && live.len() == self.painted.len() {
            let changed = |at: &usize| live[*at] != self.painted[*at];
            let mut row = up;
            for at in (0..live.len()).filter(changed) {
                out.push_str(&step(row, at));
                // Erased first: after a line as wide as the screen, erasing would take its last character.
                out.push_str(&format!("\r\x1b[K{}", live[at].ansi()));
                row = at;
            }
            if !out.is_empty() {
                out.push_str(&step(row, up));
            }
        } else {
            out.push_str(&step(up, 0));
            out.push_str("\r\x1b[J");
            for line in history {
                out.push_str(&format!("{}\r\n", line.ansi()));
            }
            let lines: Vec<String> = live.iter().map(Line::ansi).collect();
            out.push_str(&lines.join("\r\n"));
        }
        self.painted = live;
        if !out.is_empty() {
            write(&out);
        }
    }
}

/// Moves the cursor between rows of the painting.
fn step(from: usize, to: usize) -> String {
    match (from, to) {
        (from, to) if from > to => format!("\x1b[{}A", from - to),
        (from, to) if from < to => format!("\x1b[{}B", to - from),
        _ => String::new(),
    }
}

/// A terminal that is gone is told by its hangup, not here.
fn write(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
