//! Lines of the screen: styled text of a known width. Pure.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Style {
    /// As it is.
    Plain,
    /// Secondary.
    Dim,
    /// Names.
    Bold,
    /// Chosen.
    Accent,
    /// What the person typed.
    Typed,
    /// The cursor.
    Cursor,
}

/// One line, never wider than it was cut to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line(Vec<(String, Style)>);

impl Line {
    /// An empty line.
    pub fn empty() -> Line {
        Line::default()
    }

    /// A line of one style.
    pub fn of(text: impl Into<String>, style: Style) -> Line {
        Line(vec![(text.into(), style)])
    }

    /// Adds a piece.
    pub fn and(mut self, text: impl Into<String>, style: Style) -> Line {
        self.0.push((text.into(), style));
        self
    }

    /// A rule across the screen, with a label near its end where there is one.
    pub fn rule(cols: usize, label: &str, glyph: &str) -> Line {
        let label = if label.is_empty() { String::new() } else { format!(" {} ", cut(label, cols.saturating_sub(8))) };
        let tail = usize::from(!label.is_empty());
        let head = cols.saturating_sub(label.width() + tail);
        Line::of(glyph.repeat(head), Style::Dim).and(label, Style::Dim).and(glyph.repeat(tail), Style::Dim)
    }

    /// Columns it takes.
    #[cfg(test)]
    pub fn width(&self) -> usize {
        self.0.iter().map(|(text, _)| text.width()).sum()
    }

    /// The text without its looks.
    #[cfg(test)]
    pub fn text(&self) -> String {
        self.0.iter().map(|(text, _)| text.as_str()).collect()
    }

    /// The line within `cols` columns.
    pub fn within(self, cols: usize) -> Line {
        let mut left = cols;
        let pieces = self.0.into_iter().map(|(text, style)| {
            let text = cut(&text, left);
            left -= text.width();
            (text, style)
        });
        Line(pieces.collect())
    }

    /// The bytes for a terminal.
    pub fn ansi(&self) -> String {
        let piece = |(text, style): &(String, Style)| {
            let code = match style {
                Style::Plain => return text.clone(),
                Style::Dim => "38;5;246",
                Style::Bold => "1",
                Style::Accent => "38;5;153",
                Style::Typed => "48;5;237;38;5;231",
                Style::Cursor => "7",
            };
            format!("\x1b[{code}m{text}\x1b[0m")
        };
        self.0.iter().map(piece).collect()
    }
}

/// The longest beginning of `text` that fits.
pub fn cut(text: &str, cols: usize) -> String {
    let mut left = cols;
    let fits = |c: &char| {
        let width = c.width().unwrap_or(0);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    text.chars().take_while(fits).collect()
}

/// Breaks text into lines of at most `cols` columns: at its newlines, between words, and inside words too long.
pub fn wrap(text: &str, cols: usize) -> Vec<String> {
    let cols = cols.max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split_inclusive(' ') {
            if line.width() + word.trim_end().width() > cols && !line.is_empty() {
                lines.push(line.trim_end().to_owned());
                line.clear();
            }
            for c in word.chars() {
                if line.width() + c.width().unwrap_or(0) > cols && c != ' ' {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(c);
            }
        }
        lines.push(cut(&line, cols));
    }
    lines
}

/// Text that is safe on a terminal: escape sequences and control characters gone, tabs as four spaces.
pub fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' => skip_sequence(&mut chars),
            '\t' => clean.push_str("    "),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' => clean.push('\n'),
            '\n' => clean.push('\n'),
            c if c.is_control() => {}
            c => clean.push(c),
        }
    }
    clean
}

/// After an ESC: a CSI sequence to its final byte, an OSC to its end, any other sequence of one character.
fn skip_sequence(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.next_if(|c| matches!(c, '[' | ']' | 'O')) {
        Some('[') => while chars.next().is_some_and(|c| !('\x40'..='\x7e').contains(&c)) {},
        Some(']') => while chars.next().is_some_and(|c| c != '\x07' && c != '\x1b') {},
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_keeps_words_and_breaks_only_long_ones() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
        assert!(wrap("the quick brown fox", 7).iter().all(|line| line.width() <= 7));
    }

    #[test]
    fn what_comes_from_outside_is_made_harmless() {
        assert_eq!(clean("\x1b[31mred\x1b[0m\ta\r\nb\x07\x1b]0;title\x07c"), "red    a\nbc");
    }

    #[test]
    fn a_rule_is_as_wide_as_the_screen() {
        for cols in [10, 40, 200] {
            assert_eq!(Line::rule(cols, "", "─").width(), cols);
            assert_eq!(Line::rule(cols, "Chorus demo · a long name of a task", "─").width(), cols);
        }
    }

    #[test]
    fn a_line_is_cut_by_columns() {
        let line = Line::of("ab", Style::Dim).and("日本", Style::Bold).within(5);
        assert_eq!(line.text(), "ab日");
    }
}
