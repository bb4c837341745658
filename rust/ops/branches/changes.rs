//! Uncommitted edits as people see them: whose each is, and giving it to a task.

use crate::attribution::{Hunk, Ledger, Owner};
use crate::commits::change::{self, Change, Kind};
use crate::contract::*;
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::ops::branches::upstream;
use crate::ops::edits::renames::{self, Origins};
use crate::ops::{edits, stacks};
use crate::store::{Filter, Tx, Who};
use crate::task::Isolation;
use crate::vcs::but::But;
use crate::vcs::git::Git;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// More hunks of one file are shown as one.
const MOST_HUNKS: usize = 500;

/// What is uncommitted in the project's working tree, and whose.
pub async fn changes(core: &Core, asker: &Asker) -> Result<Changes> {
    let loaded = core.config_of(&asker.project);
    let root = asker.project.clone();
    let but = match stacks::open(core, &asker.project, &loaded, None).await {
        Ok(but) => but,
        Err(why) => {
            let notice = format!("Edits are told apart in a GitButler project only: {}", why.message);
            return Ok(Changes { root, files: Vec::new(), notices: vec![notice] });
        }
    };
    let mut notices = Vec::new();
    if !edits::settle(core, &asker.project).await? {
        notices.push("The tree is too large to be looked at in time: edits by commands may be missing".to_owned());
    }
    let tree = Tree::read(core, &asker.project, &but).await?;
    notices.extend(tree.conflicted.iter().map(|path| format!("{path} holds an unresolved conflict")));
    Ok(Changes { root, files: tree.files(), notices })
}

/// A person says whose an edit is.
pub async fn assign(core: &Core, asker: &Asker, assign: ChangesAssign) -> Result<Changes> {
    let loaded = core.config_of(&asker.project);
    let but = stacks::open(core, &asker.project, &loaded, None).await?;
    let owner = match &assign.task {
        None => Owner::User,
        Some(given) => Owner::Task(owning(core, asker, given).await?),
    };
    edits::settle(core, &asker.project).await?;
    let tree = Tree::read(core, &asker.project, &but).await?;
    let hunks = tree.named(&assign)?;
    let (project, path) = (asker.project.clone(), assign.path.clone());
    let origins = tree.origins.get(&path).cloned().unwrap_or_default();
    // Nothing else is taken in meanwhile, or it would write an older ledger over this one.
    let mut alone = core.trees.of(&project).known.clone().lock_owned().await;
    alone.touch(origins.iter().chain([&path]));
    core.store()?
        .write(move |tx| {
            let Some(mut ledger) = tx.ledger(&project, &path)? else {
                return Err(Error::new(Code::BadInput, format!("cannot assign {path}: it has no uncommitted edits")));
            };
            match hunks {
                None => ledger.assign_all(&owner),
                Some(hunks) => hunks.iter().for_each(|hunk| ledger.assign(hunk, &owner)),
            }
            tx.put_ledger(&project, &path, &ledger)?;
            for origin in &origins {
                if let Some(mut gone) = tx.ledger(&project, origin)? {
                    gone.assign_all(&owner);
                    tx.put_ledger(&project, origin, &gone)?;
                }
            }
            if let Owner::Task(task) = &owner {
                tx.journal(task, Who::Person, "assigned", &format!("Edits in {path} were given to this task"), None)?;
            }
            recount(tx, &project)?;
            tx.tell_edits(&project, std::slice::from_ref(&path));
            Ok(())
        })
        .await?;
    drop(alone);
    changes(core, asker).await
}

/// Only a task with a stack can own edits in the shared tree.
async fn owning(core: &Core, asker: &Asker, given: &str) -> Result<String> {
    let task = core.task(asker, given).await?;
    if task.isolation == Isolation::Stack && task.stack.is_some() {
        return Ok(task.uuid);
    }
    Err(Error::new(Code::WrongState, format!("cannot give edits to #{}: it has no stack", task.number))
        .hint("start it with isolation stack"))
}

