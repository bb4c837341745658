//! A request from Lua through the bridge to the daemon and its answer back in Lua, beside a peer behind the same bridge
//! that reads nothing and answers nothing.

use super::stage::Stage;
use super::table::{Row, percentile};
use chorus_testkit::repository;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};

const SCRIPT: &str = include_str!("round_trip.lua");
const COUNT: usize = 1000;

/// What the peer sends for each message: a request to Neovim, `[0, 1, "nvim_exec_lua", ["answered()", []]]`.
const ANSWER: &[u8] = b"\x94\x00\x01\xadnvim_exec_lua\x92\xaaanswered()\x90";
/// What Neovim answers to that: `[1, 1, nil, nil]`.
const DONE: &[u8] = b"\x94\x01\x01\xc0\xc0";

/// One Neovim, both by turns of [`COUNT`].
pub fn measure(stage: &mut Stage) -> Result<Vec<Row>, String> {
    let sandbox = stage.sandbox();
    sandbox.json(["new", "--title", "A task of the bench"]);
    let peer = sandbox.root().join("echo");
    std::fs::create_dir(&peer).map_err(|error| error.to_string())?;
    let listener = UnixListener::bind(peer.join("sock")).map_err(|error| error.to_string())?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // The bridge goes with Neovim.
            let _ = echo(stream);
        }
    });
    let script = sandbox.write("round_trip.lua", SCRIPT);
    let mut command = sandbox.command("nvim");
    command.args(["--clean", "--headless", "-l"]).arg(script);
    command.env("BENCH_CHECKOUT", repository()).env("BENCH_CHORUS", stage.chorus());
    command.env("BENCH_ECHO", &peer).env("BENCH_COUNT", COUNT.to_string());
    let output = command.output().map_err(|error| format!("cannot run Neovim: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let times = |name: &str| -> Vec<f64> {
        text.lines().filter_map(|line| line.strip_prefix(name)?.trim().parse().ok()).collect()
    };
    let (mut ours, mut echoes) = (times("chorus"), times("echo"));
    if ours.len() != COUNT || echoes.len() != COUNT {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let mut row = |share: f64, budget: Option<f64>| Row {
        name: format!("request, Lua → daemon → Lua, p{:.0}", share * 100.0),
        value: percentile(&mut ours, share),
        unit: "ms",
        budget,
        baseline: Some(("bare echo over the same bridge".into(), percentile(&mut echoes, share))),
    };
    Ok(vec![row(0.5, Some(0.5)), row(0.99, None)])
}

fn echo(mut stream: UnixStream) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer)?;
        let message = &buffer[..read];
        let more = message.strip_prefix(DONE).unwrap_or(message);
        if read == 0 {
            return Ok(());
        }
        if !more.is_empty() {
            stream.write_all(ANSWER)?;
        }
    }
}
