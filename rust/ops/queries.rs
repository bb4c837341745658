//! Reports on the machine and on the repository.

pub mod health;
pub mod repository;
