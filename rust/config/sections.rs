//! Every key there is. This is the only list of them.

use super::checks::*;
use super::section::section;
use super::value::{Answers, Choice, Patterns, Words};
use crate::contract::{Environment, Renderer};
use crate::notifications::{NotificationRules, Occasion, QuietHours};
use crate::status::Millis;
use crate::task::Isolation;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

section! {
    /// What only the environment sets.
    General {
        /// The project's folder; else it is found from the working folder.
        Environment project_root: Option<PathBuf> = None;
        /// Where store, socket, log, drafts and worktrees are.
        Environment state_dir: Option<PathBuf> = None;
    }
}

section! {
    /// `[agent]`.
    Agents {
        /// Default agent of tasks that do not set one.
        Guarded default: String = "claude".into() => filled;
    }
}

section! {
    /// `[agent.NAME]`.
    Agent {
        /// Program and first arguments: a list, or one string split into words as a shell would.
        Guarded command: Words = Words::default() => at_least_one_word;
        /// Arguments added after Chorus's own.
        Guarded args: Words = Words::default();
        /// Variables set for the agent. Their values are never shown.
        Guarded env: BTreeMap<String, String> = BTreeMap::new();
        /// How the agent draws.
        Free renderer: Renderer = Renderer::Classic;
        /// Passed to the agent where the task names none.
        Guarded permission_mode: Option<String> = None => no_bypass;
        /// Passed to the agent where the task names none.
        Free model: Option<String> = None => one_word_if_any;
        /// A file with further screen rules.
        Guarded rules: Option<PathBuf> = None;
        /// Regular expressions: a line of the screen says that the agent waits for an answer.
        Guarded waiting: Patterns = Patterns::default();
        /// A line says that a turn runs.
        Guarded busy: Patterns = Patterns::default();
        /// A line says that the agent takes a prompt.
        Guarded idle: Patterns = Patterns::default();
        /// How many lines at the end of the screen the patterns see, blank ones left out.
        Guarded lines: Option<u32> = None => few_if_any;
        /// The keys of each answer, pressed one after the other.
        Guarded answers: Answers = Answers::default();
    }
}

section! {
    /// `[tmux]`.
    Tmux {
        /// The tmux program.
        Guarded command: String = "tmux".into() => filled;
        /// The server's socket: a name, or an absolute path. Unset, it follows the state folder.
        Guarded socket: Option<String> = None => socket;
        /// The key that leaves an attached terminal.
        Guarded detach_key: String = "C-\\".into() => key;
        /// Width of new panes, in cells.
        Free columns: u32 = 120 => within(80, 1000);
        /// Height of new panes, in cells.
        Free rows: u32 = 40 => within(24, 1000);
        /// Lines kept above the screen.
        Free history_limit: u32 = 10_000 => within(100, 1_000_000);
        /// Time between two looks at the panes whose screen is needed, all in one tmux process; in seconds.
        Free poll_interval: Duration = Duration::from_millis(200) => within(Duration::from_millis(100), Duration::from_secs(3600));
    }
}

section! {
    /// `[status.idle]` and `[status.waiting]`.
    Screens {
        /// Regular expressions, matched on the last 15 lines of a screen that are not blank.
        Free patterns: Patterns = Patterns::default();
    }
}

section! {
    /// `[documents]`.
    Documents {
        /// Globs, relative to the project.
        Free patterns: Vec<String> = globs(&["*.md", "docs/**/*.md", ".claude/**/*.md"]) => are_globs;
        /// Documents that are listed first.
        Free pinned: Vec<String> = Vec::new() => are_globs;
        /// Documents from which `docs new` makes new ones.
        Free templates: Vec<String> = globs(&["docs/templates/**/*.md", ".claude/templates/**/*.md"]) => are_globs;
    }
}

section! {
    /// `[documents.categories]`: globs for each category. The first that matches decides, in this order; case counts for
    /// nothing.
    Categories {
        /// Documents without another category.
        Free general: Vec<String> = Vec::new() => are_globs;
        /// What agents are to heed.
        Free instructions: Vec<String> = globs(&["**/CLAUDE*.md", "**/AGENTS.md", "**/CONTRIBUTING.md", "**/.claude/{agents,commands,skills}/**"]) => are_globs;
        /// What is to be done.
        Free plans: Vec<String> = globs(&["**/*PLAN*.md", "**/*TODO*.md", "**/*ROADMAP*.md", "**/plans/**"]) => are_globs;
        /// What people and agents tell each other.
        Free communication: Vec<String> = globs(&["**/*NOTES*.md", "**/*CHANGELOG*.md", "**/*STATUS*.md", "**/communication/**"]) => are_globs;
        /// What one has to know.
        Free context: Vec<String> = globs(&["**/*CONTEXT*.md", "**/*ARCHITECTURE*.md", "**/*DESIGN*.md", "**/*SPEC*.md", "**/context/**"]) => are_globs;
    }
}

