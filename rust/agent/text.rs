//! Hostile text made fit for people, terminals and markdown.

/// Longer runs of backticks are no markdown; they would make a fence of any size.
const FENCE: usize = 16;

/// The text in one line: white space collapsed, control and direction-changing characters shown as U+FFFD, at most
/// `most` characters, the last one `…` when something was cut.
pub fn line(text: &str, most: usize) -> String {
    // What lies beyond cannot matter, and a request may hold megabytes.
    let near = clip(text, most.saturating_mul(8) + 256);
    let shown: String = near.chars().map(|c| if c.is_whitespace() { ' ' } else { seen(c) }).collect();
    let line = shown.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let cut = near.len() < text.len() || line.chars().count() > most;
    if cut { line.chars().take(most.saturating_sub(1)).chain(['…']).collect() } else { line }
}

/// The text with control and direction-changing characters shown as U+FFFD; lines and tabs stay.
pub fn block(text: &str) -> String {
    text.replace("\r\n", "\n").chars().map(|c| if matches!(c, '\n' | '\t') { c } else { seen(c) }).collect()
}

/// A character in a form that can be seen: nothing is left out, so that nothing is hidden.
fn seen(c: char) -> char {
    if is_unseen(c) { '\u{fffd}' } else { c }
}

/// Characters that a terminal obeys or that make text look like other text.
fn is_unseen(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    // Without width, the tag characters among them, which can carry a whole text; joiners are for scripts and emoji.
    let hides = matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    turns || hides || c.is_control()
}

/// At most `most` bytes of the text, whole characters only.
pub fn clip(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The text as inline code that it cannot leave.
pub fn code(text: &str, most: usize) -> String {
    format!("`{}`", line(text, most).replace('`', "'"))
}

/// The text as a fenced block that it cannot leave.
pub fn fenced(language: &str, text: &str) -> String {
    let mut text = block(text);
    let mut longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    if longest > FENCE {
        text = text.replace('`', "'");
        longest = 0;
    }
    let fence = "`".repeat(longest.max(2) + 1);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{text}{end}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_harmless_bounded_line() {
        assert_eq!(line("  a\r\n\tb\u{1b}[2J \u{202e}c ", 20), "a b�[2J �c");
        assert_eq!(line("abcdef", 4), "abc…");
        assert_eq!(line("abcd", 4), "abcd");
        assert_eq!(line(&"é".repeat(99), 3), "éé…");
        assert_eq!(line(&" ".repeat(9_000_000), 3), "…");
    }

    #[test]
    fn nothing_leaves_a_fence() {
        assert_eq!(fenced("sh", "a\n```\nb"), "````sh\na\n```\nb\n````");
        assert_eq!(fenced("", "a\n"), "```\na\n```");
        assert_eq!(fenced("", &"`".repeat(99)), format!("```\n{}\n```", "'".repeat(99)));
        assert_eq!(code("a`b\nc", 9), "`a'b c`");
    }

    #[test]
    fn a_clip_keeps_characters_whole() {
        assert_eq!(clip("aé", 2), "a");
        assert_eq!(clip("aé", 9), "aé");
    }
}
