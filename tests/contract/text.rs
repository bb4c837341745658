//! `lua/chorus/text.lua` and `rust/text.rs`: a character that one half hides from people is hidden by the other too.

use super::lua::read;
use chorus::text::is_unseen;
use mlua::{Function, Lua, Table};

fn lua_text(lua: &Lua) -> Table {
    let code = |text: String| Ok(text.chars().next().map_or(0, u32::from));
    let functions = lua.create_table().unwrap();
    functions.set("char2nr", lua.create_function(move |_, text: String| code(text)).unwrap()).unwrap();
    let vim = lua.create_table().unwrap();
    vim.set("fn", functions).unwrap();
    lua.globals().set("vim", vim).unwrap();
    lua.load(read("lua/chorus/text.lua")).set_name("@lua/chorus/text.lua").eval().unwrap()
}

#[test]
fn what_rust_hides_lua_hides_and_reveals() {
    let lua = Lua::new();
    let module = lua_text(&lua);
    let clean: Function = module.get("clean").unwrap();
    let reveal: Function = module.get("reveal_line").unwrap();
    let unseen: Vec<char> = ('\0'..=char::MAX).filter(|c| is_unseen(*c)).collect();
    assert!(unseen.len() > 4000, "{}", unseen.len());
    for c in unseen {
        let cleaned: String = clean.call(format!("a{c}b")).unwrap();
        // An escape takes the sequence that it begins with it.
        let expected = matches!(cleaned.as_str(), "ab" | "a b") || (c, cleaned.as_str()) == ('\u{1b}', "a");
        assert!(expected, "{c:?} is seen as {cleaned:?}");
        let revealed: String = reveal.call(format!("a{c}b")).unwrap();
        assert_eq!(revealed.contains(c), c == '\t', "{c:?} is revealed as {revealed:?}");
    }
}

#[test]
fn what_can_be_seen_stays_in_both() {
    let lua = Lua::new();
    let clean: Function = lua_text(&lua).get("clean").unwrap();
    for text in ["a b", "äöü ß", "日本語", "e\u{301}", "مرحبا", "👩💻", "→ ✓ …"] {
        assert_eq!(clean.call::<String>(text).unwrap(), text);
        assert_eq!(chorus::text::clean_line(text, 99), text);
    }
}
