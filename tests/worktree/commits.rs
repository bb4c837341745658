//! A turn's commit takes everything and nothing else, or says why it cannot.

use crate::bed::Bed;
use chorus::contract::Code;
use chorus::vcs::worktree::commit::{Span, commit_all, diff};
use chorus_testkit::sandbox::script;
use std::os::unix::fs::{PermissionsExt, symlink};

#[tokio::test]
async fn it_takes_every_kind_of_change() {
    let bed = Bed::new();
    bed.write("project/gone", "x");
    bed.git(["add", "-A"]);
    bed.git(["commit", "-qm", "more"]);
    let made = bed.make(1, "x").await;
    let at = |path: &str| made.folder.join(path);
    assert_eq!(commit_all(&made, "nothing").await.unwrap(), None);
    std::fs::remove_file(at("gone")).unwrap();
    std::fs::create_dir(at("d: é")).unwrap();
    std::fs::write(at("d: é/x\ny"), [0_u8, 159, 1]).unwrap();
    std::fs::set_permissions(at("a.txt"), std::fs::Permissions::from_mode(0o755)).unwrap();
    symlink("a.txt", at("link")).unwrap();
    for number in 0..1000 {
        std::fs::write(at(&format!("many{number}")), "x").unwrap();
    }
    let made_commit = commit_all(&made, "-m: a title\n\n# not a comment\n").await.unwrap().unwrap();
    assert_eq!(Some(made_commit.clone()), made.tip().await.unwrap());
    assert_eq!(bed.git(["log", "-1", "--format=%B", &made_commit]), "-m: a title\n\n# not a comment");
    assert_eq!(bed.git_in(&made.folder, ["status", "--porcelain"]), "");
    assert_eq!(bed.git(["rev-list", "--count", &format!("main..{}", made.branch)]), "1");
    assert_eq!(commit_all(&made, "nothing").await.unwrap(), None);
}

#[tokio::test]
async fn a_failing_hook_is_told_and_nothing_is_lost() {
    let bed = Bed::new();
    let made = bed.make(1, "x").await;
    let hook = bed.project().join(".git/hooks/pre-commit");
    script(&hook, "#!/bin/sh\necho lint: no tabs >&2\nexit 1\n");
    std::fs::write(made.folder.join("b"), "x").unwrap();
    let error = commit_all(&made, "m").await.unwrap_err();
    assert!(error.code == Code::GitFailed && error.message.contains("lint: no tabs"), "{error}");
    assert_eq!(std::fs::read_to_string(made.folder.join("b")).unwrap(), "x");
    std::fs::remove_file(hook).unwrap();
    assert!(commit_all(&made, "m").await.unwrap().is_some());
}

#[tokio::test]
async fn it_refuses_where_it_would_do_harm() {
    let bed = Bed::new();
    let made = bed.make(1, "x").await;
    std::fs::write(made.folder.join("a.txt"), "task\n").unwrap();
    assert_eq!(commit_all(&made, " \n").await.unwrap_err().code, Code::BadInput);
    commit_all(&made, "task").await.unwrap();
    bed.write("project/a.txt", "main\n");
    bed.git(["commit", "-qam", "main"]);
    assert!(!bed.try_git(&made.folder, ["merge", "main"]).0);
    let error = commit_all(&made, "m").await.unwrap_err();
    assert!(error.message.contains("a merge is in progress"), "{error}");
    bed.git_in(&made.folder, ["merge", "--abort"]);

    std::fs::write(made.folder.join("b"), "x").unwrap();
    bed.git_in(&made.folder, ["switch", "-q", "-c", "elsewhere"]);
    let error = commit_all(&made, "m").await.unwrap_err();
    assert!(error.message.contains("elsewhere is checked out"), "{error}");
    bed.git_in(&made.folder, ["switch", "-q", &made.branch]);

    bed.write("gitconfig", "[user]\nuseConfigOnly = true\n");
    assert!(commit_all(&made, "m").await.unwrap_err().message.contains("who you are"));
    std::fs::remove_dir_all(&made.folder).unwrap();
    assert!(commit_all(&made, "m").await.unwrap_err().message.contains("worktree is gone"));
}

#[tokio::test]
async fn a_lock_left_behind_is_named() {
    let bed = Bed::new();
    let made = bed.make(1, "x").await;
    std::fs::write(made.folder.join("b"), "x").unwrap();
    std::fs::write(made.git().git_dir().await.unwrap().join("index.lock"), "").unwrap();
    let error = commit_all(&made, "m").await.unwrap_err();
    assert!(error.message.contains("index.lock") && error.hint.unwrap().contains("remove the lock"));
}

