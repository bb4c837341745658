//! Edits by programs whose writes the kernel reports: reports go in as the tracer sends them, around real writes.

use crate::world::{World, numbered};
use chorus::attribution::{FileState, Owner, Write, WriteKind};
use chorus::core::writes::Order;
use chorus::ops::edits::{self, written};
use chorus::task::Task;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::time::{SystemTime, UNIX_EPOCH};

/// No process has this id.
const GONE: u32 = u32::MAX >> 1;

fn nanos() -> i128 {
    i128::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap()
}

/// A world in which both tasks are traced since long.
async fn traced(files: &[(&str, &str)]) -> World {
    let world = World::new(files).await;
    enter(&world);
    world
}

/// Both tasks have a tracer.
fn enter(world: &World) {
    for task in [&world.a, &world.b] {
        let mut orders = world.core.writes.enter(world.project(), &task.uuid, &task.uuid, 0);
        tokio::spawn(async move {
            while let Some(order) = orders.recv().await {
                if let Order::Flush(done) = order {
                    let _ = done.send(());
                }
            }
        });
    }
}

impl World {
    fn state(&self, path: &str) -> Option<FileState> {
        let about = std::fs::symlink_metadata(self.root.join(path)).ok()?;
        let time = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        Some(FileState {
            dev: about.dev(),
            ino: about.ino(),
            size: about.size(),
            mode: about.mode(),
            mtime_ns: time(about.mtime(), about.mtime_nsec()),
            ctime_ns: time(about.ctime(), about.ctime_nsec()),
        })
    }

    /// A process of the task is stopped at a call on the path, and goes on.
    async fn stopped(&self, task: &Task, path: &str, kind: WriteKind, pid: u32) {
        let before = self.state(path);
        let (path, task) = (path.to_owned(), task.uuid.clone());
        let write = Write { path, kind, folder: false, task, pid, at: nanos(), before };
        written::take_in(&self.core, self.project(), &write).await.unwrap();
        self.core.writes.record(self.project(), [write]);
    }

    /// A program of the task writes a file in place.
    async fn program(&self, task: &Task, path: &str, text: &str) {
        self.stopped(task, path, WriteKind::Opened, GONE).await;
        self.write(path, text);
    }

    /// A program of the task writes a new file over the old one.
    async fn replaces(&self, task: &Task, path: &str, text: &str) {
        let new = format!("{path}.tmp");
        self.program(task, &new, text).await;
        self.moves(task, &new, path).await;
    }

    async fn moves(&self, task: &Task, from: &str, to: &str) {
        self.stopped(task, from, WriteKind::Removed, GONE).await;
        self.stopped(task, to, WriteKind::Renamed { from: Some(from.to_owned()) }, GONE).await;
        std::fs::rename(self.root.join(from), self.root.join(to)).unwrap();
    }

    /// The tracer's word some time after writes.
    async fn told<'p>(&self, paths: impl IntoIterator<Item = &'p str>) {
        let paths: BTreeSet<String> = paths.into_iter().map(str::to_owned).collect();
        written::written(&self.core, self.project(), paths).await.unwrap();
    }

    /// So much time passes that no write of an earlier report can follow.
    async fn time_passes(&self) {
        let tree = self.core.trees.of(self.project());
        let mut known = tree.known.lock().await;
        known.written.values_mut().flatten().for_each(|(report, _)| report.at -= 10_000_000_000);
    }
}

fn with(text: &str, line: usize, new: &str) -> String {
    text.replace(&format!("line {line}\n"), new)
}

#[tokio::test]
async fn what_a_program_of_a_task_wrote_is_its_own_and_the_rest_is_the_persons() {
    let world = traced(&[("b.txt", "x\n"), ("c.txt", "x\n")]).await;
    let background = world.shell(&world.a).await;
    edits::end_calls(&world.core, &world.a, true, chorus::clock::now()).await.unwrap();
    world.program(&world.a, "a.txt", &with(&numbered(&[]), 3, "by the program\n")).await;
    world.write("b.txt", "mine\n");
    world.write("notes.txt", "password\n");
    world.replaces(&world.b, "c.txt", "by a program of b\n").await;
    world.settle().await;
    assert_eq!(world.whose("a.txt").await, "a:3");
    assert_eq!(world.whose("b.txt").await, "user:1");
    assert_eq!(world.whose("notes.txt").await, "user:* user:1");
    assert_eq!(world.whose("c.txt").await, "b:1");
    world.shell_ends(&background).await;
}

