//! Requests open, are answered once, and move their task.

use super::*;
use chorus::contract::Code;
use chorus::status::Answerable;
use chorus::status::Kind;
use chorus::store::{Closing, NewRequest, Received, RequestOutcome, TrustedFile};
use chorus::task::Status;
use serde_json::json;

fn asking(id: &str, summary: &str) -> NewRequest {
    NewRequest {
        id: id.into(),
        kind: Kind::Permission,
        tool: Some("Bash".into()),
        summary: summary.into(),
        input: Some(json!({ "command": summary })),
        cut: false,
        suggestions: vec!["allow `ls` in this session".into()],
        folder: None,
        answerable: Answerable::Hook,
        at: 1000,
    }
}

async fn receive(store: &Store, uuid: &str, new: NewRequest) -> Received {
    let uuid = uuid.to_owned();
    store.write(move |tx| tx.receive(&uuid, new)).await.unwrap()
}

async fn close(store: &Store, id: &'static str, outcome: RequestOutcome) -> Option<chorus::contract::Opened> {
    let closing = Closing { outcome, who: Who::Person, via: None, answer: Some(json!({ "behavior": "allow" })) };
    store.write(move |tx| tx.close_request(id, closing)).await.unwrap()
}

#[tokio::test]
async fn a_task_waits_while_any_request_is_open() {
    let (_folder, store) = fresh();
    let uuid = running(&store, "Asks").await.uuid;
    let mut changes = store.subscribe();
    let Received::Open(opened) = receive(&store, &uuid, asking("a", "ls\x1b[2J -l")).await else {
        panic!("it is open")
    };
    assert_eq!((opened.number, opened.summary.as_str(), opened.opened_at), (1, "ls�[2J -l", 1000));
    assert_eq!(opened.input, Some(json!({ "command": "ls\x1b[2J -l" })));
    receive(&store, &uuid, asking("b", "rm x")).await;
    let task = row(&store, &uuid).await;
    assert_eq!((task.status, task.requests), (Status::Waiting, 2));
    assert_eq!(told(&mut changes), ["task_changed", "request_opened", "task_changed", "request_opened"]);

    assert_eq!(close(&store, "a", RequestOutcome::Allowed).await.unwrap().outcome.as_deref(), Some("allowed"));
    assert_eq!(row(&store, &uuid).await.status, Status::Waiting);
    assert!(close(&store, "a", RequestOutcome::Denied).await.is_none(), "the first answer wins");
    close(&store, "b", RequestOutcome::Elsewhere).await.unwrap();
    assert_eq!(row(&store, &uuid).await.status, Status::Running);
    assert_eq!(told(&mut changes), ["task_changed", "request_closed", "task_changed", "request_closed"]);

    let entries = store.read(move |tx| tx.entries(&uuid, 2)).await.unwrap();
    let texts: Vec<_> = entries.iter().map(|entry| entry.text.as_str()).collect();
    assert_eq!(texts, ["Allowed: ls�[2J -l", "Answered elsewhere: rm x"]);
}

#[tokio::test]
async fn the_same_evidence_again_is_no_news() {
    let (_folder, store) = fresh();
    let uuid = running(&store, "Asks").await.uuid;
    receive(&store, &uuid, asking("a", "ls")).await;
    let mut changes = store.subscribe();
    receive(&store, &uuid, asking("a", "ls")).await;
    assert_eq!(told(&mut changes), [""; 0]);
    receive(&store, &uuid, NewRequest { answerable: Answerable::Terminal, ..asking("a", "ls") }).await;
    assert_eq!(told(&mut changes), ["request_opened"]);
}

#[tokio::test]
async fn a_hook_that_comes_back_gets_its_answer_or_asks_again() {
    let (_folder, store) = fresh();
    let uuid = running(&store, "Asks").await.uuid;
    receive(&store, &uuid, asking("a", "ls")).await;
    close(&store, "a", RequestOutcome::Allowed).await;
    let Received::Answered(_, answer) = receive(&store, &uuid, asking("a", "ls")).await else { panic!("answered") };
    assert_eq!(answer, Some(json!({ "behavior": "allow" })));

    receive(&store, &uuid, asking("b", "rm")).await;
    close(&store, "b", RequestOutcome::Gone).await;
    assert!(matches!(receive(&store, &uuid, asking("b", "rm")).await, Received::Open(_)));
    assert_eq!(row(&store, &uuid).await.status, Status::Waiting);
}

