//! What the suites run on: fetched where need be, with a word on what is missing.

use crate::{Outcome, cargo, is_ci};
use chorus_testkit::given;
use chorus_testkit::tools::{self, Missing, Tool, clients, dbus, debian};
use std::ffi::OsString;
use std::path::PathBuf;

/// Programs for the suites.
#[derive(Debug, Default)]
pub struct Toolbox {
    /// From 0.10 on.
    pub nvims: Vec<Tool>,
    /// From 3.2 on; the one on PATH first.
    pub tmuxes: Vec<Tool>,
    /// Claude Code, main one first.
    pub clients: Vec<Tool>,
    /// See [`given::DBUS`].
    pub dbus: Option<PathBuf>,
    /// The web terminal.
    pub ttyd: Option<PathBuf>,
    /// Root of the Lua test runner.
    pub busted: Option<PathBuf>,
    /// What could not be had, as sentences.
    pub missing: Vec<String>,
}

/// `cargo xtask tools`.
pub fn run(_: &[String]) -> Outcome {
    let toolbox = Toolbox::gather();
    for (name, tools) in [("Neovim", &toolbox.nvims), ("tmux", &toolbox.tmuxes), ("Claude Code", &toolbox.clients)] {
        for tool in tools {
            println!("{name} {}  {}", tool.version, tool.path.display());
        }
    }
    for (name, path) in [("session bus", &toolbox.dbus), ("ttyd", &toolbox.ttyd), ("busted", &toolbox.busted)] {
        if let Some(path) = path {
            println!("{name}  {}", path.display());
        }
    }
    toolbox.missing.iter().for_each(|why| println!("missing: {why}"));
    Ok(toolbox.missing.is_empty())
}

impl Toolbox {
    /// Fetches what is not here; the two sources side by side.
    pub fn gather() -> Toolbox {
        std::thread::scope(|scope| {
            let clients = scope.spawn(gather_clients);
            let mut toolbox = gather_debian();
            let (clients, missing) = clients.join().unwrap_or_default();
            toolbox.clients = clients;
            toolbox.missing.extend(missing);
            toolbox
        })
    }

    /// Whether the suites may run without what is missing: only the client may be, and not in continuous integration.
    pub fn suffices(&self) -> bool {
        if is_ci() {
            return self.missing.is_empty();
        }
        !self.nvims.is_empty() && !self.tmuxes.is_empty() && self.busted.is_some()
    }

    /// Variables that tell the suites.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let list = |tools: &[Tool]| std::env::join_paths(tools.iter().map(|tool| &tool.path)).unwrap_or_default();
        let one = |path: &Option<PathBuf>| path.clone().unwrap_or_default().into_os_string();
        vec![
            (given::NVIMS, list(&self.nvims)),
            (given::TMUXES, list(&self.tmuxes)),
            (given::CLIENTS, list(&self.clients)),
            (given::DBUS, one(&self.dbus)),
            (given::TTYD, one(&self.ttyd)),
            ("BUSTED_ROOT", one(&self.busted)),
        ]
    }

    /// One line on what the suites ran on.
    pub fn summary(&self) -> String {
        let list = |name: &str, tools: &[Tool]| {
            let versions: Vec<&str> = tools.iter().map(|tool| tool.version.as_str()).collect();
            format!("{name} {}", if versions.is_empty() { "none".to_owned() } else { versions.join(", ") })
        };
        [list("Neovim", &self.nvims), list("tmux", &self.tmuxes), list("Claude Code", &self.clients)].join("; ")
    }
}

/// A Debian program, with a word when it takes a while.
fn fetch(package: &debian::Package) -> Result<PathBuf, Missing> {
    if package.cached().is_none() {
        println!("fetching {} into {}", package.name, package.prefix().display());
    }
    package.obtain()
}

fn gather_debian() -> Toolbox {
    let mut toolbox = Toolbox::default();
    let keep = |result: Result<PathBuf, Missing>, missing: &mut Vec<String>| {
        result.map_err(|Missing(why)| missing.push(why)).ok()
    };
    let missing = &mut toolbox.missing;

    let floor = keep(checked_nvim(&debian::NVIM_FLOOR), missing);
    let newest = keep(checked_nvim(&debian::NVIM_NEWEST), missing);
    let more = given::listed(given::NVIMS).unwrap_or_default();
    let fetched = floor.into_iter().chain(newest).chain(more);
    toolbox.nvims = distinct(fetched.filter_map(tools::nvim), (0, 10));
    if toolbox.nvims.is_empty() {
        toolbox.nvims = distinct(tools::on_path("nvim").and_then(tools::nvim), (0, 10));
    }

    let newest = keep(fetch(&debian::TMUX_NEWEST), missing);
    let more = given::listed(given::TMUXES).unwrap_or_default();
    let all = tools::on_path("tmux").into_iter().chain(newest).chain(more);
    toolbox.tmuxes = distinct(all.filter_map(tools::tmux), (3, 2));

    toolbox.busted = match std::env::var_os("BUSTED_ROOT") {
        Some(root) => Some(root.into()),
        None => keep(fetch(&debian::BUSTED), missing).map(|_| debian::BUSTED.prefix()),
    };
    toolbox.dbus = keep(dbus::obtain(), missing);
    toolbox.ttyd = match tools::on_path("ttyd") {
        Some(ttyd) => Some(ttyd),
        None => keep(fetch(&debian::TTYD), missing),
    };
    toolbox
}

/// A fetched Neovim must do more than start: it has moved away from where it was built for.
fn checked_nvim(package: &debian::Package) -> Result<PathBuf, Missing> {
    let was_here = package.cached().is_some();
    let nvim = fetch(package)?;
    if was_here {
        return Ok(nvim);
    }
    let script = chorus_testkit::repository().join("tests/tools/check-nvim.lua");
    let folder = tempfile::tempdir().map_err(|error| Missing(error.to_string()))?;
    let mut command = std::process::Command::new(&nvim);
    command.args(["--clean", "--headless", "-l"]).arg(script);
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
        command.env(name, folder.path());
    }
    let why = match cargo::forget(&mut command).output() {
        Ok(output) if output.status.success() => return Ok(nvim),
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    // Else it would pass for a good one next time.
    let _ = std::fs::remove_dir_all(package.prefix());
    Err(Missing(format!("the fetched {} does not work: {why}", package.name)))
}

fn gather_clients() -> (Vec<Tool>, Vec<String>) {
    if let Some(paths) = given::listed(given::CLIENTS) {
        return (paths.iter().filter_map(|path| clients::at(path)).collect(), Vec::new());
    }
    let mut found = (Vec::new(), Vec::new());
    for pinned in clients::ALL {
        if pinned.cached().is_none() {
            println!("fetching Claude Code {}", pinned.version);
        }
        match clients::obtain(&pinned) {
            Ok(client) => found.0.push(client),
            Err(Missing(why)) => found.1.push(why),
        }
    }
    found
}

/// From that version on, each version once.
fn distinct(tools: impl IntoIterator<Item = Tool>, floor: (u32, u32)) -> Vec<Tool> {
    let mut found: Vec<Tool> = Vec::new();
    for tool in tools {
        if tool.is_at_least(floor.0, floor.1) && found.iter().all(|known| known.version != tool.version) {
            found.push(tool);
        }
    }
    found
}
