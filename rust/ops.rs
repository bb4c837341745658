//! The verbs: the only code that combines store, tmux and agents. Each is a function read top to bottom, with its undo.

mod agents;
mod answer;
pub mod answers;
pub mod context;
mod finish;
mod health;
pub mod hooks;
mod launch;
mod program;
mod prompts;
mod recover;
mod start;
mod tasks;
mod view;

use crate::agent::sessions::Sessions;
use crate::config::{self, Loaded};
use crate::contract::*;
use crate::daemon::hub::Hub;
use crate::daemon::outbox::Outbox;
use crate::error::{Error, Result};
use crate::monitor::{self, Fact, sight::Sights};
use crate::paths::State;
use crate::store::{Store, Who};
use crate::task::Task;
use crate::tmux::Tmux;
use crate::web::Web;
use answers::Answers;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, channel, unbounded_channel};
use tokio_util::sync::CancellationToken;

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
    /// Web terminals.
    web: Web,
    facts: UnboundedSender<Fact>,
    taken: Mutex<Option<UnboundedReceiver<Fact>>>,
    /// What `chorus exec` is to run, by task: handed out once and kept nowhere else, for it holds secrets.
    execs: Mutex<HashMap<String, Exec>>,
    /// Pids of the programs in live tasks' panes.
    panes: Mutex<HashMap<String, u32>>,
    /// One verb at a time a task.
    locks: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// One delivery at a time a task, beside the verbs.
    deliveries: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Agents that are being restarted, two at a time: after a reboot there may be many.
    starting: Arc<tokio::sync::Semaphore>,
    /// This daemon, for work that outlives a request.
    me: std::sync::Weak<Core>,
}

/// Who asks.
#[derive(Clone, Default)]
pub struct Asker {
    /// The project of the client's folder.
    pub project: String,
    /// The client's folder.
    pub folder: String,
    /// Where events for this client go, if it listens.
    pub outbox: Option<Arc<Outbox>>,
    /// Cancelled when the client is gone.
    pub gone: CancellationToken,
    /// The task whose output this client watches.
    pub watching: Arc<Mutex<Option<(String, CancellationToken)>>>,
}

/// For so long clients wait until the daemon has compared its store with what lives.
const RECONCILE_FIRST: Duration = Duration::from_secs(1);
/// Session files that may wait to be taken in.
const SEEN: usize = 256;

