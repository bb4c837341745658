//! What an agent's events have told, folded one by one. Times are those at which the event happened, so a late event
//! never overrules a newer one.

use super::event::{
    AgentEvent, AgentRequest, Background, FailureCause, Happening, SessionStart, ToolCall, TurnFailure,
};
use crate::status::{Kind, Millis};
use crate::text::{clean_line, clean_summary, reveal_line};
use std::collections::{BTreeMap, VecDeque};

/// More open requests or tool calls than this are not kept; the oldest go.
const MOST: usize = 64;
/// Characters of a prompt that are kept.
const PROMPT: usize = 200;

/// A tool call that asks for permission, an answer or a plan's approval.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenRequest {
    /// The hook event's id, given by the hook process.
    pub id: String,
    /// Permission, question or plan.
    pub kind: Kind,
    /// The tool.
    pub tool: String,
    /// One line: the command, the file, the question.
    pub summary: Option<String>,
    /// The subagent that asks.
    pub subagent: Option<String>,
    /// When it was asked.
    pub at: Millis,
    /// Of the call's input: with the tool it is the only thing that ties a request to its end.
    fingerprint: u64,
}

/// A tool call that has begun and not ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningCall {
    /// The tool.
    pub tool: String,
    /// One line: the command, the file.
    pub summary: Option<String>,
    /// When it began.
    pub at: Millis,
}

/// A turn that ended well.
#[derive(Clone, Debug, PartialEq)]
pub struct EndedTurn {
    /// When.
    pub at: Millis,
    /// The agent's last message.
    pub message: Option<String>,
    /// Background shell commands that went on.
    pub shells: usize,
}

/// A turn that ended by an error of the API, after the client's own retries.
#[derive(Clone, Debug, PartialEq)]
pub struct FailedTurn {
    /// When.
    pub at: Millis,
    /// The agent's class of it.
    pub class: String,
    /// The text shown.
    pub message: Option<String>,
    /// What kind of failure it is.
    pub cause: FailureCause,
}

/// A session that started.
#[derive(Clone, Debug, PartialEq)]
pub struct StartedSession {
    /// When.
    pub at: Millis,
    /// How.
    pub how: SessionStart,
}

/// A session that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct EndedSession {
    /// When.
    pub at: Millis,
    /// Why, in the agent's own word.
    pub reason: String,
}

/// Everything the hooks of one launch have told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hooks {
    /// When the newest event of any kind happened.
    pub last: Option<Millis>,
    /// The conversation, as of the newest event.
    pub session_id: Option<String>,
    /// The permission mode, as of the newest event of the main thread that names one.
    pub mode: Option<String>,
    /// The newest start of a session.
    pub started: Option<StartedSession>,
    /// When a prompt was last accepted.
    pub prompt: Option<Millis>,
    /// What the newest prompt of the main thread says, in one line.
    pub asked: Option<String>,
    /// The newest sign of the main thread at work: a tool call begun or ended.
    pub activity: Option<Millis>,
    /// Requests not known to be answered, oldest first.
    pub requests: Vec<OpenRequest>,
    /// Tool calls of the main thread not known to have ended, by id.
    pub tools: BTreeMap<String, RunningCall>,
    /// Subagents not known to have ended, by id, with their start.
    pub subagents: BTreeMap<String, Millis>,
    /// The newest turn that ended well.
    pub stop: Option<EndedTurn>,
    /// The newest turn that failed.
    pub failure: Option<FailedTurn>,
    /// The newest end of a session with which the process ends its work.
    pub ended: Option<EndedSession>,
    /// When the agent last got a login.
    pub logged_in: Option<Millis>,
    /// No request from before this is open: the session file said so.
    over_at: Option<Millis>,
    /// Requests closed before they were opened, which asynchronous hooks can bring about.
    closed_early: VecDeque<String>,
}

