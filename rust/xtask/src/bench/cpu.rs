//! What processes cost, by procfs: run time of their threads in nanoseconds, that of children they have waited for in
//! ticks of 10 ms. Linux only; elsewhere everything costs nothing.

use std::collections::BTreeMap;
use std::time::Instant;

/// One process's use of the processor up to now.
#[derive(Clone, Debug, Default)]
struct Use {
    /// Nanoseconds, by thread.
    threads: BTreeMap<u32, u64>,
    /// Nanoseconds of children that were waited for, by clock ticks.
    children: u64,
}

const TICK: u64 = 10_000_000;

fn of(pid: u32) -> Use {
    let thread = |entry: std::fs::DirEntry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let text = std::fs::read_to_string(entry.path().join("schedstat")).ok()?;
        Some((id, text.split(' ').next()?.parse().ok()?))
    };
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    Use { threads: threads.filter_map(thread).collect(), children: children(pid) }
}

/// Of children that were waited for, and theirs.
fn children(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = text.rsplit_once(')').map(|(_, fields)| fields).unwrap_or_default();
    // `cutime` and `cstime`: fields 16 and 17, counted from the state, which is field 3.
    fields.split_whitespace().skip(13).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>() * TICK
}

/// Seconds that the children used that this process has waited for, and theirs.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of minutes")]
pub fn seconds_of_children() -> f64 {
    children(std::process::id()) as f64 / 1e9
}

/// Several processes from a moment on.
pub struct Meter {
    began: Instant,
    with_threads: bool,
    processes: Vec<(u32, Use)>,
}

impl Meter {
    /// These processes and the children they wait for.
    pub fn of(pids: &[u32]) -> Meter {
        Meter {
            began: Instant::now(),
            with_threads: true,
            processes: pids.iter().map(|pid| (*pid, of(*pid))).collect(),
        }
    }

    /// The children that this process waits for, without itself.
    pub fn of_own_children() -> Meter {
        Meter { with_threads: false, ..Meter::of(&[std::process::id()]) }
    }

    /// Percent of one core since then.
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds of minutes")]
    pub fn percent(&self) -> f64 {
        let used: u64 = self.processes.iter().map(|(pid, before)| self.used(before, &of(*pid))).sum();
        used as f64 / 1e9 / self.began.elapsed().as_secs_f64() * 100.0
    }

    /// A thread that has ended since takes its last moments with it.
    fn used(&self, before: &Use, now: &Use) -> u64 {
        let thread =
            |(id, used): (&u32, &u64)| used.saturating_sub(before.threads.get(id).copied().unwrap_or_default());
        let threads: u64 = if self.with_threads { now.threads.iter().map(thread).sum() } else { 0 };
        threads + now.children.saturating_sub(before.children)
    }
}

/// Resident and proportional memory of a process, in MB (10^6 bytes).
pub fn memory(pid: u32) -> (f64, f64) {
    let field = |file: &str, name: &str| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kilobytes.unwrap_or_default() * 1024.0 / 1e6
    };
    (field("status", "VmRSS:"), field("smaps_rollup", "Pss:"))
}
