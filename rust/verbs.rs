//! The table of verbs. What is not here does not exist: `:Chorus`, `:Chorus<Verb>`, `<Plug>(chorus-…)`,
//! completion, the help's list and the shell's subcommands are made from it or compared with it.

mod fits;

pub use fits::Fits;

use serde::Serialize;

/// What a verb takes as its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Takes {
    /// No task.
    Nothing,
    /// One task.
    One,
    /// Several, `all`, or a filter.
    Many,
}

/// One verb.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Verb {
    /// `start`; the command is `:ChorusStart`.
    pub name: &'static str,
    /// The task argument.
    pub takes: Takes,
    /// The tasks it applies to.
    pub fits: Fits,
    /// What may follow the task, for usage lines; empty for nothing.
    pub rest: &'static str,
    /// What `!` means; empty where it means nothing.
    pub bang: &'static str,
    /// Whether a range or selection means something.
    pub range: bool,
    /// Never acts on a guessed task: asks by a picker unless the task is given or under the cursor.
    pub careful: bool,
    /// `nvim`, `shell` or `both`.
    pub place: &'static str,
    /// One sentence.
    pub does: &'static str,
}

const fn verb(name: &'static str, takes: Takes, rest: &'static str, place: &'static str, does: &'static str) -> Verb {
    Verb { name, takes, fits: Fits::Any, rest, bang: "", range: false, careful: false, place, does }
}

impl Verb {
    const fn fits(mut self, fits: Fits) -> Verb {
        self.fits = fits;
        self
    }
    const fn bang(mut self, meaning: &'static str) -> Verb {
        self.bang = meaning;
        self
    }
    const fn range(mut self) -> Verb {
        self.range = true;
        self
    }
    const fn careful(mut self) -> Verb {
        self.careful = true;
        self
    }
    /// `ChorusStart`.
    pub fn command(&self) -> String {
        let mut letters = self.name.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase()).into_iter();
        "Chorus".chars().chain(first).chain(letters).collect()
    }
}

use Fits::*;
use Takes::*;

