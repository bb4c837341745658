//! `but`'s failures as text, by phrases that both grammars or one of them print.

use super::{Dependence, Refusal};
use serde::Deserialize;

/// The longest text kept.
const KEPT: usize = 600;

#[derive(Deserialize)]
struct Told {
    error: Option<String>,
    #[serde(default)]
    message: String,
    status: Option<String>,
    #[serde(rename = "conflictingStacks", default)]
    conflicting: Vec<String>,
}

pub(super) fn read(stdout: &str, stderr: &str, code: i32) -> Refusal {
    if let Ok(told) = serde_json::from_str::<Told>(stdout) {
        if told.error.as_deref() == Some("setup_required") {
            return if told.message.contains("Not currently on") {
                Refusal::OtherBranch
            } else {
                Refusal::SetupRequired
            };
        }
        if told.status.as_deref() == Some("conflictAborted") {
            let short = |name: String| name.strip_prefix("refs/heads/").map(str::to_owned).unwrap_or(name);
            return Refusal::ConflictsWith(told.conflicting.into_iter().map(short).collect());
        }
    }
    let text = clean(stderr);
    log::info!("but ended with {code}: {text}");
    by_phrase(&text, code)
}

fn by_phrase(text: &str, code: i32) -> Refusal {
    let has = |phrase: &str| text.contains(phrase);
    let words = || headline(text);
    if has("No git repository found") {
        Refusal::NoRepository
    } else if has("Not currently on a gitbutler/") {
        Refusal::OtherBranch
    } else if has("is a non-main worktree") {
        Refusal::LinkedWorktree
    } else if has("Setup required") {
        Refusal::SetupRequired
    } else if has("mode exit required") {
        Refusal::ModeExit
    } else if has("could not be applied") {
        could_not_be_applied(text)
    } else if has("conflicts with existing stack") {
        Refusal::ConflictsWith(after(text, "conflicts with existing stack").map(list).unwrap_or_default())
    } else if has("AuthorMissing") || has("No author is configured") || has("Need committer") {
        Refusal::AuthorMissing
    } else if has("No changes to commit") {
        Refusal::NothingToCommit
    } else if has("assigned to a different stack") {
        Refusal::StagedElsewhere(words())
    } else if has("Could not find uncommitted change") || has("Invalid file ID") || has("Ambiguous uncommitted") {
        Refusal::BadPath(words())
    } else if has("hook failed") {
        Refusal::HookFailed(words())
    } else if has("would be overwritten by checkout") {
        Refusal::CheckoutConflict(quoted(text, '"'))
    } else if has("prevent checkout")
        || has("prevents checkout")
        || has("failed to fill whole buffer")
        || has("short read while indexing")
    {
        Refusal::CheckoutConflict(Vec::new())
    } else if has("is already applied") {
        Refusal::AlreadyApplied(quoted(text, '\'').into_iter().next().unwrap_or_default())
    } else if has("exists but is not applied") {
        Refusal::NotApplied(quoted(text, '\'').into_iter().next().unwrap_or_default())
    } else if has("Invalid branch name") || has("collides with existing branch") || has("Could not open reflog") {
        Refusal::InvalidName(words())
    } else if has("Failed to find reference") && has("rebase editor") {
        let name = after(text, "Failed to find reference").and_then(|rest| rest.split_whitespace().next());
        let short = name.map(|name| name.strip_prefix("refs/heads/").unwrap_or(name).to_owned());
        Refusal::MovedOutside(short.into_iter().collect())
    } else if has("Could not find") || has("did not exist") || has("not found") {
        Refusal::NotFound(words())
    } else if code == 2 {
        Refusal::UnknownGrammar(words())
    } else {
        Refusal::Other(if text.is_empty() { format!("but ended with {code}") } else { words() })
    }
}

