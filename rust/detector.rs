//! Decides what an agent is doing from everything known about it, and says why. Pure.

pub mod rules;
pub mod screen;
