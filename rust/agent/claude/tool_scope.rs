//! What a tool call of the client touches, as far as a rule may look at it. Pure.

use super::tool_call::{COMMANDS, PATHS};
use crate::contract::Json;
use crate::evidence::event::{MOST_TEXTS, ToolScope};
use serde_json::Value;

/// Words of a command by which another client would run without asking.
const WIDENING: [&str; 3] = ["bypassPermissions", "dangerously-skip-permissions", "acceptEdits"];

/// Tools whose input names no file.
const WITHOUT_FILES: [&str; 16] = [
    "AskUserQuestion",
    "ExitPlanMode",
    "EnterPlanMode",
    "WebFetch",
    "WebSearch",
    "TodoWrite",
    "TaskCreate",
    "TaskUpdate",
    "TaskGet",
    "TaskList",
    "TaskOutput",
    "TaskStop",
    "BashOutput",
    "KillShell",
    "KillBash",
    "Bash",
];

/// Tools that search files.
const SEARCHES: [&str; 3] = ["LS", "Grep", "Glob"];

/// Bytes of a text that can be a path as it is.
const LONGEST_PATH: usize = 4096;
/// Bytes of a file's name.
const LONGEST_NAME: usize = 255;

/// Reads the call of a `PermissionRequest`.
pub(super) fn read(event: &Json) -> ToolScope {
    let absent = Value::Null;
    let input = event.get("tool_input").unwrap_or(&absent);
    let tool = event.get("tool_name").and_then(Value::as_str).unwrap_or_default();
    let text = |key: &str| input.get(key).and_then(Value::as_str).map(str::to_owned);
    let mcp = tool.strip_prefix("mcp__").map(servers).unwrap_or_default();
    let is_shell = tool == "Bash";
    let command = match is_shell {
        true => text("command"),
        false => COMMANDS.iter().filter(|_| !mcp.is_empty()).find_map(|key| text(key)),
    };
    let (paths, names_all_paths) = match tool {
        "Edit" | "MultiEdit" | "Write" | "Read" => one(text("file_path")),
        "NotebookEdit" | "NotebookRead" => one(text("notebook_path")),
        // They search the working folder unless an argument names another.
        _ if SEARCHES.contains(&tool) => match text("path") {
            Some(path) => one(Some(path)),
            None => (vec![".".to_owned()], false),
        },
        _ if !mcp.is_empty() => (PATHS.iter().filter_map(|key| text(key)).collect(), false),
        _ => (text("path").into_iter().collect(), false),
    };
    let mut texts = Texts::default();
    match tool {
        "Glob" => texts.kept.extend(text("pattern")),
        _ if names_all_paths || WITHOUT_FILES.contains(&tool) => {}
        _ => texts.take_all(input),
    }
    let address = text("url").filter(|_| !is_shell);
    let is_other = |text: &&String| is_address(text) && address.as_ref() != Some(*text);
    let others = texts.kept.iter().filter(|_| !mcp.is_empty()).filter(is_other);
    let unseen = Some(None).filter(|_| !mcp.is_empty() && texts.has_more);
    let other_hosts = others.map(|text| host(text)).chain(unseen).collect();
    ToolScope {
        folder: event.get("cwd").and_then(Value::as_str).filter(|folder| folder.starts_with('/')).map(Into::into),
        widens: widens(tool, input, command.as_deref()),
        has_address: address.is_some(),
        host: address.as_deref().and_then(host),
        other_hosts,
        mcp,
        command,
        is_shell,
        names_all_paths: names_all_paths && tool != "Glob",
        searches: SEARCHES.contains(&tool),
        paths,
        texts: texts.kept,
        has_more_texts: texts.has_more,
    }
}

/// The server and its tool: each pair that the rest of the name can mean, as either may have `__` in it.
fn servers(rest: &str) -> Vec<(String, String)> {
    let at = (1..rest.len()).filter(|at| rest.is_char_boundary(*at) && rest[*at..].starts_with("__"));
    let pairs = at.map(|at| (rest[..at].to_owned(), rest[at + 2..].to_owned()));
    pairs.filter(|(_, tool)| !tool.is_empty()).collect()
}

/// The texts of an input.
#[derive(Default)]
struct Texts {
    kept: Vec<String>,
    /// Whether one was left out that may lead to a file or is an address.
    has_more: bool,
}

impl Texts {
    /// Every text, however deep. A key that is no mere word may be a path as well.
    fn take_all(&mut self, input: &Json) {
        match input {
            Value::String(text) => self.take(text),
            Value::Array(list) => list.iter().for_each(|value| self.take_all(value)),
            Value::Object(table) => {
                for (key, value) in table {
                    if key.contains(['/', '.']) {
                        self.take(key);
                    }
                    self.take_all(value);
                }
            }
            _ => {}
        }
    }

