//! The owners in one file.

use super::Owner;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The owners in one file. As JSON, equal neighbors are one run: `[[3,null],[1,"user"]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// Who made the file what it is: created or deleted it, changed its mode, wrote what has no lines.
    pub whole: Option<Owner>,
    /// For each line who wrote it; nobody for a line as it is committed.
    #[serde(with = "runs")]
    pub lines: Vec<Option<Owner>>,
    /// For each place between lines, before the first and after the last, who deleted there.
    #[serde(with = "runs")]
    pub gaps: Vec<Option<Owner>>,
}

impl Marks {
    /// Nobody's, for so many lines.
    pub fn none(lines: usize) -> Marks {
        Marks { whole: None, lines: vec![None; lines], gaps: vec![None; lines + 1] }
    }

    /// The tasks, by uuid, that are named; not those that are only candidates.
    pub fn tasks(&self) -> BTreeSet<String> {
        let named = |owner: &Owner| match owner {
            Owner::Task(task) => Some(task.clone()),
            Owner::User | Owner::Unclaimed(_) => None,
        };
        self.owners().filter_map(named).collect()
    }

    /// How many edits nobody is named for, by each task, by uuid, that they may be of. Neighboring lines are one edit.
    pub fn candidates(&self) -> BTreeMap<String, i64> {
        let lines = self.lines.chunk_by(|one, next| one == next).filter_map(|run| run[0].as_ref());
        let edits: Vec<&Owner> = lines.chain(self.gaps.iter().flatten()).collect();
        let whole = self.whole.iter().filter(|whole| !edits.contains(whole));
        let mut found = BTreeMap::new();
        for owner in edits.iter().copied().chain(whole) {
            if let Owner::Unclaimed(candidates) = owner {
                candidates.iter().for_each(|task| *found.entry(task.clone()).or_default() += 1);
            }
        }
        found
    }

    /// Everyone named, with repetitions.
    pub fn owners(&self) -> impl Iterator<Item = &Owner> {
        self.whole.iter().chain(self.lines.iter().flatten()).chain(self.gaps.iter().flatten())
    }
}

mod runs {
    use super::Owner;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// No file with owners of lines has more.
    const MOST: usize = super::super::LIMIT + 1;

    type Marks = Vec<Option<Owner>>;

    pub fn serialize<S: Serializer>(marks: &Marks, serializer: S) -> Result<S::Ok, S::Error> {
        let runs: Vec<_> = marks.chunk_by(|one, next| one == next).map(|run| (run.len(), &run[0])).collect();
        runs.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Marks, D::Error> {
        let runs = Vec::<(usize, Option<Owner>)>::deserialize(deserializer)?;
        let mut marks = Marks::new();
        for (count, owner) in runs {
            if count > MOST - marks.len() {
                return Err(serde::de::Error::custom("more lines than a file may have"));
            }
            marks.resize(marks.len() + count, owner);
        }
        Ok(marks)
    }
}
