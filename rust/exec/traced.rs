//! Running the agent below a tracer, where a build can trace.

#![expect(clippy::disallowed_methods, reason = "a process of its own for one agent")]

mod courier;
mod pane;
mod reports;
mod tracer;

pub use pane::run;
