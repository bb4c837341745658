//! Packages of Debian suites under private prefixes, by `tests/tools/get-tool.sh`. Nothing on the system changes.

use super::{Missing, cache, lock, run};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Packages of one suite, and the program asked for.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// Folder in the cache.
    pub name: &'static str,
    suite: &'static str,
    packages: &'static [&'static str],
    program: &'static str,
    /// What to install by hand where this cannot work.
    otherwise: &'static str,
}

/// Neovim 0.10: trixie is stable and keeps its series.
pub const NVIM_FLOOR: Package = Package {
    name: "nvim-0.10",
    suite: "trixie",
    packages: &["neovim"],
    program: "bin/nvim",
    otherwise: "put Neovim 0.10 in CHORUS_TEST_NVIMS",
};
/// The newest Neovim: forky moves on, which is wanted.
pub const NVIM_NEWEST: Package = Package {
    name: "nvim-newest",
    suite: "forky",
    packages: &["neovim"],
    program: "bin/nvim",
    otherwise: "install Neovim 0.10 or newer, so that `nvim` is on PATH",
};
/// The newest tmux: 3.7c in forky when this was written.
pub const TMUX_NEWEST: Package = Package {
    name: "tmux-newest",
    suite: "forky",
    packages: &["tmux"],
    program: "bin/tmux",
    otherwise: "install tmux 3.2 or newer, so that `tmux` is on PATH",
};
/// The Lua test runner, pure Lua 5.1 with small C modules; runs inside Neovim.
pub const BUSTED: Package = Package {
    name: "busted",
    suite: "bookworm",
    packages: &["lua-busted"],
    program: "usr/bin/busted",
    otherwise: "install busted for Lua 5.1 and set BUSTED_ROOT to the root above its usr/share/lua/5.1",
};
/// luacheck with the Lua it runs on.
pub const LUACHECK: Package = Package {
    name: "luacheck",
    suite: "bookworm",
    packages: &["lua-check", "lua5.1"],
    program: "usr/bin/luacheck",
    otherwise: "install luacheck, so that it is on PATH",
};
/// A session bus without a desktop.
pub const DBUS: Package = Package {
    name: "dbus",
    suite: "bookworm",
    packages: &["dbus-bin", "dbus-daemon", "dbus-session-bus-common"],
    program: "bin/dbus-run-session",
    otherwise: "install dbus, so that `dbus-run-session` is on PATH",
};
/// The web terminal.
pub const TTYD: Package = Package {
    name: "ttyd",
    suite: "forky",
    packages: &["ttyd"],
    program: "bin/ttyd",
    otherwise: "install ttyd, so that it is on PATH",
};

impl Package {
    /// The prefix in the cache, whether it is there or not.
    pub fn prefix(&self) -> PathBuf {
        cache().join(self.name)
    }

    /// The program, if it was fetched before.
    pub fn cached(&self) -> Option<PathBuf> {
        Some(self.prefix().join(self.program)).filter(|program| program.exists())
    }

    /// The program, fetched now if need be.
    pub fn obtain(&self) -> Result<PathBuf, Missing> {
        let mut arguments = vec![self.suite.into(), self.prefix().into_os_string()];
        arguments.extend(self.packages.iter().map(Into::into));
        self.obtain_by("get-tool.sh", arguments)
    }

    pub(super) fn obtain_by(&self, script: &str, arguments: Vec<std::ffi::OsString>) -> Result<PathBuf, Missing> {
        if let Some(program) = self.cached() {
            return Ok(program);
        }
        // One lock a suite: its index and its packages are kept in one folder.
        let _lock = lock(self.suite)?;
        if let Some(program) = self.cached() {
            return Ok(program);
        }
        let mut command = Command::new(super::super::repository().join("tests/tools").join(script));
        command.args(arguments).env("APT_CACHE", cache().join("apt").join(self.suite));
        run(&mut command).map_err(|Missing(why)| {
            Missing(format!("cannot fetch {} from Debian {}: {why}\n{}", self.name, self.suite, self.otherwise))
        })?;
        self.cached().ok_or_else(|| Missing(format!("{} has no {}", self.prefix().display(), self.program)))
    }
}

/// Debian's npm with its node, for a machine without.
pub(super) const NPM: Package =
    Package { name: "npm", suite: "bookworm", packages: &[], program: "npm", otherwise: "install npm" };

/// `LUA_PATH` and `LUA_CPATH` of Lua 5.1 modules under a prefix.
pub fn lua_paths(prefix: &Path) -> [(&'static str, String); 2] {
    let share = prefix.join("usr/share/lua/5.1");
    let share = share.display();
    let libraries = std::fs::read_dir(prefix.join("usr/lib")).into_iter().flatten().flatten();
    let modules: Vec<String> = libraries
        .map(|entry| entry.path().join("lua/5.1"))
        .filter(|folder| folder.is_dir())
        .map(|folder| format!("{}/?.so", folder.display()))
        .collect();
    [("LUA_PATH", format!("{share}/?.lua;{share}/?/init.lua")), ("LUA_CPATH", modules.join(";"))]
}
