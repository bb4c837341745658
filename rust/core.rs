//! What the daemon's parts share: the store, the connected Neovims, and who waits for what. It makes no decisions.

pub(crate) mod answers;
pub(crate) mod configurations;
pub(crate) mod documents;
mod environments;
mod execs;
pub(crate) mod fact;
mod inboxes;
pub(crate) mod live;
mod locks;
mod panes;
mod terminals;
pub(crate) mod trees;
pub mod writes;

pub use environments::Environments;
pub use execs::Execs;
pub use inboxes::{Ending, Inboxes};
pub use locks::TaskLocks;
pub use panes::Panes;

use crate::config::{self, Loaded};
use crate::contract::{ConfigurationFault, Environment, Event, Notice};
use crate::environment;
use crate::error::Result;
use crate::hub::Hub;
use crate::hub::outbox::Outbox;
use crate::paths::State;
use crate::process::Identity;
use crate::store::{Store, TrustedFile, Tx};
use crate::task::Task;
use crate::web::WebTerminals;
use answers::Answers;
use configurations::Configurations;
use documents::DocumentShelves;
use fact::Fact;
use inboxes::Senders;
use live::LiveStatuses;
use parking_lot::Mutex;
use std::borrow::Borrow;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use trees::Trees;
use writes::Writes;

/// Everything the daemon has, shared by all connections.
pub struct Core {
    /// Where things are.
    pub state: State,
    /// Why it could not be opened, when it could not: every verb then says so.
    store: Result<Store>,
    /// Connected Neovims.
    pub hub: Arc<Hub>,
    /// Cancelled when the daemon should leave.
    pub stop: CancellationToken,
    /// Hook processes that wait for an answer.
    pub answers: Answers,
    /// What each live task's agent does.
    pub live: LiveStatuses,
    /// Working trees that tasks share.
    pub trees: Trees,
    /// What the kernel reported of tasks' writes.
    pub writes: Writes,
    /// Documents of projects.
    pub documents: Arc<DocumentShelves>,
    /// Web terminals.
    pub web: WebTerminals,
    configurations: Configurations,
    /// What clients brought for the programs that Chorus starts.
    pub environments: Environments,
    senders: Senders,
    inboxes: Mutex<Option<Inboxes>>,
    /// What `chorus exec` is to run.
    pub execs: Execs,
    /// The programs in live tasks' panes.
    pub panes: Panes,
    /// tmux servers that were seen.
    tmux_servers_seen: crate::tmux::Servers,
    /// One verb at a time a task.
    pub verbs: TaskLocks,
    /// One delivery of prompts at a time a task, beside the verbs.
    pub deliveries: TaskLocks,
    /// One at a time takes in spooled events, so that they keep their order.
    pub draining: tokio::sync::Mutex<()>,
    /// Agents that are being restarted, two at a time: after a reboot there may be many.
    pub starting: Arc<tokio::sync::Semaphore>,
}

/// Who asks.
#[derive(Clone, Default)]
pub struct Asker {
    /// The project of the client's folder.
    pub project: String,
    /// The client's folder.
    pub folder: std::path::PathBuf,
    /// What the person uses, for the audit: `Neovim (process 12)`, `a shell`.
    pub client: String,
    /// Where events for this client go, if it listens.
    pub outbox: Option<Arc<Outbox>>,
    /// Cancelled when the client is gone.
    pub gone: CancellationToken,
    /// The task whose output this client watches.
    pub watching: Arc<Mutex<Option<(String, CancellationToken)>>>,
    /// The environment that this client brought.
    pub brought: Arc<Mutex<Option<Environment>>>,
    /// The asking process and its ancestors, where what is asked is for one process only.
    pub lineage: Arc<Vec<Identity>>,
}

impl Asker {
    /// What the person uses, where it says.
    pub fn used(&self) -> Option<String> {
        Some(self.client.clone()).filter(|client| !client.is_empty())
    }
}

impl Core {
    /// Opens the store; a fault in it becomes the error of every request that needs it.
    pub async fn open(state: State) -> Arc<Core> {
        let (senders, inboxes) = inboxes::channels();
        let variables = environment::variables();
        let loaded = config::find(None, &variables).await.load(&variables);
        log::set_max_level(loaded.config.logging.level);
        let store = Store::open_file(&loaded.config.database.file(&state.dir));
        if let Err(error) = &store {
            log::error!("{error}");
        }
        let environments = Environments::new(&state);
        Arc::new(Core {
            state,
            environments,
            store,
            hub: Arc::default(),
            stop: CancellationToken::new(),
            answers: Answers::default(),
            live: LiveStatuses::default(),
            trees: Trees::default(),
            writes: Writes::default(),
            documents: Arc::default(),
            web: WebTerminals::default(),
            configurations: Configurations::default(),
            senders,
            inboxes: Mutex::new(Some(inboxes)),
            execs: Execs::default(),
            panes: Panes::default(),
            tmux_servers_seen: crate::tmux::Servers::default(),
            verbs: TaskLocks::default(),
            deliveries: TaskLocks::default(),
            draining: tokio::sync::Mutex::default(),
            starting: Arc::new(tokio::sync::Semaphore::new(2)),
        })
    }

