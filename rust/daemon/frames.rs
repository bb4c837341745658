//! What a client sends, message by message, before it is decoded: bounded, and each decoded once. nvim-rs decodes all
//! that it has anew with every 80 kB it reads, so it gets whole messages only, and small ones in place of large.

use crate::wire::frame::{Excess, MOST_BYTES, MOST_VALUES, Scanner};
use parking_lot::Mutex;
use rmpv::Value;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::Notify;

/// A message of more bytes is decoded beside the daemon's loop and handed on by a ticket.
const LARGE: usize = 64 * 1024;

/// The type of a ticket among MessagePack's extensions. No client's request may hold any.
const TICKET: i8 = 67;

/// The large message that waits to be taken: one at a time.
#[derive(Debug, Default)]
pub struct Large {
    arguments: Mutex<Option<Vec<Value>>>,
    taken: Notify,
}

impl Large {
    /// The arguments of a message; true where they are large.
    pub fn open(&self, arguments: Vec<Value>) -> (Vec<Value>, bool) {
        let is_ticket = matches!(arguments.as_slice(), [Value::Ext(TICKET, _)]);
        match is_ticket.then(|| self.arguments.lock().take()).flatten() {
            Some(large) => {
                self.taken.notify_one();
                (large, true)
            }
            None => (arguments, false),
        }
    }
}

/// The stream that nvim-rs reads in place of `from`, which is read by a task of its own until it or the returned stream
/// ends. A message that is too large ends it.
pub fn carry(from: impl AsyncRead + Send + Unpin + 'static, large: Arc<Large>) -> DuplexStream {
    let (to, stream) = duplex(LARGE);
    tokio::spawn(async move {
        if let Err(error) = forward(from, to, &large).await {
            log::warn!("a client is let go: {error}");
        }
    });
    stream
}

async fn forward(mut from: impl AsyncRead + Unpin, mut to: DuplexStream, large: &Large) -> io::Result<()> {
    let (mut scanner, mut message) = (Scanner::default(), Vec::new());
    let mut buffer = vec![0; LARGE];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            // Nobody writes there: it ends when the reader has gone.
            _ = to.read_u8() => return Ok(()),
        };
        let Ok(read @ 1..) = read else { return Ok(()) };
        let mut rest = &buffer[..read];
        while let Some(end) = scanner.end(rest).map_err(refused)? {
            message.extend_from_slice(&rest[..end]);
            rest = &rest[end..];
            let whole = std::mem::take(&mut message);
            let sent = match whole.len() > LARGE {
                true => by_ticket(whole, large).await?,
                false => whole,
            };
            let is_waiting = large.arguments.lock().is_some();
            // The reader has gone.
            if to.write_all(&sent).await.is_err() {
                return Ok(());
            }
            if is_waiting {
                tokio::select! {
                    () = large.taken.notified() => {}
                    _ = to.read_u8() => return Ok(()),
                }
            }
        }
        message.extend_from_slice(rest);
    }
}

/// Decodes a large message; returns the small one in its place.
async fn by_ticket(whole: Vec<u8>, large: &Large) -> io::Result<Vec<u8>> {
    let decoded = tokio::task::spawn_blocking(move || rmpv::decode::read_value(&mut whole.as_slice()));
    let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let decoded = decoded.await.map_err(io::Error::other)?.map_err(|error| invalid(error.to_string()))?;
    let Value::Array(mut parts) = decoded else { return Err(invalid("it sent something that is no message".into())) };
    let ticket = Value::Array(vec![Value::Ext(TICKET, Vec::new())]);
    let (kind, length) = (parts.first().and_then(Value::as_u64), parts.len());
    match (kind, parts.last_mut()) {
        // A request or a notification: its arguments come last.
        (Some(0 | 2), Some(last @ Value::Array(_))) => {
            if let Value::Array(arguments) = std::mem::replace(last, ticket) {
                *large.arguments.lock() = Some(arguments);
            }
        }
        // An answer of Neovim: nobody reads what it says.
        (Some(1), Some(last)) if length == 4 => *last = Value::Nil,
        _ => return Err(invalid("it sent something that is no message".into())),
    }
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &Value::Array(parts)).map_err(io::Error::other)?;
    Ok(bytes)
}

fn refused(excess: Excess) -> io::Error {
    let why = match excess {
        Excess::Bytes => format!("its message has more than {} MB", MOST_BYTES >> 20),
        Excess::Values => format!("its message has more than {MOST_VALUES} values"),
    };
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(value: &Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, value).unwrap();
        bytes
    }

    fn request(argument: Value) -> Value {
        Value::Array(vec![0.into(), 7.into(), "request".into(), Value::Array(vec![argument])])
    }

    async fn next(stream: &mut DuplexStream) -> Value {
        let mut bytes = Vec::new();
        loop {
            bytes.push(stream.read_u8().await.unwrap());
            if let Ok(value) = rmpv::decode::read_value(&mut bytes.as_slice()) {
                return value;
            }
        }
    }

    #[tokio::test]
    async fn large_messages_come_by_ticket_and_in_their_order() {
        let (mut client, server) = duplex(1000);
        let large = Arc::new(Large::default());
        let mut stream = carry(server, large.clone());
        let big = Value::Array(vec![Value::from(1); 100_000]);
        let sent = [request("a".into()), request(big.clone()), request("b".into()), request(big.clone())];
        let bytes: Vec<u8> = sent.iter().flat_map(encoded).collect();
        let sending = tokio::spawn(async move {
            client.write_all(&bytes).await.unwrap();
            client
        });
        for expected in ["a", "", "b", ""] {
            let Value::Array(parts) = next(&mut stream).await else { panic!("a message") };
            let Some(Value::Array(arguments)) = parts.last().cloned() else { panic!("its arguments") };
            let (arguments, is_large) = large.open(arguments);
            let argument = if is_large { &big } else { &Value::from(expected) };
            assert_eq!((arguments.as_slice(), is_large), (std::slice::from_ref(argument), expected.is_empty()));
        }
        drop(sending.await.unwrap());
        assert!(stream.read_u8().await.is_err(), "the client's end is its end");
    }

    #[tokio::test]
    async fn what_is_too_large_or_no_message_ends_the_stream() {
        let no_message = encoded(&Value::from("x".repeat(100_000)));
        let answer = encoded(&Value::Array(vec![0.into(), "x".repeat(100_000).into()]));
        for bytes in [vec![0xdb, 0xff, 0xff, 0xff, 0xff], vec![0xdd, 0xff, 0xff, 0xff, 0xff], no_message, answer] {
            let (mut client, server) = duplex(1000);
            let mut stream = carry(server, Arc::default());
            let sending = tokio::spawn(async move { client.write_all(&bytes).await.map(|()| client) });
            assert!(stream.read_u8().await.is_err());
            drop(sending.await);
        }
    }
}
