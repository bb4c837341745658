//! Attributes the edits in a shared working tree: agents' hooks and the person's saves go in, ledgers come out.
//!
//! Only tasks with stack isolation share a tree. An edit tool names its lines itself. A save is the person's. Whatever else
//! changed is found by scans of the tree, and is the task's whose processes wrote it, as the kernel reports. Where no
//! report proves who wrote it, an edit stays unclaimed, with the tasks whose tools were at work as candidates.

pub mod cleaned;
mod file;
pub mod line;
mod overlap;
pub mod renames;
mod reports;
pub mod saves;
mod tree;
pub mod written;

use crate::agent::AgentReply;
use crate::attribution::Owner;
use crate::attribution::interval::{Reach, Window};
use crate::config::Overlap;
use crate::core::Core;
use crate::error::Result;
use crate::evidence::event::{ToolCall, ToolWork};
use crate::paths::Content;
use crate::project::find_inside;
use crate::status::Millis;
use crate::task::{Isolation, Task};
use crate::vcs::{committed, scan};
use file::By;
use std::path::Path;
use std::time::Duration;
use tree::EditedTree;

/// How long an edit waits for a commit of its file.
const HOLD: Duration = Duration::from_secs(2);
/// How long a scan may take when no agent waits for it.
const UNHURRIED: Duration = Duration::from_secs(10);

/// A tool call of a task's agent that may edit is about to begin. Waits while a commit holds the file. Returns what to
/// tell the agent, or the person.
pub async fn before_tool(core: &Core, task: &str, call: &ToolCall, at: Millis) -> Result<Option<AgentReply>> {
    let Some((task, id)) = sharing(core, task, call).await? else {
        goes_on(core, task).await?;
        return Ok(None);
    };
    let window = |reach| Window { id: id.to_owned(), task: task.uuid.clone(), reach, opened: at };
    let ToolWork::Edit(edit) = &call.work else {
        let mut tree = EditedTree::of(core, &task.project).await?;
        // Where nobody scanned yet, the command may have run already: the event may be from before the daemon.
        let first = tree.known.scan.is_none();
        let seen = !first && tree.scan(scan::LIMIT, None).await?;
        tree.known.interval.goes_on(&task.uuid);
        open(&mut tree, &window(Reach::Shell)).await?;
        if seen {
            tree.begin().await?;
        } else if first {
            tree.scan(scan::LIMIT, None).await?;
        }
        return Ok(None);
    };
    let Some(path) = find_inside(Path::new(&task.project), &edit.path).await else { return Ok(None) };
    core.trees.of(&task.project).released(&path, HOLD).await;
    let mut tree = EditedTree::of(core, &task.project).await?;
    if tree.known.scan.is_none() {
        tree.scan(scan::LIMIT, None).await?;
    }
    let others = tree.editing(&tree.windows().await?).await?;
    if !others.iter().any(|window| window.edits(&path)) && !tree.is_known(&path).await {
        tree.attribute(&path, By::Evidence).await?;
    } else {
        tree.rebase(false).await?;
    }
    tree.known.interval.goes_on(&task.uuid);
    open(&mut tree, &window(Reach::Edit(path.clone()))).await?;
    warn(core, &mut tree, &task, &path).await
}

/// A task's agent calls a tool that does not edit, or asks: hooks of its earlier calls have ended.
pub async fn goes_on(core: &Core, task: &str) -> Result<()> {
    let task = core.read(task, |tx, task| tx.row(task)).await?;
    if task.isolation == Isolation::Stack {
        core.trees.of(&task.project).known.lock().await.interval.goes_on(&task.uuid);
    }
    Ok(())
}

