//! What every part of the daemon shares: the store, the connected Neovims, who waits for what. It decides nothing.

pub(crate) mod answers;
pub(crate) mod configurations;
pub(crate) mod fact;
pub(crate) mod sight;
pub(crate) mod trees;

use crate::config::{self, Loaded};
use crate::contract::{Event, Exec, Notice};
use crate::environment;
use crate::error::Result;
use crate::hub::Hub;
use crate::hub::outbox::Outbox;
use crate::paths::State;
use crate::store::Store;
use crate::task::Task;
use crate::tmux::Tmux;
use crate::web::Web;
use answers::Answers;
use configurations::Configurations;
use fact::Fact;
use parking_lot::Mutex;
use sight::Sights;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;
use trees::Trees;

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
    pub sights: Sights,
    /// Working trees that tasks share.
    pub trees: Trees,
    /// Web terminals.
    pub web: Web,
    configurations: Configurations,
    facts: UnboundedSender<Fact>,
    /// Tasks whose agents may be free for a prompt.
    free: UnboundedSender<String>,
    /// What ended in tasks, for what follows: a commit.
    ended: UnboundedSender<End>,
    taken: Mutex<Option<Inboxes>>,
    /// What `chorus exec` is to run, by task: handed out once and kept nowhere else, for it holds secrets.
    pub execs: Mutex<HashMap<String, Exec>>,
    /// Pids of the programs in live tasks' panes.
    pub panes: Mutex<HashMap<String, u32>>,
    /// One verb at a time a task.
    pub locks: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// One delivery at a time a task, beside the verbs.
    pub deliveries: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Agents that are being restarted, two at a time: after a reboot there may be many.
    pub starting: Arc<tokio::sync::Semaphore>,
}

/// What was told to the loops that begin with the daemon.
pub struct Inboxes {
    /// For the monitor.
    pub facts: UnboundedReceiver<Fact>,
    /// Tasks whose agents may be free, for whoever types prompts.
    pub free: UnboundedReceiver<String>,
    /// What ended in tasks, for whoever commits.
    pub ended: UnboundedReceiver<End>,
}

/// Something of a task ended, and the store knows; each names the task's uuid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// A turn.
    Turn(String),
    /// The agent, perhaps in the middle of a turn.
    Agent(String),
}

/// Who asks.
#[derive(Clone, Default)]
pub struct Asker {
    /// The project of the client's folder.
    pub project: String,
    /// Where events for this client go, if it listens.
    pub outbox: Option<Arc<Outbox>>,
    /// Cancelled when the client is gone.
    pub gone: CancellationToken,
    /// The task whose output this client watches.
    pub watching: Arc<Mutex<Option<(String, CancellationToken)>>>,
}

impl Core {
    /// Opens the store; a fault of it is told to whoever asks for something.
    pub async fn open(state: State) -> Arc<Core> {
        let (facts, told) = unbounded_channel();
        let (free, freed) = unbounded_channel();
        let (ended, ends) = unbounded_channel();
        let loaded = config::read(None, &environment::variables());
        log::set_max_level(loaded.config.logging.level);
        let store = Store::open_file(&loaded.config.database.file(&state.dir));
        if let Err(error) = &store {
            log::error!("{error}");
        }
        Arc::new(Core {
            state,
            store,
            hub: Arc::default(),
            stop: CancellationToken::new(),
            answers: Answers::default(),
            sights: Sights::default(),
            trees: Trees::default(),
            web: Web::default(),
            configurations: Configurations::default(),
            facts,
            free,
            ended,
            taken: Mutex::new(Some(Inboxes { facts: told, free: freed, ended: ends })),
            execs: Mutex::default(),
            panes: Mutex::default(),
            locks: Mutex::default(),
            deliveries: Mutex::default(),
            starting: Arc::new(tokio::sync::Semaphore::new(2)),
        })
    }

    /// Whether the store could not be opened and now can be: a daemon begun anew would have it.
    pub fn could_have_a_store(&self) -> bool {
        let file = || config::read(None, &environment::variables()).config.database.file(&self.state.dir);
        self.store.is_err() && Store::open_file(&file()).is_ok()
    }

    /// What was told so far, once: the daemon begins with it.
    pub fn take_inboxes(&self) -> Option<Inboxes> {
        self.taken.lock().take()
    }

    /// Ends what is the daemon's own; tasks go on.
    pub async fn end(&self) {
        self.web.close_all();
    }

    /// The store, or why there is none.
    pub fn store(&self) -> Result<&Store> {
        self.store.as_ref().map_err(Clone::clone)
    }

