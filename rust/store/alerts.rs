//! Alerts: what of a live task needs a person and is no request.

use super::column::WordColumn;
use super::journal::Who;
use super::tx::Tx;
use crate::error::Result;
use crate::task::{Alert, AlertKind};
use crate::text::clean_line;
use rusqlite::params;

/// Characters of a text or a remedy.
const MOST: usize = 500;

impl Tx<'_> {
    /// Puts an alert on a live task, in place of an earlier one of its kind. The journal gets its text where that is
    /// news: true then.
    pub fn alert(&mut self, uuid: &str, alert: &Alert) -> Result<bool> {
        let is_news = self.put_alert(uuid, alert)?;
        if is_news {
            self.journal(uuid, Who::Chorus, "alert", &alert.text, None)?;
        }
        Ok(is_news)
    }

    /// The same for what the journal tells already.
    pub(super) fn put_alert(&mut self, uuid: &str, alert: &Alert) -> Result<bool> {
        if !self.row(uuid)?.status.is_live() {
            return Ok(false);
        }
        let text = clean_line(&alert.text, MOST);
        let remedy = alert.remedy.as_deref().map(|remedy| clean_line(remedy, MOST));
        let changed = self.run(
            "INSERT INTO alerts (task, kind, text, remedy, at) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (task, kind) DO UPDATE SET text = ?3, remedy = ?4, at = ?5
            WHERE text <> ?3 OR remedy IS NOT ?4",
            params![uuid, WordColumn(alert.kind), text, remedy, self.now()],
        )?;
        if changed == 1 {
            self.touch(uuid)?;
        }
        Ok(changed == 1)
    }

    /// What such an alert was about is over.
    pub fn end_alert(&mut self, uuid: &str, kind: AlertKind) -> Result<()> {
        if self.run("DELETE FROM alerts WHERE task = ?1 AND kind = ?2", params![uuid, WordColumn(kind)])? == 1 {
            self.touch(uuid)?;
        }
        Ok(())
    }

    /// A person has dealt with every alert of the task, or ended it. Prompts that were kept are forgotten.
    pub fn end_alerts(&mut self, uuid: &str) -> Result<()> {
        let prompts = self.run("UPDATE prompts SET kept = 0 WHERE task = ?1 AND kept", [uuid])?;
        if self.run("DELETE FROM alerts WHERE task = ?1", [uuid])? + prompts > 0 {
            self.touch(uuid)?;
        }
        Ok(())
    }
}
