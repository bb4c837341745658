//! Removal loses nothing: it refuses, or everything is under `refs/chorus/discarded/` first.

use crate::bed::{Bed, Intents, discard, hold, remove};
use chorus::vcs::rewrite::{Intent, IntentLog, RemoveIntent};
use chorus::vcs::worktree::commit::commit_all;
use chorus::vcs::worktree::{self, Worktree, nested};
use chorus_testkit::given;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

fn discarded(bed: &Bed) -> String {
    bed.git(["for-each-ref", "--format=%(refname)", "refs/chorus/discarded"])
}

async fn with_a_commit(bed: &Bed) -> Worktree {
    let made = bed.make(7, "x").await;
    std::fs::write(made.folder.join("b.txt"), "committed\n").unwrap();
    commit_all(&made, "m").await.unwrap().unwrap();
    made
}

#[tokio::test]
async fn a_clean_and_merged_one_goes() {
    let bed = Bed::new();
    let before = bed.traces();
    let empty = bed.make(1, "x").await;
    std::fs::write(empty.folder.join("noise.log"), "x").unwrap();
    remove(&empty).await.unwrap();
    assert_eq!(bed.traces(), before);

    let merged = with_a_commit(&bed).await;
    bed.git(["merge", "-q", &merged.branch]);
    remove(&merged).await.unwrap();
    assert!(!merged.folder.exists());
    assert_eq!(bed.git(["branch", "--list", "chorus/*"]), merged.branch);
    remove(&merged).await.unwrap();
}

#[tokio::test]
async fn anything_else_stays() {
    let bed = Bed::new();
    let made = with_a_commit(&bed).await;
    let refused = |why: &'static str| {
        let made = made.clone();
        async move {
            let error = remove(&made).await.unwrap_err();
            assert!(error.message.contains(why) && error.hint.is_some(), "{error}");
            assert!(made.folder.exists());
        }
    };
    refused("1 of its commits are not merged").await;
    bed.git(["merge", "-q", &made.branch]);
    std::fs::write(made.folder.join("c"), "x").unwrap();
    refused("c has changes that are not committed").await;
    std::fs::remove_file(made.folder.join("c")).unwrap();
    bed.git_in(&made.folder, ["switch", "-q", "-c", "other"]);
    refused("other is checked out").await;
    bed.git_in(&made.folder, ["switch", "-q", &made.branch]);
    bed.git(["worktree", "lock", "--reason", "mine", &made.folder.to_string_lossy()]);
    refused("it is locked (mine)").await;
    assert!(discard(&made, 7).await.is_err());
}

#[tokio::test]
async fn a_discarded_one_is_kept_with_every_uncommitted_byte() {
    let bed = Bed::new();
    let made = with_a_commit(&bed).await;
    let tip = made.tip().await.unwrap().unwrap();
    std::fs::write(made.folder.join("a.txt"), "staged\n").unwrap();
    bed.git_in(&made.folder, ["add", "a.txt"]);
    std::fs::write(made.folder.join("a.txt"), "newer\n").unwrap();
    std::fs::write(made.folder.join("untracked"), "u\n").unwrap();
    bed.write("gitconfig", "[user]\nuseConfigOnly = true\n");
    let name = discard(&made, 7).await.unwrap().unwrap();
    assert!(name.starts_with("refs/chorus/discarded/7-"));
    assert_eq!(discarded(&bed), name);
    let show = |path: &str| bed.git(["show", &format!("{name}:{path}")]);
    assert_eq!((show("a.txt"), show("untracked"), show("b.txt")), ("newer".into(), "u".into(), "committed".into()));
    assert_eq!(bed.git(["rev-parse", &format!("{name}^")]), tip);
    assert!(!made.folder.exists());
    assert_eq!(bed.git(["branch", "--list", "chorus/*"]), "");
}

#[tokio::test]
async fn a_clean_one_keeps_its_tip_and_an_empty_one_nothing() {
    let bed = Bed::new();
    let made = with_a_commit(&bed).await;
    let tip = made.tip().await.unwrap().unwrap();
    let name = discard(&made, 7).await.unwrap().unwrap();
    assert_eq!(bed.git(["rev-parse", &name]), tip);
    let before = bed.traces();
    let empty = bed.make(8, "y").await;
    assert_eq!(discard(&empty, 8).await.unwrap(), None);
    assert_eq!(bed.traces(), before);
}

