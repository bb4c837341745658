//! Prompts that their agent refused.

use super::*;
use chorus::contract::TaskPrompts;
use chorus::evidence::PromptRefusal;
use chorus::store::PromptState;

/// Delivered prompts of a task that runs, oldest first.
async fn delivered(store: &Store, texts: &[&str]) -> String {
    let uuid = running(store, "Prompts").await.uuid;
    for text in texts {
        let (uuid, text) = (uuid.clone(), (*text).to_owned());
        let deliver = store.write(move |tx| {
            let prompt = tx.enqueue(&uuid, &text, false)?;
            tx.set_prompt(prompt.id, PromptState::Delivered, None)
        });
        assert!(deliver.await.unwrap());
    }
    uuid
}

async fn refuse(store: &Store, uuid: &str, stamp: i64, late: i64, prompt: Option<&str>) -> (bool, String) {
    let (uuid, prompt) = (uuid.to_owned(), prompt.map(str::to_owned));
    let refuse = store.write(move |tx| {
        let refusal = PromptRefusal { at: tx.now() + late, stamp, reason: "no".into(), prompt };
        let is_news = tx.refuse_prompt(&uuid, &refusal, None, "no")?;
        Ok((is_news, tx.row(&uuid)?.alerts.first().map(|alert| alert.text.clone()).unwrap_or_default()))
    });
    refuse.await.unwrap()
}

#[tokio::test]
async fn a_refused_prompt_is_the_one_that_is_named_or_the_newest_of_that_time() {
    for (prompt, late, found) in [
        (Some("ok"), 0, "“ok”"),
        (Some("is it ok"), 0, ""),
        (Some("ok"), 50_000, "“ok”"),
        (Some("ok"), 90_000, ""),
        (None, 0, "“then”"),
        (None, 50_000, ""),
        (None, -50_000, ""),
    ] {
        let (_folder, store) = fresh();
        let uuid = delivered(&store, &["ok", "then"]).await;
        let (is_news, alert) = refuse(&store, &uuid, 1, late, prompt).await;
        assert!(is_news && alert.contains(found) && alert.is_empty() == found.is_empty(), "{prompt:?} {late} {alert}");
    }
}

#[tokio::test]
async fn a_refusal_that_is_seen_again_by_a_later_daemon_is_no_other_one() {
    let (_folder, store) = fresh();
    let uuid = delivered(&store, &["ok", "ok"]).await;
    assert!(refuse(&store, &uuid, 1, 0, Some("ok")).await.0);
    let (is_news, alert) = refuse(&store, &uuid, 1, 0, Some("ok")).await;
    assert!(!is_news && !alert.contains("before it"), "{alert}");
    let (is_news, alert) = refuse(&store, &uuid, 2, 0, Some("ok")).await;
    assert!(is_news && alert.contains("and 1 before it"), "{alert}");
}

#[tokio::test]
async fn what_waits_is_not_listed_as_sent_and_the_list_is_bounded() {
    let (_folder, store) = fresh();
    let uuid = delivered(&store, &["one", "two", "one"]).await;
    let sent = store.write(move |tx| {
        tx.enqueue(&uuid, "waits", false)?;
        tx.sent_prompts(PROJECT)
    });
    assert_eq!(sent.await.unwrap(), ["one", "two"]);
}

#[tokio::test]
async fn a_prompt_that_was_changed_before_it_was_sent_comes_back_whole() {
    let (_folder, store) = fresh();
    let uuid = running(&store, "Prompts").await.uuid;
    let long = "word ".repeat(1000);
    let (id, text) = (uuid.clone(), long.clone());
    let change = store.write(move |tx| {
        let prompt = tx.enqueue(&id, &text, false)?.id;
        let edit = TaskPrompts { text: Some("short".into()), ..TaskPrompts::default() };
        tx.change_prompt(&id, prompt, &edit)?;
        Ok(prompt)
    });
    let prompt = change.await.unwrap();
    let undo = async || {
        let undone = store.write(move |tx| {
            let step = tx.steps(PROJECT)?.remove(0);
            tx.undo_step(PROJECT, &step)
        });
        undone.await.unwrap()
    };
    let waiting = async || {
        let id = uuid.clone();
        let waiting = store.read(move |tx| tx.waiting_prompts(&id)).await.unwrap();
        waiting.into_iter().map(|prompt| prompt.text).collect::<Vec<_>>()
    };
    undo().await.unwrap();
    assert_eq!(waiting().await, [long.clone()]);
    let id = uuid.clone();
    let removed =
        store.write(move |tx| tx.change_prompt(&id, prompt, &TaskPrompts { remove: true, ..TaskPrompts::default() }));
    removed.await.unwrap();
    assert!(waiting().await.is_empty());
    undo().await.unwrap();
    assert_eq!(waiting().await, [long]);
}
