//! The real Claude Code client in an isolated world: its configuration, its environment, no credentials.
//!
//! Keys and variables as observed on 2.1.328 and 2.1.197; without `hasCompletedOnboarding` the first run looks for the
//! real service, whatever the base URL, and exits.

use crate::tools::Tool;
use crate::{FakeApi, Sandbox};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What the loopback API is called with.
pub const KEY: &str = "sk-test-dummy";

/// What the client finds in its configuration.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// Folders that need no trust dialog; their subfolders neither.
    pub trusted: Vec<PathBuf>,
    /// More keys of `settings.json`.
    pub settings: Option<Value>,
}

impl Configuration {
    /// One that trusts one folder.
    pub fn trusting(folder: impl Into<PathBuf>) -> Configuration {
        Configuration { trusted: vec![folder.into()], settings: None }
    }

    /// Writes the configuration below HOME: onboarding done, the key approved, the folders trusted.
    ///
    /// # Errors
    /// When HOME cannot be written.
    pub fn write(&self, home: &Path) -> std::io::Result<()> {
        let trust = |folder: &PathBuf| {
            let folder = folder.canonicalize().unwrap_or_else(|_| folder.clone());
            (folder.to_string_lossy().into_owned(), json!({ "hasTrustDialogAccepted": true }))
        };
        let projects: serde_json::Map<String, Value> = self.trusted.iter().map(trust).collect();
        let approved = &KEY[KEY.len().saturating_sub(20)..];
        let config = json!({
            "hasCompletedOnboarding": true,
            "customApiKeyResponses": { "approved": [approved], "rejected": [] },
            "projects": projects,
        });
        let mut settings = json!({ "skipWebFetchPreflight": true });
        if let (Some(into), Some(Value::Object(more))) = (settings.as_object_mut(), self.settings.clone()) {
            into.extend(more);
        }
        std::fs::create_dir_all(home.join(".claude"))?;
        std::fs::write(home.join(".claude.json"), config.to_string())?;
        std::fs::write(home.join(".claude/settings.json"), settings.to_string())
    }
}

/// Variables that keep a client on the loopback API at that port; add them to a cleaned environment.
///
/// The renderer is pinned to the classic one: a client that was killed young changes its default.
pub fn environment(port: u16) -> Vec<(&'static str, String)> {
    vec![
        ("ANTHROPIC_BASE_URL", format!("http://127.0.0.1:{port}")),
        ("ANTHROPIC_API_KEY", KEY.to_owned()),
        ("DISABLE_TELEMETRY", "1".to_owned()),
        ("DISABLE_AUTOUPDATER", "1".to_owned()),
        ("DISABLE_ERROR_REPORTING", "1".to_owned()),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()),
        ("CLAUDE_CODE_DISABLE_ALTERNATE_SCREEN", "1".to_owned()),
    ]
}

/// Makes `claude` in the sandbox that client, on that API, with its project trusted.
///
/// # Errors
/// When the sandbox cannot be written.
pub fn install(sandbox: &mut Sandbox, client: &Tool, api: &FakeApi) -> std::io::Result<()> {
    Configuration::trusting(sandbox.project()).write(&sandbox.home())?;
    sandbox.link("claude", &client.path);
    for (name, value) in environment(api.port()) {
        sandbox.set(name, value);
    }
    Ok(())
}
