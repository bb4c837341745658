//! Attributes what changed in a shared tree: by scans of the whole tree, and file by file.

use super::file::{By, ReadFile, SeenFile};
use crate::attribution::interval::Window;
use crate::attribution::{Ledger, Owner, Version};
use crate::clock;
use crate::contract::Opened;
use crate::core::Core;
use crate::core::trees::TreeKnowledge;
use crate::error::{Error, Result};
use crate::foreign;
use crate::store::Filter;
use crate::task::{Isolation, Task};
use crate::vcs::committed;
use crate::vcs::scan::{self, FileStat, Scan};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A project's tree, while what is known of it is held.
pub struct EditedTree<'c> {
    pub core: &'c Core,
    pub project: String,
    pub root: PathBuf,
    pub known: tokio::sync::OwnedMutexGuard<TreeKnowledge>,
}

impl<'c> EditedTree<'c> {
    /// Waits until nobody else takes something in.
    pub async fn of(core: &'c Core, project: &str) -> Result<EditedTree<'c>> {
        let root = PathBuf::from(project);
        let known = core.trees.of(project).known.clone().lock_owned().await;
        Ok(EditedTree { core, project: project.to_owned(), root, known })
    }

    pub async fn windows(&self) -> Result<Vec<Window>> {
        self.core.read(&self.project, |tx, project| tx.windows(project)).await
    }

    /// Whether a live task shares the tree.
    pub async fn is_shared(&self) -> Result<bool> {
        let shares = |task: &Task| task.status.is_live() && task.isolation == Isolation::Stack;
        let tasks = self.core.read(&self.project, |tx, project| tx.tasks(Some(project), &Filter::default()));
        Ok(tasks.await?.iter().any(shares))
    }

    /// Of `windows` the edit tools that may be writing now: not those for which a person is asked.
    pub async fn editing(&self, windows: &[Window]) -> Result<Vec<Window>> {
        let mut edits: Vec<Window> = windows.iter().filter(|window| !window.is_tree()).cloned().collect();
        if edits.is_empty() {
            return Ok(edits);
        }
        let asked = self.core.read(&self.project, |tx, project| tx.open_requests(Some(project))).await?;
        let file = |request: &Opened| {
            let path = request.input.as_ref()?.get("file_path")?.as_str()?;
            Some((request.task.clone(), path.to_owned()))
        };
        let mut named: Vec<(String, String)> = Vec::new();
        for (task, file) in asked.iter().filter_map(file) {
            let path = crate::project::find_inside(Path::new(&self.project), Path::new(&file)).await;
            named.extend(path.map(|path| (task, path)));
        }
        edits.retain(|edit| !named.iter().any(|(task, path)| *task == edit.task && edit.edits(path)));
        Ok(edits)
    }

    /// Scans the whole tree, for at most `limit`. Changes are whose the evidence says, or `owner`'s where one is given. False
    /// when the scan took too long: then nothing is attributed, and the interval stays open.
    pub async fn scan(&mut self, limit: Duration, owner: Option<Owner>) -> Result<bool> {
        let windows = self.windows().await?;
        let moved = self.rebase(false).await? || self.known.scan.is_none();
        let beside = self.beside().await?;
        let root = self.root.clone();
        let scanned = blocking(move || Scan::at(&root, &beside, limit)).await?;
        let Ok(mut scan) = scanned else {
            log::info!("a look at {} took too long", self.project);
            return Ok(false);
        };
        let paths = match &self.known.scan {
            Some(before) => scan.since(before),
            None => {
                self.known.interval.begin(&windows);
                self.dirty().await?
            }
        };
        let began = scan.began();
        let moves = self.known.scan.as_ref().map(|before| scan.moves_since(before)).unwrap_or_default();
        self.known.latest.clear();
        let editing = self.editing(&windows).await?;
        let (open, free): (Vec<String>, Vec<String>) =
            paths.into_iter().partition(|path| editing.iter().any(|window| window.edits(path)));
        self.known.touch(&free);
        let by = owner.map_or(By::Evidence, By::Owner);
        let changes = free.into_iter().map(|path| (path, by.clone())).collect();
        let seen = self.attribute_each(Some(&scan), changes, &moves).await?;
        for (path, stat) in self.remember(seen) {
            scan.note(&path, stat);
        }
        let mut reports = self.reports().await?;
        for path in open {
            let earlier = self.known.pending.remove(&path);
            let now = self.stat(&path).await;
            let owner = self.evidence(&mut reports, &path, now).owner().contested(earlier.iter());
            self.known.pending.insert(path, owner);
        }
        self.known.scan = Some(scan);
        self.forget_reports(&mut reports, began);
        self.known.interval.begin(&windows);
        if moved {
            self.rebase(true).await?;
        }
        Ok(true)
    }

    /// The windows changed at the moment of a scan: the interval begins with those that are open now.
    pub async fn begin(&mut self) -> Result<()> {
        let windows = self.windows().await?;
        self.known.interval.begin(&windows);
        Ok(())
    }

    /// Takes in one file, changed by `by`.
    pub async fn attribute(&mut self, path: &str, by: By) -> Result<()> {
        self.rebase(false).await?;
        self.known.touch([&path.to_owned()]);
        self.attribute_some(vec![(path.to_owned(), by)]).await
    }

    /// As [`EditedTree::attribute`], for files whose ledgers may be written.
    pub async fn attribute_some(&mut self, changes: Vec<(String, By)>) -> Result<()> {
        let seen = self.attribute_each(self.known.scan.as_ref(), changes, &HashMap::new()).await?;
        for (path, stat) in self.remember(seen) {
            if let Some(scan) = &mut self.known.scan {
                scan.note(&path, stat);
            }
        }
        Ok(())
    }

    /// Takes in a file that the person saved. Where a scan came between the write and the report of it, the change that
    /// the scan found is the person's.
    pub async fn attribute_save(&mut self, path: &str) -> Result<()> {
        let now = self.stat(path).await;
        let seen = self.known.scan.as_ref().and_then(|scan| scan.stat(path));
        let Some((mut ledger, owner)) = self.known.latest.remove(path).filter(|_| now == seen) else {
            return self.attribute(path, By::Save).await;
        };
        let asked = path.to_owned();
        if let Some(then) = self.core.read(&self.project, move |tx, project| tx.ledger(project, &asked)).await? {
            ledger.see(then.version(), &owner);
            self.known.touch([&path.to_owned()]);
            self.keep(vec![(path.to_owned(), Some(ledger))]).await?;
        }
        Ok(())
    }

    /// Whether the file is as it was at the last scan.
    pub async fn is_known(&self, path: &str) -> bool {
        let stat = self.stat(path).await;
        self.known.scan.as_ref().is_some_and(|scan| scan.knows(path, stat))
    }

    /// What is committed may have moved: lines that are committed now are nobody's, and files without uncommitted
    /// edits have no ledger. Without `all` only when the commit is another; true when it is.
    pub async fn rebase(&mut self, all: bool) -> Result<bool> {
        let head = committed::head(&self.root).await?;
        let moved = head != self.known.head;
        if !all && !moved {
            return Ok(false);
        }
        let stale = self.stale(head.as_deref()).await?;
        let ledgers = self.ledgers(stale).await?;
        if !ledgers.is_empty() {
            let dropped = self.reconcile(ledgers, head.as_deref()).await?;
            if !moved {
                dropped.iter().for_each(|(path, ledger)| self.known.past.remember(path, ledger));
            }
        }
        if moved && self.known.interval.is_quiet() {
            self.known.past.forget();
        }
        self.known.head = head;
        self.known.stale = Some(BTreeSet::new());
        Ok(moved)
    }

    /// The paths whose ledgers may have to be reconciled with that commit: those written since the last time, and those
    /// that the commits since then change; nothing where that is not known.
    async fn stale(&self, head: Option<&str>) -> Result<Option<BTreeSet<String>>> {
        let (Some(touched), Some(then), Some(now)) = (&self.known.stale, &self.known.head, head) else {
            return Ok(None);
        };
        let between = if then == now { Some(Vec::new()) } else { committed::between(&self.root, then, now).await? };
        Ok(between.map(|paths| paths.into_iter().chain(touched.iter().cloned()).collect()))
    }

    /// The ledgers of these paths, or all.
    async fn ledgers(&self, among: Option<BTreeSet<String>>) -> Result<Vec<(String, Ledger)>> {
        let read = self.core.read(&self.project, |tx, project| match among {
            None => tx.ledgers(project),
            Some(paths) => {
                let one = |path: String| Ok(tx.ledger(project, &path)?.map(|ledger| (path, ledger)));
                paths.into_iter().map(one).filter_map(Result::transpose).collect()
            }
        });
        read.await
    }

    /// Takes what is committed in `head` out of these ledgers; those of which nothing is left are returned.
    async fn reconcile(&self, ledgers: Vec<(String, Ledger)>, head: Option<&str>) -> Result<Vec<(String, Ledger)>> {
        let paths: Vec<String> = ledgers.iter().map(|(path, _)| path.clone()).collect();
        let dirty: BTreeSet<String> = committed::dirty(&self.root, &paths).await?.into_iter().collect();
        let mut bases = committed::at(&self.root, head, &paths).await?;
        let settled = blocking(move || {
            let settle = |(path, mut ledger): (String, Ledger)| {
                let base = bases.remove(&path).map_or_else(Version::absent, |base| base.beside(ledger.version()));
                let before = ledger.clone();
                let clean = ledger.rebase(&base) || !dirty.contains(&path);
                (clean || *ledger.marks() != *before.marks()).then_some((path, (!clean).then_some(ledger), before))
            };
            ledgers.into_iter().filter_map(settle).collect::<Vec<_>>()
        });
        let (mut kept, mut dropped) = (Vec::new(), Vec::new());
        for (path, ledger, before) in settled.await? {
            if ledger.is_none() {
                dropped.push((path.clone(), before));
            }
            kept.push((path, ledger));
        }
        self.keep(kept).await?;
        Ok(dropped)
    }

    /// Keeps in mind what was replaced; what the file system says of each file is returned.
    fn remember(&mut self, seen: Vec<SeenFile>) -> Vec<(String, Option<FileStat>)> {
        let note = |seen: SeenFile| {
            match seen.before {
                Some(before) => {
                    self.known.past.remember(&seen.path, &before);
                    self.known.latest.insert(seen.path.clone(), (before, seen.saved));
                }
                None => drop(self.known.latest.remove(&seen.path)),
            }
            match seen.explained.is_empty() {
                true => drop(self.known.written.remove(&seen.path)),
                false => drop(self.known.written.insert(seen.path.clone(), seen.explained)),
            }
            (seen.path, seen.stat)
        };
        seen.into_iter().map(note).collect()
    }

    /// Reads the files and writes their ledgers; returns how they were then. Done again, it changes nothing: whoever
    /// waits for it may be gone in the middle.
    /// `moves` are files that were moved to their paths, and where from.
    async fn attribute_each(
        &self,
        scan: Option<&Scan>,
        changes: Vec<(String, By)>,
        moves: &HashMap<String, String>,
    ) -> Result<Vec<SeenFile>> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let paths: Vec<String> = changes.iter().map(|(path, _)| path.clone()).collect();
        let asked = paths.clone();
        let ledgers = self.core.read(&self.project, move |tx, project| {
            asked.iter().map(|path| tx.ledger(project, path)).collect::<Result<Vec<_>>>()
        });
        let ledgers = ledgers.await?;
        let needs_base = |((_, by), ledger): &(&(String, By), &Option<Ledger>)| by.needs_base(ledger.as_ref());
        let compared: Vec<String> =
            changes.iter().zip(&ledgers).filter(needs_base).map(|((path, _), _)| path.clone()).collect();
        let mut bases = committed::at(&self.root, self.known.head.as_deref(), &compared).await?;
        let mut todo = Vec::new();
        for ((path, by), ledger) in changes.into_iter().zip(ledgers) {
            let base = bases.remove(&path);
            let is_new = ledger.is_none() && base.is_none() && !scan.is_some_and(|scan| scan.has(&path));
            if is_new && committed::is_ignored(&self.root, &path).await? {
                continue;
            }
            todo.push(ReadFile::of(path, by, ledger, base));
        }
        let (root, at) = (self.root.clone(), clock::nanos());
        let read =
            blocking(move || todo.into_iter().map(|file| file.read(&root)).collect::<Vec<std::io::Result<ReadFile>>>());
        let read = read.await?;
        // Only now: of what was read, every report is here.
        let mut reports = self.reports().await?;
        let mut found = Vec::new();
        for read in read {
            match read {
                Ok(mut file) => {
                    file.evidence = self.evidence(&mut reports, &file.path, file.stat);
                    file.past = self.known.past.of(&file.path);
                    let from = moves.get(&file.path).cloned().or_else(|| reports.moved_from(&file.path));
                    file.moved_from = match from {
                        Some(from) => self.before_move(&from).await?,
                        None => None,
                    };
                    found.push(file);
                }
                Err(error) => log::warn!("cannot read an edited file: {error}"),
            }
        }
        let seen = blocking(move || found.into_iter().map(ReadFile::attribute).collect::<Vec<SeenFile>>());
        let mut seen = seen.await?;
        let ledger = |seen: &mut SeenFile| Some((seen.path.clone(), Some(seen.ledger.take()?)));
        let ledgers = seen.iter_mut().filter_map(ledger).collect();
        self.keep(ledgers).await?;
        seen.iter_mut().for_each(|seen| seen.explained = self.explained(&mut reports, &seen.path, at));
        Ok(seen)
    }

