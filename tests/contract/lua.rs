//! Modules of the plugin in an interpreter of their own, without Neovim.

use mlua::{Function, Lua, Table, Value};
use serde_json::Value as Json;
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

    /// Shapes of parameters and reply; nothing for a request that Lua does not send.
    pub fn request(&self, method: &str) -> Option<(String, String)> {
        let entry: Option<Table> = self.table("requests").get(method).unwrap();
        entry.map(|entry| (entry.get(1).unwrap(), entry.get(2).unwrap()))
    }

    pub fn event(&self, name: &str) -> String {
        self.table("events").get(name).unwrap()
    }

    pub fn has_shape(&self, name: &str) -> bool {
        self.table("shapes").contains_key(name).unwrap()
    }

    pub fn shape(&self, name: &str) -> BTreeMap<String, String> {
        let shape: Table = self.table("shapes").get(name).unwrap();
        shape.pairs().map(Result::unwrap).collect()
    }

    /// The example has exactly the shape's fields, and each fits its type.
    pub fn agree(&self, what: &str, shape: &str, example: &Json) {
        let rust: BTreeSet<String> = example.as_object().unwrap().keys().cloned().collect();
        let lua: BTreeSet<String> = self.shape(shape).into_keys().collect();
        crate::compare(&format!("the fields of {what} ({shape})"), &rust, &lua);
        let fault: Function = require(&self.lua, "shapes").get("fault").unwrap();
        let said: Option<String> = fault.call((shape, to_lua(&self.lua, example).unwrap())).unwrap();
        assert_eq!(said, None, "{what}: what Rust sends is not what Lua expects");
    }
}
