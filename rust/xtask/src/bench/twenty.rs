//! Twenty tasks that edit a tree of 200 files, ten files each, two of them shared by pairs: their turns end together, and
//! it counts until the last commit is verified.

use super::listener::Listener;
use super::stage::Stage;
use super::table::Row;
use super::world::{Task, World};
use super::{agent_event, clock, project, tool_call, turn_end};
use chorus_testkit::but::{Program, Repository};
use std::time::Duration;

const FILES: usize = 200;
const TASKS: usize = 20;
/// Files of one task alone.
const OWN: usize = 8;
/// Files of two tasks.
const SHARED: usize = 2;
const LIMIT: Duration = Duration::from_secs(300);

/// Which line of which file a task edits.
type Edit<'a> = (&'a String, usize);

/// Beside twenty commits by the bare program, one after the other.
pub fn measure(stage: &mut Stage) -> Result<Vec<Row>, String> {
    let files = project::files(FILES);
    let edits: Vec<Vec<Edit<'_>>> = (0..TASKS).map(|task| edits(&files, task)).collect();
    let mut rows = Vec::new();
    for program in project::programs() {
        let (took, first) = together(stage, &program, &files, &edits)?;
        let bare = one_by_one(&program, &files, &edits)?;
        let row = |what: &str, value: f64, bare: f64, baseline: &str| Row {
            name: format!("20 tasks, 200 files, turns end together, {what} ({})", project::named(&program)),
            value,
            unit: "ms",
            budget: None,
            baseline: Some((baseline.to_owned(), bare)),
        };
        rows.push(row("all verified", took, bare.iter().sum(), "20 × but commit"));
        rows.push(row("first verified", first, bare.first().copied().unwrap_or_default(), "the first but commit"));
    }
    Ok(rows)
}

/// Own files first. The first of a pair edits the shared ones at line 10, the second at line 90.
fn edits(files: &[String], task: usize) -> Vec<Edit<'_>> {
    let own = files[task * OWN..].iter().take(OWN).map(|file| (file, 50));
    let line = if task.is_multiple_of(2) { 10 } else { 90 };
    let shared = files[TASKS * OWN + task / 2 * SHARED..].iter().take(SHARED).map(move |file| (file, line));
    own.chain(shared).collect()
}

fn edited((file, line): Edit<'_>) -> (String, String) {
    (project::line(file, line), format!("edited {line} of {file}\n"))
}

/// Milliseconds until all are committed, and until the first is.
fn together(stage: &Stage, program: &Program, files: &[String], edits: &[Vec<Edit<'_>>]) -> Result<(f64, f64), String> {
    let mut world = project::with_stacks(stage, program, files)?;
    world.start(TASKS, "demo", "[[say ready]]", &["idle"]);
    let listener = Listener::start(&world.sandbox, stage.chorus())?;
    for task in &world.tasks {
        let began = agent_event::write_session(&world, task, "busy")?;
        listener.status(began, &task.uuid, "busy");
    }
    let pair = |n: usize| -> Result<(), String> {
        let both = world.tasks[n..].iter().zip(&edits[n..]).take(2);
        for (task, edit) in both.flat_map(|(task, edits)| edits.iter().map(move |edit| (task, *edit))) {
            let (old, new) = edited(edit);
            tool_call::edit(&world, task, edit.0, &old, &new)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let pairs: Vec<_> = (0..TASKS).step_by(2).map(|n| scope.spawn(move || pair(n))).collect();
        pairs.into_iter().try_for_each(|pair| pair.join().unwrap_or_else(|_| Err("an agent's part failed".into())))
    })?;
    let began = clock::now();
    for task in &world.tasks {
        agent_event::write_session(&world, task, "idle")?;
    }
    let mut times = Vec::new();
    for task in &world.tasks {
        let told = listener.within(LIMIT, began, |told| told.task == task.uuid && told.commits > 0);
        let told = told
            .ok_or_else(|| format!("#{} commits nothing: {}", task.number, turn_end::trouble(&world, &task.number)))?;
        times.push(clock::between(began, told.at));
    }
    for (task, edits) in world.tasks.iter().zip(edits) {
        check(&world, task, edits)?;
    }
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    Ok((times.into_iter().fold(0.0, f64::max), least))
}

/// The branch differs from what it is based on by exactly the task's lines.
fn check(world: &World, task: &Task, edits: &[Edit<'_>]) -> Result<(), String> {
    let branch = world.sandbox.json(["show", &task.number])["task"]["stack"].as_str().unwrap_or_default().to_owned();
    let diff = world.sandbox.git(["diff", "--no-color", "--unified=0", &format!("main...refs/heads/{branch}")]);
    let signed = |line: &&str| line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---");
    let mut found: Vec<&str> = diff.lines().filter(signed).collect();
    let expected = edits.iter().flat_map(|edit| {
        let (old, new) = edited(*edit);
        [format!("-{}", old.trim_end()), format!("+{}", new.trim_end())]
    });
    let mut expected: Vec<String> = expected.collect();
    found.sort_unstable();
    expected.sort_unstable();
    if found == expected { Ok(()) } else { Err(format!("#{}: its branch has {found:?}", task.number)) }
}

/// Milliseconds of each commit. The hunks of a shared file are told apart by `but diff`, which is not counted.
fn one_by_one(program: &Program, files: &[String], edits: &[Vec<Edit<'_>>]) -> Result<Vec<f64>, String> {
    let repository = project::bare(program, files, "bench-0");
    (1..TASKS).for_each(|n| repository.new_branch(&format!("bench-{n}")));
    for edit in edits.iter().flatten() {
        let (old, new) = edited(*edit);
        let text = repository.read(edit.0).unwrap_or_default();
        repository.write(edit.0, String::from_utf8_lossy(&text).replacen(&old, &new, 1));
    }
    let commit = |(n, edits): (usize, &Vec<Edit<'_>>)| {
        let changes: Vec<String> = edits.iter().map(|edit| change(&repository, *edit)).collect();
        project::commit(&repository, &format!("bench-{n}"), &changes)
    };
    edits.iter().enumerate().map(commit).collect()
}

/// The file, or the first hunk of two.
fn change(repository: &Repository, (file, line): Edit<'_>) -> String {
    match line {
        10 => repository.hunks(file).into_iter().next().unwrap_or_default(),
        _ => file.clone(),
    }
}
