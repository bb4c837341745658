//! The operations: the only code that combines store, tmux, agents and git. Each verb is one function, read from top to
//! bottom together with its undo.

pub mod agents;
pub(crate) mod branches;
pub mod conversation;
pub mod documents;
pub mod edits;
pub(crate) mod lifecycle;
pub(crate) mod notifications;
pub(crate) mod policy;
pub(crate) mod program;
mod queries;
mod rewrite;
mod stacks;
mod terminal;
pub mod tracing;

use crate::contract::{self, *};
use crate::core::fact::Fact;
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::store::Who;
use crate::task::Task;
use branches::{changes, commit, diff, mend, preview};
use conversation::{answer, context_page, hooks, prompts, queue, tell};
use documents::references;
use edits::line;
use lifecycle::{finish, launch, restart, start, tasks, undo};
use queries::{health, output, repository};
use std::sync::Arc;

/// Carries out one request, and notes for `undo` what cannot be taken back.
pub async fn answer(core: &Arc<Core>, asker: &Asker, request: Request) -> Result<Reply> {
    let lasting = undo::Lasting::of(&request);
    let reply = carry_out(core, asker, request).await?;
    if let Some(lasting) = lasting {
        lasting.note(core, asker).await;
    }
    Ok(reply)
}

async fn carry_out(core: &Arc<Core>, asker: &Asker, request: Request) -> Result<Reply> {
    use Request::*;
    Ok(match request {
        Hello(_) => return Err(Error::internal("`hello` is the connection's own")),
        Environment(brought) => {
            core.environments.bring(&asker.project, &brought.environment);
            *asker.brought.lock() = Some(brought.environment);
            Reply::Nothing(Nothing {})
        }
        Snapshot(_) => Reply::Snapshot(queries::tasks::snapshot(core, asker).await?),
        Others(_) => Reply::Others(queries::tasks::others(core, asker).await?),
        TaskNew(new) => task(tasks::create(core, asker, new).await?),
        TaskEdit(edit) => task(tasks::edit(core, asker, edit).await?),
        TaskStart(start) => task(start::start(core, asker, start).await?),
        TaskSend(send) => Reply::Sent(prompts::send(core, asker, send).await?),
        TaskPrompts(change) => Reply::Prompts(queue::prompts(core, asker, change).await?),
        TaskResend(one) => task(prompts::resend(core, asker, &one.task).await?),
        TaskDismiss(one) => task(prompts::dismiss(core, asker, &one.task).await?),
        TaskMute(one) => task(tasks::mute(core, asker, &one.task, true).await?),
        TaskUnmute(one) => task(tasks::mute(core, asker, &one.task, false).await?),
        TaskInterrupt(one) => task(finish::interrupt(core, asker, &one.task).await?),
        TaskApprove(approve) => Reply::Opened(answer::approve(core, asker, approve).await?),
        TaskDeny(deny) => Reply::Opened(answer::deny(core, asker, deny).await?),
        TaskAnswer(answer) => Reply::Opened(answer::answer(core, asker, answer).await?),
        TaskRestart(restart) => task(restart::restart(core, asker, restart).await?),
        TaskComplete(complete) => task(finish::complete(core, asker, complete).await?),
        TaskFail(fail) => task(finish::fail(core, asker, fail).await?),
        TaskReopen(reopen) => task(tasks::reopen(core, asker, &reopen).await?),
        TaskDelete(delete) => Reply::Nothing(tasks::delete(core, asker, delete).await?),
        Undo(undo) => Reply::UndoOffer(undo::undo(core, asker, undo).await?),
        TaskShow(one) => Reply::Page(queries::tasks::show(core, asker, &one.task).await?),
        TaskList(list) => Reply::Tasks(queries::tasks::list(core, asker, list).await?),
        TaskInbox(list) => Reply::Requests(queries::tasks::inbox(core, asker, list).await?),
        TaskExplain(one) => Reply::Explanation(queries::tasks::explain(core, asker, &one.task).await?),
        TaskOutput(output) => Reply::Output(output::output(core, asker, output).await?),
        TaskWatch(watch) => Reply::Nothing(output::watch(core, asker, watch).await?),
        TaskAttach(one) => Reply::Terminal(queries::terminal::attach(core, asker, &one.task).await?),
        TaskSeen(one) => Reply::Nothing(queries::tasks::seen(core, asker, &one.task).await?),
        TaskWeb(web) => Reply::Web(queries::terminal::web(core, asker, web).await?),
        TaskDiff(diff) => Reply::Diff(diff::diff(core, asker, diff).await?),
        TaskCommit(commit) => task(commit::commit(core, asker, commit).await?),
        TaskMessage(one) => Reply::CommitMessage(commit::message(core, asker, &one.task).await?),
        TaskMend(confirm) => Reply::Offer(mend::mend(core, asker, confirm).await?),
        TaskPreview(confirm) => Reply::Offer(preview::preview(core, asker, confirm).await?),
        Changes(_) => Reply::Changes(changes::changes(core, asker).await?),
        ChangesAssign(assign) => Reply::Changes(changes::assign(core, asker, assign).await?),
        TaskAssign(assign) => task(changes::assign_candidates(core, asker, assign).await?),
        Line(ask) => Reply::Line(line::line(core, asker, ask).await?),
        FileSaved(saved) => {
            edits::saves::attribute(core, &asker.project, &saved).await?;
            Reply::Nothing(Nothing {})
        }
        Presence(presence) => {
            asker.outbox.iter().for_each(|outbox| core.hub.see(outbox, presence.clone()));
            Reply::Nothing(Nothing {})
        }
        Docs(ask) => Reply::Documents(documents::list(core, asker, ask).await?),
        Refs(ask) => Reply::References(references::refs(core, asker, ask).await?),
        TaskRef(ask) => Reply::Reference(Box::new(references::refer(core, asker, ask).await?)),
        TaskContext(one) => Reply::ContextPage(Box::new(context_page::page(core, asker, &one.task).await?)),
        TaskContextEdit(edit) => Reply::ContextPage(Box::new(context_page::edit(core, asker, edit).await?)),
        TaskTell(ask) => Reply::Told(tell::tell(core, asker, ask).await?),
        Retie(retie) => Reply::Reference(Box::new(references::retie(core, asker, retie).await?)),
        Unref(unref) => Reply::Nothing(references::unref(core, asker, unref).await?),
        Setup(confirm) => Reply::Offer(repository::setup(core, asker, confirm).await?),
        Health(_) => Reply::Health(health::health(core, asker).await?),
        Config(_) => Reply::Config(health::config(core, asker).await),
        Trust(ask) => Reply::TrustOffer(policy::trust(core, asker, ask).await?),
        Policy(ask) => Reply::PolicyReport(policy::report(core, asker, ask).await?),
        PolicyPropose(ask) => Reply::PolicyProposal(policy::propose(core, ask).await?),
        PolicyAdd(ask) => Reply::PolicyAdded(policy::add(core, ask).await?),
        Audit(ask) => Reply::Audit(queries::audit::audit(core, asker, ask).await?),
        PaneDied(died) => {
            core.fact(Fact::PaneDied { task: died.task });
            Reply::Nothing(Nothing {})
        }
        Hook(hook) => Reply::HookReply(hooks::receive(core, hook, &asker.gone).await?),
        Exec(ask) => Reply::Exec(launch::exec(core, &ask, &asker.lineage).await?),
    })
}

