//! What the kernel reported of tasks' writes: which paths of a project which task's processes opened, renamed or
//! removed. A report is here before its change is made, so whoever finds a change can ask whose it may be.

use crate::attribution::{Nanos, Write, WriteKind};
use crate::process;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::Path;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How long a tracer may take to say that everything it knew was sent.
const FLUSH: Duration = Duration::from_millis(50);
/// More reports of one project than this are not kept; then its tasks' traces have a gap.
const MOST: usize = 50_000;
/// More opened paths than this are not remembered.
const MOST_OPENED: usize = 20_000;

/// Reports and tracers, by project.
#[derive(Debug, Default)]
pub struct Writes {
    projects: Mutex<HashMap<String, ProjectWrites>>,
}

#[derive(Debug, Default)]
struct ProjectWrites {
    /// Oldest first.
    reports: VecDeque<Write>,
    /// Who opened a path for writing, by process and task, until it is known that they closed it.
    opened: BTreeMap<String, BTreeSet<(u32, String)>>,
    /// By launch: after its agent's end a keeper may still trace what goes on running.
    tracers: BTreeMap<String, Tracer>,
}

/// The process beside one agent that reports its writes.
#[derive(Clone, Debug)]
struct Tracer {
    task: String,
    /// All writes since then are known.
    since: Nanos,
    orders: mpsc::UnboundedSender<Order>,
}

/// What a tracer is asked.
#[derive(Debug)]
pub enum Order {
    /// To say when all that it had seen by now is sent.
    Flush(oneshot::Sender<()>),
    /// Every change with an older `ctime` was seen: it needs no question before a write.
    Seen(Nanos),
}

impl Writes {
    /// A tracer of a task's launch is connected: all writes since `since` are known. Orders for it arrive at what is
    /// returned.
    pub fn enter(&self, project: &str, task: &str, launch: &str, since: Nanos) -> mpsc::UnboundedReceiver<Order> {
        let (orders, received) = mpsc::unbounded_channel();
        let tracer = Tracer { task: task.to_owned(), since, orders };
        self.projects.lock().entry(project.to_owned()).or_default().tracers.insert(launch.to_owned(), tracer);
        received
    }

    /// The tracer whose orders go to `received` is gone.
    pub fn leave(&self, project: &str, launch: &str) {
        if let Some(of) = self.projects.lock().get_mut(project)
            && of.tracers.get(launch).is_some_and(|tracer| tracer.orders.is_closed())
        {
            of.tracers.remove(launch);
        }
    }

    /// Some reports were lost: what happened before `now` is not known whole.
    pub fn lost(&self, project: &str, launch: &str, now: Nanos) {
        if let Some(tracer) = self.projects.lock().get_mut(project).and_then(|of| of.tracers.get_mut(launch)) {
            tracer.since = tracer.since.max(now);
        }
    }

    /// Keeps what a tracer reported.
    pub fn record(&self, project: &str, reports: impl IntoIterator<Item = Write>) {
        let mut projects = self.projects.lock();
        let of = projects.entry(project.to_owned()).or_default();
        for report in reports {
            if report.kind == WriteKind::Opened && of.opened.len() < MOST_OPENED {
                of.opened.entry(report.path.clone()).or_default().insert((report.pid, report.task.clone()));
            }
            of.reports.push_back(report);
        }
        while of.reports.len() > MOST {
            let Some(lost) = of.reports.pop_front() else { return };
            let tracers = of.tracers.values_mut().filter(|tracer| tracer.task == lost.task);
            tracers.for_each(|tracer| tracer.since = tracer.since.max(lost.at + 1));
        }
    }

    /// The reports about a path, oldest first.
    pub fn of(&self, project: &str, path: &str) -> Vec<Write> {
        let projects = self.projects.lock();
        let reports = projects.get(project).into_iter().flat_map(|of| &of.reports);
        reports.filter(|report| report.covers(path)).cloned().collect()
    }

    /// All reports, oldest first.
    pub fn all(&self, project: &str) -> Vec<Write> {
        self.projects.lock().get(project).map(|of| of.reports.iter().cloned().collect()).unwrap_or_default()
    }

    /// Changes that these reports explain were taken in: forgets the ones until `until` for which `is_done`.
    pub fn forget(&self, project: &str, until: Nanos, is_done: impl Fn(&Write) -> bool) {
        if let Some(of) = self.projects.lock().get_mut(project) {
            of.reports.retain(|report| report.at > until || !is_done(report));
        }
    }

    /// Since when every write of the task's processes is known; nothing when they are not traced now.
    pub fn traced_since(&self, project: &str, task: &str) -> Option<Nanos> {
        let projects = self.projects.lock();
        let tracers = projects.get(project)?.tracers.values().filter(|tracer| tracer.task == task);
        tracers.map(|tracer| tracer.since).max()
    }

