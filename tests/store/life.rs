//! A task's life, its agent, its pane, its launches, its prompts.

use super::*;
use chorus::contract::Code;
use chorus::process::Identity;
use chorus::status::{Detail, Kind};
use chorus::store::{Boot, NewLaunch, PromptState, RecordedPane, TaskPlace, Tx, Who};
use chorus::task::{Status, Step};

fn boot() -> Boot {
    Boot { machine: "m".into(), id: "b".into() }
}

fn pane() -> RecordedPane {
    let identity = |pid| Identity { pid, start: "77".into() };
    RecordedPane {
        socket: "/tmp/s".into(),
        server: identity(5),
        boot: boot(),
        session: "$1".into(),
        window: "@2".into(),
        pane: "%3".into(),
        process: Some(identity(6)),
    }
}

#[tokio::test]
async fn a_life_from_start_to_reopen() {
    let (_folder, store) = fresh();
    let task = create(&store, "Life").await;
    let uuid = task.uuid.clone();
    let error = store.write(move |tx| tx.step(&uuid, Step::Complete, Who::Person, None)).await.unwrap_err();
    assert_eq!(error.message, "cannot complete #1: it is not running");
    assert_eq!((error.code, error.hint.as_deref()), (Code::WrongState, Some("use `start` first")));

    let uuid = task.uuid.clone();
    store
        .write(move |tx| {
            tx.step(&uuid, Step::Start, Who::Person, None)?;
            tx.set_pane(&uuid, Some(&pane()))?;
            tx.enqueue(&uuid, "first", false)?;
            tx.set_agent_state(&uuid, state(AgentStatus::Busy))
        })
        .await
        .unwrap();
    let started = row(&store, &task.uuid).await;
    assert_eq!((started.status, started.pane.as_deref(), started.queued), (Status::Running, Some("%3"), 1));
    assert!(started.started_at.is_some());
    assert_eq!(store.read(|tx| tx.panes()).await.unwrap(), [(task.uuid.clone(), pane())]);

    let uuid = task.uuid.clone();
    let ended = store.write(move |tx| tx.step(&uuid, Step::Fail, Who::Person, Some("no use"))).await.unwrap();
    assert_eq!(
        (ended.status, ended.result.as_deref(), ended.pane, ended.queued),
        (Status::Failed, Some("no use"), None, 0)
    );
    assert_eq!(ended.agent_status.status, AgentStatus::Stopped);
    assert!(ended.completed_at.is_some());

    let uuid = task.uuid.clone();
    let late = store.write(move |tx| tx.set_agent_state(&uuid, state(AgentStatus::Busy))).await.unwrap();
    assert!(!late, "late evidence does not wake an ended task");

    let uuid = task.uuid.clone();
    let again = store.write(move |tx| tx.step(&uuid, Step::Reopen, Who::Person, None)).await.unwrap();
    assert_eq!((again.status, again.result, again.completed_at), (Status::Pending, None, None));
    assert_eq!(again.started_at, started.started_at);
}

#[tokio::test]
async fn a_start_that_fails_is_undone() {
    let (_folder, store) = fresh();
    let task = running(&store, "Fails").await;
    let uuid = task.uuid.clone();
    let undone = store.write(move |tx| tx.undo_start(&uuid, "tmux is missing")).await.unwrap();
    assert_eq!(undone.status, Status::Pending);
    let entries = store.read(move |tx| tx.entries(&task.uuid, 1)).await.unwrap();
    assert_eq!(entries[0].text, "Could not be started: tmux is missing");
}

#[tokio::test]
async fn the_agents_state_is_written_only_when_it_differs() {
    let (_folder, store) = fresh();
    let uuid = running(&store, "State").await.uuid;
    let mut changes = store.subscribe();
    let set = async |state: AgentState| {
        let uuid = uuid.clone();
        store.write(move |tx| tx.set_agent_state(&uuid, state)).await.unwrap()
    };
    assert!(set(AgentState { since: 1000, ..state(AgentStatus::Busy) }).await);
    assert!(!set(AgentState { since: 2000, ..state(AgentStatus::Busy) }).await);
    let retry = Detail { retry: Some("attempt 4/10\x1b[m".into()), ..Detail::default() };
    assert!(set(AgentState { detail: retry, ..state(AgentStatus::Busy) }).await);
    let now = row(&store, &uuid).await.agent_status;
    assert_eq!((now.since, now.detail.retry.as_deref()), (1000, Some("attempt 4/10")));
    assert!(set(AgentState { kind: Some(Kind::Permission), since: 3000, ..state(AgentStatus::Waiting) }).await);
    assert!(set(AgentState { kind: Some(Kind::Question), since: 4000, ..state(AgentStatus::Waiting) }).await);
    assert_eq!(row(&store, &uuid).await.agent_status.since, 4000);
    assert_eq!(told(&mut changes), ["task_changed"; 4]);
}

