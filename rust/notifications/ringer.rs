//! What happened and nobody has been told of yet, and what is shown now. It hears every change of the store.

use super::decision::{Decision, Dropped, Facts, Rules, decide};
use super::{Occasion, Words};
use crate::contract::{Event, Opened};
use crate::status::{AgentStatus, Kind, Millis};
use crate::task::{AlertKind, Task};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A pause this long ends a row of notifications: the next one comes at once again.
const CALM: Millis = 60_000;
/// The time between two notifications in a row doubles this often at most.
const DOUBLED: u32 = 6;
/// Occasions that wait; more are a flood, of which one line tells enough.
const MOST: usize = 2_000;

/// One task's part of a notification.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The task as it was then.
    pub task: Task,
    /// What happened.
    pub occasion: Occasion,
    /// The request as it was then.
    pub request: Option<Opened>,
    /// The agent's last message, where a turn ended.
    pub message: Option<String>,
    /// When it happened.
    pub since: Millis,
}

/// A notification.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Identity, growing.
    pub id: u64,
    /// What it is about; several tasks together, or one.
    pub members: Vec<Member>,
}

impl Shown {
    /// Its words.
    pub fn words(&self) -> Words {
        Words::of(&self.members)
    }

    /// The one request that it is about.
    pub fn request(&self) -> Option<&Opened> {
        match self.members.as_slice() {
            [one] => one.request.as_ref(),
            _ => None,
        }
    }
}

/// What is to be done now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Due {
    /// To be shown.
    pub show: Option<Shown>,
    /// When to ask again, where something waits.
    pub next: Option<Millis>,
}

#[derive(Clone, Debug)]
struct Occurrence {
    task: String,
    occasion: Occasion,
    request: Option<String>,
    message: Option<String>,
    since: Millis,
}

/// The times between notifications in a row.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    last: Option<Millis>,
    count: u32,
}

impl Row {
    fn free_at(self, merge: Millis) -> Millis {
        self.last.map_or(Millis::MIN, |last| last + merge * (1 << self.count.min(DOUBLED)))
    }

    fn rang(&mut self, now: Millis, merge: Millis) {
        let is_calm = now >= self.free_at(merge).saturating_add(CALM);
        *self = Row { last: Some(now), count: if is_calm { 0 } else { self.count + 1 } };
    }
}

/// What was heard, what waits, what is shown.
#[derive(Debug, Default)]
pub struct Ringer {
    tasks: HashMap<String, Task>,
    requests: HashMap<String, Opened>,
    waiting: Vec<Occurrence>,
    shown: BTreeMap<u64, Shown>,
    rang: HashMap<String, Millis>,
    row: Row,
    /// Nothing can be shown before.
    held: Millis,
    next: u64,
}

impl Ringer {
    /// Knows these tasks and open requests. Requests younger than `recent` wait: a daemon that was killed may not have
    /// told of them.
    pub fn new(tasks: Vec<Task>, requests: Vec<Opened>, now: Millis, recent: Millis) -> Ringer {
        let tasks = tasks.into_iter().map(|task| (task.uuid.clone(), task)).collect();
        let mut ringer = Ringer { tasks, ..Ringer::default() };
        for request in requests {
            if request.opened_at >= now - recent {
                ringer.occur(&request.task, Occasion::Request, Some(&request.id), None, now);
            }
            ringer.requests.insert(request.id.clone(), request);
        }
        ringer
    }

    /// Hears of a change.
    pub fn hear(&mut self, event: &Event, now: Millis) {
        match event {
            Event::TaskChanged(task) => self.hear_task(task, now),
            Event::TaskDeleted(gone) => self.forget(&gone.uuid),
            Event::RequestOpened(request) => self.hear_request(request, now),
            Event::RequestClosed(request) => _ = self.requests.remove(&request.id),
            Event::TurnEnded(ended) => {
                self.waiting.retain(|old| !(old.task == ended.uuid && old.occasion == Occasion::Turn));
                self.occur(&ended.uuid, Occasion::Turn, None, ended.message.clone(), now);
            }
            _ => {}
        }
    }

