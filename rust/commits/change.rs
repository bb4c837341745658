//! The uncommitted changes of a working tree, as `but` words them (both grammars, one model).

/// A changed path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Relative to the repository's root; of a renamed file the new one.
    pub path: String,
    /// What happened to it.
    pub kind: ChangeKind,
    /// The id `but` takes for it on the command line; good until the next change of the tree.
    pub cli_id: String,
    /// The branches of the stack that the old grammar keeps it staged for; empty for most.
    pub staged_for: Vec<String>,
}

/// What happened to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ChangeKind {
    Added,
    Removed,
    Modified,
    /// The old path goes with it: `but` does not name it.
    Renamed,
    /// A word this version does not know.
    Other,
}

/// One hunk of a changed path, against the commits in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffHunk {
    /// The id `but commit` takes; good until the next change of the tree.
    pub id: String,
    /// As in [`FileChange::path`].
    pub path: String,
    /// What `but` shows of it.
    pub content: HunkContent,
    /// First line before, counted from 1 (0 lines: the line after which something was added).
    pub old_start: u32,
    /// Lines before, context included.
    pub old_lines: u32,
    /// First line after, counted from 1.
    pub new_start: u32,
    /// Lines after, context included.
    pub new_lines: u32,
    /// The hunk as a patch, its `@@` line first; invalid UTF-8 is replaced.
    pub body: String,
}

/// What `but` shows of a changed path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HunkContent {
    /// Lines.
    Lines,
    /// No lines: a binary, an empty file, a mode, a mere rename. It goes as a whole.
    Whole,
    /// Too large to be shown. It goes as a whole.
    TooLarge,
}

impl DiffHunk {
    /// A path as one piece, where `but` lists no hunk of it.
    pub fn whole(path: &str) -> DiffHunk {
        let (id, path, body) = (String::new(), path.to_owned(), String::new());
        DiffHunk { id, path, content: HunkContent::Whole, old_start: 0, old_lines: 0, new_start: 0, new_lines: 0, body }
    }

    /// Its added and deleted lines with their signs, without context.
    pub fn signed(&self) -> Vec<&str> {
        self.lines().filter(|line| line.starts_with(['+', '-'])).collect()
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        // A carriage return belongs to its line: `str::lines` would take it.
        let body = self.body.strip_suffix('\n').unwrap_or(&self.body);
        body.split('\n').skip(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hunk(body: &str) -> DiffHunk {
        DiffHunk {
            id: "h".into(),
            path: "a".into(),
            content: HunkContent::Lines,
            old_start: 1,
            old_lines: 1,
            new_start: 3,
            new_lines: 4,
            body: body.into(),
        }
    }

    #[test]
    fn signed_lines_have_no_context() {
        let hunk = hunk("@@ -3,5 +3,4 @@\n keep\n-gone\n-gone too\n+new\n keep\n+last\n\\ No newline at end of file\n");
        assert_eq!(hunk.signed(), ["-gone", "-gone too", "+new", "+last"]);
    }
}