impl Hooks {
    /// Folds in one event. `id` names it: the same id twice is one event.
    pub fn apply(&mut self, event: &AgentEvent, id: &str, at: Millis) {
        let subagent = event.subagent.as_deref().map(|id| clean_line(id, 100));
        let main = subagent.is_none();
        if self.last.is_none_or(|last| last <= at) {
            self.last = Some(at);
            self.session_id = event.session_id.as_deref().map(|id| clean_line(id, 100)).or(self.session_id.take());
            let mode = event.mode.as_deref().filter(|_| main).map(|mode| clean_line(mode, 40));
            self.mode = mode.or(self.mode.take());
        }
        match &event.what {
            Happening::SessionStart(how) => {
                newer(&mut self.started, StartedSession { at, how: *how });
                self.forget_calls(at, Scope::All);
            }
            Happening::SessionEnd { reason, continues } => {
                self.forget_calls(at, Scope::All);
                if !continues {
                    newer(&mut self.ended, EndedSession { at, reason: clean_line(reason, 40) });
                }
            }
            // A request outlives it: a prompt that was queued while the agent was busy is told in the middle of a turn.
            Happening::PromptTaken { prompt } if main => {
                if self.prompt.is_none_or(|known| known <= at) {
                    self.asked = Some(clean_summary(prompt, PROMPT)).filter(|prompt| !prompt.is_empty());
                }
                self.prompt = self.prompt.max(Some(at));
                self.tools.retain(|_, call| call.at > at);
            }
            Happening::ToolStart(call) if main => self.begin_call(call, at),
            Happening::ToolEnd { call, .. } => {
                if main {
                    self.activity = self.activity.max(Some(at));
                    if let Some(id) = &call.id {
                        self.tools.remove(&clean_line(id, 100));
                    }
                }
                self.close_call(call, subagent.as_deref());
            }
            Happening::Asks(request) => self.open(request, id, subagent, at),
            Happening::SubagentStart => {
                if let Some(id) = subagent.filter(|_| self.subagents.len() < MOST) {
                    self.subagents.insert(id, at);
                }
            }
            Happening::SubagentEnd => {
                if let Some(id) = subagent {
                    self.subagents.remove(&id);
                    self.requests.retain(|request| request.subagent.as_ref() != Some(&id));
                }
            }
            Happening::TurnEnd { message, background } => self.rest(message.as_deref(), background.as_ref(), at),
            Happening::TurnFailure(failure) => self.fail(failure, at),
            Happening::LoggedIn => self.logged_in = self.logged_in.max(Some(at)),
            Happening::PromptTaken { .. }
            | Happening::ToolStart(_)
            | Happening::Notice
            | Happening::Compaction
            | Happening::Other => {}
        }
    }

    /// Closes a request: it was answered through Chorus, or its hook process was abandoned.
    pub fn close(&mut self, id: &str) {
        let before = self.requests.len();
        self.requests.retain(|request| request.id != id);
        if self.requests.len() == before {
            self.closed_early.push_back(id.to_owned());
            if self.closed_early.len() > MOST {
                self.closed_early.pop_front();
            }
        }
    }

    /// Chorus believes no more that this request is asked, and told its hook so. A dialog that is open after all is known by
    /// the session file and the screen.
    pub fn disbelieve(&mut self, id: &str) {
        self.requests.retain(|request| request.id != id);
    }

    /// The session file says that since `at` no dialog is open.
    pub fn no_dialog(&mut self, at: Millis) {
        self.over_at = self.over_at.max(Some(at));
        self.requests.retain(|request| request.at >= at);
    }

    /// The session file says that since `at` the agent rests: no tool call or subagent of before runs.
    pub fn at_rest(&mut self, at: Millis) {
        self.tools.retain(|_, call| call.at >= at);
        self.subagents.retain(|_, started| *started >= at);
    }

    /// When the main thread last began or went on working.
    pub fn working_at(&self) -> Option<Millis> {
        self.prompt.max(self.activity)
    }

    /// When the main thread last came to rest: a turn's end, or a start of the session.
    pub fn resting_at(&self) -> Option<Millis> {
        let stop = self.stop.as_ref().map(|stop| stop.at);
        let failure = self.failure.as_ref().map(|failure| failure.at);
        let started = self.started.as_ref().filter(|start| start.how != SessionStart::Compacted).map(|start| start.at);
        stop.max(failure).max(started)
    }

    /// The failure the newest turn ended in, unless something happened since.
    pub fn standing_failure(&self) -> Option<&FailedTurn> {
        let failure = self.failure.as_ref()?;
        let stop = self.stop.as_ref().map(|stop| stop.at);
        let started = self.started.as_ref().map(|start| start.at);
        let since = self.working_at().max(stop).max(started).max(self.logged_in);
        since.is_none_or(|since| since <= failure.at).then_some(failure)
    }

    fn begin_call(&mut self, call: &ToolCall, at: Millis) {
        self.activity = self.activity.max(Some(at));
        if let Some(id) = call.id.as_ref().filter(|_| self.tools.len() < MOST) {
            let running = RunningCall { tool: clean_line(&call.tool, 100), summary: summary(call), at };
            self.tools.insert(clean_line(id, 100), running);
        }
    }

