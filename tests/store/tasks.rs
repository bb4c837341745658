//! Creating, finding, listing, editing, deleting.

use super::*;
use chorus::contract::{Code, TaskEdit};
use chorus::store::Filter;

#[tokio::test]
async fn a_task_is_what_was_asked_for() {
    let (_folder, store) = fresh();
    let first = create(&store, "First").await;
    let new = TaskNew {
        folder: None,
        title: " Fix the\tlogin ".into(),
        description: Some("It\r\nfails".into()),
        priority: 5,
        tags: vec!["ui".into(), "+ui".into()],
        agent: Some("other".into()),
        model: Some("opus".into()),
        permission_mode: Some("plan".into()),
        isolation: Some(Isolation::Worktree),
        on: Some(1),
    };
    let task = store.write(|tx| tx.create(PROJECT, new, &defaults())).await.unwrap();
    let expected = Task {
        number: 2,
        uuid: task.uuid.clone(),
        title: "Fix the login".into(),
        description: Some("It\nfails".into()),
        priority: 5,
        tags: vec!["ui".into()],
        agent: "other".into(),
        model: Some("opus".into()),
        permission_mode: Some("plan".into()),
        isolation: Isolation::Worktree,
        on: Some(1),
        created_at: task.created_at,
        agent_status: AgentState { since: task.created_at, ..AgentState::default() },
        ..first
    };
    assert_eq!(task, expected);
    assert_ne!(expected.uuid, first.uuid);
}

#[tokio::test]
async fn what_cannot_be_a_task_is_refused_and_leaves_nothing() {
    let (_folder, store) = fresh();
    for (new, code) in [
        (titled(" \n"), Code::BadInput),
        (titled(&"x".repeat(201)), Code::BadInput),
        (TaskNew { description: Some("x".repeat(1_000_001)), ..titled("a") }, Code::BadInput),
        (TaskNew { agent: Some(" ".into()), ..titled("a") }, Code::BadInput),
        (TaskNew { on: Some(7), ..titled("a") }, Code::NoSuchTask),
    ] {
        let error = store.write(|tx| tx.create(PROJECT, new, &defaults())).await.unwrap_err();
        assert_eq!(error.code, code);
        assert!(error.message.starts_with("cannot create the task: "), "{error}");
        assert!(error.hint.is_some());
    }
    assert_eq!(create(&store, "First").await.number, 1);
}

#[tokio::test]
async fn a_number_is_counted_per_project_and_never_given_twice() {
    let (_folder, store) = fresh();
    create(&store, "one").await;
    let two = create(&store, "two").await;
    let other = store.write(|tx| tx.create("/other", titled("one"), &defaults())).await.unwrap();
    assert_eq!((two.number, other.number), (2, 1));
    store.write(move |tx| tx.delete(&two.uuid, None)).await.unwrap();
    assert_eq!(create(&store, "three").await.number, 3);
}

#[tokio::test]
async fn a_task_is_found_by_number_and_uuid() {
    let (_folder, store) = fresh();
    let task = create(&store, "Fix the login").await;
    for given in ["1", "#1", " #1 ", &task.uuid] {
        let given = given.to_owned();
        assert_eq!(store.read(move |tx| tx.task(PROJECT, &given)).await.unwrap().uuid, task.uuid);
    }
    let uuid = task.uuid.clone();
    assert_eq!(store.read(move |tx| tx.task("/other", &uuid)).await.unwrap().uuid, task.uuid);

    for (given, in_message, in_hint) in [
        ("#9", "#9", "the nearest is #1 `Fix the login`"),
        ("fix login", "`fix login`", "the nearest is #1 `Fix the login`"),
        ("zzz\x1b[31m", "`zzz`", "give a number"),
        ("99999999999999999999", "`99999999999999999999`", "give a number"),
    ] {
        let error = store.read(move |tx| tx.task(PROJECT, given)).await.unwrap_err();
        assert_eq!(error.code, Code::NoSuchTask);
        assert!(error.message.contains(in_message), "{error}");
        assert!(error.hint.as_ref().unwrap().contains(in_hint), "{error:?}");
    }
    let error = store.read(|tx| tx.task("/empty", "1")).await.unwrap_err();
    assert!(error.hint.unwrap().contains("no tasks yet"));
}

