//! The server: what it starts with, how it is set up, and whose it is.
//!
//! It ends by itself with its last session (`exit-empty`), so nothing lingers when no task runs.

use super::{Command, Settings, Size, Tmux, command, listing, quote};
use crate::contract::Code;
use crate::error::{Error, Result};
use std::ffi::OsString;
use std::time::Duration;

/// What a tmux process gets of the environment. The first one's becomes the server's and every pane's, so it
/// holds nothing secret, nothing of an outer tmux and nothing of Neovim.
pub(super) fn environment() -> Vec<(OsString, OsString)> {
    let kept = |name: &str| {
        matches!(name, "PATH" | "HOME" | "USER" | "LOGNAME" | "SHELL" | "TERM" | "TERMINFO" | "TERMINFO_DIRS")
            || matches!(name, "LANG" | "TMPDIR" | "TZ")
            || name.starts_with("LC_")
    };
    crate::environment::chosen(kept)
}

/// A server that comes up while it is asked is asked again so often, with a pause.
const ASKED_AGAIN: usize = 20;
const BETWEEN_ASKING: Duration = Duration::from_millis(20);

/// Where the mark of the owning store is kept.
const STORE: &str = "@chorus_store";

/// Where the command for a dead pane is kept: a value is put into a format unread, so its `#` means nothing.
const ON_PANE_DIED: &str = "@chorus_on_pane_died";

impl Tmux {
    /// The commands that make a server ours and set it up. They may run again at any time.
    pub(super) fn set_up(&self) -> Vec<Command> {
        let Settings { size, history, detach_key, on_pane_died } = &self.settings;
        let mut all = vec![command(["start-server"]), command(["set-option", "-s", STORE, &self.store])];
        let (history, default_size) = (history.to_string(), format!("{}x{}", size.columns, size.rows));
        for (name, value) in [
            ("exit-empty", "on"),
            ("escape-time", "0"),
            ("focus-events", "on"),
            ("extended-keys", "on"),
            ("default-terminal", "tmux-256color"),
            // A program in a pane cannot write the clipboard; copying by hand in tmux can.
            ("set-clipboard", "external"),
        ] {
            all.push(command(["set-option", "-sq", name, value]));
        }
        for (name, value) in [
            ("status", "off"),
            ("prefix", "None"),
            ("prefix2", "None"),
            ("mouse", "on"),
            ("default-shell", "/bin/sh"),
            ("default-command", ""),
            ("default-size", &default_size),
            ("history-limit", &history),
            ("destroy-unattached", "off"),
            ("detach-on-destroy", "on"),
            ("set-titles", "off"),
            // Nothing of an attaching terminal's environment enters a session.
            ("update-environment", ""),
            ("bell-action", "none"),
            ("activity-action", "none"),
            ("silence-action", "none"),
            ("visual-bell", "off"),
            ("lock-after-time", "0"),
        ] {
            all.push(command(["set-option", "-gq", name, value]));
        }
        for (name, value) in [
            ("remain-on-exit", "on"),
            ("automatic-rename", "off"),
            ("allow-rename", "off"),
            ("allow-passthrough", "off"),
            ("monitor-activity", "off"),
            ("monitor-bell", "off"),
            ("window-size", "latest"),
            ("aggressive-resize", "off"),
        ] {
            all.push(command(["set-option", "-gwq", name, value]));
        }
        all.extend(bindings(detach_key));
        all.extend(sizes(*size));
        all.extend(on_death(on_pane_died));
        all
    }

    /// Refuses a server that is not this store's. No server, or an empty unmarked one, is fine.
    pub(super) async fn check_owner(&self) -> Result<()> {
        for _ in 0..ASKED_AGAIN {
            if let Some(answer) = self.ask_owner().await? {
                return answer;
            }
            tokio::time::sleep(BETWEEN_ASKING).await;
        }
        Err(Error::new(Code::TmuxFailed, "cannot tell who owns the tmux server: it exits at once")
            .hint("check the tmux server, or set CHORUS_TMUX_SOCKET to another absolute path"))
    }

