//! The store after months of use: bounded, and what is in use is untouched.

use super::*;
use chorus::status::{Answerable, Kind};
use chorus::store::{Boot, Closing, NewLaunch, NewRequest, PromptState, RequestOutcome};
use rusqlite::{Connection, params};
use serde_json::json;

const DAY: i64 = 24 * 60 * 60 * 1000;
const BOUND: u64 = 200 * 1024 * 1024;

fn sqlite(folder: &std::path::Path) -> Connection {
    Connection::open(folder.join("chorus.db")).unwrap()
}

fn number(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn launch() -> NewLaunch {
    NewLaunch { session_id: None, config_dir: None, boot: Boot::here(), demo: false, restart: false }
}

/// As much as the store holds on the disk.
fn size(folder: &std::path::Path) -> u64 {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

/// `days` days until `now` of 2,000 requests each, by 20 tasks, with their lines in the journal.
fn work(connection: &Connection, tasks: &[String], first: i64, days: i64, now: i64) {
    connection.execute_batch("PRAGMA synchronous = OFF").unwrap();
    let uuids = serde_json::to_string(tasks).unwrap();
    let begun = now - days * DAY;
    let made = "WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < ?2 * 2000 - 1),
        made AS (SELECT n, json_extract(?1, '$[' || (n % json_array_length(?1)) || ']') AS task,
            ?3 + n * 43200 AS at FROM n)";
    let values = params![uuids, days, begun, first];
    let requests = format!(
        "{made} INSERT INTO requests (id, task, kind, tool, summary, input, answerable, opened_at, closed_at, outcome,
            closed_by, answer)
        SELECT (?4 + n) || '-0000-4000-8000-000000000000', task, 'permission', 'Bash', printf('%.60c', 'x'),
            '\"' || printf('%.1500c', 'x') || '\"', 'hook', at, at + 1, 'allowed', 'person', '{{}}' FROM made"
    );
    connection.execute(&requests, values).unwrap();
    let values = params![uuids, days, begun];
    let journal = format!(
        "{made} INSERT INTO journal (task, at, who, what, text)
        SELECT task, at, 'agent', 'request_opened', 'Asks: ' || printf('%.60c', 'x') FROM made"
    );
    connection.execute(&journal, values).unwrap();
}

#[tokio::test]
async fn half_a_year_of_requests_stays_bounded() {
    let (folder, store) = fresh();
    let mut tasks = Vec::new();
    for n in 0..20 {
        tasks.push(running(&store, &format!("Task {n}")).await.uuid);
    }
    let connection = sqlite(folder.path());
    let begun = row(&store, &tasks[0]).await.created_at;
    for step in 1..=6 {
        let now = begun + step * 30 * DAY;
        work(&connection, &tasks, step * 1_000_000, 30, now);
        store.tidy(now).await.unwrap();
    }
    assert!(size(folder.path()) < BOUND, "{}", size(folder.path()));
    assert_eq!(number(&connection, "SELECT count(*) FROM journal"), 20 * 2000);
    let with_input = number(&connection, "SELECT count(*) FROM requests WHERE input IS NOT NULL");
    assert!(with_input > 10_000 && with_input < 30 * 2000, "{with_input}");
    assert_eq!(number(&connection, "SELECT count(*) FROM requests"), 30 * 2000);
    assert_eq!(number(&connection, "PRAGMA freelist_count"), 0);
}

#[tokio::test]
async fn a_store_that_could_not_shrink_does() {
    let folder = tempfile::tempdir().unwrap();
    let connection = sqlite(folder.path());
    crate::versions::write_as(&connection, 1);
    let uuid: String = connection.query_row("SELECT uuid FROM tasks", [], |row| row.get(0)).unwrap();
    work(&connection, std::slice::from_ref(&uuid), 0, 10, 0);
    assert_eq!(number(&connection, "PRAGMA auto_vacuum"), 0);
    drop(connection);
    let before = size(folder.path());
    let store = Store::open(folder.path()).unwrap();
    store.tidy(100 * DAY).await.unwrap();
    assert!(size(folder.path()) < before / 10, "{before} became {}", size(folder.path()));
    let connection = sqlite(folder.path());
    assert_eq!(number(&connection, "PRAGMA auto_vacuum"), 2);
    assert_eq!(number(&connection, "SELECT count(*) FROM journal"), 2000);
    assert_eq!(row(&store, &uuid).await.requests, 1, "an open one stays");
}

#[tokio::test]
async fn what_is_open_and_what_is_young_stays() {
    let (folder, store) = fresh();
    let uuid = running(&store, "Works").await.uuid;
    let asking = |id: &str| NewRequest {
        id: id.into(),
        kind: Kind::Permission,
        tool: None,
        summary: "ls".into(),
        input: Some(json!({ "command": "ls" })),
        cut: false,
        suggestions: vec!["allow".into()],
        folder: None,
        answerable: Answerable::Hook,
        at: 1000,
    };
    let (open, closed) = (asking("open"), asking("closed"));
    let task = uuid.clone();
    let now = store
        .write(move |tx| {
            tx.receive(&task, open)?;
            tx.receive(&task, closed)?;
            let answer = Some(json!({ "behavior": "allow" }));
            tx.close_request(
                "closed",
                Closing { outcome: RequestOutcome::Allowed, who: Who::Person, via: None, answer },
            )?;
            let told = tx.enqueue(&task, "told", false)?;
            tx.set_prompt(told.id, PromptState::Delivered, None)?;
            tx.enqueue(&task, "waits", false)?;
            for _ in 0..150 {
                let begun = tx.begin_launch(&task, launch())?;
                tx.end_launch(&begun.id, "exited")?;
            }
            tx.begin_launch(&task, launch())?;
            Ok(tx.now())
        })
        .await
        .unwrap();
    let connection = sqlite(folder.path());
    let texts = || {
        let sql = "SELECT group_concat(text, ',') FROM (SELECT text FROM prompts ORDER BY id)";
        connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap()
    };
    let request = async |id: &'static str| store.read(move |tx| tx.request(id)).await.unwrap();

    store.tidy(now + 29 * DAY).await.unwrap();
    assert_eq!(texts(), "told,waits");
    assert!(request("closed").await.unwrap().input.is_some());

    store.tidy(now + 31 * DAY).await.unwrap();
    assert_eq!(texts(), ",waits");
    assert!(request("closed").await.is_none());
    assert!(request("open").await.unwrap().input.is_some());
    assert_eq!(number(&connection, "SELECT count(*) FROM launches"), 101);
    let task = uuid.clone();
    assert!(store.read(move |tx| tx.open_launch(&task)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_prompt_that_waits_for_a_person_outlives_any_number_of_later_ones() {
    let (folder, store) = fresh();
    let uuid = running(&store, "Works").await.uuid;
    let task = uuid.clone();
    let now = store
        .write(move |tx| {
            let failed = tx.enqueue(&task, "failed", false)?;
            tx.set_prompt(failed.id, PromptState::Failed, Some("the agent ended"))?;
            for _ in 0..1100 {
                let told = tx.enqueue(&task, "told", false)?;
                tx.set_prompt(told.id, PromptState::Delivered, None)?;
            }
            Ok(tx.now())
        })
        .await
        .unwrap();
    store.tidy(now).await.unwrap();
    let connection = sqlite(folder.path());
    assert_eq!(number(&connection, "SELECT count(*) FROM prompts"), 1001);
    assert_eq!(number(&connection, "SELECT count(*) FROM prompts WHERE text = 'failed' AND kept"), 1);
}

#[tokio::test]
async fn nothing_is_kept_of_a_deleted_task_for_ever() {
    let (folder, store) = fresh();
    let [stays, goes] = [create(&store, "Stays").await.uuid, create(&store, "Goes").await.uuid];
    let tasks = [stays.clone(), goes.clone()];
    let now = store
        .write(move |tx| {
            for task in &tasks {
                tx.remember(&format!("hook files {task}"), "x")?;
                tx.remember(&format!("context {task}"), "x")?;
            }
            tx.remember("but /a b/c", "x")?;
            tx.remember("place of repository 0b8c9a1e-2f67-4a6e-9f10-1d3c5b7a9e24", "x")?;
            tx.delete(&goes, None)?;
            // As an older version left it.
            tx.remember(&format!("context {goes}"), "x")?;
            Ok(tx.now())
        })
        .await
        .unwrap();
    let connection = sqlite(folder.path());
    let keys = "SELECT count(*) FROM meta WHERE value = 'x'";
    assert_eq!(number(&connection, keys), 5);
    store.tidy(now).await.unwrap();
    assert_eq!(number(&connection, keys), 4, "where a repository is stays known");
    let journaled = "SELECT count(*) FROM journal WHERE text LIKE '%Goes%'";
    assert_eq!(number(&connection, journaled), 2);
    store.tidy(now + 91 * DAY).await.unwrap();
    assert_eq!(number(&connection, journaled), 0);
    assert_eq!(number(&connection, "SELECT count(*) FROM journal"), 1, "a task that is there keeps its journal");
}

#[tokio::test]
async fn it_is_checked_once_a_week_and_after_a_daemon_that_was_killed() {
    let (_folder, store) = fresh();
    let begin = async |at| store.write(move |tx| tx.begin_use(at)).await.unwrap();
    let end = async || store.write(|tx| tx.end_use()).await.unwrap();
    assert!(begin(0).await);
    store.check(0).await.unwrap();
    end().await;
    assert!(!begin(6 * DAY).await);
    assert!(begin(6 * DAY + 1).await, "the daemon before did not come to its end");
    end().await;
    assert!(begin(7 * DAY).await);
    store.check(7 * DAY).await.unwrap();
    end().await;
    assert!(begin(5 * DAY).await, "the clock was set back");
}

#[tokio::test]
async fn a_large_store_is_opened_at_once_and_refused_once_it_is_found_damaged() {
    let (folder, store) = fresh();
    let uuid = running(&store, "Large").await.uuid;
    let connection = sqlite(folder.path());
    work(&connection, &[uuid], 0, 5, 5 * DAY);
    drop(store);
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(connection);
    let file = folder.path().join("chorus.db");
    let mut bytes = std::fs::read(&file).unwrap();
    assert!(bytes.len() > 8 * 1024 * 1024);
    let half = bytes.len() / 2;
    bytes[half..half + 64 * 1024].fill(0xa5);
    std::fs::write(&file, bytes).unwrap();

    let store = Store::open(folder.path()).unwrap();
    let error = store.check(0).await.unwrap_err();
    assert!(error.message.contains("it is damaged") && error.message.contains("chorus.db"), "{error}");
    assert!(error.hint.as_ref().unwrap().contains(".recover"));
    let refused = store.write(|tx| tx.create(PROJECT, titled("No more"), &defaults())).await.unwrap_err();
    assert_eq!(refused, error);
    assert!(!store.is_another_file());
    std::fs::remove_file(&file).unwrap();
    assert!(store.is_another_file());
}
