//! Checks of values that a file sets. Each says why a value cannot be used, as a sentence without its end.

use super::value::Words;
use crate::documents::patterns;
use crate::notifications::QuietHours;

pub(super) type Checked = Result<(), String>;

fn require(holds: bool, why: &str) -> Checked {
    if holds { Ok(()) } else { Err(why.to_owned()) }
}

pub(super) fn filled(text: &str) -> Checked {
    require(!text.trim().is_empty() && !text.contains(char::is_control), "it must not be empty")
}

pub(super) fn filled_lines(text: &Option<String>) -> Checked {
    let plain = |text: &str| !text.trim().is_empty() && !text.contains(|c: char| c.is_control() && c != '\n');
    require(text.as_deref().is_none_or(plain), "it must be plain text")
}

pub(super) fn at_least_one_word(words: &Words) -> Checked {
    require(words.0.first().is_some_and(|word| !word.is_empty()), "it must name a program")
}

pub(super) fn one_word(text: &str) -> Checked {
    let plain = !text.is_empty() && !text.starts_with('-') && !text.contains(|c: char| c.is_control() || c == ' ');
    require(plain, "it must be one word that does not begin with `-`")
}

pub(super) fn one_word_if_any(text: &Option<String>) -> Checked {
    text.as_deref().map_or(Ok(()), one_word)
}

pub(super) fn are_globs(globs: &[String]) -> Checked {
    globs.iter().find_map(|glob| patterns::fault(glob)).map_or(Ok(()), Err)
}

/// A mode that asks nothing comes from the task itself, where it is shown, and from nowhere else.
pub(super) fn no_bypass(mode: &Option<String>) -> Checked {
    one_word_if_any(mode)?;
    require(mode.as_deref() != Some("bypassPermissions"), "only a task itself may set `bypassPermissions`")
}

pub(super) fn few_if_any(lines: &Option<u32>) -> Checked {
    lines.as_ref().map_or(Ok(()), within(1, 50))
}

pub(super) fn key(name: &str) -> Checked {
    one_word(name)?;
    require(name.chars().count() <= 20, "it must be a key as tmux names it, such as `C-\\` or `F12`")
}

pub(super) fn socket(socket: &Option<String>) -> Checked {
    let Some(socket) = socket else { return Ok(()) };
    filled(socket)?;
    require(socket.starts_with('/') || !socket.contains('/'), "it must be a name or an absolute path")
}

pub(super) fn quiet_hours(text: &Option<String>) -> Checked {
    let is_good = text.as_deref().is_none_or(|text| QuietHours::parse(text).is_some());
    require(is_good, "it must be two times of the day, such as `22:00-07:30`")
}

pub(super) fn sqlite(url: &Option<String>) -> Checked {
    let path = url.as_deref().map(|url| url.strip_prefix("sqlite:///").unwrap_or_default());
    let why = "it must be `sqlite:///name` (in the state folder) or `sqlite:////absolute/path`";
    require(path.is_none_or(|path| !path.is_empty() && path != ":memory:"), why)
}

pub(super) fn within<T: PartialOrd + std::fmt::Debug>(least: T, most: T) -> impl Fn(&T) -> Checked {
    move |value| require(*value >= least && *value <= most, &format!("it must be from {least:?} to {most:?}"))
}