/// A tool call of a task's agent ended, perhaps long ago, and perhaps one whose beginning was missed.
pub async fn after_tool(core: &Core, task: &str, call: &ToolCall, failed: bool, at: Millis) -> Result<()> {
    let Some((task, id)) = sharing(core, task, call).await? else { return Ok(()) };
    let mut tree = EditedTree::of(core, &task.project).await?;
    let edit = match &call.work {
        ToolWork::Edit(edit) => edit,
        ToolWork::Shell { background, .. } => {
            let window = Window { id: id.to_owned(), task: task.uuid.clone(), reach: Reach::Shell, opened: at };
            return after_command(&mut tree, window, *background && !failed).await;
        }
        ToolWork::None => return Ok(()),
    };
    let (mine, others): (Vec<Window>, Vec<Window>) =
        tree.windows().await?.into_iter().partition(|window| window.task == task.uuid && window.id == id);
    let path = match mine.into_iter().next().map(|window| window.reach) {
        // As it was before the edit: a link may have become a file.
        Some(Reach::Edit(path)) => path,
        _ => match find_inside(Path::new(&task.project), &edit.path).await {
            Some(path) => path,
            None => return Ok(()),
        },
    };
    if tree.known.scan.is_none() {
        tree.scan(scan::LIMIT, None).await?;
    }
    let mut others = tree.editing(&others).await?;
    others.retain(|window| window.edits(&path));
    let found = tree.known.pending.get(&path).cloned();
    // What the tool does not say is of another tool that will say so, or of a formatter that this edit set off.
    let may: Vec<String> = match &others[..] {
        [] if failed => Vec::new(),
        [] => vec![task.uuid.clone()],
        others => others.iter().map(|window| window.task.clone()).collect(),
    };
    let author = task.uuid.clone();
    tree.attribute(&path, By::Tool { author, edit: edit.clone(), failed, found, may }).await?;
    tree.known.pending.remove(&path);
    close(&mut tree, &task.uuid, id).await
}

/// A shell command ended, or with `runs_on` its call did.
async fn after_command(tree: &mut EditedTree<'_>, window: Window, runs_on: bool) -> Result<()> {
    let is_same = |other: &Window| other.task == window.task && other.id == window.id;
    let open_then = tree.windows().await?.iter().any(is_same);
    if runs_on {
        open(tree, &Window { reach: Reach::Background, ..window.clone() }).await?;
    } else if !open_then {
        open(tree, &window).await?;
    }
    let seen = tree.scan(scan::LIMIT, None).await?;
    if !runs_on {
        close(tree, &window.task, &window.id).await?;
        if seen {
            tree.begin().await?;
        }
    }
    Ok(())
}

/// The task's turn ended at `until`: what its tools may still have edited is found now. With `background` the session has
/// left the commands that ran on after their calls, too.
pub async fn end_calls(core: &Core, task: &Task, background: bool, until: Millis) -> Result<()> {
    if task.isolation != Isolation::Stack {
        return Ok(());
    }
    let mut tree = EditedTree::of(core, &task.project).await?;
    let ends = |window: &Window| {
        window.task == task.uuid && window.opened <= until && (background || window.reach != Reach::Background)
    };
    if !tree.windows().await?.iter().any(ends) && !tree.known.interval.is_between(&task.uuid) {
        return Ok(());
    }
    let seen = tree.scan(scan::LIMIT, None).await?;
    let closed = core.write(&task.uuid, move |tx, task| tx.close_windows(task, background, until)).await?;
    let open = tree.windows().await?;
    closed.iter().for_each(|window| tree.known.interval.closed(window));
    tree.known.interval.goes_on(&task.uuid);
    if seen {
        tree.begin().await?;
    }
    for window in &closed {
        if let Reach::Edit(path) = &window.reach
            && !open.iter().any(|window| window.edits(path))
            && let Some(owner) = tree.known.pending.remove(path)
        {
            let is_its_own = owner == Owner::Task(task.uuid.clone());
            let owner = if is_its_own { owner } else { owner.or_one_of([task.uuid.as_str()]) };
            tree.attribute(path, By::Owner(owner)).await?;
        }
    }
    Ok(())
}

