//! Taking a branch away.

use super::{But, Grammar, Result};
use crate::vcs::rewrite::Permit;

impl But {
    /// Deletes an applied branch; its commits leave the working tree. Callers keep the tip first.
    pub async fn branch_delete(&self, branch: &str, permit: &Permit<'_>) -> Result<()> {
        let mut command = self.command(["branch", "delete", branch]);
        if self.grammar() == Grammar::Old {
            // It would ask about commits that were not pushed.
            command.arg("--force");
        }
        self.change(command, permit.held()).await.map(drop)
    }
}
