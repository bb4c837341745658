//! The two halves agree: `rust/contract.rs` with `lua/chorus/contract.lua`, `rust/verbs.rs` with `plugin/chorus.lua` and
//! `lua/chorus/verbs/table.lua`, the rules on tasks in `rust/verbs/fits.rs` and `rust/store/filter.rs` with
//! `lua/chorus/tasks/`.
#![allow(clippy::unwrap_used)]

mod examples;
mod layers;
mod lua;
mod rules;
mod text;
mod verbs;

use chorus::contract::{Code, Event, Failure, PROTOCOL, Request};
use chorus::task::Isolation;
use lua::Contract;
use serde::de::DeserializeOwned;
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

fn names(of: &[serde_json::Value], tag: &str) -> Names {
    of.iter().map(|value| value[tag].as_str().unwrap().to_owned()).collect()
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
    let wrong = serde_json::json!({"method": "?", "params": {}});
    let examples: Vec<_> = examples::requests().iter().map(|it| serde_json::to_value(it).unwrap()).collect();
    let known = variants::<Request>(wrong);
    compare("requests (Lua: examples in tests/contract)", &known, &names(&examples, "method"));
    compare("requests", &known, &(&lua.keys("requests") | &lua.list("not_ours")));
    for (request, example) in examples::requests().iter().zip(&examples) {
        let method = example["method"].as_str().unwrap();
        let Some((params, reply)) = lua.request(method) else { continue };
        lua.agree(method, &params, &example["params"]);
        assert_eq!(reply, examples::reply_of(request), "the reply of `{method}`: Lua left, Rust right");
    }
}

#[test]
fn replies_agree() {
    let lua = Contract::load();
    for (name, reply) in examples::replies() {
        if lua.has_shape(name) {
            lua.agree(&format!("reply {name}"), name, &serde_json::to_value(reply).unwrap());
        } else {
            assert!(["Exec", "HookReply"].contains(&name), "Lua has no shape `{name}`");
        }
    }
    let failure = Failure { code: Code::Internal, message: "x".into(), hint: Some("x".into()) };
    lua.agree("failure", "Failure", &serde_json::to_value(failure).unwrap());
}

#[test]
fn events_agree() {
    let lua = Contract::load();
    let examples: Vec<_> = examples::events().iter().map(|it| serde_json::to_value(it).unwrap()).collect();
    let known = variants::<Event>(serde_json::json!({"name": "?", "data": {}}));
    compare("events (Lua: examples in tests/contract)", &known, &names(&examples, "name"));
    compare("events", &known, &lua.keys("events"));
    for example in examples {
        let name = example["name"].as_str().unwrap();
        lua.agree(&format!("event {name}"), &lua.event(name), &example["data"]);
    }
}

#[test]
fn what_lua_leaves_out_rust_may_miss() {
    let lua = Contract::load();
    for example in examples::requests().iter().map(|it| serde_json::to_value(it).unwrap()) {
        let method = example["method"].as_str().unwrap();
        let Some((shape, _)) = lua.request(method) else { continue };
        let mut params = example["params"].as_object().unwrap().clone();
        for (field, kind) in lua.shape(&shape) {
            if kind.ends_with('?') {
                params.remove(&field);
            }
        }
        let sent = serde_json::json!({"method": method, "params": params});
        let read = serde_json::from_value::<Request>(sent);
        assert!(read.is_ok(), "`{method}`: Lua may leave out what Rust wants: {}", read.unwrap_err());
    }
}
