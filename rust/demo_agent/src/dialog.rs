//! Dialogs: what is on the screen while the agent waits, and what keys do to it. Pure.

use super::input::Key;
use super::line::{Line, Style, clean, wrap};
use super::question::Questions;

/// A dialog.
#[derive(Debug, Clone, PartialEq)]
pub enum Dialog {
    /// Options to choose from.
    Choice(Choice),
    /// Questions with options.
    Questions(Questions),
}

/// How a person left a dialog.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// An option, and what was written beside it.
    Picked(usize, String),
    /// Question and answer.
    Answers(Vec<(String, String)>),
    /// "Chat about this".
    Chat,
    /// Esc.
    Cancelled,
}

impl Dialog {
    /// What a key does; a reply closes the dialog.
    pub fn key(&mut self, key: &Key) -> Option<Reply> {
        match self {
            Dialog::Choice(choice) => choice.key(key),
            Dialog::Questions(questions) => questions.key(key),
        }
    }

    /// What is shown.
    pub fn lines(&self, cols: usize) -> Vec<Line> {
        match self {
            Dialog::Choice(choice) => choice.lines(cols),
            Dialog::Questions(questions) => questions.lines(cols),
        }
    }
}

/// A list of options below a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Offer {
    /// What it is about: `Bash command`.
    pub title: String,
    /// Said below the title.
    pub about: String,
    /// The command, diff or plan, between broken rules.
    pub body: Vec<String>,
    /// Asked above the options.
    pub question: String,
    /// What can be chosen; the first is preselected.
    pub options: Vec<Choose>,
    /// Whether digits choose. The dialogs before a session have none.
    pub numbered: bool,
    /// The last line.
    pub foot: String,
}

/// An offer, and how far the person is with it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choice {
    offer: Offer,
    at: usize,
    writing: bool,
    note: String,
}

impl From<Offer> for Dialog {
    fn from(offer: Offer) -> Dialog {
        Dialog::Choice(Choice { offer, ..Choice::default() })
    }
}

/// One option.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choose {
    /// What it says.
    pub label: String,
    /// How the label begins when Tab adds a note; empty where Tab does nothing.
    pub noted: &'static str,
    /// Whether it is a text to write as soon as it is selected.
    pub written: bool,
}

impl Choose {
    /// An option with a label only.
    pub fn plain(label: impl Into<String>) -> Choose {
        Choose { label: label.into(), ..Choose::default() }
    }
}

impl Choice {
    fn key(&mut self, key: &Key) -> Option<Reply> {
        let writing = self.writing || self.offer.options.get(self.at).is_some_and(|option| option.written);
        match key {
            Key::Esc => return Some(Reply::Cancelled),
            Key::Enter => return Some(Reply::Picked(self.at, std::mem::take(&mut self.note))),
            Key::Up => self.select(self.at.saturating_sub(1)),
            Key::Down => self.select((self.at + 1).min(self.offer.options.len().saturating_sub(1))),
            Key::Char(c) if writing => self.note.push(*c),
            Key::Paste(text) | Key::Burst(text) if writing => self.note.push_str(&clean(text)),
            Key::Backspace if writing => drop(self.note.pop()),
            Key::Tab => {
                let option = self.offer.options.get(self.at);
                self.writing = option.is_some_and(|option| !option.noted.is_empty());
            }
            Key::Char(c) if self.offer.numbered => {
                let digit = c.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
                let chosen =
                    digit.and_then(|digit| digit.checked_sub(1)).filter(|at| *at < self.offer.options.len())?;
                if !self.offer.options[chosen].written {
                    return Some(Reply::Picked(chosen, String::new()));
                }
                self.select(chosen);
            }
            _ => {}
        }
        None
    }

    fn select(&mut self, at: usize) {
        self.at = at;
        self.writing = false;
        self.note.clear();
    }

