//! The dialog of `AskUserQuestion`: one question after the other, then a review. Pure.

use super::dialog::Reply;
use super::input::Key;
use super::line::{Line, Style, clean, wrap};
use crate::Json;

/// The questions and what was answered so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Questions {
    all: Vec<Question>,
    /// The question on screen; past the last one is the review.
    page: usize,
    at: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct Question {
    text: String,
    header: String,
    options: Vec<(String, String)>,
    many: bool,
    chosen: Vec<usize>,
    own: String,
}

impl Question {
    fn answer(&self) -> Option<String> {
        let mut words: Vec<&str> = self.chosen.iter().map(|at| self.options[*at].0.as_str()).collect();
        words.extend((!self.own.is_empty()).then_some(self.own.as_str()));
        (!words.is_empty()).then(|| words.join(", "))
    }
}

impl Questions {
    /// The dialog of a call's input `{questions: [{question, header, options: [{label, description}], multiSelect}]}`.
    pub fn new(input: &Json) -> Questions {
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let option = |option: &Json| (text(&option["label"]), text(&option["description"]));
        let question = |question: &Json| Question {
            text: text(&question["question"]),
            header: text(&question["header"]),
            options: question["options"].as_array().into_iter().flatten().map(option).collect(),
            many: question["multiSelect"] == true,
            chosen: Vec::new(),
            own: String::new(),
        };
        let all = input["questions"].as_array().into_iter().flatten().map(question).collect();
        Questions { all, page: 0, at: 0 }
    }

    /// What a key does.
    pub fn key(&mut self, key: &Key) -> Option<Reply> {
        let several = self.all.len() > 1;
        let Some(question) = self.all.get_mut(self.page) else { return self.review(key) };
        let options = question.options.len();
        let submit = usize::from(question.many);
        let last = options + 1 + submit;
        match key {
            Key::Esc => return Some(Reply::Cancelled),
            Key::Up => self.at = self.at.saturating_sub(1),
            Key::Down => self.at = (self.at + 1).min(last),
            Key::Left => self.turn_to(self.page.saturating_sub(1)),
            Key::Tab | Key::Right if several || question.many => self.turn_to(self.page + 1),
            Key::Char(c) if self.at == options => question.own.push(*c),
            Key::Paste(text) | Key::Burst(text) if self.at == options => question.own.push_str(&clean(text)),
            Key::Backspace if self.at == options => drop(question.own.pop()),
            Key::Enter => return self.choose(self.at),
            Key::Char(c) => {
                let number = c.to_digit(10).and_then(|digit| usize::try_from(digit).ok())?.checked_sub(1)?;
                // Digits count the options, "Type something" and "Chat about this", not "Submit".
                let at = if number > options { number + submit } else { number };
                if at == options {
                    self.at = at;
                } else if at <= last {
                    return self.choose(at);
                }
            }
            _ => {}
        }
        None
    }

    fn choose(&mut self, at: usize) -> Option<Reply> {
        let question = self.all.get_mut(self.page)?;
        let options = question.options.len();
        if at > options {
            let chat = at == options + 1 + usize::from(question.many);
            return if chat { Some(Reply::Chat) } else { self.go_on() };
        }
        if question.many && at < options {
            match question.chosen.iter().position(|chosen| *chosen == at) {
                Some(found) => drop(question.chosen.remove(found)),
                None => question.chosen.push(at),
            }
            question.chosen.sort_unstable();
            self.at = at;
            return None;
        }
        if at < options {
            question.chosen = vec![at];
            question.own.clear();
        } else if question.own.is_empty() {
            return None;
        } else if !question.many {
            question.chosen.clear();
        }
        self.go_on()
    }

    /// A single question with a single choice needs no review.
    fn go_on(&mut self) -> Option<Reply> {
        if let [question] = self.all.as_slice()
            && !question.many
        {
            return Some(self.answers());
        }
        self.turn_to(self.page + 1);
        None
    }

    fn turn_to(&mut self, page: usize) {
        self.page = page.min(self.all.len());
        self.at = 0;
    }

    fn review(&mut self, key: &Key) -> Option<Reply> {
        match key {
            Key::Char('1') => Some(self.answers()),
            Key::Char('2') | Key::Esc => Some(Reply::Cancelled),
            Key::Enter => Some(if self.at == 0 { self.answers() } else { Reply::Cancelled }),
            Key::Left | Key::BackTab => {
                self.turn_to(self.page - 1);
                None
            }
            Key::Up | Key::Down => {
                self.at = usize::from(*key == Key::Down);
                None
            }
            _ => None,
        }
    }

    fn answers(&self) -> Reply {
        let answer = |question: &Question| Some((question.text.clone(), question.answer()?));
        Reply::Answers(self.all.iter().filter_map(answer).collect())
    }