#[tokio::test]
async fn a_conflict_and_a_detached_head_are_kept_whole() {
    let bed = Bed::new();
    let made = bed.make(7, "x").await;
    std::fs::write(made.folder.join("a.txt"), "task\n").unwrap();
    commit_all(&made, "task").await.unwrap();
    let tip = made.tip().await.unwrap().unwrap();
    bed.write("project/a.txt", "main\n");
    bed.git(["commit", "-qam", "main"]);
    bed.git_in(&made.folder, ["checkout", "-q", "--detach", "main"]);
    bed.git_in(&made.folder, ["commit", "-q", "--allow-empty", "-m", "loose"]);
    let loose = made.git().head().await.unwrap().unwrap();
    assert!(!bed.try_git(&made.folder, ["merge", &made.branch]).0);
    let name = discard(&made, 7).await.unwrap().unwrap();
    assert!(bed.git(["show", &format!("{name}:a.txt")]).contains("<<<<<<<"));
    assert_eq!(bed.git(["rev-parse", &format!("{name}^1"), &format!("{name}^2")]), format!("{loose}\n{tip}"));
}

#[tokio::test]
async fn one_removed_by_hand_keeps_its_branch_or_its_tip() {
    let bed = Bed::new();
    let made = with_a_commit(&bed).await;
    let tip = made.tip().await.unwrap().unwrap();
    std::fs::remove_dir_all(&made.folder).unwrap();
    let name = discard(&made, 7).await.unwrap().unwrap();
    assert_eq!(bed.git(["rev-parse", &name]), tip);
    assert_eq!(bed.git(["worktree", "list"]).lines().count(), 1);
}

#[tokio::test]
async fn something_else_in_its_place_is_not_touched() {
    let bed = Bed::new();
    let made = with_a_commit(&bed).await;
    std::fs::remove_dir_all(&made.folder).unwrap();
    std::fs::create_dir(&made.folder).unwrap();
    std::fs::write(made.folder.join("precious"), "x").unwrap();
    for repository in [false, true] {
        if repository {
            bed.git_in(&made.folder, ["init", "-q"]);
        }
        let error = discard(&made, 7).await.unwrap_err();
        assert!(error.message.contains("something else"), "{error}");
        assert!(made.folder.join("precious").exists());
    }
}

#[tokio::test]
async fn what_is_written_between_the_look_and_the_removal_is_kept_or_keeps_it() {
    let bed = Bed::new();
    let made = with_a_commit(&bed).await;
    let late = made.folder.join("late");
    let writes = |late: std::path::PathBuf| -> Option<Box<dyn FnMut(usize) + Send>> {
        Some(Box::new(move |time| {
            if time == 1 {
                std::fs::write(&late, "late\n").unwrap()
            }
        }))
    };
    bed.git(["merge", "-q", &made.branch]);
    let mut intents = Intents { meanwhile: writes(late.clone()), ..Intents::default() };
    let refused = worktree::remove::remove(&made, &hold(&made).await, &mut intents).await.unwrap_err();
    assert!(refused.message.contains("late") && refused.hint.is_some(), "{refused}");
    assert_eq!(std::fs::read_to_string(&late).unwrap(), "late\n");
    std::fs::remove_file(&late).unwrap();
    let mut intents = Intents { meanwhile: writes(late.clone()), ..Intents::default() };
    let kept = worktree::remove::discard(&made, 7, &hold(&made).await, &mut intents).await.unwrap().kept.unwrap();
    assert_eq!(bed.git(["show", &format!("{kept}:late")]), "late");
    assert!(!made.folder.exists() && discarded(&bed).lines().any(|name| name == kept));
}

/// A log that cannot be written any more, from the second time on.
#[derive(Default)]
struct Full {
    written: usize,
}

#[async_trait::async_trait]
impl IntentLog for Full {
    async fn intend(&mut self, _: &Intent) -> chorus::error::Result<()> {
        self.written += 1;
        match self.written {
            1 => Ok(()),
            _ => Err(chorus::error::Error::internal("the disk is full")),
        }
    }
}

#[tokio::test]
async fn a_removal_that_fails_while_the_folder_is_aside_brings_it_back() {
    let bed = Bed::new();
    let made = with_a_commit(&bed).await;
    std::fs::write(made.folder.join("loose"), "loose\n").unwrap();
    let refused = worktree::remove::discard(&made, 7, &hold(&made).await, &mut Full::default()).await.unwrap_err();
    assert!(refused.message.contains("full"), "{refused}");
    assert_eq!(std::fs::read_to_string(made.folder.join("loose")).unwrap(), "loose\n");
    std::fs::remove_file(made.folder.join("loose")).unwrap();
    bed.git(["merge", "-q", &made.branch]);
    assert!(worktree::remove::remove(&made, &hold(&made).await, &mut Full::default()).await.is_err());
    assert!(made.is_present().await.unwrap());
    remove(&made).await.unwrap();
    assert!(!made.folder.exists());
}

