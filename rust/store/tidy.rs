//! What the store keeps how long, and giving back the space of what it let go.

use super::steps::UNDOABLE;
use super::tx::Tx;
use super::{Store, Work};
use crate::error::Result;
use crate::status::Millis;
use rusqlite::{Connection, params};

const DAY: Millis = 24 * 60 * 60 * 1000;

/// Rows that one transaction looks at or lets go: others wait no longer than for these.
const AT_ONCE: usize = 500;

/// Pages that are given back to the disk at once.
const PAGES_AT_ONCE: u32 = 1000;

/// How long closed requests and the text of delivered prompts are kept. The journal still tells of them.
const CLOSED: Millis = 30 * DAY;

/// How long the journal of a deleted task is kept.
const DELETED: Millis = 90 * DAY;

/// How long answers are kept for the audit.
const AUDITED: Millis = 180 * DAY;

/// Bytes of what closed requests asked and were answered: the newest are kept whole.
const MOST_CONTENTS: i64 = 64 * 1024 * 1024;

/// How much of a thing is kept.
#[derive(Clone, Copy, Debug)]
enum Keep {
    /// The newest, of each owner.
    Newest(i64),
    /// What is younger than this.
    For(Millis),
    /// Nothing.
    None,
}

/// A thing that only grows.
#[derive(Debug)]
struct Rule {
    keep: Keep,
    /// Whose there may be too much of.
    owners: &'static str,
    /// Lets go of at most ?3 rows of owner ?1. ?2 is how many are kept, or the time before which none is.
    trim: &'static str,
}

