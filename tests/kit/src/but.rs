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

pub use chorus_but_standin::Grammar;
pub use program::{PROGRAMS, Program, programs, standins};
pub use repository::Repository;
