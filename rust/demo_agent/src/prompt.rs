//! The prompt box: text being written, and pastes folded away in it. Pure.

use super::line::{Line, Style, clean, wrap};

/// Bracketed pastes with as many line breaks, or more characters, are folded (2.1.328).
const FOLDED_BREAKS: usize = 3;
const FOLDED_CHARS: usize = 800;

/// The box.
#[derive(Debug, Default)]
pub struct Prompt {
    text: String,
    at: usize,
    /// A shell line: `!` came into the empty box. One that is moved to the start by deleting is text (2.1.328).
    shell: bool,
    pastes: Vec<(String, String)>,
    /// Names this session's pastes in what the model gets.
    mark: String,
}

impl Prompt {
    /// An empty box; `mark` names the session's pastes.
    pub fn new(mark: String) -> Prompt {
        Prompt { mark, ..Prompt::default() }
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && !self.shell
    }

    /// Whether it is a shell line; its text is without the `!`.
    pub fn is_shell(&self) -> bool {
        self.shell
    }

    /// What is shown in it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Puts text at the cursor.
    pub fn insert(&mut self, text: &str) {
        let shell = text.strip_prefix('!').filter(|_| self.is_empty());
        self.shell |= shell.is_some();
        let text = shell.unwrap_or(text);
        self.text.insert_str(self.at, text);
        self.at += text.len();
    }

    /// A bracketed paste: escape sequences stripped, tabs as four spaces, folded when it is long.
    pub fn paste(&mut self, raw: &str) {
        let text = clean(raw);
        let breaks = text.trim_end_matches('\n').matches('\n').count();
        self.fold(text, breaks >= FOLDED_BREAKS);
    }

    /// Much typed at once: folded when it is long, however many lines it has.
    pub fn burst(&mut self, raw: &str) {
        self.fold(clean(raw), false);
    }

    fn fold(&mut self, text: String, many_lines: bool) {
        if !many_lines && text.chars().count() <= FOLDED_CHARS {
            return self.insert(&text);
        }
        let number = self.pastes.len() + 1;
        let label = match text.matches('\n').count() {
            0 => format!("[Pasted text #{number}]"),
            breaks => format!("[Pasted text #{number} +{breaks} lines]"),
        };
        self.insert(&label);
        self.pastes.push((label, text));
    }

    /// Deletes before the cursor.
    pub fn backspace(&mut self) {
        match self.text[..self.at].chars().next_back() {
            Some(c) => {
                self.at -= c.len_utf8();
                self.text.remove(self.at);
            }
            None => self.shell = false,
        }
    }

    /// Deletes under the cursor.
    pub fn delete(&mut self) {
        if self.at < self.text.len() {
            self.text.remove(self.at);
        }
    }

    /// One character to the left.
    pub fn left(&mut self) {
        self.at -= self.text[..self.at].chars().next_back().map_or(0, char::len_utf8);
    }

    /// One character to the right.
    pub fn right(&mut self) {
        self.at += self.text[self.at..].chars().next().map_or(0, char::len_utf8);
    }

    /// To the start of the line.
    pub fn home(&mut self) {
        self.at = self.text[..self.at].rfind('\n').map_or(0, |found| found + 1);
    }

    /// To the end of the line.
    pub fn end(&mut self) {
        self.at += self.text[self.at..].find('\n').unwrap_or(self.text.len() - self.at);
    }

    /// Clears the cursor's line to its left (Ctrl-U); at its start, joins it to the line before.
    pub fn clear_left(&mut self) {
        let end = self.at;
        self.home();
        if self.at == end {
            return self.backspace();
        }
        self.text.replace_range(self.at..end, "");
    }

    /// Clears the cursor's line to its right (Ctrl-K); at its end, joins the next line to it.
    pub fn clear_right(&mut self) {
        let start = self.at;
        self.end();
        let end = std::mem::replace(&mut self.at, start);
        if start == end {
            return self.delete();
        }
        self.text.replace_range(start..end, "");
    }

    /// Clears the whole box.
    pub fn clear(&mut self) {
        self.text.clear();
        self.at = 0;
        self.shell = false;
    }

    /// Puts a prompt back before what is there.
    pub fn give_back(&mut self, text: &str) {
        self.text.insert_str(0, text);
        self.at = self.text.len();
    }

    /// Takes what was written, pastes unfolded as the model gets them, without white space at its end.
    pub fn take(&mut self) -> String {
        let mut text = std::mem::take(&mut self.text);
        self.at = 0;
        self.shell = false;
        for (label, paste) in &self.pastes {
            let newline = if paste.ends_with('\n') { "" } else { "\n" };
            let mark = &self.mark;
            let whole =
                format!("\n\n<pasted_content id=\"{mark}\">\n{paste}{newline}</pasted_content id=\"{mark}\">\n");
            text = text.replacen(label, &whole, 1);
        }
        // A folded paste keeps the newline that ends it; anything typed loses its trailing white space.
        if text.ends_with("\">\n") { text } else { text.trim_end().to_owned() }
    }

