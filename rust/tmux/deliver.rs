//! Prompts, delivered exactly: what the agent receives is what was sent.
//!
//! Measured with Claude Code 2.1.197 and 2.1.328 (both renderers) on tmux 3.3a and 3.7c, by comparing the API request:
//! * Many small bracketed pastes are exact at any length, even into a client that was stopped meanwhile. One large
//!   paste is labelled as pasted, and so is typing that the client reads in one go.
//! * Enter is pressed only once the box shows the end of the text: pressed in the same read, it loses the last paste.
//! * A space after the text closes the completion of `@file`, which swallows Enter, and keeps `\` from escaping
//!   Enter. The client trims it.
//! * Control-C clears the box of an idle client but interrupts a busy one, so Control-U and Control-K do it.

use super::prompt_box::PromptBox;
use super::{Key, Pane, Tmux, command, pieces};
use crate::contract::Code;
use crate::error::{Error, Result};
use std::time::Duration;
use tokio::time::{Instant, sleep};

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
    /// Wait until nothing is in the box.
    Clear,
    /// Wait until this, and nothing else, is in the box, as a prompt. Otherwise clear it and give up.
    Holds(&'static str),
    /// Wait until the box ends in these visible ASCII characters, as a shell command or as a prompt.
    Ends {
        /// Without white space.
        with: String,
        /// A shell command, not a prompt.
        shell: bool,
    },
}

/// Plans the delivery of `text` to what the screen (captured with escapes) shows. `raw` text is typed as it is, so that
/// `/compact` and `!ls` work; any other is a prompt, whatever it begins with.
///
/// Text that begins with `!` is exact. Text that begins like a slash command gets a `\` before it: both clients would
/// run it behind white space or in a paste too, or drop what hides it.
pub fn plan(text: &str, screen: &[String], raw: bool) -> Result<Plan> {
    let text = accepted(text)?;
    let Some(found) = PromptBox::find(screen) else {
        return Err(Error::new(Code::TaskBusy, "cannot send: the agent does not show its prompt")
            .hint("answer its dialog, or look at its terminal with `attach`"));
    };
    if !found.is_clear() {
        let lines = found.text.lines().count() + 1;
        let keys = |letter| std::iter::repeat_n(Key::Ctrl(letter), (2 * lines + 1).min(80));
        let displaced = if found.shell { format!("!{}", found.text) } else { found.text };
        let steps = vec![Step::Press(keys('u').chain(keys('k')).collect()), Step::Clear];
        return Ok(Plan { displaced: Some(displaced), steps, text });
    }
    let text = if raw { text } else { without_command(text) };
    let mut steps = Vec::new();
    let mut rest = if raw { text.clone() } else { format!("{text} ") };
    if !raw && text.starts_with('!') {
        // Only a `!` that is typed into an empty box begins a shell command.
        steps.push(Step::Paste(vec!["x!".into()]));
        steps.push(Step::Holds("x!"));
        steps.push(Step::Press(vec![Key::Ctrl('a'), Key::Delete, Key::Ctrl('e')]));
        steps.push(Step::Holds("!"));
        rest.remove(0);
    }
    steps.push(Step::Paste(pieces::cut(&rest)));
    let shell = raw && text.starts_with('!');
    steps.push(Step::Ends { with: last_visible(text.strip_prefix('!').filter(|_| shell).unwrap_or(&text)), shell });
    steps.push(Step::Press(vec![Key::Enter]));
    Ok(Plan { displaced: None, steps, text })
}

fn accepted(text: &str) -> Result<String> {
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

/// A path such as `/etc/passwd` is no command, for its first word has a second slash.
fn without_command(text: String) -> String {
    let hidden = |c: char| c.is_whitespace() || pieces::is_shapeless(c);
    let start = text.len() - text.trim_start_matches(hidden).len();
    let word = text[start..].split(char::is_whitespace).next().unwrap_or_default();
    if !word.starts_with('/') || word[1..].contains('/') {
        return text;
    }
    format!("{}\\{}", &text[..start], &text[start..])
}

fn visible(text: &str) -> impl DoubleEndedIterator<Item = char> + '_ {
    text.chars().filter(char::is_ascii_graphic)
}

