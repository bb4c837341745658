//! Commits carried to another base.

use super::answer::Refusal;
use super::commit_object::Commit;
use super::project::Project;
use std::collections::BTreeMap;

/// References that move: full name, new commit.
pub type Moves = Vec<(String, Option<String>)>;

/// Carries commits, oldest first, onto a base. What each became.
pub fn carry(project: &Project, commits: &[Commit], base: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let mut became = BTreeMap::new();
    let mut tip = base.to_owned();
    for commit in commits {
        let carried = commit.carried(&project.git, &tip)?;
        became.insert(commit.id.clone(), carried.id.clone());
        tip = carried.id;
    }
    Ok(became)
}

/// Carries the branches above place `at` of a stack (so `0..at`) from the commit `old` onto `base`; their tips follow.
pub fn upwards(project: &mut Project, stack: usize, at: usize, old: &str, base: &str) -> Result<Moves, Refusal> {
    let mut moves = Moves::new();
    let (mut old, mut base) = (old.to_owned(), base.to_owned());
    for place in (0..at).rev() {
        let branch = project.state.stacks[stack].branches[place].clone();
        let mut commits = project.commits(&branch.tip, &old)?;
        commits.reverse();
        let became = carry(project, &commits, &base)?;
        let tip = commits.last().map_or(base.clone(), |last| became[&last.id].clone());
        old = branch.tip;
        project.state.stacks[stack].branches[place].tip.clone_from(&tip);
        if !branch.name.is_empty() {
            moves.push((format!("refs/heads/{}", branch.name), Some(tip.clone())));
        }
        base = tip;
    }
    Ok(moves)
}
