//! Which calls need a yes, what is offered beside it, and what a new rule changes. Pure.
//!
//! A rough copy of the client's rules (2.1.328): reading is free, file tools ask unless edits are accepted, shell
//! commands ask unless they are known to change nothing.

use super::script::Call;
use crate::Json;
use serde_json::json;
use std::path::Path;

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// It runs.
    Run,
    /// The person is asked.
    Ask,
    /// It does not run, and nobody is asked.
    Refuse,
}

/// Shell commands that change nothing.
const HARMLESS: &[&str] = &[
    "true", "false", "sleep", "ls", "cat", "echo", "pwd", "head", "tail", "wc", "grep", "date", "whoami", "cd", "seq",
];
/// Shell commands about files, which "accept edits" covers.
const FILE_COMMANDS: &[&str] = &["touch", "mkdir", "rm", "rmdir", "mv", "cp", "sed", "echo"];
/// Programs whose first argument says what they do.
const WITH_VERBS: &[&str] = &["git", "npm", "cargo", "go", "docker", "kubectl", "pip", "yarn", "but"];

/// A rule such as `Bash(touch *)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    tool: String,
    content: String,
}

impl Rule {
    /// Reads `Bash(touch *)` or `WebFetch`.
    pub fn parse(text: &str) -> Rule {
        let (tool, content) = text.split_once('(').unwrap_or((text, ""));
        Rule { tool: tool.to_owned(), content: content.trim_end_matches(')').to_owned() }
    }

    fn covers(&self, tool: &str, command: &str) -> bool {
        let prefix = self.content.strip_suffix(":*").or_else(|| self.content.strip_suffix('*'));
        self.tool == tool
            && match prefix {
                _ if self.content.is_empty() => true,
                Some(prefix) => command.starts_with(prefix) || command == prefix.trim_end(),
                None => command == self.content,
            }
    }
}

