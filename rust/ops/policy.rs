//! The policy at work: rules that answer requests, trust in a project's file, and what rules would have done.

mod add;
mod answer;
mod report;
mod trust;

pub use add::{add, propose};
pub use answer::{has_rules, rule_on};
pub use report::report;
pub use trust::trust;

use crate::config::Loaded;
use crate::error::Result;
use crate::evidence::event::ToolScope;
use crate::foreign::{self, fs};
use crate::policy::{self, Call, Located, Rules};
use crate::project;
use crate::task::Task;
use std::path::{Path, PathBuf};

/// A tool call as it was asked for.
#[derive(Clone, Debug)]
pub struct AskedCall {
    /// The tool.
    pub tool: String,
    /// What it touches.
    pub scope: ToolScope,
    /// Whether something of its input is missing.
    pub cut: bool,
}

/// Works on calls of a task with the rules, beside the daemon's thread: a rule about paths looks at the task's files.
async fn with_calls<T: Send + 'static>(
    mut rules: Rules,
    task: &Task,
    calls: Vec<AskedCall>,
    work: impl Fn(&Rules, &Call<'_>) -> T + Send + 'static,
) -> Result<Vec<T>> {
    let tree = PathBuf::from(task.worktree.as_ref().unwrap_or(&task.project));
    let (project, number, tags) = (PathBuf::from(&task.project), task.number, task.tags.clone());
    let place = tree.clone();
    let worked = foreign::within(&place, move || {
        let tree = fs::canonicalize(&tree).unwrap_or(tree);
        let locate = |path: &Path| locate(&tree, path);
        // A task knows its project without links.
        for named in rules.rules.iter_mut().filter_map(|rule| rule.project.as_mut()).filter(|named| **named != project)
        {
            *named = fs::canonicalize(&named).unwrap_or_else(|_| named.clone());
        }
        let on = |asked: &AskedCall| {
            let call = Call {
                tool: &asked.tool,
                scope: &asked.scope,
                cut: asked.cut,
                task: number,
                tags: &tags,
                project: &project,
                tree: &tree,
                locate: &locate,
            };
            work(&rules, &call)
        };
        calls.iter().map(on).collect()
    });
    worked.await.map_err(|error| crate::error::Error::internal(format!("cannot look at the task's folder: {error}")))
}

fn locate(tree: &Path, path: &Path) -> Located {
    Located { inside: project::inside(tree, path), absolute: project::real(path) }
}

/// What the rules of this configuration say about a call.
async fn judge(loaded: &Loaded, task: &Task, asked: AskedCall) -> Result<policy::Verdict> {
    with_call(loaded.rules(), task, asked, policy::judge).await
}

async fn with_call<T: Send + 'static>(
    rules: Rules,
    task: &Task,
    asked: AskedCall,
    work: impl Fn(&Rules, &Call<'_>) -> T + Send + 'static,
) -> Result<T> {
    let found = with_calls(rules, task, vec![asked], work).await?;
    found.into_iter().next().ok_or_else(|| crate::error::Error::internal("a call was not judged"))
}
