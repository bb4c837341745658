//! Configuration files of projects that a person trusts.

use super::tx::Tx;
use crate::error::Result;
use rusqlite::params;

/// A file as a person saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedFile {
    /// Of its text.
    pub fingerprint: String,
    /// Its text.
    pub text: String,
}

impl Tx<'_> {
    /// The configuration file of a project that a person trusts.
    pub fn trusted(&self, project: &str) -> Result<Option<TrustedFile>> {
        self.one("SELECT fingerprint, text FROM trusted WHERE project = ?1", [project], |row| {
            Ok(TrustedFile { fingerprint: row.get(0)?, text: row.get(1)? })
        })
    }

    /// Trusts this file and no earlier one.
    pub fn trust(&mut self, project: &str, file: &TrustedFile) -> Result<()> {
        self.run(
            "INSERT INTO trusted (project, fingerprint, text, at) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (project) DO UPDATE SET fingerprint = ?2, text = ?3, at = ?4",
            params![project, file.fingerprint, file.text, self.now()],
        )?;
        Ok(())
    }

    /// Trusts no file of the project; whether one was trusted.
    pub fn distrust(&mut self, project: &str) -> Result<bool> {
        Ok(self.run("DELETE FROM trusted WHERE project = ?1", [project])? > 0)
    }
}
