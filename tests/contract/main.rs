//! The two halves agree: `rust/contract.rs` with `lua/chorus/contract.lua`, `rust/verbs.rs` with `plugin/chorus.lua` and
//! `lua/chorus/verbs/table.lua`, the rules on tasks in `rust/verbs/fits.rs` and `rust/store/filter.rs` with
//! `lua/chorus/tasks/`.
#![allow(clippy::unwrap_used)]

mod layers;
mod lua;
mod rules;
mod text;
mod verbs;

use chorus::contract::*;
use chorus::task::{Isolation, Task};
use lua::Contract;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::collections::BTreeSet;

type Names = BTreeSet<String>;

/// The names serde knows for an enum's variants, from its own complaint about a wrong one.
fn variants<T: DeserializeOwned>(wrong: serde_json::Value) -> Names {
    let complaint = serde_json::from_value::<T>(wrong).err().expect("no variant is called ?").to_string();
    let (_, list) = complaint.split_once("expected").expect("serde lists the variants");
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Fails with what only one side has.
fn compare(what: &str, rust: &Names, lua: &Names) {
    let only = |these: &Names, those: &Names| these.difference(those).cloned().collect::<Vec<_>>().join(", ");
    let (rust_only, lua_only) = (only(rust, lua), only(lua, rust));
    assert!(
        rust_only.is_empty() && lua_only.is_empty(),
        "{what} differ\n  only in Rust: {rust_only}\n  only in Lua:  {lua_only}\n"
    );
}

#[test]
fn protocol_and_version_agree() {
    let lua = Contract::load();
    assert_eq!(
        lua.integer("protocol"),
        i64::from(PROTOCOL),
        "PROTOCOL of rust/contract.rs and lua/chorus/contract.lua"
    );
    assert_eq!(lua.text("version"), env!("CARGO_PKG_VERSION"), "version of Cargo.toml and lua/chorus/contract.lua");
}

#[test]
fn error_codes_agree() {
    compare("error codes", &variants::<Code>("?".into()), &Contract::load().word("Code"));
}

#[test]
fn words_agree() {
    let lua = Contract::load();
    compare("isolations", &variants::<Isolation>("?".into()), &lua.word("Isolation"));
    compare("kinds", &variants::<chorus::status::Kind>("?".into()), &lua.word("Kind"));
    compare("answerable", &variants::<chorus::status::Answerable>("?".into()), &lua.word("Answerable"));
    compare("agent statuses", &variants::<chorus::status::AgentStatus>("?".into()), &lua.word("AgentStatus"));
    compare("task statuses", &variants::<chorus::task::Status>("?".into()), &lua.word("Status"));
}

#[test]
fn requests_agree() {
    let lua = Contract::load();
    let known = variants::<Request>(json!({"method": "?", "params": {}}));
    compare("requests", &known, &(&lua.keys("requests") | &lua.list("not_ours")));
    for method in lua.keys("requests") {
        let (params, _) = lua.request(&method);
        let example = json!({"method": method, "params": lua.example(&params)});
        let read: Request = serde_json::from_value(example.clone()).unwrap_or_else(|error| panic!("{method}: {error}"));
        assert_eq!(serde_json::to_value(read).unwrap(), example, "{method}: Rust left, Lua right");
    }
}

/// A reply that Neovim may get is listed here: without it the test that follows fails.
#[test]
fn replies_agree() {
    let lua = Contract::load();
    let mut compared = Names::new();
    macro_rules! agree {
        ($($name:ident)*) => {$(
            lua.agree::<$name>(stringify!($name));
            compared.insert(stringify!($name).to_owned());
        )*};
    }
    agree!(Welcome Snapshot Page Explanation Task Sent Tasks Requests Opened Output Terminal Web Diff CommitMessage);
    agree!(TrustOffer PolicyReport PolicyProposal PolicyAdded Audit);
    agree!(Others Offer UndoOffer Changes ContextPage Documents Reference References Told Line Health Config);
    agree!(Prompts Nothing);
    let replies: Names = lua.keys("requests").iter().map(|method| lua.request(method).1).collect();
    compare("replies", &compared, &replies);
    lua.agree::<Failure>("Failure");
}

/// What each arm of `ops::answer` replies is what the documentation of its request says, from which Lua has it.
#[test]
fn the_operations_reply_what_the_contract_says() {
    let lua = Contract::load();
    let source = lua::read("rust/ops.rs");
    let (_, table) = source.split_once("Ok(match request {").unwrap();
    let (table, _) = table.split_once("\n    })").unwrap();
    // An arm of several lines is one.
    let table = table.replace("\n            ", " ");
    let mut answered = Names::new();
    for arm in table.split("\n        ").filter(|arm| arm.starts_with(char::is_uppercase)) {
        let (variant, does) = arm.split_once('(').unwrap();
        let method =
            variant.chars().fold(String::new(), |name, letter| match letter.is_uppercase() && !name.is_empty() {
                true => format!("{name}_{}", letter.to_lowercase()),
                false => format!("{name}{}", letter.to_lowercase()),
            });
        if !lua.keys("requests").contains(&method) || method == "hello" {
            continue;
        }
        let reply = match does.split_once("Reply::") {
            Some((_, named)) => named.split('(').next().unwrap(),
            None => "Task",
        };
        assert!(reply != "Task" || does.contains("=> task("), "{arm}");
        assert_eq!(lua.request(&method).1, reply, "the reply of `{method}`: contract left, rust/ops.rs right");
        answered.insert(method);
    }
    answered.insert("hello".into());
    compare("requests with a reply", &answered, &lua.keys("requests"));
}

#[test]
fn events_agree() {
    let lua = Contract::load();
    compare("events", &variants::<Event>(json!({"name": "?", "data": {}})), &lua.keys("events"));
    for name in lua.keys("events") {
        let example = json!({"name": name, "data": lua.example(&lua.event(&name))});
        let read: Event = serde_json::from_value(example.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(serde_json::to_value(read).unwrap(), example, "{name}: Rust left, Lua right");
    }
}

#[test]
fn what_lua_leaves_out_rust_may_miss() {
    let lua = Contract::load();
    for method in lua.keys("requests") {
        let (shape, _) = lua.request(&method);
        let fields = lua.shape(&shape);
        let mut params = lua.example(&shape);
        params.as_object_mut().unwrap().retain(|field, _| !fields[field].ends_with('?'));
        let read = serde_json::from_value::<Request>(json!({"method": method, "params": params}));
        assert!(read.is_ok(), "`{method}`: Lua may leave out what Rust wants: {}", read.unwrap_err());
    }
}
