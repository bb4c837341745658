//! The markdown files of a project: finding them, reading them, and hearing of changes. Everything in them is hostile:
//! reads are bounded, and no link is followed.

pub mod index;
mod read;
mod walk;
pub mod watch;

pub use read::{DocumentContent, MOST, content, heads};
pub use walk::{DocumentStat, Walked, walk};
