//! `cargo xtask try`: Neovim with the plugin and nothing of the user's configuration, ready for `:ChorusNew`.

mod scratch;

use crate::{Outcome, cargo};
use chorus_testkit::processes::{self, Process};
use chorus_testkit::repository;
use chorus_testkit::tools::{self, Missing, cache, debian, on_path};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The stand-in where there is no `claude`, in the user's configuration file of the tried Neovim.
const DEMO: &str = "[agent]\ndefault = \"demo\"\n";

#[derive(Default)]
struct Options {
    folder: Option<PathBuf>,
    demo: bool,
    reset: bool,
    nvim: Vec<String>,
}

/// Builds, gets what is missing, opens Neovim; true when Neovim ended well.
pub fn run(arguments: &[String]) -> Outcome {
    let options = parse(arguments)?;
    let root = cache().join("try");
    if options.reset {
        return reset(&root).map(|()| true);
    }
    for needed in ["git", "cc"] {
        on_path(needed).ok_or_else(|| format!("needs {needed}: install it, so that it is on PATH"))?;
    }
    let binary = cargo::build()?;
    let nvim = nvim()?;
    let io = |error: std::io::Error| format!("cannot write {}: {error}", root.display());
    let bin = root.join("bin");
    std::fs::create_dir_all(&bin).map_err(io)?;
    let path = std::env::join_paths([bin.clone()].into_iter().chain(path_folders()));
    link(&bin.join("tmux"), tmux()?.as_deref()).map_err(io)?;

    let demo = options.demo || on_path("claude").is_none();
    let init = root.join("init.lua");
    std::fs::write(&init, init_lua(&binary)).map_err(io)?;

    let mut command = Command::new(nvim);
    command.args(["--clean", "-u"]).arg(&init).env("PATH", path.map_err(|error| error.to_string())?);
    for inherited in ["NVIM", "VIMINIT", "NVIM_APPNAME"] {
        command.env_remove(inherited);
    }
    let is_scratch = options.folder.is_none();
    let xdg = root.join("xdg");
    if demo || is_scratch {
        let config = xdg.join("config/chorus");
        std::fs::create_dir_all(&config).map_err(io)?;
        std::fs::write(config.join("chorus.toml"), if demo { DEMO } else { "" }).map_err(io)?;
        command.env("XDG_CONFIG_HOME", xdg.join("config"));
    }
    match options.folder {
        Some(folder) => command.current_dir(folder),
        None => {
            let project = root.join("project");
            scratch::make(&project, demo)?;
            for (name, folder) in [("XDG_DATA_HOME", "data"), ("XDG_STATE_HOME", "state"), ("XDG_CACHE_HOME", "cache")]
            {
                command.env(name, xdg.join(folder));
            }
            command.env("CHORUS_STATE_DIR", root.join("chorus")).env("CHORUS_TMUX_SOCKET", root.join("tmux.sock"));
            command.current_dir(project)
        }
    };
    command.args(options.nvim).args(is_scratch.then_some("README.md"));
    let status = cargo::forget(&mut command).status().map_err(|error| format!("cannot run Neovim: {error}"))?;
    if is_scratch && root.join("tmux.sock").exists() {
        println!("Tasks go on without Neovim. Back to them: cargo xtask try. End them: cargo xtask try --reset");
    }
    Ok(status.success())
}

fn parse(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--demo" => options.demo = true,
            "--reset" => options.reset = true,
            "--" => options.nvim = rest.by_ref().cloned().collect(),
            flag if flag.starts_with('-') => return Err(format!("there is no option {flag}")),
            folder if options.folder.is_none() => {
                let path =
                    Path::new(folder).canonicalize().map_err(|error| format!("cannot open {folder}: {error}"))?;
                options.folder = Some(path);
            }
            _ => return Err("one folder at most".into()),
        }
    }
    Ok(options)
}

/// Ends everything that runs in the scratch repository and removes it.
fn reset(root: &Path) -> Result<(), String> {
    let state = root.join("chorus");
    if processes::naming(&state).iter().any(|process| is_program(process, "nvim")) {
        return Err("Neovim is still open in the scratch repository: leave it first".into());
    }
    let daemon = || processes::naming(&state).into_iter().filter(is_daemon).collect();
    processes::end(daemon);
    let socket = root.join("tmux.sock");
    if let (Some(tmux), true) = (tmux().ok().flatten().or_else(|| on_path("tmux")), socket.exists()) {
        let _ = Command::new(tmux).arg("-S").arg(socket).arg("kill-server").output();
    }
    // The last hook of an agent that ends with its pane starts the daemon once more.
    processes::end(|| processes::naming(&state).into_iter().filter(|process| is_program(process, "chorus")).collect());
    match std::fs::remove_dir_all(root) {
        Err(error) if root.exists() => Err(format!("cannot remove {}: {error}", root.display())),
        _ => Ok(()),
    }
}

fn is_daemon(process: &Process) -> bool {
    process.argv.get(1).is_some_and(|argument| argument == "daemon")
}

fn is_program(process: &Process, name: &str) -> bool {
    process.argv.first().and_then(|path| Path::new(path).file_name()).is_some_and(|file| file == name)
}

fn path_folders() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

fn nvim() -> Result<PathBuf, String> {
    let here = on_path("nvim").and_then(tools::nvim).filter(|nvim| nvim.is_at_least(0, 10));
    match here {
        Some(nvim) => Ok(nvim.path),
        None => fetch(&debian::NVIM_NEWEST),
    }
}

/// Nothing where the one on PATH will do.
fn tmux() -> Result<Option<PathBuf>, String> {
    let here = on_path("tmux").and_then(tools::tmux).filter(|tmux| tmux.is_at_least(3, 2));
    match here {
        Some(_) => Ok(None),
        None => fetch(&debian::TMUX_NEWEST).map(Some),
    }
}

fn fetch(package: &debian::Package) -> Result<PathBuf, String> {
    if package.cached().is_none() {
        println!("fetching {} into {}", package.name, package.prefix().display());
    }
    package.obtain().map_err(|Missing(why)| why)
}

fn link(link: &Path, program: Option<&Path>) -> std::io::Result<()> {
    let _ = std::fs::remove_file(link);
    program.map_or(Ok(()), |program| std::os::unix::fs::symlink(program, link))
}

/// `%q` of Lua for a path.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n"))
}

fn init_lua(binary: &Path) -> String {
    let checkout = repository().canonicalize().unwrap_or_else(|_| repository().to_owned());
    format!(
        "vim.opt.runtimepath:prepend({})\n\
         vim.g.chorus = {{ binary = {} }}\n\
         vim.o.swapfile = false\n\
         vim.o.termguicolors = true\n\
         vim.o.statusline = \"%<%f %h%m%r%=%{{%v:lua.require'chorus.statusline'.text({{'click':v:true}})%}}  %-14.(%l,%c%V%) %P\"\n\
         pcall(vim.cmd.helptags, {})\n",
        quoted(&checkout),
        quoted(binary),
        quoted(&checkout.join("doc")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_the_rest_is_for_neovim() {
        let words = ["/", "--demo", "--", "--headless", "+q"].map(str::to_owned);
        let options = parse(&words).unwrap();
        assert_eq!((options.folder, options.demo, options.nvim.len()), (Some("/".into()), true, 2));
        assert!(parse(&["--nope".to_owned()]).is_err());
    }

    #[test]
    fn a_path_is_quoted_for_lua() {
        assert_eq!(quoted(Path::new("/a'b\\c")), "'/a\\'b\\\\c'");
    }
}
