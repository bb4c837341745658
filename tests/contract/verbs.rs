//! The verbs: the Rust table, the Lua table, and the commands and `<Plug>` maps that the plugin file really makes.

use crate::lua::{interpreter, read, require};
use crate::{Names, compare};
use chorus::verbs::{VERBS, Verb};
use mlua::{Lua, Table};

fn of_neovim() -> Vec<&'static Verb> {
    VERBS.iter().filter(|verb| verb.place != "shell").collect()
}

fn row(verb: &Verb) -> String {
    let word = |value: serde_json::Value| value.as_str().unwrap().to_owned();
    format!(
        "{} | {} | {} | {} | {} | range {} | careful {} | {}",
        verb.name,
        word(serde_json::to_value(verb.takes).unwrap()),
        word(serde_json::to_value(verb.fits).unwrap()),
        verb.rest,
        verb.bang,
        verb.range,
        verb.careful,
        verb.does
    )
}

fn lua_row(verb: &Table) -> mlua::Result<String> {
    let text = |name: &str| verb.get::<String>(name);
    let flag = |name: &str| verb.get::<bool>(name);
    Ok(format!(
        "{} | {} | {} | {} | {} | range {} | careful {} | {}",
        text("name")?,
        text("takes")?,
        text("fits")?,
        text("rest")?,
        text("bang")?,
        flag("range")?,
        flag("careful")?,
        text("does")?
    ))
}

#[test]
fn the_generated_table_has_the_same_verbs_in_the_same_order() {
    let lua = interpreter();
    let verbs = require(&lua, "chorus.verbs.table");
    let lua: Vec<String> = verbs.sequence_values::<Table>().map(|verb| lua_row(&verb.unwrap()).unwrap()).collect();
    let rust: Vec<String> = of_neovim().into_iter().map(row).collect();
    let set = |rows: &[String]| rows.iter().cloned().collect::<Names>();
    compare("verbs of rust/verbs.rs and lua/chorus/verbs/table.lua (cargo xtask generate)", &set(&rust), &set(&lua));
    assert_eq!(rust, lua, "the verbs' order: rust/verbs.rs left, lua/chorus/verbs/table.lua right");
}

/// Runs the plugin file with an API that only takes down what it is asked for.
const RECORDER: &str = r#"
commands, maps = {}, {}
local function skip() end
vim = {
  g = {},
  v = { vim_did_enter = 1 },
  schedule = skip,
  api = {
    nvim_create_user_command = function(name, _, opts)
      commands[#commands + 1] =
        ('%s | bang %s | range %s | %s'):format(name, tostring(not not opts.bang), tostring(not not opts.range), opts.desc)
    end,
    nvim_set_keymap = function(mode, lhs) maps[#maps + 1] = mode .. ' ' .. lhs end,
    nvim_create_augroup = skip,
    nvim_create_autocmd = skip,
  },
}
require = function(name) error('plugin/chorus.lua requires ' .. name .. ' while it is loaded') end
"#;

#[test]
fn the_plugin_file_makes_a_command_and_a_map_for_each_verb() {
    let lua = Lua::new();
    lua.load(RECORDER).exec().unwrap();
    lua.load(read("plugin/chorus.lua")).set_name("@plugin/chorus.lua").exec().unwrap();
    let list = |name: &str| -> Names {
        lua.globals().get::<Table>(name).unwrap().sequence_values::<String>().map(Result::unwrap).collect()
    };
    let command = |verb: &&Verb| {
        format!("{} | bang {} | range {} | Chorus: {}", verb.command(), !verb.bang.is_empty(), verb.range, verb.does)
    };
    let mut commands: Names = of_neovim().iter().map(command).collect();
    commands.insert("Chorus | bang true | range true | Chorus: the list of tasks, or a verb".into());
    compare("commands of rust/verbs.rs and plugin/chorus.lua (cargo xtask generate)", &commands, &list("commands"));
    let operators = ["ref", "send", "new"];
    let of_both = |verb: &&str| ["n", "x"].map(|mode| format!("{mode} <Plug>(chorus-{verb}-operator)"));
    let mut maps: Names = operators.iter().flat_map(of_both).collect();
    for verb in of_neovim() {
        maps.insert(format!("n <Plug>(chorus-{})", verb.name));
        if verb.range {
            maps.insert(format!("x <Plug>(chorus-{})", verb.name));
        }
    }
    compare("maps of rust/verbs.rs and plugin/chorus.lua", &maps, &list("maps"));
}
