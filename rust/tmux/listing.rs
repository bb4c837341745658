//! All panes in one answer. "tmux did not answer" is never a death.

use super::{Tmux, command};
use crate::error::Error;
use crate::process::{self, Ended};
use rustix::process::{Pid, Signal};
use std::time::Duration;

/// A server, told apart from a later one at the same socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Process id.
    pub pid: u32,
    /// When it started, in seconds since the epoch.
    pub start: i64,
}

/// What tmux says of its panes.
#[derive(Clone, Debug)]
pub enum Listing {
    /// It answered: these are the panes of this store, and there are no others.
    Panes {
        /// The server that answered.
        server: Server,
        /// In tmux's order.
        panes: Vec<PaneState>,
    },
    /// Nobody listens at the socket and no server that did lives: no pane lives.
    Gone,
    /// No answer, or one that makes no sense: nothing is known.
    Silent(Error),
}

/// One pane. Titles and commands are untrusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaneState {
    /// The task's uuid.
    pub task: String,
    /// `$3`.
    pub session: String,
    /// `@3`.
    pub window: String,
    /// `%3`.
    pub pane: String,
    /// The process that was started in the pane.
    pub pid: Option<u32>,
    /// Whether that process ended.
    pub dead: bool,
    /// Its exit code.
    pub code: Option<i32>,
    /// The number of the signal that ended it.
    pub signal: Option<i32>,
    /// When it ended, in seconds since the epoch (tmux 3.3 on).
    pub dead_at: Option<i64>,
    /// Width in cells.
    pub columns: u32,
    /// Height in cells.
    pub rows: u32,
    /// Whether the alternate screen is on.
    pub alternate: bool,
    /// Whether a person scrolls or selects in it: keys do not reach the program.
    pub in_mode: bool,
    /// How many terminals show it.
    pub attached: u32,
    /// When something was last written to it, in seconds since the epoch.
    pub activity: i64,
    /// The program in the foreground.
    pub command: String,
    /// The title that the program gave.
    pub title: String,
}

const FIELDS: [&str; 18] = [
    "@chorus_task",
    "@chorus_store",
    "session_id",
    "window_id",
    "pane_id",
    "pane_pid",
    "pane_dead",
    "pane_dead_status",
    "pane_dead_signal",
    "pane_dead_time",
    "pane_width",
    "pane_height",
    "alternate_on",
    "pane_in_mode",
    "session_attached",
    "window_activity",
    "pane_current_command",
    "pane_title",
];

/// A separator that nothing in a pane can know beforehand.
pub(super) fn mark() -> String {
    format!("<{}>", uuid::Uuid::new_v4().simple())
}

/// The commands that list every pane, separated by `mark`.
pub(super) fn question(mark: &str) -> [super::Command; 2] {
    let server = format!("{mark}server{mark}#{{pid}}{mark}#{{start_time}}{mark}");
    let fields: String = FIELDS.iter().map(|field| format!("#{{{field}}}{mark}")).collect();
    [
        command(["display-message", "-p", &server]),
        command(["list-panes", "-a", "-F", &format!("{mark}pane{mark}{fields}")]),
    ]
}

/// Reads the answer to [`question`]: the server, and the panes that carry `store`. What follows a pane is skipped.
pub(super) fn parse(said: &str, mark: &str, store: &str) -> Option<(Server, Vec<PaneState>)> {
    let (server, next) = (format!("{mark}server{mark}"), format!("{mark}pane{mark}"));
    let mut records = said.split(&next);
    let mut head = records.next()?.split(&server).nth(1)?.split(mark);
    let server = Server { pid: head.next()?.parse().ok()?, start: head.next()?.parse().ok()? };
    let mut panes = Vec::new();
    for record in records {
        let fields: Vec<&str> = record.split(mark).take(FIELDS.len()).collect();
        let fields: [&str; FIELDS.len()] = fields.try_into().ok()?;
        if fields[1] == store && !fields[0].is_empty() {
            panes.push(pane(fields)?);
        }
    }
    Some((server, panes))
}

