//! The warning to an agent that is about to edit a file with others' uncommitted edits. Pure.

use crate::attribution::{Ledger, Owner};
use crate::text::clean_line;
use std::collections::BTreeMap;

/// Runs of lines named for one owner.
const MOST: usize = 8;

/// One sentence that names whose uncommitted edits are on which lines of the file; nothing where all are `task`'s own,
/// or nobody's. `name` gives a task's number and title by uuid; a task without one is passed over.
pub fn sentence(
    ledger: &Ledger,
    path: &str,
    task: &str,
    name: impl Fn(&str) -> Option<(i64, String)>,
) -> Option<String> {
    let mut others: BTreeMap<Owner, Vec<String>> = BTreeMap::new();
    for (first, last, owner) in ledger.regions() {
        let place = match last.checked_sub(first) {
            None => format!("deleted before line {first}"),
            Some(0) => format!("line {first}"),
            Some(_) => format!("lines {first}-{last}"),
        };
        others.entry(owner).or_default().push(place);
    }
    if let Some(owner) = ledger.whole() {
        others.entry(owner.clone()).or_default().insert(0, "the file itself".into());
    }
    let told = others.into_iter().filter_map(|(owner, mut places)| {
        let whose = match owner {
            Owner::Task(other) if other != task => {
                let (number, title) = name(&other)?;
                format!("task #{number} ({:?})", clean_line(&title, 80))
            }
            Owner::User => "the person you work for".to_owned(),
            Owner::Task(_) | Owner::Unclaimed(_) => return None,
        };
        let more = places.len().saturating_sub(MOST);
        places.truncate(MOST);
        let more = if more > 0 { format!(" and {more} more places") } else { String::new() };
        Some(format!("{whose}: {}{more}", places.join(", ")))
    });
    let told: Vec<String> = told.collect();
    let path = clean_line(path, 300);
    (!told.is_empty()).then(|| {
        format!(
            "{path:?} holds uncommitted edits of others, in the working tree that you share with them. {}. Work around \
             them: leave those lines as they are unless your task needs them changed, and do not restore the file.",
            told.join("; ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::{FileKind, Version};

    fn ledger(old: &str, new: &str, owner: &Owner) -> Ledger {
        let text = |text: &str| Version::of(FileKind::File, text.as_bytes().to_vec());
        Ledger::first(&text(old), &text(new), owner)
    }

    #[test]
    fn others_are_named_with_their_lines() {
        let mut ledger = ledger("a\nb\nc\nd\ne\n", "A\nB\nc\nd\ne\n", &Owner::Task("one".into()));
        ledger.see(&Version::of(FileKind::File, b"A\nB\nc\ne\nuser\n".to_vec()), &Owner::User);
        let name = |task: &str| (task == "one").then(|| (4, "Say \"hi\"\nand more".to_owned()));
        let told = sentence(&ledger, "src/a b", "two", name).unwrap();
        let whose =
            r#"task #4 ("Say \"hi\" and more"): lines 1-2; the person you work for: deleted before line 4, line 5."#;
        assert!(told.starts_with("\"src/a b\" holds") && told.contains(whose), "{told}");
        let own = sentence(&ledger, "a", "one", name).unwrap();
        assert!(!own.contains("task #4") && own.contains("the person"), "{own}");
    }

    #[test]
    fn nobodys_and_ones_own_are_not_told() {
        let name = |_: &str| Some((1, String::new()));
        assert_eq!(sentence(&ledger("a\n", "b\n", &Owner::Task("t".into())), "a", "t", name), None);
        assert_eq!(sentence(&ledger("a\n", "b\n", &Owner::one_of(["u"])), "a", "t", name), None);
        assert_eq!(sentence(&ledger("a\n", "b\n", &Owner::Task("gone".into())), "a", "t", |_| None), None);
    }
}
