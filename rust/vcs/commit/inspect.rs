//! What a commit really holds: `but`'s exit code and answer prove neither that it is on the branch nor what is in it.

use super::intent::{CommitIntent, PlannedPath};
use crate::commits::net::{Net, NetReader};
use crate::error::{Error, Result};
use crate::vcs::git::Git;
use crate::vcs::rescue::RescueEntry;
use std::collections::{BTreeMap, BTreeSet};

/// What became of an intent.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The commit on the branch.
    pub oid: Option<String>,
    /// A commit that `but` named and that is not on the branch.
    pub lost: Option<String>,
    /// Paths it changes.
    pub paths: Vec<String>,
    /// Wanted paths it does not change.
    pub missing: Vec<String>,
    /// Paths it changes otherwise than wanted, or that nobody wanted.
    pub wrong: Vec<String>,
    /// Paths whose mode it changes although it was to stay.
    pub modes: Vec<String>,
}

/// Looks for the commit that `but` named, or without a name for one with the intent's message.
pub(super) async fn inspect(git: &Git, intent: &CommitIntent, named: Option<&str>) -> Result<Found> {
    let before = intent.tips.get(&intent.branch).map(String::as_str).unwrap_or_default();
    let Some(tip) = git.resolve(&format!("refs/heads/{}", intent.branch)).await? else {
        return Ok(Found { lost: named.map(str::to_owned), ..Found::default() });
    };
    let newer = newer(git, before, &tip).await?;
    let oid = match named {
        Some(named) if newer.iter().any(|(oid, _)| oid == named) => Some(named.to_owned()),
        Some(named) => return Ok(Found { lost: Some(named.to_owned()), ..Found::default() }),
        None => newer.into_iter().find(|(_, message)| message.trim() == intent.message.trim()).map(|(oid, _)| oid),
    };
    match oid {
        Some(oid) => compared(git, intent, oid).await,
        None => Ok(Found::default()),
    }
}

/// The commits that `tip` has and `before` has not, with their messages.
async fn newer(git: &Git, before: &str, tip: &str) -> Result<Vec<(String, String)>> {
    if before == tip {
        return Ok(Vec::new());
    }
    let range = if before.is_empty() { tip.to_owned() } else { format!("{before}..{tip}") };
    let text = git.read(&["log", "--format=%H%n%B%x00", "--max-count=200", &range]).await?;
    let one = |entry: &str| {
        let (oid, message) = entry.trim_start().split_once('\n')?;
        Some((oid.to_owned(), message.to_owned()))
    };
    Ok(text.split('\0').filter_map(one).collect())
}

async fn compared(git: &Git, intent: &CommitIntent, oid: String) -> Result<Found> {
    let changes = changes(git, &format!("{oid}^"), &oid).await?;
    let nets = nets(git, intent, &oid, &changes).await?;
    let (mut missing, mut wrong, mut opaque) = (Vec::new(), Vec::new(), Vec::new());
    for wanted in &intent.wanted {
        match (changes.get(&wanted.path), &wanted.net) {
            (None, _) => missing.push(wanted.path.clone()),
            (Some(_), Some(digest)) if nets.get(&wanted.path) != Some(digest) => wrong.push(wanted.path.clone()),
            (Some(_), Some(_)) => {}
            (Some(change), None) => opaque.extend((!holds(intent, wanted, &change.new)).then_some((wanted, change))),
        }
    }
    if !opaque.is_empty() {
        // A filter of git's may have changed the bytes; a writer is told by what the tree holds now.
        let now = intent.rescue.changed(git).await?;
        let newer =
            |path: &str, oid: &str| matches!(now.get(path), Some(RescueEntry::Kept { oid: real, .. }) if real == oid);
        let written = opaque.iter().filter(|(wanted, change)| newer(&wanted.path, &change.new));
        wrong.extend(written.map(|(wanted, _)| wanted.path.clone()));
    }
    // With a rename its old path goes, and `but` did not say which that is.
    let mut renames = intent.wanted.iter().filter(|wanted| wanted.renamed).count();
    for (path, change) in &changes {
        if intent.wanted.iter().any(|wanted| wanted.path == *path) {
            continue;
        }
        if change.is_removal() && renames > 0 {
            renames -= 1;
        } else {
            wrong.push(path.clone());
        }
    }
    let keeps = |path: &String| intent.wanted.iter().any(|wanted| wanted.keeps_mode && wanted.path == *path);
    let changed = changes.iter().filter(|(path, change)| change.changes_mode() && keeps(path));
    let modes = changed.map(|(path, _)| path.clone()).collect();
    Ok(Found { oid: Some(oid), lost: None, paths: changes.into_keys().collect(), missing, wrong, modes })
}

/// Whether a committed object is what the tree held before.
fn holds(intent: &CommitIntent, wanted: &PlannedPath, oid: &str) -> bool {
    match intent.rescue.entries.get(&wanted.path) {
        Some(RescueEntry::Kept { oid: before, .. }) => before == oid,
        _ => true,
    }
}

struct Changed {
    modes: (String, String),
    old: String,
    new: String,
}

