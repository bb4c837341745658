//! `cargo xtask shots`: the README's pictures. Neovim shows each scene on a real terminal, and what the terminal holds is
//! drawn as SVG. The scenes share one project with its own tasks and its own time, so that the same picture comes each time.
//! `--all DIR` draws every scene in every look and width instead, to be looked at.

mod looks;
mod svg;

use crate::Outcome;
use crate::check::Finding;
use chorus_testkit::tools::{debian, on_path};
use chorus_testkit::{repository, wait_for};
use looks::Look;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the scenes share.
const SHOP: &str = include_str!("shots/shop.lua");

/// Something to see: what Neovim sources. It writes the file `SHOT_READY` once the scene is drawn.
struct Scene {
    name: &'static str,
    script: &'static str,
}

const SCENES: [Scene; 7] = [
    Scene { name: "dashboard", script: include_str!("shots/dashboard.lua") },
    Scene { name: "documents", script: include_str!("shots/documents.lua") },
    Scene { name: "references", script: include_str!("shots/references.lua") },
    Scene { name: "tell", script: include_str!("shots/tell.lua") },
    Scene { name: "page", script: include_str!("shots/page.lua") },
    Scene { name: "context", script: include_str!("shots/context.lua") },
    Scene { name: "changes", script: include_str!("shots/changes.lua") },
];

/// Columns and lines of a terminal.
type Size = (u16, u16);

/// The pictures that are kept, as `doc/NAME.svg`.
const KEPT: [(&str, Size); 4] =
    [("dashboard", (118, 34)), ("documents", (118, 26)), ("references", (100, 24)), ("changes", (100, 16))];

/// A picture.
struct Shot {
    scene: &'static Scene,
    size: Size,
    look: &'static Look,
}

impl Shot {
    fn kept() -> impl Iterator<Item = Shot> {
        KEPT.iter().filter_map(|(name, size)| {
            let scene = SCENES.iter().find(|scene| scene.name == *name)?;
            Some(Shot { scene, size: *size, look: &looks::KEPT })
        })
    }

    /// Every scene in every look and width.
    fn all() -> impl Iterator<Item = Shot> {
        let looks = || looks::LOOKS.iter().flat_map(|look| looks::SIZES.map(|size| (look, size)));
        SCENES.iter().flat_map(move |scene| looks().map(move |(look, size)| Shot { scene, size, look }))
    }

    /// From the top of the checkout.
    fn path(&self) -> String {
        format!("doc/{}.svg", self.scene.name)
    }

    /// Among all.
    fn name(&self) -> String {
        format!("{}-{}-{}", self.scene.name, self.look.words.replace(' ', "-"), self.size.0)
    }

    fn draw(&self, programs: &Programs) -> Result<String, String> {
        Ok(svg::draw(&capture(self, programs)?, self.size, self.look.terminal))
    }
}

/// Draws every picture that is kept; with `--all DIR` those of every look, of the name that holds a filter.
pub fn run(arguments: &[String]) -> Outcome {
    let programs = programs()?;
    let write = |path: &Path, picture: String| {
        std::fs::write(path, picture).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        println!("wrote {}", path.display());
        Ok::<(), String>(())
    };
    if arguments.first().is_some_and(|argument| argument == "--all") {
        let folder = Path::new(arguments.get(1).ok_or("`--all` takes a folder")?);
        let filter = arguments.get(2).map(String::as_str).unwrap_or_default();
        for shot in Shot::all().filter(|shot| shot.name().contains(filter)) {
            write(&folder.join(shot.name() + ".svg"), shot.draw(&programs)?)?;
        }
        return Ok(true);
    }
    for shot in Shot::kept() {
        write(&repository().join(shot.path()), shot.draw(&programs)?)?;
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
    let stale = Shot::kept().filter_map(|shot| {
        let path = shot.path();
        let drawn = match shot.draw(&programs) {
            Ok(picture) => svg::text(&picture),
            Err(why) => return Some(format!("{path}: {why}")),
        };
        let kept = svg::text(&std::fs::read_to_string(repository().join(&path)).unwrap_or_default());
        let differs = || kept.lines().zip(drawn.lines()).find(|(kept, drawn)| kept != drawn).unwrap_or_default();
        (kept != drawn).then(|| format!("{path} is stale:\n-{}\n+{}", differs().0, differs().1))
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
    let at = |name: &str| folder.path().join(name);
    let ready = at("ready");
    let prepared = std::fs::write(at("scene.lua"), shot.scene.script)
        .and_then(|()| std::fs::write(at("shop.lua"), SHOP))
        .and_then(|()| std::fs::create_dir(at("shop")));
    prepared.map_err(|error| format!("cannot write the scene: {error}"))?;
    let quoted = |path: &Path| format!("'{}'", path.display());
    let line = format!(
        "SHOT_CHECKOUT={} SHOT_SHOP={} SHOT_PROJECT={} SHOT_READY={} SHOT_LOOK='{}' TZ=UTC0 TERM={} exec {} --clean -S {}",
        quoted(repository()),
        quoted(&at("shop.lua")),
        quoted(&at("shop")),
        quoted(&ready),
        shot.look.words,
        shot.look.term,
        quoted(&programs.nvim),
        quoted(&at("scene.lua"))
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
    let screen = tmux(&["capture-pane", "-p", "-e", "-N"]);
    tmux(&["kill-server"])?;
    screen
}
