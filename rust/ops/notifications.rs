//! Tells a person outside of Neovim what needs them, and does what they press.
//!
//! One task beside everything else: a bus that blocks holds nothing up but further notifications.

use crate::agent::Answer;
use crate::config::{Channel, Notifications};
use crate::contract::{Clicked, Event, Ring};
use crate::core::Core;
use crate::desktop::lines::{Heard, Server, Show};
use crate::desktop::{Desktop, Failure};
use crate::notifications::{Ringer, Rules, Shown, Words};
use crate::ops::conversation::answer;
use crate::process;
use crate::status::Millis;
use crate::store::{Filter, StoreChange};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// A daemon that begins tells of requests that opened so shortly before.
const RECENT: Millis = 60_000;
/// With no Neovim to tell and nothing wrong with the desktop, when to look again.
const NOBODY: Duration = Duration::from_secs(30);
const DEFAULT: &str = "default";

/// Runs until the daemon ends.
pub async fn run(core: Weak<Core>, mut changes: UnboundedReceiver<Arc<StoreChange>>) {
    let Some(mut bell) = Bell::begin(&core).await else { return };
    loop {
        let wait = bell.wake.map_or(Millis::MAX, |at| at - crate::clock::now());
        let wait = Duration::from_millis(wait.clamp(0, 60_000) as u64);
        let mut heard = None;
        tokio::select! {
            change = changes.recv() => match change {
                Some(change) => bell.ringer.hear(&change.event, crate::clock::now()),
                None => return,
            },
            said = bell.desktop.next() => heard = Some(said),
            () = tokio::time::sleep(wait), if bell.wake.is_some() => {}
        }
        while let Ok(change) = changes.try_recv() {
            bell.ringer.hear(&change.event, crate::clock::now());
        }
        let Some(core) = core.upgrade() else { return };
        if let Some(heard) = heard {
            bell.receive(&core, heard).await;
        }
        bell.ring(&core).await;
    }
}

/// What the loop knows.
struct Bell {
    ringer: Ringer,
    desktop: Desktop,
    /// The keys of the buttons of each notification: allow, deny. Nobody can guess them, so a signal that an agent sends
    /// over the bus presses nothing.
    keys: HashMap<u64, [String; 2]>,
    wake: Option<Millis>,
    /// Why the desktop could not be reached, as the log says it: once.
    fault: Option<String>,
}

impl Bell {
    async fn begin(core: &Weak<Core>) -> Option<Bell> {
        let core = core.upgrade()?;
        let known =
            core.store().ok()?.read(|tx| Ok((tx.tasks(None, &Filter::default())?, tx.open_requests(None)?))).await;
        let (tasks, requests) = known.inspect_err(|error| log::error!("there are no notifications: {error}")).ok()?;
        let now = crate::clock::now();
        Some(Bell {
            ringer: Ringer::new(tasks, requests, now, RECENT),
            desktop: Desktop::new(core.state.program()),
            keys: HashMap::new(),
            wake: Some(now),
            fault: None,
        })
    }

    /// Takes away what is over and shows what is due.
    async fn ring(&mut self, core: &Arc<Core>) {
        for id in self.ringer.take_over() {
            self.keys.remove(&id);
            self.desktop.close(id).await;
        }
        let mut configured = BTreeMap::new();
        for project in self.ringer.projects() {
            let loaded = core.config_of(&project).await;
            configured.insert(project, loaded.config.notifications);
        }
        if configured.is_empty() {
            self.wake = None;
            return;
        }
        let rules: BTreeMap<&str, Rules> =
            configured.iter().map(|(project, configured)| (project.as_str(), configured.rules())).collect();
        let minute = match rules.values().any(|rules| rules.quiet.is_some()) {
            true => minute_of_day(core).await,
            false => 0,
        };
        let now = crate::clock::now();
        let unconfigured = Notifications::default().rules();
        let rules_of = |project: &str| rules.get(project).unwrap_or(&unconfigured);
        let due = self.ringer.due(now, minute, &core.hub.on_screen(), rules_of);
        self.wake = due.next;
        if let Some(shown) = due.show {
            let project = shown.members.first().map(|member| member.task.project.clone()).unwrap_or_default();
            let configured = configured.remove(&project).unwrap_or_default();
            if let Err(pause) = self.tell(core, &project, &shown, &configured).await {
                let until = now + Millis::try_from(pause.as_millis()).unwrap_or(Millis::MAX / 2);
                self.ringer.hold(shown.id, until);
                self.wake = Some(self.wake.map_or(until, |wake| wake.min(until)));
            }
        }
    }

