//! Reading without changing a task: lists, pages, output and terminals, and reports on machine and repository.

pub mod audit;
pub mod health;
pub mod output;
pub mod repository;
pub mod tasks;
pub mod terminal;
