//! The tail of a conversation's file: the last message, the error it ended in, the retry in progress.
//!
//! `<config>/projects/<folder>/<session id>.jsonl`, one JSON value a line, read on as it grows. Most of it is large and
//! of no interest (whole requests are kept in it), so lines are chosen by their first bytes and few are parsed.
//!
//! During the client's retries 2.1.197 writes nothing. 2.1.328 writes an `api-request` line for each attempt, with the
//! same `requestDigest` as the one before; neither the error nor the pause is told. A final error is an `assistant` line
//! with `isApiErrorMessage`. Three 529 in a row are final at once, a 500 is tried ten times.

use super::{failure, prompt_refusal};
use crate::agent::Transcript;
use crate::evidence::{self, ApiRetry, PromptRefusal, TranscriptFact};
use crate::status::Millis;
use crate::text::clip;
use serde_json::Value;
use std::borrow::Cow;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// How far before its end a file is first read.
const TAIL: u64 = 256 * 1024;
/// Bytes of a line that is parsed, at most.
const LINE: usize = 512 * 1024;
/// Bytes by which a line is judged: its type is among the first fields.
const HEAD: usize = 256;
/// Bytes kept of a message.
const MESSAGE: usize = 64 * 1024;

/// What the conversation says at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The agent's last message.
    pub message: Option<String>,
    /// The error that the last turn ended in, when nothing follows it.
    pub error: Option<RecordedError>,
    /// From 2 on: which attempt of the same request is under way. Nothing when it was answered.
    pub attempt: Option<u32>,
    /// The refusal of the last prompt, when nothing follows it.
    pub refusal: Option<PromptRefusal>,
    /// Whether the last turn has ended.
    pub ended: bool,
    /// When the newest of these was written.
    pub at: Millis,
}

/// A final error of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedError {
    /// The text shown.
    pub text: String,
    /// The client's class, as in `StopFailure`.
    pub class: String,
    /// HTTP status, where there was one.
    pub status: Option<u32>,
}

/// One conversation's file.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    /// Inode and how much was read.
    place: Option<(u64, u64)>,
    /// The beginning of a line.
    begun: Vec<u8>,
    /// The line is too long: wait for its end.
    skipping: bool,
    digest: Option<String>,
    attempts: u32,
    said: Said,
}

impl Tail {
    /// The tail of that file, which need not exist: there is none before the first prompt.
    pub fn new(path: impl Into<PathBuf>) -> Tail {
        Tail {
            path: path.into(),
            place: None,
            begun: Vec::new(),
            skipping: false,
            digest: None,
            attempts: 0,
            said: Said::default(),
        }
    }

    /// What it says as of the last [`Tail::read`].
    pub fn said(&self) -> &Said {
        &self.said
    }

    /// Reads what was added; the first time, the last 256 kB. True when it says something else now.
    ///
    /// # Errors
    /// When the file exists and cannot be read.
    pub fn read(&mut self) -> io::Result<bool> {
        let mut file = match crate::foreign::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let metadata = file.metadata()?;
        let before = self.said.clone();
        let mut at = match self.place {
            Some((inode, at)) if inode == metadata.ino() && at <= metadata.len() => at,
            // New, replaced or cut: what was known is about another text.
            _ => {
                *self = Tail::new(std::mem::take(&mut self.path));
                let at = metadata.len().saturating_sub(TAIL);
                self.skipping = at > 0;
                at
            }
        };
        file.seek(SeekFrom::Start(at))?;
        let mut chunk = vec![0; 64 * 1024];
        loop {
            let count = file.read(&mut chunk)?;
            if count == 0 {
                break;
            }
            at += count as u64;
            self.take(&chunk[..count]);
        }
        self.place = Some((metadata.ino(), at));
        Ok(self.said != before)
    }

    fn take(&mut self, bytes: &[u8]) {
        let mut pieces = bytes.split(|byte| *byte == b'\n').peekable();
        while let Some(piece) = pieces.next() {
            if !self.skipping {
                self.begun.extend_from_slice(piece);
                self.skipping = self.begun.len() > LINE;
            }
            if pieces.peek().is_some() {
                let line = std::mem::take(&mut self.begun);
                if !std::mem::take(&mut self.skipping) {
                    self.line(&line);
                }
            } else if self.skipping {
                self.begun = Vec::new();
            }
        }
    }

