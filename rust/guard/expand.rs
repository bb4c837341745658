//! Expands words into fields, with the variables that the text itself sets and with what `$(echo …)` prints.

use super::syntax::{Word, WordPart};
use super::walk::{Result, Stop, Walk};
use super::{but, git};

/// Stands in a field for a value that only the shell knows.
pub const UNKNOWN: char = '\0';

/// The most bytes that one verdict may parse and expand: a bound on time and memory for hostile texts.
pub const BUDGET: usize = 8 << 20;

/// The longest value (bytes) that is followed.
const LONGEST_VALUE: usize = 64 << 10;

impl Walk {
    /// Takes `bytes` from the budget, so that values which double each other come to an end.
    pub fn spend(&mut self, bytes: usize) -> Result<()> {
        self.budget = self.budget.checked_sub(bytes + 1).ok_or(Stop::Unreadable)?;
        Ok(())
    }

    /// The fields of several words.
    pub fn fields(&mut self, words: &[Word], depth: usize) -> Result<Vec<String>> {
        let mut fields = Vec::new();
        for word in words {
            fields.extend(self.split(word, depth)?);
        }
        Ok(fields)
    }

    /// A word that the shell does not split: in an assignment, a here-document or a redirection.
    pub fn whole(&mut self, word: &Word, depth: usize) -> Result<String> {
        Ok(self.split(word, depth)?.join(" "))
    }

    fn split(&mut self, word: &Word, depth: usize) -> Result<Vec<String>> {
        if let Some(list) = word.bare().and_then(|text| text.strip_prefix('{')?.strip_suffix('}'))
            && list.contains(',')
        {
            return Ok(list.split(',').map(str::to_owned).collect());
        }
        let mut fields = Vec::new();
        let mut field: Option<String> = None;
        for part in &word.parts {
            let (values, splits) = match part {
                WordPart::Text { text, .. } => (vec![text.clone()], false),
                WordPart::Variable { name, otherwise, changed, quoted } => {
                    let stand_in = otherwise.as_ref().map(|word| self.whole(word, depth)).transpose()?;
                    let known = if *changed { None } else { self.value(name) };
                    (known.or(stand_in.filter(|_| !changed).map(|text| vec![text])).unwrap_or_else(unknown), !quoted)
                }
                WordPart::Substitution { script, quoted, file } => {
                    let printed = self.run(script, None, depth + 1)?;
                    match printed {
                        Some(text) if *file => {
                            let name = format!("/dev/fd/{}", 63 + self.files.len());
                            self.files.insert(name.clone(), text);
                            (vec![name], false)
                        }
                        Some(text) => (vec![text.trim_end().to_owned()], !quoted),
                        None => (unknown(), false),
                    }
                }
            };
            self.spend(values.iter().map(String::len).sum())?;
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    fields.extend(field.take());
                }
                if !splits {
                    field.get_or_insert_default().push_str(value);
                    continue;
                }
                if value.starts_with(char::is_whitespace) {
                    fields.extend(field.take());
                }
                for (index, piece) in value.split_whitespace().enumerate() {
                    if index > 0 {
                        fields.extend(field.take());
                    }
                    field.get_or_insert_default().push_str(piece);
                }
                if value.ends_with(char::is_whitespace) {
                    fields.extend(field.take());
                }
            }
        }
        fields.extend(field);
        Ok(fields)
    }

    fn value(&self, name: &str) -> Option<Vec<String>> {
        let arguments = self.variables.get("@");
        match (name, name.parse::<usize>()) {
            ("IFS", _) => Some(vec![" ".to_owned()]),
            (_, Ok(number @ 1..)) => Some(vec![arguments?.get(number - 1)?.clone()]),
            _ => self.variables.get(name).cloned(),
        }
    }

    /// Sets a variable. `NAME in`, the loop variable of `for`, takes the value that is most likely to be refused.
    pub fn assign(&mut self, name: &str, values: Vec<String>, append: bool) {
        if let Some(name) = name.strip_suffix(" in") {
            let value = telling(&values).unwrap_or_else(|| UNKNOWN.to_string());
            self.variables.insert(name.to_owned(), vec![value]);
            return;
        }
        let mut kept = values;
        if append && let Some(before) = self.variables.get(name) {
            kept = match (before.as_slice(), kept.as_slice()) {
                ([before], [value]) => vec![format!("{before}{value}")],
                _ => unknown(),
            };
        }
        if kept.iter().map(String::len).sum::<usize>() > LONGEST_VALUE {
            kept = unknown();
        }
        self.variables.insert(name.to_owned(), kept);
    }
}

fn unknown() -> Vec<String> {
    vec![UNKNOWN.to_string()]
}

/// Of words that are used in turn, the first that a refused command could hold, else the first.
pub fn telling(words: &[String]) -> Option<String> {
    let tells = |word: &&String| {
        let first = word.split_whitespace().next().unwrap_or_default();
        git::is_refused(first) || but::is_refused(first) || matches!(first, "git" | "but")
    };
    words.iter().find(tells).or(words.first()).cloned()
}