fn last_visible(text: &str) -> String {
    let last: Vec<char> = visible(text).rev().take(24).collect();
    last.into_iter().rev().collect()
}

impl Step {
    /// Whether the wait is over.
    fn is_met_by(&self, found: &PromptBox) -> bool {
        match self {
            Step::Press(_) | Step::Paste(_) => true,
            Step::Clear => found.is_clear(),
            Step::Holds(text) => !found.shell && found.text == *text,
            Step::Ends { with, shell } => {
                found.shell == *shell && visible(&found.text).collect::<String>().ends_with(with.as_str())
            }
        }
    }
}

impl Tmux {
    /// Types the text into the pane and presses Enter. One delivery to a pane at a time, please.
    pub async fn deliver(&self, pane: &Pane, text: &str, style: Style, raw: bool) -> Result<Delivered> {
        self.leave_copy_mode(pane).await?;
        if style == Style::Plain {
            return self.deliver_plain(pane, text).await;
        }
        let mut displaced = None;
        // A draft that is longer than the screen is cleared in several rounds.
        for _ in 0..20 {
            let screen = self.look(pane, 0, true).await?.lines;
            let plan = plan(text, &screen, raw)?;
            let again = plan.displaced.is_some();
            displaced = displaced.or(plan.displaced);
            for step in &plan.steps {
                self.take(pane, step, text.len()).await?;
            }
            if !again {
                return Ok(Delivered { text: plan.text, displaced });
            }
        }
        Err(Error::new(Code::AgentFailed, "cannot send: what is typed already cannot be cleared")
            .hint("look at its terminal with `attach`"))
    }

    /// Presses Enter once more, for a prompt that was typed and not taken.
    pub async fn press_enter(&self, pane: &Pane) -> Result<()> {
        self.keys(pane, &[Key::Enter]).await
    }

    async fn take(&self, pane: &Pane, step: &Step, length: usize) -> Result<()> {
        match step {
            Step::Press(keys) => self.keys(pane, keys).await,
            Step::Paste(pieces) => self.paste(pane, pieces).await,
            Step::Clear => {
                // Not cleared at once: the next plan goes on.
                self.wait(pane, step, Duration::from_millis(500)).await.map(drop)
            }
            Step::Holds(_) => {
                if self.wait(pane, step, Duration::from_secs(5)).await? {
                    return Ok(());
                }
                self.keys(pane, &[Key::Ctrl('u'), Key::Ctrl('u'), Key::Ctrl('k')]).await?;
                Err(Error::new(Code::AgentFailed, "cannot send: the agent takes the text for something else")
                    .hint("look at its terminal with `attach`"))
            }
            Step::Ends { shell, .. } => {
                let patience = Duration::from_secs(5 + length as u64 / 20_000);
                if self.wait(pane, step, patience).await? {
                    return Ok(());
                }
                // A text that looks different on the screen is sent all the same, but never as a command.
                let found = PromptBox::find(&self.look(pane, 0, true).await?.lines);
                if found.is_some_and(|found| found.shell == *shell && !found.text.is_empty()) {
                    log::warn!("{}: the prompt box does not show the end of the text", pane.pane);
                    return Ok(());
                }
                Err(Error::new(Code::AgentFailed, "cannot send: the agent did not take the text")
                    .hint("look at its terminal with `attach`"))
            }
        }
    }

    /// Waits until two looks in a row meet the step; false when patience ends.
    async fn wait(&self, pane: &Pane, step: &Step, patience: Duration) -> Result<bool> {
        let end = Instant::now() + patience;
        let mut last = None;
        loop {
            let screen = self.look(pane, 0, true).await?.lines;
            let found = PromptBox::find(&screen).filter(|found| step.is_met_by(found));
            if found.is_some() && found == last {
                return Ok(true);
            }
            if Instant::now() > end {
                return Ok(false);
            }
            last = found;
            sleep(Duration::from_millis(30)).await;
        }
    }

