//! What may happen to a worktree while its task lives: each is told with its mend, and nothing is lost.

use crate::world::World;
use chorus_testkit::sandbox::script;

const EDIT: &str = "Write the greeting [[bash: echo hello > greeting.txt]] [[say I wrote the greeting.]]";

/// A task with one commit in its worktree.
fn begun() -> (World, String) {
    let world = World::new();
    let task = world.rested("Greet people", EDIT);
    world.commits(&task, 1);
    (world, task)
}

#[test]
fn removed_by_hand_it_is_told_and_made_again_on_its_branch() {
    let (world, task) = begun();
    let (folder, branch) = (world.worktree(&task), world.branch(&task));
    world.git(["worktree", "remove", "--force", folder.to_str().unwrap()]);
    world.json(["send", &task, "Go on anyway please [[say I try]]"]);
    world.trouble(&task, &["worktree is gone", "restart"]);
    assert!(world.json(["diff", &task])["text"].as_str().unwrap().contains("+hello"));
    world.json(["restart", &task]);
    world.until(&task, "idle");
    assert_eq!(std::fs::read_to_string(folder.join("greeting.txt")).unwrap(), "hello\n");
    let told = world.journal(&task).into_iter().find(|(what, _)| what == "worktree").unwrap().1;
    assert!(told.contains("made again") && told.contains("is lost"), "{told}");
    world.turn(&task, "Go on with the greeting [[bash: echo more >> greeting.txt]] [[say done]]");
    world.commits(&task, 2);
    assert!(world.look(&task)["trouble"].is_null());
    assert_eq!(world.on(&branch, "greeting.txt").unwrap(), "hello\nmore\n");

    // Its folder alone is gone, and it is locked: only whoever locked it knows why.
    world.git(["worktree", "lock", "--reason", "on a stick", folder.to_str().unwrap()]);
    std::fs::remove_dir_all(&folder).unwrap();
    let refusal = world.refused(["restart", &task]);
    refusal.is_clear();
    assert!(refusal.message.contains("locked") && refusal.hint.contains("git worktree unlock"), "{refusal:?}");
    world.git(["worktree", "unlock", folder.to_str().unwrap()]);

    // The branch is checked out elsewhere meanwhile.
    world.git(["worktree", "prune"]);
    world.git(["switch", "--quiet", &branch]);
    let refusal = world.refused(["restart", &task]);
    refusal.is_clear();
    assert!(refusal.message.contains("checked out in") && refusal.hint.contains("another branch"), "{refusal:?}");
    world.git(["switch", "--quiet", "main"]);
    world.json(["restart", &task]);
    world.until(&task, "idle");
    assert!(folder.join("greeting.txt").exists());
}

#[test]
fn an_agent_that_switched_branches_or_began_a_merge_is_told() {
    let (world, task) = begun();
    let (folder, branch) = (world.worktree(&task), world.branch(&task));
    world.turn(&task, "Try another branch now [[bash: git switch -qc other; echo x > other.txt]] [[say done]]");
    world.trouble(&task, &["other is checked out", "switch", &branch]);
    assert_eq!(world.look(&task)["uncommitted"], 1);
    assert_eq!(world.look(&task)["commits"], 1);
    world.git_in(&folder, &["switch", "-q", &branch]);
    world.turn(&task, "Now go on there [[say done]]");
    world.commits(&task, 2);
    assert!(world.look(&task)["trouble"].is_null());
    assert!(world.on(&branch, "other.txt").is_some());
    assert_eq!(world.git(["rev-parse", "other"]), world.git(["rev-parse", &format!("{branch}~1")]));

    // HEAD is detached.
    world.turn(&task, "Look at an older state [[bash: git checkout -q --detach; echo y > y.txt]] [[say done]]");
    world.trouble(&task, &["no branch is checked out", &branch]);
    world.git_in(&folder, &["switch", "-q", &branch]);

    // A merge that stops half way.
    world.git(["switch", "-qc", "theirs"]);
    world.write("project/greeting.txt", "hi\n");
    world.commit("theirs");
    world.git(["switch", "-q", "main"]);
    world.turn(
        &task,
        "Merge their work into it [[bash: git add -A; git commit -qm own; git merge -q theirs || true]] [[say done]]",
    );
    world.trouble(&task, &["a merge is in progress", "finish or end it"]);
    let tip = world.git(["rev-parse", &branch]);
    world.git_in(&folder, &["merge", "--abort"]);
    world.turn(&task, "And go on without it [[bash: echo z > z.txt]] [[say done]]");
    world.awaits(&task, "no trouble", |page| page["task"]["trouble"].is_null());
    assert_eq!(world.git(["rev-parse", &format!("{branch}~1")]), tip);
    assert!(world.on(&branch, "z.txt").is_some() && world.on(&branch, "y.txt").is_some());
}

