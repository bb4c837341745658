//! Claude Code's prompt box on a captured screen (2.1.197 and 2.1.328, both renderers).
//!
//! ```text
//! ────────────────────────
//! ❯ what is typed, or `!` for a shell command
//!   more lines
//! ────────────────────────
//! ```
//!
//! It is there while the agent is idle and while it is busy; every dialog replaces it.

use crate::sgr::{SgrPiece, scan};
use crate::typing::PromptSeen;

/// Finds the box in the lines of a screen captured with escapes: without them a hint looks like text.
pub fn find(lines: &[String]) -> Option<PromptSeen> {
    let rows = rows(&lines.join("\n"));
    let rules: Vec<usize> = (0..rows.len()).filter(|&at| is_rule(&rows[at])).collect();
    let whole = |top: usize, bottom: usize| {
        let inside = &rows[top + 1..bottom];
        let sign = inside.first()?.first().filter(|cell| matches!(cell.c, '❯' | '!'))?;
        // Control-R: what is typed now looks for an earlier prompt.
        let is_search = rows.get(bottom + 1).is_some_and(|below| characters(below).trim_start().starts_with(SEARCH));
        if is_search {
            return None;
        }
        Some(PromptSeen { shell: sign.c == '!', text: text(inside), cut: false })
    };
    // The fullscreen renderer scrolls within the box: `─── ↑ 285 more ───`.
    let scrolled = |top: usize, bottom: usize| {
        let inside = rows[top + 1..bottom].iter().all(|row| is_inside(row));
        let cut = inside && rows[top].iter().any(|cell| cell.c == '↑');
        cut.then(|| PromptSeen { shell: false, text: text(&rows[top + 1..bottom]), cut })
    };
    // The classic renderer lets its top scroll away.
    let tall = |bottom: usize| {
        let below: Vec<_> = rows[bottom + 1..].iter().filter(|row| !is_blank(row)).collect();
        let is_footer = below.len() <= 2 && below.iter().all(|row| row.iter().all(|cell| cell.c != '❯'));
        let is_box = bottom > 0 && is_footer;
        is_box.then(|| cut_box(&rows[..bottom])).flatten()
    };
    let pairs = rules.windows(2).rev();
    let found = pairs.map(|pair| (pair[0], pair[1])).find_map(|(top, bottom)| {
        let found = whole(top, bottom);
        found.or_else(|| scrolled(top, bottom))
    });
    found.or_else(|| rules.last().and_then(|&bottom| tall(bottom)))
}

/// Finds a box whose beginning scrolled away (the classic renderer lets it), under a footer of any kind: a status line of
/// the user's may have several rows and begin with `❯`, as a dialog does. So the text must fit what was typed.
pub fn find_end(lines: &[String], fits: impl Fn(&PromptSeen) -> bool) -> Option<PromptSeen> {
    let rows = rows(&lines.join("\n"));
    let bottoms = (1..rows.len()).filter(|&at| is_rule(&rows[at]));
    bottoms.filter_map(|bottom| cut_box(&rows[..bottom])).find(fits)
}

/// The end of a box, from the top of the screen on.
fn cut_box(rows: &[Vec<Cell>]) -> Option<PromptSeen> {
    // Only its rule may have gone.
    let is_first = |row: &[Cell]| row.first().is_some_and(|cell| matches!(cell.c, '❯' | '!'));
    let is_box = rows.iter().enumerate().all(|(at, row)| is_inside(row) || at == 0 && is_first(row));
    is_box.then(|| PromptSeen { shell: false, text: text(rows), cut: true })
}

/// What stands below a box that looks for an earlier prompt.
const SEARCH: &str = "search prompts:";

fn characters(row: &[Cell]) -> String {
    row.iter().map(|cell| cell.c).collect()
}

/// The upper one ends in the session's name: `─── Fix it ─`.
fn is_rule(row: &[Cell]) -> bool {
    let text = characters(row);
    let text = text.trim_end();
    text.starts_with("───") && text.ends_with('─') && text.matches('─').count() >= 10
}

fn is_blank(row: &[Cell]) -> bool {
    row.iter().all(|cell| cell.c.is_whitespace())
}

/// A row of the box after its first: indented by two.
fn is_inside(row: &[Cell]) -> bool {
    is_blank(row) || row.len() > 2 && is_blank(&row[..2])
}

/// What is typed in the rows of a box.
fn text(inside: &[Vec<Cell>]) -> String {
    let typed: Vec<String> = inside.iter().map(|row| typed(row.get(2..).unwrap_or_default())).collect();
    typed.join("\n").trim_end().to_owned()
}

#[derive(Clone, Copy)]
struct Cell {
    c: char,
    dim: bool,
    reverse: bool,
}

/// What of a row is typed. A hint is dim, and its first character is under the cursor, which is reversed.
fn typed(row: &[Cell]) -> String {
    let hinted_cursor = |at: usize| row[at].reverse && row.get(at + 1).is_some_and(|next| next.dim);
    (0..row.len()).filter(|&at| !row[at].dim && !hinted_cursor(at)).map(|at| row[at].c).collect()
}

