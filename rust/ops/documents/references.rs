//! References: tying lines of a document to a task, and following them.

pub use super::places::FollowedReference;
use super::places::{self, Looked, look};
use super::renames::Search;
use super::{changes, path};
use crate::contract::{Code, Nothing, Reference, ReferenceState, References, RefsAsk, Retie, TaskRef, Unref};
use crate::core::{Asker, Core};
use crate::document_files::DocumentContent;
use crate::documents::anchor::{Anchor, IndexedLines, Placement};
use crate::documents::outline;
use crate::documents::place::{Part, parse};
use crate::error::{Error, Result};
use crate::store::{NewReference, ReferenceSpot, StoredReference, TiedText, Tx};
use crate::text::clean_line;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::ErrorKind;
use std::ops::Range;

/// Characters of a note.
const NOTE: usize = 500;
/// Lines that a reference to a whole document keeps of it.
const BEGINNING: usize = 40;

/// Ties lines of a document to a task, or a reference of the task to other lines.
pub async fn refer(core: &Core, asker: &Asker, ask: TaskRef) -> Result<Reference> {
    let task = core.task(asker, &ask.task).await?;
    let context = format!("cannot tie a document to #{}", task.number);
    let made = make(core, asker, &ask).await;
    let (new, document) = made.map_err(|error| error.context(context))?;
    tie(core, asker, new, document, move |tx, new| match ask.reference {
        Some(id) if tx.reference(id)?.task != task.uuid => {
            let hint = "`refs` lists the references with their tasks";
            Err(Error::new(Code::BadInput, format!("reference {id} is another task's")).hint(hint))
        }
        Some(id) => {
            tx.tie_again(id, &new)?;
            tx.reference(id)
        }
        None => tx.add_reference(&task.uuid, new),
    })
    .await
}

/// What the client means, as it is kept.
async fn make(core: &Core, asker: &Asker, ask: &TaskRef) -> Result<(NewReference, DocumentContent)> {
    let (path, part) = match (ask.first, ask.last) {
        (Some(first), last) => {
            let line = |number: i64| u32::try_from(number).unwrap_or_default();
            (path::of_client(core, asker, &ask.path).await?, Part::Lines(line(first), line(last.unwrap_or(first))))
        }
        (None, _) => named(core, asker, &ask.path).await?,
    };
    let shown = clean_line(&path, 200);
    let document = places::read(&asker.project, &path).await.map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => "name a document of the project: PLAN.md, PLAN.md:10-24 or PLAN.md#heading",
            _ => "a document is a text of at most 4 MB",
        };
        Error::new(Code::BadInput, format!("cannot read {shown}: {error}")).hint(hint)
    })?;
    let lines = IndexedLines::of(&document.text);
    let range = match &part {
        Part::Whole => 0..lines.lines().len() as u32,
        Part::Section(name) => section(&document.text, name).ok_or_else(|| {
            Error::new(Code::BadInput, format!("{shown} has no heading `{}`", clean_line(name, 100)))
                .hint("name a heading as it is written, or lines as in PLAN.md:10-24")
        })?,
        Part::Lines(first, last) => seen_lines(&lines, *first, *last, ask.text.as_deref(), &shown)?,
    };
    let Some(mut anchor) = Anchor::take(lines.lines(), range.clone()) else {
        return Err(Error::new(Code::BadInput, format!("{shown} is empty")).hint("write something into it first"));
    };
    if part == Part::Whole {
        // Its version has the rest.
        anchor.text.truncate(BEGINNING);
    }
    let new = NewReference {
        tied: TiedText::of(anchor, &document.version),
        spot: ReferenceSpot {
            lines: range,
            version: document.version.clone(),
            state: ReferenceState::Current,
            nearest: None,
        },
        whole: part == Part::Whole,
        note: ask.note.as_deref().map(|note| clean_line(note, NOTE)).filter(|note| !note.is_empty()),
        path,
    };
    Ok((new, document))
}

