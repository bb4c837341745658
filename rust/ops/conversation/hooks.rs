//! What agents' hooks tell: each event is read once here, then goes to the monitor; requests go into the store; context and
//! answers go back.

use crate::agent::{self, Adapter, AgentReply};
use crate::clock;
use crate::contract::{EditsChanged, Event, Hook, HookReply, Json};
use crate::core::Core;
use crate::core::answers::Asking;
use crate::core::fact::{AgentReport, Fact};
use crate::error::{Code, Error, Result};
use crate::evidence::event::{AgentRequest, Happening, ToolCall, ToolWork};
use crate::guard;
use crate::ops::conversation::context;
use crate::ops::{documents, edits, policy};
use crate::status::{Answerable, Millis};
use crate::store::{EndedCall, NewRequest, Received, RequestOutcome, Who};
use crate::task::Isolation;
use tokio_util::sync::CancellationToken;

/// A hook's process gives up within seconds, and its event goes to the spool.
const MOST_LATE: Millis = 60_000;

/// One event as it came in, with what answers it.
struct Intake {
    adapter: &'static dyn Adapter,
    report: AgentReport,
    /// As the agent sent it.
    message: Json,
}

impl Intake {
    /// An event from the process that saw it. The hook stamps it, since two hooks may arrive in another order. An old
    /// stamp is replaced by the time of arrival; only a request's may be old, for its hook sends it until it is answered.
    fn live(hook: Hook) -> Intake {
        let (at, now) = (clock::of_wall(hook.at), clock::now());
        let mut intake = Intake::at(hook, at);
        if now - at > MOST_LATE && !matches!(intake.report.event.what, Happening::Asks(_)) {
            intake.report.at = now;
        }
        intake
    }

    /// An event that waited in the spool.
    fn spooled(hook: Hook) -> Intake {
        let at = clock::of_wall(hook.at);
        Intake::at(hook, at)
    }

    fn at(hook: Hook, at: Millis) -> Intake {
        let adapter = agent::of_hook(hook.agent.as_deref());
        let event = adapter.parse(&hook.event);
        let report = AgentReport { id: hook.id, task: hook.task, launch: hook.launch, at, event };
        Intake { adapter, report, message: hook.event }
    }

    fn reply(&self, reply: Option<AgentReply>) -> HookReply {
        HookReply { output: reply.map(|reply| self.adapter.reply(&reply)) }
    }
}

/// Receives one event. For a permission it returns only when the request is answered or gone; `gone` means that the
/// hook's process ended, which is how the agent says that the person answered no at the terminal.
pub async fn receive(core: &Core, hook: Hook, gone: &CancellationToken) -> Result<HookReply> {
    drain(core).await;
    let intake = Intake::live(hook);
    let report = &intake.report;
    if !is_current(core, report).await? {
        return Ok(intake.reply(receive_replaced(core, report).await?));
    }
    match &report.event.what {
        Happening::Asks(_) => {
            edits::goes_on(core, &report.task).await?;
            return ask(core, intake, gone).await;
        }
        Happening::SessionStart(how) => {
            // Before the event, on which the first prompt waits.
            let text = context::at_session_start(core, report, *how, gone).await?;
            if policy::has_rules(core, &report.task).await {
                core.fact(Fact::HasRules { task: report.task.clone() });
            }
            note(core, report).await?;
            return Ok(intake.reply(text.map(AgentReply::Context)));
        }
        Happening::ToolStart(call) => return Ok(intake.reply(before_tool(core, report, call).await?)),
        Happening::ToolEnd { call, failed } => edits::after_tool(core, &report.task, call, *failed, report.at).await?,
        _ => {}
    }
    note(core, report).await?;
    note_documents(core, report).await;
    tell_written(core, report).await?;
    Ok(HookReply::default())
}