/// Everything in the store that grows with use, but requests, whose contents have a bound for all of them together.
const RULES: &[Rule] = &[
    Rule {
        keep: Keep::Newest(2000),
        owners: "SELECT DISTINCT task FROM journal",
        trim: "DELETE FROM journal WHERE id IN
            (SELECT id FROM journal WHERE task = ?1 ORDER BY id DESC LIMIT ?3 OFFSET ?2)",
    },
    Rule {
        keep: Keep::For(DELETED),
        owners: "SELECT DISTINCT task FROM journal WHERE task NOT IN (SELECT uuid FROM tasks)",
        trim: "DELETE FROM journal WHERE id IN
            (SELECT id FROM journal WHERE task = ?1 AND at < ?2 ORDER BY id LIMIT ?3)",
    },
    Rule {
        keep: Keep::Newest(100),
        owners: "SELECT DISTINCT task FROM launches",
        trim: "DELETE FROM launches WHERE rowid IN (SELECT rowid FROM launches
            WHERE task = ?1 AND ended_at IS NOT NULL ORDER BY started_at DESC LIMIT ?3 OFFSET ?2)",
    },
    Rule {
        keep: Keep::Newest(100),
        owners: "SELECT DISTINCT task FROM sessions",
        trim: "DELETE FROM sessions WHERE id IN
            (SELECT id FROM sessions WHERE task = ?1 ORDER BY id DESC LIMIT ?3 OFFSET ?2)",
    },
    Rule {
        keep: Keep::Newest(1000),
        owners: "SELECT DISTINCT task FROM prompts",
        trim: "DELETE FROM prompts WHERE id IN (SELECT id FROM prompts
            WHERE task = ?1 AND state IN ('delivered', 'failed') AND kept = 0 ORDER BY id DESC LIMIT ?3 OFFSET ?2)",
    },
    Rule {
        keep: Keep::For(CLOSED),
        owners: "SELECT DISTINCT task FROM prompts",
        trim: "UPDATE prompts SET text = '' WHERE id IN (SELECT id FROM prompts
            WHERE task = ?1 AND state = 'delivered' AND text <> '' AND changed_at < ?2 ORDER BY id LIMIT ?3)",
    },
    Rule {
        keep: Keep::For(UNDOABLE),
        owners: "SELECT DISTINCT project FROM steps",
        trim: "DELETE FROM steps WHERE id IN
            (SELECT id FROM steps WHERE project = ?1 AND at < ?2 ORDER BY id LIMIT ?3)",
    },
    Rule {
        keep: Keep::For(UNDOABLE),
        owners: "SELECT DISTINCT task FROM deleted",
        trim: "DELETE FROM deleted WHERE rowid IN
            (SELECT rowid FROM deleted WHERE task = ?1 AND at < ?2 ORDER BY rowid LIMIT ?3)",
    },
    Rule {
        keep: Keep::Newest(2000),
        owners: "SELECT DISTINCT task FROM answers",
        trim: "DELETE FROM answers WHERE id IN
            (SELECT id FROM answers WHERE task = ?1 ORDER BY id DESC LIMIT ?3 OFFSET ?2)",
    },
    Rule {
        keep: Keep::For(AUDITED),
        owners: "SELECT DISTINCT task FROM answers",
        trim: "DELETE FROM answers WHERE id IN (SELECT id FROM answers WHERE task = ?1 AND at < ?2 ORDER BY id LIMIT ?3)",
    },
    // A fact that is not named here stays: an id at the end of a key need not be a task's.
    Rule {
        keep: Keep::Newest(500),
        owners: "SELECT DISTINCT task FROM document_reads",
        trim: "DELETE FROM document_reads WHERE (task, path) IN (SELECT task, path
            FROM document_reads WHERE task = ?1 ORDER BY at DESC LIMIT ?3 OFFSET ?2)",
    },
    Rule {
        keep: Keep::For(CLOSED),
        owners: "SELECT DISTINCT task FROM document_reads JOIN tasks ON uuid = task
            WHERE status NOT IN ('running', 'waiting')",
        trim: "DELETE FROM document_reads WHERE (task, path) IN (SELECT task, path
            FROM document_reads WHERE task = ?1 AND at < ?2 LIMIT ?3)",
    },
    // More than are read: a turn whose oldest calls are gone can be told.
    Rule {
        keep: Keep::Newest(3000),
        owners: "SELECT DISTINCT task FROM tool_calls",
        trim: "DELETE FROM tool_calls WHERE id IN
            (SELECT id FROM tool_calls WHERE task = ?1 ORDER BY id DESC LIMIT ?3 OFFSET ?2)",
    },
    Rule {
        keep: Keep::For(CLOSED),
        owners: "SELECT DISTINCT task FROM tool_calls JOIN tasks ON uuid = task WHERE completed_at IS NOT NULL",
        trim: "DELETE FROM tool_calls WHERE id IN (SELECT tool_calls.id FROM tool_calls JOIN tasks ON uuid = task
            WHERE task = ?1 AND completed_at < ?2 ORDER BY tool_calls.id LIMIT ?3)",
    },
    Rule {
        keep: Keep::For(DAY),
        owners: "SELECT version FROM document_versions WHERE version NOT IN (SELECT version FROM document_reads)
            AND version NOT IN (SELECT version FROM document_references)
            AND version NOT IN (SELECT json_extract(anchor, '$.version') FROM document_references)
            AND version NOT IN (SELECT json_extract(row, '$.version') FROM deleted
                WHERE part IN ('document_reads', 'document_references'))
            AND version NOT IN (SELECT json_extract(json_extract(row, '$.anchor'), '$.version') FROM deleted
                WHERE part = 'document_references')",
        trim: "DELETE FROM document_versions WHERE version = ?1 AND at < ?2 AND ?3 > 0",
    },
    Rule {
        keep: Keep::None,
        owners: "SELECT key FROM meta WHERE substr(key, -36) NOT IN (SELECT uuid FROM tasks)
            AND substr(key, 1, length(key) - 37) IN ('context', 'hook files', 'worktree')
            AND key GLOB '* ????????-????-????-????-????????????'",
        trim: "DELETE FROM meta WHERE key = ?1 AND ?2 = 0 AND ?3 > 0",
    },
];

/// What a closed request is to lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loss {
    Nothing,
    Contents,
    All,
}

/// `room` is what closed requests that are newer left of [`MOST_CONTENTS`].
fn loss(now: Millis, closed: Millis, size: i64, room: &mut i64) -> Loss {
    if now - closed > CLOSED {
        return Loss::All;
    }
    if size <= *room {
        *room -= size;
        return Loss::Nothing;
    }
    // What is older does not take the place of what was let go.
    *room = 0;
    Loss::Contents
}

