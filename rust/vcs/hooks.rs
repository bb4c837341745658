//! The repository's hooks: whether a task changed what they run, and the one hook that Chorus runs itself.
//!
//! Git runs hooks from a folder that may lie in the working tree, or that calls a program which reads its configuration
//! there. A task may write both.

use super::git::{Git, Hooks, path, tail};
use crate::error::Result;
use crate::foreign;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Folders at the top of a working tree in which hooks are kept by convention.
const FOLDERS: &[&str] = &[".husky", ".githooks", ".git-hooks", ".hooks", ".lefthook", ".cargo-husky"];

/// Beginnings of the names of files at the top from which programs read what a hook is to run: pre-commit and prek,
/// lefthook, husky, lint-staged, simple-git-hooks, commitlint, overcommit, hk, captainhook, grumphp, rusty-hook.
const FILES: &[&str] = &[
    ".pre-commit-",
    "prek.toml",
    "lefthook",
    ".lefthook",
    ".huskyrc",
    "husky.config.",
    ".lintstagedrc",
    "lint-staged.config.",
    ".simple-git-hooks.",
    "simple-git-hooks.",
    ".commitlintrc",
    "commitlint.config.",
    ".overcommit.y",
    "hk.pkl",
    ".hk.pkl",
    "captainhook.json",
    "grumphp.y",
    ".rusty-hook.toml",
];

/// The file of which only these fields decide what hooks run.
const PACKAGE: &str = "package.json";
const PACKAGE_FIELDS: &[&str] =
    &["scripts", "husky", "lint-staged", "simple-git-hooks", "pre-commit", "pre-push", "gitHooks", "commitlint"];

/// More files in a folder of hooks are not compared, and count as changed.
const MOST_FILES: usize = 500;

/// How long `post-checkout` may take.
const LIMIT: Duration = Duration::from_secs(120);

/// Files that decide what hooks run, each with the object that git would make of it.
pub type HookFiles = BTreeMap<String, String>;

/// The files of the working tree that decide what hooks run, as they are now.
pub async fn files(git: &Git) -> Result<HookFiles> {
    let folder = folder(git).await?;
    let root = git.folder.clone();
    let found = tokio::task::spawn_blocking(move || found_in(&root, &folder)).await;
    let paths = found.map_err(crate::error::Error::internal)?;
    let input: String = paths.iter().map(|path| format!("{path}\n")).collect();
    if input.is_empty() {
        return Ok(HookFiles::new());
    }
    let oids = git.feed(&["hash-object", "--stdin-paths"], input.into_bytes()).await?;
    let oids = String::from_utf8_lossy(&oids).lines().map(str::to_owned).collect::<Vec<_>>();
    Ok(paths.into_iter().zip(oids).collect())
}

/// The files that decide what hooks run and are not as in `base`, sorted. A file that `base` does not have may be as in
/// `known`: a hook manager generates such files.
pub async fn changed(git: &Git, base: &str, known: &HookFiles) -> Result<Vec<String>> {
    let now = files(git).await?;
    let inside = inside(&git.folder, &folder(git).await?);
    let listed = git.bytes(&["ls-tree", "-r", "-z", "--full-tree", base]).await?;
    let mut based = HookFiles::new();
    for entry in listed.split(|byte| *byte == 0) {
        let text = String::from_utf8_lossy(entry);
        let Some((facts, path)) = text.split_once('\t') else { continue };
        let is_hook = inside.as_ref().is_some_and(|folder| Path::new(path).starts_with(folder));
        if is_hook || decides(path) || now.contains_key(path) {
            based.insert(path.to_owned(), facts.rsplit(' ').next().unwrap_or_default().to_owned());
        }
    }
    let mut changed = Vec::new();
    for path in now.keys().chain(based.keys()).collect::<BTreeSet<_>>() {
        let same = match (now.get(path), based.get(path)) {
            (Some(now), Some(based)) => now == based || (path == PACKAGE && same_package(git, base).await?),
            (Some(now), None) => known.get(path) == Some(now),
            (None, _) => false,
        };
        if !same {
            changed.push(path.clone());
        }
    }
    if now.len() >= MOST_FILES {
        changed.push("too many files of hooks".to_owned());
    }
    Ok(changed)
}

