//! Taking back what a person did: the newest command that can be. Steps after it that cannot be taken back are named.

use crate::contract::*;
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::ops::branches::discard;
use crate::ops::edits;
use crate::status::Millis;
use crate::store::{PersonStep, StepChange};
use crate::task::Task;
use crate::text::clean_line;

/// Steps that cannot be taken back and are named, newest first.
const MOST_NAMED: usize = 3;

/// More steps of one kind are told together.
const MOST_APART: usize = 3;

/// Tasks of such steps that are named, so that the question fits on a screen.
const MOST_LISTED: usize = 15;

/// A command that can be taken back.
struct UndoPlan {
    /// Its steps, newest first, each with what follows.
    steps: Vec<(PersonStep, String)>,
    /// Steps that stay, newest first, each with the reason.
    stay: Vec<(PersonStep, String)>,
}

/// Says what would be taken back, or takes it back.
pub async fn undo(core: &Core, asker: &Asker, undo: Undo) -> Result<UndoOffer> {
    let plan = plan(core, &asker.project).await?;
    let Some((newest, _)) = plan.steps.first() else { return Err(nothing(&plan.stay)) };
    let step = newest.id;
    if undo.step.is_some_and(|offered| offered != step) {
        let why = "cannot undo: something else was done or taken back in the meantime";
        return Err(Error::new(Code::RequestChanged, why).hint("use `undo` again to see what it would do now"));
    }
    let now = crate::clock::now();
    if !undo.confirmed {
        return Ok(UndoOffer { step, text: offer(&plan, now), done: false });
    }
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    for (step, _) in &plan.steps {
        match take_back(core, &asker.project, step).await {
            Ok(what) => done.push(format!("{} was taken back: {what}.", named(step))),
            Err(error) => refused.push(error.context(format!("cannot undo {}", named(step)))),
        }
    }
    match (done.is_empty(), refused.into_iter().next()) {
        (true, Some(error)) => Err(error),
        (_, error) => {
            let several = (done.len() > 1).then(|| format!("{} steps were taken back.", done.len()));
            done.splice(0..0, several);
            done.extend(error.map(|error| sentence(&error.message)));
            Ok(UndoOffer { step, text: done.join("\n"), done: true })
        }
    }
}

/// The newest command of which at least one step can be taken back.
async fn plan(core: &Core, project: &str) -> Result<UndoPlan> {
    core.read(project, |tx, project| {
        let mut plan = UndoPlan { steps: Vec::new(), stay: Vec::new() };
        for step in tx.steps(project)? {
            if let Some((first, _)) = plan.steps.first()
                && (first.command.is_none() || first.command != step.command)
            {
                break;
            }
            match tx.plan_undo(project, &step)? {
                Ok(what) => plan.steps.push((step, what)),
                Err(why) => plan.stay.push((step, why)),
            }
        }
        Ok(plan)
    })
    .await
}

/// Takes one step back, and says what followed.
async fn take_back(core: &Core, project: &str, step: &PersonStep) -> Result<String> {
    // After what a verb before it may still be doing.
    let _turn = match &step.task {
        Some(task) => Some(core.turn(task).await),
        None => None,
    };
    if let (StepChange::Ended { at, .. }, Some(task)) = (&step.change, &step.task)
        && let Some(what) = restore(core, project, step, task, *at).await?
    {
        return Ok(what);
    }
    let paths = step.change.paths();
    if paths.is_empty() {
        return undo_step(core, project, step).await;
    }
    edits::reconcile(core, project).await?;
    // Nothing else is taken in meanwhile, or it would write an older ledger over these.
    let mut alone = core.trees.of(project).known.clone().lock_owned().await;
    alone.touch(&paths);
    undo_step(core, project, step).await
}

async fn undo_step(core: &Core, project: &str, step: &PersonStep) -> Result<String> {
    let step = step.clone();
    let prompted = step.task.clone().filter(|_| matches!(step.change, StepChange::Prompt { .. }));
    let done = core.write(project, move |tx, project| tx.undo_step(project, &step)).await?;
    if let Some(task) = prompted {
        core.deliver(&task);
    }
    done.map_err(|why| Error::new(Code::WrongState, why))
}

