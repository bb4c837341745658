//! What the tests, the bench and `cargo xtask` share: tools, sandboxes, a scripted API.
