//! Claude Code: everything that knows its events, files, flags, dialogs and screens.
//!
//! Facts were measured on Claude Code 2.1.328 and 2.1.197 where no other version is named.

pub mod answer;
pub mod but_hooks;
pub mod conversation;
pub mod environment;
pub mod event;
pub mod launch;
pub mod login;
pub mod pieces;
pub mod prompt_box;
pub mod request;
pub mod session_file;
pub mod sessions;
pub mod settings;
pub mod suggestion;
pub mod tool;
pub mod transcript;
pub mod typing_plan;