#[test]
fn a_hook_that_refuses_the_commit_is_told_in_its_own_words() {
    let (world, task) = begun();
    let hook = world.project().join(".git/hooks/pre-commit");
    script(&hook, "#!/bin/sh\necho the linter says no >&2\nexit 1\n");
    world.turn(&task, "Write something bad here [[bash: echo bad > bad.txt]] [[say done]]");
    world.trouble(&task, &["the linter says no", "hook"]);
    let found = world.look(&task);
    assert_eq!((&found["commits"], &found["uncommitted"]), (&1.into(), &1.into()));
    let refusal = world.refused(["complete", &task, "--no-edit"]);
    assert!(refusal.message.contains("the linter says no"), "{refusal:?}");
    assert_eq!(world.look(&task)["status"], "running");
    std::fs::remove_file(&hook).unwrap();
    world.turn(&task, "Try it once more [[say done]]");
    world.commits(&task, 2);
    assert!(world.look(&task)["trouble"].is_null());
    assert_eq!(world.on(&world.branch(&task), "bad.txt").unwrap(), "bad\n");
}

#[test]
fn without_an_identity_edits_wait_in_the_worktree() {
    let mut world = World::new();
    for name in ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"] {
        world.unset(name);
    }
    world.write("home/.gitconfig", "[user]\nuseConfigOnly = true\nname = Me\nemail = me@localhost\n");
    let task = world.rested("Greet people", EDIT);
    world.commits(&task, 1);
    world.write("home/.gitconfig", "[user]\nuseConfigOnly = true\n");
    world.turn(&task, "Write it once more [[bash: echo again >> greeting.txt]] [[say done]]");
    world.trouble(&task, &["who you are", "user.name"]);
    assert_eq!(world.look(&task)["uncommitted"], 1);
    world.write("home/.gitconfig", "[user]\nname = Me\nemail = me@localhost\n");
    world.turn(&task, "And try it again [[say done]]");
    world.commits(&task, 2);
    assert_eq!(world.git(["log", "-1", "--format=%an", &world.branch(&task)]), "Me");
}

#[test]
fn submodules_of_the_project_are_there() {
    let mut world = World::new();
    world.set("GIT_CONFIG_COUNT", "1");
    world.set("GIT_CONFIG_KEY_0", "protocol.file.allow");
    world.set("GIT_CONFIG_VALUE_0", "always");
    let inner = world.root().join("inner");
    world.git(["init", "-q", "-b", "main", inner.to_str().unwrap()]);
    world.write("inner/lib.txt", "library\n");
    world.git_in(&inner, &["add", "-A"]);
    world.git_in(&inner, &["commit", "-qm", "inner"]);
    world.git(["submodule", "--quiet", "add", inner.to_str().unwrap(), "lib"]);
    world.commit("with a library");
    // The copy in the project is enough.
    std::fs::rename(&inner, world.root().join("away")).unwrap();
    let task =
        world.rested("Use the library", "Use the library here [[bash: cat lib/lib.txt > copy.txt]] [[say done]]");
    world.commits(&task, 1);
    assert_eq!(world.on(&world.branch(&task), "copy.txt").unwrap(), "library\n");
    // A commit in the submodule is taken along as the submodule's new commit; a change that is not committed is not.
    world.turn(&task, "Change the library itself [[bash: cd lib && echo more >> lib.txt && git -c user.name=x -c user.email=x@x commit -qam more && echo loose > loose.txt]] [[say done]]");
    world.commits(&task, 2);
    let folder = world.worktree(&task);
    let inside = world.git_in(&folder.join("lib"), &["rev-parse", "HEAD"]);
    assert!(world.git(["ls-tree", &world.branch(&task), "lib"]).contains(&inside));
    world.git(["merge", "-q", &world.branch(&task)]);
    world.json(["complete", &task, "--no-edit"]);
    assert!(folder.join("lib/loose.txt").exists(), "what no commit has is not removed");
}

#[test]
fn a_worktree_that_is_locked_goes_on_and_stays_at_the_end() {
    let (world, task) = begun();
    let folder = world.worktree(&task);
    world.git(["worktree", "lock", folder.to_str().unwrap()]);
    world.turn(&task, "Go on while it is locked [[bash: echo more >> greeting.txt]] [[say done]]");
    world.commits(&task, 2);
    world.git(["merge", "-q", &world.branch(&task)]);
    world.json(["complete", &task, "--no-edit"]);
    assert!(folder.join("greeting.txt").exists());
    let told = world.journal(&task).into_iter().find(|(what, _)| what == "worktree_kept").unwrap().1;
    assert!(told.contains("it is locked") && told.contains("git worktree unlock"), "{told}");
}

