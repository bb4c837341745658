//! `chorus attach`: this program becomes tmux, on the terminal it was started from.

use crate::contract::{Code, Terminal};
use crate::environment::variable;
use crate::error::Error;
use crate::text::blank;
use std::io::IsTerminal;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

/// Where ncurses and the usual systems keep what is known of terminals, besides the folders that variables name.
const FOLDERS: [&str; 6] = [
    "/etc/terminfo",
    "/lib/terminfo",
    "/usr/share/terminfo",
    "/usr/lib/terminfo",
    "/usr/local/share/terminfo",
    "/run/current-system/sw/share/terminfo",
];
/// What nearly every terminal understands.
const USUAL: &str = "xterm-256color";

/// Returns only when it fails.
pub fn become_client(terminal: &Terminal) -> Error {
    let Some((program, arguments)) = terminal.argv.split_first() else {
        return Error::internal("the daemon named no program");
    };
    let cannot = |why: &str| {
        Error::new(Code::BadInput, format!("cannot attach: {why}")).hint("`chorus output` prints the task's screen")
    };
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return cannot("this is no terminal");
    }
    let mut command = std::process::Command::new(program);
    command.args(arguments).env_remove("TMUX");
    match variable("TERM") {
        None => return cannot("TERM is not set, so nobody knows which terminal this is"),
        Some(name) if name == "dumb" => return cannot("TERM is `dumb`: this terminal shows lines only"),
        Some(name) if is_unknown(&name, &folders()) => {
            super::output::note(format!(
                "note: this machine does not know the terminal {}: {USUAL} is used",
                blank(&name)
            ));
            command.env("TERM", USUAL);
        }
        Some(_) => {}
    }
    let error = command.exec();
    Error::new(Code::TmuxFailed, format!("cannot run {program}: {error}"))
}

fn folders() -> Vec<PathBuf> {
    let own = variable("TERMINFO").map(PathBuf::from);
    let home = variable("HOME").map(|home| Path::new(&home).join(".terminfo"));
    let named = variable("TERMINFO_DIRS").unwrap_or_default();
    let named: Vec<PathBuf> = named.split(':').filter(|dir| !dir.is_empty()).map(PathBuf::from).collect();
    own.into_iter().chain(home).chain(named).chain(FOLDERS.map(PathBuf::from)).collect()
}

/// Whether tmux would refuse that terminal and take the usual one, as after `ssh` from a machine that has a newer one.
/// What is known of a terminal is a file below its first letter, or (macOS) below that letter's code.
fn is_unknown(name: &str, folders: &[PathBuf]) -> bool {
    let is_known = |name: &str| {
        let first = name.chars().next().filter(|_| !name.contains('/'));
        first.is_some_and(|first| {
            let below = [first.to_string(), format!("{:02x}", first as u32)];
            folders.iter().any(|dir| below.iter().any(|letter| dir.join(letter).join(name).exists()))
        })
    };
    !is_known(name) && is_known(USUAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_of_another_machine_is_unknown() {
        let base = tempfile::tempdir().unwrap();
        let folders = [base.path().join("none"), base.path().to_owned()];
        let add = |path: &str| {
            let file = base.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        };
        add("f/foot");
        // Nothing better is there.
        assert!(!is_unknown("xterm-ghostty", &folders));
        add("78/xterm-256color");
        assert!(is_unknown("xterm-ghostty", &folders));
        assert!(is_unknown("../f/foot", &folders));
        assert!(!is_unknown("foot", &folders) && !is_unknown("xterm-256color", &folders));
    }
}
