//! Whose each edit is.

use super::Core;
use crate::contract::{Hook, Json};
use crate::error::Result;

/// Before a tool runs.
pub async fn before_tool(_: &Core, _: &Hook) -> Result<Option<Json>> {
    Ok(None)
}

/// After it ran.
pub async fn after_tool(_: &Core, _: &Hook) -> Result<Option<Json>> {
    Ok(None)
}

/// Looks at the tree.
pub async fn settle(_: &Core, _: &str) -> Result<Vec<String>> {
    Ok(Vec::new())
}

/// A person saved.
pub async fn saved(_: &Core, _: &str, _: &str) -> Result<()> {
    Ok(())
}

/// The first task is about to share the tree.
pub async fn first_look(_: &Core, _: &str) -> Result<()> {
    Ok(())
}
