//! A difference as git prints it, taken apart into files and hunks.

use super::change::ChangeKind;

/// One file of a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePatch {
    /// From the root; of a renamed file the new one.
    pub path: String,
    /// Of a renamed file the old one.
    pub from: Option<String>,
    /// What happened to it.
    pub kind: ChangeKind,
    /// One without lines for a file of which git shows none, such as a binary one.
    pub hunks: Vec<PatchHunk>,
}

/// Neighboring lines of a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchHunk {
    /// First line after, from 1.
    pub line: u32,
    /// Lines with ` `, `+` or `-` before them, or `\` before a remark of git.
    pub lines: Vec<String>,
}

/// The files of a patch, in its order.
pub fn parse(text: &str) -> Vec<FilePatch> {
    let mut files: Vec<FilePatch> = Vec::new();
    // Lines of the hunk still to come, before and after: content may look like a header.
    let mut left = (0u32, 0u32);
    for line in text.split('\n') {
        if let Some(names) = line.strip_prefix("diff --git ") {
            left = (0, 0);
            let (path, kind) = (named_twice(names), ChangeKind::Modified);
            files.push(FilePatch { path, from: None, kind, hunks: Vec::new() });
            continue;
        }
        let Some(file) = files.last_mut() else { continue };
        if left != (0, 0) || line.starts_with('\\') {
            let Some(hunk) = file.hunks.last_mut() else { continue };
            match line.as_bytes().first() {
                Some(b'+') => left.1 = left.1.saturating_sub(1),
                Some(b'-') => left.0 = left.0.saturating_sub(1),
                Some(b'\\') => {}
                _ => left = (left.0.saturating_sub(1), left.1.saturating_sub(1)),
            }
            hunk.lines.push(line.to_owned());
        } else if let Some((before, after)) = header(line) {
            left = (before.1, after.1);
            file.hunks.push(PatchHunk { line: after.0.max(1), lines: Vec::new() });
        } else if line.starts_with("new file mode") {
            file.kind = ChangeKind::Added;
        } else if line.starts_with("deleted file mode") {
            file.kind = ChangeKind::Removed;
        } else if let Some(path) = line.strip_prefix("rename from ") {
            file.from = Some(unquoted(path));
        } else if let Some(path) = line.strip_prefix("rename to ") {
            (file.kind, file.path) = (ChangeKind::Renamed, unquoted(path));
        } else if let Some(path) = line.strip_prefix("+++ ").or_else(|| line.strip_prefix("--- "))
            && let Some((_, path)) = unquoted(path.trim_end_matches('\t')).split_once('/')
            && !line.ends_with("/dev/null")
        {
            file.path = path.to_owned();
        }
    }
    for file in files.iter_mut().filter(|file| file.hunks.is_empty()) {
        file.hunks.push(PatchHunk { line: 1, lines: Vec::new() });
    }
    files
}

/// First line and number of lines, before and after, in `@@ -1,3 +1,4 @@ fn one()`.
pub(super) fn header(line: &str) -> Option<((u32, u32), (u32, u32))> {
    let (ranges, _) = line.strip_prefix("@@ -")?.split_once(" @@")?;
    let (before, after) = ranges.split_once(" +")?;
    let range = |text: &str| {
        let (first, count) = text.split_once(',').unwrap_or((text, "1"));
        Some((first.parse().ok()?, count.parse().ok()?))
    };
    Some((range(before)?, range(after)?))
}

/// The path in `a/PATH b/PATH`, where nothing else names it.
fn named_twice(names: &str) -> String {
    if let Some(quoted) = names.strip_prefix('"') {
        let end = quoted.find("\" ").unwrap_or(quoted.len());
        return unquoted(&format!("\"{}\"", &quoted[..end]))
            .split_once('/')
            .map_or(String::new(), |at| at.1.to_owned());
    }
    let half = names.get(..names.len() / 2).unwrap_or(names);
    half.strip_prefix("a/").unwrap_or(half).to_owned()
}