section! {
    /// `[vcs]`.
    Vcs {
        /// Default isolation of tasks that do not set one.
        Free isolation: Isolation = Isolation::Auto;
        /// When a task's edits are committed.
        Free commit: CommitWhen = CommitWhen::Turn;
        /// What happens before an edit of a file that holds another task's uncommitted edits.
        Free overlap: Overlap = Overlap::Tell;
        /// Whether the kernel reports what the processes of stack tasks' agents write.
        Guarded trace: Trace = Trace::Auto;
        /// Whether the repository's hooks run where Chorus commits.
        Guarded hooks: RunHooks = RunHooks::Unchanged;
        /// Who commits.
        Guarded committer: Committer = Committer::Chorus;
        /// GitButler's program: a path, or a name in the PATH of the process that starts the task.
        Guarded but: String = "but".to_owned() => filled;
        /// How a commit message is made, from `{title}`, `{number}`, `{prompt}` and `{summary}` (the last message of the agent).
        Free message: Option<String> = None => filled_lines;
    }
}

section! {
    /// `[vcs.worktree]`.
    Worktree {
        /// Paths copied from the project into a new worktree.
        Guarded copy: Vec<String> = Vec::new();
        /// Paths linked from the project into a new worktree.
        Guarded link: Vec<String> = Vec::new();
        /// Commands run in a new worktree.
        Guarded run: Vec<Words> = Vec::new();
    }
}

section! {
    /// `[notifications]`.
    Notifications {
        /// Whether there are any.
        Free enabled: bool = true;
        /// The events that Chorus notifies of.
        Free events: Vec<Occasion> = vec![Occasion::Request, Occasion::Turn, Occasion::Error, Occasion::Prompt];
        /// Where notifications are shown.
        Free channel: Channel = Channel::Auto;
        /// The sequence that notifies a Neovim's terminal.
        Free terminal: TerminalSignal = TerminalSignal::Osc9;
        /// Whether a permission that is shown whole has buttons.
        Free buttons: bool = true;
        /// Seconds that an event must last before its notification.
        Free dwell: Duration = Duration::from_secs(5) => within(Duration::ZERO, Duration::from_secs(3600));
        /// From one notification of a task to its next; in seconds.
        Free cooldown: Duration = Duration::from_secs(60) => within(Duration::ZERO, Duration::from_secs(86_400));
        /// From one notification to the next of whatever task, which doubles as long as they follow each other; in seconds.
        Free merge: Duration = Duration::from_secs(5) => within(Duration::ZERO, Duration::from_secs(3600));
        /// Hours without notifications, such as `22:00-07:30`.
        Free quiet_hours: Option<String> = None => quiet_hours;
    }
}

section! {
    /// `[database]`.
    Database {
        /// Where the store is: `sqlite:///name` in the state folder, `sqlite:////absolute/path`.
        Guarded url: Option<String> = None => sqlite;
    }
}

section! {
    /// `[web]`.
    Web {
        /// The ttyd program.
        Guarded command: String = "ttyd".into() => filled;
    }
}

section! {
    /// `[logging]`.
    Logging {
        /// The least that is logged.
        Free level: log::LevelFilter = log::LevelFilter::Info;
    }
}

impl Agent {
    /// The environment that the agent gets where `client` asks for it: the configured variables override the client's.
    pub fn environment(&self, client: &Environment) -> Environment {
        let mut environment = client.clone();
        environment.0.extend(self.env.clone());
        environment
    }

    /// An agent whose command is its name.
    pub fn named(name: &str) -> Agent {
        Agent { command: Words(vec![name.to_owned()]), ..Agent::default() }
    }
}

impl Database {
    /// The store's file for a state folder.
    pub fn file(&self, state: &Path) -> PathBuf {
        match self.url.as_deref().and_then(|url| url.strip_prefix("sqlite:///")) {
            Some(path) => state.join(path),
            None => state.join(crate::paths::STORE),
        }
    }
}

impl Choice for Renderer {
    const NAMES: &'static [(&'static str, Self)] =
        &[("classic", Renderer::Classic), ("fullscreen", Renderer::Fullscreen)];
}

/// When a task's edits are committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitWhen {
    /// After each turn.
    Turn,
    /// When the task is completed.
    Complete,
    /// Never by itself.
    Manual,
}

