//! Taking back what a person did, for a day, and never over a later change.

use super::*;
use chorus::attribution::{FileKind, Ledger, Owner, Version};
use chorus::contract::{DocumentVersion, TaskEdit, TaskPrompts};
use chorus::store::{PersonStep, PromptState, Reassigned, StepChange};
use chorus::task::Status;

async fn steps(store: &Store) -> Vec<PersonStep> {
    store.read(|tx| tx.steps(PROJECT)).await.unwrap()
}

/// Takes the newest step back.
async fn undo(store: &Store) -> Result<String, String> {
    let step = steps(store).await.remove(0);
    store.write(move |tx| tx.undo_step(PROJECT, &step)).await.unwrap()
}

async fn edit(store: &Store, edit: TaskEdit) -> Task {
    store.write(move |tx| tx.edit(PROJECT, edit)).await.unwrap()
}

#[tokio::test]
async fn fields_come_back_one_edit_after_the_other() {
    let (_folder, store) = fresh();
    let task = create(&store, "One").await;
    let of = |title: &str| TaskEdit { task: "1".into(), title: Some(title.into()), ..TaskEdit::default() };
    edit(&store, of("Two")).await;
    let more =
        TaskEdit { priority: Some(3), tags: Some(vec!["ui".into()]), description: Some("d".into()), ..of("Three") };
    edit(&store, more).await;
    let said = undo(&store).await.unwrap();
    assert_eq!(
        said,
        "its title is “Two” again, its previous description returns, its priority is 0 again, \
         it has no tags again"
    );
    let back = store.read(|tx| tx.task(PROJECT, "1")).await.unwrap();
    assert_eq!((back.title.as_str(), back.description.as_deref(), back.priority), ("Two", Some(""), 0));
    assert!(back.tags.is_empty());
    assert_eq!(undo(&store).await.unwrap(), "its title is “One” again");
    assert!(steps(&store).await.is_empty());
    let uuid = task.uuid;
    let entries = store.read(move |tx| tx.entries(&uuid, 2)).await.unwrap();
    assert_eq!(entries[1].text, "Took back `edit`: its title is “One” again");
    assert_eq!(entries[1].who, "person");
}

#[tokio::test]
async fn a_field_that_was_changed_again_is_left() {
    let (_folder, store) = fresh();
    create(&store, "One").await;
    edit(&store, TaskEdit { task: "1".into(), priority: Some(3), ..TaskEdit::default() }).await;
    let step = steps(&store).await.remove(0);
    edit(&store, TaskEdit { task: "1".into(), priority: Some(4), ..TaskEdit::default() }).await;
    let refused = store.write(move |tx| tx.undo_step(PROJECT, &step)).await.unwrap();
    assert_eq!(refused.unwrap_err(), "these fields have changed since");
    assert_eq!(store.read(|tx| tx.task(PROJECT, "1")).await.unwrap().priority, 4);
}

#[tokio::test]
async fn an_ended_task_is_opened_again_unless_it_was() {
    let (_folder, store) = fresh();
    let uuid = running(&store, "Ends").await.uuid;
    let end = async |step: Step, verb: &'static str| {
        let uuid = uuid.clone();
        let end = store.write(move |tx| {
            let ended = tx.step(&uuid, step, Who::Person, None)?;
            let change = StepChange::Ended { at: ended.completed_at.unwrap(), given_up: 0 };
            tx.note_step(PROJECT, Some(&ended), verb, None, &change)
        });
        end.await.unwrap();
    };
    end(Step::Complete, "complete").await;
    let completed = steps(&store).await.remove(0);
    assert!(undo(&store).await.unwrap().starts_with("the task is pending"));
    assert_eq!(row(&store, &uuid).await.status, Status::Pending);
    let again = store.write(move |tx| tx.undo_step(PROJECT, &completed)).await.unwrap();
    assert_eq!(again.unwrap_err(), "the task was reopened since");
}

