//! Configuration: `chorus.toml` of the user and of the project, and the environment over both.
//!
//! [`load`] is pure. What is wrong in a file is told with its place and left out; the rest of the file counts.

use crate::contract::{self, Code, Setting};
use crate::error::{Error, Result};
use crate::policy::{Action, Rule, Rules, contradictions};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

mod checks;
mod file;
mod policy;
mod read;
mod section;
mod sections;
#[cfg(test)]
mod tests;
mod trust;
mod value;
mod written;

pub use policy::Policy;
pub use read::{Files, GoodFiles, files, find, read};
pub use sections::*;
pub use trust::fingerprint;
pub use value::Patterns;
pub use written::{with_rule, written};

use file::{ConfigurationFile, Report};
use section::Section;

/// The name of every configuration file.
pub const FILE: &str = "chorus.toml";

/// The effective configuration. `Default` is what counts where nothing is configured.
#[derive(Clone, Debug, PartialEq)]
pub struct Configuration {
    /// What only the environment sets.
    pub general: General,
    /// Which agent.
    pub agent: Agents,
    /// Agents by name.
    pub agents: BTreeMap<String, Agent>,
    /// The tmux server and its panes.
    pub tmux: Tmux,
    /// Patterns of a screen on which the agent is idle.
    pub idle: Screens,
    /// Patterns of a screen on which the agent waits.
    pub waiting: Screens,
    /// Documents.
    pub documents: Documents,
    /// Categories of documents.
    pub categories: Categories,
    /// Version control.
    pub vcs: Vcs,
    /// Preparation of a worktree.
    pub worktree: Worktree,
    /// Notifications.
    pub notifications: Notifications,
    /// The store.
    pub database: Database,
    /// The web terminal.
    pub web: Web,
    /// The daemon's log.
    pub logging: Logging,
    /// Rules that answer requests.
    pub policy: Policy,
}

impl Default for Configuration {
    fn default() -> Self {
        Configuration {
            general: General::default(),
            agent: Agents::default(),
            agents: BTreeMap::from([("claude".to_owned(), Agent::named("claude"))]),
            tmux: Tmux::default(),
            idle: Screens::default(),
            waiting: Screens::default(),
            documents: Documents::default(),
            categories: Categories::default(),
            vcs: Vcs::default(),
            worktree: Worktree::default(),
            notifications: Notifications::default(),
            database: Database::default(),
            web: Web::default(),
            logging: Logging::default(),
            policy: Policy::default(),
        }
    }
}

impl Configuration {
    /// The agent of that name; one that is not configured is its name as a command.
    pub fn agent(&self, name: &str) -> Agent {
        self.agents.get(name).cloned().unwrap_or_else(|| Agent::named(name))
    }

    /// Every section with its name in the file.
    fn sections(&mut self) -> Vec<(String, &mut dyn Section)> {
        let named: [(&str, &mut dyn Section); 14] = [
            ("", &mut self.general),
            ("agent", &mut self.agent),
            ("tmux", &mut self.tmux),
            ("status.idle", &mut self.idle),
            ("status.waiting", &mut self.waiting),
            ("documents", &mut self.documents),
            ("documents.categories", &mut self.categories),
            ("vcs", &mut self.vcs),
            ("vcs.worktree", &mut self.worktree),
            ("notifications", &mut self.notifications),
            ("database", &mut self.database),
            ("web", &mut self.web),
            ("logging", &mut self.logging),
            ("policy", &mut self.policy),
        ];
        let mut all: Vec<_> = named.map(|(name, section)| (name.to_owned(), section)).into();
        let agents = self.agents.iter_mut();
        all.splice(2..2, agents.map(|(name, agent)| (format!("agent.{name}"), agent as &mut dyn Section)));
        all
    }
}

/// A file's path and text.
pub type Source = (PathBuf, String);

/// What the files and the environment amount to.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Loaded {
    /// The effective values.
    pub config: Configuration,
    /// The same as rows, with their origins.
    pub settings: Vec<Setting>,
    /// What a person should know.
    pub notices: Vec<String>,
    /// What is wrong, as `FILE:LINE:COLUMN: …`.
    pub faults: Vec<String>,
    /// Those of the notices that a person is told once, unasked.
    pub warnings: Vec<String>,
    /// Keys of the project's file that do not count because it is not trusted.
    pub untrusted: Vec<String>,
    /// Why nothing may be done that these values would allow: they are only a part of what the person wrote, and no
    /// good file was read before. Agents could get rights that the person denies them in the rest.
    pub gap: Option<String>,
}

