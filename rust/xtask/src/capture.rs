//! `cargo xtask capture`: drives a Claude Code client on the scripted API through the states that matter, records its
//! screens at several sizes, and compares the detector's readings with those of the recorded screens.

mod drive;
mod scenes;

use crate::Outcome;
use crate::screens::{self, Judged, State};
use chorus_testkit::repository;
use chorus_testkit::tools::{Tool, clients};
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[derive(Default)]
struct Options {
    client: Option<PathBuf>,
    keep: Option<PathBuf>,
    filter: Option<String>,
}

/// Records, compares, and says where the screens are; false when one is read wrong or could not be brought about.
pub fn run(arguments: &[String]) -> Outcome {
    let options = parse(arguments)?;
    let client = client(options.client.as_deref())?;
    let folder = options.keep.unwrap_or_else(|| target().join("captures").join(&client.version));
    std::fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let chorus = screens::program()?;
    let (mut states, mut failed) = (Vec::new(), Vec::new());
    for scene in
        scenes::SCENES.iter().filter(|scene| options.filter.as_ref().is_none_or(|name| scene.name.contains(name)))
    {
        eprintln!("{} …", scene.name);
        match drive::record(&client, scene, &folder) {
            Ok(state) => states.push(state),
            Err(why) => failed.push(format!("{}: {why}", scene.name)),
        }
    }
    let judged = screens::judge(&chorus, &folder, &states)?;
    let recorded = screens::judge(&chorus, &screens::folder(), &screens::recorded()?)?;
    write_index(&folder, &states)?;
    println!(
        "Claude Code {}: {} states, {} screens in {}\n",
        client.version,
        states.len(),
        judged.len(),
        folder.display()
    );
    println!("{}", screens::table("by state", &screens::shares(&judged, |one| one.state.status.clone())));
    println!("{}", screens::confusion(&judged));
    let report = compare(&judged, &recorded);
    println!("{}", if report.is_empty() { "as recorded: every rule and every option is known\n" } else { &report });
    failed.iter().for_each(|why| println!("not recorded: {why}"));
    let are_right =
        judged.iter().all(|one| one.screen.status == one.state.status && one.fused.status == one.state.status);
    Ok(failed.is_empty() && are_right)
}

fn target() -> PathBuf {
    let checkout = repository().canonicalize().unwrap_or_else(|_| repository().to_owned());
    checkout.join("target")
}

fn parse(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut path = || words.next().map(PathBuf::from).ok_or_else(|| format!("{word} wants a path"));
        match word.as_str() {
            "--client" => options.client = Some(path()?),
            "--keep" => options.keep = Some(path()?),
            flag if flag.starts_with("--") => {
                return Err("usage: cargo xtask capture [--client PATH] [--keep DIR] [STATE]".into());
            }
            name => options.filter = Some(name.to_owned()),
        }
    }
    Ok(options)
}

/// The named client, else the newest pinned one.
fn client(path: Option<&Path>) -> Result<Tool, String> {
    match path {
        Some(path) => {
            let path = path.canonicalize().map_err(|error| format!("cannot find {}: {error}", path.display()))?;
            clients::at(&path)
                .ok_or_else(|| format!("{} does not print its version: is it Claude Code?", path.display()))
        }
        None => clients::obtain(&clients::CLAUDE).map_err(|missing| missing.0),
    }
}

/// In the form of `tests/fixtures/screens/index.jsonl`, so that screens that are worth it can be moved there.
fn write_index(folder: &Path, states: &[State]) -> Result<(), String> {
    let mut index = String::new();
    for state in states {
        let (session, waiting_for) = state.session.clone().map_or((None, None), |(status, what)| (Some(status), what));
        let line = json!({"state": state.name, "set": format!("captured_{}", state.version.replace('.', "_")),
            "status": state.status, "version": state.version, "session": session, "waiting_for": waiting_for,
            "command": state.command, "dead": state.dead, "sizes": state.sizes});
        let _ = writeln!(index, "{line}");
    }
    let path = folder.join("index.jsonl");
    std::fs::write(&path, index).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// The start of an option, which says what it does: its end is a path or a price, or is wrapped.
fn begins(option: &str) -> String {
    option.chars().take(20).collect()
}

/// What is read wrong, and what no recorded screen of the same status has: another rule, another option. Pure.
fn compare(judged: &[Judged], recorded: &[Judged]) -> String {
    let mut report = String::new();
    let mut told = BTreeSet::new();
    for one in judged {
        let alike = || recorded.iter().filter(|known| known.state.status == one.state.status);
        let file = one.file.display();
        if one.screen.status != one.state.status || one.fused.status != one.state.status {
            let (screen, fused) = (&one.screen, &one.fused);
            let _ = writeln!(
                report,
                "WRONG {file}: is {}; the screen says {} (`{}`), with the session file {} (`{}`)",
                one.state.status, screen.status, screen.rule, fused.status, fused.rule
            );
        } else if !alike().any(|known| known.screen.rule == one.screen.rule) {
            let _ = writeln!(report, "new   {file}: rule `{}` for {}", one.screen.rule, one.state.status);
        }
        for option in &one.screen.options {
            let is_known = alike().flat_map(|known| &known.screen.options).any(|known| begins(known) == begins(option));
            if !is_known && told.insert((one.state.name.clone(), option.clone())) {
                let _ = writeln!(report, "new   {file}: option “{option}”");
            }
        }
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::Said;

    fn one(status: &str, said: &str, rule: &str, options: &[&str]) -> Judged {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let said = Said { status: said.into(), rule: rule.into(), options };
        let state = State { name: "s".into(), status: status.into(), ..State::default() };
        Judged { state, size: "80x24".into(), file: "s-80x24.ansi".into(), screen: said.clone(), fused: said }
    }

    #[test]
    fn what_differs_from_the_recorded_screens_is_told() {
        let recorded = [one("waiting_permission", "waiting_permission", "permission", &["Yes", "No"])];
        assert_eq!(compare(&recorded, &recorded), "");
        let wrong = compare(&[one("waiting_permission", "idle", "idle", &[])], &recorded);
        assert!(
            wrong.starts_with("WRONG s-80x24.ansi: is waiting_permission; the screen says idle (`idle`)"),
            "{wrong}"
        );
        let new = compare(&[one("waiting_permission", "waiting_permission", "dialog", &["Yes", "Never"])], &recorded);
        assert_eq!(
            new,
            "new   s-80x24.ansi: rule `dialog` for waiting_permission\nnew   s-80x24.ansi: option “Never”\n"
        );
    }

    #[test]
    fn options_are_read() {
        let words = |text: &str| parse(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let options = words("--client /x plan").unwrap();
        assert_eq!((options.client.as_deref(), options.filter.as_deref()), (Some(Path::new("/x")), Some("plan")));
        assert!(words("--client").is_err() && words("--nonsense").is_err());
    }
}
