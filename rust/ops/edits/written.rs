//! What follows when the kernel reports that a task's processes write to a shared tree.

use crate::attribution::Write;
use crate::core::Core;
use crate::error::Result;
use std::collections::BTreeSet;

/// Writes to these paths were reported some 30 ms ago: takes in what changed, so that a later change that nobody
/// reports stands by itself.
pub async fn written(_core: &Core, _project: &str, _paths: BTreeSet<String>) -> Result<()> {
    Ok(())
}

/// A call waits that is about to change a path whose file may differ from what was last seen. Takes in the change until
/// now, which is not the call's. The call waits for at most 50 ms.
pub async fn take_in(_core: &Core, _project: &str, _write: &Write) -> Result<()> {
    Ok(())
}
