//! What the kernel reported about the paths of a tree, as evidence of whose a change is.

use super::tree::EditedTree;
use crate::attribution::{Evidence, Nanos, Write, WriteKind};
use crate::clock;
use crate::error::Result;
use crate::process::OpenFiles;
use crate::status::AgentStatus;
use crate::store::Filter;
use crate::task::{Isolation, Task};
use crate::vcs::scan::{self, FileStat};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

/// A reported call has changed its file by then, unless it keeps it open. A change that is later is not its own.
const SOON: Nanos = 100_000_000;
/// A change that is found until then may still be one of an earlier report's.
const LATE: Nanos = 1_000_000_000;

/// The reports of a tree at one moment. A report comes before its change, so of what was read before that moment every
/// traced write is here.
pub struct Reports {
    by_path: HashMap<String, Vec<Write>>,
    folders: Vec<Write>,
    /// Live tasks that share the tree and whose processes are traced, since before the last scan.
    traced: BTreeSet<String>,
    /// Other live tasks whose agents have worked since the last scan, by a hook's word or without any hook.
    at_work: Vec<String>,
    is_complete: bool,
    open: OpenFiles,
}

impl EditedTree<'_> {
    /// Gathers the reports.
    pub async fn reports(&self) -> Result<Reports> {
        let shares = |task: &Task| task.status.is_live() && task.isolation == Isolation::Stack;
        let tasks = self.core.read(&self.project, |tx, project| tx.tasks(Some(project), &Filter::default())).await?;
        let writes = &self.core.writes;
        let is_flushed = writes.flush(&self.project).await;
        let seen = self.known.scan.as_ref().map(|scan| scan.began());
        let is_traced = |task: &Task| {
            let since = writes.traced_since(&self.project, &task.uuid);
            since.zip(seen).is_some_and(|(since, seen)| since <= seen)
        };
        let (traced, untraced): (Vec<Task>, Vec<Task>) = tasks.into_iter().filter(shares).partition(is_traced);
        let has_worked = |task: &Task| match task.agent_status.status {
            AgentStatus::Busy | AgentStatus::Waiting => true,
            AgentStatus::Idle => seen.is_some_and(|seen| Nanos::from(task.agent_status.since) * 1_000_000 >= seen),
            _ => false,
        };
        let mut reports = Reports {
            by_path: HashMap::new(),
            folders: Vec::new(),
            is_complete: is_flushed && untraced.is_empty(),
            traced: traced.into_iter().map(|task| task.uuid).collect(),
            at_work: untraced.into_iter().filter(has_worked).map(|task| task.uuid).collect(),
            open: OpenFiles::default(),
        };
        for report in writes.all(&self.project) {
            match report.folder {
                true => reports.folders.push(report),
                false => reports.by_path.entry(report.path.clone()).or_default().push(report),
            }
        }
        Ok(reports)
    }

    /// The evidence for a change of a file that is `now` like this.
    pub fn evidence(&self, reports: &mut Reports, path: &str, now: Option<FileStat>) -> Evidence {
        let Reports { by_path, folders, traced, at_work, is_complete, open } = reports;
        // Older ones were taken in by an earlier daemon, and came again because their file is still open.
        let seen = self.known.scan.as_ref().map_or(0, |scan| scan.began() - LATE);
        let is_fresh = |report: &&Write| report.at >= seen;
        let of_path = by_path.get(path).map(Vec::as_slice).unwrap_or_default();
        let mut fresh: Vec<&Write> = folders.iter().filter(|report| report.covers(path)).collect();
        fresh.extend(of_path);
        fresh.retain(is_fresh);
        fresh.sort_by_key(|report| report.at);
        let earlier = self.known.written.get(path).map(Vec::as_slice).unwrap_or_default();
        let changed = now.map_or_else(clock::nanos, |now| now.changed());
        let file = self.root.join(path);
        let was_held = earlier.iter().filter(|(_, held)| *held).map(|(report, _)| report);
        let all = fresh.iter().copied().chain(of_path).chain(earlier.iter().map(|(report, _)| report));
        let holders: Vec<&Write> = all.filter(|report| open.holds(report, &file)).chain(was_held).collect();
        let lately = earlier.iter().map(|(report, _)| report).filter(|report| changed <= report.at + LATE);
        let is_as_seen =
            |first: &Write| self.known.scan.as_ref().is_some_and(|scan| scan.is_still(path, first.before.as_ref()));
        let candidates = self.known.interval.candidates(path, |task| traced.contains(task));
        Evidence {
            starts_as_seen: fresh.iter().find(|report| !report.folder).is_none_or(|first| is_as_seen(first)),
            ends_with_reports: fresh.last().is_some_and(|last| now.is_none() || changed <= last.at + SOON),
            is_complete: *is_complete,
            candidates: if candidates.is_empty() { at_work.clone() } else { candidates },
            writers: tasks(fresh),
            holders: tasks(holders),
            lately: tasks(lately),
        }
    }

    /// What the reports explain of a file was taken in, as it was when it was read at `at`. The reports of which more may
    /// follow are returned, each with whether its file is still open.
    pub fn explained(&self, reports: &mut Reports, path: &str, at: Nanos) -> Vec<(Write, bool)> {
        let Reports { by_path, open, .. } = reports;
        let file = self.root.join(path);
        let is_done = |report: &Write| !report.folder && report.path == path && report.at <= at;
        let earlier = self.known.written.get(path).into_iter().flatten().map(|(report, _)| report);
        let fresh = by_path.get(path).into_iter().flatten().filter(|report| is_done(report));
        let all = earlier.chain(fresh).map(|report| (report.clone(), open.holds(report, &file)));
        let more = all.filter(|(report, held)| *held || at <= report.at + LATE).collect();
        self.core.writes.forget(&self.project, at, is_done);
        more
    }

    /// A scan saw all that was changed until it `began`: reports of which nothing more can follow are forgotten.
    pub fn forget_reports(&mut self, reports: &mut Reports, began: Nanos) {
        let (root, open) = (&self.root, &mut reports.open);
        let mut is_held = |report: &Write| open.holds(report, &root.join(&report.path));
        let all = self.core.writes.all(&self.project);
        let held: Vec<Write> = all.into_iter().filter(|report| is_held(report)).collect();
        self.core.writes.forget(&self.project, began - LATE, |report| !held.contains(report));
        self.core.writes.seen(&self.project, began - scan::GRAIN);
        self.known.written.retain(|_, earlier| {
            earlier.retain(|(report, _)| began <= report.at + LATE || is_held(report));
            !earlier.is_empty()
        });
    }
}

impl Reports {
    /// Where a file was moved from.
    pub fn moved_from(&self, path: &str) -> Option<String> {
        let files = self.by_path.get(path).into_iter().flatten();
        let folders = self.folders.iter().filter(|report| report.covers(path));
        let from = |report: &Write| match &report.kind {
            WriteKind::Renamed { from: Some(from) } => Some(format!("{from}{}", path.strip_prefix(&report.path)?)),
            _ => None,
        };
        files.chain(folders).filter_map(from).next_back()
    }
}

impl OpenFiles {
    /// Whether the reported process still has the file open.
    fn holds(&mut self, report: &Write, file: &Path) -> bool {
        report.kind == WriteKind::Opened && self.has(report.pid, file)
    }
}

fn tasks<'w>(reports: impl IntoIterator<Item = &'w Write>) -> BTreeSet<String> {
    reports.into_iter().map(|report| report.task.clone()).collect()
}
