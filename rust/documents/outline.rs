//! What a markdown text says about itself: its title, its description and its headings. Pure, and bounded for any text.

use crate::text::clean_line;
use std::ops::Range;

/// Characters of a title.
const TITLE: usize = 200;
/// Characters of a description.
const DESCRIPTION: usize = 300;
/// Headings of an outline.
const MOST: usize = 2000;

/// A heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// From 1 to 6.
    pub level: usize,
    /// Its line, from 0.
    pub line: usize,
    /// Its text.
    pub title: String,
}

/// Title and description of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Head {
    /// `title` of the front matter, else the first heading.
    pub title: Option<String>,
    /// `description` of the front matter.
    pub description: Option<String>,
}

/// Title and description, from a text or its beginning.
pub fn head(text: &str) -> Head {
    let lines: Vec<&str> = text.lines().collect();
    let matter = &lines[front_matter(&lines)];
    let title = field(matter, "title").map(|title| clean_line(&title, TITLE));
    let first = || headings(&lines).next().map(|heading| heading.title);
    Head {
        title: title.or_else(first).filter(|title| !title.is_empty()),
        description: field(matter, "description").map(|text| clean_line(&text, DESCRIPTION)),
    }
}

/// The headings in order, without those in code blocks and comments.
pub fn outline(text: &str) -> Vec<Heading> {
    let lines: Vec<&str> = text.lines().collect();
    headings(&lines).take(MOST).collect()
}

/// The lines of the section that a heading of `outline` begins: up to the next heading of its level or above.
/// `count` is how many lines the text has.
pub fn section(outline: &[Heading], heading: usize, count: usize) -> Range<usize> {
    let Heading { level, line, .. } = outline[heading];
    let next = outline[heading + 1..].iter().find(|next| next.level <= level);
    line..next.map_or(count, |next| next.line)
}

/// The heading that a person names: by its text, or by the anchor that links use (`#how-it-works`).
pub fn named(outline: &[Heading], name: &str) -> Option<usize> {
    let name = name.trim().trim_start_matches('#').trim();
    let wanted = slug(name);
    let by_text = outline.iter().position(|heading| heading.title == name);
    by_text.or_else(|| outline.iter().position(|heading| slug(&heading.title) == wanted))
}

fn slug(title: &str) -> String {
    let kept = title.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The lines between the fences of a front matter; empty without one.
fn front_matter(lines: &[&str]) -> Range<usize> {
    if lines.first().is_none_or(|line| line.trim_end() != "---") {
        return 0..0;
    }
    let end = lines.iter().skip(1).take(200).position(|line| matches!(line.trim_end(), "---" | "..."));
    end.map_or(0..0, |end| 1..end + 1)
}

/// A text of the front matter, in the forms of YAML that people write for one: plain, quoted, or indented lines below.
fn field(matter: &[&str], name: &str) -> Option<String> {
    let at = matter.iter().position(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':')))?;
    let value = matter[at][name.len() + 1..].trim();
    let quoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote).map(str::to_owned);
    let text = match value {
        "" | ">" | "|" | ">-" | "|-" => {
            let below = matter[at + 1..].iter().take_while(|line| line.starts_with([' ', '\t']));
            below.map(|line| line.trim()).collect::<Vec<_>>().join(" ")
        }
        _ => quoted('"').or_else(|| quoted('\'')).unwrap_or_else(|| value.to_owned()),
    };
    Some(text).filter(|text| !text.trim().is_empty())
}

/// What keeps a line from being a heading.
enum Inside {
    Nothing,
    /// A code block, with its fence.
    Fence(char, usize),
    Comment,
}

