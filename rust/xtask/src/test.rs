//! `cargo xtask test`: the Rust suites and the Lua specs inside each Neovim, several side by side.

mod built;
mod counts;
mod suite;

use crate::toolbox::Toolbox;
use crate::{Outcome, is_ci};
use chorus_testkit::given;
use counts::Counts;
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Mutex;
use suite::{Ended, Environment, Suite};

/// More failures than this are no matter of load.
const MOST_TRIED_AGAIN: usize = 8;

/// The suites that take longest begin first, so that none of them is left alone at the end.
const LONGEST: [&str; 11] = [
    "claude",
    "stack_tasks",
    "sidecar",
    "tmux",
    "nvim",
    "worktree_tasks",
    "stack",
    "stack_standin",
    "agent",
    "worktree",
    "store",
];

/// A suite that ran.
struct Ran {
    suite: Suite,
    ended: Ended,
}

/// `rust` and `lua` choose a half, names of suites choose those; a last word that is neither chooses the tests whose name
/// holds it.
pub fn run(arguments: &[String]) -> Outcome {
    let (toolbox, built) = std::thread::scope(|scope| {
        let toolbox = scope.spawn(Toolbox::gather);
        let built = if is_lua_alone(arguments) { built::without_suites() } else { built::build(&named(arguments)) };
        (toolbox.join().unwrap_or_default(), built)
    });
    toolbox.missing.iter().for_each(|why| println!("missing: {why}"));
    if !toolbox.suffices() {
        let rule = if is_ci() { ", and with CI=true nothing may be skipped" } else { "" };
        return Err(format!("the suites cannot run without what is missing (see above){rule}"));
    }
    let built = built?;
    let skips = tempfile::NamedTempFile::new().map_err(|error| format!("cannot make a temporary file: {error}"))?;
    let mut environment = toolbox.environment();
    environment.push((given::SKIPS, skips.path().into()));
    environment.push(("CHORUS_TEST_BINARY", built.chorus.clone().into()));

    let of_lua = toolbox
        .nvims
        .iter()
        .map(|nvim| Suite::Lua { name: format!("Lua on Neovim {}", nvim.version), nvim: nvim.path.clone() });
    let mut suites: Vec<Suite> = built.suites.into_iter().chain(of_lua).collect();
    let filter = choose(&mut suites, arguments)?;
    suites.sort_by_key(|suite| LONGEST.iter().position(|name| *name == suite.name()).unwrap_or(LONGEST.len()));
    let mut ran = side_by_side(suites, |suite| suite.run(filter, &built.chorus, &environment));
    let tried_again = try_again(&mut ran, &built.chorus, &environment);
    let skipped = std::fs::read_to_string(skips.path()).unwrap_or_default();
    Ok(summarize(&ran, &toolbox, &skipped, &tried_again))
}

/// Keeps the suites that the arguments name; the filter for the tests in them.
fn choose<'a>(suites: &mut Vec<Suite>, arguments: &'a [String]) -> Result<Option<&'a str>, String> {
    let is_asked_for = |suite: &Suite, argument: &str| match argument {
        "rust" => matches!(suite, Suite::Rust { .. }),
        "lua" => matches!(suite, Suite::Lua { .. }),
        name => suite.name() == name,
    };
    let unknown: Vec<&String> =
        arguments.iter().filter(|argument| !suites.iter().any(|suite| is_asked_for(suite, argument))).collect();
    let filter = match unknown[..] {
        [] => None,
        [filter] if arguments.last() == Some(filter) => Some(filter.as_str()),
        [name, ..] => {
            return Err(format!("there is no suite {name}; usage: cargo xtask test [rust | lua | SUITE…] [FILTER]"));
        }
    };
    let suites_named = arguments.len() - unknown.len();
    if suites_named > 0 {
        suites.retain(|suite| arguments.iter().any(|argument| is_asked_for(suite, argument)));
    }
    Ok(filter)
}

/// `lua`, and no more than a filter.
fn is_lua_alone(arguments: &[String]) -> bool {
    matches!(arguments, [lua, rest @ ..] if lua == "lua" && rest.len() <= 1 && named(rest).is_empty() && rest != ["rust"])
}

