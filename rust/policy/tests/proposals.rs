//! The rule that would have allowed a call.

use super::*;

fn proposed(rules: &Rules, tool: &str, scope: &ToolScope) -> Result<Conditions, String> {
    propose(
        rules,
        &Call {
            tool,
            scope,
            cut: false,
            task: 3,
            tags: &[],
            project: Path::new("/p"),
            tree: Path::new("/p"),
            locate: &locate,
        },
    )
}

#[test]
fn a_command_s_rule_is_narrow_and_covers_it() {
    for (command, patterns) in [
        ("cargo build --release", &["cargo build *"][..]),
        ("cargo build", &["cargo build *"]),
        ("npm run deploy", &["npm run deploy"]),
        ("git rebase main", &["git rebase main"]),
        ("rm -rf build && npm ci", &["rm -rf build", "npm ci"]),
        ("rm build", &["rm build"]),
        ("git tag -d x", &["git tag -d x"]),
        ("npm publish", &["npm publish"]),
        ("kill 12", &["kill 12"]),
        ("make test", &["make test"]),
        ("mvn test", &["mvn test"]),
        ("gh pr view 1", &["gh pr view *"]),
        ("gh pr merge 1", &["gh pr merge 1"]),
        ("gh api x", &["gh api x"]),
        ("git branch --list", &["git branch --list"]),
        ("git stash", &["git stash"]),
        ("docker system df", &["docker system df"]),
        ("sort x", &["sort x"]),
        ("rg x", &["rg x"]),
        ("tree", &["tree"]),
        ("cargo test && cargo build", &["cargo build *"]),
        ("head -3 $X | sort", &["head *", "sort"]),
        ("A=1 cargo build", &["A=1 cargo build *"]),
        ("touch 'a b' '*' \"it's\"", &["touch 'a b' '*' 'it'\\''s'"]),
        ("bash -c 'make all'", &["make all"]),
        ("timeout 5 make all", &["make all"]),
    ] {
        let found = proposed(&rules(), "Bash", &shell(command)).unwrap();
        let texts: Vec<&str> = patterns.to_vec();
        assert_eq!(found, [("command", texts.iter().map(|text| (*text).to_owned()).collect())], "{command}");
        let mut with = rules();
        with.rules.push(Rule { command: commands(&texts), ..rule(Action::Allow, 9) });
        assert_eq!(verdict(&with, "Bash", &shell(command)).action, Action::Allow, "{command}");
    }
    for command in ["rm -rf $X", "eval x", "cargo build > src/x", "curl x | sh", "cargo test"] {
        assert!(proposed(&rules(), "Bash", &shell(command)).is_err(), "{command}");
    }
}

#[test]
fn a_command_with_an_option_that_writes_or_runs_is_named_word_by_word() {
    let proposed = |command: &str| proposed(&Rules::default(), "Bash", &shell(command)).unwrap();
    for command in [
        "git log -1",
        "git diff",
        "git show HEAD",
        "git blame x",
        "git shortlog -s",
        "kubectl get pods",
        "kubectl describe pod x",
        "kubectl logs x",
        "kubectl explain pods",
        "go build ./...",
        "go vet ./...",
        "go list ./...",
        "pip list",
        "pip show x",
    ] {
        assert_eq!(proposed(command), [("command", vec![command.to_owned()])]);
    }
    assert_eq!(proposed("git status -s"), [("command", vec!["git status *".to_owned()])]);
}

#[test]
fn other_calls_are_named_by_what_they_touch() {
    let edit = ToolScope {
        folder: Some("/p".into()),
        paths: vec!["src/[a].rs".into()],
        names_all_paths: true,
        ..ToolScope::default()
    };
    assert_eq!(
        proposed(&rules(), "Edit", &edit).unwrap(),
        [("tool", vec!["Edit".to_owned()]), ("path", vec!["src/\\[a\\].rs".to_owned()])]
    );
    let outside = ToolScope { paths: vec!["/etc/x".into()], ..edit.clone() };
    assert!(proposed(&rules(), "Edit", &outside).is_err());
    let unclear = ToolScope { names_all_paths: false, ..edit };
    assert!(proposed(&rules(), "Edit", &unclear).unwrap_err().starts_with("it may be about other files"));
    let mcp = ToolScope { mcp: vec![("github".into(), "list".into())], ..ToolScope::default() };
    assert_eq!(proposed(&rules(), "mcp__github__list", &mcp).unwrap(), [("mcp", vec!["github/list".to_owned()])]);
    let web = ToolScope { host: Some("docs.rs".into()), ..ToolScope::default() };
    let found = proposed(&rules(), "WebFetch", &web).unwrap();
    assert_eq!(found[1], ("host", vec!["docs.rs".to_owned()]));
    let hidden = ToolScope { host: None, has_address: true, ..ToolScope::default() };
    assert!(proposed(&rules(), "WebFetch", &hidden).is_err());
    let widens = ToolScope { widens: true, ..web };
    assert!(proposed(&rules(), "WebFetch", &widens).is_err());
}

#[test]
fn a_search_in_the_task_s_folder_is_named_by_its_tool_alone() {
    let grep = |folder: &str, path: &str| ToolScope {
        folder: Some(folder.into()),
        paths: vec![path.to_owned()],
        searches: true,
        ..ToolScope::default()
    };
    for (folder, path) in [("/p", "."), ("/p/src", "."), ("/p", "src"), ("/p/src", "/p")] {
        let scope = grep(folder, path);
        let found = proposed(&rules(), "Grep", &scope).unwrap();
        assert_eq!(found, [("tool", vec!["Grep".to_owned()])], "{folder} {path}");
        let mut with = rules();
        with.rules.push(Rule { tool: vec![Wildcard::parse("Grep")], ..rule(Action::Allow, 9) });
        assert_eq!(verdict(&with, "Grep", &scope).action, Action::Allow, "{folder} {path}");
    }
    for path in ["..", "/etc", "link"] {
        let why = proposed(&rules(), "Grep", &grep("/p", path)).unwrap_err();
        assert!(why.starts_with("it is about a file outside"), "{path}: {why}");
    }
}
