//! Whatever bytes a client sends, the ends of its messages are found, and what is decoded is a request or refused in words.

use super::connection::decode;
use crate::wire::{self, frame::Scanner};
use chorus_testkit::damage;
use rmpv::Value;
use serde_json::json;

/// Requests as a hook and a shell send them.
fn messages() -> Vec<Vec<u8>> {
    let hooks = damage::hooks().into_iter().map(|event| {
        let params = json!({"id": "h", "task": "t", "launch": "l", "at": 1, "wait": true, "event": event});
        json!({"method": "hook", "params": params})
    });
    let others = [
        json!({"method": "list", "params": {}}),
        json!({"method": "new", "params": {"title": "A", "description": "b\n", "tags": ["x"], "on": 3}}),
        json!({"method": "approve", "params": {"task": 1, "request": 2, "always": 1}}),
    ];
    let encoded = hooks.chain(others).map(|request| {
        let request = wire::to_value(&request).unwrap();
        let message = Value::Array(vec![0.into(), 7.into(), "request".into(), Value::Array(vec![request])]);
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, &message).unwrap();
        bytes
    });
    encoded.collect()
}

/// Where the first message ends, with so many bytes at once; nothing where the bytes end before.
fn end(bytes: &[u8], at_once: usize) -> Option<usize> {
    let (mut scanner, mut before) = (Scanner::default(), 0);
    for piece in bytes.chunks(at_once) {
        match scanner.end(piece) {
            Ok(Some(end)) => return Some(before + end),
            Ok(None) => before += piece.len(),
            Err(_) => return None,
        }
    }
    None
}

#[test]
fn damaged_messages_end_where_they_are_decoded_to() {
    let messages = messages();
    assert!(messages.iter().all(|message| end(message, 7) == Some(message.len())));
    damage::each(&messages, |bytes| {
        let whole = end(bytes, usize::MAX);
        assert_eq!(whole, end(bytes, 1));
        assert_eq!(whole, end(bytes, 13));
        let mut rest = bytes;
        let Ok(message) = rmpv::decode::read_value(&mut rest) else { return };
        if let Some(end) = whole {
            assert_eq!(end, bytes.len() - rest.len());
        }
        for part in message.as_array().into_iter().flatten().chain([&message]) {
            let request = part.as_array().and_then(|arguments| arguments.first()).unwrap_or(part);
            if let Err(error) = decode(request) {
                assert!(!error.message.is_empty());
            }
        }
    });
}
