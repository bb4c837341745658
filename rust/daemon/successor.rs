//! An update replaces the program's file while its daemon runs. The daemon then hands over to the new program, in a moment
//! without work, because killing a daemon at any moment loses nothing and an older one misses what newer clients ask.

use crate::contract::{Event, Notice};
use crate::core::Core;
use crate::foreign;
use crate::ops::program::{self, Build};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Weak;
use std::time::Duration;
use tokio::sync::mpsc::Sender;

/// How often the daemon looks at the file. A file that stayed the same in between is complete.
const BETWEEN: Duration = Duration::from_secs(2);
/// How long the new program may take to say its version.
const ANSWER: Duration = Duration::from_secs(10);

/// Waits until another build is where this program came from and nothing is being done; sends its path.
pub async fn wait(core: Weak<Core>, found: Sender<PathBuf>) {
    let Some(state) = core.upgrade().map(|core| core.state.clone()) else { return };
    let Some(own) = program::own_build(&state) else { return };
    let mut seen = None;
    let (mut refused, mut awaited) = (None, None);
    loop {
        tokio::time::sleep(BETWEEN).await;
        let path = own.path.clone();
        let now = foreign::within(&own.path, move || Build::at(&path)).await.ok().flatten();
        let Some(core) = core.upgrade() else { return };
        let is_complete = now.is_some() && now == seen;
        seen = now.clone();
        let Some(build) = now.filter(|build| is_complete && *build != own && refused.as_ref() != Some(build)) else {
            continue;
        };
        if core.hub.is_working() {
            if awaited.as_ref() != Some(&build) {
                log::info!("{} was replaced: the daemon finishes its work first", build.path.display());
                awaited = Some(build);
            }
            continue;
        }
        match version(&build.path).await {
            // A commit may have begun meanwhile.
            Ok(_) if core.hub.is_working() => {}
            Ok(version) => {
                log::info!("{} was replaced by {version}: the daemon hands over to it", build.path.display());
                core.hub.notify_everybody(&Event::Notice(Notice {
                    level: "info".into(),
                    text: format!("Chorus was updated ({version}). Its daemon restarts."),
                    hint: None,
                }));
                let _ = found.send(build.path).await;
                return;
            }
            Err(why) => {
                log::warn!("the daemon stays, because {} was replaced by a program that {why}", build.path.display());
                refused = Some(build);
            }
        }
    }
}

/// What the program says of itself, as `chorus 0.1.0`.
async fn version(path: &Path) -> Result<String, String> {
    let mut command = tokio::process::Command::new(path);
    command.arg("--version").env_clear().current_dir("/");
    let ended =
        crate::process::run(command, Vec::new(), ANSWER).await.map_err(|error| format!("does not run: {error}"))?;
    let text = crate::text::clean_line(ended.text().trim(), 60);
    match ended.code == Some(0) && text.starts_with("chorus ") {
        true => Ok(text),
        false => Err("does not say its version".to_owned()),
    }
}

/// Starts the daemon of that program. It waits for this one's lock.
pub fn start(program: &Path) {
    let started = std::process::Command::new(program).arg("daemon").current_dir("/").stdin(Stdio::null()).spawn();
    if let Err(error) = started {
        log::error!("cannot start {}: {error}; the next client does", program.display());
    }
}
