//! git as a process: one call, one answer; and a reader of objects that lives as long as a command.

use super::answer::Refusal;
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

/// A repository's git.
pub struct Git {
    /// Top folder of the working tree.
    pub root: PathBuf,
    /// The git folder.
    pub folder: PathBuf,
    /// Whether changes of lines beside each other can be brought together.
    pub beside: bool,
    objects: RefCell<Option<Objects>>,
}

struct Objects {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Git {
    /// Git in that repository.
    pub fn new(root: PathBuf, folder: PathBuf) -> Git {
        Git { root, folder, beside: false, objects: RefCell::new(None) }
    }

    /// A command in the working tree, without locks that are only for speed.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.args(["-c", "core.quotePath=false", "-c", "merge.renames=false", "-c", "gc.auto=0"]);
        command.args(arguments).current_dir(&self.root).env("GIT_OPTIONAL_LOCKS", "0");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs to the end, whatever it answers.
    pub fn try_run(&self, arguments: &[&str]) -> Result<Output, Refusal> {
        Ok(self.command(arguments).output()?)
    }

    /// Runs to the end, which must be a success; standard output without the newline at its end.
    pub fn run(&self, arguments: &[&str]) -> Result<String, Refusal> {
        let output = self.raw(&mut self.command(arguments), b"")?;
        Ok(String::from_utf8_lossy(&output).trim_end_matches('\n').to_owned())
    }

    /// The same on an index of our own, with something on standard input; bytes.
    pub fn on_index(&self, index: &Path, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, Refusal> {
        self.raw(self.command(arguments).env("GIT_INDEX_FILE", index), input)
    }

    /// Runs with something on standard input; bytes.
    pub fn feed(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, Refusal> {
        self.raw(&mut self.command(arguments), input)
    }

    fn raw(&self, command: &mut Command, input: &[u8]) -> Result<Vec<u8>, Refusal> {
        let mut child = command.stdin(Stdio::piped()).spawn()?;
        let mut stdin = child.stdin.take().expect("a pipe");
        let output = std::thread::scope(|scope| {
            // A git that ends early closes its end; its own words tell why.
            scope.spawn(move || stdin.write_all(input));
            child.wait_with_output()
        })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(Refusal::text(String::from_utf8_lossy(&output.stderr).trim()))
    }

    /// A blob's new object name.
    pub fn write_blob(&self, content: &[u8]) -> Result<String, Refusal> {
        let name = self.feed(&["hash-object", "-w", "--no-filters", "--stdin"], content)?;
        Ok(String::from_utf8_lossy(&name).trim().to_owned())
    }

    /// An object's bytes; nothing when there is no such object.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        let mut objects = self.objects.borrow_mut();
        if objects.is_none() {
            let mut child = self.command(&["cat-file", "--batch"]).stdin(Stdio::piped()).spawn()?;
            let input = child.stdin.take().expect("a pipe");
            let output = BufReader::new(child.stdout.take().expect("a pipe"));
            *objects = Some(Objects { child, input, output });
        }
        let objects = objects.as_mut().expect("just made");
        objects.input.write_all(format!("{name}\n").as_bytes())?;
        let mut header = String::new();
        objects.output.read_line(&mut header)?;
        let size = header.split_whitespace().nth(2).and_then(|size| size.parse::<usize>().ok());
        let Some(size) = size else { return Ok(None) };
        let mut content = vec![0; size + 1];
        objects.output.read_exact(&mut content)?;
        content.pop();
        Ok(Some(content))
    }

    /// Sets and deletes references in one go: full names, and object names or nothing.
    pub fn update_references(&self, changes: &[(String, Option<String>)]) -> Result<(), Refusal> {
        if changes.is_empty() {
            return Ok(());
        }
        let line = |(name, object): &(String, Option<String>)| match object {
            Some(object) => format!("update {name}\0{object}\0\0"),
            None => format!("delete {name}\0\0"),
        };
        let input: String = changes.iter().map(line).collect();
        self.feed(&["update-ref", "-z", "--stdin", "-m", "GitButler"], input.as_bytes()).map(|_| ())
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // It would end by itself once its input is closed; nothing waits for that.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
