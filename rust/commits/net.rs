//! What a change adds and takes, line by line, whatever the algorithm that told the difference: for each text how
//! many more lines of it there are after than before. A commit is compared by it with what was planned.

use super::change::DiffHunk;
use super::patch::header;
use std::collections::BTreeMap;

/// For each line's text how many more (or fewer) of it there are; never 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Net(BTreeMap<String, i64>);

impl Net {
    /// Of hunks of one file.
    pub fn of_hunks<'a>(hunks: impl IntoIterator<Item = &'a DiffHunk>) -> Net {
        let mut net = Net::default();
        for hunk in hunks {
            for line in hunk.signed() {
                net.count(&line[1..], if line.starts_with('+') { 1 } else { -1 });
            }
        }
        net.settled()
    }

    /// Of a file's two versions.
    pub fn of_versions(old: &[u8], new: &[u8]) -> Net {
        let mut net = Net::default();
        for (bytes, by) in [(old, -1), (new, 1)] {
            let text = String::from_utf8_lossy(bytes);
            let text = text.strip_suffix('\n').unwrap_or(&text);
            if !bytes.is_empty() {
                text.split('\n').for_each(|line| net.count(line, by));
            }
        }
        net.settled()
    }

    /// Short, for the store: equal for equal ones.
    pub fn digest(&self) -> String {
        use sha2::Digest as _;
        let mut hasher = sha2::Sha256::new();
        for (line, count) in &self.0 {
            hasher.update(format!("{count} {} ", line.len()));
            hasher.update(line);
        }
        hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    fn count(&mut self, line: &str, by: i64) {
        // Git may convert line ends between the tree and the commit.
        *self.0.entry(line.trim_end_matches('\r').to_owned()).or_default() += by;
    }

    fn settled(mut self) -> Net {
        self.0.retain(|_, count| *count != 0);
        self
    }
}

/// Reads the [`Net`] of one file from git's patch, piece by piece: of versions that are too large to be held.
#[derive(Debug, Default)]
pub struct NetReader {
    net: Net,
    /// The beginning of a line whose end is in a piece to come.
    line: Vec<u8>,
    /// Lines of the hunk still to come, before and after: content may look like a header.
    left: (u32, u32),
}

impl NetReader {
    /// Takes the next piece of the patch.
    pub fn take(&mut self, piece: &[u8]) {
        let mut lines = piece.split(|byte| *byte == b'\n').peekable();
        while let Some(line) = lines.next() {
            self.line.extend_from_slice(line);
            if lines.peek().is_some() {
                let line = std::mem::take(&mut self.line);
                self.read(&String::from_utf8_lossy(&line));
            }
        }
    }

    /// What was read.
    pub fn net(mut self) -> Net {
        let rest = std::mem::take(&mut self.line);
        self.read(&String::from_utf8_lossy(&rest));
        self.net.settled()
    }

    fn read(&mut self, line: &str) {
        if self.left == (0, 0) {
            if let Some((before, after)) = header(line) {
                self.left = (before.1, after.1);
            }
            return;
        }
        match line.as_bytes().first() {
            Some(b'+') => {
                self.left.1 = self.left.1.saturating_sub(1);
                self.net.count(&line[1..], 1);
            }
            Some(b'-') => {
                self.left.0 = self.left.0.saturating_sub(1);
                self.net.count(&line[1..], -1);
            }
            Some(b'\\') => {}
            _ => self.left = (self.left.0.saturating_sub(1), self.left.1.saturating_sub(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_in_pieces_says_the_same_as_the_versions() {
        let patch = "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,2 +1 @@ -5,9 +5,9 @@\n-one\n--- two\n+++ é\n\
            \\ No newline at end of file\n@@ -9 +8,0 @@\n-nine\n";
        let versions = Net::of_versions(b"one\n-- two\n3\nnine\n", "++ é\n3".as_bytes());
        for size in 1..patch.len() {
            let mut reader = NetReader::default();
            patch.as_bytes().chunks(size).for_each(|piece| reader.take(piece));
            assert_eq!(reader.net(), versions, "{size}");
        }
        assert_eq!(NetReader::default().net(), Net::default());
    }

    #[test]
    fn hunks_and_versions_agree() {
        let mut hunk = DiffHunk::whole("a");
        hunk.body = "@@ -1,3 +1,3 @@\n one\n-two\n+2\n+one\n-three\n\\ No newline at end of file\n".into();
        let versions = Net::of_versions(b"one\ntwo\nthree", b"one\n2\none\n");
        assert_eq!(Net::of_hunks([&hunk]), versions);
        assert_eq!(Net::of_hunks([&hunk]).digest(), versions.digest());
        assert_ne!(versions, Net::of_versions(b"one\ntwo\nthree", b"one\n2\n"));
    }

    #[test]
    fn moved_lines_and_line_ends_do_not_count() {
        assert_eq!(Net::of_versions(b"a\nb\n", b"b\r\na"), Net::default());
        assert_eq!(Net::of_versions(b"", b""), Net::default());
        assert_ne!(Net::of_versions(b"", b"\n"), Net::default());
    }
}
