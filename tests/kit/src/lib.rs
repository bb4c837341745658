//! What the tests, the bench and `cargo xtask` share: tools, sandboxes, a scripted API.

pub mod but;
pub mod claude;
mod connection;
pub mod damage;
pub mod fake_api;
pub mod files;
pub mod given;
pub mod processes;
pub mod sandbox;
pub mod tools;
pub mod wait;
pub mod world;

pub use fake_api::FakeApi;
pub use given::skip;
pub use sandbox::Sandbox;
pub use wait::{wait_for, wait_until};
pub use world::World;

/// The checkout this was built from.
pub fn repository() -> &'static std::path::Path {
    std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