/// The folder of the hooks that git runs in this working tree.
async fn folder(git: &Git) -> Result<PathBuf> {
    // Not as what Chorus reads: there the folder is another.
    let command = git.hooked(&["rev-parse", "--git-path", "hooks"], Hooks::Run);
    let ended = git.run(command, Vec::new(), Duration::from_secs(20)).await?;
    Ok(git.folder.join(path(&ended.stdout)))
}

/// Where the folder of the hooks lies in the working tree, if it does.
fn inside(root: &Path, folder: &Path) -> Option<PathBuf> {
    let root = root.canonicalize().ok()?;
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    real.strip_prefix(&root).ok().filter(|path| !path.starts_with(".git")).map(Path::to_owned)
}

/// Whether a path is that of a file by which a hook manager is configured.
fn decides(path: &str) -> bool {
    let (first, rest) = path.split_once('/').map_or((path, ""), |(first, rest)| (first, rest));
    match rest {
        "" => first == PACKAGE || FILES.iter().any(|lead| first.starts_with(lead)),
        rest => FOLDERS.contains(&first) || (first == ".config" && rest.starts_with("lefthook")),
    }
}

fn found_in(root: &Path, folder: &Path) -> Vec<String> {
    let mut found = BTreeSet::new();
    let names = |dir: &Path| {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    for name in names(root) {
        if FOLDERS.contains(&name.as_str()) {
            below(root, Path::new(&name), &mut found);
        } else if decides(&name) && root.join(&name).is_file() {
            found.insert(name);
        }
    }
    let config = names(&root.join(".config")).into_iter().map(|name| format!(".config/{name}"));
    found.extend(config.filter(|path| decides(path) && root.join(path).is_file()));
    if let Some(folder) = inside(root, folder) {
        below(root, &folder, &mut found);
    }
    // A hook of git's own folder may be a link to a file of the tree.
    for name in names(folder) {
        if let Some(path) = inside(root, &folder.join(name)).filter(|path| root.join(path).is_file()) {
            found.extend(path.to_str().map(str::to_owned));
        }
    }
    // Git reads one path a line.
    found.into_iter().filter(|path| !path.contains('\n')).take(MOST_FILES).collect()
}

fn below(root: &Path, folder: &Path, found: &mut BTreeSet<String>) {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return };
    for entry in entries.flatten() {
        let path = folder.join(entry.file_name());
        if found.len() >= MOST_FILES {
            return;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => below(root, &path, found),
            _ if root.join(&path).is_file() => found.extend(path.to_str().map(str::to_owned)),
            _ => {}
        }
    }
}

/// Whether `package.json` says the same of hooks as in `base`.
async fn same_package(git: &Git, base: &str) -> Result<bool> {
    let Some(before) = git.cat_blob(base, PACKAGE).await? else { return Ok(false) };
    let now = foreign::read(&git.folder.join(PACKAGE), foreign::MANY).unwrap_or_default();
    let fields = |bytes: &[u8]| {
        let value = serde_json::from_slice::<Value>(bytes).ok()?;
        Some(PACKAGE_FIELDS.iter().map(|field| value.get(field).cloned()).collect::<Vec<_>>())
    };
    Ok(matches!((fields(&before), fields(&now)), (Some(before), Some(now)) if before == now))
}

/// The `post-checkout` hook of a working tree, where there is one that git would run.
pub async fn post_checkout(git: &Git) -> Result<Option<PathBuf>> {
    let hook = folder(git).await?.join("post-checkout");
    let runs = fs::metadata(&hook).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0);
    Ok(runs.then_some(hook))
}

