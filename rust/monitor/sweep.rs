//! Asking tmux about all panes at once: when, and what follows. One tmux process a sweep, whatever the number of tasks.

use super::watched::Watched;
use crate::core::Core;
use crate::core::fact::{Fact, Swept};
use crate::detector::screen::{self, Beside};
use crate::evidence::Process;
use crate::status::{AgentStatus, Millis};
use crate::tmux::capture::Shots;
use crate::tmux::{Listing, PaneState, Server, Shot, Wanted};
use std::collections::HashMap;
use std::sync::Arc;

/// Between two listings when no screen is needed: only the safety net below session files, hooks and `pane-died`.
const NET: Millis = 10_000;
/// A server that did not answer, or on which a person looks at a pane, is asked again after this.
const AGAIN: Millis = 1_000;

/// When the next sweep is due.
#[derive(Debug, Default)]
pub struct SweepPlan {
    /// Between two captures of panes whose screen is needed: a screen is at most this old when it is judged.
    every: Millis,
    /// The newest sweep began then.
    last: Millis,
    /// The newest that listed all panes.
    listed: Millis,
    /// Not before this, whatever happens.
    wanted_at: Option<Millis>,
    running: bool,
}

/// What a sweep is to do.
#[derive(Debug)]
pub struct SweepOrder {
    /// Whether to list all panes: twenty formats for each pane are most of a sweep's cost.
    list: bool,
    /// Panes to read.
    screens: Vec<Wanted>,
}

impl SweepPlan {
    /// Looks at needed screens every so often (`[tmux] poll_interval`).
    ///
    /// `pipe-pane` into a process of our own for each pane would be quicker, and costs 3.3 % of a core for 50 panes.
    pub fn every(interval: std::time::Duration) -> SweepPlan {
        SweepPlan { every: interval.as_millis() as Millis, ..SweepPlan::default() }
    }

    /// Something happened that tmux knows more of.
    pub fn now(&mut self) {
        self.wanted_at = Some(0);
    }

    /// A task is new.
    pub fn soon(&mut self) {
        self.wanted_at.get_or_insert(crate::clock::now() + 100);
    }

    /// When the next sweep is due.
    pub fn next(&self, tasks: usize, often: bool) -> Millis {
        if self.running || tasks == 0 {
            return Millis::MAX;
        }
        let listing = self.listed + NET.max(self.every);
        let regular = if often { listing.min(self.last + self.every) } else { listing };
        self.wanted_at.map_or(regular, |at| at.min(regular))
    }

    /// The sweep that is due now, if one is; `often` where a screen is needed or may have to be.
    pub fn due(
        &mut self,
        now: Millis,
        tasks: usize,
        often: bool,
        screens: impl Iterator<Item = Wanted>,
    ) -> Option<SweepOrder> {
        if now < self.next(tasks, often) {
            return None;
        }
        let list = now >= self.next(tasks, false);
        let listed = if list { now } else { self.listed };
        *self = SweepPlan { every: self.every, last: now, listed, wanted_at: None, running: true };
        Some(SweepOrder { list, screens: screens.collect() })
    }
}

/// Asks every tmux server that tasks are on, and comes back as a fact.
pub async fn carry_out(core: Arc<Core>, order: SweepOrder) {
    let began = crate::clock::now();
    let mut answers = Vec::new();
    for tmux in core.tmux_servers().await {
        let (listing, shots) = match order.list {
            true => {
                let (listing, shots) = tmux.sweep(&order.screens, true).await;
                (Some(listing), shots)
            }
            false => match tmux.capture(&order.screens, true).await {
                Ok(shots) => (None, shots),
                Err(error) => (Some(Listing::Silent(error)), Shots::new()),
            },
        };
        answers.push((tmux.socket().to_owned(), listing, shots));
    }
    core.fact(Fact::Swept(Box::new(Swept { began, at: crate::clock::now(), answers })));
}

