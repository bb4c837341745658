//! The uncommitted edits of the project, and a person's word on whose they are.

use crate::attribution::{Hunk, Owner};
use crate::contract::*;
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::ops::branches::apart;
use crate::ops::branches::uncommitted::Uncommitted;
use crate::ops::branches::upstream;
use crate::ops::{edits, stacks};
use crate::store::{Reassigned, StepChange, Who};
use crate::task::{Isolation, Task};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What is uncommitted in the project's working tree, and whose. Without GitButler also what is in its tasks' worktrees.
pub async fn changes(core: &Core, asker: &Asker) -> Result<Changes> {
    let loaded = core.config_of(&asker.project).await;
    let root = asker.project.clone();
    let but = match stacks::open(core, &asker.project, &loaded, None).await {
        Ok(but) => but,
        Err(_) if crate::project::find_git(root.as_ref()).await => {
            let (files, notices) = apart::files(core, &root).await?;
            return Ok(Changes { root, files, notices });
        }
        Err(_) => {
            let notices = vec![format!("{root} is no git repository: Chorus cannot tell what was changed")];
            return Ok(Changes { root, files: Vec::new(), notices });
        }
    };
    let mut notices = Vec::new();
    if !edits::reconcile(core, &asker.project).await? {
        notices.push("The tree is too large to scan in time: edits by commands may be missing".to_owned());
    }
    let status = but.status().await?;
    upstream::follow(core, &asker.project, &but, &status).await;
    let uncommitted = Uncommitted::read(core, &asker.project, &but, status).await?;
    notices.extend(uncommitted.conflicted.iter().map(|path| format!("{path} holds an unresolved conflict")));
    Ok(Changes { root, files: uncommitted.files(), notices })
}

/// Edits of one file that are to be assigned.
struct Assignment {
    path: String,
    /// All of them where there is nothing.
    hunks: Option<Vec<Hunk>>,
    /// What the file was renamed from.
    origins: Vec<String>,
}

/// What to assign, each file once.
fn assignments(uncommitted: &Uncommitted, edits: Vec<ChosenEdits>) -> Result<Vec<Assignment>> {
    let mut by_path: BTreeMap<String, ChosenEdits> = BTreeMap::new();
    for chosen in edits {
        match by_path.entry(chosen.path.clone()) {
            Entry::Vacant(place) => drop(place.insert(chosen)),
            // Without hunks it is the whole file.
            Entry::Occupied(mut known) if known.get().hunks.is_empty() || chosen.hunks.is_empty() => {
                known.get_mut().hunks.clear();
            }
            Entry::Occupied(mut known) => known.get_mut().hunks.extend(chosen.hunks),
        }
    }
    let assignment = |chosen: ChosenEdits| {
        let (hunks, origins) = (uncommitted.chosen(&chosen)?, uncommitted.origins_of(&chosen.path));
        Ok(Assignment { path: chosen.path, hunks, origins })
    };
    by_path.into_values().map(assignment).collect()
}

