use super::*;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

struct Folder {
    _temporary: tempfile::TempDir,
    git: Git,
}

impl Folder {
    fn new() -> Folder {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().canonicalize().unwrap();
        let done = std::process::Command::new("git").args(["init", "-q"]).current_dir(&root).status().unwrap();
        assert!(done.success());
        let git = Git::plumbing(&root, &crate::vcs::environment::GitEnvironment::of_process());
        Folder { _temporary: temporary, git }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.git.folder.join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), bytes).unwrap();
    }

    async fn keep(&self, names: &[&str]) -> Rescue {
        keep(&self.git, &names.iter().map(|name| (*name).to_owned()).collect(), 12).await.unwrap()
    }
}

#[tokio::test]
async fn every_kind_of_path_comes_back_as_it_was() {
    let it = Folder::new();
    let names = [
        "a b.txt",
        "co:lon",
        "\"quoted\" \\",
        "new\nline",
        "ünï/deep/x",
        "bin",
        "-dash",
        "empty",
        "script",
        "link",
        "gone",
    ];
    std::fs::write(it.path(".gitattributes"), "* text=auto eol=crlf\n").unwrap();
    for name in &names[..8] {
        it.write(name, format!("{name}\r\nx\n\0\u{1}").as_bytes());
    }
    it.write("empty", b"");
    it.write("script", b"#!/bin/sh\n");
    std::fs::set_permissions(it.path("script"), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("a b.txt", it.path("link")).unwrap();
    let before: Vec<_> = names[..9].iter().map(|name| std::fs::read(it.path(name)).unwrap()).collect();

    let rescue = it.keep(&names).await;
    assert!(rescue.changed(&it.git).await.unwrap().is_empty());
    for name in &names {
        let _ = std::fs::remove_file(it.path(name));
    }
    std::fs::remove_dir_all(it.path("ünï")).unwrap();
    it.write("link", b"no link");
    it.write("gone", b"back again");
    it.write("script", b"#!/bin/sh\n");
    assert_eq!(rescue.changed(&it.git).await.unwrap().len(), names.len(), "a lost mode counts");
    for name in &names {
        let seen = now(&it.git, name).await.unwrap();
        assert!(rescue.write_back(&it.git, name, &seen).await.unwrap());
    }
    assert!(rescue.changed(&it.git).await.unwrap().is_empty());
    let after: Vec<_> = names[..9].iter().map(|name| std::fs::read(it.path(name)).unwrap()).collect();
    assert_eq!(before, after);
    assert_eq!(std::fs::read_link(it.path("link")).unwrap(), PathBuf::from("a b.txt"));
    assert!(!it.path("gone").exists());
    let left: Vec<_> = std::fs::read_dir(&it.git.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".chorus")), "{left:?}");
}

#[tokio::test]
async fn the_same_bytes_written_again_are_no_change() {
    let it = Folder::new();
    it.write("a", b"one");
    let rescue = it.keep(&["a"]).await;
    it.write("a", b"two");
    it.write("a", b"one");
    assert!(rescue.changed(&it.git).await.unwrap().is_empty());
    it.write("a", b"two");
    assert_eq!(rescue.changed(&it.git).await.unwrap().len(), 1);
}

#[tokio::test]
async fn rescues_are_listed_under_their_task_and_stay_apart() {
    let it = Folder::new();
    it.write("a", b"one");
    let first = it.keep(&["a"]).await;
    it.write("a", b"two");
    let second = it.keep(&["a"]).await;
    let listed = list(&it.git).await.unwrap();
    let references: Vec<_> = listed.iter().map(|one| one.reference.as_str()).collect();
    assert_eq!(references, [&first.reference, &second.reference]);
    assert_eq!(listed[0].number, 12);
    let shown = it.git.read(&["show", &format!("{}:a", first.reference)]).await.unwrap();
    assert_eq!(shown, "one");
    let now = listed[1].at + LONGEST + 1;
    assert_eq!(prune(&it.git, now, &BTreeSet::from([first.reference.clone()])).await.unwrap(), 1);
    assert_eq!(list(&it.git).await.unwrap().len(), 1);
}

