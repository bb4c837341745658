//! Calls of other tools, and the conditions that every rule may have.

use super::*;

fn file(path: &str) -> ToolScope {
    ToolScope {
        folder: Some("/p/src".into()),
        paths: vec![path.to_owned()],
        names_all_paths: true,
        ..ToolScope::default()
    }
}

fn one(rule: Rule) -> Rules {
    Rules { rules: vec![rule] }
}

#[test]
fn a_path_counts_for_where_it_leads() {
    let allow = one(Rule { path: paths(&["src/**", "docs/*.md", "lib", ".github/**"]), ..rule(Action::Allow, 1) });
    let action = |path: &str| verdict(&allow, "Edit", &file(path)).action;
    for path in ["a.rs", "deep/a.rs", "/p/src/a.rs", "../docs/x.md", "../lib/x", "../.github/x.yml"] {
        assert_eq!(action(path), Action::Allow, "{path}");
    }
    for path in [
        "../a.rs",
        "../docs/deep/x.md",
        "/etc/passwd",
        "../link/x",
        "../../p2/src/x",
        ".env",
        ".git/config",
        "chorus.toml",
        "../library",
    ] {
        assert_eq!(action(path), Action::Ask, "{path}");
    }
    let unsure = ToolScope { names_all_paths: false, ..file("a.rs") };
    assert_eq!(verdict(&allow, "Glob", &unsure).action, Action::Ask);
    let deny = one(Rule { path: paths(&["**/*.sql", "/etc/**"]), ..rule(Action::Deny, 1) });
    for (path, wanted) in [
        ("x.sql", Action::Deny),
        (".hidden/x.sql", Action::Deny),
        ("../link/passwd", Action::Deny),
        ("/etc/passwd", Action::Deny),
        ("a.rs", Action::Ask),
    ] {
        assert_eq!(verdict(&deny, "Edit", &file(path)).action, wanted, "{path}");
    }
}

#[test]
fn every_condition_has_to_hold() {
    let scope = shell("ls");
    let mcp = ToolScope { mcp: vec![("github".into(), "create_issue".into())], ..ToolScope::default() };
    let web = ToolScope { host: Some("docs.rs".into()), ..ToolScope::default() };
    let base = || Rule { command: commands(&["ls"]), ..rule(Action::Allow, 1) };
    let wild = |text: &str| vec![Wildcard::parse(text)];
    let parsed = |text: &str| vec![McpPattern::parse(text).unwrap()];
    for (rule, tool, scope, holds) in [
        (base(), "Bash", &scope, true),
        (Rule { task: vec![3], ..base() }, "Bash", &scope, true),
        (Rule { task: vec![4], ..base() }, "Bash", &scope, false),
        (Rule { tag: vec!["web".into()], ..base() }, "Bash", &scope, true),
        (Rule { tag: vec!["api".into()], ..base() }, "Bash", &scope, false),
        (Rule { project: Some("/p".into()), ..base() }, "Bash", &scope, true),
        (Rule { project: Some("/q".into()), ..base() }, "Bash", &scope, false),
        (Rule { tool: wild("Bash"), ..base() }, "Bash", &scope, true),
        (Rule { tool: wild("Edit"), ..base() }, "Bash", &scope, false),
        (Rule { tool: wild("Web*"), ..rule(Action::Allow, 1) }, "WebFetch", &web, true),
        (Rule { host: wild("docs.rs"), ..rule(Action::Allow, 1) }, "WebFetch", &web, true),
        (Rule { host: wild("*.docs.rs"), ..rule(Action::Allow, 1) }, "WebFetch", &web, false),
        (Rule { host: wild("docs.rs"), ..rule(Action::Allow, 1) }, "Bash", &scope, false),
        (Rule { mcp: parsed("github"), ..rule(Action::Allow, 1) }, "mcp__github__create_issue", &mcp, true),
        (Rule { mcp: parsed("github/create_*"), ..rule(Action::Allow, 1) }, "mcp__github__create_issue", &mcp, true),
        (Rule { mcp: parsed("github/delete_*"), ..rule(Action::Allow, 1) }, "mcp__github__create_issue", &mcp, false),
        (Rule { mcp: parsed("git"), ..rule(Action::Allow, 1) }, "mcp__github__create_issue", &mcp, false),
    ] {
        let shown = format!("{rule:?}");
        assert_eq!(verdict(&one(rule), tool, scope).action == Action::Allow, holds, "{shown}");
    }
}

