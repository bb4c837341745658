//! Documents: listing them, tying their lines to tasks, following both through edits, and knowing which version each
//! agent has read.

pub mod changes;
pub mod current;
pub mod known;
mod list;
pub mod path;
mod places;
pub mod references;
mod renames;
pub mod tell;

pub use list::list;
