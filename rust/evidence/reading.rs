//! What a screen says once it was read, and the dialog on it that keys can answer safely or not at all.

use crate::status::{AgentStatus, Detail, Kind};
use serde::{Deserialize, Serialize};

/// What a screen says. `Unknown` with rule `none` when no rule holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScreenReading {
    /// The status.
    pub status: AgentStatus,
    /// Its kind.
    pub kind: Option<Kind>,
    /// The rule that held.
    pub rule: String,
    /// What more it says; texts are bounded.
    pub detail: Detail,
    /// The dialog's question and options.
    pub dialog: Option<Dialog>,
    /// Unsent text in the prompt box, its first line; ghost text is not counted where the capture has escapes.
    pub typed: Option<String>,
}

/// What choosing an option does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// Allows, once.
    Yes,
    /// Refuses.
    No,
    /// Allows and remembers.
    Always,
    /// Allows and changes the session's permission mode.
    Mode,
    /// Anything else.
    Other,
}

/// One option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DialogOption {
    /// The digit that chooses and confirms it (or, with `checked`, toggles it); none in an unnumbered list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digit: Option<u8>,
    /// Its first line.
    pub label: String,
    /// What stands below the label: its rest, or a description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether the marker stands on it.
    pub selected: bool,
    /// For a list with several answers, whether it is ticked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked: Option<bool>,
    /// What choosing it does.
    pub means: Means,
    /// The keys that choose it, where a person configured them: see [`crate::typing::named`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<String>>,
}

/// A dialog with options.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dialog {
    /// Everything above the options, line by line as the screen shows it.
    pub text: Vec<String>,
    /// The paragraph above the options.
    pub question: Option<String>,
    /// Top to bottom.
    pub options: Vec<DialogOption>,
    /// Whether the whole list is on screen with the marker on exactly one row: only then do arrows lead anywhere sure.
    pub complete: bool,
    /// The keys that refuse it without choosing an option, where the agent has such.
    #[serde(skip)]
    pub refusal: Option<Vec<String>>,
    /// Whether it is answered by words that are typed and entered: it has no options, and the agent's dialogs have no mark on
    /// an option that Enter would take.
    #[serde(skip)]
    pub takes_words: bool,
}

impl Dialog {
    /// The keys (tmux names) that choose the option at `index`: those that are configured, else its digit, or arrows and
    /// Enter from the marked row. Nothing where that is not sure, for a refusal (never by digit: see [`Dialog::deny`]),
    /// and for a tick.
    pub fn choose(&self, index: usize) -> Option<Vec<String>> {
        let choice = self.options.get(index)?;
        if choice.keys.is_some() {
            return choice.keys.clone();
        }
        if !self.complete || choice.means == Means::No || choice.checked.is_some() {
            return None;
        }
        if let Some(digit) = choice.digit {
            return Some(vec![digit.to_string()]);
        }
        let marked = self.options.iter().position(|choice| choice.selected)?;
        let arrow = if index > marked { "Down" } else { "Up" };
        let moves = std::iter::repeat_n(arrow, index.abs_diff(marked));
        Some(moves.chain(["Enter"]).map(str::to_owned).collect())
    }

    /// The keys that allow once; nothing unless exactly one option means yes.
    pub fn approve(&self) -> Option<Vec<String>> {
        self.choose(self.only(Means::Yes)?)
    }

    /// The keys that refuse; nothing where no such keys are known.
    pub fn deny(&self) -> Option<Vec<String>> {
        let configured = self.only(Means::No).and_then(|index| self.options[index].keys.clone());
        configured.or_else(|| self.refusal.clone())
    }

    /// Whether words answer it, or keys that choose an option.
    pub fn is_answerable(&self) -> bool {
        self.takes_words || self.deny().is_some() || (0..self.options.len()).any(|index| self.choose(index).is_some())
    }

    /// Whether the keys of its options were configured by a person.
    pub fn is_configured(&self) -> bool {
        self.options.iter().any(|option| option.keys.is_some())
    }

    fn only(&self, means: Means) -> Option<usize> {
        let mut fitting = (0..self.options.len()).filter(|index| self.options[*index].means == means);
        fitting.next().filter(|_| fitting.next().is_none())
    }
}
