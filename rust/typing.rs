//! How text gets into a terminal program: what a plan to type it is made of. An adapter makes the plan, for it knows how
//! its agent's prompt looks and what the agent does with a key; tmux carries it out. Pure.

pub mod named;
pub mod prepared;

use crate::error::Result;
use std::fmt::Debug;

/// A key that Chorus presses. Text is pasted, not typed by keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Key {
    Enter,
    Escape,
    Tab,
    BackTab,
    Space,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    /// 0 to 9.
    Digit(u8),
    /// A visible ASCII character.
    Char(char),
    /// A lower-case letter with Control.
    Ctrl(char),
}

/// An agent's prompt, as its screen shows it. The text is untrusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptSeen {
    /// Whether a shell command is typed; unknown, so false, when it is cut.
    pub shell: bool,
    /// What is typed, as far as it is on the screen, without hints. A long line is several lines here.
    pub text: String,
    /// Whether the beginning is not on the screen.
    pub cut: bool,
}

/// What a prompt is to show: this text and nothing else. Where only a part fits, that part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptWanted {
    /// The visible ASCII characters, for other programs may disagree about the width and shape of others.
    pub text: String,
    /// As a shell command, not as a prompt.
    pub shell: bool,
}

/// How far a prompt shows what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptMatch {
    /// That and nothing else.
    Full,
    /// Perhaps, drawn differently: characters of unclear width can hide their neighbors.
    Partial,
    /// Something else.
    None,
}

/// How a text gets into the prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypingPlan {
    /// What is in the prompt and has to go first; the plan is then made again.
    pub displaced: Option<String>,
    /// In order.
    pub steps: Vec<TypingStep>,
    /// The text as the agent will receive it.
    pub text: String,
}

/// One step of a [`TypingPlan`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypingStep {
    /// Press keys.
    Press(Vec<Key>),
    /// Paste one after another, each in brackets.
    Paste(Vec<String>),
    /// Wait until the prompt has changed.
    Changes,
    /// Wait until the prompt shows this.
    Shows(PromptWanted),
}

/// What was typed. That it was taken shows in what the agent says next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The text as the agent receives it.
    pub text: String,
    /// What stood in the prompt before and was cleared: a person's draft, or a prompt that came back by Escape.
    pub displaced: Option<String>,
    /// What the prompt showed before Enter, where the agent's prompt is known.
    pub shown: Option<PromptShown>,
    /// Whether Enter changed what is on the screen, where the agent's prompt is not known.
    pub is_taken: bool,
}

/// A text as it stood in an agent's prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptShown {
    /// What was to be shown.
    pub wanted: PromptWanted,
    /// What was shown.
    pub seen: PromptSeen,
}

impl PromptShown {
    /// Whether `found` is that text and nothing else: what a person typed meanwhile is theirs to send.
    pub fn is_still(&self, prompt: &dyn AgentPrompt, found: &PromptSeen) -> bool {
        // A terminal of another size breaks the same text elsewhere. Of a text without any ASCII character too little
        // is compared then.
        let is_wanted = || !self.wanted.text.is_empty() && prompt.matches(&self.wanted, found) == PromptMatch::Full;
        *found == self.seen || is_wanted()
    }
}

/// One agent's prompt.
pub trait AgentPrompt: Debug + Sync {
    /// Finds the prompt in the lines of a screen captured with escapes. Dialogs replace it.
    fn find(&self, screen: &[String]) -> Option<PromptSeen>;

    /// Finds the prompt like [`find`](Self::find), and also where only the text that was just typed tells it from other
    /// parts of a screen: a prompt so tall that its beginning is not on the screen.
    fn find_typed(&self, screen: &[String], wanted: &PromptWanted) -> Option<PromptSeen>;

    /// Plans the delivery of `text` to what the screen (captured with escapes) shows. `raw` text is typed as it is, so
    /// that commands of the agent work; any other is a prompt, whatever it begins with.
    ///
    /// # Errors
    /// `task_busy` when the screen shows no prompt; `bad_input` when there is nothing to type, or too much.
    fn plan(&self, text: &str, screen: &[String], raw: bool) -> Result<TypingPlan>;

    /// Whether the prompt shows what is wanted.
    fn matches(&self, wanted: &PromptWanted, seen: &PromptSeen) -> PromptMatch;
}

impl PromptSeen {
    /// Whether nothing is typed.
    pub fn is_clear(&self) -> bool {
        !self.shell && !self.cut && self.text.is_empty()
    }

    /// Whether nothing of what is typed can be seen. A client may not draw what comes back onto the screen while a long
    /// text is cleared, until the terminal's size changes (Claude Code 2.1.197).
    pub fn is_hidden(&self) -> bool {
        self.cut && self.text.is_empty()
    }
}
