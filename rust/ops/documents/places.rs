//! Reading what a reference is about, and finding its text again.

use crate::contract::{Reference, ReferenceState};
use crate::document_files::{self, DocumentContent, DocumentStat};
use crate::documents::anchor::{IndexedLines, Placement};
use crate::documents::difference::LineMap;
use crate::foreign::{self, fs};
use crate::store::{ReferenceSpot, StoredReference, TiedText};
use crate::text::clip;
use std::collections::HashMap;
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

/// Bytes of an excerpt in a reply.
const MOST_SHOWN: usize = 4000;

/// A reference with the text it is about.
#[derive(Clone, Debug)]
pub struct FollowedReference {
    /// As it is kept.
    pub stored: StoredReference,
    /// The lines as they are now; of a stale one as they were.
    pub text: String,
}

impl FollowedReference {
    /// As clients get it.
    pub fn reply(self) -> Reference {
        let FollowedReference { stored, text } = self;
        let spot = stored.spot;
        let nearest = spot.nearest.as_ref();
        Reference {
            id: stored.id,
            task: stored.task,
            number: stored.number,
            path: stored.path,
            start_line: i64::from(spot.lines.start) + 1,
            end_line: i64::from(spot.lines.end),
            whole: stored.whole,
            state: spot.state,
            note: stored.note,
            version: spot.version,
            text: clip(&text, MOST_SHOWN).to_owned(),
            nearest_start: nearest.map(|lines| i64::from(lines.start) + 1),
            nearest_end: nearest.map(|lines| i64::from(lines.end)),
            included: stored.included,
        }
    }
}

/// The document at `path`, or why it cannot be read. It is `NotFound` only where the project itself is there.
pub async fn read(project: &str, path: &str) -> Result<DocumentContent> {
    let (root, path) = (Path::new(project).to_owned(), path.to_owned());
    let place = root.clone();
    let read = move || {
        let found = document_files::content(&root, &path);
        match found {
            Err(error) if error.kind() == ErrorKind::NotFound && !fs::is_dir(root) => {
                Err(Error::other("the project's folder is not there"))
            }
            found => found,
        }
    };
    foreign::within(&place, read).await.flatten()
}

/// Size and times of documents by path, which show whether one was written; only of those that exist.
pub async fn stats(project: &str, paths: Vec<String>) -> Result<HashMap<String, DocumentStat>> {
    let root = Path::new(project).to_owned();
    let place = root.clone();
    let read = move || {
        let of = |path: String| DocumentStat::at(&root.join(&path)).map(|stat| (path, stat));
        paths.into_iter().filter_map(of).collect()
    };
    foreign::within(&place, read).await
}

/// A reference whose text was looked for.
#[derive(Clone, Debug)]
pub struct Looked {
    /// Where it is now.
    pub followed: FollowedReference,
    /// Its surroundings, where all of the text was found.
    pub tied: Option<TiedText>,
    /// Whether something is to be kept.
    pub is_news: bool,
}

/// Finds each reference in the document. `earlier` holds the texts of versions that references were tied to. Pure.
pub fn look(
    references: Vec<StoredReference>,
    document: &DocumentContent,
    earlier: &HashMap<String, String>,
) -> Vec<Looked> {
    let lines = IndexedLines::of(&document.text);
    let mut maps: HashMap<String, Option<LineMap>> = HashMap::new();
    let mut looked = Vec::new();
    for mut stored in references {
        let was = stored.spot.clone();
        let mut tied = None;
        if was.version != document.version || was.state == ReferenceState::Stale {
            let map = maps.entry(stored.tied.version.clone()).or_insert_with(|| {
                let text = earlier.get(&stored.tied.version)?;
                Some(LineMap::of(IndexedLines::of(text).lines(), lines.lines()))
            });
            (stored.spot, tied) = spot(&stored, document, &lines, map.as_ref());
        }
        let text = match stored.spot.state {
            ReferenceState::Stale => stored.tied.text.join("\n"),
            _ => excerpt(&lines, &stored.spot),
        };
        let is_news = was != stored.spot;
        looked.push(Looked { followed: FollowedReference { stored, text }, tied, is_news });
    }
    looked
}

/// The references to a document that is gone.
pub fn gone(references: Vec<StoredReference>) -> Vec<Looked> {
    let stale = |mut stored: StoredReference| {
        let was = stored.spot.clone();
        (stored.spot.state, stored.spot.nearest) = (ReferenceState::Stale, None);
        let is_news = was != stored.spot;
        Looked { followed: FollowedReference { text: stored.tied.text.join("\n"), stored }, tied: None, is_news }
    };
    references.into_iter().map(stale).collect()
}

/// The references as they were found last, where their document cannot be read now. `versions` holds the texts of the
/// versions that they were found in.
pub fn as_kept(references: Vec<StoredReference>, versions: &HashMap<String, String>) -> Vec<Looked> {
    let kept = |stored: StoredReference| {
        let version = versions.get(&stored.spot.version).filter(|_| stored.spot.state != ReferenceState::Stale);
        let text = match version {
            Some(version) => excerpt(&IndexedLines::of(version), &stored.spot),
            None => stored.tied.text.join("\n"),
        };
        Looked { followed: FollowedReference { text, stored }, tied: None, is_news: false }
    };
    references.into_iter().map(kept).collect()
}

fn excerpt(lines: &IndexedLines<'_>, spot: &ReferenceSpot) -> String {
    let lines = lines.lines().get(spot.lines.start as usize..spot.lines.end as usize);
    lines.unwrap_or_default().join("\n")
}

fn spot(
    stored: &StoredReference,
    document: &DocumentContent,
    lines: &IndexedLines<'_>,
    map: Option<&LineMap>,
) -> (ReferenceSpot, Option<TiedText>) {
    let at = |lines, state| ReferenceSpot { lines, version: document.version.clone(), state, nearest: None };
    if stored.whole {
        let is_same = stored.tied.version == document.version;
        let state = if is_same { ReferenceState::Current } else { ReferenceState::Changed };
        return (at(0..(lines.lines().len() as u32).max(1), state), None);
    }
    match stored.tied.anchor().place(lines, map) {
        Placement::Found(range) => {
            let anchor = crate::documents::anchor::Anchor::take(lines.lines(), range.clone());
            let tied = anchor.map(|anchor| TiedText::of(anchor, &document.version));
            (at(range, ReferenceState::Current), tied)
        }
        Placement::Edited(range) => (at(range, ReferenceState::Changed), None),
        Placement::Gone(nearest) => {
            (ReferenceSpot { state: ReferenceState::Stale, nearest, ..stored.spot.clone() }, None)
        }
    }
}
