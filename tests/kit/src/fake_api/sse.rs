//! Writing a message: as a stream of events, or whole.

use super::http;
use super::replies::Part;
use chorus_markers::{slow_text, slow_word};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// Message fields that do not depend on the parts.
#[derive(Clone, Debug)]
pub struct Head {
    /// The message's id, unique.
    pub id: String,
    /// Echoed.
    pub model: String,
    /// Reported.
    pub input_tokens: u64,
    /// `end_turn`, `tool_use`, …
    pub stop: String,
}

impl Head {
    fn usage(&self, output_tokens: usize) -> Value {
        json!({
            "input_tokens": self.input_tokens, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
            "output_tokens": output_tokens,
        })
    }

    fn message(&self) -> Value {
        json!({
            "id": self.id, "type": "message", "role": "assistant", "model": self.model, "content": [],
            "stop_reason": null, "stop_sequence": null, "usage": self.usage(1),
        })
    }

    /// Tool call ids are unique over all messages.
    fn call_id(&self, index: usize) -> String {
        format!("toolu_{}_{index}", self.id)
    }
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The connection can be used again.
    Whole,
    /// The connection is to be closed.
    Dropped,
}

/// The message as one JSON object.
pub fn whole(head: &Head, parts: &[Part]) -> Value {
    let mut content = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Text(text) => content.push(json!({"type": "text", "text": text})),
            Part::Slow(count) => content.push(json!({"type": "text", "text": slow_text(*count)})),
            Part::Use(call) => content
                .push(json!({"type": "tool_use", "id": head.call_id(index), "name": call.name, "input": call.input})),
            Part::Pause(time) => std::thread::sleep(*time),
            Part::Thinking(_) | Part::Fail(_) | Part::Drop => {}
        }
    }
    let mut message = head.message();
    message["usage"] = head.usage(10 * parts.len());
    message["content"] = content.into();
    message["stop_reason"] = head.stop.clone().into();
    message
}

/// Streams the message.
pub fn stream(out: &mut impl Write, head: &Head, parts: &[Part]) -> io::Result<End> {
    http::begin_stream(out)?;
    http::send_event(out, &json!({"type": "message_start", "message": head.message()}))?;
    let mut index = 0;
    let mut tokens = 0;
    for part in parts {
        match part {
            Part::Pause(time) => {
                std::thread::sleep(*time);
                continue;
            }
            Part::Fail(kind) => {
                let error = json!({"type": kind, "message": "Scripted stream error"});
                http::send_event(out, &json!({"type": "error", "error": error}))?;
                http::end_stream(out)?;
                return Ok(End::Whole);
            }
            Part::Drop => return Ok(End::Dropped),
            Part::Text(_) | Part::Slow(_) | Part::Thinking(_) | Part::Use(_) => {}
        }
        tokens += block(out, head, index, part)?;
        // The faults come in the middle of a block.
        if !matches!(parts.last(), Some(Part::Fail(_) | Part::Drop)) {
            http::send_event(out, &json!({"type": "content_block_stop", "index": index}))?;
            index += 1;
        }
    }
    let delta = json!({"stop_reason": head.stop, "stop_sequence": null});
    http::send_event(out, &json!({"type": "message_delta", "delta": delta, "usage": head.usage(tokens)}))?;
    http::send_event(out, &json!({"type": "message_stop"}))?;
    http::end_stream(out)?;
    Ok(End::Whole)
}

/// One content block, without its end; output tokens.
fn block(out: &mut impl Write, head: &Head, index: usize, part: &Part) -> io::Result<usize> {
    let start = match part {
        Part::Use(call) => json!({"type": "tool_use", "id": head.call_id(index), "name": call.name, "input": {}}),
        Part::Thinking(_) => json!({"type": "thinking", "thinking": "", "signature": ""}),
        _ => json!({"type": "text", "text": ""}),
    };
    http::send_event(out, &json!({"type": "content_block_start", "index": index, "content_block": start}))?;
    let mut tokens = 0;
    let mut delta = |kind: &str, key: &str, text: &str| {
        tokens += text.len() / 4 + 1;
        http::send_event(
            out,
            &json!({"type": "content_block_delta", "index": index, "delta": {"type": kind, key: text}}),
        )
    };
    match part {
        Part::Text(text) => pieces(text, 200).try_for_each(|piece| delta("text_delta", "text", piece))?,
        Part::Use(call) => pieces(&call.input.to_string(), 400)
            .try_for_each(|piece| delta("input_json_delta", "partial_json", piece))?,
        Part::Slow(count) => {
            for word in 0..*count {
                delta("text_delta", "text", &slow_word(word))?;
                std::thread::sleep(Duration::from_millis(200));
            }
        }
        Part::Thinking(time) => {
            let began = Instant::now();
            while began.elapsed() < *time {
                delta("thinking_delta", "thinking", "Considering the options. ")?;
                std::thread::sleep(Duration::from_millis(250));
            }
            delta("signature_delta", "signature", "ZmFrZQ==")?;
        }
        Part::Pause(_) | Part::Fail(_) | Part::Drop => {}
    }
    Ok(tokens)
}

/// Cuts a text into pieces of about `size` bytes, never inside a character.
fn pieces(text: &str, size: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut cut = size.min(rest.len());
        while !rest.is_char_boundary(cut) {
            cut += 1;
        }
        let (piece, after) = rest.split_at(cut);
        rest = after;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_never_split_a_character() {
        let text = "aé".repeat(50);
        assert_eq!(pieces(&text, 7).collect::<String>(), text);
        assert!(pieces(&text, 7).count() > 10);
    }
}
