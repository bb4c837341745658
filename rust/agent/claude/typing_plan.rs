//! Prompts, delivered exactly: what the agent receives is what was sent.
//!
//! Measured with Claude Code 2.1.197 and 2.1.328 (both renderers) on tmux 3.3a and 3.7c, by comparing the API request:
//! * Many small bracketed pastes are exact at any length, even into a client that was stopped meanwhile. One large
//!   paste is labelled as pasted, and so is typing that the client reads in one go.
//! * A key or a paste that the client reads while it still draws an earlier one can meet the box as it was before. So
//!   every step waits for the screen, and Enter is pressed only once the box shows the text and nothing else.
//! * A space after the text closes the completion of `@file`, which swallows Enter, and keeps `\` from escaping
//!   Enter. The client trims it.
//! * Control-C clears the box of an idle client but interrupts a busy one, so Control-U and Control-K do it. A client
//!   that reads about 80 or more of them at once takes them for text, so they come few at a time.

use super::{pieces, prompt_box};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::typing::prepared::{accepted, is_shapeless};
use crate::typing::{Key, PromptMatch, PromptSeen, PromptWanted, TypingPlan, TypingStep};

/// Plans the delivery of `text` to what the screen (captured with escapes) shows. `raw` text is typed as it is, so that
/// `/compact` and `!ls` work; any other is a prompt, whatever it begins with.
///
/// Text that begins with `!` is exact. Text that begins like a slash command, or is nothing but `exit` or the like, gets
/// a `\` before it: 2.1.328 runs it behind white space or in a paste too, and drops what hides it.
pub fn plan(text: &str, screen: &[String], raw: bool) -> Result<TypingPlan> {
    let text = accepted(text)?;
    let Some(found) = prompt_box::find(screen) else {
        return Err(Error::new(Code::TaskBusy, "cannot send: the agent does not show its prompt")
            .hint("answer its dialog, or look at its terminal with `attach`"));
    };
    if !found.is_clear() {
        let keys = |letter| std::iter::repeat_n(Key::Ctrl(letter), 12);
        let displaced = if found.shell { format!("!{}", found.text) } else { found.text };
        let steps = vec![TypingStep::Press(keys('u').chain(keys('k')).collect()), TypingStep::Changes];
        return Ok(TypingPlan { displaced: Some(displaced), steps, text });
    }
    let text = if raw { text } else { without_command(text) };
    let mut steps = Vec::new();
    let mut rest = if raw { text.clone() } else { format!("{text} ") };
    if !raw && text.starts_with('!') {
        // Only a `!` that is typed into an empty box begins a shell command.
        steps.push(TypingStep::Paste(vec!["x!".into()]));
        steps.push(shows("x!", false));
        steps.push(TypingStep::Press(vec![Key::Ctrl('a'), Key::Delete, Key::Ctrl('e')]));
        steps.push(shows("!", false));
        rest.remove(0);
    }
    steps.push(TypingStep::Paste(pieces::cut(&rest)));
    let command = text.strip_prefix('!').filter(|_| raw);
    steps.push(shows(command.unwrap_or(&text), command.is_some()));
    steps.push(TypingStep::Press(vec![Key::Enter]));
    Ok(TypingPlan { displaced: None, steps, text })
}

/// Words that end the client when they are all of a prompt (2.1.197, 2.1.328; in this case only).
const ENDING: [&str; 6] = ["exit", "quit", ":q", ":q!", ":wq", ":wq!"];

/// A path such as `/etc/passwd` is no command, for its first word has a second slash.
fn without_command(text: String) -> String {
    let hidden = |c: char| c.is_whitespace() || is_shapeless(c);
    let start = text.len() - text.trim_start_matches(hidden).len();
    let word = text[start..].split(char::is_whitespace).next().unwrap_or_default();
    let is_command = word.starts_with('/') && !word[1..].contains('/') || ENDING.contains(&&text[start..]);
    if !is_command {
        return text;
    }
    format!("{}\\{}", &text[..start], &text[start..])
}

fn shows(text: &str, shell: bool) -> TypingStep {
    TypingStep::Shows(wanted(text, shell))
}

fn wanted(text: &str, shell: bool) -> PromptWanted {
    PromptWanted { text: visible(text), shell }
}

fn visible(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).collect()
}

/// 2.1.197 shows the middle of a text of more than 10,000 characters as `[...Truncated text #1 +2 lines...]`.
fn is_abridged(seen: &str, text: &str) -> bool {
    let Some((start, rest)) = seen.split_once("[...Truncatedtext#") else { return false };
    rest.split_once("lines...]").is_some_and(|(_, end)| text.starts_with(start) && text.ends_with(end))
}

