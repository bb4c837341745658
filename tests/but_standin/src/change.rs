//! Differences between two trees: files, and their hunks with three lines around them.

use super::answer::Refusal;
use super::git::Git;

/// One changed file.
#[derive(Clone, Debug)]
pub struct Change {
    /// From the repository's top.
    pub path: String,
    /// Where it was before, when it was renamed.
    pub previous: Option<String>,
    /// Before and after; mode `000000` where there is none.
    pub old: Side,
    /// After.
    pub new: Side,
    /// What changed in its text.
    pub content: Content,
}

/// A file at one side of a difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// `100644` and so on.
    pub mode: String,
    /// The blob.
    pub blob: String,
}

/// What changed in a file's text.
#[derive(Clone, Debug)]
pub enum Content {
    /// Text; empty when only the mode changed.
    Hunks(Vec<Hunk>),
    /// No text.
    Binary,
}

/// Lines that changed, with three around them.
#[derive(Clone, Debug, PartialEq)]
pub struct Hunk {
    /// First line and number of lines before.
    pub old: (usize, usize),
    /// And after.
    pub new: (usize, usize),
    /// Lines with ` `, `+`, `-` or `\` before them.
    pub lines: Vec<Vec<u8>>,
}

/// A changed place: first line and number of lines, before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Gone or replaced.
    pub old: (usize, usize),
    /// New.
    pub new: (usize, usize),
}

impl Change {
    /// `added`, `removed`, `modified` or `renamed`.
    pub fn kind(&self) -> &'static str {
        match (&self.previous, self.old.mode.as_str(), self.new.mode.as_str()) {
            (Some(_), ..) => "renamed",
            (None, "000000", _) => "added",
            (None, _, "000000") => "removed",
            _ => "modified",
        }
    }

    /// Hunks of its text; one that stands for the whole where there are none.
    pub fn pieces(&self) -> usize {
        match &self.content {
            Content::Hunks(hunks) => hunks.len().max(1),
            Content::Binary => 1,
        }
    }
}

