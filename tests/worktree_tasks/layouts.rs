//! Repositories as people lay them out: bare with worktrees, moved, replaced, a home folder.

use crate::world::World;
use chorus_testkit::sandbox::Ran;
use chorus_testkit::wait_until;
use serde_json::Value;
use std::path::{Path, PathBuf};

const EDIT: &str = "Write the file made [[bash: echo hello > made.txt]] [[say made]]";

/// Runs `chorus … --json` in a folder.
#[track_caller]
fn inside(world: &World, folder: &Path, words: &[&str]) -> Value {
    let ran: Ran = world.chorus(words).arg("--json").current_dir(folder).output().unwrap().into();
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// Creates and starts a task in a folder; the task as it is then.
#[track_caller]
fn started(world: &World, folder: &Path, title: &str) -> Value {
    let task = inside(world, folder, &["new", "--title", title])["number"].to_string();
    inside(world, folder, &["start", &task, "--prompt", EDIT])
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn at(path: PathBuf) -> PathBuf {
    path.canonicalize().unwrap()
}

#[test]
fn of_a_bare_repository_the_worktree_is_the_project_and_its_tasks_share_it() {
    let world = World::new();
    world.git(["clone", "-q", "--bare", ".", "../shop/.bare"]);
    world.write("shop/.git", "gitdir: ./.bare\n");
    let shop = at(world.root().join("shop"));
    world.git_in(&shop, &["worktree", "add", "-q", "trunk", "-b", "trunk"]);
    let trunk = shop.join("trunk");
    let task = started(&world, &trunk, "Made in a worktree");
    assert_eq!((text(&task, "project"), text(&task, "isolation")), (&*trunk.to_string_lossy(), "worktree"));
    let folder = PathBuf::from(text(&task, "worktree"));
    assert_eq!(inside(&world, &folder, &["list"]).as_array().unwrap().len(), 1, "the same project inside its worktree");
    let bare = shop.join(".bare");
    assert!(!bare.join("made.txt").exists());
    // Nor does an agent ever start between a repository's own files.
    world.git(["clone", "-q", "--bare", ".", "../lone.git"]);
    let lone = at(world.root().join("lone.git"));
    let task =
        inside(&world, &lone, &["new", "--title", "In a git folder", "--isolation", "none"])["number"].to_string();
    let ran: Ran = world.chorus(["start", &task]).current_dir(&lone).output().unwrap().into();
    assert!(ran.code != 0 && ran.stderr.contains("a repository's own folder"), "{}", ran.stderr);
}

#[test]
fn a_task_outlives_the_worktree_of_a_bare_repository_that_it_was_begun_in() {
    let world = World::new();
    world.git(["clone", "-q", "--bare", ".", "../shop/.bare"]);
    world.write("shop/.git", "gitdir: ./.bare\n");
    let shop = at(world.root().join("shop"));
    world.git_in(&shop, &["worktree", "add", "-q", "trunk", "-b", "trunk"]);
    let task = started(&world, &shop.join("trunk"), "Made in a worktree");
    let (folder, number) = (PathBuf::from(text(&task, "worktree")), task["number"].to_string());
    let commits = || inside(&world, &shop.join("trunk"), &["show", &number])["task"]["commits"] == 1;
    wait_until("its commit", commits);
    // Moved, the project is known from its tasks' worktrees, too.
    world.git_in(&shop, &["worktree", "move", "trunk", "moved"]);
    for place in [shop.join("moved"), folder.clone()] {
        let listed = inside(&world, &place, &["list"]);
        assert_eq!(text(&listed[0], "project"), shop.join("moved").to_string_lossy(), "{}", place.display());
    }
    world.git_in(&shop, &["worktree", "remove", "--force", "moved"]);
    std::fs::write(folder.join("more.txt"), "more\n").unwrap();
    inside(&world, &folder, &["commit", &number, "More of it"]);
    assert_eq!(world.git_in(&folder, &["log", "-1", "--format=%s"]), "More of it");
    assert!(text(&inside(&world, &folder, &["diff", &number]), "text").contains("+more"));
    let refs = || world.git_in(&shop, &["for-each-ref", "--format=%(refname)", "refs/chorus/discarded"]);
    let ran: Ran = world.chorus(["fail", &number, "--discard"]).current_dir(&folder).output().unwrap().into();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!folder.exists() && refs().lines().count() == 1);
}

#[test]
fn in_a_home_that_is_a_repository_a_folder_that_it_does_not_track_gets_no_worktree() {
    let world = World::new();
    world.write("project/notes/a.txt", "note\n");
    let notes = at(world.project().join("notes"));
    let task = started(&world, &notes, "Take notes");
    assert_eq!(text(&task, "isolation"), "none");
    assert!(text(&task, "isolation_reason").contains("tracks nothing in"), "{task:#}");
    // As soon as it tracks something there, a task gets a worktree again.
    world.commit("notes");
    assert_eq!(text(&started(&world, &notes, "Take more notes"), "isolation"), "worktree");
}

#[test]
fn tasks_follow_a_project_that_was_moved_and_not_a_stranger_in_its_place() {
    let world = World::new();
    let task = world.rested("Write it", EDIT);
    world.commits(&task, 1);
    let (old, new) = (at(world.project()), world.root().join("store"));
    std::fs::rename(&old, &new).unwrap();
    // Another repository comes to the old place, before anybody asks at the new one.
    std::fs::create_dir(&old).unwrap();
    world.git(["init", "-q", "-b", "main"]);
    world.git(["commit", "-q", "--allow-empty", "-m", "a stranger"]);
    assert_eq!(inside(&world, &old, &["list"]), Value::Array(Vec::new()));
    let listed = inside(&world, &new, &["list"]);
    assert_eq!(text(&listed[0], "project"), at(new.clone()).to_string_lossy());
    let shown = inside(&world, &new, &["show", &task]);
    assert!(shown.to_string().contains("was moved from"), "{shown:#}");
    let folder = PathBuf::from(text(&listed[0], "worktree"));
    std::fs::write(folder.join("more.txt"), "more\n").unwrap();
    inside(&world, &new, &["commit", &task, "More of it"]);
    assert_eq!(world.git_in(&new, &["log", "-1", "--format=%s", text(&listed[0], "stack")]), "More of it");
    // A clone of the same history at the old place later is the project again, when it had tasks there.
    assert_eq!(inside(&world, &old, &["new", "--title", "The stranger's"])["number"], 1);
    assert_eq!(inside(&world, &new, &["list"]).as_array().unwrap().len(), 1);
}

#[test]
fn tasks_follow_a_project_whose_place_was_forgotten() {
    let world = World::new();
    world.task("Later");
    let forget = || {
        let store = rusqlite::Connection::open(world.state().join("chorus.db")).unwrap();
        store.execute("DELETE FROM meta WHERE key LIKE 'place of repository %'", []).unwrap()
    };
    assert_eq!(forget(), 1);
    let (old, new) = (at(world.project()), world.root().join("store"));
    assert_eq!(inside(&world, &old, &["list"]).as_array().unwrap().len(), 1);
    assert_eq!(forget(), 1, "it is noted again where the project is used");
    std::fs::rename(&old, &new).unwrap();
    assert_eq!(text(&inside(&world, &new, &["list"])[0], "title"), "Later");
}

#[test]
fn tasks_of_one_worktree_of_a_bare_repository_never_go_to_another() {
    let world = World::new();
    world.git(["clone", "-q", "--bare", ".", "../shop/.git"]);
    let shop = at(world.root().join("shop"));
    for name in ["one", "two"] {
        world.git_in(&shop, &["worktree", "add", "-q", name, "-b", name]);
    }
    let titles = |folder: &Path| {
        let listed = inside(&world, folder, &["list"]);
        listed.as_array().unwrap().iter().map(|task| text(task, "title").to_owned()).collect::<Vec<_>>()
    };
    let [one, two] = ["one", "two"].map(|name| shop.join(name));
    inside(&world, &one, &["new", "--title", "In one"]);
    inside(&world, &two, &["new", "--title", "In two"]);
    for _ in 0..2 {
        assert_eq!((titles(&one), titles(&two)), (vec!["In one".into()], vec!["In two".into()]));
    }
    world.git_in(&shop, &["worktree", "move", "one", "first"]);
    assert_eq!(titles(&shop.join("first")), ["In one"]);
    world.git_in(&shop, &["worktree", "remove", "--force", "two"]);
    world.git_in(&shop, &["worktree", "add", "-q", "three"]);
    assert_eq!(titles(&shop.join("three")), [""; 0]);
    assert_eq!(titles(&shop.join("first")), ["In one"]);
}

#[test]
fn a_project_that_is_cloned_anew_keeps_its_tasks() {
    let world = World::new();
    let task = world.task("Later");
    let (old, aside) = (at(world.project()), world.root().join("aside"));
    std::fs::rename(&old, &aside).unwrap();
    let ran = world.command("git").current_dir(&aside).args(["clone", "-q", "."]).arg(&old).output().unwrap();
    assert!(ran.status.success());
    assert_eq!(text(&inside(&world, &old, &["list"])[0], "title"), "Later");
    // What was moved away is a copy now.
    assert_eq!(inside(&world, &aside, &["list"]), Value::Array(Vec::new()));
    assert_eq!(world.look(&task)["number"], 1);
}

#[test]
fn a_branch_that_the_agent_renames_is_followed() {
    let world = World::new();
    let task = world
        .rested("Log in", "Rename the branch [[bash: git branch -m feat/login && echo x > login.txt]] [[say renamed]]");
    world.commits(&task, 1);
    assert_eq!(world.branch(&task), "feat/login");
    assert!(world.told(&task, "renamed")[0].contains("feat/login"));
    assert!(world.run(["diff", &task]).stdout.contains("login.txt"));
    world.json(["complete", &task, "--no-edit"]);
    assert!(text(&world.look(&task), "result").contains("git merge feat/login"));
}

#[test]
fn a_branch_that_is_gone_while_another_is_checked_out_is_told_with_a_hint_that_works() {
    let world = World::new();
    let prompt = "Leave the branch [[bash: git switch -q -c other && git branch -D chorus/1-log-in; echo x > login.txt]] [[say left]]";
    let task = world.rested("Log in", prompt);
    let trouble = world.trouble(&task, &["other is checked out", "switch -c"]);
    let remedy = text(&trouble, "remedy").split('`').nth(1).unwrap().to_owned();
    let ran = world.command("sh").args(["-c", &remedy]).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    world.json(["commit", &task, "After all"]);
    assert_eq!(world.subject(&world.branch(&task)), "After all");
}

#[test]
fn what_was_prepared_and_committed_by_force_cannot_be_completed() {
    let world = World::new();
    world.write("project/.gitignore", "node_modules/\n");
    world.commit("ignored");
    world.write("project/node_modules/m.js", "module\n");
    world.configure("[vcs.worktree]\nlink = [\"node_modules\"]\n");
    let prompt = "Commit everything [[bash: echo x > x.txt && git add -A && git add -f node_modules && git commit -qm all]] [[say done]]";
    let task = world.rested("Commit", prompt);
    let trouble = world.trouble(&task, &["node_modules", "rm -r --cached"]);
    assert_eq!(text(&trouble, "kind"), "prepared");
    assert!(world.refused(["complete", &task, "--no-edit"]).message.contains("node_modules"));
    assert!(world.told(&task, "isolation")[0].contains("does not ignore the link node_modules"));
    let folder = world.worktree(&task);
    world.git_in(&folder, &["rm", "-rq", "--cached", "--", "node_modules"]);
    world.git_in(&folder, &["commit", "-qm", "out again"]);
    world.json(["complete", &task, "--no-edit"]);
    world.git(["merge", "-q", &world.branch(&task)]);
    assert!(world.project().join("node_modules/m.js").is_file());
}

#[test]
fn edits_in_a_submodule_are_told() {
    let mut world = World::new();
    world.set("GIT_CONFIG_COUNT", "1");
    world.set("GIT_CONFIG_KEY_0", "protocol.file.allow");
    world.set("GIT_CONFIG_VALUE_0", "always");
    world.git(["init", "-q", "-b", "main", "../library"]);
    world.write("library/lib.txt", "library\n");
    let library = world.root().join("library");
    world.git_in(&library, &["add", "-A"]);
    world.git_in(&library, &["commit", "-qm", "library"]);
    world.git(["submodule", "--quiet", "add", library.to_str().unwrap(), "lib"]);
    world.git(["remote", "add", "origin", "https://example.org/shop.git"]);
    world.git(["config", "submodule.lib.update", "none"]);
    world.commit("with a library");
    let task = world.rested("Edit it", "Edit the library [[bash: echo more >> lib/lib.txt]] [[say done]]");
    let trouble = world.trouble(&task, &["edits in lib are in no commit"]);
    assert_eq!(text(&trouble, "kind"), "nested");
    assert_eq!(world.git(["remote", "get-url", "origin"]), "https://example.org/shop.git");
    let folder = world.worktree(&task);
    world.json(["complete", &task, "--no-edit"]);
    assert!(folder.join("lib/lib.txt").exists(), "what no commit has is not removed");
}

#[test]
fn a_repository_that_comes_to_the_place_of_another_with_the_same_history_keeps_its_tasks() {
    let world = World::new();
    let (one, two) = (at(world.project()), world.root().join("two"));
    world.git(["clone", "-q", ".", "../two"]);
    world.task("In one");
    inside(&world, &two, &["new", "--title", "In two"]);
    std::fs::rename(&one, world.root().join("aside")).unwrap();
    std::fs::rename(&two, &one).unwrap();
    assert_eq!(text(&inside(&world, &one, &["list"])[0], "title"), "In two");
    let titles = inside(&world, &world.root().join("aside"), &["list"]);
    assert_eq!(text(&titles[0], "title"), "In one", "{titles:#}");
}
