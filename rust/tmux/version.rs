//! Which tmux this is.

use std::fmt;

/// What to do about a missing or old tmux.
pub(super) const INSTALL: &str =
    "install tmux 3.2 or newer: `apt install tmux`, `dnf install tmux`, `pacman -S tmux` or `brew install tmux`";

/// A release such as 3.3a, or a snapshot between releases.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TmuxVersion {
    major: u32,
    minor: u32,
    patch: String,
}

impl TmuxVersion {
    /// The first with everything Chorus asks for: `run-shell -C`, `copy-mode -q`, extended keys.
    pub const OLDEST: TmuxVersion = TmuxVersion { major: 3, minor: 2, patch: String::new() };

    /// Reads the output of `tmux -V`: `tmux 3.3a`, `tmux next-3.6`, `tmux master`, `tmux openbsd-7.4`.
    pub fn parse(said: &str) -> Option<TmuxVersion> {
        let word = said.strip_prefix("tmux ")?.trim();
        // Snapshots without a number of their own: built from the newest source, or shipped with the system.
        if word == "master" || word.starts_with("openbsd-") {
            return Some(TmuxVersion { major: u32::MAX, minor: 0, patch: word.to_owned() });
        }
        let (major, rest) = word.strip_prefix("next-").unwrap_or(word).split_once('.')?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (minor, patch) = rest.split_at(end);
        let patch = patch.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        Some(TmuxVersion { major: major.parse().ok()?, minor: minor.parse().ok()?, patch })
    }
}

impl fmt::Display for TmuxVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.major == u32::MAX {
            return f.write_str(&self.patch);
        }
        write!(f, "{}.{}{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(said: &str) -> TmuxVersion {
        TmuxVersion::parse(said).unwrap()
    }

    #[test]
    fn releases_are_in_order() {
        let said = ["tmux 2.9a", "tmux 3.1c", "tmux 3.2-rc3", "tmux 3.3a", "tmux next-3.6", "tmux 3.7c\n", "tmux 3.10"];
        let found: Vec<TmuxVersion> = said.map(version).into();
        assert!(found.is_sorted(), "{found:?}");
        assert!(version("tmux 3.1c") < TmuxVersion::OLDEST && TmuxVersion::OLDEST <= version("tmux 3.2"));
        assert!(version("tmux openbsd-7.4") > TmuxVersion::OLDEST && version("tmux master") > TmuxVersion::OLDEST);
        assert_eq!(version("tmux 3.7c\n").to_string(), "3.7c");
    }

    #[test]
    fn other_output_is_no_version() {
        for said in ["", "tmux", "tmux x", "screen 4.9.0", "tmux a.b", "tmux 3"] {
            assert_eq!(TmuxVersion::parse(said), None, "{said}");
        }
    }
}