#[test]
fn old_ones_and_all_but_the_newest_fifty_of_a_task_go() {
    let one = |number: i64, at: Millis| ListedRescue { reference: format!("{number}/{at}"), number, at };
    let mut all: Vec<_> = (0..60).map(|at| one(1, 1_000_000 + at)).collect();
    all.push(one(2, 5));
    let gone = spent(all, 1_000_100 + LONGEST - 100, &BTreeSet::from(["1/1000003".to_owned()]));
    let mut gone: Vec<_> = gone.iter().map(|one| one.at).collect();
    gone.sort_unstable();
    assert_eq!(
        gone,
        [5, 1_000_000, 1_000_001, 1_000_002, 1_000_004, 1_000_005, 1_000_006, 1_000_007, 1_000_008, 1_000_009]
    );
}

#[tokio::test]
async fn a_nested_repository_and_a_pipe_are_watched_only() {
    let it = Folder::new();
    std::fs::create_dir(it.path("nested")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, it.path("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let rescue = it.keep(&["nested", "pipe"]).await;
    assert!(rescue.entries.values().all(|entry| matches!(entry, RescueEntry::Watched { .. })));
    assert!(!rescue.write_back(&it.git, "pipe", &RescueEntry::Absent).await.unwrap());
}

#[tokio::test]
async fn what_somebody_wrote_meanwhile_stays() {
    let it = Folder::new();
    it.write("a", b"one");
    let rescue = it.keep(&["a"]).await;
    it.write("a", b"two");
    let seen = now(&it.git, "a").await.unwrap();
    it.write("a", b"three");
    assert!(!rescue.write_back(&it.git, "a", &seen).await.unwrap());
    assert_eq!(std::fs::read(it.path("a")).unwrap(), b"three");
}

#[tokio::test]
async fn a_path_below_a_link_is_not_there() {
    let it = Folder::new();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("a"), "secret").unwrap();
    it.write("docs/a", b"one");
    let rescue = it.keep(&["docs/a"]).await;
    std::fs::remove_dir_all(it.path("docs")).unwrap();
    std::os::unix::fs::symlink(outside.path(), it.path("docs")).unwrap();
    let now = it.keep(&["docs/a", "docs"]).await;
    assert_eq!(now.entries["docs/a"], RescueEntry::Absent);
    assert!(matches!(now.entries["docs"], RescueEntry::Kept { mode: Mode::Link, .. }));
    assert_eq!(it.git.find(&["grep", "secret", &now.reference]).await.unwrap(), None);
    let refused = rescue.write_back(&it.git, "docs/a", &RescueEntry::Absent).await.unwrap_err();
    assert!(refused.message.contains("docs is a link"), "{refused}");
    assert_eq!(std::fs::read(outside.path().join("a")).unwrap(), b"secret");
}

#[tokio::test]
async fn discarded_branches_go_once_nothing_names_them() {
    let it = Folder::new();
    it.write("a", b"one");
    let commit = it.keep(&["a"]).await.reference;
    for name in ["1-1000/tip", "1-1000/edits", "2-1000"] {
        it.git.read(&["update-ref", &format!("{DISCARDED}{name}"), &commit]).await.unwrap();
    }
    let named = BTreeSet::from([format!("{DISCARDED}1-1000"), commit]);
    assert_eq!(prune(&it.git, 1000 + DISCARDED_FOR, &named).await.unwrap(), 0);
    assert_eq!(prune(&it.git, 1001 + DISCARDED_FOR, &named).await.unwrap(), 1);
    assert_eq!(prune(&it.git, 1001 + DISCARDED_FOR, &BTreeSet::new()).await.unwrap(), 2);
}

#[tokio::test]
async fn what_a_cut_write_left_goes_and_its_bytes_are_kept() {
    let it = Folder::new();
    let left = format!("sub/.chorus-{}", uuid::Uuid::nil());
    for name in [&left, "sub/a", "sub/.chorus-notes", ".chorus-x"] {
        it.write(name, b"somebody's\n");
    }
    sweep(&it.git, ["sub/a", "b"], 12).await.unwrap();
    assert!(!it.path(&left).exists());
    assert!(["sub/a", "sub/.chorus-notes", ".chorus-x"].iter().all(|name| it.path(name).exists()));
    let kept = list(&it.git).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(it.git.read(&["show", &format!("{}:{left}", kept[0].reference)]).await.unwrap(), "somebody's");
    sweep(&it.git, ["sub/a", "b"], 12).await.unwrap();
    assert_eq!(list(&it.git).await.unwrap().len(), 1);
}
