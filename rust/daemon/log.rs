//! The daemon's log: one file, the previous one beside it. Panics are written there too.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const LONGEST: u64 = 5 * 1024 * 1024;

/// Opens the log for appending, 0600, setting a long one aside as `log.old`.
pub fn open(path: &Path) -> io::Result<File> {
    if std::fs::metadata(path).is_ok_and(|found| found.len() > LONGEST) {
        std::fs::rename(path, path.with_extension("old"))?;
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// Sends `log` records and panics to standard error, which the starter pointed at the file. Of other crates only
/// warnings count: nvim-rs would log whole messages, and some hold an environment.
pub fn init() {
    let mut builder = env_logger::Builder::new();
    builder.filter_level(log::LevelFilter::Warn).filter_module("chorus", log::LevelFilter::Trace);
    builder.format(|out, record| {
        let at = crate::process::now();
        io::Write::write_fmt(out, format_args!("{}.{:03} {} {}\n", at / 1000, at % 1000, record.level(), record.args()))
    });
    // A second call (tests in one process) keeps the first logger.
    let _ = builder.try_init();
    log::set_max_level(log::LevelFilter::Info);
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        log::error!("{panic}");
        usual(panic);
    }));
}