    fn lines(&self, cols: usize) -> Vec<Line> {
        let mut lines = vec![Line::empty(), Line::rule(cols, "Chorus demo", "─")];
        let mut text = |text: &str, style| {
            lines.extend(
                wrap(&clean(text), cols.saturating_sub(1)).iter().map(|part| Line::of(format!(" {part}"), style)),
            )
        };
        text(&self.offer.title, Style::Bold);
        if !self.offer.about.is_empty() {
            text(&self.offer.about, Style::Dim);
        }
        if !self.offer.body.is_empty() {
            lines.push(Line::rule(cols, "", "╌"));
            for part in self.offer.body.iter().flat_map(|part| wrap(&clean(part), cols.saturating_sub(1))) {
                lines.push(Line::of(format!(" {part}"), Style::Plain));
            }
            lines.push(Line::rule(cols, "", "╌"));
        }
        let question = wrap(&clean(&self.offer.question), cols.saturating_sub(1));
        lines.extend(
            question.iter().filter(|part| !part.is_empty()).map(|part| Line::of(format!(" {part}"), Style::Plain)),
        );
        if !self.offer.numbered {
            lines.push(Line::empty());
        }
        for (at, option) in self.offer.options.iter().enumerate() {
            lines.extend(self.option(at, option, cols));
        }
        lines.push(Line::empty());
        let foot = if self.writing { "Esc to cancel" } else { &self.offer.foot };
        lines.push(Line::of(format!(" {foot}"), Style::Dim));
        lines.into_iter().map(|line| line.within(cols)).collect()
    }

    fn option(&self, at: usize, option: &Choose, cols: usize) -> Vec<Line> {
        let selected = at == self.at;
        let label = match (selected && self.writing, selected && option.written, self.note.is_empty()) {
            (true, _, true) => format!("{}, and tell the agent what to do", option.noted),
            (true, _, false) => format!("{}, {}", option.noted, self.note),
            (_, true, false) => self.note.clone(),
            _ => option.label.clone(),
        };
        let number = if self.offer.numbered { format!("{}. ", at + 1) } else { String::new() };
        let sign = if selected { " ❯ " } else { "   " };
        let style = if selected { Style::Accent } else { Style::Plain };
        let indent = 3 + number.len();
        let parts = wrap(&clean(&label), cols.saturating_sub(indent)).into_iter().enumerate();
        let line = |(part, text): (usize, String)| match part {
            0 => Line::of(sign, Style::Accent).and(&number, Style::Dim).and(text, style),
            _ => Line::of(" ".repeat(indent), Style::Plain).and(text, style),
        };
        parts.map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice() -> Choice {
        let noted = |label: &str, noted| Choose { label: label.into(), noted, written: false };
        let offer = Offer {
            title: "Bash command".into(),
            body: vec!["touch x".into()],
            question: "Do you want to proceed?".into(),
            options: vec![noted("Yes", "Yes"), Choose::plain("Yes, always"), noted("No", "No")],
            numbered: true,
            foot: "Esc to cancel · Tab to amend".into(),
            about: String::new(),
        };
        Choice { offer, ..Choice::default() }
    }

    fn press(dialog: &mut Choice, keys: &[Key]) -> Option<Reply> {
        keys.iter().find_map(|key| dialog.key(key))
    }

    #[test]
    fn digits_choose_and_what_is_no_option_is_ignored() {
        assert_eq!(press(&mut choice(), &[Key::Char('3')]), Some(Reply::Picked(2, String::new())));
        assert_eq!(press(&mut choice(), &[Key::Char('y'), Key::Char('n'), Key::Char('9'), Key::Char('0')]), None);
        assert_eq!(press(&mut choice(), &[Key::Enter]), Some(Reply::Picked(0, String::new())));
        assert_eq!(press(&mut choice(), &[Key::Down, Key::Esc]), Some(Reply::Cancelled));
    }

    #[test]
    fn tab_adds_a_note_in_which_digits_are_text() {
        let keys = [Key::Down, Key::Down, Key::Tab, Key::Char('1'), Key::Enter];
        assert_eq!(press(&mut choice(), &keys), Some(Reply::Picked(2, "1".into())));
        assert_eq!(press(&mut choice(), &[Key::Down, Key::Tab, Key::Char('3')]), Some(Reply::Picked(2, String::new())));
    }

    #[test]
    fn without_numbers_only_arrows_and_enter_work() {
        let mut trust = choice();
        trust.offer.numbered = false;
        assert_eq!(press(&mut trust, &[Key::Char('2'), Key::Char('y')]), None);
        assert_eq!(press(&mut trust, &[Key::Down, Key::Enter]), Some(Reply::Picked(1, String::new())));
    }

    #[test]
    fn it_fits_every_width_and_shows_the_choice() {
        for cols in [40, 80, 200] {
            let lines = choice().lines(cols);
            assert!(lines.iter().all(|line| line.width() <= cols));
            assert!(lines.iter().any(|line| line.text() == " ❯ 1. Yes"));
            assert!(lines.iter().any(|line| line.text().contains("Chorus demo")));
        }
    }
}
