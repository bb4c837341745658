//! From text on the screen of an agent that gives nothing else to the `User` event in Neovim, with 50 of them of which
//! 10 redraw at 10 Hz.

use super::capture;
use super::clock;
use super::cpu::Meter;
use super::listener::Listener;
use super::stage::Stage;
use super::stand_in;
use super::table::{Row, percentile};
use super::world::World;
use std::path::Path;

const TASKS: usize = 50;
const BUSY: usize = 10;
const SECONDS: u64 = 20;
const POLLED_SECONDS: u64 = 10;

const PATTERNS: &str = r"
[status.idle]
patterns = ['^>\s*$']

[status.waiting]
patterns = ['\(y/n\)']
";

/// What an agent noted just before it drew it.
struct Noted {
    at: u64,
    /// When it drew something else.
    until: u64,
    task: String,
    status: String,
    text: String,
}

/// The same agents watched, then polled.
pub fn measure(stage: &mut Stage) -> Result<Vec<Row>, String> {
    let sandbox = stage.sandbox();
    let log = sandbox.root().join("noted");
    stand_in::link(&sandbox)?;
    let agents = ["asks", "redraws"].map(|role| stand_in::configured(&sandbox, role, &log));
    let mut world = World::new(sandbox, &format!("{}{PATTERNS}", agents.concat()));
    world.start(TASKS - BUSY, "asks", "begin", &["idle", "waiting"]);
    world.start(BUSY, "redraws", "begin", &["busy"]);
    let listener = Listener::start(&world.sandbox, stage.chorus())?;
    // A prompt that such an agent does not take up keeps tmux busy for a few seconds.
    clock::pause(6000);

    let meters = (Meter::of(&[world.daemon()]), Meter::of(&[world.tmux_server()]));
    let from = clock::now();
    clock::pause(SECONDS * 1000);
    let (cost, tmux) = (meters.0.percent(), meters.1.percent());
    let mut ours: Vec<f64> = noted(&log, from, clock::now())
        .iter()
        .map(|noted| {
            let fits = |told: &super::listener::Told| told.task == noted.task && told.status == noted.status;
            let told = listener.after(noted.at, fits).filter(|told| told.at < noted.until);
            told.map_or(f64::INFINITY, |told| clock::between(noted.at, told.at))
        })
        .collect();

    let (mut answers, from) = (Vec::new(), clock::now());
    let (tmux_alone, polled) = world.without_daemon(|| {
        let alone = Meter::of(&[world.tmux_server()]);
        clock::pause(5000);
        let see =
            |index: usize, text: &str, at: u64| answers.push((world.tasks[index].uuid.clone(), text.to_owned(), at));
        (alone.percent(), capture::poll(&world, POLLED_SECONDS, see))
    });
    let begins = answers.first().map_or(from, |(_, _, at)| *at);
    let mut theirs: Vec<f64> = noted(&log, begins, clock::now())
        .iter()
        .map(|noted| {
            let shows = |(task, text, at): &&(String, String, u64)| {
                *task == noted.task && (noted.at..noted.until).contains(at) && text.contains(&noted.text)
            };
            answers.iter().find(shows).map_or(f64::INFINITY, |(_, _, at)| clock::between(noted.at, *at))
        })
        .collect();

    let baseline = |value: f64| Some(("capture-pane per task per second".to_owned(), value));
    let mut latency = |share: f64, budget: Option<f64>| Row {
        name: format!("screen-only agent, text → User event, 50 tasks, p{:.0}", share * 100.0),
        value: percentile(&mut ours, share),
        unit: "ms",
        budget,
        baseline: baseline(percentile(&mut theirs, share)),
    };
    let rows = vec![latency(0.5, None), latency(0.99, Some(300.0))];
    let added = |with: f64| (with - tmux_alone).max(0.0);
    let watched = Row {
        name: "watching 50 screen-only tasks, 10 redrawing".into(),
        value: cost + added(tmux),
        unit: "% cpu",
        budget: None,
        baseline: baseline(polled.processes + added(polled.server)),
    };
    Ok(rows.into_iter().chain([watched]).collect())
}

/// What was drawn in that time and is known to have been replaced.
fn noted(log: &Path, from: u64, until: u64) -> Vec<Noted> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<[&str; 4]> =
        text.lines().filter_map(|line| line.split('\t').collect::<Vec<_>>().try_into().ok()).collect();
    let stamp = |line: &[&str; 4]| line[0].parse::<u64>().unwrap_or_default();
    let replaced = |(index, line): (usize, &[&str; 4])| {
        let next = lines[index + 1..].iter().find(|next| next[1] == line[1])?;
        let [_, task, status, text] = line.map(str::to_owned);
        Some(Noted { at: stamp(line), until: stamp(next), task, status, text })
    };
    let in_time = |noted: &Noted| noted.at >= from && noted.until < until;
    lines.iter().enumerate().filter_map(replaced).filter(in_time).collect()
}
