//! Carries out one command line: a request, or one for each task, and what is shown of the reply.

use super::folder::folder;
use super::look::Look;
use super::request::Given;
use super::shown::{json, shown};
use super::watch::{self, Awaited};
use super::{InputRefusal, local, output, pager, print, target};
use crate::client::Client;
use crate::contract::{Brought, Code, Environment, One, Page, Request, Requests, TaskList, Tasks, Terminal};
use crate::environment;
use crate::error::Error;
use crate::paths::State;
use crate::task::Task;
use crate::task::order::Section;
use crate::text::{blank, clean_line};
use crate::verbs::{self, Takes, Verb};
use crate::wire;
use clap::ArgMatches;
use std::io::IsTerminal;
use std::os::unix::process::CommandExt;
use std::time::Duration;

/// The exit code, or why the command line was not carried out.
pub type Outcome = Result<i32, InputRefusal>;

/// Verbs that run no program in the project: a status line that calls them has a poor environment.
const LOOKING: &[&str] = &[
    "attach", "audit", "config", "context", "docs", "explain", "inbox", "list", "next", "output", "policy", "ref",
    "refs", "retie", "show", "unref", "wait", "web",
];

/// Carries out one command line; returns the exit code.
pub fn run(matches: &ArgMatches) -> Outcome {
    let Some((name, options)) = matches.subcommand() else { return Err(InputRefusal::Usage("name a verb".into())) };
    let verb = verbs::find(name).ok_or_else(|| InputRefusal::Usage(format!("unknown command {name}")))?;
    if let Some(local) = local::verb(name) {
        return local(options);
    }
    let words = options.try_get_many::<String>("words").ok().flatten();
    let words: Vec<String> = words.into_iter().flatten().cloned().collect();
    let (named, text) = match verb.takes {
        Takes::Nothing => (Vec::new(), words),
        Takes::One | Takes::Many => target::split(verb, &words),
    };
    if verb.rest.is_empty() && !text.is_empty() {
        return Err(InputRefusal::Usage(format!("this is not a task: {}", blank(&text.join(" ")))));
    }
    let command = uuid::Uuid::new_v4().to_string();
    let given = Given { verb: name, options, text: text.join(" "), words: text, command };
    let color = options.get_one::<String>("color").map_or("auto", String::as_str);
    let (json, look) = (options.get_flag("json"), Look::of_output(color));
    let mut shell = Shell { client: connect(options)?, json, look };
    shell.bring_environment(verb)?;
    match (verb.name, verb.takes) {
        ("next", _) => return shell.next(),
        ("wait", _) => return shell.wait(verb, options, named),
        ("list", _) if options.get_flag("watch") && !json => {
            let Request::TaskList(list) = given.of_project()? else { return Ok(1) };
            return watch::list(&mut shell.client, &list, look);
        }
        _ => {}
    }
    match verb.takes {
        Takes::Nothing => shell.on_project(&given),
        Takes::One | Takes::Many => shell.on_tasks(verb, &given, named),
    }
}

fn connect(options: &ArgMatches) -> Result<Client, Error> {
    let state = State::from_environment()?;
    let (folder, surprise) = folder(options.get_one::<String>("project").map(String::as_str))?;
    if let Some(variable) = surprise {
        output::note(format!("note: {variable} chose the project {}", folder.display()));
    }
    Ok(Client::hello(&state, &folder.to_string_lossy())?.0)
}

/// A connected shell.
struct Shell {
    client: Client,
    json: bool,
    look: Look,
}

impl Shell {
    /// What the verb runs in the project is run with this shell's environment. A daemon that does not know the request
    /// is older and uses its own; an agent's is not taken.
    fn bring_environment(&mut self, verb: &Verb) -> Result<(), Error> {
        if LOOKING.contains(&verb.name) {
            return Ok(());
        }
        match self
            .client
            .call_value(&Request::Environment(Brought { environment: Environment(environment::variables()) }))
        {
            Err(error) if error.code == Code::DaemonUnreachable => Err(error),
            _ => Ok(()),
        }
    }

    fn on_project(&mut self, given: &Given) -> Outcome {
        let mut request = given.of_project()?;
        if given.starts() {
            let task: Task = self.client.call(&request)?;
            request = given.start(task.uuid);
        }
        self.show(&request)
    }