    fn open(&mut self, asked: &AgentRequest, id: &str, subagent: Option<String>, at: Millis) {
        if let Some(place) = self.closed_early.iter().position(|closed| closed == id) {
            self.closed_early.remove(place);
            return;
        }
        let rested = self.resting_at().filter(|_| subagent.is_none() && self.over_at.is_none());
        if rested.max(self.over_at).is_some_and(|over| over > at)
            || self.requests.iter().any(|request| request.id == id)
        {
            return;
        }
        let call = &asked.call;
        self.requests.push(OpenRequest {
            id: id.to_owned(),
            kind: asked.kind,
            tool: clean_line(&call.tool, 100),
            summary: summary(call),
            subagent,
            at,
            fingerprint: call.fingerprint,
        });
        self.requests.sort_by_key(|request| request.at);
        if self.requests.len() > MOST {
            self.requests.remove(0);
        }
    }

    /// A request does not carry the id of its call, so its end is known by tool, input and asker.
    fn close_call(&mut self, call: &ToolCall, subagent: Option<&str>) {
        let tool = clean_line(&call.tool, 100);
        let same_asker = |request: &OpenRequest| request.tool == tool && request.subagent.as_deref() == subagent;
        let is_it = |request: &OpenRequest| same_asker(request) && request.fingerprint == call.fingerprint;
        let exact = self.requests.iter().position(is_it);
        // An agent adds the answers to a question's input, and may amend others.
        let alone = || {
            let mut alike = (0..self.requests.len()).filter(|place| same_asker(&self.requests[*place]));
            alike.next().filter(|_| alike.next().is_none())
        };
        if let Some(place) = exact.or_else(alone) {
            self.requests.remove(place);
        }
    }

    fn rest(&mut self, message: Option<&str>, background: Option<&Background>, at: Millis) {
        let newest = self.stop.as_ref().is_none_or(|stop| stop.at <= at);
        if let Some(background) = background.filter(|_| newest) {
            let named: BTreeMap<String, Millis> =
                background.subagents.iter().take(MOST).map(|id| (clean_line(id, 100), at)).collect();
            self.subagents.retain(|id, started| named.contains_key(id) || *started > at);
            named.into_iter().for_each(|(id, at)| _ = self.subagents.entry(id).or_insert(at));
        }
        let shells = background.map_or(0, |background| background.shells);
        newer(&mut self.stop, EndedTurn { at, message: message.map(|message| clean_summary(message, 500)), shells });
        self.forget_calls(at, Scope::Main);
    }

    fn fail(&mut self, failure: &TurnFailure, at: Millis) {
        let (class, cause) = (clean_line(&failure.class, 40), failure.cause);
        let message = failure.message.as_deref().map(|message| clean_summary(message, 500));
        newer(&mut self.failure, FailedTurn { at, class, message, cause });
        self.forget_calls(at, Scope::Main);
    }

    /// The end of a turn is the end of its requests, as far as hooks tell. Where a session file speaks it says so itself,
    /// and better: hooks of one turn's end and the next one's begin run side by side and may swap.
    fn forget_calls(&mut self, at: Millis, scope: Scope) {
        let told = scope == Scope::Main && self.over_at.is_some();
        let kept =
            |request: &OpenRequest| told || request.at > at || (scope == Scope::Main && request.subagent.is_some());
        self.requests.retain(kept);
        self.tools.retain(|_, call| call.at > at);
        if scope == Scope::All {
            self.subagents.retain(|_, started| *started > at);
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Main,
    All,
}

trait Timed {
    fn time(&self) -> Millis;
}

impl Timed for StartedSession {
    fn time(&self) -> Millis {
        self.at
    }
}

impl Timed for EndedSession {
    fn time(&self) -> Millis {
        self.at
    }
}

impl Timed for EndedTurn {
    fn time(&self) -> Millis {
        self.at
    }
}

impl Timed for FailedTurn {
    fn time(&self) -> Millis {
        self.at
    }
}

fn newer<T: Timed>(slot: &mut Option<T>, value: T) {
    if slot.as_ref().is_none_or(|known| known.time() <= value.time()) {
        *slot = Some(value);
    }
}

fn summary(call: &ToolCall) -> Option<String> {
    call.summary.as_deref().map(|summary| reveal_line(summary, 500))
}
