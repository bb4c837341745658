//! `cargo xtask generate`: writes the Lua that follows from the verb table and the contract in Rust, and the lists of
//! the help. `cargo xtask check` fails while a file is stale.

mod contract;
mod lua;
mod source;
mod verbs;

use crate::check::Finding;
use crate::toolbox::Toolbox;
use crate::{Outcome, cargo};
use chorus_testkit::{Sandbox, repository};

/// A file as it should be.
struct Generated {
    path: &'static str,
    text: String,
}

impl Generated {
    fn is_current(&self) -> bool {
        read(self.path).is_ok_and(|text| text == self.text)
    }
}

/// Writes every file that is stale.
pub fn run(_: &[String]) -> Outcome {
    for file in files()?.iter().filter(|file| !file.is_current()) {
        std::fs::write(repository().join(file.path), &file.text)
            .map_err(|error| format!("cannot write {}: {error}", file.path))?;
        println!("wrote {}", file.path);
    }
    help()
}

/// Whether every file is as it would be written. The Lua specs compare the help.
pub fn check() -> Finding {
    match files() {
        Err(why) => Finding::Bad(why),
        Ok(files) => {
            let stale: Vec<&str> = files.iter().filter(|file| !file.is_current()).map(|file| file.path).collect();
            match stale.is_empty() {
                true => Finding::Good,
                false => Finding::Bad(format!("stale: {}; run `cargo xtask generate`", stale.join(", "))),
            }
        }
    }
}

fn files() -> Result<Vec<Generated>, String> {
    let verbs = verbs::read()?;
    Ok(vec![
        Generated { path: "lua/chorus/contract.lua", text: contract::module()? },
        Generated { path: "lua/chorus/verbs/table.lua", text: verbs::module(&verbs)? },
        Generated { path: verbs::PLUGIN, text: verbs::plugin(&read(verbs::PLUGIN)?, &verbs)? },
    ])
}

/// The spec that compares the help's lists with the code writes them instead.
fn help() -> Outcome {
    let toolbox = Toolbox::gather();
    let nvim = toolbox.nvims.last().ok_or("the help's lists need a Neovim")?;
    let world = Sandbox::new(cargo::build()?);
    let mut command = world.command(&nvim.path);
    command.args(["--clean", "--headless", "-l", "tests/lua/run.lua", "--filter=as the code has it"]);
    command.arg("tests/lua/help_spec.lua").current_dir(repository());
    command.envs(toolbox.environment()).env("CHORUS_WRITE_HELP", "1");
    let output = command.output().map_err(|error| format!("cannot run Neovim: {error}"))?;
    match output.status.success() {
        true => Ok(true),
        false => Err(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()),
    }
}

fn read(path: &str) -> Result<String, String> {
    std::fs::read_to_string(repository().join(path)).map_err(|error| format!("cannot read {path}: {error}"))
}