fn headings<'t>(lines: &'t [&'t str]) -> impl Iterator<Item = Heading> + 't {
    let matter = front_matter(lines);
    let begin = if matter.is_empty() { 0 } else { matter.end + 1 };
    let mut inside = Inside::Nothing;
    lines.iter().enumerate().skip(begin).filter_map(move |(at, line)| {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let text = line.trim();
        match inside {
            Inside::Fence(mark, length) => {
                if indent < 4 && fence(text).is_some_and(|(c, n)| c == mark && n >= length && text.len() == n) {
                    inside = Inside::Nothing;
                }
                return None;
            }
            Inside::Comment => {
                if text.contains("-->") {
                    inside = Inside::Nothing;
                }
                return None;
            }
            Inside::Nothing => {}
        }
        if indent >= 4 || line.starts_with('\t') {
            return None;
        }
        if let Some((mark, length)) = fence(text) {
            inside = Inside::Fence(mark, length);
            return None;
        }
        if text.starts_with("<!--") && !text.contains("-->") {
            inside = Inside::Comment;
            return None;
        }
        let level_and_title = hashes(text).or_else(|| underlined(text, lines.get(at + 1)));
        level_and_title.map(|(level, title)| Heading { level, line: at, title: clean_line(title, TITLE) })
    })
}

/// Three or more backticks or tildes that open or close a code block.
fn fence(text: &str) -> Option<(char, usize)> {
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = text.len() - text.trim_start_matches(mark).len();
    (length >= 3 && !(mark == '`' && text[length..].contains('`'))).then_some((mark, length))
}

fn hashes(text: &str) -> Option<(usize, &str)> {
    let title = text.trim_start_matches('#');
    let level = text.len() - title.len();
    if !(1..=6).contains(&level) || !(title.is_empty() || title.starts_with([' ', '\t'])) {
        return None;
    }
    let title = title.trim();
    let bare = title.trim_end_matches('#');
    Some((level, if bare.is_empty() || bare.ends_with(' ') { bare.trim_end() } else { title }))
}

fn underlined<'t>(text: &'t str, below: Option<&&str>) -> Option<(usize, &'t str)> {
    let below = below?.trim_end();
    let all = |mark: char| !below.is_empty() && below.chars().all(|c| c == mark);
    let is_paragraph = !text.is_empty() && !text.starts_with(['>', '-', '*', '+', '|', '<']);
    match (is_paragraph, all('='), below.len() >= 2 && all('-')) {
        (true, true, _) => Some((1, text)),
        (true, _, true) => Some((2, text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(text: &str) -> Vec<(usize, usize, String)> {
        outline(text).into_iter().map(|heading| (heading.level, heading.line, heading.title)).collect()
    }

    #[test]
    fn headings_are_those_that_a_reader_sees() {
        let text = "\
---
title: no heading
# nor this
---
# One #
```sh
# a comment
~~~
```
Two
===
    # code
<!--
# hidden
-->
### Three `x`
#no
- item
---
Four
----
";
        let expected = [(1, 4, "One"), (1, 9, "Two"), (3, 15, "Three `x`"), (2, 19, "Four")];
        assert_eq!(titles(text), expected.map(|(level, line, title)| (level, line, title.to_owned())));
    }

    #[test]
    fn a_section_ends_at_the_next_heading_of_its_level_or_above() {
        let text = "# A\na\n## B\nb\n### C\nc\n## D\nd\n# E\n";
        let outline = outline(text);
        let lines = |name| section(&outline, named(&outline, name).unwrap(), 9);
        assert_eq!([lines("A"), lines("b"), lines("#C"), lines("D"), lines("E")], [0..8, 2..6, 4..6, 6..8, 8..9]);
        assert_eq!(named(&outline, "F"), None);
        let spaced = super::outline("## How it *works*, mostly\n");
        assert_eq!(named(&spaced, "#how-it-works-mostly"), Some(0));
    }

    #[test]
    fn a_title_comes_from_the_front_matter_or_the_first_heading() {
        let head = |text: &str| {
            let head = super::head(text);
            (head.title.unwrap_or_default(), head.description.unwrap_or_default())
        };
        let both = |title: &str, description: &str| (title.to_owned(), description.to_owned());
        assert_eq!(
            head("---\r\ntitle: \"A: b\"\r\ndescription: >\r\n  one\r\n  two\r\n---\r\n# C\r\n"),
            both("A: b", "one two")
        );
        assert_eq!(head("text\n\n## Second\x1b[2J\n"), both("Second", ""));
        assert_eq!(head("---\nnever closed\n# A\n"), both("A", ""));
        assert_eq!(head(""), both("", ""));
    }

    #[test]
    fn any_text_has_an_outline() {
        for text in ["#", "---", "---\n---", "```", "\u{feff}", "=\n=", "<!--", "#\u{a0}x", "a\n==\u{0}", "🎵\n---"] {
            outline(text);
            head(text);
        }
        assert_eq!(outline(&"# x\n".repeat(10_000)).len(), MOST);
    }

    #[test]
    fn a_damaged_text_has_one_too() {
        let matter =
            "---\ntitle: \"A: b\"\ndescription: >\n  one\n  two\n---\n# C\n\n## D\n```rust\n# no\n```\nE\n===\n";
        let read = |name: &str| std::fs::read(chorus_testkit::repository().join(name)).unwrap();
        chorus_testkit::damage::each(&[matter.into(), read("README.md"), read("design.md")], |text| {
            let text = String::from_utf8_lossy(text);
            let (found, count) = (outline(&text), text.lines().count());
            assert!(found.len() <= MOST);
            for (at, heading) in found.iter().enumerate() {
                assert!(heading.line <= count && (1..=6).contains(&heading.level), "{heading:?}");
                assert!(!heading.title.contains(char::is_control), "{heading:?}");
                let section = section(&found, at, count);
                assert!(section.start <= section.end, "{section:?}");
            }
            let head = head(&text);
            assert!(head.title.into_iter().chain(head.description).all(|text| !text.contains(char::is_control)));
        });
    }
}