/// What becomes of `call` in that permission mode, with those rules.
pub fn verdict(call: &Call, mode: &str, rules: &[Rule]) -> Verdict {
    let asks_itself = matches!(call.name.as_str(), "AskUserQuestion" | "ExitPlanMode");
    let command = call.input["command"].as_str().unwrap_or_default();
    let parts: Vec<&str> =
        command.split(['&', ';', '|', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let free = match call.name.as_str() {
        "Read" | "Agent" | "EnterPlanMode" | "TodoWrite" | "TaskCreate" => true,
        "Bash" => is_harmless(command),
        _ => false,
    };
    let ruled = match call.name.as_str() {
        "Bash" => !parts.is_empty() && parts.iter().all(|part| rules.iter().any(|rule| rule.covers("Bash", part))),
        name => rules.iter().any(|rule| rule.covers(name, &about(call))),
    };
    let edits = match call.name.as_str() {
        "Write" | "Edit" => true,
        "Bash" => parts.iter().all(|part| FILE_COMMANDS.contains(&first_word(part))),
        _ => false,
    };
    match mode {
        _ if asks_itself => Verdict::Ask,
        _ if free || ruled => Verdict::Run,
        "bypassPermissions" | "auto" => Verdict::Run,
        "acceptEdits" if edits => Verdict::Run,
        "dontAsk" => Verdict::Refuse,
        _ => Verdict::Ask,
    }
}

fn is_harmless(command: &str) -> bool {
    !command.contains(['&', ';', '|', '<', '>', '$', '`', '\n', '(']) && HARMLESS.contains(&first_word(command))
}

fn first_word(command: &str) -> &str {
    command.split_whitespace().next().unwrap_or_default()
}

/// Whether every part of a command is about files, so that nothing need be printed.
pub fn is_file_command(command: &str) -> bool {
    let mut parts = command.split(['&', ';', '|']).map(str::trim).filter(|part| !part.is_empty());
    parts.all(|part| FILE_COMMANDS.contains(&first_word(part)) && first_word(part) != "echo")
}

/// What a rule for a tool other than Bash is about.
fn about(call: &Call) -> String {
    let host = call.input["url"].as_str().and_then(|url| url.split('/').nth(2));
    host.map(|host| format!("domain:{host}")).unwrap_or_default()
}

/// The `permission_suggestions` of a request; nothing for questions and plans.
pub fn suggestions(call: &Call, cwd: &Path) -> Option<Json> {
    let accept_edits = json!({"type": "setMode", "mode": "acceptEdits", "destination": "session"});
    let rules = |rules: Vec<Json>| json!([{"type": "addRules", "rules": rules, "behavior": "allow", "destination": "localSettings"}]);
    match call.name.as_str() {
        "AskUserQuestion" | "ExitPlanMode" => None,
        "Write" | "Edit" => Some(json!([accept_edits])),
        "Bash" => {
            let command = call.input["command"].as_str().unwrap_or_default();
            let parts = command.split(['&', ';', '|']).map(str::trim).filter(|part| !part.is_empty());
            let parts: Vec<&str> = parts.collect();
            if parts.iter().all(|part| FILE_COMMANDS.contains(&first_word(part))) {
                let directories = json!({"type": "addDirectories", "directories": [cwd], "destination": "session"});
                return Some(json!([directories, accept_edits]));
            }
            let rule = |part: &&str| {
                let mut words = part.split_whitespace();
                let program = words.next().unwrap_or_default();
                let content = match words.next() {
                    Some(verb) if WITH_VERBS.contains(&program) => format!("{program} {verb} *"),
                    _ => (*part).to_owned(),
                };
                json!({"toolName": "Bash", "ruleContent": content})
            };
            Some(rules(parts.iter().map(rule).collect()))
        }
        "WebFetch" => Some(rules(vec![json!({"toolName": "WebFetch", "ruleContent": about(call)})])),
        name => Some(rules(vec![json!({"toolName": name})])),
    }
}

/// A suggestion as the dialog's second option words it.
pub fn always(suggestions: &Json, cwd: &Path) -> Option<String> {
    let first = &suggestions[0];
    match first["type"].as_str()? {
        "addDirectories" => Some(format!("Yes, and always allow access to {} from this project", cwd.display())),
        "setMode" => Some(
            "Yes, and switch to accept edits (auto-approve file edits and common file commands) for this session \
             (shift+tab)"
                .into(),
        ),
        _ => {
            let rules = first["rules"].as_array()?;
            let words = rules.iter().filter_map(|rule| rule["ruleContent"].as_str().or(rule["toolName"].as_str()));
            Some(format!("Yes, and don’t ask again for: {}", words.collect::<Vec<_>>().join(", ")))
        }
    }
}

/// Applies one permission update to the session: `addRules` or `setMode`; directories change nothing here.
pub fn apply(update: &Json, mode: &mut String, rules: &mut Vec<Rule>) {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    match update["type"].as_str() {
        Some("setMode") => *mode = text(&update["mode"]),
        Some("addRules") if update["behavior"] == "allow" => {
            let new = update["rules"].as_array().into_iter().flatten();
            rules.extend(new.map(|rule| Rule { tool: text(&rule["toolName"]), content: text(&rule["ruleContent"]) }));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bash(command: &str) -> Call {
        Call { name: "Bash".into(), input: json!({"command": command}) }
    }

    #[test]
    fn commands_ask_unless_they_change_nothing() {
        assert_eq!(verdict(&bash("sleep 6"), "default", &[]), Verdict::Run);
        assert_eq!(verdict(&bash("echo hi; exit 3"), "default", &[]), Verdict::Ask);
        assert_eq!(verdict(&bash("touch x"), "default", &[]), Verdict::Ask);
        assert_eq!(verdict(&bash("touch x"), "acceptEdits", &[]), Verdict::Run);
        assert_eq!(verdict(&bash("git push"), "acceptEdits", &[]), Verdict::Ask);
        assert_eq!(verdict(&bash("git push"), "dontAsk", &[]), Verdict::Refuse);
    }

    #[test]
    fn questions_ask_in_every_mode() {
        let call = Call { name: "AskUserQuestion".into(), input: json!({}) };
        assert_eq!(verdict(&call, "bypassPermissions", &[]), Verdict::Ask);
    }

    #[test]
    fn a_rule_covers_every_part_of_a_command_or_none() {
        let rules = [Rule::parse("Bash(touch *)")];
        assert_eq!(verdict(&bash("touch a && touch b"), "default", &rules), Verdict::Run);
        assert_eq!(verdict(&bash("touch a && git push"), "default", &rules), Verdict::Ask);
        assert_eq!(verdict(&bash("touchy a"), "default", &rules), Verdict::Ask);
    }

    #[test]
    fn suggestions_are_those_the_client_makes() {
        let rules = suggestions(&bash("git commit -m x"), Path::new("/p")).expect("suggestions");
        assert_eq!(rules[0]["rules"][0]["ruleContent"], "git commit *");
        assert_eq!(rules[0]["destination"], "localSettings");
        let directories = suggestions(&bash("touch y"), Path::new("/p")).expect("suggestions");
        assert_eq!(directories[0]["directories"], json!(["/p"]));
        assert_eq!(directories[1]["mode"], "acceptEdits");
    }

    #[test]
    fn an_update_makes_the_next_call_silent() {
        let (mut mode, mut rules) = ("default".to_owned(), Vec::new());
        let update = json!({"type": "addRules", "behavior": "allow", "destination": "session",
            "rules": [{"toolName": "Bash", "ruleContent": "touch *"}]});
        apply(&update, &mut mode, &mut rules);
        assert_eq!(verdict(&bash("touch b"), &mode, &rules), Verdict::Run);
        apply(&json!({"type": "setMode", "mode": "plan"}), &mut mode, &mut rules);
        assert_eq!(mode, "plan");
    }
}
