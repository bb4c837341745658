//! `[policy]`: rules that answer requests. The rules of both files count together.

use super::file::{ConfigurationFile, line};
use super::section::{KeyReach, Section, SectionKey};
use super::value::{Value, Wrong, quoted};
use crate::policy::{Action, CommandPattern, McpPattern, PathPattern, Place, Rule, Rules, Wildcard};
use std::borrow::Cow;
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Rules of one file, at most.
const MOST: usize = 1000;

/// `[policy]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    /// In the order of the files.
    pub rules: Rules,
}

const KEYS: [(&str, Action); 3] = [("allow", Action::Allow), ("deny", Action::Deny), ("ask", Action::Ask)];

/// Keys of a rule.
const CONDITIONS: [&str; 9] = ["command", "path", "tool", "mcp", "host", "task", "tag", "project", "message"];

impl Section for Policy {
    fn keys(&self) -> &'static [SectionKey] {
        const REACH: KeyReach = KeyReach::Guarded;
        &[
            SectionKey { name: "allow", reach: REACH },
            SectionKey { name: "deny", reach: REACH },
            SectionKey { name: "ask", reach: REACH },
        ]
    }

    fn set(
        &mut self,
        key: &str,
        given: &Spanned<DeValue<'_>>,
        page: &ConfigurationFile<'_>,
    ) -> Result<Vec<Wrong>, Wrong> {
        let Some((_, action)) = KEYS.iter().find(|(name, _)| *name == key) else { return Ok(Vec::new()) };
        let at = given.span().start;
        let list = given.get_ref().as_array().ok_or_else(|| Wrong { at, why: "expected a list of rules".into() })?;
        if list.len() > MOST {
            return Err(Wrong { at, why: format!("at most {MOST} rules are allowed") });
        }
        let mut remarks = Vec::new();
        let rules: Result<Vec<Rule>, Wrong> =
            list.iter().map(|item| Reading { page, remarks: &mut remarks }.rule(*action, item)).collect();
        // Tables come in the order of their names.
        let all = &mut self.rules.rules;
        all.extend(rules?);
        let own = all.iter().position(|rule| rule.place.file == page.name).unwrap_or(all.len());
        all[own..].sort_by_key(|rule| rule.place.line);
        Ok(remarks)
    }

    fn show(&self, key: &str) -> String {
        let of = |rule: &&Rule| KEYS.contains(&(key, rule.action));
        let rules: Vec<_> = self.rules.rules.iter().filter(of).map(|rule| format!("{{{}}}", rule.text)).collect();
        format!("[{}]", rules.join(", "))
    }
}

struct Reading<'r, 'p, 't> {
    page: &'p ConfigurationFile<'t>,
    remarks: &'r mut Vec<Wrong>,
}

type Given<'g, 'i> = &'g Spanned<DeValue<'i>>;

