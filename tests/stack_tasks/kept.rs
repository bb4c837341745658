//! What rewrites the shared tree and is cut short, or meets another writer: every byte is in the tree, in a commit or under
//! a reference that the task names, and the next verb works.

use super::edits::{edit, numbered, numbered_but, write};
use super::world::{World, any, each_standin};
use chorus_testkit::but::Grammar;
use chorus_testkit::wait_until;

/// A task with a commit and uncommitted edits beside another's in the same file.
struct Scene {
    world: World,
    task: String,
    branch: String,
    rounds: usize,
}

impl Scene {
    fn new(world: World) -> Scene {
        let task = world.rested("Given up", &(edit("b.txt", 5, "five") + "[[say done]]"));
        world.commits(&task, 1);
        let branch = world.branch(&task);
        let mut scene = Scene { world, task, branch, rounds: 0 };
        scene.edits("send");
        scene.world.asking("Other", &edit("a.txt", 30, "thirty by the other"));
        scene
    }

    /// Edits whose turn is not over.
    #[track_caller]
    fn edits(&mut self, verb: &str) {
        self.rounds += 1;
        let markers = edit("a.txt", self.rounds * 2 + 9, "mine") + &write(&format!("{}.txt", self.rounds), "new\n");
        let prompt = format!("{markers} [[ask]] [[say done]]");
        match verb {
            "send" => self.world.json(["send", &self.task, &prompt]),
            _ => self.world.json(["start", &self.task, "--prompt", &prompt]),
        };
        self.world.asks(&self.task);
    }

    fn text(&self) -> String {
        let lines = (1..=self.rounds).map(|round| (round * 2 + 9, "mine")).chain([(30, "thirty by the other")]);
        numbered_but(&lines.collect::<Vec<_>>())
    }

    #[track_caller]
    fn is_whole(&self) {
        assert_eq!(self.world.read("a.txt"), self.text());
        assert_eq!(self.world.read("b.txt"), numbered("line").replace("line 5\n", "five\n"));
        for round in 1..=self.rounds {
            assert_eq!(self.world.read(&format!("{round}.txt")), "new\n");
        }
    }

    #[track_caller]
    fn is_gone(&self) {
        assert_eq!(self.world.read("a.txt"), numbered_but(&[(30, "thirty by the other")]));
        assert_eq!(self.world.read("b.txt"), numbered("line"));
        assert!((1..=self.rounds).all(|round| !self.world.project().join(format!("{round}.txt")).exists()));
    }
}

#[test]
fn a_discard_that_is_killed_at_any_call_of_but_is_finished_or_was_not_begun() {
    each_standin(|world| {
        let mut scene = Scene::new(world);
        let tip = scene.world.git(["rev-parse", &scene.branch]);
        let task = scene.task.clone();
        for (side, word) in
            [("before", "branch"), ("after", "branch"), ("before", "unapply"), ("after", "unapply"), ("before", "diff")]
        {
            scene.world.killed_at(&["fail", &task, "--discard"], side, word, 1);
            if scene.world.look(&task)["status"] != "failed" {
                scene.world.json(["fail", &task]);
            }
            let is_there = scene.world.branches().contains(&scene.branch);
            if is_there {
                scene.is_whole();
                scene.world.json(["reopen", &task]);
            } else {
                scene.is_gone();
                let journal = scene.world.journal(&task);
                assert!(journal.iter().any(|(what, _)| what == "discarded"), "{side} {word}: {journal:?}");
                scene.world.json(["reopen", &task, "--restore"]);
            }
            scene.is_whole();
            assert_eq!(scene.world.git(["rev-parse", &scene.branch]), tip, "{side} {word}");
            scene.edits("start");
        }
    });
}

#[test]
fn a_restore_that_is_killed_is_finished_and_one_that_fails_changes_no_task() {
    each_standin(|world| {
        let mut scene = Scene::new(world);
        let task = scene.task.clone();
        scene.world.json(["fail", &task, "--discard"]);
        scene.is_gone();
        scene.world.git(["branch", &scene.branch, "main"]);
        assert_eq!(scene.world.refused(["reopen", &task, "--restore"]).code, "vcs_refused");
        assert_eq!(scene.world.look(&task)["status"], "failed");
        scene.world.git(["branch", "-D", &scene.branch]);
        scene.is_gone();
        for side in ["before", "after"] {
            assert!(scene.world.killed_at(&["reopen", &task, "--restore"], side, "apply", 1), "{side}");
            scene.is_whole();
            assert_eq!(scene.world.look(&task)["status"], "pending");
            scene.edits("start");
            scene.world.json(["fail", &task, "--discard"]);
            scene.is_gone();
        }
    });
}

#[test]
fn lines_that_a_person_writes_while_a_discard_is_planned_stay() {
    each_standin(|world| {
        let scene = Scene::new(world);
        let task = scene.task.clone();
        scene.world.stop("after", "diff", 1);
        let mut verb = scene.world.chorus(["fail", &task, "--discard"]).spawn().unwrap();
        scene.world.stopped();
        let above = "one\ntwo\nthree\n";
        scene.world.write("project/a.txt", &(above.to_owned() + &scene.text()));
        scene.world.go_on();
        scene.world.resume();
        assert!(verb.wait().unwrap().success());
        assert_eq!(scene.world.read("a.txt"), above.to_owned() + &numbered_but(&[(30, "thirty by the other")]));
        assert!(!scene.world.branches().contains(&scene.branch));
        scene.world.json(["reopen", &task, "--restore"]);
        assert_eq!(scene.world.read("a.txt"), above.to_owned() + &scene.text());
    });
}

