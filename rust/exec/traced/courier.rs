//! The tracer's connection to the daemon: lines go out in order, wait while there is no daemon, and are sent again to
//! the next one. It never blocks.

use crate::attribution::Nanos;
use crate::paths::State;
use crate::wire::trace::{FromTracer, LONGEST_LINE, ToTracer};
use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType};
use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

/// Reports that are kept, in bytes: some thousands.
const MOST: usize = 512 * 1024;
/// Between two attempts to reach a daemon, growing from one to the other.
const SOON: Duration = Duration::from_millis(100);
const LATER: Duration = Duration::from_secs(5);

/// A report that the next daemon would need too.
struct Kept {
    seq: u64,
    at: Nanos,
    line: Box<[u8]>,
}

/// The connection, and what was and is to be sent.
pub struct Courier {
    state: State,
    /// The first line of each connection, but for when all writes are known since.
    begin: Box<dyn Fn(Nanos) -> FromTracer>,
    since: Nanos,
    socket: Option<OwnedFd>,
    next_try: Instant,
    pause: Duration,
    /// Reports, oldest first.
    kept: VecDeque<Kept>,
    kept_bytes: usize,
    /// Everything that waits to be written, whole lines but for the first.
    out: VecDeque<u8>,
    received: Vec<u8>,
    given_up: bool,
}

impl Courier {
    /// Connects at once, and again whenever the connection ends.
    pub fn new(state: &State, since: Nanos, begin: Box<dyn Fn(Nanos) -> FromTracer>) -> Courier {
        let mut courier = Courier {
            state: state.clone(),
            begin,
            since,
            socket: None,
            next_try: Instant::now(),
            pause: SOON,
            kept: VecDeque::new(),
            kept_bytes: 0,
            out: VecDeque::new(),
            received: Vec::new(),
            given_up: false,
        };
        courier.connect();
        courier
    }

    /// Whether a daemon is there.
    pub fn is_connected(&self) -> bool {
        self.socket.is_some()
    }

    /// What to wait for, while there is a connection.
    pub fn waits_for(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        let out = if self.out.is_empty() { PollFlags::empty() } else { PollFlags::OUT };
        self.socket.as_ref().map(|socket| (socket.as_fd(), PollFlags::IN | out))
    }

    /// When to try to connect again, while there is no connection.
    pub fn tries_at(&self) -> Option<Instant> {
        (self.socket.is_none() && !self.given_up).then_some(self.next_try)
    }

    /// Whether something waits to be sent to a daemon that is there.
    pub fn has_more(&self) -> bool {
        self.socket.is_some() && !self.out.is_empty()
    }

    /// The daemon wants no reports any more.
    pub fn give_up(&mut self) {
        self.disconnect();
        self.given_up = true;
        self.kept = VecDeque::new();
        self.kept_bytes = 0;
    }

    /// Sends a report, or keeps it for the next daemon.
    pub fn report(&mut self, seq: u64, at: Nanos, line: &FromTracer) {
        if self.given_up {
            return;
        }
        let bytes = encoded(line);
        self.kept_bytes += bytes.len();
        if self.socket.is_some() {
            self.out.extend(&bytes);
        }
        self.kept.push_back(Kept { seq, at, line: bytes.into() });
        while self.kept_bytes > MOST {
            self.drop_oldest();
        }
        if self.out.len() > MOST {
            // A daemon that reads nothing any more: the next one hears of it.
            self.disconnect();
        }
        self.flush();
    }

    /// Says something that only the present daemon needs.
    pub fn say(&mut self, line: &FromTracer) {
        if self.socket.is_some() {
            self.out.extend(encoded(line));
            self.flush();
        }
    }

    /// The daemon has what follows from reports up to that one, but for some.
    pub fn forget(&mut self, seq: u64, but: &[u64]) {
        self.kept.retain(|kept| kept.seq > seq || but.contains(&kept.seq));
        self.kept_bytes = self.kept.iter().map(|kept| kept.line.len()).sum();
        if self.kept.is_empty() {
            self.kept.shrink_to(64);
            self.out.shrink_to(4096);
        }
    }

    /// While a daemon is there, it has got the report; what the next one would not get is lost.
    fn drop_oldest(&mut self) {
        let Some(oldest) = self.kept.pop_front() else { return };
        self.kept_bytes -= oldest.line.len();
        self.since = oldest.at + 1;
    }

