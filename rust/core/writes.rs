//! What the kernel reported of tasks' writes: which paths of a project which task's processes opened, renamed or
//! removed. A report is here before its change is made, so whoever finds a change can ask whose it may be.

use crate::attribution::{Nanos, Write};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How long a tracer may take to say that everything it knew was sent: longer than a busy machine leaves it without a
/// processor, for what is not known to be complete has no owner.
const FLUSH: Duration = Duration::from_millis(500);
/// More reports of one project than this are not kept; then its tasks' traces have a gap.
const MOST: usize = 50_000;

/// Reports and tracers, by project.
#[derive(Debug, Default)]
pub struct Writes {
    projects: Mutex<HashMap<String, ProjectWrites>>,
}

#[derive(Debug, Default)]
struct ProjectWrites {
    /// Oldest first.
    reports: VecDeque<Write>,
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

    /// Keeps what a tracer reported.
    pub fn record(&self, project: &str, reports: impl IntoIterator<Item = Write>) {
        let mut projects = self.projects.lock();
        let of = projects.entry(project.to_owned()).or_default();
        of.reports.extend(reports);
        while of.reports.len() > MOST {
            let Some(lost) = of.reports.pop_front() else { return };
            let tracers = of.tracers.values_mut().filter(|tracer| tracer.task == lost.task);
            tracers.for_each(|tracer| tracer.since = tracer.since.max(lost.at + 1));
        }
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

    /// Waits until all that the project's tracers had seen when it began is here, for at most 500 ms. False when one of
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
    use crate::attribution::WriteKind;

    fn write(path: &str, at: Nanos) -> Write {
        let (path, task) = (path.to_owned(), "t".to_owned());
        Write { path, kind: WriteKind::Opened, folder: false, task, pid: 1, at, before: None }
    }

    #[test]
    fn reports_are_kept_until_they_are_taken_in() {
        let writes = Writes::default();
        writes.record("/p", [write("a", 1), write("b", 2), write("a", 3)]);
        writes.forget("/p", 2, |report| report.covers("a"));
        assert_eq!(writes.all("/p").iter().map(|report| report.at).collect::<Vec<_>>(), [2, 3]);
        assert!(writes.all("/q").is_empty());
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
