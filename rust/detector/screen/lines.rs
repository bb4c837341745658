//! A capture made into lines: escapes read or dropped, ghost text told apart.

/// No screen has more lines or longer ones; what is beyond is cut, oldest first.
const MOST_LINES: usize = 500;
const MOST_CHARACTERS: usize = 1000;
/// No capture of such a screen is larger, escapes included.
const MOST_BYTES: usize = 2 * 1024 * 1024;

/// One line of a screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Everything on it, without escapes and trailing blanks.
    pub text: String,
    /// The same with dim text blanked: what stands in a prompt box without having been typed (a *ghost*) is dim.
    pub bright: String,
}

impl Line {
    /// Whether nothing is on it.
    pub fn is_blank(&self) -> bool {
        self.text.is_empty()
    }
}

/// Reads a capture, plain or with SGR escapes (`capture-pane -e`). Other escapes are skipped. Never panics.
pub fn lines(capture: &str) -> Vec<Line> {
    let mut start = capture.len().saturating_sub(MOST_BYTES);
    while !capture.is_char_boundary(start) {
        start += 1;
    }
    let mut dim = false;
    let mut lines: Vec<Line> = capture[start..].split('\n').map(|line| read(line, &mut dim)).collect();
    let surplus = lines.len().saturating_sub(MOST_LINES);
    lines.drain(..surplus);
    lines
}

fn read(raw: &str, dim: &mut bool) -> Line {
    let mut line = Line::default();
    let mut count = 0;
    let mut characters = raw.chars().peekable();
    // One reversed cell is the cursor; the client draws the ghost's first character under it.
    let mut reversed: Option<usize> = None;
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => {
                let sgr = escape(&mut characters);
                if let Some(parameters) = sgr {
                    let before = *dim;
                    apply(&parameters, dim, &mut reversed, line.bright.len());
                    if *dim && !before {
                        blank_cursor(&mut line.bright, &mut reversed);
                    }
                }
            }
            _ if count >= MOST_CHARACTERS => {}
            '\t' | '\u{a0}' => {
                line.text.push(' ');
                line.bright.push(' ');
                count += 1;
            }
            _ if character.is_control() => {}
            _ => {
                line.text.push(character);
                line.bright.push(if *dim { ' ' } else { character });
                count += 1;
            }
        }
    }
    line.text.truncate(line.text.trim_end().len());
    line.bright.truncate(line.bright.trim_end().len());
    line
}

/// Consumes one escape sequence; gives the parameters of an SGR.
fn escape(characters: &mut std::iter::Peekable<std::str::Chars>) -> Option<String> {
    match characters.next()? {
        '[' => {
            let mut parameters = String::new();
            for character in characters.by_ref() {
                match character {
                    '\u{40}'..='\u{7e}' => return (character == 'm').then_some(parameters),
                    '\u{20}'..='\u{3f}' if parameters.len() < 100 => parameters.push(character),
                    _ => {}
                }
            }
            None
        }
        // Strings end with BEL or ESC \.
        ']' | 'P' | '^' | '_' | 'X' => {
            while let Some(character) = characters.next() {
                if character == '\u{7}' || (character == '\u{1b}' && characters.next_if_eq(&'\\').is_some()) {
                    break;
                }
            }
            None
        }
        '(' | ')' | '*' | '+' | '#' | ' ' | '%' => {
            characters.next();
            None
        }
        _ => None,
    }
}

fn apply(parameters: &str, dim: &mut bool, reversed: &mut Option<usize>, here: usize) {
    let mut codes = parameters.split(';');
    while let Some(code) = codes.next() {
        match code {
            "" | "0" => {
                *dim = false;
                // `reversed` stays: the ghost's dim remainder follows the cursor's reset at once.
            }
            "2" => *dim = true,
            "22" => *dim = false,
            "7" => *reversed = Some(here),
            // Colours carry their own numbers: 38;5;N and 38;2;R;G;B.
            "38" | "48" | "58" => match codes.next() {
                Some("5") => _ = codes.next(),
                Some("2") => _ = codes.nth(2),
                _ => {}
            },
            _ => {}
        }
    }
}

/// Blanks the cursor's cell when dim text follows it at once.
fn blank_cursor(bright: &mut String, reversed: &mut Option<usize>) {
    let Some(from) = reversed.take() else { return };
    let mut cell = bright[from..].chars();
    if cell.next().is_some() && cell.next().is_none() {
        bright.truncate(from);
        bright.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(capture: &str) -> Line {
        lines(capture).remove(0)
    }

    #[test]
    fn ghost_text_is_told_apart() {
        // As captured from 2.1.328: the cursor stands on the ghost's first character.
        let ghost = one("\u{1b}[39m❯ \u{1b}[7mR\u{1b}[0;2m\u{1b}[39m\u{1b}[49mesend your message\u{1b}[0m");
        assert_eq!(ghost.text, "❯ Resend your message");
        assert_eq!(ghost.bright, "❯");
        let typed = one("\u{1b}[39m❯ fix \u{1b}[7mt\u{1b}[0mhe test");
        assert_eq!(typed.bright, "❯ fix the test");
    }

    #[test]
    fn a_color_is_not_dim() {
        assert_eq!(one("\u{1b}[38;5;2mgreen\u{1b}[48;2;2;2;2m on\u{1b}[0m").bright, "green on");
        assert_eq!(one("\u{1b}[1;2mboth\u{1b}[22m none").bright, "     none");
    }

    #[test]
    fn other_escapes_vanish() {
        assert_eq!(one("a\u{1b}]0;title\u{7}b\u{1b}(Bc\u{1b}[?25ld\u{1b}Pq\u{1b}\\e\r").text, "abcde");
        assert_eq!(one("cut\u{1b}[38;5").text, "cut");
        assert_eq!(one("cut\u{1b}").text, "cut");
    }

    #[test]
    fn size_is_bounded() {
        assert_eq!(one(&"x".repeat(3_000_000)).text.len(), MOST_CHARACTERS);
        let many = lines(&"é\n".repeat(2_000_000));
        assert_eq!(many.len(), MOST_LINES);
    }
}
