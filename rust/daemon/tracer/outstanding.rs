//! Which reports a later daemon would need again: those whose change is not taken in yet, and those whose file is still
//! open, for more may be written to it without another report.

use crate::attribution::{Write, WriteKind};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

/// More open files of one tracer than these are not remembered.
const MOST: usize = 2000;

/// Reports of one connection, by number.
#[derive(Debug, Default)]
pub struct Outstanding {
    reports: BTreeMap<u64, Report>,
}

#[derive(Debug)]
enum Report {
    /// It waits for its file to be taken in.
    Received,
    /// It is in the daemon's memory.
    Recorded { path: String, pid: u32, opened: bool },
}

impl Outstanding {
    /// A report came.
    pub fn receive(&mut self, seq: u64) {
        self.reports.insert(seq, Report::Received);
    }

    /// It counts from now on.
    pub fn record(&mut self, seq: u64, write: &Write) {
        let opened = write.kind == WriteKind::Opened;
        self.reports.insert(seq, Report::Recorded { path: write.path.clone(), pid: write.pid, opened });
    }

    /// The reports that are recorded now, in order.
    pub fn recorded(&self) -> Vec<u64> {
        let is_recorded = |(_, report): &(&u64, &Report)| matches!(report, Report::Recorded { .. });
        self.reports.iter().filter(is_recorded).map(|(seq, _)| *seq).collect()
    }

    /// The change of these reports was taken in: all reports until the newest of them that are needed again all the same.
    /// One that was recorded meanwhile is among those: its change was not there yet.
    pub fn take_in(&mut self, taken: &[u64], root: &Path, mut is_open: impl FnMut(u32, &Path) -> bool) -> Vec<u64> {
        let Some(newest) = taken.last() else { return Vec::new() };
        // One report of an open file is enough, and the last one is the likeliest to be of the open descriptor.
        let mut known = HashSet::new();
        let mut closed = Vec::new();
        for seq in taken.iter().rev() {
            if let Some(Report::Recorded { path, pid, opened }) = self.reports.get(seq)
                && !(*opened && known.insert((path, pid)) && is_open(*pid, &root.join(path)))
            {
                closed.push(*seq);
            }
        }
        closed.iter().for_each(|seq| drop(self.reports.remove(seq)));
        while self.reports.len() > MOST {
            self.reports.pop_first();
        }
        self.reports.range(..=newest).map(|(seq, _)| *seq).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &str, pid: u32) -> Write {
        let (path, task) = (path.to_owned(), "t".to_owned());
        Write { path, kind: WriteKind::Opened, folder: false, task, pid, at: 0, before: None }
    }

    #[test]
    fn what_is_open_or_not_taken_in_is_needed_again() {
        let mut reports = Outstanding::default();
        (1..=5).for_each(|seq| reports.receive(seq));
        reports.record(1, &write("log", 7));
        reports.record(2, &write("a", 7));
        reports.record(4, &write("log", 7));
        reports.record(5, &write("log", 8));
        assert_eq!(reports.recorded(), [1, 2, 4, 5]);
        let is_open = |pid: u32, path: &Path| pid == 7 && path == Path::new("/p/log");
        assert_eq!(reports.take_in(&[1, 2, 4, 5], Path::new("/p"), is_open), [3, 4]);
        reports.record(3, &write("b", 7));
        assert_eq!(reports.take_in(&[3, 4], Path::new("/p"), |_, _| false), [] as [u64; 0]);
    }

    #[test]
    fn what_is_recorded_while_others_are_taken_in_is_needed_again() {
        let mut reports = Outstanding::default();
        (1..=3).for_each(|seq| reports.receive(seq));
        reports.record(1, &write("a", 7));
        reports.record(3, &write("c", 7));
        let taken = reports.recorded();
        reports.record(2, &write("b", 7));
        assert_eq!(reports.take_in(&taken, Path::new("/p"), |_, _| false), [2]);
        assert_eq!(reports.take_in(&reports.recorded(), Path::new("/p"), |_, _| false), [] as [u64; 0]);
    }
}