#[test]
fn edits_that_a_hook_takes_away_are_kept_and_told() {
    let (world, task) = begun();
    let folder = world.worktree(&task);
    let hook = world.project().join(".git/hooks/pre-commit");
    script(&hook, "#!/bin/sh\ngit stash -q -u\ngit stash drop -q\n");
    world.turn(&task, "Write two more files here [[bash: echo a > a.txt; echo more >> greeting.txt]] [[say done]]");
    let trouble = world.trouble(&task, &["took the edits of a.txt, greeting.txt away", "restore"]);
    assert!(!folder.join("a.txt").exists());
    std::fs::remove_file(&hook).unwrap();
    let remedy = trouble["remedy"].as_str().unwrap().split('`').nth(1).unwrap().to_owned();
    let ran = world.command("sh").args(["-c", &remedy]).output().unwrap();
    assert!(ran.status.success(), "{remedy}: {ran:?}");
    assert_eq!(std::fs::read_to_string(folder.join("a.txt")).unwrap(), "a\n");
    assert_eq!(std::fs::read_to_string(folder.join("greeting.txt")).unwrap(), "hello\nmore\n");
    world.json(["commit", &task]);
    assert!(world.on(&world.branch(&task), "a.txt").is_some());
    // Of a commit that went well nothing stays.
    assert_eq!(world.git(["for-each-ref", "refs/chorus/rescue"]).lines().count(), 1);
}

#[test]
fn edits_of_files_that_git_takes_for_unchanged_are_told_and_kept() {
    let (world, task) = begun();
    let folder = world.worktree(&task);
    let hide = "git update-index --assume-unchanged greeting.txt; git update-index --skip-worktree README.md; \
                echo a >> greeting.txt; echo b >> README.md; echo c > c.txt";
    world.turn(&task, &format!("Hide what you do there [[bash: {hide}]] [[say done]]"));
    let trouble = world.trouble(&task, &["README.md, greeting.txt", "for unchanged", "--no-assume-unchanged"]);
    assert_eq!((&trouble["kind"], world.look(&task)["uncommitted"].as_i64()), (&"nested".into(), Some(2)));
    assert!(world.on(&world.branch(&task), "c.txt").is_some());
    world.git(["merge", "-q", &world.branch(&task)]);
    world.json(["complete", &task, "--no-edit"]);
    assert_eq!(std::fs::read_to_string(folder.join("greeting.txt")).unwrap(), "hello\na\n", "it stays");
    world.json(["reopen", &task]);
    world.json(["start", &task, "--prompt", "Go on then please [[say done]]"]);
    world.rests(&task, 3);
    world.json(["fail", &task, "--discard"]);
    assert!(!folder.exists());
    world.json(["reopen", &task, "--restore"]);
    assert_eq!(std::fs::read_to_string(folder.join("greeting.txt")).unwrap(), "hello\na\n");
    assert_eq!(std::fs::read_to_string(folder.join("README.md")).unwrap(), "# A project\nb\n");
}

#[test]
fn with_ignored_stat_data_every_edit_is_committed() {
    let world = World::new();
    world.git(["config", "core.ignoreStat", "true"]);
    let task = world.rested("Greet people", "Change the only file [[bash: echo one >> README.md]] [[say done]]");
    world.commits(&task, 1);
    world.turn(&task, "And once more [[bash: echo two >> README.md]] [[say done]]");
    world.commits(&task, 2);
    assert_eq!(world.on(&world.branch(&task), "README.md").unwrap(), "# A project\none\ntwo\n");
}

#[test]
fn a_worktree_that_lost_its_git_file_gets_it_again_and_a_stranger_s_is_left_alone() {
    let (world, task) = begun();
    let folder = world.worktree(&task);
    world.turn(&task, "Remove it [[bash: echo x > x.txt; rm .git]] [[say done]]");
    world.trouble(&task, &["has lost its file `.git`", "restart"]);
    world.json(["restart", &task]);
    world.until(&task, "idle");
    world.json(["commit", &task]);
    assert!(world.on(&world.branch(&task), "x.txt").is_some());

    world.turn(&task, "Make another [[bash: echo y > y.txt; rm .git; git init -q]] [[say done]]");
    world.trouble(&task, &["something else is in the place of its worktree", "move it away"]);
    let refusal = world.refused(["restart", &task]);
    refusal.is_clear();
    assert!(refusal.message.contains("something else is in") && refusal.hint.contains("move it away"), "{refusal:?}");
    assert!(folder.join("y.txt").exists());
    std::fs::rename(&folder, world.root().join("elsewhere")).unwrap();
    world.json(["restart", &task]);
    world.until(&task, "idle");
    assert_eq!(std::fs::read_to_string(folder.join("x.txt")).unwrap(), "x\n");
}

#[test]
fn the_colors_of_a_hook_are_no_part_of_a_trouble() {
    let (world, task) = begun();
    let hook = world.project().join(".git/hooks/pre-commit");
    script(&hook, "#!/bin/sh\nprintf '\\033[31mred\\033[0m words\\n' >&2\nexit 1\n");
    world.turn(&task, "Write something bad here [[bash: echo bad > bad.txt]] [[say done]]");
    let trouble = world.trouble(&task, &["red words"]);
    assert!(trouble["text"].as_str().unwrap().ends_with(": red words"), "{trouble}");
}
