//! Building the test programs, by cargo.

use super::suite::Suite;
use crate::cargo;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// The suites of the workspace, and the program they are about.
pub struct Built {
    pub chorus: PathBuf,
    pub suites: Vec<Suite>,
}

/// Builds the suites of those names, or everything, once; cargo's progress goes to standard error.
pub fn build(suites: &[&str]) -> Result<Built, String> {
    let mut command = cargo::command();
    command.args(["test", "--no-run", "--message-format", "json-render-diagnostics"]);
    match suites {
        [] => command.arg("--workspace"),
        named => command.args(["--package", "chorus"]).args(named.iter().flat_map(|name| ["--test", name])),
    };
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() {
        return Err("the suites do not build: see above".into());
    }
    let stdout = String::from_utf8_lossy(&output.stdout);
    let messages: Vec<Value> = stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let is_chorus = |message: &&Value| message["target"]["name"] == "chorus" && message["profile"]["test"] == false;
    let chorus = messages.iter().filter(is_chorus).find_map(|message| message["executable"].as_str());
    Ok(Built {
        chorus: chorus.ok_or("cargo built no program named chorus")?.into(),
        suites: messages.iter().filter_map(suite).collect(),
    })
}

/// Builds the program alone, which is all that the Lua specs need.
pub fn without_suites() -> Result<Built, String> {
    Ok(Built { chorus: cargo::build()?, suites: Vec::new() })
}

/// The suite in one of cargo's messages.
fn suite(message: &Value) -> Option<Suite> {
    let program = message["executable"].as_str().filter(|_| message["profile"]["test"] == true)?.into();
    let (target, folder) = (&message["target"], Path::new(message["manifest_path"].as_str()?).parent()?);
    let own = target["name"].as_str()?;
    let name = match target["kind"][0].as_str()? {
        "test" => own.to_owned(),
        _ => {
            let source = Path::new(target["src_path"].as_str()?);
            format!("{own} {}", source.strip_prefix(folder).unwrap_or(source).display())
        }
    };
    Some(Suite::Rust { name, program, folder: folder.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn suites_are_named() {
        let message = |kind: &str, name: &str, source: &str, test: bool| {
            json!({ "manifest_path": "/c/rust/kit/Cargo.toml", "executable": "/t/x", "profile": { "test": test },
                "target": { "kind": [kind], "name": name, "src_path": source } })
        };
        let name = |message| suite(&message).map(|suite| suite.name().to_owned());
        assert_eq!(name(message("test", "tmux", "/c/rust/kit/tests/tmux/main.rs", true)).unwrap(), "tmux");
        assert_eq!(name(message("lib", "kit", "/c/rust/kit/src/lib.rs", true)).unwrap(), "kit src/lib.rs");
        assert_eq!(name(message("bin", "kit", "/c/rust/kit/src/main.rs", false)), None);
    }
}