/// The suites below `tests` that the arguments begin with, when nothing else has to be built.
fn named(arguments: &[String]) -> Vec<&str> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let is_suite = |argument: &&String| tests.join(argument).join("main.rs").is_file();
    let suites: Vec<&str> = arguments.iter().take_while(is_suite).map(String::as_str).collect();
    let is_only_a_filter_left = arguments.len() - suites.len() <= 1
        && !["rust", "lua"].iter().any(|half| arguments.contains(&half.to_string()));
    if is_only_a_filter_left { suites } else { Vec::new() }
}

/// Runs suites, so many at once as keep every core busy: most of them wait more than they compute. What a suite says is
/// shown in one piece when it has ended.
fn side_by_side(suites: Vec<Suite>, run: impl Fn(&Suite) -> Ended + Sync) -> Vec<Ran> {
    let at_once = 2 * std::thread::available_parallelism().map_or(1, usize::from);
    let waiting = Mutex::new(VecDeque::from(suites));
    let ran = Mutex::new(Vec::new());
    let next = || waiting.lock().ok()?.pop_front();
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(suite) = next() {
                    let ended = run(&suite);
                    let Ok(mut ran) = ran.lock() else { return };
                    // An empty suite (a program without tests, a filter that matches nothing) tells nobody anything.
                    if ended.counts != Counts::default() {
                        println!("\n     Ran {}\n{}", suite.name(), ended.output.trim_end());
                        ran.push(Ran { suite, ended });
                    }
                }
            });
        }
    });
    let mut ran = ran.into_inner().unwrap_or_default();
    ran.sort_by(|one, other| one.suite.name().cmp(other.suite.name()));
    ran
}

/// A few failures are tried once more, alone: real clients on a loaded machine can be slower than any patience. What
/// passes then is told as such; what fails twice has failed.
fn try_again(ran: &mut [Ran], chorus: &Path, environment: &Environment) -> Vec<String> {
    let failed: usize = ran.iter().map(|ran| ran.ended.failed.len()).sum();
    let counted: u32 = ran.iter().map(|ran| ran.ended.counts.failed).sum();
    if failed == 0 || failed > MOST_TRIED_AGAIN || counted as usize != failed {
        return Vec::new();
    }
    println!("\n     Running what failed once more");
    let mut told = Vec::new();
    for Ran { suite, ended } in ran {
        for (name, failures) in each_once(&ended.failed) {
            let passed = suite.try_again(name, chorus, environment);
            told.push(format!("{} {name}: {}", suite.name(), if passed { "passed" } else { "failed again" }));
            if passed {
                ended.counts.failed -= failures;
                ended.counts.passed += failures;
            }
        }
    }
    told
}

/// Each name, and how often it is there.
fn each_once(names: &[String]) -> BTreeMap<&str, u32> {
    let mut each = BTreeMap::new();
    names.iter().for_each(|name| *each.entry(name.as_str()).or_default() += 1);
    each
}

/// Failures once more, the table, and last what counts; whether all is well.
fn summarize(ran: &[Ran], toolbox: &Toolbox, skipped: &str, tried_again: &[String]) -> bool {
    for Ran { suite, ended } in ran.iter().filter(|ran| ran.ended.counts.failed > 0) {
        println!("\n     Failed in {}\n{}", suite.name(), counts::failures(&ended.output).trim_end());
    }
    let width = ran.iter().map(|ran| ran.suite.name().len()).max().unwrap_or_default();
    println!("\n{:width$}  {:>6}  {:>6}  {:>7}  {:>7}", "suite", "passed", "failed", "ignored", "seconds");
    let mut total = Counts::default();
    for Ran { suite, ended: Ended { counts, seconds, .. } } in ran {
        let name = suite.name();
        println!("{name:width$}  {:>6}  {:>6}  {:>7}  {seconds:>7.1}", counts.passed, counts.failed, counts.ignored);
        total.add(*counts);
    }
    println!("\non {}", toolbox.summary());
    skipped.lines().for_each(|line| println!("skipped: {line}"));
    if total.passed + total.failed == 0 {
        println!("no test ran");
    }
    tried_again.iter().for_each(|line| println!("second try: {line}"));
    println!("second tries: {}", tried_again.len());
    println!("{} passed, {} failed", total.passed, total.failed);
    total.failed == 0 && total.passed > 0
}
