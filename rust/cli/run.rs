//! Carries out one command line: a request, or one for each task, and what is shown of the reply.

use super::folder::folder;
use super::request::Given;
use super::shown::{json, shown};
use super::style::Style;
use super::watch::{self, Asking, Awaited};
use super::{InputRefusal, args, local, output, pager, print, target, terminal};
use crate::client::Client;
use crate::contract::{Brought, Code, Environment, One, Page, Request, Requests, TaskList, Tasks};
use crate::environment;
use crate::error::Error;
use crate::paths::State;
use crate::project;
use crate::task::Task;
use crate::task::order::Section;
use crate::text::{blank, clean_line};
use crate::verbs::{self, Takes, Verb};
use crate::wire;
use clap::ArgMatches;
use std::cell::OnceCell;
use std::io::IsTerminal;
use std::path::Path;
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
    let (words, after) = args::words(options);
    let (named, mut text) = match verb.takes {
        Takes::Nothing => (Vec::new(), words),
        Takes::One | Takes::Many => target::split(verb, &words),
    };
    // What stands behind `--` is text, whatever it looks like.
    target::check_text(verb, &named, &text, !after.is_empty())?;
    text.extend(after);
    if verb.rest.is_empty() && !text.is_empty() {
        return Err(InputRefusal::Usage(format!("this is not a task: {}", blank(&text.join(" ")))));
    }
    let command = uuid::Uuid::new_v4().to_string();
    let (joined, input) = (text.join(" "), OnceCell::new());
    let given = Given { verb: name, options, text: joined, words: text, command, input };
    let color = options.get_one::<String>("color").map_or("auto", String::as_str);
    let (json, style) = (options.get_flag("json"), Style::of_output(color));
    let mut shell = Shell { client: connect(options)?, json, style };
    shell.bring_environment(verb)?;
    match (verb.name, verb.takes) {
        ("next", _) => return shell.next(),
        ("wait", _) => return shell.wait(verb, options, named),
        ("list", _) if options.get_flag("watch") => {
            let Request::TaskList(list) = given.of_project()? else { return Ok(1) };
            return watch::list(&mut Asking::new(shell.client, connect_again(options)), &list, style, json);
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
    if !folder.is_dir() {
        output::note(format!("note: there is no folder {}", folder.display()));
    }
    Ok(Client::hello(&state, &named(&folder)?)?.0)
}

/// The folder as the daemon takes it. One whose own name is no text is in the project around it, if there is one.
fn named(folder: &Path) -> Result<String, Error> {
    if let Some(name) = folder.to_str() {
        return Ok(name.to_owned());
    }
    let root = project::root(folder);
    root.to_str().map(str::to_owned).ok_or_else(|| {
        Error::new(Code::BadInput, format!("cannot work in {}: its path is not UTF-8", folder.display()))
            .hint("rename it, or work in another folder")
    })
}

/// The next connection of a verb that outlives the daemon.
fn connect_again(options: &ArgMatches) -> Box<dyn Fn() -> Result<Client, Error>> {
    let options = options.clone();
    Box::new(move || {
        let (folder, _) = folder(options.get_one::<String>("project").map(String::as_str))?;
        Ok(Client::hello(&State::from_environment()?, &named(&folder)?)?.0)
    })
}

/// A connected shell.
struct Shell {
    client: Client,
    json: bool,
    style: Style,
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
            let done = match verb.name {
                "delete" => self.delete(given, task),
                "answer" => self.answer(given, task).and_then(|request| self.show(&request)),
                _ => given.of_task(task).and_then(|request| self.show(&request)),
            };
            match done {
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

    /// Asks first at a terminal, unless that was answered before.
    fn delete(&mut self, given: &Given, task: String) -> Outcome {
        if self.json {
            return self.show(&given.of_task(task)?);
        }
        let Page { task, .. } = self.client.call(&Request::TaskShow(One { task }))?;
        let is_asked = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if is_asked && !given.options.get_flag("yes") {
            let title = clean_line(&task.title, 60);
            output::note(format!("Delete #{} {title}? `chorus undo` can bring it back for a day. [y/N]", task.number));
            let mut answer = String::new();
            std::io::stdin().read_line(&mut answer).map_err(Error::internal)?;
            if !matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
                return Ok(0);
            }
        }
        let code = self.show(&given.of_task(task.uuid)?)?;
        output::line(format!("#{} deleted", task.number));
        if let Some(folder) = task.worktree.filter(|folder| std::path::Path::new(folder).is_dir()) {
            output::note(format!(
                "its worktree stays: take from {folder} what you need, then `git worktree remove --force {folder}`"
            ));
        }
        Ok(code)
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
            print::done(task, crate::clock::now(), self.style).iter().for_each(output::line);
        } else {
            output::note("no task needs you");
        }
        Ok(i32::from(request.is_none() && task.is_none()))
    }

    fn wait(mut self, verb: &Verb, options: &ArgMatches, named: Vec<String>) -> Outcome {
        let awaited = Awaited::parse(options.get_one::<String>("for").map(String::as_str))
            .ok_or_else(|| InputRefusal::Usage("--for takes idle, waiting or ended".into()))?;
        let limit = options.get_one::<u64>("timeout").copied().map(Duration::from_secs);
        let tasks = target::resolve(&mut self.client, verb, named)?;
        let several = tasks.len() > 1;
        let mut asking = Asking::new(self.client, connect_again(options));
        let reached = watch::wait(&mut asking, &tasks, awaited, limit)?;
        match (self.json, several) {
            (true, true) => output::line(serde_json::to_string(&reached).map_err(Error::internal)?),
            (true, false) => output::line(serde_json::to_string(&reached.first()).map_err(Error::internal)?),
            _ => print::tasks(&reached, crate::clock::now(), false, self.style).iter().for_each(output::line),
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
        let reply: serde_json::Value = wire::from_value(&self.client.call_value(request)?)?;
        if let (Request::TaskAttach(_), false) = (request, self.json) {
            let terminal = serde_json::from_value(reply).map_err(Error::internal)?;
            return Err(terminal::become_client(&terminal).into());
        }
        let shown = shown(request, &reply, crate::clock::now(), self.style)?;
        match self.json {
            true => output::line(json(request, &reply)),
            false
                if matches!(request, Request::TaskDiff(_))
                    && self.style.columns.is_some()
                    && !shown.lines.is_empty() =>
            {
                pager::become_pager(&[shown.lines, shown.notes].concat());
            }
            false => {
                shown.lines.iter().for_each(output::line);
                shown.notes.iter().for_each(output::note);
            }
        }
        Ok(shown.code)
    }
}