/// A place as people write it. A file of the whole name goes first.
async fn named(core: &Core, asker: &Asker, given: &str) -> Result<(String, Part)> {
    let written = parse(given);
    if written.part == Part::Whole {
        return Ok((path::of_client(core, asker, given).await?, Part::Whole));
    }
    if let Ok(path) = path::of_client(core, asker, given).await
        && places::read(&asker.project, &path).await.is_ok()
    {
        return Ok((path, Part::Whole));
    }
    Ok((path::of_client(core, asker, &written.path).await?, written.part))
}

fn section(text: &str, name: &str) -> Option<Range<u32>> {
    let outline = outline::outline(text);
    let heading = outline::named(&outline, name)?;
    let range = outline::section(&outline, heading, text.lines().count());
    Some(range.start as u32..range.end as u32)
}

/// The lines that a person saw, wherever they are in the file by now.
fn seen_lines(lines: &IndexedLines<'_>, first: u32, last: u32, seen: Option<&str>, shown: &str) -> Result<Range<u32>> {
    let count = lines.lines().len() as u32;
    let range = first.saturating_sub(1)..last.min(count);
    let refuse = |why: String, hint: &str| Err(Error::new(Code::BadInput, why).hint(hint.to_owned()));
    if first == 0 || first > last {
        return refuse(format!("{first}-{last} are no lines"), "lines count from 1: PLAN.md:10-24");
    }
    let Some(seen) = seen else {
        return match last <= count {
            true => Ok(range),
            false => refuse(format!("{shown} has {count} lines"), "name lines that are there"),
        };
    };
    let text: Vec<String> = seen.lines().map(|line| line.trim_end().to_owned()).collect();
    if text.is_empty() {
        return refuse("there is no text in these lines".to_owned(), "choose lines with a text");
    }
    let anchor = Anchor { text, first: range.start, ..Anchor::default() };
    match anchor.place(lines, None) {
        Placement::Found(range) => Ok(range),
        _ => refuse(format!("these lines are not in {shown} as it is on the disk"), "write the buffer first"),
    }
}

/// References to one document, or to all.
pub async fn refs(core: &Core, asker: &Asker, ask: RefsAsk) -> Result<References> {
    let path = match ask.path.as_deref().filter(|path| !path.is_empty()) {
        Some(given) => Some(path::of_client(core, asker, given).await?),
        None => None,
    };
    let wanted = path.map(|path| BTreeSet::from([path]));
    let stored = core.read(&asker.project, move |tx, project| match wanted {
        Some(paths) => tx.references_to(project, &paths),
        None => tx.references_in(project),
    });
    let mut references = follow(core, &asker.project, stored.await?).await?.references;
    core.documents.request(&asker.project, |due| due.recount = true);
    references.sort_by(|a, b| {
        let place = |it: &FollowedReference| (it.stored.path.clone(), it.stored.spot.lines.start, it.stored.number);
        place(a).cmp(&place(b))
    });
    Ok(References { references: references.into_iter().map(FollowedReference::reply).collect() })
}

