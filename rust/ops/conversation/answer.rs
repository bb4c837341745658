//! Answering a request: through the hook that waits for it, else by keys that were checked against the screen first.

use crate::agent::Answer;
use crate::contract::*;
use crate::core::answers::Asking;
use crate::core::fact::Fact;
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::evidence::reading::{Dialog, ScreenReading};
use crate::ops::terminal;
use crate::status::{AgentStatus, Answerable};
use crate::store::{Closing, RequestOutcome, Who};
use crate::task::Task;
use crate::tmux::{Pane, Tmux};
use crate::typing::{Key, named};
use std::time::Duration;

/// A dialog drops keys pressed sooner after it appeared (Claude Code 2.1.328: at 200 ms still, at 400 ms no more).
const DIALOG_LISTENS_AFTER: i64 = 500;

/// A hook process tries to reach a daemon this often and a little more.
const HOOK_COMES_BACK: Duration = Duration::from_secs(1);
/// A key that a dialog takes changes the screen or the session file in this time.
const TAKEN_WITHIN: Duration = Duration::from_secs(2);

/// Who answers, and by what.
type By = (Who, Option<String>);

/// Allows the open request.
pub async fn approve(core: &Core, asker: &Asker, approve: TaskApprove) -> Result<Opened> {
    reply(core, asker, &approve.task, approve.request, Answer::Allow { always: approve.always }).await
}

/// Refuses the open request.
pub async fn deny(core: &Core, asker: &Asker, deny: TaskDeny) -> Result<Opened> {
    reply(core, asker, &deny.task, deny.request, Answer::Deny { reason: deny.reason }).await
}

/// Answers the open question.
pub async fn answer(core: &Core, asker: &Asker, answer: TaskAnswer) -> Result<Opened> {
    reply(core, asker, &answer.task, answer.request, Answer::Words(answer.answers)).await
}

/// Allows or refuses the request that a notification showed, unless it asks for something else by now.
pub async fn by_notification(core: &Core, shown: &Opened, answer: Answer) -> Result<Opened> {
    let _turn = core.turn(&shown.task).await;
    let id = shown.id.clone();
    let request = core.read(&shown.task, move |tx, task| tx.request_to_answer(task, Some(&id))).await?;
    let changed = |why: &str| {
        Error::new(Code::RequestChanged, format!("cannot answer #{}: {why}", shown.number))
            .hint("read what it asks now, and answer that")
    };
    if !crate::notifications::is_same_request(&request, shown) {
        return Err(changed("it asks for something else by now"));
    }
    let asking = hook_of(core, &request).await.ok_or_else(|| changed("the agent waits for no answer any more"))?;
    by_hook(core, request, &asking, answer, (Who::Notification, Some("a notification's button".into()))).await
}

async fn reply(core: &Core, asker: &Asker, task: &str, seen: Option<String>, answer: Answer) -> Result<Opened> {
    let (task, _turn) = core.task_in_turn(asker, task).await?;
    let request = core.read(&task.uuid, move |tx, task| tx.request_to_answer(task, seen.as_deref())).await?;
    match hook_of(core, &request).await {
        Some(asking) => by_hook(core, request, &asking, answer, (Who::Person, asker.used())).await,
        None if request.answerable == Answerable::Terminal => Err(terminal_only(&task)),
        None => by_keys(core, asker, &task, request, answer).await,
    }
}

/// What the hook process that waits for the answer was called with. After the daemon was killed one comes back by itself.
async fn hook_of(core: &Core, request: &Opened) -> Option<Asking> {
    match request.answerable {
        Answerable::Hook => core.answers.asking_within(&request.id, HOOK_COMES_BACK).await,
        Answerable::Keys | Answerable::Terminal => core.answers.asking(&request.id),
    }
}

fn terminal_only(task: &Task) -> Error {
    Error::new(
        Code::NotAnswerable,
        format!("cannot answer #{} from here: the agent asks in its terminal only", task.number),
    )
    .hint(format!("use `attach {}` and answer there", task.number))
}

async fn by_hook(core: &Core, request: Opened, asking: &Asking, answer: Answer, by: By) -> Result<Opened> {
    let output = asking.adapter.answer(&asking.message, &answer)?;
    let outcome = match answer {
        Answer::Allow { .. } => RequestOutcome::Allowed,
        Answer::Deny { .. } => RequestOutcome::Denied,
        Answer::Words(_) => RequestOutcome::Answered,
    };
    // Kept before it is given: a daemon killed in between gives it when the hook comes back.
    let closing = Closing { outcome, who: by.0, via: by.1, answer: Some(output.clone()) };
    let closed = core.write(&request.id, move |tx, id| tx.close_request(id, closing)).await?;
    core.answers.give(&request.id, output);
    core.fact(Fact::RequestClosed { task: request.task.clone(), request: request.id.clone() });
    closed.ok_or_else(|| {
        Error::new(Code::RequestChanged, format!("cannot answer #{}: another answer came first", request.number))
            .hint("read what it asks now")
    })
}