/// `Cannot commit: 2 changes could not be applied:`, then each path by two spaces and its reasons by four.
fn could_not_be_applied(text: &str) -> Refusal {
    let mut found: Vec<Dependence> = Vec::new();
    let mut others = Vec::new();
    let mut path: Option<&str> = None;
    for line in text.lines().take_while(|line| !line.starts_with("Hint:")) {
        if let Some(reason) = line.strip_prefix("    ") {
            let Some(path) = path else { continue };
            match dependence(path, reason) {
                Some(one) => found.push(one),
                None => others.push(format!("{path}: {reason}")),
            }
        } else if let Some(name) = line.strip_prefix("  ") {
            path = Some(name);
        }
    }
    match others.is_empty() && !found.is_empty() {
        true => Refusal::DependsOn(found),
        false if others.iter().any(|other| other.contains("no longer match the worktree")) => {
            Refusal::BadPath(others.join("; "))
        }
        false if others.is_empty() => Refusal::Other(headline(text)),
        false => Refusal::Other(others.join("; ")),
    }
}

fn dependence(path: &str, reason: &str) -> Option<Dependence> {
    let path = path.to_owned();
    if let Some(branches) = reason.strip_prefix("conflicts with commits on ") {
        let branches = branches.strip_suffix(" (edits touch the same file)").unwrap_or(branches);
        return Some(Dependence { path, lines: None, branches: list(branches) });
    }
    if reason == "depends on changes in another branch" {
        return Some(Dependence { path, lines: None, branches: Vec::new() });
    }
    let (lines, on) = reason.split_once(" depends on ")?;
    let branch = on.rsplit_once(" (").map(|(branch, _)| branch.to_owned());
    Some(Dependence { path, lines: Some(lines.to_owned()), branches: branch.into_iter().collect() })
}

fn list(text: &str) -> Vec<String> {
    text.lines().next().unwrap_or_default().split(", ").map(|name| name.trim().to_owned()).collect()
}

fn after<'a>(text: &'a str, phrase: &str) -> Option<&'a str> {
    text.split_once(phrase).map(|(_, rest)| rest.trim_start_matches([':', ' ']))
}

fn quoted(text: &str, mark: char) -> Vec<String> {
    text.split(mark).skip(1).step_by(2).map(str::to_owned).collect()
}

/// What a program prints after what is wrong, where its arguments are.
const USAGE: [&str; 7] = ["Usage:", "usage:", "Options:", "Commands:", "Arguments:", "For more information", "tip:"];

/// The words before the hint and the usage, on one line.
fn headline(text: &str) -> String {
    let ends = |line: &&str| !line.starts_with("Hint:") && !USAGE.iter().any(|lead| line.trim().starts_with(lead));
    let mut words: Vec<&str> = text.lines().take_while(ends).map(str::trim).filter(|line| !line.is_empty()).collect();
    if words.is_empty() {
        words.extend(text.lines().map(str::trim).find(|line| !line.is_empty()));
    }
    let joined = words.join(" ");
    let bare = ["Error: ", "error: "].iter().find_map(|lead| joined.strip_prefix(lead));
    bare.unwrap_or(&joined).to_owned()
}

