//! `cargo xtask check`: what can be judged without running a test.

pub mod help;

use crate::{Outcome, cargo, generate, is_ci, shots};
use chorus_testkit::repository;
use chorus_testkit::tools::{Missing, debian, emmylua, on_path, stylua::STYLUA};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a check found.
pub enum Finding {
    /// Nothing wrong.
    Good,
    /// What is wrong.
    Bad(String),
    /// Not looked at, and why.
    Skipped(String),
}

/// Its name and what does it.
type Check = (&'static str, fn() -> Finding);

const CHECKS: [Check; 8] = [
    ("Rust format", rust_format),
    ("Lua format", lua_format),
    ("Lua lints", lua_lints),
    ("Lua types", lua_types),
    ("Rust lints", rust_lints),
    ("generated files", generate::check),
    ("help and verbs", help::drift),
    ("pictures", shots::check),
];

/// Every check, even after one failed: those that fetch a program beside those that compile.
pub fn run(_: &[String]) -> Outcome {
    let findings = std::thread::scope(|scope| {
        let running = CHECKS.map(|(name, check)| (name, scope.spawn(check)));
        running.map(|(name, running)| (name, running.join().unwrap_or_else(|_| Finding::Bad("it panicked".into()))))
    });
    let (mut passed, mut failed) = (0, 0);
    for (name, finding) in findings {
        match finding {
            Finding::Good => {
                println!("ok       {name}");
                passed += 1;
            }
            Finding::Bad(what) => {
                println!("FAILED   {name}\n{}\n", what.trim_end());
                failed += 1;
            }
            Finding::Skipped(why) => println!("skipped  {name}: {why}"),
        }
    }
    println!("{passed} passed, {failed} failed");
    Ok(failed == 0)
}

/// Runs a program in the checkout; all it says when it fails.
fn judge(command: &mut Command) -> Finding {
    let name = command.get_program().to_string_lossy().into_owned();
    match command.current_dir(repository()).stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Finding::Good,
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            Finding::Bad(String::from_utf8_lossy(&text).into_owned())
        }
        Err(error) => Finding::Bad(format!("cannot run {name}: {error}")),
    }
}

/// A tool that cannot be had: an excuse on somebody's machine, a fault in continuous integration.
fn without(Missing(why): Missing) -> Finding {
    if is_ci() { Finding::Bad(why) } else { Finding::Skipped(why) }
}

fn rust_format() -> Finding {
    judge(cargo::command().args(["fmt", "--all", "--check"]))
}

fn rust_lints() -> Finding {
    judge(cargo::command().args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"]))
}

/// Folders with Lua in them.
fn lua_folders() -> impl Iterator<Item = &'static str> {
    ["lua", "plugin", "tests"].into_iter().filter(|folder| repository().join(folder).exists())
}

fn lua_format() -> Finding {
    match STYLUA.obtain() {
        Ok(stylua) => judge(Command::new(stylua).args(["--check", "--"]).args(lua_folders())),
        Err(missing) => without(missing),
    }
}

fn lua_lints() -> Finding {
    let command = match on_path("luacheck") {
        Some(luacheck) => Command::new(luacheck),
        None => match debian::LUACHECK.obtain() {
            Ok(script) => fetched_luacheck(&script),
            Err(missing) => return without(missing),
        },
    };
    let mut command = command;
    judge(command.args(["--quiet", "--no-color"]).args(lua_folders()))
}

/// A fetched script with the Lua fetched beside it.
fn fetched_luacheck(script: &Path) -> Command {
    let prefix = debian::LUACHECK.prefix();
    let mut command = Command::new(prefix.join("bin/lua5.1"));
    command.arg(script).envs(debian::lua_paths(&prefix));
    command
}

fn lua_types() -> Finding {
    let found = neovim().and_then(|neovim| Ok((emmylua::obtain()?, runtime(&neovim)?)));
    match found {
        Ok((program, runtime)) => {
            judge(Command::new(program).args(["--warnings-as-errors", "."]).env("VIMRUNTIME", runtime))
        }
        Err(missing) => without(missing),
    }
}

/// The newest Neovim that can be had: its runtime files declare its types.
fn neovim() -> Result<PathBuf, Missing> {
    debian::NVIM_NEWEST.obtain().or_else(|missing| on_path("nvim").ok_or(missing))
}

/// The folder of a Neovim's runtime files.
fn runtime(neovim: &Path) -> Result<String, Missing> {
    let mut command = Command::new(neovim);
    command.args(["--clean", "--headless", "+lua io.stdout:write(vim.env.VIMRUNTIME)", "+quit"]);
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output();
    let output = output.map_err(|error| Missing(format!("cannot run {}: {error}", neovim.display())))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
