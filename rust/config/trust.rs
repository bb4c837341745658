//! Trust in a project's file: a person has seen exactly this text.

use sha2::{Digest, Sha256};

/// The text's fingerprint.
pub fn fingerprint(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