/// The daemon's own environment, which configuration reads some keys from.
fn environment() -> BTreeMap<String, String> {
    let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    std::env::vars_os().filter_map(text).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Core {
    /// Opens the store; a fault of it is told to whoever asks for something.
    pub async fn open(state: State) -> Arc<Core> {
        let (facts, taken) = unbounded_channel();
        let loaded = config::read(None, &environment());
        log::set_max_level(loaded.config.logging.level);
        let store = Store::open_file(&loaded.config.database.file(&state.dir));
        if let Err(error) = &store {
            log::error!("{error}");
        }
        Arc::new_cyclic(|me| Core {
            state,
            store,
            hub: Arc::default(),
            stop: CancellationToken::new(),
            answers: Answers::default(),
            sights: Sights::default(),
            web: Web::default(),
            facts,
            taken: Mutex::new(Some(taken)),
            execs: Mutex::default(),
            panes: Mutex::default(),
            locks: Mutex::default(),
            deliveries: Mutex::default(),
            starting: Arc::new(tokio::sync::Semaphore::new(2)),
            me: me.clone(),
        })
    }

    /// Begins to watch and to tell: reconciles what the store says with what lives, then takes in spooled events.
    pub async fn begin(self: &Arc<Self>) {
        if let Err(error) = program::install(&self.state) {
            log::error!("{error}");
        }
        crate::web::sweep(&self.state);
        let Ok(store) = self.store() else { return };
        tokio::spawn(publish(self.clone(), store.subscribe()));
        if let Some(facts) = lock(&self.taken).take() {
            let (tell, seen) = channel(SEEN);
            let sessions = Sessions::start(tell);
            let sweeps = monitor::Plan::every(config::read(None, &environment()).config.tmux.poll_interval);
            tokio::spawn(monitor::run(self.me.clone(), sweeps, facts, sessions, seen));
        }
        let me = self.clone();
        let reconciling = tokio::spawn(async move {
            recover::reconcile(&me).await;
            hooks::drain(&me).await;
        });
        // A tmux that does not answer keeps nobody waiting.
        let _ = tokio::time::timeout(RECONCILE_FIRST, reconciling).await;
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
        lock(&self.panes).values().copied().collect()
    }

    /// The task a client means.
    pub async fn task(&self, asker: &Asker, given: &str) -> Result<Task> {
        let (project, given) = (asker.project.clone(), given.to_owned());
        self.store()?.read(move |tx| tx.task(&project, &given)).await
    }

    /// The configuration in force for a project, read afresh: a change counts at once.
    pub fn config_of(&self, project: &str) -> Loaded {
        config::read(Some(project.as_ref()), &environment())
    }

    /// Waits for its turn among the verbs on one task, in the order they came.
    async fn turn(&self, task: &str) -> tokio::sync::OwnedMutexGuard<()> {
        let mutex = lock(&self.locks).entry(task.to_owned()).or_default().clone();
        mutex.lock_owned().await
    }

    /// The tmux server at `socket`, or the one new tasks go to, as `loaded` has it configured.
    fn tmux(&self, loaded: &Loaded, socket: Option<&str>) -> Result<Tmux> {
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
        self.tmux(&config::read(None, &environment()), None)
    }

    /// Every tmux server that live tasks are on, and the one that new ones go to.
    pub async fn tmux_servers(&self) -> Vec<Tmux> {
        let Ok(store) = self.store() else { return Vec::new() };
        let recorded = store.read(|tx| tx.panes()).await.unwrap_or_default();
        let mut sockets: Vec<String> = recorded.into_iter().map(|(_, pane)| pane.socket).collect();
        sockets.extend(self.tmux_home().map(|tmux| tmux.socket().to_string_lossy().into_owned()));
        sockets.sort();
        sockets.dedup();
        let loaded = config::read(None, &environment());
        sockets.iter().filter_map(|socket| self.tmux(&loaded, Some(socket)).ok()).collect()
    }

    /// The program in a live task's pane: what descends from it is an agent's doing.
    pub fn watch_pane(&self, task: &str, process: Option<&crate::process::Identity>) {
        if let Some(process) = process {
            lock(&self.panes).insert(task.to_owned(), process.pid);
        }
    }

    /// Types what is queued for the task, beside whatever else goes on.
    pub fn deliver(&self, task: &str) {
        let (me, task) = (self.me.clone(), task.to_owned());
        tokio::spawn(async move {
            if let Some(core) = me.upgrade() {
                prompts::deliver(&core, &task).await;
            }
        });
    }
}

/// Carries out one request.
pub async fn answer(core: &Arc<Core>, asker: &Asker, request: Request) -> Result<Reply> {
    use Request::*;
    Ok(match request {
        Hello(_) => return Err(Error::internal("`hello` is the connection's own")),
        Snapshot(_) => Reply::Snapshot(tasks::snapshot(core, asker).await?),
        TaskNew(new) => task(tasks::create(core, asker, new).await?),
        TaskEdit(edit) => task(tasks::edit(core, asker, edit).await?),
        TaskStart(start) => task(start::start(core, asker, start).await?),
        TaskSend(send) => Reply::Sent(prompts::send(core, asker, send).await?),
        TaskInterrupt(one) => task(finish::interrupt(core, asker, &one.task).await?),
        TaskApprove(approve) => Reply::Opened(answer::approve(core, asker, approve).await?),
        TaskDeny(deny) => Reply::Opened(answer::deny(core, asker, deny).await?),
        TaskAnswer(answer) => Reply::Opened(answer::answer(core, asker, answer).await?),
        TaskRestart(restart) => task(start::restart(core, asker, restart).await?),
        TaskComplete(complete) => task(finish::complete(core, asker, complete).await?),
        TaskFail(fail) => task(finish::fail(core, asker, fail).await?),
        TaskReopen(one) => task(tasks::reopen(core, asker, &one.task).await?),
        TaskDelete(one) => Reply::Nothing(tasks::delete(core, asker, &one.task).await?),
        TaskShow(one) => Reply::Page(tasks::show(core, asker, &one.task).await?),
        TaskList(list) => Reply::Tasks(tasks::list(core, asker, list).await?),
        TaskInbox(list) => Reply::Requests(tasks::inbox(core, asker, list).await?),
        TaskExplain(one) => Reply::Explanation(view::explain(core, asker, &one.task).await?),
        TaskOutput(output) => Reply::Output(view::output(core, asker, output).await?),
        TaskWatch(watch) => Reply::Nothing(view::watch(core, asker, watch).await?),
        TaskAttach(one) => Reply::Terminal(view::attach(core, asker, &one.task).await?),
        TaskSeen(one) => Reply::Nothing(view::seen(core, asker, &one.task).await?),
        TaskWeb(web) => Reply::Web(view::web(core, asker, web).await?),
        Health(_) => Reply::Health(health::health(core, asker).await?),
        Config(_) => Reply::Config(health::config(core, asker)),
        Hook(hook) => Reply::HookReply(hooks::take(core, hook, &asker.gone).await?),
        Exec(ask) => Reply::Exec(launch::exec(core, &ask)?),
    })
}

fn task(task: Task) -> Reply {
    Reply::Task(Box::new(task))
}

/// An agent asked for what only a person may do: its task's journal says so.
pub async fn journal_refusal(core: &Core, asker: &Option<Asker>, request: &Request) {
    let Ok(json) = serde_json::to_value(request) else { return };
    let verb = json["method"].as_str().unwrap_or_default().replace("task_", "");
    let given = json["params"]["task"].as_str().map(str::to_owned);
    let (Some(given), Some(asker), Ok(store)) = (given, asker.clone(), core.store()) else { return };
    let write = store.write(move |tx| {
        let task = tx.task(&asker.project, &given)?;
        tx.journal(
            &task.uuid,
            Who::Agent,
            "refused",
            &format!("An agent asked to {verb} this task and was refused"),
            None,
        )
    });
    if let Err(error) = write.await {
        log::warn!("cannot journal a refusal: {error}");
    }
}

/// Tells Neovims what the store says became different, and other projects' Neovims how many tasks elsewhere wait.
async fn publish(core: Arc<Core>, mut changes: UnboundedReceiver<Arc<crate::store::Change>>) {
    let mut told: HashMap<String, i64> = HashMap::new();
    while let Some(change) = changes.recv().await {
        core.hub.tell(&change.project, &change.event);
        if !matches!(change.event, Event::TaskChanged(_) | Event::TaskDeleted(_)) {
            continue;
        }
        for project in core.hub.projects().into_iter().filter(|project| *project != change.project) {
            let asked = project.clone();
            let Ok(store) = core.store() else { return };
            let Ok(count) = store.read(move |tx| tx.elsewhere(&asked)).await else { continue };
            if told.insert(project.clone(), count) != Some(count) {
                core.hub.tell(&project, &Event::Elsewhere(Elsewhere { count }));
            }
        }
    }
}
