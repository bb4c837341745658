//! Attributes what changed in a shared tree: by scans of the whole tree, and file by file.

use crate::attribution::interval::Window;
use crate::attribution::{Ledger, Owner, Version};
use crate::contract::Opened;
use crate::core::Core;
use crate::core::trees::TreeKnowledge;
use crate::error::{Error, Result};
use crate::evidence::event::FileEdit;
use crate::store::Filter;
use crate::task::{Isolation, Task};
use crate::vcs::committed::{self, Committed};
use crate::vcs::scan::{self, FileStat, Scan};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A project's tree, while what is known of it is held.
pub struct EditedTree<'c> {
    pub core: &'c Core,
    pub project: String,
    pub root: PathBuf,
    pub known: tokio::sync::OwnedMutexGuard<TreeKnowledge>,
}

/// Who changed a file.
#[derive(Clone, Debug)]
pub enum By {
    /// All of it.
    Owner(Owner),
    /// An edit tool of `author`, as far as it says so; the rest is `rest`'s.
    Tool { author: Owner, edit: Box<FileEdit>, failed: bool, rest: Owner },
}

/// A file as it was just seen.
struct SeenFile {
    path: String,
    stat: Option<FileStat>,
    /// To be kept; nothing where it stays as it is.
    ledger: Option<Ledger>,
    /// As it was before; nothing where it holds the same.
    before: Option<Ledger>,
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
            Some((request.task.clone(), crate::project::inside(Path::new(&self.project), Path::new(path))?))
        };
        let asked: Vec<(String, String)> = asked.iter().filter_map(file).collect();
        edits.retain(|edit| !asked.iter().any(|(task, path)| *task == edit.task && edit.edits(path)));
        Ok(edits)
    }

    /// Scans the whole tree, for at most `limit`. Changes are unclaimed, with the candidates of the interval; they are the
    /// person's while no task shares the tree, or `owner`'s where one is given. False when the scan took too long: then
    /// nothing is attributed, and the interval stays open.
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
        let is_shared = self.is_shared().await?;
        let interval = self.known.interval.clone();
        let by = |path: &str| match (&owner, interval.candidates(path)) {
            (Some(owner), _) => owner.clone(),
            (None, nobody) if nobody == Owner::unknown() && !is_shared => Owner::User,
            (None, candidates) => candidates,
        };
        self.known.latest.clear();
        let editing = self.editing(&windows).await?;
        let (open, free): (Vec<String>, Vec<String>) =
            paths.into_iter().partition(|path| editing.iter().any(|window| window.edits(path)));
        self.known.touch(&free);
        let changes = free.into_iter().map(|path| (by(&path), path)).map(|(by, path)| (path, By::Owner(by))).collect();
        let seen = self.attribute_each(Some(&scan), changes).await?;
        for (path, stat) in self.remember(seen) {
            scan.note(&path, stat);
        }
        for path in open {
            let earlier = self.known.pending.remove(&path);
            let owner = by(&path).contested(earlier.iter());
            self.known.pending.insert(path, owner);
        }
        self.known.scan = Some(scan);
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
        let seen = self.attribute_each(self.known.scan.as_ref(), vec![(path.to_owned(), by)]).await?;
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
        let now = FileStat::of(&self.root.join(path));
        let seen = self.known.scan.as_ref().and_then(|scan| scan.stat(path));
        let Some(mut ledger) = self.known.latest.remove(path).filter(|_| now == seen) else {
            return self.attribute(path, By::Owner(Owner::User)).await;
        };
        let asked = path.to_owned();
        if let Some(then) = self.core.read(&self.project, move |tx, project| tx.ledger(project, &asked)).await? {
            ledger.see(then.version(), &Owner::User);
            self.known.touch([&path.to_owned()]);
            self.keep(vec![(path.to_owned(), Some(ledger))]).await?;
        }
        Ok(())
    }

    /// Whether the file is as it was at the last scan.
    pub fn is_known(&self, path: &str) -> bool {
        let stat = FileStat::of(&self.root.join(path));
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
                    self.known.latest.insert(seen.path.clone(), before);
                }
                None => drop(self.known.latest.remove(&seen.path)),
            }
            (seen.path, seen.stat)
        };
        seen.into_iter().map(note).collect()
    }

    /// Reads the files and writes their ledgers; returns how they were then. Done again, it changes nothing: whoever
    /// waits for it may be gone in the middle.
    async fn attribute_each(&self, scan: Option<&Scan>, changes: Vec<(String, By)>) -> Result<Vec<SeenFile>> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let paths: Vec<String> = changes.iter().map(|(path, _)| path.clone()).collect();
        let asked = paths.clone();
        let ledgers = self.core.read(&self.project, move |tx, project| {
            asked.iter().map(|path| tx.ledger(project, path)).collect::<Result<Vec<_>>>()
        });
        let ledgers = ledgers.await?;
        let clean: Vec<String> =
            paths.iter().zip(&ledgers).filter(|(_, ledger)| ledger.is_none()).map(|(path, _)| path.clone()).collect();
        let mut bases = committed::at(&self.root, self.known.head.as_deref(), &clean).await?;
        let mut todo = Vec::new();
        for ((path, by), ledger) in changes.into_iter().zip(ledgers) {
            let base = bases.remove(&path);
            let is_new = ledger.is_none() && base.is_none() && !scan.is_some_and(|scan| scan.has(&path));
            if is_new && committed::is_ignored(&self.root, &path).await? {
                continue;
            }
            let past = self.known.past.of(&path);
            todo.push((path, by, ledger.ok_or(base), past));
        }
        let root = self.root.clone();
        let seen = blocking(move || {
            let read =
                |(path, by, before, past): (String, By, _, Vec<Ledger>)| read_file(&root, path, &by, before, &past);
            todo.into_iter().map(read).collect::<Vec<std::io::Result<SeenFile>>>()
        });
        let (mut read, mut ledgers) = (Vec::new(), Vec::new());
        for seen in seen.await? {
            match seen {
                Ok(mut seen) => {
                    ledgers.extend(seen.ledger.take().map(|ledger| (seen.path.clone(), Some(ledger))));
                    read.push(seen);
                }
                Err(error) => log::warn!("cannot read an edited file: {error}"),
            }
        }
        self.keep(ledgers).await?;
        Ok(read)
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

    /// Files to compare with their ledgers and the commit when nobody scanned before.
    async fn dirty(&self) -> Result<Vec<String>> {
        let ledgers = self.core.read(&self.project, |tx, project| tx.ledgers(project)).await?;
        let mut paths: BTreeSet<String> = ledgers.into_iter().map(|(path, _)| path).collect();
        paths.extend(committed::dirty(&self.root, &[]).await?);
        Ok(paths.into_iter().collect())
    }

    /// What git tracks although it ignores it: asked again when the index is another.
    async fn beside(&mut self) -> Result<Vec<String>> {
        let index = FileStat::of(&self.root.join(".git/index"));
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

/// Reads one file and says whose it is now. Its stat is older than its content, so a later change is seen. What it held
/// in the `past` is its owners' still, where nobody is known to have written it again.
fn read_file(
    root: &Path,
    path: String,
    by: &By,
    before: std::result::Result<Ledger, Option<Committed>>,
    past: &[Ledger],
) -> std::io::Result<SeenFile> {
    let full = root.join(&path);
    let stat = FileStat::of(&full);
    let now = committed::on_disk(&full)?;
    let is_clean = before.is_err();
    let mut ledger = before.unwrap_or_else(|base| {
        let base = base.map_or_else(Version::absent, |base| base.beside(&now));
        Ledger::first(&base, &base, &Owner::User)
    });
    if *ledger.version() == now && !matches!(by, By::Tool { .. }) {
        return Ok(SeenFile { path, stat, ledger: None, before: None });
    }
    let replaced = Some(&ledger).filter(|ledger| *ledger.version() != now).cloned();
    match (by, past.iter().find(|then| *then.version() == now)) {
        (By::Owner(Owner::Unclaimed(_)), Some(then)) => ledger = then.clone(),
        (By::Owner(owner), _) => ledger.see(&now, owner),
        (By::Tool { failed: true, rest, .. }, _) => ledger.see(&now, rest),
        (By::Tool { author, edit, rest, .. }, _) => attribute_call(&mut ledger, &now, author, edit, rest),
    }
    let ledger = Some(ledger).filter(|ledger| !is_clean || !ledger.owners().is_empty());
    Ok(SeenFile { path, stat, ledger, before: replaced })
}

/// What an edit tool says it did, as exactly as it says so.
fn attribute_call(ledger: &mut Ledger, now: &Version, author: &Owner, edit: &FileEdit, rest: &Owner) {
    let created = ledger.version().lines().is_empty();
    let whole = match (ledger.version().text(), now.text()) {
        (Some(old), Some(new)) => edit.change.makes(old, new),
        (None, Some(new)) if created => edit.change.makes(b"", new),
        _ => false,
    };
    match &edit.patch {
        _ if whole && ledger.version().content != now.content => ledger.see(now, author),
        Some(patch) => ledger.see_patch(now, author, patch, rest),
        None => ledger.see(now, rest),
    }
}

/// Runs what reads files or compares them beside the daemon's one thread.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::internal(format!("cannot look at files: {error}")))
}