impl Loaded {
    /// Refuses to act on values that are only a part of what the person wrote.
    pub fn whole(&self) -> Result<()> {
        let Some(fault) = &self.gap else { return Ok(()) };
        Err(Error::new(Code::BadInput, format!("the configuration has a fault: {fault}"))
            .hint("correct it and try again: until then Chorus starts no agent and commits nothing by itself"))
    }

    /// The rules that count. While a file has a fault, nobody is allowed anything by a rule.
    pub fn rules(&self) -> Rules {
        let counts = |rule: &&Rule| self.faults.is_empty() || rule.action != Action::Allow;
        Rules { rules: self.config.policy.rules.rules.iter().filter(counts).cloned().collect() }
    }

    /// The reply to `config`.
    pub fn reply(&self) -> contract::Config {
        let notices = self.faults.iter().chain(&self.notices).cloned().collect();
        contract::Config { values: self.settings.clone(), notices }
    }
}

/// Variables that set keys, strongest first: a name, and the key.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("CHORUS_PROJECT_ROOT", "project_root"),
    ("CHORUS_STATE_DIR", "state_dir"),
    ("CHORUS_ISOLATION", "vcs.isolation"),
    ("CHORUS_POLL_INTERVAL", "tmux.poll_interval"),
    ("CHORUS_TMUX_SOCKET", "tmux.socket"),
];

/// Puts defaults, the user's file, the project's file and the environment over each other. `is_trusted` says whether the
/// project's file may run commands, widen permissions and change paths.
pub fn load(
    user: Option<Source>,
    project: Option<Source>,
    is_trusted: bool,
    environment: &BTreeMap<String, String>,
) -> Loaded {
    load_with(user, project, is_trusted, Narrowing::default(), environment)
}

/// What a text of the project's file denies and asks about that a person trusted and that is there no more.
#[derive(Default)]
struct Narrowing {
    rules: Vec<Rule>,
    /// Whether there is no file at all.
    is_gone: bool,
}

/// [`load`], with the rules of an earlier text of the project's file.
fn load_with(
    user: Option<Source>,
    project: Option<Source>,
    is_trusted: bool,
    narrowing: Narrowing,
    environment: &BTreeMap<String, String>,
) -> Loaded {
    let mut config = Configuration::default();
    let mut report = Report::default();
    let home = environment.get("HOME").map(PathBuf::from);
    for (source, trusted) in [(user, true), (project, is_trusted)] {
        if let Some((path, text)) = source {
            let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
            let page = ConfigurationFile {
                name: path.display().to_string(),
                text: &text,
                folder,
                home: home.clone(),
                trusted,
            };
            file::apply(&page, &mut config, &mut report);
        }
    }
    if let Some(file) = narrowing.rules.first().map(|rule| rule.place.file.clone()) {
        let why = match narrowing.is_gone {
            true => {
                "is gone; the deny and ask rules that you trusted still count until you withdraw the trust (`trust!`, in a \
                shell `trust --withdraw`)"
            }
            false => {
                "is not as you trusted it; its deny and ask rules of then still count (`trust` shows what changed)"
            }
        };
        report.warnings.push(format!("{file}: {why}"));
    }
    for mut rule in narrowing.rules {
        rule.place.file += " as you trusted it";
        config.policy.rules.rules.push(rule);
    }
    let mut gap = None;
    for (variable, key) in ENVIRONMENT.iter().rev() {
        let before = report.faults.len();
        if let Some(text) = environment.get(*variable).filter(|text| !text.is_empty()) {
            let folder = PathBuf::new();
            let page =
                ConfigurationFile { name: (*variable).to_owned(), text, folder, home: home.clone(), trusted: true };
            file::apply_variable(&page, key, &mut config, &mut report);
        }
        // Only one of them keeps agents apart.
        if *key == "vcs.isolation" {
            gap = report.faults.get(before).cloned();
        }
    }
    let settings = settings(&mut config, &report.origins);
    let mut warnings = report.warnings;
    warnings.extend(contradictions(&config.policy.rules));
    let notices = report.notices.into_iter().chain(warnings.iter().cloned()).collect();
    Loaded { config, settings, notices, faults: report.faults, warnings, untrusted: report.untrusted, gap }
}

fn settings(config: &mut Configuration, origins: &BTreeMap<String, String>) -> Vec<Setting> {
    let mut settings = Vec::new();
    for (name, section) in config.sections() {
        for key in section.keys() {
            let dotted = file::dotted(&name, key.name);
            let origin = origins.get(&dotted).cloned().unwrap_or_else(|| "default".to_owned());
            settings.push(Setting { value: section.show(key.name), key: dotted, origin });
        }
    }
    settings
}