impl Reading<'_, '_, '_> {
    /// A text is a command; a table has conditions.
    fn rule(&mut self, action: Action, item: Given<'_, '_>) -> Result<Rule, Wrong> {
        let first = item.get_ref().as_table().and_then(|table| table.iter().map(|(key, _)| key.span().start).min());
        let at = first.unwrap_or(item.span().start);
        let place = Place { file: self.page.name.clone(), line: line(self.page.text, at) };
        let mut rule = Rule {
            action,
            tool: Vec::new(),
            command: Vec::new(),
            path: Vec::new(),
            mcp: Vec::new(),
            host: Vec::new(),
            task: Vec::new(),
            tag: Vec::new(),
            project: None,
            message: None,
            place,
            text: String::new(),
        };
        match item.get_ref() {
            DeValue::String(_) => self.condition(&mut rule, "command", item)?,
            DeValue::Table(table) => self.conditions(&mut rule, table)?,
            _ => return Err(Wrong { at, why: "expected a rule: a command as a string, or a table".into() }),
        }
        match rule.fault() {
            Some(why) => Err(Wrong { at, why: why.to_owned() }),
            None => Ok(rule),
        }
    }

    fn conditions(&mut self, rule: &mut Rule, table: &DeTable<'_>) -> Result<(), Wrong> {
        let mut entries: Vec<(&Spanned<Cow<'_, str>>, Given<'_, '_>)> = table.iter().collect();
        let rank = |name: &str| CONDITIONS.iter().position(|known| *known == name);
        entries.sort_by_key(|(key, _)| rank(key.get_ref()));
        for (key, value) in entries {
            let name: &str = key.get_ref();
            if rank(name).is_none() {
                let shown: String = name.chars().take(100).flat_map(char::escape_debug).collect();
                let near = CONDITIONS.iter().map(|known| (strsim::jaro_winkler(known, name), known));
                let near = near.filter(|(likeness, _)| *likeness > 0.75).max_by(|a, b| a.0.total_cmp(&b.0));
                let near = near.map_or(String::new(), |(_, known)| format!("; did you mean `{known}`?"));
                return Err(Wrong { at: key.span().start, why: format!("a rule has no `{shown}`{near}") });
            }
            self.condition(rule, name, value)?;
        }
        Ok(())
    }

    fn condition(&mut self, rule: &mut Rule, name: &str, value: Given<'_, '_>) -> Result<(), Wrong> {
        let text = match name {
            "command" => self.each(value, |text| {
                rule.command.push(CommandPattern::parse(text)?);
                Ok(())
            })?,
            "path" => {
                let home = self.page.home.clone();
                self.each(value, |text| {
                    let path = match (text.strip_prefix("~/"), &home) {
                        (Some(rest), Some(home)) => home.join(rest).to_string_lossy().into_owned(),
                        _ => text.to_owned(),
                    };
                    if path.starts_with('/') && rule.action == Action::Allow {
                        return Err("an allow rule is about files of the task only: write a relative path".into());
                    }
                    rule.path.push(PathPattern::parse(&path)?);
                    Ok(())
                })?
            }
            "tool" => self.each(value, |text| {
                rule.tool.push(wildcard(text)?);
                Ok(())
            })?,
            "mcp" => self.each(value, |text| {
                rule.mcp.push(McpPattern::parse(text)?);
                Ok(())
            })?,
            "host" => self.each(value, |text| {
                rule.host.push(wildcard(&text.to_ascii_lowercase())?);
                Ok(())
            })?,
            "tag" => self.each(value, |text| {
                rule.tag.push(text.trim_start_matches('+').to_owned());
                Ok(())
            })?,
            "task" => {
                let numbers = self.numbers(value)?;
                rule.task.clone_from(&numbers);
                shown(&numbers.iter().map(i64::to_string).collect::<Vec<_>>())
            }
            "project" => {
                let project = PathBuf::read(value, self.page, self.remarks)?;
                let text = project.show();
                rule.project = Some(project);
                text
            }
            _ => {
                let message = String::read(value, self.page, self.remarks)?;
                let is_plain = |c: char| !c.is_control() || c == '\n';
                if message.trim().is_empty() || message.len() > 4000 || !message.chars().all(is_plain) {
                    return Err(Wrong { at: value.span().start, why: "`message` must be plain text".into() });
                }
                let text = quoted(&message);
                rule.message = Some(message);
                text
            }
        };
        let separator = if rule.text.is_empty() { "" } else { ", " };
        rule.text += &format!("{separator}{name} = {text}");
        Ok(())
    }

    /// One text or a list of them, each taken by `take`; as TOML.
    fn each(
        &mut self,
        value: Given<'_, '_>,
        mut take: impl FnMut(&str) -> Result<(), String>,
    ) -> Result<String, Wrong> {
        let mut texts = Vec::new();
        let items: Vec<Given<'_, '_>> = match value.get_ref() {
            DeValue::Array(list) => list.iter().collect(),
            _ => vec![value],
        };
        if items.is_empty() {
            return Err(Wrong { at: value.span().start, why: "it must not be empty: leave it out".into() });
        }
        for item in items {
            let text = String::read(item, self.page, self.remarks)?;
            take(&text).map_err(|why| Wrong { at: item.span().start, why: format!("{}: {why}", quoted(&text)) })?;
            texts.push(quoted(&text));
        }
        Ok(shown(&texts))
    }

    fn numbers(&mut self, value: Given<'_, '_>) -> Result<Vec<i64>, Wrong> {
        let items: Vec<Given<'_, '_>> = match value.get_ref() {
            DeValue::Array(list) => list.iter().collect(),
            _ => vec![value],
        };
        let numbers: Vec<i64> = items
            .into_iter()
            .map(|item| u32::read(item, self.page, self.remarks).map(i64::from))
            .collect::<Result<_, _>>()?;
        match numbers.is_empty() {
            true => Err(Wrong { at: value.span().start, why: "it must not be empty: leave it out".into() }),
            false => Ok(numbers),
        }
    }
}

fn wildcard(text: &str) -> Result<Wildcard, String> {
    match text.is_empty() || text.len() > 200 || text.contains(char::is_whitespace) {
        true => Err("it must be one word, in which `*` stands for anything".into()),
        false => Ok(Wildcard::parse(text)),
    }
}

