//! Escapes of captured text: colours stay, everything else goes.

/// Text with SGR sequences (colours, bold, …), line breaks, and no other control characters or sequences.
///
/// Line-drawing characters that tmux captures between SO and SI become Unicode ones.
pub fn sgr_only(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    scan(text, |piece| match piece {
        Piece::Text(c) => clean.push(c),
        Piece::Sgr(sequence) => clean.push_str(sequence),
    });
    clean
}

/// Text without any control characters or sequences but line breaks.
pub fn plain(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    scan(text, |piece| {
        if let Piece::Text(c) = piece {
            clean.push(c);
        }
    });
    clean
}

/// What is left of a text.
pub(crate) enum Piece<'a> {
    /// A character, or a line break.
    Text(char),
    /// `ESC [ … m`, whole.
    Sgr(&'a str),
}

/// Walks through the text. A sequence that is not ended ends with its line.
pub(crate) fn scan<'a>(text: &'a str, mut each: impl FnMut(Piece<'a>)) {
    let mut rest = text;
    let mut drawing = false;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '\x1b' => escape(rest, after, &mut each),
            '\u{9b}' => &after[csi(after)..],
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => &after[string(after)..],
            _ => {
                match c {
                    '\x0e' => drawing = true,
                    '\x0f' => drawing = false,
                    '\n' => each(Piece::Text(c)),
                    _ if c.is_control() => {}
                    _ => each(Piece::Text(if drawing { line_drawing(c) } else { c })),
                }
                after
            }
        };
    }
}

/// What follows an escape sequence. `whole` begins with ESC, `after` behind it.
fn escape<'a>(whole: &'a str, after: &'a str, each: &mut impl FnMut(Piece<'a>)) -> &'a str {
    match after.chars().next() {
        Some('[') => {
            let length = csi(&after[1..]);
            let sequence = &whole[..2 + length];
            let body = &after[1..1 + length];
            let is_sgr = |body: &str| body.chars().all(|c| c.is_ascii_digit() || c == ';' || c == ':');
            if body.strip_suffix('m').is_some_and(is_sgr) {
                each(Piece::Sgr(sequence));
            }
            &whole[sequence.len()..]
        }
        Some(']' | 'P' | 'X' | '^' | '_') => &after[1 + string(&after[1..])..],
        Some('\n') | None => after,
        Some(_) => {
            let intermediates = after.bytes().take_while(|byte| (0x20..=0x2f).contains(byte)).count();
            let last = after[intermediates..].chars().next().filter(|c| !c.is_control());
            &after[intermediates + last.map_or(0, char::len_utf8)..]
        }
    }
}

/// The length of a control sequence's parameters, intermediates and final byte.
fn csi(text: &str) -> usize {
    let body = text.bytes().take_while(|byte| (0x20..=0x3f).contains(byte)).count();
    let last = text.as_bytes().get(body).is_some_and(|byte| (0x40..=0x7e).contains(byte));
    body + usize::from(last)
}

/// The length of a string sequence with its end: BEL, ST, or the line's end.
fn string(text: &str) -> usize {
    for (at, c) in text.char_indices() {
        match c {
            '\x07' | '\u{9c}' => return at + c.len_utf8(),
            '\x1b' if text[at + 1..].starts_with('\\') => return at + 2,
            '\n' | '\x1b' => return at,
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
