//! Branches and stacks: made, moved, applied, taken out.

use super::{But, Grammar, Refusal, Result};
use crate::vcs::lock::Held;
use crate::vcs::rewrite::Permit;
use serde::Deserialize;

/// A branch that `but branch list` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedBranch {
    /// Without `refs/heads/`.
    pub name: String,
    /// Whether it is in the workspace.
    pub applied: bool,
}

impl But {
    /// Makes a branch at the target, or on top of `above`, applied at once.
    pub async fn branch_new(&self, name: &str, above: Option<&str>, held: &Held) -> Result<()> {
        if !is_plain(name) {
            return Err(Refusal::InvalidName(format!("{name:?} cannot be the name of a branch")));
        }
        if self.grammar == Grammar::Old && self.status().await?.branch(name).is_some() {
            // The old grammar answers 0 and does nothing.
            return Err(Refusal::AlreadyApplied(name.to_owned()));
        }
        let mut command = self.command(["branch", "new", name]);
        if let Some(above) = above {
            command.args([if self.grammar == Grammar::New { "--above" } else { "--anchor" }, above]);
        }
        self.change(command, held).await?;
        match self.status().await?.branch(name) {
            Some(_) => Ok(()),
            None => Err(Refusal::Other(format!("but made no branch {name}"))),
        }
    }

    /// Stacks `branch` with all its commits on top of `above`.
    pub async fn move_above(&self, branch: &str, above: &str, permit: &Permit<'_>) -> Result<()> {
        let command = match self.grammar {
            Grammar::New => self.command(["move", branch, "--above", above]),
            Grammar::Old => self.command(["move", branch, above]),
        };
        self.change(command, permit.held()).await.map(drop)
    }

    /// Brings a branch with its stack into the workspace; well when it is there.
    pub async fn apply(&self, branch: &str, permit: &Permit<'_>) -> Result<()> {
        self.change(self.command(["apply", branch]), permit.held()).await?;
        // The old grammar answers 0 also where a conflict kept it out.
        match self.grammar == Grammar::New || self.status().await?.branch(branch).is_some() {
            true => Ok(()),
            false => Err(Refusal::ConflictsWith(Vec::new())),
        }
    }

    /// Takes a branch's whole stack out of the workspace; the references stay. The names of its branches.
    pub async fn unapply(&self, branch: &str, permit: &Permit<'_>) -> Result<Vec<String>> {
        #[derive(Deserialize)]
        struct Raw {
            #[serde(default)]
            branches: Vec<String>,
        }
        let text = self.change(self.command(["unapply", branch]), permit.held()).await?;
        let raw: Raw = serde_json::from_str(&text).map_err(|error| Refusal::garbage("unapply", &error, &text))?;
        Ok(raw.branches)
    }

    /// Branches applied and not (of these the 20 newest), empty ones included.
    pub async fn branches(&self) -> Result<Vec<ListedBranch>> {
        let args = ["branch", "list", "--no-check", "--no-ahead", "--empty"];
        let text = self.call(self.command(args), std::process::Stdio::null()).await?;
        listed(&text)
    }
}

/// Whether both grammars take a branch's name as it is: the old one changes others silently.
pub fn is_plain(name: &str) -> bool {
    let letters = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let part = |part: &str| !part.is_empty() && !part.starts_with(['-', '.']) && !part.ends_with('.') && letters(part);
    name.len() <= 200 && !name.contains("..") && name.split('/').all(|it| part(it) && !it.ends_with(".lock"))
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "appliedStacks")]
    stacks: Vec<RawStack>,
    #[serde(default)]
    branches: Vec<Named>,
}

#[derive(Deserialize)]
struct RawStack {
    heads: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

fn listed(text: &str) -> Result<Vec<ListedBranch>> {
    let raw: Raw = serde_json::from_str(text).map_err(|error| Refusal::garbage("branch list", &error, text))?;
    let heads = raw.stacks.into_iter().flat_map(|stack| stack.heads);
    let applied = heads.map(|head| ListedBranch { name: head.name, applied: true });
    Ok(applied.chain(raw.branches.into_iter().map(|one| ListedBranch { name: one.name, applied: false })).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lists_are_read() {
        let new = listed(include_str!("../../../tests/fixtures/gitbutler/new/branches.json")).unwrap();
        assert_eq!(new.iter().filter(|one| one.applied).count(), 9);
        assert!(new.contains(&ListedBranch { name: "plainbr".into(), applied: false }));
        let old = listed(include_str!("../../../tests/fixtures/gitbutler/old/branches.json")).unwrap();
        assert_eq!(old.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["task-a", "task-b"]);
    }

    #[test]
    fn names_that_either_grammar_would_change_are_not_plain() {
        for name in ["chorus/12-fix-login_1", "a", "v1.2"] {
            assert!(is_plain(name), "{name}");
        }
        for name in ["", "a b", "a..b", "a.lock", "-x", "a/", "/a", "a//b", ".a", "a.", "ä", "a\n", "a:b", "a/.b"] {
            assert!(!is_plain(name), "{name}");
        }
    }
}
