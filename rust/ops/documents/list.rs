//! The list of a project's documents.

use super::current::current;
use super::known;
use crate::contract::{Category, Code, DocsAsk, Document, Documents};
use crate::core::{Asker, Core};
use crate::document_files::index::DocumentIndex;
use crate::error::{Error, Result};
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Every document, or those of one category: pinned first, then by category, then by path.
pub async fn list(core: &Core, asker: &Asker, ask: DocsAsk) -> Result<Documents> {
    let category = ask.category.as_deref().filter(|word| !word.is_empty()).map(category).transpose()?;
    let current = current(core, &asker.project).await?;
    let referring = core.read(&asker.project, |tx, project| tx.referring(project)).await?;
    let outdated = known::outdated_by_path(core, &asker.project).await?;
    let project = asker.project.clone();
    // There may be many thousands.
    let listing = tokio::task::spawn_blocking(move || {
        let index = current.index()?;
        let revision = revision(&project, index, category, &referring, &outdated);
        Some(match ask.known.as_ref() == Some(&revision) {
            true => Documents { documents: Vec::new(), cut: index.cut, revision, same: true },
            false => Documents {
                documents: rows(index, category, &referring, &outdated),
                cut: index.cut,
                revision,
                same: false,
            },
        })
    });
    listing.await.map_err(Error::internal)?.ok_or_else(|| Error::internal("the documents were not read"))
}

fn rows(
    index: &DocumentIndex,
    category: Option<Category>,
    referring: &[(String, i64)],
    outdated: &HashMap<String, Vec<i64>>,
) -> Vec<Document> {
    let mut tasks: HashMap<&str, Vec<i64>> = HashMap::new();
    referring.iter().for_each(|(path, number)| tasks.entry(path).or_default().push(*number));
    let documents = index.documents().iter().filter(|(_, indexed)| category.is_none_or(|it| it == indexed.category));
    let documents = documents.map(|(path, indexed)| {
        let name = || path.rsplit('/').next().unwrap_or(path).to_owned();
        Document {
            title: indexed.head.title.clone().unwrap_or_else(name),
            description: indexed.head.description.clone(),
            category: indexed.category,
            pinned: indexed.pinned,
            template: indexed.template,
            size: i64::try_from(indexed.stat.size).unwrap_or(i64::MAX),
            modified_at: indexed.stat.modified_at(),
            tasks: tasks.get(path.as_str()).cloned().unwrap_or_default(),
            changed_for: outdated.get(path.as_str()).cloned().unwrap_or_default(),
            path: path.clone(),
        }
    });
    let mut documents: Vec<Document> = documents.collect();
    documents.sort_by_key(|document| (!document.pinned, document.category));
    documents
}

/// A word for all that a list follows from.
fn revision(
    project: &str,
    index: &DocumentIndex,
    category: Option<Category>,
    referring: &[(String, i64)],
    outdated: &HashMap<String, Vec<i64>>,
) -> String {
    let outdated: BTreeMap<_, _> = outdated.iter().collect();
    let mut hasher = DefaultHasher::new();
    (project, index.documents(), index.cut, category, referring, outdated).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn category(word: &str) -> Result<Category> {
    serde_json::from_value(word.into()).map_err(|_| {
        Error::new(Code::BadInput, format!("there is no category `{}`", crate::text::clean_line(word, 40)))
            .hint("the categories are instructions, plans, communication, context and general")
    })
}
