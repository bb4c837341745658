//! Which tools the agents used, told with the prompts that they used them for.

use super::column::Cells;
use super::journal::Who;
use super::tx::Tx;
use crate::contract::{Entry, ToolUse, TurnWork};
use crate::error::Result;
use crate::status::Millis;
use crate::text::{clean_line, reveal_line};
use rusqlite::params;
use serde_json::json;

/// The newest calls of a task that are told of.
const READ: usize = 2000;
/// Tools of one turn.
const TOOLS: usize = 12;
/// Files of one turn.
const FILES: usize = 8;

/// A tool call that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedCall {
    /// When.
    pub at: Millis,
    /// The tool.
    pub tool: String,
    /// Whether the tool says that it failed.
    pub failed: bool,
    /// The file that it edited, from the root on.
    pub file: Option<String>,
}

impl Tx<'_> {
    /// A prompt that the agent got, at that time: the journal may hear of it later.
    pub fn journal_prompt(&mut self, task: &str, prompt: &str, at: Millis) -> Result<()> {
        self.journal(task, Who::Agent, "prompt", &format!("Got a prompt: {prompt}"), Some(&json!({ "at": at })))
    }

    /// Notes a call.
    pub fn add_tool_call(&mut self, task: &str, call: &EndedCall) -> Result<()> {
        let (tool, file) = (clean_line(&call.tool, 100), call.file.as_deref().map(|file| reveal_line(file, 500)));
        self.run(
            "INSERT INTO tool_calls (task, at, tool, failed, file) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![task, call.at, tool, call.failed, file],
        )?;
        Ok(())
    }

    /// As [`Tx::entries`], each prompt that the agent got with what it did for it. Files lose the first of `folders` that
    /// they are in.
    pub fn entries_with_work(&self, task: &str, limit: u32, folders: &[&str]) -> Result<Vec<Entry>> {
        let sql = "SELECT coalesce(json_extract(data, '$.at'), at), what = 'prompt' AND who = 'agent' FROM journal
            WHERE task = ?1 ORDER BY id DESC LIMIT ?2";
        let mut begun: Vec<(Millis, bool)> =
            self.all(sql, params![task, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
        begun.reverse();
        let sql = "SELECT at, tool, failed, file FROM tool_calls WHERE task = ?1 ORDER BY id DESC LIMIT ?2";
        let mut calls = self.all(sql, params![task, READ as i64], |row| {
            let mut cells = Cells::of(row);
            Ok(EndedCall { at: cells.next()?, tool: cells.next()?, failed: cells.next()?, file: cells.next()? })
        })?;
        calls.reverse();
        let mut entries = self.entries(task, limit)?;
        let prompts = begun.iter().enumerate().filter(|(_, (_, is_prompt))| *is_prompt);
        let prompts: Vec<(usize, Millis)> = prompts.map(|(place, (at, _))| (place, *at)).collect();
        for (place, work) in work_of(&prompts, &calls, calls.len() < READ, folders) {
            entries[place].work = Some(work);
        }
        Ok(entries)
    }
}

/// What was done for each prompt that something was done for. A call is of the last prompt before it, whenever it was
/// heard of: hooks that nobody waits for overtake each other. Where there may be older calls, nothing is told of the
/// turn of the oldest one: some of its calls may be missing.
fn work_of(
    prompts: &[(usize, Millis)],
    calls: &[EndedCall],
    is_whole: bool,
    folders: &[&str],
) -> Vec<(usize, TurnWork)> {
    let home = |call: &EndedCall| prompts.iter().rposition(|(_, at)| *at <= call.at);
    let partial = calls.iter().min_by_key(|call| call.at).filter(|_| !is_whole).map(home);
    let mut works: Vec<TurnWork> = prompts.iter().map(|_| TurnWork::default()).collect();
    for call in calls {
        let Some(turn) = home(call).filter(|turn| partial.is_none_or(|partial| partial != Some(*turn))) else {
            continue;
        };
        add(&mut works[turn], call, folders);
    }
    let told = prompts.iter().map(|(place, _)| *place).zip(works);
    told.filter(|(_, work)| *work != TurnWork::default()).map(|(place, work)| (place, bounded(work))).collect()
}

fn add(work: &mut TurnWork, call: &EndedCall, folders: &[&str]) {
    match work.tools.iter_mut().find(|known| known.tool == call.tool) {
        Some(known) => {
            known.calls += 1;
            known.failed += i64::from(call.failed);
        }
        None => work.tools.push(ToolUse { tool: call.tool.clone(), calls: 1, failed: i64::from(call.failed) }),
    }
    if let Some(file) = call.file.as_deref().filter(|_| !call.failed) {
        let inside = folders.iter().find_map(|folder| file.strip_prefix(folder)?.strip_prefix('/'));
        let shown = inside.unwrap_or(file);
        if !work.files.iter().any(|known| known == shown) {
            work.files.push(shown.to_owned());
        }
    }
}

fn bounded(mut work: TurnWork) -> TurnWork {
    work.other_calls = work.tools.iter().skip(TOOLS).map(|tool| tool.calls).sum();
    work.tools.truncate(TOOLS);
    work.other_files = work.files.len().saturating_sub(FILES) as i64;
    work.files.truncate(FILES);
    work
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(at: Millis, tool: &str, failed: bool, file: Option<&str>) -> EndedCall {
        EndedCall { at, tool: tool.into(), failed, file: file.map(str::to_owned) }
    }

    fn uses(work: &TurnWork) -> Vec<(&str, i64, i64)> {
        work.tools.iter().map(|tool| (tool.tool.as_str(), tool.calls, tool.failed)).collect()
    }

    #[test]
    fn calls_are_of_the_prompt_before_them_whenever_they_were_heard_of() {
        let calls = [
            call(5, "Read", false, None),
            call(11, "Bash", true, None),
            call(21, "Edit", false, Some("/p/src/a b.rs")),
            // Of the turn before, heard of late.
            call(19, "Bash", false, None),
            call(22, "Edit", false, Some("/p/src/a b.rs")),
            call(23, "Write", true, Some("/p/not.rs")),
            call(24, "Write", false, Some("/tmp/x")),
            call(25, "Write", false, Some("/project/x")),
        ];
        let told = work_of(&[(3, 10), (7, 20), (9, 90)], &calls, true, &["/p/w", "/p"]);
        assert_eq!(told.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [3, 7], "the first call had no prompt");
        assert_eq!((uses(&told[0].1), told[0].1.files.len()), (vec![("Bash", 2, 1)], 0));
        assert_eq!(uses(&told[1].1), [("Edit", 2, 0), ("Write", 3, 1)]);
        assert_eq!(told[1].1.files, ["src/a b.rs", "/tmp/x", "/project/x"]);
    }

    #[test]
    fn a_turn_is_told_of_whole_or_not_at_all() {
        let calls = [call(11, "Bash", false, None), call(21, "Bash", false, None)];
        let places = |is_whole| work_of(&[(0, 10), (1, 20)], &calls, is_whole, &[]).len();
        assert_eq!((places(true), places(false)), (2, 1));
        assert_eq!(work_of(&[], &calls, true, &[]), []);
    }

    #[test]
    fn much_work_is_told_in_short() {
        let calls: Vec<EndedCall> =
            (0..30).map(|n| call(n, &format!("mcp__x__{n}"), false, Some(&format!("/p/{n}")))).collect();
        let (_, work) = work_of(&[(0, 0)], &calls, true, &["/p"]).remove(0);
        assert_eq!((work.tools.len(), work.other_calls), (12, 18));
        assert_eq!((work.files.len(), work.other_files, work.files[7].as_str()), (8, 22, "7"));
    }
}
