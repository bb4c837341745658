//! The lower part of the screen, which is drawn again at each change: state → lines. Pure.

use super::block::Block;
use super::dialog::Dialog;
use super::line::{Line, Style};
use super::prompt::Prompt;

/// What the lower part shows.
pub struct View<'a> {
    /// Pieces that are not finished: a prompt just sent, words being said, a call that waits.
    pub open: Vec<Block>,
    /// Prompts that wait for the turn's end.
    pub queued: Vec<String>,
    /// `✻ Humming… (3s)`.
    pub spinner: Option<String>,
    /// An open dialog takes the box's place.
    pub dialog: Option<&'a Dialog>,
    /// The box.
    pub prompt: &'a Prompt,
    /// Shown in the empty box.
    pub ghost: &'a str,
    /// On the box's upper rule.
    pub label: String,
    /// Below the box.
    pub footer: String,
}

impl View<'_> {
    /// The lines, at most `rows`: the last ones, for what is asked stands at the end.
    pub fn lines(&self, cols: usize, rows: usize) -> Vec<Line> {
        let mut lines: Vec<Line> = self.open.iter().flat_map(|block| block.lines(cols)).collect();
        if let Some(dialog) = self.dialog {
            lines.extend(dialog.lines(cols));
        } else {
            lines.extend(self.queued.iter().flat_map(|text| Block::Prompt(text.clone()).lines(cols)));
            if !self.queued.is_empty() {
                lines.extend(Block::Note("Queued · sent when the turn ends".into()).lines(cols));
            }
            if let Some(spinner) = &self.spinner {
                lines.extend(Block::Mark(spinner.clone()).lines(cols));
            }
            let ghost = if self.queued.is_empty() { self.ghost } else { "Press up to edit queued messages" };
            lines.push(Line::empty());
            lines.push(Line::rule(cols, &self.label, "─"));
            // The top of a tall box leaves the screen, as the client's does.
            lines.extend(self.prompt.lines(cols, rows, ghost));
            lines.push(Line::rule(cols, "", "─"));
            lines.push(Line::of(format!("  {}", self.footer), Style::Dim).within(cols));
        }
        let skip = lines.len().saturating_sub(rows);
        lines.split_off(skip)
    }
}

/// The footer: the mode as the client words it, and what can be done.
pub fn footer(mode: &str, busy: bool, shells: usize, typed: bool, hint: Option<&str>) -> String {
    if let Some(hint) = hint {
        return hint.to_owned();
    }
    let (sign, name) = match mode {
        "default" => ("⏸", "manual mode"),
        "acceptEdits" => ("⏵⏵", "accept edits"),
        "plan" => ("⏸", "plan mode"),
        "auto" => ("⏵⏵", "auto mode"),
        "bypassPermissions" => ("⏵⏵", "bypass permissions"),
        _ => ("⏸", "don't ask"),
    };
    let mut parts = vec![format!("{sign} {name} on")];
    match shells {
        0 => {}
        1 => parts.push("1 shell".into()),
        many => parts.push(format!("{many} shells")),
    }
    if busy {
        parts.push("esc to interrupt".into());
    } else if shells == 0 && !typed {
        let help = if mode == "default" { "? for shortcuts" } else { "shift+tab to cycle" };
        parts.push(help.into());
    }
    parts.join(" · ")
}

/// The spinner's glyph at a tenth of a second.
pub fn glyph(tick: u64) -> char {
    const GLYPHS: [char; 6] = ['·', '✢', '✳', '✶', '✻', '✽'];
    GLYPHS[usize::try_from(tick % 6).unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view<'a>(prompt: &'a Prompt) -> View<'a> {
        View {
            open: vec![Block::Tool("Bash(sleep 6)".into(), vec!["Running…".into()])],
            queued: Vec::new(),
            spinner: Some("✻ Humming… (3s)".into()),
            dialog: None,
            prompt,
            ghost: "",
            label: "Chorus demo".into(),
            footer: footer("default", true, 0, false, None),
        }
    }

    #[test]
    fn busy_shows_the_box_and_how_to_interrupt() {
        let prompt = Prompt::default();
        let text: Vec<String> = view(&prompt).lines(40, 24).iter().map(Line::text).collect();
        let rule = "─".repeat(40);
        assert_eq!(text[..7], ["", "● Bash(sleep 6)", "  ⎿  Running…", "", "✻ Humming… (3s)", "", text[6].as_str()]);
        assert!(text[6].starts_with("────") && text[6].ends_with(" Chorus demo ─"));
        assert_eq!(text[7].trim_end(), "❯");
        assert_eq!(text[8..], [rule, "  ⏸ manual mode on · esc to interrupt".into()]);
    }

    #[test]
    fn it_never_outgrows_the_screen() {
        let mut prompt = Prompt::default();
        prompt.insert(&"many words ".repeat(200));
        for (cols, rows) in [(40, 15), (80, 24), (200, 50), (10, 3)] {
            let mut view = view(&prompt);
            view.queued = vec!["queued".into(); 30];
            let lines = view.lines(cols, rows);
            assert!(lines.len() <= rows && lines.iter().all(|line| line.width() <= cols), "{cols}x{rows}");
            assert!(lines.last().is_some_and(|line| line.text().starts_with("  ⏸")));
        }
    }

    #[test]
    fn the_footer_tells_the_mode_and_the_shells() {
        assert_eq!(footer("default", false, 0, false, None), "⏸ manual mode on · ? for shortcuts");
        assert_eq!(footer("acceptEdits", false, 1, false, None), "⏵⏵ accept edits on · 1 shell");
        assert_eq!(footer("default", false, 0, true, None), "⏸ manual mode on");
    }
}
