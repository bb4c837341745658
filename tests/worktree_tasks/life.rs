//! A worktree task that goes well: where it works, what is committed, what is shown.

use crate::neovim::Neovim;
use crate::world::World;
use chorus_testkit::sandbox::Ran;
use serde_json::json;

const EDIT: &str = "Write the greeting [[bash: echo hello > greeting.txt]] [[say I wrote the greeting.]]";

#[test]
fn in_a_plain_repository_auto_is_a_worktree_and_each_turn_a_commit() {
    let world = World::new();
    let task = world.rested("Greet people", EDIT);
    world.commits(&task, 1);
    let found = world.look(&task);
    assert_eq!((&found["isolation"], &found["stack"]), (&"worktree".into(), &"chorus/1-greet-people".into()));
    let said = world.journal(&task).into_iter().find(|(what, _)| what == "isolation").unwrap().1;
    for word in ["chorus/1-greet-people", "worktree", "no stack", "GitButler"] {
        assert!(said.contains(word), "{word} in {said}");
    }
    let folder = world.worktree(&task);
    assert!(folder.starts_with(world.state().canonicalize().unwrap()), "{folder:?}");
    let pane = found["pane"].as_str().unwrap();
    assert_eq!(
        world.tmux(["display-message", "-p", "-t", pane, "#{pane_current_path}"]).unwrap(),
        folder.to_str().unwrap()
    );
    assert!(!world.project().join("greeting.txt").exists());
    let branch = world.branch(&task);
    assert_eq!(world.on(&branch, "greeting.txt").unwrap(), "hello\n");
    let message = world.git(["log", "-1", "--format=%B", &branch]);
    assert!(message.starts_with("Write the greeting") && message.contains("I wrote the greeting."), "{message}");
    assert!(message.ends_with("Chorus-Task: #1"), "{message}");
    assert_eq!(world.git(["log", "-1", "--format=%an", &branch]), "A Tester");

    // The next turn is the next commit; one that changes nothing is none.
    world.turn(&task, "Now say good bye too [[bash: echo bye >> greeting.txt; rm README.md]] [[say done]]");
    world.commits(&task, 2);
    world.turn(&task, "Tell me a story about it [[say once upon a time]]");
    assert_eq!(world.git(["rev-list", "--count", &format!("main..{branch}")]), "2");
    assert!(world.subject(&branch).starts_with("Now say good bye too"));
    assert_eq!(world.git(["status", "--porcelain"]), "", "the project's own tree is untouched");
    assert_eq!(world.look(&task)["uncommitted"], 0);
}

#[test]
fn the_changes_are_those_of_each_worktree_and_the_persons_own() {
    let world = World::new();
    world.configure("[vcs]\ncommit = \"manual\"\n");
    let task = world.rested("Greet people", EDIT);
    world.awaits(&task, "one uncommitted file", |page| page["task"]["uncommitted"] == 1);
    std::fs::write(world.project().join("README.md"), "mine\n").unwrap();
    std::fs::write(world.project().join("notes.txt"), "a note\n").unwrap();
    let objects = world.git(["count-objects", "-v"]);
    let changes = world.json(["changes"]);
    assert_eq!(world.git(["count-objects", "-v"]), objects, "nothing is written to be shown");
    let brief = |file: &serde_json::Value| {
        let hunk = &file["hunks"][0];
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let added = hunk["lines"].as_array().unwrap().iter().find(|line| line.as_str().unwrap().starts_with('+'));
        (text(&file["path"]), text(&file["change"]), text(&hunk["owner"]), text(added.unwrap()))
    };
    let files = changes["files"].as_array().unwrap();
    let expected = [
        ("README.md", "modified", "user", "+mine"),
        ("notes.txt", "added", "user", "+a note"),
        ("greeting.txt", "added", "task", "+hello"),
    ];
    let found: Vec<_> = files.iter().map(brief).collect();
    assert_eq!(found, expected.map(|(a, b, c, d)| (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned())));
    assert_eq!(files[2]["hunks"][0]["tasks"], json!([1]));
    assert_eq!(files[2]["tree"].as_str().unwrap(), world.worktree(&task).to_str().unwrap());
    assert!(files[0]["tree"].is_null());
    assert_eq!(changes["notices"], json!([]));
}

