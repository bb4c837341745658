//! Sessions: one for each running task, with one window and one pane.

use super::{Command, Server, Size, Tmux, command, listing, quote};
use crate::contract::Code;
use crate::error::{Error, Result};
use crate::foreign::{self, fs};
use crate::process::Ended;
use std::path::Path;

/// A task's pane, and the server that made it. Ids alone name another pane once a server was started anew.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pane {
    /// Process id of the server.
    pub server_pid: u32,
    /// When the server started, in seconds since the epoch.
    pub server_start: i64,
    /// `$3`.
    pub session: String,
    /// `@3`.
    pub window: String,
    /// `%3`.
    pub pane: String,
    /// The process in the pane.
    pub pane_pid: u32,
}

impl Pane {
    /// Whether a listing of `server` can speak of this pane.
    pub fn is_on(&self, server: &Server) -> bool {
        (self.server_pid, self.server_start) == (server.pid, server.start)
    }
}

/// What a new or revived pane says of itself.
const PANE: &str = "#{pid} #{start_time} #{session_id} #{window_id} #{pane_id} #{pane_pid}";

/// The folder of a revived pane, as an option: a value is put into a format unread, so its `#` means nothing.
const FOLDER: &str = "@chorus_folder";

impl Tmux {
    /// Starts a session for the task `uuid` and runs `argv` in it, without any shell, in `folder`. The server is
    /// started or set up again on the way. A session of the same task is refused.
    pub async fn start_session(
        &self,
        uuid: &str,
        display: &str,
        folder: &Path,
        argv: &[String],
        size: Option<Size>,
    ) -> Result<Pane> {
        let doing = "start a tmux session";
        if uuid.is_empty() || !uuid.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
            return Err(Error::internal(format!("a task's uuid is not {uuid:?}")));
        }
        check_folder(folder).await?;
        self.check_owner().await?;
        let size = size.unwrap_or(self.settings.size).at_least_min();
        let (columns, rows) = (size.columns.to_string(), size.rows.to_string());
        let name = quote::session_name(display, uuid);
        let mut start =
            command(["new-session", "-d", "-x", &columns, "-y", &rows, "-s", &name, "-P", "-F", PANE, "--"]);
        start.extend(program(argv)?);
        let mut commands = self.set_up();
        commands.push(start);
        commands.push(command(["set-option", "-t", &format!("={name}:"), "@chorus_task", uuid]));
        // The folder goes as tmux's own working folder: `-c` would be read as a format.
        let ended = self.run(&commands, Some(folder)).await?;
        match (parse(&ended.text()), ended.code) {
            (Some(pane), Some(0)) => {
                self.servers.saw(&self.socket, pane.server_pid);
                Ok(pane)
            }
            (Some(pane), _) => {
                self.kill_session(&pane).await?;
                Err(self.refused(doing, &ended))
            }
            _ => Err(self.refused(doing, &ended)),
        }
    }

    /// Ends what runs in the pane and runs `argv` there instead. History and attached terminals stay.
    pub async fn respawn(&self, pane: &Pane, folder: &Path, argv: &[String]) -> Result<Pane> {
        check_folder(folder).await?;
        let program = program(argv)?;
        let folder = folder.to_str().ok_or_else(|| bad_folder(folder, "its name is not UTF-8"))?;
        self.on(pane, "restart in a pane", &[]).await?;
        let target = pane.pane.as_str();
        let mut respawn = command(["respawn-pane", "-k", "-t", target, "-c", &format!("#{{{FOLDER}}}"), "--"]);
        respawn.extend(program);
        let commands = [
            command(["set-option", "-p", "-t", target, FOLDER, folder]),
            respawn,
            command(["display-message", "-p", "-t", target, PANE]),
        ];
        let ended = self.run(&commands, None).await?;
        parse(&ended.text()).ok_or_else(|| self.refused("restart in a pane", &ended))
    }

    /// Ends the session and what runs in it (by SIGHUP). One that is gone is fine; silence is not.
    pub async fn kill_session(&self, pane: &Pane) -> Result<()> {
        match self.on(pane, "end a tmux session", &[command(["kill-session", "-t", &pane.session])]).await {
            Err(_) if self.is_without(pane).await => Ok(()),
            ended => ended,
        }
    }

    /// Gives the pane a size until a terminal attaches.
    pub async fn resize(&self, pane: &Pane, size: Size) -> Result<()> {
        let size = size.at_least_min();
        let (columns, rows) = (size.columns.to_string(), size.rows.to_string());
        let commands = [
            command(["resize-window", "-t", &pane.window, "-x", &columns, "-y", &rows]),
            command(["set-option", "-wu", "-t", &pane.window, "window-size"]),
        ];
        self.on(pane, "resize a pane", &commands).await
    }

    /// Gives the pane a size, its own where none is given, unless a terminal shows it: that one decides the size.
    pub async fn fit(&self, pane: &Pane, size: Option<Size>) -> Result<()> {
        let Size { columns, rows } = size.unwrap_or(self.settings.size).at_least_min();
        let window = &pane.window;
        let resize =
            format!("resize-window -t {window} -x {columns} -y {rows} ; set-option -wu -t {window} window-size");
        let commands = [command(["if-shell", "-F", "-t", &pane.pane, "#{session_attached}", "", &resize])];
        self.on(pane, "resize a pane", &commands).await
    }

    /// The program that shows the pane in a terminal, from inside or outside any tmux.
    pub fn attach_argv(&self, pane: &Pane) -> Vec<String> {
        let (program, socket) = (self.program.to_string_lossy(), self.socket.to_string_lossy());
        let tmux = command([&program, "-u", "-f", "/dev/null", "-S", &socket]);
        let attach = command(["attach-session", "-E", "-t", &pane.session]);
        [command(["env", "-u", "TMUX", "-u", "TMUX_PANE"]), tmux, attach].concat()
    }

    /// Runs commands for a pane, on the server that made it and on no other.
    pub(super) async fn on(&self, pane: &Pane, doing: &str, commands: &[Command]) -> Result<()> {
        self.run_if(&is_same(pane), pane, doing, commands).await
    }

    /// Runs commands that put keys or text into a pane whose program still runs.
    pub(super) async fn type_into(&self, pane: &Pane, commands: &[Command]) -> Result<()> {
        self.run_if(&takes_text(pane), pane, "type into a pane", commands).await
    }

    async fn run_if(&self, condition: &str, pane: &Pane, doing: &str, commands: &[Command]) -> Result<()> {
        let mark = listing::mark();
        let ended = self.run(&[guarded(condition, pane, commands, &mark)], None).await?;
        self.judge(pane, doing, &mark, ended)
    }

    /// Refuses what a guarded command left undone, told by the mark it printed.
    pub(super) fn judge(&self, pane: &Pane, doing: &str, mark: &str, ended: Ended) -> Result<()> {
        if ended.code != Some(0) {
            return Err(self.refused(doing, &ended));
        }
        let id = &pane.pane;
        match ended.text().split_once(mark).map(|(_, rest)| rest.starts_with('1')) {
            None => Ok(()),
            Some(true) => Err(Error::new(Code::TaskBusy, format!("cannot {doing}: the program in {id} has ended"))
                .hint("restart the task")),
            Some(false) => Err(Error::new(Code::TmuxFailed, format!("cannot {doing}: the pane {id} is gone"))
                .hint("restart the task to get a new one")),
        }
    }

    /// Whether tmux answers, or is gone, and the session does not exist.
    async fn is_without(&self, pane: &Pane) -> bool {
        match self.panes().await {
            super::Listing::Gone => true,
            super::Listing::Silent(_) => false,
            super::Listing::Panes { server, panes } => {
                !pane.is_on(&server) || panes.iter().all(|other| other.session != pane.session)
            }
        }
    }
}