/// Moves a stale reference to the lines that resemble its text most.
///
/// # Errors
/// When it is not stale, nothing resembles its text, or these are other lines than the person was offered.
pub async fn retie(core: &Core, asker: &Asker, retie: Retie) -> Result<Reference> {
    let project = asker.project.clone();
    let stored = core.store()?.read(move |tx| of_project(tx, &project, retie.reference)).await?;
    let followed = follow(core, &asker.project, vec![stored]).await?.references.pop();
    let FollowedReference { stored, .. } = followed.ok_or_else(|| Error::internal("the reference is gone"))?;
    let id = stored.id;
    let refuse = |why: &str, hint: &str| {
        Err(Error::new(Code::WrongState, format!("cannot move reference {id}: {why}")).hint(hint.to_owned()))
    };
    if stored.spot.state != ReferenceState::Stale {
        return refuse("its text is there", "`ref` ties other lines to the task");
    }
    let Some(lines) = stored.spot.nearest.clone() else {
        return refuse("nothing in the document resembles its text", "`unref` takes it away");
    };
    let is = |seen: Option<i64>, line: u32| seen.is_none_or(|seen| seen == i64::from(line));
    if !is(retie.first, lines.start + 1) || !is(retie.last, lines.end) {
        return refuse("other lines resemble its text most by now", "look at it again");
    }
    let document = places::read(&asker.project, &stored.path).await;
    let Ok(document) = document else { return refuse("its document cannot be read", "try again") };
    let indexed = IndexedLines::of(&document.text);
    let Some(anchor) = Anchor::take(indexed.lines(), lines.clone()) else {
        return refuse("its document has changed again", "try again");
    };
    let new = NewReference {
        tied: TiedText::of(anchor, &document.version),
        spot: ReferenceSpot { lines, version: document.version.clone(), state: ReferenceState::Current, nearest: None },
        whole: false,
        note: None,
        path: stored.path,
    };
    tie(core, asker, new, document, move |tx, new| {
        tx.tie_again(id, &new)?;
        tx.reference(id)
    })
    .await
}

