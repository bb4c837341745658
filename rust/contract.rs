//! Every request, reply, event and error code, typed once. The Lua half is
//! `lua/chorus/contract.lua`; `tests/contract` holds the two together.
//!
//! Transport: MessagePack-RPC over the daemon's socket. A shell client calls `request` with
//! `[{method, params}]`. Neovim notifies `request` with `[id, {method, params}]` and is answered by
//! `require('chorus.client').receive(message)` with a [`Message`]. Structs travel as maps by name.

mod agents;
mod asks;
mod documents;
mod edits;
mod events;
mod policy;
mod replies;

pub use crate::error::{Code, Failure};
pub use agents::*;
pub use asks::*;
pub use documents::*;
pub use edits::*;
pub use events::*;
pub use policy::*;
pub use replies::*;

use crate::task::Task;
pub use crate::task::Trouble;
use serde::{Deserialize, Serialize};

/// Grows when an older peer could misread a newer one.
pub const PROTOCOL: u32 = 1;

/// A JSON object with free content.
pub type Json = serde_json::Value;

/// What a client asks for. `task` is a number in the connection's project (`12`, `#12`) or a uuid.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// First on every connection that asks for more than `hook` or `exec`. Reply: [`Welcome`].
    Hello(Hello),
    /// The client's environment, for programs that a later verb on its project runs. Reply: [`Nothing`].
    Environment(Brought),
    /// Everything a fresh client shows. Reply: [`Snapshot`].
    Snapshot(Nothing),
    /// Tasks and open requests of other projects; the connection hears of them from now on. Reply: [`Others`].
    Others(Nothing),
    /// Create a task. Reply: [`Task`].
    TaskNew(TaskNew),
    /// Change fields of a task. Reply: [`Task`].
    TaskEdit(TaskEdit),
    /// tmux session, agent, context. Reply: [`Task`].
    TaskStart(TaskStart),
    /// A prompt, delivered exactly; queued while a request is open. Reply: [`Sent`].
    TaskSend(TaskSend),
    /// The prompts that wait, which can be changed until they are typed, and those that were sent. Reply: [`Prompts`].
    TaskPrompts(TaskPrompts),
    /// Stop the turn, keep the session. Reply: [`Task`].
    TaskInterrupt(One),
    /// Send again the prompts that may not have reached the agent. Reply: [`Task`].
    TaskResend(One),
    /// Forget them, and what else the task's alerts say. Reply: [`Task`].
    TaskDismiss(One),
    /// Show no notifications of the task. Reply: [`Task`].
    TaskMute(One),
    /// Show notifications of the task again. Reply: [`Task`].
    TaskUnmute(One),
    /// Allow the open request. Reply: [`Opened`].
    TaskApprove(TaskApprove),
    /// Refuse the open request. Reply: [`Opened`].
    TaskDeny(TaskDeny),
    /// Answer the open question. Reply: [`Opened`].
    TaskAnswer(TaskAnswer),
    /// The agent, in the same tmux session. Reply: [`Task`].
    TaskRestart(TaskRestart),
    /// End the task well. Reply: [`Task`].
    TaskComplete(TaskComplete),
    /// Give the task up. Reply: [`Task`].
    TaskFail(TaskFail),
    /// Make an ended task pending. Reply: [`Task`].
    TaskReopen(TaskReopen),
    /// Remove a task that does not run. Reply: [`Nothing`].
    TaskDelete(TaskDelete),
    /// Take the last command back. Reply: [`UndoOffer`].
    Undo(Undo),
    /// The task's page: fields, requests, journal. Reply: [`Page`].
    TaskShow(One),
    /// Tasks. Reply: [`Tasks`].
    TaskList(TaskList),
    /// Open requests. Reply: [`Requests`].
    TaskInbox(TaskList),
    /// Why the status is what it is. Reply: [`Explanation`].
    TaskExplain(One),
    /// The pane's content now. Reply: [`Output`].
    TaskOutput(TaskOutput),
    /// Begin or end a stream of [`Event::Output`] for one task on this connection. Reply: [`Nothing`].
    TaskWatch(TaskWatch),
    /// How to open the task's terminal. Reply: [`Terminal`].
    TaskAttach(One),
    /// A person has seen the task's last turn. Reply: [`Nothing`].
    TaskSeen(One),
    /// A web terminal by ttyd. Reply: [`Web`].
    TaskWeb(TaskWeb),
    /// A task's edits as a difference. Reply: [`Diff`].
    TaskDiff(TaskDiff),
    /// Commit what is the task's now. Reply: [`Task`].
    TaskCommit(TaskCommit),
    /// What a commit now would be. Reply: [`CommitMessage`].
    TaskMessage(One),
    /// The remedy that the task's trouble offers. Reply: [`Offer`].
    TaskMend(Confirm),
    /// A worktree task's branch in the GitButler workspace. Reply: [`Offer`].
    TaskPreview(Confirm),
    /// Uncommitted edits and whose they are. Reply: [`Changes`].
    Changes(Nothing),
    /// A person says whose an edit is. Reply: [`Changes`].
    ChangesAssign(ChangesAssign),
    /// A person says that unclaimed edits are a task's. Reply: [`Task`].
    TaskAssign(TaskAssign),
    /// Whose a line is. Reply: [`Line`].
    Line(LineAsk),
    /// A person wrote a buffer. Reply: [`Nothing`].
    FileSaved(FileSaved),
    /// What a person has before their eyes in this Neovim. Reply: [`Nothing`].
    Presence(Presence),
    /// Documents of the project. Reply: [`Documents`].
    Docs(DocsAsk),
    /// References to documents. Reply: [`References`].
    Refs(RefsAsk),
    /// Tie lines of a document to a task. Reply: [`Reference`].
    TaskRef(TaskRef),
    /// What the agent gets as its task's context. Reply: [`ContextPage`].
    TaskContext(One),
    /// The order and choice of references in it. Reply: [`ContextPage`].
    TaskContextEdit(ContextEdit),
    /// How documents changed since the agent read them, as a prompt. Reply: [`Told`].
    TaskTell(TaskTell),
    /// Move a stale reference to the lines that resemble its text most. Reply: [`Reference`].
    Retie(Retie),
    /// Take a reference away. Reply: [`Nothing`].
    Unref(Unref),
    /// Make the project a GitButler project. Reply: [`Offer`].
    Setup(Confirm),
    /// What Chorus needs and whether it is there. Reply: [`Health`].
    Health(Nothing),
    /// Effective configuration and where each value came from. Reply: [`Config`].
    Config(Nothing),
    /// What of a project's file counts once it is trusted; trust it. Reply: [`TrustOffer`].
    Trust(TrustAsk),
    /// The rules that answer requests. Reply: [`PolicyReport`].
    Policy(PolicyAsk),
    /// The rule that would have allowed a request. Reply: [`PolicyProposal`].
    PolicyPropose(PolicyPropose),
    /// Write that rule into the user's file. Reply: [`PolicyAdded`].
    PolicyAdd(PolicyAdd),
    /// Answers to requests: by whom, what was seen, what was sent. Reply: [`Audit`].
    Audit(AuditAsk),
    /// From `chorus hook`: one event of an agent. Reply: [`HookReply`], for a permission only once it is answered.
    Hook(Hook),
    /// From tmux: the program in a task's pane has ended. Reply: [`Nothing`].
    PaneDied(PaneDied),
    /// From `chorus exec`: what to run in the pane. Reply: [`Exec`].
    Exec(ExecAsk),
}

