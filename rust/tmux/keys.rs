//! Typed keys.

use super::{Command, Pane, Tmux, command};
use crate::error::Result;
use crate::typing::Key;

/// As tmux spells it.
fn name(key: Key) -> String {
    match key {
        Key::Delete => "DC".into(),
        Key::Backspace => "BSpace".into(),
        Key::BackTab => "BTab".into(),
        Key::Char(character) => character.into(),
        Key::Digit(digit) => (digit % 10).to_string(),
        Key::Ctrl(letter) => format!("C-{letter}"),
        named => format!("{named:?}"),
    }
}

impl Tmux {
    /// Presses the keys one after another. Copy mode is left first: it would swallow them. Refused with `task_busy` when
    /// the program in the pane has ended.
    pub async fn keys(&self, pane: &Pane, keys: &[Key]) -> Result<()> {
        let mut press = command(["send-keys", "-t", &pane.pane]);
        press.extend(keys.iter().map(|key| name(*key)));
        self.type_into(pane, &[leave(pane), press]).await
    }

    /// Leaves copy mode, in which a pane takes no keys and shows old lines.
    pub async fn leave_copy_mode(&self, pane: &Pane) -> Result<()> {
        self.on(pane, "leave copy mode", &[leave(pane)]).await
    }
}

fn leave(pane: &Pane) -> Command {
    command(["copy-mode", "-q", "-t", &pane.pane])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_tmux_names() {
        let keys =
            [Key::Enter, Key::Delete, Key::Backspace, Key::BackTab, Key::Digit(3), Key::Char('y'), Key::Ctrl('u')];
        assert_eq!(keys.map(name), ["Enter", "DC", "BSpace", "BTab", "3", "y", "C-u"]);
    }
}