#[test]
fn differences_and_counts() {
    let world = World::new();
    world.configure("[vcs]\ncommit = \"manual\"\n");
    let task = world.rested("Greet people", EDIT);
    world.awaits(&task, "one uncommitted file", |page| page["task"]["uncommitted"] == 1);
    let diff = |part: &[&str]| world.json(["diff", &task].iter().chain(part))["text"].as_str().unwrap().to_owned();
    assert!(diff(&[]).contains("+hello"));
    assert_eq!(diff(&["uncommitted"]), diff(&["stack"]));
    assert_eq!(diff(&["turn"]), "");
    world.json(["commit", &task, "--message", "By hand"]);
    let found = world.look(&task);
    assert_eq!((found["commits"].as_i64(), found["uncommitted"].as_i64()), (Some(1), Some(0)));
    assert_eq!(world.subject(&world.branch(&task)), "By hand");
    assert!(diff(&["turn"]).contains("+hello") && diff(&["uncommitted"]).is_empty());
    world.turn(&task, "Change it twice [[bash: echo two > two.txt; echo more >> greeting.txt]] [[say done]]");
    world.awaits(&task, "two uncommitted files", |page| page["task"]["uncommitted"] == 2);
    assert!(diff(&["uncommitted"]).contains("+more") && diff(&["uncommitted"]).contains("+++ b/two.txt"));
    assert!(!diff(&["turn"]).contains("two.txt") && diff(&[]).contains("two.txt"));
    assert_eq!(world.json(["diff", &task])["root"], world.look(&task)["worktree"]);
    // A person's own commit in it, and an edit taken back, count too, at the next turn's end.
    world.git_in(&world.worktree(&task), &["commit", "-qam", "By hand in the folder"]);
    world.turn(&task, "Have a look at it [[say done]]");
    world
        .awaits(&task, "one uncommitted file", |page| page["task"]["uncommitted"] == 1 && page["task"]["commits"] == 2);
    assert!(diff(&["turn"]).contains("+more"));
    let page = world.run(["show", &task]).stdout;
    assert!(page.contains("By hand in the folder") && page.contains("uncommitted"), "{page}");
    // Another task's edits in the shared tree do not make it forget.
    let shared = world.with("Shared", "none");
    world.json(["start", &shared, "--prompt", "Write in the project [[bash: echo x > x.txt]] [[say done]]"]);
    world.rests(&shared, 1);
    assert_eq!(world.look(&task)["uncommitted"], 1);
}

/// Its own commits are found, what it merged is not its own, and what was put there is no edit.
#[test]
fn an_agent_may_commit_and_merge_itself() {
    let world = World::new();
    world.write("project/.env", "SECRET=1\n");
    world.configure("[vcs.worktree]\ncopy = [\".env\"]\n");
    let commit =
        "Commit it yourself please [[bash: echo a > a.txt; git add a.txt; git commit -qm 'my own words']] [[say done]]";
    let task = world.rested("On its own", commit);
    world.commits(&task, 1);
    let found = world.json(["show", &task]);
    assert_eq!(found["commits"][0]["subject"], "my own words");
    assert_eq!(found["commits"][0]["files"], 1);
    world.write("project/main.txt", "theirs\n");
    world.git(["add", "main.txt"]);
    world.git(["commit", "-qm", "on main"]);
    world.turn(&task, "Merge what is new there [[bash: git merge -q --no-edit main; echo b > b.txt]] [[say done]]");
    world.commits(&task, 2);
    let diff = world.json(["diff", &task])["text"].as_str().unwrap().to_owned();
    assert!(diff.contains("b/a.txt") && diff.contains("b/b.txt"), "{diff}");
    assert!(!diff.contains("main.txt") && !diff.contains("SECRET"), "{diff}");
    assert_eq!(world.json(["diff", &task, "uncommitted"])["text"], "");
    world.json(["complete", &task, "--no-edit"]);
    let said = world.run(["show", &task]).stdout;
    assert!(said.contains("2 commits"), "{said}");
}

