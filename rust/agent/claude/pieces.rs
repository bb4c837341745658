//! A text cut into pieces that the client takes, pasted, for what they are. Pure.

use crate::typing::prepared::is_shapeless;

/// The longest piece, in UTF-16 units, as Claude Code counts (2.1.328 labels a paste of more than 800).
const LONGEST: usize = 400;

/// Cuts the text so that the client takes each piece, pasted, for what it is: never more than [`LONGEST`], at most two
/// line breaks (from four lines on, a paste is labelled as one), no path of an image whole (it would be attached in
/// place of its text), no `!` at the beginning of a later piece (2.1.197 may take it for the beginning of the text), and
/// nothing there that belongs to the character before it.
pub(super) fn cut(text: &str) -> Vec<String> {
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
