//! Hostile text made fit for people, terminals and markdown. Pure.
//!
//! Titles, commands, file names and messages come from agents, models and files. Here is the one list of characters that
//! nobody would see, and what becomes of them: `clean` takes them out, with the escape sequences that they begin;
//! `reveal` shows that they are there (for what a person is about to allow, and for what an agent reads), and leaves the
//! rest of a sequence, which may be anything; `blank` leaves a blank for each.

use crate::sgr;
use std::borrow::Cow;

/// Longer runs of backticks are no markdown; they would make a fence of any size.
const FENCE: usize = 16;

/// Stands for a line break where one line shows a text of several: without it, two commands read as one.
/// `lua/chorus/text.lua` has the same.
pub const LINE_END: &str = " ↵ ";

/// Whether a terminal obeys the character, or it hides, or it makes text look like other text.
///
/// Control characters, those that change the direction of text, and all that Unicode draws as nothing
/// (`Default_Ignorable_Code_Point`), save joiners and the two variation selectors that scripts and emoji need.
/// `INVISIBLE` of `lua/chorus/text.lua` covers this list.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// One line of at most `most` characters without escape sequences, white space and unseen characters collapsed into
/// single blanks; the last one is `…` when something was cut.
pub fn clean_line(text: &str, most: usize) -> String {
    let near = near(text, most);
    one_line(&without_sequences(near), most, near.len() < text.len(), (' ', " "))
}

/// As [`clean_line`], with [`LINE_END`] for line breaks: for what may have several lines, such as prompts and messages.
pub fn clean_summary(text: &str, most: usize) -> String {
    let near = near(text, most);
    one_line(&without_sequences(near), most, near.len() < text.len(), (' ', LINE_END))
}

/// Lines without escape sequences and unseen characters, tabs and line ends aside.
pub fn clean_block(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    without_sequences(&text).chars().filter(|c| matches!(c, '\n' | '\t') || !is_unseen(*c)).collect()
}

/// As [`clean_summary`], with unseen characters shown as U+FFFD.
pub fn reveal_line(text: &str, most: usize) -> String {
    let near = near(text, most);
    one_line(near, most, near.len() < text.len(), (char::REPLACEMENT_CHARACTER, LINE_END))
}

/// Lines with unseen characters shown as U+FFFD, tabs and line ends aside.
pub fn reveal_block(text: &str) -> String {
    text.replace("\r\n", "\n").chars().map(|c| if matches!(c, '\n' | '\t') { c } else { revealed(c) }).collect()
}

/// The text as a shell may print it: a blank for each unseen character, line ends aside.
pub fn blank(text: &str) -> String {
    text.chars().map(|c| if is_unseen(c) && c != '\n' { ' ' } else { c }).collect()
}

fn revealed(c: char) -> char {
    if is_unseen(c) { char::REPLACEMENT_CHARACTER } else { c }
}

/// The part of a text that can matter for a line of so many characters: a text may hold megabytes.
fn near(text: &str, most: usize) -> &str {
    clip(text, most.saturating_mul(8).saturating_add(256))
}

/// `is_cut` says that something follows; the last two stand for an unseen character and for line breaks.
fn one_line(text: &str, most: usize, is_cut: bool, (unseen, line_end): (char, &str)) -> String {
    let mut line = String::with_capacity(text.len());
    let mut gap = "";
    for c in text.chars() {
        let shown = match c {
            c if c.is_whitespace() => ' ',
            c if is_unseen(c) => unseen,
            c => c,
        };
        if c == '\n' {
            gap = line_end;
        } else if shown != ' ' {
            line.push_str(if line.is_empty() { "" } else { gap });
            line.push(shown);
            gap = "";
        } else if gap.is_empty() {
            gap = " ";
        }
    }
    let is_cut = is_cut || line.chars().count() > most;
    if is_cut { line.chars().take(most.saturating_sub(1)).chain(['…']).collect() } else { line }
}

/// The text without escape sequences. Each is taken out once: what is left of two that are nested begins no other.
fn without_sequences(text: &str) -> Cow<'_, str> {
    let begins = |c: char| matches!(c, '\u{1b}' | '\u{80}'..='\u{9f}');
    if !text.contains(begins) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = sgr::sequence(rest).unwrap_or_else(|| {
            kept.push(c);
            c.len_utf8()
        });
        rest = &rest[length..];
    }
    Cow::Owned(kept)
}

