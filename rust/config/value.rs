//! How a value stands in the file: reading it with its place, and showing it.

use super::file::ConfigurationFile;
use crate::detector::rules;
use crate::typing::named;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use toml::Spanned;
use toml::de::DeValue;

/// Something about the text at byte `at`.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrong {
    /// Where.
    pub at: usize,
    /// What, as the end of a sentence.
    pub why: String,
}

/// A type that a key can have.
pub trait Value: Sized {
    /// Reads; what was understood in another way than written is remarked upon.
    fn read(
        given: &Spanned<DeValue<'_>>,
        page: &ConfigurationFile<'_>,
        remarks: &mut Vec<Wrong>,
    ) -> Result<Self, Wrong>;
    /// As TOML.
    fn show(&self) -> String;
}

fn expected(what: &str, given: &Spanned<DeValue<'_>>) -> Wrong {
    Wrong { at: given.span().start, why: format!("expected {what}, found {}", kind(given.get_ref())) }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The text as TOML.
pub fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

impl Value for bool {
    fn read(given: &Spanned<DeValue<'_>>, _: &ConfigurationFile<'_>, _: &mut Vec<Wrong>) -> Result<Self, Wrong> {
        given.get_ref().as_bool().ok_or_else(|| expected("true or false", given))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for u32 {
    fn read(given: &Spanned<DeValue<'_>>, _: &ConfigurationFile<'_>, _: &mut Vec<Wrong>) -> Result<Self, Wrong> {
        let wrong = || expected("a whole number of at least 0", given);
        let number = given.get_ref().as_integer().ok_or_else(wrong)?;
        u32::from_str_radix(number.as_str(), number.radix()).map_err(|_| wrong())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// Seconds, whole or not.
impl Value for Duration {
    fn read(given: &Spanned<DeValue<'_>>, _: &ConfigurationFile<'_>, _: &mut Vec<Wrong>) -> Result<Self, Wrong> {
        let number = match given.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => return Err(expected("a number of seconds", given)),
        };
        let seconds = number.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        seconds.ok_or_else(|| expected("a number of seconds", given))
    }

    fn show(&self) -> String {
        toml::Value::from(self.as_secs_f64()).to_string()
    }
}

impl Value for String {
    fn read(given: &Spanned<DeValue<'_>>, _: &ConfigurationFile<'_>, _: &mut Vec<Wrong>) -> Result<Self, Wrong> {
        given.get_ref().as_str().map(str::to_owned).ok_or_else(|| expected("a string", given))
    }

    fn show(&self) -> String {
        quoted(self)
    }
}

/// `~/` is the user's home; any other relative path is beside the file.
impl Value for PathBuf {
    fn read(
        given: &Spanned<DeValue<'_>>,
        page: &ConfigurationFile<'_>,
        remarks: &mut Vec<Wrong>,
    ) -> Result<Self, Wrong> {
        let text = String::read(given, page, remarks)?;
        if text.is_empty() || text.contains('\0') {
            return Err(Wrong { at: given.span().start, why: "it must be a path".into() });
        }
        match (text.strip_prefix("~/"), &page.home) {
            (Some(rest), Some(home)) => Ok(home.join(rest)),
            _ => Ok(page.folder.join(text)),
        }
    }

    fn show(&self) -> String {
        quoted(&self.to_string_lossy())
    }
}

impl<T: Value> Value for Option<T> {
    fn read(
        given: &Spanned<DeValue<'_>>,
        page: &ConfigurationFile<'_>,
        remarks: &mut Vec<Wrong>,
    ) -> Result<Self, Wrong> {
        T::read(given, page, remarks).map(Some)
    }

    fn show(&self) -> String {
        self.as_ref().map_or("# not set".to_owned(), T::show)
    }
}

impl<T: Value> Value for Vec<T> {
    fn read(
        given: &Spanned<DeValue<'_>>,
        page: &ConfigurationFile<'_>,
        remarks: &mut Vec<Wrong>,
    ) -> Result<Self, Wrong> {
        let list = given.get_ref().as_array().ok_or_else(|| expected("a list", given))?;
        list.iter().map(|item| T::read(item, page, remarks)).collect()
    }

    fn show(&self) -> String {
        format!("[{}]", self.iter().map(T::show).collect::<Vec<_>>().join(", "))
    }
}

/// Names and secrets: only the names are shown.
impl Value for BTreeMap<String, String> {
    fn read(
        given: &Spanned<DeValue<'_>>,
        page: &ConfigurationFile<'_>,
        remarks: &mut Vec<Wrong>,
    ) -> Result<Self, Wrong> {
        let table = given.get_ref().as_table().ok_or_else(|| expected("a table of names and strings", given))?;
        let entry = |(name, value): (&Spanned<_>, &_)| {
            let name: String = String::from(std::borrow::Cow::clone(name.get_ref()));
            if name.is_empty() || name.contains(['=', '\0']) {
                return Err(Wrong { at: given.span().start, why: "a variable's name must not contain `=`".into() });
            }
            Ok((name, String::read(value, page, remarks)?))
        };
        table.iter().map(entry).collect()
    }

    fn show(&self) -> String {
        let names: Vec<_> = self.keys().map(|name| format!("{} = \"…\"", quoted(name))).collect();
        format!("{{{}}}", names.join(", "))
    }
}

/// A command: program and arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(pub Vec<String>);

/// A list of strings, or one string split into words as a shell would, without expanding anything.
impl Value for Words {
    fn read(
        given: &Spanned<DeValue<'_>>,
        page: &ConfigurationFile<'_>,
        remarks: &mut Vec<Wrong>,
    ) -> Result<Self, Wrong> {
        let words = match given.get_ref() {
            DeValue::String(text) => shlex::split(text)
                .ok_or_else(|| Wrong { at: given.span().start, why: "it contains an unclosed quote".into() })?,
            DeValue::Array(_) => Vec::read(given, page, remarks)?,
            _ => return Err(expected("a list of strings, or a string", given)),
        };
        if words.iter().any(|word| word.contains('\0')) {
            return Err(Wrong { at: given.span().start, why: "it must not contain a NUL".into() });
        }
        Ok(Words(words))
    }

    fn show(&self) -> String {
        self.0.show()
    }
}

/// The keys of answers, by what a person calls the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers(pub BTreeMap<String, Vec<String>>);

/// Keys of one answer, and answers.
const KEYS: usize = 20;

/// A table of keys: a list of words, or one string of them.
impl Value for Answers {
    fn read(
        given: &Spanned<DeValue<'_>>,
        page: &ConfigurationFile<'_>,
        remarks: &mut Vec<Wrong>,
    ) -> Result<Self, Wrong> {
        let table = given.get_ref().as_table().ok_or_else(|| expected("a table of answers and their keys", given))?;
        let mut answers = BTreeMap::new();
        for (name, value) in table.iter() {
            let wrong = |at: usize, why: String| Wrong { at, why };
            let answer = name.get_ref().to_string();
            let is_plain = !answer.trim().is_empty() && !answer.contains(char::is_control) && answer.len() <= 100;
            if !is_plain || answers.len() == KEYS {
                let why = format!("at most {KEYS} answers with a name each are allowed");
                return Err(wrong(name.span().start, why));
            }
            let words = match value.get_ref() {
                DeValue::String(text) => text.split_whitespace().map(str::to_owned).collect(),
                DeValue::Array(_) => Vec::<String>::read(value, page, remarks)?,
                _ => return Err(expected("a list of keys, or a string of them", value)),
            };
            let at = value.span().start;
            if words.is_empty() || words.len() > KEYS {
                return Err(wrong(at, format!("it must have 1 to {KEYS} keys, such as `y Enter`")));
            }
            words.iter().try_for_each(|word| named::keys(word).map(drop)).map_err(|why| wrong(at, why))?;
            answers.insert(answer, words);
        }
        Ok(Answers(answers))
    }

    fn show(&self) -> String {
        let answers: Vec<_> =
            self.0.iter().map(|(name, keys)| format!("{} = {}", quoted(name), quoted(&keys.join(" ")))).collect();
        format!("{{{}}}", answers.join(", "))
    }
}

/// Patterns of one key. A project's file may set some of them, so their number and size are bounded.
const PATTERNS: usize = 100;

/// Regular expressions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patterns(pub Vec<String>);

impl Value for Patterns {
    fn read(
        given: &Spanned<DeValue<'_>>,
        page: &ConfigurationFile<'_>,
        remarks: &mut Vec<Wrong>,
    ) -> Result<Self, Wrong> {
        let list = given.get_ref().as_array().ok_or_else(|| expected("a list of patterns", given))?;
        if list.len() > PATTERNS {
            return Err(Wrong { at: given.span().start, why: format!("at most {PATTERNS} patterns are allowed") });
        }
        let mut patterns = Vec::new();
        for item in list.iter() {
            let (at, written) = (item.span().start, String::read(item, page, remarks)?);
            let literal = page.text.get(item.span()).is_some_and(|source| source.starts_with('\''));
            let meant = if literal { single_backslashes(&written) } else { written.clone() };
            if meant != written {
                let why =
                    format!("`{written}` contains a doubled backslash in a literal string and is read as `{meant}`");
                remarks.push(Wrong { at, why });
            }
            rules::check(&meant).map_err(|why| Wrong { at, why })?;
            patterns.push(meant);
        }
        let is_small = rules::are_small_together(&patterns);
        let too_large = || Wrong { at: given.span().start, why: "the patterns are too large together".to_owned() };
        is_small.then_some(Patterns(patterns)).ok_or_else(too_large)
    }

    fn show(&self) -> String {
        self.0.show()
    }
}

/// In a literal string a backslash needs no other before it; `\\s` there means a backslash and an `s`, which nobody
/// looks for on a screen.
fn single_backslashes(pattern: &str) -> String {
    let mut single = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(r"\\") {
        let after = &rest[at + 2..];
        let escape = after.starts_with(|c: char| "sSdDwWbBAz".contains(c) || "()[]{}.?*+|^$".contains(c));
        single.push_str(&rest[..at]);
        single.push_str(if escape { r"\" } else { r"\\" });
        rest = after;
    }
    single + rest
}

/// A value out of a few names; upper and lower case are the same.
pub trait Choice: Copy + PartialEq + 'static {
    /// Names with their values; the first name of a value is the one shown.
    const NAMES: &'static [(&'static str, Self)];
}

impl<T: Choice> Value for T {
    fn read(given: &Spanned<DeValue<'_>>, _: &ConfigurationFile<'_>, _: &mut Vec<Wrong>) -> Result<Self, Wrong> {
        let text = given.get_ref().as_str().ok_or_else(|| expected("a string", given))?;
        let found = T::NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<_> = T::NAMES.iter().map(|(name, _)| format!("`{name}`")).collect();
            Wrong { at: given.span().start, why: format!("it must be one of {}", names.join(", ")) }
        })
    }

    fn show(&self) -> String {
        let name = T::NAMES.iter().find(|(_, value)| value == self).map(|(name, _)| *name);
        quoted(name.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubled_backslash_before_an_escape_is_one() {
        for (written, meant) in [
            (r">\\s*$", r">\s*$"),
            (r"\\(y/n\\)", r"\(y/n\)"),
            (r"Allow\\?", r"Allow\?"),
            (r"\s", r"\s"),
            (r"C:\\Users", r"C:\\Users"),
            (r"end\\", r"end\\"),
        ] {
            assert_eq!(single_backslashes(written), meant);
        }
    }
}
