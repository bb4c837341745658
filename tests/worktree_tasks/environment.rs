//! What the programs see that Chorus runs in a task's tree, and what their doing counts as.

use crate::world::World;
use chorus_testkit::sandbox::script;
use chorus_testkit::wait_until;
use std::path::{Path, PathBuf};

const EDIT: &str = "Write the greeting [[bash: echo hello > greeting.txt]] [[say I wrote the greeting.]]";

/// A line of shell that asks the daemon for a new task and notes the answer in a file.
fn asks(answer: &Path) -> String {
    format!("{} new --title Injected --json > {} 2>&1 || true", env!("CARGO_BIN_EXE_chorus"), answer.display())
}

/// A hook of the project's repository.
fn hook(world: &World, name: &str, text: &str) {
    let hooks = world.project().join(".git/hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    script(&hooks.join(name), &format!("#!/bin/sh\n{text}\n"));
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A tool of that name in a folder that is in no PATH yet.
fn tool(world: &World, name: &str, text: &str) -> PathBuf {
    let folder = world.root().join("tools");
    std::fs::create_dir_all(&folder).unwrap();
    script(&folder.join(name), &format!("#!/bin/sh\n{text}\n"));
    folder
}

#[test]
fn hooks_and_filters_have_the_environment_of_the_client_that_started_the_task() {
    let mut world = World::new();
    // Another shell starts the daemon.
    let fake =
        [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "core.hooksPath"), ("GIT_CONFIG_VALUE_0", "/nonexistent")];
    for (name, value) in fake {
        world.set(name, value);
    }
    world.set("GIT_AUTHOR_NAME", "Worker");
    world.set("TMPDIR", "/nonexistent/nix-shell");
    world.run(["list"]);
    fake.iter().for_each(|(name, _)| world.unset(name));
    let folder = tool(&world, "mytool", "grep -v OUT || true");
    let path = format!("{}:{}", folder.display(), world.environment()["PATH"]);
    world.set("PATH", path);
    for (name, value) in [("SSH_AUTH_SOCK", "/the/agent"), ("GNUPGHOME", "/the/keys"), ("GIT_AUTHOR_NAME", "Me")] {
        world.set(name, value);
    }
    world.set("LC_ALL", "C.UTF-8");
    let temporary = world.root().join("tmp");
    world.set("TMPDIR", temporary);
    let seen = world.root().join("seen");
    hook(&world, "pre-commit", &format!("env > {}; mytool </dev/null", seen.display()));
    world.git(["config", "filter.strip.clean", "mytool"]);
    world.write("project/.gitattributes", "*.nb filter=strip\n");
    world.commit("attributes");
    let prompt = "Write a notebook please [[bash: printf 'IN\\nOUT\\n' > q.nb]] [[say done]]";
    let task = world.rested("Notebook", prompt);
    world.commits(&task, 1);
    let seen = read(seen);
    let has = |line: &str| seen.lines().any(|other| other == line);
    for line in ["SSH_AUTH_SOCK=/the/agent", "GNUPGHOME=/the/keys", "LC_ALL=C.UTF-8", "GIT_AUTHOR_NAME=Me"] {
        assert!(has(line), "{line}: {seen}");
    }
    for name in ["GIT_CONFIG_COUNT=", "GIT_CONFIG_PARAMETERS=", "LC_MESSAGES=", "TMUX=", "NVIM="] {
        assert!(!seen.lines().any(|line| line.starts_with(name)), "{name}: {seen}");
    }
    let branch = world.branch(&task);
    assert_eq!(world.git(["log", "-1", "--format=%an", &branch]), "Me");
    assert_eq!(world.on(&branch, "q.nb").unwrap(), "IN\n");
}

#[test]
fn after_a_restart_of_the_daemon_the_next_client_brings_its_environment() {
    let mut world = World::new();
    let folder = tool(&world, "mytool", "exit 0");
    hook(&world, "pre-commit", "mytool");
    world.configure("[vcs]\ncommit = \"manual\"\n");
    let path = world.environment()["PATH"].clone();
    world.set("PATH", format!("{}:{path}", folder.display()));
    let task = world.rested("Greet people", EDIT);
    world.kill_daemon();
    world.set("PATH", path.clone());
    let refusal = world.refused(["commit", &task, "The greeting"]);
    assert!(refusal.message.contains("mytool") && refusal.hint.contains("PATH"), "{refusal:?}");
    world.set("PATH", format!("{}:{path}", folder.display()));
    world.json(["commit", &task, "The greeting"]);
    world.commits(&task, 1);
}

#[test]
fn nothing_that_runs_in_a_task_s_tree_may_do_what_its_agent_may_not() {
    let world = World::new();
    let answer = |place: &str| world.root().join(format!("answer-{place}"));
    let filter = world.write("filter.sh", &format!("{}; cat", asks(&answer("filter"))));
    let run = world.write("run.sh", &asks(&answer("run")));
    world.git(["config", "filter.asks.clean", &format!("sh {}", filter.display())]);
    world.write("project/.gitattributes", "greeting.txt filter=asks\n");
    world.commit("attributes");
    hook(&world, "post-checkout", &asks(&answer("post-checkout")));
    hook(&world, "pre-commit", &asks(&answer("pre-commit")));
    world.configure(&format!("[vcs.worktree]\nrun = [\"sh -c 'sh {} || true'\"]\n", run.display()));
    let task = world.rested("Greet people", EDIT);
    world.commits(&task, 1);
    for place in ["post-checkout", "pre-commit", "filter", "run"] {
        let said = read(answer(place));
        assert!(said.contains("\"from_agent\""), "{place}: {said}");
    }
    assert_eq!(world.json(["list"]).as_array().unwrap().len(), 1);
}

#[test]
fn what_a_person_has_configured_changes_nothing_that_chorus_reads() {
    let world = World::new();
    let signer = world.root().join("bin/signer");
    script(
        &signer,
        "#!/bin/sh\ncat > /dev/null\ncase \"$*\" in *--verify*) echo 'Good signature' >&2 ;; *)\n\
         printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n'\n\
         printf '\\n[GNUPG:] SIG_CREATED \\n' >&2 ;; esac\n",
    );
    for (key, value) in [
        ("gpg.program", signer.to_str().unwrap()),
        ("commit.gpgSign", "true"),
        ("log.showSignature", "true"),
        ("i18n.logOutputEncoding", "ISO-8859-1"),
        ("color.ui", "always"),
        ("color.diff", "always"),
        ("diff.noPrefix", "true"),
        ("diff.context", "0"),
        ("diff.relative", "true"),
        ("diff.suppressBlankEmpty", "true"),
        ("log.follow", "true"),
        ("column.ui", "always"),
    ] {
        world.git(["config", key, value]);
    }
    let commits = "git add -A && git commit -qm Größe && echo 2 >> made.txt && git commit -qam Zweite";
    let task =
        world.rested("Signs", &format!("Commit it yourself [[bash: echo 1 > made.txt && {commits}]] [[say done]]"));
    world.awaits(&task, "both commits are found", |page| page["task"]["commits"] == 2);
    let told = world.told(&task, "committed");
    assert!(told[0].ends_with("Größe") && told[1].ends_with("Zweite"), "{told:?}");
    let diff = world.json(["diff", &task])["text"].as_str().unwrap().to_owned();
    assert!(diff.starts_with("diff --git a/made.txt b/made.txt") && !diff.contains('\u{1b}'), "{diff}");
    world.json(["fail", &task, "--discard"]);
    world.json(["reopen", &task, "--restore"]);
    // The person's own git shows the signature.
    assert!(world.subject(&world.branch(&task)).ends_with("Zweite"));
}

#[test]
fn a_failing_post_checkout_hook_is_noted_and_its_edits_are_not_the_task_s() {
    let world = World::new();
    hook(&world, "post-checkout", "echo by the hook >> README.md; echo new > z.new; echo hook says no >&2; exit 1");
    let task = world.rested("Greet people", EDIT);
    world.commits(&task, 1);
    let told = world.told(&task, "checkout_hook").join("\n");
    assert!(told.contains("hook says no") && told.contains("2 files"), "{told}");
    let branch = world.branch(&task);
    let changed = world.git(["diff", "--name-only", &format!("main...{branch}")]);
    assert_eq!(changed, "greeting.txt");
    assert_eq!(world.look(&task)["uncommitted"], 0);
    // What the task makes of such a file is its own.
    world.turn(&task, "Write to that file [[bash: echo mine > z.new]] [[say done]]");
    world.commits(&task, 2);
    assert_eq!(world.on(&branch, "z.new").unwrap(), "mine\n");
}

#[test]
fn what_a_post_checkout_hook_did_before_a_kill_is_not_the_task_s() {
    let world = World::new();
    let begun = world.root().join("begun");
    let hangs = format!("echo by the hook >> README.md; touch {}; exec sleep 600", begun.display());
    hook(&world, "post-checkout", &hangs);
    let task = world.task("Greet people");
    let mut start = world.chorus(["start", &task, "--prompt", EDIT]).spawn().unwrap();
    wait_until("the hook runs", || begun.exists());
    start.kill().unwrap();
    start.wait().unwrap();
    world.kill_daemon();
    std::fs::remove_file(world.project().join(".git/hooks/post-checkout")).unwrap();
    world.json(["start", &task, "--prompt", EDIT]);
    world.commits(&task, 1);
    let branch = world.branch(&task);
    assert_eq!(world.git(["diff", "--name-only", &format!("main...{branch}")]), "greeting.txt");
}

#[test]
fn a_commit_that_was_being_made_when_the_daemon_was_killed_is_chorus_s_own() {
    let world = World::new();
    let begun = world.root().join("begun");
    let may_end = world.root().join("may-end");
    let waits = format!("touch {}; until [ -e {} ]; do sleep 0.05; done", begun.display(), may_end.display());
    hook(&world, "post-commit", &waits);
    let task = world.task("Greet people");
    world.json(["start", &task, "--prompt", EDIT]);
    wait_until("the hook runs", || begun.exists());
    world.kill_daemon();
    std::fs::write(may_end, "").unwrap();
    world.commits(&task, 1);
    let told = world.told(&task, "committed");
    assert!(told.len() == 1 && told[0].starts_with("Committed 1 file to "), "{told:?}");
    // What somebody else commits on top is still somebody else's.
    let tree = world.worktree(&task);
    world.git(["-C", tree.to_str().unwrap(), "commit", "--allow-empty", "-qm", "By hand"]);
    world.turn(&task, "Go on [[say done]]");
    world.commits(&task, 2);
    let told = world.told(&task, "committed");
    assert!(told.iter().any(|text| text.contains("that Chorus did not make: By hand")), "{told:?}");
}

/// A project whose hooks lie in its tree.
fn with_hooks_in_the_tree(option: &str) -> (World, PathBuf) {
    let world = World::new();
    world.configure(&format!("[vcs]\nhooks = \"{option}\"\n"));
    let ran = world.root().join("ran");
    let hook = world.project().join(".husky/pre-commit");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    script(&hook, &format!("#!/bin/sh\necho the person >> {}\n", ran.display()));
    world.commit("hooks");
    world.git(["config", "core.hooksPath", ".husky"]);
    (world, ran)
}

const CHANGE: &str =
    "Change the hook itself [[bash: echo 'echo the task >> ../ran' >> .husky/pre-commit]] [[say done]]";

#[test]
fn hooks_run_until_the_task_changes_them() {
    let (world, ran) = with_hooks_in_the_tree("unchanged");
    let task = world.rested("Greet people", EDIT);
    world.commits(&task, 1);
    assert_eq!(read(&ran), "the person\n");
    world.turn(&task, CHANGE);
    world.commits(&task, 2);
    assert_eq!(read(&ran), "the person\n");
    let trouble = world.trouble(&task, &["without the repository's hooks", ".husky/pre-commit", "always"]);
    assert_eq!(trouble["files"], serde_json::json!([".husky/pre-commit"]));
    assert!(world.told(&task, "without_hooks").len() == 1);
}

#[test]
fn hooks_run_always_or_never_as_configured() {
    let (world, ran) = with_hooks_in_the_tree("always");
    let task = world.rested("Change it", CHANGE);
    world.commits(&task, 1);
    assert!(read(&ran).contains("the person"), "{}", read(&ran));
    let (world, ran) = with_hooks_in_the_tree("never");
    let task = world.rested("Greet people", EDIT);
    world.commits(&task, 1);
    assert!(!ran.exists() && world.look(&task)["trouble"].is_null());
}

#[test]
fn a_configuration_of_a_hook_manager_counts_as_its_hook() {
    let world = World::new();
    world.write("project/.pre-commit-config.yaml", "repos: []\n");
    world.commit("configuration");
    let ran = world.root().join("ran");
    hook(&world, "pre-commit", &format!("touch {}", ran.display()));
    let prompt = "Change what is checked [[bash: echo '# x' >> .pre-commit-config.yaml]] [[say done]]";
    let task = world.rested("Checks", prompt);
    world.commits(&task, 1);
    assert!(!ran.exists());
    world.trouble(&task, &[".pre-commit-config.yaml"]);
}

#[test]
fn an_agent_is_looked_for_where_it_will_be_found() {
    let world = World::new();
    let folder = tool(&world, "mytool", "exec sh");
    let path = world.environment()["PATH"].clone();
    let more = format!("[agent.tool]\ncommand = \"mytool\"\nenv = {{ PATH = \"{}:{path}\" }}\n", folder.display());
    world.configure(&more);
    let task = world.json(["new", "--title", "Tool", "--agent", "tool", "--isolation", "none"])["number"].to_string();
    world.json(["start", &task]);
    assert_eq!(world.look(&task)["status"], "running");
}

#[test]
fn a_conversation_is_resumed_in_the_folder_that_is_configured_for_the_agent() {
    let world = World::new();
    // A client that writes down how it was started, and its conversation where it was told to.
    let client = "id=none; for word; do case \"$word\" in --session-id=*|--resume=*) id=${word#*=} ;; esac; done\n\
        echo \"$@\" >> ROOT/started; mkdir -p \"$CLAUDE_CONFIG_DIR/projects/x\"\n\
        echo '{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"hi\"}}' > \"$CLAUDE_CONFIG_DIR/projects/x/$id.jsonl\"\n\
        exec sleep 600";
    let folder = tool(&world, "client", &client.replace("ROOT", &world.root().display().to_string()));
    let (program, config) = (folder.join("client"), world.root().join("work"));
    world.configure(&format!(
        "[agent.claude]\ncommand = [\"{}\"]\nenv = {{ CLAUDE_CONFIG_DIR = \"{}\" }}\n",
        program.display(),
        config.display()
    ));
    let task = world.json(["new", "--title", "Work", "--agent", "claude", "--isolation", "none"])["number"].to_string();
    let starts = |count: usize| {
        let started = world.root().join("started");
        chorus_testkit::wait_for("the client was started", || {
            let text = std::fs::read_to_string(&started).unwrap_or_default();
            (text.lines().count() == count).then_some(text)
        })
    };
    world.json(["start", &task]);
    assert!(starts(1).contains("--session-id="));
    chorus_testkit::wait_until("its conversation is there", || config.join("projects/x").exists());
    world.json(["restart", &task]);
    let started = starts(2);
    assert!(started.lines().nth(1).unwrap().contains("--resume="), "{started}");
}

#[test]
fn a_relative_project_is_the_client_s_and_one_that_is_not_there_is_refused() {
    let mut world = World::new();
    std::fs::create_dir_all(world.root().join("other")).unwrap();
    world.task("Here");
    world.set("CHORUS_PROJECT_ROOT", "../other");
    assert_eq!(world.json(["list"]).as_array().unwrap().len(), 0);
    let refused = world.refused(["--project", "/app/gone", "new", "--title", "There"]);
    assert!(refused.message.contains("/app/gone"), "{refused:?}");
    world.set("CHORUS_PROJECT_ROOT", "/app/gone");
    assert!(world.refused(["list"]).message.contains("CHORUS_PROJECT_ROOT"));
    world.unset("CHORUS_PROJECT_ROOT");
    // Other programs use this name: the repository in front of the person is stronger.
    let other = world.root().join("other");
    world.set("PROJECT_ROOT", other);
    assert_eq!(world.json(["list"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_commit_that_failed_is_tried_again_with_the_environment_of_who_asks() {
    let mut world = World::new();
    hook(&world, "pre-commit", "[ -n \"$VERSION_MANAGER\" ] || { echo no version is set >&2; exit 1; }");
    let task = world.rested("Greet people", EDIT);
    world.trouble(&task, &["no version is set"]);
    assert!(world.refused(["commit", &task]).message.contains("no version is set"));
    world.set("VERSION_MANAGER", "on");
    world.json(["commit", &task]);
    world.commits(&task, 1);
    // From now on.
    world.unset("VERSION_MANAGER");
    world.turn(&task, "Go on with it [[bash: echo more >> greeting.txt]] [[say done]]");
    world.commits(&task, 2);
}

#[test]
fn hooks_in_a_folder_that_the_worktree_lacks_are_told() {
    let world = World::new();
    world.write("project/.husky/_/.gitignore", "*\n");
    world.write("project/.husky/pre-commit", "npm test\n");
    world.commit("hooks");
    world.git(["config", "core.hooksPath", ".husky/_"]);
    let task = world.rested("Greet people", EDIT);
    world.commits(&task, 1);
    let told = world.told(&task, "hooks_missing");
    assert!(told[0].contains(".husky/_") && told[0].contains("[vcs.worktree] run"), "{told:?}");
}
