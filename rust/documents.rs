//! Documents: the titles, outlines and categories of markdown files, and references that follow their text. Pure.

pub mod anchor;
pub mod difference;
pub mod outline;
pub mod patterns;
pub mod place;

use sha1::{Digest, Sha1};

/// The version of a document: git's id of a blob with these bytes, as `git hash-object --no-filters` prints it in a
/// repository with SHA-1 ids.
pub fn version(bytes: &[u8]) -> String {
    let mut hasher = Sha1::new();
    hasher.update(format!("blob {}\0", bytes.len()));
    hasher.update(bytes);
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text in a document's bytes. A byte order mark is left out, and bytes that are no UTF-8 become U+FFFD.
pub fn text_of(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()
}

/// Whether bytes are no text: git decides the same way.
pub fn is_binary(bytes: &[u8]) -> bool {
    bytes.iter().take(8000).any(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_gits_id_of_the_blob() {
        assert_eq!(version(b""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(version(b"hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
    }

    #[test]
    fn any_bytes_are_a_text() {
        assert_eq!(text_of(b"\xef\xbb\xbf# A\n\xff"), "# A\n\u{fffd}");
        assert!(is_binary(b"a\0b") && !is_binary("é🎵".as_bytes()));
    }
}