#[test]
fn a_server_s_command_is_denied_as_a_shell_s_but_not_allowed_as_one() {
    let run = ToolScope { mcp: vec![("ops".into(), "run".into())], is_shell: false, ..shell("cargo test") };
    assert_eq!(verdict(&rules(), "mcp__ops__run", &run).action, Action::Ask);
    let push = ToolScope { command: Some("git push".into()), ..run };
    assert_eq!(verdict(&rules(), "mcp__ops__run", &push).action, Action::Deny);
}

#[test]
fn deny_wins_over_ask_and_ask_over_allow_in_any_order() {
    let of = |action, line| Rule { command: commands(&["ls *"]), ..rule(action, line) };
    let all = [of(Action::Allow, 1), of(Action::Ask, 2), of(Action::Deny, 3)];
    for (kept, wanted) in
        [(&[0, 1, 2][..], Action::Deny), (&[2, 1, 0], Action::Deny), (&[1, 0], Action::Ask), (&[0], Action::Allow)]
    {
        let rules = Rules { rules: kept.iter().map(|index| all[*index].clone()).collect() };
        assert_eq!(verdict(&rules, "Bash", &shell("ls")).action, wanted);
    }
    assert_eq!(verdict(&Rules::default(), "Bash", &shell("ls")).why.as_deref(), Some("no rule allows it"));
}

#[test]
fn rules_that_say_opposite_things_are_told() {
    let rules = Rules {
        rules: vec![
            Rule { command: commands(&["cargo test *", "git push origin *"]), ..rule(Action::Allow, 1) },
            Rule { command: commands(&["git push"]), ..rule(Action::Deny, 2) },
            Rule { path: paths(&["src/**"]), ..rule(Action::Allow, 3) },
            Rule { path: paths(&["src/**/*.sql"]), ..rule(Action::Ask, 4) },
            Rule { tool: vec![Wildcard::parse("WebFetch")], ..rule(Action::Allow, 5) },
            Rule { tool: vec![Wildcard::parse("Web*")], ..rule(Action::Ask, 6) },
        ],
    };
    assert_eq!(
        contradictions(&rules),
        [
            "c.toml:1: the rule at c.toml:2 denies what this rule allows, and deny wins",
            "c.toml:5: the rule at c.toml:6 asks about what this rule allows, and ask wins",
        ]
    );
}

#[test]
fn a_pattern_that_is_none_says_why() {
    let command = |text: &str| CommandPattern::parse(text).unwrap_err();
    assert!(command("cargo test && ls").starts_with("`&` cannot stand in it"));
    assert_eq!(command("'a"), "it contains an unclosed quote");
    assert_eq!(command(" "), "it names no program");
    assert_eq!(command("A=1"), "it names no program");
    assert!(command(&"a".repeat(2000)).contains("at most"));
    let path = |text: &str| PathPattern::parse(text).unwrap_err();
    assert_eq!(path("../x"), "it must not contain `..`");
    assert_eq!(path("."), "write `**` for the task's whole folder");
    assert!(path("a//b").contains("`//`") && path("a/./b").contains("`/./`") && PathPattern::parse("./a/").is_ok());
    assert!(path("a[").starts_with("it is not a pattern of paths"), "{}", path("a["));
    assert!(PathPattern::parse(&"{a,b}".repeat(190)).is_ok() && path(&"{".repeat(999)).contains("not a pattern"));
    assert!(McpPattern::parse("a/b/c").is_err() && McpPattern::parse("").is_err());
    let wild = Wildcard::parse(&"*a".repeat(500));
    assert!(!wild.fits(&"a".repeat(400)) && wild.fits(&"a".repeat(600)));
}