/// The screen as cells. Colours go on from one row to the next.
fn rows(screen: &str) -> Vec<Vec<Cell>> {
    let (mut dim, mut reverse) = (false, false);
    let mut rows = vec![Vec::new()];
    scan(screen, |piece| match piece {
        SgrPiece::Text('\n') => rows.push(Vec::new()),
        SgrPiece::Text(c) => rows.last_mut().expect("there is a row").push(Cell { c, dim, reverse }),
        SgrPiece::Sgr(sequence) => {
            let mut parameters = sequence[2..sequence.len() - 1].split(';');
            while let Some(parameter) = parameters.next() {
                match parameter {
                    "" | "0" => (dim, reverse) = (false, false),
                    "2" => dim = true,
                    "22" => dim = false,
                    "7" => reverse = true,
                    "27" => reverse = false,
                    "38" | "48" | "58" => {
                        let skipped = if parameters.next() == Some("2") { 3 } else { 1 };
                        parameters.by_ref().take(skipped).for_each(drop);
                    }
                    _ => {}
                }
            }
        }
    });
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "\x1b[38;5;244m────────────────────────────────────────";

    fn find(inside: &[&str]) -> Option<PromptSeen> {
        let mut lines = vec!["● Hello".to_owned(), RULE.to_owned()];
        lines.extend(inside.iter().map(|&line| line.to_owned()));
        lines.extend([RULE.to_owned(), "\x1b[39m  ⏸ manual mode on".to_owned(), String::new()]);
        super::find(&lines)
    }

    fn text(inside: &[&str]) -> String {
        find(inside).unwrap().text
    }

    #[test]
    fn an_empty_box_is_clear() {
        for inside in ["\x1b[39m❯\u{a0}\x1b[7m \x1b[0m", "\x1b[39m❯\u{a0}\x1b[7m", "\x1b[38;5;246m❯\u{a0}", "❯"]
        {
            assert!(find(&[inside]).unwrap().is_clear(), "{inside:?}");
        }
    }

    #[test]
    fn the_session_s_name_stands_in_the_box() {
        let named = "\x1b[38;5;244m──────────────────────────────── Fix it ─";
        assert!(super::find(&[named.into(), "❯".into(), RULE.into()]).unwrap().is_clear());
    }

    #[test]
    fn hints_are_not_text() {
        assert_eq!(
            text(&["❯\u{a0}\x1b[7m\x1b[39mP\x1b[0;2m\x1b[39m\x1b[49mress up to edit queued messages\x1b[0m"]),
            ""
        );
        assert_eq!(text(&["❯\u{a0}/clear\x1b[7m \x1b[0;2m[name]\x1b[0m"]), "/clear");
        // A colour with a 2 in it is not dim.
        assert_eq!(text(&["❯\u{a0}\x1b[38;2;2;2;2mred\x1b[48;5;2m ish\x1b[0m"]), "red ish");
    }

    #[test]
    fn several_lines_are_several_lines() {
        let inside = ["❯\u{a0}one one", "  \x1b[7mt\x1b[0mwo", "", "    four"];
        assert_eq!(text(&inside), "one one\ntwo\n\n  four");
    }

    #[test]
    fn a_shell_command_is_told() {
        let found = find(&["\x1b[38;5;211m!\u{a0}\x1b[39mls -la\x1b[7m \x1b[0m"]).unwrap();
        assert_eq!((found.shell, found.text.as_str(), found.is_clear()), (true, "ls -la", false));
        assert!(!find(&["!\u{a0}\x1b[7m \x1b[0m"]).unwrap().is_clear());
    }

    #[test]
    fn a_box_may_begin_above_the_screen() {
        let screen = |lines: &[&str]| super::find(&lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>());
        let cut = |text: &str| Some(PromptSeen { shell: false, text: text.into(), cut: true });
        let scrolled =
            ["● Hello", "─── \x1b[2m↑ 285 more\x1b[0m ─────────────", "  row 8", "", "  row 9", RULE, "  ⏸ manual"];
        assert_eq!(screen(&scrolled), cut("row 8\n\nrow 9"));
        let tall = ["  row 8", "  row 9", RULE, "  ⏸ manual mode on", ""];
        assert_eq!(screen(&tall), cut("row 8\nrow 9"));
        assert!(!screen(&tall).unwrap().is_clear());
        assert_eq!(screen(&["❯\u{a0}row 1", "  row 2", RULE, "  ⏸ manual mode on"]), cut("row 1\nrow 2"));
        let dialog = ["  as before", RULE, " Bash command", " ❯ 1. Yes", "   2. No", " Esc to cancel"];
        assert_eq!(screen(&dialog), None);
    }

    #[test]
    fn a_search_for_an_earlier_prompt_is_no_box() {
        let screen = |below: &str| [RULE, "❯", RULE, below].map(str::to_owned);
        assert_eq!(super::find(&screen("  search prompts:   ⏸ manual mode on")), None);
        assert!(super::find(&screen("  ⏸ manual mode on")).is_some());
    }

    #[test]
    fn a_tall_box_under_any_footer_is_known_by_its_text() {
        let screen = |footer: &[&str]| {
            let lines = [&["  row 8", "", "  row 9", RULE], footer].concat();
            lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>()
        };
        let ends = |end: &'static str| move |found: &PromptSeen| found.text == end;
        for footer in [
            &["  ~/shop  main", "  12 %  $0.31", "  auto mode", "  ? for shortcuts"][..],
            &["❯ ~/shop main", "  ⏸ manual mode on"],
            &[RULE, "❯ 1. Yes", RULE],
        ] {
            let found = find_end(&screen(footer), ends("row 8\n\nrow 9"));
            assert!(found.is_some_and(|found| found.cut), "{footer:?}");
            assert_eq!(find_end(&screen(footer), ends("row 7\nrow 9")), None);
        }
        let after_an_answer: Vec<String> = ["● done", "  row 9", RULE, "  a", "  b", "  c"].map(Into::into).into();
        assert_eq!(find_end(&after_an_answer, |_| true), None);
    }

    #[test]
    fn a_dialog_is_no_box() {
        assert_eq!(find(&[" Bash command", "   rm x", " Do you want to proceed?", " ❯ 1. Yes", "   2. No"]), None);
        assert_eq!(super::find(&[]), None);
        assert_eq!(super::find(&[RULE.into(), "❯ cut".into()]), None);
    }
}
