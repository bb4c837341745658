//! Modules of the plugin in an interpreter of their own, without Neovim.

use mlua::{Function, Lua, Table, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A file of the project.
pub fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// JSON as Lua sees it after `receive`: null is nothing.
pub fn to_lua(lua: &Lua, json: &Json) -> mlua::Result<Value> {
    Ok(match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => Value::Number(number.as_f64().unwrap()),
        Json::String(text) => Value::String(lua.create_string(text)?),
        Json::Array(items) => {
            let table = lua.create_table()?;
            for item in items {
                table.push(to_lua(lua, item)?)?;
            }
            Value::Table(table)
        }
        Json::Object(fields) => {
            let table = lua.create_table()?;
            for (name, value) in fields {
                table.set(name.as_str(), to_lua(lua, value)?)?;
            }
            Value::Table(table)
        }
    })
}

/// An interpreter that finds the plugin's modules and those of its specs.
pub fn interpreter() -> Lua {
    let lua = Lua::new();
    let folder = |name: &str| format!("{}/{name}/?.lua", env!("CARGO_MANIFEST_DIR"));
    let package: Table = lua.globals().get("package").unwrap();
    package.set("path", [folder("lua"), folder("tests/lua")].join(";")).unwrap();
    lua
}

/// What a module returns.
pub fn require(lua: &Lua, name: &str) -> Table {
    lua.globals().get::<Function>("require").unwrap().call(name).unwrap()
}

/// The Lua half.
pub struct Contract {
    lua: Lua,
    module: Table,
}

impl Contract {
    pub fn load() -> Contract {
        let lua = interpreter();
        let module = require(&lua, "chorus.contract");
        Contract { lua, module }
    }

    pub fn integer(&self, name: &str) -> i64 {
        self.module.get(name).unwrap()
    }

    pub fn text(&self, name: &str) -> String {
        self.module.get(name).unwrap()
    }

    fn table(&self, name: &str) -> Table {
        self.module.get(name).unwrap()
    }

    pub fn keys(&self, table: &str) -> BTreeSet<String> {
        self.table(table).pairs::<String, Value>().map(|pair| pair.unwrap().0).collect()
    }

    pub fn list(&self, table: &str) -> BTreeSet<String> {
        self.table(table).sequence_values().map(Result::unwrap).collect()
    }

    pub fn word(&self, name: &str) -> BTreeSet<String> {
        let word: Table = self.table("words").get(name).unwrap();
        word.sequence_values().map(Result::unwrap).collect()
    }

    /// Shapes of parameters and reply.
    pub fn request(&self, method: &str) -> (String, String) {
        let entry: Table = self.table("requests").get(method).unwrap();
        (entry.get(1).unwrap(), entry.get(2).unwrap())
    }

    pub fn event(&self, name: &str) -> String {
        self.table("events").get(name).unwrap()
    }

    pub fn shape(&self, name: &str) -> BTreeMap<String, String> {
        let shape: Table = self.table("shapes").get(name).unwrap();
        shape.pairs().map(Result::unwrap).collect()
    }

    /// A value of a type with every field in it, so that each is compared.
    pub fn example(&self, kind: &str) -> Json {
        let kind = kind.trim_end_matches('?');
        if let Some(item) = kind.strip_suffix("[]") {
            return Json::Array(vec![self.example(item)]);
        }
        match kind {
            "string" => "x".into(),
            "integer" => 1.into(),
            "boolean" => true.into(),
            "any" | "map" => json!({ "x": "x" }),
            words if self.table("words").contains_key(words).unwrap() => self.word(words).pop_first().unwrap().into(),
            shape => {
                let fields = self.shape(shape).into_iter().map(|(field, kind)| (field, self.example(&kind)));
                Json::Object(fields.collect())
            }
        }
    }

    /// Rust reads a full example of the shape and writes the same.
    pub fn agree<T: DeserializeOwned + Serialize>(&self, shape: &str) {
        let example = self.example(shape);
        let read: T = serde_json::from_value(example.clone()).unwrap_or_else(|error| panic!("{shape}: {error}"));
        let written = serde_json::to_value(read).unwrap();
        assert_eq!(written, example, "{shape}: Rust left, Lua right");
        let fault: Function = require(&self.lua, "shapes").get("fault").unwrap();
        let said: Option<String> = fault.call((shape, to_lua(&self.lua, &written).unwrap())).unwrap();
        assert_eq!(said, None, "{shape}: what Rust sends is not what Lua expects");
    }
}
