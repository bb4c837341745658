//! Why a change cannot go to a branch: whose commits it builds on.

use super::answer::Refusal;
use super::change::{self, Change, Content, Hunk, Place};
use super::commit_object::Commit;
use super::project::Project;
use super::selection::Selection;
use std::collections::BTreeSet;

/// Where a commit was to go.
pub enum Destination<'a> {
    /// To a branch that is there.
    Present(&'a str),
    /// To one that would have been made; nothing when its name would have been generated.
    Absent(Option<&'a str>),
}

/// Why one file was refused.
enum Reason {
    /// Lines, and the branches and commits they come from.
    Lines(Vec<(String, String, String)>),
    /// Branches with commits on the same file.
    Branches(Vec<String>),
}

/// The refusal of a commit for these conflicts.
pub fn explain(
    project: &Project,
    changes: &[Change],
    selection: &Selection,
    conflicts: &[String],
    destination: &Destination<'_>,
) -> Result<Refusal, Refusal> {
    let mut text = String::new();
    let mut culprits = BTreeSet::new();
    let mut count = 0;
    for (at, hunks) in selection.iter().filter(|(at, _)| conflicts.contains(&changes[**at].path)) {
        count += 1;
        text.push_str(&format!("  {}\n", changes[*at].path));
        match reason(project, &changes[*at], hunks.as_deref(), destination)? {
            Reason::Lines(lines) => {
                for (range, branch, id) in lines {
                    text.push_str(&format!("    {range} depends on {branch} ({id})\n"));
                    culprits.insert(branch);
                }
            }
            Reason::Branches(branches) if branches.is_empty() => {
                text.push_str("    depends on changes in another branch\n");
                culprits.insert(String::new());
            }
            Reason::Branches(branches) => {
                let names = branches.join(", ");
                text.push_str(&format!("    conflicts with commits on {names} (edits touch the same file)\n"));
                culprits.extend(branches);
            }
        }
    }
    let noun = if count == 1 { "change" } else { "changes" };
    let culprits: Vec<&String> = culprits.iter().collect();
    let hint = match culprits[..] {
        [other] if !other.is_empty() => hint(destination, other),
        _ => String::new(),
    };
    Ok(Refusal::text(format!("Cannot commit: {count} {noun} could not be applied:\n{}{hint}", text.trim_end())))
}

fn hint(destination: &Destination<'_>, other: &str) -> String {
    match destination {
        Destination::Present(name) if *name != other => format!(
            "\n\nHint: to apply these changes, stack {name} on top of {other} and try again — commits already on the \
             branch move with it:\n  but move {name} --above {other}"
        ),
        Destination::Absent(Some(name)) => format!(
            "\n\nHint: to apply these changes, create {name} stacked on top of {other} and try again:\n  \
             but branch new {name} --anchor {other}"
        ),
        _ => String::new(),
    }
}

fn reason(
    project: &Project,
    change: &Change,
    hunks: Option<&[usize]>,
    destination: &Destination<'_>,
) -> Result<Reason, Refusal> {
    let mut lines = Vec::new();
    let mut branches = Vec::new();
    let mut commits = Vec::new();
    for (stack, at, branch) in project.state.branches() {
        for commit in project.commits(&branch.tip, project.state.base_of(stack, at))? {
            let Some(introduced) = introduced(project, &commit, &change.path)? else { continue };
            commits.push((branch.name.clone(), commit.change_id()[..3].to_owned(), introduced));
            // The branch that it was to go to does not explain why it cannot.
            let own = matches!(destination, Destination::Present(name) if *name == branch.name);
            if !own && !branches.contains(&branch.name) {
                branches.push(branch.name.clone());
            }
        }
    }
    for place in chosen(change, hunks).into_iter().flat_map(Hunk::places) {
        for (branch, id, introduced) in &commits {
            if introduced.whole || builds_on(&place, change, project, introduced)? {
                lines.push((label(&place), branch.clone(), id.clone()));
            }
        }
    }
    Ok(if lines.is_empty() { Reason::Branches(branches) } else { Reason::Lines(lines) })
}

fn chosen<'a>(change: &'a Change, hunks: Option<&'a [usize]>) -> Vec<&'a Hunk> {
    let Content::Hunks(all) = &change.content else { return Vec::new() };
    all.iter()
        .enumerate()
        .filter(|(at, _)| hunks.is_none_or(|hunks| hunks.contains(at)))
        .map(|(_, hunk)| hunk)
        .collect()
}

/// What a commit did to a file.
struct Introduced {
    /// Lines that it brought.
    lines: Vec<Vec<u8>>,
    /// Lines between which it took others away.
    gaps: Vec<[Vec<u8>; 2]>,
    /// Whether it made the file.
    whole: bool,
}

/// Nothing when the commit does not touch the file.
fn introduced(project: &Project, commit: &Commit, path: &str) -> Result<Option<Introduced>, Refusal> {
    let parent = Commit::read(&project.git, &commit.parents[0])?.effective_tree(&project.git)?;
    let changes = change::between(&project.git, &parent, &commit.effective_tree(&project.git)?)?;
    let found = changes.into_iter().find(|change| change.path == path);
    Ok(found.map(|change| {
        let whole = change.kind() == "added";
        let hunks = if let Content::Hunks(hunks) = change.content { hunks } else { Vec::new() };
        let (mut lines, mut gaps) = (Vec::new(), Vec::new());
        for hunk in &hunks {
            let new: Vec<&Vec<u8>> = hunk.lines.iter().filter(|line| matches!(line[0], b' ' | b'+')).collect();
            lines.extend(new.iter().filter(|line| line[0] == b'+').map(|line| line[1..].to_vec()));
            for place in hunk.places().iter().filter(|place| place.new.1 == 0 && place.new.0 > hunk.new.0) {
                let after = place.new.0 - hunk.new.0;
                if let (Some(before), Some(after)) = (new.get(after - 1), new.get(after)) {
                    gaps.push([before[1..].to_vec(), after[1..].to_vec()]);
                }
            }
        }
        Introduced { lines, gaps, whole }
    }))
}

/// Whether lines are replaced there that a commit brought, or that it moved together. Blank ones say nothing.
fn builds_on(place: &Place, change: &Change, project: &Project, introduced: &Introduced) -> Result<bool, Refusal> {
    let old = project.git.read(&change.old.blob)?.unwrap_or_default();
    let lines: Vec<&[u8]> = old.split(|byte| *byte == b'\n').skip(place.old.0 - 1).take(place.old.1).collect();
    let told = lines.iter().filter(|line| !line.trim_ascii().is_empty());
    let replaced = told.into_iter().any(|line| introduced.lines.iter().any(|other| other == line));
    Ok(replaced || lines.windows(2).any(|pair| introduced.gaps.iter().any(|gap| gap[..] == *pair)))
}

/// Where it is in the new text, as people say it.
fn label(place: &Place) -> String {
    match place.new {
        (first, 0) => format!("around line {first}"),
        (line, 1) => format!("line {line}"),
        (first, count) => format!("lines {first}–{}", first + count - 1),
    }
}
