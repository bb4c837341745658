//! Where MessagePack values end, known without decoding them: each byte is looked at once.

/// Bytes of one message from a client.
pub const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Values in one message: each takes some dozen bytes once it is decoded, however small it is.
pub const MOST_VALUES: usize = 1 << 20;

/// Whether a message of these bytes, or what is the most of it, is taken.
pub fn is_taken(message: &[u8]) -> bool {
    Scanner::default().end(message).is_ok()
}

/// A message that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// More than [`MOST_BYTES`], or it says that it will be.
    Bytes,
    /// More than [`MOST_VALUES`], or it says that it will be.
    Values,
}

/// Looks through the bytes of messages as they come.
#[derive(Debug)]
pub struct Scanner {
    /// Values that are still to begin until the message ends.
    pending: usize,
    /// Values that have begun.
    begun: usize,
    /// Bytes of a text or a number that are still to come.
    skip: usize,
    /// A length of which not all bytes are there: what it is the length of, its bytes that are to come, its value so far.
    length: Option<(Of, usize, usize)>,
    /// Bytes of the message so far.
    bytes: usize,
}

/// What a length counts.
#[derive(Clone, Copy, Debug)]
enum Of {
    Bytes,
    /// Bytes after the type of an extension.
    Extension,
    Items,
    Pairs,
}

impl Default for Scanner {
    fn default() -> Scanner {
        Scanner { pending: 1, begun: 0, skip: 0, length: None, bytes: 0 }
    }
}

