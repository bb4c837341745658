//! What is uncommitted in a shared working tree, and whose each hunk is.

use crate::attribution::{Hunk, Ledger, Owner};
use crate::commits::change::{self, ChangeKind, FileChange};
use crate::contract::{ChangedFile, ChangedHunk, ChosenEdits, Code};
use crate::core::Core;
use crate::error::{Error, Result};
use crate::ops::edits::cleaned::{self, CleanedLedgers};
use crate::ops::edits::renames::{self, Origins};
use crate::store::Filter;
use crate::vcs::but::{But, ButStatus};
use crate::vcs::git::Git;
use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

/// More hunks of one file are shown as one.
const MOST_HUNKS: usize = 500;

/// What `but` says is uncommitted beside what the ledgers say of it.
pub struct Uncommitted {
    changes: Vec<FileChange>,
    hunks: Vec<change::DiffHunk>,
    /// Paths with an unresolved conflict.
    pub conflicted: Vec<String>,
    ledgers: HashMap<String, Ledger>,
    /// Paths of which git commits something else than what is on the disk.
    converted: BTreeSet<String>,
    origins: Origins,
    numbers: HashMap<String, i64>,
}

impl Uncommitted {
    /// Reads both; `status` is as it was read just now, and the ledgers must be up to date.
    pub async fn read(core: &Core, project: &str, but: &But, status: ButStatus) -> Result<Uncommitted> {
        let hunks = but.diff().await?;
        let git = Git::at(project);
        let tasks = core.read(project, |tx, project| tx.tasks(Some(project), &Filter::default())).await?;
        let CleanedLedgers { ledgers, converted } = cleaned::ledgers(core, project).await?;
        let origins = renames::origins(&git, &status.changes, &hunks, &ledgers).await?;
        Ok(Uncommitted {
            changes: status.changes,
            hunks,
            conflicted: status.conflicted,
            ledgers,
            converted,
            origins,
            numbers: tasks.into_iter().map(|task| (task.uuid, task.number)).collect(),
        })
    }

    /// The hunks that are the task's alone, with their paths.
    pub fn of(&self, task: &str) -> Vec<(&FileChange, &change::DiffHunk)> {
        let mine = Owner::Task(task.to_owned());
        let is_mine = |path: &str, hunk: &change::DiffHunk| self.owners(path, hunk).iter().eq([&mine]);
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

    fn of_path(&self, change: &FileChange) -> Vec<&change::DiffHunk> {
        self.hunks.iter().filter(|hunk| hunk.path == change.path).collect()
    }

    /// The files that the one at `path` was renamed from.
    pub fn origins_of(&self, path: &str) -> Vec<String> {
        self.origins.get(path).cloned().unwrap_or_default()
    }

    /// Whose a hunk is; nobody's where no ledger knows the file.
    pub fn owners(&self, path: &str, hunk: &change::DiffHunk) -> BTreeSet<Owner> {
        owners(&self.ledgers, &self.origins, path, hunk)
    }

    /// As the changes window shows it, by path.
    pub fn files(&self) -> Vec<ChangedFile> {
        let mut files: Vec<ChangedFile> = self
            .changes
            .iter()
            .map(|change| ChangedFile {
                path: change.path.clone(),
                tree: None,
                change: word(change.kind).to_owned(),
                hunks: self.of_path(change).into_iter().take(MOST_HUNKS).map(|hunk| self.shown(hunk)).collect(),
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }

    fn shown(&self, hunk: &change::DiffHunk) -> ChangedHunk {
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

    /// The hunks that are chosen; nothing for the whole file.
    pub fn chosen(&self, edits: &ChosenEdits) -> Result<Option<Vec<Hunk>>> {
        let path = &edits.path;
        let wanted: BTreeSet<&String> = edits.hunks.iter().collect();
        let of_path: Vec<(String, &change::DiffHunk)> =
            self.hunks.iter().filter(|hunk| hunk.path == *path).map(|hunk| (id(hunk), hunk)).collect();
        if !wanted.iter().all(|wanted| of_path.iter().any(|(id, _)| id == *wanted)) {
            let refusal = format!("cannot assign edits of {path}: they have changed since they were shown");
            return Err(Error::new(Code::RequestChanged, refusal).hint("refresh the changes and try again"));
        }
        let chosen = of_path.iter().filter(|(id, _)| wanted.contains(id)).map(|(_, hunk)| *hunk);
        let chosen: Vec<&change::DiffHunk> = chosen.collect();
        let is_whole = |hunk: &&change::DiffHunk| hunk.content != change::HunkContent::Lines;
        if wanted.is_empty() || chosen.len() == of_path.len() || chosen.iter().any(is_whole) {
            return Ok(None);
        }
        if self.converted.contains(path) {
            let refusal = format!("cannot assign a part of {path}: a filter of git changes its lines");
            return Err(Error::new(Code::BadInput, refusal).hint("assign the whole file"));
        }
        Ok(Some(chosen.into_iter().map(in_ledger).collect()))
    }
}

/// Whose a hunk is by its file's ledger; of a renamed file the deletion under the old name counts, too.
pub fn owners(
    ledgers: &HashMap<String, Ledger>,
    origins: &Origins,
    path: &str,
    hunk: &change::DiffHunk,
) -> BTreeSet<Owner> {
    let mut owners = match ledgers.get(path) {
        None => [Owner::unknown()].into(),
        Some(ledger) if hunk.content != change::HunkContent::Lines => ledger.owners(),
        Some(ledger) => ledger.owners_of(&in_ledger(hunk)),
    };
    match origins.get(path).map(Vec::as_slice) {
        None => {}
        Some([]) => drop(owners.insert(Owner::unknown())),
        Some(old) => owners.extend(old.iter().filter_map(|path| ledgers.get(path)).flat_map(Ledger::owners)),
    }
    owners
}

fn in_ledger(hunk: &change::DiffHunk) -> Hunk {
    let wide = |count: u32| usize::try_from(count).unwrap_or_default();
    Hunk::of((wide(hunk.old_start), wide(hunk.old_lines)), (wide(hunk.new_start), wide(hunk.new_lines)), &hunk.body)
}

/// Where it is, and a digest of its lines: what somebody assigns is what they saw. `but`'s own ids are others at each call.
fn id(hunk: &change::DiffHunk) -> String {
    let mut hasher = DefaultHasher::new();
    hunk.body.hash(&mut hasher);
    let digest = hasher.finish();
    format!("{},{}+{},{} {digest:016x}", hunk.old_start, hunk.old_lines, hunk.new_start, hunk.new_lines)
}

pub fn word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
        ChangeKind::Renamed => "renamed",
        ChangeKind::Modified | ChangeKind::Other => "modified",
    }
}