/// Runs the `post-checkout` hook of a fresh worktree as git does; why it failed, when it did. Git's own checkout is over:
/// the worktree is as good without.
pub async fn run_post_checkout(git: &Git, hook: &Path) -> Result<Option<String>> {
    let head = git.head().await?.unwrap_or_default();
    let mut command = git.program(hook);
    command
        .args(["0".repeat(head.len()), head, "1".to_owned()].map(|word| OsStr::from_bytes(word.as_bytes()).to_owned()));
    let ended = match git.run(command, Vec::new(), LIMIT).await {
        Ok(ended) => ended,
        Err(error) => return Ok(Some(error.message)),
    };
    let said = format!("{}\n{}", tail(&ended.text()), tail(&ended.stderr)).trim().to_owned();
    Ok(match ended.code {
        Some(0) => None,
        Some(code) if said.is_empty() => Some(format!("exit code {code}")),
        Some(_) => Some(said),
        None => Some("a signal ended it".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Tree {
        _folder: tempfile::TempDir,
        git: Git,
    }

    impl Tree {
        async fn new() -> Tree {
            let folder = tempfile::tempdir().unwrap();
            let git = Git::at(folder.path().canonicalize().unwrap()).as_chorus();
            git.change(&["init", "-q"], Vec::new()).await.unwrap();
            Tree { _folder: folder, git }
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.git.folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        async fn commit(&self) -> String {
            self.git.change(&["add", "-A"], Vec::new()).await.unwrap();
            self.git.change(&["commit", "-qm", "x"], Vec::new()).await.unwrap();
            self.git.head().await.unwrap().unwrap()
        }

        async fn changed(&self, base: &str, known: &HookFiles) -> Vec<String> {
            changed(&self.git, base, known).await.unwrap()
        }
    }

    #[tokio::test]
    async fn what_decides_over_hooks_is_compared_and_nothing_else() {
        let tree = Tree::new().await;
        tree.write("src/main.rs", "x");
        tree.write(".pre-commit-config.yaml", "repos: []\n");
        tree.write("package.json", r#"{"scripts":{"test":"x"},"dependencies":{}}"#);
        tree.write(".husky/pre-commit", "npm test\n");
        let base = tree.commit().await;
        let none = HookFiles::new();
        tree.write("src/main.rs", "y");
        tree.write("package.json", r#"{"dependencies":{"a":"1"},"scripts":{"test":"x"}}"#);
        assert_eq!(tree.changed(&base, &none).await, [""; 0]);
        tree.write("package.json", r#"{"scripts":{"test":"evil"}}"#);
        tree.write(".pre-commit-config.yaml", "repos: [x]\n");
        fs::remove_file(tree.git.folder.join(".husky/pre-commit")).unwrap();
        tree.write("lefthook.yml", "x");
        let all = [".husky/pre-commit", ".pre-commit-config.yaml", "lefthook.yml", "package.json"];
        assert_eq!(tree.changed(&base, &none).await, all);
    }

    #[tokio::test]
    async fn a_folder_of_hooks_in_the_tree_counts_with_what_is_generated_in_it() {
        let tree = Tree::new().await;
        tree.write("tools/hooks/pre-commit", "x");
        tree.write(".gitignore", "_\n");
        tree.git.change(&["config", "core.hooksPath", "tools/hooks"], Vec::new()).await.unwrap();
        let base = tree.commit().await;
        tree.write("tools/hooks/_/pre-commit", "generated");
        let known = files(&tree.git).await.unwrap();
        assert_eq!(tree.changed(&base, &HookFiles::new()).await, ["tools/hooks/_/pre-commit"]);
        assert_eq!(tree.changed(&base, &known).await, [""; 0]);
        tree.write("tools/hooks/pre-push", "new");
        assert_eq!(tree.changed(&base, &known).await, ["tools/hooks/pre-push"]);
    }

    #[tokio::test]
    async fn a_hook_that_is_a_link_into_the_tree_counts() {
        let tree = Tree::new().await;
        tree.write("tools/check", "x");
        let base = tree.commit().await;
        let hooks = tree.git.folder.join(".git/hooks");
        fs::create_dir_all(&hooks).unwrap();
        std::os::unix::fs::symlink("../../tools/check", hooks.join("pre-commit")).unwrap();
        assert_eq!(tree.changed(&base, &HookFiles::new()).await, [""; 0]);
        tree.write("tools/check", "evil");
        assert_eq!(tree.changed(&base, &HookFiles::new()).await, ["tools/check"]);
    }
}
