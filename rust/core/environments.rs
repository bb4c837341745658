//! The environments of clients, by task and by project: what programs get that Chorus starts for them. They may hold
//! secrets, so they are in memory only; after a restart of the daemon the next client that asks brings its own.

use crate::contract::Environment;
use crate::desktop::Bus;
use crate::paths::State;
use crate::task::Task;
use crate::vcs::environment::{self, GitEnvironment};
use crate::vcs::git::Git;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Notify;

/// What clients brought.
pub struct Environments {
    state: PathBuf,
    /// Of the client that asked for the start, by the task's uuid.
    tasks: Mutex<HashMap<String, GitEnvironment>>,
    /// Of the client that asked last, by project.
    projects: Mutex<HashMap<String, Environment>>,
    /// Of the newest client that has one.
    bus: Mutex<Option<Bus>>,
    bus_changed: Arc<Notify>,
}

impl Environments {
    /// None yet. Programs find the daemon of `state`.
    pub fn new(state: &State) -> Environments {
        Environments {
            state: state.dir.clone(),
            tasks: Mutex::default(),
            projects: Mutex::default(),
            bus: Mutex::default(),
            bus_changed: Arc::default(),
        }
    }

    /// A client of the project brought its environment; one that brought none changes nothing.
    pub fn bring(&self, project: &str, client: &Environment) {
        if client.0.is_empty() {
            return;
        }
        let environment = GitEnvironment::of_client(client).with("CHORUS_STATE_DIR", &self.state);
        environment::keep(project, environment);
        self.projects.lock().insert(project.to_owned(), client.clone());
        if let Some(bus) = Bus::of_client(client) {
            let before = self.bus.lock().replace(bus.clone());
            if before.as_ref() != Some(&bus) {
                self.bus_changed.notify_one();
            }
        }
    }

    /// The session bus of the newest client that has one; else this process's, or the user's default one.
    pub fn bus(&self) -> Bus {
        self.bus.lock().clone().unwrap_or_else(Bus::of_process)
    }

    /// Notified when a client brings another session bus.
    pub fn bus_changed(&self) -> Arc<Notify> {
        self.bus_changed.clone()
    }

    /// A client asked for the task's start with its environment.
    pub fn begin(&self, task: &Task, client: &Environment) {
        self.bring(&task.project, client);
        if !client.0.is_empty() {
            self.tasks.lock().insert(task.uuid.clone(), GitEnvironment::of_client(client));
        }
    }

    /// A person tries again what failed for the task: from now on with the environment that their client brought, in which
    /// they may have made right what was missing.
    pub fn try_again(&self, task: &Task, brought: Option<&Environment>) {
        if let (Some(_), Some(client)) = (&task.trouble, brought) {
            self.begin(task, client);
        }
    }

    /// The task is over: what is still done for it is done for the client that asks.
    pub fn forget(&self, task: &str) {
        self.tasks.lock().remove(task);
    }

    /// What programs of the task get.
    pub fn of_task(&self, task: &Task) -> GitEnvironment {
        let own = self.tasks.lock().get(&task.uuid).cloned();
        own.unwrap_or_else(|| self.of_project(&task.project)).marked(&task.uuid, &self.state)
    }

    /// What programs get in the project's shared tree that run for no one task.
    pub fn of_project(&self, project: &str) -> GitEnvironment {
        environment::at(project.as_ref())
    }

    /// The environment of the project's client that asked last; this process's own where none did.
    pub fn client_of(&self, project: &str) -> Environment {
        let known = self.projects.lock().get(project).cloned();
        known.unwrap_or_else(|| Environment(crate::environment::variables()))
    }

    /// Git in the task's project, with the task's environment.
    pub fn git(&self, task: &Task) -> Git {
        Git::at(&task.project).under(self.of_task(task))
    }
}