#[tokio::test]
async fn a_deleted_task_comes_back_with_all_that_was_known() {
    let (_folder, store) = fresh();
    let uuid = running(&store, "Comes back").await.uuid;
    let id = uuid.clone();
    let fill = store.write(move |tx| {
        let prompt = tx.enqueue(&id, "first \"prompt\"\n{\"json\": 1}", false)?;
        tx.set_prompt(prompt.id, chorus::store::PromptState::Delivered, None)?;
        tx.set_session(&id, "session-1")?;
        tx.set_session(&id, "session-2")?;
        tx.remember(&format!("context {id}"), "{\"kept\": true}")?;
        tx.keep_discarded(&id, "{\"reference\":\"refs/chorus/discarded/1-2\"}")?;
        tx.step(&id, Step::Complete, Who::Person, Some("done"))?;
        tx.task(PROJECT, &id)
    });
    let before = fill.await.unwrap();
    let id = uuid.clone();
    store.write(move |tx| tx.delete(&id, None)).await.unwrap();
    assert!(store.read(|tx| tx.task(PROJECT, "1")).await.is_err());
    assert_eq!(store.read(|tx| tx.all_discarded()).await.unwrap().len(), 1, "its backup is still needed");
    // A task made meanwhile has another number, and rows of its own.
    let other = running(&store, "Made meanwhile").await;
    let id = other.uuid.clone();
    store.write(move |tx| tx.enqueue(&id, "of the other", false)).await.unwrap();
    let mut changes = store.subscribe();
    assert!(undo(&store).await.unwrap().starts_with("the task comes back"));
    assert_eq!(told(&mut changes), ["task_changed"]);
    let id = uuid.clone();
    let after =
        store.read(move |tx| Ok((tx.task(PROJECT, "1")?, tx.sessions(&id)?, tx.recall(&format!("context {id}"))?)));
    let (task, sessions, context) = after.await.unwrap();
    assert_eq!(Task { revision: before.revision, ..task.clone() }, before);
    assert!(task.revision > before.revision, "clients take it for news");
    assert_eq!(sessions, ["session-1", "session-2"]);
    assert_eq!(context.as_deref(), Some("{\"kept\": true}"));
    assert_eq!((row(&store, &other.uuid).await.queued, other.number), (1, 2));
    assert_eq!(store.read(|tx| tx.all_discarded()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn after_a_day_nothing_is_left_of_it() {
    let (_folder, store) = fresh();
    let uuid = create(&store, "Gone").await.uuid;
    store.write(move |tx| tx.delete(&uuid, None)).await.unwrap();
    store.tidy(chorus::clock::now() + 23 * 3_600_000).await.unwrap();
    assert!(store.read(|tx| tx.plan_undo(PROJECT, &tx.steps(PROJECT)?[0])).await.unwrap().is_ok());
    let step = steps(&store).await.remove(0);
    store.tidy(chorus::clock::now() + 25 * 3_600_000).await.unwrap();
    assert!(steps(&store).await.is_empty());
    let late = store.write(move |tx| tx.undo_step(PROJECT, &step)).await.unwrap();
    assert_eq!(late.unwrap_err(), "nothing of the task is kept any more");
}

#[tokio::test]
async fn edits_get_their_owners_back_unless_the_file_changed() {
    let (_folder, store) = fresh();
    let task = create(&store, "Owns").await;
    let assign = store.write(move |tx| {
        let text = Version::of(FileKind::File, b"one\n".to_vec());
        let before = Ledger::first(&Version::absent(), &text, &Owner::User);
        tx.put_ledger(PROJECT, "a.txt", &before)?;
        let mut after = before.clone();
        after.assign_all(&Owner::Task(task.uuid.clone()));
        tx.put_ledger(PROJECT, "a.txt", &after)?;
        let files = Reassigned::of("a.txt", &before, &after).into_iter().collect();
        tx.note_step(PROJECT, Some(&task), "assign", None, &StepChange::Assigned { files })?;
        Ok(before)
    });
    let before = assign.await.unwrap();
    let step = steps(&store).await.remove(0);
    assert_eq!(undo(&store).await.unwrap(), "the edits in a.txt get their previous owners");
    let now = store.read(|tx| tx.ledger(PROJECT, "a.txt")).await.unwrap().unwrap();
    assert_eq!(now.marks(), before.marks());
    let again = store.write(move |tx| tx.undo_step(PROJECT, &step)).await.unwrap();
    assert_eq!(again.unwrap_err(), "a.txt has changed or was committed since");
}

#[tokio::test]
async fn a_deleted_task_comes_back_beside_one_that_has_its_number_by_now() {
    let (_folder, store) = fresh();
    let uuid = create(&store, "Deleted").await.uuid;
    let id = uuid.clone();
    store.write(move |tx| tx.delete(&id, None)).await.unwrap();
    // A repository with tasks of its own is moved to this path.
    let moved = store.write(|tx| {
        let other = tx.create("/elsewhere", titled("Moved here"), &defaults())?;
        tx.move_project("/elsewhere", PROJECT, "moved")?;
        tx.row(&other.uuid)
    });
    assert_eq!(moved.await.unwrap().number, 1);
    assert!(undo(&store).await.unwrap().contains("under a new number"));
    let back = row(&store, &uuid).await;
    assert_eq!((back.title.as_str(), back.number), ("Deleted", 2));
    assert_eq!(create(&store, "Next").await.number, 3);
}

#[tokio::test]
async fn what_a_deleted_task_knew_of_documents_is_kept_as_long_as_the_task() {
    let (folder, store) = fresh();
    let uuid = running(&store, "Reads").await.uuid;
    let version = "a".repeat(40);
    let known = version.clone();
    let read = store.write(move |tx| {
        tx.keep_version(&known, "# Plan")?;
        tx.know_document(&uuid, "PLAN.md", &known, chorus::store::KnownBy::Read)?;
        tx.step(&uuid, Step::Complete, Who::Person, None)?;
        tx.delete(&uuid, None)
    });
    read.await.unwrap();
    let text = async |hours: i64| {
        store.tidy(chorus::clock::now() + hours * 3_600_000).await.unwrap();
        let version = version.clone();
        store.read(move |tx| tx.version(&version)).await.unwrap()
    };
    // The text is older than the deletion.
    let file = rusqlite::Connection::open(folder.path().join("chorus.db")).unwrap();
    file.execute("UPDATE document_versions SET at = at - 172800000", []).unwrap();
    assert_eq!(text(1).await.as_deref(), Some("# Plan"));
    assert_eq!(text(25).await, None);
}

#[tokio::test]
async fn a_prompt_that_comes_back_tells_of_the_same_documents() {
    let (_folder, store) = fresh();
    let uuid = running(&store, "Reads").await.uuid;
    let told = DocumentVersion { path: "PLAN.md".into(), version: "a".repeat(40) };
    let (id, versions) = (uuid.clone(), vec![told.clone()]);
    let remove = store.write(move |tx| {
        let waits = tx.enqueue_telling(&id, "Read it again", &versions)?;
        tx.change_prompt(&id, waits.id, &TaskPrompts { remove: true, ..TaskPrompts::default() })?;
        tx.versions_on_their_way(&id)
    });
    assert_eq!(remove.await.unwrap(), []);
    assert_eq!(undo(&store).await.unwrap(), "the prompt waits again, after all others");
    let id = uuid.clone();
    let deliver = store.write(move |tx| {
        let waiting = tx.versions_on_their_way(&id)?;
        let again = tx.next_prompt(&id)?.unwrap();
        tx.set_prompt(again.id, PromptState::Delivered, None)?;
        Ok((waiting, tx.knows_documents(&id)?))
    });
    assert_eq!(deliver.await.unwrap(), (vec![told], true));
}
