//! What an edit tool was asked to do to a file.

/// What an edit tool was asked to do. Line endings do not count: agents keep those of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AskedChange {
    /// Write this as the whole content.
    Whole(String),
    /// Make these replacements, one after the other.
    Replace(Vec<Replacement>),
    /// Something that the request does not tell exactly.
    #[default]
    Untold,
}

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The text to find; empty for a file that has none.
    pub old: String,
    /// The text to put in its place.
    pub new: String,
    /// Every occurrence, not only the first.
    pub all: bool,
}

impl AskedChange {
    /// Whether `old` becomes `new` by this change and nothing else, but for line endings.
    pub fn makes(&self, old: &[u8], new: &[u8]) -> bool {
        let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(unified);
        let (Some(old), Some(new)) = (text(old), text(new)) else { return false };
        match self {
            AskedChange::Whole(content) => unified(content) == new,
            AskedChange::Replace(edits) => {
                edits.iter().try_fold(old, |text, edit| edit.apply(&text)).is_some_and(|made| made == new)
            }
            AskedChange::Untold => false,
        }
    }
}

impl Replacement {
    fn apply(&self, text: &str) -> Option<String> {
        let (old, new) = (unified(&self.old), unified(&self.new));
        match self.all {
            _ if old.is_empty() => text.is_empty().then_some(new),
            _ if !text.contains(&old) => None,
            true => Some(text.replace(&old, &new)),
            false => Some(text.replacen(&old, &new, 1)),
        }
    }
}

fn unified(text: &str) -> String {
    text.replace("\r\n", "\n")
}
