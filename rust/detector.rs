//! Decides what an agent is doing from everything known about it, and says why. Pure: evidence and clock in, verdict out.
//!
//! The order of trust: the process, the agent's own session file, hooks, the transcript, the screen. A source that could
//! not have seen a change (no hook fires on Esc, none at all before the start dialogs) never overrules one that did.
//! Where the evidence has run out or disagrees, the verdict is `unknown`, in words.

mod by_hooks;
mod by_process;
mod by_screen;
mod by_session;
mod pieces;
pub mod rules;
pub mod screen;

use crate::contract::Piece;
use crate::evidence::Evidence;
use crate::evidence::hooks::OpenRequest;
use crate::status::{AgentState, AgentStatus, Detail, Kind, Millis};

/// A launch that has said nothing for so long is not starting any more; eight clients started at once took 4.8 s.
pub const STARTING: Millis = 20_000;
/// The session file leads the screen by up to 215 ms: a capture younger than this may show what was before.
pub const SETTLE: Millis = 300;
/// Hooks miss interruptions: without a session file or screen beside them they count for so long.
pub const HOOKS_COUNT: Millis = 60_000;
/// A session file that has not followed the hooks for so long is questioned.
pub const FOLLOWS: Millis = 5_000;
/// How long tmux may be silent before what it last said is not believed.
pub const SILENCE: Millis = 10_000;
/// A screen that has been written to since it was read counts for so long.
pub const DISTURBED: Millis = 10_000;
/// Output so recent means that the screen is changing.
pub const CHANGING: Millis = 3_000;

const MINUTE: Millis = 60_000;

/// How often the screen is read of an agent that left its terminal.
pub const STOPPED_LOOK: Millis = 2_000;

/// A fact that a ruling can rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RuledFact {
    Launch,
    Process,
    Silence,
    Session,
    Started,
    Prompt,
    Activity,
    Requests,
    Subagents,
    Stop,
    Failure,
    Ended,
    Transcript,
    Screen,
    Interrupt,
}

/// What one source makes of the evidence.
#[derive(Clone, Debug, Default)]
struct Ruling {
    status: AgentStatus,
    kind: Option<Kind>,
    detail: Detail,
    rule: String,
    since: Millis,
    used: Vec<RuledFact>,
    /// When mere time may change it.
    until: Option<Millis>,
    /// When the screen should be read, if that would help.
    look: Option<Millis>,
}

/// What the agent does, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// For every client. `since` is the time of the fact that decided: keep the earlier one while status and kind stay.
    pub state: AgentState,
    /// The rule that won, such as `session file: idle`.
    pub rule: String,
    /// Every piece of evidence.
    pub pieces: Vec<Piece>,
    /// When the verdict, or the wish for a look, may change by the mere passing of time.
    pub recheck_at: Option<Millis>,
    /// A look at the screen now would tell more.
    pub read_screen: bool,
    /// Ids of the hook requests that are still open; every other one is over.
    pub open_requests: Vec<String>,
}

/// Judges the evidence as it stands at `now`.
pub fn detect(evidence: &Evidence, now: Millis) -> Verdict {
    let ruling = rule(evidence, now);
    let open = open_requests(evidence, now);
    let fades = open.iter().filter_map(|request| fades_at(evidence, request)).min();
    let look = [ruling.look, look_at_terminal(evidence)].into_iter().flatten().min();
    let times = [ruling.until, look, fades].into_iter().flatten();
    Verdict {
        pieces: pieces::pieces(evidence, &ruling.used),
        recheck_at: times.filter(|time| *time > now).min(),
        read_screen: look.is_some_and(|look| look <= now),
        open_requests: open.iter().map(|request| request.id.clone()).collect(),
        rule: ruling.rule,
        state: AgentState {
            detail: if ruling.status == AgentStatus::Busy { at_work(evidence, ruling.detail) } else { ruling.detail },
            status: ruling.status,
            kind: ruling.kind,
            since: ruling.since,
        },
    }
}

/// The detail of a busy agent with the prompt it works on, and when it was last heard of. Its spinner is no sign of life:
/// the screen counts only where the agent gives nothing else.
fn at_work(evidence: &Evidence, detail: Detail) -> Detail {
    let gives_hooks = evidence.launch.as_ref().is_some_and(|launch| launch.gives.hooks);
    let screen = || evidence.screen.as_ref().map(|screen| screen.disturbed_at.unwrap_or(screen.changed_at));
    let heard = if gives_hooks { evidence.hooks.last } else { screen() };
    Detail { prompt: evidence.hooks.asked.clone(), heard_at: heard.map(|at| at - at.rem_euclid(MINUTE)), ..detail }
}

/// When the screen should be read of an agent that left its terminal: it may have stopped itself.
fn look_at_terminal(evidence: &Evidence) -> Option<Millis> {
    let since = evidence.left_terminal_at?;
    let looked = evidence.screen.as_ref().map(|screen| screen.at).filter(|at| *at >= since);
    Some(looked.map_or(since, |at| at + STOPPED_LOOK))
}

fn rule(evidence: &Evidence, now: Millis) -> Ruling {
    let Some(launch) = &evidence.launch else {
        return Ruling { status: AgentStatus::Stopped, rule: "no session".into(), ..Ruling::default() };
    };
    by_process::ended(evidence, launch, now)
        .or_else(|| by_session::rule(evidence, now))
        .or_else(|| by_process::silent(evidence, now))
        .or_else(|| by_hooks::rule(evidence, now))
        .or_else(|| by_screen::rule(evidence, launch, now))
        .unwrap_or_else(|| nothing(evidence, launch.at, now))
}

/// No source says anything: starting for a while, then unknown.
fn nothing(evidence: &Evidence, launched: Millis, now: Millis) -> Ruling {
    let looked = evidence.screen.as_ref().map(|screen| screen.at).filter(|at| *at >= launched);
    let blank = Ruling { since: launched, used: vec![RuledFact::Launch], ..Ruling::default() };
    if now < launched + STARTING {
        let look = looked.map_or(launched + SETTLE, |at| at + 1_000);
        let (until, rule) = (Some(launched + STARTING), "launched".to_owned());
        return Ruling { status: AgentStatus::Starting, rule, until, look: Some(look), ..blank };
    }
    let rule = if looked.is_some() { "no evidence: the screen fits no rule" } else { "no evidence since the launch" };
    let mut used = blank.used.clone();
    used.extend(looked.map(|_| RuledFact::Screen));
    let look = Some(looked.map_or(now, |at| at + 5_000));
    Ruling { status: AgentStatus::Unknown, rule: rule.to_owned(), since: launched + STARTING, look, used, ..blank }
}

/// Hook requests that may still be open: none is while the session file says that no dialog is.
fn open_requests(evidence: &Evidence, now: Millis) -> Vec<&OpenRequest> {
    let Some(launch) = &evidence.launch else { return Vec::new() };
    if by_process::ended(evidence, launch, now).is_some_and(|ruling| ruling.kind != Some(Kind::Suspended)) {
        return Vec::new();
    }
    let mut open: Vec<&OpenRequest> = evidence.hooks.requests.iter().collect();
    open.retain(|request| fades_at(evidence, request).is_none_or(|fades| now < fades));
    open
}

/// When a request stops being believed, if the session file does not come to speak of a dialog: one that is older than the
/// file's status is over; a newer one has the file's next change before it.
fn fades_at(evidence: &Evidence, request: &OpenRequest) -> Option<Millis> {
    let (since, waiting) = by_session::status_since(evidence)?;
    (!waiting).then(|| if request.at < since { since } else { request.at + 2_000 })
}