#[tokio::test]
async fn what_may_come_from_a_process_that_is_not_traced_is_unclaimed() {
    let world = traced(&[("b.txt", "x\n")]).await;
    let command = world.shell(&world.a).await;
    world.write("b.txt", "by a container?\n");
    world.program(&world.a, "c.txt", "by the command\n").await;
    world.shell_ends(&command).await;
    assert_eq!((world.whose("b.txt").await, world.whose("c.txt").await), ("?a:1".into(), "a:* a:1".into()));
    world.write("d.txt", "");
    world.settle().await;
    assert_eq!(world.whose("d.txt").await, "user:*", "the command has ended");
    drop(world.core.writes.enter(world.project(), &world.b.uuid, "another launch", 0));
    world.write("e.txt", "");
    world.settle().await;
    assert_eq!(world.whose("e.txt").await, "?:*", "a tracer does not answer");
}

#[tokio::test]
async fn a_formatter_after_an_edit_is_the_tasks_whose_hook_it_is() {
    let world = traced(&[]).await;
    world.stopped(&world.a, "a.txt", WriteKind::Opened, GONE).await;
    world.edit(&world.a, "a.txt", "line 3\n", "a\n").await;
    world.program(&world.a, "a.txt", &with(&world.read("a.txt"), 25, "line  25\n")).await;
    world.told(["a.txt"]).await;
    assert_eq!(world.whose("a.txt").await, "a:3 a:25");
}

#[tokio::test]
async fn whoever_wrote_between_two_reports_is_not_the_reporter() {
    let world = traced(&[]).await;
    world.write("a.txt", &with(&world.read("a.txt"), 9, "mine\n"));
    world.program(&world.a, "a.txt", &with(&world.read("a.txt"), 3, "a\n")).await;
    world.program(&world.b, "a.txt", &with(&world.read("a.txt"), 20, "b\n")).await;
    world.settle().await;
    let whose = world.whose("a.txt").await;
    assert!(whose.starts_with("a:3 user:9") && !whose.contains("a:20"), "{whose}");
    // As when the call could not wait for it.
    world.write("a.txt", &with(&world.read("a.txt"), 12, "mine\n"));
    let write = Write {
        path: "a.txt".into(),
        kind: WriteKind::Opened,
        folder: false,
        task: world.b.uuid.clone(),
        pid: GONE,
        at: nanos(),
        before: world.state("a.txt"),
    };
    world.core.writes.record(world.project(), [write]);
    world.write("a.txt", &with(&world.read("a.txt"), 15, "b\n"));
    world.settle().await;
    let whose = world.whose("a.txt").await;
    let is_named = |line: &str| whose.split(' ').any(|place| place == format!("b:{line}"));
    assert!(!is_named("12") && !is_named("15"), "{whose}");
}

#[tokio::test]
async fn a_file_that_is_held_open_is_written_for_as_long() {
    let world = traced(&[]).await;
    world.stopped(&world.a, "log", WriteKind::Opened, std::process::id()).await;
    let mut log = std::fs::File::create(world.root.join("log")).unwrap();
    world.told(["log"]).await;
    std::io::Write::write_all(&mut log, b"late\n").unwrap();
    world.settle().await;
    assert_eq!(world.whose("log").await, "a:* a:1");
}

#[tokio::test]
async fn a_file_that_was_open_before_the_daemon_s_restart_is_written_for_as_long() {
    let mut world = traced(&[]).await;
    world.stopped(&world.a, "log", WriteKind::Opened, std::process::id()).await;
    let [mut report] = world.core.writes.all(world.project()).try_into().unwrap();
    let mut log = std::fs::File::create(world.root.join("log")).unwrap();
    std::io::Write::write_all(&mut log, b"early\n").unwrap();
    world.told(["log"]).await;
    world.settle().await;
    world.restart().await;
    enter(&world);
    // The tracer sends it again, as it was.
    report.at -= 10_000_000_000;
    world.core.writes.record(world.project(), [report]);
    world.settle().await;
    std::io::Write::write_all(&mut log, b"late\n").unwrap();
    world.settle().await;
    assert_eq!(world.whose("log").await, "a:* a:1-2");
}

