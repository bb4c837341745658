//! The table of verbs. What is not here does not exist: `:Chorus`, `:Chorus<Verb>`, `<Plug>(chorus-…)`,
//! completion, the help's list and the shell's subcommands are made from it or compared with it.

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
    Verb { name, takes, rest, bang: "", range: false, careful: false, place, does }
}

impl Verb {
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

use Takes::*;

/// Every verb, in the order of the help.
pub const VERBS: &[Verb] = &[
    verb("new", Nothing, "[title]", "both", "write a new task").bang("start it at once").range(),
    verb("start", Many, "[prompt]", "both", "start a task: tmux session, agent, context"),
    verb("send", Many, "[text]", "both", "send a prompt, delivered exactly")
        .bang("type the text as it is, so that `/compact` works")
        .range(),
    verb("interrupt", Many, "", "both", "stop the turn, keep the session"),
    verb("approve", One, "", "both", "allow the open request").careful(),
    verb("deny", One, "[reason]", "both", "refuse the open request").careful(),
    verb("answer", One, "[answer]", "both", "answer the open question").careful(),
    verb("restart", Many, "", "both", "restart the agent with its conversation")
        .bang("a fresh session with the task's context"),
    verb("complete", Many, "", "both", "end a task well")
        .bang("even while it is busy or has an open request")
        .careful(),
    verb("fail", Many, "[reason]", "both", "give a task up and say why")
        .bang("discard its branch and uncommitted edits too, after asking")
        .careful(),
    verb("reopen", Many, "", "both", "make an ended task pending again").bang("bring back what was discarded"),
    verb("delete", Many, "", "both", "remove a task that does not run").careful(),
    verb("edit", One, "", "both", "change title, description, priority or tags"),
    verb("dashboard", Nothing, "", "nvim", "the list of tasks, with keys for every verb"),
    verb("list", Nothing, "[filter]", "both", "tasks as editable text; in a shell, the listing"),
    verb("pick", Nothing, "[filter]", "nvim", "pick a task"),
    verb("show", One, "", "both", "the task's page and its journal"),
    verb("inbox", Nothing, "", "both", "the open requests"),
    verb("next", Nothing, "", "nvim", "go to the task that needs you most"),
    verb("output", One, "", "both", "the task's live output in a floating window"),
    verb("attach", One, "", "both", "the task's terminal"),
    verb("diff", One, "[part]", "both", "a task's edits: `stack`, `turn`, `uncommitted` or a commit"),
    verb("changes", Nothing, "", "both", "uncommitted edits, whose they are, and giving them to a task"),
    verb("blame", Nothing, "", "nvim", "which task wrote the cursor's line"),
    verb("commit", Many, "[message]", "both", "commit a task's edits to its branch now").careful(),
    verb("mend", One, "", "both", "do what a task's trouble offers, after asking").bang("without asking").careful(),
    verb("preview", One, "", "both", "show a worktree task's branch in the GitButler workspace")
        .bang("without asking")
        .careful(),
    verb("setup", Nothing, "", "both", "make this a GitButler project, after explaining").bang("without asking"),
    verb("explain", One, "", "both", "why the status is what it is"),
    verb("web", One, "", "both", "a web terminal by ttyd").bang("let the browser type"),
    verb("config", Nothing, "", "both", "effective configuration and where it came from"),
    verb("health", Nothing, "", "both", "what Chorus needs and whether it is there"),
    verb("install", Nothing, "", "nvim", "build the chorus program"),
    verb("log", Nothing, "", "both", "the daemon's log"),
    verb("detect", Nothing, "FILE…", "shell", "classify captured screens"),
    verb("verbs", Nothing, "", "shell", "this table"),
];

/// The verb of that name.
pub fn find(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.name == name)
}
