//! Which requests a verdict closes, and which dialog without a hook becomes one.

use super::watched::{Unhooked, Watched};
use crate::error::Result;
use crate::evidence::ScreenFact;
use crate::evidence::reading::Dialog;
use crate::status::{AgentState, AgentStatus, Answerable, Kind, Millis};
use crate::store::{Closing, NewRequest, RequestOutcome, Tx};
use std::collections::BTreeSet;

/// A dialog for which no hook came by then has none. The hook comes with the dialog, but one whose daemon was killed
/// needs a moment to come back.
const HOOK_MAY_FOLLOW: Millis = 1500;

/// An agent that has its answer works on in milliseconds, but in seconds where no processor is free. Until its session
/// file says so, the dialog that it still speaks of is the answered one: another would come with its own hook.
const ANSWER_MAY_TAKE: Millis = 10_000;

/// The session file leads the screen by up to 215 ms (Claude Code 2.1.328).
const DRAWN_BY: Millis = 300;
/// For so long after that the dialog is searched on the screen; without it the request has no words.
const SCREEN_MAY_FOLLOW: Millis = 1000;

/// A question whose text has changed so often keeps its first text: what moves on its screen is no part of it. An answer
/// is refused while the screen shows something else.
const MOST_CHANGES: u8 = 3;

/// Requests to close and to open, planned from a verdict.
#[derive(Clone, Debug, Default)]
pub struct RequestChanges {
    /// These are answered, or gone.
    pub close: Vec<String>,
    outcome: Option<RequestOutcome>,
    close_all_but: Option<BTreeSet<String>>,
    open: Option<NewRequest>,
}

impl RequestChanges {
    /// Only these are still asked.
    fn keep_only(&mut self, open: BTreeSet<String>, watched: &mut Watched) {
        self.close = watched.asked.difference(&open).cloned().collect();
        self.close.iter().for_each(|id| watched.evidence.hooks.disbelieve(id));
        self.close_all_but = Some(open.clone());
        watched.asked = open;
        watched.unhooked = None;
    }

    /// Whether a later verdict would not plan the same again.
    pub fn is_news(&self) -> bool {
        !self.close.is_empty() || self.open.is_some()
    }

    /// Stores them. `is_ours` says whether an open request that is not known here may be closed.
    pub fn store(self, tx: &mut Tx<'_>, task: &str, is_ours: impl Fn(&str) -> bool) -> Result<()> {
        let outcome = self.outcome.unwrap_or(RequestOutcome::Elsewhere);
        let who = outcome.teller();
        for id in &self.close {
            tx.close_request(id, Closing { outcome, who, via: None, answer: None })?;
        }
        if let Some(kept) = self.close_all_but {
            for request in tx.open_requests_of(task)? {
                if !kept.contains(&request.id) && is_ours(&request.id) {
                    tx.close_request(&request.id, Closing { outcome, who, via: None, answer: None })?;
                }
            }
        }
        if let Some(new) = self.open {
            tx.receive(task, new)?;
        }
        Ok(())
    }
}