    /// Connects when it is time to, writes what can be written, and returns what came.
    pub fn turn(&mut self) -> Vec<ToTracer> {
        if self.socket.is_none() {
            if self.given_up || Instant::now() < self.next_try {
                return Vec::new();
            }
            self.connect();
        }
        self.flush();
        self.read()
    }

    fn connect(&mut self) {
        self.pause = (self.pause * 2).min(LATER);
        self.next_try = Instant::now() + self.pause;
        let Some(socket) = connected(&self.state) else { return };
        self.socket = Some(socket);
        self.pause = SOON;
        self.out.clear();
        self.received.clear();
        self.out.extend(encoded(&(self.begin)(self.since)));
        self.kept.iter().for_each(|kept| self.out.extend(&kept.line));
        self.flush();
    }

    fn disconnect(&mut self) {
        self.socket = None;
        self.out.clear();
        self.next_try = Instant::now() + self.pause;
    }

    fn flush(&mut self) {
        while let Some(socket) = &self.socket
            && !self.out.is_empty()
        {
            match rustix::net::send(socket, self.out.as_slices().0, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
                Ok(sent) => drop(self.out.drain(..sent)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                Err(_) => self.disconnect(),
            }
        }
    }

    fn read(&mut self) -> Vec<ToTracer> {
        let mut buffer = [0u8; 4096];
        let mut said = Vec::new();
        while let Some(socket) = &self.socket {
            match rustix::net::recv(socket, &mut buffer, RecvFlags::DONTWAIT) {
                Ok((0, _)) => self.disconnect(),
                Ok((got, _)) => {
                    said.extend(lines(&mut self.received, &buffer[..got]));
                    if self.received.len() > LONGEST_LINE {
                        self.disconnect();
                    }
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(_) => self.disconnect(),
            }
        }
        said
    }
}

/// The messages on the lines that are whole now; the rest stays in `received`.
fn lines(received: &mut Vec<u8>, got: &[u8]) -> Vec<ToTracer> {
    received.extend_from_slice(got);
    let Some(end) = received.iter().rposition(|byte| *byte == b'\n') else { return Vec::new() };
    let whole: Vec<u8> = received.drain(..=end).collect();
    whole.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

/// Sends one line and no more, if a daemon is there.
pub fn send_once(state: &State, line: &FromTracer) {
    if let Some(socket) = connected(state) {
        let _ = rustix::net::send(&socket, &encoded(line), SendFlags::NOSIGNAL);
    }
}

fn encoded(line: &FromTracer) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(line).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// A connection to the daemon, if one listens: also its queue may be full.
fn connected(state: &State) -> Option<OwnedFd> {
    let address = SocketAddrUnix::new(state.socket().ok()?).ok()?;
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).ok()?;
    rustix::net::connect(&socket, &address).ok()?;
    Some(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::{Write, WriteKind};

    #[test]
    fn only_what_the_next_daemon_needs_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let state = State { dir: folder.path().to_owned() };
        let begin = |since| FromTracer::Begin { task: "t".into(), launch: "l".into(), agent: None, since };
        let mut courier = Courier::new(&state, 0, Box::new(begin));
        for seq in 1..=4 {
            let write = Write {
                path: "a".into(),
                kind: WriteKind::Opened,
                folder: false,
                task: "t".into(),
                pid: 1,
                at: 0,
                before: None,
            };
            courier.report(seq, 0, &FromTracer::Wrote { seq, waits: false, write });
        }
        courier.forget(3, &[2]);
        assert_eq!(courier.kept.iter().map(|kept| kept.seq).collect::<Vec<_>>(), [2, 4]);
        courier.forget(4, &[]);
        assert_eq!((courier.kept.len(), courier.kept_bytes), (0, 0));
    }

    #[test]
    fn lines_are_read_whole_however_they_come() {
        let mut received = Vec::new();
        assert_eq!(lines(&mut received, b"{\"go\":{\"seq\":1}}\n{\"go\":"), [ToTracer::Go { seq: 1 }]);
        let many = format!("{{\"seq\":2}}}}\n{}", "{\"flush\":{\"id\":3}}\n".repeat(5000));
        assert_eq!(lines(&mut received, many.as_bytes()).len(), 5001);
        assert!(received.is_empty());
    }
}
