//! Bytes of a terminal → keys. Pure.

/// A key, or a paste.
#[derive(Debug, Clone, PartialEq)]
pub enum Key {
    /// A character.
    Char(char),
    /// A control letter that has no name of its own here.
    Ctrl(char),
    /// Submits.
    Enter,
    /// A newline in the text: Ctrl-J, Alt-Enter.
    Newline,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift-Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// Start of line.
    Home,
    /// End of line.
    End,
    /// A bracketed paste, raw.
    Paste(String),
    /// So many characters at once that the client takes them for a paste, without brackets.
    Burst(String),
}

const PASTE_BEGIN: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";
/// Fewer characters in one read are typing; with as many, an Enter among them is a newline (2.1.328).
const BURST: usize = 100;

/// Takes bytes as they come; keeps what is not yet a whole key.
#[derive(Debug, Default)]
pub struct Parser {
    rest: Vec<u8>,
}

impl Parser {
    /// The keys that are whole now.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Key> {
        self.rest.extend_from_slice(bytes);
        let mut keys = Vec::new();
        let mut at = 0;
        while let Some((key, length)) = next(&self.rest[at..]) {
            keys.extend(key);
            at += length;
        }
        self.rest.drain(..at);
        burst(keys)
    }

    /// Whether an Escape may have been pressed that could also begin a sequence.
    pub fn is_undecided(&self) -> bool {
        self.rest == b"\x1b"
    }

    /// Nothing more came: what is left was an Escape.
    pub fn decide(&mut self) -> Vec<Key> {
        let undecided = self.is_undecided();
        if undecided {
            self.rest.clear();
        }
        Vec::from_iter(undecided.then_some(Key::Esc))
    }
}

fn burst(keys: Vec<Key>) -> Vec<Key> {
    let text: Option<String> = keys
        .iter()
        .map(|key| match key {
            Key::Char(c) => Some(*c),
            Key::Enter | Key::Newline => Some('\n'),
            Key::Tab => Some('\t'),
            _ => None,
        })
        .collect();
    match text {
        Some(text) if keys.len() >= BURST => vec![Key::Burst(text)],
        _ => keys,
    }
}

/// The first key and its length; no key for a sequence without meaning here; nothing when it is not whole.
fn next(bytes: &[u8]) -> Option<(Option<Key>, usize)> {
    if bytes.starts_with(PASTE_BEGIN) {
        let text = &bytes[PASTE_BEGIN.len()..];
        let end = text.windows(PASTE_END.len()).position(|window| window == PASTE_END)?;
        let paste = String::from_utf8_lossy(&text[..end]).into_owned();
        return Some((Some(Key::Paste(paste)), PASTE_BEGIN.len() + end + PASTE_END.len()));
    }
    let key = match *bytes.first()? {
        0x1b => return escape(bytes),
        b'\r' => Key::Enter,
        b'\n' => Key::Newline,
        b'\t' => Key::Tab,
        0x7f | 0x08 => Key::Backspace,
        byte @ 1..=26 => Key::Ctrl(char::from(byte - 1 + b'a')),
        0..=0x1f => return Some((None, 1)),
        byte => return character(bytes, byte),
    };
    Some((Some(key), 1))
}

fn character(bytes: &[u8], first: u8) -> Option<(Option<Key>, usize)> {
    let length = match first {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    };
    let text = std::str::from_utf8(bytes.get(..length)?);
    match text.ok().and_then(|text| text.chars().next()) {
        Some(c) => Some((Some(Key::Char(c)), length)),
        None => Some((None, 1)),
    }
}

fn escape(bytes: &[u8]) -> Option<(Option<Key>, usize)> {
    match *bytes.get(1)? {
        b'[' | b'O' => {
            let end = 2 + bytes[2..].iter().position(|byte| (0x40..=0x7e).contains(byte))?;
            let key = match (bytes[end], &bytes[2..end]) {
                (b'A', _) => Some(Key::Up),
                (b'B', _) => Some(Key::Down),
                (b'C', _) => Some(Key::Right),
                (b'D', _) => Some(Key::Left),
                (b'H', _) | (b'~', b"1" | b"7") => Some(Key::Home),
                (b'F', _) | (b'~', b"4" | b"8") => Some(Key::End),
                (b'Z', _) => Some(Key::BackTab),
                (b'~', b"3") => Some(Key::Delete),
                _ => None,
            };
            Some((key, end + 1))
        }
        b'\r' => Some((Some(Key::Newline), 2)),
        // Two Escapes, or Escape and something typed at once: the Escape was one.
        _ => Some((Some(Key::Esc), 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(bytes: &[u8]) -> Vec<Key> {
        Parser::default().feed(bytes)
    }

    #[test]
    fn letters_controls_and_arrows() {
        assert_eq!(
            keys(b"a\r\x03\x1b[A\x1bOB\x7f"),
            [Key::Char('a'), Key::Enter, Key::Ctrl('c'), Key::Up, Key::Down, Key::Backspace]
        );
        assert_eq!(keys("é😀".as_bytes()), [Key::Char('é'), Key::Char('😀')]);
        assert_eq!(keys(b"\x1b[Z\x1b[3~\x1b[I"), [Key::BackTab, Key::Delete]);
    }

    #[test]
    fn a_lone_escape_waits_to_be_decided() {
        let mut parser = Parser::default();
        assert_eq!(parser.feed(b"\x1b"), []);
        assert!(parser.is_undecided());
        assert_eq!(parser.decide(), [Key::Esc]);
        assert!(!parser.is_undecided());
        assert_eq!(parser.feed(b"\x1b"), []);
        assert_eq!(parser.feed(b"[B"), [Key::Down]);
        assert_eq!(keys(b"\x1b\x1b[A"), [Key::Esc, Key::Up]);
    }

    #[test]
    fn a_paste_is_one_key_however_it_arrives() {
        let bytes = b"x\x1b[200~one\r\ntwo\x1b[31m\x1b[201~y";
        let whole = [Key::Char('x'), Key::Paste("one\r\ntwo\x1b[31m".into()), Key::Char('y')];
        for split in 0..bytes.len() {
            let mut parser = Parser::default();
            let mut found = parser.feed(&bytes[..split]);
            found.extend(parser.feed(&bytes[split..]));
            assert_eq!(found, whole, "split at {split}");
        }
    }

    #[test]
    fn characters_cut_in_two_and_bad_bytes() {
        let mut parser = Parser::default();
        assert_eq!(parser.feed(&"é".as_bytes()[..1]), []);
        assert_eq!(parser.feed(&"é".as_bytes()[1..]), [Key::Char('é')]);
        assert_eq!(keys(b"\xff\xc3(a"), [Key::Char('('), Key::Char('a')]);
    }

    #[test]
    fn much_at_once_is_a_burst_and_its_enter_a_newline() {
        let mut bytes = vec![b'y'; 99];
        bytes.push(b'\r');
        assert_eq!(keys(&bytes), [Key::Burst(format!("{}\n", "y".repeat(99)))]);
        assert_eq!(keys(&bytes[50..]).last(), Some(&Key::Enter));
    }
}
