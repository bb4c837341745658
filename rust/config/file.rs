//! One source put over the configuration so far: what it sets, and what is wrong with it.

use super::section::{KeyReach, Section};
use super::value::Wrong;
use super::{Agent, Configuration};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Sections and keys of the Python dashboard that mean nothing here.
const RETIRED: &[&str] = &[
    "server",
    "editor",
    "monitoring",
    "status_polling",
    "tmux.session_prefix",
    "logging.log_subprocess",
    "logging.log_api_requests",
];

/// A source that is being read.
pub struct ConfigurationFile<'t> {
    /// A file's path or a variable's name.
    pub name: String,
    /// All of it.
    pub text: &'t str,
    /// Where its relative paths start.
    pub folder: PathBuf,
    /// The user's home.
    pub home: Option<PathBuf>,
    /// Whether its commands, permissions and paths count.
    pub trusted: bool,
}

/// What is found over all sources.
#[derive(Default)]
pub struct Report {
    /// Dotted key to the name of the source that set it last.
    pub origins: BTreeMap<String, String>,
    /// What a person should know.
    pub notices: Vec<String>,
    /// What a person is told once, unasked.
    pub warnings: Vec<String>,
    /// Keys that do not count because the file is not trusted.
    pub untrusted: Vec<String>,
    /// What is wrong.
    pub faults: Vec<String>,
}

/// `section.key`.
pub fn dotted(section: &str, key: &str) -> String {
    if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }
}

/// Puts a file over `config`.
pub fn apply(page: &ConfigurationFile<'_>, config: &mut Configuration, report: &mut Report) {
    let mut reading = Reading { page, config, set: Vec::new(), found: Findings::default() };
    match DeTable::parse(page.text) {
        Ok(table) => reading.table("", table.get_ref()),
        Err(error) => {
            let why = error.message().lines().collect::<Vec<_>>().join(", ");
            reading.found.wrong.push(Wrong { at: error.span().map_or(0, |span| span.start), why });
        }
    }
    for key in reading.set {
        let before = report.origins.get(&key).filter(|_| key.starts_with("policy."));
        let origin = before.map_or_else(|| page.name.clone(), |before| format!("{before}, {}", page.name));
        report.origins.insert(key, origin);
    }
    let found = reading.found;
    report.faults.extend(told(page, found.wrong));
    report.notices.extend(told(page, found.remarks));
    if !found.retired.is_empty() {
        let keys = found.retired.join(", ");
        report.notices.push(format!("{}: ignored, because this version no longer uses it: {keys}", page.name));
    }
    if !found.guarded.is_empty() {
        let keys = found.guarded.join(", ");
        let why = "ignored until you trust this file (`trust` shows what it would do)";
        report.warnings.push(format!("{}: {why}: {keys}", page.name));
        report.untrusted.extend(found.guarded);
    }
}

/// Puts an environment variable over `config`.
pub fn apply_variable(page: &ConfigurationFile<'_>, key: &str, config: &mut Configuration, report: &mut Report) {
    let (section, key) = key.rsplit_once('.').unwrap_or(("", key));
    let Some((_, target)) = config.sections().into_iter().find(|(name, _)| name == section) else { return };
    let text = Spanned::new(0..page.text.len(), DeValue::String(page.text.into()));
    // A number comes as text, too.
    let set = target.set(key, &text, page).or_else(|wrong| match DeValue::parse(page.text) {
        Ok(value) => target.set(key, &value, page),
        Err(_) => Err(wrong),
    });
    match set {
        Ok(_) => {
            report.origins.insert(dotted(section, key), page.name.clone());
        }
        Err(wrong) => report.faults.push(format!("{}: {}", page.name, wrong.why)),
    }
}

/// In the order of the lines, each with its place.
fn told(page: &ConfigurationFile<'_>, mut all: Vec<Wrong>) -> impl Iterator<Item = String> {
    all.sort_by_key(|wrong| wrong.at);
    all.into_iter().map(|wrong| format!("{}:{}: {}", page.name, place(page.text, wrong.at), wrong.why))
}

/// What is found in one file.
#[derive(Default)]
struct Findings {
    wrong: Vec<Wrong>,
    remarks: Vec<Wrong>,
    retired: Vec<String>,
    guarded: Vec<String>,
}

struct Reading<'p, 't> {
    page: &'p ConfigurationFile<'t>,
    config: &'p mut Configuration,
    /// Dotted keys.
    set: Vec<String>,
    found: Findings,
}

type ConfiguredKey<'e, 'i> = (&'e Spanned<Cow<'i, str>>, &'e Spanned<DeValue<'i>>);

