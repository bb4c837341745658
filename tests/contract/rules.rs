//! The rules on tasks that both halves know: which tasks a verb applies to, and which a filter names.

use crate::lua::{Contract, interpreter, require, to_lua};
use crate::{Names, compare, variants};
use chorus::status::AgentStatus;
use chorus::store::Filter;
use chorus::task::{AlertKind, Isolation, Status, Task};
use chorus::verbs::{Fits, VERBS};
use mlua::{Function, Lua};
use serde::de::DeserializeOwned;

fn each<T: DeserializeOwned>() -> Vec<T> {
    let names = variants::<T>("?".into());
    names.into_iter().map(|name| serde_json::from_value(name.into()).unwrap()).collect()
}

/// A task with every field.
fn full_task() -> Task {
    serde_json::from_value(Contract::load().example("Task")).unwrap()
}

/// One task of every kind that a rule could tell apart.
fn tasks() -> Vec<Task> {
    let (mut tasks, full) = (Vec::new(), full_task());
    for status in each::<Status>() {
        for agent in each::<AgentStatus>() {
            for isolation in each::<Isolation>() {
                for bits in 0..32 {
                    let has = |bit: i32| bits & (1 << bit) != 0;
                    let mut task = full.clone();
                    task.status = status;
                    task.agent_status.status = agent;
                    task.isolation = isolation;
                    task.requests = i64::from(has(0));
                    task.uncommitted = i64::from(has(1));
                    task.outdated = i64::from(has(1));
                    task.unclaimed = i64::from(has(2));
                    task.stack = task.stack.filter(|_| has(2));
                    task.trouble = task.trouble.filter(|_| has(3));
                    task.alerts.retain(|_| has(0));
                    task.alerts
                        .iter_mut()
                        .for_each(|alert| alert.kind = if has(1) { AlertKind::Prompt } else { AlertKind::Hooks });
                    task.unread = has(4);
                    task.muted = has(3);
                    task.tags = if has(4) { vec!["ui".into()] } else { vec![] };
                    tasks.push(task);
                }
            }
        }
    }
    tasks
}

/// Each task with its Lua form.
fn in_both(lua: &Lua) -> Vec<(Task, mlua::Value)> {
    let form = |task: &Task| to_lua(lua, &serde_json::to_value(task).unwrap()).unwrap();
    tasks().into_iter().map(|task| (task.clone(), form(&task))).collect()
}

#[test]
fn a_verb_applies_to_the_same_tasks_in_a_shell_and_in_neovim() {
    let lua = interpreter();
    let fits = require(&lua, "chorus.tasks.fits");
    let known = variants::<Fits>("?".into());
    let of_lua: Names = fits.pairs::<String, Function>().map(|pair| pair.unwrap().0).collect();
    compare("words for the tasks that a verb applies to", &known, &of_lua);
    let tasks = in_both(&lua);
    for name in known {
        let rust: Fits = serde_json::from_value(name.clone().into()).unwrap();
        let function: Function = fits.get(name.as_str()).unwrap();
        let mut included = 0;
        for (task, form) in &tasks {
            included += usize::from(rust.includes(task));
            assert_eq!(rust.includes(task), function.call::<bool>(form).unwrap(), "`{name}` of {task:?}");
        }
        assert!(included > 0 && (included < tasks.len() || rust == Fits::Any), "`{name}` tells no tasks apart");
    }
}

#[test]
fn a_filter_names_the_same_tasks_in_a_shell_and_in_neovim() {
    let lua = interpreter();
    let filter = require(&lua, "chorus.tasks.filter");
    let words: Names = filter.get::<Function>("words").unwrap().call::<Vec<String>>(()).unwrap().into_iter().collect();
    compare("filters", &Filter::words().into_iter().chain(["all"]).map(str::to_owned).collect(), &words);
    let includes: Function = filter.get("includes").unwrap();
    let tasks = in_both(&lua);
    let (parse, matches): (Function, Function) = (filter.get("parse").unwrap(), filter.get("matches").unwrap());
    let is_filter: Function = filter.get("is_filter").unwrap();
    let more =
        ["+ui", "+other", "status:busy", "status:unread", "status:plan", "#12", "#1", "wating", "login", "Fix LOGIN"];
    for word in words.into_iter().chain(more.map(str::to_owned)) {
        let rust = Filter::parse(&word).unwrap();
        let names_tasks = is_filter.call::<bool>(word.as_str()).unwrap();
        assert_eq!(Filter::names_tasks(&word), names_tasks, "`{word}`");
        let tests: mlua::Table = parse.call(word.as_str()).unwrap();
        for (task, form) in &tasks {
            let lua: bool = matches.call((tests.clone(), form)).unwrap();
            assert_eq!(rust.matches(task), lua, "`{word}` of {task:?}");
            if names_tasks {
                assert_eq!(rust.matches(task), includes.call::<bool>((word.as_str(), form)).unwrap(), "`{word}`");
            }
        }
    }
}

