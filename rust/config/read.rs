//! Finding the files and reading them.

use super::{FILE, Loaded, Source, fingerprint, load};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Bytes of a configuration file.
const LIMIT: u64 = 1_000_000;

/// Where the user's file and the project's are looked for, for [`read`] and for watching them.
/// The user's is `$XDG_CONFIG_HOME/chorus/chorus.toml`, else below `~/.config`.
pub fn files(project: Option<&Path>, environment: &BTreeMap<String, String>) -> (Option<PathBuf>, Option<PathBuf>) {
    let folder = |name: &str| environment.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")));
    let user = base.map(|base| base.join("chorus").join(FILE));
    let project = project.map(|project| project.join(FILE)).filter(|project| Some(project) != user.as_ref());
    (user, project)
}

/// The text of the user's file and of the project's as they are now, or why one cannot be read.
pub struct Files {
    user: Option<ReadFile>,
    project: Option<ReadFile>,
    /// The fingerprint of the project's file that a person trusts.
    trusted: Option<String>,
}

/// A path, and what is there: a text, nothing, or what cannot be read.
type ReadFile = (PathBuf, Result<Option<String>, String>);

impl Files {
    /// Reads both.
    pub fn read(project: Option<&Path>, environment: &BTreeMap<String, String>) -> Files {
        let read = |path: PathBuf| {
            let text = text(&path);
            (path, text)
        };
        let (user, project) = files(project, environment);
        Files { user: user.map(read), project: project.map(read), trusted: None }
    }

    /// Both where none could be read, and why.
    pub fn unread(project: Option<&Path>, environment: &BTreeMap<String, String>, why: &str) -> Files {
        let unread = |path: PathBuf| (path, Err(why.to_owned()));
        let (user, project) = files(project, environment);
        Files { user: user.map(unread), project: project.map(unread), trusted: None }
    }

    /// With the fingerprint of the project's file that a person trusts.
    pub fn trusting(self, trusted: Option<String>) -> Files {
        Files { trusted, ..self }
    }
}

/// Reads the files and loads what can be used of them. One that cannot be read is a fault, one that is not there is not.
pub fn read(project: Option<&Path>, environment: &BTreeMap<String, String>) -> Loaded {
    GoodFiles::default().load(Files::read(project, environment), environment)
}

/// The last good text of each file. It is used while the file has a fault, whatever the other file says, so that
/// a broken file neither lifts a restriction nor keeps one in the other file from counting.
#[derive(Debug, Default)]
pub struct GoodFiles {
    texts: BTreeMap<PathBuf, GoodFile>,
}

/// A text, and whether it was good with what counts only in a file that is trusted.
type GoodFile = (String, bool);

impl GoodFiles {
    /// The configuration to use now that the files read like that.
    pub fn load(&mut self, files: Files, environment: &BTreeMap<String, String>) -> Loaded {
        let (mut faults, mut gap, mut kept) = (Vec::new(), None, Vec::new());
        let trusted = files.trusted;
        let is_trusted = |text: &str| trusted.as_ref().is_some_and(|trusted| *trusted == fingerprint(text));
        let mut pick = |file: Option<ReadFile>, is_users: bool| -> Option<Source> {
            let (path, found) = file?;
            let counts = found.as_ref().ok().and_then(Option::as_deref).is_some_and(|text| is_users || is_trusted(text));
            let wrong = match &found {
                Ok(None) => Vec::new(),
                Ok(Some(text)) if self.texts.get(&path).is_some_and(|good| good.0 == *text && good.1 == counts) => {
                    Vec::new()
                }
                Ok(Some(text)) => {
                    let alone = Some((path.clone(), text.clone()));
                    let (user, project) = if is_users { (alone, None) } else { (None, alone) };
                    load(user, project, counts, &home_of(environment)).faults
                }
                Err(why) => vec![format!("{}: cannot be read: {why}", path.display())],
            };
            let Some(first) = wrong.first().cloned() else {
                let Some(text) = found.ok().flatten() else {
                    self.texts.remove(&path);
                    return None;
                };
                self.texts.insert(path.clone(), (text.clone(), counts));
                return Some((path, text));
            };
            faults.extend(wrong);
            match self.texts.get(&path) {
                Some(good) => {
                    kept.push(format!("{}: its last good version stays until the fault is corrected", path.display()));
                    Some((path, good.0.clone()))
                }
                None => {
                    gap.get_or_insert(first);
                    Some((path, found.ok().flatten()?))
                }
            }
        };
        let (user, project) = (pick(files.user, true), pick(files.project, false));
        let is_trusted = project.as_ref().is_some_and(|(_, text)| is_trusted(text));
        let mut loaded = load(user, project, is_trusted, environment);
        // Those of the files themselves are known already; what is left is the environment's.
        loaded.faults.retain(|fault| !faults.contains(fault));
        loaded.faults.splice(0..0, faults);
        loaded.notices.splice(0..0, kept);
        loaded.gap = gap.or(loaded.gap);
        loaded
    }
}

/// What a file's values may depend on.
fn home_of(environment: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    environment.iter().filter(|(name, _)| *name == "HOME").map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The file's text, if there is a file. A project can put anything there, so a pipe or device is not opened.
fn text(path: &Path) -> Result<Option<String>, String> {
    match crate::foreign::text(path, LIMIT) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // Whoever keeps the file elsewhere and links to it has one, although it is away.
            let is_link = std::fs::symlink_metadata(path).is_ok();
            if is_link { Err("it is a link to a file that is not there".into()) } else { Ok(None) }
        }
        read => read.map(Some).map_err(|error| error.to_string()),
    }
}
