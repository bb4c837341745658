//! From the end of a demo agent's turn, by its session file, to its verified commit in Neovim.

use super::listener::Listener;
use super::stage::Stage;
use super::table::{Row, percentile};
use super::world::World;
use super::{clock, project};
use chorus_testkit::but::Program;
use serde_json::{Value, json};

const FILES: usize = 200;
const TURNS: usize = 20;

/// By turns with the bare program, which commits the same path in a repository of its own.
pub fn measure(stage: &mut Stage) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for program in project::programs() {
        rows.extend(one(stage, &program)?);
    }
    Ok(rows)
}

fn one(stage: &Stage, program: &Program) -> Result<[Row; 2], String> {
    let files = project::files(FILES);
    let mut world = project::with_stacks(stage, program, &files)?;
    let repository = project::bare(program, &files, "bench");
    world.start(1, "demo", "[[say ready]]", &["idle"]);
    let listener = Listener::start(&world.sandbox, stage.chorus())?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for (turn, file) in (1..).zip(files.iter().take(TURNS)) {
        ours.push(commit_of_turn(&world, &listener, file, turn)?);
        repository.change_line(file, 10, "edited");
        theirs.push(project::commit(&repository, "bench", std::slice::from_ref(file))?);
    }
    let mut row = |share: f64| Row {
        name: format!("turn end → verified commit, p{:.0} ({})", share * 100.0, project::named(program)),
        value: percentile(&mut ours, share),
        unit: "ms",
        budget: None,
        baseline: Some(("but commit of the same path".into(), percentile(&mut theirs, share))),
    };
    Ok([row(0.5), row(0.99)])
}

/// Milliseconds from the end of a turn that edits the file.
fn commit_of_turn(world: &World, listener: &Listener, file: &str, commits: u32) -> Result<f64, String> {
    let task = &world.tasks[0];
    let edit = json!({"file_path": file, "old_string": project::line(file, 10).trim_end(), "new_string": "edited",
        "replace_all": false});
    let (sent, at_that_time) = (clock::now(), clock::epoch());
    world.sandbox.json(["send", &task.number, &format!("[[tool Edit {edit}]] [[say done]]")]);
    let told = listener.after(sent, |told| told.task == task.uuid && told.commits >= commits);
    let told = told.ok_or_else(|| format!("nothing is committed: {}", trouble(world, &task.number)))?;
    // What follows a commit is over too when the next turn begins.
    clock::pause(300);
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of minutes")]
    let ended = ended_at(world, task.pid)?.saturating_sub(at_that_time) as f64;
    Ok(clock::between(sent, told.at) - ended)
}

/// When the agent came to rest, in milliseconds since the Unix epoch.
fn ended_at(world: &World, pid: u32) -> Result<u64, String> {
    let path = world.sessions().join(format!("{pid}.json"));
    let text = std::fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let file: Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    file["statusUpdatedAt"].as_u64().filter(|_| file["status"] == "idle").ok_or_else(|| format!("{file}: not idle"))
}

/// What stands in the way of a task's commit.
pub fn trouble(world: &World, number: &str) -> Value {
    world.sandbox.json(["show", number])["task"]["trouble"].clone()
}