#[tokio::test]
async fn lists_are_ordered_filtered_and_without_descriptions() {
    let (_folder, store) = fresh();
    create(&store, "low").await;
    let high = TaskNew { priority: 1, tags: vec!["ui".into()], description: Some("long".into()), ..titled("high") };
    store.write(|tx| tx.create(PROJECT, high, &defaults())).await.unwrap();
    let live = running(&store, "live").await;
    store.write(|tx| tx.create("/a/first", titled("elsewhere"), &defaults())).await.unwrap();
    let uuid = live.uuid.clone();
    store.write(move |tx| tx.set_agent_state(&uuid, state(AgentStatus::Busy))).await.unwrap();

    let titles = async |project: Option<&'static str>, filter: &str| {
        let filter = Filter::parse(filter).unwrap();
        let tasks = store.read(move |tx| tx.tasks(project, &filter)).await.unwrap();
        assert!(tasks.iter().all(|task| task.description.is_none()));
        tasks.into_iter().map(|task| task.title).collect::<Vec<_>>()
    };
    assert_eq!(titles(Some(PROJECT), "").await, ["high", "low", "live"]);
    assert_eq!(titles(None, "all").await, ["elsewhere", "high", "low", "live"]);
    assert_eq!(titles(Some(PROJECT), "pending").await, ["high", "low"]);
    assert_eq!(titles(Some(PROJECT), "live busy").await, ["live"]);
    assert_eq!(titles(Some(PROJECT), "+ui").await, ["high"]);
    assert_eq!(titles(Some(PROJECT), "unread").await, [""; 0]);
    assert_eq!(titles(Some("/none"), "").await, [""; 0]);
}

#[tokio::test]
async fn editing_changes_what_is_given_and_tells_once() {
    let (_folder, store) = fresh();
    let task = create(&store, "Old").await;
    let mut changes = store.subscribe();
    let edit = TaskEdit {
        task: "1".into(),
        title: Some("New".into()),
        description: Some("text".into()),
        priority: Some(-3),
        tags: Some(vec!["a".into()]),
        ..TaskEdit::default()
    };
    let same = edit.clone();
    let edited = store.write(|tx| tx.edit(PROJECT, edit)).await.unwrap();
    assert_eq!((edited.title.as_str(), edited.description.as_deref(), edited.priority), ("New", Some("text"), -3));
    assert_eq!(told(&mut changes), ["task_changed"]);

    store.write(|tx| tx.edit(PROJECT, same)).await.unwrap();
    assert_eq!(told(&mut changes), [""; 0]);

    let empty = TaskEdit { task: "1".into(), title: Some("".into()), ..TaskEdit::default() };
    let error = store.write(|tx| tx.edit(PROJECT, empty)).await.unwrap_err();
    assert_eq!(error.message, "cannot edit #1: the title is empty");
    let entries = store.read(move |tx| tx.entries(&task.uuid, 200)).await.unwrap();
    let texts: Vec<_> = entries.iter().map(|entry| entry.text.as_str()).collect();
    assert_eq!(texts, ["Created as `Old`", "Changed title, description, priority, tags"]);
}

#[tokio::test]
async fn deleting_leaves_the_journal_and_is_refused_while_it_runs() {
    let (_folder, store) = fresh();
    let task = running(&store, "Busy").await;
    let uuid = task.uuid.clone();
    let error = store.write(move |tx| tx.delete(&uuid, None)).await.unwrap_err();
    assert_eq!((error.code, error.message.as_str()), (Code::WrongState, "cannot delete #1: it is running"));

    let uuid = task.uuid.clone();
    let mut changes = store.subscribe();
    store
        .write(move |tx| {
            tx.enqueue(&uuid, "go on", false)?;
            tx.step(&uuid, Step::Fail, Who::Person, None)?;
            tx.delete(&uuid, None)
        })
        .await
        .unwrap();
    assert_eq!(told(&mut changes), ["task_deleted"]);
    let uuid = task.uuid.clone();
    let entries = store.read(move |tx| tx.entries(&uuid, 200)).await.unwrap();
    assert_eq!(entries.last().unwrap().what, "deleted");
    assert_eq!(store.read(move |tx| tx.row(&task.uuid)).await.unwrap_err().code, Code::NoSuchTask);
}

#[tokio::test]
async fn a_change_that_fails_half_way_changes_and_tells_nothing() {
    let (_folder, store) = fresh();
    let task = create(&store, "Whole").await;
    let mut changes = store.subscribe();
    let uuid = task.uuid.clone();
    let outcome = store
        .write(move |tx| {
            tx.step(&uuid, Step::Start, Who::Person, None)?;
            tx.step(&uuid, Step::Reopen, Who::Person, None)
        })
        .await;
    assert_eq!(outcome.unwrap_err().code, Code::WrongState);
    let uuid = task.uuid.clone();
    let panicked = store.write(move |tx| -> chorus::error::Result<()> {
        tx.step(&uuid, Step::Start, Who::Person, None)?;
        panic!("on purpose")
    });
    assert_eq!(panicked.await.unwrap_err().code, Code::Internal);
    assert_eq!(told(&mut changes), [""; 0]);
    assert_eq!(row(&store, &task.uuid).await.revision, task.revision);
}