    /// Whether there is no store to work with and a daemon begun anew would have one. Blocks.
    pub fn could_have_a_store(&self) -> bool {
        let file = || config::read(None, &environment::variables()).config.database.file(&self.state.dir);
        match &self.store {
            Ok(store) => store.damage().is_some() && store.is_another_file(),
            Err(_) => Store::open_file(&file()).is_ok(),
        }
    }

    /// The inboxes, once: the daemon's loops begin with them.
    pub fn take_inboxes(&self) -> Option<Inboxes> {
        self.inboxes.lock().take()
    }

    /// Ends what is the daemon's own; tasks go on.
    pub async fn end(&self) {
        if let Ok(store) = &self.store {
            let ended = async {
                store.write(|tx| tx.end_use()).await?;
                store.settle().await
            };
            if let Err(error) = ended.await {
                log::warn!("{error}");
            }
        }
        self.web.close_all();
    }

    /// The store, or why there is none.
    pub fn store(&self) -> Result<&Store> {
        self.store.as_ref().map_err(Clone::clone)
    }

    /// Reads the store. `about` is lent to `look`, which runs on the store's thread.
    pub async fn read<K, T, F>(&self, about: &K, look: F) -> Result<T>
    where
        K: ToOwned + ?Sized,
        K::Owned: Send + 'static,
        T: Send + 'static,
        F: FnOnce(&Tx<'_>, &K) -> Result<T> + Send + 'static,
    {
        let about = about.to_owned();
        self.store()?.read(move |tx| look(tx, about.borrow())).await
    }

    /// Changes the store in one transaction. `about` is lent to `change`, which runs on the store's thread.
    pub async fn write<K, T, F>(&self, about: &K, change: F) -> Result<T>
    where
        K: ToOwned + ?Sized,
        K::Owned: Send + 'static,
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>, &K) -> Result<T> + Send + 'static,
    {
        let about = about.to_owned();
        self.store()?.write(move |tx| change(tx, about.borrow())).await
    }