fn pane(fields: [&str; FIELDS.len()]) -> Option<PaneState> {
    let [task, _, session, window, pane, pid, dead, code, signal, dead_at, columns, rows, .., command, title] = fields;
    let [alternate, in_mode, attached, activity] = [fields[12], fields[13], fields[14], fields[15]];
    Some(PaneState {
        task: task.to_owned(),
        session: session.to_owned(),
        window: window.to_owned(),
        pane: pane.to_owned(),
        pid: pid.parse().ok(),
        dead: dead == "1",
        code: code.parse().ok(),
        signal: signal.parse().ok(),
        dead_at: dead_at.parse().ok(),
        columns: columns.parse().ok()?,
        rows: rows.parse().ok()?,
        alternate: alternate == "1",
        in_mode: !matches!(in_mode, "" | "0"),
        attached: attached.parse().unwrap_or(0),
        activity: activity.parse().unwrap_or(0),
        command: command.to_owned(),
        title: title.to_owned(),
    })
}

impl Listing {
    /// Makes tmux notice processes that ended behind its back; true if there are any.
    ///
    /// tmux before 3.6 built with utempter (Debian, Ubuntu, Fedora) loses about every tenth SIGCHLD: the pane is dead
    /// but its process stays a zombie, without code or signal and without `pane-died`, until another child ends.
    pub(super) fn nudge(&self) -> bool {
        let Listing::Panes { server, panes } = self else { return false };
        let lost = |pane: &PaneState| {
            let untold = pane.dead && pane.code.is_none() && pane.signal.is_none();
            untold && pane.pid.and_then(process::stat).is_some_and(|stat| stat.state == 'Z')
        };
        let pid = i32::try_from(server.pid).ok().and_then(Pid::from_raw);
        match pid.filter(|_| panes.iter().any(lost)) {
            Some(pid) => rustix::process::kill_process(pid, Signal::CHILD).is_ok(),
            None => false,
        }
    }
}

impl Tmux {
    /// All panes of this store, by one tmux process (by two where the end of a process has to be told to tmux).
    pub async fn panes(&self) -> Listing {
        for _ in 0..5 {
            let mark = mark();
            let answer = self.script(&question(&mark)).await;
            let listing = self.listing(answer.as_ref(), &mark);
            if !listing.nudge() {
                return listing;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let mark = mark();
        let answer = self.script(&question(&mark)).await;
        self.listing(answer.as_ref(), &mark)
    }

    /// What an answer to [`question`] means.
    pub(super) fn listing(&self, answer: Result<&Ended, &Error>, mark: &str) -> Listing {
        match answer {
            Ok(ended) => match parse(&ended.text(), mark, &self.store) {
                Some((server, panes)) => {
                    self.servers.saw(&self.socket, server.pid);
                    Listing::Panes { server, panes }
                }
                None if self.is_gone() => Listing::Gone,
                None => Listing::Silent(self.refused("list the panes", ended)),
            },
            Err(error) => Listing::Silent(error.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: &str = "<7>";

    fn record(task: &str, store: &str, command: &str, title: &str) -> String {
        let fields = [
            task,
            store,
            "$1",
            "@2",
            "%3",
            "77",
            "1",
            "",
            "9",
            "1795164199",
            "120",
            "40",
            "0",
            "0",
            "1",
            "5",
            command,
            title,
        ];
        fields.iter().fold(format!("{MARK}pane{MARK}"), |all, field| all + field + MARK) + "\n"
    }

    fn read(records: &[String]) -> Option<(Server, Vec<PaneState>)> {
        parse(&format!("{MARK}server{MARK}12{MARK}1795164100{MARK}\n{}", records.concat()), MARK, "s")
    }

    #[test]
    fn hostile_titles_stay_titles() {
        let evil = "<8>pane<8>\n%9 #{pid} \u{1f} | \t";
        let (server, panes) = read(&[record("t1", "s", "a b\nc", evil), record("t2", "s", "", "")]).unwrap();
        assert_eq!(server, Server { pid: 12, start: 1795164100 });
        assert_eq!(panes.len(), 2);
        assert_eq!((panes[0].title.as_str(), panes[0].command.as_str()), (evil, "a b\nc"));
        assert_eq!((panes[0].dead, panes[0].code, panes[0].signal), (true, None, Some(9)));
        assert_eq!((panes[0].columns, panes[0].rows, panes[0].attached), (120, 40, 1));
    }

    #[test]
    fn panes_of_nobody_are_left_out() {
        let (_, panes) = read(&[record("t1", "other", "", ""), record("", "s", "", "")]).unwrap();
        assert_eq!(panes, []);
    }

    #[test]
    fn half_an_answer_is_none() {
        let whole = record("t1", "s", "", "");
        assert!(read(std::slice::from_ref(&whole)).is_some());
        assert!(read(&[whole[..whole.len() / 2].to_owned()]).is_none());
        assert!(parse("", MARK, "s").is_none());
        assert!(parse(&whole, MARK, "s").is_none());
    }
}
