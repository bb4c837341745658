//! One suite: what runs it, how it ended.

use super::counts::{self, Counts};
use std::ffi::OsString;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A suite that runs longer hangs.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// What the suites are told: variables that name the tools.
pub type Environment = [(&'static str, OsString)];

/// A suite, and how its results are read.
pub enum Suite {
    /// A test program that cargo built.
    Rust {
        /// Its name in the summary: of an integration test its own, of unit tests the package and the source.
        name: String,
        program: PathBuf,
        /// The package's folder.
        folder: PathBuf,
    },
    /// The Lua specs on one Neovim.
    Lua { name: String, nvim: PathBuf },
}

/// What a run of a suite came to.
pub struct Ended {
    pub counts: Counts,
    pub seconds: f64,
    /// Both outputs, in their order.
    pub output: String,
    /// What can be run once more, one entry for each failure: the test's name, of a Lua spec its file.
    pub failed: Vec<String>,
}

impl Suite {
    pub fn name(&self) -> &str {
        match self {
            Suite::Rust { name, .. } | Suite::Lua { name, .. } => name,
        }
    }

    /// Runs the suite, or the tests in it whose name holds the filter.
    pub fn run(&self, filter: Option<&str>, chorus: &Path, environment: &Environment) -> Ended {
        match self {
            Suite::Rust { program, folder, .. } => {
                let mut command = rust(program, folder, environment);
                command.args(filter);
                let (output, seconds, ended_well) = captured(&mut command);
                let failed = output.lines().filter_map(counts::failed_test).map(str::to_owned).collect();
                let counts = output.lines().filter_map(Counts::of_cargo).next_back();
                Ended { counts: judged(counts, ended_well), seconds, output, failed }
            }
            Suite::Lua { nvim, .. } => {
                let filter = filter.map(|filter| format!("--filter={filter}"));
                let (output, seconds, ended_well) = lua(nvim, filter.as_deref(), "tests/lua", chorus, environment);
                let counts = output.lines().filter_map(Counts::of_busted).next_back();
                let failed = output.lines().filter_map(counts::failed_spec).map(str::to_owned).collect();
                Ended { counts: judged(counts, ended_well), seconds, output, failed }
            }
        }
    }

    /// Runs what failed once more, by itself; whether it passed.
    pub fn try_again(&self, failed: &str, chorus: &Path, environment: &Environment) -> bool {
        let (output, ended_well, counts) = match self {
            Suite::Rust { program, folder, .. } => {
                let (output, _, ended_well) = captured(rust(program, folder, environment).args(["--exact", failed]));
                let counts = output.lines().filter_map(Counts::of_cargo).next_back();
                (output, ended_well, counts)
            }
            Suite::Lua { nvim, .. } => {
                let (output, _, ended_well) = lua(nvim, None, failed, chorus, environment);
                let counts = output.lines().filter_map(Counts::of_busted).next_back();
                (output, ended_well, counts)
            }
        };
        println!("{}", output.trim_end());
        ended_well && counts.is_some_and(|counts| counts.passed > 0 && counts.failed == 0)
    }
}

/// Runs specs in a Neovim: both outputs, the seconds, whether it ended well.
fn lua(
    nvim: &Path,
    filter: Option<&str>,
    specs: &str,
    chorus: &Path,
    environment: &Environment,
) -> (String, f64, bool) {
    let world = chorus_testkit::Sandbox::new(chorus);
    let mut command = world.command(nvim);
    command.args(["--clean", "--headless", "-l", "tests/lua/run.lua"]).args(filter).arg(specs);
    command.current_dir(chorus_testkit::repository()).envs(environment.iter().cloned());
    captured(&mut command)
}

fn rust(program: &Path, folder: &Path, environment: &Environment) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("CARGO_MANIFEST_DIR", folder).envs(environment.iter().cloned());
    command
}

/// A suite without a result has failed: a test may take the whole process down.
fn judged(counts: Option<Counts>, ended_well: bool) -> Counts {
    let mut counts = counts.unwrap_or_default();
    if !ended_well && counts.failed == 0 {
        counts.failed = 1;
    }
    counts
}

/// Runs to the end: both outputs in their order, the seconds, whether it ended well. The outputs go to a file, because a
/// pipe would stay open as long as anything that the suite started.
fn captured(command: &mut Command) -> (String, f64, bool) {
    let began = Instant::now();
    let ran = (|| -> std::io::Result<(Vec<u8>, bool)> {
        let mut file = tempfile::tempfile()?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file.try_clone()?);
        let mut child = command.spawn()?;
        let mut is_late = false;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            is_late = began.elapsed() > LIMIT;
            if is_late {
                child.kill()?;
                break child.wait()?;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let mut output = Vec::new();
        file.rewind()?;
        file.read_to_end(&mut output)?;
        if is_late {
            output.extend(format!("\nkilled: it ran for more than {} minutes\n", LIMIT.as_secs() / 60).bytes());
        }
        Ok((output, status.success()))
    })();
    let seconds = began.elapsed().as_secs_f64();
    match ran {
        Ok((output, ended_well)) => (String::from_utf8_lossy(&output).into_owned(), seconds, ended_well),
        Err(error) => (format!("cannot run {:?}: {error}\n", command.get_program()), seconds, false),
    }
}