/// Whether the box shows what is wanted.
pub fn matches(wanted: &PromptWanted, seen: &PromptSeen) -> PromptMatch {
    let PromptWanted { text, shell } = wanted;
    let shown = visible(&seen.text);
    let is_met = match seen.cut {
        true => !shown.is_empty() && text.ends_with(&shown),
        false => seen.shell == *shell && (shown == *text || is_abridged(&shown, text)),
    };
    if is_met {
        return PromptMatch::Full;
    }
    let end = &shown[shown.len().saturating_sub(4)..];
    let nearly = seen.shell == *shell && !seen.is_clear() && shown.len() <= text.len() && text.ends_with(end);
    if nearly { PromptMatch::Partial } else { PromptMatch::None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::typing::PromptShown;

    const RULE: &str = "────────────────────";

    fn screen(inside: &str) -> Vec<String> {
        [RULE, inside, RULE].map(str::to_owned).into()
    }

    fn planned(text: &str, raw: bool) -> TypingPlan {
        plan(text, &screen("❯ "), raw).unwrap()
    }

    fn pasted(plan: &TypingPlan) -> String {
        let pieces =
            |step: &TypingStep| if let TypingStep::Paste(pieces) = step { pieces.concat() } else { String::new() };
        plan.steps.iter().map(pieces).collect()
    }

    #[test]
    fn a_prompt_is_pasted_seen_and_entered() {
        let plan = planned("do it\nnow;", false);
        let pieces = vec!["do it\nnow; ".to_owned()];
        let seen = shows("do it now;", false);
        assert_eq!(plan.steps, [TypingStep::Paste(pieces), seen, TypingStep::Press(vec![Key::Enter])]);
        assert_eq!((plan.text.as_str(), plan.displaced), ("do it\nnow;", None));
    }

    #[test]
    fn nothing_is_run_by_accident() {
        for (text, typed) in [
            ("/clear", "\\/clear "),
            ("/clear all\nof it", "\\/clear all\nof it "),
            (" \n /status", " \n \\/status "),
            ("\u{200b}/status", "\\/status "),
            ("\n\u{200b}/status", "\n\u{200b}\\/status "),
            ("/é", "\\/é "),
            ("/", "\\/ "),
            ("exit", "\\exit "),
            (" :wq! ", " \\:wq! "),
            ("exit now", "exit now "),
            ("/etc/passwd is a file", "/etc/passwd is a file "),
            ("//x", "//x "),
            (" !ls", " !ls "),
            ("a /clear", "a /clear "),
        ] {
            assert_eq!(pasted(&planned(text, false)), typed, "{text:?}");
        }
        for text in ["!ls", "\u{200b}!ls"] {
            let plan = planned(text, false);
            assert_eq!(pasted(&plan), "x!ls ");
            let (first, rest) = plan.steps.split_at(4);
            assert_eq!(first[1], shows("x!", false));
            assert_eq!(first[2], TypingStep::Press(vec![Key::Ctrl('a'), Key::Delete, Key::Ctrl('e')]));
            assert_eq!(first[3], shows("!", false));
            assert_eq!(rest[1], shows("!ls", false));
            assert_eq!(plan.text, "!ls");
        }
    }

    #[test]
    fn raw_text_is_typed_as_it_is() {
        assert_eq!(pasted(&planned("/compact", true)), "/compact");
        let plan = planned("!ls", true);
        assert_eq!(pasted(&plan), "!ls");
        assert_eq!(plan.steps[1], shows("ls", true));
    }

    #[test]
    fn what_is_typed_already_goes_first() {
        for (inside, typed) in [("❯ my draft", "my draft"), ("! ls", "!ls"), ("! ", "!")] {
            let plan = plan("x", &screen(inside), false).unwrap();
            assert_eq!(plan.displaced.as_deref(), Some(typed));
            assert_eq!(plan.steps[1], TypingStep::Changes);
            assert!(
                matches!(&plan.steps[0], TypingStep::Press(keys) if !keys.contains(&Key::Ctrl('c')) && keys.len() < 30)
            );
        }
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        assert_eq!(plan("x", &["Do you trust?".into()], false).unwrap_err().code, Code::TaskBusy);
        for text in ["", " \n\t", "\x1b[0m", &"x".repeat(crate::typing::prepared::LONGEST + 1)] {
            assert_eq!(plan(text, &screen("❯ "), false).unwrap_err().code, Code::BadInput);
        }
    }

    #[test]
    fn a_step_is_met_by_what_it_waits_for() {
        let found = |shell, text: &str, cut| PromptSeen { shell, text: text.into(), cut };
        let step = wanted("a long line's end.", false);
        let matches = |seen: &PromptSeen| matches(&step, seen);
        let is_met_by = |seen: PromptSeen| matches(&seen) == PromptMatch::Full;
        assert!(is_met_by(found(false, "a long li\nne's e\nnd.", false)));
        for other in ["", "end.", "/stat a long line's end.", "a long line's end. a long line's end."] {
            assert!(!is_met_by(found(false, other, false)), "{other}");
        }
        assert!(!is_met_by(found(true, "a long line's end.", false)));
        assert!(is_met_by(found(false, "line's\n end.", true)));
        assert!(!is_met_by(found(false, "x line's end.", true)) && !is_met_by(found(false, "", true)));
        assert!(is_met_by(found(false, "a lo[...Truncated text #2 +0 lines...]\nend.", false)));
        assert!(!is_met_by(found(false, "x a lo[...Truncated text #2 +0 lines...]\nend.", false)));
        assert_eq!(matches(&found(false, "a ng line's end.", false)), PromptMatch::Partial);
        for other in ["", "a long line", "a long line's end. a long line's end."] {
            assert_eq!(matches(&found(false, other, false)), PromptMatch::None, "{other}");
        }
    }

    #[test]
    fn only_the_text_that_was_typed_still_stands() {
        let seen = |text: &str| PromptSeen { shell: false, text: text.into(), cut: false };
        let typed = |text: &str, shown: &str| PromptShown { wanted: wanted(text, false), seen: seen(shown) };
        let is_still = |typed: &PromptShown, text: &str| typed.is_still(&super::super::Claude, &seen(text));
        let ascii = typed("fix the login", "fix the login");
        assert!(is_still(&ascii, "fix the\n login") && !is_still(&ascii, ""));
        for others in ["fix the login and", "the login", "no, wait", "fix"] {
            assert!(!is_still(&ascii, others), "{others}");
        }
        let wide = typed("日本語", "日本語");
        assert!(is_still(&wide, "日本語") && !is_still(&wide, "한국어"));
        let mixed = typed("fix 日本", "fix 日 本");
        assert!(is_still(&mixed, "fix 日 本") && !is_still(&mixed, "mix"));
    }
}
