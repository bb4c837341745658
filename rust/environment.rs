//! The environment of this process, read in one place.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// Every variable whose name and value are UTF-8.
pub fn variables() -> BTreeMap<String, String> {
    let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    std::env::vars_os().filter_map(text).collect()
}

/// The variables whose names are chosen, whatever their values, for a program that gets no others.
pub fn chosen(is_chosen: impl Fn(&str) -> bool) -> Vec<(OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(&is_chosen)).collect()
}

/// One variable; nothing when it is not set, empty, or not UTF-8.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_is_what_is_there() {
        let path = variable("PATH").unwrap();
        assert_eq!(variables()["PATH"], path);
        assert_eq!(chosen(|name| name == "PATH"), [("PATH".into(), path.into())]);
        assert_eq!(variable("CHORUS_NO_SUCH_VARIABLE"), None);
    }
}
