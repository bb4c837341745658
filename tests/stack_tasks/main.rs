//! Stack tasks as a whole: real daemon, real tmux, the demo agent in the panes, and `but`: the stand-in in both grammars
//! and every real program that is given.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "."]
mod stack {
    mod commands;
    mod depends;
    mod edits;
    mod environment;
    mod gone;
    mod guard;
    mod health;
    mod kept;
    mod killed;
    mod life;
    mod modes;
    mod rewritten;
    mod stops;
    mod together;
    mod traced;
    mod unstarted;
    mod world;
}
