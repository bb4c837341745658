//! The right to rewrite a shared tree or to remove bytes.

use super::Intent;
use crate::error::Result;
use crate::vcs::lock::Held;

/// Where what is about to be done is written down: it must be on the disk when this returns.
#[async_trait::async_trait]
pub trait IntentLog: Send {
    /// Writes it down; a newer intent of the task replaces the one before.
    async fn intend(&mut self, intent: &Intent) -> Result<()>;
}

/// That the bytes are kept and that the store says what is about to be done. Every call that rewrites a shared tree or
/// removes bytes asks for it.
#[derive(Debug)]
pub struct Permit<'h> {
    held: &'h Held,
}

impl<'h> Permit<'h> {
    /// Writes the intent down.
    pub async fn begin(held: &'h Held, intent: &Intent, log: &mut dyn IntentLog) -> Result<Permit<'h>> {
        log.intend(intent).await?;
        Ok(Permit { held })
    }

    /// For an intent that was read from the store.
    pub(in crate::vcs) fn again(held: &'h Held) -> Permit<'h> {
        Permit { held }
    }

    /// The lock, held over all of it.
    pub fn held(&self) -> &'h Held {
        self.held
    }
}