impl Choice for CommitWhen {
    const NAMES: &'static [(&'static str, Self)] =
        &[("turn", CommitWhen::Turn), ("complete", CommitWhen::Complete), ("manual", CommitWhen::Manual)];
}

/// What happens before an edit of a file that holds another task's uncommitted edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// Chorus names the owning tasks to the agent.
    Tell,
    /// The person is asked.
    Ask,
    /// Nothing.
    Off,
}

impl Choice for Overlap {
    const NAMES: &'static [(&'static str, Self)] =
        &[("tell", Overlap::Tell), ("ask", Overlap::Ask), ("off", Overlap::Off)];
}

/// Whether the kernel reports what agents' processes write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// For tasks that share a working tree, where it can.
    Auto,
    /// Never.
    Off,
}

impl Choice for Trace {
    const NAMES: &'static [(&'static str, Self)] = &[("auto", Trace::Auto), ("off", Trace::Off)];
}

/// Whether the repository's hooks run where Chorus commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunHooks {
    /// While they are as in the task's base.
    Unchanged,
    /// Never.
    Never,
    /// Also those that the task changed.
    Always,
}

impl Choice for RunHooks {
    const NAMES: &'static [(&'static str, Self)] =
        &[("unchanged", RunHooks::Unchanged), ("never", RunHooks::Never), ("always", RunHooks::Always)];
}

/// Who commits to stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committer {
    /// Chorus.
    Chorus,
    /// GitButler's own hooks in the agent's settings.
    ButHooks,
}

impl Choice for Committer {
    const NAMES: &'static [(&'static str, Self)] = &[("chorus", Committer::Chorus), ("but-hooks", Committer::ButHooks)];
}

/// Where Chorus notifies a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// On the desktop, else at a Neovim's terminal.
    Auto,
    /// On the desktop only.
    Desktop,
    /// At a Neovim's terminal only.
    Terminal,
    /// Nowhere.
    Off,
}

impl Choice for Channel {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("auto", Channel::Auto),
        ("desktop", Channel::Desktop),
        ("terminal", Channel::Terminal),
        ("off", Channel::Off),
    ];
}

/// The escape sequence that notifies a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminalSignal {
    /// OSC 9: iTerm2, kitty, WezTerm, Ghostty, foot.
    Osc9,
    /// OSC 777: urxvt, foot, Ghostty, WezTerm.
    Osc777,
    /// The bell.
    Bell,
}

impl Choice for TerminalSignal {
    const NAMES: &'static [(&'static str, Self)] =
        &[("osc9", TerminalSignal::Osc9), ("osc777", TerminalSignal::Osc777), ("bell", TerminalSignal::Bell)];
}

impl TerminalSignal {
    /// As Lua knows it.
    pub fn word(self) -> &'static str {
        Self::NAMES.iter().find(|(_, signal)| *signal == self).map_or("bell", |(word, _)| word)
    }
}

impl Choice for Occasion {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("request", Occasion::Request),
        ("turn", Occasion::Turn),
        ("error", Occasion::Error),
        ("prompt", Occasion::Prompt),
    ];
}

impl Notifications {
    /// The values for the decision.
    pub fn rules(&self) -> NotificationRules {
        let millis = |time: Duration| Millis::try_from(time.as_millis()).unwrap_or(Millis::MAX / 2);
        NotificationRules {
            enabled: self.enabled && self.channel != Channel::Off,
            occasions: self.events.clone(),
            dwell: millis(self.dwell),
            cooldown: millis(self.cooldown),
            merge: millis(self.merge),
            quiet: self.quiet_hours.as_deref().and_then(QuietHours::parse),
        }
    }
}

impl Choice for Isolation {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("auto", Isolation::Auto),
        ("stack", Isolation::Stack),
        ("worktree", Isolation::Worktree),
        ("none", Isolation::None),
    ];
}

impl Choice for log::LevelFilter {
    // The last two are what the Python dashboard called them.
    const NAMES: &'static [(&'static str, Self)] = &[
        ("off", log::LevelFilter::Off),
        ("error", log::LevelFilter::Error),
        ("warn", log::LevelFilter::Warn),
        ("info", log::LevelFilter::Info),
        ("debug", log::LevelFilter::Debug),
        ("trace", log::LevelFilter::Trace),
        ("warning", log::LevelFilter::Warn),
        ("critical", log::LevelFilter::Error),
    ];
}

fn globs(globs: &[&str]) -> Vec<String> {
    globs.iter().map(|glob| (*glob).to_owned()).collect()
}
