//! "Which task did this line": by the ledgers while it is uncommitted, by blame and the recorded commits after that.

use crate::attribution::Owner;
use crate::contract::*;
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::ops::edits;
use crate::project::find_inside;
use crate::store::Filter;
use crate::task::{Isolation, Task};
use crate::vcs::blame;
use crate::vcs::git::Git;

/// Whose a line is.
pub async fn line(core: &Core, asker: &Asker, ask: LineAsk) -> Result<Line> {
    let number = usize::try_from(ask.line).ok().filter(|line| *line > 0);
    let number =
        number.ok_or_else(|| Error::new(Code::BadInput, "cannot find the owner of that line: lines count from 1"))?;
    let tasks = core.read(&asker.project, |tx, project| tx.tasks(Some(project), &Filter::default())).await?;
    for (task, worktree) in tasks.iter().filter_map(|task| Some((task, task.worktree.as_deref()?))) {
        if let Some(path) = find_inside(worktree.as_ref(), ask.path.as_ref()).await {
            return in_worktree(core, task, &path, number).await;
        }
    }
    let path = find_inside(asker.project.as_ref(), ask.path.as_ref()).await.ok_or_else(|| {
        Error::new(Code::BadInput, "cannot find the owner of that line: the file is not in this project")
    })?;
    if tasks.iter().any(|task| task.isolation == Isolation::Stack) {
        edits::reconcile(core, &asker.project).await?;
        let wanted = path.clone();
        let ledger = core.read(&asker.project, move |tx, project| tx.ledger(project, &wanted)).await?;
        if let Some(owner) = ledger.as_ref().and_then(|ledger| ledger.owner_of_line(number)) {
            return Ok(uncommitted(owner, &tasks));
        }
    }
    blamed(core, &Git::at(&asker.project), &path, number).await
}

fn uncommitted(owner: &Owner, tasks: &[Task]) -> Line {
    let found: Vec<&Task> = tasks.iter().filter(|task| owner.tasks().contains(&task.uuid)).collect();
    let names: Vec<String> = found.iter().map(|task| format!("#{} {}", task.number, task.title)).collect();
    let (word, text) = match owner {
        Owner::Task(_) => ("task", format!("{}, not committed yet", names.join(", "))),
        Owner::User => ("user", "You, not committed".to_owned()),
        Owner::Unclaimed(_) if names.is_empty() => {
            ("unclaimed", "This line is unclaimed: no task is known to have written it".to_owned())
        }
        Owner::Unclaimed(_) => ("unclaimed", format!("Unclaimed: {} may have written it", names.join(" or "))),
    };
    Line { owner: word.into(), tasks: found.iter().map(|task| task.number).collect(), text, commit: None }
}

/// Everything there is the task's, save what is older.
async fn in_worktree(core: &Core, task: &Task, path: &str, number: usize) -> Result<Line> {
    let folder = task.worktree.as_deref().unwrap_or(&task.project);
    let found = blamed(core, &Git::at(folder), path, number).await?;
    let is_new = found.commit.is_none();
    Ok(if is_new { uncommitted(&Owner::Task(task.uuid.clone()), std::slice::from_ref(task)) } else { found })
}

async fn blamed(core: &Core, git: &Git, path: &str, number: usize) -> Result<Line> {
    let text = blame::line(git, path, number)
        .await
        .map_err(|error| error.context(format!("cannot find the owner of line {number} of {path}")))?;
    let oid = text.split_whitespace().next().unwrap_or_default().to_owned();
    if oid.bytes().all(|byte| byte == b'0') {
        return Ok(Line {
            owner: "unclaimed".into(),
            tasks: Vec::new(),
            text: "Not committed; no task is known to have written it".into(),
            commit: None,
        });
    }
    let raw = git.read(&["cat-file", "commit", &oid]).await?;
    let change = crate::vcs::change_id(&raw);
    let found = core.read(&oid, move |tx, oid| {
        let task = tx.task_of_commit(oid, change.as_deref())?;
        task.map(|task| tx.row(&task)).transpose()
    });
    let found = found.await?;
    let field =
        |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
    let (summary, short) = (field("summary "), oid.chars().take(8).collect::<String>());
    Ok(match found {
        Some(task) => Line {
            owner: "task".into(),
            tasks: vec![task.number],
            text: format!("#{} {}, in {short}: {summary}", task.number, task.title),
            commit: Some(oid),
        },
        None => Line {
            owner: "before".into(),
            tasks: Vec::new(),
            text: format!("No task: {}, in {short}: {summary}", field("author ")),
            commit: Some(oid),
        },
    })
}
