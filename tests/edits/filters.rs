//! Files of which git commits something else than what is on the disk.

use crate::world::World;
use chorus::attribution::{Hunk, Owner};
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

/// Numbers without a pattern, the same in every run.
fn numbers(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |most| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % most.max(1)
    }
}

/// A hunk of `git diff -U0`: where it is before and after, and its lines.
fn hunks_of(diff: &str) -> Vec<Hunk> {
    let mut hunks: Vec<Hunk> = Vec::new();
    for line in diff.lines() {
        if let Some(head) = line.strip_prefix("@@ -") {
            let side = |text: &str| {
                let (start, lines) = text.split_once(',').unwrap_or((text, "1"));
                let (start, lines): (usize, usize) = (start.parse().unwrap(), lines.parse().unwrap());
                (if lines == 0 { start + 1 } else { start }, lines)
            };
            let mut sides = head.split(' ');
            let old = side(sides.next().unwrap());
            let new = side(sides.next().unwrap().trim_start_matches('+'));
            hunks.push(Hunk::of(old, new, ""));
        } else if line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---") {
            hunks.last_mut().unwrap().lines.push(line.to_owned());
        }
    }
    hunks
}

#[tokio::test]
async fn whatever_three_write_through_a_filter_no_line_is_anothers_and_none_is_lost() {
    for seed in 0..6 {
        let next = &mut numbers(seed);
        let world = World::new(&[(".gitattributes", "*.nb filter=strip\n")]).await;
        world.git(&["config", "filter.strip.clean", "grep -v OUT || true"]);
        let base: String =
            (0..30).map(|n| if n % 4 == 0 { format!("OUT {n}\n") } else { format!("base {n}\n") }).collect();
        world.write("a.nb", &base);
        world.commit();
        world.settle().await;
        for round in 0..12 {
            let text = world.read("a.nb");
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            let at = next(lines.len());
            let who = ["a", "b", "user"][next(3)];
            let made: String = (0..next(3))
                .map(|nth| format!("{}{who} {round}.{nth}\n", if next(4) == 0 { "OUT of " } else { "" }))
                .collect();
            let old = lines[at];
            match who {
                "user" => {
                    world.write("a.nb", &text.replacen(old, &made, 1));
                    world.save("a.nb").await;
                }
                _ => {
                    let task = if who == "a" { &world.a } else { &world.b };
                    drop(world.edit(task, "a.nb", old, &made).await);
                }
            }
        }
        world.settle().await;
        let found = cleaned::ledgers(&world.core, world.project()).await.unwrap();
        let kept: Vec<String> =
            world.read("a.nb").lines().filter(|line| !line.contains("OUT")).map(str::to_owned).collect();
        let Some(ledger) = found.ledgers.get("a.nb") else { continue };
        let seen: Vec<String> =
            ledger.version().lines().iter().map(|line| String::from_utf8_lossy(line).trim_end().to_owned()).collect();
        assert_eq!(seen, kept, "seed {seed}: the lines are those that git would commit");
        let diff = world.git(&["diff", "-U0", "--no-color", "--", "a.nb"]);
        let (mut added, mut removed) = (Vec::new(), 0);
        for hunk in hunks_of(&diff) {
            let owners = ledger.owners_of(&hunk);
            assert!(!owners.is_empty());
            for line in hunk.lines.iter().filter_map(|line| line.strip_prefix('+')) {
                added.push(line.to_owned());
                if let (1, Some(Owner::Task(task))) = (owners.len(), owners.first()) {
                    let name = if *task == world.a.uuid { "a " } else { "b " };
                    assert!(line.starts_with(name), "seed {seed}: {line:?} would be committed for {name}");
                }
                assert!(owners != [Owner::User].into() || line.starts_with("user "), "seed {seed}: {line:?}");
            }
            removed += hunk.lines.iter().filter(|line| line.starts_with('-')).count();
        }
        let all = kept.iter().filter(|line| !line.starts_with("base ")).count();
        assert_eq!(added.iter().filter(|line| !line.starts_with("base ")).count(), all, "seed {seed}: {diff}");
        let gone =
            base.lines().filter(|line| line.starts_with("base ") && !kept.iter().any(|kept| kept == line)).count();
        let back = added.iter().filter(|line| line.starts_with("base ")).count();
        assert_eq!(removed, gone + back, "seed {seed}: {diff}");
    }
}