    fn line(&mut self, line: &[u8]) {
        let head = head(line);
        let has = |part: &str| head.contains(part);
        if head.starts_with(r#"{"type":"api-request","#) {
            self.request(line);
        } else if head.starts_with(r#"{"type":""#) || has(r#""isSidechain":true"#) || has(r#""attachment":{"#) {
            // Titles, modes, whole requests; a subagent's lines; what the client adds to a prompt.
        } else if is_of_user(&head) {
            // A prompt or a tool's result: the turn goes on, whatever went wrong before it.
            self.settle();
            self.said.error = None;
            self.said.refusal = None;
            self.said.ended = false;
        } else if let Ok(value) = serde_json::from_slice::<Value>(line) {
            match value.get("type").and_then(Value::as_str) {
                Some("assistant") => self.assistant(&value),
                Some("system") if value.get("subtype").and_then(Value::as_str) == Some("turn_duration") => {
                    self.said.ended = true;
                    self.date(&value);
                }
                Some("system") => {
                    if let Some(refusal) = prompt_refusal::read(&value) {
                        self.settle();
                        self.date(&value);
                        self.said.refusal = Some(PromptRefusal { at: self.said.at, stamp: self.said.at, ..refusal });
                    }
                }
                _ => {}
            }
        }
    }

    fn request(&mut self, line: &[u8]) {
        let Ok(request) = serde_json::from_slice::<Value>(line) else { return };
        let field = |key: &str| request.get(key).and_then(Value::as_str);
        // Titles and summaries are asked for beside the conversation.
        if field("querySource") != Some("repl_main_thread") {
            return;
        }
        let digest = field("requestDigest").map(str::to_owned);
        self.attempts = if digest.is_some() && digest == self.digest { self.attempts + 1 } else { 1 };
        self.digest = digest;
        self.said.attempt = Some(self.attempts).filter(|attempt| *attempt > 1);
        self.date(&request);
    }

    fn assistant(&mut self, line: &Value) {
        self.settle();
        self.date(line);
        let text = text(line);
        let field = |key: &str| line.get(key);
        if field("isApiErrorMessage").and_then(Value::as_bool) == Some(true) {
            self.said.ended = true;
            self.said.error = Some(RecordedError {
                text: text.unwrap_or_default(),
                class: field("error")
                    .and_then(Value::as_str)
                    .map(|class| clip(class, 100))
                    .unwrap_or_default()
                    .to_owned(),
                status: field("apiErrorStatus").and_then(Value::as_u64).and_then(|status| status.try_into().ok()),
            });
        } else {
            self.said.error = None;
            self.said.refusal = None;
            self.said.ended = false;
            self.said.message = text.or(self.said.message.take());
        }
    }

    /// The request was answered or given up.
    fn settle(&mut self) {
        self.digest = None;
        self.said.attempt = None;
    }

    fn date(&mut self, line: &Value) {
        self.said.at = line.get("timestamp").and_then(Value::as_str).and_then(millis).unwrap_or(self.said.at);
    }
}

impl Transcript for Tail {
    fn path(&self) -> &Path {
        &self.path
    }

    fn read(&mut self, now: Millis) -> io::Result<Option<TranscriptFact>> {
        if !Tail::read(self)? {
            return Ok(None);
        }
        let Said { at, message, error, attempt, refusal, .. } = self.said.clone();
        let known =
            |error: RecordedError| evidence::ApiError { at, cause: failure::cause("", &error.text), text: error.text };
        Ok(Some(TranscriptFact {
            at: now,
            message,
            error: error.map(known),
            refusal,
            retry: attempt.map(|attempt| ApiRetry { at, text: format!("attempt {attempt}") }),
        }))
    }
}