    fn take(&mut self, text: &str) {
        let is_short = text.len() <= LONGEST_PATH;
        match is_short && self.kept.len() < MOST_TEXTS {
            true if text.is_empty() => {}
            true => self.kept.push(text.to_owned()),
            false => self.has_more |= !text.is_empty() && (is_short || may_lead(text) || is_address(text)),
        }
    }
}

/// Whether a text that is too long for a path may lead to a file: a server may shorten it first, as `./` and `x/..` add
/// nothing. A name that no file can have stays in it.
fn may_lead(text: &str) -> bool {
    let mut names = Vec::new();
    for name in text.split('/') {
        match name {
            "" | "." => {}
            ".." => _ = names.pop(),
            name => names.push(name),
        }
    }
    names.iter().all(|name| name.len() <= LONGEST_NAME)
}

fn is_address(text: &str) -> bool {
    text.contains("://") && !text.contains(char::is_whitespace)
}

/// The client takes off blanks and expands `~`: a path with these is another one than it says.
fn one(path: Option<String>) -> (Vec<String>, bool) {
    let is_literal = |path: &String| {
        !path.is_empty() && path.trim() == path && !path.starts_with('~') && !path.contains(char::is_control)
    };
    let is_whole = path.as_ref().is_some_and(is_literal);
    (path.into_iter().collect(), is_whole)
}

/// Whether the call would change what may be done without asking: another permission mode, for this session or for an agent
/// that it starts, or a shell outside of the client's sandbox.
fn widens(tool: &str, input: &Json, command: Option<&str>) -> bool {
    let says =
        |key: &str| input.get(key).is_some_and(|value| !value.is_null() && *value != false && *value != "default");
    tool == "EnterPlanMode"
        || ["mode", "permissionMode", "permission_mode"].iter().any(|key| !tool.starts_with("mcp__") && says(key))
        || input.get("dangerouslyDisableSandbox").is_some_and(|value| *value != false)
        || command.is_some_and(|command| WIDENING.iter().any(|word| command.contains(word)))
}

