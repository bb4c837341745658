//! What git makes of a file when it commits it, where a filter or an encoding changes it.

use crate::error::Result;
use crate::vcs::git::Git;
use std::path::Path;

/// Those of `paths` with a filter or an encoding of their own, by git's attributes.
pub async fn filtered(root: &Path, paths: &[&str]) -> Result<Vec<String>> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let words = ["check-attr", "-z", "--stdin", "filter", "working-tree-encoding"];
    let answer = Git::at(root).feed(&words, paths.join("\0").into_bytes()).await?;
    let fields: Vec<&[u8]> = answer.split(|byte| *byte == 0).collect();
    let is_set = |value: &[u8]| !matches!(value, b"unspecified" | b"unset");
    let set = fields.chunks_exact(3).filter(|field| is_set(field[2]));
    let mut found: Vec<String> = set.filter_map(|field| String::from_utf8(field[0].to_vec()).ok()).collect();
    found.dedup();
    Ok(found)
}

/// The content as git would commit it under that path.
pub async fn cleaned(root: &Path, path: &str, content: &[u8]) -> Result<Vec<u8>> {
    let git = Git::at(root);
    let told = git.feed(&["hash-object", "-w", "--stdin", "--path", path], content.to_vec()).await?;
    let object = String::from_utf8_lossy(&told).trim().to_owned();
    git.bytes(&["cat-file", "blob", &object]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_filter_takes_lines_away() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let git = Git::at(root).as_chorus();
        git.change(&["init", "-q"], Vec::new()).await.unwrap();
        git.change(&["config", "filter.strip.clean", "grep -v OUT || true"], Vec::new()).await.unwrap();
        std::fs::write(root.join(".gitattributes"), "*.nb filter=strip\n*.u16 working-tree-encoding=UTF-16\n").unwrap();
        let found = filtered(root, &["a.txt", "b c.nb", "d.u16", "-e.nb"]).await.unwrap();
        assert_eq!(found, ["b c.nb", "d.u16", "-e.nb"]);
        assert_eq!(cleaned(root, "b c.nb", b"OUT\none\n").await.unwrap(), b"one\n");
        assert_eq!(cleaned(root, "a.txt", b"OUT\none\n").await.unwrap(), b"OUT\none\n");
        assert!(filtered(root, &[]).await.unwrap().is_empty());
    }
}