    fn hear_task(&mut self, task: &Task, now: Millis) {
        let before = self.tasks.insert(task.uuid.clone(), task.clone());
        if before.as_ref().is_some_and(|before| before.revision > task.revision) {
            self.tasks.extend(before.map(|before| (before.uuid.clone(), before)));
            return;
        }
        let was = |has: fn(&Task) -> bool| before.as_ref().is_some_and(has);
        if has_failed(task) && !was(has_failed) {
            self.occur(&task.uuid, Occasion::Error, None, None, now);
        }
        if has_lost_prompt(task) && !was(has_lost_prompt) {
            self.occur(&task.uuid, Occasion::Prompt, None, None, now);
        }
    }

    fn hear_request(&mut self, request: &Opened, now: Millis) {
        let before = self.requests.insert(request.id.clone(), request.clone());
        if before.is_none_or(|before| !is_same_request(&before, request)) {
            self.waiting.retain(|old| old.request.as_ref() != Some(&request.id));
            self.occur(&request.task, Occasion::Request, Some(&request.id), None, now);
        }
    }

    fn forget(&mut self, task: &str) {
        self.tasks.remove(task);
        self.rang.remove(task);
        self.requests.retain(|_, request| request.task != task);
        self.waiting.retain(|old| old.task != task);
    }

    fn occur(&mut self, task: &str, occasion: Occasion, request: Option<&str>, message: Option<String>, since: Millis) {
        if self.waiting.len() < MOST {
            let (task, request) = (task.to_owned(), request.map(str::to_owned));
            self.waiting.push(Occurrence { task, occasion, request, message, since });
        }
    }

    /// Projects of tasks for which something waits.
    pub fn projects(&self) -> BTreeSet<String> {
        let tasks = self.waiting.iter().filter_map(|waiting| self.tasks.get(&waiting.task));
        tasks.map(|task| task.project.clone()).collect()
    }

