//! Files of which git commits something else than what is on the disk.

use crate::world::World;
use chorus::attribution::Owner;
use chorus::ops::edits::cleaned;

#[tokio::test]
async fn lines_are_counted_as_git_commits_them() {
    let world = World::new(&[(".gitattributes", "*.nb filter=strip\n")]).await;
    world.git(&["config", "filter.strip.clean", "grep -v OUT || true"]);
    let outputs: String = (1..=10).map(|n| format!("OUT {n}\n")).collect();
    let cells: String = (1..=40).map(|n| format!("cell {n}\n")).collect();
    world.write("a.nb", &(outputs + &cells));
    world.commit();
    world.settle().await;
    world.edit(&world.a, "a.nb", "cell 33\n", "OUT of a\na\n").await;
    world.edit(&world.b, "a.nb", "cell 23\n", "b\n").await;
    world.settle().await;
    let found = cleaned::ledgers(&world.core, world.project()).await.unwrap();
    assert!(found.converted.contains("a.nb") && found.converted.len() == 1);
    let owner = |line| found.ledgers["a.nb"].owner_of_line(line).cloned();
    assert_eq!(owner(33), Some(Owner::Task(world.a.uuid.clone())));
    assert_eq!(owner(23), Some(Owner::Task(world.b.uuid.clone())));
    assert!((1..=40).filter(|line| ![23, 33].contains(line)).all(|line| owner(line).is_none()));
}

#[tokio::test]
async fn a_file_that_is_committed_in_another_form_is_one_owners_or_nobodys() {
    let world = World::new(&[(".gitattributes", "*.enc filter=code\n")]).await;
    world.git(&["config", "filter.code.clean", "tr a-z b-za | tac"]);
    world.git(&["config", "filter.code.smudge", "tac | tr b-za a-z"]);
    world.write("x.enc", "one\ntwo\nthree\nfour\n");
    world.commit();
    world.settle().await;
    world.edit(&world.a, "x.enc", "one\n", "eins\n").await;
    world.settle().await;
    let first = |found: &cleaned::CleanedLedgers| found.ledgers["x.enc"].owner_of_line(4).cloned();
    let found = cleaned::ledgers(&world.core, world.project()).await.unwrap();
    assert_eq!(first(&found), Some(Owner::Task(world.a.uuid.clone())));
    world.edit(&world.b, "x.enc", "four\n", "vier\n").await;
    let found = cleaned::ledgers(&world.core, world.project()).await.unwrap();
    assert!(matches!(first(&found), Some(Owner::Unclaimed(_))), "a line of each, and nobody can say which");
}

#[tokio::test]
async fn a_filter_that_fails_leaves_its_own_file_to_nobody_and_the_others_as_they_are() {
    let world = World::new(&[("a.txt", "one\ntwo\n"), ("b.bad", "one\ntwo\n")]).await;
    world.write(".gitattributes", "*.bad filter=fails\n");
    world.commit();
    world.settle().await;
    for file in ["a.txt", "b.bad"] {
        world.edit(&world.a, file, "one\n", "by a\n").await;
    }
    world.git(&["config", "filter.fails.clean", "exit 3"]);
    world.git(&["config", "filter.fails.required", "true"]);
    let found = cleaned::ledgers(&world.core, world.project()).await.unwrap();
    assert_eq!(found.ledgers["a.txt"].owner_of_line(1), Some(&Owner::Task(world.a.uuid.clone())));
    assert!(!found.ledgers.contains_key("b.bad") && found.converted.contains("b.bad"));
}
