use super::*;
use crate::evidence::event::ToolScope;
use std::path::{Component, PathBuf};

mod calls;
mod proposals;

/// One command a line; `⏎` is a newline, `⍽` a blank that does not break and `☐` one without width.
const ALLOWED: &str = include_str!("tests/allowed.txt");
const ASKED: &str = include_str!("tests/asked.txt");
const DENIED: &str = include_str!("tests/denied.txt");
const MAY_BE_DENIED: &str = include_str!("tests/may_be_denied.txt");

fn rule(action: Action, line: usize) -> Rule {
    Rule {
        action,
        tool: Vec::new(),
        command: Vec::new(),
        path: Vec::new(),
        mcp: Vec::new(),
        host: Vec::new(),
        task: Vec::new(),
        tag: Vec::new(),
        project: None,
        message: None,
        place: Place { file: "c.toml".into(), line },
        text: String::new(),
    }
}

fn commands(texts: &[&str]) -> Vec<CommandPattern> {
    texts.iter().map(|text| CommandPattern::parse(text).unwrap()).collect()
}

fn paths(texts: &[&str]) -> Vec<PathPattern> {
    texts.iter().map(|text| PathPattern::parse(text).unwrap()).collect()
}

/// The rules of the tables.
fn rules() -> Rules {
    let open = [
        "cargo test *",
        "cargo check *",
        "git status *",
        "git diff *",
        "git log *",
        "ls *",
        "cat *",
        "grep *",
        "tail *",
        "npm run build",
        "RUST_LOG=* cargo run *",
        "find *",
        "xargs *",
        "python3 *",
        "printf *",
        "src/tool.sh *",
        "test *",
        "env *",
        "fd *",
        "nice *",
        "parallel *",
        "mise *",
        "uv run *",
        "command *",
        "tmux *",
        "/bin/sh *",
    ];
    Rules {
        rules: vec![
            Rule { command: commands(&open), ..rule(Action::Allow, 1) },
            Rule {
                command: commands(&["rm *", "cp *", "sort *"]),
                path: paths(&["target/**"]),
                ..rule(Action::Allow, 2)
            },
            Rule { path: paths(&["target/**"]), ..rule(Action::Allow, 3) },
            Rule { command: commands(&["git push"]), message: Some("Ask me.".into()), ..rule(Action::Deny, 4) },
        ],
    }
}

/// The same, and what hides in arguments is denied.
fn with_secrets() -> Rules {
    let mut rules = rules();
    rules.rules.push(Rule { path: paths(&["secrets/**", "config/prod/**", "/etc/shadow"]), ..rule(Action::Deny, 5) });
    rules
}

/// As a file system in which `/p/link` leads to `/etc`.
fn locate(path: &Path) -> Located {
    let mut real = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => _ = real.pop(),
            Component::CurDir => {}
            part => real.push(part),
        }
        if real == Path::new("/p/link") {
            real = PathBuf::from("/etc");
        }
    }
    let inside = real.strip_prefix("/p").ok().and_then(Path::to_str).filter(|path| !path.is_empty());
    let inside = inside.filter(|path| path.split('/').all(|part| part != ".git")).map(str::to_owned);
    Located { inside, absolute: Some(real) }
}

fn shell(command: &str) -> ToolScope {
    ToolScope { folder: Some("/p".into()), command: Some(command.to_owned()), is_shell: true, ..ToolScope::default() }
}

fn verdict(rules: &Rules, tool: &str, scope: &ToolScope) -> Verdict {
    judge(
        rules,
        &Call {
            tool,
            scope,
            cut: false,
            task: 3,
            tags: &["web".to_owned()],
            project: Path::new("/p"),
            tree: Path::new("/p"),
            locate: &locate,
        },
    )
}

