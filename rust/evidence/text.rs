//! Untrusted text made fit to be shown: one line, no control characters, bounded.

/// The text on one line: control and direction-changing characters dropped, white space collapsed, at most `limit`
/// characters (the last one `…` when something was cut).
pub fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut count = 0;
    let mut space = false;
    for character in text.chars() {
        if character.is_whitespace() {
            space = count > 0;
            continue;
        }
        if character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            continue;
        }
        if count + usize::from(space) >= limit {
            line.pop();
            line.push('…');
            return line;
        }
        if std::mem::take(&mut space) {
            line.push(' ');
            count += 1;
        }
        line.push(character);
        count += 1;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_bounded_and_harmless() {
        assert_eq!(one_line("  a\n\tb  ", 10), "a b");
        assert_eq!(one_line("\u{1b}[31mred\u{202e}", 10), "[31mred");
        assert_eq!(one_line("abcdef", 4), "abc…");
        assert_eq!(one_line("abcd", 4), "abcd");
        assert_eq!(one_line(&"é".repeat(9), 3), "éé…");
    }
}
