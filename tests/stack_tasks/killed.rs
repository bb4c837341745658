//! Commits that are cut short: the daemon killed at every step, a `but` that dies, hangs or answers nonsense, a full
//! disk, another writer. Afterwards every byte is somewhere, no edit is on a wrong branch, and the next commit works.

use super::edits::{edit, numbered_but, write};
use super::world::World;
use chorus_testkit::but::{Program, standins};
use chorus_testkit::{processes, wait_until};

/// Two tasks edit one file at the same time, round by round; the person has edited it, too.
struct Scene {
    world: World,
    one: String,
    two: String,
    /// So many rounds are over.
    rounds: usize,
    /// What the tasks have in `a.txt` besides.
    more: String,
}

impl Scene {
    fn new(program: &Program) -> Scene {
        println!("on {}", program.name);
        let world = World::new(program);
        world.write("project/a.txt", &numbered_but(&[(40, "forty by me")]));
        let one = world.rested("Be one", "[[say ready]]");
        let two = world.asking("Be two", &edit("a.txt", 30, "thirty by two"));
        Scene { world, one, two, rounds: 0, more: String::new() }
    }

    fn line(&self) -> usize {
        self.rounds * 2 + 1
    }

    /// The first task edits, and its turn is not over.
    #[track_caller]
    fn edited(&mut self) {
        self.rounds += 1;
        let markers = edit("a.txt", self.line(), "by one") + &write(&format!("{}.txt", self.rounds), "of one\n");
        self.world.json(["send", &self.one, &format!("{markers} [[ask]] [[say done]]")]);
        self.world.asks(&self.one);
    }

    fn text(&self) -> String {
        let lines = (1..=self.rounds).map(|round| (round * 2 + 1, "by one"));
        let others = [(30, "thirty by two"), (40, "forty by me")];
        numbered_but(&lines.chain(others).collect::<Vec<_>>()) + &self.more
    }

    /// The tree is as it was left.
    #[track_caller]
    fn tree(&self) {
        assert_eq!(self.world.read("a.txt"), self.text());
        for round in 1..=self.rounds {
            assert_eq!(self.world.read(&format!("{round}.txt")), "of one\n");
        }
    }

    /// The commit is made, once; the other's and the person's edits are as uncommitted as before.
    #[track_caller]
    fn is_committed(&self) {
        let Scene { world, one, two, .. } = self;
        world.commits(one, self.rounds);
        self.tree();
        let lines = (1..=self.rounds).map(|round| (round * 2 + 1, "by one")).collect::<Vec<_>>();
        let branch = world.branch(one);
        assert_eq!(world.on(&branch, "a.txt").unwrap(), numbered_but(&lines));
        assert_eq!(world.on(&branch, &format!("{}.txt", self.rounds)).unwrap(), "of one\n");
        assert_eq!(world.changed_on(&world.branch(two)), [""; 0]);
        assert_eq!(world.owners()[..2], [format!("a.txt:30 task {two}"), "a.txt:40 user".into()]);
        assert_eq!(self.intents(), 0);
    }

    /// The other's commit works, too.
    #[track_caller]
    fn ends(&self) {
        let Scene { world, two, .. } = self;
        world.answer(two);
        world.commits(two, 1);
        assert_eq!(world.changed_on(&world.branch(two)), ["a.txt -line 30", "a.txt +thirty by two"]);
        self.is_there();
    }

    #[track_caller]
    fn is_there(&self) {
        self.tree();
        assert_eq!(self.world.owners()[0], "a.txt:40 user");
    }

    /// What is written down of commits that are being made.
    fn intents(&self) -> usize {
        let store = rusqlite::Connection::open(self.world.state().join("chorus.db")).unwrap();
        store.query_row("SELECT count(*) FROM intents", [], |row| row.get::<_, i64>(0)).unwrap().try_into().unwrap()
    }

    /// The daemon is killed while the turn's commit is at that call of `but`, with a fault or without; false when the
    /// commit needed fewer.
    #[track_caller]
    fn killed_at(&mut self, side: &str, word: &str, call: usize, fault: Option<&str>) -> bool {
        self.edited();
        fault.iter().for_each(|fault| self.world.fault(fault));
        self.world.stop(side, word, call);
        self.world.answer(&self.one);
        let file = self.world.root().join("but/stopped");
        wait_until("but stops, or the commit is made", || {
            file.exists() || self.world.count(&self.one, "committed") == self.rounds
        });
        if !file.exists() {
            self.world.go_on();
            self.is_committed();
            return false;
        }
        let but = self.world.stopped();
        self.world.kill_daemon();
        self.tree();
        // The next daemon awaits it, so it must end, as one that works would.
        self.world.kill(but);
        self.is_committed();
        true
    }
}

