//! The shell's face of the program.

pub mod detect;