/// Reopens a task that was given up with `!` by bringing back what was discarded; nothing where that was not so.
async fn restore(core: &Core, project: &str, step: &PersonStep, task: &str, ended: Millis) -> Result<Option<String>> {
    let (planned, before) = (step.clone(), project.to_owned());
    let known = core.read(task, move |tx, task| {
        let discarded = tx.discarded_at(task)?.is_some_and(|at| at >= ended);
        Ok((discarded, tx.plan_undo(&before, &planned)?, tx.row(task)?))
    });
    let (discarded, planned, row) = known.await?;
    planned.map_err(|why| Error::new(Code::WrongState, why))?;
    if !discarded {
        return Ok(None);
    }
    discard::restore(core, &row).await?;
    let id = step.id;
    core.write(project, move |tx, _| tx.end_step(id)).await?;
    Ok(Some("the task is pending, with its branch and its uncommitted edits".to_owned()))
}

fn offer(plan: &UndoPlan, now: Millis) -> String {
    let newest = plan.steps.first().map(|(step, _)| step.id).unwrap_or_default();
    let (later, beside): (Vec<_>, Vec<_>) = plan.stay.iter().partition(|(step, _)| step.id > newest);
    let mut lines: Vec<String> = later.iter().take(MOST_NAMED).map(|(step, why)| stays(step, why)).collect();
    if later.len() > MOST_NAMED {
        lines.push(format!("{} more steps after it stay, too.", later.len() - MOST_NAMED));
    }
    lines.extend(taken_back(&plan.steps, now));
    lines.extend(beside.iter().map(|(step, why)| stays(step, why)));
    lines.join("\n")
}

/// What becomes of each step. Many of one kind share a sentence, above their tasks.
fn taken_back(steps: &[(PersonStep, String)], now: Millis) -> Vec<String> {
    let mut lines = Vec::new();
    for alike in steps.chunk_by(|(one, what), (other, same)| one.verb == other.verb && what == same) {
        let Some((newest, what)) = alike.first().filter(|_| alike.len() > MOST_APART) else {
            let sentence = |(step, what): &_| format!("Take back {}, {} ago: {what}.", named(step), age(now - step.at));
            lines.extend(alike.iter().map(sentence));
            continue;
        };
        let (count, ago) = (alike.len(), age(now - newest.at));
        lines.push(format!("Take back `{}` of {count} tasks, {ago} ago. For each: {what}.", newest.verb));
        lines.extend(alike.iter().rev().take(MOST_LISTED).map(|(step, _)| format!("  {}", subject(step))));
        lines.extend((count > MOST_LISTED).then(|| format!("  and {} more", count - MOST_LISTED)));
    }
    lines
}

fn nothing(stay: &[(PersonStep, String)]) -> Error {
    match stay.first() {
        None => {
            Error::new(Code::WrongState, "there is nothing to undo: no command of the last day changed a task here")
        }
        Some((step, why)) => Error::new(Code::WrongState, format!("cannot undo {}: {why}", named(step))),
    }
}

fn stays(step: &PersonStep, why: &str) -> String {
    sentence(&format!("{} stays: {why}", named(step)))
}

fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

/// `complete` of #3 “Fix it”.
fn named(step: &PersonStep) -> String {
    match step.number {
        Some(_) => format!("`{}` of {}", step.verb, subject(step)),
        None => format!("`{}`", step.verb),
    }
}

/// #3 “Fix it”.
fn subject(step: &PersonStep) -> String {
    let number = step.number.map(|number| format!("#{number}"));
    let title = step.title.as_ref().map(|title| format!("“{}”", clean_line(title, 40)));
    number.into_iter().chain(title).collect::<Vec<_>>().join(" ")
}