/// One value alone, several as a list.
fn shown(values: &[String]) -> String {
    match values {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Loaded, load};
    use crate::policy::Action;
    use std::collections::BTreeMap;

    fn user(text: &str) -> Loaded {
        let home = BTreeMap::from([("HOME".to_owned(), "/home/me".to_owned())]);
        load(Some(("/u/c.toml".into(), text.into())), None, false, &home)
    }

    const RULES: &str = r#"
[policy]
allow = [
  "cargo test *",
  { tool = ["Edit", "Write"], path = "src/**", tag = "+web" },
]
[[policy.deny]]
command = "git push"
message = "Ask me."
[[policy.ask]]
path = ["~/.ssh/**", "**/*.sql"]
task = [3, 4]
project = "~/shop"
"#;

    #[test]
    fn rules_are_read_in_each_form_with_their_lines() {
        let loaded = user(RULES);
        assert_eq!(loaded.faults, [""; 0]);
        let rules = &loaded.rules().rules;
        let shown: Vec<_> =
            rules.iter().map(|rule| (rule.action, rule.place.to_string(), rule.text.as_str())).collect();
        assert_eq!(
            shown,
            [
                (Action::Allow, "/u/c.toml:4".into(), "command = \"cargo test *\""),
                (
                    Action::Allow,
                    "/u/c.toml:5".into(),
                    "path = \"src/**\", tool = [\"Edit\", \"Write\"], tag = \"+web\""
                ),
                (Action::Deny, "/u/c.toml:8".into(), "command = \"git push\", message = \"Ask me.\""),
                (
                    Action::Ask,
                    "/u/c.toml:11".into(),
                    "path = [\"~/.ssh/**\", \"**/*.sql\"], task = [3, 4], project = \"/home/me/shop\""
                ),
            ]
        );
        let row = loaded.settings.iter().find(|row| row.key == "policy.deny").unwrap();
        assert_eq!(
            (row.value.as_str(), row.origin.as_str()),
            ("[{command = \"git push\", message = \"Ask me.\"}]", "/u/c.toml")
        );
    }

    #[test]
    fn a_rule_that_is_none_is_one_sentence_with_its_place_and_allows_nothing() {
        for (rule, fault) in [
            ("allow = 'x'", "2:9: `policy.allow`: expected a list of rules"),
            ("allow = [1]", "2:10: `policy.allow`: expected a rule: a command as a string, or a table"),
            (
                "allow = [{}]",
                "2:10: `policy.allow`: an allow rule must say what it allows: `command`, `path`, `mcp`, `host` or a `tool` by its name",
            ),
            (
                "allow = [{tool = '*'}]",
                "2:11: `policy.allow`: an allow rule must say what it allows: `command`, `path`, `mcp`, `host` or a `tool` by its name",
            ),
            ("allow = [{comand = 'x'}]", "2:11: `policy.allow`: a rule has no `comand`; did you mean `command`?"),
            (
                "allow = ['a && b']",
                "2:10: `policy.allow`: \"a && b\": `&` cannot stand in it: a pattern is one command, each of its kind a pattern of its own",
            ),
            (
                "allow = [{path = '/etc/**'}]",
                "2:18: `policy.allow`: \"/etc/**\": an allow rule is about files of the task only: write a relative path",
            ),
            ("deny = [{path = '../x'}]", "2:17: `policy.deny`: \"../x\": it must not contain `..`"),
            ("ask = [{command = 'x', message = 'm'}]", "2:9: `policy.ask`: only a deny rule has a `message`"),
            ("ask = [{command = []}]", "2:19: `policy.ask`: it must not be empty: leave it out"),
            ("aks = []", "2:1: unknown key `policy.aks`"),
        ] {
            let loaded = user(&format!("[policy]\n{rule}\n[[policy.allow]]\ncommand = 'ls'"));
            assert_eq!(loaded.faults.len(), 1, "{rule}: {:?}", loaded.faults);
            if !rule.starts_with("allow") {
                assert_eq!(loaded.faults, [format!("/u/c.toml:{fault}")]);
            }
            let alone = user(&format!("[policy]\n{rule}"));
            assert_eq!(alone.faults, [format!("/u/c.toml:{fault}")]);
            assert!(loaded.rules().rules.iter().all(|rule| rule.action != Action::Allow));
        }
    }

    #[test]
    fn a_project_s_rules_count_with_the_user_s_once_it_is_trusted() {
        let load = |trusted| {
            let user = ("/u/c.toml".into(), "[policy]\nallow = ['ls *']".into());
            let project =
                ("/p/c.toml".into(), "[policy]\nallow = ['make']\ndeny = ['ls']\n[agent.claude]\nargs = ['-x']".into());
            load(Some(user), Some(project), trusted, &BTreeMap::new())
        };
        let untrusted = load(false);
        assert_eq!(untrusted.rules().rules.len(), 1);
        assert_eq!(untrusted.untrusted, ["agent.claude.args", "policy.allow", "policy.deny"]);
        assert!(untrusted.warnings[0].starts_with("/p/c.toml: ignored until you trust this file"));
        let trusted = load(true);
        assert_eq!(trusted.rules().rules.len(), 3);
        assert_eq!(trusted.config.agent("claude").args.0, ["-x"]);
        assert_eq!(
            trusted.warnings,
            ["/u/c.toml:2: the rule at /p/c.toml:3 denies what this rule allows, and deny wins"]
        );
        let row = trusted.settings.iter().find(|row| row.key == "policy.allow").unwrap();
        assert_eq!(row.origin, "/u/c.toml, /p/c.toml");
    }
}
