//! Prompts, delivered exactly: what the agent receives is what was sent.
//!
//! Measured with Claude Code 2.1.197 and 2.1.328 (both renderers) on tmux 3.3a and 3.7c, by comparing the API request:
//! * Many small bracketed pastes are exact at any length, even into a client that was stopped meanwhile. One large
//!   paste is labelled as pasted, and so is typing that the client reads in one go.
//! * A key or a paste that the client reads while it still draws an earlier one can meet the box as it was before. So
//!   every step waits for the screen, and Enter is pressed only once the box shows the text and nothing else.
//! * A space after the text closes the completion of `@file`, which swallows Enter, and keeps `\` from escaping
//!   Enter. The client trims it.
//! * Control-C clears the box of an idle client but interrupts a busy one, so Control-U and Control-K do it. A client
//!   that reads about 80 or more of them at once takes them for text, so they come few at a time.

use super::pieces;
use super::prompt_box::PromptBox;
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::tmux::Key;

/// The longest text, in bytes.
pub const LONGEST: usize = 1_000_000;

/// How an agent takes text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Into a prompt box as Claude Code draws it.
    PromptBox,
    /// One bracketed paste and Enter, without looking.
    Plain,
}

/// What was typed. That it was taken shows in the agent's next hook or session file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The text as the agent receives it.
    pub text: String,
    /// What stood in the box before and was cleared: a person's draft, or a prompt that came back by Escape.
    pub displaced: Option<String>,
}

/// How a text gets into the box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What is in the box and has to go first; the plan is then made again.
    pub displaced: Option<String>,
    /// In order.
    pub steps: Vec<Step>,
    /// The text as the agent will receive it.
    pub text: String,
}

/// One step of a [`Plan`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Press keys.
    Press(Vec<Key>),
    /// Paste one after another, each in brackets.
    Paste(Vec<String>),
    /// Wait until the box has changed.
    Changes,
    /// Wait until the box shows this text and nothing else. Where only a part fits, that part.
    Shows {
        /// The visible ASCII characters, for other programs may disagree about the width and shape of others.
        text: String,
        /// As a shell command, not as a prompt.
        shell: bool,
    },
}

/// Plans the delivery of `text` to what the screen (captured with escapes) shows. `raw` text is typed as it is, so that
/// `/compact` and `!ls` work; any other is a prompt, whatever it begins with.
///
/// Text that begins with `!` is exact. Text that begins like a slash command, or is nothing but `exit` or the like, gets
/// a `\` before it: 2.1.328 runs it behind white space or in a paste too, and drops what hides it.
pub fn plan(text: &str, screen: &[String], raw: bool) -> Result<Plan> {
    let text = accepted(text)?;
    let Some(found) = PromptBox::find(screen) else {
        return Err(Error::new(Code::TaskBusy, "cannot send: the agent does not show its prompt")
            .hint("answer its dialog, or look at its terminal with `attach`"));
    };
    if !found.is_clear() {
        let keys = |letter| std::iter::repeat_n(Key::Ctrl(letter), 12);
        let displaced = if found.shell { format!("!{}", found.text) } else { found.text };
        let steps = vec![Step::Press(keys('u').chain(keys('k')).collect()), Step::Changes];
        return Ok(Plan { displaced: Some(displaced), steps, text });
    }
    let text = if raw { text } else { without_command(text) };
    let mut steps = Vec::new();
    let mut rest = if raw { text.clone() } else { format!("{text} ") };
    if !raw && text.starts_with('!') {
        // Only a `!` that is typed into an empty box begins a shell command.
        steps.push(Step::Paste(vec!["x!".into()]));
        steps.push(shows("x!", false));
        steps.push(Step::Press(vec![Key::Ctrl('a'), Key::Delete, Key::Ctrl('e')]));
        steps.push(shows("!", false));
        rest.remove(0);
    }
    steps.push(Step::Paste(pieces::cut(&rest)));
    let command = text.strip_prefix('!').filter(|_| raw);
    steps.push(shows(command.unwrap_or(&text), command.is_some()));
    steps.push(Step::Press(vec![Key::Enter]));
    Ok(Plan { displaced: None, steps, text })
}

pub(crate) fn accepted(text: &str) -> Result<String> {
    if text.len() > LONGEST {
        return Err(Error::new(Code::BadInput, format!("cannot send {} bytes: 1 MB is the most", text.len()))
            .hint("put it into a file and name the file"));
    }
    let text = pieces::normalise(text);
    if text.trim().is_empty() {
        return Err(Error::new(Code::BadInput, "cannot send: there is no text").hint("write what the agent should do"));
    }
    Ok(text)
}

/// Words that end the client when they are all of a prompt (2.1.197, 2.1.328; in this case only).
const ENDING: [&str; 6] = ["exit", "quit", ":q", ":q!", ":wq", ":wq!"];

/// A path such as `/etc/passwd` is no command, for its first word has a second slash.
fn without_command(text: String) -> String {
    let hidden = |c: char| c.is_whitespace() || pieces::is_shapeless(c);
    let start = text.len() - text.trim_start_matches(hidden).len();
    let word = text[start..].split(char::is_whitespace).next().unwrap_or_default();
    let is_command = word.starts_with('/') && !word[1..].contains('/') || ENDING.contains(&&text[start..]);
    if !is_command {
        return text;
    }
    format!("{}\\{}", &text[..start], &text[start..])
}

fn shows(text: &str, shell: bool) -> Step {
    Step::Shows { text: visible(text), shell }
}

fn visible(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).collect()
}

/// 2.1.197 shows the middle of a text of more than 10,000 characters as `[...Truncated text #1 +2 lines...]`.
fn is_abridged(seen: &str, text: &str) -> bool {
    let Some((start, rest)) = seen.split_once("[...Truncatedtext#") else { return false };
    rest.split_once("lines...]").is_some_and(|(_, end)| text.starts_with(start) && text.ends_with(end))
}

