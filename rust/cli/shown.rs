//! What a reply looks like in a shell. Pure.

use super::print;
use super::style::Style;
use crate::contract::*;
use crate::error::{Error, Result};
use crate::status::Millis;
use crate::task::Task;
use crate::text::blank;
use serde::de::DeserializeOwned;

/// Lines on standard output, lines on standard error, and the exit code.
#[derive(Debug, Default, PartialEq)]
pub struct Shown {
    pub lines: Vec<String>,
    pub notes: Vec<String>,
    pub code: i32,
}

impl From<Vec<String>> for Shown {
    fn from(lines: Vec<String>) -> Shown {
        Shown { lines, ..Shown::default() }
    }
}

/// The reply as JSON for a script: a list is a list.
pub fn json(request: &Request, reply: &Json) -> Json {
    match request {
        Request::TaskList(_) => reply["tasks"].clone(),
        Request::TaskInbox(_) => reply["requests"].clone(),
        Request::Audit(_) => reply["answers"].clone(),
        Request::Docs(_) => reply["documents"].clone(),
        Request::Refs(_) => reply["references"].clone(),
        Request::TaskPrompts(_) => reply["waiting"].clone(),
        _ => reply.clone(),
    }
}

/// The reply as lines for people. At a terminal, a list that is empty says so.
pub fn shown(request: &Request, reply: &Json, now: Millis, style: Style) -> Result<Shown> {
    use Request::*;
    Ok(match request {
        TaskShow(_) => print::page(&read(reply)?, now).into(),
        TaskExplain(_) => print::explanation(&read(reply)?, now).into(),
        TaskList(list) => or_note(
            print::tasks(&read::<Tasks>(reply)?.tasks, now, list.everywhere, style),
            &print::nothing(list.filter.as_deref()),
        ),
        TaskInbox(_) => or_note(print::requests(&read::<Requests>(reply)?.requests, now), "no request is open"),
        TaskOutput(_) => print::output(&read(reply)?, style.color).into(),
        TaskSend(_) => print::sent(&read(reply)?).into(),
        TaskPrompts(_) => {
            or_note(print::prompts(&read::<Prompts>(reply)?.waiting, now), "no prompt waits for this agent")
        }
        TaskApprove(approve) => print::allowed(&read(reply)?, approve.always).into(),
        TaskDeny(_) | TaskAnswer(_) => print::answered(&read(reply)?).into(),
        TaskWeb(_) => vec![read::<Web>(reply)?.url].into(),
        TaskDiff(_) => diff(&read(reply)?, style),
        TaskMend(_) | TaskPreview(_) | Setup(_) => offer(&read(reply)?),
        Undo(_) => {
            let UndoOffer { text, done, .. } = read(reply)?;
            offer(&Offer { text, done })
        }
        Docs(_) => documents(&read(reply)?),
        Refs(_) => print::references(&read::<References>(reply)?.references).into(),
        TaskContext(_) => print::context(&read(reply)?, now).into(),
        TaskTell(_) => told(&read(reply)?),
        TaskRef(_) | Retie(_) => print::references(&[read(reply)?]).into(),
        Changes(_) => print::changes(&read(reply)?).into(),
        Config(_) => config(&read(reply)?),
        Trust(_) => trust(&read(reply)?),
        Policy(_) => policy(&read(reply)?, now),
        Audit(_) => print::audit(&read::<crate::contract::Audit>(reply)?.answers, now).into(),
        Health(_) => health(&read(reply)?),
        // A terminal is opened, not shown; a deleted task is gone; no shell asks for the others.
        _ if reply["uuid"].is_null() => Shown::default(),
        // Most verbs answer with their task as it is now.
        _ => print::done(&read::<Task>(reply)?, now, style).into(),
    })
}

fn read<T: DeserializeOwned>(reply: &Json) -> Result<T> {
    T::deserialize(reply).map_err(|error| Error::internal(format!("cannot read the reply: {error}")))
}

/// Lines; where there are none, a note says why.
fn or_note(lines: Vec<String>, none: &str) -> Shown {
    let notes = if lines.is_empty() { vec![none.to_owned()] } else { vec![] };
    Shown { lines, notes, code: 0 }
}

