//! Agents that give nothing but a screen, played by this very program under another name.
//!
//! `chorus-bench-agent started LOG` notes when it was started. `… asks LOG` shows an empty prompt and a question by turns,
//! noting each just before it is drawn; `… redraws LOG` draws six lines at 10 Hz.

use super::clock;
use chorus_testkit::Sandbox;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// The name it is linked under.
pub const NAME: &str = "chorus-bench-agent";

/// Puts it on PATH.
pub fn link(sandbox: &Sandbox) -> Result<(), String> {
    let own = std::env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    sandbox.link(NAME, &own);
    Ok(())
}

/// Its section in `chorus.toml`, named after the role.
pub fn configured(sandbox: &Sandbox, role: &str, log: &Path) -> String {
    let program = sandbox.root().join("bin").join(NAME);
    format!("[agent.{role}]\ncommand = ['{}', '{role}', '{}']\n", program.display(), log.display())
}

/// Whether this process is to be one.
pub fn is_asked_for() -> bool {
    std::env::args_os().next().is_some_and(|program| Path::new(&program).file_name().is_some_and(|name| name == NAME))
}

/// Plays until the terminal is gone.
pub fn run(arguments: &[String]) {
    let [role, log] = arguments else { return };
    let log = Path::new(log);
    let _ = match role.as_str() {
        "started" => note(log, "started").map(|()| wait()),
        "redraws" => redraw(),
        _ => ask(log),
    };
}

fn wait() {
    loop {
        clock::pause(60_000);
    }
}

/// One line: when, which task, what.
fn note(log: &Path, what: &str) -> std::io::Result<()> {
    let task = std::env::var("CHORUS_TASK").unwrap_or_default();
    let mut log = std::fs::OpenOptions::new().append(true).create(true).open(log)?;
    // In one write, so that lines of many agents do not mix.
    log.write_all(format!("{}\t{task}\t{what}\n", clock::now()).as_bytes())
}

fn draw(lines: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    write!(stdout, "\x1b[H\x1b[2J{lines}")?;
    stdout.flush()
}

fn redraw() -> std::io::Result<()> {
    for frame in 0_u64.. {
        let line = |row: u64| format!("working {:>60} row {row}\r\n", "#".repeat(((frame + 7 * row) % 60) as usize));
        draw(&(0..6).map(line).collect::<String>())?;
        clock::pause(100);
    }
    Ok(())
}

/// Nothing that is typed shows.
fn silence() {
    // A terminal that echoes only makes the screen less tidy.
    let _ = Command::new("stty").arg("-echo").stdin(Stdio::inherit()).status();
}

fn ask(log: &Path) -> std::io::Result<()> {
    silence();
    let mut seed = u64::from(std::process::id()) | 1;
    let mut random = |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    for turn in 0_u64.. {
        note(log, &format!("idle\tturn {turn} is over."))?;
        draw(&format!("turn {turn} is over.\r\n\r\n> "))?;
        clock::pause(2500 + random(3000));
        note(log, &format!("waiting\tstep {turn}?"))?;
        draw(&format!("Shall it go on with step {turn}? (y/n)"))?;
        clock::pause(2500 + random(3000));
    }
    Ok(())
}