    /// Nothing when no server answered and one is there by now: another start has brought it up in between.
    async fn ask_owner(&self) -> Result<Option<Result<()>>> {
        let mark = listing::mark();
        let ask = format!("{mark}#{{{STORE}}}{mark}#{{pid}}{mark}");
        let ended =
            self.script(&[command(["display-message", "-p", &ask]), command(["list-sessions", "-F", &mark])]).await?;
        let text = ended.text();
        let mut parts = text.split(&mark);
        Ok(Some(match (parts.next(), parts.next(), parts.next()) {
            (Some(_), Some(store), Some(_)) if store == self.store => Ok(()),
            (Some(_), Some(""), Some(_)) if parts.count() <= 1 => Ok(()),
            (Some(_), Some(_), Some(_)) => Err(Error::new(
                Code::TmuxFailed,
                format!("the tmux server at {} belongs to somebody else", self.socket.display()),
            )
            .hint("set CHORUS_TMUX_SOCKET to another absolute path")),
            _ if self.is_gone() => Ok(()),
            _ if text.is_empty() => return Ok(None),
            _ => Err(self.refused("ask the tmux server who owns it", &ended)),
        }))
    }
}

/// No key is taken from the agent but the one that detaches; the mouse scrolls and selects. tmux's own menus, which
/// offer to kill and split panes, go.
fn bindings(detach_key: &str) -> Vec<Command> {
    let wheel = "#{||:#{alternate_on},#{||:#{pane_in_mode},#{mouse_any_flag}}}";
    let drag = "#{||:#{pane_in_mode},#{mouse_any_flag}}";
    // A table without keys is no table, and to empty it again fails in silence (3.3a): so each gets a key first.
    let emptied = |table| [command(["bind-key", "-T", table, "F1", ""]), command(["unbind-key", "-a", "-T", table])];
    let mut all = [emptied("prefix"), emptied("root")].concat();
    all.extend([
        command(["bind-key", "-n", "WheelUpPane", "if-shell", "-F", wheel, "send-keys -M", "copy-mode -e"]),
        command(["bind-key", "-n", "MouseDrag1Pane", "if-shell", "-F", drag, "send-keys -M", "copy-mode -M"]),
    ]);
    if !detach_key.is_empty() {
        all.push(command(["bind-key", "-n", detach_key, "detach-client"]));
    }
    all
}

/// A terminal gives its size to the window it shows, but never less than the smallest; with the last terminal gone,
/// the window gets its own size back. (A size given by `resize-window` sticks until `window-size` is unset.)
fn sizes(own: Size) -> Vec<Command> {
    let Size { columns, rows } = Size::MIN;
    let small = format!("#{{||:#{{e|<:#{{client_width}},{columns}}},#{{e|<:#{{client_height}},{rows}}}}}");
    let at_least = |what: &str, min: u16| format!("#{{?#{{e|<:#{{{what}}},{min}}},{min},#{{{what}}}}}");
    let grow = format!(
        "resize-window -t #{{window_id}} -x {} -y {}",
        at_least("client_width", columns),
        at_least("client_height", rows)
    );
    let follow = "set-option -wu window-size";
    let fit = quote::line(&command(["if-shell", "-F", &small, &format!("run-shell -C \"{grow}\""), follow]));
    let restore = format!("resize-window -x {} -y {} ; {follow}", own.columns, own.rows);
    let leave = quote::line(&command(["if-shell", "-F", "#{session_attached}", "", &restore]));
    vec![
        hook("client-attached", &fit),
        hook("client-resized", &fit),
        hook("client-session-changed", &fit),
        hook("client-detached", &leave),
    ]
}

/// Tells Chorus that a pane's process ended. `respawn-pane -k` does not fire it (3.3a, 3.7c).
fn on_death(program: &[String]) -> Vec<Command> {
    if program.is_empty() {
        return vec![command(["set-hook", "-gu", "pane-died"])];
    }
    let run = format!("run-shell -b \"#{{{ON_PANE_DIED}}} '#{{hook_pane}}' '#{{@chorus_task}}'\"");
    vec![command(["set-option", "-s", ON_PANE_DIED, &quote::shell(program)]), hook("pane-died", &run)]
}

fn hook(event: &str, run: &str) -> Command {
    command(["set-hook", "-g", event, run])
}
