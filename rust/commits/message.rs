//! The message of a task's commit, from text that agents and people wrote: hostile until cleaned.

use crate::text::clean_block;
use unicode_width::UnicodeWidthStr;

/// The longest first line, and where the body is wrapped.
const WIDTH: usize = 72;

/// The longest body in lines.
const LINES: usize = 60;

/// What a message is made from. All of it may be empty but the number.
#[derive(Clone, Copy, Debug, Default)]
pub struct TurnSummary<'a> {
    /// The task's title.
    pub title: &'a str,
    /// The task's number.
    pub number: i64,
    /// What the turn was asked for.
    pub prompt: &'a str,
    /// The agent's last message.
    pub summary: &'a str,
}

/// The whole message: a first line of at most 72 columns, a wrapped body, the trailer `Chorus-Task: #12`.
///
/// Without a template the first line says what the turn was asked for, or the task's title where that says too little;
/// the body is the agent's last message. A template may hold `{title}`, `{number}`, `{prompt}`, `{summary}`.
pub fn message(told: &TurnSummary, template: Option<&str>) -> String {
    let text = match template {
        Some(template) => fill(template, told),
        None => format!("{}\n\n{}", subject(told), clean(told.summary)),
    };
    let text = clean(&text);
    let mut lines = text.lines().skip_while(|line| line.trim().is_empty());
    let first = lines.next().unwrap_or_default().trim();
    let first = if first.is_empty() { format!("Work on #{}", told.number) } else { first.to_owned() };
    let body = body(&lines.collect::<Vec<_>>());
    let trailer = format!("Chorus-Task: #{}\n", told.number);
    match body.is_empty() {
        true => format!("{}\n\n{trailer}", shorten(&first)),
        false => format!("{}\n\n{body}\n\n{trailer}", shorten(&first)),
    }
}

/// A message that a person wrote: theirs, cleaned of control characters, with the trailer where it has none.
pub fn by_person(text: &str, number: i64) -> String {
    let text = clean(text);
    let text = text.trim();
    let trailer = format!("Chorus-Task: #{number}");
    match text.lines().any(|line| line.trim() == trailer) {
        true => format!("{text}\n"),
        false => format!("{text}\n\n{trailer}\n"),
    }
}

fn subject(told: &TurnSummary) -> String {
    let prompt = clean(told.prompt);
    let line = prompt.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    // "yes", "go on", a command of the client: not what the commit is about.
    let says_much = line.split_whitespace().count() > 2 && !line.starts_with(['/', '!']);
    let title = clean(told.title);
    if says_much || title.trim().is_empty() { line.to_owned() } else { title.replace('\n', " ").trim().to_owned() }
}

/// Only the template's own braces are filled: a title that holds `{prompt}` stays as it is.
fn fill(template: &str, told: &TurnSummary) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        text.push_str(&rest[..open]);
        rest = &rest[open..];
        let number = told.number.to_string();
        let known =
            [("{title}", told.title), ("{number}", &number), ("{prompt}", told.prompt), ("{summary}", told.summary)];
        match known.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, value)) => {
                text.push_str(clean(value).trim());
                rest = &rest[name.len()..];
            }
            None => {
                text.push('{');
                rest = &rest[1..];
            }
        }
    }
    text + rest
}

fn clean(text: &str) -> String {
    clean_block(text).replace('\t', "    ")
}

fn shorten(line: &str) -> String {
    if line.width() <= WIDTH {
        return line.to_owned();
    }
    let mut short = String::new();
    for word in line.split_inclusive(' ') {
        if short.width() + word.trim_end().width() > WIDTH - 1 {
            break;
        }
        short.push_str(word);
    }
    if short.trim().is_empty() {
        // One word without end.
        for c in line.chars() {
            if short.width() + c.to_string().width() > WIDTH - 1 {
                break;
            }
            short.push(c);
        }
    }
    format!("{}…", short.trim_end())
}

