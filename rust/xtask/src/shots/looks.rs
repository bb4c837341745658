//! How a terminal and Neovim may look: schemes, backgrounds, colors, sizes.

/// The colors of a terminal where a program sets none.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Of text.
    pub text: &'static str,
    /// Behind it.
    pub paper: &'static str,
}

const DARK: Terminal = Terminal { text: "#e0e2ea", paper: "#14161b" };
const LIGHT: Terminal = Terminal { text: "#14161b", paper: "#fafafa" };

/// A look.
#[derive(Debug)]
pub struct Look {
    /// As the scenes take them.
    pub words: &'static str,
    /// What Neovim believes to run in.
    pub term: &'static str,
    /// What it runs in.
    pub terminal: Terminal,
}

/// Of the pictures that are kept.
pub const KEPT: Look = Look { words: "dark", term: "tmux-256color", terminal: DARK };

/// All that are looked at.
pub const LOOKS: [Look; 7] = [
    KEPT,
    Look { words: "light", terminal: LIGHT, ..KEPT },
    Look { words: "habamax", ..KEPT },
    Look { words: "cterm", term: "xterm-16color", ..KEPT },
    Look { words: "light cterm", term: "xterm-16color", terminal: LIGHT },
    Look { words: "habamax cterm", term: "xterm-16color", ..KEPT },
    Look { words: "ascii", ..KEPT },
];

/// Columns and lines.
pub const SIZES: [(u16, u16); 4] = [(60, 24), (80, 24), (120, 40), (200, 50)];
