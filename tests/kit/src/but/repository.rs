//! A scratch repository that is a project of one program, in a world of its own.

use super::{Grammar, Program, program};
use crate::sandbox::{Ran, Sandbox};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The repository: on its workspace branch, `README.md`, `a.txt` and `b.txt` (40 numbered lines each) committed on
/// `main`, no remote but the one that the program makes. Its folder goes when it is dropped.
pub struct Repository {
    /// Nothing when somebody else's folder is used.
    folder: Option<tempfile::TempDir>,
    root: PathBuf,
    environment: BTreeMap<String, String>,
    /// The program.
    pub program: Program,
}

impl Repository {
    /// One that is set up.
    pub fn new(program: &Program) -> Repository {
        let repository = Repository::bare(program);
        repository.set_up();
        repository
    }

    /// One with a commit on `main` that is not set up.
    pub fn bare(program: &Program) -> Repository {
        let folder = tempfile::Builder::new().prefix("chorus-but-").tempdir_in("/tmp").expect("a folder");
        let root = folder.path().canonicalize().expect("the folder just made");
        copy(template(), &root);
        program.install(&root.join("bin"));
        let environment = environment(&root, program);
        Repository { folder: Some(folder), root, environment, program: program.clone() }
    }

    /// The project of a sandbox, set up: `but` and its environment are the sandbox's from then on.
    pub fn within(sandbox: &mut Sandbox, program: &Program) -> Repository {
        let root = sandbox.root().to_owned();
        std::fs::create_dir_all(root.join("app")).expect("a folder");
        program.install(&root.join("bin"));
        for (name, value) in own_environment(&root, program) {
            sandbox.set(&name, value);
        }
        let environment = sandbox.environment().clone();
        let repository = Repository { folder: None, root, environment, program: program.clone() };
        repository.fill();
        repository.set_up();
        repository
    }

    fn set_up(&self) {
        let ran = self.but(["setup", "--json"]);
        assert_eq!(ran.code, 0, "{}: {}{}", self.program.name, ran.stdout, ran.stderr);
    }

    /// Files and a commit.
    fn fill(&self) {
        for (name, value) in [("name", "A Tester"), ("email", "tester@localhost")] {
            self.git(["config", &format!("user.{name}"), value]);
        }
        self.write("README.md", "# A project\n");
        self.write("a.txt", numbered("line"));
        self.write("b.txt", numbered("b"));
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--message", "initial"]);
    }

    /// Its working tree's top folder.
    pub fn path(&self) -> PathBuf {
        self.root.join("project")
    }

    /// The folder with `but` in it.
    pub fn bin(&self) -> PathBuf {
        self.root.join("bin")
    }

