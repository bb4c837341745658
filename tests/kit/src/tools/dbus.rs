//! A session bus for tests of notifications: a program used as `PROGRAM -- COMMAND…`.

use super::{Missing, cache, debian, lock, on_path};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

fn wrapper() -> PathBuf {
    cache().join("dbus-session")
}

/// `dbus-run-session`, if it is on PATH or was fetched before.
pub fn cached() -> Option<PathBuf> {
    on_path("dbus-run-session").or_else(|| Some(wrapper()).filter(|wrapper| wrapper.exists()))
}

/// The same, fetched now if need be.
pub fn obtain() -> Result<PathBuf, Missing> {
    if let Some(program) = cached() {
        return Ok(program);
    }
    let program = debian::DBUS.obtain()?;
    let prefix = debian::DBUS.prefix();
    // Fetched programs do not know that their data moved with them.
    let text = format!(
        "#!/bin/sh\nexec '{}' --dbus-daemon='{prefix}/bin/dbus-daemon' --config-file='{prefix}/usr/share/dbus-1/session.conf' \"$@\"\n",
        program.display(),
        prefix = prefix.display(),
    );
    let _lock = lock("dbus")?;
    let write = || {
        let fresh = wrapper().with_extension("new");
        std::fs::write(&fresh, text)?;
        std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(0o755))?;
        std::fs::rename(&fresh, wrapper())
    };
    write().map_err(|error: std::io::Error| Missing(format!("cannot write {}: {error}", wrapper().display())))?;
    Ok(wrapper())
}
