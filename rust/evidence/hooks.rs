//! What an agent's hooks have told, folded event by event. Names and shapes are those of Claude Code 2.1.328 (`hook_event_name`
//! and its fields); unknown events and missing fields change nothing. Times are those at which the hook ran, so a late
//! event never overrules a newer one.

use crate::status::Millis;
use crate::text::clean_line;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

/// More open requests or tool calls than this are not kept; the oldest go.
const MOST: usize = 64;

/// A tool call that asks for permission, an answer or a plan's approval.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenRequest {
    /// The hook event's id, given by the hook process.
    pub id: String,
    /// `Bash`, `AskUserQuestion`, `ExitPlanMode`, `mcp__server__tool`, …
    pub tool: String,
    /// One line: the command, the file, the question.
    pub summary: Option<String>,
    /// The subagent that asks.
    pub subagent: Option<String>,
    /// When it was asked.
    pub at: Millis,
    /// Fingerprint of the call's input: with the tool it is the only thing that ties a request to its end.
    input: u64,
}

/// A tool call that has begun and not ended.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    /// The tool.
    pub tool: String,
    /// One line: the command, the file.
    pub summary: Option<String>,
    /// When it began.
    pub at: Millis,
}

/// A turn that ended well.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// When.
    pub at: Millis,
    /// The agent's last message.
    pub message: Option<String>,
    /// Background shell commands that went on.
    pub shells: usize,
}

/// A turn that ended by an error of the API, after the client's own retries.
#[derive(Clone, Debug, PartialEq)]
pub struct StopFailure {
    /// When.
    pub at: Millis,
    /// `authentication_failed`, `rate_limit`, `server_error`, `unknown`.
    pub error: String,
    /// The text shown.
    pub message: Option<String>,
}

/// A moment with a word: the source of a start, the reason of an end, the type of a notification.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// When.
    pub at: Millis,
    /// `startup`, `clear`, `prompt_input_exit`, `idle_prompt`, …
    pub word: String,
}

/// Everything the hooks of one launch have told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hooks {
    /// The newest event of any kind.
    pub last: Option<Moment>,
    /// The conversation, as of the newest event.
    pub session_id: Option<String>,
    /// The newest `SessionStart`; the word is its source.
    pub started: Option<Moment>,
    /// The newest `UserPromptSubmit`.
    pub prompt: Option<Millis>,
    /// The newest sign of the main thread at work: a tool call begun or ended.
    pub activity: Option<Millis>,
    /// Requests not known to be answered, oldest first.
    pub requests: Vec<OpenRequest>,
    /// Tool calls of the main thread not known to have ended, by `tool_use_id`.
    pub tools: BTreeMap<String, ToolCall>,
    /// Subagents not known to have ended (`agent_id`), with their start.
    pub subagents: BTreeMap<String, Millis>,
    /// The newest `Stop`.
    pub stop: Option<Stop>,
    /// The newest `StopFailure`.
    pub failure: Option<StopFailure>,
    /// The newest `SessionEnd` that ends the process's work (not `clear` or `resume`); the word is its reason.
    pub ended: Option<Moment>,
    /// The newest `Notification`; the word is its type.
    pub notification: Option<Moment>,
    /// No request from before this is open: the session file said so.
    over_at: Option<Millis>,
    /// Requests closed before they were opened, which asynchronous hooks can bring about.
    closed_early: VecDeque<String>,
}

