//! Notifies a person outside of Neovim of what needs them, and does what they press.
//!
//! One task beside everything else: a bus that blocks holds nothing up but further notifications.

mod notified;

use crate::agent::Answer;
use crate::config::{Channel, Notifications};
use crate::contract::{Clicked, Event, Ring};
use crate::core::Core;
use crate::desktop::lines::{FromNotifier, NotificationOrder, NotificationServer};
use crate::desktop::{Desktop, DesktopFailure};
use crate::notifications::{Notification, NotificationQueue, NotificationRules, NotificationText, Notified};
use crate::ops::conversation::answer;
use crate::process;
use crate::status::Millis;
use crate::store::StoreChange;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// With no Neovim to notify and nothing wrong with the desktop, when to try again.
const NOBODY: Duration = Duration::from_secs(30);
const DEFAULT: &str = "default";

/// Runs until the daemon ends.
pub async fn run(core: Weak<Core>, mut changes: UnboundedReceiver<Arc<StoreChange>>) {
    let Some(mut dispatcher) = Dispatcher::begin(&core).await else { return };
    let Some((joined, bus_changed)) = core.upgrade().map(|it| (it.hub.joined(), it.environments.bus_changed())) else {
        return;
    };
    loop {
        let wait = dispatcher.wake.map_or(Millis::MAX, |at| at - crate::clock::now());
        let wait = Duration::from_millis(wait.clamp(0, 60_000) as u64);
        let (mut said, mut is_concerned) = (None, false);
        tokio::select! {
            change = changes.recv() => match change {
                Some(change) => is_concerned |= dispatcher.queue.observe(&change.event, crate::clock::now()),
                None => return,
            },
            next = dispatcher.desktop.next() => said = Some(next),
            () = joined.notified() => dispatcher.retry(),
            () = bus_changed.notified() => dispatcher.retry(),
            () = tokio::time::sleep(wait), if dispatcher.wake.is_some() => {}
        }
        while let Ok(change) = changes.try_recv() {
            is_concerned |= dispatcher.queue.observe(&change.event, crate::clock::now());
        }
        let Some(core) = core.upgrade() else { return };
        dispatcher.receive(&core, said);
        if is_concerned || dispatcher.wake.is_some_and(|at| at <= crate::clock::now()) {
            dispatcher.dispatch(&core).await;
        }
        notified::store(&core, std::mem::take(&mut dispatcher.notified)).await;
    }
}

/// What the loop knows.
struct Dispatcher {
    queue: NotificationQueue,
    desktop: Desktop,
    /// The keys of the buttons of each notification: allow, deny.
    keys: HashMap<u64, [String; 2]>,
    wake: Option<Millis>,
    /// To be kept for the next daemon. What is still on the screen is not: it goes with this process, and the next one
    /// shows it again.
    notified: Vec<Notified>,
    /// Why the desktop could not be reached, as the log says it: once.
    fault: Option<String>,
}

impl Dispatcher {
    async fn begin(core: &Weak<Core>) -> Option<Dispatcher> {
        let core = core.upgrade()?;
        let known = notified::load(&core).await;
        let (tasks, requests, notified) =
            known.inspect_err(|error| log::error!("there are no notifications: {error}")).ok()?;
        let now = crate::clock::now();
        Some(Dispatcher {
            queue: NotificationQueue::new(tasks, requests, &notified, now),
            desktop: Desktop::new(core.state.program()),
            keys: HashMap::new(),
            wake: Some(now),
            notified: Vec::new(),
            fault: None,
        })
    }

    /// There may be another way to notify.
    fn retry(&mut self) {
        self.queue.release();
        self.wake = Some(crate::clock::now());
    }

    /// Takes away what is over and shows what is due.
    async fn dispatch(&mut self, core: &Arc<Core>) {
        let mut said = Vec::new();
        for id in self.queue.remove_obsolete() {
            self.keys.remove(&id);
            self.desktop.close(id, &mut said).await;
        }
        self.receive(core, said);
        let mut configured = BTreeMap::new();
        for project in self.queue.projects() {
            let loaded = core.config_of(&project).await;
            configured.insert(project, loaded.config.notifications);
        }
        if configured.is_empty() {
            self.wake = None;
            return;
        }
        let rules: BTreeMap<&str, NotificationRules> =
            configured.iter().map(|(project, configured)| (project.as_str(), configured.rules())).collect();
        let minute = match rules.values().any(|rules| rules.quiet.is_some()) {
            true => minute_of_day(core).await,
            false => 0,
        };
        let now = crate::clock::now();
        let unconfigured = Notifications::default().rules();
        let rules_of = |project: &str| rules.get(project).unwrap_or(&unconfigured);
        let due = self.queue.due(now, minute, &core.hub.on_screen(), rules_of);
        self.wake = due.next;
        self.notified.extend(due.settled);
        if let Some(notification) = due.notification {
            let project = notification.members.first().map(|member| member.task.project.clone()).unwrap_or_default();
            let configured = configured.remove(&project).unwrap_or_default();
            if let Err((notification, pause)) = self.notify(core, &project, notification, &configured).await {
                let until = now + Millis::try_from(pause.as_millis()).unwrap_or(Millis::MAX / 2);
                self.queue.put_back(notification, until);
                self.wake = Some(self.wake.map_or(until, |wake| wake.min(until)));
            }
        }
    }