/// A path as git writes it: in quotes with C escapes where it holds odd bytes.
fn unquoted(path: &str) -> String {
    let Some(inner) = path.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return path.to_owned() };
    let (mut bytes, mut rest) = (Vec::new(), inner.bytes().peekable());
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(digit @ b'0'..=b'7') => {
                let mut value = u32::from(digit - b'0');
                while let Some(next) = rest.next_if(|next| matches!(next, b'0'..=b'7')) {
                    value = value * 8 + u32::from(next - b'0');
                }
                bytes.push(u8::try_from(value).unwrap_or(b'?'));
            }
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'r') => bytes.push(b'\r'),
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str = "diff --git a/src/a.rs b/src/a.rs\nindex 1..2 100644\n--- a/src/a.rs\n+++ b/src/a.rs\n\
        @@ -1,3 +1,3 @@ fn one()\n one\n--- two\n+++ TWO\n three\n@@ -20 +20 @@\n-twenty\n+20\n\\ No newline at end of file\n\
        diff --git a/new.txt b/new.txt\nnew file mode 100644\n--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+first\n\
        diff --git \"a/b\\303\\251.txt\" \"b/b\\303\\251.txt\"\ndeleted file mode 100644\n--- \"a/b\\303\\251.txt\"\n\
        +++ /dev/null\n@@ -1 +0,0 @@\n-gone\ndiff --git a/some pic.png b/some pic.png\n\
        Binary files a/some pic.png and b/some pic.png differ\ndiff --git a/old b/fresh\nsimilarity index 100%\n\
        rename from old\nrename to fresh\n";

    #[test]
    fn every_file_has_its_path_its_kind_and_its_hunks() {
        let files = parse(PATCH);
        let named: Vec<_> = files.iter().map(|file| (file.path.as_str(), file.kind)).collect();
        assert_eq!(
            named,
            [
                ("src/a.rs", ChangeKind::Modified),
                ("new.txt", ChangeKind::Added),
                ("bé.txt", ChangeKind::Removed),
                ("some pic.png", ChangeKind::Modified),
                ("fresh", ChangeKind::Renamed),
            ]
        );
        assert_eq!(files[0].hunks[0].lines, [" one", "--- two", "+++ TWO", " three"]);
        assert_eq!(files[0].hunks[1].line, 20);
        assert_eq!(files[0].hunks[1].lines, ["-twenty", "+20", "\\ No newline at end of file"]);
        assert_eq!(files.iter().filter_map(|file| file.from.as_deref()).collect::<Vec<_>>(), ["old"]);
        assert_eq!(files[3].hunks, [PatchHunk { line: 1, lines: Vec::new() }]);
    }

    #[test]
    fn nothing_is_no_file() {
        assert!(parse("").is_empty());
    }

    #[test]
    fn a_damaged_patch_has_files_and_hunks() {
        let printed = "diff --git a/a.rs b/a.rs\nindex 1..2 100644\n--- a/a.rs\n+++ b/a.rs\n@@ -1,3 +1,4 @@ fn one()\n a\n-b\n+c\n\
            +d\n e\n\\ No newline at end of file\ndiff --git \"a/\\303\\251\" \"b/\\303\\251\"\nnew file mode 100644\n--- /dev/null\n\
            +++ \"b/\\303\\251\"\n@@ -0,0 +1 @@\n+x\ndiff --git a/old b/new\nsimilarity index 100%\nrename from old\nrename to new\n\
            diff --git a/bin b/bin\ndeleted file mode 100644\nBinary files a/bin and /dev/null differ\n";
        chorus_testkit::damage::each(&[printed.into()], |text| {
            let text = String::from_utf8_lossy(text);
            let files = parse(&text);
            assert!(files.iter().all(|file| !file.hunks.is_empty() && file.hunks.iter().all(|hunk| hunk.line > 0)));
            let lines = files.iter().flat_map(|file| &file.hunks).map(|hunk| hunk.lines.len()).sum::<usize>();
            assert!(lines <= text.split('\n').count());
        });
    }
}
