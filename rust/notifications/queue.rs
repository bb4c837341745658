//! The occasions that nobody was notified of yet, and the notifications on the screen. It observes every change of the
//! store.

use super::burst::Bursts;
use super::decision::{Decision, Dropped, Facts, NotificationRules, decide};
use super::notification::{Member, Notification, about, is_same_request};
use super::{Notified, Occasion};
use crate::contract::{Event, Opened};
use crate::status::{AgentStatus, Kind, Millis};
use crate::task::{AlertKind, Task};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// More occasions than these do not wait: one line of a notification counts them.
const MOST: usize = 2_000;

/// What is to be done now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Due {
    /// To be shown. Its occasions have left the queue: [`NotificationQueue::put_back`] returns them.
    pub notification: Option<Notification>,
    /// When to ask again, where something waits.
    pub next: Option<Millis>,
    /// Occasions that a person saw without a notification, or wants none of.
    pub settled: Vec<Notified>,
}

#[derive(Clone, Debug)]
struct Occurrence {
    task: String,
    occasion: Occasion,
    request: Option<String>,
    message: Option<String>,
    since: Millis,
}

/// The queue of notifications.
#[derive(Debug, Default)]
pub struct NotificationQueue {
    tasks: HashMap<String, Task>,
    requests: HashMap<String, Opened>,
    waiting: Vec<Occurrence>,
    shown: BTreeMap<u64, Notification>,
    notified_at: HashMap<String, Millis>,
    bursts: Bursts,
    /// Nothing can be shown before.
    held_until: Millis,
    last_id: u64,
}

impl NotificationQueue {
    /// Begins with these tasks and open requests. What needs a person and was not notified by an earlier daemon waits,
    /// from now on: what the store says of an agent may be old.
    pub fn new(tasks: Vec<Task>, requests: Vec<Opened>, notified: &[Notified], now: Millis) -> NotificationQueue {
        let tasks = tasks.into_iter().map(|task| (task.uuid.clone(), task)).collect();
        let requests = requests.into_iter().map(|request| (request.id.clone(), request)).collect();
        let mut queue = NotificationQueue { tasks, requests, ..NotificationQueue::default() };
        let of_request = |request: &Opened| Occurrence {
            task: request.task.clone(),
            occasion: Occasion::Request,
            request: Some(request.id.clone()),
            message: None,
            since: request.opened_at,
        };
        let of_task = |task: &Task| {
            [Occasion::Prompt, Occasion::Error, Occasion::Turn].map(|occasion| Occurrence {
                task: task.uuid.clone(),
                occasion,
                request: None,
                message: task.agent_status.detail.message.clone().filter(|_| occasion == Occasion::Turn),
                // An alert does not say when it came.
                since: if occasion == Occasion::Prompt { 0 } else { task.state_since() },
            })
        };
        let requested = queue.requests.values().map(of_request);
        let mut waiting: Vec<Occurrence> = requested.chain(queue.tasks.values().flat_map(of_task)).collect();
        waiting.retain(|it| queue.is_new(it, notified));
        waiting.sort_by_key(|it| it.since);
        queue.waiting = waiting.into_iter().map(|it| Occurrence { since: now, ..it }).collect();
        queue
    }

    fn is_new(&self, waiting: &Occurrence, notified: &[Notified]) -> bool {
        let Some(task) = self.tasks.get(&waiting.task).filter(|task| !self.is_over(waiting, task)) else {
            return false;
        };
        let about = about(task, waiting.occasion, waiting.request.as_deref());
        let is_it = |it: &Notified| (&it.task, it.occasion, &it.about) == (&waiting.task, waiting.occasion, &about);
        !notified.iter().any(|it| is_it(it) && it.at >= waiting.since)
    }