/// What a call by this tool gets, where `secrets` and the host `evil.org` are denied and the rest is allowed.
fn beside_denials(tool: &str, scope: &ToolScope) -> Action {
    let named = |tool: &str| vec![Wildcard::parse(tool)];
    let rules = Rules {
        rules: vec![
            Rule { tool: named("WebFetch"), ..rule(Action::Allow, 1) },
            Rule { tool: named("Grep"), ..rule(Action::Allow, 2) },
            Rule { mcp: vec![McpPattern::parse("files").unwrap()], ..rule(Action::Allow, 3) },
            Rule { mcp: vec![McpPattern::parse("github/list_*").unwrap()], ..rule(Action::Allow, 4) },
            Rule { path: paths(&["secrets/**", "/etc/shadow"]), ..rule(Action::Deny, 5) },
            Rule { host: named("evil.org"), ..rule(Action::Deny, 6) },
            Rule { mcp: vec![McpPattern::parse("github/list_x__*").unwrap()], ..rule(Action::Ask, 7) },
        ],
    };
    verdict(&rules, tool, scope).action
}

#[test]
fn a_host_that_is_not_clear_is_asked_where_one_is_denied() {
    let web = |host: Option<&str>| ToolScope { has_address: true, host: host.map(Into::into), ..ToolScope::default() };
    for (host, wanted) in [(Some("docs.rs"), Action::Allow), (Some("evil.org"), Action::Deny), (None, Action::Ask)] {
        assert_eq!(beside_denials("WebFetch", &web(host)), wanted, "{host:?}");
    }
}

#[test]
fn every_address_of_a_server_s_call_counts() {
    let evil = Rule { host: vec![Wildcard::parse("evil.org")], ..rule(Action::Deny, 1) };
    let web = vec![McpPattern::parse("web").unwrap()];
    let denied = Rules { rules: vec![evil, Rule { mcp: web.clone(), ..rule(Action::Allow, 2) }] };
    let only = one(Rule { mcp: web, host: vec![Wildcard::parse("*.rs")], ..rule(Action::Allow, 1) });
    let hosts = |url: Option<&str>, others: &[&str]| ToolScope {
        mcp: vec![("web".into(), "get".into())],
        has_address: url.is_some(),
        host: url.map(Into::into),
        other_hosts: others.iter().map(|host| Some((*host).to_owned()).filter(|host| host != "?")).collect(),
        ..ToolScope::default()
    };
    for (scope, beside_denial, by_host) in [
        (hosts(None, &["docs.rs"]), Action::Allow, Action::Allow),
        (hosts(Some("docs.rs"), &["lib.rs"]), Action::Allow, Action::Allow),
        (hosts(Some("docs.rs"), &["evil.org"]), Action::Ask, Action::Ask),
        (hosts(Some("docs.rs"), &["?"]), Action::Ask, Action::Ask),
        (hosts(Some("docs.rs"), &["other.org"]), Action::Allow, Action::Ask),
        (hosts(None, &["evil.org"]), Action::Deny, Action::Ask),
        (hosts(Some("evil.org"), &["docs.rs"]), Action::Deny, Action::Ask),
        (hosts(None, &[]), Action::Allow, Action::Ask),
    ] {
        assert_eq!(verdict(&denied, "mcp__web__get", &scope).action, beside_denial, "{scope:?}");
        assert_eq!(verdict(&only, "mcp__web__get", &scope).action, by_host, "{scope:?}");
    }
}

