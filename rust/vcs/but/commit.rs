//! `but commit` and `but uncommit`.

use super::{But, ButStatus, Grammar, Refusal, Result};
use crate::commits::plan::{PlannedPiece, What};
use crate::vcs::git::Hooks;
use crate::vcs::rewrite::Permit;
use serde::Deserialize;
use std::io::Write as _;

/// The longest message that goes as an argument; the kernel's limit for one is 128 KiB.
const LONGEST_ARGUMENT: usize = 100_000;

/// What `but` says it committed. It may be wrong: see `vcs::commit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ButCommit {
    /// The commit.
    pub oid: String,
    /// What stays when it is rewritten; the old grammar has none.
    pub change_id: Option<String>,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "commitId", alias = "commit_id")]
    oid: Option<String>,
    #[serde(rename = "changeId")]
    change_id: Option<String>,
}

impl But {
    /// Commits pieces of the tree, as `status` and the hunks just read name them, to an applied branch.
    pub async fn commit(
        &self,
        branch: &str,
        message: &str,
        pieces: &[PlannedPiece],
        status: &ButStatus,
        permit: &Permit<'_>,
    ) -> Result<ButCommit> {
        let ids = ids(self.grammar, pieces, status)?;
        if ids.is_empty() {
            // Without any `but` would take everything.
            return Err(Refusal::NothingToCommit);
        }
        let mut command = self.command(["commit"]);
        let long = message.len() > LONGEST_ARGUMENT;
        let file = if long { Some(message_file(message)?) } else { None };
        match (self.grammar, &file) {
            (Grammar::New, None) => command.arg(format!("--message={message}")),
            (Grammar::New, Some(file)) => {
                let path = file.path().to_string_lossy();
                let quoted = shlex::try_quote(&path).map_err(|error| Refusal::Other(error.to_string()))?;
                command.env("GIT_EDITOR", format!("cp {quoted}"))
            }
            (Grammar::Old, None) => command.arg(format!("--message={message}")),
            (Grammar::Old, Some(file)) => command.arg("--message-file").arg(file.path()),
        };
        match self.grammar {
            Grammar::New => command.args(["--branch", branch, "--"]).args(&ids),
            Grammar::Old => {
                if self.hooks == Hooks::Off {
                    command.arg("--no-hooks");
                }
                // Several at a time: one argument may not be longer than 128 KiB.
                for some in ids.chunks(1000) {
                    command.arg("--changes").arg(some.join(","));
                }
                command.args(["--", branch])
            }
        };
        let text = self.change(command, permit.held()).await?;
        let raw: Raw = serde_json::from_str(&text).map_err(|error| Refusal::garbage("commit", &error, &text))?;
        match raw.oid {
            Some(oid) if is_oid(&oid) => Ok(ButCommit { oid, change_id: raw.change_id }),
            Some(_) => Err(Refusal::garbage("commit", &"no commit's id", &text)),
            // The old grammar's way to say that the files changed meanwhile.
            None if text.contains("commit_id") => Err(Refusal::CheckoutConflict(Vec::new())),
            None => Err(Refusal::garbage("commit", &"no commit's id", &text)),
        }
    }

    /// Takes a commit back: its changes are uncommitted again, the working tree stays as it is.
    pub async fn uncommit(&self, oid: &str, permit: &Permit<'_>) -> Result<()> {
        self.change(self.command(["uncommit", oid]), permit.held()).await.map(drop)
    }
}

/// What the command line names the pieces by.
fn ids(grammar: Grammar, pieces: &[PlannedPiece], status: &ButStatus) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for piece in pieces {
        match &piece.what {
            What::Hunks(hunks) => ids.extend(hunks.iter().cloned()),
            What::Whole if grammar == Grammar::New && names_itself(&piece.path) => ids.push(piece.path.clone()),
            What::Whole => match status.change(&piece.path) {
                Some(change) => ids.push(change.cli_id.clone()),
                None => return Err(Refusal::BadPath(format!("{} is not changed", piece.path))),
            },
        }
    }
    Ok(ids)
}

/// Whether a path can only be read as that path: not as `source:path`, and not as an id (`zz` is the whole tree).
fn names_itself(path: &str) -> bool {
    let like_an_id = |path: &str| path.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'#');
    !path.contains(':') && !like_an_id(path) && !path.ends_with('/')
}

fn is_oid(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn message_file(message: &str) -> Result<tempfile::NamedTempFile> {
    let write = || {
        let mut file = tempfile::NamedTempFile::new()?;
        file.write_all(message.as_bytes())?;
        Ok(file)
    };
    write().map_err(|error: std::io::Error| Refusal::Other(format!("the message cannot be written: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_named_so_that_nothing_else_is_meant() {
        let text = r#"{"uncommittedChanges":[{"cliId":"qt","filePath":"co:lon","changeType":"added"},
            {"cliId":"zzm","filePath":"zz","changeType":"added"},{"cliId":"nk","filePath":"a b.txt","changeType":"added"}],
            "stacks":[]}"#;
        let status = ButStatus::parse(text).unwrap();
        let whole = |path: &str| PlannedPiece { path: path.into(), what: What::Whole };
        let mut pieces = vec![whole("co:lon"), whole("zz"), whole("a b.txt")];
        pieces.push(PlannedPiece { path: "c".into(), what: What::Hunks(vec!["x:1".into(), "x:2".into()]) });
        assert_eq!(ids(Grammar::New, &pieces, &status).unwrap(), ["qt", "zzm", "a b.txt", "x:1", "x:2"]);
        assert_eq!(ids(Grammar::Old, &pieces, &status).unwrap(), ["qt", "zzm", "nk", "x:1", "x:2"]);
        assert!(matches!(ids(Grammar::Old, &[whole("clean")], &status), Err(Refusal::BadPath(_))));
    }
}
