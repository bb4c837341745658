//! The map of `design.md` holds: which module may use which. Fails with the arrow that breaks a rule.
//!
//! A place is a module with everything inside it, unless a row names an inner module of it. Places of one row do not
//! use each other; a place may use every place of the rows below it.

mod arrows;
mod lua_tree;

use arrows::{Arrow, Source};
use std::collections::BTreeSet;

/// A layer, and its rows from the top.
struct Layer {
    name: &'static str,
    rows: &'static [&'static [&'static str]],
}

/// From the top.
const RUST: &[Layer] = &[
    Layer { name: "edges", rows: &[&["main"], &["cli", "bridge", "hook", "exec", "notifier"], &["client", "daemon"]] },
    Layer {
        name: "operations",
        rows: &[
            &["ops", "monitor"],
            &["ops::lifecycle", "ops::notifications"],
            &["ops::conversation", "ops::queries"],
            &["ops::branches"],
            &[
                "ops::branches::changes",
                "ops::branches::diff",
                "ops::branches::discard",
                "ops::branches::isolate",
                "ops::branches::mend",
                "ops::branches::preview",
            ],
            &["ops::branches::commit"],
            &["ops::branches::apart", "ops::branches::hooks"],
            &[
                "ops::branches::prune",
                "ops::branches::uncommitted",
                "ops::branches::upstream",
                "ops::branches::worktrees",
            ],
            &["ops::branches::discarded", "ops::branches::trouble"],
            &["ops::documents", "ops::edits", "ops::policy"],
            &["ops::stacks", "ops::terminal", "ops::program"],
            &["ops::rewrite"],
            &["ops::agents"],
            &["core"],
            &["hub"],
        ],
    },
    Layer {
        name: "adapters",
        rows: &[&["agent", "config", "desktop", "document_files", "spool", "store", "tmux", "vcs", "web", "wire"]],
    },
    Layer {
        name: "domain",
        rows: &[
            &["policy"],
            &["commits", "detector", "documents", "guard", "notifications", "typing", "verbs"],
            &["evidence"],
            &["attribution"],
            &["contract"],
            &["task"],
            &["status"],
        ],
    },
    Layer {
        name: "base",
        rows: &[&["project"], &["paths", "process"], &["clock", "environment", "error", "foreign", "text"], &["sgr"]],
    },
];

/// What the rows alone would allow.
const NEVER: &[(&str, &str, &str)] = &[
    ("monitor", "ops", "facts come up through the monitor, verbs go down through the operations"),
    ("daemon", "client", "the daemon listens, it does not ask"),
];

/// Pure modules, and the crates and modules through which they would touch the world.
const PURE: &[&str] = &[
    "attribution",
    "commits",
    "contract",
    "detector",
    "documents",
    "evidence",
    "guard",
    "notifications",
    "policy",
    "status",
    "task",
    "typing",
    "verbs",
];
const WORLD: &[&str] = &[
    "crate::clock",
    "crate::environment",
    "crate::foreign",
    "crate::paths",
    "crate::process",
    "crate::project",
    "std::env",
    "std::fs",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "tokio",
];
/// Plain data of the modules above.
const DATA: &[&str] = &["crate::clock::Millis", "crate::process::Identity"];

/// Modules that know no agent by name.
const NEUTRAL: &[&str] = &[
    "attribution",
    "core",
    "daemon",
    "detector",
    "evidence",
    "hook",
    "monitor",
    "ops",
    "policy",
    "spool",
    "tmux",
    "typing",
];

/// The place of a module: the longest row entry that it lies in, with its position from the top.
fn place(layers: &[Layer], module: &str) -> Option<(&'static str, usize, &'static str)> {
    let rows = layers.iter().flat_map(|layer| layer.rows.iter().map(move |row| (layer.name, row)));
    let places = rows.enumerate().flat_map(|(at, (layer, row))| row.iter().map(move |place| (*place, at, layer)));
    places.filter(|(place, ..)| is_in(module, place)).max_by_key(|(place, ..)| place.len())
}

fn is_in(module: &str, place: &str) -> bool {
    module.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// What is wrong with an arrow inside the crate.
fn against(layers: &[Layer], from: &str, to: &str) -> Option<String> {
    let Some((from_place, from_row, from_layer)) = place(layers, from) else {
        return Some(format!("`{from}` has no place in the table of layers"));
    };
    let Some((to_place, to_row, to_layer)) = place(layers, to) else {
        return Some(format!("`{to}` has no place in the table of layers"));
    };
    if let Some((.., why)) = NEVER.iter().find(|(from, to, _)| is_in(from_place, from) && is_in(to_place, to)) {
        return Some(format!("`{from_place}` never uses `{to_place}`: {why}"));
    }
    if from_place == to_place || from_row < to_row {
        return None;
    }
    Some(match from_row == to_row {
        true => format!("`{from_place}` and `{to_place}` stand side by side ({from_layer}): neither uses the other"),
        false => format!("`{from_place}` ({from_layer}) lies below `{to_place}` ({to_layer})"),
    })
}

/// What is wrong with an arrow out of a pure module.
fn impure(from: &str, to: &str) -> Option<String> {
    let pure = PURE.iter().find(|place| is_in(from, place))?;
    let reaches = WORLD.iter().find(|world| is_in(to, world))?;
    let is_data = DATA.iter().any(|data| is_in(to, data));
    (!is_data).then(|| format!("`{pure}` is pure: it uses no `{reaches}`"))
}

fn complain(faults: BTreeSet<String>) {
    let list: Vec<_> = faults.into_iter().collect();
    assert!(list.is_empty(), "{} arrows break the map:\n  {}\n", list.len(), list.join("\n  "));
}

#[test]
fn every_module_uses_only_what_lies_below_it() {
    let mut faults = BTreeSet::new();
    for source in Source::all() {
        for Arrow { line, from, to } in source.arrows() {
            let inside = to.strip_prefix("crate::").and_then(|to| against(RUST, &from, to));
            for why in inside.into_iter().chain(impure(&from, &to)) {
                faults.insert(format!("{}:{line}: {from} -> {to}\n    {why}", source.path));
            }
        }
    }
    complain(faults);
}

#[test]
fn every_place_of_the_table_is_a_module() {
    let modules: BTreeSet<String> = Source::all().into_iter().map(|source| source.module).collect();
    for place in RUST.iter().flat_map(|layer| layer.rows.iter().copied().flatten()) {
        assert!(modules.contains(*place), "there is no module `{place}`");
    }
}

#[test]
fn only_the_agents_own_folders_know_an_agent_by_name() {
    let names = Source::agents();
    assert!(names.contains("claude"), "agents found: {names:?}");
    let mut faults = BTreeSet::new();
    let is_bound = |source: &&Source| NEUTRAL.iter().any(|place| is_in(&source.module, place));
    for source in Source::all().iter().filter(is_bound) {
        for (line, word) in source.words() {
            if let Some(name) = names.iter().find(|name| word.to_lowercase().contains(*name)) {
                faults.insert(format!(
                    "{}:{line}: {word}\n    `{}` knows no agent by name: {name}",
                    source.path, source.module
                ));
            }
        }
    }
    complain(faults);
}

#[test]
fn an_arrow_upward_or_aside_is_found() {
    let source = |module: &str, text: &str| Source { path: "x.rs".into(), module: module.into(), text: text.into() };
    let found =
        |module: &str, text: &str| source(module, text).arrows().into_iter().map(|it| it.to).collect::<Vec<_>>();
    assert_eq!(
        found("vcs::but", "use crate::{core::Core, vcs::{git, lock::{self, Held}}};"),
        ["crate::core::Core", "crate::vcs::git", "crate::vcs::lock", "crate::vcs::lock::Held",]
    );
    assert_eq!(
        found("ops::edits::line", "use super::super::branches as b; fn f() { super::tree::of(crate::clock::now()) }"),
        ["crate::ops::branches", "crate::ops::edits::tree::of", "crate::clock::now",]
    );
    assert_eq!(
        found("ops", "// crate::cli\n/// crate::cli\nconst A: &str = \"crate::cli\"; mod a { use super::b; }"),
        ["crate::ops::b"]
    );
    assert_eq!(found("ops", "log::warn!(\"{}\", crate::hub::x());"), ["crate::hub::x"]);
    let why = |from, to| against(RUST, from, to).unwrap_or_default();
    assert_eq!(why("tmux::typing", "core::Core"), "`tmux` (adapters) lies below `core` (operations)");
    assert_eq!(why("tmux", "vcs::git"), "`tmux` and `vcs` stand side by side (adapters): neither uses the other");
    assert_eq!(
        why("ops::edits::tree", "ops::branches::changes"),
        "`ops::edits` (operations) lies below `ops::branches::changes` (operations)"
    );
    assert!(why("monitor::judge", "ops::edits").starts_with("`monitor` never uses `ops::edits`"));
    assert_eq!(why("ops::lifecycle::start", "ops::edits"), "");
    assert!(
        impure("detector::screen", "std::fs::read").is_some()
            && impure("evidence", "crate::process::Identity").is_none()
    );
}
