//! Running the agent below a tracer, where a build can trace.

mod courier;
mod pane;
mod reports;
mod tracer;

pub use pane::run;
