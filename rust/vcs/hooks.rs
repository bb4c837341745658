//! The repository's hooks: whether a task changed what they run, and the one hook that Chorus runs itself.
//!
//! Git runs hooks from a folder that may lie in the working tree, or that calls a program which reads its configuration
//! there. A task may write both.

use super::git::{Git, Hooks, path, quoted, tail};
use crate::error::{Error, Result};
use crate::foreign::{self, fs};
use crate::vcs::look;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
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

/// Files and links that decide what hooks run, each with the object that git would make of it. A path that is not UTF-8 is
/// quoted as git does.
pub type HookFiles = BTreeMap<String, String>;

/// The files of the working tree that decide what hooks run, as they are now.
pub async fn files(git: &Git) -> Result<HookFiles> {
    files_with(git, folder(git).await?).await
}

async fn files_with(git: &Git, folder: PathBuf) -> Result<HookFiles> {
    let root = git.folder.clone();
    let found = tokio::task::spawn_blocking(move || HookPaths::find(&root, &folder)).await;
    let HookPaths { files, links, .. } = found.map_err(Error::internal)?;
    let mut known = HookFiles::new();
    for (path, target) in links {
        let oid = git.feed(&["hash-object", "--stdin"], target).await?;
        known.insert(key(&path), String::from_utf8_lossy(&oid).trim().to_owned());
    }
    let input: Vec<u8> = files.iter().flat_map(|path| line(path)).collect();
    if input.is_empty() {
        return Ok(known);
    }
    let oids = git.feed(&["hash-object", "--stdin-paths"], input).await?;
    let oids = String::from_utf8_lossy(&oids).lines().map(str::to_owned).collect::<Vec<_>>();
    if oids.len() != files.len() {
        return Err(Error::internal("git hash-object answered too little"));
    }
    known.extend(files.iter().map(|path| key(path)).zip(oids));
    Ok(known)
}

/// How a path is named: itself, or quoted where it is not UTF-8.
fn key(path: &Path) -> String {
    let quoted = || String::from_utf8_lossy(&quoted(path.as_os_str().as_bytes())).into_owned();
    path.to_str().map_or_else(quoted, str::to_owned)
}

/// A path as git reads it from a line.
fn line(path: &Path) -> Vec<u8> {
    let mut line = quoted(path.as_os_str().as_bytes());
    line.push(b'\n');
    line
}

/// The files that decide what hooks run and are not as in `base`, sorted. A file that `base` does not have may be as in
/// `known`: a hook manager generates such files.
pub async fn changed(git: &Git, base: &str, known: &HookFiles) -> Result<Vec<String>> {
    let folder = folder(git).await?;
    let now = files_with(git, folder.clone()).await?;
    let places: Vec<PathBuf> =
        look(&git.folder, move |root| [named(&root, &folder), inside(&root, &folder)].into_iter().flatten().collect())
            .await?;
    let listed = git.bytes(&["ls-tree", "-r", "-z", "--full-tree", base]).await?;
    let mut based = HookFiles::new();
    for entry in listed.split(|byte| *byte == 0) {
        let Some(tab) = entry.iter().position(|byte| *byte == b'\t') else { continue };
        let (facts, path) = (String::from_utf8_lossy(&entry[..tab]), Path::new(OsStr::from_bytes(&entry[tab + 1..])));
        // A submodule's files are its own.
        if facts.starts_with("160000") {
            continue;
        }
        // What is in the folder, and a link on the way to it.
        let is_hook = places.iter().any(|folder| path.starts_with(folder) || folder.starts_with(path));
        let key = key(path);
        if is_hook || decides(&key) || now.contains_key(&key) {
            based.insert(key, facts.rsplit(' ').next().unwrap_or_default().to_owned());
        }
    }
    let mut changed = Vec::new();
    for path in now.keys().chain(based.keys()).chain(known.keys()).collect::<BTreeSet<_>>() {
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

/// The folder of the hooks, relative to the working tree, where the project has it and this worktree has not: it is one
/// that a hook manager generates, and git runs no hooks without it.
pub async fn missing(git: &Git, project: &Path) -> Result<Option<PathBuf>> {
    let folder = folder(git).await?;
    let (root, project) = (git.folder.clone(), project.to_owned());
    look(&root.clone(), move |_| {
        let found = named(&root, &folder).filter(|_| !fs::exists(&folder));
        found.filter(|found| fs::is_dir(project.join(found)))
    })
    .await
}

/// Where the folder of the hooks lies in the working tree, if it does, whatever links lead there.
fn inside(root: &Path, folder: &Path) -> Option<PathBuf> {
    let root = fs::canonicalize(root).ok()?;
    let real = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    real.strip_prefix(&root).ok().filter(|path| !path.starts_with(".git")).map(Path::to_owned)
}

/// Where the folder of the hooks lies in the working tree by its name: a link there may lead anywhere.
fn named(root: &Path, folder: &Path) -> Option<PathBuf> {
    let real = fs::canonicalize(root).ok()?;
    let path = folder.strip_prefix(root).or_else(|_| folder.strip_prefix(&real)).ok()?;
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => plain.push(name),
            Component::CurDir => {}
            _ => return None,
        }
    }
    (!plain.as_os_str().is_empty() && !plain.starts_with(".git")).then_some(plain)
}