    /// Pastes the pieces, as many by one tmux process as its 16 KB of arguments hold.
    async fn paste(&self, pane: &Pane, pieces: &[String]) -> Result<()> {
        let buffer = format!("chorus-{}", pane.pane);
        let mut commands = Vec::new();
        let mut bytes = 0;
        for (number, piece) in pieces.iter().enumerate() {
            commands.push(command(["set-buffer", "-b", &buffer, "--", piece]));
            commands.push(command(["paste-buffer", "-p", "-r", "-d", "-b", &buffer, "-t", &pane.pane]));
            bytes += piece.len() + 100;
            let next = pieces.get(number + 1).map_or(usize::MAX, String::len);
            if bytes.saturating_add(next) > 12_000 {
                let ended = self.run(&commands, None).await?;
                if ended.code != Some(0) {
                    return Err(self.refused("paste into a pane", &ended));
                }
                commands.clear();
                bytes = 0;
            }
        }
        Ok(())
    }

    async fn deliver_plain(&self, pane: &Pane, text: &str) -> Result<Delivered> {
        let text = accepted(text)?;
        let buffer = format!("chorus-{}", pane.pane);
        let load = ["load-buffer", "-b", &buffer, "-"].map(Into::into).into();
        let loaded = self.start(load, text.clone().into_bytes(), None).await?;
        let paste = command(["paste-buffer", "-p", "-r", "-d", "-b", &buffer, "-t", &pane.pane]);
        let pasted = self.run(&[paste], None).await?;
        if let Some(failed) = [&loaded, &pasted].into_iter().find(|ended| ended.code != Some(0)) {
            return Err(self.refused("paste into a pane", failed));
        }
        sleep(Duration::from_millis(150)).await;
        self.press_enter(pane).await?;
        Ok(Delivered { text, displaced: None })
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
        let pieces = vec!["do it\n".to_owned(), "now; ".to_owned()];
        let seen = Step::Ends { with: "doitnow;".into(), shell: false };
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
            assert_eq!(first[1], Step::Holds("x!"));
            assert_eq!(first[2], Step::Press(vec![Key::Ctrl('a'), Key::Delete, Key::Ctrl('e')]));
            assert_eq!(first[3], Step::Holds("!"));
            assert_eq!(rest[1], Step::Ends { with: "!ls".into(), shell: false });
            assert_eq!(plan.text, "!ls");
        }
    }

    #[test]
    fn raw_text_is_typed_as_it_is() {
        assert_eq!(pasted(&planned("/compact", true)), "/compact");
        let plan = planned("!ls", true);
        assert_eq!(pasted(&plan), "!ls");
        assert_eq!(plan.steps[1], Step::Ends { with: "ls".into(), shell: true });
    }

    #[test]
    fn what_is_typed_already_goes_first() {
        for (inside, typed) in [("❯ my draft", "my draft"), ("! ls", "!ls"), ("! ", "!")] {
            let plan = plan("x", &screen(inside), false).unwrap();
            assert_eq!(plan.displaced.as_deref(), Some(typed));
            assert_eq!(plan.steps[1], Step::Clear);
            assert!(matches!(&plan.steps[0], Step::Press(keys) if !keys.contains(&Key::Ctrl('c')) && keys.len() > 5));
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
        let found = |shell, text: &str| PromptBox { shell, text: text.into() };
        let ends = Step::Ends { with: "end.".into(), shell: false };
        assert!(ends.is_met_by(&found(false, "long li\nne e\nnd.")));
        assert!(!ends.is_met_by(&found(true, "end.")) && !ends.is_met_by(&found(false, "en")));
        assert!(Step::Holds("!").is_met_by(&found(false, "!")) && !Step::Holds("!").is_met_by(&found(true, "!")));
        assert!(Step::Clear.is_met_by(&found(false, "")) && !Step::Clear.is_met_by(&found(true, "")));
    }
}