/// Tells every Neovim of the project which files a tool of a task outside of stacks may have written: no scan finds them.
async fn tell_written(core: &Core, report: &AgentReport) -> Result<()> {
    let Happening::ToolEnd { call, .. } = &report.event.what else { return Ok(()) };
    if call.work == ToolWork::None {
        return Ok(());
    }
    let task = core.read(&report.task, |tx, task| tx.row(task)).await?;
    if task.isolation == Isolation::Stack {
        return Ok(());
    }
    let written = match &call.work {
        ToolWork::Edit(edit) => match documents::path::of_agent(&task, &edit.path).await {
            Some((folder, path)) => {
                let is_projects = folder == task.project;
                let path = if is_projects { path } else { format!("{folder}/{path}") };
                EditsChanged { by: Some(task.number), ..EditsChanged::of(&[path]) }
            }
            None => return Ok(()),
        },
        _ => EditsChanged::anywhere(),
    };
    core.hub.notify(&task.project, &Event::EditsChanged(written));
    Ok(())
}

/// A document that the agent has read or written is known to it.
async fn note_documents(core: &Core, report: &AgentReport) {
    if let Happening::ToolEnd { call, failed: false } = &report.event.what
        && let Err(error) = documents::known::note_call(core, &report.task, call).await
    {
        log::warn!("cannot note what an agent read: {error}");
    }
}

/// Whether the event is of the newest launch of its task.
async fn is_current(core: &Core, report: &AgentReport) -> Result<bool> {
    let newest = core.read(&report.task, |tx, task| tx.newest_launch(task)).await?;
    Ok(newest.is_some_and(|newest| newest.id == report.launch))
}

/// An event of an agent that another one has replaced. Its edits belong to the task; its requests and prompts do not count.
async fn receive_replaced(core: &Core, report: &AgentReport) -> Result<Option<AgentReply>> {
    match &report.event.what {
        Happening::ToolStart(call) => before_tool(core, report, call).await,
        Happening::ToolEnd { call, failed } => {
            edits::after_tool(core, &report.task, call, *failed, report.at).await.map(|()| None)
        }
        _ => Ok(None),
    }
}

/// The guard first; then the edit that is about to be made.
async fn before_tool(core: &Core, report: &AgentReport, call: &ToolCall) -> Result<Option<AgentReply>> {
    let Some(refused) = guard::verdict_on(call) else {
        return edits::before_tool(core, &report.task, call, report.at).await;
    };
    let (id, what) = (report.id.clone(), refused.what);
    core.write(&report.task, move |tx, task| {
        if tx.first_time(&id)? {
            tx.journal(task, Who::Agent, "refused", &format!("The agent ran `{what}` and was refused"), None)?;
        }
        Ok(())
    })
    .await?;
    Ok(Some(AgentReply::Refuse(refused.reason)))
}

/// Takes in what found no daemon, oldest first, before anything newer. An event that is refused is set aside: it would be
/// refused again, and those behind it would never be taken in.
pub async fn drain(core: &Core) {
    let spool = core.state.spool();
    if crate::spool::list(&spool).is_empty() {
        return;
    }
    let _alone = core.draining.lock().await;
    for path in crate::spool::list(&spool) {
        let taken = match crate::spool::read(&path) {
            Ok(Some(hook)) => receive_late(core, &Intake::spooled(hook).report).await,
            Ok(None) => Err(Error::new(Code::BadInput, "it is no event")),
            Err(error) => Err(Error::new(Code::StoreUnusable, error.to_string())),
        };
        match taken {
            Ok(()) => crate::spool::done(&path),
            Err(error) if error.code == Code::StoreUnusable => {
                log::warn!("cannot take in spooled events now: {error}");
                return;
            }
            Err(error) => {
                log::warn!("a spooled event is set aside: {error}");
                crate::spool::set_aside(&path);
            }
        }
    }
}

/// An event that waited in the spool: what was asked for has been answered without us.
async fn receive_late(core: &Core, report: &AgentReport) -> Result<()> {
    match &report.event.what {
        Happening::ToolStart(call) => return before_tool(core, report, call).await.map(drop),
        Happening::ToolEnd { call, failed } => edits::after_tool(core, &report.task, call, *failed, report.at).await?,
        _ => {}
    }
    note_documents(core, report).await;
    note(core, report).await?;
    tell_written(core, report).await
}

