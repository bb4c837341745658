//! Finding the files and reading them.

use super::{FILE, Loaded, Narrowing, Source, load, load_with};
use crate::foreign::fs;
use crate::policy::{Action, Rule};
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
#[derive(Clone, Debug)]
pub struct Files {
    user: Option<ReadFile>,
    project: Option<ReadFile>,
    /// The text of the project's file that a person trusts.
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

    /// With the text of the project's file that a person trusts.
    pub fn trusting(self, trusted: Option<String>) -> Files {
        Files { trusted, ..self }
    }

    /// The user's text; empty where there is no file.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn of_user(&self) -> Result<String, String> {
        self.user.as_ref().map_or(Ok(None), |(_, text)| text.clone()).map(Option::unwrap_or_default)
    }

    /// As they would be with this text of the user's.
    pub fn with_user(&self, text: &str) -> Files {
        let user = self.user.as_ref().map(|(path, _)| (path.clone(), Ok(Some(text.to_owned()))));
        Files { user, ..self.clone() }
    }

    /// What they amount to, where no good text is known from before.
    pub fn load(self, environment: &BTreeMap<String, String>) -> Loaded {
        GoodFiles::default().load(self, environment)
    }
}

/// [`Files::read`] for the daemon, which does not wait for a file system that does not answer.
pub async fn find(project: Option<&Path>, environment: &BTreeMap<String, String>) -> Files {
    let place = project.map(Path::to_owned).or(files(None, environment).0).unwrap_or_default();
    let (root, variables) = (project.map(Path::to_owned), environment.clone());
    let read = crate::foreign::within(&place, move || Files::read(root.as_deref(), &variables)).await;
    read.unwrap_or_else(|error| Files::unread(project, environment, &error.to_string()))
}

/// Reads the files and loads what can be used of them. One that cannot be read is a fault, one that is not there is not.
pub fn read(project: Option<&Path>, environment: &BTreeMap<String, String>) -> Loaded {
    Files::read(project, environment).load(environment)
}

/// The last good text of each file. It is used while the file has a fault, whatever the other file says, so that
/// a broken file neither lifts a restriction nor keeps one in the other file from counting.
#[derive(Debug, Default)]
pub struct GoodFiles {
    texts: BTreeMap<PathBuf, String>,
}

impl GoodFiles {
    /// The configuration to use now that the files read like that.
    pub fn load(&mut self, files: Files, environment: &BTreeMap<String, String>) -> Loaded {
        let home = home_of(environment);
        let mut notes = Notes::default();
        let of_user = |source: Source| load(Some(source), None, false, &home).faults;
        let user = files.user.and_then(|file| self.pick(file, of_user, &mut notes));
        // Which agents there are, of whose keys a project may set some, the user's file says.
        let known = user.clone().map_or_else(Vec::new, |user| load(Some(user), None, false, &home).faults);
        let trusted = files.trusted;
        let is_trusted = |text: &str| trusted.as_deref() == Some(text);
        let of_project = |source: Source| {
            let counts = is_trusted(&source.1);
            let mut faults = load(user.clone(), Some(source), counts, &home).faults;
            faults.retain(|fault| !known.contains(fault));
            faults
        };
        let path_of_project = files.project.as_ref().map(|(path, _)| path.clone());
        let is_gone = matches!(files.project, Some((_, Ok(None))));
        let project = files.project.and_then(|file| self.pick(file, of_project, &mut notes));
        let Notes { faults, gap, kept } = notes;
        let counts = project.as_ref().is_some_and(|(_, text)| is_trusted(text));
        let earlier = trusted.filter(|_| !counts).zip(path_of_project);
        let rules = earlier.map_or_else(Vec::new, |(text, path)| narrowing((path, text), &home));
        let mut loaded = load_with(user, project, counts, Narrowing { rules, is_gone }, environment);
        // Those of the files themselves are known already; what is left is the environment's.
        loaded.faults.retain(|fault| !faults.contains(fault));
        loaded.faults.splice(0..0, faults);
        loaded.notices.splice(0..0, kept);
        loaded.gap = gap.or(loaded.gap);
        loaded
    }

    /// The text of a file that is to be used: what it holds now, or its last good one where `faults` finds some in that.
    fn pick(&mut self, file: ReadFile, faults: impl Fn(Source) -> Vec<String>, notes: &mut Notes) -> Option<Source> {
        let (path, found) = file;
        let of = |text: &String| faults((path.clone(), text.clone()));
        let wrong = match &found {
            Ok(text) => text.as_ref().map(of).unwrap_or_default(),
            Err(why) => vec![format!("{}: cannot be read: {why}", path.display())],
        };
        let Some(first) = wrong.first().cloned() else {
            let Some(text) = found.ok().flatten() else {
                self.texts.remove(&path);
                return None;
            };
            self.texts.insert(path.clone(), text.clone());
            return Some((path, text));
        };
        notes.faults.extend(wrong);
        // One that was good may have a fault beside another file of the user's.
        match self.texts.get(&path).filter(|good| of(good).is_empty()) {
            Some(good) => {
                notes
                    .kept
                    .push(format!("{}: its last good version stays until the fault is corrected", path.display()));
                Some((path, good.clone()))
            }
            None => {
                notes.gap.get_or_insert(first);
                Some((path, found.ok().flatten()?))
            }
        }
    }
}

/// What the text of a project's file denies and asks about. Whoever changes the file, or takes it away, lifts none of it.
fn narrowing(trusted: Source, home: &BTreeMap<String, String>) -> Vec<Rule> {
    let rules = load(None, Some(trusted), true, home).config.policy.rules.rules;
    rules.into_iter().filter(|rule| rule.action != Action::Allow).collect()
}

/// What a person should know of the files.
#[derive(Default)]
struct Notes {
    faults: Vec<String>,
    /// The first fault of a file that has no good version.
    gap: Option<String>,
    kept: Vec<String>,
}

/// What a file's values may depend on.
fn home_of(environment: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    environment.iter().filter(|(name, _)| *name == "HOME").map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The file's text, if there is a file. A project can put anything there, so a pipe or device is not opened.
fn text(path: &Path) -> Result<Option<String>, String> {
    match crate::foreign::text(path, LIMIT) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // A link means that the person keeps a file elsewhere, although it cannot be reached now.
            let is_link = fs::symlink_metadata(path).is_ok();
            if is_link { Err("it is a link to a file that is not there".into()) } else { Ok(None) }
        }
        read => read.map(Some).map_err(|error| error.to_string()),
    }
}
