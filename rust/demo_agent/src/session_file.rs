//! `<config>/sessions/<pid>.json`: what the client says of itself, rewritten at each change.

use crate::Json;
use crate::Millis;
use serde_json::json;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The words of `status`, and of `waitingFor` beside `waiting`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Status {
    /// A turn or a background subagent runs.
    Busy,
    /// The prompt is free.
    Idle,
    /// A dialog is open; holds `permission prompt`, `input needed` or `dialog open`.
    Waiting(&'static str),
    /// Free, with a background shell running.
    Shell,
}

/// The file of this process. It stays behind only when the process is killed outright.
pub struct SessionFile {
    path: PathBuf,
    fields: Json,
}

impl SessionFile {
    /// Writes the file without a status. The client has none before the first dialogs are answered.
    pub fn create(config: &Path, session_id: &str, cwd: &Path, name: Option<&str>, now: Millis) -> SessionFile {
        let pid = std::process::id();
        let derived = || {
            let folder = cwd.file_name().unwrap_or_default().to_string_lossy();
            format!("{folder}-{:02x}", pid % 256)
        };
        let fields = json!({
            "pid": pid,
            "sessionId": session_id,
            "cwd": cwd,
            "startedAt": now,
            "procStart": crate::process::start_of(pid),
            "version": super::VERSION.split(' ').next(),
            "kind": "interactive",
            "entrypoint": "cli",
            "name": name.map_or_else(derived, str::to_owned),
            "nameSource": if name.is_some() { "user" } else { "derived" },
            "demo": true,
        });
        let file = SessionFile { path: config.join("sessions").join(format!("{pid}.json")), fields };
        file.write();
        file
    }

    /// The session's name.
    pub fn name(&self) -> &str {
        self.fields["name"].as_str().unwrap_or_default()
    }

    /// The session it says this process runs.
    pub fn session_id(&self) -> &str {
        self.fields["sessionId"].as_str().unwrap_or_default()
    }

    /// Says what the agent does now.
    pub fn status(&mut self, status: Status, now: Millis) {
        let (word, waiting_for) = match status {
            Status::Busy => ("busy", None),
            Status::Idle => ("idle", None),
            Status::Waiting(what) => ("waiting", Some(what)),
            Status::Shell => ("shell", None),
        };
        self.fields["status"] = word.into();
        self.fields["updatedAt"] = now.into();
        self.fields["statusUpdatedAt"] = now.into();
        if let Some(fields) = self.fields.as_object_mut() {
            match waiting_for {
                Some(what) => fields.insert("waitingFor".into(), what.into()),
                None => fields.remove("waitingFor"),
            };
        }
        self.write();
    }

    /// Changes one other field, such as `sessionId` after `/clear`.
    pub fn set(&mut self, field: &str, value: &str, now: Millis) {
        self.fields[field] = value.into();
        self.fields["updatedAt"] = now.into();
        self.write();
    }

    /// The session ended.
    pub fn remove(&self) {
        let _ = std::fs::remove_file(&self.path);
    }

    /// Writes over the old text and then cuts what is left of it, as the client does (2.1.328, traced): a reader may
    /// see the new text with the old one's end. A demo on a full disk goes on without.
    fn write(&self) {
        let Some(folder) = self.path.parent() else { return };
        let _ = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        let text = self.fields.to_string();
        let file = std::fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&self.path);
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        let _ = file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.set_len(length)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_follows_the_status_and_goes() {
        let home = tempfile::tempdir().expect("a folder");
        let mut file = SessionFile::create(home.path(), "the-id", Path::new("/tmp/place"), None, 7);
        let path = home.path().join(format!("sessions/{}.json", std::process::id()));
        let read = || -> Json { serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON") };
        assert_eq!(read().get("status"), None);
        assert_eq!(read()["version"], "0.0.0-demo");
        assert!(file.name().starts_with("place-"));
        file.status(Status::Waiting("input needed"), 8);
        assert_eq!((&read()["status"], &read()["waitingFor"]), (&json!("waiting"), &json!("input needed")));
        file.status(Status::Idle, 9);
        assert_eq!((read().get("waitingFor"), &read()["statusUpdatedAt"]), (None, &json!(9)));
        file.remove();
        assert!(!path.exists());
    }
}
