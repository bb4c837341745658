//! "Allow always": what the agent suggests, each as a sentence, kept to the session.
//!
//! The client's own dialog offers all suggestions of a request as one choice ("Yes, and always allow access to …").
//! Here each can be had alone, and all together.

use super::event;
use crate::contract::Json;
use crate::text::code;
use serde_json::{Value, json};
use std::path::Path;

/// More suggestions than this are not shown.
const MOST: usize = 16;

/// One thing that can be allowed beyond this once.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// ``allow `touch *` in this session``.
    pub sentence: String,
    /// Entries of `updatedPermissions`, made anew: `destination` is always `session`.
    pub(super) updates: Vec<Json>,
}

/// The suggestions in `permission_suggestions`, those that Chorus can put in words; then, of several, all together.
/// `cwd` is the agent's folder.
pub fn of(suggestions: Option<&Json>, cwd: Option<&str>) -> Vec<Suggestion> {
    let given = suggestions.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut found: Vec<Suggestion> = given.iter().take(MOST).filter_map(|update| read(update, cwd)).collect();
    if found.len() > 1 {
        let sentences: Vec<&str> = found.iter().map(|one| one.sentence.as_str()).collect();
        let sentence = sentences.join(", and ");
        found.push(Suggestion { sentence, updates: found.iter().flat_map(|one| one.updates.clone()).collect() });
    }
    found
}

/// The ways to go on after a plan: the client's own dialog has them as options, and suggests nothing to a hook.
pub fn add_ways_on(found: &mut Vec<Suggestion>) {
    for mode in ["acceptEdits", "default"] {
        let way = read(&json!({ "type": "setMode", "mode": mode }), None);
        found.extend(way.filter(|way| !found.iter().any(|one| one.updates == way.updates)));
    }
}

fn read(update: &Json, cwd: Option<&str>) -> Option<Suggestion> {
    let field = |key: &str| update.get(key).and_then(Value::as_str);
    let texts = |key: &str| {
        let list: Option<Vec<&str>> = update.get(key)?.as_array()?.iter().map(Value::as_str).collect();
        list.filter(|list| !list.is_empty() && list.len() <= MOST)
    };
    let (sentence, mut update) = match field("type")? {
        "addRules" => {
            let behavior = field("behavior")?;
            let rules = update.get("rules")?.as_array().filter(|rules| !rules.is_empty() && rules.len() <= MOST)?;
            let rules: Vec<PermissionRule> = rules.iter().map(PermissionRule::read).collect::<Option<_>>()?;
            let what = rules.iter().map(PermissionRule::in_words).collect::<Vec<_>>().join(" and ");
            let verb = match behavior {
                "allow" => "allow",
                "deny" => "always refuse",
                "ask" => "always ask before",
                _ => return None,
            };
            let rules: Vec<Json> = rules.iter().map(PermissionRule::json).collect();
            let update = json!({ "type": "addRules", "rules": rules, "behavior": behavior });
            (format!("{verb} {what} in this session"), update)
        }
        "setMode" => {
            let mode = field("mode")?;
            let name = match mode {
                "acceptEdits" => "accept edits (files are changed without asking)",
                "auto" => "auto mode (the agent judges for itself what is safe)",
                "default" | "manual" => "manual mode (it asks)",
                "plan" => "plan mode",
                "dontAsk" => "refusing whatever is not allowed, without asking",
                // Only a task itself may bypass permissions.
                _ => return None,
            };
            (format!("switch this session to {name}"), json!({ "type": "setMode", "mode": mode }))
        }
        "addDirectories" => {
            // For its own folder it changes nothing: the next call asked again.
            let is_new = |folder: &&str| cwd.is_none_or(|cwd| !Path::new(folder).starts_with(cwd));
            let folders: Vec<&str> = texts("directories")?.into_iter().filter(is_new).collect();
            if folders.is_empty() {
                return None;
            }
            let names: Vec<String> = folders.iter().map(|folder| code(folder, 200)).collect();
            let update = json!({ "type": "addDirectories", "directories": folders });
            (format!("let this session work in {}", names.join(" and ")), update)
        }
        _ => return None,
    };
    update["destination"] = json!("session");
    Some(Suggestion { sentence, updates: vec![update] })
}

/// A permission rule: `Bash(npm run *)`.
struct PermissionRule {
    tool: String,
    content: Option<String>,
}

impl PermissionRule {
    fn read(rule: &Json) -> Option<PermissionRule> {
        let content = rule.get("ruleContent").filter(|content| !content.is_null());
        // A rule without its content would allow everything, so one that is not understood is none.
        let content = match content {
            None => None,
            Some(content) => Some(content.as_str().filter(|content| content.len() <= 2000)?.to_owned()),
        };
        Some(PermissionRule { tool: event::text(rule, "toolName", 200)?, content })
    }

    fn json(&self) -> Json {
        match &self.content {
            Some(content) => json!({ "toolName": self.tool, "ruleContent": content }),
            None => json!({ "toolName": self.tool }),
        }
    }

