//! `cargo xtask shots`: the README's pictures. Neovim shows each scene on a real terminal, and what the terminal holds is
//! drawn as SVG. A scene has its own tasks and its own time, so that the same picture comes each time.

mod svg;

use crate::Outcome;
use crate::check::Finding;
use chorus_testkit::tools::{debian, on_path};
use chorus_testkit::{repository, wait_for};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A picture.
struct Shot {
    /// From the top of the checkout.
    path: &'static str,
    /// Columns and lines of the terminal.
    size: (u16, u16),
    /// What Neovim sources; it writes the file `SHOT_READY` once the scene is drawn.
    scene: &'static str,
}

const SHOTS: [Shot; 1] =
    [Shot { path: "doc/dashboard.svg", size: (118, 34), scene: include_str!("shots/dashboard.lua") }];

/// Draws every picture.
pub fn run(_: &[String]) -> Outcome {
    let programs = programs()?;
    for shot in &SHOTS {
        let picture = svg::draw(&capture(shot, &programs)?, shot.size);
        std::fs::write(repository().join(shot.path), picture)
            .map_err(|error| format!("cannot write {}: {error}", shot.path))?;
        println!("wrote {}", shot.path);
    }
    Ok(true)
}

/// Whether every picture says what would be drawn now. Colors do not count: they may differ from one Neovim to the next.
pub fn check() -> Finding {
    let programs = match programs() {
        Ok(programs) => programs,
        Err(why) if crate::is_ci() => return Finding::Bad(why),
        Err(why) => return Finding::Skipped(why),
    };
    let stale = SHOTS.iter().filter_map(|shot| {
        let drawn = match capture(shot, &programs) {
            Ok(screen) => svg::text(&svg::draw(&screen, shot.size)),
            Err(why) => return Some(format!("{}: {why}", shot.path)),
        };
        let kept = svg::text(&std::fs::read_to_string(repository().join(shot.path)).unwrap_or_default());
        let differs = || kept.lines().zip(drawn.lines()).find(|(kept, drawn)| kept != drawn).unwrap_or_default();
        (kept != drawn).then(|| format!("{} is stale:\n-{}\n+{}", shot.path, differs().0, differs().1))
    });
    let stale: Vec<String> = stale.collect();
    match stale.is_empty() {
        true => Finding::Good,
        false => Finding::Bad(format!("{}\nrun `cargo xtask shots`", stale.join("\n"))),
    }
}

/// What draws.
struct Programs {
    nvim: PathBuf,
    tmux: PathBuf,
}

fn programs() -> Result<Programs, String> {
    let nvim = debian::NVIM_NEWEST.obtain().map_err(|missing| missing.0)?;
    let tmux = on_path("tmux").ok_or("needs tmux on PATH")?;
    Ok(Programs { nvim, tmux })
}

/// The screen of a scene: lines with their colors.
fn capture(shot: &Shot, programs: &Programs) -> Result<String, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("cannot make a folder: {error}"))?;
    let (scene, ready) = (folder.path().join("scene.lua"), folder.path().join("ready"));
    std::fs::write(&scene, shot.scene).map_err(|error| format!("cannot write the scene: {error}"))?;
    let quoted = |path: &Path| format!("'{}'", path.display());
    let line = format!(
        "SHOT_CHECKOUT={} SHOT_READY={} exec {} --clean -S {}",
        quoted(repository()),
        quoted(&ready),
        quoted(&programs.nvim),
        quoted(&scene)
    );
    let tmux = |arguments: &[&str]| {
        let mut command = Command::new(&programs.tmux);
        command.env_clear().env("HOME", folder.path()).env("TERM", "xterm-256color").env("LANG", "C.UTF-8");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.arg("-u").arg("-S").arg(folder.path().join("tmux")).args(["-f", "/dev/null"]).args(arguments);
        let output = command.output().map_err(|error| format!("cannot run tmux: {error}"))?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        }
    };
    let (columns, lines) = (shot.size.0.to_string(), shot.size.1.to_string());
    tmux(&["new-session", "-d", "-x", &columns, "-y", &lines, &line])?;
    wait_for("the scene", || ready.exists().then_some(()));
    let screen = tmux(&["capture-pane", "-p", "-e"]);
    tmux(&["kill-server"])?;
    screen
}
