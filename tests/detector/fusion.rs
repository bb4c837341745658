//! Recorded sessions of the real client, told in every wrong way: facts late, in any order, twice, not at all, over a
//! restart of the daemon and with a clock that is set meanwhile. Once all is quiet, the verdict is what the process is in.
//!
//! A case is its number: a failure names it, and `CASE=17 cargo test --test detector fusion` runs that one alone. `CASES`
//! is how many are run.

use crate::scene::{box_under, permission_screen, word};
use crate::timelines::{time, timelines};
use chorus::agent::Adapter;
use chorus::agent::claude::Claude;
use chorus::agent::claude::session_file::parse;
use chorus::clock::moved;
use chorus::detector::detect;
use chorus::detector::rules::Rules;
use chorus::detector::screen::{Beside, classify};
use chorus::evidence::session::AgentSession;
use chorus::evidence::{Evidence, Gives, Process};
use chorus::status::Millis;
use serde_json::Value;

const CASES: u64 = 1_000;

/// So long after the last fact everything is quiet.
const QUIET: Millis = 120_000;

/// A daemon that is stopped for so long between reading a session file and taking it in.
const READ_LATE: u64 = 3_000;

/// Numbers without a pattern, the same in every run.
struct Dice(u64);

impl Dice {
    fn of(case: u64) -> Dice {
        let mut dice = Dice(case.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        (0..8).for_each(|_| _ = dice.below(2));
        dice
    }

    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % most
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// What goes wrong in a case.
#[derive(Debug)]
struct Trouble {
    /// Hooks that are lost, and changes of the session file that nobody read, in percent.
    hooks_lost: u64,
    changes_lost: u64,
    twice: u64,
    /// The longest delay of a fact; a session file is read as it is, so what was read is at most [`READ_LATE`] old.
    delay: u64,
    /// When the wall clock is set, and by how much.
    step: Option<(Millis, Millis)>,
    /// When the daemon is killed and starts anew.
    restart: Option<Millis>,
}

impl Trouble {
    fn of(dice: &mut Dice, from: Millis, until: Millis) -> Trouble {
        let span = (until - from).max(1) as u64;
        let sometime = |dice: &mut Dice| from + dice.below(span) as Millis;
        let delay = dice.pick(&[50, 300, 3_000, 15_000]);
        // Of a stamp that comes in later than the clock was set back nobody can tell which clock it was taken from.
        let steps: &[Millis] =
            if delay > 3_000 { &[-3_600_000, 4_000] } else { &[-3_600_000, -5_000, 4_000, 7_200_000] };
        Trouble {
            hooks_lost: dice.pick(&[0, 0, 5, 30, 100]),
            changes_lost: dice.pick(&[0, 0, 20, 70]),
            twice: dice.pick(&[0, 20]),
            delay,
            step: dice.chance(30).then(|| (sometime(dice), dice.pick(steps))),
            restart: dice.chance(15).then(|| sometime(dice)),
        }
    }

    /// The wall clock at a true time.
    fn wall(&self, at: Millis) -> Millis {
        at + self.step.filter(|(when, _)| at >= *when).map_or(0, |(_, by)| by)
    }

    /// The daemon's clock, which goes on where the wall clock is set back.
    fn ours(&self, at: Millis) -> Millis {
        self.wall(at).max(at)
    }

    /// A stamp of the wall clock, as the daemon takes it in at that time.
    fn taken_in(&self, stamp: Millis, at: Millis) -> Millis {
        moved(stamp, self.ours(at), self.wall(at))
    }
}

/// The daemon's end of it.
struct Daemon<'a> {
    trouble: &'a Trouble,
    evidence: Evidence,
    launched: Millis,
    /// The newest stamp of the session's status: as the agent wrote it, and on our clock.
    said: Option<(Millis, Millis)>,
}

impl<'a> Daemon<'a> {
    fn start(trouble: &'a Trouble, launched: Millis) -> Daemon<'a> {
        let mut evidence = Evidence::launched(Gives { session: true, hooks: true }, launched);
        evidence.saw_process(Process::Alive { command: Some("claude".into()), suspended: false }, launched + 10);
        Daemon { trouble, evidence, launched, said: None }
    }

    /// A line of a timeline comes in at that time. What the agent stamped, it stamped by the wall clock of then.
    fn receive(&mut self, line: &Value, id: &str, at: Millis) {
        let ours = self.trouble.ours(at);
        if let Some(hook) = line.get("hook") {
            let stamp = self.trouble.taken_in(self.trouble.wall(time(line)), at);
            self.evidence.saw_event(&Claude.parse(hook), id, stamp);
            return;
        }
        match (parse(line["file"].to_string().as_bytes()), line["alive"] == true) {
            (Some(file), true) => {
                let file = self.stamped(file, at);
                self.evidence.saw_session(file, true, ours);
            }
            (Some(_), false) => self.evidence.session_died(ours),
            (None, _) => self.evidence.session_removed(ours),
        }
    }

    fn stamped(&mut self, mut file: AgentSession, at: Millis) -> AgentSession {
        let wall = |stamp: Millis| self.trouble.wall(stamp);
        file.updated_at = file.updated_at.map(|stamp| self.trouble.taken_in(wall(stamp), at));
        if let Some(said) = file.status_updated_at.map(wall) {
            let known = self.said.filter(|(stamp, _)| *stamp == said);
            let (_, ours) = *self.said.insert(known.unwrap_or_else(|| (said, self.trouble.taken_in(said, at))));
            file.status_updated_at = Some(ours);
        }
        file
    }

    /// Lets time pass, and looks at the screen whenever that is wished for.
    fn settle(&mut self, screen: &str, from: Millis) -> (String, String) {
        let rules = Rules::of(Some(Claude.screen_rules()), None).unwrap();
        let (mut now, end, mut looked) = (from, from + QUIET, false);
        while now < end {
            let verdict = detect(&self.evidence, now);
            if verdict.read_screen {
                self.evidence.saw_screen(classify(&rules, screen, Beside::default()), (80, 24), !looked, now);
                looked = true;
            }
            now = verdict.recheck_at.unwrap_or(end).clamp(now + 200, end);
        }
        let verdict = detect(&self.evidence, end);
        (word(&verdict), verdict.rule)
    }
}

/// What the client's screen shows in that state.
fn screen(truth: &str, before: &[&Value]) -> String {
    let asked = before.iter().rev().filter_map(|line| line.get("hook"));
    let asked = asked.into_iter().find(|hook| hook["hook_event_name"] == "PermissionRequest");
    let command = asked.and_then(|hook| hook["tool_input"]["command"].as_str()).unwrap_or("touch x");
    let dialog =
        |title: &str, rows: &str| format!("{}\n {title}\n\n{rows}\n\n Enter to select · Esc to cancel", "─".repeat(22));
    match truth {
        "busy" => box_under("❯ go\n✻ Whirring… (5s)", "esc to interrupt"),
        "waiting/permission" => permission_screen(command),
        "waiting/plan" => dialog("Ready to code?\n Would you like to proceed?", " ❯ 1. Yes\n   2. No"),
        "waiting/question" => dialog("Which one?", " ❯ 1. Red\n   2. Blue\n   3. Type something."),
        "waiting/dialog" => dialog("Select model", " ❯ 1. Default\n   2. Other"),
        "error/rate_limit" => box_under("❯ go\n● API Error: Request rejected (429)", "? for shortcuts"),
        "error/server" => box_under("❯ go\n● API Error: 500 x", "? for shortcuts"),
        "error/request" => box_under("❯ go\n● API Error: 400 x", "? for shortcuts"),
        "login_required" => box_under("❯ go\n● Please run /login · API Error: 401 x", "? for shortcuts"),
        _ => box_under("❯ go\n● Done.", "? for shortcuts"),
    }
}

/// Plays a case; why it is wrong.
fn play(case: u64, timelines: &[(String, Vec<Value>)]) -> Result<(), String> {
    let mut dice = Dice::of(case);
    let (name, lines) = &timelines[dice.below(timelines.len() as u64) as usize];
    let marks: Vec<usize> = (0..lines.len()).filter(|place| lines[*place]["is"].is_string()).collect();
    let mark = dice.pick(&marks);
    let truth = lines[mark]["is"].as_str().unwrap();
    let before: Vec<&Value> = lines[..mark].iter().filter(|line| !line["is"].is_string()).collect();
    let (begin, over) = (time(&lines[0]), time(&lines[mark]));
    let trouble = Trouble::of(&mut dice, begin, over);

    let mut landing: Vec<(Millis, usize)> = Vec::new();
    for (place, line) in before.iter().enumerate() {
        let lost = if line.get("hook").is_some() { trouble.hooks_lost } else { trouble.changes_lost };
        if dice.chance(lost) {
            continue;
        }
        let most = if line.get("hook").is_some() { trouble.delay } else { trouble.delay.min(READ_LATE) };
        for _ in 0..=u64::from(dice.chance(trouble.twice)) {
            landing.push((time(line) + dice.below(most) as Millis, place));
        }
    }
    landing.sort_unstable();
    let mut daemon = Daemon::start(&trouble, begin - 1_000);
    let mut restart = trouble.restart;
    for (at, place) in &landing {
        if restart.take_if(|when| *when <= *at).is_some() {
            daemon = Daemon::start(&trouble, daemon.launched);
        }
        daemon.receive(before[*place], &place.to_string(), *at);
    }
    // What lies on the disk and what the kernel knows is found in the end, whatever was missed before.
    let quiet = landing.last().map_or(over, |(at, _)| (*at).max(over));
    if let Some(last) = before.iter().rev().find(|line| line.get("file").is_some()) {
        match truth {
            "exited" => daemon.evidence.saw_process(Process::Dead { code: Some(0), signal: None }, trouble.ours(quiet)),
            _ => daemon.receive(last, "last", quiet),
        }
    }
    let (got, rule) = daemon.settle(&screen(truth, &before), trouble.ours(quiet));
    let is_right = got == truth || got.strip_suffix("/code") == Some(truth);
    is_right
        .then_some(())
        .ok_or_else(|| format!("case {case}: {name}:{}: {got} by `{rule}`, not {truth}; {trouble:?}", mark + 1))
}

#[test]
fn whatever_goes_wrong_on_the_way_the_quiet_verdict_is_right() {
    let timelines = timelines();
    let given = |name: &str| std::env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let cases = given("CASE").map_or(0..given("CASES").unwrap_or(CASES), |case| case..case + 1);
    let wrong: Vec<String> = cases.filter_map(|case| play(case, &timelines).err()).collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
