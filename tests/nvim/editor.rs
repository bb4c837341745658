//! A Neovim in a terminal of its own, used as a person uses it: keys go in through tmux, the screen is read back. What
//! the screen cannot tell is asked over Neovim's own socket.

use chorus_testkit::tools::Tool;
use chorus_testkit::{Sandbox, wait, wait_for, wait_until};
use rmpv::Value;
use serde_json::Value as Json;
use std::cell::RefCell;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// Statusline with the badge in brackets, so that an empty one shows too.
const INIT: &str = "vim.opt.runtimepath:prepend(ROOT)
vim.g.chorus = { binary = BINARY, dashboard = { preview = 'off' } }
vim.o.swapfile = false
vim.o.termguicolors = true
vim.o.statusline = \"%f [%{%v:lua.require'chorus.statusline'.text()%}]\"
_G.heard = {}
vim.api.nvim_create_autocmd('User', {
  pattern = 'Chorus*',
  callback = function(event)
    table.insert(_G.heard, { name = event.match, data = event.data })
  end,
})
";

/// One open Neovim. Dropped, its terminal goes and it with it.
pub struct Editor<'a> {
    world: &'a Sandbox,
    terminal: PathBuf,
    socket: PathBuf,
    rpc: RefCell<Option<UnixStream>>,
}

