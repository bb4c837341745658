//! A screen's parts: the prompt box with what is above and below it, or the dialog that took its place. Found from the
//! bottom, where the agent draws its own interface: what it prints of others' text is above.

use super::lines::ScreenLine;
use regex::Regex;

/// How to find an agent's interface, as regular expressions on single lines.
#[derive(Clone, Debug)]
pub struct LayoutMarks {
    /// A line across the screen, such as the edges of the prompt box.
    pub divider: Regex,
    /// The first line of the prompt box.
    pub prompt: Regex,
    /// A prompt of the past, in the conversation.
    pub echo: Regex,
    /// The first line of a message, a tool's result, or a sign of progress.
    pub block: Regex,
    /// A closing line that says nothing of the turn's outcome, skipped at the end of the conversation.
    pub closing: Regex,
    /// Says that a list goes on beyond the screen.
    pub more: Regex,
    /// A row of a numbered list that the agent draws, in a dialog.
    pub row: Regex,
}

/// A part of the screen that a rule can look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScreenPart {
    /// Every line.
    Screen,
    /// The last 15 lines.
    Tail,
    /// The prompt box's content.
    Box,
    /// Below the prompt box.
    Footer,
    /// Above the prompt box, from the newest prompt on.
    Turn,
    /// The newest block above the prompt box, closing lines left out.
    Last,
    /// The dialog: there is no prompt box.
    Dialog,
}

/// The lines of each part; blank lines are left out except in the dialog.
#[derive(Clone, Debug, Default)]
pub struct Layout<'a> {
    screen: Vec<&'a ScreenLine>,
    prompt_box: Option<PromptBox<'a>>,
    dialog: Option<Vec<&'a ScreenLine>>,
}

#[derive(Clone, Debug, Default)]
struct PromptBox<'a> {
    content: Vec<&'a ScreenLine>,
    footer: Vec<&'a ScreenLine>,
    turn: Vec<&'a ScreenLine>,
    last: Vec<&'a ScreenLine>,
}

impl<'a> Layout<'a> {
    /// Divides a screen.
    pub fn of(lines: &'a [ScreenLine], marks: &LayoutMarks) -> Layout<'a> {
        let screen: Vec<&ScreenLine> = lines.iter().filter(|line| !line.is_blank()).collect();
        let prompt_box = find_box(&screen, marks);
        let dialog = (prompt_box.is_none() && !screen.is_empty()).then(|| find_dialog(lines, marks));
        Layout { screen, prompt_box, dialog }
    }

    /// A part's lines; nothing where the screen has no such part.
    pub fn part(&self, part: ScreenPart) -> Option<&[&'a ScreenLine]> {
        let prompt_box = self.prompt_box.as_ref();
        match part {
            ScreenPart::Screen => Some(&self.screen),
            ScreenPart::Tail => Some(&self.screen[self.screen.len().saturating_sub(15)..]),
            ScreenPart::Box => prompt_box.map(|parts| parts.content.as_slice()),
            ScreenPart::Footer => prompt_box.map(|parts| parts.footer.as_slice()),
            ScreenPart::Turn => prompt_box.map(|parts| parts.turn.as_slice()),
            ScreenPart::Last => prompt_box.map(|parts| parts.last.as_slice()),
            ScreenPart::Dialog => self.dialog.as_deref(),
        }
    }

    /// Whether nothing is on the screen.
    pub fn is_blank(&self) -> bool {
        self.screen.is_empty()
    }
}

/// The lowest pair of dividers around a prompt, with neither a divider nor a dialog's rows below.
fn find_box<'a>(screen: &[&'a ScreenLine], marks: &LayoutMarks) -> Option<PromptBox<'a>> {
    let is_divider = |place: &usize| marks.divider.is_match(&screen[*place].text);
    let bottom = (0..screen.len()).rev().find(is_divider)?;
    let top = (0..bottom).rev().find(is_divider)?;
    let content = &screen[top + 1..bottom];
    let footer = &screen[bottom + 1..];
    if !content.first().is_some_and(|line| marks.prompt.is_match(&line.text))
        || footer.iter().any(|line| marks.row.is_match(&line.text))
    {
        return None;
    }
    let closing = screen[..top].iter().rev().take_while(|line| marks.closing.is_match(&line.text)).count();
    let above = &screen[..top - closing];
    let newest =
        |mark: &Regex, lines: &[&ScreenLine]| lines.iter().rposition(|line| mark.is_match(&line.text)).unwrap_or(0);
    let turn = &above[newest(&marks.echo, above)..];
    let last = &turn[newest(&marks.block, turn)..];
    Some(PromptBox { content: content.to_vec(), footer: footer.to_vec(), turn: turn.to_vec(), last: last.to_vec() })
}

/// From below the last divider that does not merely part the rows of a list; the whole screen without one.
fn find_dialog<'a>(lines: &'a [ScreenLine], marks: &LayoutMarks) -> Vec<&'a ScreenLine> {
    let next = |place: usize| lines[place + 1..].iter().find(|line| !line.is_blank());
    let heads = |place: &usize| {
        marks.divider.is_match(&lines[*place].text) && next(*place).is_some_and(|line| !marks.row.is_match(&line.text))
    };
    let start = (0..lines.len()).rev().find(heads).map_or(0, |place| place + 1);
    let blank = |line: &&ScreenLine| line.is_blank();
    let lines: Vec<&ScreenLine> = lines[start..].iter().skip_while(blank).collect();
    let end = lines.iter().rposition(|line| !line.is_blank()).map_or(0, |place| place + 1);
    lines[..end].to_vec()
}