/// Brings every ledger up to date, before a commit is planned and after it was made. False when the tree is too large
/// to be scanned in time: then edits by commands may be missing.
pub async fn reconcile(core: &Core, project: &str) -> Result<bool> {
    let mut tree = EditedTree::of(core, project).await?;
    let seen = tree.scan(UNHURRIED, None).await?;
    tree.rebase(true).await?;
    Ok(seen)
}

/// Brings the ledgers up to what is committed now, where nothing but a commit happened.
pub async fn rebase(core: &Core, project: &str) -> Result<()> {
    EditedTree::of(core, project).await?.rebase(true).await.map(drop)
}

/// A task is about to share the project's tree. While no other does, all that is uncommitted and not known to be a
/// task's is the person's, and calls of earlier tasks are over.
pub async fn first_scan(core: &Core, project: &str) -> Result<()> {
    let mut tree = EditedTree::of(core, project).await?;
    let alone = !tree.is_shared().await?;
    if alone {
        let closing = core.write(project, |tx, project| {
            tx.windows(project)?
                .iter()
                .try_for_each(|window| tx.close_windows(&window.task, true, Millis::MAX).map(drop))
        });
        closing.await?;
    }
    tree.scan(UNHURRIED, alone.then_some(Owner::User)).await?;
    Ok(())
}

/// The task and the call's id, where the task shares the project's tree and the tool may edit.
async fn sharing<'a>(core: &Core, task: &str, call: &'a ToolCall) -> Result<Option<(Task, &'a str)>> {
    let Some(id) = call.id.as_deref().filter(|_| call.work != ToolWork::None) else { return Ok(None) };
    let task = core.read(task, |tx, task| tx.row(task)).await?;
    Ok((task.isolation == Isolation::Stack).then_some((task, id)))
}

async fn open(tree: &mut EditedTree<'_>, window: &Window) -> Result<()> {
    tree.core.write(window, |tx, window| tx.open_window(window)).await?;
    tree.known.interval.opened(window);
    Ok(())
}

/// Closes the call's window.
async fn close(tree: &mut EditedTree<'_>, task: &str, id: &str) -> Result<()> {
    let id = id.to_owned();
    let closed = tree.core.write(task, move |tx, task| tx.close_window(task, &id)).await?;
    if let Some(window) = &closed {
        tree.known.interval.closed(window);
    }
    Ok(())
}

/// Whose uncommitted edits the file holds, said once as long as they are the same.
async fn warn(core: &Core, tree: &mut EditedTree<'_>, task: &Task, path: &str) -> Result<Option<AgentReply>> {
    let overlap = core.config_of(&task.project).await.config.vcs.overlap;
    let file = path.to_owned();
    let found = core.read(&task.project, move |tx, project| {
        let Some(ledger) = tx.ledger(project, &file)? else { return Ok(None) };
        let named = |task: &String| tx.row(task).ok().map(|row| (row.uuid, (row.number, row.title)));
        let names: std::collections::HashMap<_, _> = ledger.tasks().iter().filter_map(named).collect();
        Ok(Some((ledger, names)))
    });
    let Some((ledger, names)) = found.await? else { return Ok(None) };
    let Some(sentence) = overlap::sentence(&ledger, path, &task.uuid, |task| names.get(task).cloned()) else {
        return Ok(None);
    };
    match overlap {
        Overlap::Off => Ok(None),
        Overlap::Ask => Ok(Some(AgentReply::AskPerson(sentence))),
        Overlap::Tell => {
            let key = (task.uuid.clone(), path.to_owned());
            let news = tree.known.warned.insert(key, sentence.clone()).as_ref() != Some(&sentence);
            Ok(news.then_some(AgentReply::Note(sentence)))
        }
    }
}

/// Chorus itself put `author`'s edits back into a file, which was `from` without them.
pub async fn attribute_restored(core: &Core, project: &str, path: &str, author: Owner, from: &Content) -> Result<()> {
    let mut tree = EditedTree::of(core, project).await?;
    let by = By::Chorus { author, from: committed::version_of(from) };
    tree.attribute(path, by).await
}