/// Whether a path is that of a file by which a hook manager is configured.
fn decides(path: &str) -> bool {
    let (first, rest) = path.split_once('/').map_or((path, ""), |(first, rest)| (first, rest));
    match rest {
        "" => first == PACKAGE || FILES.iter().any(|lead| first.starts_with(lead)),
        rest => FOLDERS.contains(&first) || (first == ".config" && rest.starts_with("lefthook")),
    }
}

/// What of a working tree decides over hooks, relative to it.
#[derive(Default)]
struct HookPaths {
    files: BTreeSet<PathBuf>,
    /// With where they lead.
    links: BTreeMap<PathBuf, Vec<u8>>,
    /// Folders that were read.
    read: BTreeSet<PathBuf>,
}

impl HookPaths {
    fn find(root: &Path, folder: &Path) -> HookPaths {
        let mut found = HookPaths::default();
        for name in names(root) {
            let is_asked = |name: &str| FOLDERS.contains(&name) || decides(name);
            if name.to_str().is_some_and(is_asked) {
                found.add(root, Path::new(&name));
            }
        }
        for name in names(&root.join(".config")) {
            let path = Path::new(".config").join(name);
            if path.to_str().is_some_and(decides) {
                found.add(root, &path);
            }
        }
        for place in [named(root, folder), inside(root, folder)].into_iter().flatten() {
            found.add(root, &place);
        }
        // A hook of git's own folder may be a link to a file of the tree.
        for name in names(folder) {
            if let Some(path) = inside(root, &folder.join(name)) {
                found.add(root, &path);
            }
        }
        found
    }

    /// A file, all of a folder, or a link with what it leads to in the tree; also each link on the way there.
    fn add(&mut self, root: &Path, path: &Path) {
        if self.files.len() + self.links.len() >= MOST_FILES {
            return;
        }
        let ways: Vec<&Path> = path.ancestors().filter(|way| !way.as_os_str().is_empty()).collect();
        for way in ways.into_iter().rev() {
            let Ok(target) = fs::read_link(root.join(way)) else { continue };
            let is_new = self.links.insert(way.to_owned(), target.into_os_string().into_vec()).is_none();
            // Where all of the path leads, unless that is out of the tree.
            if let Some(real) = inside(root, &root.join(path)).filter(|real| is_new && real != path) {
                self.add(root, &real);
            }
            return;
        }
        let full = root.join(path);
        if fs::is_file(&full) {
            self.files.insert(path.to_owned());
        } else if fs::is_dir(&full) && self.read.insert(path.to_owned()) {
            names(&full).into_iter().for_each(|name| self.add(root, &path.join(name)));
        }
    }
}

fn names(folder: &Path) -> Vec<OsString> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name()).collect()
}