    /// Tells by one channel; when to try again where nobody can be told.
    async fn tell(
        &mut self,
        core: &Arc<Core>,
        project: &str,
        shown: &Shown,
        configured: &Notifications,
    ) -> Result<(), Duration> {
        let words = shown.words();
        let mut pause = NOBODY;
        if matches!(configured.channel, Channel::Auto | Channel::Desktop) {
            match self.on_desktop(core, shown, &words, configured.buttons).await {
                Ok(()) => return Ok(()),
                Err(failure) => pause = failure.pause,
            }
        }
        let by = configured.terminal.word().to_owned();
        let ring = Event::Ring(Ring { title: words.title, body: words.body, by });
        if matches!(configured.channel, Channel::Auto | Channel::Terminal) && core.hub.notify_anybody(project, &ring) {
            self.ringer.gone(shown.id);
            return Ok(());
        }
        Err(pause)
    }

    async fn on_desktop(
        &mut self,
        core: &Arc<Core>,
        shown: &Shown,
        words: &Words,
        wants_buttons: bool,
    ) -> Result<(), Failure> {
        let mut heard = Vec::new();
        let told = self.show(core, shown, words, wants_buttons, &mut heard).await;
        for heard in heard {
            self.receive(core, heard).await;
        }
        match &told {
            Ok(()) => self.fault = None,
            Err(Failure { why, .. }) if self.fault.as_ref() != Some(why) => {
                log::info!("no notifications on the desktop: {why}");
                self.fault = Some(why.clone());
            }
            Err(_) => {}
        }
        told
    }

    async fn show(
        &mut self,
        core: &Arc<Core>,
        shown: &Shown,
        words: &Words,
        wants_buttons: bool,
        heard: &mut Vec<Heard>,
    ) -> Result<(), Failure> {
        let server = self.desktop.server(&core.environments.bus()).await?;
        let mut buttons = vec![(DEFAULT.to_owned(), "Open".to_owned())];
        if wants_buttons && server.buttons && words.is_whole && shown.request().is_some() && !is_of_agent(core, &server)
        {
            let keys = ["allow", "deny"].map(|word| format!("{word}-{}", uuid::Uuid::new_v4().simple()));
            buttons.extend(keys.iter().cloned().zip(["Allow".to_owned(), "Deny".to_owned()]));
            self.keys.insert(shown.id, keys);
        }
        let (title, body) = (words.title.clone(), words.body.clone());
        self.desktop.show(Show { id: shown.id, title, body, buttons }, heard).await
    }

    /// A person did something, or what was shown is gone.
    async fn receive(&mut self, core: &Arc<Core>, heard: Heard) {
        match heard {
            Heard::Pressed { id, key } => self.press(core, id, &key),
            Heard::Closed { id } => {
                self.keys.remove(&id);
                self.ringer.gone(id);
            }
            Heard::Lost => {
                self.keys.clear();
                self.ringer.all_gone();
            }
            Heard::Server(_) | Heard::Shown { .. } | Heard::Failed { .. } => {}
        }
    }

    fn press(&mut self, core: &Arc<Core>, id: u64, key: &str) {
        let keys = self.keys.remove(&id);
        let allows = keys.as_ref().and_then(|keys| keys.iter().position(|it| it == key)).map(|place| place == 0);
        if allows.is_none() && key != DEFAULT {
            log::warn!("a notification was answered by a button that it does not have");
            return;
        }
        let Some(shown) = self.ringer.acted_on(id) else { return };
        match (allows, shown.request().cloned()) {
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
            _ => open(core, &shown),
        }
    }
}

/// In the newest Neovim of the project, and in no other.
fn open(core: &Core, shown: &Shown) {
    let clicked = match shown.members.as_slice() {
        [one] => Clicked {
            task: Some(one.task.uuid.clone()),
            request: one.request.as_ref().map(|request| request.id.clone()),
        },
        _ => Clicked { task: None, request: None },
    };
    let clicked = Event::Clicked(clicked);
    // The first is the most urgent, unless only another one's project has a Neovim.
    let mut projects = shown.members.iter().map(|member| member.task.project.as_str());
    projects.find(|project| core.hub.notify_newest(project, &clicked));
}

/// Whether the server that would show the buttons descends from a task's pane: an agent must not answer itself.
fn is_of_agent(core: &Core, server: &Server) -> bool {
    let Some(pid) = server.pid else { return false };
    let lineage = process::lineage(pid);
    let has_mark = || lineage.iter().any(|process| process::variable_of(process.pid, "CHORUS_TASK").is_some());
    !core.panes.holding(&lineage).is_empty() || has_mark()
}

async fn minute_of_day(core: &Core) -> u16 {
    let Ok(store) = core.store() else { return 0 };
    store.read(|tx| tx.minute_of_day()).await.unwrap_or_default()
}
