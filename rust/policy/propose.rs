//! The rule that would have allowed a call: as narrow as it can be and still be of use again.

use super::Call;
use super::command;
use super::cover;
use super::place;
use super::rule::Rules;
use super::script::Simple;

/// Beginnings of commands after which any words are proposed: they only read, or do with any words what the project's own
/// code does anyway. All other commands are proposed word by word: so those that have an option by which they write any
/// file (`git log --output`, `pip list --log`, `go build -o`) or run any program (`go vet -vettool`, `kubectl get
/// --kubeconfig`).
#[rustfmt::skip]
const OPEN: &[&str] = &[
    "ls", "cat", "head", "tail", "wc", "grep", "cut", "tr", "diff", "stat", "du", "df", "which", "jq", "basename",
    "dirname",
    "cargo build", "cargo check", "cargo test", "cargo clippy", "cargo fmt", "cargo doc", "cargo bench", "cargo tree",
    "cargo metadata",
    "git status", "git ls-files", "git rev-parse", "git describe", "git merge-base", "git cat-file",
    "npm test", "npm ls", "npm outdated", "npm view", "pnpm test", "pnpm ls", "pnpm why", "pnpm outdated", "yarn test",
    "yarn list", "yarn why", "yarn outdated", "bun test",
    "go test", "go doc", "zig test", "mix test", "mix compile", "mix format",
    "dotnet build", "dotnet test", "composer show", "composer validate", "bundle list", "bundle show", "rustup show",
    "rustup which", "poetry show", "poetry check",
    "docker ps", "docker images", "docker logs", "docker inspect", "docker compose ps", "docker compose logs",
    "gh pr view", "gh pr list", "gh pr diff", "gh pr checks", "gh pr status", "gh issue view", "gh issue list",
    "gh issue status", "gh run view", "gh run list", "gh repo view", "gh repo list", "gh release view", "gh release list",
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
    match scope.mcp.as_slice() {
        [] => {}
        [(server, tool)] => return Ok(vec![("mcp", vec![format!("{server}/{tool}")])]),
        _ => return Err("its name may mean two servers; write the rule by hand".into()),
    }
    let tool = ("tool", vec![call.tool.to_owned()]);
    if let Some(host) = &scope.host {
        return Ok(vec![tool, ("host", vec![host.clone()])]);
    }
    if scope.has_address {
        return Err("its address has no host that every program reads alike".into());
    }
    if scope.paths.is_empty() {
        return Ok(vec![tool]);
    }
    let outside = "it is about a file outside of the task's folder, or one that rules leave alone";
    if !scope.names_all_paths {
        // A rule with `path` does not cover it.
        return match scope.searches && scope.paths.iter().all(|path| place::is_in_tree(call, path)) {
            true => Ok(vec![tool]),
            false if scope.searches => Err(outside.into()),
            false => Err("it may be about other files than it names; write the rule by hand".into()),
        };
    }
    let inside = |path: &String| place::allowable(call, path).map(|path| escaped(&path)).ok_or(outside);
    let paths: Vec<String> = scope.paths.iter().map(inside).collect::<Result<_, _>>()?;
    Ok(vec![tool, ("path", paths)])
}

/// A path as a glob that is this path alone.
fn escaped(path: &str) -> String {
    path.chars().flat_map(|c| "*?[]{}\\".contains(c).then_some('\\').into_iter().chain([c])).collect()
}

fn pattern_of(simple: &Simple) -> Result<String, String> {
    let shown = || crate::text::reveal_line(&command::shown(simple), 120);
    let known: Vec<&str> = simple.words.iter().map_while(|word| word.known.then_some(word.text.as_str())).collect();
    let begins =
        |open: &str| open.split(' ').count() <= known.len() && open.split(' ').zip(&known).all(|(a, b)| a == *b);
    let open = OPEN.iter().find(|open| begins(open)).map(|open| open.split(' ').count());
    let words = simple.words.get(..open.unwrap_or(simple.words.len())).unwrap_or(&simple.words);
    let is_whole = words.iter().all(|word| word.known) && simple.variables.iter().all(|(_, value)| value.known);
    if !is_whole {
        return Err(format!("`{}` holds what is only known when it runs; write the rule by hand", shown()));
    }
    let variables = simple.variables.iter().map(|(name, value)| format!("{name}={}", quoted(&value.text)));
    let mut pattern: Vec<String> = variables.chain(words.iter().map(|word| quoted(&word.text))).collect();
    pattern.extend(open.map(|_| "*".to_owned()));
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