#[tokio::test]
async fn lines_that_are_moved_keep_their_owners() {
    let world = traced(&[]).await;
    world.program(&world.b, "a.txt", &with(&world.read("a.txt"), 3, "b\n")).await;
    world.settle().await;
    world.moves(&world.a, "a.txt", "moved.txt").await;
    world.settle().await;
    assert_eq!(world.whose("moved.txt").await, "a:* a:1-2 b:3 a:4-30");
    std::fs::rename(world.root.join("moved.txt"), world.root.join("again.txt")).unwrap();
    world.settle().await;
    let whose = world.whose("again.txt").await;
    assert!(whose.contains("b:3 ") && !whose.contains("user:3"), "{whose}");
}

/// Pseudo-random numbers below a bound, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// Programs of two tasks and of the person write into the same files in many ways. Every line is its author's or
/// nobody's. `CHORUS_TEST_CASES` sets how many programs there are.
#[tokio::test]
async fn no_line_is_ever_anothers() {
    let cases = std::env::var("CHORUS_TEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(200);
    let world = traced(&[]).await;
    let (mut exact, mut all) = (0, 0);
    for case in 0..cases {
        let mut dice = Dice(case);
        let files = [format!("{case}/one.txt"), format!("{case}/two.txt")];
        let mut authors: BTreeMap<String, Owner> = BTreeMap::new();
        let mut unseen: BTreeSet<String> = BTreeSet::new();
        for step in 0..5 {
            let path = &files[dice.below(2)];
            let text = std::fs::read_to_string(world.root.join(path)).unwrap_or_default();
            let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
            let new = format!("{case} {step}\n");
            let at = dice.below(lines.len() + 1);
            let removed = dice.below(3).min(lines.len() - at) / 2;
            lines.splice(at..at + removed, [new.as_str()]);
            let text = lines.concat();
            let task = [&world.a, &world.b][dice.below(2)];
            let author = match dice.below(6) {
                kind @ 0..=2 => {
                    // The tracer has told of what tasks wrote before.
                    world.told(std::mem::take(&mut unseen).iter().map(String::as_str)).await;
                    world.write(path, &text);
                    if kind == 0 {
                        world.save(path).await;
                    }
                    Owner::User
                }
                3 if dice.below(2) == 0 => {
                    let input = serde_json::json!({"file_path": world.root.join(path), "content": text});
                    let (begun, _) = world.pre(task, "Write", input).await;
                    world.program(task, path, &text).await;
                    world.post(&begun, serde_json::json!({"type": "update", "content": text})).await;
                    Owner::Task(task.uuid.clone())
                }
                3 => {
                    world.replaces(task, path, &text).await;
                    Owner::Task(task.uuid.clone())
                }
                _ => {
                    world.program(task, path, &text).await;
                    Owner::Task(task.uuid.clone())
                }
            };
            if author != Owner::User {
                unseen.insert(path.clone());
            }
            authors.insert(new, author);
            if dice.below(3) == 0 {
                world.told(std::mem::take(&mut unseen).iter().map(String::as_str)).await;
                world.time_passes().await;
            }
        }
        world.settle().await;
        for path in &files {
            let Ok(text) = std::fs::read_to_string(world.root.join(path)) else { continue };
            let (project, name) = (world.project().to_owned(), path.clone());
            let ledger = world.core.store().unwrap().read(move |tx| tx.ledger(&project, &name)).await.unwrap().unwrap();
            for (line, text) in text.split_inclusive('\n').enumerate() {
                let owner = ledger.owner_of_line(line + 1).unwrap();
                let author = &authors[text];
                assert!(
                    matches!(owner, Owner::Unclaimed(_)) || owner == author,
                    "case {case}: {text:?} of {author:?} is {owner:?}"
                );
                exact += usize::from(owner == author);
                all += 1;
            }
        }
        if case % 20 == 19 {
            world.commit();
            world.settle().await;
        }
    }
    assert!(exact * 3 > all, "{exact} of {all} lines have an owner");
}