impl Scanner {
    /// How many of `bytes` belong to the message that is under way, where it ends among them; nothing where it goes on.
    /// After its end the next message begins.
    ///
    /// # Errors
    /// When the message is too large. Then nothing more can be told.
    pub fn end(&mut self, bytes: &[u8]) -> Result<Option<usize>, Excess> {
        let mut at = 0;
        while at < bytes.len() {
            let skipped = self.skip.min(bytes.len() - at);
            if skipped > 0 {
                self.skip -= skipped;
                at += skipped;
                self.grow(skipped)?;
            } else {
                self.look(bytes[at])?;
                at += 1;
                self.grow(1)?;
            }
            if self.pending == 0 && self.skip == 0 && self.length.is_none() {
                *self = Scanner::default();
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    fn grow(&mut self, bytes: usize) -> Result<(), Excess> {
        self.bytes += bytes;
        // What is announced counts: nobody has to send it all to be refused.
        match self.bytes.saturating_add(self.skip) > MOST_BYTES {
            true => Err(Excess::Bytes),
            false if self.begun.saturating_add(self.pending) > MOST_VALUES => Err(Excess::Values),
            false => Ok(()),
        }
    }

    /// A byte that is no content: of a length, or the first of a value.
    fn look(&mut self, byte: u8) -> Result<(), Excess> {
        if let Some((of, rest, value)) = self.length.take() {
            let value = value << 8 | usize::from(byte);
            match rest - 1 {
                0 => self.counted(of, value),
                rest => self.length = Some((of, rest, value)),
            }
            return Ok(());
        }
        self.pending -= 1;
        self.begun += 1;
        let low = |mask: u8| usize::from(byte & mask);
        match byte {
            0x80..=0x8f => self.counted(Of::Pairs, low(0x0f)),
            0x90..=0x9f => self.counted(Of::Items, low(0x0f)),
            0xa0..=0xbf => self.skip = low(0x1f),
            0xc4..=0xc6 => self.length = Some((Of::Bytes, 1 << (byte - 0xc4), 0)),
            0xc7..=0xc9 => self.length = Some((Of::Extension, 1 << (byte - 0xc7), 0)),
            0xca | 0xce | 0xd2 => self.skip = 4,
            0xcb | 0xcf | 0xd3 => self.skip = 8,
            0xcc | 0xd0 => self.skip = 1,
            0xcd | 0xd1 => self.skip = 2,
            0xd4..=0xd8 => self.skip = 1 + (1 << (byte - 0xd4)),
            0xd9..=0xdb => self.length = Some((Of::Bytes, 1 << (byte - 0xd9), 0)),
            0xdc | 0xdd => self.length = Some((Of::Items, 2 << (byte - 0xdc), 0)),
            0xde | 0xdf => self.length = Some((Of::Pairs, 2 << (byte - 0xde), 0)),
            // Small numbers, nil, truths, and the one byte that is nothing: whoever decodes it says so.
            _ => {}
        }
        Ok(())
    }

    fn counted(&mut self, of: Of, value: usize) {
        match of {
            Of::Bytes => self.skip = value,
            Of::Extension => self.skip = value.saturating_add(1),
            Of::Items => self.pending = self.pending.saturating_add(value),
            Of::Pairs => self.pending = self.pending.saturating_add(value.saturating_mul(2)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rmpv::Value;

    /// Numbers that look random and are the same each time.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, most: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % most as u64) as usize
        }

        fn value(&mut self, depth: usize) -> Value {
            let size = [0, 1, 15, 16, 31, 32, 255, 256, 70_000][self.below(9)];
            let few = [0, 1, 3, 15, 16, 20][self.below(6)];
            match self.below(if depth == 0 { 9 } else { 11 }) {
                0 => Value::Nil,
                1 => Value::Boolean(self.below(2) == 0),
                2 => Value::from(self.0 >> self.below(64)),
                3 => Value::from(-((self.0 >> 1 >> self.below(63)) as i64)),
                4 => Value::F32(0.5),
                5 => Value::F64(0.5),
                6 => Value::from("x".repeat(size)),
                7 => Value::Binary(vec![0xdf; size]),
                8 => Value::Ext(7, vec![0xdd; [1, 2, 4, 8, 16, 3, 300, 70_000][self.below(8)]]),
                9 => Value::Array((0..few).map(|_| self.value(depth - 1)).collect()),
                _ => Value::Map((0..few).map(|n| (Value::from(n as u64), self.value(depth - 1))).collect()),
            }
        }
    }

    fn encoded(value: &Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, value).unwrap();
        bytes
    }

    #[test]
    fn messages_end_where_they_end_however_they_are_cut() {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        for _ in 0..60 {
            let messages: Vec<Vec<u8>> = (0..1 + dice.below(5)).map(|_| encoded(&dice.value(3))).collect();
            let all = messages.concat();
            let (mut scanner, mut found, mut message, mut at) = (Scanner::default(), Vec::new(), Vec::new(), 0);
            while at < all.len() {
                let most = [1, 2, 7, 1000, 100_000][dice.below(5)];
                let mut piece = &all[at..(at + 1 + dice.below(most)).min(all.len())];
                at += piece.len();
                while let Some(end) = scanner.end(piece).unwrap() {
                    message.extend_from_slice(&piece[..end]);
                    found.push(std::mem::take(&mut message));
                    piece = &piece[end..];
                }
                message.extend_from_slice(piece);
            }
            assert!(found == messages && message.is_empty());
        }
    }

    #[test]
    fn many_items_end_too() {
        let large = Value::Array(vec![
            Value::Map(vec![(Value::Nil, Value::Nil); 70_000]),
            Value::Array(vec![7.into(); 70_000]),
        ]);
        let bytes = encoded(&large);
        assert_eq!(Scanner::default().end(&bytes), Ok(Some(bytes.len())));
    }

    #[test]
    fn what_is_announced_too_large_is_refused_at_once() {
        assert_eq!(Scanner::default().end(&[0xdb, 0x02, 0, 0, 0]), Err(Excess::Bytes));
        assert_eq!(Scanner::default().end(&[0xc9, 0xff, 0xff, 0xff, 0xff]), Err(Excess::Bytes));
        assert_eq!(Scanner::default().end(&[0xdd, 0, 0x20, 0, 0]), Err(Excess::Values));
        assert_eq!(Scanner::default().end(&[0xdf, 0xff, 0xff, 0xff, 0xff]), Err(Excess::Values));
        let mut endless = Scanner::default();
        let nested = std::iter::repeat_n(0x91, 2 * MOST_VALUES).collect::<Vec<u8>>();
        assert_eq!(endless.end(&nested), Err(Excess::Values));
        let mut pieces = Scanner::default();
        assert_eq!(pieces.end(&[0xdc, 0xff, 0xff]), Ok(None));
        let text = [[0xda, 0xff, 0xff].as_slice(), &[b'x'; 0xffff]].concat();
        let refused = (0..0xffff).find_map(|_| pieces.end(&text).err());
        assert_eq!(refused, Some(Excess::Bytes));
    }
}