#[tokio::test]
async fn a_turns_end_is_unread_until_it_is_seen() {
    let (_folder, store) = fresh();
    let uuid = running(&store, "Turn").await.uuid;
    let mut changes = store.subscribe();
    let id = uuid.clone();
    store.write(move |tx| tx.end_turn(&id, Some("done\nat last"))).await.unwrap();
    let changed = changes.recv().await.unwrap();
    let Event::TaskChanged(task) = &changed.event else { panic!("the row comes first") };
    assert!(task.unread);
    let ended = changes.recv().await.unwrap();
    let Event::TurnEnded(turn) = &ended.event else { panic!("then the turn") };
    assert_eq!((turn.number, turn.message.as_deref(), ended.project.as_str()), (1, Some("done ↵ at last"), PROJECT));
    // Nothing else tells of what the commands of a task outside of stacks wrote.
    let edited = changes.recv().await.unwrap();
    assert!(matches!(&edited.event, Event::EditsChanged(edits) if edits.more));

    let id = uuid.clone();
    store.write(move |tx| tx.seen(&id).and_then(|()| tx.seen(&id))).await.unwrap();
    let id = uuid.clone();
    store.write(move |tx| tx.seen(&id)).await.unwrap();
    assert_eq!(told(&mut changes), ["task_changed"]);
    assert!(!row(&store, &uuid).await.unread);

    let id = uuid.clone();
    let end = move |tx: &mut Tx<'_>| {
        tx.end_turn(&id, None)?;
        tx.step(&id, Step::Complete, Who::Person, None)
    };
    assert!(!store.write(end).await.unwrap().unread, "who completes a task has seen it");
}

#[tokio::test]
async fn every_change_raises_the_revision_once() {
    let (_folder, store) = fresh();
    let task = running(&store, "Revision").await;
    let before = row(&store, &task.uuid).await.revision;
    let uuid = task.uuid.clone();
    store
        .write(move |tx| {
            tx.set_pane(&uuid, Some(&pane()))?;
            tx.set_agent_state(&uuid, state(AgentStatus::Idle))?;
            tx.end_turn(&uuid, None)
        })
        .await
        .unwrap();
    assert_eq!(row(&store, &task.uuid).await.revision, before + 1);
    let uuid = task.uuid.clone();
    store.write(move |tx| tx.set_pane(&uuid, Some(&pane()))).await.unwrap();
    assert_eq!(row(&store, &task.uuid).await.revision, before + 1);
}

#[tokio::test]
async fn launches_sessions_and_restarts() {
    let (_folder, store) = fresh();
    let uuid = running(&store, "Launch").await.uuid;
    let begin = async |session: &str, restart: bool| {
        let (uuid, session) = (uuid.clone(), Some(session.to_owned()));
        let new = NewLaunch { session_id: session, config_dir: Some("/c".into()), boot: boot(), demo: true, restart };
        store.write(move |tx| tx.begin_launch(&uuid, new)).await.unwrap()
    };
    let first = begin("s1", false).await;
    let process = Identity { pid: 42, start: "9".into() };
    let (id, known) = (first.id.clone(), process.clone());
    store.write(move |tx| tx.set_process(&id, &known)).await.unwrap();
    let (id, task) = (first.id.clone(), uuid.clone());
    assert!(store.write(move |tx| tx.set_session(&task, "s1-cleared")).await.unwrap());
    let second = begin("s2", true).await;

    let task = uuid.clone();
    let (launches, open) = store.read(move |tx| Ok((tx.launches(&task)?, tx.open_launch(&task)?))).await.unwrap();
    let first = launches.into_iter().find(|launch| launch.id == id).unwrap();
    assert_eq!((first.process, first.how.as_deref()), (Some(process), Some("replaced")));
    assert_eq!(open.as_ref(), Some(&second));
    let id = second.id.clone();
    assert!(store.write(move |tx| tx.end_launch(&id, "signal 9")).await.unwrap());
    assert!(!store.write(move |tx| tx.end_launch(&second.id, "lost")).await.unwrap(), "the first account stays");
    let task = uuid.clone();
    let (all, sessions) = store.read(move |tx| Ok((tx.launches(&task)?, tx.sessions(&task)?))).await.unwrap();
    assert_eq!(all.iter().map(|launch| launch.how.as_deref().unwrap()).collect::<Vec<_>>(), ["replaced", "signal 9"]);
    assert_eq!(sessions, ["s1", "s1-cleared", "s2"]);
    let task = row(&store, &uuid).await;
    assert_eq!((task.restarts, task.demo, task.session_id.as_deref()), (1, true, Some("s2")));
}