impl Changed {
    fn changes_mode(&self) -> bool {
        self.modes.0 != self.modes.1
    }

    fn is_removal(&self) -> bool {
        self.new.bytes().all(|b| b == b'0')
    }
}

/// What differs between two trees, by path.
async fn changes(git: &Git, old: &str, new: &str) -> Result<BTreeMap<String, Changed>> {
    let args = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", old, new];
    let bytes = git.bytes(&args).await?;
    let text = String::from_utf8_lossy(&bytes);
    let mut parts = text.split('\0');
    let mut changes = BTreeMap::new();
    while let (Some(facts), Some(path)) = (parts.next(), parts.next()) {
        let words: Vec<&str> = facts.split(' ').collect();
        let [before, after, old, new, _] = words[..] else {
            return Err(Error::internal(format!("git diff-tree answered {facts:?}")));
        };
        let modes = (before.trim_start_matches(':').to_owned(), after.to_owned());
        changes.insert(path.to_owned(), Changed { modes, old: old.to_owned(), new: new.to_owned() });
    }
    Ok(changes)
}

/// Bytes of objects that are held together. Of a larger file git tells what differs.
const MOST_AT_ONCE: u64 = 16 * 1024 * 1024;

/// What the commit `oid` adds and takes in the wanted files whose lines say what was wanted, as [`Net::digest`]. Of all
/// others their ids say enough, whatever they weigh.
async fn nets(
    git: &Git,
    intent: &CommitIntent,
    oid: &str,
    changes: &BTreeMap<String, Changed>,
) -> Result<BTreeMap<String, String>> {
    let of_lines = intent.wanted.iter().filter(|wanted| wanted.net.is_some());
    let pairs: Vec<(&String, &Changed)> =
        of_lines.filter_map(|wanted| Some((&wanted.path, changes.get(&wanted.path)?))).collect();
    let sizes = sizes(git, pairs.iter().flat_map(|(_, change)| [change.old.as_str(), change.new.as_str()])).await?;
    let weight = |change: &Changed| {
        let of = |oid: &str| sizes.get(oid).copied().unwrap_or_default();
        of(&change.old).saturating_add(of(&change.new))
    };
    let (mut found, mut room, mut together) = (BTreeMap::new(), MOST_AT_ONCE, Vec::new());
    for (path, change) in pairs {
        if weight(change) > MOST_AT_ONCE {
            found.insert(path.clone(), net_of_large(git, oid, path).await?);
            continue;
        }
        if weight(change) > room {
            found.extend(nets_of(git, std::mem::take(&mut together)).await?);
            room = MOST_AT_ONCE;
        }
        room -= weight(change);
        together.push((path, change));
    }
    found.extend(nets_of(git, together).await?);
    Ok(found)
}

/// The same of one path, of which only what differs is held. However large it is, and whatever attributes say of it, its
/// lines are compared: `but` committed them as lines.
async fn net_of_large(git: &Git, oid: &str, path: &str) -> Result<String> {
    let parent = format!("{oid}^");
    let args = [
        "diff-tree",
        "-r",
        "-p",
        "-U0",
        "--text",
        "--no-color",
        "--no-renames",
        "--no-ext-diff",
        "--no-textconv",
        &parent,
        oid,
        "--",
        path,
    ];
    let mut reader = NetReader::default();
    git.clone()
        .literal()
        .stream(&args, |piece| {
            reader.take(piece);
            Ok(())
        })
        .await?;
    Ok(reader.net().digest())
}

async fn nets_of(git: &Git, pairs: Vec<(&String, &Changed)>) -> Result<Vec<(String, String)>> {
    let oids: BTreeSet<&str> =
        pairs.iter().flat_map(|(_, change)| [change.old.as_str(), change.new.as_str()]).collect();
    let contents = contents(git, &oids).await?;
    let of = |oid: &str| contents.get(oid).map(Vec::as_slice).unwrap_or_default();
    let net = |(path, change): (&String, &Changed)| {
        (path.clone(), Net::of_versions(of(&change.old), of(&change.new)).digest())
    };
    Ok(pairs.into_iter().map(net).collect())
}

/// The sizes of objects; none for those that are not there, as the id of an absent file.
async fn sizes<'a>(git: &Git, oids: impl Iterator<Item = &'a str>) -> Result<BTreeMap<String, u64>> {
    let input: String = oids.map(|oid| format!("{oid}\n")).collect();
    if input.is_empty() {
        return Ok(BTreeMap::new());
    }
    let output = git.feed(&["cat-file", "--batch-check=%(objectname) %(objectsize)"], input.into_bytes()).await?;
    let size = |line: &str| {
        let (oid, size) = line.split_once(' ')?;
        Some((oid.to_owned(), size.parse().ok()?))
    };
    Ok(String::from_utf8_lossy(&output).lines().filter_map(size).collect())
}