    /// Tells the monitor.
    pub fn fact(&self, fact: Fact) {
        // The monitor ends only with the daemon.
        let _ = self.facts.send(fact);
    }

    /// Whether any task's tmux session should live.
    pub async fn has_live_tasks(&self) -> bool {
        let Ok(store) = self.store() else { return false };
        store.read(|tx| tx.has_live_tasks()).await.unwrap_or(false)
    }

    /// Pids of the programs in live tasks' panes.
    pub fn pane_pids(&self) -> Vec<u32> {
        self.panes.lock().values().copied().collect()
    }

    /// The task a client means.
    pub async fn task(&self, asker: &Asker, given: &str) -> Result<Task> {
        let (project, given) = (asker.project.clone(), given.to_owned());
        self.store()?.read(move |tx| tx.task(&project, &given)).await
    }

    /// The effective configuration of a project: a change of its files counts at once, a fault in them does not.
    pub fn config_of(&self, project: &str) -> Loaded {
        let (loaded, notice) = self
            .configurations
            .effective(Some(project), config::read(Some(project.as_ref()), &environment::variables()));
        if let Some(notice) = notice {
            log::warn!("{notice}");
            self.warn(project, &notice);
        }
        loaded
    }

    /// The effective configuration of the user, without a project's.
    fn config_of_user(&self) -> Loaded {
        let (loaded, notice) = self.configurations.effective(None, config::read(None, &environment::variables()));
        if let Some(notice) = notice {
            log::warn!("{notice}");
        }
        loaded
    }

    /// Waits for its turn among the verbs on one task, in the order they came.
    pub async fn turn(&self, task: &str) -> tokio::sync::OwnedMutexGuard<()> {
        let mutex = self.locks.lock().entry(task.to_owned()).or_default().clone();
        mutex.lock_owned().await
    }

    /// The tmux server at `socket`, or the one new tasks go to, as `loaded` has it configured.
    pub fn tmux(&self, loaded: &Loaded, socket: Option<&str>) -> Result<Tmux> {
        let tmux = &loaded.config.tmux;
        let socket = match (socket, &tmux.socket) {
            (Some(recorded), _) => PathBuf::from(recorded),
            (None, Some(name)) => self.state.tmux_socket_named(name)?,
            (None, None) => self.state.tmux_socket()?,
        };
        let text = |path: &std::path::Path| path.to_string_lossy().into_owned();
        let cells = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
        let settings = crate::tmux::Settings {
            size: crate::tmux::Size { columns: cells(tmux.columns), rows: cells(tmux.rows) },
            history: tmux.history_limit,
            detach_key: tmux.detach_key.clone(),
            on_pane_died: vec![text(&self.state.program()), "hook".into(), text(&self.state.dir), "--pane-died".into()],
        };
        Tmux::new(&tmux.command, socket, self.store()?.id(), settings)
    }

    /// The tmux server that new tasks go to.
    pub fn tmux_home(&self) -> Result<Tmux> {
        self.tmux(&self.config_of_user(), None)
    }

    /// Every tmux server that live tasks are on, and the one that new ones go to.
    pub async fn tmux_servers(&self) -> Vec<Tmux> {
        let Ok(store) = self.store() else { return Vec::new() };
        let recorded = store.read(|tx| tx.panes()).await.unwrap_or_default();
        let mut sockets: Vec<String> = recorded.into_iter().map(|(_, pane)| pane.socket).collect();
        let loaded = self.config_of_user();
        sockets.extend(self.tmux(&loaded, None).map(|tmux| tmux.socket().to_string_lossy().into_owned()));
        sockets.sort();
        sockets.dedup();
        sockets.iter().filter_map(|socket| self.tmux(&loaded, Some(socket)).ok()).collect()
    }

    /// The program in a live task's pane: what descends from it is an agent's doing.
    pub fn watch_pane(&self, task: &str, process: Option<&crate::process::Identity>) {
        if let Some(process) = process {
            self.panes.lock().insert(task.to_owned(), process.pid);
        }
    }

    /// Tells every Neovim of the project, once.
    pub fn warn(&self, project: &str, text: &str) {
        let notice = Notice { level: "warn".into(), text: text.to_owned(), hint: None };
        self.hub.tell(project, &Event::Notice(notice));
    }

    /// Something of a task ended.
    pub fn ended(&self, end: End) {
        // Whoever commits ends only with the daemon.
        let _ = self.ended.send(end);
    }

    /// The task's agent may be free for what is queued.
    pub fn deliver(&self, task: &str) {
        // Whoever types ends only with the daemon.
        let _ = self.free.send(task.to_owned());
    }
}