impl Reading<'_, '_> {
    fn table(&mut self, section: &str, table: &DeTable<'_>) {
        for entry in table.iter() {
            let full = dotted(section, entry.0.get_ref());
            if RETIRED.contains(&full.as_str()) {
                self.found.retired.push(full);
            } else if section == "agent" && entry.1.get_ref().is_table() {
                self.agent(full, entry);
            } else {
                self.entry(section, full, entry);
            }
        }
    }

    /// `[agent.NAME]`: a new one is made, but not by a project, which would choose a command by it.
    fn agent(&mut self, full: String, (name, value): ConfiguredKey<'_, '_>) {
        let known = self.config.agents.contains_key(name.get_ref().as_ref());
        if !is_name(name.get_ref()) {
            let why =
                format!("`{}` cannot be an agent's name: use letters, digits, `-` and `_`", shown(name.get_ref()));
            self.found.wrong.push(Wrong { at: name.span().start, why });
        } else if !known && !self.page.trusted {
            self.found.guarded.push(full);
        } else {
            let agent = || Agent::named(name.get_ref());
            self.config.agents.entry(name.get_ref().to_string()).or_insert_with(agent);
            if let DeValue::Table(inner) = value.get_ref() {
                self.table(&full, inner);
            }
        }
    }

    fn entry(&mut self, section: &str, full: String, (key, value): ConfiguredKey<'_, '_>) {
        let sections = self.config.sections();
        let at = key.span().start;
        let below = format!("{full}.");
        let is_section = sections.iter().any(|(name, _)| *name == full || name.starts_with(&below));
        match (reach(&sections, section, key.get_ref()), value.get_ref()) {
            (Some(KeyReach::Environment), _) => {
                self.found
                    .wrong
                    .push(Wrong { at, why: format!("`{full}` can only be set by an environment variable") });
            }
            (Some(KeyReach::Guarded), _) if !self.page.trusted => self.found.guarded.push(full),
            (Some(_), _) => self.set(section, full, (key, value)),
            (None, DeValue::Table(inner)) if is_section => self.table(&full, inner),
            (None, _) if is_section => {
                self.found.wrong.push(Wrong { at, why: format!("`{full}` is a section: write [{full}]") });
            }
            (None, _) => {
                let why = format!("unknown key `{}`{}", shown(&full), near(&sections, section, key.get_ref()));
                self.found.wrong.push(Wrong { at, why });
            }
        }
    }

    fn set(&mut self, section: &str, full: String, (key, value): ConfiguredKey<'_, '_>) {
        let target = self.config.sections().into_iter().find(|(name, _)| name == section);
        match target.map(|(_, target)| target.set(key.get_ref(), value, self.page)) {
            Some(Ok(remarks)) => {
                self.found.remarks.extend(named(&full, remarks));
                self.set.push(full);
            }
            Some(Err(wrong)) => self.found.wrong.extend(named(&full, vec![wrong])),
            None => {}
        }
    }
}

type Sections<'c> = [(String, &'c mut dyn Section)];

fn reach(sections: &Sections<'_>, section: &str, key: &str) -> Option<KeyReach> {
    let (_, section) = sections.iter().find(|(name, _)| name == section)?;
    section.keys().iter().find(|known| known.name == key).map(|known| known.reach)
}

/// Where the key belongs, or the key or section most like it.
fn near(sections: &Sections<'_>, section: &str, key: &str) -> String {
    let belongs = sections.iter().find(|(_, other)| other.keys().iter().any(|known| known.name == key));
    if let Some((name, _)) = belongs.filter(|(name, _)| !name.is_empty()) {
        return format!("; it belongs to [{name}]");
    }
    let keys = sections.iter().filter(|(name, _)| name == section).flat_map(|(_, it)| it.keys()).map(|key| key.name);
    let prefix = if section.is_empty() { String::new() } else { format!("{section}.") };
    let inner = sections.iter().filter_map(|(name, _)| name.strip_prefix(&prefix)?.split('.').next());
    keys.chain(inner)
        .map(|name| (strsim::jaro_winkler(name, key), name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(String::new(), |(_, name)| format!("; did you mean `{name}`?"))
}

fn named(key: &str, all: Vec<Wrong>) -> impl Iterator<Item = Wrong> {
    all.into_iter().map(move |wrong| Wrong { why: format!("`{key}`: {}", wrong.why), ..wrong })
}

fn is_name(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

/// A key of a file that may be hostile, on one short line.
fn shown(key: &str) -> String {
    key.chars().take(100).flat_map(char::escape_debug).collect()
}

/// The line of byte `at`, from 1.
pub fn line(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or(text).matches('\n').count() + 1
}

/// `LINE:COLUMN`, both from 1, in characters.
fn place(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = line(text, at);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{line}:{column}")
}