    /// What is shown.
    pub fn lines(&self, cols: usize) -> Vec<Line> {
        let mut lines = vec![Line::rule(cols, "Chorus demo", "─"), self.tabs()];
        let sign = |at: usize| if at == self.at { "❯ " } else { "  " };
        let style = |at: usize| if at == self.at { Style::Accent } else { Style::Plain };
        let Some(question) = self.all.get(self.page) else {
            lines.extend([Line::empty(), Line::of("Review your answers", Style::Bold), Line::empty()]);
            for question in &self.all {
                lines.push(Line::of(format!(" ● {}", clean(&question.text)), Style::Plain));
                let answer = question.answer().unwrap_or_else(|| "(not answered)".into());
                lines.push(Line::of(format!("   → {}", clean(&answer)), Style::Accent));
            }
            lines.push(Line::empty());
            for (at, label) in ["1. Submit answers", "2. Cancel"].into_iter().enumerate() {
                lines.push(Line::of(sign(at), Style::Accent).and(label, style(at)));
            }
            return lines.into_iter().map(|line| line.within(cols)).collect();
        };
        lines.push(Line::empty());
        lines.extend(wrap(&clean(&question.text), cols).into_iter().map(|part| Line::of(part, Style::Bold)));
        lines.push(Line::empty());
        let tick = |at: usize| match (question.many, question.chosen.contains(&at)) {
            (true, true) => "[✔] ",
            (true, false) => "[ ] ",
            _ => "",
        };
        let row = |at: usize, number: usize, label: &str| {
            Line::of(sign(at), Style::Accent).and(format!("{number}. {}{}", tick(at), clean(label)), style(at))
        };
        for (at, (label, about)) in question.options.iter().enumerate() {
            lines.push(row(at, at + 1, label));
            if !about.is_empty() {
                let indent = if question.many { "         " } else { "     " };
                lines.push(Line::of(format!("{indent}{}", clean(about)), Style::Dim));
            }
        }
        let own = question.options.len();
        lines.push(row(own, own + 1, if question.own.is_empty() { "Type something." } else { &question.own }));
        if question.many {
            lines.push(Line::of(sign(own + 1), Style::Accent).and("   Submit", style(own + 1)));
        }
        lines.push(Line::rule(cols, "", "─"));
        lines.push(row(own + 1 + usize::from(question.many), own + 2, "Chat about this"));
        lines.push(Line::empty());
        let moves = if self.all.len() > 1 { "Tab/Arrow keys to navigate" } else { "↑/↓ to navigate" };
        lines.push(Line::of(format!("Enter to select · {moves} · Esc to cancel"), Style::Dim));
        lines.into_iter().map(|line| line.within(cols)).collect()
    }

    fn tabs(&self) -> Line {
        let many = self.all.len() > 1;
        let mut line = Line::of(if many { "← " } else { "" }, Style::Dim);
        for (page, question) in self.all.iter().enumerate() {
            let tick = if question.answer().is_some() { "☒" } else { "☐" };
            let style = if page == self.page { Style::Accent } else { Style::Plain };
            line = line.and(format!(" {tick} {} ", clean(&question.header)), style);
        }
        if many { line.and(" ✔ Submit  →", Style::Dim) } else { line }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn questions(both: bool) -> Questions {
        let colour = json!({"question": "Which colour?", "header": "Colour", "multiSelect": false,
            "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cool"}]});
        let where_ = json!({"question": "Where?", "header": "Place", "multiSelect": true,
            "options": [{"label": "Linux", "description": ""}, {"label": "macOS", "description": ""}]});
        let all = if both { vec![colour, where_] } else { vec![colour] };
        Questions::new(&json!({"questions": all}))
    }

    fn press(dialog: &mut Questions, keys: &[Key]) -> Option<Reply> {
        keys.iter().find_map(|key| dialog.key(key))
    }

    fn answers(pairs: &[(&str, &str)]) -> Option<Reply> {
        Some(Reply::Answers(pairs.iter().map(|(q, a)| ((*q).to_owned(), (*a).to_owned())).collect()))
    }

    #[test]
    fn a_digit_answers_a_single_question_at_once() {
        assert_eq!(press(&mut questions(false), &[Key::Char('2')]), answers(&[("Which colour?", "Blue")]));
        assert_eq!(press(&mut questions(false), &[Key::Down, Key::Enter]), answers(&[("Which colour?", "Blue")]));
        assert_eq!(press(&mut questions(false), &[Key::Char('4')]), Some(Reply::Chat));
        assert_eq!(press(&mut questions(false), &[Key::Esc]), Some(Reply::Cancelled));
    }

    #[test]
    fn something_else_can_be_typed() {
        let keys = [Key::Char('3'), Key::Char('1'), Key::Char('0'), Key::Enter];
        assert_eq!(press(&mut questions(false), &keys), answers(&[("Which colour?", "10")]));
    }

    #[test]
    fn several_questions_end_in_a_review() {
        let mut dialog = questions(true);
        assert_eq!(press(&mut dialog, &[Key::Char('1'), Key::Char('2'), Key::Char('1'), Key::Char('2')]), None);
        assert_eq!(press(&mut dialog, &[Key::Tab]), None);
        assert!(dialog.lines(60).iter().any(|line| line.text() == "   → Linux"));
        assert_eq!(press(&mut dialog, &[Key::Char('1')]), answers(&[("Which colour?", "Red"), ("Where?", "Linux")]));
    }

    #[test]
    fn chat_is_two_past_the_options_with_many_too() {
        assert_eq!(press(&mut questions(true), &[Key::Tab, Key::Char('4')]), Some(Reply::Chat));
    }

    #[test]
    fn it_fits_every_width() {
        for cols in [40, 80, 200] {
            assert!(questions(true).lines(cols).iter().all(|line| line.width() <= cols));
        }
    }
}
