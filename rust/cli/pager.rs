//! Long output goes through `$PAGER` at a terminal.

use super::output;
use std::io::Write;
use std::process::{Command, Stdio};

/// Shows the lines through the pager; prints them where there is none.
pub fn show(lines: &[String]) {
    let pager = crate::environment::variable("PAGER").unwrap_or_else(|| "less".to_owned());
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &pager]).stdin(Stdio::piped());
    // As git does: colors as they are, and no pager for what fits on the screen.
    if crate::environment::variable("LESS").is_none() {
        command.env("LESS", "FRX");
    }
    let Ok(mut child) = command.spawn() else { return lines.iter().for_each(output::line) };
    if let Some(mut input) = child.stdin.take() {
        // A pager that is left early takes no more.
        let _ = input.write_all((lines.join("\n") + "\n").as_bytes());
    }
    // Status 127: the shell did not find it.
    if child.wait().is_ok_and(|status| status.code() == Some(127)) {
        lines.iter().for_each(output::line);
    }
}