#[test]
fn a_discard_that_fails_on_the_way_takes_nothing_away_and_is_not_carried_out_later() {
    each_standin(|world| {
        let scene = Scene::new(world);
        let (task, owners) = (scene.task.clone(), scene.world.owners());
        scene.world.stop("after", "diff", 1);
        let mut verb = scene.world.chorus(["fail", &task, "--discard"]).spawn().unwrap();
        scene.world.stopped();
        // The first plan meets another writer, after it took a file away. The second cannot be made.
        let last = "the last\n";
        scene.world.write("project/a.txt", &(scene.text() + last));
        scene.world.fault("garbage@diff");
        scene.world.go_on();
        scene.world.resume();
        assert!(!verb.wait().unwrap().success());
        assert!(scene.world.has_failed());
        assert_eq!(scene.world.intents(), 0);
        let is_whole = || {
            assert_eq!(scene.world.read("a.txt"), scene.text() + last);
            assert_eq!(scene.world.read("1.txt"), "new\n");
            assert!(scene.world.branches().contains(&scene.branch));
        };
        is_whole();
        let of_tasks =
            |owners: Vec<String>| owners.into_iter().filter(|owner| owner.contains(" task ")).collect::<Vec<_>>();
        assert_eq!(of_tasks(scene.world.owners()), of_tasks(owners));
        scene.world.json(["reopen", &task]);
        is_whole();
    });
}

#[test]
fn a_discard_that_waits_for_a_commit_takes_no_line_that_was_written_meanwhile() {
    each_standin(|world| {
        let scene = Scene::new(world);
        let (task, other) = (scene.task.clone(), "2");
        scene.world.stop("before", "commit", 1);
        scene.world.answer(other);
        scene.world.stopped();
        let mut verb = scene.world.chorus(["fail", &task, "--discard"]).spawn().unwrap();
        wait_until("the task has failed", || scene.world.look(&task)["status"] == "failed");
        let theirs = scene.text().replace("mine", "theirs");
        scene.world.write("project/a.txt", &theirs);
        scene.world.go_on();
        scene.world.resume();
        assert!(verb.wait().unwrap().success());
        scene.world.commits(other, 1);
        assert_eq!(scene.world.read("a.txt"), theirs);
        assert!(!scene.world.project().join("1.txt").exists());
    });
}

#[test]
fn what_the_next_daemon_puts_back_of_a_discard_is_its_owners() {
    each_standin(|world| {
        let scene = Scene::new(world);
        let task = scene.task.clone();
        let of_tasks = |scene: &Scene| {
            let owners = scene.world.owners().into_iter();
            owners.filter(|owner| owner.contains(" task ")).collect::<Vec<_>>()
        };
        let owners = of_tasks(&scene);
        // The first call after the files are written.
        let word = if scene.world.program.grammar == Grammar::New { "branch" } else { "unapply" };
        scene.world.stop("before", word, 1);
        let mut verb = scene.world.chorus(["fail", &task, "--discard"]).spawn().unwrap();
        let but = scene.world.stopped();
        verb.kill().unwrap();
        verb.wait().unwrap();
        scene.world.kill_daemon();
        scene.world.go_on();
        scene.world.kill(but);
        assert!(!scene.world.project().join("1.txt").exists());
        let last = "the last\n";
        scene.world.write("project/a.txt", &(scene.world.read("a.txt") + last));
        scene.world.look(&task);
        wait_until("what was begun is undone", || scene.world.intents() == 0);
        assert_eq!(scene.world.read("a.txt"), scene.text() + last);
        assert_eq!(scene.world.read("1.txt"), "new\n");
        assert_eq!(of_tasks(&scene), owners);
    });
}

#[test]
fn nothing_beyond_a_link_is_kept_and_the_folder_comes_back() {
    each_standin(|world| {
        world.write("outside/a.md", "secret\n");
        let outside = world.root().join("outside").display().to_string();
        let task = world.rested("Docs", &(write("docs/a.md", "ours\n") + "[[say done]]"));
        world.commits(&task, 1);
        world.json(["send", &task, &format!("[[bash: rm -rf docs && ln -s {outside} docs]] [[ask]] [[say done]]")]);
        world.asks(&task);
        for path in ["docs", "docs/a.md"] {
            world.assign(path, None, Some(&task));
        }
        let other = world.rested("Other", &(edit("b.txt", 3, "three") + "[[say done]]"));
        world.commits(&other, 1);
        let secret = world.git(["hash-object", &format!("{outside}/a.md")]);
        let objects = world.git(["rev-list", "--objects", "--all"]);
        assert!(!objects.contains(&secret), "{objects}");
        world.json(["fail", &task, "--discard"]);
        assert!(!world.project().join("docs").exists(), "its commit, which made the folder, went too");
        world.json(["reopen", &task, "--restore"]);
        assert_eq!(std::fs::read_link(world.project().join("docs")).unwrap().display().to_string(), outside);
        assert_eq!(std::fs::read_to_string(world.root().join("outside/a.md")).unwrap(), "secret\n");
    });
}

#[test]
fn commits_that_come_back_count_again() {
    any(|world| {
        let task = world.rested("Be one", &(edit("a.txt", 3, "three") + "[[say done]]"));
        world.commits(&task, 1);
        world.json(["fail", &task, "--discard"]);
        assert_eq!(world.look(&task)["commits"], 0);
        world.json(["reopen", &task, "--restore"]);
        assert_eq!(world.look(&task)["commits"], 1);
    });
}
