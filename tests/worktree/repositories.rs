//! Every state of a repository in which no task can start is told in one sentence, with what to do.

use crate::bed::Bed;
use chorus::contract::Code;
use chorus::vcs::git::Git;
use chorus::vcs::repository::{Operation, Repository, RepositoryKind, Use, inspect_with, refusal};

async fn look(bed: &Bed, folder: &str) -> Repository {
    inspect_with(&Git::of_client(bed.root.join(folder), &bed.environment)).await.unwrap()
}

fn why(repository: &Repository, wanted: Use) -> String {
    let error = refusal(repository, wanted).expect("a refusal");
    assert!(error.hint.is_some(), "{error}");
    error.message
}

#[tokio::test]
async fn a_usual_repository_takes_worktrees_and_no_stacks() {
    let bed = Bed::new();
    let found = look(&bed, "project").await;
    assert_eq!(found.kind, RepositoryKind::Branch("main".into()));
    assert!(found.identity && found.writable && !found.is_linked_worktree && !found.has_gitbutler);
    assert_eq!(found.root, Some(bed.project()));
    assert_eq!(refusal(&found, Use::Worktree), None);
    assert!(why(&found, Use::Stack).ends_with("is not set up for GitButler"));
}

#[tokio::test]
async fn what_is_no_repository() {
    let bed = Bed::new();
    std::fs::create_dir(bed.root.join("plain")).unwrap();
    for folder in ["plain", "nowhere"] {
        let found = look(&bed, folder).await;
        assert!(matches!(found.kind, RepositoryKind::None(_)), "{found:?}");
        let error = refusal(&found, Use::Worktree).unwrap();
        assert_eq!(error.code, Code::NotARepository);
    }
    bed.git(["clone", "-q", "--bare", ".", "../bare"]);
    assert!(why(&look(&bed, "bare").await, Use::Worktree).contains("no working tree"));
    assert_eq!(look(&bed, "project/.git").await.kind, RepositoryKind::Bare);
}

#[tokio::test]
async fn no_commits_and_no_branch() {
    let empty = Bed::empty();
    assert!(why(&look(&empty, "project").await, Use::Worktree).contains("no commits yet"));
    let bed = Bed::new();
    bed.git(["checkout", "-q", "--detach"]);
    let found = look(&bed, "project").await;
    assert_eq!(found.kind, RepositoryKind::Detached);
    assert_eq!(refusal(&found, Use::Worktree), None);
    assert!(refusal(&found, Use::Stack).is_some());
}

#[tokio::test]
async fn no_identity() {
    let mut bed = Bed::new();
    bed.write("gitconfig", "[user]\nuseConfigOnly = true\n");
    assert!(why(&look(&bed, "project").await, Use::Worktree).contains("who you are"));
    for name in ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"] {
        bed.environment.0.insert(name.to_owned(), "x".to_owned());
    }
    assert!(look(&bed, "project").await.identity);
}

#[tokio::test]
async fn something_in_progress() {
    let bed = Bed::new();
    bed.git(["checkout", "-q", "-b", "side"]);
    bed.write("project/a.txt", "side\n");
    bed.git(["commit", "-qam", "side"]);
    bed.git(["checkout", "-q", "main"]);
    bed.write("project/a.txt", "main\n");
    bed.git(["commit", "-qam", "main"]);
    for (begin, operation, end) in [
        (["merge", "side"], Operation::Merge, "--abort"),
        (["rebase", "side"], Operation::Rebase, "--abort"),
        (["cherry-pick", "side"], Operation::CherryPick, "--abort"),
    ] {
        assert!(!bed.try_git(&bed.project(), begin).0);
        let found = look(&bed, "project").await;
        assert_eq!(found.operation, Some(operation));
        assert!(why(&found, Use::Stack).starts_with(&format!("a {} is in progress", operation.name())));
        // A worktree begins at the branch from before.
        assert_eq!(refusal(&found, Use::Worktree), None);
        let made = bed.make(1, operation.name()).await;
        assert_eq!((made.base, made.target.as_deref()), (bed.git(["rev-parse", "main"]), Some("refs/heads/main")));
        bed.git([begin[0], end]);
    }
    bed.git(["bisect", "start"]);
    let error = refusal(&look(&bed, "project").await, Use::Stack).unwrap();
    assert!(error.hint.unwrap().contains("git bisect reset"));
}

#[tokio::test]
async fn gitbutlers_workspace() {
    let bed = Bed::new();
    bed.git(["checkout", "-q", "-b", "gitbutler/workspace"]);
    std::fs::create_dir(bed.project().join(".git/gitbutler")).unwrap();
    let found = look(&bed, "project").await;
    assert_eq!(found.kind, RepositoryKind::Workspace);
    assert_eq!(refusal(&found, Use::Stack), None);
    bed.git(["worktree", "add", "-q", "../side"]);
    let side = look(&bed, "side").await;
    assert!(side.is_linked_worktree);
    assert!(why(&side, Use::Stack).contains("linked worktree"));
    bed.git(["checkout", "-q", "main"]);
    let message = why(&look(&bed, "project").await, Use::Stack);
    assert!(message.contains("\"main\" is checked out"), "{message}");
}

#[tokio::test]
async fn an_inherited_git_dir_is_not_followed() {
    let mut bed = Bed::new();
    std::fs::create_dir(bed.root.join("plain")).unwrap();
    bed.environment.0.insert("GIT_DIR".into(), bed.project().join(".git").to_string_lossy().into_owned());
    assert!(matches!(look(&bed, "plain").await.kind, RepositoryKind::None(_)));
}
