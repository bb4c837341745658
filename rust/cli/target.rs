//! Which tasks a command line means: the given ones, a filter, or the only candidate.

use super::InputRefusal;
use crate::client::Client;
use crate::contract::{Request, TaskList, Tasks};
use crate::store::Filter;
use crate::task::Task;
use crate::text::blank;
use crate::verbs::{Takes, Verb};

/// Splits the words into the tasks named first and the text after them.
pub fn split(verb: &Verb, words: &[String]) -> (Vec<String>, Vec<String>) {
    let most = if verb.takes == Takes::One { 1 } else { words.len() };
    let named = words.iter().take(most).take_while(|word| is_task(word)).count();
    if named == 0 && verb.takes == Takes::Many && words.first().is_some_and(|word| is_filter(verb, word)) {
        return (words[..1].to_vec(), words[1..].to_vec());
    }
    (words[..named].to_vec(), words[named..].to_vec())
}

/// `12`, `#12` or a uuid.
fn is_task(word: &str) -> bool {
    let digits = word.strip_prefix('#').unwrap_or(word);
    (!digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())) || uuid::Uuid::try_parse(word).is_ok()
}

/// Where text may follow, only words that rarely begin a sentence, as `error` does in `send error handling is missing`.
fn is_filter(verb: &Verb, word: &str) -> bool {
    let names = ["all", "live", "unread", "pending", "running", "waiting", "completed", "failed", "busy", "idle"];
    match verb.rest {
        "" => Filter::names_tasks(word),
        _ => {
            names.contains(&word) || (word.starts_with('+') || word.starts_with("status:")) && Filter::names_tasks(word)
        }
    }
}

/// Refuses words that name no task and begin with what was meant to name one: an empty variable of a script, `2-4`,
/// `2,3`. As text they would go to the only task that there is.
///
/// `goes_on` tells that more text follows, which was said to be text.
pub fn check_text(verb: &Verb, named: &[String], text: &[String], goes_on: bool) -> Result<(), InputRefusal> {
    let Some(first) = text.first().filter(|_| named.is_empty() && verb.takes != Takes::Nothing) else { return Ok(()) };
    // `answer 1,3` picks options.
    if verb.name == "answer" {
        return Ok(());
    }
    if first.trim().is_empty() && (goes_on || text.len() > 1) {
        return Err(InputRefusal::Usage(format!("name a task to {}: the word in its place is empty", verb.name)));
    }
    let of_numbers = |c: char| c.is_ascii_digit() || "#-,.:;".contains(c);
    let numbers: Vec<&str> = first.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let is_list = numbers.len() > 1 || (numbers.len() == 1 && first.ends_with([',', ';', ':']));
    if is_list && first.chars().all(of_numbers) {
        let why = format!("{} is no task: name tasks one by one, as in `{}`", blank(first), numbers.join(" "));
        return Err(InputRefusal::Usage(why));
    }
    Ok(())
}

/// Each task once, however it is written: no prompt is sent to it twice.
fn once(named: Vec<String>) -> Vec<String> {
    let key = |word: &str| {
        let digits = word.strip_prefix('#').unwrap_or(word).trim_start_matches('0');
        digits.to_lowercase()
    };
    let mut seen = std::collections::HashSet::new();
    named.into_iter().filter(|word| seen.insert(key(word))).collect()
}

/// The tasks as the daemon takes them; asks the daemon when none is named or a filter is.
pub fn resolve(client: &mut Client, verb: &Verb, named: Vec<String>) -> Result<Vec<String>, InputRefusal> {
    match named.first() {
        Some(word) if is_task(word) => Ok(once(named)),
        Some(filter) => {
            let tasks = list(client, (filter != "all").then(|| filter.clone()))?;
            let fitting: Vec<String> = fitting(verb, tasks).into_iter().map(|task| task.uuid).collect();
            match fitting.is_empty() {
                true => Err(InputRefusal::Usage(format!(
                    "cannot {}: no task of `{filter}` is in a state for it",
                    verb.name
                ))),
                false => Ok(fitting),
            }
        }
        None => guess(verb, fitting(verb, list(client, None)?)),
    }
}

fn fitting(verb: &Verb, tasks: Vec<Task>) -> Vec<Task> {
    tasks.into_iter().filter(|task| verb.fits.includes(task)).collect()
}

/// The only candidate, unless the verb is careful.
fn guess(verb: &Verb, candidates: Vec<Task>) -> Result<Vec<String>, InputRefusal> {
    match candidates.as_slice() {
        [only] if !verb.careful => Ok(vec![only.uuid.clone()]),
        [] => Err(InputRefusal::Usage(format!("cannot {}: no task is in a state for it", verb.name))),
        some => {
            let numbers: Vec<String> = some.iter().take(12).map(|task| format!("#{}", task.number)).collect();
            Err(InputRefusal::Usage(format!("name a task to {}: {}", verb.name, numbers.join(" "))))
        }
    }
}

fn list(client: &mut Client, filter: Option<String>) -> Result<Vec<Task>, InputRefusal> {
    let tasks: Tasks = client.call(&Request::TaskList(TaskList { filter, everywhere: false }))?;
    Ok(tasks.tasks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn tasks_come_first_and_the_rest_is_text() {
        let send = crate::verbs::find("send").unwrap();
        assert_eq!(split(send, &words("12 #3 fix it")), (words("12 #3"), words("fix it")));
        assert_eq!(split(send, &words("waiting go on")), (words("waiting"), words("go on")));
        assert_eq!(split(send, &words("go on")), (vec![], words("go on")));
        let deny = crate::verbs::find("deny").unwrap();
        let restart = crate::verbs::find("restart").unwrap();
        assert_eq!(split(restart, &words("exited")), (words("exited"), vec![]));
        assert_eq!(split(send, &words("error handling")), (vec![], words("error handling")));
        assert_eq!(split(deny, &words("12 13 reasons")), (words("12"), words("13 reasons")));
    }

    #[test]
    fn what_was_meant_to_name_a_task_is_no_text() {
        let refused = |verb: &str, text: &[&str]| {
            let verb = crate::verbs::find(verb).unwrap();
            let text: Vec<String> = text.iter().map(|word| (*word).to_owned()).collect();
            let (named, text) = split(verb, &text);
            check_text(verb, &named, &text, false).is_err()
        };
        for first in ["", " ", "2-4", "#2-#4", "2,3", "2,", "1..3", "12:"] {
            assert!(refused("send", &[first, "go", "on"]), "{first:?}");
        }
        for first in ["go", "2x", "-", "3.14e", "…"] {
            assert!(!refused("send", &[first, "go", "on"]), "{first:?}");
        }
        assert!(!refused("send", &["12", "2-4", "lines"]), "the task is named");
        assert!(!refused("answer", &["1,3"]), "options");
        assert!(!refused("diff", &[""]), "nothing is no text");
        let send = crate::verbs::find("send").unwrap();
        assert!(check_text(send, &[], &[String::new()], true).is_err(), "`send \"$task\" -- text` without a task");
        assert!(check_text(send, &[], &[], true).is_ok());
    }

    #[test]
    fn a_task_named_twice_is_one() {
        assert_eq!(once(words("3 #3 03 4 3")), words("3 4"));
        let uuid = "aae3c8e7-f477-4964-9720-295d7997d42f";
        assert_eq!(once(vec![uuid.to_uppercase(), uuid.into()]).len(), 1);
    }
}
