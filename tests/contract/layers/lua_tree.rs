//! The same for the plugin's Lua: which module requires which, also inside a function, in a string or in `package.loaded`.
//!
//! Places are written as in the table of Rust: `chorus.ui.kit.canvas` is `ui::kit::canvas`, the module `chorus` is `init`.

use super::{Layer, against, complain};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// From the top.
const LUA: &[Layer] = &[
    Layer {
        name: "ways in",
        rows: &[
            &["plugin", "lualine", "telescope"],
            &["command", "health", "init", "pick"],
            &["attach"],
            &["statusline"],
        ],
    },
    Layer { name: "verbs", rows: &[&["verbs"]] },
    Layer {
        name: "windows",
        rows: &[
            &["ui::url"],
            &["ui::pick"],
            &["ui::tasks"],
            &["ui::pane"],
            &["ui::documents", "ui::edits", "ui::requests"],
            &["ui::prompts"],
            &["ui::kit"],
        ],
    },
    Layer { name: "features", rows: &[&["answer", "editor", "send_prompt"], &["ask_daemon", "elsewhere"]] },
    Layer { name: "connection", rows: &[&["client"]] },
    Layer { name: "knowledge", rows: &[&["tasks"]] },
    Layer { name: "speech", rows: &[&["install", "picker"], &["message"], &["icons"], &["config"], &["notify"]] },
    Layer {
        name: "base",
        rows: &[
            &["tasks::filter", "tasks::order", "verbs::find"],
            &["phrase"],
            &[
                "contract",
                "dispatch",
                "events",
                "highlight",
                "nearest",
                "replaced",
                "tasks::fits",
                "tasks::hunk",
                "text",
                "verbs::table",
                "window_keys",
            ],
            &["contrast"],
        ],
    },
];

/// What a pure half may use, besides other pure halves of its folder.
const PURE_USES: &[&str] = &[
    "highlight",
    "icons",
    "phrase",
    "tasks::filter",
    "tasks::fits",
    "tasks::hunk",
    "tasks::order",
    "text",
    "ui::edits::hunk_ids",
    "ui::documents::reference_rows",
    "ui::kit::canvas",
    "ui::kit::status",
    "ui::prompts::queue_rows",
    "ui::tasks::front_matter",
];

struct Module {
    /// From the top of the checkout.
    path: String,
    name: String,
    text: String,
}

/// A module requires another.
struct Require {
    line: usize,
    /// None where the name is computed.
    to: Option<String>,
}

impl Module {
    fn all() -> Vec<Module> {
        let top = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut paths = Vec::new();
        gather(&top.join("lua"), &mut paths);
        gather(&top.join("plugin"), &mut paths);
        paths.sort();
        assert!(paths.len() > 60, "the plugin has more files than {}", paths.len());
        let module = |path: PathBuf| {
            let shown = path.strip_prefix(top).unwrap().display().to_string();
            Module { name: name_of(&shown), text: std::fs::read_to_string(&path).unwrap(), path: shown }
        };
        paths.into_iter().map(module).collect()
    }

    /// Whether its name says that it computes rows or a plan and nothing else.
    fn is_pure(&self) -> bool {
        is_pure(&self.name)
    }

    fn requires(&self) -> Vec<Require> {
        let lines = self.text.lines().map(without_comment).enumerate();
        lines.flat_map(|(at, line)| targets(line).into_iter().map(move |to| Require { line: at + 1, to })).collect()
    }
}

fn is_pure(name: &str) -> bool {
    name.ends_with("_rows") || name.ends_with("_plan")
}

fn gather(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, paths);
        } else if path.extension().is_some_and(|end| end == "lua") {
            paths.push(path);
        }
    }
}

/// The module in a file, as the table writes it.
fn name_of(path: &str) -> String {
    let inner = path.trim_end_matches(".lua");
    match inner.strip_prefix("lua/chorus/") {
        Some(module) => module.replace('/', "::"),
        None if inner.starts_with("plugin/") => "plugin".to_owned(),
        None => inner.strip_prefix("lua/").unwrap_or(inner).split('/').next().unwrap().to_owned(),
    }
}

/// A line up to its comment. Quotes tell whether `--` lies in a string.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    for (at, c) in line.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => quote = Some(c),
            None if line[at..].starts_with("--") => return &line[..at],
            None => {}
        }
    }
    line
}