#[tokio::test]
async fn an_answer_is_for_the_request_that_was_seen() {
    let (_folder, store) = fresh();
    let uuid = running(&store, "Asks").await.uuid;
    let pick = async |seen: Option<&'static str>| {
        let uuid = uuid.clone();
        store.read(move |tx| tx.request_to_answer(&uuid, seen)).await.map(|request| request.id)
    };
    assert_eq!(pick(None).await.unwrap_err().code, Code::NoRequest);
    receive(&store, &uuid, asking("a", "ls")).await;
    assert_eq!(pick(None).await.unwrap(), "a");
    receive(&store, &uuid, asking("b", "rm")).await;
    assert_eq!(pick(None).await.unwrap_err().code, Code::SeveralRequests);
    assert_eq!(pick(Some("a")).await.unwrap(), "a");
    close(&store, "a", RequestOutcome::Elsewhere).await;
    assert_eq!(pick(Some("a")).await.unwrap_err().code, Code::RequestChanged);
    assert_eq!(pick(None).await.unwrap(), "b");
}

#[tokio::test]
async fn ending_a_task_closes_what_it_asked() {
    let (_folder, store) = fresh();
    let uuid = running(&store, "Asks").await.uuid;
    receive(&store, &uuid, asking("a", "ls")).await;
    let id = uuid.clone();
    let task = store.write(move |tx| tx.step(&id, Step::Complete, Who::Person, None)).await.unwrap();
    assert_eq!((task.status, task.requests), (Status::Completed, 0));
    let request = store.read(|tx| tx.request("a")).await.unwrap().unwrap();
    assert_eq!(request.outcome.as_deref(), Some("gone"));
    let late = store.write(move |tx| tx.receive(&uuid, asking("late", "ls"))).await.unwrap_err();
    assert_eq!(late.code, Code::WrongState);
}

#[tokio::test]
async fn no_task_can_take_over_anothers_request() {
    let (_folder, store) = fresh();
    let (one, two) = (running(&store, "one").await.uuid, running(&store, "two").await.uuid);
    receive(&store, &one, asking("a", "ls")).await;
    let error = store.write(move |tx| tx.receive(&two, asking("a", "rm"))).await.unwrap_err();
    assert_eq!(error.code, Code::BadInput);
}

#[tokio::test]
async fn other_projects_count_what_needs_a_person() {
    let (_folder, store) = fresh();
    let count = async || store.read(|tx| tx.elsewhere("/mine")).await.unwrap();
    let asks = running(&store, "asks").await.uuid;
    let exited = running(&store, "exited").await.uuid;
    create(&store, "pending").await;
    assert_eq!(count().await, 0);
    receive(&store, &asks, asking("a", "ls")).await;
    store.write(move |tx| tx.set_agent_state(&exited, state(AgentStatus::Exited))).await.unwrap();
    assert_eq!(count().await, 2);
    assert_eq!(store.read(|tx| tx.elsewhere(PROJECT)).await.unwrap(), 0);
    let open = store.read(|tx| Ok((tx.open_requests(Some(PROJECT))?, tx.open_requests(Some("/mine"))?))).await.unwrap();
    assert_eq!((open.0.len(), open.1.len()), (1, 0));
}

#[tokio::test]
async fn an_input_that_is_too_large_is_left_out() {
    let (_folder, store) = fresh();
    let uuid = running(&store, "Asks").await.uuid;
    let large = NewRequest { input: Some(json!("x".repeat(300_000))), ..asking("a", "Write") };
    let Received::Open(opened) = receive(&store, &uuid, large).await else { panic!("it is open") };
    assert_eq!(opened.input, None);
}

#[tokio::test]
async fn a_plan_is_approved_in_the_conversation_that_had_it() {
    let (_folder, store) = fresh();
    let uuid = running(&store, "Plan").await.uuid;
    let approved = async |how: Option<RequestOutcome>, session: Option<&str>| {
        let (uuid, session) = (uuid.clone(), session.map(str::to_owned));
        let write = store.write(move |tx| {
            if let Some(session) = session {
                tx.set_session(&uuid, &session)?;
            }
            if let Some(outcome) = how {
                let id = uuid::Uuid::new_v4().to_string();
                tx.receive(&uuid, NewRequest { kind: Kind::Plan, ..asking(&id, "plan") })?;
                tx.close_request(&id, Closing { outcome, who: Who::Person, via: None, answer: None })?;
            }
            tx.plan_approved(&uuid)
        });
        write.await.unwrap()
    };
    assert!(!approved(None, Some("one")).await);
    assert!(!approved(Some(RequestOutcome::Denied), None).await);
    assert!(!approved(Some(RequestOutcome::Gone), None).await);
    assert!(approved(Some(RequestOutcome::Allowed), None).await);
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    assert!(!approved(None, Some("two")).await, "another conversation begins anew");
}

