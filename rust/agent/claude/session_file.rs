//! Claude Code's own session file, `<config>/sessions/<pid>.json`, read leniently: it is an internal format (seen in
//! 2.1.197 and 2.1.328), so unknown keys and values are kept or ignored, never an error.

use crate::evidence::session::{AgentSession, SessionStatus};
use crate::status::Kind;
use crate::text::clean_line;
use serde_json::Value;

/// Larger files are not session files; the real ones have under 1 kB.
const LIMIT: usize = 64 * 1024;

/// Reads a session file; nothing when it is not one, or not whole (the reader then keeps what it knew).
pub fn parse(bytes: &[u8]) -> Option<AgentSession> {
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
    let waiting_for = text("waitingFor");
    let waiting_kind = match waiting_for.as_deref() {
        Some("input needed") => Some(Kind::Question),
        Some("dialog open") => Some(Kind::Dialog),
        Some("permission prompt" | "sandbox request") => Some(Kind::Permission),
        _ => None,
    };
    Some(AgentSession {
        pid: u32::try_from(value.get("pid")?.as_u64()?).ok().filter(|pid| *pid > 0)?,
        start: text("procStart"),
        session_id: text("sessionId"),
        background: text("kind").is_some_and(|kind| kind == "bg"),
        cwd: text("cwd"),
        status,
        waiting_for,
        waiting_kind,
        updated_at: time("updatedAt"),
        status_updated_at: time("statusUpdatedAt"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Identity;

    const REAL: &str = r#"{"pid":6294,"sessionId":"e366","cwd":"/tmp/proj3","startedAt":1795159031843,"procStart":"354166",
        "version":"2.1.328","kind":"interactive","entrypoint":"cli","tmux":"aj:@34.%34","name":"proj3-be","nameSource":"derived",
        "status":"waiting","waitingFor":"input needed","updatedAt":1795159034500,"statusUpdatedAt":1795159034500}"#;

    #[test]
    fn a_real_file_is_read() {
        let file = parse(REAL.as_bytes()).unwrap();
        assert_eq!(file.status, Some(SessionStatus::Waiting));
        assert_eq!(file.waiting_for.as_deref(), Some("input needed"));
        assert_eq!(file.identity(), Some(Identity { pid: 6294, start: "354166".into() }));
        assert_eq!(file.status_updated_at, Some(1_795_159_034_500));
    }

    #[test]
    fn a_session_behind_the_terminal_is_told_apart() {
        let of_kind = |kind: &str| parse(REAL.replace("interactive", kind).as_bytes()).unwrap().background;
        assert_eq!((of_kind("interactive"), of_kind("bg"), of_kind("another")), (false, true, false));
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