/// Pure but for what it notes in `watched`: which requests the verdict closes, and whether a dialog without a hook
/// becomes one.
pub fn plan(watched: &mut Watched, state: &AgentState, open: &[String], now: Millis) -> RequestChanges {
    let hooked: BTreeSet<String> = open.iter().cloned().collect();
    let mut plan = RequestChanges::default();
    match state.status {
        AgentStatus::Waiting => {
            plan.close = watched.asked.difference(&hooked).cloned().collect();
            if !plan.close.is_empty() {
                watched.answered_at = now;
            }
            watched.asked = hooked.clone();
            if !hooked.is_empty() {
                plan.close.extend(watched.unhooked.take().map(|old| old.id));
                return plan;
            }
            // The session file follows an answer a little later: what it still speaks of is no dialog without a hook.
            let since = state.since.max(watched.launched.at).max(watched.answered_at);
            // Hooks that waited for a daemon that was killed come back to the next one.
            let hooks = watched.evidence.launch.as_ref().is_some_and(|launch| launch.gives.hooks);
            let settled = since.max(watched.since) + if hooks { HOOK_MAY_FOLLOW } else { 0 };
            let answered = watched.answered_at.max(watched.evidence.ruled_at.unwrap_or_default());
            let settled = if state.since < answered { settled.max(answered + ANSWER_MAY_TAKE) } else { settled };
            let is_asked_by_hook = matches!(state.kind, Some(Kind::Permission | Kind::Question | Kind::Plan));
            if hooks && is_asked_by_hook && now < settled {
                watched.recheck_at = Some(watched.recheck_at.map_or(settled, |at| at.min(settled)));
                return plan;
            }
            let screen = whole_screen(watched, since);
            let has_dialog = screen.is_some_and(|screen| screen.reading.dialog.is_some());
            // However long tmux takes: a request that was opened without words gets them.
            watched.wants_screen |= screen.is_none();
            if !has_dialog && now < settled + SCREEN_MAY_FOLLOW {
                watched.wants_screen = true;
                watched.recheck_at = Some(settled + SCREEN_MAY_FOLLOW);
                return plan;
            }
            let dialog = shown_dialog(watched, since);
            let by_screen = watched.gives_only_a_screen();
            let words = dialog.and_then(|dialog| words(dialog, state, by_screen));
            let old = watched.unhooked.take().filter(|old| old.since == since);
            let is_same = |old: &Unhooked| {
                old.words.is_none() || words.is_none() || old.words == words || by_screen && old.changes >= MOST_CHANGES
            };
            let (id, changes) = match &old {
                Some(old) if is_same(old) => (old.id.clone(), old.changes),
                // The session file does not show a dialog that follows another at once.
                Some(old) => (format!("seen-{}-{now}", watched.launched.launch), old.changes.saturating_add(1)),
                None => (format!("seen-{}-{since}", watched.launched.launch), 0),
            };
            plan.close_all_but = Some([id.clone()].into());
            // A person may have seen it with its first words: they stay.
            let is_known = old.as_ref().is_some_and(|old| old.id == id && old.words.is_some());
            if !(is_known && by_screen) {
                plan.open = Some(unhooked(watched, state, id.clone(), since));
            }
            let words = old.filter(|old| old.id == id).and_then(|old| old.words).or(words);
            watched.unhooked = Some(Unhooked { id, since, words, changes });
        }
        // Nothing is known: what was asked may still be asked.
        AgentStatus::Unknown | AgentStatus::Starting => {}
        AgentStatus::Exited | AgentStatus::Stopped => {
            plan.outcome = Some(RequestOutcome::Gone);
            plan.keep_only(BTreeSet::new(), watched);
        }
        // A hook can come before the session file says so: what the detector holds open stays.
        _ => plan.keep_only(hooked, watched),
    }
    plan
}

/// The screen, if it was read since, and when a dialog was drawn whole: where only the screen speaks, it was seen twice.
fn whole_screen(watched: &Watched, since: Millis) -> Option<&ScreenFact> {
    let is_whole = |screen: &&ScreenFact| match watched.gives_only_a_screen() {
        true => screen.at >= since && screen.at > screen.changed_at,
        false => screen.at >= since + DRAWN_BY,
    };
    watched.evidence.screen.as_ref().filter(is_whole)
}

fn shown_dialog(watched: &Watched, since: Millis) -> Option<&Dialog> {
    whole_screen(watched, since)?.reading.dialog.as_ref()
}

/// What distinguishes one dialog from another: its question, and the whole text where only the screen shows it.
fn words(dialog: &Dialog, state: &AgentState, by_screen: bool) -> Option<String> {
    let summary = state.detail.summary.clone()?;
    Some(if by_screen { format!("{summary}\n{}", dialog.text.join("\n")) } else { summary })
}