    /// What to show now: all that is due together, one occasion a task. `rules` are of a project.
    pub fn due<'r>(
        &mut self,
        now: Millis,
        minute: u16,
        on_screen: &BTreeSet<String>,
        rules: impl Fn(&str) -> &'r Rules,
    ) -> Due {
        let (mut due, mut next) = (Vec::new(), None::<Millis>);
        let mut merge = 0;
        for waiting in std::mem::take(&mut self.waiting) {
            // A task of which nothing is known is gone.
            let Some(task) = self.tasks.get(&waiting.task) else { continue };
            let rules = rules(&task.project);
            let decision = decide(&Facts {
                occasion: waiting.occasion,
                since: waiting.since,
                is_over: self.is_over(&waiting, task),
                is_muted: task.muted,
                is_on_screen: on_screen.contains(&waiting.task),
                rang_at: self.rang.get(&waiting.task).copied(),
                held_until: self.held.max(self.row.free_at(rules.merge)),
                rules,
                now,
                minute,
            });
            match decision {
                Decision::Ring => {
                    merge = merge.max(rules.merge);
                    due.push(waiting);
                }
                Decision::Wait(until) => {
                    next = Some(next.map_or(until, |next| next.min(until)));
                    self.waiting.push(waiting);
                }
                Decision::Drop(Dropped::NotWanted | Dropped::Muted | Dropped::Over | Dropped::OnScreen) => {}
            }
        }
        Due { show: self.show(due, now, merge), next }
    }

    fn show(&mut self, due: Vec<Occurrence>, now: Millis, merge: Millis) -> Option<Shown> {
        let mut chosen: BTreeMap<String, Occurrence> = BTreeMap::new();
        for waiting in due {
            match chosen.get(&waiting.task) {
                // The newest of the most urgent: an older request is in the inbox beside it.
                Some(other) if (other.occasion, other.since) > (waiting.occasion, waiting.since) => {}
                _ => _ = chosen.insert(waiting.task.clone(), waiting),
            }
        }
        let mut members: Vec<Member> = chosen.into_values().filter_map(|waiting| self.member(waiting)).collect();
        members.sort_by_key(|member| (std::cmp::Reverse(member.occasion), member.since));
        if members.is_empty() {
            return None;
        }
        self.rang.extend(members.iter().map(|member| (member.task.uuid.clone(), now)));
        self.row.rang(now, merge);
        self.next += 1;
        let shown = Shown { id: self.next, members };
        self.shown.insert(shown.id, shown.clone());
        Some(shown)
    }

    fn member(&self, waiting: Occurrence) -> Option<Member> {
        let request = waiting.request.as_ref().and_then(|id| self.requests.get(id)).cloned();
        let task = self.tasks.get(&waiting.task)?.clone();
        Some(Member { task, occasion: waiting.occasion, request, message: waiting.message, since: waiting.since })
    }

    fn is_over(&self, waiting: &Occurrence, task: &Task) -> bool {
        !task.status.is_live()
            || match waiting.occasion {
                Occasion::Request => !waiting.request.as_ref().is_some_and(|id| self.requests.contains_key(id)),
                // An error at the end of a turn is told as an error.
                Occasion::Turn => !task.unread || task.agent_status.status == AgentStatus::Busy || has_failed(task),
                Occasion::Error => !has_failed(task),
                Occasion::Prompt => !has_lost_prompt(task),
            }
    }

    /// Shown notifications that are about nothing that still is: they are taken away.
    pub fn take_over(&mut self) -> Vec<u64> {
        let is_over = |shown: &Shown| shown.members.iter().all(|member| self.is_past(member));
        let over: Vec<u64> = self.shown.values().filter(|shown| is_over(shown)).map(|shown| shown.id).collect();
        over.iter().for_each(|id| _ = self.shown.remove(id));
        over
    }

    fn is_past(&self, member: &Member) -> bool {
        let Some(task) = self.tasks.get(&member.task.uuid) else { return true };
        let request = member.request.as_ref().map(|request| request.id.clone());
        let is_other = member
            .request
            .as_ref()
            .is_some_and(|request| self.requests.get(&request.id).is_some_and(|now| !is_same_request(now, request)));
        let (uuid, occasion) = (task.uuid.clone(), member.occasion);
        is_other || self.is_over(&Occurrence { task: uuid, occasion, request, message: None, since: 0 }, task)
    }

    /// It is shown no more.
    pub fn gone(&mut self, id: u64) {
        self.shown.remove(&id);
    }

    /// None is shown any more.
    pub fn all_gone(&mut self) {
        self.shown.clear();
    }

    /// A person acted on it: what its tasks ask next need not wait.
    pub fn acted_on(&mut self, id: u64) -> Option<Shown> {
        let shown = self.shown.remove(&id)?;
        shown.members.iter().for_each(|member| _ = self.rang.remove(&member.task.uuid));
        Some(shown)
    }

    /// It could not be shown: its occasions wait again, until then.
    pub fn hold(&mut self, id: u64, until: Millis) {
        self.held = self.held.max(until);
        for member in self.acted_on(id).map(|shown| shown.members).unwrap_or_default() {
            let request = member.request.map(|request| request.id);
            let (task, occasion) = (member.task.uuid, member.occasion);
            self.waiting.push(Occurrence { task, occasion, request, message: member.message, since: member.since });
        }
    }
}

/// Whether what a person would allow is the same.
pub fn is_same_request(one: &Opened, other: &Opened) -> bool {
    let said = |request: &Opened| (request.kind, request.tool.clone(), request.summary.clone(), request.cut);
    said(one) == said(other) && one.input == other.input && one.answerable == other.answerable
}

fn has_failed(task: &Task) -> bool {
    let state = &task.agent_status;
    let has_ended = state.status == AgentStatus::Exited && state.kind != Some(Kind::Suspended);
    task.status.is_live() && (has_ended || matches!(state.status, AgentStatus::Error | AgentStatus::LoginRequired))
}

fn has_lost_prompt(task: &Task) -> bool {
    task.alerts.iter().any(|alert| alert.kind == AlertKind::Prompt)
}

#[cfg(test)]
mod tests;
