//! GitButler's `but`: a stand-in for it in both of its grammars, and repositories to try it in.
//!
//! ```ignore
//! for program in but::programs() {
//!     let repository = but::Repository::new(&program);
//!     repository.write("a.txt", "changed\n");
//!     repository.commit("task-a", "A change", &["a.txt"]);
//!     assert_eq!(repository.file_on("task-a", "a.txt").unwrap(), b"changed\n");
//! }
//! ```

mod program;
mod repository;
pub mod standin;

pub use program::{PROGRAMS, Program, programs, standins};
pub use repository::Repository;

/// The two ways in which the program is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// `but commit -b BRANCH -m MESSAGE [CHANGE…]`: since July 2026.
    New,
    /// `but commit BRANCH -m MESSAGE [-p CHANGE…]`: until then.
    Old,
}