fn task(task: Task) -> Reply {
    Reply::Task(Box::new(task))
}

/// An agent asked for what only a person may do: the log says so, and its task's journal where it named one.
pub async fn note_refusal(core: &Core, asker: &Option<Asker>, request: &Request, pid: Option<u32>) {
    let Ok(json) = serde_json::to_value(request) else { return };
    let verb = json["method"].as_str().unwrap_or_default().replace("task_", "");
    log::warn!("an agent's process ({}) asked to {verb} and was refused", shown(pid));
    let given = json["params"]["task"].as_str().filter(|task| !task.is_empty()).map(str::to_owned);
    let (Some(given), Some(asker), Ok(store)) = (given, asker.clone(), core.store()) else { return };
    let write = store.write(move |tx| {
        let task = tx.task(&asker.project, &given)?;
        tx.journal(
            &task.uuid,
            Who::Agent,
            "refused",
            &format!("An agent asked to {verb} this task and was refused"),
            None,
        )
    });
    if let Err(error) = write.await {
        log::warn!("cannot journal a refusal: {error}");
    }
}

/// A process told an event of a task whose agent it is not. The event counts for nothing; who pretended has it in the
/// journal.
pub async fn refuse_hook(core: &Core, hook: &contract::Hook, tasks: Vec<String>, pid: Option<u32>) -> HookReply {
    let given = crate::text::clean_line(&hook.task, 40);
    log::warn!("an event for the task {given} came from a process ({}) that is not its agent's", shown(pid));
    let given = hook.task.clone();
    if let Ok(store) = core.store() {
        let write = store.write(move |tx| {
            let number = tx.row(&given)?.number;
            for task in tasks.iter().filter(|task| **task != given) {
                let text = format!("The agent spoke for #{number} and was refused");
                tx.journal(task, Who::Agent, "refused", &text, None)?;
            }
            Ok(())
        });
        if let Err(error) = write.await {
            log::debug!("cannot journal a refusal: {error}");
        }
    }
    HookReply::default()
}

fn shown(pid: Option<u32>) -> String {
    pid.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string())
}