/// Writes for every task of the project how many files hold its uncommitted edits and who else has edits in them.
pub fn recount(tx: &mut Tx<'_>, project: &str) -> Result<()> {
    let tasks = tx.tasks(Some(project), &Filter::default())?;
    let numbers: HashMap<&str, i64> = tasks.iter().map(|task| (task.uuid.as_str(), task.number)).collect();
    let mut found: BTreeMap<String, (i64, BTreeSet<i64>)> = BTreeMap::new();
    for owners in tx.ledger_tasks(project)? {
        for owner in &owners {
            let others = owners.iter().filter(|other| *other != owner).filter_map(|other| numbers.get(other.as_str()));
            let count = found.entry(owner.clone()).or_default();
            count.0 += 1;
            count.1.extend(others);
        }
    }
    // A worktree is counted by itself.
    for task in tasks.iter().filter(|task| task.isolation != Isolation::Worktree) {
        let (files, overlaps) = found.remove(&task.uuid).unwrap_or_default();
        let overlaps: Vec<i64> = overlaps.into_iter().collect();
        if (task.uncommitted, &task.overlaps) != (files, &overlaps) {
            tx.set_uncommitted(&task.uuid, files, &overlaps)?;
        }
    }
    Ok(())
}

/// What `but` says is uncommitted beside what the ledgers say of it.
pub struct Tree {
    changes: Vec<Change>,
    hunks: Vec<change::Hunk>,
    /// Paths with an unresolved conflict.
    pub conflicted: Vec<String>,
    ledgers: HashMap<String, Ledger>,
    origins: Origins,
    numbers: HashMap<String, i64>,
}

impl Tree {
    /// Reads both; the ledgers must be up to date.
    pub async fn read(core: &Core, project: &str, but: &But) -> Result<Tree> {
        let status = but.status().await?;
        upstream::follow(core, project, but, &status).await;
        let hunks = but.diff().await?;
        let git = Git::at(project);
        let project = project.to_owned();
        let (ledgers, tasks) = core
            .store()?
            .read(move |tx| Ok((tx.ledgers(&project)?, tx.tasks(Some(&project), &Filter::default())?)))
            .await?;
        let ledgers = ledgers.into_iter().collect();
        let origins = renames::origins(&git, &status.changes, &hunks, &ledgers).await?;
        Ok(Tree {
            changes: status.changes,
            hunks,
            conflicted: status.conflicted,
            ledgers,
            origins,
            numbers: tasks.into_iter().map(|task| (task.uuid, task.number)).collect(),
        })
    }

    /// The hunks that are the task's alone, with their paths.
    pub fn of(&self, task: &str) -> Vec<(&Change, &change::Hunk)> {
        let mine = Owner::Task(task.to_owned());
        let is_mine = |path: &str, hunk: &change::Hunk| self.owners(path, hunk).iter().eq([&mine]);
        let of_change = |change| self.of_path(change).into_iter().map(move |hunk| (change, hunk));
        self.changes.iter().flat_map(of_change).filter(|(change, hunk)| is_mine(&change.path, hunk)).collect()
    }

    /// Old paths of what the task renamed: `but` names the new ones only.
    pub fn moved_away(&self, task: &str) -> Vec<String> {
        let mine = Owner::Task(task.to_owned());
        let is_mine = |path: &&String| self.ledgers.get(*path).is_some_and(|ledger| ledger.owners().iter().eq([&mine]));
        renames::gone_from(&self.changes, &self.ledgers).into_iter().filter(is_mine).cloned().collect()
    }

    /// Whether every uncommitted edit of the file is the task's.
    pub fn is_all(&self, path: &str, task: &str) -> bool {
        let mine = Owner::Task(task.to_owned());
        self.ledgers.get(path).is_some_and(|ledger| ledger.owners().iter().all(|owner| *owner == mine))
    }

    fn of_path(&self, change: &Change) -> Vec<&change::Hunk> {
        self.hunks.iter().filter(|hunk| hunk.path == change.path).collect()
    }

    /// Whose a hunk is; nobody's where no ledger knows the file.
    pub fn owners(&self, path: &str, hunk: &change::Hunk) -> BTreeSet<Owner> {
        owners(&self.ledgers, &self.origins, path, hunk)
    }