#[tokio::test]
async fn a_branch_applied_in_the_workspace_is_not_committed_to() {
    let bed = Bed::new();
    let made = bed.make(1, "x").await;
    bed.git_in(&made.folder, ["commit", "-q", "--allow-empty", "-m", "x"]);
    bed.git(["checkout", "-q", "-b", "gitbutler/workspace"]);
    bed.git(["merge", "-q", "--no-ff", "-m", "apply", &made.branch]);
    std::fs::write(made.folder.join("b"), "x").unwrap();
    let error = commit_all(&made, "m").await.unwrap_err();
    assert!(error.message.contains("applied in GitButler's workspace") && error.hint.unwrap().contains("but unapply"));
}

#[tokio::test]
async fn a_repository_that_the_agent_made_inside_is_left_alone() {
    let bed = Bed::new();
    let made = bed.make(1, "x").await;
    let inner = made.folder.join("inner");
    std::fs::create_dir(&inner).unwrap();
    bed.git_in(&inner, ["init", "-q"]);
    bed.git_in(&inner, ["commit", "-q", "--allow-empty", "-m", "theirs"]);
    std::fs::write(inner.join("f"), "x").unwrap();
    assert_eq!(commit_all(&made, "m").await.unwrap(), None);
    std::fs::write(made.folder.join("b"), "x").unwrap();
    commit_all(&made, "m").await.unwrap().unwrap();
    assert_eq!(bed.git(["ls-tree", "-r", "--name-only", &made.branch]), ".gitignore\na.txt\nb");
}

#[tokio::test]
async fn differences_of_branch_and_worktree() {
    let bed = Bed::new();
    let made = bed.make(1, "x").await;
    std::fs::write(made.folder.join("a.txt"), "two\n").unwrap();
    commit_all(&made, "m").await.unwrap();
    std::fs::write(made.folder.join("new"), "new\n").unwrap();
    bed.write("project/other", "main moves on");
    bed.git(["add", "-A"]);
    bed.git(["commit", "-qm", "main"]);
    let shown = |span| {
        let made = made.clone();
        async move { String::from_utf8(diff(&made, span).await.unwrap()).unwrap() }
    };
    let files = |text: String| -> Vec<String> {
        text.lines().filter(|line| line.starts_with("+++")).map(str::to_owned).collect()
    };
    assert_eq!(files(shown(Span::Branch).await), ["+++ b/a.txt"]);
    assert_eq!(files(shown(Span::Uncommitted).await), ["+++ b/new"]);
    assert_eq!(files(shown(Span::Both).await), ["+++ b/a.txt", "+++ b/new"]);
    assert_eq!(bed.git_in(&made.folder, ["status", "--porcelain"]), "?? new");
    std::fs::remove_dir_all(&made.folder).unwrap();
    assert_eq!(files(shown(Span::Branch).await), ["+++ b/a.txt"]);
    assert_eq!(shown(Span::Uncommitted).await, "");
}

#[tokio::test]
async fn a_hook_that_commits_more_hides_no_commit() {
    let bed = Bed::new();
    let made = bed.make(1, "x").await;
    let hook = bed.project().join(".git/hooks/post-commit");
    script(&hook, "#!/bin/sh\n[ -n \"$BUMP\" ] || BUMP=1 git commit -q --allow-empty -m 'one version more'\n");
    std::fs::write(made.folder.join("a.txt"), "edited\n").unwrap();
    let oid = commit_all(&made, "m").await.unwrap().unwrap();
    assert_eq!(bed.git(["log", "--format=%s", &format!("{oid}~..{}", made.branch)]), "one version more\nm");
}

#[tokio::test]
async fn a_message_is_utf_8_and_says_so() {
    let bed = Bed::new();
    bed.git(["config", "i18n.commitEncoding", "ISO-8859-1"]);
    let made = bed.make(1, "x").await;
    std::fs::write(made.folder.join("a.txt"), "edited\n").unwrap();
    let oid = commit_all(&made, "größer").await.unwrap().unwrap();
    let made = bed.git(["cat-file", "commit", &oid]);
    assert!(made.contains("größer") && !made.contains("encoding"), "{made}");
}

#[tokio::test]
async fn a_key_with_a_passphrase_is_the_signer_s_matter() {
    let bed = Bed::new();
    // As ssh-keygen (OpenSSH 9.2) ends where nobody can be asked.
    let signer = bed.root.join("signer");
    let said = "Enter passphrase: Load key \"key\": incorrect passphrase supplied to decrypt private key";
    std::fs::write(&signer, format!("#!/bin/sh\necho '{said}' >&2\nexit 255\n")).unwrap();
    std::fs::set_permissions(&signer, std::fs::Permissions::from_mode(0o755)).unwrap();
    let signer = signer.to_str().unwrap();
    for (name, value) in
        [("gpg.format", "ssh"), ("gpg.ssh.program", signer), ("commit.gpgSign", "true"), ("user.signingKey", "key")]
    {
        bed.git(["config", name, value]);
    }
    let made = bed.make(1, "x").await;
    std::fs::write(made.folder.join("a.txt"), "edited\n").unwrap();
    let error = commit_all(&made, "m").await.unwrap_err();
    assert!(error.hint.as_deref().unwrap_or_default().contains("the signer (ssh)"), "{error:?}");
}
