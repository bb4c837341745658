//! The rule that would have allowed a call: as narrow as it can be and still be of use again.

use super::Call;
use super::command;
use super::cover;
use super::rule::Rules;
use super::script::Simple;

/// Programs of which a rule fixes the subcommand and leaves the rest open.
const WITH_SUBCOMMANDS: [&str; 24] = [
    "cargo", "git", "npm", "pnpm", "yarn", "bun", "go", "make", "just", "uv", "pip", "poetry", "docker", "kubectl",
    "gh", "mvn", "gradle", "dotnet", "rustup", "mix", "bundle", "rake", "composer", "zig",
];

/// Subcommands that publish, remove or run anything: their commands are proposed word by word.
const FAR_REACHING: [&str; 22] = [
    "push",
    "publish",
    "exec",
    "run",
    "rm",
    "remove",
    "delete",
    "reset",
    "clean",
    "checkout",
    "restore",
    "rebase",
    "apply",
    "install",
    "add",
    "x",
    "dlx",
    "login",
    "config",
    "release",
    "uninstall",
    "prune",
];

/// Programs that only read: any arguments are proposed.
const READING: [&str; 22] = [
    "ls", "cat", "head", "tail", "wc", "grep", "rg", "sort", "uniq", "cut", "tr", "diff", "file", "stat", "du", "df",
    "which", "tree", "jq", "basename", "dirname", "date",
];

/// Conditions of an allow rule: a key, and its values.
pub type Conditions = Vec<(&'static str, Vec<String>)>;

/// The conditions of an allow rule that would have covered the call, with the rules there are.
///
/// # Errors
/// Why there is none, as the end of a sentence.
pub fn propose(rules: &Rules, call: &Call<'_>) -> Result<Conditions, String> {
    let scope = call.scope;
    if scope.widens {
        return Err("it would change what the agent may do without asking, which no rule grants".into());
    }
    if scope.is_shell {
        let missing = cover::missing(rules, call)?;
        let mut patterns = Vec::new();
        for command in &missing {
            let pattern = pattern_of(command)?;
            if !patterns.contains(&pattern) {
                patterns.push(pattern);
            }
        }
        return if patterns.is_empty() { Err("no rule is missing".into()) } else { Ok(vec![("command", patterns)]) };
    }
    if let Some((server, tool)) = &scope.mcp {
        return Ok(vec![("mcp", vec![format!("{server}/{tool}")])]);
    }
    let tool = ("tool", vec![call.tool.to_owned()]);
    if let Some(host) = &scope.host {
        return Ok(vec![tool, ("host", vec![host.clone()])]);
    }
    if scope.paths.is_empty() {
        return Ok(vec![tool]);
    }
    let outside = "it is about a file outside of the task's folder, or one that rules leave alone";
    let inside = |path: &String| super::place::allowable(call, path).map(|path| escaped(&path)).ok_or(outside);
    let paths: Vec<String> = scope.paths.iter().map(inside).collect::<Result<_, _>>()?;
    Ok(vec![tool, ("path", paths)])
}

/// A path as a glob that is this path alone.
fn escaped(path: &str) -> String {
    path.chars().flat_map(|c| "*?[]{}\\".contains(c).then_some('\\').into_iter().chain([c])).collect()
}

fn pattern_of(simple: &Simple) -> Result<String, String> {
    let shown = || crate::text::clean_line(&command::shown(simple), 120);
    let program = command::name(simple).unwrap_or_default();
    let known = |at: usize| simple.words.get(at).filter(|word| word.known).map(|word| word.text.as_str());
    let names_subcommand = known(1).is_some_and(|word| {
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && !word.contains(['/', '=', '.'])
            && !FAR_REACHING.contains(&word)
    });
    let fixed = match program {
        _ if READING.contains(&program) => 1,
        _ if WITH_SUBCOMMANDS.contains(&program) && names_subcommand => 2,
        _ => simple.words.len(),
    };
    let words = simple.words.get(..fixed).unwrap_or(&simple.words);
    let is_whole = words.iter().all(|word| word.known) && simple.variables.iter().all(|(_, value)| value.known);
    if !is_whole {
        return Err(format!("`{}` holds what is only known when it runs; write the rule by hand", shown()));
    }
    let variables = simple.variables.iter().map(|(name, value)| format!("{name}={}", quoted(&value.text)));
    let mut pattern: Vec<String> = variables.chain(words.iter().map(|word| quoted(&word.text))).collect();
    // Two commands of one program differ in what follows, and that is where rules are of use.
    if fixed < simple.words.len() || fixed == 2 || READING.contains(&program) {
        pattern.push("*".into());
    }
    Ok(pattern.join(" "))
}

/// A word as it stands in a pattern for itself alone.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_./:=@%+,-^#!?[]{}~".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
