//! Edits by commands that nothing traces: found by scans before and after, and nobody's.

use crate::world::World;
use chorus::ops::edits;
use chorus::status::AgentStatus;
use serde_json::json;

#[tokio::test]
async fn what_changed_while_a_command_ran_alone_may_be_of_its_task() {
    let world = World::new(&[("b.txt", "x\n")]).await;
    let begun = world.shell(&world.a).await;
    world.write("b.txt", "y\n");
    world.write("new/c.txt", "z\n");
    world.shell_ends(&begun).await;
    assert_eq!(world.whose("b.txt").await, "?a:1");
    assert_eq!(world.whose("new/c.txt").await, "?a:* ?a:1");
    assert_eq!(world.edited().await, ["b.txt", "new/c.txt"]);
    assert_eq!((world.row(&world.a).await.unclaimed, world.row(&world.a).await.uncommitted), (2, 0));
    assert_eq!(world.row(&world.b).await.unclaimed, 0);
}

#[tokio::test]
async fn a_failing_command_has_edited_too() {
    let world = World::new(&[]).await;
    let begun = world.shell(&world.a).await;
    world.write("b.txt", "y\n");
    world.failed(&begun).await;
    assert_eq!(world.whose("b.txt").await, "?a:* ?a:1");
    let (begun, _) = world.pre(&world.b, "Edit", world.edit_input("b.txt", "y", "z")).await;
    world.failed(&begun).await;
    assert_eq!(world.whose("b.txt").await, "?a:* ?a:1");
}

#[tokio::test]
async fn what_changes_between_commands_may_be_of_hooks_that_still_run() {
    let world = World::new(&[("b.txt", "x\n"), ("c.txt", "x\n")]).await;
    let begun = world.shell(&world.a).await;
    world.shell_ends(&begun).await;
    world.write("b.txt", "y\n");
    let begun = world.shell(&world.b).await;
    assert_eq!(world.whose("b.txt").await, "?a:1");
    world.write("c.txt", "y\n");
    world.shell_ends(&begun).await;
    assert_eq!(world.whose("c.txt").await, "?b:1");
}

#[tokio::test]
async fn commands_of_two_tasks_at_once_are_candidates() {
    let world = World::new(&[]).await;
    let a = world.shell(&world.a).await;
    world.write("1", "");
    let b = world.shell(&world.b).await;
    world.write("2", "");
    world.shell_ends(&a).await;
    world.write("3", "");
    world.shell_ends(&b).await;
    assert_eq!(world.whose("1").await, "?a:*");
    assert_eq!(world.whose("2").await, "?ab:*");
    assert_eq!(world.whose("3").await, "?b:*");
}

#[tokio::test]
async fn an_edit_during_anothers_command_is_the_edit_tools() {
    let world = World::new(&[]).await;
    let command = world.shell(&world.a).await;
    let (edit, _) = world.pre(&world.b, "Edit", world.edit_input("a.txt", "line 3\n", "b\n")).await;
    let response = world.apply(&edit);
    world.write("a.txt", &world.read("a.txt").replace("line 25\n", "sed\n"));
    world.write("other", "");
    world.shell_ends(&command).await;
    assert_eq!(world.whose("a.txt").await, "clean", "the tool will say what it did");
    world.post(&edit, response).await;
    assert_eq!(world.whose("a.txt").await, "b:3 ?ab:25");
    assert_eq!(world.whose("other").await, "?a:*");
}

#[tokio::test]
async fn a_command_may_change_what_an_edit_waits_to_be_allowed_for() {
    let world = World::new(&[]).await;
    let (edit, _) = world.pre(&world.b, "Edit", world.edit_input("a.txt", "line 3\n", "b\n")).await;
    world.ask(&edit).await;
    let command = world.shell(&world.a).await;
    world.write("a.txt", &world.read("a.txt").replace("line 25\n", "sed\n"));
    world.shell_ends(&command).await;
    assert_eq!(world.whose("a.txt").await, "?a:25");
    let response = world.apply(&edit);
    // The person has answered at the terminal, and nobody knows yet.
    let command = world.shell(&world.a).await;
    world.shell_ends(&command).await;
    assert_eq!(world.whose("a.txt").await, "?a:3 ?a:25");
    world.post(&edit, response).await;
    assert_eq!(world.whose("a.txt").await, "?ab:3 ?a:25");
}

