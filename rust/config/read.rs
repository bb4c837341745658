//! Finding the files and reading them.

use super::{FILE, Loaded, Source, load};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Bytes of a configuration file.
const LIMIT: u64 = 1_000_000;

/// Where the user's file and the project's are looked for, for [`read`] and for whoever watches them.
/// The user's is `$XDG_CONFIG_HOME/chorus/chorus.toml`, else below `~/.config`.
pub fn files(project: Option<&Path>, environment: &BTreeMap<String, String>) -> (Option<PathBuf>, Option<PathBuf>) {
    let folder = |name: &str| environment.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")));
    let user = base.map(|base| base.join("chorus").join(FILE));
    let project = project.map(|project| project.join(FILE)).filter(|project| Some(project) != user.as_ref());
    (user, project)
}

/// Reads the files and loads them. One that cannot be read is a fault, one that is not there is not.
pub fn read(project: Option<&Path>, environment: &BTreeMap<String, String>) -> Loaded {
    let (user, project) = files(project, environment);
    let mut faults = Vec::new();
    let mut source = |path: Option<PathBuf>| -> Option<Source> {
        let path = path?;
        match text(&path) {
            Ok(text) => Some((path, text?)),
            Err(why) => {
                faults.push(format!("{}: cannot be read: {why}", path.display()));
                None
            }
        }
    };
    let (user, project) = (source(user), source(project));
    let mut loaded = load(user, project, environment);
    loaded.faults.splice(0..0, faults);
    loaded
}

/// The file's text, if there is a file. A project can put anything there, so a pipe or device is not opened.
fn text(path: &Path) -> Result<Option<String>, String> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
        Ok(found) if !found.is_file() => return Err("it is not a file".into()),
        Ok(_) => {}
    }
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes));
    read.map_err(|error| error.to_string())?;
    if bytes.len() as u64 > LIMIT {
        return Err(format!("it is larger than {LIMIT} bytes"));
    }
    String::from_utf8(bytes).map(Some).map_err(|_| "it is not UTF-8".into())
}