impl Hunk {
    /// As it is printed.
    pub fn text(&self) -> String {
        let ((old, old_lines), (new, new_lines)) = (self.old, self.new);
        let mut text = format!("@@ -{old},{old_lines} +{new},{new_lines} @@\n").into_bytes();
        for line in self.lines.iter().filter(|line| line[0] != b'\\') {
            text.extend(line.strip_suffix(b"\r").unwrap_or(line));
            text.push(b'\n');
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The changed places in it, without the lines around them.
    pub fn places(&self) -> Vec<Place> {
        let (mut old, mut new) = (self.old.0.max(1), self.new.0.max(1));
        let mut places: Vec<Place> = Vec::new();
        let mut open = false;
        for sign in self.lines.iter().map(|line| line[0]).filter(|sign| *sign != b'\\') {
            if sign == b' ' {
                (old, new, open) = (old + 1, new + 1, false);
                continue;
            }
            if !open {
                places.push(Place { old: (old, 0), new: (new, 0) });
                open = true;
            }
            let place = places.last_mut().expect("just opened");
            if sign == b'-' {
                (old, place.old.1) = (old + 1, place.old.1 + 1);
            } else {
                (new, place.new.1) = (new + 1, place.new.1 + 1);
            }
        }
        places
    }

    /// The old text with these hunks of it done, in their order.
    pub fn apply(old: &[u8], hunks: &[&Hunk]) -> Vec<u8> {
        let lines: Vec<&[u8]> = old.split_inclusive(|byte| *byte == b'\n').collect();
        let (mut done, mut at) = (Vec::new(), 0);
        for hunk in hunks {
            // A hunk without old lines names the line before it.
            let start = if hunk.old.1 == 0 { hunk.old.0.saturating_sub(1) } else { hunk.old.0 - 1 };
            lines[at..start].iter().for_each(|line| done.extend_from_slice(line));
            for (index, line) in hunk.lines.iter().enumerate().filter(|(_, line)| matches!(line[0], b' ' | b'+')) {
                done.extend_from_slice(&line[1..]);
                if hunk.lines.get(index + 1).is_none_or(|next| next[0] != b'\\') {
                    done.push(b'\n');
                }
            }
            at = start + hunk.old.1;
        }
        lines[at.min(lines.len())..].iter().for_each(|line| done.extend_from_slice(line));
        done
    }
}

/// What changed from one tree to another, by path.
pub fn between(git: &Git, old: &str, new: &str) -> Result<Vec<Change>, Refusal> {
    if old == new {
        return Ok(Vec::new());
    }
    let options = ["diff-tree", "-r", "-z", "--raw", "-p", "-M", "--full-index", "--no-color", "--no-ext-diff"];
    let arguments: Vec<&str> = options.into_iter().chain(["--no-textconv", "-U3", old, new]).collect();
    Ok(parse(&git.feed(&arguments, b"")?))
}

fn parse(output: &[u8]) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut kinds = Vec::new();
    let mut rest = output;
    let field = |rest: &mut &[u8]| {
        let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
        let text = String::from_utf8_lossy(&rest[..end]).into_owned();
        *rest = &rest[(end + 1).min(rest.len())..];
        text
    };
    while rest.first() == Some(&b':') {
        let head = field(&mut rest);
        let words: Vec<&str> = head[1..].split(' ').collect();
        let side = |mode: usize, blob: usize| Side { mode: words[mode].into(), blob: words[blob].into() };
        let first = field(&mut rest);
        let (previous, path) = if words[4].starts_with('R') { (Some(first), field(&mut rest)) } else { (None, first) };
        kinds.push(words[4].chars().next().unwrap_or('M'));
        changes.push(Change { path, previous, old: side(0, 2), new: side(1, 3), content: Content::Hunks(Vec::new()) });
    }
    let mut sections = sections(rest.strip_prefix(b"\0").unwrap_or(rest)).into_iter();
    for (change, kind) in changes.iter_mut().zip(kinds) {
        change.content = sections.next().unwrap_or(Content::Binary);
        // A file that became a link comes as one gone and one new.
        if kind == 'T' {
            change.content = both(&change.content, &sections.next().unwrap_or(Content::Binary));
        }
    }
    changes
}

/// Everything of one gone and everything of the other new, as one hunk.
fn both(gone: &Content, new: &Content) -> Content {
    let first = |content: &Content| match content {
        Content::Hunks(hunks) => hunks.first().cloned(),
        Content::Binary => None,
    };
    match (first(gone), first(new)) {
        (Some(gone), Some(new)) => {
            let lines = [gone.lines, new.lines].concat();
            Content::Hunks(vec![Hunk { old: gone.old, new: new.new, lines }])
        }
        _ => Content::Hunks(Vec::new()),
    }
}

fn sections(patch: &[u8]) -> Vec<Content> {
    let mut sections: Vec<Content> = Vec::new();
    for line in patch.split(|byte| *byte == b'\n') {
        if line.starts_with(b"diff --git ") {
            sections.push(Content::Hunks(Vec::new()));
        } else if line.starts_with(b"Binary files ") {
            *sections.last_mut().expect("a header") = Content::Binary;
        } else if let Some(Content::Hunks(hunks)) = sections.last_mut() {
            match line.first() {
                Some(b'@') => hunks.extend(header(&String::from_utf8_lossy(line))),
                Some(b' ' | b'+' | b'-' | b'\\') => {
                    if let Some(hunk) = hunks.last_mut() {
                        hunk.lines.push(line.to_vec());
                    }
                }
                _ => {}
            }
        }
    }
    sections
}

/// `@@ -1,6 +1,6 @@ …`; a side without lines is said to begin at 1 at least.
fn header(line: &str) -> Option<Hunk> {
    let mut words = line.split(' ').skip(1);
    let mut side = || {
        let word = words.next()?;
        let (start, lines) = word[1..].split_once(',').unwrap_or((&word[1..], "1"));
        Some((start.parse::<usize>().ok()?.max(1), lines.parse().ok()?))
    };
    Some(Hunk { old: side()?, new: side()?, lines: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hunks(patch: &str) -> Vec<Hunk> {
        match sections(format!("diff --git a/x b/x\n{patch}").as_bytes()).remove(0) {
            Content::Hunks(hunks) => hunks,
            Content::Binary => Vec::new(),
        }
    }

    #[test]
    fn chosen_hunks_are_done_and_others_are_not() {
        let old = b"1\n2\n3\n4\n5";
        let hunks = hunks("@@ -1,2 +1,2 @@\n-1\n+one\n 2\n@@ -4,2 +4,1 @@\n 4\n-5\n\\ No newline at end of file\n");
        assert_eq!(Hunk::apply(old, &[&hunks[0]]), b"one\n2\n3\n4\n5");
        assert_eq!(Hunk::apply(old, &[&hunks[1]]), b"1\n2\n3\n4\n");
        assert_eq!(Hunk::apply(old, &[&hunks[0], &hunks[1]]), b"one\n2\n3\n4\n");
    }

    #[test]
    fn places_are_what_changed_without_the_lines_around() {
        let hunk = &hunks("@@ -1,5 +1,5 @@\n 1\n-2\n 3\n+new\n 4\n-5\n+five\n")[0];
        let places: Vec<_> = hunk.places().into_iter().map(|place| (place.old, place.new)).collect();
        assert_eq!(places, [((2, 1), (2, 0)), ((4, 0), (3, 1)), ((5, 1), (5, 1))]);
    }

    #[test]
    fn an_added_file_s_text_has_no_line_before_it() {
        let hunk = &hunks("@@ -0,0 +1 @@\n+new\r\n")[0];
        assert_eq!(hunk.text(), "@@ -1,0 +1,1 @@\n+new\n");
        assert_eq!(Hunk::apply(b"", &[hunk]), b"new\r\n");
    }
}
