//! A tracer's connection: its reports go to the store of reports as they come, and what follows from them a little
//! later. It speaks lines of JSON, not MessagePack-RPC, for a report must cost little.

mod ignored;
mod outstanding;

use crate::attribution::{Nanos, Write};
use crate::core::Core;
use crate::core::writes::Order;
use crate::error::{Code, Error, Result};
use crate::ops::edits::written;
use crate::ops::tracing::{self, Beside};
use crate::process::{self, OpenFiles};
use crate::wire::trace::{FromTracer, LONGEST_LINE, ToTracer};
use ignored::Folders;
use outstanding::Outstanding;
use parking_lot::Mutex;
use rustix::net::RecvFlags;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Interest};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// How long after a report the change is taken in. A burst is taken in together.
const SETTLES: Duration = Duration::from_millis(30);
/// A call waits a little longer than this for its answer.
const TAKES_IN: Duration = Duration::from_millis(45);

/// Whether the client is a tracer, by its first byte: a message of MessagePack-RPC is a list.
pub async fn is_one(stream: &UnixStream) -> bool {
    let mut first = [0u8; 1];
    let look = || {
        let got = rustix::net::recv(stream, &mut first[..], RecvFlags::PEEK | RecvFlags::DONTWAIT)?;
        Ok(got.0 == 1 && first[0] == b'{')
    };
    stream.async_io(Interest::READABLE, look).await.unwrap_or(false)
}

/// Serves one tracer until it goes.
pub async fn serve(core: Arc<Core>, stream: UnixStream) {
    let pid = stream.peer_cred().ok().and_then(|peer| peer.pid()).and_then(|pid| u32::try_from(pid).ok());
    let (reader, mut writer) = stream.into_split();
    let mut lines = Lines { reader: BufReader::new(reader) };
    let Some(first) = lines.next().await else { return };
    if let FromTracer::Begin { task, .. } | FromTracer::Untraced { task, .. } = &first
        && let Err(error) = check(&core, pid, task)
    {
        return log::warn!("{error}");
    }
    match first {
        FromTracer::Untraced { task, launch, why } => {
            if let Err(error) = tracing::untraced(&core, &task, &launch, &why).await {
                log::warn!("cannot keep why an agent is not traced: {error}");
            }
        }
        FromTracer::Begin { task, launch, agent, since } => match tracing::begun(&core, &task, &launch, agent).await {
            Ok(beside) => follow(core, beside, launch, since, lines, writer).await,
            Err(error) => {
                log::info!("{error}");
                if error.code == Code::NoSuchTask {
                    let _ = writer.write_all(&encoded(&ToTracer::Enough)).await;
                }
            }
        },
        _ => {}
    }
}

/// A tracer is the child of its task's pane's program, or of none any more, and carries no task's mark; a pane's program
/// without a tracer says so itself. An agent that plays one would claim others' edits.
fn check(core: &Core, pid: Option<u32>, task: &str) -> Result<()> {
    let lineage = pid.map(process::lineage).unwrap_or_default();
    let beside = core.panes.holding(&lineage[..lineage.len().min(2)]);
    let is_its = beside.iter().any(|pane| pane == task) || core.panes.holding(&lineage).is_empty();
    let is_marked = pid.is_some_and(|pid| process::variable_of(pid, "CHORUS_TASK").is_some());
    match is_its && !is_marked {
        true => Ok(()),
        false => Err(Error::new(Code::FromAgent, "a program of an agent poses as a tracer")),
    }
}

struct Lines {
    reader: BufReader<OwnedReadHalf>,
}

impl Lines {
    /// The next line that is understood; nothing at the end, and where there is no end.
    async fn next(&mut self) -> Option<FromTracer> {
        loop {
            let mut line = Vec::new();
            let mut bounded = (&mut self.reader).take(LONGEST_LINE as u64);
            bounded.read_until(b'\n', &mut line).await.ok()?;
            if line.last() != Some(&b'\n') {
                return None;
            }
            match serde_json::from_slice(&line) {
                Ok(said) => return Some(said),
                Err(error) => log::warn!("cannot read what a tracer says: {error}"),
            }
        }
    }
}

/// What the parts of one connection share.
struct Connection {
    core: Arc<Core>,
    beside: Beside,
    to_tracer: UnboundedSender<ToTracer>,
    flushes: Mutex<HashMap<u64, oneshot::Sender<()>>>,
    fresh: Mutex<Fresh>,
}