    /// As [`Core::write`], and the change is on the disk when this returns.
    pub async fn write_durably<K, T, F>(&self, about: &K, change: F) -> Result<T>
    where
        K: ToOwned + ?Sized,
        K::Owned: Send + 'static,
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>, &K) -> Result<T> + Send + 'static,
    {
        let about = about.to_owned();
        self.store()?.write_durably(move |tx| change(tx, about.borrow())).await
    }

    /// Reports to the monitor.
    pub fn fact(&self, fact: Fact) {
        // The receiver lives as long as the daemon, so a failed send means shutdown.
        let _ = self.senders.facts.send(fact);
    }

    /// Whether any task's tmux session should live.
    pub async fn has_live_tasks(&self) -> bool {
        let Ok(store) = self.store() else { return false };
        store.read(|tx| tx.has_live_tasks()).await.unwrap_or(false)
    }

    /// The task a client means.
    pub async fn task(&self, asker: &Asker, given: &str) -> Result<Task> {
        let given = given.to_owned();
        self.read(&asker.project, move |tx, project| tx.task(project, &given)).await
    }

    /// The effective configuration of a project: a change of its files counts at once, a fault in them does not.
    pub async fn config_of(&self, project: &str) -> Loaded {
        let environment = environment::variables();
        let files = config::find(Some(project.as_ref()), &environment).await;
        let files = files.trusting(self.trusted(project).await);
        let (loaded, is_news) = self.configurations.effective(Some(project), files, &environment);
        // Told once, and to somebody.
        if self.hub.projects().iter().any(|shown| shown == project) {
            for warning in self.configurations.new_warnings(Some(project), &loaded) {
                log::warn!("{warning}");
                self.warn(project, &warning);
            }
        }
        if is_news {
            let fault = configurations::fault(&loaded);
            if let Some(fault) = &fault {
                let holds =
                    if loaded.gap.is_none() { "the last good configuration stays" } else { "no agent is started" };
                log::warn!("{holds}: {fault}");
                self.warn(project, &format!("{holds}: {fault}"));
            }
            self.hub.notify(project, &Event::ConfigurationFault(ConfigurationFault { fault }));
        }
        loaded
    }

    /// The text of the project's file that a person trusts; nothing where the store cannot say.
    pub async fn trusted(&self, project: &str) -> Option<String> {
        if let Some(known) = self.configurations.trusted(project) {
            return known;
        }
        let found = self.read(project, |tx, project| tx.trusted(project)).await.ok()?;
        let text = found.map(|file| file.text);
        self.configurations.set_trusted(project, text.clone());
        text
    }

    /// Trusts this configuration file of a project, or none.
    pub async fn trust(&self, project: &str, file: Option<TrustedFile>) -> Result<()> {
        let text = file.as_ref().map(|file| file.text.clone());
        self.write_durably(project, move |tx, project| match &file {
            Some(file) => tx.trust(project, file),
            None => tx.distrust(project).map(drop),
        })
        .await?;
        self.configurations.set_trusted(project, text);
        Ok(())
    }

    /// As [`Core::config_of`], to act on: refused where the values are only a part of what the person wrote.
    pub async fn whole_config_of(&self, project: &str) -> Result<Loaded> {
        let loaded = self.config_of(project).await;
        loaded.whole().map(|()| loaded)
    }

    /// The effective configuration of the user, without a project's.
    async fn config_of_user(&self) -> Loaded {
        let environment = environment::variables();
        let files = config::find(None, &environment).await;
        let (loaded, is_news) = self.configurations.effective(None, files, &environment);
        if let Some(fault) = configurations::fault(&loaded).filter(|_| is_news) {
            log::warn!("the configuration has a fault: {fault}");
        }
        loaded
    }

    /// Reads the configuration of each project that a Neovim shows: a fault, or its end, is told within a tick.
    pub async fn look_at_configurations(&self) {
        for project in self.hub.projects() {
            self.config_of(&project).await;
        }
    }

    /// Waits for its turn among the verbs on one task, in the order they came.
    pub async fn turn(&self, task: &str) -> tokio::sync::OwnedMutexGuard<()> {
        self.verbs.lock(task).await
    }

    /// The task a client means, once it is this verb's turn: as it is by then, for verbs before may have changed it.
    pub async fn task_in_turn(&self, asker: &Asker, given: &str) -> Result<(Task, tokio::sync::OwnedMutexGuard<()>)> {
        let found = self.task(asker, given).await?;
        let turn = self.turn(&found.uuid).await;
        let task = self.read(&found.uuid, |tx, task| tx.row(task)).await?;
        Ok((task, turn))
    }

    /// Shows a warning in every Neovim of the project.
    pub fn warn(&self, project: &str, text: &str) {
        let notice = Notice { level: "warn".into(), text: text.to_owned(), hint: None };
        self.hub.notify(project, &Event::Notice(notice));
    }

    /// Something of a task ended.
    pub fn ended(&self, end: Ending) {
        // The receiver lives as long as the daemon, so a failed send means shutdown.
        let _ = self.senders.ended.send(end);
    }

    /// The task's agent may be free for what is queued.
    pub fn deliver(&self, task: &str) {
        // The receiver lives as long as the daemon, so a failed send means shutdown.
        let _ = self.senders.free.send(task.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{TaskEdit, TaskNew};
    use crate::store::Defaults;
    use crate::task::Isolation;

    #[tokio::test]
    async fn a_verb_that_waited_for_its_turn_sees_the_task_as_it_is_then() {
        let folder = tempfile::tempdir().unwrap();
        let state = State { dir: folder.path().to_owned() };
        state.create().unwrap();
        let core = Core::open(state).await;
        let asker = Asker {
            project: "/p".into(),
            folder: "/p".into(),
            client: String::new(),
            outbox: None,
            gone: CancellationToken::new(),
            watching: Arc::default(),
            brought: Arc::default(),
            lineage: Arc::default(),
        };
        let defaults = Defaults { agent: "claude".into(), isolation: Isolation::None };
        let new = TaskNew { title: "Before".into(), ..TaskNew::default() };
        let made = core.write("/p", move |tx, project| tx.create(project, new, &defaults)).await.unwrap();
        let turn = core.turn(&made.uuid).await;
        let waiting = core.task_in_turn(&asker, "1");
        let change = async {
            // The other one has found its task by now, and waits.
            core.task(&asker, "1").await.unwrap();
            let edit = TaskEdit { task: "1".into(), title: Some("After".into()), ..TaskEdit::default() };
            core.write("/p", move |tx, project| tx.edit(project, edit)).await.unwrap();
            drop(turn);
        };
        let (found, ()) = tokio::join!(waiting, change);
        assert_eq!(found.unwrap().0.title, "After");
    }
}