impl Hooks {
    /// Folds in one event. `id` names it: the same id twice is one event.
    pub fn apply(&mut self, event: &Value, id: &str, at: Millis) {
        let text = |key: &str| event.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let Some(name) = text("hook_event_name") else { return };
        let subagent = text("agent_id").map(|id| clean_line(id, 100));
        let main = subagent.is_none();
        if self.last.as_ref().is_none_or(|last| last.at <= at) {
            self.last = Some(Moment { at, word: clean_line(name, 40) });
            self.session_id = text("session_id").map(|id| clean_line(id, 100)).or(self.session_id.take());
        }
        match name {
            "SessionStart" => {
                newer(&mut self.started, Moment { at, word: clean_line(text("source").unwrap_or_default(), 40) });
                self.forget_calls(at, Scope::All);
            }
            "SessionEnd" => {
                let word = clean_line(text("reason").unwrap_or("other"), 40);
                self.forget_calls(at, Scope::All);
                if word != "clear" && word != "resume" {
                    newer(&mut self.ended, Moment { at, word });
                }
            }
            // A request outlives it: a prompt that was queued while the agent was busy is told in the middle of a turn.
            "UserPromptSubmit" if main => {
                self.prompt = self.prompt.max(Some(at));
                self.tools.retain(|_, call| call.at > at);
            }
            "PreToolUse" if main => {
                self.activity = self.activity.max(Some(at));
                let call = ToolCall { tool: tool(event), summary: summary(event), at };
                if let Some(use_id) = text("tool_use_id").filter(|_| self.tools.len() < MOST) {
                    self.tools.insert(clean_line(use_id, 100), call);
                }
            }
            "PostToolUse" | "PostToolUseFailure" | "PermissionDenied" => {
                if main {
                    self.activity = self.activity.max(Some(at));
                    if let Some(use_id) = text("tool_use_id") {
                        self.tools.remove(use_id);
                    }
                }
                self.close_call(event, subagent.as_deref());
            }
            "PermissionRequest" => self.open(event, id, subagent, at),
            "SubagentStart" => {
                if let Some(id) = subagent.filter(|_| self.subagents.len() < MOST) {
                    self.subagents.insert(id, at);
                }
            }
            "SubagentStop" => {
                if let Some(id) = subagent {
                    self.subagents.remove(&id);
                    self.requests.retain(|request| request.subagent.as_ref() != Some(&id));
                }
            }
            "Stop" => self.rest(event, at),
            "StopFailure" => {
                let error = clean_line(text("error").unwrap_or("unknown"), 40);
                let message = text("last_assistant_message").map(|message| clean_line(message, 500));
                newer(&mut self.failure, StopFailure { at, error, message });
                self.forget_calls(at, Scope::Main);
            }
            "Notification" => {
                newer(
                    &mut self.notification,
                    Moment { at, word: clean_line(text("notification_type").unwrap_or_default(), 40) },
                );
            }
            _ => {}
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
        let started = self.started.as_ref().filter(|start| start.word != "compact").map(|start| start.at);
        stop.max(failure).max(started)
    }

    /// The failure the newest turn ended in, unless something happened since.
    pub fn standing_failure(&self) -> Option<&StopFailure> {
        let failure = self.failure.as_ref()?;
        let stop = self.stop.as_ref().map(|stop| stop.at);
        let started = self.started.as_ref().map(|start| start.at);
        let login = self.notification.as_ref().filter(|moment| moment.word == "auth_success").map(|moment| moment.at);
        let since = self.working_at().max(stop).max(started).max(login);
        since.is_none_or(|since| since <= failure.at).then_some(failure)
    }

    fn open(&mut self, event: &Value, id: &str, subagent: Option<String>, at: Millis) {
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
        let (tool, summary, input) = (tool(event), summary(event), fingerprint(event));
        self.requests.push(OpenRequest { id: id.to_owned(), tool, summary, subagent, at, input });
        self.requests.sort_by_key(|request| request.at);
        if self.requests.len() > MOST {
            self.requests.remove(0);
        }
    }

    /// A permission request carries no `tool_use_id`, so its end is known by tool, input and asker.
    fn close_call(&mut self, event: &Value, subagent: Option<&str>) {
        let tool = tool(event);
        let same_asker = |request: &OpenRequest| request.tool == tool && request.subagent.as_deref() == subagent;
        let input = fingerprint(event);
        let exact = self.requests.iter().position(|request| same_asker(request) && request.input == input);
        // The client adds the answers to a question's input, and may amend others.
        let alone = || {
            let mut alike = (0..self.requests.len()).filter(|place| same_asker(&self.requests[*place]));
            alike.next().filter(|_| alike.next().is_none())
        };
        if let Some(place) = exact.or_else(alone) {
            self.requests.remove(place);
        }
    }

    fn rest(&mut self, event: &Value, at: Millis) {
        let background = event.get("background_tasks").and_then(Value::as_array);
        let running =
            |task: &&Value| task.get("status").and_then(Value::as_str).is_none_or(|status| status == "running");
        let is_subagent = |task: &&Value| task.get("type").and_then(Value::as_str) == Some("subagent");
        let tasks: Vec<&Value> =
            background.map(|tasks| tasks.iter().filter(running).take(MOST).collect()).unwrap_or_default();
        let newest = self.stop.as_ref().is_none_or(|stop| stop.at <= at);
        if background.is_some() && newest {
            let ids = tasks.iter().filter(|task| is_subagent(task));
            let ids = ids.filter_map(|task| task.get("id").and_then(Value::as_str)).map(|id| clean_line(id, 100));
            let named: BTreeMap<String, Millis> = ids.map(|id| (id, at)).collect();
            self.subagents.retain(|id, started| named.contains_key(id) || *started > at);
            named.into_iter().for_each(|(id, at)| _ = self.subagents.entry(id).or_insert(at));
        }
        let shells = tasks.iter().filter(|task| !is_subagent(task)).count();
        let message =
            event.get("last_assistant_message").and_then(Value::as_str).map(|message| clean_line(message, 500));
        newer(&mut self.stop, Stop { at, message, shells });
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

impl Timed for Moment {
    fn time(&self) -> Millis {
        self.at
    }
}

impl Timed for Stop {
    fn time(&self) -> Millis {
        self.at
    }
}

impl Timed for StopFailure {
    fn time(&self) -> Millis {
        self.at
    }
}

fn newer<T: Timed>(slot: &mut Option<T>, value: T) {
    if slot.as_ref().is_none_or(|known| known.time() <= value.time()) {
        *slot = Some(value);
    }
}

fn tool(event: &Value) -> String {
    clean_line(event.get("tool_name").and_then(Value::as_str).unwrap_or("unknown"), 100)
}

fn fingerprint(event: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    event.get("tool_input").map(Value::to_string).hash(&mut hasher);
    hasher.finish()
}

/// One line about a tool call: what a person needs to see in a list.
pub fn summary(event: &Value) -> Option<String> {
    let input = event.get("tool_input")?;
    let question = || input.get("questions")?.get(0)?.get("question")?.as_str();
    let plain =
        ["command", "file_path", "notebook_path", "url", "plan", "query", "pattern", "path", "description", "prompt"];
    let known = plain.iter().find_map(|key| input.get(key)?.as_str()).or_else(question);
    let object = || input.as_object().filter(|object| !object.is_empty()).map(|_| input.to_string());
    known.map(str::to_owned).or_else(object).map(|text| clean_line(&text, 500))
}
