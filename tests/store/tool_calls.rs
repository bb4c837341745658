//! The tools that an agent used, with the prompts that it used them for.

use super::*;
use chorus::contract::{Entry, TurnWork};
use chorus::store::EndedCall;

const DAY: i64 = 24 * 60 * 60 * 1000;

fn call(at: i64, tool: &str, file: Option<&str>) -> EndedCall {
    EndedCall { at, tool: tool.into(), failed: false, file: file.map(str::to_owned) }
}

async fn entries(store: &Store, uuid: &str) -> Vec<Entry> {
    let uuid = uuid.to_owned();
    store.read(move |tx| tx.entries_with_work(&uuid, 200, &[PROJECT])).await.unwrap()
}

async fn works(store: &Store, uuid: &str) -> Vec<(String, TurnWork)> {
    let told = |entry: Entry| Some((entry.text, entry.work?));
    entries(store, uuid).await.into_iter().filter_map(told).collect()
}

#[tokio::test]
async fn work_is_told_with_the_prompt_that_the_agent_got_before() {
    let (_folder, store) = fresh();
    let task = running(&store, "Works").await;
    let uuid = task.uuid.clone();
    store
        .write(move |tx| {
            tx.enqueue(&uuid, "sent, not got", false)?;
            // Both were journaled after the first calls had ended.
            tx.journal_prompt(&uuid, "first", 1000)?;
            tx.journal_prompt(&uuid, "second", 2000)?;
            tx.add_tool_call(&uuid, &call(2100, "Bash\x1b[31m", None))?;
            tx.add_tool_call(&uuid, &call(1100, "Edit", Some("/home/me/project/src/a\u{202e}.rs")))?;
            tx.add_tool_call(&uuid, &call(900, "Read", None))
        })
        .await
        .unwrap();
    let told = works(&store, &task.uuid).await;
    let [(first, edited), (second, ran)] = &told[..] else { panic!("{told:?}") };
    assert_eq!((first.as_str(), second.as_str()), ("Got a prompt: first", "Got a prompt: second"));
    assert_eq!((edited.tools[0].tool.as_str(), edited.files[0].as_str()), ("Edit", "src/a\u{fffd}.rs"));
    assert_eq!((ran.tools[0].tool.as_str(), ran.tools[0].calls, ran.files.len()), ("Bash", 1, 0));

    // A deletion takes it along, and taking that back brings it back.
    let uuid = task.uuid.clone();
    let delete = store.write(move |tx| {
        tx.step(&uuid, Step::Fail, Who::Person, None)?;
        tx.delete(&uuid, None)
    });
    delete.await.unwrap();
    let step = store.read(|tx| tx.steps(PROJECT)).await.unwrap().remove(0);
    store.write(move |tx| tx.undo_step(PROJECT, &step)).await.unwrap().unwrap();
    assert_eq!(works(&store, &task.uuid).await, told);
}

#[tokio::test]
async fn any_number_of_calls_stays_bounded_and_no_turn_is_told_in_part() {
    let (folder, store) = fresh();
    let task = running(&store, "Works").await;
    let uuid = task.uuid.clone();
    let now = store
        .write(move |tx| {
            for turn in 0..10 {
                tx.journal_prompt(&uuid, &format!("turn {turn}"), turn * 1000)?;
                for n in 0..450 {
                    tx.add_tool_call(&uuid, &call(turn * 1000 + n, "Bash", None))?;
                }
            }
            Ok(tx.now())
        })
        .await
        .unwrap();
    for _ in 0..2 {
        let told = works(&store, &task.uuid).await;
        assert_eq!(told.iter().map(|(_, work)| work.tools[0].calls).collect::<Vec<_>>(), [450; 4]);
        assert_eq!(told[0].0, "Got a prompt: turn 6");
        for _ in 0..4 {
            store.tidy(now).await.unwrap();
        }
    }
    let connection = rusqlite::Connection::open(folder.path().join("chorus.db")).unwrap();
    let count = || connection.query_row("SELECT count(*) FROM tool_calls", [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count(), 3000);

    let uuid = task.uuid.clone();
    store.write(move |tx| tx.step(&uuid, Step::Complete, Who::Person, None)).await.unwrap();
    store.tidy(now + 29 * DAY).await.unwrap();
    assert_eq!(count(), 3000);
    for _ in 0..8 {
        store.tidy(now + 32 * DAY).await.unwrap();
    }
    assert_eq!(count(), 0);
}