#[test]
fn tasks_stand_in_the_same_order_in_a_shell_and_in_neovim() {
    let lua = interpreter();
    let is_before: Function = require(&lua, "chorus.tasks.order").get("is_before").unwrap();
    let rank: Function = require(&lua, "chorus.tasks.order").get("rank").unwrap();
    let mut tasks = tasks();
    for (index, task) in tasks.iter_mut().enumerate() {
        let index = index as i64;
        (task.number, task.priority) = (index, index % 3);
        (task.agent_status.since, task.created_at) = (index * 7919 % 101, index * 104_729 % 997);
        task.completed_at = Some(index * 31 % 89).filter(|at| at % 2 == 0);
        task.started_at = None;
    }
    tasks.sort_by_cached_key(Task::rank);
    let ranks: Vec<mlua::Table> = tasks
        .iter()
        .map(|task| rank.call(to_lua(&lua, &serde_json::to_value(task).unwrap()).unwrap()).unwrap())
        .collect();
    for (at, pair) in ranks.windows(2).enumerate() {
        assert!(is_before.call::<bool>((&pair[0], &pair[1])).unwrap(), "{:?} and {:?}", tasks[at], tasks[at + 1]);
    }
}

/// Whom the guesses, pickers and filters of both faces offer: each difference there once was is a row here.
#[test]
fn a_verb_applies_to_what_the_daemon_accepts() {
    let full = full_task();
    let task = |status, agent, isolation, stack: bool, uncommitted| {
        let mut task = full.clone();
        (task.status, task.isolation, task.uncommitted) = (status, isolation, uncommitted);
        task.agent_status.status = agent;
        task.stack = task.stack.filter(|_| stack);
        task.trouble = None;
        task
    };
    use AgentStatus::{Busy, Idle, Stopped, Unknown, Waiting};
    use Isolation::{Stack, Worktree};
    use Status::{Completed, Pending, Running};
    let rows = [
        ("interrupt", task(Running, Busy, Stack, true, 0), true),
        ("interrupt", task(Running, Idle, Stack, true, 0), false),
        ("interrupt", task(Status::Waiting, Waiting, Stack, true, 0), false),
        ("interrupt", task(Running, Unknown, Stack, true, 0), false),
        ("commit", task(Running, Idle, Stack, true, 2), true),
        ("commit", task(Running, Idle, Stack, true, 0), false),
        ("commit", task(Completed, Stopped, Worktree, true, 1), true),
        ("commit", task(Running, Idle, Isolation::None, false, 2), false),
        ("diff", task(Running, Idle, Stack, true, 0), true),
        ("diff", task(Completed, Stopped, Stack, true, 0), true),
        ("diff", task(Pending, Stopped, Stack, true, 0), true),
        ("diff", task(Pending, Stopped, Stack, false, 0), false),
        ("diff", task(Running, Idle, Isolation::None, false, 0), false),
        ("preview", task(Running, Idle, Worktree, true, 0), true),
        ("preview", task(Completed, Stopped, Worktree, true, 0), true),
        ("preview", task(Running, Idle, Stack, true, 0), false),
        ("preview", task(Pending, Stopped, Worktree, false, 0), false),
        ("mend", task(Running, Idle, Stack, true, 0), false),
        ("mend", Task { trouble: full.trouble.clone(), ..task(Completed, Stopped, Stack, true, 0) }, true),
    ];
    for (name, task, expected) in rows {
        let verb = VERBS.iter().find(|verb| verb.name == name).unwrap();
        assert_eq!(verb.fits.includes(&task), expected, "{name} of {task:?}");
    }
}