/// A format that is true on the server that made the pane, and on no other.
fn is_same(pane: &Pane) -> String {
    let Pane { server_pid, server_start, session, window, .. } = pane;
    format!(
        "#{{==:#{{pid}} #{{start_time}} #{{session_id}} #{{window_id}},{server_pid} {server_start} {session} {window}}}"
    )
}

/// A format that is true where text can be put into the pane. `paste-buffer` into a pane whose program has ended crashes
/// tmux 3.3a with everything in it, and the program can end at any time: so tmux looks itself, right before it pastes.
pub(super) fn takes_text(pane: &Pane) -> String {
    format!("#{{&&:{},#{{?pane_dead,0,1}}}}", is_same(pane))
}

/// One command that runs the others if the condition holds for the pane, and otherwise prints the mark and a 1 if the
/// pane is dead.
pub(super) fn guarded(condition: &str, pane: &Pane, commands: &[Command], mark: &str) -> Command {
    let body = commands.iter().map(quote::line).collect::<Vec<_>>().join(" ; ");
    let told = format!("{mark}#{{pane_dead}}");
    let other = quote::line(&command(["display-message", "-p", "-t", &pane.pane, &told]));
    command(["if-shell", "-F", "-t", &pane.pane, condition, &body, &other])
}

/// tmux runs several words as they are, but gives a single one to a shell.
fn program(argv: &[String]) -> Result<Command> {
    match argv {
        [] => Err(Error::internal("a pane needs a program")),
        [one] => Ok(command(["/bin/sh", "-c", "exec \"$0\"", one])),
        several => Ok(several.to_vec()),
    }
}

/// tmux falls back to the home folder in silence.
async fn check_folder(folder: &Path) -> Result<()> {
    if !folder.is_absolute() {
        return Err(bad_folder(folder, "its path is not absolute"));
    }
    match foreign::ask(folder, fs::metadata).await.flatten() {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(bad_folder(folder, "it is not a folder")),
        Err(error) => Err(bad_folder(folder, &error.to_string())),
    }
}

fn bad_folder(folder: &Path, why: &str) -> Error {
    Error::new(Code::BadInput, format!("cannot run in {}: {why}", folder.display()))
}

fn parse(said: &str) -> Option<Pane> {
    let mut words = said.split_whitespace();
    let pane = Pane {
        server_pid: words.next()?.parse().ok()?,
        server_start: words.next()?.parse().ok()?,
        session: words.next()?.to_owned(),
        window: words.next()?.to_owned(),
        pane: words.next()?.to_owned(),
        pane_pid: words.next()?.parse().ok()?,
    };
    (words.next().is_none() && pane.session.starts_with('$') && pane.pane.starts_with('%')).then_some(pane)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pane_is_read_whole_or_not_at_all() {
        let pane = parse("12 1795164199 $3 @4 %5 99\n").unwrap();
        assert_eq!((pane.session.as_str(), pane.window.as_str(), pane.pane.as_str()), ("$3", "@4", "%5"));
        for said in ["", "12 1 $3 @4 %5", "12 1 3 @4 %5 99", "12 1 $3 @4 %5 99 more", "x 1 $3 @4 %5 99"] {
            assert_eq!(parse(said), None, "{said}");
        }
    }
}