    /// The ledger of a file that was moved away, as it was before.
    async fn before_move(&self, from: &str) -> Result<Option<Ledger>> {
        let path = from.to_owned();
        let ledger = self.core.read(&self.project, move |tx, project| tx.ledger(project, &path)).await?;
        let is_there = |ledger: &Ledger| *ledger.version() != Version::absent();
        Ok(ledger.filter(is_there).or_else(|| self.known.past.of(from).pop()))
    }

    /// Ledgers as they are now; none for a file that has no uncommitted edit any more.
    async fn keep(&self, ledgers: Vec<(String, Option<Ledger>)>) -> Result<()> {
        if ledgers.is_empty() {
            return Ok(());
        }
        let written = self.core.write(&self.project, move |tx, project| {
            ledgers.iter().try_for_each(|(path, ledger)| match ledger {
                Some(ledger) => tx.put_ledger(project, path, ledger),
                None => tx.drop_ledger(project, path),
            })?;
            tx.recount_edits(project)?;
            let paths: Vec<String> = ledgers.into_iter().map(|(path, _)| path).collect();
            tx.notify_edits(project, &paths);
            Ok(())
        });
        written.await
    }

    /// The file as the file system knows it now; nothing also where that does not answer.
    async fn stat(&self, path: &str) -> Option<FileStat> {
        let asked = path.to_owned();
        foreign::ask(&self.root, move |root| FileStat::beneath(&root, &asked)).await.ok().flatten()
    }

    /// Files to compare with their ledgers and the commit when nobody scanned before.
    async fn dirty(&self) -> Result<Vec<String>> {
        let ledgers = self.core.read(&self.project, |tx, project| tx.ledgers(project)).await?;
        let mut paths: BTreeSet<String> = ledgers.into_iter().map(|(path, _)| path).collect();
        paths.extend(committed::dirty(&self.root, &[]).await?);
        Ok(paths.into_iter().collect())
    }

    /// What git tracks although it ignores it: asked again when the index is another.
    async fn beside(&mut self) -> Result<Vec<String>> {
        let file = self.root.join(".git/index");
        let index = blocking(move || FileStat::of(&file)).await?;
        if let Some((then, paths)) = &self.known.beside
            && *then == index
        {
            return Ok(paths.clone());
        }
        let paths = scan::tracked_though_ignored(&self.root).await?;
        self.known.beside = Some((index, paths.clone()));
        Ok(paths)
    }
}

/// Runs what reads files or compares them beside the daemon's one thread.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::internal(format!("cannot look at files: {error}")))
}
