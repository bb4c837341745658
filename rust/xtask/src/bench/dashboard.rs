//! The dashboard with 500 tasks: one of them changes, until that is on screen. Neovim runs in a terminal of tmux.

use super::stage::Stage;
use super::table::{Row, percentile};
use chorus_testkit::{repository, wait_for};

const SCRIPT: &str = include_str!("dashboard.lua");

/// Beside a buffer whose 500 lines are set at once.
pub fn measure(stage: &mut Stage) -> Result<Vec<Row>, String> {
    let sandbox = stage.sandbox();
    let script = sandbox.write("dashboard.lua", SCRIPT);
    let output = sandbox.root().join("times");
    let nvim = sandbox.root().join("bin/nvim");
    let line = format!(
        "BENCH_CHECKOUT='{}' BENCH_OUTPUT='{}' exec '{}' --clean -S '{}'",
        repository().display(),
        output.display(),
        nvim.display(),
        script.display()
    );
    let opened = sandbox.tmux(["-f", "/dev/null", "new-session", "-d", "-x", "160", "-y", "50", &line]);
    opened.ok_or("tmux opens no session")?;
    // tmux goes with its only session, which goes with Neovim.
    wait_for("Neovim to finish", || sandbox.tmux(["list-sessions"]).is_none().then_some(()));
    let text = std::fs::read_to_string(&output).unwrap_or_default();
    let column = |name: &str, column: usize| -> Vec<f64> {
        let of = |line: &str| line.strip_prefix(name)?.split_whitespace().nth(column)?.parse().ok();
        text.lines().filter_map(of).collect()
    };
    let row = |name: &str, at: usize, share: f64, budget: f64| Row {
        name: format!("dashboard of 500 tasks, {name}, p{:.0}", share * 100.0),
        value: percentile(&mut column("chorus", at), share),
        unit: "ms",
        budget: Some(budget),
        baseline: Some(("nvim_buf_set_lines of 500 lines".into(), percentile(&mut column("plain", at), share))),
    };
    if column("plain", 0).is_empty() {
        return Err(format!("Neovim ended early: {text}"));
    }
    Ok(vec![
        row("change → drawn", 0, 0.5, 16.0),
        row("change → drawn", 0, 0.99, 16.0),
        row("loop held", 1, 0.5, 5.0),
        row("loop held", 1, 0.99, 5.0),
    ])
}
