//! Deleted tasks: their rows stay for a day, so that a person can take the deletion back.

use super::tx::Tx;
use crate::error::Result;
use rusqlite::params;

/// The tables whose rows belong to a task that does not run, the task itself first, and what orders its rows. A key that
/// only numbers the rows is another one when they come back.
const PARTS: [(&str, &str); 10] = [
    ("tasks", "uuid"),
    ("launches", "started_at"),
    ("sessions", "id"),
    ("requests", "opened_at"),
    ("prompts", "id"),
    ("commits", "id"),
    ("discarded", "task"),
    ("document_references", "id"),
    ("document_reads", "at"),
    ("tool_calls", "id"),
];

/// Tables of which such a task has no row.
#[cfg(test)]
const OF_LIVE_TASKS: [&str; 3] = ["windows", "intents", "alerts"];

/// The column that names the task.
fn owner(part: &str) -> &'static str {
    if part == "tasks" { "uuid" } else { "task" }
}

fn quoted(names: &[String], form: impl Fn(&str) -> String) -> String {
    names.iter().map(|name| form(name)).collect::<Vec<_>>().join(", ")
}

impl Tx<'_> {
    /// Keeps every row of the task, and the facts kept about it.
    pub(super) fn keep_rows(&mut self, uuid: &str) -> Result<()> {
        for (part, order) in PARTS {
            let columns = self.columns_of(part)?;
            let pairs = quoted(&columns, |name| format!("'{name}', \"{name}\""));
            let sql = format!(
                "INSERT INTO deleted (task, at, part, row)
                SELECT ?1, ?2, '{part}', json_object({pairs}) FROM {part} WHERE {} = ?1 ORDER BY {order}",
                owner(part)
            );
            self.run(&sql, params![uuid, self.now()])?;
        }
        self.run(
            "INSERT INTO deleted (task, at, part, row)
            SELECT ?1, ?2, 'meta', json_object('key', key, 'value', value) FROM meta
            WHERE key GLOB '*[a-z] ' || ?1 AND key <> 'id'",
            params![uuid, self.now()],
        )?;
        Ok(())
    }

    /// Whether the rows of a deleted task are still there.
    pub(super) fn has_rows(&self, uuid: &str) -> Result<bool> {
        Ok(self.number("SELECT count(*) FROM deleted WHERE task = ?1 AND part = 'tasks'", [uuid])? > 0)
    }

    /// Whether a task has the number of a deleted one by now: another repository's, whose project was moved here.
    pub(super) fn number_is_taken(&self, uuid: &str) -> Result<bool> {
        let sql = "SELECT count(*) FROM tasks JOIN deleted ON deleted.task = ?1 AND part = 'tasks'
            WHERE project = json_extract(row, '$.project') AND number = json_extract(row, '$.number')";
        Ok(self.number(sql, [uuid])? > 0)
    }

    /// Brings the rows of a deleted task back. Where its number is taken, it gets the next.
    pub(super) fn restore_rows(&mut self, uuid: &str) -> Result<()> {
        if self.number_is_taken(uuid)? {
            let sql = "SELECT json_extract(row, '$.project') FROM deleted WHERE task = ?1 AND part = 'tasks'";
            let project: String = self.one(sql, [uuid], |row| row.get(0))?.unwrap_or_default();
            let number = self.next_number(&project)?;
            self.run(
                "UPDATE deleted SET row = json_set(row, '$.number', ?2) WHERE task = ?1 AND part = 'tasks'",
                params![uuid, number],
            )?;
        }
        for (part, _) in PARTS {
            let known = self.columns_of(part)?;
            // The store may have been brought to a newer version since.
            let kept = "SELECT DISTINCT key FROM deleted, json_each(deleted.row) WHERE task = ?1 AND part = ?2";
            let mut columns: Vec<String> = self.all(kept, [uuid, part], |row| row.get(0))?;
            columns.retain(|name| known.contains(name));
            if columns.is_empty() {
                continue;
            }
            let sql = format!(
                "INSERT INTO {part} ({}) SELECT {} FROM deleted WHERE task = ?1 AND part = '{part}' ORDER BY rowid",
                quoted(&columns, |name| format!("\"{name}\"")),
                quoted(&columns, |name| format!("json_extract(row, '$.\"{name}\"')")),
            );
            self.run(&sql, [uuid])?;
        }
        self.run(
            "INSERT OR REPLACE INTO meta (key, value)
            SELECT json_extract(row, '$.key'), json_extract(row, '$.value') FROM deleted
            WHERE task = ?1 AND part = 'meta'",
            [uuid],
        )?;
        self.run("DELETE FROM deleted WHERE task = ?1", [uuid])?;
        Ok(())
    }

    /// Rows of the project's deleted tasks are the other path's from now on.
    pub(super) fn move_rows(&mut self, from: &str, to: &str) -> Result<()> {
        self.run("UPDATE steps SET project = ?2 WHERE project = ?1", [from, to])?;
        self.run(
            "UPDATE deleted SET row = json_set(row, '$.project', ?2)
            WHERE part = 'tasks' AND json_extract(row, '$.project') = ?1",
            [from, to],
        )?;
        Ok(())
    }

    /// The columns of a table, without a key that is only SQLite's.
    fn columns_of(&self, part: &str) -> Result<Vec<String>> {
        let sql = "SELECT name FROM pragma_table_info(?1) WHERE NOT (pk = 1 AND type = 'INTEGER') ORDER BY cid";
        self.all(sql, [part], |row| row.get(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use std::collections::BTreeSet;

    #[tokio::test]
    async fn every_table_of_a_task_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let found = store.read(|tx| {
            let sql = "SELECT name FROM sqlite_schema AS s, pragma_foreign_key_list(s.name) AS f
                WHERE s.type = 'table' AND f.\"table\" = 'tasks'";
            tx.all(sql, [], |row| row.get::<_, String>(0))
        });
        let found: BTreeSet<String> = found.await.unwrap().into_iter().collect();
        let known =
            PARTS[1..].iter().map(|(part, _)| part).chain(&OF_LIVE_TASKS).map(|part| (*part).to_owned()).collect();
        assert_eq!(found, known, "a new table of tasks belongs to one of the two lists");
    }
}