    fn on_tasks(&mut self, verb: &Verb, given: &Given, named: Vec<String>) -> Outcome {
        let tasks = target::resolve(&mut self.client, verb, named)?;
        let several = tasks.len() > 1;
        let mut code = 0;
        for task in tasks {
            if verb.name == "delete" && !self.may_delete(given, &task)? {
                continue;
            }
            let request = if verb.name == "answer" { self.answer(given, task) } else { given.of_task(task) };
            match request.and_then(|request| self.show(&request)) {
                Ok(_) => {}
                // One that cannot does not stop the others.
                Err(InputRefusal::Error(error)) if several => {
                    super::print_error(error, self.json);
                    code = 1;
                }
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(code)
    }

    /// Asks at a terminal, unless that was answered before.
    fn may_delete(&mut self, given: &Given, task: &str) -> Result<bool, InputRefusal> {
        let is_asked = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if !is_asked || self.json || given.options.get_flag("yes") {
            return Ok(true);
        }
        let page: Page = self.client.call(&Request::TaskShow(One { task: task.to_owned() }))?;
        let title = clean_line(&page.task.title, 60);
        output::note(format!("Delete #{} {title}? `chorus undo` can bring it back for a day. [y/N]", page.task.number));
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map_err(Error::internal)?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// What needs a person most: the oldest request, else the first task that needs one.
    fn next(&mut self) -> Outcome {
        let open: Requests = self.client.call(&Request::TaskInbox(TaskList::default()))?;
        let found: Tasks = self.client.call(&Request::TaskList(TaskList::default()))?;
        let mut needy: Vec<Task> = found.tasks.into_iter().filter(|task| task.section() == Section::NeedsYou).collect();
        needy.sort_by_cached_key(Task::rank);
        let (request, task) = (open.requests.into_iter().next(), needy.into_iter().next());
        if self.json {
            output::line(serde_json::json!({ "request": request, "task": task }));
        } else if let Some(request) = &request {
            print::requests(std::slice::from_ref(request), crate::clock::now()).iter().for_each(output::line);
        } else if let Some(task) = &task {
            print::done(task, crate::clock::now(), self.look).iter().for_each(output::line);
        } else {
            output::note("no task needs you");
        }
        Ok(i32::from(request.is_none() && task.is_none()))
    }

    fn wait(&mut self, verb: &Verb, options: &ArgMatches, named: Vec<String>) -> Outcome {
        let awaited = Awaited::parse(options.get_one::<String>("for").map(String::as_str))
            .ok_or_else(|| InputRefusal::Usage("--for takes idle, waiting or ended".into()))?;
        let limit = options.get_one::<u64>("timeout").copied().map(Duration::from_secs);
        let tasks = target::resolve(&mut self.client, verb, named)?;
        let several = tasks.len() > 1;
        let reached = watch::wait(&mut self.client, &tasks, awaited, limit)?;
        match (self.json, several) {
            (true, true) => output::line(serde_json::to_string(&reached).map_err(Error::internal)?),
            (true, false) => output::line(serde_json::to_string(&reached.first()).map_err(Error::internal)?),
            _ => print::tasks(&reached, crate::clock::now(), false, self.look).iter().for_each(output::line),
        }
        Ok(0)
    }

    /// Digits name options of the request that is open now; the answer names that request.
    fn answer(&mut self, given: &Given, task: String) -> Result<Request, InputRefusal> {
        let open: Requests = self.client.call(&Request::TaskInbox(TaskList::default()))?;
        given.answer(task, &open.requests)
    }

    /// Asks, and prints the reply.
    fn show(&mut self, request: &Request) -> Outcome {
        let deleted = match request {
            Request::TaskDelete(one) if !self.json => {
                Some(self.client.call::<Page>(&Request::TaskShow(One { task: one.task.clone() }))?.task)
            }
            _ => None,
        };
        let reply: serde_json::Value = wire::from_value(&self.client.call_value(request)?)?;
        if let (Request::TaskAttach(_), false) = (request, self.json) {
            let terminal = serde_json::from_value(reply).map_err(Error::internal)?;
            return Err(become_terminal(&terminal).into());
        }
        let mut shown = shown(request, &reply, crate::clock::now(), self.look)?;
        if let Some(task) = deleted {
            shown.lines.push(format!("#{} deleted", task.number));
            let stays = task.worktree.filter(|folder| std::path::Path::new(folder).is_dir());
            shown.notes.extend(stays.map(|folder| {
                format!(
                    "its worktree stays: take from {folder} what you need, then `git worktree remove --force {folder}`"
                )
            }));
        }
        match self.json {
            true => output::line(json(request, &reply)),
            false if matches!(request, Request::TaskDiff(_)) && self.look.columns.is_some() => {
                pager::show(&shown.lines);
                shown.notes.iter().for_each(output::note);
            }
            false => {
                shown.lines.iter().for_each(output::line);
                shown.notes.iter().for_each(output::note);
            }
        }
        Ok(shown.code)
    }
}

/// Returns only when it fails.
fn become_terminal(terminal: &Terminal) -> Error {
    let Some((program, arguments)) = terminal.argv.split_first() else {
        return Error::internal("the daemon named no program");
    };
    let error = std::process::Command::new(program).args(arguments).env_remove("TMUX").exec();
    Error::new(Code::TmuxFailed, format!("cannot run {program}: {error}"))
}
