//! One command line to one request (or one a task), and its reply to lines or JSON.

use super::reply::{call, say};
use super::{Refusal, edits, print, target};
use crate::client::Client;
use crate::config;

use crate::contract::*;
use crate::environment;
use crate::error::Error;
use crate::paths::State;
use crate::task::Isolation;
use crate::text::blank;
use crate::verbs::{self, Takes, Verb};
use crate::wire;
use clap::ArgMatches;
use std::io::{IsTerminal, Read};
use std::os::unix::process::CommandExt;

type Outcome = Result<i32, Refusal>;

/// Carries out one command line; returns the exit code.
pub fn run(matches: &ArgMatches) -> Outcome {
    let Some((name, options)) = matches.subcommand() else { return Err(Refusal::Usage("name a verb".into())) };
    let verb = verbs::find(name).ok_or_else(|| Refusal::Usage(format!("there is no verb {name}")))?;
    match name {
        "verbs" => return verbs_table(options),
        "detect" => return detect(options),
        "log" => return log(options),
        _ => {}
    }
    let state = State::from_environment()?;
    let configured = config::read(None, &environment::variables()).config.general.project_root;
    let folder = match options.get_one::<String>("project").map(std::path::PathBuf::from).or(configured) {
        Some(folder) => folder,
        None => std::env::current_dir().map_err(|error| Error::internal(format!("cannot tell the folder: {error}")))?,
    };
    let (mut client, _) = Client::hello(&state, &folder.to_string_lossy())?;
    let words: Vec<String> = options
        .try_get_many::<String>("words")
        .ok()
        .flatten()
        .map(|words| words.cloned().collect())
        .unwrap_or_default();
    let json = options.get_flag("json");
    if verb.takes == Takes::Nothing {
        return on_project(&mut client, name, options, &words, json);
    }
    let (named, rest) = target::split(verb, &words);
    if verb.takes == Takes::One && verb.rest.is_empty() && !rest.is_empty()
        || named.is_empty() && !rest.is_empty() && verb.rest.is_empty()
    {
        return Err(Refusal::Usage(format!("this is not a task: {}", blank(&rest.join(" ")))));
    }
    let tasks = target::resolve(&mut client, verb, named)?;
    on_tasks(&mut client, verb, options, &tasks, rest.join(" "), json)
}

fn on_project(client: &mut Client, name: &str, options: &ArgMatches, words: &[String], json: bool) -> Outcome {
    let everywhere = options.try_get_one::<bool>("all").ok().flatten().copied().unwrap_or(false);
    let now = crate::clock::now();
    match name {
        "new" => {
            let mut task: crate::task::Task =
                call(client, &Request::TaskNew(new_task(options, words)?), json && !options.get_flag("start"))?;
            if options.get_flag("start") {
                let start = TaskStart {
                    task: task.uuid.clone(),
                    prompt: None,
                    environment: Environment(environment::variables()),
                };
                task = call(client, &Request::TaskStart(start), json)?;
            }
            if !json {
                say(&print::tasks(&[task], now, false));
            }
        }
        "list" => {
            let request = Request::TaskList(TaskList { filter: words.first().cloned(), everywhere });
            let value = client.call_value(&request)?;
            let tasks: Tasks = wire::from_value(&value)?;
            match json {
                true => println!("{}", serde_json::to_string(&tasks.tasks).unwrap_or_default()),
                false => say(&print::tasks(&tasks.tasks, now, everywhere)),
            }
        }
        "inbox" => {
            let found: Requests = client.call(&Request::TaskInbox(TaskList { filter: None, everywhere }))?;
            match json {
                true => println!("{}", serde_json::to_string(&found.requests).unwrap_or_default()),
                false => say(&print::requests(&found.requests, now)),
            }
        }
        "config" => {
            let found: Config = call(client, &Request::Config(Nothing {}), json)?;
            if !json {
                let row = |row: &Setting| format!("{} = {}  # {}", row.key, blank(&row.value), row.origin);
                say(&found.values.iter().map(row).collect::<Vec<_>>());
                found.notices.iter().for_each(|notice| eprintln!("{}", blank(notice)));
            }
        }
        "changes" => edits::changes(client, json)?,
        "setup" => {
            let confirmed = options.get_flag("yes");
            edits::offer(client, &Request::Setup(Confirm { task: String::new(), confirmed }), json)?;
        }
        "health" => {
            let found: Health = call(client, &Request::Health(Nothing {}), json)?;
            if !json {
                say(&print::health(&found));
            }
            return Ok(i32::from(found.checks.iter().any(|check| check.level == "error")));
        }
        other => return Err(Refusal::Usage(format!("`{other}` works in Neovim only"))),
    }
    Ok(0)
}