/// Reports whose changes are to be taken in.
#[derive(Default)]
struct Fresh {
    paths: BTreeSet<String>,
    outstanding: Outstanding,
    /// They will be.
    settling: bool,
}

async fn follow(
    core: Arc<Core>,
    beside: Beside,
    launch: String,
    since: Nanos,
    mut lines: Lines,
    writer: OwnedWriteHalf,
) {
    let project = beside.project.clone();
    let (to_tracer, said) = unbounded_channel();
    let orders = core.writes.enter(&project, &beside.task, &launch, since);
    let connection = Arc::new(Connection {
        core: core.clone(),
        beside,
        to_tracer,
        flushes: Mutex::default(),
        fresh: Mutex::default(),
    });
    let sending = tokio::spawn(send(said, writer));
    let ordering = tokio::spawn(pass_on(connection.clone(), orders));
    let (mut folders, questions) = Folders::new();
    let answering = tokio::spawn(ignored::answer(connection.clone(), questions));
    while let Some(said) = lines.next().await {
        match said {
            FromTracer::Wrote { seq, waits, write } => {
                folders.see(&write.path);
                connection.receive(seq, waits, write);
            }
            FromTracer::Flushed { id } => {
                if let Some(done) = connection.flushes.lock().remove(&id) {
                    let _ = done.send(());
                }
            }
            FromTracer::Begin { .. } | FromTracer::Untraced { .. } => break,
        }
    }
    answering.abort();
    ordering.abort();
    sending.abort();
    let _ = ordering.await;
    core.writes.leave(&project, &launch);
}

impl Connection {
    fn receive(self: &Arc<Self>, seq: u64, waits: bool, mut write: Write) {
        // The tracer speaks for its own task and tree only.
        write.task.clone_from(&self.beside.task);
        self.fresh.lock().outstanding.receive(seq);
        if !waits {
            return self.record(seq, write);
        }
        let connection = self.clone();
        tokio::spawn(async move {
            let take_in = written::take_in(&connection.core, &connection.beside.project, &write);
            match tokio::time::timeout(TAKES_IN, take_in).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => log::warn!("cannot take in {} before a write: {error}", write.path),
                Err(_) => log::info!("a write did not wait until {} was taken in", write.path),
            }
            connection.record(seq, write);
            connection.say(ToTracer::Go { seq });
        });
    }

    fn record(self: &Arc<Self>, seq: u64, write: Write) {
        let mut fresh = self.fresh.lock();
        fresh.outstanding.record(seq, &write);
        fresh.paths.insert(write.path.clone());
        self.core.writes.record(&self.beside.project, [write]);
        if !std::mem::replace(&mut fresh.settling, true) {
            tokio::spawn(self.clone().settle());
        }
    }

    /// Takes in the changes of all reports that come in the meantime.
    async fn settle(self: Arc<Self>) {
        tokio::time::sleep(SETTLES).await;
        let (paths, taken) = {
            let mut fresh = self.fresh.lock();
            fresh.settling = false;
            (std::mem::take(&mut fresh.paths), fresh.outstanding.recorded())
        };
        if let Err(error) = written::written(&self.core, &self.beside.project, paths).await {
            return log::warn!("cannot take in what was written: {error}");
        }
        let mut open = OpenFiles::default();
        let root = Path::new(&self.beside.project);
        let but = self.fresh.lock().outstanding.take_in(&taken, root, |pid, file| open.has(pid, file));
        self.say(ToTracer::Kept { seq: taken.last().copied().unwrap_or_default(), but });
    }

    fn say(&self, said: ToTracer) {
        // Nobody receives it when the tracer is gone.
        let _ = self.to_tracer.send(said);
    }
}

async fn pass_on(connection: Arc<Connection>, mut orders: UnboundedReceiver<Order>) {
    let mut last = 0;
    while let Some(order) = orders.recv().await {
        match order {
            Order::Flush(done) => {
                last += 1;
                connection.flushes.lock().insert(last, done);
                connection.say(ToTracer::Flush { id: last });
            }
            Order::Seen(before) => connection.say(ToTracer::Seen { before }),
        }
    }
}

async fn send(mut said: UnboundedReceiver<ToTracer>, mut writer: OwnedWriteHalf) {
    while let Some(line) = said.recv().await {
        if writer.write_all(&encoded(&line)).await.is_err() {
            return;
        }
    }
}

fn encoded(line: &ToTracer) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(line).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