#[test]
fn on_another_task_it_begins_where_that_is() {
    let world = World::new();
    let below = world.rested("Below", EDIT);
    world.commits(&below, 1);
    let above = world.json(["new", "--title", "Above", "--on", &below])["number"].to_string();
    world.json([
        "start",
        &above,
        "--prompt",
        "Build on the greeting [[bash: cat greeting.txt > copy.txt]] [[say done]]",
    ]);
    world.rests(&above, 1);
    world.commits(&above, 1);
    let (below, above) = (world.branch(&below), world.branch(&above));
    assert_eq!(world.on(&above, "copy.txt").unwrap(), "hello\n");
    assert_eq!(world.git(["merge-base", &below, &above]), world.git(["rev-parse", &below]));
    // On a task that has no branch yet it does not start, and nothing is made.
    let pending = world.task("Pending");
    let refused = world.json(["new", "--title", "Early", "--on", &pending])["number"].to_string();
    let before = world.traces();
    let refusal = world.refused(["start", &refused]);
    refusal.is_clear();
    assert!(refusal.hint.contains(&format!("start #{pending} first")), "{refusal:?}");
    assert_eq!(world.traces(), before);
}

#[test]
fn restarted_it_is_in_the_same_worktree_with_its_conversation() {
    let world = World::new();
    let task = world.rested("Greet people", EDIT);
    world.commits(&task, 1);
    let (folder, session) = (world.worktree(&task), world.look(&task)["session_id"].clone());
    world.json(["restart", &task]);
    world.until(&task, "idle");
    world.turn(&task, "Go on with the greeting [[bash: echo again >> greeting.txt]] [[say done]]");
    world.commits(&task, 2);
    assert_eq!((world.worktree(&task), world.look(&task)["session_id"].clone()), (folder.clone(), session));
    assert_eq!(world.git(["worktree", "list"]).lines().count(), 2);
    // The daemon is killed in the middle of a turn: what that turn leaves is committed by the next one.
    world.json(["send", &task, "Take your time with it [[bash: sleep 1; echo late > late.txt]] [[say done]]"]);
    world.until(&task, "busy");
    world.kill_daemon();
    // A verb of the person brings the environment that git runs in.
    world.json(["edit", &task, "--priority", "1"]);
    world.commits(&task, 3);
    assert_eq!(world.on(&world.branch(&task), "late.txt").unwrap(), "late\n");
    assert_eq!(world.worktree(&task), folder);
}

#[test]
fn inside_the_worktree_it_is_the_same_project() {
    let world = World::new();
    let task = world.rested("Greet people", EDIT);
    let folder = world.worktree(&task);
    let inside = |args: &[&str]| -> Ran { world.chorus(args).current_dir(&folder).output().unwrap().into() };
    assert!(inside(&["list"]).stdout.contains("Greet people"));
    assert!(inside(&["show", &task]).stdout.contains("chorus/1-greet-people"));
    let health = inside(&["health"]);
    let project = world.project().canonicalize().unwrap();
    assert!(health.stdout.contains(&format!("{} is a git repository", project.display())), "{}", health.stdout);
    assert!(inside(&["new", "--title", "From inside"]).code == 0);
    assert_eq!(world.json(["list"]).as_array().unwrap().len(), 2);
    let mut neovim = Neovim::new(&world, &folder);
    let seen = neovim.ask("snapshot", json!({})).unwrap();
    assert_eq!(seen["tasks"].as_array().unwrap().len(), 2, "{seen:#}");
}

#[test]
fn a_commit_scans_the_worktree_no_more_often_than_it_must() {
    let world = World::new();
    let path = std::env::var_os("PATH").unwrap();
    let git = std::env::split_paths(&path).map(|dir| dir.join("git")).find(|git| git.exists()).unwrap();
    let calls = world.write("calls", "");
    world.script("git", &format!("echo \"$*\" >> {}\nexec {} \"$@\"", calls.display(), git.display()));
    let task = world.rested("Write", "Write [[bash: echo one > one.txt]] [[say done]]");
    world.commits(&task, 1);
    std::fs::write(world.worktree(&task).join("loose.txt"), "loose\n").unwrap();
    std::fs::write(&calls, "").unwrap();
    world.json(["commit", &task, "More of it"]);
    let text = std::fs::read_to_string(&calls).unwrap();
    println!("{} processes:\n{text}", text.lines().count());
    // What is to be committed, and what is left.
    assert_eq!(text.lines().filter(|call| call.contains("--porcelain=v2")).count(), 2, "{text}");
}