/// The text of a message; nothing when it holds only tool calls or thoughts.
fn text(line: &Value) -> Option<String> {
    let blocks = line.get("message")?.get("content")?.as_array()?;
    let text = |block: &Value| Some(block.get("text")?.as_str()?.to_owned());
    let texts: Vec<String> = blocks.iter().filter_map(text).collect();
    (!texts.is_empty()).then(|| clip(&texts.join("\n\n"), MESSAGE).to_owned())
}

/// `2026-11-20T08:33:59.194Z`.
fn millis(timestamp: &str) -> Option<Millis> {
    let since = humantime::parse_rfc3339(timestamp).ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    since.as_millis().try_into().ok()
}

/// Whether a line is a prompt or a tool's result.
pub(super) fn is_of_user(head: &str) -> bool {
    head.contains(r#""promptId":"#) || head.contains(r#""type":"user""#)
}

/// The bytes by which a line is judged.
pub(super) fn head(line: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(&line[..line.len().min(HEAD)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const PROMPT: &str = r#"{"parentUuid":null,"isSidechain":false,"promptId":"p","type":"user","message":{"role":"user","content":"x"}}"#;
    const DONE: &str = r#"{"parentUuid":"a","isSidechain":false,"type":"system","subtype":"turn_duration","durationMs":387,"timestamp":"2026-11-20T08:33:59.194Z"}"#;
    const FAILED: &str = r#"{"parentUuid":"a","isSidechain":false,"type":"assistant","message":{"content":[{"type":"text","text":"API Error: 400 x"}]},"error":"unknown","isApiErrorMessage":true,"apiErrorStatus":400}"#;

    fn assistant(content: &str) -> String {
        format!(
            r#"{{"parentUuid":"a","isSidechain":false,"message":{{"id":"m","content":[{content}]}},"type":"assistant"}}"#
        )
    }

    fn answer(text: &str) -> String {
        assistant(&format!(r#"{{"type":"text","text":"{text}"}}"#))
    }

    fn request(digest: &str) -> String {
        format!(
            r#"{{"type":"api-request","sessionId":"s","querySource":"repl_main_thread","requestDigest":"{digest}"}}"#
        )
    }

    struct World {
        _root: tempfile::TempDir,
        tail: Tail,
    }

    impl World {
        fn new() -> World {
            let root = tempfile::tempdir().unwrap();
            let tail = Tail::new(root.path().join("t.jsonl"));
            World { _root: root, tail }
        }

        fn add(&mut self, text: &str) -> Said {
            let mut file = std::fs::File::options().create(true).append(true).open(self.tail.path()).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            self.tail.read().unwrap();
            self.tail.said().clone()
        }

        fn lines(&mut self, lines: &[&str]) -> Said {
            self.add(&format!("{}\n", lines.join("\n")))
        }
    }

    #[test]
    fn a_turn_is_followed_to_its_end() {
        let mut world = World::new();
        assert!(!world.tail.read().unwrap());
        assert_eq!(world.lines(&[PROMPT]), Said::default());
        let call = assistant(r#"{"type":"tool_use","name":"Bash","input":{"command":"text"}}"#);
        assert_eq!(world.lines(&[&answer("first"), &call, PROMPT]).message.as_deref(), Some("first"));
        let said = world.lines(&[&answer("last"), DONE]);
        assert_eq!((said.message.as_deref(), said.ended, said.at), (Some("last"), true, 1_795_163_639_194));
        assert!(!world.lines(&[PROMPT]).ended);
    }

    #[test]
    fn an_error_counts_until_something_follows() {
        let mut world = World::new();
        let said = world.lines(&[PROMPT, &answer("before"), FAILED]);
        let expected = RecordedError { text: "API Error: 400 x".into(), class: "unknown".into(), status: Some(400) };
        assert_eq!((said.error, said.ended), (Some(expected), true));
        assert_eq!(said.message.as_deref(), Some("before"));
        assert_eq!(world.lines(&[PROMPT]).error, None);
    }

    #[test]
    fn the_same_request_again_is_a_retry() {
        let mut world = World::new();
        assert_eq!(world.lines(&[PROMPT, &request("a")]).attempt, None);
        assert_eq!(world.lines(&[&request("a")]).attempt, Some(2));
        let title = r#"{"type":"api-request","querySource":"title","requestDigest":"t"}"#;
        assert_eq!(world.lines(&[title, &request("a")]).attempt, Some(3));
        assert_eq!(world.lines(&[&answer("there")]).attempt, None);
        assert_eq!(world.lines(&[&request("a")]).attempt, None);
        assert_eq!(world.lines(&[&request("b")]).attempt, None);
    }

    #[test]
    fn lines_may_come_in_pieces_and_be_of_any_size() {
        let mut world = World::new();
        let line = format!("{}\n", answer("whole"));
        let (one, two) = line.split_at(line.len() / 2);
        assert_eq!(world.add(one).message, None);
        assert_eq!(world.add(two).message.as_deref(), Some("whole"));
        let huge = answer(&"x".repeat(2_000_000));
        assert_eq!(world.lines(&[&huge]).message.as_deref(), Some("whole"));
        assert_eq!(world.lines(&["", "garbage", "{}", "[1]", &answer("after")]).message.as_deref(), Some("after"));
    }

    #[test]
    fn a_subagent_s_words_are_not_the_agents() {
        let mut world = World::new();
        let aside = answer("aside").replace(r#""isSidechain":false"#, r#""isSidechain":true"#);
        assert_eq!(world.lines(&[&answer("main"), &aside]).message.as_deref(), Some("main"));
    }

    #[test]
    fn a_long_file_is_begun_near_its_end_and_a_new_one_at_its_beginning() {
        let mut world = World::new();
        let filling = format!("{}\n", answer(&"x".repeat(1000)));
        std::fs::write(world.tail.path(), filling.repeat(2000)).unwrap();
        assert_eq!(world.lines(&[&answer("end")]).message.as_deref(), Some("end"));
        std::fs::write(world.tail.path(), format!("{}\n", answer("cut"))).unwrap();
        assert!(world.tail.read().unwrap());
        assert_eq!(world.tail.said().message.as_deref(), Some("cut"));
        let other = world.tail.path().with_extension("new");
        std::fs::write(&other, format!("{}\n{PROMPT}\n", answer("cut"))).unwrap();
        std::fs::rename(other, world.tail.path()).unwrap();
        world.tail.read().unwrap();
        assert!(!world.tail.said().ended);
    }

    #[test]
    fn dates_are_read_to_the_millisecond() {
        assert_eq!(millis("1970-01-01T00:00:00.000Z"), Some(0));
        assert_eq!(millis("2024-02-29T23:59:59.5Z"), Some(1_709_251_199_500));
        assert_eq!(millis("2026-11-20T08:33:59Z"), Some(1_795_163_639_000));
        for bad in ["", "2026-11-20", "2026-11-20T08:33Z", "1-1-1T1:1:1.abéZ", "-1-1-1T1:1:1Z"] {
            assert_eq!(millis(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_refusal_counts_until_something_follows() {
        let refused = r#"{"parentUuid":null,"isSidechain":false,"type":"system","subtype":"informational","content":"Operation stopped by hook: not now","timestamp":"2026-11-20T08:33:59.194Z","preventContinuation":true}"#;
        let mut world = World::new();
        assert_eq!(world.lines(&[PROMPT, refused]).refusal.map(|refusal| refusal.at), Some(1_795_163_639_194));
        assert_eq!(world.lines(&[PROMPT]).refusal, None);
    }

    #[test]
    fn a_damaged_file_is_read_to_its_end() {
        let call = assistant(r#"{"type":"tool_use","name":"Bash","input":{"command":"text"}}"#);
        let lines = [PROMPT, &answer("first"), &call, &request("a"), &request("a"), FAILED, DONE].join("\n");
        chorus_testkit::damage::each(&[lines.into_bytes()], |bytes| {
            let mut tail = Tail::new("");
            // However it grows.
            let (first, rest) = bytes.split_at(bytes.len() / 3);
            tail.take(first);
            tail.take(rest);
            assert!(tail.said.message.as_ref().is_none_or(|message| message.len() <= MESSAGE + 16));
            assert!(tail.begun.len() <= LINE);
        });
    }
}
