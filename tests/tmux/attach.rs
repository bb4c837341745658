use crate::bed::{Bed, each, until};
use chorus::tmux::{Pane, Settings};

/// A terminal of the given size that runs what `attach_argv` says, drawn by another tmux.
struct Terminal(Bed);

impl Terminal {
    fn open(bed: &Bed, pane: &Pane, columns: u16, rows: u16) -> Terminal {
        let terminal = Bed::new(&bed.program, Settings::default());
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let attach = bed.tmux.attach_argv(pane);
        let mut new =
            vec!["set-option", "-g", "status", "off", ";", "new-session", "-d", "-x", &columns, "-y", &rows, "--"];
        new.extend(attach.iter().map(String::as_str));
        terminal.by_hand(&new);
        terminal.by_hand(&["set-option", "-g", "prefix", "None"]);
        Terminal(terminal)
    }

    fn press(&self, key: &str) {
        self.0.by_hand(&["send-keys", key]);
    }

    fn resize(&self, columns: u16, rows: u16) {
        self.0.by_hand(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    fn lives(&self) -> bool {
        !self.0.by_hand(&["list-sessions"]).is_empty()
    }
}

async fn has(bed: &Bed, pane: &Pane, attached: u32, columns: u32, rows: u32) {
    until(&format!("{attached} attached, {columns}x{rows}"), async || {
        let state = bed.state(pane).await;
        ((state.attached, state.columns, state.rows) == (attached, columns, rows)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_terminal_resizes_and_its_end_restores() {
    each(async |bed| {
        let pane = bed.start(&["cat", "-v"]).await;
        has(&bed, &pane, 0, 120, 40).await;

        let terminal = Terminal::open(&bed, &pane, 100, 30);
        has(&bed, &pane, 1, 100, 30).await;
        terminal.resize(150, 50);
        has(&bed, &pane, 1, 150, 50).await;
        // A small terminal sees a part; dialogs are not cut for the one who reads the pane.
        terminal.resize(60, 40);
        has(&bed, &pane, 1, 80, 40).await;
        terminal.resize(60, 10);
        has(&bed, &pane, 1, 80, 24).await;
        terminal.resize(90, 25);
        has(&bed, &pane, 1, 90, 25).await;

        // Every key is the agent's, but the one that detaches.
        for key in ["C-b", "C-c"] {
            terminal.press(key);
            if key == "C-b" {
                bed.shows(&pane, "^B").await;
            }
        }
        until("the interrupt", async || bed.state(&pane).await.signal).await;
        terminal.press("C-\\");
        has(&bed, &pane, 0, 120, 40).await;
        until("the terminal's end", async || (!terminal.lives()).then_some(())).await;

        // The same when the terminal is closed, and when the first of two goes.
        let one = Terminal::open(&bed, &pane, 100, 30);
        has(&bed, &pane, 1, 100, 30).await;
        let two = Terminal::open(&bed, &pane, 110, 35);
        has(&bed, &pane, 2, 110, 35).await;
        drop(one);
        has(&bed, &pane, 1, 110, 35).await;
        drop(two);
        has(&bed, &pane, 0, 120, 40).await;
    })
    .await;
}

#[tokio::test]
async fn a_terminal_ends_with_its_session() {
    each(async |bed| {
        let pane = bed.start_as("a1-1", &["sleep", "1000"]).await;
        bed.start_as("a2-2", &["sleep", "1000"]).await;
        let terminal = Terminal::open(&bed, &pane, 100, 30);
        has(&bed, &pane, 1, 100, 30).await;
        bed.tmux.kill_session(&pane).await.unwrap();
        until("the terminal's end", async || (!terminal.lives()).then_some(())).await;
        assert_eq!(bed.panes().await.len(), 1);
    })
    .await;
}