/// No hook waits: the screen and the session file are read again in this same operation, and a key is pressed only when
/// they still show this very dialog.
async fn by_keys(core: &Core, asker: &Asker, task: &Task, request: Opened, answer: Answer) -> Result<Opened> {
    let wait = request.opened_at + DIALOG_LISTENS_AFTER - crate::clock::now();
    if wait > 0 {
        tokio::time::sleep(Duration::from_millis(wait as u64)).await;
    }
    let reading = terminal::read_screen(core, task).await?;
    let changed = || {
        Error::new(
            Code::RequestChanged,
            format!("cannot answer #{}: its screen shows something else by now", task.number),
        )
        .hint("read what it asks now, or attach")
    };
    if !is_shown(&request, &reading) {
        return Err(changed());
    }
    let dialog = reading.dialog.as_ref().ok_or_else(changed)?;
    let (way, outcome) = way_of(dialog, &answer).ok_or_else(|| no_way(task, dialog))?;
    let (tmux, pane) = terminal::pane(core, task).await?;
    let _pressing = core.answers.press(&request.id);
    match way {
        Way::Words(text) => drop(tmux.deliver(&pane, &text, None, true).await?),
        Way::Keys(keys) if dialog.is_configured() => tmux.keys(&pane, &keys).await?,
        Way::Keys(keys) => press(core, task, &request, dialog, (&tmux, &pane, &keys)).await?,
    }
    if !is_taken(core, task, &request).await {
        return Err(not_taken(task));
    }
    let closing = Closing {
        outcome,
        who: Who::Person,
        via: asker.used().map(|client| format!("{client}, by keys")),
        answer: None,
    };
    // Escape takes no words along: the reason goes as the next prompt.
    let reason = match answer {
        Answer::Deny { reason } => reason.filter(|reason| !reason.trim().is_empty()),
        _ => None,
    };
    let closed = core.write(&request, move |tx, request| {
        if let Some(reason) = reason {
            tx.enqueue(&request.task, &reason, false)?;
        }
        tx.close_request(&request.id, closing)
    });
    let closed = closed.await?;
    core.fact(Fact::RequestClosed { task: request.task.clone(), request: request.id.clone() });
    core.deliver(&task.uuid);
    Ok(closed.unwrap_or(request))
}

/// Presses keys in a dialog that is drawn with a mark.
async fn press(
    core: &Core,
    task: &Task,
    request: &Opened,
    dialog: &Dialog,
    (tmux, pane, keys): (&Tmux, &Pane, &[Key]),
) -> Result<()> {
    let (arrows, last) = keys.split_at(keys.len().saturating_sub(1));
    // Enter takes whatever is marked: it is pressed only once the arrows are seen to have arrived.
    if !arrows.is_empty() {
        tmux.keys(pane, arrows).await?;
        let marked = marked_after(dialog, keys).ok_or_else(|| terminal_only(task))?;
        if !screen_comes_to(core, task, |reading| is_shown(request, reading) && mark(reading) == Some(&marked)).await {
            return Err(not_taken(task));
        }
    }
    tmux.keys(pane, last).await
}

/// Nothing is known that gives this answer.
fn no_way(task: &Task, dialog: &Dialog) -> Error {
    if !dialog.is_configured() && !dialog.takes_words {
        return terminal_only(task);
    }
    let number = task.number;
    let hint = match dialog.takes_words {
        true => format!("use `answer {number}` with words, which Chorus types; or `attach {number}`"),
        false => format!("use `attach {number}`, or set more `answers` in [agent.{}] of chorus.toml", task.agent),
    };
    Error::new(Code::NotAnswerable, format!("cannot answer #{number} that way: no keys are known for it")).hint(hint)
}

fn not_taken(task: &Task) -> Error {
    Error::new(Code::NotAnswerable, format!("cannot answer #{}: the agent did not take the key", task.number))
        .hint(format!("use `attach {}` and answer there", task.number))
}

/// The option that the marker stands on.
fn mark(reading: &ScreenReading) -> Option<&String> {
    reading.dialog.as_ref()?.options.iter().find(|option| option.selected).map(|option| &option.label)
}

