//! Leaving out of a plan what builds on other branches' commits, so that the rest can be committed.

use crate::commits::change::DiffHunk;
use crate::commits::plan::{CommitPlan, Left, What, Why};
use crate::vcs::but::Dependence;

/// What is left out of a task's commits for now.
#[derive(Debug, Default)]
pub(super) struct Excluded(Vec<(Dependence, Option<String>)>);

impl Excluded {
    /// Leaves out the hunk that a dependence names, or its whole path; false when all of it was left out already.
    pub fn add(&mut self, dependence: &Dependence, hunks: &[DiffHunk]) -> bool {
        let there: Vec<&DiffHunk> = hunks.iter().filter(|hunk| hunk.path == dependence.path).collect();
        let lines = dependence.lines.as_deref().and_then(range);
        let named = |hunk: &&&DiffHunk| {
            let end = hunk.new_start.saturating_add(hunk.new_lines);
            lines.is_some_and(|(first, last)| first <= end && last >= hunk.new_start)
        };
        let bodies: Vec<Option<String>> = match there.iter().filter(named).collect::<Vec<_>>() {
            few if few.is_empty() || few.len() == there.len() => vec![None],
            few => few.iter().map(|hunk| Some(hunk.signed().join("\n"))).collect(),
        };
        let mut added = false;
        for body in bodies {
            if !self.0.iter().any(|(one, known)| one.path == dependence.path && *known == body) {
                self.0.push((dependence.clone(), body));
                added = true;
            }
        }
        added
    }

    /// The dependences, for the task's page.
    pub fn dependences(&self) -> Vec<Dependence> {
        self.0.iter().map(|(dependence, _)| dependence.clone()).collect()
    }

    /// Takes what is left out from a plan.
    pub fn narrow(&self, plan: &mut CommitPlan, hunks: &[DiffHunk]) {
        for (dependence, body) in &self.0 {
            let Some(place) = plan.take.iter().position(|piece| piece.path == dependence.path) else { continue };
            let piece = plan.take.remove(place);
            let why = || Why::DependsOn(dependence.branches.clone());
            let Some(body) = body else {
                plan.left.push(Left { path: piece.path, hunk: None, why: why() });
                continue;
            };
            let mut keep = Vec::new();
            for hunk in hunks.iter().filter(|hunk| hunk.path == piece.path) {
                let taken = matches!(&piece.what, What::Whole)
                    || matches!(&piece.what, What::Hunks(ids) if ids.contains(&hunk.id));
                if taken && hunk.signed().join("\n") == *body {
                    let at = Some((hunk.new_start, hunk.new_lines));
                    plan.left.push(Left { path: piece.path.clone(), hunk: at, why: why() });
                } else if taken {
                    keep.push(hunk.id.clone());
                }
            }
            if !keep.is_empty() {
                plan.take.push(crate::commits::plan::PlannedPiece { path: piece.path, what: What::Hunks(keep) });
            }
        }
    }
}

/// `line 3`, `lines 5–9`, `around line 7`.
fn range(text: &str) -> Option<(u32, u32)> {
    let numbers = text.rsplit(' ').next()?;
    match numbers.split_once('–') {
        Some((first, last)) => Some((first.parse().ok()?, last.parse().ok()?)),
        None => numbers.parse().ok().map(|line| (line, line)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commits::change::HunkContent;
    use crate::commits::plan::PlannedPiece;

    fn hunk(id: &str, line: u32) -> DiffHunk {
        let body = format!("@@ @@\n-x{line}\n+y{line}\n");
        let content = HunkContent::Lines;
        DiffHunk {
            id: id.into(),
            path: "a".into(),
            content,
            old_start: line,
            old_lines: 7,
            new_start: line,
            new_lines: 7,
            body,
        }
    }

    fn whole() -> CommitPlan {
        CommitPlan { take: vec![PlannedPiece { path: "a".into(), what: What::Whole }], ..CommitPlan::default() }
    }

    fn on(lines: Option<&str>) -> Dependence {
        Dependence { path: "a".into(), lines: lines.map(str::to_owned), branches: vec!["x".into()] }
    }

    #[test]
    fn the_named_hunk_is_left_and_the_others_go() {
        let hunks = [hunk("1", 1), hunk("2", 27)];
        let mut excluded = Excluded::default();
        assert!(excluded.add(&on(Some("line 3")), &hunks));
        assert!(!excluded.add(&on(Some("line 3")), &hunks), "said twice");
        let mut plan = whole();
        excluded.narrow(&mut plan, &hunks);
        assert_eq!(plan.take, [PlannedPiece { path: "a".into(), what: What::Hunks(vec!["2".into()]) }]);
        assert_eq!(plan.left[0].hunk, Some((1, 7)));
        assert_eq!(plan.left[0].why, Why::DependsOn(vec!["x".into()]));
    }

    #[test]
    fn without_lines_the_whole_path_is_left() {
        for lines in [None, Some("a word"), Some("lines 1–40")] {
            let hunks = [hunk("1", 1), hunk("2", 27)];
            let mut excluded = Excluded::default();
            excluded.add(&on(lines), &hunks);
            let mut plan = whole();
            excluded.narrow(&mut plan, &hunks);
            assert!(plan.take.is_empty() && plan.left.len() == 1, "{lines:?}");
        }
    }
}
