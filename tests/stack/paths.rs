//! Whole paths of every kind.

use super::world::{A, B, World, each, task};
use chorus::vcs::commit::CommitOutcome;
use std::os::unix::fs::PermissionsExt;

const NAMES: [&str; 12] = [
    "sp ace.txt",
    "co:lon.txt",
    "-dash",
    "zz",
    "nk",
    "ünïcode/ファイル.txt",
    "quo\"te'$(x).txt",
    "back\\slash",
    "comma,one",
    "tab\there",
    "deep/er/and/deeper/file.rs",
    "[glob]*?",
];

#[test]
fn paths_of_every_spelling_go_to_their_branch() {
    each(async |world: &mut World| {
        for name in NAMES {
            world.repository.write(name, format!("content of {name}\n"));
            world.claim(name, task("a"));
        }
        world.repository.write("other.txt", "b's\n");
        world.claim("other.txt", task("b"));
        let outcome = world.commit("a").await;
        let made = world.made(outcome);
        assert_eq!(made.paths.len(), NAMES.len());
        for name in NAMES {
            let content = format!("content of {name}\n").into_bytes();
            assert_eq!(world.repository.file_on(A, name).unwrap(), content, "{name}");
            assert_eq!(world.repository.read(name).unwrap(), content, "{name}");
        }
        assert_eq!(world.repository.dirty(), ["other.txt"]);
        assert!(world.repository.changed_on(B).is_empty());
        let message = world.repository.git(["log", "-1", "--format=%B", A]);
        assert_eq!(message, "Work of a\n\nIts body.\n\nChorus-Task: #1");
        world.next_works().await;
    });
}

#[test]
fn a_path_with_a_line_end_goes_to_its_branch() {
    each(async |world: &mut World| {
        world.repository.write("new\nline", "x\n");
        world.claim("new\nline", task("a"));
        let outcome = world.commit("a").await;
        world.made(outcome);
        assert_eq!(world.repository.file_on(A, "new\nline").unwrap(), b"x\n");
    });
}

#[test]
fn deletes_renames_binaries_links_and_modes() {
    each(async |world: &mut World| {
        let root = world.repository.path();
        let binary: Vec<u8> = (0..=255).cycle().take(4000).collect();
        world.repository.write("bin.dat", &binary);
        world.repository.write("empty", "");
        std::fs::rename(root.join("b.txt"), root.join("moved.txt")).unwrap();
        std::fs::remove_file(root.join("README.md")).unwrap();
        std::os::unix::fs::symlink("a.txt", root.join("link")).unwrap();
        std::fs::set_permissions(root.join("a.txt"), std::fs::Permissions::from_mode(0o755)).unwrap();
        for path in ["bin.dat", "empty", "moved.txt", "b.txt", "README.md", "link", "a.txt"] {
            world.claim(path, task("a"));
        }
        let outcome = world.commit("a").await;
        let made = world.made(outcome);
        assert_eq!(made.trouble, None);
        let tree = world.repository.git(["ls-tree", "-r", A]);
        let has =
            |mode: &str, path: &str| tree.lines().any(|it| it.starts_with(mode) && it.ends_with(&format!("\t{path}")));
        assert!(has("100644", "bin.dat") && has("100644", "empty") && has("100644", "moved.txt"), "{tree}");
        assert!(has("120000", "link") && has("100755", "a.txt"), "{tree}");
        assert!(!tree.contains("README.md") && !tree.contains("b.txt"), "{tree}");
        assert_eq!(world.repository.file_on(A, "bin.dat").unwrap(), binary);
        assert!(world.repository.dirty().is_empty(), "{:?}", world.repository.dirty());
        assert_eq!(std::fs::read_link(root.join("link")).unwrap().to_str(), Some("a.txt"));
        world.next_works().await;
    });
}

#[test]
fn a_thousand_files_at_once() {
    each(async |world: &mut World| {
        for number in 0..1000 {
            let path = format!("many/of them/file {number}.txt");
            world.repository.write(&path, format!("{number}\n"));
            world.claim(&path, task("a"));
        }
        let outcome = world.commit("a").await;
        assert_eq!(world.made(outcome).paths.len(), 1000);
        assert_eq!(world.repository.changed_on(A).len(), 1000);
        assert!(world.repository.dirty().is_empty());
    });
}

#[test]
fn nothing_of_the_tasks_is_no_commit() {
    each(async |world: &mut World| {
        let tip = world.repository.tip(A);
        assert_eq!(world.commit("a").await, CommitOutcome::Nothing { left: vec![] });
        world.repository.write("user.txt", "mine");
        let outcome = world.commit("a").await;
        assert!(matches!(&outcome, CommitOutcome::Nothing { left } if left.len() == 1), "{outcome:?}");
        assert_eq!(world.repository.tip(A), tip);
        assert_eq!(world.repository.dirty(), ["user.txt"]);
    });
}

#[test]
fn a_message_longer_than_an_argument_can_be() {
    each(async |world: &mut World| {
        use chorus::commits::plan::{PlannedPiece, What};
        world.repository.write("x", "x");
        let message = format!("Long\n\n{}end\n", "a line of it\n".repeat(20_000));
        let held = world.hold().await;
        let status = world.but.status().await.unwrap();
        let piece = PlannedPiece { path: "x".into(), what: What::Whole };
        world.but.commit(A, &message, &[piece], &status, &world.permit(&held).await).await.unwrap();
        assert_eq!(world.repository.git(["log", "-1", "--format=%B", A]), message.trim());
    });
}
