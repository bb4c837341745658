//! Text made ready to be typed into a terminal program. Pure.

use crate::error::{Code, Error, Result};
use crate::sgr;

/// The longest text, in bytes.
pub const LONGEST: usize = 1_000_000;

/// The text as it will be typed.
///
/// # Errors
/// `bad_input` when there is none, or too much.
pub fn accepted(text: &str) -> Result<String> {
    if text.len() > LONGEST {
        return Err(Error::new(Code::BadInput, format!("cannot send {} bytes: 1 MB is the most", text.len()))
            .hint("put it into a file and name the file"));
    }
    let text = normalized(text);
    if text.trim().is_empty() {
        return Err(Error::new(Code::BadInput, "cannot send: there is no text").hint("write what the agent should do"));
    }
    Ok(text)
}

/// The text as it will arrive: line breaks are LF, tabs are four spaces (Claude Code's own width), control characters
/// and escape sequences are gone, and so is white space at the end, which the client trims anyway. Characters without
/// a shape go from the beginning: the client drops them and would then see what they hid.
fn normalized(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', "    ");
    let text = sgr::plain(&text);
    text.trim_start_matches(is_shapeless).trim_end_matches(|c: char| c.is_whitespace() || is_shapeless(c)).to_owned()
}

/// Characters that show nothing and are not white space.
pub fn is_shapeless(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_client_changes_is_changed() {
        for exact in [
            "one",
            "a\nb\n\nc",
            "  indented",
            "\n\nlead",
            "héllo 🎉👩‍👩‍👧 日本",
            "a\u{a0}b\u{200b}c",
            "x;",
            "-rf",
            "#{pid} %5 $(x) \\",
        ] {
            assert_eq!(normalized(exact), exact);
        }
        for (given, wanted) in [
            ("a\tb", "a    b"),
            ("a\r\nb\rc", "a\nb\nc"),
            ("text \n\n", "text"),
            ("a\x1b[31mred\x1b[0m\x1b]0;t\x07b", "aredb"),
            ("a\x01\x03\x04\x7f\u{9b}mb", "ab"),
            ("\u{200b}\u{feff}/clear", "/clear"),
            (" \n\t", ""),
            ("\u{200b}", ""),
        ] {
            assert_eq!(normalized(given), wanted, "{given:?}");
        }
    }
}
