//! One changed file: read, and attributed by what is known of who changed it.

use crate::attribution::{Evidence, Ledger, Owner, Version, Write};
use crate::evidence::event::FileEdit;
use crate::vcs::committed::{self, Committed};
use crate::vcs::scan::FileStat;
use std::path::Path;

/// Who changed a file.
#[derive(Clone, Debug)]
pub enum By {
    /// Whoever is known to have: all of it.
    Owner(Owner),
    /// The person, in an editor; beside tasks that may have written it as well.
    Save,
    /// Whoever the evidence says.
    Evidence,
    /// An edit tool of `author`, as far as it says so. What it does not say is of whom the evidence says, or of `may`.
    Tool { author: String, edit: Box<FileEdit>, failed: bool, found: Option<Owner>, may: Vec<String> },
    /// Chorus itself, which put `author`'s edits back into `from`. The rest is of whom the evidence says.
    Chorus { author: Owner, from: Version },
}

impl By {
    /// Whether what is committed has to be known beside the file's ledger.
    pub fn needs_base(&self, ledger: Option<&Ledger>) -> bool {
        let is_contested = |ledger: &Ledger| ledger.owners().iter().any(|owner| matches!(owner, Owner::Unclaimed(_)));
        ledger.is_none_or(|ledger| matches!(self, By::Tool { .. }) && is_contested(ledger))
    }
}

/// A changed file on its way to its ledger.
pub struct ReadFile {
    pub path: String,
    pub stat: Option<FileStat>,
    pub evidence: Evidence,
    /// Its earlier ledgers.
    pub past: Vec<Ledger>,
    /// The ledger of the file that was moved here.
    pub moved_from: Option<Ledger>,
    by: By,
    before: Option<Ledger>,
    base: Option<Committed>,
    now: Version,
}

/// A file as it was just seen.
pub struct SeenFile {
    pub path: String,
    pub stat: Option<FileStat>,
    /// To be kept; nothing where it stays as it is.
    pub ledger: Option<Ledger>,
    /// As it was before; nothing where it holds the same.
    pub before: Option<Ledger>,
    /// Whose that is if the person turns out to have saved it.
    pub saved: Owner,
    /// Reports that it explains, and whether their file is still open.
    pub explained: Vec<(Write, bool)>,
}

impl ReadFile {
    /// Before it is read: with its ledger, and as it is committed where [`By::needs_base`] says so.
    pub fn of(path: String, by: By, before: Option<Ledger>, base: Option<Committed>) -> ReadFile {
        let (stat, evidence, now) = (None, Evidence::default(), Version::absent());
        ReadFile { path, stat, evidence, past: Vec::new(), moved_from: None, by, before, base, now }
    }

    /// Reads it. Its stat is older than its content, so a later change is seen. Blocks.
    pub fn read(self, root: &Path) -> std::io::Result<ReadFile> {
        let stat = FileStat::beneath(root, &self.path);
        Ok(ReadFile { stat, now: committed::on_disk(root, &self.path)?, ..self })
    }

    /// Whose it is now. What it held in the past is its owners' still, where no tool and no editor says that it wrote it.
    pub fn attribute(self) -> SeenFile {
        let ReadFile { path, stat, by, now, .. } = self;
        let is_clean = self.before.is_none();
        let base = self.base.map_or_else(Version::absent, |base| base.beside(&now));
        let mut ledger = self.before.unwrap_or_else(|| Ledger::first(&base, &base, &Owner::User));
        let (explained, is_same, saved) = (Vec::new(), *ledger.version() == now, self.evidence.saved());
        if is_same && !matches!(by, By::Tool { .. } | By::Chorus { .. }) {
            return SeenFile { path, stat, ledger: None, before: None, saved, explained };
        }
        let before = Some(&ledger).filter(|_| !is_same).cloned();
        let found = self.evidence.owner();
        match (by, self.past.into_iter().find(|then| *then.version() == now)) {
            (By::Evidence, Some(then)) => ledger = then,
            (By::Evidence, None) => ledger.see(&now, &found),
            (By::Owner(owner), _) => ledger.see(&now, &owner),
            (By::Save, _) => ledger.see(&now, &saved),
            (By::Chorus { author, from }, _) => ledger.see_change(&from, &now, &author, &found),
            (By::Tool { author, edit, failed, found: earlier, may }, _) => {
                let found = earlier.unwrap_or(found);
                let author = Owner::Task(author);
                let rest = if found == author { found } else { found.or_one_of(may.iter().map(String::as_str)) };
                match failed {
                    true => ledger.see(&now, &rest),
                    false => attribute_call(&mut ledger, &now, &author, &edit, &rest, &base),
                }
            }
        }
        if let (Some(from), Some(before)) = (&self.moved_from, &before) {
            ledger.adopt(from, before.version());
        }
        let ledger = Some(ledger).filter(|ledger| !is_clean || !ledger.owners().is_empty());
        SeenFile { path, stat, ledger, before, saved, explained }
    }
}

/// What an edit tool says it did, as exactly as it says so.
fn attribute_call(ledger: &mut Ledger, now: &Version, author: &Owner, edit: &FileEdit, rest: &Owner, base: &Version) {
    let created = ledger.version().lines().is_empty();
    let whole = match (ledger.version().text(), now.text()) {
        (Some(old), Some(new)) => edit.change.makes(old, new),
        (None, Some(new)) if created => edit.change.makes(b"", new),
        _ => false,
    };
    match &edit.patch {
        _ if whole && ledger.version().content != now.content => ledger.see(now, author),
        Some(patch) => {
            ledger.claim(base, author, patch);
            ledger.see_patch(now, author, patch, rest);
        }
        None => ledger.see(now, rest),
    }
}
