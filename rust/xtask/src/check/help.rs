//! The table of verbs against what people see of it: the commands of `plugin/` and the tags of the help.

use super::Finding;
use crate::cargo;
use chorus_testkit::tools::{Missing, debian, nvim, on_path};
use chorus_testkit::{Sandbox, repository};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Prints every command whose name begins with Chorus, then makes the help's tags in the working folder.
const SCRIPT: &str = r#"
vim.cmd.source(vim.env.CHECKOUT .. "/plugin/chorus.lua")
for name in pairs(vim.api.nvim_get_commands({})) do
	if vim.startswith(name, "Chorus") then
		io.stdout:write(name, "\n")
	end
end
vim.cmd.helptags("doc")
"#;

/// Whether commands and help agree with `chorus verbs --json`.
pub fn drift() -> Finding {
    match compare() {
        Ok(faults) if faults.is_empty() => Finding::Good,
        Ok(faults) => Finding::Bad(faults.join("\n")),
        Err(why) => Finding::Bad(why),
    }
}

fn compare() -> Result<Vec<String>, String> {
    let world = Sandbox::new(cargo::build()?);
    let verbs = verbs(&world)?;
    let wanted: BTreeSet<String> = verbs.into_iter().chain(["Chorus".to_owned()]).collect();

    std::fs::create_dir_all(world.root().join("help/doc")).map_err(|error| error.to_string())?;
    std::fs::copy(repository().join("doc/chorus.txt"), world.root().join("help/doc/chorus.txt"))
        .map_err(|error| format!("cannot read doc/chorus.txt: {error}"))?;
    let script = world.write("help/check.lua", SCRIPT);
    let mut command = world.command(find_nvim()?);
    command.args(["--clean", "--headless", "-l"]).arg(script);
    command.current_dir(world.root().join("help")).env("CHECKOUT", repository());
    let output = command.output().map_err(|error| format!("cannot run Neovim: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let commands: BTreeSet<String> = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    let tags = std::fs::read_to_string(world.root().join("help/doc/tags")).unwrap_or_default();
    let documented: BTreeSet<String> = tags
        .lines()
        .filter_map(|line| line.split('\t').next()?.strip_prefix(':'))
        .filter(|name| name.starts_with("Chorus") && !name.contains('-'))
        .map(str::to_owned)
        .collect();
    Ok([("plugin/chorus.lua", &commands), ("doc/chorus.txt", &documented)]
        .into_iter()
        .flat_map(|(place, found)| faults(place, &wanted, found))
        .collect())
}

fn faults(place: &str, wanted: &BTreeSet<String>, found: &BTreeSet<String>) -> Vec<String> {
    let lacks = wanted.difference(found).map(|name| format!("{place} lacks :{name}, which is in the table of verbs"));
    let invents =
        found.difference(wanted).map(|name| format!("{place} has :{name}, which is not in the table of verbs"));
    lacks.chain(invents).collect()
}

/// The commands that the table of verbs asks of Neovim.
fn verbs(world: &Sandbox) -> Result<Vec<String>, String> {
    let ran = world.run(["verbs", "--json"]);
    let table: serde_json::Value =
        serde_json::from_str(&ran.stdout).map_err(|error| format!("chorus verbs --json: {error} {}", ran.stderr))?;
    let rows = table.as_array().or_else(|| table["verbs"].as_array()).ok_or("chorus verbs --json is no list")?;
    let names = rows.iter().filter(|row| row["place"] != "shell").filter_map(|row| row["name"].as_str());
    Ok(names.map(command).collect())
}

/// `start` → `ChorusStart`.
fn command(verb: &str) -> String {
    let mut letters = verb.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    "Chorus".chars().chain(first).chain(letters).collect()
}

/// Any Neovim will do.
pub fn find_nvim() -> Result<PathBuf, String> {
    if let Some(nvim) = on_path("nvim").and_then(nvim).filter(|nvim| nvim.is_at_least(0, 10)) {
        return Ok(nvim.path);
    }
    debian::NVIM_NEWEST.obtain().map_err(|Missing(why)| why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_are_told() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let found = faults("plugin", &set(&["A", "B"]), &set(&["B", "C"]));
        assert_eq!(
            found,
            ["plugin lacks :A, which is in the table of verbs", "plugin has :C, which is not in the table of verbs"]
        );
        assert_eq!(command("start"), "ChorusStart");
    }
}