    /// Notifies by one channel. Where that is not possible, the notification is given back, with the time until another
    /// try.
    async fn notify(
        &mut self,
        core: &Arc<Core>,
        project: &str,
        notification: Notification,
        configured: &Notifications,
    ) -> Result<(), (Notification, Duration)> {
        let text = notification.text();
        let mut pause = NOBODY;
        if matches!(configured.channel, Channel::Auto | Channel::Desktop) {
            let mut said = Vec::new();
            let shown = self.show(core, &notification, &text, configured.buttons, &mut said).await;
            // What was there before this one: all of it may be gone.
            self.receive(core, said);
            match shown {
                Ok(keys) => {
                    self.fault = None;
                    self.keys.extend(keys.map(|keys| (notification.id, keys)));
                    self.queue.shown(notification, crate::clock::now());
                    return Ok(());
                }
                Err(failure) => {
                    if self.fault.as_ref() != Some(&failure.why) {
                        log::info!("no notifications on the desktop: {}", failure.why);
                    }
                    (self.fault, pause) = (Some(failure.why), failure.pause);
                }
            }
        }
        let by = configured.terminal.word().to_owned();
        let ring = Event::Ring(Ring { title: text.title, body: text.body, by });
        if matches!(configured.channel, Channel::Auto | Channel::Terminal) && core.hub.notify_anybody(project, &ring) {
            let now = crate::clock::now();
            self.queue.notified(&notification, now);
            self.notified.extend(notification.notified(now));
            return Ok(());
        }
        Err((notification, pause))
    }

    /// Shows it on the desktop; the keys of its buttons.
    async fn show(
        &mut self,
        core: &Arc<Core>,
        notification: &Notification,
        text: &NotificationText,
        wants_buttons: bool,
        said: &mut Vec<FromNotifier>,
    ) -> Result<Option<[String; 2]>, DesktopFailure> {
        let server = self.desktop.server(&core.environments.bus(), said).await?;
        let mut buttons = vec![(DEFAULT.to_owned(), "Open".to_owned())];
        let answers = wants_buttons && text.is_whole && notification.request().is_some() && may_answer(core, &server);
        let keys = answers.then(|| ["allow", "deny"].map(|word| format!("{word}-{}", uuid::Uuid::new_v4().simple())));
        buttons.extend(keys.iter().flatten().cloned().zip(["Allow".to_owned(), "Deny".to_owned()]));
        let (id, owner) = (notification.id, server.owner);
        let (title, body) = (text.title.clone(), text.body.clone());
        self.desktop.show(NotificationOrder { id, owner, title, body, buttons }, said).await?;
        Ok(keys)
    }

    /// A person did something, or what was shown is gone.
    fn receive(&mut self, core: &Arc<Core>, said: impl IntoIterator<Item = FromNotifier>) {
        for said in said {
            match said {
                FromNotifier::Pressed { id, key } => self.press(core, id, &key),
                FromNotifier::Closed { id } => {
                    self.keys.remove(&id);
                    let closed = self.queue.closed(id);
                    self.notified.extend(closed.iter().flat_map(|closed| closed.notified(crate::clock::now())));
                }
                FromNotifier::Lost => {
                    self.keys.clear();
                    self.queue.all_closed();
                    self.wake = Some(crate::clock::now());
                }
                FromNotifier::Server(_) | FromNotifier::Shown { .. } | FromNotifier::Failed { .. } => {}
            }
        }
    }

    fn press(&mut self, core: &Arc<Core>, id: u64, key: &str) {
        let keys = self.keys.remove(&id);
        let allows = keys.as_ref().and_then(|keys| keys.iter().position(|it| it == key)).map(|place| place == 0);
        if allows.is_none() && key != DEFAULT {
            log::warn!("a notification was answered by a button that it does not have");
            return;
        }
        let Some(notification) = self.queue.acted_on(id) else { return };
        let now = crate::clock::now();
        self.notified.extend(notification.notified(now));
        // What else waits for this person comes now.
        self.wake = Some(now);
        match (allows, notification.request().cloned()) {
            (Some(allows), Some(request)) => {
                let (core, working) = (core.clone(), core.hub.work());
                tokio::spawn(async move {
                    let answer = if allows { Answer::Allow { always: None } } else { Answer::Deny { reason: None } };
                    if let Err(error) = answer::by_notification(&core, &request, answer).await {
                        log::info!("a notification's answer was not given: {error}");
                        core.warn(&request.project, &format!("a notification's answer was not given: {error}"));
                    }
                    drop(working);
                });
            }
            _ => open(core, &notification),
        }
    }
}

/// In the newest Neovim of the project, and in no other.
fn open(core: &Core, notification: &Notification) {
    let clicked = match notification.members.as_slice() {
        [one] => Clicked {
            task: Some(one.task.uuid.clone()),
            request: one.request.as_ref().map(|request| request.id.clone()),
        },
        _ => Clicked { task: None, request: None },
    };
    let clicked = Event::Clicked(clicked);
    // The first is the most urgent, unless only another one's project has a Neovim.
    let mut projects = notification.members.iter().map(|member| member.task.project.as_str());
    projects.find(|project| core.hub.notify_newest(project, &clicked));
}

/// Whether the server may show buttons that answer. An agent must not answer itself, so its process must be known, and
/// neither it nor an ancestor may be of a task.
fn may_answer(core: &Core, server: &NotificationServer) -> bool {
    let lineage = server.pid.map(process::lineage).unwrap_or_default();
    let has_mark = || lineage.iter().any(|process| process::variable_of(process.pid, "CHORUS_TASK").is_some());
    server.buttons && !lineage.is_empty() && core.panes.holding(&lineage).is_empty() && !has_mark()
}

async fn minute_of_day(core: &Core) -> u16 {
    let Ok(store) = core.store() else { return 0 };
    store.read(|tx| tx.minute_of_day()).await.unwrap_or_default()
}