#[tokio::test]
async fn a_save_during_a_command_is_the_persons() {
    let world = World::new(&[("b.txt", "x\n")]).await;
    let begun = world.shell(&world.a).await;
    world.write("b.txt", "mine\n");
    world.save("b.txt").await;
    world.write("c.txt", "");
    world.shell_ends(&begun).await;
    assert_eq!((world.whose("b.txt").await, world.whose("c.txt").await), ("user:1".into(), "?a:*".into()));
}

#[tokio::test]
async fn a_save_that_is_told_after_a_look_is_the_persons() {
    let world = World::new(&[("b.txt", "x\n")]).await;
    world.write("b.txt", "mine\n");
    let begun = world.shell(&world.a).await;
    assert_eq!(world.whose("b.txt").await, "?:1");
    world.save("b.txt").await;
    assert_eq!(world.whose("b.txt").await, "user:1");
    world.shell_ends(&begun).await;
}

#[tokio::test]
async fn a_command_in_the_background_runs_until_its_session_leaves_it() {
    let world = World::new(&[]).await;
    let (begun, _) = world.pre(&world.a, "Bash", json!({"command": "sh x", "run_in_background": true})).await;
    world.post(&begun, json!({"stdout": "", "backgroundTaskId": "b1"})).await;
    world.write("1", "");
    edits::end_calls(&world.core, &world.a, false, chorus::clock::now()).await.unwrap();
    world.settle().await;
    assert_eq!(world.whose("1").await, "?a:*", "a turn's end is not its end");
    let command = world.shell(&world.b).await;
    world.write("2", "");
    world.shell_ends(&command).await;
    world.write("3", "");
    edits::end_calls(&world.core, &world.a, true, chorus::clock::now()).await.unwrap();
    world.write("4", "");
    world.settle().await;
    assert_eq!(world.whose("2").await, "?b:*", "a command in the foreground is likelier");
    assert_eq!(world.whose("3").await, "?ab:*");
    assert_eq!(world.whose("4").await, "?b:*", "hooks of its call may still run");
}

#[tokio::test]
async fn a_call_that_never_ended_ends_with_its_turn() {
    let world = World::new(&[]).await;
    world.shell(&world.a).await;
    let (edit, _) = world.pre(&world.a, "Edit", world.edit_input("a.txt", "line 3\n", "a\n")).await;
    world.apply(&edit);
    world.write("1", "");
    edits::end_calls(&world.core, &world.a, false, chorus::clock::now()).await.unwrap();
    assert_eq!(world.whose("1").await, "?a:*");
    assert_eq!(world.whose("a.txt").await, "?a:3", "nobody said that the edit was made");
    world.write("2", "");
    world.settle().await;
    assert_eq!(world.whose("2").await, "?:*");
}

#[tokio::test]
async fn an_end_without_a_beginning_claims_every_patch() {
    let world = World::new(&[]).await;
    let edit = world.call(&world.b, "Edit", world.edit_input("a.txt", "line 3\n", "b\n"));
    let response = world.apply(&edit);
    world.settle().await;
    assert_eq!(world.whose("a.txt").await, "?:3");
    world.post(&edit, response).await;
    assert_eq!(world.whose("a.txt").await, "b:3");
}

#[tokio::test]
async fn a_thousand_files_by_one_command() {
    let world = World::new(&[]).await;
    (0..1000).for_each(|n| world.write(&format!("d{}/f {n}", n % 10), "x\n"));
    world.commit();
    world.settle().await;
    let begun = world.shell(&world.a).await;
    (0..1000).for_each(|n| world.write(&format!("d{}/f {n}", n % 10), "x\ny\n"));
    world.shell_ends(&begun).await;
    assert_eq!(world.edited().await.len(), 1000);
    assert_eq!(world.whose("d7/f 977").await, "?a:2");
}

#[tokio::test]
async fn a_call_of_the_next_turn_stays_open() {
    let world = World::new(&[]).await;
    let ended = world.shell(&world.a).await;
    let turn_ended = chorus::clock::now();
    while chorus::clock::now() == turn_ended {
        tokio::task::yield_now().await;
    }
    let next = world.shell(&world.a).await;
    edits::end_calls(&world.core, &world.a, true, turn_ended).await.unwrap();
    world.write("1", "");
    world.settle().await;
    assert_eq!(world.whose("1").await, "?a:*", "the command of the next turn runs");
    world.shell_ends(&next).await;
    world.shell_ends(&ended).await;
}