fn age(time: Millis) -> String {
    match time / 1000 {
        seconds @ ..60 => format!("{} s", seconds.max(0)),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

/// A prompt waits until the agent is free for it.
const SENT: &str = "the prompt was sent; `prompts` removes one that still waits, `interrupt` stops the turn";

/// A verb that cannot be taken back, of a request: its name, the task it names, and why.
pub struct Lasting {
    verb: &'static str,
    /// Nothing where the request names none.
    task: Option<String>,
    why: &'static str,
}

impl Lasting {
    /// Nothing for what can be taken back, and for what changes nothing.
    pub fn of(request: &Request) -> Option<Lasting> {
        use Request::*;
        // These name the reference and no task.
        if let Some((verb, why)) = match request {
            Unref(_) => Some(("unref", "`ref` ties the lines again")),
            Retie(_) => Some(("retie", "its earlier lines are gone; `retie` with lines ties it to others")),
            _ => None,
        } {
            return Some(Lasting { verb, task: None, why });
        }
        let (verb, task, why) = match request {
            TaskStart(start) => ("start", &start.task, "its agent has begun; `interrupt` stops the turn"),
            TaskSend(send) => ("send", &send.task, SENT),
            TaskTell(tell) if tell.confirmed => ("tell", &tell.task, SENT),
            TaskPrompts(change) if change.place.is_some() => ("prompts", &change.task, "`prompts` moves it again"),
            TaskRef(tied) => ("ref", &tied.task, "`unref` takes the reference away"),
            TaskContextEdit(edit) => ("context", &edit.task, "write its page again as it was"),
            TaskResend(one) => ("resend", &one.task, "the agent has the prompts; `interrupt` stops the turn"),
            TaskDismiss(one) => ("dismiss", &one.task, "the prompts are in its journal"),
            TaskInterrupt(one) => ("interrupt", &one.task, "the turn is over; `send` goes on"),
            TaskApprove(approve) => ("approve", &approve.task, "the agent has the answer"),
            TaskDeny(deny) => ("deny", &deny.task, "the agent has the answer"),
            TaskAnswer(answer) => ("answer", &answer.task, "the agent has the answer"),
            TaskRestart(restart) => ("restart", &restart.task, "its agent was started again"),
            TaskReopen(reopen) => ("reopen", &reopen.task, "`start` goes on with it, `delete` removes it"),
            TaskCommit(commit) => ("commit", &commit.task, "the commit is on its branch"),
            TaskMend(confirm) if confirm.confirmed => ("mend", &confirm.task, "its branch was rewritten"),
            TaskPreview(confirm) if confirm.confirmed => ("preview", &confirm.task, "the branch is in the workspace"),
            _ => return None,
        };
        Some(Lasting { verb, task: Some(task.clone()), why })
    }

    /// Notes that a person did it. A failure is only logged: it was done.
    pub async fn note(self, core: &Core, asker: &Asker) {
        let noted = core.write(&asker.project, move |tx, project| {
            let task: Option<Task> = self.task.map(|task| tx.task(project, &task)).transpose()?;
            tx.note_step(project, task.as_ref(), self.verb, None, &StepChange::Stays { why: self.why.to_owned() })
        });
        if let Err(error) = noted.await {
            log::warn!("cannot note a step for `undo`: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(id: i64, verb: &str) -> (PersonStep, String) {
        let step = PersonStep {
            id,
            command: None,
            at: 0,
            verb: verb.to_owned(),
            task: None,
            number: Some(id),
            title: Some(format!("Task {id}")),
            change: StepChange::Stays { why: String::new() },
        };
        (step, "the task comes back".to_owned())
    }

    #[test]
    fn many_steps_of_one_kind_share_a_sentence() {
        let few: Vec<_> = [3, 2, 1].map(|id| step(id, "delete")).into();
        let apart = |id: i64| format!("Take back `delete` of #{id} “Task {id}”, 2 s ago: the task comes back.");
        assert_eq!(taken_back(&few, 2_000), [3, 2, 1].map(apart));
        let mut many: Vec<_> = (1..=43).rev().map(|id| step(id, "delete")).collect();
        many.push(step(50, "edit"));
        let lines = taken_back(&many, 2_000);
        assert_eq!(lines[0], "Take back `delete` of 43 tasks, 2 s ago. For each: the task comes back.");
        assert_eq!((lines[1].as_str(), lines[15].as_str()), ("  #1 “Task 1”", "  #15 “Task 15”"));
        assert_eq!(lines[16], "  and 28 more");
        assert_eq!(lines[17], "Take back `edit` of #50 “Task 50”, 2 s ago: the task comes back.");
        assert_eq!(lines.len(), 18);
    }
}
