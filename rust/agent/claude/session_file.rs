//! Claude Code's own session file, `<config>/sessions/<pid>.json`, read leniently: it is an internal format (seen in
//! 2.1.197 and 2.1.328), so unknown keys and values are kept or ignored, never an error.

use crate::process::Identity;
use crate::status::Millis;
use crate::text::clean_line;
use serde_json::Value;

/// Larger files are not session files; the real ones have under 1 kB.
const LIMIT: usize = 64 * 1024;

/// What the client says it is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// A turn runs, or a background subagent does.
    Busy,
    /// The prompt is free.
    Idle,
    /// A dialog is open; see [`SessionFile::waiting_for`].
    Waiting,
    /// The prompt is free and a background shell command runs.
    Shell,
    /// A word this version does not know.
    Other(String),
}

/// One session file. Texts are untrusted and bounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFile {
    /// The agent's process.
    pub pid: u32,
    /// The process's start, as in [`Identity::start`] (`procStart`: field 22 of `stat`).
    pub start: Option<String>,
    /// The conversation; `/clear` and an in-app `/resume` change it within one process.
    pub session_id: Option<String>,
    /// The agent's working folder.
    pub cwd: Option<String>,
    /// The client's version, such as `2.1.328`.
    pub version: Option<String>,
    /// `<session>:@<window>.%<pane>`, when the client runs in tmux.
    pub tmux: Option<String>,
    /// The session's name.
    pub name: Option<String>,
    /// Absent until the start dialogs are answered.
    pub status: Option<SessionStatus>,
    /// `permission prompt`, `input needed`, `dialog open`, `sandbox request`, …
    pub waiting_for: Option<String>,
    /// When the client started.
    pub started_at: Option<Millis>,
    /// When the file was written.
    pub updated_at: Option<Millis>,
    /// When `status` last changed.
    pub status_updated_at: Option<Millis>,
}

impl SessionFile {
    /// The process that wrote the file, as far as it can be told apart from a later one with its number.
    pub fn identity(&self) -> Option<Identity> {
        self.start.clone().map(|start| Identity { pid: self.pid, start })
    }

    /// The tmux pane id in `tmux`, such as `%34`.
    pub fn pane(&self) -> Option<&str> {
        let tmux = self.tmux.as_deref()?;
        let pane = &tmux[tmux.rfind('%')?..];
        (pane.len() > 1 && pane[1..].bytes().all(|byte| byte.is_ascii_digit())).then_some(pane)
    }
}

/// Reads a session file; nothing when it is not one, or not whole (the reader then keeps what it knew).
pub fn parse(bytes: &[u8]) -> Option<SessionFile> {
    if bytes.len() > LIMIT {
        return None;
    }
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let text = |key: &str| match value.get(key)? {
        Value::String(text) if !text.is_empty() => Some(clean_line(text, 500)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let time = |key: &str| value.get(key)?.as_i64().filter(|time| *time > 0);
    let status = text("status").map(|word| match word.as_str() {
        "busy" => SessionStatus::Busy,
        "idle" => SessionStatus::Idle,
        "waiting" => SessionStatus::Waiting,
        "shell" => SessionStatus::Shell,
        _ => SessionStatus::Other(clean_line(&word, 40)),
    });
    Some(SessionFile {
        pid: u32::try_from(value.get("pid")?.as_u64()?).ok().filter(|pid| *pid > 0)?,
        start: text("procStart"),
        session_id: text("sessionId"),
        cwd: text("cwd"),
        version: text("version"),
        tmux: text("tmux"),
        name: text("name"),
        status,
        waiting_for: text("waitingFor"),
        started_at: time("startedAt"),
        updated_at: time("updatedAt"),
        status_updated_at: time("statusUpdatedAt"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REAL: &str = r#"{"pid":6294,"sessionId":"e366","cwd":"/tmp/proj3","startedAt":1795159031843,"procStart":"354166",
        "version":"2.1.328","kind":"interactive","entrypoint":"cli","tmux":"aj:@34.%34","name":"proj3-be","nameSource":"derived",
        "status":"waiting","waitingFor":"input needed","updatedAt":1795159034500,"statusUpdatedAt":1795159034500}"#;

    #[test]
    fn a_real_file_is_read() {
        let file = parse(REAL.as_bytes()).unwrap();
        assert_eq!(file.status, Some(SessionStatus::Waiting));
        assert_eq!(file.waiting_for.as_deref(), Some("input needed"));
        assert_eq!(file.pane(), Some("%34"));
        assert_eq!(file.identity(), Some(Identity { pid: 6294, start: "354166".into() }));
        assert_eq!(file.status_updated_at, Some(1_795_159_034_500));
    }

    #[test]
    fn strange_values_do_no_harm() {
        let file =
            parse(br#"{"pid":7,"status":"dreaming","waitingFor":{"a":1},"cwd":["x"],"updatedAt":-5,"procStart":99}"#);
        let file = file.unwrap();
        assert_eq!(file.status, Some(SessionStatus::Other("dreaming".into())));
        assert_eq!((file.waiting_for, file.cwd, file.updated_at), (None, None, None));
        assert_eq!(file.start.as_deref(), Some("99"));
    }

    #[test]
    fn what_is_no_session_file_is_nothing() {
        for bytes in [&b""[..], b"{", b"[]", b"{}", br#"{"pid":-1}"#, br#"{"pid":0}"#, br#"{"pid":"7"}"#, b"\xff\xfe"] {
            assert_eq!(parse(bytes), None);
        }
        for end in 0..REAL.len() {
            assert_eq!(parse(&REAL.as_bytes()[..end]), None, "a truncated file is not whole");
        }
    }
}