/// Every verb, in the order of the help.
pub const VERBS: &[Verb] = &[
    verb("new", Nothing, "[title]", "both", "write a new task").bang("start it at once").range(),
    verb("start", Many, "[prompt]", "both", "start an agent on a task, in a tmux session")
        .fits(Pending)
        .bang("start a fresh conversation with the task's context"),
    verb("send", Many, "[text]", "both", "send a prompt exactly as written")
        .fits(Live)
        .bang("type the text as it is, so that `/compact` works")
        .range(),
    verb("prompts", One, "", "both", "list, edit, reorder or remove waiting prompts").fits(Live),
    verb("resend", Many, "", "both", "send undelivered prompts again").fits(Undelivered),
    verb("dismiss", Many, "", "both", "forget undelivered prompts and every other alert").fits(Alerted),
    verb("mute", Many, "", "both", "show no notifications of a task"),
    verb("unmute", Many, "", "both", "show notifications of a task again").fits(Muted),
    verb("interrupt", Many, "", "both", "stop the turn and keep the session").fits(Busy),
    verb("approve", One, "", "both", "allow the open request").fits(Asking).careful(),
    verb("deny", One, "[reason]", "both", "deny the open request").fits(Asking).careful(),
    verb("answer", One, "[answer]", "both", "answer the open question").fits(Asking).careful(),
    verb("restart", Many, "", "both", "restart the agent and keep its conversation")
        .fits(Live)
        .bang("start a fresh conversation with the task's context"),
    verb("complete", Many, "", "both", "complete a task and end its session")
        .fits(Live)
        .bang("even while it is busy or has an open request")
        .careful(),
    verb("fail", Many, "[reason]", "both", "give up a task and record the reason")
        .fits(Live)
        .bang("also discard its branch and uncommitted edits, after confirmation")
        .careful(),
    verb("reopen", Many, "", "both", "make an ended task pending again").fits(Ended).bang("restore what was discarded"),
    verb("delete", Many, "", "both", "delete a task that is not running").fits(NotLive).careful(),
    verb("undo", Nothing, "", "both", "take the last command back, after confirmation").bang("skip the confirmation"),
    verb("edit", One, "", "both", "edit a task's title, description, priority and tags"),
    verb("dashboard", Nothing, "", "nvim", "open the dashboard: all tasks, with a key for each verb"),
    verb("list", Nothing, "[filter]", "both", "list the tasks; in Neovim, as editable text"),
    verb("pick", Nothing, "[filter]", "nvim", "pick a task"),
    verb("show", One, "", "both", "show a task's page and its journal"),
    verb("inbox", Nothing, "", "both", "list the open requests"),
    verb("next", Nothing, "", "both", "go to the task that needs you most"),
    verb("output", One, "", "both", "show a task's live output").fits(Live),
    verb("attach", One, "", "both", "open a task's terminal").fits(Live),
    verb("diff", One, "[part]", "both", "show a task's edits: `stack`, `turn`, `uncommitted` or a commit").fits(Branch),
    verb("changes", Nothing, "", "both", "show uncommitted edits and their owners; in Neovim, assign them"),
    verb("assign", One, "", "both", "assign the unclaimed edits that may be of a task to it")
        .fits(Unclaimed)
        .bang("also those that may be of other tasks")
        .careful(),
    verb("blame", Nothing, "", "nvim", "show which task wrote the current line"),
    verb("commit", Many, "[message]", "both", "commit a task's edits to its branch now").fits(Uncommitted).careful(),
    verb("mend", One, "", "both", "apply the fix proposed for a task's branch, after confirmation")
        .fits(Trouble)
        .bang("skip the confirmation")
        .careful(),
    verb("preview", One, "", "both", "show a worktree task's branch in the GitButler workspace")
        .fits(Worktree)
        .bang("skip the confirmation")
        .careful(),
    verb("setup", Nothing, "", "both", "set up GitButler in this project, after confirmation")
        .bang("skip the confirmation"),
    verb("docs", Nothing, "[category]", "both", "list the project's documents; in Neovim, open one or write a new one"),
    verb("ref", One, "[note]", "both", "tie lines, a section or a document to a task")
        .bang("the whole document, also on a heading")
        .range(),
    verb("refs", Nothing, "[file]", "both", "list the references to a document"),
    verb("context", One, "", "both", "show what the agent gets as its task's context, and choose the references"),
    verb("tell", Many, "", "both", "send what changed in documents since the agent read them, after confirmation")
        .fits(Outdated)
        .bang("skip the confirmation"),
    verb("retie", Nothing, "[reference]", "both", "move a stale reference to its nearest match, or to other lines")
        .range(),
    verb("unref", Nothing, "[reference]", "both", "take a reference away"),
    verb("explain", One, "", "both", "explain a task's status"),
    verb("web", One, "", "both", "open a task's terminal in a browser, with ttyd")
        .fits(Live)
        .bang("let the browser type"),
    verb(
        "policy",
        Nothing,
        "[test [count]]",
        "both",
        "show the rules that answer requests, or test them on the last ones",
    ),
    verb("trust", Nothing, "", "both", "trust the project's chorus.toml, after showing what it would do")
        .bang("withdraw the trust"),
    verb("audit", Nothing, "[task]", "both", "list the answers to requests: by whom, and what was seen and sent"),
    verb("config", Nothing, "", "both", "show the effective configuration and its sources"),
    verb("health", Nothing, "", "both", "check what Chorus needs"),
    verb("install", Nothing, "", "nvim", "install the chorus program"),
    verb("log", Nothing, "", "both", "show the daemon's log"),
    verb("wait", Many, "", "shell", "wait until a task is idle, needs you, or has ended").fits(Live),
    verb("completions", Nothing, "SHELL", "shell", "print a completion script for bash, zsh or fish"),
    verb("man", Nothing, "", "shell", "print the manual page"),
    verb("detect", Nothing, "FILE…", "shell", "classify captured screens"),
    verb("verbs", Nothing, "", "shell", "list the verbs"),
];

/// The verb of that name.
pub fn find(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.name == name)
}