/// Ends a removal as a kill would, when it writes its intent down for the `nth` time; that intent.
pub async fn killed(made: &Worktree, nth: usize) -> RemoveIntent {
    let all = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let (task, seen) = (made.clone(), all.clone());
    let cut = tokio::spawn(async move {
        let held = hold(&task).await;
        let mut intents = Killed { nth, seen };
        worktree::remove::discard(&task, 7, &held, &mut intents).await
    });
    assert!(cut.await.unwrap_err().is_panic());
    let all = all.lock().unwrap();
    match all.last() {
        Some(Intent::RemoveWorktree(intent)) => (**intent).clone(),
        other => panic!("{other:?}"),
    }
}

struct Killed {
    nth: usize,
    seen: std::sync::Arc<std::sync::Mutex<Vec<Intent>>>,
}

#[async_trait::async_trait]
impl IntentLog for Killed {
    async fn intend(&mut self, intent: &Intent) -> chorus::error::Result<()> {
        let written = {
            let mut seen = self.seen.lock().unwrap();
            seen.push(intent.clone());
            seen.len()
        };
        if written == self.nth {
            panic!("killed");
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_discard_that_is_killed_at_any_moment_is_finished() {
    for (nth, after) in [(1, "intent"), (1, "move"), (2, "look"), (2, "half"), (2, "gone")] {
        let bed = Bed::new();
        let made = with_a_commit(&bed).await;
        std::fs::write(made.folder.join("loose"), "loose\n").unwrap();
        let intent = killed(&made, nth).await;
        match after {
            "move" => std::fs::rename(&made.folder, &intent.aside).unwrap(),
            "half" => std::fs::remove_file(intent.aside.join("loose")).unwrap(),
            "gone" => std::fs::remove_dir_all(&intent.aside).unwrap(),
            _ => {}
        }
        let held = hold(&made).await;
        let recovered = worktree::remove::recover(&made, 7, &intent, &held, &mut Intents::default()).await;
        let kept = recovered.unwrap().kept.unwrap();
        assert_eq!(bed.git(["show", &format!("{kept}:loose")]), "loose", "{after}");
        assert_eq!(bed.git(["show", &format!("{kept}:b.txt")]), "committed", "{after}");
        assert!(!made.folder.exists() && !intent.aside.exists(), "{after}");
        assert_eq!(bed.git(["worktree", "list"]).lines().count(), 1, "{after}");
        assert_eq!(bed.git(["branch", "--list", "chorus/*"]), "", "{after}");
    }
}

/// A repository with one commit in a folder, and an edit.
fn repository(bed: &Bed, folder: &Path) -> String {
    std::fs::create_dir_all(folder).unwrap();
    bed.git_in(folder, ["init", "-q", "-b", "trunk"]);
    std::fs::write(folder.join("inner"), "committed\n").unwrap();
    bed.git_in(folder, ["add", "-A"]);
    bed.git_in(folder, ["commit", "-qm", "inner"]);
    std::fs::write(folder.join("inner"), "edited\n").unwrap();
    bed.git_in(folder, ["rev-parse", "HEAD"])
}

#[tokio::test]
async fn repositories_inside_are_put_beside_a_discarded_one_whole() {
    let bed = Bed::new();
    let made = bed.make(7, "x").await;
    // One of little depth, with a branch of its own; one that the index names; a worktree of the project's, on no branch.
    let source = format!("file://{}", bed.project().display());
    std::fs::create_dir(made.folder.join("deep")).unwrap();
    bed.git_in(&made.folder, ["clone", "-q", "--depth=1", &source, "deep/clone"]);
    let clone = made.folder.join("deep/clone");
    bed.git_in(&clone, ["switch", "-qc", "own"]);
    bed.git_in(&clone, ["commit", "-q", "--allow-empty", "-m", "own"]);
    let own = bed.git_in(&clone, ["rev-parse", "HEAD"]);
    bed.git_in(&clone, ["switch", "-q", "-"]);
    let added = repository(&bed, &made.folder.join("added"));
    bed.git_in(&made.folder, ["add", "added"]);
    bed.git_in(&made.folder, ["worktree", "add", "-q", "--detach", "linked"]);
    bed.git_in(&made.folder.join("linked"), ["commit", "-q", "--allow-empty", "-m", "loose"]);
    let loose = bed.git_in(&made.folder.join("linked"), ["rev-parse", "HEAD"]);

    let name = discard(&made, 7).await.unwrap().unwrap();
    assert!(!made.folder.exists());
    let kept = nested::folder(&made.folder, &name);
    assert_eq!(bed.git_in(&kept.join("deep/clone"), ["rev-parse", "own"]), own);
    assert_eq!(bed.git_in(&kept.join("added"), ["rev-parse", "HEAD"]), added);
    assert_eq!(std::fs::read_to_string(kept.join("added/inner")).unwrap(), "edited\n");
    assert_eq!(bed.git_in(&kept.join("linked"), ["rev-parse", "HEAD"]), loose);
    let listed = bed.git(["worktree", "list", "--porcelain"]);
    assert!(listed.contains(&*kept.join("linked").to_string_lossy()), "{listed}");

    let home = bed.root.join("worktrees");
    nested::prune(&home, |_| false).await;
    assert!(kept.exists());
    nested::prune(&home, |over| name.ends_with(over)).await;
    assert!(!kept.exists());
}

#[tokio::test]
async fn a_repository_that_a_merged_branch_only_names_keeps_the_worktree() {
    let bed = Bed::new();
    let made = bed.make(7, "x").await;
    let inner = made.folder.join("inner");
    let commit = repository(&bed, &inner);
    bed.git_in(&inner, ["checkout", "-q", "--", "."]);
    bed.git_in(&made.folder, ["add", "inner"]);
    commit_all(&made, "with a repository").await.unwrap().unwrap();
    bed.git(["merge", "-q", &made.branch]);
    let refused = remove(&made).await.unwrap_err();
    assert!(refused.message.contains("inner is a repository of its own") && refused.hint.is_some(), "{refused}");
    assert_eq!(bed.git_in(&inner, ["rev-parse", "HEAD"]), commit);
}

/// What of a worktree cannot be deleted, as another user's files, until this is dropped.
struct Undeletable {
    shelf: PathBuf,
    /// Whether one file has a flag that keeps even root from deleting it; else nothing in the shelf can be deleted.
    is_flagged: bool,
}

impl Undeletable {
    const FILE: &str = "foreign.log";

    /// Before the removal: a file with that flag, where that can be had.
    fn flag(made: &Worktree) -> Undeletable {
        let file = made.folder.join(Undeletable::FILE);
        std::fs::write(&file, "x").unwrap();
        Undeletable { shelf: made.folder.parent().unwrap().to_owned(), is_flagged: chattr("+i", &file) }
    }

    /// The only folder that is left.
    fn left(&self) -> PathBuf {
        let mut entries = std::fs::read_dir(&self.shelf).unwrap();
        let left = entries.next().expect("a folder that is left").unwrap().path();
        assert!(entries.next().is_none());
        left
    }
}

impl Drop for Undeletable {
    fn drop(&mut self) {
        permit(&self.shelf, 0o700);
        for folder in std::fs::read_dir(&self.shelf).into_iter().flatten().flatten() {
            let file = folder.path().join(Undeletable::FILE);
            if self.is_flagged && file.exists() {
                chattr("-i", &file);
            }
        }
    }
}

fn permit(folder: &Path, mode: u32) {
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn chattr(flag: &str, file: &Path) -> bool {
    let mut command = std::process::Command::new("chattr");
    command.arg(flag).arg(file).output().is_ok_and(|ended| ended.status.success())
}

#[tokio::test]
async fn what_cannot_be_deleted_is_told_and_ends_nothing() {
    let bed = Bed::new();
    let made = with_a_commit(&bed).await;
    let undeletable = Undeletable::flag(&made);
    let mut intents = Intents::default();
    if !undeletable.is_flagged {
        if rustix::process::geteuid().is_root() {
            return given::skip("root can delete everything here (no chattr)");
        }
        // Once the folder is aside and was looked at again.
        let shelf = undeletable.shelf.clone();
        intents.meanwhile = Some(Box::new(move |time| {
            if time == 2 {
                permit(&shelf, 0o500);
            }
        }));
    }
    let held = hold(&made).await;
    let removed = worktree::remove::discard(&made, 7, &held, &mut intents).await;
    drop(held);
    let left = undeletable.left();
    let told = removed.unwrap().left.unwrap();
    assert!(told.contains(&*left.to_string_lossy()) && told.contains("remove it by hand"), "{told}");
    drop((undeletable, intents));
    assert!(left.exists());
    assert_eq!(bed.git(["worktree", "list"]).lines().count(), 1);
    assert_eq!(bed.git(["branch", "--list", "chorus/*"]), "");
    let again = bed.make(7, "x").await;
    assert_eq!(again.folder, made.folder);
}