/// Keeps what a reference is tied to, and reports it.
async fn tie(
    core: &Core,
    asker: &Asker,
    new: NewReference,
    document: DocumentContent,
    keep: impl FnOnce(&mut Tx<'_>, NewReference) -> Result<StoredReference> + Send + 'static,
) -> Result<Reference> {
    let (path, kept) = (new.path.clone(), document.clone());
    let stored = core.store()?.write(move |tx| {
        tx.keep_version(&kept.version, &kept.text)?;
        keep(tx, new)
    });
    let stored = stored.await?;
    changes::tell(core, &asker.project, vec![path]);
    core.documents.request(&asker.project, |due| due.recount = true);
    let looked = look(vec![stored], &document, &HashMap::new());
    let found = looked.into_iter().next().ok_or_else(|| Error::internal("the reference is gone"))?;
    Ok(found.followed.reply())
}

/// The reference of that id, where it is one of the project.
fn of_project(tx: &Tx<'_>, project: &str, id: i64) -> Result<StoredReference> {
    let reference = tx.reference(id)?;
    if tx.row(&reference.task)?.project != project {
        let hint = "`refs` lists the references of this project";
        return Err(Error::new(Code::BadInput, "the reference belongs to another project").hint(hint));
    }
    Ok(reference)
}

/// Takes a reference away.
pub async fn unref(core: &Core, asker: &Asker, unref: Unref) -> Result<Nothing> {
    let project = asker.project.clone();
    let removed = core.store()?.write(move |tx| {
        of_project(tx, &project, unref.reference)?;
        tx.remove_reference(unref.reference)
    });
    changes::tell(core, &asker.project, vec![removed.await?.path]);
    Ok(Nothing {})
}

/// The references of a task, in the order in which its agent gets them.
pub async fn of_task(core: &Core, project: &str, task: &str) -> Result<Vec<FollowedReference>> {
    let stored = core.read(task, |tx, task| tx.references_of(task)).await?;
    let order: HashMap<i64, usize> = stored.iter().enumerate().map(|(at, reference)| (reference.id, at)).collect();
    let mut references = follow(core, project, stored).await?.references;
    references.sort_by_key(|reference| order.get(&reference.stored.id).copied());
    Ok(references)
}

/// The references of a task as they were found last: nothing outside of the store is read.
pub async fn kept_of_task(core: &Core, task: &str) -> Result<Vec<FollowedReference>> {
    let stored = core.read(task, |tx, task| tx.references_of(task)).await?;
    let kept = as_kept(core, stored).await?;
    Ok(kept.into_iter().map(|looked| looked.followed).collect())
}

/// References that were looked for.
#[derive(Debug, Default)]
pub struct FollowedReferences {
    /// Where they are now.
    pub references: Vec<FollowedReference>,
    /// Documents of which the references changed.
    pub moved: BTreeSet<String>,
}

/// Finds the references in their documents as these are now, and keeps where they are.
pub async fn follow(core: &Core, project: &str, references: Vec<StoredReference>) -> Result<FollowedReferences> {
    let mut by_path: BTreeMap<String, Vec<StoredReference>> = BTreeMap::new();
    references.into_iter().for_each(|reference| by_path.entry(reference.path.clone()).or_default().push(reference));
    let mut search = Search::new(core, project);
    let mut all = FollowedReferences::default();
    for (path, references) in by_path {
        let (now_at, document, looked) = look_in(core, &mut search, &path, references).await?;
        if looked.iter().any(|looked| looked.is_news) || now_at != path {
            all.moved.extend([path, now_at.clone()]);
        }
        all.references.extend(keep(core, &now_at, document, looked).await?);
    }
    Ok(all)
}

/// Where the references to one document are: the document's path, what is in it, and each of them.
async fn look_in(
    core: &Core,
    search: &mut Search<'_>,
    path: &str,
    references: Vec<StoredReference>,
) -> Result<(String, Option<DocumentContent>, Vec<Looked>)> {
    let (path, document) = match places::read(search.project(), path).await {
        Ok(document) => (path.to_owned(), document),
        Err(error) if error.kind() == ErrorKind::NotFound => match search.successor(path, &references).await {
            Some(found) => found,
            None => return Ok((path.to_owned(), None, places::gone(references))),
        },
        Err(error) => {
            log::debug!("cannot read {path}: {error}");
            return Ok((path.to_owned(), None, as_kept(core, references).await?));
        }
    };
    let mut tied: BTreeSet<String> = references.iter().map(|reference| reference.tied.version.clone()).collect();
    tied.remove(&document.version);
    let (texts, content) = (texts_of(core, tied).await?, document.clone());
    let looking = tokio::task::spawn_blocking(move || look(references, &content, &texts));
    let looked = looking.await.map_err(Error::internal)?;
    Ok((path, Some(document), looked))
}

/// References to a document that cannot be read now.
async fn as_kept(core: &Core, references: Vec<StoredReference>) -> Result<Vec<Looked>> {
    let versions = references.iter().map(|reference| reference.spot.version.clone()).collect();
    let texts = texts_of(core, versions).await?;
    let looking = tokio::task::spawn_blocking(move || places::as_kept(references, &texts));
    looking.await.map_err(Error::internal)
}

/// The texts of versions, where they are kept.
async fn texts_of(core: &Core, versions: BTreeSet<String>) -> Result<HashMap<String, String>> {
    let read = core.store()?.read(move |tx| {
        let text = |version: String| Ok(tx.version(&version)?.map(|text| (version, text)));
        versions.into_iter().map(text).filter_map(Result::transpose).collect()
    });
    read.await
}

/// Keeps what is news.
async fn keep(
    core: &Core,
    path: &str,
    document: Option<DocumentContent>,
    looked: Vec<Looked>,
) -> Result<Vec<FollowedReference>> {
    let is_news = |looked: &Looked| looked.is_news || looked.followed.stored.path != path;
    let news: Vec<Looked> = looked.iter().filter(|looked| is_news(looked)).cloned().collect();
    if !news.is_empty() {
        let path = path.to_owned();
        let write = core.store()?.write(move |tx| {
            if let Some(document) = document {
                tx.keep_version(&document.version, &document.text)?;
            }
            for Looked { followed, tied, .. } in news {
                tx.move_reference(followed.stored.id, &path, &followed.stored.spot, tied.as_ref())?;
            }
            Ok(())
        });
        write.await?;
    }
    let followed = looked.into_iter().map(|mut looked| {
        looked.followed.stored.path = path.to_owned();
        looked.followed
    });
    Ok(followed.collect())
}
