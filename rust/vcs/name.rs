//! Names of the branches that tasks work on. Pure.

use crate::contract::Code;
use crate::error::Error;

/// Every branch of a task begins so; none is named exactly so.
pub const PREFIX: &str = "chorus/";

/// The longest name, in bytes.
const LONGEST: usize = 60;

/// A branch for a task: `chorus/12-fix-the-login`, of `[a-z0-9-]` after the prefix, other letters transliterated.
/// Where that is taken a number is added.
pub fn branch_name(number: u32, title: &str, taken: impl Fn(&str) -> bool) -> String {
    let stem = format!("{PREFIX}{number}");
    let room = LONGEST - stem.len() - 1 - 5;
    let slug = slug(title, room);
    let name = if slug.is_empty() { stem } else { format!("{stem}-{slug}") };
    let numbered = (2..).map(|count: u32| format!("{name}-{count}"));
    std::iter::once(name.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(name)
}

/// Why no branch of a task can be made beside these: git keeps `chorus/…` in a folder where `chorus` would be a file.
pub fn refusal(branches: &[String]) -> Option<Error> {
    let name = PREFIX.trim_end_matches('/');
    branches.iter().any(|branch| branch == name).then(|| {
        Error::new(Code::VcsRefused, format!("there is a branch {name}, so git cannot make {PREFIX}… beside it"))
            .hint(format!("rename it: `git branch -m {name} OTHER-NAME`"))
    })
}

/// What follows the prefix: `12-fix-the-login`.
pub fn short(branch: &str) -> &str {
    branch.strip_prefix(PREFIX).unwrap_or(branch)
}

/// The title's words in `[a-z0-9]`, joined by `-`, whole words as far as they fit.
fn slug(title: &str, room: usize) -> String {
    let mut slug = String::new();
    // A title has no bound of its own here; more than this cannot matter.
    let title: String = title.chars().take(400).collect();
    let plain = deunicode::deunicode_with_tofu(&title, " ").to_ascii_lowercase().replace('\'', "");
    for word in plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if slug.is_empty() {
            slug.extend(word.chars().take(room));
        } else if slug.len() + 1 + word.len() <= room {
            slug.push('-');
            slug.push_str(word);
        } else {
            break;
        }
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_a_name() {
        let name = |title: &str| branch_name(12, title, |_| false);
        assert_eq!(name("Fix the login"), "chorus/12-fix-the-login");
        assert_eq!(name("Größe ändern"), "chorus/12-grosse-andern");
        assert_eq!(name("don't a..b.lock ~^: --x/"), "chorus/12-dont-a-b-lock-x");
        assert_eq!(name("修复 登录"), "chorus/12-xiu-fu-deng-lu");
        assert_eq!(name(""), "chorus/12");
        assert_eq!(name("\u{202e}\u{0}\n"), "chorus/12");
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        assert_eq!(branch_name(1, "x", |name| name == "chorus/1-x" || name == "chorus/1-x-2"), "chorus/1-x-3");
        assert_eq!(branch_name(1, "", |name| name == "chorus/1"), "chorus/1-2");
    }

    #[test]
    fn every_name_is_short_and_valid() {
        for title in ["a".repeat(5000), "word ".repeat(500), "🦀".repeat(100), "ß-".repeat(90)] {
            for number in [0, u32::MAX] {
                let name = branch_name(number, &title, |name| !name.ends_with("-99"));
                assert!(name.len() <= LONGEST, "{name}");
                let rest = name.strip_prefix(PREFIX).unwrap();
                assert!(rest.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
                assert!(!rest.ends_with('-') && !rest.contains("--"), "{name}");
            }
        }
    }
}
