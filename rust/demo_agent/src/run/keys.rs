//! What keys do: in a dialog, in the box, and to the session.

use super::{Run, TWICE, life};
use crate::dialog::Reply;
use crate::input::Key;
use crate::session::Word;
use crate::terminal;
use std::time::Instant;

const AGAIN_EXITS: &str = "Press Ctrl-C again to exit";
const AGAIN_CLEARS: &str = "esc again to clear";

impl Run {
    pub(super) fn key(&mut self, key: &Key) {
        self.idle = None;
        match key {
            Key::Ctrl('c') => return self.ctrl_c(),
            Key::Ctrl('z') => return self.suspend(),
            Key::BackTab if self.dialogs.is_empty() => return self.next_mode(),
            _ => {}
        }
        match self.dialogs.front_mut() {
            // A dialog that has just appeared is deaf, so that nothing is answered by accident.
            Some((_, deaf)) if Instant::now() < *deaf => {}
            Some((ask, _)) => {
                if let Some(reply) = ask.dialog.key(key) {
                    self.reply(reply);
                }
            }
            None => self.write(key),
        }
    }

    fn reply(&mut self, reply: Reply) {
        let Some((ask, _)) = self.dialogs.pop_front() else { return };
        self.hint = None;
        match (ask.id, &reply) {
            (life::TRUST, Reply::Picked(1, _)) => self.trusted(),
            (life::TRUST, _) => self.leave("", 1),
            _ => drop(ask.reply.send(Word::Replied(ask.id, reply))),
        }
    }

    fn write(&mut self, key: &Key) {
        let before = self.prompt.text().len();
        match key {
            Key::Char(c) => self.prompt.insert(c.encode_utf8(&mut [0; 4])),
            Key::Newline => self.prompt.insert("\n"),
            Key::Paste(text) => self.prompt.paste(text),
            Key::Burst(text) => self.prompt.burst(text),
            Key::Backspace => self.prompt.backspace(),
            Key::Delete => self.prompt.delete(),
            Key::Left => self.prompt.left(),
            Key::Right => self.prompt.right(),
            Key::Home | Key::Ctrl('a') => self.prompt.home(),
            Key::End | Key::Ctrl('e') => self.prompt.end(),
            Key::Ctrl('u') => self.prompt.clear_left(),
            Key::Ctrl('k') => self.prompt.clear_right(),
            Key::Up if self.prompt.is_empty() => self.edit_queue(),
            Key::Enter => self.submit(),
            Key::Esc => self.escape(),
            _ => {}
        }
        if self.prompt.text().len() > before {
            self.ghost = "";
        }
    }

    fn escape(&mut self) {
        let again = self.hint.is_some_and(|(hint, _)| hint == AGAIN_CLEARS);
        self.hint = None;
        if self.is_busy() {
            self.interrupt();
        } else if again {
            self.prompt.clear();
        } else if !self.prompt.is_empty() {
            self.hint = Some((AGAIN_CLEARS, Instant::now() + TWICE));
        }
    }

    fn ctrl_c(&mut self) {
        if self.hint.is_some_and(|(hint, until)| hint == AGAIN_EXITS && Instant::now() < until) {
            return self.leave("prompt_input_exit", 0);
        }
        self.hint = Some((AGAIN_EXITS, Instant::now() + TWICE));
        // In a dialog the first one does nothing.
        if self.dialogs.is_empty() {
            if self.prompt.is_empty() && self.is_busy() {
                self.interrupt();
            }
            self.prompt.clear();
        }
    }

    /// Brings queued prompts back into the box.
    fn edit_queue(&mut self) {
        let queued: Vec<String> = self.session.state().queue.drain(..).map(|queued| queued.typed()).collect();
        self.prompt.insert(&queued.join("\n"));
    }

    fn next_mode(&mut self) {
        let mut state = self.session.state();
        let next = match state.mode.as_str() {
            "default" => "acceptEdits",
            "acceptEdits" => "plan",
            "plan" => "auto",
            _ => "default",
        };
        state.mode = next.to_owned();
    }

    /// Stops with its process group, as the client does (2.1.328). A pane's own program has no shell above it, and the
    /// kernel stops no such group; like the client it then rests until a SIGCONT comes.
    fn suspend(&mut self) {
        self.terminal.give_back();
        terminal::say("Chorus demo agent is suspended. Run `fg` to bring it back.");
        self.suspended = true;
        let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
    }

    /// After SIGCONT.
    pub(super) fn go_on(&mut self) {
        if std::mem::take(&mut self.suspended) && self.terminal.take().is_err() {
            self.leave("other", 1);
        }
    }
}