/// The host of a web address, in small letters; nothing of one that programs could read in two ways.
fn host(url: &str) -> Option<String> {
    let rest = ["https://", "http://"].iter().find_map(|scheme| url.strip_prefix(scheme))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let is_plain = !host.is_empty() && host.chars().all(is_name) && port.chars().all(|c| c.is_ascii_digit());
    is_plain.then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn scope(tool: &str, input: Json) -> ToolScope {
        read(&json!({"tool_name": tool, "tool_input": input, "cwd": "/p"}))
    }

    #[test]
    fn a_call_touches_what_its_input_says() {
        let shell = scope("Bash", json!({"command": "ls"}));
        assert!(shell.is_shell && shell.command.as_deref() == Some("ls") && !shell.widens);
        let edit = scope("Edit", json!({"file_path": "a"}));
        assert!(edit.names_all_paths && edit.paths == ["a"]);
        for odd in ["~/x", " a", "a ", "", "a\nb"] {
            assert!(!scope("Edit", json!({"file_path": odd})).names_all_paths, "{odd:?}");
        }
        let mcp = scope("mcp__files__write_file", json!({"path": "a", "command": "ls"}));
        assert_eq!(mcp.mcp, [("files".into(), "write_file".into())]);
        assert!(!mcp.names_all_paths && !mcp.is_shell && mcp.command.is_some());
    }

    #[test]
    fn a_name_that_may_mean_two_servers_means_both() {
        let mcp = |name: &str| scope(name, json!({})).mcp;
        let pair = |server: &str, tool: &str| (server.to_owned(), tool.to_owned());
        assert_eq!(mcp("mcp__github__list_x__run"), [pair("github", "list_x__run"), pair("github__list_x", "run")]);
        assert_eq!(mcp("mcp__a___b"), [pair("a", "_b"), pair("a_", "b")]);
        assert_eq!(mcp("mcp__a__"), []);
    }

    #[test]
    fn every_text_of_a_tool_that_may_name_files_is_kept() {
        let many = scope("mcp__files__read", json!({"paths": ["a", {"source": "b"}], "count": 1}));
        assert_eq!(many.texts, ["a", "b"]);
        assert_eq!(scope("Notebooks", json!({"from": "a"})).texts, ["a"]);
        for (tool, input) in [
            ("Edit", json!({"file_path": "a", "new_string": "b"})),
            ("WebFetch", json!({"url": "https://docs.rs", "prompt": "x"})),
            ("Bash", json!({"command": "ls", "description": "x"})),
        ] {
            assert!(scope(tool, input).texts.is_empty(), "{tool}");
        }
        assert!(scope("Edit", json!({"file_path": "~/a"})).texts.contains(&"~/a".to_owned()));
        let keyed = scope("mcp__gists__create", json!({"files": {"secrets/key": {"content": "x"}}, "public": true}));
        assert_eq!(keyed.texts, ["secrets/key", "x"]);
        let everywhere = scope("Grep", json!({"pattern": "x"}));
        assert!(everywhere.paths == ["."] && everywhere.searches && !everywhere.names_all_paths);
    }

    #[test]
    fn a_text_that_is_left_out_is_told_where_it_may_lead_to_a_file() {
        let has_more = |input: Json| scope("mcp__files__read", input).has_more_texts;
        let padded = |count: usize| {
            let mut paths = vec!["http://a"; count];
            paths.push("secrets/key");
            json!({ "paths": paths })
        };
        assert!(has_more(padded(MOST_TEXTS)) && !has_more(padded(MOST_TEXTS - 1)));
        for piece in ["./", "/", "x/../", "a b\n/../", "link/"] {
            assert!(has_more(json!({"path": piece.repeat(5000) + "secrets/key"})), "{piece:?}");
        }
        let long = "x".repeat(300);
        assert!(has_more(json!({"path": format!("{}/..{}secrets/key", long, "/".repeat(5000))})));
        // What a file holds is long, too.
        for content in ["A line of prose.\n".repeat(500), format!("{long}/{}", "a/".repeat(5000))] {
            assert!(!has_more(json!({"path": "a", "content": content})));
        }
        assert!(!scope("Edit", json!({"file_path": "a", "new_string": "./".repeat(5000)})).has_more_texts);
    }

    #[test]
    fn a_host_is_what_every_program_would_take_for_it() {
        for (url, found) in [
            ("https://Docs.rs/serde?x#y", Some("docs.rs")),
            ("http://localhost:8080", Some("localhost")),
            ("https://docs.rs@evil.org/", None),
            ("https://docs.rs\\@evil.org/", None),
            ("https://docs.rs:x@evil.org/", None),
            ("file:///etc/passwd", None),
            ("HTTPS://docs.rs", None),
            ("https://docs.rs evil.org", None),
            ("https:///evil.org", None),
        ] {
            assert_eq!(scope("WebFetch", json!({"url": url})).host.as_deref(), found, "{url}");
        }
    }

    #[test]
    fn an_address_without_such_a_host_is_one_yet() {
        for url in ["HTTPS://evil.org", "https://u@evil.org", "ftp://evil.org"] {
            let web = scope("WebFetch", json!({"url": url}));
            assert!(web.has_address && web.host.is_none(), "{url}");
        }
        let shell = scope("Bash", json!({"command": "ls", "url": "https://docs.rs"}));
        assert!(!shell.has_address && shell.host.is_none());
        assert_eq!(scope("mcp__web__get", json!({"uri": "https://evil.org"})).other_hosts, [Some("evil.org".into())]);
        let addresses = json!({"url": "https://docs.rs", "mirrors": ["https://evil.org", "ftp://x", "see https://x"]});
        let web = scope("mcp__web__get", addresses.clone());
        assert_eq!(web.host.as_deref(), Some("docs.rs"));
        assert_eq!(web.other_hosts, [Some("evil.org".into()), None]);
        let long = json!({"uri": format!("https://evil.org/{}", "x".repeat(5000))});
        assert_eq!(scope("mcp__web__get", long).other_hosts, [None]);
        assert!(scope("WebFetch", addresses).other_hosts.is_empty());
        assert!(!scope("Read", json!({"file_path": "a"})).has_address);
    }

    #[test]
    fn what_asks_for_another_mode_widens() {
        for (tool, input) in [
            ("Task", json!({"prompt": "x", "mode": "bypassPermissions"})),
            ("Agent", json!({"mode": "acceptEdits"})),
            ("Bash", json!({"command": "claude --dangerously-skip-permissions"})),
            ("Bash", json!({"command": "ls", "dangerouslyDisableSandbox": true})),
            ("EnterPlanMode", json!({})),
        ] {
            assert!(scope(tool, input.clone()).widens, "{tool} {input}");
        }
        assert!(!scope("Bash", json!({"command": "ls", "dangerouslyDisableSandbox": false})).widens);
    }
}