/// Bounded, and without anything a terminal would obey.
fn clean(text: &str) -> String {
    crate::sgr::plain(text).chars().take(KEPT).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stderr(text: &str) -> Refusal {
        read("", text, 1)
    }

    #[test]
    fn a_dependence_names_path_line_and_branch() {
        let told = stderr(include_str!("../../../../tests/fixtures/gitbutler/new/depends.txt"));
        let one = Dependence { path: "a.txt".into(), lines: Some("line 3".into()), branches: vec!["ta".into()] };
        assert_eq!(told, Refusal::DependsOn(vec![one]));
        assert_eq!(told.remedy(), Some("ta"));
        assert_eq!(told.hint("tb").as_deref(), Some("`but move tb --above ta` stacks it there"));
        assert_eq!(told.to_string(), "a.txt line 3 builds on ta");
    }

    #[test]
    fn a_touching_change_names_the_branches_only() {
        let told = stderr(include_str!("../../../../tests/fixtures/gitbutler/new/conflicts.txt"));
        let one = Dependence { path: "a.txt".into(), lines: None, branches: vec!["ta".into()] };
        assert_eq!(told, Refusal::DependsOn(vec![one]));
    }

    #[test]
    fn there_is_a_remedy_only_when_one_branch_resolves_all() {
        let one = |branches: &[&str]| Dependence {
            path: "a".into(),
            lines: None,
            branches: branches.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(Refusal::DependsOn(vec![one(&["x"]), one(&["y"])]).remedy(), None);
        assert_eq!(Refusal::DependsOn(vec![one(&["x"]), one(&[])]).remedy(), None);
        assert_eq!(Refusal::DependsOn(vec![one(&["x"]), one(&["x", "x"])]).remedy(), Some("x"));
    }

    #[test]
    fn a_refused_application_names_the_stacks() {
        let told = read(include_str!("../../../../tests/fixtures/gitbutler/new/apply_conflict.json"), "", 1);
        assert_eq!(told, Refusal::ConflictsWith(vec!["tb".into()]));
    }

    #[test]
    fn states_of_the_repository_are_told_apart() {
        let setup = |message: &str| read(&format!(r#"{{"error":"setup_required","message":"{message}"}}"#), "Error", 1);
        assert_eq!(setup("No GitButler project found at ."), Refusal::SetupRequired);
        assert_eq!(setup("Not currently on a gitbutler/* branch."), Refusal::OtherBranch);
        let exit = "Error: GitButler mode exit required: please run `but teardown` to preserve your work.";
        assert_eq!(stderr(exit), Refusal::ModeExit);
        assert_eq!(stderr("Error: No git repository found at .\nPlease run 'but setup'"), Refusal::NoRepository);
    }

    #[test]
    fn phrases_of_both_grammars_are_known() {
        let over = "Error: Failed to apply branch\n\nCaused by:\n    Uncommitted files would be overwritten by checkout: \"b.txt\", \"c\"";
        let cases = [
            ("Error: AuthorMissing\n\nCaused by:\n    No author is configured in Git", Refusal::AuthorMissing),
            ("Error: No changes to commit.", Refusal::NothingToCommit),
            ("Error: A branch named 'x' is already applied", Refusal::AlreadyApplied("x".into())),
            ("Error: A branch named 'x' exists but is not applied\n\nHint: Run", Refusal::NotApplied("x".into())),
            (over, Refusal::CheckoutConflict(vec!["b.txt".into(), "c".into()])),
            ("Error: 2 conflicts prevent checkout; class=Checkout (20)", Refusal::CheckoutConflict(vec![])),
            (
                "Error: Failed to find reference refs/heads/ta in rebase editor",
                Refusal::MovedOutside(vec!["ta".into()]),
            ),
            (
                "Error: Could not find uncommitted change: 'q'\n\nHint: Run `but status`",
                Refusal::BadPath("Could not find uncommitted change: 'q'".into()),
            ),
            (
                "Error: Bad input 'a b'\n\nInvalid branch name\n\nHint: Try 'a-b' instead",
                Refusal::InvalidName("Bad input 'a b' Invalid branch name".into()),
            ),
            (
                "Error: pre-commit hook failed:\nno \u{1b}[31mtabs",
                Refusal::HookFailed("pre-commit hook failed: no tabs".into()),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(stderr(text), expected);
        }
        assert_eq!(read("", "", 7), Refusal::Other("but ended with 7".into()));
        let usage = "error: unexpected argument '-b' found\n\n  tip: to pass '-b' as a value, use '-- -b'\n\nUsage: but commit [OPTIONS]\n\nOptions:\n  -m  the message";
        assert_eq!(read("", usage, 2), Refusal::UnknownGrammar("unexpected argument '-b' found".into()));
        assert_eq!(read("", "Usage: but [OPTIONS]\n  -x  y", 1), Refusal::Other("Usage: but [OPTIONS]".into()));
    }
}
