//! Whatever git makes difficult to add is committed, or refused with its path; what is kept does not depend on it.

use crate::bed::{Bed, discard};
use chorus::vcs::worktree::Worktree;
use chorus::vcs::worktree::commit::{Span, commit_all, diff};
use chorus::vcs::worktree::dirty::changes;
use std::os::unix::fs::PermissionsExt;

async fn shown(worktree: &Worktree) -> String {
    String::from_utf8_lossy(&diff(worktree, Span::Uncommitted).await.unwrap()).into_owned()
}

/// Refuses a commit with these words, and still shows and keeps every byte of `path`.
async fn refused_and_kept(bed: &Bed, made: &Worktree, path: &str, words: &[&str]) {
    let error = commit_all(made, "m").await.unwrap_err();
    let said = format!("{} {}", error.message, error.hint.as_deref().unwrap_or_default());
    assert!(words.iter().all(|word| said.contains(word)), "{said}");
    assert!(shown(made).await.contains(path));
    let bytes = std::fs::read(made.folder.join(path)).unwrap();
    let kept = discard(made, 1).await.unwrap().unwrap();
    assert_eq!(bed.hand().cat_blob(&kept, path).await.unwrap(), Some(bytes), "{path}");
}

#[tokio::test]
async fn outside_of_a_sparse_checkout() {
    let bed = Bed::new();
    for path in ["in/a", "out/a"] {
        bed.write(&format!("project/{path}"), "x\n");
    }
    bed.git(["add", "-A"]);
    bed.git(["commit", "-qm", "two folders"]);
    bed.git(["sparse-checkout", "set", "in"]);
    let made = bed.make(1, "x").await;
    assert!(!made.folder.join("out").exists());
    std::fs::create_dir(made.folder.join("out")).unwrap();
    for path in ["out/new", "in/new"] {
        std::fs::write(made.folder.join(path), "new\n").unwrap();
    }
    assert!(shown(&made).await.contains("out/new"));
    commit_all(&made, "m").await.unwrap().unwrap();
    assert_eq!(
        bed.git(["ls-tree", "-r", "--name-only", &made.branch]),
        ".gitignore\na.txt\nin/a\nin/new\nout/a\nout/new"
    );
}

#[tokio::test]
async fn line_endings_that_git_refuses() {
    let bed = Bed::new();
    bed.git(["config", "core.autocrlf", "input"]);
    bed.git(["config", "core.safecrlf", "true"]);
    let made = bed.make(1, "x").await;
    std::fs::write(made.folder.join("w.txt"), "a\r\n").unwrap();
    refused_and_kept(&bed, &made, "w.txt", &["w.txt", "core.safecrlf"]).await;
}

#[tokio::test]
async fn a_filter_that_fails_and_one_that_drops_lines() {
    let bed = Bed::new();
    bed.write("project/.gitattributes", "*.nb filter=gone\n*.cut filter=cut\n");
    bed.git(["add", "-A"]);
    bed.git(["commit", "-qm", "attributes"]);
    bed.git(["config", "filter.gone.clean", "no-such-program"]);
    bed.git(["config", "filter.gone.required", "true"]);
    bed.git(["config", "filter.cut.clean", "grep -v OUT"]);
    let made = bed.make(1, "x").await;
    std::fs::write(made.folder.join("a.cut"), "in\nOUT\n").unwrap();
    commit_all(&made, "m").await.unwrap().unwrap();
    assert_eq!(bed.git(["show", &format!("{}:a.cut", made.branch)]), "in");
    std::fs::write(made.folder.join("b.cut"), "in\nOUT\n").unwrap();
    std::fs::write(made.folder.join("a.nb"), "x\n").unwrap();
    refused_and_kept(&bed, &made, "a.nb", &["a.nb", "filter"]).await;
    let kept = bed.git(["for-each-ref", "--format=%(refname)", "refs/chorus/discarded"]);
    assert_eq!(bed.git(["show", &format!("{kept}:b.cut")]), "in\nOUT", "what a filter drops is kept too");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named_and_never_removed() {
    if rustix::process::geteuid().is_root() {
        return;
    }
    let bed = Bed::new();
    let made = bed.make(1, "x").await;
    let file = made.folder.join("secret");
    std::fs::write(&file, "x").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o0)).unwrap();
    let error = commit_all(&made, "m").await.unwrap_err();
    assert!(error.message.contains("secret") && error.hint.is_some_and(|hint| hint.contains("readable")));
    assert!(discard(&made, 1).await.unwrap_err().message.contains("secret"));
    assert!(file.exists());
}

#[tokio::test]
async fn names_of_every_kind_are_kept_byte_for_byte() {
    let bed = Bed::new();
    bed.write("project/gone/x", "x");
    bed.git(["add", "-A"]);
    bed.git(["commit", "-qm", "more"]);
    let made = bed.make(1, "x").await;
    std::fs::remove_dir_all(made.folder.join("gone")).unwrap();
    std::os::unix::fs::symlink("a.txt", made.folder.join("gone")).unwrap();
    for name in ["\"quoted", "two\nlines", "plain", "ü [x]*"] {
        std::fs::write(made.folder.join(name), format!("{name}\r\n")).unwrap();
    }
    std::fs::set_permissions(made.folder.join("plain"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let kept = discard(&made, 1).await.unwrap().unwrap();
    for name in ["\"quoted", "two\nlines", "plain", "ü [x]*"] {
        let bytes = bed.hand().cat_blob(&kept, name).await.unwrap();
        assert_eq!(bytes, Some(format!("{name}\r\n").into_bytes()));
    }
    assert!(bed.git(["ls-tree", &kept, "gone"]).starts_with("120000"));
    assert!(bed.git(["ls-tree", &kept, "plain"]).starts_with("100755"));
}

#[tokio::test]
async fn conflicts_that_are_left_without_an_operation_are_not_committed() {
    let bed = Bed::new();
    let made = bed.make(1, "x").await;
    std::fs::write(made.folder.join("a.txt"), "stashed\n").unwrap();
    bed.git_in(&made.folder, ["stash", "-q"]);
    std::fs::write(made.folder.join("a.txt"), "other\n").unwrap();
    bed.git_in(&made.folder, ["commit", "-qam", "other"]);
    assert!(!bed.try_git(&made.folder, ["stash", "pop"]).0);
    let error = commit_all(&made, "m").await.unwrap_err();
    assert!(error.message.contains("unresolved conflicts in a.txt"), "{error}");
}

#[tokio::test]
async fn an_index_that_git_writes_wrongly_is_mended() {
    let bed = Bed::new();
    bed.git(["config", "core.splitIndex", "true"]);
    bed.git(["config", "feature.manyFiles", "true"]);
    let made = bed.make(1, "x").await;
    assert!(changes(&made).await.unwrap().paths.is_empty());
    std::fs::write(made.folder.join("b.txt"), "x").unwrap();
    commit_all(&made, "m").await.unwrap().unwrap();
    assert_eq!(bed.git(["ls-tree", "-r", "--name-only", &made.branch]), ".gitignore\na.txt\nb.txt");
}