    fn in_words(&self) -> String {
        let shown = |text: &str| code(text, 200);
        // `//etc/**` is how a rule spells an absolute path.
        let path =
            |content: &str| shown(content.strip_prefix('/').filter(|rest| rest.starts_with('/')).unwrap_or(content));
        match (self.tool.as_str(), self.content.as_deref()) {
            ("Bash", Some(command)) => shown(command),
            ("Bash", None) => "every command".to_owned(),
            ("Read", Some(content)) => format!("reading {}", path(content)),
            ("Edit" | "Write", Some(content)) => format!("editing {}", path(content)),
            ("WebFetch", Some(content)) => {
                format!("fetching from {}", shown(content.strip_prefix("domain:").unwrap_or(content)))
            }
            ("WebSearch", None) => "searching the web".to_owned(),
            (tool, None) => match tool.strip_prefix("mcp__").map(|rest| rest.split_once("__").unwrap_or((rest, "*"))) {
                Some((server, "*")) => format!("everything of {}", shown(server)),
                Some((server, tool)) => format!("{} of {}", shown(tool), shown(server)),
                None => format!("every use of {}", shown(tool)),
            },
            (tool, Some(content)) => shown(&format!("{tool}({content})")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(suggestions: Json) -> Vec<String> {
        of(Some(&suggestions), Some("/work")).into_iter().map(|one| one.sentence).collect()
    }

    fn rules(rules: Json) -> Vec<String> {
        sentences(json!([{"type": "addRules", "rules": rules, "behavior": "allow", "destination": "localSettings"}]))
    }

    #[test]
    fn rules_are_told_in_plain_words() {
        for (tool, content, sentence) in [
            ("Bash", Some("npm run *"), "allow `npm run *` in this session"),
            ("Bash", None, "allow every command in this session"),
            ("Read", Some("//etc/**"), "allow reading `/etc/**` in this session"),
            ("WebFetch", Some("domain:example.com"), "allow fetching from `example.com` in this session"),
            ("mcp__fake__greet", None, "allow `greet` of `fake` in this session"),
            ("mcp__fake", None, "allow everything of `fake` in this session"),
            ("Skill", Some("x"), "allow `Skill(x)` in this session"),
            ("NotebookEdit", None, "allow every use of `NotebookEdit` in this session"),
        ] {
            let rule = match content {
                Some(content) => json!({"toolName": tool, "ruleContent": content}),
                None => json!({"toolName": tool}),
            };
            assert_eq!(rules(json!([rule])), [sentence]);
        }
        let both =
            json!([{"toolName": "Read", "ruleContent": "//etc/**"}, {"toolName": "Bash", "ruleContent": "curl x"}]);
        assert_eq!(rules(both), ["allow reading `/etc/**` and `curl x` in this session"]);
    }

    #[test]
    fn several_can_be_had_together_and_a_useless_one_is_left_out() {
        let mode = json!({"type": "setMode", "mode": "acceptEdits", "destination": "session"});
        let folder = |path: &str| json!({"type": "addDirectories", "directories": [path], "destination": "session"});
        let edits = "switch this session to accept edits (files are changed without asking)";
        assert_eq!(sentences(json!([folder("/work"), mode])), [edits]);
        let outside = "let this session work in `/etc`";
        assert_eq!(sentences(json!([folder("/etc"), mode])), [outside, edits, &format!("{outside}, and {edits}")]);
        assert_eq!(of(Some(&json!([folder("/etc"), mode])), None)[2].updates.len(), 2);
    }

    #[test]
    fn what_cannot_be_put_in_words_is_not_offered() {
        for odd in [
            json!({"type": "setMode", "mode": "bypassPermissions"}),
            json!({"type": "removeRules", "rules": [{"toolName": "Bash"}], "behavior": "deny"}),
            json!({"type": "addRules", "rules": [{"toolName": "Bash", "ruleContent": 7}], "behavior": "allow"}),
            json!({"type": "addRules", "rules": [], "behavior": "allow"}),
            json!({"type": "addRules", "rules": [{"toolName": "Bash"}]}),
            json!({"type": "addDirectories", "directories": [7]}),
            json!({"type": "unknown"}),
            json!(null),
        ] {
            assert!(sentences(json!([odd])).is_empty(), "{odd}");
        }
        assert!(of(None, None).is_empty());
    }

    #[test]
    fn every_update_is_kept_to_the_session() {
        for destination in ["localSettings", "userSettings", "projectSettings", "session", "cliArg"] {
            let rule = json!([{"toolName": "Bash", "ruleContent": "a"}]);
            let given =
                json!([{"type": "addRules", "rules": rule, "behavior": "allow", "destination": destination, "x": 1}]);
            let expected = json!({"type": "addRules", "rules": rule, "behavior": "allow", "destination": "session"});
            assert_eq!(of(Some(&given), None)[0].updates, [expected]);
        }
    }

    #[test]
    fn hostile_words_stay_in_their_quotes() {
        let rule = json!([{"toolName": "Bash", "ruleContent": "a` and nothing else\n\u{1b}[2J"}]);
        assert_eq!(rules(rule), ["allow `a' and nothing else ↵ �[2J` in this session"]);
    }
}
