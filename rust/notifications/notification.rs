//! A notification: the tasks and occasions that it is about.

use super::{NotificationText, Notified, Occasion};
use crate::contract::Opened;
use crate::status::Millis;
use crate::task::{AlertKind, Task};

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

impl Member {
    fn notified(&self, now: Millis) -> Notified {
        let request = self.request.as_ref().map(|request| request.id.as_str());
        Notified {
            task: self.task.uuid.clone(),
            occasion: self.occasion,
            about: about(&self.task, self.occasion, request),
            at: now,
        }
    }
}

/// A notification of one task, or of several together.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// Identity, growing.
    pub id: u64,
    /// One for each task, the most urgent first.
    pub members: Vec<Member>,
    /// The longest `merge` of the members' projects.
    pub(super) merge: Millis,
}

impl Notification {
    /// Its text.
    pub fn text(&self) -> NotificationText {
        NotificationText::of(&self.members)
    }

    /// The one request that it is about.
    pub fn request(&self) -> Option<&Opened> {
        match self.members.as_slice() {
            [one] => one.request.as_ref(),
            _ => None,
        }
    }

    /// What a person was notified of, once it was on the screen.
    pub fn notified(&self, now: Millis) -> Vec<Notified> {
        self.members.iter().map(|member| member.notified(now)).collect()
    }
}

/// Whether what a person would allow is the same. A new field has to be decided on here.
pub fn is_same_request(one: &Opened, other: &Opened) -> bool {
    let Opened {
        id,
        project: _,
        number: _,
        task,
        kind,
        tool,
        summary,
        input,
        cut,
        suggestions: _,
        folder,
        answerable,
        opened_at: _,
        closed_at: _,
        outcome: _,
    } = one;
    (id, task, kind, tool) == (&other.id, &other.task, &other.kind, &other.tool)
        && (summary, input, cut) == (&other.summary, &other.input, &other.cut)
        && (folder, answerable) == (&other.folder, &other.answerable)
}

/// Identity of an occasion among those of its task: the request, or the text of the alert.
pub(super) fn about(task: &Task, occasion: Occasion, request: Option<&str>) -> String {
    match occasion {
        Occasion::Request => request.unwrap_or_default().to_owned(),
        Occasion::Prompt => {
            let alert = task.alerts.iter().find(|alert| alert.kind == AlertKind::Prompt);
            alert.map(|alert| alert.text.clone()).unwrap_or_default()
        }
        Occasion::Turn | Occasion::Error => String::new(),
    }
}