#[tokio::test]
async fn a_request_that_is_answered_at_once_was_never_open() {
    let (_folder, store) = fresh();
    let uuid = running(&store, "Asks").await.uuid;
    let mut changes = store.subscribe();
    let receive = async |id: &'static str, outcome| {
        let uuid = uuid.clone();
        let answer = Some(json!({ "behavior": outcome }));
        let closing = Closing { outcome, who: Who::Rule, via: Some("/u/chorus.toml:4".into()), answer };
        store.write(move |tx| tx.receive_answered(&uuid, asking(id, "ls"), closing)).await.unwrap()
    };
    let Received::Answered(request, answer) = receive("a", RequestOutcome::Allowed).await else {
        panic!("it is answered")
    };
    assert_eq!((request.outcome.as_deref(), answer), (Some("allowed"), Some(json!({ "behavior": "allowed" }))));
    assert_eq!(told(&mut changes), ["task_changed", "request_closed"]);
    assert_eq!((row(&store, &uuid).await.status, row(&store, &uuid).await.requests), (Status::Running, 0));
    // A hook whose daemon was killed comes again: the first answer stands.
    let Received::Answered(_, answer) = receive("a", RequestOutcome::Denied).await else { panic!("it is answered") };
    assert_eq!(answer, Some(json!({ "behavior": "allowed" })));
    // One that waited for a person when a rule came is closed like any other.
    super::requests::receive(&store, &uuid, asking("b", "ls")).await;
    receive("b", RequestOutcome::Denied).await;
    assert_eq!(row(&store, &uuid).await.requests, 0);

    let of = uuid.clone();
    let (entries, audited) =
        store.read(move |tx| Ok((tx.entries(&of, 10)?, tx.audited(PROJECT, Some(&of), 0, 10)?))).await.unwrap();
    let closed: Vec<_> = entries.iter().filter(|entry| entry.what == "request_closed").collect();
    assert_eq!(
        (closed[0].who.as_str(), closed[0].text.as_str()),
        ("rule", "Allowed by the rule at /u/chorus.toml:4: ls")
    );
    let seen: Vec<_> = audited.iter().map(|one| (one.outcome.as_str(), one.who.as_str(), one.via.as_deref())).collect();
    assert_eq!(seen, [("allowed", "rule", Some("/u/chorus.toml:4")), ("denied", "rule", Some("/u/chorus.toml:4"))]);
    assert_eq!(audited[0].seen, Some(json!({ "command": "ls" })));
    assert_eq!(audited[0].sent, Some(json!({ "behavior": "allowed" })));
}

#[tokio::test]
async fn who_answered_elsewhere_is_told_by_the_time_it_took() {
    let (_folder, store) = fresh();
    let uuid = running(&store, "Asks").await.uuid;
    let now = chorus::clock::now();
    receive(&store, &uuid, NewRequest { at: now, ..asking("soon", "ls") }).await;
    close(&store, "soon", RequestOutcome::Elsewhere).await;
    receive(&store, &uuid, asking("late", "ls")).await;
    close(&store, "late", RequestOutcome::Elsewhere).await;
    receive(&store, &uuid, asking("gone", "ls")).await;
    close(&store, "gone", RequestOutcome::Gone).await;
    let audited = store.read(|tx| tx.audited(PROJECT, None, 0, 10)).await.unwrap();
    assert_eq!(audited.len(), 2, "what is no longer asked was not answered");
    assert_eq!(audited[1].via.as_deref(), Some("the agent's terminal, or a hook of yours"));
}

#[tokio::test]
async fn trust_is_in_one_text() {
    let (_folder, store) = fresh();
    let file = |text: &str| TrustedFile { fingerprint: format!("of {text}"), text: text.to_owned() };
    let trusted = async || store.read(|tx| tx.trusted(PROJECT)).await.unwrap();
    assert_eq!(trusted().await, None);
    for text in ["one", "two"] {
        let file = file(text);
        store.write(move |tx| tx.trust(PROJECT, &file)).await.unwrap();
    }
    assert_eq!(trusted().await, Some(file("two")));
    assert!(store.write(|tx| tx.distrust(PROJECT)).await.unwrap());
    assert_eq!(trusted().await, None);
}