/// At most `most` bytes of the text, whole characters only.
pub fn clip(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The text as inline code of markdown that it cannot leave.
pub fn code(text: &str, most: usize) -> String {
    format!("`{}`", reveal_line(text, most).replace('`', "'"))
}

/// The text as a fenced block of markdown that it cannot leave.
pub fn fenced(language: &str, text: &str) -> String {
    let mut text = reveal_block(text);
    let mut longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    if longest > FENCE {
        text = text.replace('`', "'");
        longest = 0;
    }
    let fence = "`".repeat(longest.max(2) + 1);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{text}{end}{fence}")
}

/// The words of an identifier, in lower case: `git_createBranch` → git, create, branch.
pub fn name_words(name: &str) -> Vec<String> {
    let mut spaced = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            spaced.push('_');
        }
        spaced.push(c.to_ascii_lowercase());
    }
    spaced.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_harmless_bounded_line() {
        assert_eq!(reveal_line("  a\r\n\tb\u{1b}[2J \u{202e}c ", 20), "a ↵ b�[2J �c");
        assert_eq!(clean_line("  a\r\n\tb\u{1b}[2J \u{202e}c\u{200b}d ", 20), "a b c d");
        for line in [clean_line, reveal_line] {
            assert_eq!(line("abcdef", 4), "abc…");
            assert_eq!(line("abcd", 4), "abcd");
            assert_eq!(line(&"é".repeat(99), 3), "éé…");
            assert_eq!(line(&"𝔸".repeat(99), 99), "𝔸".repeat(99));
            assert_eq!(line(&"x".repeat(2_000_000), 10).chars().count(), 10);
            assert_eq!(line(&" ".repeat(9_000_000), 3), "…");
        }
        assert_eq!(clean_line("\u{1b}[31mred\u{202e}", 10), "red");
        assert_eq!(clean_line("  a\n\tb  ", 10), "a b");
        for line in [clean_summary, reveal_line] {
            assert_eq!(line("\n exit 1 \n\n \r\ndone\n", 20), "exit 1 ↵ done");
            assert_eq!(line("a\n\n", 20), "a");
        }
    }

    #[test]
    fn whole_sequences_are_cleaned_and_every_one_is_revealed() {
        for (hostile, left) in [
            ("a\u{1b}[31mb\u{1b}[0mc", "abc"),
            ("a\u{1b}[38:2::1:2:3mb\u{1b}[?1049h\u{1b}[1 qc", "abc"),
            ("a\u{1b}]0;owned\u{7}b\u{1b}]8;;http://x\u{1b}\\c\u{1b}]52;c;aGk=\u{9c}", "abc"),
            ("a\u{1b}Pq#0\u{1b}\\b\u{1b}_apc\u{7}c\u{1b}Xsos\u{1b}\\\u{1b}^pm\u{1b}\\", "abc"),
            ("a\u{1b}(Bb\u{1b}7\u{1b}=c\u{1b}", "abc"),
            // Eight bits, which are two in UTF-8.
            ("a\u{9b}31mb\u{9d}0;owned\u{9c}c\u{90}q\u{9c}\u{98}s\u{9e}p\u{9f}a", "abc"),
            // Without an end: up to the line's, and no further.
            ("a\u{1b}[31", "a"),
            ("a\u{1b}]0;owned", "a"),
            ("a\u{9d}0;owned", "a"),
            ("a\u{1b}]0;owned\u{18}b", "a b"),
            // One in the other: the outer one ends where a terminal ends it, and no new one comes of what is left.
            ("a\u{1b}[3\u{1b}[31m1mb", "a1mb"),
            ("a\u{1b}]0;x\u{1b}[31my\u{7}b", "ay b"),
            ("a\u{1b}\u{1b}[m]0;b\u{7}", "a]0;b"),
            ("a\u{1b}]0;\u{1b}]0;x\u{7}b", "ab"),
            ("\u{1b}\u{1b}[31m[31mb", "[31mb"),
        ] {
            assert_eq!(clean_line(hostile, 99), left, "{hostile:?}");
            let block = clean_block(&format!("{hostile}\nnext\u{1b}[0m"));
            assert_eq!(block.replace(' ', ""), format!("{}\nnext", left.replace(' ', "")), "{hostile:?}");
            let is_harmless = |text: &str| !text.chars().any(is_unseen);
            assert!(is_harmless(&clean_line(hostile, 99)) && is_harmless(&reveal_line(hostile, 99)));
            // What is about to be allowed loses nothing.
            let seen = |text: &str| text.chars().filter(|c| !is_unseen(*c) && *c != ' ').collect::<String>();
            assert_eq!(seen(&reveal_line(hostile, 99)).replace(char::REPLACEMENT_CHARACTER, ""), seen(hostile));
        }
        assert_eq!(clean_block("a\u{1b}]0;owned\nb\u{9b}31\nc\u{85}d"), "a\nb\ncd");
        assert_eq!(clean_line("a\u{85}b\u{8d}c", 9), "a b c");
        assert_eq!(clean_line(&format!("\u{1b}]{}\u{7}b", "x".repeat(9_000)), 10), "…");
        assert_eq!(clean_line(&"\u{1b}[31mx".repeat(200_000), 4), "xxx…");
    }

    #[test]
    fn what_scripts_and_emoji_need_stays() {
        for text in ["👩‍💻 ❤️ ☎︎", "می‌خواهم", "e\u{301}"] {
            assert_eq!((clean_line(text, 99), blank(text)), (text.to_owned(), text.to_owned()));
        }
    }

    #[test]
    fn lines_and_tabs_stay_and_escapes_go() {
        let hostile = "a\r\nb\tc\u{1b}[0m\u{200b}\n";
        assert_eq!(clean_block(hostile), "a\nb\tc\n");
        assert_eq!(reveal_block(hostile), "a\nb\tc�[0m�\n");
        assert_eq!(blank("a\u{1b}]0;x\u{7}\nb\u{9b}2J\u{202e}"), "a ]0;x \nb 2J ");
    }

    #[test]
    fn nothing_leaves_a_fence() {
        assert_eq!(fenced("sh", "a\n```\nb"), "````sh\na\n```\nb\n````");
        assert_eq!(fenced("", "a\n"), "```\na\n```");
        assert_eq!(fenced("", &"`".repeat(99)), format!("```\n{}\n```", "'".repeat(99)));
        assert_eq!(code("a`b\nc", 9), "`a'b ↵ c`");
    }

    #[test]
    fn a_clip_keeps_characters_whole() {
        assert_eq!(clip("aé", 2), "a");
        assert_eq!(clip("aé", 9), "aé");
    }
}
