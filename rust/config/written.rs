//! A rule written into a file, which otherwise stays as it is.

use super::value::quoted;
use crate::policy::Conditions;
use toml::de::{DeTable, DeValue};

/// An allow rule as a table of its own.
pub fn written(project: Option<&str>, conditions: &Conditions) -> String {
    let lines = fields(project, conditions).into_iter().map(|field| format!("{field}\n"));
    format!("[[policy.allow]]\n{}", lines.collect::<String>())
}

/// The file's text with the rule: in the list of rules where there is one, else behind everything.
pub fn with_rule(text: &str, project: Option<&str>, conditions: &Conditions) -> String {
    let inline = format!("{{ {} }}", fields(project, conditions).join(", "));
    if let Some((at, before)) = end_of_list(text) {
        let (head, tail) = text.split_at(at);
        return format!("{head}{before}{inline}{tail}");
    }
    let separator = match text.trim_end_matches([' ', '\t']) {
        "" => "",
        text if text.ends_with("\n\n") => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    format!("{text}{separator}{}", written(project, conditions))
}

fn fields(project: Option<&str>, conditions: &Conditions) -> Vec<String> {
    let value = |values: &Vec<String>| match values.as_slice() {
        [one] => quoted(one),
        several => format!("[{}]", several.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ")),
    };
    let project = project.map(|project| format!("project = {}", quoted(project)));
    project.into_iter().chain(conditions.iter().map(|(key, values)| format!("{key} = {}", value(values)))).collect()
}

/// Behind the last rule of an inline `policy.allow`, and what separates another from it. Nothing where the rules are tables
/// of their own, or there is none.
fn end_of_list(text: &str) -> Option<(usize, String)> {
    let table = DeTable::parse(text).ok()?;
    let policy = table.get_ref().iter().find(|(key, _)| key.get_ref() == "policy")?.1;
    let allow = policy.get_ref().as_table()?.iter().find(|(key, _)| key.get_ref() == "allow")?.1;
    let list = allow.get_ref().as_array()?;
    let span = allow.span();
    if !text.get(span.clone())?.starts_with('[') || text.get(span.clone())?.starts_with("[[") {
        return None;
    }
    let Some(last) = list.iter().last() else { return Some((span.start + 1, String::new())) };
    let end = last.span().end;
    // A table's span of its own ends with its brace, and a text's with its quote.
    let is_closed = match last.get_ref() {
        DeValue::Table(_) => text.get(..end)?.ends_with('}'),
        _ => true,
    };
    let line = text.get(..last.span().start)?.rsplit('\n').next().unwrap_or_default();
    let is_own_line = !line.is_empty() && line.trim().is_empty();
    let separator = if is_own_line { format!(",\n{line}") } else { ", ".to_owned() };
    (is_closed && span.contains(&(end - 1))).then_some((end, separator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_added_and_everything_else_stays() {
        let conditions: Conditions = vec![("command", vec!["cargo test *".into(), "echo 'a b'".into()])];
        let table = "[[policy.allow]]\nproject = \"/p\"\ncommand = [\"cargo test *\", \"echo 'a b'\"]\n";
        let add = |text: &str| with_rule(text, Some("/p"), &conditions);
        for (before, begins, ends) in [
            ("", "[[policy.allow]]", "\n"),
            ("# mine\n[tmux]\nrows = 50", "# mine\n[tmux]\nrows = 50\n\n[[policy.allow]]", "\n"),
            ("[[policy.allow]]\ncommand = 'a'\n", "[[policy.allow]]\ncommand = 'a'\n\n[[policy.allow]]", "\n"),
            ("[policy]\nallow = []\n", "[policy]\nallow = [{ project", "}]\n"),
            ("[policy]\nallow = ['a'] # why\n[tmux]\n", "[policy]\nallow = ['a', { project", "}] # why\n[tmux]\n"),
            (
                "[policy]\nallow = [\n  'a', # why\n  {command = 'b'}, # last\n]\n",
                "[policy]\nallow = [\n  'a', # why\n  {command = 'b'},\n  { project",
                "}, # last\n]\n",
            ),
            ("policy.allow = ['a']\n", "policy.allow = ['a', { project", "}]\n"),
            ("[policy]\ndeny = ['a']\n", "[policy]\ndeny = ['a']\n\n[[policy.allow]]", "\n"),
        ] {
            let after = add(before);
            assert!(after.starts_with(begins) && after.ends_with(ends), "{before:?} became {after:?}");
            let rules = |text: &str| {
                let source = ("/u/c.toml".into(), text.to_owned());
                let loaded = crate::config::load(Some(source), None, false, &Default::default());
                assert_eq!(loaded.faults, [""; 0], "{text}");
                loaded.rules().rules.len()
            };
            assert_eq!(rules(&after), rules(before) + 1, "{after}");
        }
        assert_eq!(written(Some("/p"), &conditions), table);
    }
}
