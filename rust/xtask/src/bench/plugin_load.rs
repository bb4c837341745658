//! What sourcing `plugin/chorus.lua` costs at startup, beside a file with as many empty commands.

use super::stage::Stage;
use super::table::{Row, percentile};
use crate::check::help::find_nvim;
use chorus_testkit::repository;

const RUNS: usize = 30;

/// Sources the file named by PLUGIN; prints the milliseconds, the number of commands made, and the modules required.
const SCRIPT: &str = r#"
local before = vim.tbl_count(vim.api.nvim_get_commands({}))
local began = vim.uv.hrtime()
vim.cmd.source(vim.env.PLUGIN)
local took = (vim.uv.hrtime() - began) / 1e6
local commands = vim.tbl_count(vim.api.nvim_get_commands({})) - before
local required = 0
for name in pairs(package.loaded) do
	required = required + (vim.startswith(name, "chorus") and 1 or 0)
end
io.stdout:write(("%f %d %d"):format(took, commands, required))
"#;

/// Each run in a fresh Neovim, the two files by turns.
pub fn measure(stage: &mut Stage) -> Result<Vec<Row>, String> {
    let world = stage.sandbox();
    let nvim = find_nvim()?;
    let script = world.write("load.lua", SCRIPT);
    let plugin = repository().join("plugin/chorus.lua");
    // Before `VimEnter`, as at a start; `-l` would come after it.
    let early = format!("+luafile {}", script.display());
    let load = |file: &std::path::Path| -> Result<[f64; 3], String> {
        let mut command = world.command(&nvim);
        let output = command.args(["--clean", "--headless"]).arg(&early).arg("+qall!").env("PLUGIN", file).output();
        let output = output.map_err(|error| format!("cannot run Neovim: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut numbers = text.split(' ').filter_map(|number| number.parse().ok());
        let mut next = || numbers.next().ok_or_else(|| String::from_utf8_lossy(&output.stderr).into_owned());
        Ok([next()?, next()?, next()?])
    };
    let [_, commands, required] = load(&plugin)?;
    let command = |i: u32| format!("vim.api.nvim_create_user_command('Empty{i}', function() end, {{ nargs = '*' }})\n");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
    let empty = world.write("empty.lua", &(0..commands as u32).map(command).collect::<String>());
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        theirs.push(load(&empty)?[0]);
        ours.push(load(&plugin)?[0]);
    }
    let baseline = format!("{commands} empty commands");
    Ok(vec![
        Row {
            name: "plugin load, p50".into(),
            value: percentile(&mut ours, 0.5),
            unit: "ms",
            budget: Some(0.3),
            baseline: Some((baseline, percentile(&mut theirs, 0.5))),
        },
        Row { name: "modules required by it".into(), value: required, unit: "", budget: Some(0.0), baseline: None },
    ])
}
