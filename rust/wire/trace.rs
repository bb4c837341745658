//! What a tracer and the daemon say to each other: a tracer is the process beside an agent that learns from the kernel
//! what the agent's processes write. One message a line, as JSON; a line never begins like a MessagePack-RPC message.

use crate::attribution::{Nanos, Write};
use serde::{Deserialize, Serialize};

/// The longest line: a path, and what stands around it.
pub const LONGEST_LINE: usize = 64 * 1024;

/// From a tracer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromTracer {
    /// The first line of each connection.
    Begin {
        /// The task's uuid.
        task: String,
        /// The launch.
        launch: String,
        /// The agent's process, while it runs.
        agent: Option<u32>,
        /// Every write since then is reported.
        since: Nanos,
    },
    /// Instead of the first: the agent runs without a tracer.
    Untraced {
        /// The task's uuid.
        task: String,
        /// The launch.
        launch: String,
        /// Why, in words.
        why: String,
    },
    /// A call is about to write. With `waits` it waits for [`ToTracer::Go`].
    Wrote {
        /// Counts the reports of one tracer.
        seq: u64,
        /// Whether the call waits.
        waits: bool,
        /// The report.
        write: Write,
    },
    /// All that was seen before [`ToTracer::Flush`] came is sent.
    Flushed {
        /// As asked.
        id: u64,
    },
}

/// To a tracer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToTracer {
    /// The call of this report may go on.
    Go {
        /// The report.
        seq: u64,
    },
    /// Say [`FromTracer::Flushed`].
    Flush {
        /// Given back.
        id: u64,
    },
    /// A file with an older `ctime` needs no question: every change before was seen.
    Seen {
        /// Nanoseconds since 1970.
        before: Nanos,
    },
    /// What follows from reports up to this one is in the store: they need not be sent again.
    Kept {
        /// The report.
        seq: u64,
        /// Earlier reports that a later daemon needs all the same: more may be written without another report.
        #[serde(default)]
        but: Vec<u64>,
    },
    /// Nobody wants the reports any more: the task is gone.
    Enough,
    /// Nothing in this folder concerns anybody, for a while.
    Ignored {
        /// Relative to the project.
        folder: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::{FileState, WriteKind};

    #[test]
    fn a_report_comes_back_whole() {
        let before = FileState { dev: 1, ino: 2, size: 3, mode: 4, mtime_ns: 1_795_000_000_123_456_789, ctime_ns: -5 };
        let write = Write {
            path: "a\n\u{202e}b".into(),
            kind: WriteKind::Renamed { from: None },
            folder: true,
            task: "t".into(),
            pid: 7,
            at: 1_795_000_000_987_654_321,
            before: Some(before),
        };
        let line = serde_json::to_string(&FromTracer::Wrote { seq: 9, waits: true, write }).unwrap();
        assert!(line.starts_with('{') && !line.contains('\n'));
        let back: FromTracer = serde_json::from_str(&line).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), line);
    }
}