/// The option that the marker should stand on after the arrows among these keys.
fn marked_after(dialog: &Dialog, keys: &[Key]) -> Option<String> {
    let count = |wanted: Key| keys.iter().filter(|key| **key == wanted).count();
    let marked = dialog.options.iter().position(|option| option.selected)?;
    let place = (marked + count(Key::Down)).checked_sub(count(Key::Up))?;
    dialog.options.get(place).map(|option| option.label.clone())
}

/// Waits until the screen fits; false when it does not in time.
async fn screen_comes_to(core: &Core, task: &Task, fits: impl Fn(&ScreenReading) -> bool) -> bool {
    let end = tokio::time::Instant::now() + TAKEN_WITHIN;
    while tokio::time::Instant::now() < end {
        if terminal::read_screen(core, task).await.is_ok_and(|reading| fits(&reading)) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

/// Whether the screen shows the dialog of this very request: the same kind, the same words and, where the request was
/// read off a screen, the same text and options.
fn is_shown(request: &Opened, reading: &ScreenReading) -> bool {
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let labels = |dialog: &Json| -> Option<Vec<String>> {
        let options = dialog.get("options")?.as_array()?;
        let keys = |option: &Json| option.get("keys").map(Json::to_string).unwrap_or_default();
        options.iter().map(|option| Some(squeezed(option.get("label")?.as_str()?) + &keys(option))).collect()
    };
    let text = |dialog: &Json| {
        let lines = dialog.get("text")?.as_array()?;
        Some(lines.iter().filter_map(Json::as_str).map(squeezed).collect::<String>())
    };
    let shown = reading.dialog.as_ref().and_then(|dialog| serde_json::to_value(dialog).ok());
    let asked = request.input.as_ref().filter(|_| request.answerable == Answerable::Keys);
    let words = reading.detail.summary.as_deref().map(squeezed);
    reading.status == AgentStatus::Waiting
        && reading.kind == Some(request.kind)
        && words.is_some_and(|words| words == squeezed(&request.summary))
        && asked.is_none_or(|asked| {
            labels(asked) == shown.as_ref().and_then(labels) && text(asked) == shown.as_ref().and_then(text)
        })
}

/// Waits until the session file or the screen shows that the agent took a key.
async fn is_taken(core: &Core, task: &Task, request: &Opened) -> bool {
    let end = tokio::time::Instant::now() + TAKEN_WITHIN;
    while tokio::time::Instant::now() < end {
        let waits = core.live.of(&task.uuid).is_some_and(|live| live.state.status == AgentStatus::Waiting);
        if !waits || terminal::read_screen(core, task).await.is_ok_and(|reading| !is_shown(request, &reading)) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

/// How an answer gets to the agent.
enum Way {
    Keys(Vec<Key>),
    /// Typed, and entered.
    Words(String),
}

/// How this answer is given in this dialog, or nothing where that is not sure. No is what the agent's rules say, never a
/// digit, which differs between tools and versions and can mean something else.
fn way_of(dialog: &Dialog, answer: &Answer) -> Option<(Way, RequestOutcome)> {
    let keys = |names: Vec<String>| {
        let keys: Option<Vec<Vec<Key>>> = names.iter().map(|name| named::keys(name).ok()).collect();
        Some(Way::Keys(keys?.concat())).filter(|_| !names.is_empty())
    };
    match answer {
        Answer::Allow { always: None } => Some((keys(dialog.approve()?)?, RequestOutcome::Allowed)),
        Answer::Deny { .. } => Some((keys(dialog.deny()?)?, RequestOutcome::Denied)),
        Answer::Words(words) => {
            let chosen = words.values().next().filter(|_| words.len() == 1)?;
            if dialog.takes_words {
                return Some((Way::Words(chosen.clone()), RequestOutcome::Answered));
            }
            let mut named = (0..dialog.options.len()).filter(|index| dialog.options[*index].label == *chosen);
            let index = named.next().filter(|_| named.next().is_none())?;
            Some((keys(dialog.choose(index)?)?, RequestOutcome::Answered))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_typed_only_into_a_dialog_that_takes_them() {
        let answer = Answer::Words([(String::new(), "no, stop".to_owned())].into());
        let typed = |takes_words| {
            let way = way_of(&Dialog { takes_words, ..Dialog::default() }, &answer);
            way.map(|(way, _)| matches!(way, Way::Words(words) if words == "no, stop"))
        };
        assert_eq!((typed(true), typed(false)), (Some(true), None));
    }
}
