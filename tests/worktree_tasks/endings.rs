//! Ends: what stays of a worktree and what goes, and how it comes back.

use crate::world::World;
use chorus_testkit::wait_until;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

const EDIT: &str = "Write the greeting [[bash: echo hello > greeting.txt]] [[say I wrote the greeting.]]";

fn begun() -> (World, String) {
    let world = World::new();
    let task = world.rested("Greet people", EDIT);
    world.commits(&task, 1);
    (world, task)
}

fn discarded(world: &World) -> Vec<String> {
    world.git(["for-each-ref", "--format=%(refname)", "refs/chorus/discarded"]).lines().map(str::to_owned).collect()
}

#[test]
fn completed_unmerged_it_stays_and_the_result_says_how_to_merge() {
    let (world, task) = begun();
    let (folder, branch) = (world.worktree(&task), world.branch(&task));
    std::fs::write(folder.join("last.txt"), "last\n").unwrap();
    world.json(["complete", &task, "--message", "The last of it"]);
    assert_eq!(world.subject(&branch), "The last of it");
    let found = world.look(&task);
    assert_eq!((&found["status"], &found["commits"]), (&"completed".into(), &2.into()));
    let said = world.run(["show", &task]).stdout;
    assert!(said.contains(&branch) && said.contains(&format!("git merge {branch}")), "{said}");
    assert!(folder.join("greeting.txt").exists());
    // Reopened, it finds both.
    world.json(["reopen", &task]);
    world.json([
        "start",
        &task,
        "--prompt",
        "Go on with the greeting [[bash: echo more >> greeting.txt]] [[say done]]",
    ]);
    world.commits(&task, 3);
    assert_eq!((world.worktree(&task), world.branch(&task)), (folder.clone(), branch.clone()));
    world.rests(&task, 2);
    // Merged, the worktree goes with the end and the branch stays.
    world.git(["merge", "-q", &branch]);
    world.json(["complete", &task, "--no-edit"]);
    assert!(!folder.exists());
    assert_eq!(world.git(["worktree", "list"]).lines().count(), 1);
    assert_eq!(world.git(["rev-parse", &branch]), world.git(["rev-parse", "main"]));
    let said = world.look(&task)["result"].as_str().unwrap_or_default().to_owned();
    assert!(!said.contains(&format!("git merge {branch}")), "it is merged: {said}");
    // Reopened after that, it gets a worktree again.
    world.json(["reopen", &task]);
    world.json(["start", &task, "--prompt", "Go on still with it [[bash: echo still >> greeting.txt]] [[say done]]"]);
    world.commits(&task, 4);
    assert!(folder.exists());
}

#[test]
fn committed_at_the_end_only() {
    let world = World::new();
    world.configure("[vcs]\ncommit = \"complete\"\n");
    let task = world.rested("Greet people", EDIT);
    let page = world.awaits(&task, "one uncommitted file", |page| page["task"]["uncommitted"] == 1);
    assert_eq!(page["task"]["commits"], 0);
    world.json(["complete", &task, "--no-edit"]);
    let found = world.look(&task);
    assert_eq!((&found["commits"], &found["uncommitted"]), (&1.into(), &0.into()));
    assert!(world.subject(&world.branch(&task)).starts_with("Write the greeting"));
}

#[test]
fn merged_later_it_goes_when_the_task_is_deleted() {
    let (world, task) = begun();
    let (folder, branch) = (world.worktree(&task), world.branch(&task));
    world.json(["complete", &task, "--no-edit"]);
    assert!(folder.exists());
    world.git(["merge", "-q", "--squash", &branch]);
    world.commit("squashed");
    world.json(["delete", &task]);
    assert!(!folder.exists());
    // An unmerged one is nobody's to remove.
    let other = world.rested("Another", "Write another file here [[bash: echo other > greeting.txt]] [[say done]]");
    world.commits(&other, 1);
    let kept = world.worktree(&other);
    std::fs::write(kept.join("greeting.txt"), "changed\n").unwrap();
    world.json(["fail", &other, "--reason", "not needed"]);
    let healthy = |world: &World| !world.json(["health"]).to_string().contains("\"worktrees\"");
    assert!(healthy(&world));
    let told = world.run(["delete", &other]);
    assert!(told.stderr.contains(&*kept.to_string_lossy()), "{told:?}");
    assert_eq!(std::fs::read_to_string(kept.join("greeting.txt")).unwrap(), "changed\n");
    let health = world.json(["health"]).to_string();
    assert!(health.contains(&format!("no task has {} any more", kept.display())), "{health}");
}

