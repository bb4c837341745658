//! Where a reference points, as people write it: `PLAN.md`, `PLAN.md:10`, `PLAN.md:10-24`, `PLAN.md#goals`. Pure.

/// What of a document is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// These lines, both from 1 and both included.
    Lines(u32, u32),
    /// The section of that heading.
    Section(String),
}

/// A file and what of it is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenPlace {
    /// As it was written.
    pub path: String,
    /// The part.
    pub part: Part,
}

/// Reads one; lines that are none are part of the name.
pub fn parse(text: &str) -> WrittenPlace {
    let whole = |path: &str| WrittenPlace { path: path.to_owned(), part: Part::Whole };
    if let Some((path, lines)) = text.rsplit_once(':').filter(|(path, _)| !path.is_empty()) {
        let (first, last) = lines.split_once('-').unwrap_or((lines, lines));
        if let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>())
            && 1 <= first
            && first <= last
        {
            return WrittenPlace { path: path.to_owned(), part: Part::Lines(first, last) };
        }
    }
    match text.split_once('#').filter(|(path, name)| !path.is_empty() && !name.is_empty()) {
        Some((path, name)) => WrittenPlace { path: path.to_owned(), part: Part::Section(name.to_owned()) },
        None => whole(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_sections_follow_the_file() {
        let part = |text: &str| (parse(text).path, parse(text).part);
        assert_eq!(part("PLAN.md:10-24"), ("PLAN.md".into(), Part::Lines(10, 24)));
        assert_eq!(part("a:b.md:7"), ("a:b.md".into(), Part::Lines(7, 7)));
        assert_eq!(part("PLAN.md#goals"), ("PLAN.md".into(), Part::Section("goals".into())));
        for text in ["PLAN.md", "PLAN.md:x", "PLAN.md:9-3", "PLAN.md:0", ":3", "#a", "a#"] {
            assert_eq!(part(text), (text.into(), Part::Whole));
        }
    }
}
