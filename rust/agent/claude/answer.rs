//! A person's answers fitted to the agent's questions. Pure.
//!
//! The client takes one text per question: a label, several labels of a multiple choice joined by `, `, or free text.
//! That is what its own dialog sends (2.1.328 and 2.1.197); a list instead is joined by `,` in 2.1.197. It accepts
//! answers to some of the questions only; Chorus asks for all, since a question forgotten is not one declined.

use crate::contract::{Code, Json};
use crate::error::{Error, Result};
use crate::text::{clip, reveal_block, reveal_line};
use serde_json::Value;
use std::collections::BTreeMap;

/// Bytes of one answer, at most.
const MOST: usize = 16 * 1024;

struct Question<'a> {
    text: &'a str,
    header: Option<&'a str>,
    labels: Vec<&'a str>,
    several: bool,
}

/// The client's `answers` for the tool input `input`: question text → answer. See [`super::request::Asked::answer`].
///
/// # Errors
/// `bad_input` when an answer fits no question, is empty, or a question has none.
pub fn fit(input: &Json, given: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    let questions = questions(input);
    let mut answers = BTreeMap::new();
    for (key, answer) in given {
        let Some(question) = find(&questions, key) else {
            return Err(Error::new(Code::BadInput, format!("there is no question {:?}", reveal_line(key, 80)))
                .hint(format!("the questions are: {}", list(&questions))));
        };
        let answer = question.fit(answer)?;
        if answers.insert(question.text.to_owned(), answer).is_some() {
            return Err(Error::new(Code::BadInput, format!("{:?} is answered twice", reveal_line(question.text, 80))));
        }
    }
    let open: Vec<&Question<'_>> = questions.iter().filter(|one| !answers.contains_key(one.text)).collect();
    if let Some(first) = open.first() {
        return Err(Error::new(Code::BadInput, format!("{:?} has no answer", reveal_line(first.text, 80)))
            .hint(format!("the choices are: {}", first.labels.join(", "))));
    }
    Ok(answers)
}

fn questions(input: &Json) -> Vec<Question<'_>> {
    let items = input.get("questions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let read = |item| {
        let text = |key: &str| Value::get(item, key).and_then(Value::as_str);
        let options = item.get("options").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Some(Question {
            text: text("question")?,
            header: text("header"),
            labels: options.iter().filter_map(|option| option.get("label")?.as_str()).collect(),
            several: item.get("multiSelect").and_then(Value::as_bool).unwrap_or_default(),
        })
    };
    items.iter().filter_map(read).collect()
}

fn find<'a, 'b>(questions: &'b [Question<'a>], key: &str) -> Option<&'b Question<'a>> {
    let only = |matching: &dyn Fn(&Question<'_>) -> bool| {
        let mut found = questions.iter().filter(|one| matching(one));
        found.next().filter(|_| found.next().is_none())
    };
    if key.is_empty() {
        return only(&|_| true);
    }
    only(&|one| one.text == key).or_else(|| only(&|one| one.header.is_some_and(|header| same(header, key))))
}

fn list(questions: &[Question<'_>]) -> String {
    questions.iter().map(|one| format!("{:?}", reveal_line(one.text, 80))).collect::<Vec<_>>().join(", ")
}

fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

impl Question<'_> {
    /// The label or labels meant, in the agent's own spelling; else the text as it is.
    fn fit(&self, answer: &str) -> Result<String> {
        let answer = answer.trim();
        if answer.is_empty() {
            return Err(Error::new(Code::BadInput, format!("the answer to {:?} is empty", reveal_line(self.text, 80)))
                .hint(format!("the choices are: {}", self.labels.join(", "))));
        }
        if let Some(label) = self.label(answer) {
            return Ok(label.to_owned());
        }
        if self.several
            && let Some(labels) = self.split(answer)
        {
            return Ok(labels.join(", "));
        }
        Ok(reveal_block(clip(answer, MOST)))
    }

    fn label(&self, answer: &str) -> Option<&str> {
        self.labels
            .iter()
            .copied()
            .find(|label| *label == answer)
            .or_else(|| self.labels.iter().copied().find(|label| same(label, answer)))
    }

    /// Labels separated by commas, of which a label may hold some itself; in the agent's order, each once.
    fn split(&self, answer: &str) -> Option<Vec<&str>> {
        let parts: Vec<&str> = answer.split(',').collect();
        let mut chosen = Vec::new();
        let mut at = 0;
        while at < parts.len() {
            let longest = (at + 1..=parts.len()).rev();
            let (label, next) =
                longest.into_iter().find_map(|end| Some((self.label(parts[at..end].join(",").trim())?, end)))?;
            chosen.push(label);
            at = next;
        }
        Some(self.labels.iter().copied().filter(|label| chosen.contains(label)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn input() -> Json {
        let option = |label: &str| json!({"label": label, "description": "d"});
        json!({"questions": [
            {"question": "Which colour?", "header": "Colour", "multiSelect": false, "options": [option("Red"), option("Blue")]},
            {"question": "Which platforms?", "header": "Platforms", "multiSelect": true,
             "options": [option("Linux"), option("macOS, new"), option("Windows")]},
        ]})
    }

    fn fitted(answers: &[(&str, &str)]) -> Result<Vec<String>> {
        let answers = answers.iter().map(|(q, a)| ((*q).to_owned(), (*a).to_owned())).collect();
        fit(&input(), &answers).map(|answers| answers.into_values().collect())
    }

    #[test]
    fn labels_come_out_in_the_agents_spelling() {
        let both = |colour: &str, platforms: &str| fitted(&[("Which colour?", colour), ("Platforms", platforms)]);
        assert_eq!(both("red", "linux").unwrap(), ["Red", "Linux"]);
        assert_eq!(both("Red", "windows, LINUX,linux").unwrap(), ["Red", "Linux, Windows"]);
        assert_eq!(both("Red", "Windows, macOS, new").unwrap(), ["Red", "macOS, new, Windows"]);
        assert_eq!(both("a dark one", "Linux and BSD").unwrap(), ["a dark one", "Linux and BSD"]);
        assert_eq!(both("Red, Blue", "Linux").unwrap(), ["Red, Blue", "Linux"]);
    }

    #[test]
    fn every_question_is_answered_once() {
        let message = |answers: &[(&str, &str)]| fitted(answers).unwrap_err().message;
        assert_eq!(message(&[("Colour", "Red")]), r#""Which platforms?" has no answer"#);
        assert_eq!(message(&[("", "Red")]), r#"there is no question """#);
        assert_eq!(message(&[("Size", "1")]), r#"there is no question "Size""#);
        assert_eq!(message(&[("Colour", "Red"), ("Which colour?", "Blue")]), r#""Which colour?" is answered twice"#);
        assert_eq!(message(&[("Colour", " ")]), r#"the answer to "Which colour?" is empty"#);
    }

    #[test]
    fn an_input_without_questions_takes_no_answer() {
        assert!(fit(&json!({}), &[(String::new(), "x".to_owned())].into()).is_err());
        assert!(fit(&json!({"questions": [7, {"question": 7}]}), &BTreeMap::new()).unwrap().is_empty());
    }
}