/// Every reply. Clients decode the type that the request names.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "each variant is named after its type")]
pub enum Reply {
    Welcome(Welcome),
    Snapshot(Snapshot),
    Others(Others),
    Page(Page),
    Explanation(Explanation),
    Task(Box<Task>),
    Sent(Sent),
    Prompts(Prompts),
    Tasks(Tasks),
    Requests(Requests),
    Opened(Opened),
    Output(Output),
    Terminal(Terminal),
    Web(Web),
    Diff(Diff),
    CommitMessage(CommitMessage),
    Offer(Offer),
    UndoOffer(UndoOffer),
    Changes(Changes),
    Line(Line),
    Documents(Documents),
    Reference(Box<Reference>),
    References(References),
    ContextPage(Box<ContextPage>),
    Told(Told),
    Health(Health),
    Config(Config),
    TrustOffer(TrustOffer),
    PolicyReport(PolicyReport),
    PolicyProposal(PolicyProposal),
    PolicyAdded(PolicyAdded),
    Audit(Audit),
    Exec(Exec),
    HookReply(HookReply),
    Nothing(Nothing),
}

/// What Neovim's `receive` is called with.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Message {
    /// The answer to a request.
    Response {
        /// The id Neovim gave.
        id: i64,
        /// The reply, when it was accepted.
        result: Option<Box<Reply>>,
        /// Why not, otherwise.
        error: Option<Failure>,
    },
    /// Something changed.
    Event(Event),
}
