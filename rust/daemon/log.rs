//! What the daemon writes to its log, which its starter opened as standard error. Panics are written there too.

use std::io;

/// Sends `log` records and panics to standard error, which the starter pointed at the file. Of other crates only
/// warnings count: nvim-rs would log whole messages, and some hold an environment.
pub fn init() {
    let mut builder = env_logger::Builder::new();
    builder.filter_level(log::LevelFilter::Warn).filter_module("chorus", log::LevelFilter::Trace);
    builder.format(|out, record| {
        let at = crate::clock::now();
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