/// Where a walk through the requests stands, from the newest to the oldest.
#[derive(Clone, Copy, Debug)]
struct Walk {
    before: i64,
    room: i64,
}

impl Tx<'_> {
    fn trim(&self, rule: &Rule, owner: &str, now: Millis) -> Result<usize> {
        let bound = match rule.keep {
            Keep::Newest(most) => most,
            Keep::For(time) => now - time,
            Keep::None => 0,
        };
        self.run(rule.trim, params![owner, bound, AT_ONCE as i64])
    }

    /// The next closed requests; nothing after the oldest.
    fn walk(&self, now: Millis, Walk { before, mut room }: Walk) -> Result<Option<Walk>> {
        let sql = "SELECT rowid, closed_at, coalesce(octet_length(input), 0) + coalesce(octet_length(answer), 0)
            FROM requests WHERE rowid < ?1 ORDER BY rowid DESC LIMIT ?2";
        let rows: Vec<(i64, Option<Millis>, i64)> =
            self.all(sql, params![before, AT_ONCE as i64], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        for (row, closed, size) in &rows {
            match closed.map_or(Loss::Nothing, |closed| loss(now, closed, *size, &mut room)) {
                Loss::Nothing => {}
                Loss::Contents => {
                    let sql = "UPDATE requests SET cut = cut OR input IS NOT NULL, input = NULL, answer = NULL,
                        suggestions = '[]' WHERE rowid = ?1";
                    self.run(sql, [row])?;
                }
                Loss::All => {
                    self.run("DELETE FROM requests WHERE rowid = ?1", [row])?;
                }
            }
        }
        Ok(rows.last().map(|(before, ..)| Walk { before: *before, room }))
    }
}

impl Store {
    /// Lets go of everything that was kept long enough at `now`, and of the space it took. Many small transactions, so
    /// that nobody waits long; only an older file, which cannot shrink yet, is written anew, once and as a whole.
    ///
    /// # Errors
    /// As for [`Store::write`]; what was let go before stays so.
    pub async fn tidy(&self, now: Millis) -> Result<()> {
        for rule in RULES {
            let owners: Vec<String> = self.read(|tx| tx.all(rule.owners, [], |row| row.get(0))).await?;
            for owner in owners {
                loop {
                    let owner = owner.clone();
                    if self.write(move |tx| tx.trim(rule, &owner, now)).await? < AT_ONCE {
                        break;
                    }
                }
            }
        }
        let mut walk = Some(Walk { before: i64::MAX, room: MOST_CONTENTS });
        while let Some(stand) = walk {
            walk = self.write(move |tx| tx.walk(now, stand)).await?;
        }
        while self.alone(give_back).await? {}
        Ok(())
    }

    /// Outside of any transaction, which some statements ask for.
    pub(super) async fn alone<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.ask(Work::Alone(Box::new(move |connection| Ok(Box::new(work(connection)?))))).await
    }
}

/// Gives some free pages back to the disk; true while there are more.
fn give_back(connection: &Connection) -> Result<bool> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if number("auto_vacuum")? == 0 {
        connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM")?;
    }
    // It frees one page each time it is stepped.
    let mut freeing = connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})"))?;
    let mut rows = freeing.query([])?;
    while rows.next()?.is_some() {}
    let is_more = number("freelist_count")? > 0;
    if !is_more {
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    Ok(is_more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_request_loses_what_it_held_by_age_and_by_room() {
        let now = 1000 * DAY;
        let mut room = 10;
        let mut after = |days: Millis, size: i64| loss(now, now - days * DAY, size, &mut room);
        assert_eq!(after(1, 6), Loss::Nothing);
        assert_eq!(after(2, 6), Loss::Contents, "only 4 bytes of room were left");
        assert_eq!(after(3, 1), Loss::Contents, "an older one does not take its place");
        assert_eq!(after(4, 0), Loss::Nothing);
        assert_eq!((after(30, 1), after(31, 0)), (Loss::Contents, Loss::All));
    }
}