#[test]
fn the_daemon_at_each_call_of_but() {
    for program in standins() {
        let mut scene = Scene::new(&program);
        for side in ["before", "after"] {
            assert!(scene.killed_at(side, "commit", 1, None));
        }
        for word in ["status", "diff"] {
            let looks = (1..4).take_while(|call| scene.killed_at("before", word, *call, None)).count();
            assert!(looks > 0, "{word} was among the calls");
        }
        scene.ends();
    }
}

#[test]
fn a_daemon_that_is_asked_to_end_in_the_middle_of_a_commit() {
    for program in standins() {
        let mut scene = Scene::new(&program);
        for side in ["before", "after"] {
            scene.edited();
            scene.world.stop(side, "commit", 1);
            scene.world.answer(&scene.one);
            let but = scene.world.stopped();
            let daemon = scene.world.a_daemon();
            let ran = scene.world.command("kill").args(["-TERM", &daemon.to_string()]).output().unwrap();
            assert!(ran.status.success());
            // It awaits its `but` or leaves it to the next daemon.
            scene.world.resume();
            wait_until("the daemon has ended", || !processes::is_alive(daemon));
            wait_until("but has ended", || !processes::is_alive(but));
            scene.is_committed();
        }
        scene.ends();
    }
}

#[test]
fn the_daemon_and_a_but_that_dies() {
    for program in standins() {
        let mut scene = Scene::new(&program);
        for fault in ["die-between", "die-after", "garbage", "empty-commit", "disk-full"] {
            assert!(scene.killed_at("after", "commit", 1, Some(fault)));
            assert!(scene.world.has_failed(), "{fault}");
        }
        scene.ends();
    }
}

#[test]
fn a_full_disk() {
    for program in standins() {
        let mut scene = Scene::new(&program);
        scene.edited();
        scene.world.fault("disk-full");
        scene.world.answer(&scene.one);
        let trouble = scene.world.trouble(&scene.one);
        assert!(trouble["text"].as_str().unwrap().contains("No space left"), "{trouble}");
        assert_eq!(scene.world.look(&scene.one)["uncommitted"], 2);
        scene.tree();
        assert_eq!(scene.intents(), 0);
        scene.world.json(["commit", &scene.one]);
        scene.is_committed();
        scene.ends();
    }
}

#[test]
fn another_writer_of_the_file_that_is_committed() {
    for program in standins() {
        for fault in ["written-meanwhile", "conflict-markers"] {
            let mut scene = Scene::new(&program);
            scene.edited();
            scene.world.fault(fault);
            scene.world.answer(&scene.one);
            scene.world.rests(&scene.one, 2);
            wait_until("the fault has happened", || scene.world.has_failed());
            wait_until("the commit is over", || scene.intents() == 0 && scene.world.look(&scene.one)["commits"] == 1);
            let Scene { world, one, two, .. } = &scene;
            let branch = world.branch(one);
            assert!(!world.on(&branch, "a.txt").unwrap().contains("by me"));
            assert!(!world.on(&branch, "a.txt").unwrap().contains("written meanwhile"));
            assert!(!world.read("a.txt").contains("<<<<"), "{}", world.read("a.txt"));
            // Both writings are there, where not in the tree then where the task says.
            let trouble = world.look(one)["trouble"].clone();
            let named = trouble["remedy"].as_str().and_then(|remedy| remedy.split(' ').next_back());
            let named = named.filter(|name| name.starts_with("refs/"));
            let kept = named.map(|name| world.git(["grep", "-h", "-e", "", name, "--", "1.txt", "a.txt"]));
            let all = world.read("1.txt") + &world.read("a.txt") + &kept.unwrap_or_default();
            assert!(all.contains("written meanwhile") && all.contains("of one"), "{trouble}: {all}");
            // The old grammar leaves a file out that changed.
            let told = ["conflicted", "depends_on"].iter().any(|kind| trouble["kind"] == *kind);
            assert!(trouble.is_null() || told, "{fault} on {}: {trouble}", program.name);
            world.answer(two);
            world.commits(two, 1);
            assert_eq!(world.changed_on(&world.branch(two)), ["a.txt -line 30", "a.txt +thirty by two"]);
        }
    }
}