    /// Takes a change in; whether it concerns anything that waits or is shown.
    pub fn observe(&mut self, event: &Event, now: Millis) -> bool {
        let task = match event {
            Event::TaskChanged(task) => {
                self.observe_task(task, now);
                &task.uuid
            }
            Event::TaskDeleted(gone) => {
                let was_shown = self.concerns(&gone.uuid);
                self.forget(&gone.uuid);
                return was_shown;
            }
            Event::RequestOpened(request) => {
                self.observe_request(request, now);
                &request.task
            }
            Event::RequestClosed(request) => {
                self.requests.remove(&request.id);
                &request.task
            }
            Event::TurnEnded(ended) => {
                self.waiting.retain(|old| !(old.task == ended.uuid && old.occasion == Occasion::Turn));
                self.occur(&ended.uuid, Occasion::Turn, None, ended.message.clone(), now);
                &ended.uuid
            }
            _ => return false,
        };
        self.concerns(task)
    }

    fn concerns(&self, task: &str) -> bool {
        let mut members = self.shown.values().flat_map(|notification| &notification.members);
        self.waiting.iter().any(|it| it.task == task) || members.any(|member| member.task.uuid == task)
    }

    fn observe_task(&mut self, task: &Task, now: Millis) {
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

    fn observe_request(&mut self, request: &Opened, now: Millis) {
        let before = self.requests.insert(request.id.clone(), request.clone());
        if before.is_none_or(|before| !is_same_request(&before, request)) {
            self.waiting.retain(|old| old.request.as_ref() != Some(&request.id));
            self.occur(&request.task, Occasion::Request, Some(&request.id), None, now);
        }
    }

    fn forget(&mut self, task: &str) {
        self.tasks.remove(task);
        self.notified_at.remove(task);
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

    /// What to show now: everything that is due, one occasion of each task. `rules` are those of a project.
    pub fn due<'r>(
        &mut self,
        now: Millis,
        minute: u16,
        on_screen: &BTreeSet<String>,
        rules: impl Fn(&str) -> &'r NotificationRules,
    ) -> Due {
        let mut chosen: BTreeMap<String, (Occurrence, &NotificationRules)> = BTreeMap::new();
        let (mut next, mut settled) = (None::<Millis>, Vec::new());
        let mut wait_until = |until: Millis| next = Some(next.map_or(until, |next| next.min(until)));
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
                notified_at: self.notified_at.get(&waiting.task).copied(),
                held_until: self.held_until.max(self.bursts.free_at(waiting.occasion, rules.merge)),
                rules,
                now,
                minute,
            });
            match decision {
                Decision::Notify => {
                    // The oldest of the most urgent; the others of the task wait for its cooldown.
                    let other = match chosen.remove(&waiting.task) {
                        Some((other, _)) if is_before(&other, &waiting) => {
                            chosen.insert(other.task.clone(), (other, rules));
                            Some(waiting)
                        }
                        other => {
                            chosen.insert(waiting.task.clone(), (waiting, rules));
                            other.map(|(other, _)| other)
                        }
                    };
                    if let Some(other) = other {
                        wait_until(now + rules.cooldown);
                        self.waiting.push(other);
                    }
                }
                Decision::Wait(until) => {
                    wait_until(until);
                    self.waiting.push(waiting);
                }
                Decision::Drop(Dropped::Muted | Dropped::OnScreen) => {
                    let about = about(task, waiting.occasion, waiting.request.as_deref());
                    let (task, occasion) = (waiting.task, waiting.occasion);
                    settled.push(Notified { task, occasion, about, at: now });
                }
                Decision::Drop(Dropped::NotWanted | Dropped::Over) => {}
            }
        }
        let merge = chosen.values().map(|(_, rules)| rules.merge).max().unwrap_or_default();
        let chosen = chosen.into_values().map(|(waiting, _)| waiting);
        Due { notification: self.notification(chosen, merge), next, settled }
    }

    fn notification(&mut self, chosen: impl Iterator<Item = Occurrence>, merge: Millis) -> Option<Notification> {
        let mut members: Vec<Member> = chosen.filter_map(|waiting| self.member(waiting)).collect();
        members.sort_by_key(|member| (std::cmp::Reverse(member.occasion), member.since));
        if members.is_empty() {
            return None;
        }
        self.last_id += 1;
        Some(Notification { id: self.last_id, members, merge })
    }

    fn member(&self, waiting: Occurrence) -> Option<Member> {
        let request = waiting.request.as_ref().and_then(|id| self.requests.get(id)).cloned();
        let task = self.tasks.get(&waiting.task)?.clone();
        Some(Member { task, occasion: waiting.occasion, request, message: waiting.message, since: waiting.since })
    }

    fn is_over(&self, waiting: &Occurrence, task: &Task) -> bool {
        use AgentStatus::{Busy, Starting, Waiting};
        let agent = task.agent_status.status;
        !task.status.is_live()
            || match waiting.occasion {
                Occasion::Request => !waiting.request.as_ref().is_some_and(|id| self.requests.contains_key(id)),
                // The next turn has begun, or an error says more than the end of its turn.
                Occasion::Turn => !task.unread || matches!(agent, Busy | Starting | Waiting) || has_failed(task),
                Occasion::Error => !has_failed(task),
                Occasion::Prompt => !has_lost_prompt(task),
            }
    }

    /// It is on the screen until [`NotificationQueue::closed`] or [`NotificationQueue::remove_obsolete`].
    pub fn shown(&mut self, notification: Notification, now: Millis) {
        self.notified(&notification, now);
        self.shown.insert(notification.id, notification);
    }

    /// A person was notified by something that cannot be taken away.
    pub fn notified(&mut self, notification: &Notification, now: Millis) {
        self.notified_at.extend(notification.members.iter().map(|member| (member.task.uuid.clone(), now)));
        self.bursts.notified(notification, now);
    }

    /// It could not be shown: its occasions wait again, and everything waits until then.
    pub fn put_back(&mut self, notification: Notification, until: Millis) {
        self.held_until = self.held_until.max(until);
        for member in notification.members {
            let request = member.request.map(|request| request.id);
            let (task, occasion) = (member.task.uuid, member.occasion);
            self.waiting.push(Occurrence { task, occasion, request, message: member.message, since: member.since });
        }
    }

    /// There is a new way to show notifications: nothing waits for the old one.
    pub fn release(&mut self) {
        self.held_until = 0;
    }

    /// Shown notifications that are over; they are to be taken away.
    pub fn remove_obsolete(&mut self) -> Vec<u64> {
        let is_over = |notification: &Notification| notification.members.iter().all(|member| self.is_past(member));
        let over: Vec<u64> = self.shown.values().filter(|it| is_over(it)).map(|it| it.id).collect();
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

    /// It is not on the screen any more.
    pub fn closed(&mut self, id: u64) -> Option<Notification> {
        self.shown.remove(&id)
    }

    /// None is on the screen any more, and no person has taken them away: what is not over waits again.
    pub fn all_closed(&mut self) {
        for notification in std::mem::take(&mut self.shown).into_values() {
            let open = |member: &Member| !self.is_past(member);
            let members = notification.members.iter().filter(|member| open(member)).cloned().collect();
            self.put_back(Notification { members, ..notification }, 0);
        }
    }

    /// A person acted on it: a person is there, so what comes next need not wait.
    pub fn acted_on(&mut self, id: u64) -> Option<Notification> {
        let notification = self.shown.remove(&id)?;
        notification.members.iter().for_each(|member| _ = self.notified_at.remove(&member.task.uuid));
        self.bursts = Bursts::default();
        Some(notification)
    }
}

fn is_before(one: &Occurrence, other: &Occurrence) -> bool {
    let rank = |it: &Occurrence| (std::cmp::Reverse(it.occasion), it.since);
    rank(one) <= rank(other)
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