/// The bytes of objects; none for those that are no blobs.
async fn contents(git: &Git, oids: &BTreeSet<&str>) -> Result<BTreeMap<String, Vec<u8>>> {
    let input: String = oids.iter().map(|oid| format!("{oid}\n")).collect();
    if input.is_empty() {
        return Ok(BTreeMap::new());
    }
    let output = git.feed(&["cat-file", "--batch"], input.into_bytes()).await?;
    let mut found = BTreeMap::new();
    let mut rest = output.as_slice();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let header = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest = &rest[end + 1..];
        let words: Vec<&str> = header.split(' ').collect();
        let [oid, kind, size] = words[..] else { continue };
        let size = size.parse::<usize>().unwrap_or(0).min(rest.len());
        if kind == "blob" {
            found.insert(oid.to_owned(), rest[..size].to_vec());
        }
        rest = rest.get(size + 1..).unwrap_or_default();
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vcs::commit::PlannedPath;
    use crate::vcs::rescue::Rescue;

    /// A repository with an empty commit.
    async fn repository() -> (tempfile::TempDir, Git, String) {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::at(folder.path()).as_chorus();
        git.change(&["init", "-q", "-b", "main"], Vec::new()).await.unwrap();
        let head = commit(&git, "base").await;
        (folder, git, head)
    }

    async fn commit(git: &Git, message: &str) -> String {
        git.change(&["add", "-A"], Vec::new()).await.unwrap();
        git.change(&["commit", "-q", "--allow-empty", "-m", message], Vec::new()).await.unwrap();
        git.head().await.unwrap().unwrap()
    }

    /// What was to be committed on `head`.
    fn intent(head: String, wanted: Vec<PlannedPath>) -> CommitIntent {
        CommitIntent {
            number: 1,
            branch: "main".into(),
            message: "much".into(),
            at: 0,
            rescue: Rescue { reference: "refs/chorus/rescue/1/1".into(), entries: BTreeMap::new() },
            tips: [("main".to_owned(), head.clone())].into(),
            stack: vec!["main".into()],
            head,
            conflicted: Vec::new(),
            wanted,
        }
    }

    fn of_lines(path: &str, old: &[u8], new: &[u8]) -> PlannedPath {
        let net = Some(Net::of_versions(old, new).digest());
        PlannedPath { path: path.to_owned(), net, renamed: false, keeps_mode: false }
    }

    #[tokio::test]
    async fn a_text_that_is_not_held_at_once_is_compared_by_what_differs() {
        let (folder, git, _) = repository().await;
        let text = |edited: u32| {
            let line = |number: u32| format!("-- line {:0>100}\n", if number == 7 { edited } else { number });
            (0..80_000).map(line).collect::<String>()
        };
        let large = format!("{0}{0}", text(7));
        assert!(large.len() as u64 > MOST_AT_ONCE && 2 * text(7).len() as u64 > MOST_AT_ONCE);
        std::fs::write(folder.path().join("edited"), text(7)).unwrap();
        std::fs::write(folder.path().join("gone"), &large).unwrap();
        std::fs::write(folder.path().join(".gitattributes"), "edited -diff\n").unwrap();
        let head = commit(&git, "before").await;
        std::fs::write(folder.path().join("edited"), text(0)).unwrap();
        std::fs::write(folder.path().join("new [1]"), &large).unwrap();
        std::fs::remove_file(folder.path().join("gone")).unwrap();
        commit(&git, "much").await;
        let line = |number: u32| format!("-- line {number:0>100}\n");
        let edited = |number: u32| of_lines("edited", line(7).as_bytes(), line(number).as_bytes());
        let rest = [of_lines("new [1]", b"", large.as_bytes()), of_lines("gone", large.as_bytes(), b"")];
        let [right, other] = [0, 9].map(|number| intent(head.clone(), [vec![edited(number)], rest.to_vec()].concat()));
        let found = inspect(&git, &right, None).await.unwrap();
        assert!(found.oid.is_some() && found.wrong.is_empty() && found.missing.is_empty(), "{found:?}");
        assert_eq!(inspect(&git, &other, None).await.unwrap().wrong, ["edited"]);
    }

    #[tokio::test]
    async fn a_commit_of_much_more_than_is_held_at_once_is_looked_at() {
        let (folder, git, head) = repository().await;
        let mut wanted = Vec::new();
        let mut file = |name: String, bytes: &[u8], lines: bool| {
            std::fs::write(folder.path().join(&name), bytes).unwrap();
            let planned = of_lines(&name, b"", bytes);
            wanted.push(PlannedPath { net: planned.net.filter(|_| lines), ..planned });
        };
        for number in 0..9 {
            file(format!("image{number}"), &[vec![0], vec![number; 8_000_000]].concat(), false);
            file(format!("text{number}"), format!("{number}\n").repeat(1_000_000).as_bytes(), true);
        }
        commit(&git, "much").await;
        let intent = intent(head, wanted);
        let found = inspect(&git, &intent, None).await.unwrap();
        assert!(found.oid.is_some() && found.wrong.is_empty() && found.missing.is_empty(), "{found:?}");
        assert_eq!(found.paths.len(), 18);
        let mut other = intent;
        other.wanted[1].net = Some(Net::of_versions(b"", b"else\n").digest());
        assert_eq!(inspect(&git, &other, None).await.unwrap().wrong, [other.wanted[1].path.clone()]);
    }
}