fn on_tasks(
    client: &mut Client,
    verb: &Verb,
    options: &ArgMatches,
    tasks: &[String],
    text: String,
    json: bool,
) -> Outcome {
    let mut code = 0;
    for task in tasks {
        match on_task(client, verb.name, options, task.clone(), &text, json) {
            Ok(()) => {}
            // One that cannot does not stop the others.
            Err(Refusal::Error(error)) if tasks.len() > 1 => {
                super::print_error(error, json);
                code = 1;
            }
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(code)
}

fn on_task(
    client: &mut Client,
    verb: &str,
    options: &ArgMatches,
    task: String,
    text: &str,
    json: bool,
) -> Result<(), Refusal> {
    let string = |name: &str| options.try_get_one::<String>(name).ok().flatten().cloned();
    let flag = |name: &str| options.try_get_one::<bool>(name).ok().flatten().copied().unwrap_or(false);
    let words = || (!text.is_empty()).then(|| text.to_owned());
    let now = crate::clock::now();
    let request = match verb {
        "start" => {
            let prompt = string("prompt").or_else(words).map(read_dash).transpose()?;
            Request::TaskStart(TaskStart { task, prompt, environment: Environment(environment::variables()) })
        }
        "send" => {
            let text = words().map(read_dash).transpose()?;
            let text = text.ok_or_else(|| Refusal::Usage("say what to send, or `-` to read it".into()))?;
            let sent: Sent = call(client, &Request::TaskSend(TaskSend { task, text, raw: flag("raw") }), json)?;
            if let (false, true) = (json, sent.queued) {
                println!("queued: {}", sent.reason.unwrap_or_else(|| "the agent is not free".into()));
            }
            return Ok(());
        }
        "approve" => Request::TaskApprove(TaskApprove {
            task,
            request: string("request"),
            always: options.get_one::<usize>("always").map(|one_based| one_based.saturating_sub(1)),
        }),
        "deny" => {
            Request::TaskDeny(TaskDeny { task, request: string("request"), reason: string("reason").or_else(words) })
        }
        "answer" => {
            let text = words().ok_or_else(|| Refusal::Usage("say the answer".into()))?;
            let answers = [(String::new(), text)].into();
            Request::TaskAnswer(TaskAnswer { task, request: string("request"), answers })
        }
        "diff" => return edits::diff(client, task, text, json),
        "mend" => {
            return edits::offer(client, &Request::TaskMend(Confirm { task, confirmed: flag("yes") }), json);
        }
        "preview" => {
            return edits::offer(client, &Request::TaskPreview(Confirm { task, confirmed: flag("yes") }), json);
        }
        "interrupt" => Request::TaskInterrupt(One { task }),
        "restart" => Request::TaskRestart(TaskRestart {
            task,
            fresh: flag("fresh"),
            environment: Environment(environment::variables()),
        }),
        "complete" => Request::TaskComplete(TaskComplete { task, force: flag("force"), message: string("message") }),
        "fail" => {
            Request::TaskFail(TaskFail { task, reason: string("reason").or_else(words), discard: flag("discard") })
        }
        "reopen" => Request::TaskReopen(TaskReopen { task, restore: flag("restore") }),
        "commit" => Request::TaskCommit(TaskCommit { task, message: string("message").or_else(words) }),
        "edit" => Request::TaskEdit(TaskEdit {
            task,
            title: string("title"),
            description: string("description").map(read_dash).transpose()?,
            priority: options.get_one::<i64>("priority").copied(),
            tags: options.get_many::<String>("tag").map(|tags| tags.cloned().collect()),
        }),
        "delete" => {
            call::<Nothing>(client, &Request::TaskDelete(One { task }), json)?;
            return Ok(());
        }
        "show" => {
            let found: Page = call(client, &Request::TaskShow(One { task }), json)?;
            if !json {
                say(&print::page(&found, now));
            }
            return Ok(());
        }
        "explain" => {
            let found: Explanation = call(client, &Request::TaskExplain(One { task }), json)?;
            if !json {
                say(&print::explanation(&found, now));
            }
            return Ok(());
        }
        "output" => {
            let history = options.get_one::<u32>("history").copied().unwrap_or(0);
            let found: Output = call(client, &Request::TaskOutput(TaskOutput { task, history }), json)?;
            if !json {
                let colours = std::io::stdout().is_terminal();
                let plain = |line: &String| if colours { format!("{line}\x1b[m") } else { print::plain(line) };
                say(&found.lines.iter().map(plain).collect::<Vec<_>>());
            }
            return Ok(());
        }
        "attach" => return attach(client, task, json),
        "web" => {
            let found: Web = call(client, &Request::TaskWeb(TaskWeb { task, write: flag("write") }), json)?;
            if !json {
                println!("{}", found.url);
            }
            return Ok(());
        }
        other => return Err(Refusal::Usage(format!("`{other}` works in Neovim only"))),
    };
    let done: serde_json::Value = call(client, &request, json)?;
    if json {
        return Ok(());
    }
    if let Ok(task) = serde_json::from_value::<crate::task::Task>(done.clone()) {
        say(&print::tasks(std::slice::from_ref(&task), now, false));
        task.result.iter().for_each(|result| println!("{}", blank(result)));
    } else if let Ok(request) = serde_json::from_value::<Opened>(done) {
        let outcome = request.outcome.unwrap_or_else(|| "answered".into());
        println!("#{} {outcome}: {}", request.number, blank(&request.summary));
    }
    Ok(())
}

fn attach(client: &mut Client, task: String, json: bool) -> Result<(), Refusal> {
    let terminal: Terminal = call(client, &Request::TaskAttach(One { task }), json)?;
    if json {
        return Ok(());
    }
    let (program, arguments) =
        terminal.argv.split_first().ok_or_else(|| Error::internal("the daemon named no program"))?;
    let error = std::process::Command::new(program).args(arguments).env_remove("TMUX").exec();
    Err(Error::new(Code::TmuxFailed, format!("cannot run {program}: {error}")).into())
}

fn new_task(options: &ArgMatches, words: &[String]) -> Result<TaskNew, Refusal> {
    let string = |name: &str| options.get_one::<String>(name).cloned();
    let isolation = match string("isolation") {
        None => None,
        Some(name) => Some(
            serde_json::from_value::<Isolation>(name.into())
                .map_err(|_| Refusal::Usage("--isolation takes auto, stack, worktree or none".into()))?,
        ),
    };
    Ok(TaskNew {
        title: string("title").unwrap_or_else(|| words.join(" ")),
        description: string("description").map(read_dash).transpose()?,
        priority: options.get_one::<i64>("priority").copied().unwrap_or(0),
        tags: options.get_many::<String>("tag").map(|tags| tags.cloned().collect()).unwrap_or_default(),
        agent: string("agent"),
        model: string("model"),
        permission_mode: string("permission-mode"),
        isolation,
        on: options.get_one::<i64>("on").copied(),
    })
}

/// `-` means standard input.
fn read_dash(text: String) -> Result<String, Refusal> {
    if text != "-" {
        return Ok(text);
    }
    let mut input = String::new();
    let read = std::io::stdin().read_to_string(&mut input);
    read.map_err(|error| Refusal::Usage(format!("cannot read standard input: {error}")))?;
    Ok(input)
}

fn verbs_table(options: &ArgMatches) -> Outcome {
    if options.get_flag("json") {
        println!("{}", serde_json::to_string(verbs::VERBS).unwrap_or_default());
    } else {
        let row = |verb: &Verb| format!("{:<10} {}", verb.name, verb.does);
        say(&verbs::VERBS.iter().map(row).collect::<Vec<_>>());
    }
    Ok(0)
}

fn detect(options: &ArgMatches) -> Outcome {
    let path = |name: &str| options.get_one::<String>(name).map(Into::into);
    let files: Vec<std::path::PathBuf> =
        options.get_many::<String>("words").into_iter().flatten().map(Into::into).collect();
    if files.is_empty() {
        return Err(Refusal::Usage("name captured screens, or `-`".into()));
    }
    let options = super::detect::Options {
        agent: options.get_one::<String>("agent").cloned().unwrap_or_else(|| "claude".into()),
        session_file: path("session-file"),
        command: options.get_one::<String>("command").cloned(),
        dead: options.get_one::<i32>("dead").copied(),
        rules: path("rules"),
        files,
    };
    super::detect::run(&options, &mut std::io::stdout().lock())?;
    Ok(0)
}

/// The newest lines of the daemon's log; no daemon is needed to read them.
fn log(options: &ArgMatches) -> Outcome {
    let path = State::from_environment()?.log();
    let bytes = std::fs::read(&path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<String> = text.lines().map(blank).collect();
    let newest = &lines[lines.len().saturating_sub(200)..];
    if options.get_flag("json") {
        println!("{}", serde_json::json!({ "file": path, "lines": newest }));
    } else {
        say(newest);
        eprintln!("{}", path.display());
    }
    Ok(0)
}