impl<'a> Editor<'a> {
    /// Opens it in the project, on 120x40, at rest after its start.
    #[track_caller]
    pub fn open(world: &'a Sandbox, nvim: &Tool) -> Editor<'a> {
        Editor::open_sized(world, nvim, (120, 40), &[])
    }

    /// Opens it on a terminal of that many columns and lines, with these arguments.
    #[track_caller]
    pub fn open_sized(world: &'a Sandbox, nvim: &Tool, size: (u16, u16), args: &[&str]) -> Editor<'a> {
        let number = (1..).find(|number| !world.root().join(format!("tmux/screen-{number}")).exists()).unwrap_or(1);
        let terminal = world.root().join(format!("tmux/screen-{number}"));
        let socket = world.root().join(format!("tmp/nvim-{number}"));
        let quoted = |path: &Path| format!("'{}'", path.display());
        let init = INIT.replace("ROOT", &quoted(chorus_testkit::repository()));
        let init = init.replace("BINARY", &quoted(Path::new(env!("CARGO_BIN_EXE_chorus"))));
        let init = world.write("init.lua", &init);
        let mut command = world.command("tmux");
        command.arg("-S").arg(&terminal).args(["-f", "/dev/null", "new-session", "-d"]);
        command.args(["-x", &size.0.to_string(), "-y", &size.1.to_string(), "--"]);
        command.arg(&nvim.path).arg("--clean").arg("-u").arg(init).arg("--listen").arg(&socket).args(args);
        assert!(command.status().expect("tmux runs").success(), "Neovim's terminal opens");
        let editor = Editor { world, terminal, socket, rpc: RefCell::default() };
        let is_up = || UnixStream::connect(&editor.socket).is_ok();
        wait_until("Neovim listens", is_up);
        editor.wait_lua("Neovim has started", "vim.v.vim_did_enter == 1");
        editor
    }

    fn tmux(&self, args: &[&str]) -> String {
        let output = self.world.command("tmux").arg("-S").arg(&self.terminal).args(args).output().expect("tmux runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Presses keys, by tmux's names of them.
    pub fn press(&self, keys: &[&str]) {
        let mut args = vec!["send-keys"];
        args.extend(keys);
        self.tmux(&args);
    }

    /// Types text as it is.
    pub fn types(&self, text: &str) {
        self.tmux(&["send-keys", "-l", "--", text]);
    }

    /// Leaves every mode for Normal. Escape and the next key must not come together: that would be an Alt key.
    #[track_caller]
    pub fn escape(&self) {
        self.press(&["Escape"]);
        wait_until("Normal mode", || self.mode() == "n");
    }

    /// Types a command line and runs it.
    pub fn command(&self, command: &str) {
        self.types(command);
        self.press(&["Enter"]);
    }

    /// The screen as plain text.
    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// The title of its terminal, which programs set by an escape sequence.
    pub fn title(&self) -> String {
        self.tmux(&["display-message", "-p", "#{pane_title}"])
    }

    /// The screen with its colours as escapes.
    pub fn colours(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-e"])
    }

    /// Waits until the screen holds `text`.
    #[track_caller]
    pub fn sees(&self, text: &str) {
        self.sees_that(text, |screen| screen.contains(text));
    }

    /// Waits until the screen does not hold `text` any more.
    #[track_caller]
    pub fn sees_no(&self, text: &str) {
        self.sees_that(&format!("no {text}"), |screen| !screen.contains(text));
    }

    /// Waits until `holds` is true of the screen.
    #[track_caller]
    pub fn sees_that(&self, what: &str, holds: impl Fn(&str) -> bool) {
        let began = std::time::Instant::now();
        loop {
            let screen = self.screen();
            if holds(&screen) {
                return;
            }
            assert!(began.elapsed() < wait::LIMIT, "waited in vain to see {what}; on screen is\n{screen}");
            std::thread::sleep(wait::pause(began.elapsed()));
        }
    }

    /// The line of the screen that holds `text`.
    #[track_caller]
    pub fn line(&self, text: &str) -> String {
        self.sees(text);
        let screen = self.screen();
        screen.lines().find(|line| line.contains(text)).unwrap_or_default().to_owned()
    }

    /// What a Lua expression is in this Neovim. It answers only while the editor is not held up.
    #[track_caller]
    pub fn lua(&self, expression: &str) -> Json {
        let code = format!("local value = {expression}; return vim.json.encode(value == nil and vim.NIL or value)");
        let arguments = vec![code.into(), Value::Array(Vec::new())];
        let text = self.call("nvim_exec_lua", arguments);
        serde_json::from_str(text.as_str().expect("JSON")).expect("JSON")
    }

    /// Runs Lua statements in this Neovim.
    #[track_caller]
    pub fn run_lua(&self, code: &str) {
        self.call("nvim_exec_lua", vec![code.into(), Value::Array(Vec::new())]);
    }

    /// Waits until a Lua expression is neither nil nor false; its value.
    #[track_caller]
    pub fn wait_lua(&self, what: &str, expression: &str) -> Json {
        let began = std::time::Instant::now();
        loop {
            let value = self.lua(expression);
            if !value.is_null() && value != Json::Bool(false) {
                return value;
            }
            let is_late = began.elapsed() > wait::LIMIT;
            assert!(!is_late, "waited in vain: {what}; on screen is\n{}", self.screen());
            std::thread::sleep(wait::pause(began.elapsed()));
        }
    }

    /// The mode, as `nvim_get_mode` names it; asked even while Neovim waits for a key.
    #[track_caller]
    pub fn mode(&self) -> String {
        let mode = self.call("nvim_get_mode", Vec::new());
        let fields = mode.as_map().expect("a map");
        let found = fields.iter().find(|(name, _)| name.as_str() == Some("mode"));
        found.and_then(|(_, mode)| mode.as_str()).expect("a mode").to_owned()
    }

    /// Everything said so far, line by line.
    #[track_caller]
    pub fn said(&self) -> Vec<String> {
        let said = self.lua("vim.api.nvim_exec2('messages', { output = true }).output");
        said.as_str().unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Data of the `User` events of that name so far.
    #[track_caller]
    pub fn heard(&self, name: &str) -> Vec<Json> {
        let heard = self.lua("_G.heard");
        let heard = heard.as_array().cloned().unwrap_or_default();
        heard.into_iter().filter(|event| event["name"] == name).map(|event| event["data"].clone()).collect()
    }

    /// Waits for the first `User` event of that name; all of them so far.
    #[track_caller]
    pub fn hears(&self, name: &str) -> Vec<Json> {
        wait_until(&format!("the event {name}"), || !self.heard(name).is_empty());
        self.heard(name)
    }

    /// Waits until the badge is that.
    #[track_caller]
    pub fn badge(&self, badge: &str) {
        self.wait_lua(&format!("the badge {badge:?}"), &format!("(vim.g.chorus_status or '') == '{badge}'"));
    }

    /// Process id of the Neovim that edits; the one in the terminal may be only its screen.
    #[track_caller]
    pub fn pid(&self) -> u32 {
        self.lua("vim.uv.os_getpid()").as_u64().and_then(|pid| pid.try_into().ok()).expect("a pid")
    }

    /// Kills it with SIGKILL.
    #[track_caller]
    pub fn kill(self) {
        chorus_testkit::processes::kill(self.pid());
        wait_until("Neovim is gone", || UnixStream::connect(&self.socket).is_err());
    }

    /// Leaves with `:qall!`.
    #[track_caller]
    pub fn quit(self) {
        self.escape();
        self.command(":qall!");
        wait_until("Neovim is gone", || UnixStream::connect(&self.socket).is_err());
    }

    #[track_caller]
    fn call(&self, method: &str, arguments: Vec<Value>) -> Value {
        let mut rpc = self.rpc.borrow_mut();
        let stream = rpc.get_or_insert_with(|| {
            let stream = wait_for("Neovim's socket", || UnixStream::connect(&self.socket).ok());
            stream.set_read_timeout(Some(wait::LIMIT)).expect("a limit");
            stream
        });
        let message = Value::Array(vec![0.into(), 1.into(), method.into(), Value::Array(arguments)]);
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, &message).expect("a message");
        stream.write_all(&bytes).expect("Neovim listens");
        let answer = rmpv::decode::read_value(stream).unwrap_or_else(|error| {
            panic!("Neovim does not answer {method} ({error}); on screen is\n{}", self.tmux(&["capture-pane", "-p"]))
        });
        let [_, _, error, result] = answer.as_array().expect("an answer").as_slice() else { panic!("an answer") };
        assert!(error.is_nil(), "{method}: {error}; asked {message}");
        result.clone()
    }
}

impl Drop for Editor<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the screen at the end:\n{}", self.screen());
        }
        self.tmux(&["kill-server"]);
    }
}
