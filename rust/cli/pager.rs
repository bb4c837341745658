//! Long output goes through `$PAGER` at a terminal.

use super::output;
use std::io::{Seek, Write};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Ctrl-C is the pager's: the shell waits until it has ended. Status 127: the shell did not find the pager.
const SCRIPT: &str = "trap : INT; eval \"$CHORUS_PAGER\"; [ $? -ne 127 ] || cat";

/// Becomes the pager of these lines, so that Chorus is not there to be ended by Ctrl-C before the pager is. Where that
/// is not possible, prints the lines and returns.
pub fn become_pager(lines: &[String]) {
    let text = tempfile::tempfile().and_then(|mut file| {
        file.write_all((lines.join("\n") + "\n").as_bytes())?;
        file.rewind()?;
        Ok(file)
    });
    if let Ok(text) = text {
        let pager = crate::environment::variable("PAGER").unwrap_or_else(|| "less".to_owned());
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT]).env("CHORUS_PAGER", pager).stdin(text);
        // As git does: colors as they are, and no pager for what fits on the screen.
        if crate::environment::variable("LESS").is_none() {
            command.env("LESS", "FRX");
        }
        let error = command.exec();
        log::info!("cannot run /bin/sh: {error}");
    }
    lines.iter().for_each(output::line);
}