/// Whether `package.json` says the same of hooks as in `base`.
async fn same_package(git: &Git, base: &str) -> Result<bool> {
    let Some(before) = git.cat_blob(base, PACKAGE).await? else { return Ok(false) };
    let now = look(git.folder.join(PACKAGE), |file| foreign::read(&file, foreign::MANY)).await?.unwrap_or_default();
    let fields = |bytes: &[u8]| {
        let value = serde_json::from_slice::<Value>(bytes).ok()?;
        Some(PACKAGE_FIELDS.iter().map(|field| value.get(field).cloned()).collect::<Vec<_>>())
    };
    Ok(matches!((fields(&before), fields(&now)), (Some(before), Some(now)) if before == now))
}

/// The `post-checkout` hook of a working tree, where there is one that git would run.
pub async fn post_checkout(git: &Git) -> Result<Option<PathBuf>> {
    let hook = folder(git).await?.join("post-checkout");
    let found = look(&hook, fs::metadata).await?;
    let runs = found.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0);
    Ok(runs.then_some(hook))
}

/// Runs the `post-checkout` hook of a fresh worktree as git does; why it failed, when it did. Git's own checkout is over:
/// the worktree is as good without.
pub async fn run_post_checkout(git: &Git, hook: &Path) -> Result<Option<String>> {
    let head = git.head().await?.unwrap_or_default();
    let mut command = git.program(hook);
    command
        .args(["0".repeat(head.len()), head, "1".to_owned()].map(|word| OsStr::from_bytes(word.as_bytes()).to_owned()));
    let ended = match git.run_group(command, LIMIT).await {
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
    use std::fs;

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
    async fn a_folder_of_hooks_that_becomes_a_link_counts_wherever_it_leads() {
        let tree = Tree::new().await;
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("pre-commit"), "evil").unwrap();
        tree.write("tools/hooks/pre-commit", "x");
        tree.write("real/pre-commit", "x");
        std::os::unix::fs::symlink("real", tree.git.folder.join(".husky")).unwrap();
        tree.git.change(&["config", "core.hooksPath", "tools/hooks"], Vec::new()).await.unwrap();
        let base = tree.commit().await;
        assert_eq!(tree.changed(&base, &HookFiles::new()).await, [""; 0], "a link that is committed is as it was");
        tree.write("real/pre-commit", "evil");
        assert_eq!(tree.changed(&base, &HookFiles::new()).await, ["real/pre-commit"]);
        tree.write("real/pre-commit", "x");
        for above in ["tools/hooks", "tools"] {
            fs::remove_dir_all(tree.git.folder.join(above)).unwrap();
            std::os::unix::fs::symlink(outside.path(), tree.git.folder.join(above)).unwrap();
            assert_eq!(tree.changed(&base, &HookFiles::new()).await, [above, "tools/hooks/pre-commit"]);
        }
    }

    #[tokio::test]
    async fn a_generated_file_that_is_gone_counts_and_so_does_any_name() {
        use std::os::unix::ffi::OsStrExt as _;
        let tree = Tree::new().await;
        tree.write(".husky/pre-commit", "x");
        let base = tree.commit().await;
        tree.write(".husky/_/husky.sh", "generated");
        tree.write(".husky/_/\"a\nb", "generated");
        let odd = tree.git.folder.join(std::ffi::OsStr::from_bytes(b".husky/_/\xff"));
        fs::write(&odd, "generated").unwrap();
        let known = files(&tree.git).await.unwrap();
        assert_eq!(known.len(), 4);
        assert_eq!(tree.changed(&base, &known).await, [""; 0]);
        fs::write(&odd, "evil").unwrap();
        assert_eq!(tree.changed(&base, &known).await, ["\".husky/_/\\377\""]);
        fs::remove_file(&odd).unwrap();
        fs::remove_file(tree.git.folder.join(".husky/_/husky.sh")).unwrap();
        assert_eq!(tree.changed(&base, &known).await, ["\".husky/_/\\377\"", ".husky/_/husky.sh"]);
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