    /// What the environment of whoever runs `but` here must hold.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// A command in the working tree with that environment and nothing else.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.environment).current_dir(self.path()).stdin(Stdio::null());
        command
    }

    /// Runs `but` to its end.
    pub fn but<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I) -> Ran {
        self.command(self.bin().join("but")).args(arguments).output().expect("but runs").into()
    }

    /// Runs `but … --json`, which must succeed, and reads its answer; null for an empty one.
    #[track_caller]
    pub fn json<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I) -> Value {
        let ran: Ran =
            self.command(self.bin().join("but")).arg("--json").args(arguments).output().expect("but runs").into();
        assert_eq!(ran.code, 0, "{}: {}{}", self.program.name, ran.stdout, ran.stderr);
        if ran.stdout.trim().is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error} in {:?}", ran.stdout))
    }

    /// Runs git, which must succeed; its output, trimmed.
    #[track_caller]
    pub fn git<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I) -> String {
        let ran: Ran = self.command("git").args(arguments).output().expect("git runs").into();
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout.trim().to_owned()
    }

    /// Writes a file of the working tree, with the folders above it.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, content).expect("a file");
    }

    /// A file of the working tree; nothing when there is none.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        std::fs::read(self.path().join(path)).ok()
    }

    /// Changes a line of a text file of the working tree, counted from 1.
    pub fn change_line(&self, path: &str, line: usize, text: &str) {
        let content = self.read(path).expect("a file");
        let content = String::from_utf8(content).expect("a text");
        let mut lines: Vec<&str> = content.lines().collect();
        lines[line - 1] = text;
        self.write(path, lines.join("\n") + "\n");
    }

    /// A file as a branch has it; nothing when it has none.
    pub fn file_on(&self, branch: &str, path: &str) -> Option<Vec<u8>> {
        let output = self.command("git").args(["cat-file", "blob", &format!("refs/heads/{branch}:{path}")]).output();
        let output = output.expect("git runs");
        output.status.success().then_some(output.stdout)
    }

    /// Every path that a branch has.
    pub fn files_on(&self, branch: &str) -> Vec<String> {
        let listed = self.git(["ls-tree", "-r", "-z", "--name-only", &format!("refs/heads/{branch}")]);
        listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect()
    }

    /// Paths that differ between a branch and what it is based on: its own changes, and those of branches below it.
    pub fn changed_on(&self, branch: &str) -> Vec<String> {
        let range = format!("main...refs/heads/{branch}");
        let listed = self.git(["diff", "--name-only", "-z", "--no-renames", &range]);
        listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect()
    }

    /// The commit that a branch's reference names.
    pub fn tip(&self, branch: &str) -> String {
        self.git(["rev-parse", "--verify", &format!("refs/heads/{branch}")])
    }

    /// Makes a branch and applies it.
    #[track_caller]
    pub fn new_branch(&self, name: &str) {
        self.json(["branch", "new", name]);
    }

    /// Commits paths or ids to an applied branch; the commit's name.
    #[track_caller]
    pub fn commit(&self, branch: &str, message: &str, changes: &[&str]) -> String {
        let ran = self.try_commit(branch, message, changes);
        assert_eq!(ran.code, 0, "{}: {}{}", self.program.name, ran.stdout, ran.stderr);
        let answer: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        let key = if self.program.grammar == Grammar::New { "commitId" } else { "commit_id" };
        answer[key].as_str().expect("a commit").to_owned()
    }

    /// Commits paths or ids to a branch, whatever comes of it; none is everything. The branch is made when it is not
    /// there.
    pub fn try_commit(&self, branch: &str, message: &str, changes: &[&str]) -> Ran {
        let mut words = match self.program.grammar {
            Grammar::New => vec!["commit", "--json", "-b", branch, "-m", message],
            Grammar::Old => vec!["commit", branch, "--json", "-m", message],
        };
        if self.program.grammar == Grammar::Old && !self.branches().iter().any(|name| name == branch) {
            words.push("-c");
        }
        match self.program.grammar {
            Grammar::New if !changes.is_empty() => words.push("--"),
            _ => {}
        }
        for change in changes {
            words.extend((self.program.grammar == Grammar::Old).then_some("-p"));
            words.push(change);
        }
        self.but(words)
    }

    /// `but status --json`.
    #[track_caller]
    pub fn status(&self) -> Value {
        self.json(["status"])
    }

    /// Paths that `but status` calls uncommitted, whoever they are assigned to.
    #[track_caller]
    pub fn dirty(&self) -> Vec<String> {
        let status = self.status();
        let key = if self.program.grammar == Grammar::New { "uncommittedChanges" } else { "unassignedChanges" };
        let stacks = status["stacks"].as_array().into_iter().flatten().map(|stack| &stack["assignedChanges"]);
        let changes = std::iter::once(&status[key]).chain(stacks).filter_map(Value::as_array).flatten();
        let mut paths: Vec<String> =
            changes.filter_map(|change| change["filePath"].as_str()).map(str::to_owned).collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// Applied branches as `but status` tells them: stacks as they come, the top of each first.
    #[track_caller]
    pub fn branches(&self) -> Vec<String> {
        self.stacks().into_iter().flatten().collect()
    }

    /// The same by stack.
    #[track_caller]
    pub fn stacks(&self) -> Vec<Vec<String>> {
        let status = self.status();
        let name = |branch: &Value| branch["name"].as_str().unwrap_or("").to_owned();
        let stacks = status["stacks"].as_array().expect("stacks");
        stacks.iter().map(|stack| stack["branches"].as_array().expect("branches").iter().map(name).collect()).collect()
    }

    /// Ids of the hunks of a dirty file, in the file's order.
    #[track_caller]
    pub fn hunks(&self, path: &str) -> Vec<String> {
        let diff = self.json(["diff"]);
        let changes = diff["changes"].as_array().expect("changes").iter();
        changes
            .filter(|change| change["path"] == path)
            .map(|change| change["id"].as_str().expect("an id").to_owned())
            .collect()
    }

    /// Lets a fault happen to the next command that it is for, after those given before. Each is for `commit` unless
    /// it ends in `@COMMAND` or `@*`.
    ///
    /// `hang` (holding the program's lock), `garbage` (done, but the answer is none), `die-before`, `die-between`
    /// (the commit is stored, nothing names it), `die-torn` (the branch has it, the workspace has not), `die-after`
    /// (done, no answer), `empty-commit`, `disk-full`, `fail`, `lose-stack` (a branch that was made for the commit
    /// leaves the workspace), `written-meanwhile`, `checkout-conflict` and `conflict-markers` (the first file is
    /// written during its commit, sooner or later), `pause` (see [`Repository::wait_until_paused`]).
    pub fn fault(&self, fault: &str) {
        assert!(self.program.is_standin, "a real program has no faults to choose from");
        let file = self.root.join("faults");
        let before = std::fs::read_to_string(&file).unwrap_or_default();
        let between = if before.is_empty() { "" } else { "\n" };
        let text = format!("{before}{between}{fault}");
        crate::files::replace(&self.root.join("faults.draft"), &file, text.as_bytes()).expect("a file");
    }

    /// Waits until a commit with the fault `pause` has read what it commits and has done nothing yet.
    pub fn wait_until_paused(&self) {
        crate::wait_until("a commit pauses", || self.root.join("faults.paused").exists());
    }

    /// Lets a commit that pauses go on.
    pub fn go_on(&self) {
        std::fs::write(self.root.join("faults.go"), "").expect("a file");
    }

    /// Faults that have not happened yet.
    pub fn faults_left(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.root.join("faults")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// The arguments of every invocation of the stand-in so far.
    pub fn invocations(&self) -> Vec<Vec<String>> {
        crate::files::json_lines(&self.root.join("log"))
    }

    /// The folder that holds everything of this world.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Keeps the folder when this is dropped, to look at it by hand.
    pub fn keep(mut self) -> PathBuf {
        self.folder.take().map(tempfile::TempDir::keep);
        self.root.clone()
    }
}

/// A world with a repository that is not set up, made once and copied for each. A change of what is in it needs
/// another name.
fn template() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let kept = program::kept();
        let template = kept.join("but-template-1");
        if !template.exists() {
            let folder = tempfile::tempdir_in(&kept).expect("a folder");
            make_template(folder.path());
            // Somebody else may have made it meanwhile, which is as good.
            let _ = std::fs::rename(folder.path(), &template);
        }
        template
    })
}

