//! The verb table for Neovim: `lua/chorus/verbs/table.lua`, and the list in the plugin file, which may require nothing.

use super::lua::{alias, class, header, quoted};
use super::source::Source;
use crate::cargo;
use serde_json::{Map, Value};

/// The plugin file.
pub const PLUGIN: &str = "plugin/chorus.lua";

const BEGIN: &str = "-- Verbs, written by `cargo xtask generate` from rust/verbs.rs: name, summary, whether `!` and a range mean something.\n";
const END: &str = "-- End of verbs.\n";

type Row = Map<String, Value>;

/// The rows of the verbs that work in Neovim.
pub fn read() -> Result<Vec<Row>, String> {
    let output = std::process::Command::new(cargo::build()?).args(["verbs", "--json"]).output();
    let output = output.map_err(|error| format!("cannot run chorus: {error}"))?;
    let rows: Vec<Row> =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("chorus verbs --json: {error}"))?;
    Ok(rows.into_iter().filter(|row| row["place"] != "shell").collect())
}

/// The whole of `verbs/table.lua`.
pub fn module(rows: &[Row]) -> Result<String, String> {
    let source = Source::read(&["rust/verbs/fits.rs", "rust/verbs.rs"])?;
    let mut text = header("rust/verbs.rs");
    source.words.iter().for_each(|words| text += &format!("\n{}", alias(words)));
    source.shapes.iter().for_each(|shape| text += &format!("\n{}", class(shape)));
    text += "\n---@type chorus.Verb[]\nreturn {\n";
    let fields = source.shapes.iter().flat_map(|shape| &shape.fields).map(|field| field.name.as_str());
    let fields: Vec<&str> = fields.collect();
    for row in rows {
        text += "  {\n";
        fields.iter().for_each(|name| text += &format!("    {name} = {},\n", literal(&row[*name])));
        text += "  },\n";
    }
    Ok(text + "}\n")
}

/// The plugin file with its list as it should be.
pub fn plugin(current: &str, rows: &[Row]) -> Result<String, String> {
    let parts = current.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or_else(|| format!("{PLUGIN} lacks the lines around its list of verbs"))?;
    let mut list = String::from("local verbs = {\n");
    for row in rows {
        let mut cells = vec![literal(&row["name"]), literal(&row["does"])];
        match (row["bang"] != "", row["range"] == true) {
            (bang, true) => cells.extend([bang.to_string(), "true".to_owned()]),
            (true, false) => cells.push("true".to_owned()),
            (false, false) => {}
        }
        list += &format!("  {{ {} }},\n", cells.join(", "));
    }
    Ok(format!("{before}{BEGIN}{list}}}\n{END}{after}"))
}

fn literal(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), quoted)
}