#[tokio::test]
async fn where_no_hook_tells_of_tools_a_task_at_work_is_a_candidate() {
    let world = World::new(&[("b.txt", "x\n")]).await;
    world.has_status(&world.a, AgentStatus::Busy).await;
    world.write("b.txt", "y\n");
    world.settle().await;
    assert_eq!(world.whose("b.txt").await, "?a:1");
    world.has_status(&world.a, AgentStatus::Idle).await;
    world.write("new", "");
    world.settle().await;
    assert_eq!(world.whose("new").await, "?a:*", "its turn ended after the last scan");
    world.write("newer", "");
    world.settle().await;
    assert_eq!(world.whose("newer").await, "?:*");
}

#[tokio::test]
async fn a_formatter_after_an_edit_may_be_the_tasks_hook() {
    let world = World::new(&[("b.txt", "x\n"), ("c.txt", "x\n")]).await;
    world.edit(&world.a, "a.txt", "line 3\n", "a\n").await;
    world.write("a.txt", &world.read("a.txt").replace("line 25\n", "line  25\n"));
    world.write("b.txt", "sorted\n");
    edits::end_calls(&world.core, &world.a, false, chorus::clock::now()).await.unwrap();
    assert_eq!(world.whose("a.txt").await, "a:3 ?a:25");
    assert_eq!(world.whose("b.txt").await, "?a:1");
    let command = world.shell(&world.b).await;
    world.edit(&world.a, "a.txt", "line 9\n", "a\n").await;
    world.write("a.txt", &world.read("a.txt").replace("line 28\n", "line  28\n"));
    world.write("c.txt", "by the command\n");
    world.shell_ends(&command).await;
    assert_eq!(world.whose("a.txt").await, "a:3 a:9 ?a:25 ?ab:28");
    assert_eq!(world.whose("c.txt").await, "?b:1");
    assert_eq!(world.row(&world.a).await.unclaimed, 3);
}

#[tokio::test]
async fn edits_that_a_command_takes_away_and_brings_back_keep_their_owners() {
    let world = World::new(&[("b.txt", "x\n")]).await;
    world.edit(&world.a, "a.txt", "line 3\n", "a\n").await;
    world.write("b.txt", "mine\n");
    world.save("b.txt").await;
    world.settle().await;
    let (a, b) = (world.read("a.txt"), world.read("b.txt"));
    let command = world.shell(&world.b).await;
    world.git(&["checkout", "--", "."]);
    world.settle().await;
    assert_eq!(world.edited().await, Vec::<String>::new());
    world.write("a.txt", &a);
    world.write("b.txt", &b);
    world.shell_ends(&command).await;
    world.settle().await;
    assert_eq!((world.whose("a.txt").await, world.whose("b.txt").await), ("a:3".into(), "user:1".into()));

    let command = world.shell(&world.b).await;
    world.git(&["checkout", "--", "."]);
    world.settle().await;
    world.write("a.txt", &a.replace("line 20\n", "other\n"));
    world.shell_ends(&command).await;
    assert_eq!(world.whose("a.txt").await, "?ab:3 ?ab:20", "not as they were");
}

#[tokio::test]
async fn unclaimed_edits_are_assigned_to_their_candidate_at_once() {
    let world = World::new(&[("b.txt", "x\n")]).await;
    world.edit(&world.b, "a.txt", "line 20\n", "b\n").await;
    edits::end_calls(&world.core, &world.b, false, chorus::clock::now()).await.unwrap();
    let command = world.shell(&world.a).await;
    world.write("a.txt", &world.read("a.txt").replace("line 3\n", "a\n"));
    world.write("new", "1\n2\n");
    world.write("b.txt", "mine\n");
    world.save("b.txt").await;
    world.shell_ends(&command).await;
    let both = world.shell(&world.b).await;
    let other = world.shell(&world.a).await;
    world.write("shared", "");
    world.shell_ends(&both).await;
    world.shell_ends(&other).await;
    assert_eq!(world.row(&world.a).await.unclaimed, 3);
    assert_eq!(world.assign_candidates(&world.a, false).await, 2);
    assert_eq!(world.whose("a.txt").await, "a:3 b:20");
    assert_eq!(world.whose("new").await, "a:* a:1-2");
    assert_eq!((world.whose("b.txt").await, world.whose("shared").await), ("user:1".into(), "?ab:*".into()));
    assert_eq!(world.assign_candidates(&world.a, true).await, 1);
    assert_eq!(world.whose("shared").await, "a:*");
    assert_eq!((world.row(&world.a).await.unclaimed, world.row(&world.a).await.uncommitted), (0, 3));
}
