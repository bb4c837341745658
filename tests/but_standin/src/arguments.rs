//! Command lines, in the manner of the program that is stood in for: options anywhere, `--` ends them, exit 2 for
//! what is not known.

use super::answer::Refusal;
use std::collections::BTreeMap;

/// What one command takes.
pub struct Form {
    /// Options with a value, every spelling; the first names it.
    pub valued: &'static [&'static [&'static str]],
    /// Options whose value may be left out.
    pub optional: &'static [&'static [&'static str]],
    /// Options without a value.
    pub flags: &'static [&'static [&'static str]],
    /// The line after `Usage: but`.
    pub usage: &'static str,
}

/// One command line, understood.
#[derive(Default, Debug)]
pub struct Arguments {
    values: BTreeMap<&'static str, Vec<String>>,
    flags: Vec<&'static str>,
    /// What is left, in its order.
    pub rest: Vec<String>,
}

impl Form {
    /// Understands a command line.
    pub fn read(&self, words: &[String]) -> Result<Arguments, Refusal> {
        let mut found = Arguments::default();
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            if word == "--" {
                found.rest.extend(words.cloned());
                break;
            }
            if !word.starts_with('-') || word == "-" {
                found.rest.push(word.clone());
                continue;
            }
            let (option, attached) = split(word);
            if let Some(name) = named(self.flags, option) {
                found.flags.push(name);
            } else if let Some(name) = named(self.valued, option) {
                // A value of its own must not look like an option.
                let next = || words.next_if(|next| !next.starts_with('-') || next.as_str() == "-").cloned();
                let value = attached.or_else(next).ok_or_else(|| {
                    self.refusal(&format!("a value is required for '{option} <VALUE>' but none was supplied"))
                })?;
                found.values.entry(name).or_default().push(value);
            } else if let Some(name) = named(self.optional, option) {
                let next = words.next_if(|next| !next.starts_with('-')).cloned();
                found.flags.push(name);
                found.values.entry(name).or_default().extend(attached.or(next));
            } else {
                let tip = format!("  tip: to pass '{option}' as a value, use '-- {option}'");
                return Err(self.refusal(&format!("unexpected argument '{option}' found\n\n{tip}")));
            }
        }
        Ok(found)
    }

    fn refusal(&self, why: &str) -> Refusal {
        let usage = self.usage;
        Refusal::Usage(format!("error: {why}\n\nUsage: but {usage}\n\nFor more information, try '--help'."))
    }

    /// The text of `--help`, reduced to usage and option names.
    pub fn help(&self) -> String {
        let mut text = format!("Usage: but {}\n\nOptions:\n", self.usage);
        let line = |names: &&'static [&'static str]| {
            let mut names: Vec<&str> = names.to_vec();
            names.sort_by_key(|name| name.len());
            names.join(", ")
        };
        self.valued.iter().for_each(|names| text.push_str(&format!("  {} <VALUE>\n", line(names))));
        self.optional.iter().for_each(|names| text.push_str(&format!("  {} [<VALUE>]\n", line(names))));
        self.flags.iter().for_each(|names| text.push_str(&format!("  {}\n", line(names))));
        text + "  -h, --help\n"
    }
}

impl Arguments {
    /// Whether a flag, or an option with a value that may be left out, was given.
    pub fn has(&self, name: &str) -> bool {
        self.flags.contains(&name)
    }

    /// An option's last value.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.last().map(String::as_str)
    }

    /// Every value of an option.
    pub fn values(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// The first word that is no option.
    pub fn first(&self) -> Option<&str> {
        self.rest.first().map(String::as_str)
    }
}

fn named(options: &'static [&'static [&'static str]], option: &str) -> Option<&'static str> {
    options.iter().find(|names| names.contains(&option)).map(|names| names[0])
}

fn split(word: &str) -> (&str, Option<String>) {
    if word.starts_with("--") {
        return word.split_once('=').map_or((word, None), |(option, value)| (option, Some(value.to_owned())));
    }
    match word.char_indices().nth(2) {
        Some((at, _)) => (&word[..at], Some(word[at..].trim_start_matches('=').to_owned())),
        None => (word, None),
    }
}
