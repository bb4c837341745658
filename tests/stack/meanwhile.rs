//! Another writer while a commit is made.

use super::world::{A, World, each, task};
use chorus::attribution::Owner;
use chorus::commits::plan::Why;
use chorus::vcs::commit::{CommitOutcome, TroubleKind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

#[test]
fn what_somebody_else_adds_after_the_plan_is_not_committed() {
    each(async |world: &mut World| {
        world.repository.change_line("a.txt", 3, "three by a");
        world.claim_lines("a.txt", 2..=3, task("a"));
        world.claim_lines("a.txt", 29..=30, Owner::User);
        let path = world.repository.path().join("a.txt");
        let mut once = true;
        world.meanwhile = Some(Box::new(move || {
            if std::mem::take(&mut once) {
                let text = std::fs::read_to_string(&path).unwrap().replace("line 30\n", "thirty by the user\n");
                std::fs::write(&path, text).unwrap();
            }
        }));
        let outcome = world.commit("a").await;
        world.made(outcome);
        let text = String::from_utf8(world.repository.file_on(A, "a.txt").unwrap()).unwrap();
        assert!(text.contains("three by a") && text.contains("line 30\n"), "{text}");
        let tree = String::from_utf8(world.repository.read("a.txt").unwrap()).unwrap();
        assert!(tree.contains("three by a") && tree.contains("thirty by the user"), "{tree}");
        let count = world.repository.git(["rev-list", "--count", &format!("main..{A}")]);
        assert_eq!(count, "1", "what was wrong was taken back");
        world.meanwhile = None;
        world.next_works().await;
    });
}

#[test]
fn a_binary_written_after_the_plan_is_planned_again() {
    each(async |world: &mut World| {
        world.repository.write("bin", [0, 1, 2]);
        world.claim("bin", task("a"));
        let path = world.repository.path().join("bin");
        let mut once = true;
        world.meanwhile = Some(Box::new(move || {
            if std::mem::take(&mut once) {
                std::fs::write(&path, [0, 3, 4, 5]).unwrap();
            }
        }));
        let outcome = world.commit("a").await;
        world.made(outcome);
        assert_eq!(world.intents.len(), 2);
        assert_eq!(world.repository.file_on(A, "bin").unwrap(), [0, 3, 4, 5]);
        world.kept("bin", &[0, 1, 2]);
    });
}

/// Changes the first line of a file every two milliseconds.
struct Writer {
    go: Arc<AtomicBool>,
    thread: JoinHandle<String>,
}

impl Writer {
    fn start(path: PathBuf) -> Writer {
        let go = Arc::new(AtomicBool::new(true));
        let until = go.clone();
        let thread = std::thread::spawn(move || {
            let mut last = String::new();
            for number in 0.. {
                if !until.load(Ordering::Relaxed) {
                    break;
                }
                // `but` takes a file away for a moment while it writes it.
                if let Ok(text) = std::fs::read_to_string(&path)
                    && let Some((_, rest)) = text.split_once('\n')
                {
                    last = format!("head {number}\n{rest}");
                    std::fs::write(&path, &last).unwrap();
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            last
        });
        Writer { go, thread }
    }

    /// Its last bytes.
    fn end(self) -> String {
        self.go.store(false, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

#[test]
fn a_file_that_is_written_all_the_time_loses_nothing() {
    each(async |world: &mut World| {
        world.claim("a.txt", task("a"));
        world.repository.change_line("a.txt", 30, "thirty");
        let until = Instant::now() + Duration::from_secs(3);
        while Instant::now() < until {
            let writer = Writer::start(world.repository.path().join("a.txt"));
            let outcome = world.commit("a").await;
            let last = writer.end();
            match outcome {
                CommitOutcome::Committed(one) => {
                    assert!(one.trouble.as_ref().is_none_or(|it| it.kind == TroubleKind::Conflicted), "{one:?}");
                    resolved(world, one.trouble.is_some()).await;
                }
                CommitOutcome::Trouble(trouble) => {
                    assert!(matches!(trouble.kind, TroubleKind::Changing | TroubleKind::Conflicted), "{trouble:?}");
                    resolved(world, trouble.kind == TroubleKind::Conflicted).await;
                }
                CommitOutcome::Nothing { left } => {
                    resolved(world, left.iter().any(|it| it.why == Why::Conflicted)).await
                }
            }
            let now = world.repository.read("a.txt").unwrap();
            if !String::from_utf8_lossy(&now).contains("thirty") {
                panic!("lost: {}", String::from_utf8_lossy(&now));
            }
            // A writer that kept on editing between the markers wrote parts of them back.
            if !["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| last.contains(mark)) {
                world.kept("a.txt", last.as_bytes());
            }
        }
        world.next_works().await;
        let outcome = world.commit("a").await;
        assert!(!matches!(outcome, CommitOutcome::Trouble(_)), "{outcome:?}");
        assert!(!world.repository.dirty().contains(&"a.txt".to_owned()));
    });
}

/// A conflict that could not be taken out of a file by itself, and was told, is resolved as a person would.
async fn resolved(world: &World, told: bool) {
    let text = String::from_utf8(world.repository.read("a.txt").unwrap()).unwrap();
    let open = world.but.status().await.unwrap().conflicted;
    let marks = ["<<<<<<<", "=======", ">>>>>>>"];
    let marked = text.lines().any(|line| marks.iter().any(|mark| line.starts_with(mark)));
    assert!(told || (open.is_empty() && !marked), "{open:?} that nobody was told of: {text}");
    let mut theirs = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        theirs = if line.starts_with(marks[1]) { true } else { theirs };
        if !theirs && !line.starts_with(marks[0]) {
            lines.push(line);
        }
        theirs = if line.starts_with(marks[2]) { false } else { theirs };
    }
    if marked {
        world.repository.write("a.txt", lines.join("\n") + "\n");
    }
    if !open.is_empty() {
        world.repository.but(["resolve", "a.txt", "--json"]);
    }
}

#[test]
fn writes_to_other_files_are_not_disturbed() {
    each(async |world: &mut World| {
        world.claim("a.txt", task("a"));
        let writer = Writer::start(world.repository.path().join("b.txt"));
        for number in 0..5 {
            world.repository.change_line("a.txt", 5, &format!("five {number}"));
            let outcome = world.commit("a").await;
            let made = world.made(outcome);
            assert_eq!((made.paths.join(" ").as_str(), made.trouble), ("a.txt", None));
        }
        let last = writer.end();
        assert_eq!(world.repository.read("b.txt").unwrap(), last.as_bytes());
        assert!(world.repository.changed_on(A).iter().all(|path| path == "a.txt"));
    });
}