/// The modules of ours that a line requires.
fn targets(line: &str) -> Vec<Option<String>> {
    let mut found = Vec::new();
    for call in ["require", "package.loaded"] {
        for (at, _) in line.match_indices(call) {
            let rest = line[at + call.len()..].trim_start_matches([' ', '(', '[']);
            let Some(quoted) = rest.strip_prefix(['\'', '"']) else {
                let is_call = line[at + call.len()..].trim_start().starts_with(['(', '[']);
                found.extend(is_call.then_some(None));
                continue;
            };
            let name = quoted.split(['\'', '"']).next().unwrap();
            let is_computed = quoted[name.len() + 1..].trim_start().starts_with("..");
            match name.strip_prefix("chorus") {
                _ if is_computed => found.push(None),
                Some("") => found.push(Some("init".to_owned())),
                Some(inner) if inner.starts_with('.') => found.push(Some(inner[1..].replace('.', "::"))),
                _ => {}
            }
        }
    }
    found
}

/// Why a pure half may not use a module.
fn impure(from: &str, to: &str) -> Option<String> {
    let is_near = from.rsplit_once("::").map(|it| it.0) == to.rsplit_once("::").map(|it| it.0);
    let may = PURE_USES.contains(&to) || is_near;
    (is_pure(from) && !may).then(|| format!("`{from}` is pure: it knows no `{to}`"))
}

#[test]
fn every_lua_module_requires_only_what_lies_below_it() {
    let mut faults = BTreeSet::new();
    for module in Module::all() {
        for Require { line, to } in module.requires() {
            let from = &module.name;
            let Some(to) = to else {
                faults.insert(format!("{}:{line}: {from} computes the name of a module: write it out", module.path));
                continue;
            };
            for why in against(LUA, from, &to).into_iter().chain(impure(from, &to)) {
                faults.insert(format!("{}:{line}: {from} -> {to}\n    {why}", module.path));
            }
        }
    }
    complain(faults);
}

#[test]
fn every_place_of_the_lua_table_is_a_module() {
    let modules: BTreeSet<String> = Module::all().into_iter().map(|module| module.name).collect();
    let is_there = |place: &str| modules.iter().any(|name| name == place || name.starts_with(&format!("{place}::")));
    for place in LUA.iter().flat_map(|layer| layer.rows.iter().copied().flatten()) {
        assert!(is_there(place), "there is no Lua module `{place}`");
    }
}

#[test]
fn what_computes_rows_touches_no_editor() {
    let pure = Module::all().into_iter().filter(Module::is_pure).collect::<Vec<_>>();
    assert!(pure.len() > 6, "there are more pure halves than {}", pure.len());
    for module in pure {
        for (at, line) in module.text.lines().enumerate() {
            let touches =
                ["vim.api", "vim.cmd", "vim.bo", "vim.wo"].iter().find(|name| without_comment(line).contains(*name));
            assert!(touches.is_none(), "{}:{}: {} is pure: no {touches:?}", module.path, at + 1, module.name);
        }
    }
}

#[test]
fn a_lua_arrow_upward_is_found() {
    assert_eq!(targets("local a = require('chorus.ui.kit.canvas').row"), [Some("ui::kit::canvas".to_owned())]);
    assert_eq!(targets("x = \"v:lua.require'chorus.statusline'.click\""), [Some("statusline".to_owned())]);
    assert_eq!(targets("local o = package.loaded['chorus.ui.pane.output']"), [Some("ui::pane::output".to_owned())]);
    assert_eq!(targets("require('chorus').start()"), [Some("init".to_owned())]);
    assert_eq!(targets("require('lualine.component')"), []);
    assert_eq!(targets("require('chorus.ui.' .. window).open()"), [None]);
    assert_eq!(targets("require(live and 'chorus.a' or 'chorus.b')"), [None]);
    assert_eq!(without_comment("a = '--' .. b -- require('chorus.verbs')"), "a = '--' .. b ");
    assert_eq!(
        against(LUA, "tasks", "ui::pane::output").as_deref(),
        Some("`tasks` (knowledge) lies below `ui::pane` (windows)")
    );
    assert_eq!(against(LUA, "ui::tasks::page", "ui::edits::diff"), None);
    assert!(impure("ui::tasks::page_rows", "client").is_some() && impure("ui::tasks::page_rows", "text").is_none());
}
