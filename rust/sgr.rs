//! Escape sequences: where they end, and captured text of which the colours stay and everything else goes.

/// Text with SGR sequences (colours, bold, …), line breaks, and no other control characters or sequences.
///
/// Line-drawing characters that tmux captures between SO and SI become Unicode ones.
pub fn sgr_only(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    scan(text, |piece| match piece {
        SgrPiece::Text(c) => clean.push(c),
        SgrPiece::Sgr(sequence) => clean.push_str(sequence),
    });
    clean
}

/// Text without any control characters or sequences but line breaks.
pub fn plain(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    scan(text, |piece| {
        if let SgrPiece::Text(c) = piece {
            clean.push(c);
        }
    });
    clean
}

/// What is left of a text.
pub(crate) enum SgrPiece<'a> {
    /// A character, or a line break.
    Text(char),
    /// `ESC [ … m`, whole.
    Sgr(&'a str),
}

/// Walks through the text. A sequence that is not ended ends with its line.
pub(crate) fn scan<'a>(text: &'a str, mut each: impl FnMut(SgrPiece<'a>)) {
    let mut rest = text;
    let mut drawing = false;
    while let Some(c) = rest.chars().next() {
        if let Some(length) = sequence(rest) {
            let (sequence, after) = rest.split_at(length);
            if is_sgr(sequence) {
                each(SgrPiece::Sgr(sequence));
            }
            rest = after;
            continue;
        }
        match c {
            '\x0e' => drawing = true,
            '\x0f' => drawing = false,
            '\n' => each(SgrPiece::Text(c)),
            _ if c.is_control() => {}
            _ => each(SgrPiece::Text(if drawing { line_drawing(c) } else { c })),
        }
        rest = &rest[c.len_utf8()..];
    }
}

/// The bytes of the escape sequence that the text begins with: by ESC, or by a C1 control character that opens one. One
/// that is not ended ends with its line, or where a terminal gives it up.
pub fn sequence(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    let after = &text[first.len_utf8()..];
    let length = match first {
        '\x1b' => escape(after),
        '\u{9b}' => csi(after),
        '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => string(after),
        _ => return None,
    };
    Some(first.len_utf8() + length)
}

fn is_sgr(sequence: &str) -> bool {
    let body = sequence.strip_prefix("\x1b[").and_then(|body| body.strip_suffix('m'));
    body.is_some_and(|body| body.chars().all(|c| c.is_ascii_digit() || c == ';' || c == ':'))
}

/// The length of what follows ESC.
fn escape(after: &str) -> usize {
    match after.chars().next() {
        Some('[') => 1 + csi(&after[1..]),
        Some(']' | 'P' | 'X' | '^' | '_') => 1 + string(&after[1..]),
        _ => {
            let intermediates = after.bytes().take_while(|byte| (0x20..=0x2f).contains(byte)).count();
            let last = after[intermediates..].chars().next().filter(|c| !c.is_control());
            intermediates + last.map_or(0, char::len_utf8)
        }
    }
}

/// The length of a control sequence's parameters, intermediates and final byte.
fn csi(text: &str) -> usize {
    let body = text.bytes().take_while(|byte| (0x20..=0x3f).contains(byte)).count();
    let last = text.as_bytes().get(body).is_some_and(|byte| (0x40..=0x7e).contains(byte));
    body + usize::from(last)
}

/// The length of a string sequence with its end: BEL, ST, what cancels it (CAN, SUB), or the line's end.
fn string(text: &str) -> usize {
    for (at, c) in text.char_indices() {
        match c {
            '\x07' | '\u{9c}' => return at + c.len_utf8(),
            '\x1b' if text[at + 1..].starts_with('\\') => return at + 2,
            '\n' | '\x1b' | '\x18' | '\x1a' => return at,
            _ => {}
        }
    }
    text.len()
}

