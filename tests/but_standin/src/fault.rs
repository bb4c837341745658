//! What can be made to go wrong, so that tests can see what is done about it.

use super::answer::Refusal;
use super::change::Change;
use super::project::Project;
use super::selection::Selection;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One fault: `NAME` for commits, `NAME@COMMAND` for another command, `NAME@*` for each.
pub const FAULT: &str = "CHORUS_STANDIN_FAULT";
/// A file with faults, one a line; each happens once, in their order, to the first command that it is for.
pub const FAULTS: &str = "CHORUS_STANDIN_FAULTS";

/// A fault that is to happen to this command.
pub struct Fault(String);

impl Fault {
    /// The fault for a command, taken out of the file when it was there.
    pub fn of(command: &str) -> Result<Option<Fault>, Refusal> {
        if let Ok(fault) = std::env::var(FAULT) {
            return Ok(meant(&fault, command).map(Fault));
        }
        let Some(file) = std::env::var_os(FAULTS).map(PathBuf::from) else { return Ok(None) };
        let Ok(text) = std::fs::read_to_string(&file) else { return Ok(None) };
        let lines: Vec<&str> = text.lines().collect();
        let found = lines.iter().enumerate().find_map(|(at, line)| Some((at, meant(line, command)?)));
        let Some((at, fault)) = found else { return Ok(None) };
        let left: Vec<&str> = lines.iter().enumerate().filter(|(line, _)| *line != at).map(|(_, line)| *line).collect();
        let draft = file.with_extension(format!("draft-{}", std::process::id()));
        std::fs::write(&draft, left.join("\n"))?;
        std::fs::rename(draft, file)?;
        Ok(Some(Fault(fault)))
    }

    /// Whether it is that one.
    pub fn is(&self, name: &str) -> bool {
        self.0 == name
    }

    /// Dies here when it is that one, as by `kill -9`.
    pub fn die(&self, name: &str) {
        if self.is(name) {
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
            std::thread::sleep(Duration::from_secs(60));
        }
    }

    /// What happens before anything is done. The folder is the git folder, when there is one.
    pub fn before(&self, folder: Option<&Path>) -> Result<(), Refusal> {
        self.die("die-before");
        match self.0.as_str() {
            "hang" => {
                // Holding what a working program would hold.
                let _lock = folder.map(super::project::lock);
                loop {
                    std::thread::sleep(Duration::from_secs(3600));
                }
            }
            "disk-full" => Err(Refusal::text("No space left on device (os error 28)")),
            "fail" => Err(Refusal::text("something went wrong")),
            _ => Ok(()),
        }
    }

    /// Waits in the middle of a commit, the changes read and nothing done yet: until the file of faults has a
    /// neighbour `….go`. A neighbour `….paused` tells that it waits.
    pub fn pause(&self) -> Result<(), Refusal> {
        let Some(file) = std::env::var_os(FAULTS).map(PathBuf::from).filter(|_| self.is("pause")) else {
            return Ok(());
        };
        std::fs::write(file.with_extension("paused"), "")?;
        while !file.with_extension("go").exists() {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::fs::remove_file(file.with_extension("go"))?;
        Ok(std::fs::remove_file(file.with_extension("paused"))?)
    }

    /// Whether a file is written, or may be, during its commit.
    pub fn writes(&self) -> bool {
        ["conflict-markers", "checkout-conflict", "written-meanwhile"].iter().any(|name| self.is(name))
    }

    /// Another program writes the first file of a commit while it is being committed.
    pub fn write_meanwhile(&self, project: &Project, changes: &[Change], selection: &Selection) -> Result<(), Refusal> {
        let first = selection.keys().next().map(|at| changes[*at].path.as_str());
        if let Some(path) = first.filter(|_| self.writes()) {
            let path = project.git.root.join(path);
            let mut content = std::fs::read(&path)?;
            content.extend_from_slice(b"written meanwhile\n");
            std::fs::write(path, content)?;
        }
        Ok(())
    }
}

fn meant(fault: &str, command: &str) -> Option<String> {
    let (name, wanted) = fault.trim().split_once('@').unwrap_or((fault.trim(), "commit"));
    (!name.is_empty() && (wanted == command || wanted == "*")).then(|| name.to_owned())
}