#[tokio::test]
async fn places_are_added_to() {
    let (_folder, store) = fresh();
    let uuid = create(&store, "Place").await.uuid;
    let id = uuid.clone();
    store
        .write(move |tx| {
            tx.set_place(
                &id,
                &TaskPlace { stack: Some("b".into()), base: Some("abc".into()), ..TaskPlace::default() },
            )?;
            tx.set_place(&id, &TaskPlace { worktree: Some("/w".into()), ..TaskPlace::default() })
        })
        .await
        .unwrap();
    let task = row(&store, &uuid).await;
    assert_eq!((task.stack.as_deref(), task.worktree.as_deref()), (Some("b"), Some("/w")));
    assert_eq!(store.read(move |tx| tx.base(&uuid)).await.unwrap().as_deref(), Some("abc"));
}

#[tokio::test]
async fn prompts_keep_their_order_and_one_is_sent_at_a_time() {
    let (_folder, store) = fresh();
    let uuid = running(&store, "Prompts").await.uuid;
    let id = uuid.clone();
    let (one, two) = store
        .write(move |tx| Ok((tx.enqueue(&id, "one\nline", false)?, tx.enqueue(&id, "/compact", true)?)))
        .await
        .unwrap();
    let next = async || {
        let uuid = uuid.clone();
        store.read(move |tx| tx.next_prompt(&uuid)).await.unwrap()
    };
    let set = async |id, state, reason| store.write(move |tx| tx.set_prompt(id, state, reason)).await.unwrap();
    assert_eq!(next().await.as_ref(), Some(&one));
    assert!(set(one.id, PromptState::Sending, None).await);
    assert_eq!(next().await, None);
    assert_eq!(row(&store, &uuid).await.queued, 2);
    assert!(set(one.id, PromptState::Delivered, None).await);
    assert!(!set(one.id, PromptState::Failed, None).await, "delivered is final");
    assert_eq!(next().await, Some(two.clone()));
    let mut changes = store.subscribe();
    assert!(set(two.id, PromptState::Failed, Some("the agent is gone")).await);
    changes.recv().await.unwrap();
    let told = changes.recv().await.unwrap();
    assert!(
        matches!(&told.event, Event::Notice(notice) if notice.text == "a prompt may not have reached #1: the agent is gone")
    );
    assert_eq!((next().await, row(&store, &uuid).await.queued), (None, 0));
    let id = uuid.clone();
    let entries = store.read(move |tx| tx.entries(&id, 1)).await.unwrap();
    assert_eq!(entries[0].text, "A prompt was not delivered: the agent is gone");
}

#[tokio::test]
async fn prompts_that_cannot_be_taken_are_refused() {
    let (_folder, store) = fresh();
    let pending = create(&store, "Pending").await.uuid;
    let error = store.write(move |tx| tx.enqueue(&pending, "x", false)).await.unwrap_err();
    assert_eq!(error.message, "cannot send to #1: it is not running");
    let uuid = running(&store, "Full").await.uuid;
    for (text, code) in [(" \n".to_owned(), Code::BadInput), ("x".repeat(1_000_001), Code::BadInput)] {
        let uuid = uuid.clone();
        assert_eq!(store.write(move |tx| tx.enqueue(&uuid, &text, false)).await.unwrap_err().code, code);
    }
    let error = store
        .write(move |tx| (0..=100).try_for_each(|n| tx.enqueue(&uuid, &n.to_string(), false).map(drop)))
        .await
        .unwrap_err();
    assert_eq!(error.code, Code::TaskBusy);
}

#[tokio::test]
async fn a_hook_event_is_taken_once() {
    let (_folder, store) = fresh();
    assert!(store.write(|tx| tx.first_time("a")).await.unwrap());
    assert!(!store.write(|tx| tx.first_time("a")).await.unwrap());
    let forgotten = store
        .write(|tx| {
            (0..10_000).try_for_each(|n| tx.first_time(&n.to_string()).map(drop))?;
            Ok((tx.first_time("a")?, tx.first_time("9999")?))
        })
        .await
        .unwrap();
    assert_eq!(forgotten, (true, false), "the oldest is forgotten, the newest is not");
}

#[tokio::test]
async fn facts_about_the_store_itself() {
    let (folder, store) = fresh();
    store.write(|tx| tx.remember("boot", "1").and_then(|()| tx.remember("boot", "2"))).await.unwrap();
    store.write(|tx| tx.remember("id", "forged")).await.unwrap();
    let again = Store::open(folder.path()).unwrap();
    assert_eq!(again.read(|tx| tx.recall("boot")).await.unwrap().as_deref(), Some("2"));
    assert_eq!(again.id(), store.id());
}
