//! What the store takes of texts that people, agents and files give. Pure.

use super::refuse;
use crate::contract::Code;
use crate::error::Result;
use crate::text::{clean_block, clean_line};

/// Characters in a title.
pub const TITLE: usize = 200;
/// Bytes in a description or a prompt.
pub const BODY: usize = 1_000_000;
/// Characters in a name, such as an agent's or a tag's.
pub const NAME: usize = 100;
/// Tags of one task.
pub const TAGS: usize = 30;

/// One line without control characters or needless white space.
fn flat(text: &str) -> String {
    clean_line(text, usize::MAX)
}

/// A title.
pub fn title(text: &str) -> Result<String> {
    let title = flat(text);
    match title.chars().count() {
        0 => Err(refuse(Code::BadInput, "the title is empty", "give the task a title of one line")),
        n if n > TITLE => Err(refuse(
            Code::BadInput,
            format!("the title has {n} characters, at most {TITLE} are allowed"),
            "put the rest into the description",
        )),
        _ => Ok(title),
    }
}

/// A description; nothing when it is blank.
pub fn description(text: &str) -> Result<Option<String>> {
    bounded("the description", text)?;
    Ok(Some(clean_block(text)).filter(|text| !text.trim().is_empty()))
}

/// Refuses a text of more than [`BODY`] bytes.
pub fn bounded(what: &str, text: &str) -> Result<()> {
    if text.len() <= BODY {
        return Ok(());
    }
    let message = format!("{what} has {} bytes, at most {BODY} are allowed", text.len());
    Err(refuse(Code::BadInput, message, "put it into a file and name the file instead"))
}

/// A name: one line, not empty, at most [`NAME`] characters.
pub fn name(what: &str, text: &str) -> Result<String> {
    let name = flat(text);
    if name.is_empty() || name.chars().count() > NAME {
        let message = format!("{what} must have 1 to {NAME} characters");
        return Err(refuse(Code::BadInput, message, "shorten it, or leave it out"));
    }
    Ok(name)
}

/// An id that another program made. Proxies between an agent and its model make long ones: a long id is kept as its hash.
pub fn id(text: &str) -> String {
    use sha2::{Digest, Sha256};
    let id = flat(text);
    match id.chars().count() <= NAME {
        true => id,
        false => Sha256::digest(&id).iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// Tags in the order given, each once, without spaces and without the `+` that filters put before them.
pub fn tags(given: &[String]) -> Result<Vec<String>> {
    let mut tags = Vec::new();
    for tag in given {
        let tag = flat(tag).trim_start_matches('+').replace(' ', "-");
        if tag.is_empty() || tags.contains(&tag) {
            continue;
        }
        tags.push(name("a tag", &tag)?);
    }
    if tags.len() > TAGS {
        let message = format!("{} tags are too many, at most {TAGS} are allowed", tags.len());
        return Err(refuse(Code::BadInput, message, "leave some out"));
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_clean_line() {
        assert_eq!(title("  Fix\tthe \x1b[31mlogin\n\u{202e}now ").unwrap(), "Fix the login now");
        assert_eq!(title("Red \u{9b}31mor\x1b]0;owned").unwrap(), "Red or");
        assert_eq!(title("\n\t \x07\x1b[31m").unwrap_err().code, Code::BadInput);
        assert_eq!(title(&"ä".repeat(TITLE)).unwrap().chars().count(), TITLE);
        assert!(title(&"ä".repeat(TITLE + 1)).unwrap_err().message.contains("201"));
        assert_eq!(title("👩‍💻 builds").unwrap(), "👩‍💻 builds");
    }

    #[test]
    fn a_description_keeps_its_lines_and_loses_escapes() {
        assert_eq!(description("a\r\nb\tc\x1b[0m\n").unwrap().unwrap(), "a\nb\tc\n");
        assert_eq!(description(" \n").unwrap(), None);
        assert_eq!(description(&"x".repeat(BODY + 1)).unwrap_err().code, Code::BadInput);
    }

    #[test]
    fn tags_are_words_each_once() {
        let given = ["+ui", "ui", "two words", "", " \n", "C++"].map(String::from);
        assert_eq!(tags(&given).unwrap(), ["ui", "two-words", "C++"]);
        let many: Vec<String> = (0..=TAGS).map(|n| n.to_string()).collect();
        assert_eq!(tags(&many).unwrap_err().code, Code::BadInput);
    }
}