/// DEC special graphics, as far as programs draw boxes with it.
fn line_drawing(c: char) -> char {
    match c {
        'j' => '┘',
        'k' => '┐',
        'l' => '┌',
        'm' => '└',
        'n' => '┼',
        'q' => '─',
        't' => '├',
        'u' => '┤',
        'v' => '┴',
        'w' => '┬',
        'x' => '│',
        'a' => '▒',
        '`' => '◆',
        '~' => '·',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_stay() {
        let text = "a\x1b[1;38;5;174mb\x1b[0m\x1b[38:2::1:2:3mc\x1b[md\ne";
        assert_eq!(sgr_only(text), text);
        assert_eq!(plain(text), "abcd\ne");
    }

    #[test]
    fn everything_else_goes() {
        for hostile in [
            "\x1b]0;title\x07",
            "\x1b]8;;http://x\x1b\\",
            "\x1b]52;c;aGk=\u{9c}",
            "\x1bPtmux;\x1b\\",
            "\x1b_apc\x07",
            "\x1b[2J",
            "\x1b[?1049h",
            "\x1b[>4;2m",
            "\x1b[1 q",
            "\x1b[6n",
            "\x1b(0",
            "\x1b7",
            "\x1bc",
            "\u{9b}31m",
            "\u{9d}0;x\x07",
            "\u{85}\u{8d}\u{9c}",
            "\x07\x08\r\t\x7f\0",
            "\x1b\x1b[2K",
            "\x1b]0;title\x18",
            "\u{90}q\x1a",
        ] {
            assert_eq!(sgr_only(&format!("a{hostile}b")), "ab", "{hostile:?}");
        }
    }

    #[test]
    fn a_cut_sequence_eats_no_other_line() {
        for cut in ["\x1b", "\x1b[", "\x1b[31", "\x1b]0;title", "\x1bP", "\u{9b}", "\x1b("] {
            assert_eq!(sgr_only(&format!("a{cut}\nb")), "a\nb", "{cut:?}");
            assert_eq!(sgr_only(&format!("a{cut}")), "a", "{cut:?}");
        }
    }

    #[test]
    fn letters_after_a_sequence_stay_whole() {
        assert_eq!(sgr_only("\x1b[31é"), "é");
        assert_eq!(sgr_only("\x1bé日"), "日");
        assert_eq!(sgr_only("\x1b]0;é\x07日"), "日");
    }

    #[test]
    fn drawn_lines_are_lines() {
        assert_eq!(sgr_only("\x0elqk\x0flqk"), "┌─┐lqk");
    }

    /// Bytes that begin, continue, end or cut sequences, and text of one to four bytes between them.
    const HOSTILE: [&str; 24] = [
        "\x1b", "[", "]", "P", "X", "^", "_", "\\", "\u{9b}", "\u{9c}", "\u{9d}", "\x07", "\x18", "\x0e", "\x0f", "3",
        ";", ":", "m", "J", "?", " ", "é", "👩",
    ];

    /// Texts of up to `most` of the pieces, in an order that is the same at each run.
    fn hostile_texts(count: usize, most: usize) -> impl Iterator<Item = String> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = move |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below as u64) as usize
        };
        (0..count).map(move |_| (0..=next(most)).map(|_| HOSTILE[next(HOSTILE.len())]).collect())
    }

    #[test]
    fn nothing_hostile_comes_through_and_no_line_harms_another() {
        for text in hostile_texts(20_000, 12) {
            let (coloured, bare) = (sgr_only(&text), plain(&text));
            assert!(!bare.chars().any(char::is_control), "{text:?}");
            assert_eq!(sgr_only(&coloured), coloured, "{text:?}");
            assert_eq!(plain(&coloured), bare, "{text:?}");
            let rest = coloured.split('\x1b').skip(1).all(|piece| piece.starts_with('[') && piece.contains('m'));
            assert!(rest && !coloured.chars().any(|c| c.is_control() && c != '\x1b'), "{text:?}");
            let drawn = text.replace(['\x0e', '\x0f'], "");
            assert_eq!(sgr_only(&format!("{drawn}\nnext é")), format!("{}\nnext é", sgr_only(&drawn)), "{drawn:?}");
        }
    }
}