#[test]
fn without_edits_nothing_stays() {
    let world = World::new();
    let before = world.traces();
    let task = world.rested("Only talk", "Tell me about it please [[say so it is]]");
    world.json(["complete", &task, "--no-edit"]);
    assert_eq!(world.traces(), before);
    world.json(["reopen", &task]);
    world.json(["start", &task, "--prompt", EDIT]);
    world.commits(&task, 1);
    assert!(world.worktree(&task).join("greeting.txt").exists());
}

#[test]
fn failed_it_is_kept_with_every_byte() {
    let (world, task) = begun();
    let folder = world.worktree(&task);
    std::fs::write(folder.join("loose.txt"), "loose\n").unwrap();
    world.json(["fail", &task]);
    assert_eq!(std::fs::read_to_string(folder.join("loose.txt")).unwrap(), "loose\n");
    assert!(discarded(&world).is_empty());
    world.json(["reopen", &task]);
    world.json(["start", &task, "--prompt", "Have another try at it [[say trying]]"]);
    world.commits(&task, 2);
    assert_eq!(world.on(&world.branch(&task), "loose.txt").unwrap(), "loose\n");
}

#[test]
fn a_discard_is_taken_back() {
    let (world, task) = begun();
    let (folder, branch) = (world.worktree(&task), world.branch(&task));
    std::fs::write(folder.join("loose.txt"), "loose\n").unwrap();
    world.json(["fail", &task, "--discard"]);
    assert!(!folder.exists());
    let undone = world.json(["undo", "--yes"])["text"].as_str().unwrap().to_owned();
    assert!(undone.contains("with its branch and its uncommitted edits"), "{undone}");
    assert_eq!(world.look(&task)["status"], "pending");
    assert_eq!(world.on(&branch, "greeting.txt").unwrap(), "hello\n");
    assert_eq!(std::fs::read_to_string(folder.join("loose.txt")).unwrap(), "loose\n");
    // Deleted and brought back, it still knows its branch.
    world.json(["delete", &task]);
    world.json(["undo", "--yes"]);
    assert_eq!(world.branch(&task), branch);
}

#[test]
fn discarded_it_is_kept_and_comes_back() {
    let (world, task) = begun();
    let (folder, branch) = (world.worktree(&task), world.branch(&task));
    std::fs::write(folder.join("loose.txt"), "loose\n").unwrap();
    world.json(["fail", &task, "--discard"]);
    assert!(!folder.exists());
    assert_eq!(world.git(["for-each-ref", "refs/heads/chorus"]), "");
    let kept = discarded(&world);
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(world.on(&kept[0], "loose.txt").unwrap(), "loose\n");
    assert!(world.journal(&task).iter().any(|(what, text)| what == "discarded" && text.contains(&kept[0])));
    // Back as it was: the commit on the branch, the rest uncommitted.
    world.json(["reopen", &task, "--restore"]);
    let found = world.look(&task);
    assert_eq!((&found["status"], &found["commits"], &found["uncommitted"]), (&"pending".into(), &1.into(), &1.into()));
    assert_eq!(std::fs::read_to_string(folder.join("loose.txt")).unwrap(), "loose\n");
    assert_eq!(world.git(["log", "--format=%an", &format!("main..{branch}")]), "A Tester");
    let go_on = "Go on with the greeting [[bash: echo more >> greeting.txt; rm README.md]] [[say done]]";
    world.json(["start", &task, "--prompt", go_on]);
    world.commits(&task, 2);
    assert_eq!((world.worktree(&task), world.branch(&task)), (folder.clone(), branch.clone()));
    assert_eq!(world.on(&branch, "greeting.txt").unwrap(), "hello\nmore\n");
    assert_eq!(world.on(&branch, "loose.txt").unwrap(), "loose\n");
    world.rests(&task, 2);

    // Discarded again and reopened without it: it begins anew.
    world.json(["fail", &task, "--discard"]);
    world.json(["reopen", &task]);
    world.json(["start", &task, "--prompt", "Start all over again [[bash: echo anew > anew.txt]] [[say done]]"]);
    world.rests(&task, 3);
    world.awaits(&task, "its commit", |page| page["task"]["commits"].as_i64() > Some(0));
    let branch = world.branch(&task);
    assert!(world.on(&branch, "anew.txt").is_some() && world.on(&branch, "greeting.txt").is_none());
    assert_eq!(discarded(&world).len(), 2);
}