/// Wrapped; what is in a fence, indented or a table stays as it is. A trailer of ours is not taken from the text.
fn body(lines: &[&str]) -> String {
    let mut body: Vec<String> = Vec::new();
    let mut fenced = false;
    for line in lines {
        let line = line.trim_end();
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        if line.trim_start().to_ascii_lowercase().starts_with("chorus-task:") {
            continue;
        }
        if line.is_empty() {
            if body.last().is_some_and(|last| !last.is_empty()) {
                body.push(String::new());
            }
        } else if fenced || fence || line.starts_with("    ") || line.starts_with('|') {
            body.push(line.to_owned());
        } else {
            wrap(line, &mut body);
        }
    }
    let cut = body.len() > LINES;
    body.truncate(LINES);
    while body.last().is_some_and(String::is_empty) {
        body.pop();
    }
    if cut {
        body.push("…".to_owned());
    }
    body.join("\n")
}

fn wrap(line: &str, body: &mut Vec<String>) {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    let bullet = text.len() - text.trim_start_matches(['-', '*', '+', ' ']).len();
    let hang = " ".repeat(indent + if bullet > 1 { bullet } else { 0 });
    let mut current = " ".repeat(indent);
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && current.width() + 1 + word.width() > WIDTH {
            body.push(std::mem::replace(&mut current, hang.clone()));
            empty = true;
        }
        if !empty {
            current.push(' ');
        }
        current.push_str(word);
        empty = false;
    }
    body.push(current);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<'a>(title: &'a str, prompt: &'a str, summary: &'a str) -> TurnSummary<'a> {
        TurnSummary { title, number: 12, prompt, summary }
    }

    #[test]
    fn the_prompt_names_the_commit_and_the_summary_tells() {
        let text = message(&told("Fix login", "Make the login form keep its focus\nand more", "Done: kept it."), None);
        assert_eq!(text, "Make the login form keep its focus\n\nDone: kept it.\n\nChorus-Task: #12\n");
    }

    #[test]
    fn a_prompt_that_says_little_leaves_the_title() {
        for prompt in ["", "yes", "go on", "/compact now please", "!ls -la now"] {
            assert_eq!(message(&told("Fix login", prompt, ""), None), "Fix login\n\nChorus-Task: #12\n", "{prompt}");
        }
        assert_eq!(message(&told("", "yes", ""), None), "yes\n\nChorus-Task: #12\n");
        assert_eq!(message(&told("", "", "\0"), None), "Work on #12\n\nChorus-Task: #12\n");
    }

    #[test]
    fn lines_are_kept_to_their_width() {
        let long = "word ".repeat(60);
        let text = message(&told(&long, "", &format!("- {long}\n\n\n```\n{long}\n```")), None);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].ends_with('…') && lines[0].width() <= WIDTH, "{}", lines[0]);
        assert!(lines[2].starts_with("- word") && lines[3].starts_with("  word"), "{text}");
        assert!(lines.iter().filter(|line| line.width() > WIDTH).count() == 1, "{text}");
        let one = message(&told(&"漢".repeat(80), "", ""), None);
        assert!(one.lines().next().unwrap().width() <= WIDTH);
    }

    #[test]
    fn hostile_text_is_cleaned() {
        let text = message(&told("a\0b\u{1b}[31mred\u{202e}x\r\u{7}", "", "Chorus-Task: #99\nreal\u{0}"), None);
        assert_eq!(text, "abredx\n\nreal\n\nChorus-Task: #12\n");
        let endless = message(&told("t", "", &"line\n".repeat(9000)), None);
        assert!(endless.lines().count() < 70);
    }

    #[test]
    fn a_template_is_filled_once() {
        let told = told("T {prompt}", "P", "S");
        assert_eq!(
            message(&told, Some("#{number} {title}\n\n{summary} {other}")),
            "#12 T {prompt}\n\nS {other}\n\nChorus-Task: #12\n"
        );
        assert_eq!(message(&told, Some("")), "Work on #12\n\nChorus-Task: #12\n");
    }
}