#[test]
fn any_text_of_a_server_s_call_may_be_the_file_that_is_denied() {
    let call = |text: &str| ToolScope {
        folder: Some("/p".into()),
        mcp: vec![("files".into(), "read_many".into())],
        texts: vec!["x".into(), text.into()],
        ..ToolScope::default()
    };
    for text in ["src/key", "a text? with [all] of {it}", "https://docs.rs/?secrets", "main", "serde"] {
        assert_eq!(beside_denials("mcp__files__read_many", &call(text)), Action::Allow, "{text}");
    }
    for text in
        ["secrets/key", "secrets", "/p/secrets/key", "file:///p/secrets/key", ".", "/p", "sec*", "~/x", "/etc/shadow"]
    {
        assert_eq!(beside_denials("mcp__files__read_many", &call(text)), Action::Ask, "{text}");
    }
    let more = ToolScope { has_more_texts: true, ..call("src/key") };
    assert_eq!(beside_denials("mcp__files__read_many", &more), Action::Ask);
    let allow = one(Rule { mcp: vec![McpPattern::parse("files").unwrap()], ..rule(Action::Allow, 1) });
    assert_eq!(verdict(&allow, "mcp__files__read_many", &more).action, Action::Allow, "no file is denied");
}

#[test]
fn the_folder_that_has_denied_files_is_theirs() {
    let grep = |path: &str| ToolScope { names_all_paths: true, ..file(path) };
    for (path, wanted) in [
        ("/p/src", Action::Allow),
        ("/p/secrets", Action::Deny),
        ("../secrets", Action::Deny),
        ("/p", Action::Ask),
        ("..", Action::Ask),
        ("/", Action::Ask),
    ] {
        assert_eq!(beside_denials("Grep", &grep(path)), wanted, "{path}");
    }
}

#[test]
fn a_name_of_two_readings_is_allowed_as_neither_and_asked_as_either() {
    let call = |pairs: &[(&str, &str)]| ToolScope {
        mcp: pairs.iter().map(|(server, tool)| ((*server).to_owned(), (*tool).to_owned())).collect(),
        ..ToolScope::default()
    };
    assert_eq!(beside_denials("mcp__github__list_x", &call(&[("github", "list_x")])), Action::Allow);
    let two = call(&[("github", "list_y__run"), ("github__list_y", "run")]);
    assert_eq!(beside_denials("mcp__github__list_y__run", &two), Action::Ask);
    let asked = call(&[("github", "list_x__run"), ("github__list_x", "run")]);
    let found =
        verdict(&one(Rule { mcp: vec![McpPattern::parse("github").unwrap()], ..rule(Action::Deny, 1) }), "x", &asked);
    assert_eq!(found.action, Action::Ask);
}

#[test]
fn patterns_of_denials_mean_the_folder_and_follow_links() {
    let action = |pattern: &str, command: &str| {
        let rules = Rules {
            rules: vec![
                Rule { command: commands(&["cat *", "rm *"]), ..rule(Action::Allow, 1) },
                Rule { path: paths(&[pattern]), ..rule(Action::Deny, 2) },
            ],
        };
        verdict(&rules, "Bash", &shell(command)).action
    };
    for (pattern, command, wanted) in [
        ("secrets", "rm -rf secrets", Action::Deny),
        ("secrets/**", "rm -rf secrets", Action::Deny),
        ("secrets/*", "rm -rf secrets", Action::Ask),
        ("secrets/*", "cat secrets/a", Action::Deny),
        ("secrets/*", "cat secrets/a/b", Action::Allow),
        ("**/secrets", "cat a/secrets/b", Action::Deny),
        (".git/**", "cat .git/config", Action::Deny),
        ("**", "cat x", Action::Deny),
        ("link/**", "cat link/passwd", Action::Deny),
        ("link/**", "cat /etc/passwd", Action::Deny),
        ("/etc/**", "cat link/passwd", Action::Deny),
        ("a/b", "rm -rf a", Action::Ask),
        ("a/b", "cat a/c", Action::Allow),
        ("**/*.sql", "cat a.txt", Action::Allow),
    ] {
        assert_eq!(action(pattern, command), wanted, "{pattern}: {command}");
    }
}
