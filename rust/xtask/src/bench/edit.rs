//! What attribution costs at each edit: the hooks before and after it, while more and more files hold uncommitted edits.

use super::stage::Stage;
use super::table::{Row, percentile};
use super::{project, tool_call};

const FILES: usize = 200;

/// Each file edited once by the agent of a task with a stack, and once by that of a task without, by turns.
pub fn measure(stage: &mut Stage) -> Result<Vec<Row>, String> {
    let Some(program) = project::programs().into_iter().next() else { return Err("there is no but".into()) };
    let files = project::files(FILES);
    let mut world = project::with_stacks(stage, &program, &files)?;
    world.start(1, "demo", "[[say ready]]", &["idle"]);
    world.options = &["--isolation", "none"];
    world.start(1, "demo", "[[say ready]]", &["idle"]);
    let isolation = |n: usize| world.sandbox.json(["show", &world.tasks[n].number])["task"]["isolation"].clone();
    if (isolation(0), isolation(1)) != ("stack".into(), "none".into()) {
        return Err(format!("the tasks have isolation {} and {}", isolation(0), isolation(1)));
    }
    let (mut ours, mut theirs) = ([Vec::new(), Vec::new(), Vec::new()], Vec::new());
    for file in &files {
        let line = |n: usize| (project::line(file, n), format!("edited {n} of {file}\n"));
        let ((old, new), (other_old, other_new)) = (line(10), line(60));
        let cost = tool_call::edit(&world, &world.tasks[0], file, &old, &new)?;
        for (samples, value) in ours.iter_mut().zip([cost.before + cost.after, cost.before, cost.after]) {
            samples.push(value);
        }
        let cost = tool_call::edit(&world, &world.tasks[1], file, &other_old, &other_new)?;
        theirs.push(cost.before + cost.after);
    }
    let held = world.sandbox.json(["show", &world.tasks[0].number])["task"]["uncommitted"].clone();
    if held != FILES {
        return Err(format!("{held} files are known to hold edits of the task"));
    }
    let names = ["both hooks", "before", "after"];
    let mut row = |at: usize, share: f64| Row {
        name: format!("attribution of an edit, up to {FILES} files uncommitted, {}, p{:.0}", names[at], share * 100.0),
        value: percentile(&mut ours[at], share),
        unit: "ms",
        budget: None,
        baseline: (at == 0)
            .then(|| ("both hooks in a task without a stack".to_owned(), percentile(&mut theirs, share))),
    };
    Ok(vec![row(0, 0.5), row(0, 0.99), row(1, 0.5), row(2, 0.5)])
}
