//! What the daemon writes to its log: bounded, however long the daemon runs and whatever fails again and again. Its
//! starter opened the log as standard error. Panics are written there too.

#![expect(clippy::disallowed_methods, reason = "Chorus's own log")]

mod repeats;

use crate::paths::{State, log as file};
use parking_lot::Mutex;
use repeats::Repeats;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Instant;

/// Sends `log` records and panics to the log. Of other crates only warnings count: nvim-rs would log whole messages, and
/// some hold an environment.
pub fn init() {
    let mut builder = env_logger::Builder::new();
    builder.filter_level(log::LevelFilter::Warn).filter_module("chorus", log::LevelFilter::Trace);
    builder.target(env_logger::Target::Pipe(Box::new(Output::of_this_process())));
    let repeats = Mutex::new(Repeats::default());
    builder.format(move |out, record| {
        let text = format!("{} {}", record.level(), record.args());
        let Some(dropped) = repeats.lock().admit(&text, Instant::now()) else { return Ok(()) };
        let more = if dropped > 0 { format!(" ({dropped} times more since)") } else { String::new() };
        let at = crate::clock::now();
        writeln!(out, "{}.{:03} {text}{more}", at / 1000, at % 1000)
    });
    // A second call (tests in one process) keeps the first logger.
    let _ = builder.try_init();
    log::set_max_level(log::LevelFilter::Info);
    // Nothing else than the logger writes a panic: past it, a panic that comes again and again would fill the disk.
    std::panic::set_hook(Box::new(|panic| log::error!("{panic}")));
}

/// Where lines go.
enum Output {
    /// The log's file, which is set aside when it is long.
    Log { path: PathBuf, file: File },
    /// Whatever standard error is, in a daemon that was started by hand.
    Error,
}

impl Output {
    fn of_this_process() -> Output {
        let log = || {
            let path = State::from_environment().ok()?.log();
            let found = std::fs::metadata(&path).ok()?;
            let error = File::from(io::stderr().as_fd().try_clone_to_owned().ok()?).metadata().ok()?;
            let is_the_log = (found.dev(), found.ino()) == (error.dev(), error.ino());
            let file = file::open(&path).ok()?;
            is_the_log.then_some(Output::Log { path, file })
        };
        log().unwrap_or(Output::Error)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Output::Log { path, file } => {
                if file.metadata().is_ok_and(|found| found.len() > file::LONGEST) {
                    *file = file::open(path)?;
                }
                file.write(bytes)
            }
            Output::Error => io::stderr().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_log_is_set_aside_while_the_daemon_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut output = Output::Log { path: path.clone(), file: file::open(&path).unwrap() };
        let line = "x".repeat(1023) + "\n";
        for _ in 0..3 * file::LONGEST / 1024 {
            output.write_all(line.as_bytes()).unwrap();
        }
        output.write_all(b"last\n").unwrap();
        let length = |path: &std::path::Path| std::fs::metadata(path).unwrap().len();
        assert!(length(&path) <= file::LONGEST + 1024 && length(&path.with_extension("old")) <= file::LONGEST + 1024);
        assert!(std::fs::read_to_string(&path).unwrap().ends_with("last\n"));
    }
}
