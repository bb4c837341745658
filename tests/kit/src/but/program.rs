//! Programs to run a test on: the stand-in in both grammars, and the real ones that the environment names.

use super::Grammar;
use crate::given;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Colon-separated paths of real programs.
pub const PROGRAMS: &str = "CHORUS_TEST_BUT";

/// One of them.
#[derive(Clone, Debug)]
pub struct Program {
    /// For people: `stand-in new`, or a path.
    pub name: String,
    /// How it is spoken to.
    pub grammar: Grammar,
    /// The executable.
    path: PathBuf,
    /// Whether it is the stand-in, which has faults and a log.
    pub is_standin: bool,
}

/// The stand-in in both grammars, then every program of [`PROGRAMS`].
pub fn programs() -> Vec<Program> {
    static FOUND: OnceLock<Vec<Program>> = OnceLock::new();
    let real = || given::listed(PROGRAMS).unwrap_or_default().into_iter().map(real);
    FOUND.get_or_init(|| standins().into_iter().chain(real()).collect()).clone()
}

/// The stand-in alone, in both grammars: for tests of faults.
pub fn standins() -> Vec<Program> {
    static FOUND: OnceLock<Vec<Program>> = OnceLock::new();
    FOUND.get_or_init(find_standins).clone()
}

fn find_standins() -> Vec<Program> {
    let path = built();
    [("stand-in new", Grammar::New), ("stand-in old", Grammar::Old)]
        .map(|(name, grammar)| {
            let path = wrapper(&path, if grammar == Grammar::Old { "old" } else { "new" });
            Program { name: name.into(), grammar, path, is_standin: true }
        })
        .into()
}

impl Program {
    /// No program, for a repository that is only made.
    pub(super) fn none() -> Program {
        Program { name: "none".into(), grammar: Grammar::New, path: PathBuf::new(), is_standin: false }
    }

    /// Puts it into a folder as `but`.
    pub fn install(&self, folder: &Path) {
        let but = folder.join("but");
        let _ = std::fs::remove_file(&but);
        std::os::unix::fs::symlink(&self.path, but).expect("a link");
    }
}

/// A script that runs the stand-in in a grammar, beside its executable. A shell writes it: a file that this process had
/// open for writing while another thread starts a program could not be run for a moment.
fn wrapper(standin: &Path, grammar: &str) -> PathBuf {
    let path = standin.with_file_name(format!("but-standin-{grammar}"));
    let script = format!("#!/bin/sh\n{}={grammar} exec '{}' \"$@\"\n", chorus_but_standin::GRAMMAR, standin.display());
    if std::fs::read_to_string(&path).is_ok_and(|present| present == script) {
        return path;
    }
    let status = Command::new("sh")
        .args(["-c", "printf %s \"$1\" >\"$2.$$\" && chmod 755 \"$2.$$\" && mv -f \"$2.$$\" \"$2\"", "sh", &script])
        .arg(&path)
        .stdin(Stdio::null())
        .status();
    assert!(status.expect("sh runs").success(), "cannot write {}", path.display());
    path
}

/// Where things are kept from one run to the next: beside the stand-in.
pub(super) fn kept() -> PathBuf {
    built().parent().expect("a folder").to_owned()
}

fn real(path: PathBuf) -> Program {
    let path = path.canonicalize().unwrap_or_else(|error| panic!("{PROGRAMS}: {}: {error}", path.display()));
    let home = tempfile::tempdir().expect("a folder");
    let help = Command::new(&path)
        .args(["commit", "--help"])
        .env("HOME", home.path())
        .env("E2E_TEST_APP_DATA_DIR", home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{PROGRAMS}: {}: {error}", path.display()));
    let help = String::from_utf8_lossy(&help.stdout);
    let grammar = match (help.contains("--branch"), help.contains("--changes")) {
        (true, false) => Grammar::New,
        (false, true) => Grammar::Old,
        _ => panic!("{PROGRAMS}: {} speaks no grammar that is known:\n{help}", path.display()),
    };
    Program { name: path.display().to_string(), grammar, path, is_standin: false }
}

/// The stand-in's executable. Tests of another package get no path to it from cargo, so cargo is asked to build it;
/// when it is there already that is a moment.
fn built() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(build).clone()
}

fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--package", "chorus-but-standin"])
        .args(["--message-format", "json"])
        .current_dir(crate::repository())
        .stdin(Stdio::null())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "the stand-in does not build: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut executables = text.lines().rev().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    executables.next().expect("cargo tells where it built the stand-in")
}