    /// Tasks whose processes opened the path for writing and have it open: they may write without another report.
    pub fn still_open(&self, project: &str, path: &str) -> BTreeSet<String> {
        let opened = self.projects.lock().get_mut(project).and_then(|of| of.opened.remove(path));
        let file = Path::new(project).join(path);
        let mut open = opened.unwrap_or_default();
        open.retain(|(pid, _)| process::has_open_for_writing(*pid, &file));
        let tasks = open.iter().map(|(_, task)| task.clone()).collect();
        if !open.is_empty()
            && let Some(of) = self.projects.lock().get_mut(project)
        {
            of.opened.entry(path.to_owned()).or_default().extend(open);
        }
        tasks
    }

    /// Waits until all that the project's tracers had seen when it began is here, for at most 50 ms. False when one of
    /// them did not say so in time: a write may be unknown.
    pub async fn flush(&self, project: &str) -> bool {
        let order = |tracer: &Tracer| {
            let (done, waits) = oneshot::channel();
            tracer.orders.send(Order::Flush(done)).ok().map(|()| waits)
        };
        let asked: Vec<Option<oneshot::Receiver<()>>> =
            self.projects.lock().get(project).map(|of| of.tracers.values().map(order).collect()).unwrap_or_default();
        let all = async {
            for waits in asked {
                let Some(waits) = waits else { return false };
                if waits.await.is_err() {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(FLUSH, all).await.unwrap_or(false)
    }

    /// Every change of the project with a `ctime` before `before` was seen.
    pub fn seen(&self, project: &str, before: Nanos) {
        if let Some(of) = self.projects.lock().get(project) {
            of.tracers.values().for_each(|tracer| _ = tracer.orders.send(Order::Seen(before)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &str, at: Nanos) -> Write {
        let (path, task) = (path.to_owned(), "t".to_owned());
        Write { path, kind: WriteKind::Opened, folder: false, task, pid: 1, at, before: None }
    }

    #[test]
    fn reports_are_kept_until_they_are_taken_in() {
        let writes = Writes::default();
        writes.record("/p", [write("a", 1), write("b", 2), write("a", 3)]);
        assert_eq!(writes.of("/p", "a").len(), 2);
        writes.forget("/p", 2, |report| report.covers("a"));
        assert_eq!(writes.all("/p").iter().map(|report| report.at).collect::<Vec<_>>(), [2, 3]);
        assert!(writes.of("/q", "a").is_empty());
    }

    #[test]
    fn too_many_reports_leave_a_gap_that_is_known() {
        let writes = Writes::default();
        let _orders = writes.enter("/p", "t", "l", 0);
        assert_eq!(writes.traced_since("/p", "t"), Some(0));
        writes.record("/p", (0..=MOST as Nanos).map(|at| write("a", at)));
        assert_eq!(writes.all("/p").len(), MOST);
        assert_eq!(writes.traced_since("/p", "t"), Some(1));
        assert_eq!(writes.traced_since("/p", "u"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn who_keeps_a_file_open_is_known_until_it_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let project = root.to_str().unwrap();
        let writes = Writes::default();
        let file = std::fs::File::create(root.join("a")).unwrap();
        std::fs::write(root.join("b"), "").unwrap();
        let _reading = std::fs::File::open(root.join("b")).unwrap();
        let of_me = |path: &str| Write { pid: std::process::id(), ..write(path, 1) };
        writes.record(project, [of_me("a"), of_me("b")]);
        assert_eq!(writes.still_open(project, "a"), BTreeSet::from(["t".to_owned()]));
        assert_eq!(writes.still_open(project, "a"), BTreeSet::from(["t".to_owned()]), "asked again");
        assert!(writes.still_open(project, "b").is_empty(), "only read");
        drop(file);
        assert!(writes.still_open(project, "a").is_empty());
    }

    #[tokio::test]
    async fn a_flush_waits_for_each_tracer_and_not_for_ever() {
        let writes = Writes::default();
        assert!(writes.flush("/p").await, "no tracer, nothing to wait for");
        let mut orders = writes.enter("/p", "t", "l", 0);
        let answers = tokio::spawn(async move {
            while let Some(order) = orders.recv().await {
                if let Order::Flush(done) = order {
                    let _ = done.send(());
                }
            }
        });
        assert!(writes.flush("/p").await);
        answers.abort();
        let _ = answers.await;
        assert!(!writes.flush("/p").await, "a tracer that is gone says nothing");
        writes.leave("/p", "l");
        assert_eq!(writes.traced_since("/p", "t"), None);
    }
}
