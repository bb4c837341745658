//! The guard: what would move other tasks' edits is refused, with a daemon and without one.

use super::edits::{edit, numbered_but};
use super::world::any;
use chorus_testkit::wait_until;

const REFUSED: [&str; 6] = [
    "git commit -am mine",
    "git -C . stash",
    "but commit -b other -m mine",
    "sh -c 'git checkout main'",
    "env X=1 git reset --hard",
    "git add a.txt && git push",
];

#[test]
fn what_moves_others_edits_is_refused_and_looking_is_not() {
    any(|world| {
        let markers: String = REFUSED.map(|command| format!("[[bash: {command}]] ")).concat();
        let look = "[[bash: git status > ../looked; git log --oneline >> ../looked; git diff >> ../looked]]";
        let task = world.rested("Guarded", &(edit("a.txt", 3, "three") + &markers + look + "[[say done]]"));
        world.commits(&task, 1);
        let told = world.transcript(&task);
        let refusals = world.told(&task, "refused");
        for what in ["git commit", "git stash", "but commit", "git checkout", "git reset", "git push"] {
            assert!(refusals.iter().any(|entry| entry.contains(what)), "{what}: {refusals:?}");
        }
        assert_eq!(refusals.len(), REFUSED.len(), "{refusals:?}");
        assert!(told.contains("Chorus commits"), "{told}");
        let looked = std::fs::read_to_string(world.root().join("looked")).unwrap();
        assert!(looked.contains("gitbutler/workspace") && looked.contains("+three"), "{looked}");
        assert_eq!(world.changed_on(&world.branch(&task)), ["a.txt -line 3", "a.txt +three"]);
        assert_eq!(world.read("a.txt"), numbered_but(&[(3, "three")]));
        assert_eq!(world.git(["rev-parse", "--abbrev-ref", "HEAD"]), "gitbutler/workspace");
    });
}

#[test]
fn it_stands_without_a_daemon() {
    any(|world| {
        let held = "[[bash: touch ../began; until test -e ../go; do sleep 0.02; done]] ";
        let task = world.begun("Alone", &(held.to_owned() + "[[bash: git commit -am mine]] [[say done]]"));
        wait_until("the first command runs", || world.root().join("began").exists());
        let tip = world.git(["rev-parse", "HEAD"]);
        // Hooks that find no daemon start one, but not so soon after another try.
        std::fs::write(world.state().join("spool/.started"), "").unwrap();
        let session = world.session(&task);
        world.kill_daemon();
        world.write("go", "");
        wait_until("the second is refused", || world.said(&session).contains("git commit"));
        wait_until("the turn is over", || world.said(&session).contains("done"));
        assert!(world.said(&session).contains("Chorus commits"), "{}", world.said(&session));
        assert_eq!(world.git(["rev-parse", "HEAD"]), tip);
        world.rests(&task, 1);
        assert_eq!(world.told(&task, "refused").len(), 1);
    });
}