fn make_template(root: &Path) {
    for name in ["bin", "home", "app", "project"] {
        std::fs::create_dir(root.join(name)).expect("a folder");
    }
    let program = Program::none();
    let environment = environment(root, &program);
    let repository = Repository { folder: None, root: root.to_owned(), environment, program };
    repository.git(["init", "--quiet", "--initial-branch=main", "--template="]);
    std::fs::create_dir(repository.path().join(".git/hooks")).expect("a folder");
    repository.fill();
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            std::fs::create_dir_all(&to).expect("a folder");
            copy(&from, &to);
        } else {
            std::fs::copy(&from, &to).expect("a file");
        }
    }
}

/// What the program itself wants to find in its environment.
fn own_environment(root: &Path, program: &Program) -> BTreeMap<String, String> {
    let at = |name: &str| root.join(name).to_string_lossy().into_owned();
    let mut environment = BTreeMap::from([
        ("E2E_TEST_APP_DATA_DIR".to_owned(), at("app")),
        ("NO_BG_TASKS".to_owned(), "1".to_owned()),
        ("GIT_TERMINAL_PROMPT".to_owned(), "0".to_owned()),
    ]);
    if program.is_standin {
        environment.insert(chorus_but_standin::LOG.to_owned(), at("log"));
        environment.insert(chorus_but_standin::FAULTS.to_owned(), at("faults"));
    }
    environment
}

fn environment(root: &Path, program: &Program) -> BTreeMap<String, String> {
    let at = |name: &str| root.join(name).to_string_lossy().into_owned();
    let mut environment = own_environment(root, program);
    environment.extend([
        ("HOME".to_owned(), at("home")),
        ("XDG_CONFIG_HOME".to_owned(), at("home/.config")),
        ("XDG_DATA_HOME".to_owned(), at("home/.local/share")),
        ("GIT_CONFIG_NOSYSTEM".to_owned(), "1".to_owned()),
        ("LANG".to_owned(), "C.UTF-8".to_owned()),
        ("PATH".to_owned(), format!("{}:/usr/local/bin:/usr/bin:/bin", at("bin"))),
    ]);
    environment
}

/// Forty lines: `line 1`, `line 2`…
pub fn numbered(word: &str) -> String {
    (1..=40).map(|number| format!("{word} {number}\n")).collect()
}