    /// The box's lines, `❯` and cursor included; at most `rows`, the last ones. `ghost` shows while it is empty.
    pub fn lines(&self, cols: usize, rows: usize, ghost: &str) -> Vec<Line> {
        let sign = if self.shell { "!\u{a0}" } else { "❯\u{a0}" };
        if self.is_empty() {
            let mut rest = ghost.chars();
            let under = rest.next().map_or(" ".into(), String::from);
            let line = Line::of(sign, Style::Plain).and(under, Style::Cursor).and(rest.as_str(), Style::Dim);
            return vec![line.within(cols)];
        }
        const CURSOR: char = '\u{e000}';
        let mut text = self.text.clone();
        text.insert(self.at, CURSOR);
        let wrapped = wrap(&text, cols.saturating_sub(3));
        let skip = wrapped.len().saturating_sub(rows.max(1));
        let line = |(at, text): (usize, &String)| {
            let line = Line::of(if at == 0 { sign } else { "  " }, Style::Plain);
            let Some((before, after)) = text.split_once(CURSOR) else { return line.and(text, Style::Plain) };
            let mut after = after.chars();
            let under = after.next().map_or(" ".into(), String::from);
            line.and(before, Style::Plain).and(under, Style::Cursor).and(after.as_str(), Style::Plain)
        };
        wrapped.iter().enumerate().skip(skip).map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(prompt: &Prompt, cols: usize) -> Vec<String> {
        prompt.lines(cols, 9, "").iter().map(|line| line.text().trim_end().to_owned()).collect()
    }

    #[test]
    fn short_pastes_are_exact_and_long_ones_folded() {
        let mut prompt = Prompt::new("63b4".into());
        prompt.paste("\x1b[31ma\tb\nc\nd\n");
        assert_eq!(prompt.take(), "a    b\nc\nd");
        prompt.paste("L1\nL2\nL3\nL4\nL5");
        assert_eq!(prompt.text(), "[Pasted text #1 +4 lines]");
        let whole = "\n\n<pasted_content id=\"63b4\">\nL1\nL2\nL3\nL4\nL5\n</pasted_content id=\"63b4\">\n";
        assert_eq!(prompt.take(), whole);
        prompt.paste(&"x".repeat(900));
        assert_eq!(prompt.text(), "[Pasted text #2]");
    }

    #[test]
    fn a_burst_of_many_short_lines_stays_exact() {
        let mut prompt = Prompt::new("63b4".into());
        let lines = ["line"; 12].join("\n");
        prompt.burst(&lines);
        assert_eq!(prompt.take(), lines);
    }

    #[test]
    fn the_start_is_kept_and_the_end_trimmed() {
        let mut prompt = Prompt::default();
        prompt.insert("  hello  ");
        assert_eq!(prompt.take(), "  hello");
    }

    #[test]
    fn editing_moves_by_characters_and_lines() {
        let mut prompt = Prompt::default();
        prompt.insert("aé\nbc");
        prompt.left();
        prompt.clear_left();
        assert_eq!(prompt.text(), "aé\nc");
        prompt.left();
        prompt.backspace();
        assert_eq!(prompt.text(), "a\nc");
        prompt.home();
        prompt.delete();
        prompt.right();
        prompt.end();
        prompt.insert("!");
        assert_eq!(prompt.text(), "\nc!");
    }

    #[test]
    fn only_a_mark_in_an_empty_box_begins_a_shell_line() {
        let mut prompt = Prompt::default();
        prompt.insert("!ls");
        assert_eq!((prompt.is_shell(), prompt.text()), (true, "ls"));
        prompt.clear_left();
        assert!(!prompt.is_empty());
        prompt.clear_left();
        assert!(prompt.is_empty());
        prompt.insert("x!");
        prompt.home();
        prompt.delete();
        assert_eq!((prompt.is_shell(), prompt.take().as_str()), (false, "!"));
    }

    #[test]
    fn several_lines_are_cleared_by_going_on() {
        let mut prompt = Prompt::default();
        prompt.insert("one\ntwo\n\nfour");
        prompt.home();
        (0..5).for_each(|_| prompt.clear_left());
        assert_eq!(prompt.text(), "four");
        prompt.insert("\nfive\n");
        prompt.home();
        prompt.left();
        prompt.home();
        (0..3).for_each(|_| prompt.clear_right());
        assert_eq!(prompt.text(), "\n");
    }

    #[test]
    fn the_box_wraps_and_shows_its_end() {
        let mut prompt = Prompt::default();
        assert_eq!(shown(&prompt, 20), ["❯"]);
        prompt.insert("one two three");
        assert_eq!(shown(&prompt, 12), ["❯\u{a0}one two", "  three"]);
        assert_eq!(prompt.lines(12, 1, "").len(), 1);
        prompt.clear();
        prompt.insert("!ls");
        assert_eq!(shown(&prompt, 20), ["!\u{a0}ls"]);
    }
}