/// A person says whose edits are.
pub async fn assign(core: &Core, asker: &Asker, assign: ChangesAssign) -> Result<Changes> {
    let loaded = core.config_of(&asker.project).await;
    let but = stacks::open(core, &asker.project, &loaded, None).await?;
    let owner = match &assign.task {
        None => Owner::User,
        Some(given) => Owner::Task(owning(core, asker, given).await?),
    };
    edits::reconcile(core, &asker.project).await?;
    let uncommitted = Uncommitted::read(core, &asker.project, &but, but.status().await?).await?;
    let assignments = assignments(&uncommitted, assign.edits)?;
    if assignments.is_empty() {
        return Err(Error::new(Code::BadInput, "cannot assign edits: none is named".to_owned()));
    }
    // Nothing else is taken in meanwhile, or it would write an older ledger over these.
    let mut alone = core.trees.of(&asker.project).known.clone().lock_owned().await;
    alone.touch(assignments.iter().flat_map(|each| each.origins.iter().chain([&each.path])));
    core.write(&asker.project, move |tx, project| {
        let mut files = Vec::new();
        for Assignment { path, hunks, origins } in &assignments {
            let Some(mut ledger) = tx.ledger(project, path)? else {
                return Err(Error::new(Code::BadInput, format!("cannot assign {path}: it has no uncommitted edits")));
            };
            let before = ledger.clone();
            match hunks {
                None => ledger.assign_all(&owner),
                Some(hunks) => hunks.iter().for_each(|hunk| ledger.assign(hunk, &owner)),
            }
            tx.put_ledger(project, path, &ledger)?;
            files.extend(Reassigned::of(path, &before, &ledger));
            for origin in origins {
                if let Some(mut gone) = tx.ledger(project, origin)? {
                    let before = gone.clone();
                    gone.assign_all(&owner);
                    tx.put_ledger(project, origin, &gone)?;
                    files.extend(Reassigned::of(origin, &before, &gone));
                }
            }
        }
        let paths: Vec<String> = assignments.into_iter().map(|each| each.path).collect();
        if let Owner::Task(task) = &owner {
            let text = format!("Edits in {} were assigned to this task", paths.join(", "));
            tx.journal(task, Who::Person, "assigned", &text, None)?;
        }
        if !files.is_empty() {
            let task = match &owner {
                Owner::Task(task) => Some(tx.row(task)?),
                _ => None,
            };
            let change = StepChange::Assigned { files };
            tx.note_step(project, task.as_ref(), "assign", None, &change)?;
        }
        tx.recount_edits(project)?;
        tx.notify_edits(project, &paths);
        Ok(())
    })
    .await?;
    drop(alone);
    changes(core, asker).await
}

/// A person says that all unclaimed edits that may be of the task are its own.
pub async fn assign_candidates(core: &Core, asker: &Asker, assign: TaskAssign) -> Result<Task> {
    let task = owning(core, asker, &assign.task).await?;
    edits::reconcile(core, &asker.project).await?;
    // Nothing else is taken in meanwhile, or it would write an older ledger over these.
    let mut alone = core.trees.of(&asker.project).known.clone().lock_owned().await;
    let (uuid, shared) = (task, assign.shared);
    let assigned = core.write(&asker.project, move |tx, project| {
        let (mut paths, mut files) = (Vec::new(), Vec::new());
        let mut edits = 0;
        for (path, mut ledger) in tx.ledgers(project)? {
            let before = ledger.clone();
            let assigned = ledger.assign_candidate(&uuid, shared);
            if assigned > 0 {
                edits += assigned;
                tx.put_ledger(project, &path, &ledger)?;
                files.extend(Reassigned::of(&path, &before, &ledger));
                paths.push(path);
            }
        }
        let task = tx.row(&uuid)?;
        if edits == 0 {
            let refusal = format!("cannot assign edits to #{}: no unclaimed edit may be of it", task.number);
            let refusal = Error::new(Code::WrongState, refusal);
            return Err(match task.unclaimed {
                0 => refusal.hint("`changes` shows the uncommitted edits and whose they are"),
                _ => refusal.hint("those that may be of other tasks, too, are assigned with `--shared` or `!`"),
            });
        }
        let what = if edits == 1 { "1 unclaimed edit was".to_owned() } else { format!("{edits} unclaimed edits were") };
        let text = format!("{what} assigned to this task, in {}", paths.join(", "));
        tx.journal(&uuid, Who::Person, "assigned", &text, None)?;
        tx.note_step(project, Some(&task), "assign", None, &StepChange::Assigned { files })?;
        tx.recount_edits(project)?;
        tx.notify_edits(project, &paths);
        Ok((tx.row(&uuid)?, paths))
    });
    let (task, paths) = assigned.await?;
    alone.touch(&paths);
    Ok(task)
}

/// Only a task with a stack can own edits in the shared tree.
async fn owning(core: &Core, asker: &Asker, given: &str) -> Result<String> {
    let task = core.task(asker, given).await?;
    if task.isolation == Isolation::Stack && task.stack.is_some() {
        return Ok(task.uuid);
    }
    Err(Error::new(Code::WrongState, format!("cannot assign edits to #{}: it has no stack", task.number))
        .hint("start it with isolation stack"))
}
