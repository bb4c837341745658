//! Text made ready to be typed into a terminal program. Pure.

use crate::tmux::sgr;

/// The longest piece, in UTF-16 units, as Claude Code counts (2.1.328 labels a paste of more than 800).
const LONGEST: usize = 400;

/// The text as it will arrive: line breaks are LF, tabs are four spaces (the client's own width), control characters
/// and escape sequences are gone, and so is white space at the end, which the client trims anyway. Characters without
/// a shape go from the beginning: the client drops them and would then see what they hid.
pub(crate) fn normalise(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', "    ");
    let text = sgr::plain(&text);
    text.trim_start_matches(is_shapeless).trim_end_matches(|c: char| c.is_whitespace() || is_shapeless(c)).to_owned()
}

/// Characters that show nothing and are not white space.
pub(crate) fn is_shapeless(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Cuts the text so that the client takes each piece, pasted, for what it is: never more than [`LONGEST`], at most two
/// line breaks (from four lines on, a paste is labelled as one), no path of an image whole (it would be attached in
/// place of its text), no `!` at the beginning of a later piece (2.1.197 may take it for the beginning of the text), and
/// nothing there that belongs to the character before it.
pub(crate) fn cut(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let (mut units, mut breaks) = (0, 0);
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let joined = c == '!' || before == '\u{200d}' || is_shapeless(c) || is_mark(c);
        let full = units >= LONGEST && !joined || units >= 2 * LONGEST - 8;
        if !piece.is_empty()
            && (full || c == '\n' && breaks == 2 || before == '.' && begins_with_image_type(&text[at..]))
        {
            pieces.push(std::mem::take(&mut piece));
            (units, breaks) = (0, 0);
        }
        piece.push(c);
        breaks += usize::from(c == '\n');
        units += c.len_utf16();
        before = c;
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

/// Combining marks and skin tones, as far as they are common.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{20d0}'..='\u{20f0}' | '\u{1f3fb}'..='\u{1f3ff}')
}

fn begins_with_image_type(text: &str) -> bool {
    let is_type = |kind: &&str| text.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind));
    ["png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "svg", "heic", "avif", "pdf"].iter().any(is_type)
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
            assert_eq!(normalise(exact), exact);
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
            assert_eq!(normalise(given), wanted, "{given:?}");
        }
    }

    #[test]
    fn pieces_make_the_text() {
        let long = format!("{}\n{}", "x".repeat(1500), "👩‍👩‍👧".repeat(300));
        for text in ["", "a", "a\nb\n\n\nc", "see /tmp/a.PNG, b.jpeg\n", &long] {
            let pieces = cut(text);
            assert_eq!(pieces.concat(), text);
            for piece in &pieces {
                assert!(!piece.is_empty() && piece.matches('\n').count() <= 2);
                assert!(piece.encode_utf16().count() <= 800, "{}", piece.len());
                assert!(!piece.starts_with(is_shapeless));
            }
        }
        assert_eq!(cut("a\nb\n\n!c"), ["a\nb\n", "\n!c"]);
        assert!(cut(&"!".repeat(1000)).len() == 2 && cut(&format!("{}!x", "y".repeat(400))).len() == 2);
        assert_eq!(cut("/tmp/a.PNG x.rs"), ["/tmp/a.", "PNG x.rs"]);
        assert_eq!(cut(&"\u{301}".repeat(2000)).len(), 3, "even a text of nothing but marks is cut");
    }
}
