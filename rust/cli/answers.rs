//! `chorus answer 3 1 "1,3"`: one word for each question, in which digits name options. Pure.

use crate::contract::{Code, Json, Opened};
use crate::error::{Error, Result};
use crate::text::reveal_line;
use std::collections::BTreeMap;

struct Question {
    /// By which the daemon knows it; empty for a dialog on the screen.
    key: String,
    labels: Vec<String>,
    takes_several: bool,
}

/// The answers that these words give to a request; the words as they are where `verbatim`.
///
/// # Errors
/// `bad_input` when a word is missing or names no option.
pub fn fit(request: &Opened, words: &[String], verbatim: bool) -> Result<BTreeMap<String, String>> {
    let questions = questions(request);
    let texts = match questions.as_slice() {
        [] | [_] => vec![words.join(" ")],
        _ => words.to_vec(),
    };
    if texts.len() != questions.len().max(1) {
        let count = questions.len();
        let message = format!("cannot answer #{}: it asks {count} questions", request.number);
        return Err(Error::new(Code::BadInput, message).hint(format!("say {count} answers: {}", list(&questions))));
    }
    if questions.is_empty() {
        return Ok([(String::new(), texts.concat())].into());
    }
    let answer = |(question, text): (&Question, &String)| {
        let text = if verbatim { text.clone() } else { question.answer(text)? };
        Ok((question.key.clone(), text))
    };
    questions.iter().zip(&texts).map(answer).collect()
}

fn questions(request: &Opened) -> Vec<Question> {
    let input = request.input.as_ref();
    let labels = |holder: &Json| -> Vec<String> {
        let options = holder.get("options").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        options.iter().filter_map(|option| Some(option.get("label")?.as_str()?.to_owned())).collect()
    };
    let Some(asked) = input.and_then(|input| input.get("questions")).and_then(Json::as_array) else {
        let labels = input.map(labels).unwrap_or_default();
        return match labels.is_empty() {
            true => Vec::new(),
            false => vec![Question { key: String::new(), labels, takes_several: false }],
        };
    };
    let read = |question: &Json| {
        Some(Question {
            key: question.get("question")?.as_str()?.to_owned(),
            labels: labels(question),
            takes_several: question.get("multiSelect") == Some(&Json::Bool(true)),
        })
    };
    asked.iter().filter_map(read).collect()
}

fn list(questions: &[Question]) -> String {
    let line = |(place, question): (usize, &Question)| {
        let options = (1..).zip(&question.labels).map(|(place, label)| format!("{place} {}", reveal_line(label, 60)));
        format!("{place}. {}  ({})", reveal_line(&question.key, 80), options.collect::<Vec<_>>().join(", "))
    };
    (1..).zip(questions).map(line).collect::<Vec<_>>().join("; ")
}

impl Question {
    fn answer(&self, text: &str) -> Result<String> {
        let text = text.trim();
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let is_number = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
        let are_numbers = parts.iter().all(is_number) && (parts.len() == 1 || self.takes_several);
        if !are_numbers || self.labels.is_empty() || self.labels.iter().any(|label| label.trim() == text) {
            return Ok(text.to_owned());
        }
        let label = |part: &&str| {
            let place = part.parse::<usize>().ok().and_then(|place| place.checked_sub(1));
            place.and_then(|place| self.labels.get(place)).map(String::as_str)
        };
        let labels: Option<Vec<&str>> = parts.iter().map(label).collect();
        labels.map(|labels| labels.join(", ")).ok_or_else(|| {
            Error::new(Code::BadInput, format!("there is no option {text}: {}", list(std::slice::from_ref(self))))
                .hint("`--text` sends the digits themselves")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(input: &Json) -> Opened {
        serde_json::from_value(
            json!({"id": "r", "project": "/p", "number": 3, "task": "t", "kind": "question", "tool": null,
            "summary": "", "input": input, "cut": false, "suggestions": [], "answerable": "hook", "opened_at": 0,
            "closed_at": null, "outcome": null}),
        )
        .unwrap()
    }

    fn fitted(input: &Json, words: &[&str]) -> std::result::Result<Vec<(String, String)>, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let fitted = fit(&request(input), &words, false);
        fitted
            .map(|answers| answers.into_iter().collect())
            .map_err(|error| format!("{} {:?}", error.message, error.hint))
    }

    fn two() -> Json {
        let option = |label: &str| json!({ "label": label });
        json!({"questions": [
            {"question": "Colour?", "options": [option("Red"), option("Blue")]},
            {"question": "Where?", "multiSelect": true, "options": [option("Linux"), option("macOS, new"), option("7")]}]})
    }

    #[test]
    fn each_question_gets_its_word() {
        let pair = |colour: &str, place: &str| {
            vec![("Colour?".to_owned(), colour.to_owned()), ("Where?".to_owned(), place.to_owned())]
        };
        assert_eq!(fitted(&two(), &["2", "1,2"]), Ok(pair("Blue", "Linux, macOS, new")));
        assert_eq!(fitted(&two(), &["a dark one", "7"]), Ok(pair("a dark one", "7")));
        assert!(fitted(&two(), &["1"]).unwrap_err().contains("it asks 2 questions Some(\"say 2 answers: 1. Colour?"));
        assert!(fitted(&two(), &["3", "1"]).unwrap_err().starts_with("there is no option 3"));
    }

    #[test]
    fn a_lone_question_takes_all_words() {
        let one = json!({"questions": [two()["questions"][0]]});
        let lone = |answer: &str| Ok(vec![("Colour?".to_owned(), answer.to_owned())]);
        assert_eq!(fitted(&one, &["1"]), lone("Red"));
        assert_eq!(fitted(&one, &["something", "dark"]), lone("something dark"));
        let dialog = json!({"text": ["Go on?"], "options": [{"label": "Yes"}, {"label": "No"}]});
        assert_eq!(fitted(&dialog, &["1"]), Ok(vec![(String::new(), "Yes".to_owned())]));
        assert_eq!(fitted(&json!(null), &["as", "it", "is"]), Ok(vec![(String::new(), "as it is".to_owned())]));
    }
}