#[test]
fn a_restore_that_is_killed_in_the_middle_of_the_checkout_is_finished() {
    let (world, task) = begun();
    let (folder, branch) = (world.worktree(&task), world.branch(&task));
    let tip = world.git(["rev-parse", &branch]);
    std::fs::write(folder.join("loose.txt"), "loose\n").unwrap();
    std::fs::write(folder.join("greeting.txt"), "hello, and more\n").unwrap();
    world.json(["fail", &task, "--discard"]);
    assert!(!folder.exists() && discarded(&world).len() == 1);
    // A filter of the repository's holds the checkout.
    let (begun, hold) = (world.root().join("begun"), world.write("hold", ""));
    let waits = format!("touch {}; while [ -e {} ]; do sleep 0.05; done; cat", begun.display(), hold.display());
    world.git(["config", "filter.waits.smudge", &waits]);
    std::fs::write(world.project().join(".git/info/attributes"), "*.txt filter=waits\n").unwrap();
    let mut restore = world.chorus(["reopen", &task, "--restore"]).spawn().unwrap();
    wait_until("the checkout waits", || begun.exists());
    restore.kill().unwrap();
    restore.wait().unwrap();
    world.kill_daemon();
    std::fs::remove_file(hold).unwrap();
    wait_until("it is finished", || {
        world.look(&task);
        let store = rusqlite::Connection::open(world.state().join("chorus.db")).unwrap();
        store.query_row("SELECT count(*) FROM intents", [], |row| row.get::<_, i64>(0)).unwrap() == 0
    });
    assert_eq!(world.look(&task)["status"], "pending");
    assert_eq!(world.git(["rev-parse", &branch]), tip);
    assert_eq!(std::fs::read_to_string(folder.join("loose.txt")).unwrap(), "loose\n");
    assert_eq!(std::fs::read_to_string(folder.join("greeting.txt")).unwrap(), "hello, and more\n");
    world.json(["start", &task, "--prompt", "Go on [[bash: echo x > x.txt]] [[say done]]"]);
    world.commits(&task, 2);
    assert_eq!(world.on(&branch, "loose.txt").unwrap(), "loose\n");
}

#[test]
fn files_of_every_name_and_size_and_repositories_inside_come_back() {
    let (world, task) = begun();
    let folder = world.worktree(&task);
    let odd = |name: &[u8]| folder.join(OsStr::from_bytes(name));
    std::fs::write(odd(b"gone \xe9"), "gone\n").unwrap();
    std::fs::write(odd(b"kept \xe9"), "kept\n").unwrap();
    std::fs::File::create(folder.join("grows.bin")).unwrap().set_len(65 << 20).unwrap();
    world.git_in(&folder, &["add", "-A"]);
    world.git_in(&folder, &["commit", "-qm", "odd names"]);
    std::fs::remove_file(odd(b"gone \xe9")).unwrap();
    std::fs::write(odd(b"kept \xe9"), "edited\n").unwrap();
    std::fs::write(odd(b"new \xe9"), "new\n").unwrap();
    std::fs::File::create(folder.join("grows.bin")).unwrap().set_len(66 << 20).unwrap();
    std::fs::File::create(folder.join("large.bin")).unwrap().set_len(67 << 20).unwrap();
    world.git_in(&folder, &["init", "-q", "inner"]);
    world.git_in(&folder.join("inner"), &["commit", "-q", "--allow-empty", "-m", "inner"]);
    let inner = world.git_in(&folder.join("inner"), &["rev-parse", "HEAD"]);

    world.json(["fail", &task, "--discard"]);
    assert!(!folder.exists());
    let journal = world.journal(&task);
    assert!(journal.iter().any(|(what, text)| what == "discarded" && text.contains("repositories inside are in")));
    world.json(["reopen", &task, "--restore"]);
    let read = |name: &[u8]| std::fs::read_to_string(odd(name)).ok();
    assert_eq!(read(b"gone \xe9"), None);
    assert_eq!(read(b"kept \xe9").as_deref(), Some("edited\n"));
    assert_eq!(read(b"new \xe9").as_deref(), Some("new\n"));
    let size = |name: &str| folder.join(name).metadata().unwrap().len() >> 20;
    assert_eq!((size("grows.bin"), size("large.bin")), (66, 67));
    assert_eq!(world.git_in(&folder.join("inner"), &["rev-parse", "HEAD"]), inner);
}