impl Step {
    /// Whether this is what the step waits for.
    pub(crate) fn is_met_by(&self, found: &PromptBox) -> bool {
        let Step::Shows { text, shell } = self else { return true };
        let seen = visible(&found.text);
        if found.cut {
            return !seen.is_empty() && text.ends_with(&seen);
        }
        found.shell == *shell && (seen == *text || is_abridged(&seen, text))
    }

    /// Whether it may still be it, drawn differently: characters of unclear width can hide their neighbours.
    pub(crate) fn is_nearly_met_by(&self, found: &PromptBox) -> bool {
        let Step::Shows { text, shell } = self else { return true };
        let seen = visible(&found.text);
        let end = &seen[seen.len().saturating_sub(4)..];
        found.shell == *shell && !found.is_clear() && seen.len() <= text.len() && text.ends_with(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "────────────────────";

    fn screen(inside: &str) -> Vec<String> {
        [RULE, inside, RULE].map(str::to_owned).into()
    }

    fn planned(text: &str, raw: bool) -> Plan {
        plan(text, &screen("❯ "), raw).unwrap()
    }

    fn pasted(plan: &Plan) -> String {
        let pieces = |step: &Step| if let Step::Paste(pieces) = step { pieces.concat() } else { String::new() };
        plan.steps.iter().map(pieces).collect()
    }

    #[test]
    fn a_prompt_is_pasted_seen_and_entered() {
        let plan = planned("do it\nnow;", false);
        let pieces = vec!["do it\nnow; ".to_owned()];
        let seen = shows("do it now;", false);
        assert_eq!(plan.steps, [Step::Paste(pieces), seen, Step::Press(vec![Key::Enter])]);
        assert_eq!((plan.text.as_str(), plan.displaced), ("do it\nnow;", None));
    }

    #[test]
    fn nothing_is_run_by_accident() {
        for (text, typed) in [
            ("/clear", "\\/clear "),
            ("/clear all\nof it", "\\/clear all\nof it "),
            (" \n /status", " \n \\/status "),
            ("\u{200b}/status", "\\/status "),
            ("\n\u{200b}/status", "\n\u{200b}\\/status "),
            ("/é", "\\/é "),
            ("/", "\\/ "),
            ("exit", "\\exit "),
            (" :wq! ", " \\:wq! "),
            ("exit now", "exit now "),
            ("/etc/passwd is a file", "/etc/passwd is a file "),
            ("//x", "//x "),
            (" !ls", " !ls "),
            ("a /clear", "a /clear "),
        ] {
            assert_eq!(pasted(&planned(text, false)), typed, "{text:?}");
        }
        for text in ["!ls", "\u{200b}!ls"] {
            let plan = planned(text, false);
            assert_eq!(pasted(&plan), "x!ls ");
            let (first, rest) = plan.steps.split_at(4);
            assert_eq!(first[1], shows("x!", false));
            assert_eq!(first[2], Step::Press(vec![Key::Ctrl('a'), Key::Delete, Key::Ctrl('e')]));
            assert_eq!(first[3], shows("!", false));
            assert_eq!(rest[1], shows("!ls", false));
            assert_eq!(plan.text, "!ls");
        }
    }

    #[test]
    fn raw_text_is_typed_as_it_is() {
        assert_eq!(pasted(&planned("/compact", true)), "/compact");
        let plan = planned("!ls", true);
        assert_eq!(pasted(&plan), "!ls");
        assert_eq!(plan.steps[1], shows("ls", true));
    }

    #[test]
    fn what_is_typed_already_goes_first() {
        for (inside, typed) in [("❯ my draft", "my draft"), ("! ls", "!ls"), ("! ", "!")] {
            let plan = plan("x", &screen(inside), false).unwrap();
            assert_eq!(plan.displaced.as_deref(), Some(typed));
            assert_eq!(plan.steps[1], Step::Changes);
            assert!(matches!(&plan.steps[0], Step::Press(keys) if !keys.contains(&Key::Ctrl('c')) && keys.len() < 30));
        }
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        assert_eq!(plan("x", &["Do you trust?".into()], false).unwrap_err().code, Code::TaskBusy);
        for text in ["", " \n\t", "\x1b[0m", &"x".repeat(LONGEST + 1)] {
            assert_eq!(plan(text, &screen("❯ "), false).unwrap_err().code, Code::BadInput);
        }
    }

    #[test]
    fn a_step_is_met_by_what_it_waits_for() {
        let found = |shell, text: &str, cut| PromptBox { shell, text: text.into(), cut };
        let step = shows("a long line's end.", false);
        assert!(step.is_met_by(&found(false, "a long li\nne's e\nnd.", false)));
        for other in ["", "end.", "/stat a long line's end.", "a long line's end. a long line's end."] {
            assert!(!step.is_met_by(&found(false, other, false)), "{other}");
        }
        assert!(!step.is_met_by(&found(true, "a long line's end.", false)));
        assert!(step.is_met_by(&found(false, "line's\n end.", true)));
        assert!(!step.is_met_by(&found(false, "x line's end.", true)) && !step.is_met_by(&found(false, "", true)));
        assert!(step.is_met_by(&found(false, "a lo[...Truncated text #2 +0 lines...]\nend.", false)));
        assert!(!step.is_met_by(&found(false, "x a lo[...Truncated text #2 +0 lines...]\nend.", false)));
        assert!(step.is_nearly_met_by(&found(false, "a ng line's end.", false)));
        for other in ["", "a long line", "a long line's end. a long line's end."] {
            assert!(!step.is_nearly_met_by(&found(false, other, false)), "{other}");
        }
    }
}