fn diff(diff: &Diff, style: Style) -> Shown {
    let notes = match (diff.cut, diff.text.is_empty()) {
        (true, _) => vec!["the rest was left out for its size".into()],
        (false, true) => vec!["there are no edits".into()],
        (false, false) => vec![],
    };
    Shown { lines: diff.text.lines().map(|line| style.diff_line(&blank(line))).collect(), notes, code: 0 }
}

/// A step that is taken only with `--yes`.
fn offer(offer: &Offer) -> Shown {
    let notes = if offer.done { vec![] } else { vec!["nothing was done: add --yes to do it".into()] };
    Shown { lines: offer.text.lines().map(blank).collect(), notes, code: 0 }
}

fn told(told: &Told) -> Shown {
    let lines = told.text.lines().map(blank).collect();
    let note = match (told.done, told.queued) {
        (false, _) => Some("nothing was sent: add --yes to send it"),
        (true, true) => Some("queued: the agent is not free"),
        (true, false) => None,
    };
    Shown { lines, notes: note.into_iter().map(str::to_owned).collect(), code: 0 }
}

/// Letters of a fingerprint that a person copies.
const SHOWN_FINGERPRINT: usize = 16;

fn trust(offer: &TrustOffer) -> Shown {
    let seen: String = offer.fingerprint.iter().flat_map(|text| text.chars()).take(SHOWN_FINGERPRINT).collect();
    let note = format!("nothing was done: add --yes --seen {seen} to trust this text");
    let notes = if offer.done { vec![] } else { vec![note] };
    Shown { lines: offer.text.lines().map(blank).collect(), notes, code: 0 }
}

fn policy(report: &PolicyReport, now: Millis) -> Shown {
    let notes = report.notices.iter().map(|notice| blank(notice)).collect();
    Shown { lines: print::policy(report, now), notes, code: 0 }
}

fn documents(found: &Documents) -> Shown {
    let notes = if found.cut { vec!["there are more documents than Chorus lists".into()] } else { vec![] };
    Shown { lines: print::documents(&found.documents), notes, code: 0 }
}

fn config(config: &crate::contract::Config) -> Shown {
    let row = |row: &Setting| format!("{} = {}  # {}", row.key, blank(&row.value), row.origin);
    let notes = config.notices.iter().map(|notice| blank(notice)).collect();
    Shown { lines: config.values.iter().map(row).collect(), notes, code: 0 }
}

fn health(health: &crate::contract::Health) -> Shown {
    let has_error = health.checks.iter().any(|check| check.level == "error");
    Shown { lines: print::health(health), notes: vec![], code: i32::from(has_error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_offer_that_was_not_taken_says_how_to_take_it() {
        let request = Request::Setup(Confirm::default());
        let show =
            |done: bool| shown(&request, &json!({"text": "one\ntwo", "done": done}), 0, Style::default()).unwrap();
        assert_eq!(show(true), Shown { lines: vec!["one".into(), "two".into()], notes: vec![], code: 0 });
        assert_eq!(show(false).notes, ["nothing was done: add --yes to do it"]);
    }

    #[test]
    fn health_fails_where_a_check_does() {
        let check = |level: &str| json!({"name": "tmux", "level": level, "text": "found", "advice": null});
        let code = |level: &str| {
            let reply = json!({"checks": [check("ok"), check(level)]});
            shown(&Request::Health(Nothing {}), &reply, 0, Style::default()).unwrap().code
        };
        assert_eq!((code("warn"), code("error")), (0, 1));
    }

    #[test]
    fn an_empty_inbox_says_so_beside_the_output() {
        let empty =
            shown(&Request::TaskInbox(TaskList::default()), &json!({"requests": []}), 0, Style::default()).unwrap();
        assert_eq!(empty, Shown { lines: vec![], notes: vec!["no request is open".into()], code: 0 });
    }

    #[test]
    fn scripts_get_lists_as_lists() {
        let list = Request::TaskList(TaskList::default());
        assert_eq!(json(&list, &json!({"tasks": [1]})), json!([1]));
        assert_eq!(json(&Request::TaskWeb(TaskWeb::default()), &json!({"url": "u"})), json!({"url": "u"}));
    }
}
