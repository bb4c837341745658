//! The folder that a command line is about.

use crate::contract::Code;
use crate::environment::variable;
use crate::error::{Error, Result};
use crate::project::has_git;
use std::path::{Path, PathBuf};

/// Where a folder is named, the strongest first.
const OPTION: &str = "--project";
const OWN: &str = "CHORUS_PROJECT_ROOT";
/// Other programs use this name too, so a repository in front of the person is stronger.
const SHARED: &str = "PROJECT_ROOT";

/// The folder, absolute, and the variable that decided when that may surprise.
pub fn folder(option: Option<&str>) -> Result<(PathBuf, Option<&'static str>)> {
    if let Some(whole) = option.map(Path::new).filter(|folder| folder.is_absolute()) {
        return chosen(whole, option, variable);
    }
    let here = std::env::current_dir().map_err(|error| {
        Error::new(Code::BadInput, format!("cannot tell the working folder: {error}"))
            .hint("go to a folder that is there, or name one with --project")
    })?;
    chosen(&here, option, variable)
}

fn chosen(
    here: &Path,
    option: Option<&str>,
    of: impl Fn(&str) -> Option<String>,
) -> Result<(PathBuf, Option<&'static str>)> {
    let named = option.map(|folder| (OPTION, folder.to_owned())).or_else(|| Some((OWN, of(OWN)?)));
    let named = named.or_else(|| Some((SHARED, of(SHARED).filter(|_| !has_git(here))?)));
    let Some((name, folder)) = named else { return Ok((here.to_owned(), None)) };
    // Only here a relative folder means what the person means.
    let absolute = here.join(&folder);
    // The tasks of a project whose folder is gone are still named by it.
    let is_whole_name = name == OPTION && Path::new(&folder).is_absolute();
    if !absolute.is_dir() && !is_whole_name {
        let why = format!("cannot find the project: {name} names {folder}, which is no folder");
        return Err(Error::new(Code::BadInput, why).hint(format!("correct {name}, or leave it out")));
    }
    Ok((absolute.canonicalize().unwrap_or(absolute), (name == SHARED).then_some(SHARED)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_resolved_here_and_must_exist() {
        let base = tempfile::tempdir().unwrap();
        let base = base.path().canonicalize().unwrap();
        for name in ["shop/.git", "shop/sub", "other", "plain"] {
            std::fs::create_dir_all(base.join(name)).unwrap();
        }
        let shop = base.join("shop/sub");
        let of = |here: &Path, option: Option<&str>, set: &'static [(&str, &str)]| {
            let variable =
                |name: &str| set.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
            chosen(here, option, variable)
        };
        assert_eq!(of(&shop, None, &[]).unwrap(), (shop.clone(), None));
        assert_eq!(of(&shop, None, &[(OWN, "..")]).unwrap(), (base.join("shop"), None));
        assert_eq!(of(&shop, Some("../../other"), &[(OWN, "..")]).unwrap(), (base.join("other"), None));
        // A repository is in front of the person.
        assert_eq!(of(&shop, None, &[(SHARED, "../../other")]).unwrap(), (shop.clone(), None));
        let plain = base.join("plain");
        assert_eq!(of(&plain, None, &[(SHARED, "../other")]).unwrap(), (base.join("other"), Some(SHARED)));
        let gone = base.join("gone");
        assert_eq!(of(&plain, gone.to_str(), &[]).unwrap(), (gone.clone(), None));
        for (option, set) in [(None, &[(OWN, "/app/gone")][..]), (Some("gone"), &[]), (None, &[(SHARED, "gone")])] {
            let error = of(&plain, option, set).unwrap_err();
            assert!(error.message.contains("no folder") && error.hint.is_some(), "{error}");
        }
    }
}