#[track_caller]
fn all_are(rules: &Rules, table: &str, wanted: Action, least: usize) {
    let lines = table.lines().filter(|line| !line.is_empty());
    let mut wrong = Vec::new();
    for line in lines.clone() {
        let text = line.replace('⏎', "\n").replace('⍽', "\u{a0}").replace('☐', "\u{200b}");
        let found = verdict(rules, "Bash", &shell(&text));
        if found.action != wanted {
            wrong.push(format!("{line}\n    {:?}: {:?} by {}", found.action, found.why, found.places()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(lines.count() >= least);
}

#[test]
fn a_command_of_which_every_part_is_covered_is_allowed() {
    all_are(&rules(), ALLOWED, Action::Allow, 45);
}

#[test]
fn a_command_of_which_a_part_is_not_covered_or_not_clear_is_asked() {
    all_are(&rules(), ASKED, Action::Ask, 140);
}

#[test]
fn a_denied_command_is_found_wherever_the_text_would_run_it() {
    all_are(&with_secrets(), DENIED, Action::Deny, 20);
}

#[test]
fn what_may_be_denied_is_asked_and_what_cannot_is_allowed() {
    all_are(&with_secrets(), MAY_BE_DENIED, Action::Ask, 25);
    let others =
        ["cargo test --lib x", "cd src && cargo test", "cd /p && cat src/key", "git -C src status", "grep -rn x src"];
    for command in others {
        let found = verdict(&with_secrets(), "Bash", &shell(command));
        assert_eq!(found.action == Action::Allow, !command.starts_with("git"), "{command}: {:?}", found.why);
    }
}

#[test]
fn the_verdict_names_the_rules_and_the_reason() {
    let rules = rules();
    let allowed = verdict(&rules, "Bash", &shell("cargo test > target/x"));
    assert_eq!(allowed.places(), "c.toml:1, c.toml:3");
    let denied = verdict(&rules, "Bash", &shell("git push"));
    assert_eq!((denied.places().as_str(), denied.message.as_deref()), ("c.toml:4", Some("Ask me.")));
    let asked = |command: &str| verdict(&rules, "Bash", &shell(command)).why.unwrap();
    assert_eq!(asked("cargo test; rm -rf ~"), "no rule allows `rm -rf ~`");
    assert_eq!(asked("cargo test $((1))"), "its command is not read by rules: it holds arithmetic");
    assert_eq!(asked("git -C x status"), "no rule allows `git -C x status`");
    let hidden = verdict(&with_secrets(), "Bash", &shell("cat sec*/key"));
    assert_eq!(hidden.why.as_deref(), Some("it may be what the rule at c.toml:5 denies"));
}

#[test]
fn an_option_between_hides_nothing_from_deny() {
    let rules = Rules {
        rules: vec![
            Rule { command: commands(&["git *"]), ..rule(Action::Allow, 1) },
            Rule { command: commands(&["git push"]), ..rule(Action::Deny, 2) },
            Rule { command: commands(&["git commit *"]), ..rule(Action::Ask, 3) },
        ],
    };
    let action = |command: &str| verdict(&rules, "Bash", &shell(command)).action;
    for allowed in ["git status", "git log -g push", "git diff $X", "git diff $(git log)"] {
        assert_eq!(action(allowed), Action::Allow, "{allowed}");
    }
    assert_eq!(action("git --no-pager push"), Action::Deny);
    for asked in ["git -C . push", "git -c a=b push", "git $X", "git \"$X\" x", "git -C . commit"] {
        assert_eq!(action(asked), Action::Ask, "{asked}");
    }
}

#[test]
fn what_is_huge_or_deep_is_asked_in_no_time() {
    let rules = rules();
    let repeated = |piece: &str, bytes: usize| piece.repeat(bytes / piece.len());
    let mut texts = vec![
        repeated("cargo test ", 10 << 20),
        repeated("a", 10 << 20),
        format!("cargo test {}", "$(cargo test ".repeat(500)),
        format!("{}cargo test", "bash -c '".repeat(300)),
        format!("{}cargo test{}", "(".repeat(500), ")".repeat(500)),
        "cargo test <<E\n".repeat(4000),
        "cargo test $(git log) ".repeat(3000),
    ];
    for piece in
        ["'", "\"", "`", "\\", "$", "${", "<<", "<<<", ">", "&", "|", ";", "(", ")", "{", "}", "#", "=", "*", "\n"]
    {
        texts.push(format!("cargo test {}", repeated(piece, 60_000)));
        texts.push(repeated(piece, 60_000));
    }
    for text in texts {
        let found = verdict(&rules, "Bash", &shell(&text));
        let is_harmless =
            text.starts_with("cargo test ") && text.chars().skip(11).all(|c| "'\"\\$*=}{#\n;&|>`".contains(c));
        assert!(found.action == Action::Ask || is_harmless && text.len() < 70_000, "{}", crate::text::clip(&text, 40));
    }
}

#[test]
fn what_was_cut_is_asked_whatever_the_rules() {
    let rules = Rules { rules: vec![Rule { tool: vec![Wildcard::parse("Bash")], ..rule(Action::Allow, 1) }] };
    let scope = shell("ls");
    let call = |cut| Call {
        tool: "Bash",
        scope: &scope,
        cut,
        task: 1,
        tags: &[],
        project: Path::new("/p"),
        tree: Path::new("/p"),
        locate: &locate,
    };
    assert_eq!(judge(&rules, &call(false)).action, Action::Allow);
    let cut = judge(&rules, &call(true));
    assert_eq!((cut.action, cut.why.as_deref()), (Action::Ask, Some("Chorus did not get the whole request")));
    let widens = ToolScope { widens: true, ..shell("ls") };
    assert_eq!(verdict(&rules, "Bash", &widens).action, Action::Ask);
}

#[test]
fn damaged_commands_are_judged_and_a_denied_line_is_never_allowed() {
    let rules = with_secrets();
    let lines = [ALLOWED, ASKED, DENIED, MAY_BE_DENIED].into_iter().flat_map(str::lines);
    let commands: Vec<Vec<u8>> =
        lines.filter(|line| !line.is_empty()).map(|line| line.replace('⏎', "\n").into_bytes()).collect();
    chorus_testkit::damage::each(&commands, |command| {
        let command = String::from_utf8_lossy(command);
        verdict(&rules, "Bash", &shell(&command));
        // Whatever follows on lines of its own.
        let pushed = format!("git push\n{command}");
        assert_ne!(verdict(&rules, "Bash", &shell(&pushed)).action, Action::Allow);
    });
}