/// The event to the monitor, the first time it is seen.
async fn note(core: &Core, report: &AgentReport) -> Result<()> {
    let id = report.id.clone();
    let at = report.at;
    let prompt = match &report.event.what {
        Happening::PromptTaken { prompt } if !prompt.is_empty() => Some(prompt.clone()),
        _ => None,
    };
    let call = match &report.event.what {
        Happening::ToolEnd { call, failed } => Some(ended(call, *failed, at)),
        _ => None,
    };
    let first = core.write(&report.task, move |tx, task| {
        let first = tx.first_time(&id)? && tx.row(task).is_ok_and(|task| task.status.is_live());
        if let Some(prompt) = prompt.filter(|_| first) {
            tx.journal_prompt(task, &prompt, at)?;
            tx.accept_late_prompt(task, &prompt, at)?;
        }
        if let Some(call) = call.filter(|_| first) {
            tx.add_tool_call(task, &call)?;
        }
        Ok(first)
    });
    if first.await? {
        core.fact(Fact::Event(Box::new(report.clone())));
    }
    Ok(())
}

fn ended(call: &ToolCall, failed: bool, at: Millis) -> EndedCall {
    let file = match &call.work {
        ToolWork::Edit(edit) => Some(edit.path.to_string_lossy().into_owned()),
        _ => None,
    };
    EndedCall { at, tool: call.tool.clone(), failed, file }
}

/// A request, kept in the store, answered from anywhere or closed by the agent.
async fn ask(core: &Core, intake: Intake, gone: &CancellationToken) -> Result<HookReply> {
    let Intake { adapter, report, message } = intake;
    let Happening::Asks(asked) = &report.event.what else { return Ok(HookReply::default()) };
    let new = new_request(&report, asked);
    if let Some(ruled) = policy::rule_on(core, &report.task, asked, adapter, &message).await {
        let closing = ruled.closing;
        let received = core.write(&report.task, move |tx, task| tx.receive_answered(task, new, closing)).await?;
        // One that was closed without Chorus stays so, whatever the rules say by now.
        let Received::Answered(_, Some(output)) = received else { return Ok(HookReply::default()) };
        core.fact(Fact::Ruled { task: report.task, request: report.id });
        return Ok(HookReply { output: Some(output) });
    }
    let answered = core.answers.wait(&report.id, Asking { adapter, message });
    let (id, task) = (report.id.clone(), report.task.clone());
    match core.write(&task, move |tx, task| tx.receive(task, new)).await? {
        Received::Answered(_, answer) => return Ok(HookReply { output: answer }),
        Received::Open(_) => core.fact(Fact::Event(Box::new(report))),
    }
    tokio::select! {
        output = answered => Ok(HookReply { output }),
        () = gone.cancelled() => {
            core.answers.release(&id);
            close(core, &id, RequestOutcome::Elsewhere, Some("the agent's terminal")).await;
            core.fact(Fact::RequestClosed { task, request: id });
            Ok(HookReply::default())
        }
    }
}

fn new_request(report: &AgentReport, asked: &AgentRequest) -> NewRequest {
    NewRequest {
        id: report.id.clone(),
        kind: asked.kind,
        tool: Some(asked.tool.clone()),
        summary: asked.summary.clone(),
        input: Some(asked.input.clone()),
        cut: asked.cut,
        suggestions: asked.suggestions.clone(),
        folder: asked.folder.clone(),
        answerable: Answerable::Hook,
        at: report.at,
    }
}

/// Closes a request that nobody answered through Chorus.
pub async fn close(core: &Core, request: &str, outcome: RequestOutcome, via: Option<&str>) {
    let id = request.to_owned();
    let who = outcome.teller();
    let Ok(store) = core.store() else { return };
    let closing = crate::store::Closing { outcome, who, via: via.map(str::to_owned), answer: None };
    if let Err(error) = store.write(move |tx| tx.close_request(&id, closing)).await {
        log::error!("cannot close a request: {error}");
    }
}