fn unhooked(watched: &Watched, state: &AgentState, id: String, at: Millis) -> NewRequest {
    let dialog = shown_dialog(watched, at);
    let kind = state.kind.unwrap_or(Kind::Dialog);
    let by_keys = match kind {
        Kind::Permission | Kind::Question | Kind::Plan if watched.gives_only_a_screen() => {
            dialog.is_some_and(Dialog::is_answerable)
        }
        // A dialog of its own, which a plain pattern found: no key of it is known.
        Kind::Permission | Kind::Question | Kind::Plan => dialog.is_none_or(|dialog| !dialog.options.is_empty()),
        // Before a session nothing but the screen tells what is asked: keys only where one option surely means yes.
        Kind::Trust => state.detail.summary.is_some() && dialog.is_some_and(|dialog| dialog.approve().is_some()),
        _ => false,
    };
    let summary = state.detail.summary.clone().unwrap_or_else(|| {
        match kind {
            Kind::Trust => "The agent asks something before it starts: attach and answer there",
            Kind::Dialog => "A dialog is open in the agent",
            _ => "The agent asks something: attach to see it",
        }
        .to_owned()
    });
    NewRequest {
        id,
        kind,
        tool: state.detail.tool.clone(),
        summary,
        input: dialog.and_then(|dialog| serde_json::to_value(dialog).ok()),
        cut: dialog.is_none_or(|dialog| !dialog.complete),
        suggestions: Vec::new(),
        folder: None,
        answerable: if by_keys { Answerable::Keys } else { Answerable::Terminal },
        at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::claude::Claude;
    use crate::agent::{Adapter, HooksQuestion};
    use crate::core::fact::{AgentReport, Launched};
    use crate::detector;
    use crate::detector::rules::Rules;
    use crate::evidence::Gives;
    use crate::evidence::session::{AgentSession, SessionStatus};
    use crate::task::Isolation;
    use crate::tmux::Pane;
    use serde_json::json;

    fn launched() -> Launched {
        let pane =
            json!({"server_pid": 1, "server_start": 1, "session": "$1", "window": "@1", "pane": "%1", "pane_pid": 9});
        Launched {
            task: "t".into(),
            launch: "l".into(),
            socket: "/s".into(),
            pane: serde_json::from_value::<Pane>(pane).unwrap(),
            process: None,
            session_id: None,
            config_dir: None,
            transcript: None,
            turn_since: None,
            adapter: Some(&Claude),
            gives: Gives { session: true, hooks: true },
            rules: Rules::of(None, None).unwrap(),
            isolation: Isolation::None,
            hooks: HooksQuestion { program: "c".into(), args: Vec::new(), folder: "/p".into(), config_dir: None },
            at: 1_000,
        }
    }

    fn says(watched: &mut Watched, status: SessionStatus, at: Millis) {
        let waits = status == SessionStatus::Waiting;
        let session = AgentSession {
            pid: 9,
            start: Some("1".into()),
            session_id: None,
            background: false,
            cwd: None,
            status: Some(status),
            waiting_for: waits.then(|| "permission prompt".to_owned()),
            waiting_kind: waits.then_some(Kind::Permission),
            updated_at: Some(at),
            status_updated_at: Some(at),
        };
        watched.evidence.saw_session(session, true, at);
    }

    fn planned(watched: &mut Watched, now: Millis) -> RequestChanges {
        let verdict = detector::detect(&watched.evidence, now);
        plan(watched, &verdict.state, &verdict.open_requests, now)
    }

    fn asks(watched: &mut Watched, at: Millis) {
        let asks =
            json!({"hook_event_name": "PermissionRequest", "tool_name": "Bash", "tool_input": {"command": "ls"}});
        let (task, launch) = ("t".to_owned(), "l".to_owned());
        watched.receive_event(&AgentReport { id: "hooked".into(), task, launch, at, event: Claude.parse(&asks) });
    }

    #[test]
    fn the_dialog_of_an_answered_request_is_no_other_one_until_the_agent_goes_on() {
        let mut watched = Watched::new(launched());
        watched.since = 1_000;
        says(&mut watched, SessionStatus::Waiting, 10_000);
        asks(&mut watched, 10_100);
        planned(&mut watched, 10_200);
        watched.evidence.close_request("hooked");
        assert_eq!(planned(&mut watched, 20_000).close, ["hooked"]);
        let late = 20_000 + ANSWER_MAY_TAKE + SCREEN_MAY_FOLLOW;
        assert!(!planned(&mut watched, late - 1).is_news());
        assert!(planned(&mut watched, late).is_news(), "no hook comes any more");

        let mut watched = Watched::new(launched());
        (watched.since, watched.evidence.ruled_at) = (1_000, Some(10_100));
        says(&mut watched, SessionStatus::Waiting, 10_000);
        assert!(!planned(&mut watched, 10_100 + ANSWER_MAY_TAKE).is_news());
        says(&mut watched, SessionStatus::Waiting, 11_000);
        let settled = 11_000 + HOOK_MAY_FOLLOW + SCREEN_MAY_FOLLOW;
        assert!(planned(&mut watched, settled).is_news(), "it went on to another dialog");
    }

    #[test]
    fn a_dialog_that_comes_long_after_its_hook_becomes_a_request_again() {
        let mut watched = Watched::new(launched());
        watched.since = 1_000;
        says(&mut watched, SessionStatus::Busy, 2_000);
        asks(&mut watched, 10_000);
        assert!(!planned(&mut watched, 10_100).is_news());
        assert_eq!(watched.asked, BTreeSet::from(["hooked".to_owned()]));
        // The session file still says that the agent works.
        assert_eq!(planned(&mut watched, 12_500).close, ["hooked"]);
        // On a machine without a free processor the dialog came only now.
        says(&mut watched, SessionStatus::Waiting, 13_700);
        let settled = 13_700 + HOOK_MAY_FOLLOW + SCREEN_MAY_FOLLOW;
        assert!(!planned(&mut watched, settled - 1).is_news());
        let open = planned(&mut watched, settled).open.expect("a request");
        assert_eq!((open.kind, open.answerable), (Kind::Permission, Answerable::Keys));
    }
}
