//! The store on a real SQLite file: what it keeps, what it tells, and what it survives.
#![allow(clippy::unwrap_used)]

mod crash;
mod edits;
mod faults;
mod growth;
mod life;
mod prompts;
mod requests;
mod tasks;
mod tool_calls;
mod undo;
mod versions;

use chorus::contract::{Event, TaskNew};
use chorus::status::{AgentState, AgentStatus};
use chorus::store::{Defaults, Store, StoreChange, Who};
use chorus::task::{Isolation, Step, Task};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedReceiver;

/// A project's path; nothing is there.
const PROJECT: &str = "/home/me/project";

/// A store in a folder of its own, which goes with the guard.
fn fresh() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

fn defaults() -> Defaults {
    Defaults { agent: "claude".into(), isolation: Isolation::Auto }
}

fn titled(title: &str) -> TaskNew {
    TaskNew { title: title.into(), ..TaskNew::default() }
}

async fn create(store: &Store, title: &str) -> Task {
    let new = titled(title);
    store.write(move |tx| tx.create(PROJECT, new, &defaults())).await.unwrap()
}

/// A task that runs.
async fn running(store: &Store, title: &str) -> Task {
    let uuid = create(store, title).await.uuid;
    store.write(move |tx| tx.step(&uuid, Step::Start, Who::Person, None)).await.unwrap()
}

async fn row(store: &Store, uuid: &str) -> Task {
    let uuid = uuid.to_owned();
    store.read(move |tx| tx.row(&uuid)).await.unwrap()
}

fn state(status: AgentStatus) -> AgentState {
    AgentState { status, ..AgentState::default() }
}

/// The names of the events that are there, in order.
fn told(changes: &mut UnboundedReceiver<Arc<StoreChange>>) -> Vec<&'static str> {
    let mut names = Vec::new();
    while let Ok(change) = changes.try_recv() {
        names.push(match &change.event {
            Event::TaskChanged(_) => "task_changed",
            Event::TaskDeleted(_) => "task_deleted",
            Event::RequestOpened(_) => "request_opened",
            Event::RequestClosed(_) => "request_closed",
            Event::TurnEnded(_) => "turn_ended",
            other => panic!("the store never tells {other:?}"),
        });
    }
    names
}
