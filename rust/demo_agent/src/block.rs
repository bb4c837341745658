//! Pieces of the conversation as they stand in the scrollback. Pure.

use super::line::{Line, Style, clean, wrap};

/// One piece.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// What this is and where it runs.
    Banner(String),
    /// A prompt.
    Prompt(String),
    /// A shell line and its output.
    Shell(String, String),
    /// The agent's words.
    Says(String),
    /// A tool call: title and what came of it.
    Tool(String, Vec<String>),
    /// A remark under the piece before.
    Note(String),
    /// A line by itself: `✻ Played for 5s`.
    Mark(String),
}

impl Block {
    /// Its lines; a blank one first, except for what hangs under the piece before.
    pub fn lines(&self, cols: usize) -> Vec<Line> {
        let mut lines = vec![Line::empty()];
        match self {
            Block::Banner(cwd) => {
                let cwd = clean(cwd);
                lines = vec![Line::of(format!(" ♪  {}", super::LABEL), Style::Bold)];
                lines.push(Line::of("    plays a script, asks no model", Style::Dim));
                lines.push(Line::of(format!("    {cwd}"), Style::Dim));
                lines.push(Line::empty());
            }
            Block::Prompt(text) => hang(&mut lines, "❯ ", text, cols, Style::Typed),
            Block::Shell(command, output) => {
                hang(&mut lines, "! ", command, cols, Style::Typed);
                under(&mut lines, &shortened(output), cols, Style::Plain);
            }
            Block::Says(text) => hang(&mut lines, "● ", text, cols, Style::Plain),
            Block::Tool(title, notes) => {
                hang(&mut lines, "● ", title, cols, Style::Bold);
                notes.iter().for_each(|note| under(&mut lines, note, cols, Style::Dim));
            }
            Block::Note(text) => {
                lines.clear();
                under(&mut lines, text, cols, Style::Dim);
            }
            Block::Mark(text) => hang(&mut lines, "", text, cols, Style::Dim),
        }
        lines.into_iter().map(|line| line.within(cols)).collect()
    }
}

/// The first lines of an output, and how many more there are.
pub fn shortened(output: &str) -> String {
    const SHOWN: usize = 12;
    let output = output.trim_end();
    let all = output.lines().count();
    if output.is_empty() {
        return "(No output)".into();
    }
    if all <= SHOWN {
        return output.to_owned();
    }
    let first: Vec<&str> = output.lines().take(SHOWN).collect();
    format!("{}\n… +{} lines", first.join("\n"), all - SHOWN)
}

fn hang(lines: &mut Vec<Line>, sign: &str, text: &str, cols: usize, style: Style) {
    let text = clean(text);
    let indent = sign.chars().count();
    for (at, part) in wrap(text.trim_matches('\n'), cols.saturating_sub(indent)).into_iter().enumerate() {
        let start = if at == 0 { sign.to_owned() } else { " ".repeat(indent) };
        lines.push(Line::of(start, Style::Plain).and(part, style));
    }
}

fn under(lines: &mut Vec<Line>, text: &str, cols: usize, style: Style) {
    for (at, part) in wrap(&clean(text), cols.saturating_sub(5)).into_iter().enumerate() {
        lines.push(Line::of(if at == 0 { "  ⎿  " } else { "     " }, Style::Dim).and(part, style));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(block: &Block) -> Vec<String> {
        block.lines(24).iter().map(Line::text).collect()
    }

    #[test]
    fn a_call_stands_with_its_result_under_it() {
        let block =
            Block::Tool("Bash(touch x)".into(), vec!["Done".into(), "Allowed by PermissionRequest hook".into()]);
        assert_eq!(
            shown(&block),
            ["", "● Bash(touch x)", "  ⎿  Done", "  ⎿  Allowed by", "     PermissionRequest", "     hook"]
        );
    }

    #[test]
    fn hostile_text_is_harmless_and_long_output_short() {
        assert_eq!(shown(&Block::Says("\x1b[2Jhi\tthere".into())), ["", "● hi    there"]);
        let many = (1..=20).map(|n| n.to_string()).collect::<Vec<_>>().join("\n");
        assert!(shortened(&many).ends_with("12\n… +8 lines"));
        assert_eq!(shortened("\n"), "(No output)");
    }
}