/// Brings what tmux said into the evidence of each task. Silence is not death.
pub fn apply(tasks: &mut HashMap<String, Watched>, plan: &mut SweepPlan, mut swept: Swept) {
    plan.running = false;
    // What this sweep says of a task that began beside it is nobody's word: it is asked again.
    if tasks.values().any(|watched| watched.since >= swept.began) {
        plan.soon();
    }
    for watched in tasks.values_mut().filter(|watched| watched.since < swept.began) {
        let Some((_, listing, shots)) =
            swept.answers.iter_mut().find(|(socket, ..)| *socket == watched.launched.socket)
        else {
            continue;
        };
        let (mut absent, mut silent) = (false, false);
        match listing {
            None => {}
            Some(Listing::Panes { server, panes }) => {
                let found = panes.iter().find(|pane| is_its(watched, server, pane));
                match found {
                    Some(_) => apply_pane(watched, found, swept.at),
                    None => absent = true,
                }
            }
            Some(Listing::Gone) => absent = true,
            Some(Listing::Silent(error)) => {
                log::warn!("{error}");
                silent = true;
            }
        }
        // Without its pane it is out of reach, and not over while it lives.
        if absent && !watched.is_alive() {
            apply_pane(watched, None, swept.at);
        } else if absent || silent {
            watched.evidence.tmux_silent(swept.at);
            watched.dirty = true;
            plan.wanted_at = Some(swept.at + AGAIN);
        }
        let pane = &watched.launched.pane;
        if let Some(shot) = shots.get(&pane.pane).filter(|shot| pane.is_on(&shot.server)) {
            apply_shot(watched, shot, swept.began);
        }
    }
    // Whether a person looks at a pane decides whether the end of its turn was seen.
    if tasks.values().any(|watched| watched.attached) {
        plan.wanted_at.get_or_insert(swept.at + AGAIN);
    }
}

/// A screen in motion is judged again when it comes to rest or shows something else, and not at each step.
fn apply_shot(watched: &mut Watched, shot: &Shot, at: Millis) {
    let text = shot.lines.join("\n");
    let before = watched.evidence.screen.as_ref().map(|screen| screen.reading.clone());
    let changed = text != watched.capture;
    let reading = match &before {
        Some(reading) if !changed => reading.clone(),
        _ => screen::classify(&watched.launched.rules, &text, Beside::default()),
    };
    let moves_on = watched.state.status == AgentStatus::Busy && watched.gives_only_a_screen();
    watched.dirty |= watched.wants_screen || before.as_ref() != Some(&reading) || changed && !moves_on;
    watched.evidence.saw_screen(reading, (shot.columns, shot.rows), changed, at);
    watched.capture = text;
}

fn is_its(watched: &Watched, server: &Server, pane: &PaneState) -> bool {
    let ours = &watched.launched.pane;
    ours.is_on(server) && ours.pane == pane.pane && pane.task == watched.launched.task
}

fn apply_pane(watched: &mut Watched, pane: Option<&PaneState>, at: Millis) {
    let process = match pane {
        None => Process::Gone,
        Some(pane) if pane.dead => Process::Dead { code: pane.code, signal: pane.signal },
        Some(pane) => Process::Alive {
            command: Some(pane.command.clone()).filter(|command| !command.is_empty()),
            suspended: watched.is_suspended(),
        },
    };
    let attached = pane.is_some_and(|pane| pane.attached > 0);
    let known = watched.evidence.process.as_ref().map(|fact| &fact.process);
    if known != Some(&process) || watched.evidence.silent_since.is_some() {
        watched.dirty = true;
    }
    // tmux counts activity in seconds: something written in the second of the capture may be newer than it.
    let looked = watched.evidence.screen.as_ref().map(|screen| crate::clock::to_wall(screen.at) / 1000);
    if pane.zip(looked).is_some_and(|(pane, looked)| pane.activity >= looked) {
        watched.evidence.screen_disturbed(at);
    }
    watched.evidence.saw_process(process, at);
    watched.attached = attached;
}
