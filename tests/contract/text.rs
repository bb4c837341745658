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
        // What opens an escape sequence takes it along.
        let opens = matches!(c, '\u{1b}' | '\u{90}' | '\u{98}' | '\u{9b}' | '\u{9d}'..='\u{9f}');
        let expected = if opens {
            cleaned == "a"
        } else {
            matches!(cleaned.as_str(), "ab" | "a b") || (c, &*cleaned) == ('\n', "a ↵ b")
        };
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

/// What opens, continues, ends and cancels escape sequences, and text of one to four bytes between.
const PIECES: [&str; 27] = [
    "\u{1b}", "[", "]", "P", "X", "^", "_", "\\", "\u{85}", "\u{90}", "\u{9b}", "\u{9c}", "\u{9d}", "\u{7}", "\u{18}",
    "\n", "3", ";", "m", "J", "?", "(", "«", "é", "日", "👩", "\u{202e}",
];

/// Texts of up to twelve pieces, in an order that is the same at each run.
fn hostile_texts() -> impl Iterator<Item = String> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    (0..20_000).map(move |_| (0..=next(12)).map(|_| PIECES[next(PIECES.len())]).collect())
}

#[test]
fn both_take_the_same_escape_sequences_out() {
    let lua = Lua::new();
    let clean: Function = lua_text(&lua).get("clean").unwrap();
    for text in hostile_texts() {
        let of_rust = chorus::text::clean_summary(&text, 99);
        let of_lua: String = clean.call(text.as_str()).unwrap();
        assert!(!of_rust.chars().any(is_unseen), "{text:?} is {of_rust:?}");
        // One has a blank where the other has nothing.
        assert_eq!(of_lua.replace(' ', ""), of_rust.replace(' ', ""), "{text:?}");
    }
}
