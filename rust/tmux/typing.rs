//! Prompts, delivered exactly: what the agent receives is what was sent. The agent's own [`AgentPrompt`] plans; here the
//! plan is followed step by step, each seen on the screen, and made again where it did not hold.

use super::{Command, Pane, Size, Tmux, command, listing, session};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::process;
use crate::typing::prepared::accepted;
use crate::typing::{AgentPrompt, Delivered, Key, PromptMatch, PromptSeen, PromptShown, TypingPlan, TypingStep};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long an agent may show nothing new before what it shows is final.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long it may take to show anything of what was typed. It is not typed again then: it may still come.
const LONG_PATIENCE: Duration = Duration::from_secs(20);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(30);

/// How long a client that cleared its box may still be drawing; what is pasted meanwhile meets the old box.
const REST: Duration = Duration::from_millis(150);

/// How long a program of which only the screen is known may take to show that Enter was pressed.
const SHOWS_ENTER: Duration = Duration::from_millis(500);

/// How many pieces one tmux process pastes.
const BATCH: usize = 200;

const ATTACH: &str = "look at its terminal with `attach`";

const PASTE: &str = "paste into a pane";

impl Tmux {
    /// Types the text into the pane and presses Enter. One delivery to a pane at a time, please. Without a prompt that is
    /// known, it is one bracketed paste and Enter, without a look.
    ///
    /// Refused with `task_busy` when the agent has nothing of the text: it does not show its prompt, is suspended, or has
    /// ended. With `agent_failed`, and nothing entered, when what it shows never is what was typed, or when something
    /// else came on the screen before Enter.
    pub async fn deliver(
        &self,
        pane: &Pane,
        text: &str,
        prompt: Option<&dyn AgentPrompt>,
        raw: bool,
    ) -> Result<Delivered> {
        self.leave_copy_mode(pane).await?;
        if process::is_suspended(pane.pane_pid) {
            return Err(Error::new(Code::TaskBusy, "cannot send: the agent is suspended").hint("continue it first"));
        }
        if self.capture_pane(pane, 0, false).await?.dead {
            return Err(Error::new(Code::TaskBusy, "cannot send: the agent has ended").hint("use `restart` first"));
        }
        let Some(prompt) = prompt else { return self.deliver_plain(pane, text).await };
        let (mut displaced, mut failures, mut is_typed) = (None, 0, false);
        // A long draft takes many rounds to clear.
        for round in 0..200 {
            if round > 0 {
                sleep(REST).await;
            }
            let screen = self.settled(pane, prompt).await?;
            let plan = match prompt.plan(text, &screen, raw) {
                Err(error) if error.code == Code::TaskBusy && is_typed => return Err(not_entered()),
                plan => plan?,
            };
            is_typed |= plan.displaced.is_none();
            let followed = self.follow(pane, prompt, &plan, &screen).await?;
            let met = followed.is_some();
            match plan.displaced {
                None if met => {
                    return Ok(Delivered { text: plan.text, displaced, shown: followed.flatten(), is_taken: false });
                }
                _ if !met && (failures == 2 || self.is_clear(pane, prompt).await?) => break,
                None => failures += 1,
                // What is left of a failed attempt is nobody's draft.
                Some(draft) if failures == 0 => displaced = displaced.or(Some(draft)),
                Some(_) => {}
            }
        }
        Err(Error::new(Code::AgentFailed, "cannot send: the agent's prompt does not show what was typed").hint(ATTACH))
    }

    /// Presses Enter once more if what was typed still stands in the prompt, and nothing else; true if so. Never blindly:
    /// Enter in a dialog would answer it, and what a person typed meanwhile would be sent.
    pub async fn press_enter(&self, pane: &Pane, prompt: &dyn AgentPrompt, shown: &PromptShown) -> Result<bool> {
        let stands = self.still_shows(pane, prompt, shown).await?;
        if stands {
            self.keys(pane, &[Key::Enter]).await?;
        }
        Ok(stands)
    }

    /// Whether what was typed still stands in the prompt.
    pub async fn still_shows(&self, pane: &Pane, prompt: &dyn AgentPrompt, shown: &PromptShown) -> Result<bool> {
        let found = prompt.find(&self.settled(pane, prompt).await?);
        Ok(found.is_some_and(|found| shown.is_still(prompt, &found)))
    }

    /// The screen, once a prompt that was just taken has left the box: the session file and the hooks are up to 0.2 s
    /// ahead of it.
    async fn settled(&self, pane: &Pane, prompt: &dyn AgentPrompt) -> Result<Vec<String>> {
        let end = Instant::now() + Duration::from_millis(400);
        loop {
            let shot = self.capture_pane(pane, 0, true).await?;
            let found = prompt.find(&shot.lines);
            if found.as_ref().is_some_and(PromptSeen::is_clear) || Instant::now() > end {
                return Ok(shot.lines);
            }
            if found.is_some_and(|found| found.is_hidden()) {
                let (columns, rows) = (shot.columns as u16, shot.rows as u16);
                self.resize(pane, Size { columns: columns + 1, rows }).await?;
                sleep(REST).await;
                self.resize(pane, Size { columns, rows }).await?;
                sleep(REST).await;
            }
            sleep(PAUSE).await;
        }
    }