    fn files(&self) -> Vec<ChangedFile> {
        let mut files: Vec<ChangedFile> = self
            .changes
            .iter()
            .map(|change| ChangedFile {
                path: change.path.clone(),
                change: word(change.kind).to_owned(),
                hunks: self.of_path(change).into_iter().take(MOST_HUNKS).map(|hunk| self.shown(hunk)).collect(),
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }

    fn shown(&self, hunk: &change::Hunk) -> ChangedHunk {
        let owners = self.owners(&hunk.path, hunk);
        let number = |task: &String| self.numbers.get(task).copied();
        let mut tasks: Vec<i64> = owners.iter().flat_map(Owner::tasks).filter_map(number).collect();
        tasks.sort_unstable();
        tasks.dedup();
        let owner = match owners.iter().collect::<Vec<_>>()[..] {
            [Owner::Task(_)] => "task",
            [Owner::User] => "user",
            [] | [Owner::Unclaimed(_)] => "unclaimed",
            _ => "mixed",
        };
        let lines = hunk.body.lines().skip(1).map(str::to_owned).collect();
        ChangedHunk { id: id(hunk), line: hunk.new_start.max(1).into(), lines, owner: owner.into(), tasks }
    }

    /// The hunks that an assignment names; nothing for the whole file.
    fn named(&self, assign: &ChangesAssign) -> Result<Option<Vec<Hunk>>> {
        let Some(wanted) = &assign.hunk else { return Ok(None) };
        let found: Vec<&change::Hunk> =
            self.hunks.iter().filter(|hunk| hunk.path == assign.path && id(hunk) == *wanted).collect();
        match found.first() {
            None => Err(Error::new(
                Code::RequestChanged,
                format!("cannot assign that edit of {}: it is not there any more", assign.path),
            )
            .hint("look at the changes again")),
            Some(hunk) if hunk.content != change::Content::Lines => Ok(None),
            Some(_) => Ok(Some(found.into_iter().map(in_ledger).collect())),
        }
    }
}

/// Whose a hunk is by its file's ledger; of a renamed file the deletion under the old name counts, too.
pub fn owners(
    ledgers: &HashMap<String, Ledger>,
    origins: &Origins,
    path: &str,
    hunk: &change::Hunk,
) -> BTreeSet<Owner> {
    let mut owners = match ledgers.get(path) {
        None => [Owner::unknown()].into(),
        Some(ledger) if hunk.content != change::Content::Lines => ledger.owners(),
        Some(ledger) => ledger.owners_of(&in_ledger(hunk)),
    };
    match origins.get(path).map(Vec::as_slice) {
        None => {}
        Some([]) => drop(owners.insert(Owner::unknown())),
        Some(old) => owners.extend(old.iter().filter_map(|path| ledgers.get(path)).flat_map(Ledger::owners)),
    }
    owners
}

fn in_ledger(hunk: &change::Hunk) -> Hunk {
    let wide = |count: u32| usize::try_from(count).unwrap_or_default();
    Hunk::of((wide(hunk.old_start), wide(hunk.old_lines)), (wide(hunk.new_start), wide(hunk.new_lines)), &hunk.body)
}

/// Where it is: `but`'s own ids are others at each call.
fn id(hunk: &change::Hunk) -> String {
    format!("{},{}+{},{}", hunk.old_start, hunk.old_lines, hunk.new_start, hunk.new_lines)
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Added => "added",
        Kind::Removed => "removed",
        Kind::Renamed => "renamed",
        Kind::Modified | Kind::Other => "modified",
    }
}

/// A person wrote a buffer: what is new in the file is theirs.
pub async fn saved(core: &Core, asker: &Asker, saved: FileSaved) -> Result<Nothing> {
    let project = asker.project.clone();
    if let Some(path) = relative(&project, &saved.path) {
        edits::saved(core, &project, &path).await?;
    }
    Ok(Nothing {})
}

/// The path from the project's root, of a file in its own working tree.
pub fn relative(project: &str, path: &str) -> Option<String> {
    let path = std::path::Path::new(path);
    let folder = path.parent()?.canonicalize().ok()?;
    let inside = folder.join(path.file_name()?);
    let path = inside.strip_prefix(project).ok()?.to_str()?.to_owned();
    (!path.is_empty() && !path.starts_with(".git/")).then_some(path)
}