    /// Takes the steps, and tells what the box showed last; nothing when it never showed what one of them waits for.
    async fn follow(
        &self,
        pane: &Pane,
        prompt: &dyn AgentPrompt,
        plan: &TypingPlan,
        screen: &[String],
    ) -> Result<Option<Option<PromptShown>>> {
        let mut shown = None;
        for step in &plan.steps {
            let met = match step {
                TypingStep::Press(keys) => self.keys(pane, keys).await.map(|()| true)?,
                TypingStep::Paste(pieces) => self.paste(pane, pieces).await.map(|()| true)?,
                TypingStep::Changes => {
                    let before = prompt.find(screen);
                    self.wait(pane, |screen| prompt.find(screen), |found| found != before.as_ref()).await?.is_ok()
                }
                TypingStep::Shows(wanted) => {
                    let shows = |found: &PromptSeen| prompt.matches(wanted, found);
                    let is_met = |found: Option<&PromptSeen>| found.map(shows) == Some(PromptMatch::Full);
                    let is_near = |found: &PromptSeen| !plan.text.is_ascii() && shows(found) != PromptMatch::None;
                    let seen = match self.wait(pane, |screen| prompt.find_typed(screen, wanted), is_met).await? {
                        Ok(found) => found,
                        Err(last) => last.filter(is_near),
                    };
                    shown = seen.map(|seen| PromptShown { wanted: wanted.clone(), seen });
                    shown.is_some()
                }
            };
            if !met {
                return Ok(None);
            }
        }
        Ok(Some(shown))
    }

    /// Waits until two looks in a row are the same and fit; tells what was there last, as an error where it does not fit.
    async fn wait(
        &self,
        pane: &Pane,
        find: impl Fn(&[String]) -> Option<PromptSeen>,
        fits: impl Fn(Option<&PromptSeen>) -> bool,
    ) -> Result<std::result::Result<Option<PromptSeen>, Option<PromptSeen>>> {
        let begun = Instant::now();
        let (mut last, mut changed) = (None, begun);
        loop {
            let found = find(&self.capture_pane(pane, 0, true).await?.lines);
            if last.as_ref() != Some(&found) {
                changed = Instant::now();
            } else if fits(found.as_ref()) {
                return Ok(Ok(found));
            }
            let is_clear = found.as_ref().is_some_and(PromptSeen::is_clear);
            if changed.elapsed() > if is_clear { LONG_PATIENCE } else { PATIENCE } {
                return Ok(Err(found));
            }
            last = Some(found);
            sleep(PAUSE).await;
        }
    }

    async fn is_clear(&self, pane: &Pane, prompt: &dyn AgentPrompt) -> Result<bool> {
        Ok(prompt.find(&self.capture_pane(pane, 0, true).await?.lines).is_some_and(|found| found.is_clear()))
    }

    /// Pastes the pieces. They go by standard input: a command line can be read by every user of the machine.
    async fn paste(&self, pane: &Pane, pieces: &[String]) -> Result<()> {
        let buffer = format!("chorus-{}", pane.pane);
        for batch in pieces.chunks(BATCH) {
            let mark = listing::mark();
            let fill = |piece: &String| command(["set-buffer", "-b", &buffer, "--", piece]);
            let commands: Vec<_> = batch.iter().flat_map(|piece| [fill(piece), put(pane, &buffer, &mark)]).collect();
            self.judge(pane, PASTE, &mark, self.script(&commands).await?)?;
        }
        Ok(())
    }

    async fn deliver_plain(&self, pane: &Pane, text: &str) -> Result<Delivered> {
        let text = accepted(text)?;
        let buffer = format!("chorus-{}", pane.pane);
        let load = ["load-buffer", "-b", &buffer, "-"].map(Into::into).into();
        let loaded = self.start(load, text.clone().into_bytes(), None).await?;
        if loaded.code != Some(0) {
            return Err(self.refused(PASTE, &loaded));
        }
        let mark = listing::mark();
        let pasted = self.run(&[put(pane, &buffer, &mark)], None).await?;
        self.judge(pane, PASTE, &mark, pasted)?;
        sleep(REST).await;
        let typed = self.capture_pane(pane, 0, false).await?.lines;
        self.keys(pane, &[Key::Enter]).await?;
        let is_taken = self.changes(pane, &typed).await?;
        Ok(Delivered { text, displaced: None, shown: None, is_taken })
    }

    /// Waits a moment until the screen shows something else.
    async fn changes(&self, pane: &Pane, before: &[String]) -> Result<bool> {
        let end = Instant::now() + SHOWS_ENTER;
        while Instant::now() < end {
            if self.capture_pane(pane, 0, false).await?.lines != before {
                return Ok(true);
            }
            sleep(PAUSE).await;
        }
        Ok(false)
    }
}

/// Something else came on the screen between the paste and Enter. The text may stand below it, so it is not typed again.
fn not_entered() -> Error {
    Error::new(Code::AgentFailed, "it was typed and not entered: the agent shows something else than its prompt now")
        .hint("attach: press Enter if the text stands in its prompt, or clear it and send it again")
}

/// The command that pastes a buffer into the pane, if the pane can take it.
fn put(pane: &Pane, buffer: &str, mark: &str) -> Command {
    let paste = command(["paste-buffer", "-p", "-r", "-d", "-b", buffer, "-t", &pane.pane]);
    session::guarded(&session::takes_text(pane), pane, &[paste], mark)
}
