//! One file of an npm platform package, by npm itself: the one on PATH, else Debian's in the cache. npm knows its
//! registry, proxies and certificates; none is named here.

use super::{Missing, cache, debian, lock, on_path, run};
use sha2::{Digest, Sha512};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of a package, pinned.
#[derive(Clone, Copy, Debug)]
pub struct Pinned {
    /// Package name without the platform's suffix (`-linux-x64`).
    pub package: &'static str,
    /// Exact version.
    pub version: &'static str,
    /// File inside the tarball's `package/`.
    pub file: &'static str,
    /// Platform suffix and SHA-512 of its tarball, in hexadecimal.
    pub platforms: &'static [(&'static str, &'static str)],
}

impl Pinned {
    /// Folder in the cache.
    fn folder(&self) -> PathBuf {
        cache().join(format!("{}-{}", self.file, self.version))
    }

    /// The file, if it was fetched before.
    pub fn cached(&self) -> Option<PathBuf> {
        Some(self.folder().join(self.file)).filter(|file| file.exists())
    }

    /// The file, fetched and verified now if need be.
    pub fn obtain(&self) -> Result<PathBuf, Missing> {
        if let Some(file) = self.cached() {
            return Ok(file);
        }
        let _lock = lock(&format!("{}-{}", self.file, self.version))?;
        if let Some(file) = self.cached() {
            return Ok(file);
        }
        let name = format!("{} {}", self.package, self.version);
        self.fetch().map_err(|Missing(why)| Missing(format!("cannot fetch {name}: {why}")))?;
        self.cached().ok_or_else(|| Missing(format!("{name} holds no file {}", self.file)))
    }

    fn fetch(&self) -> Result<(), Missing> {
        let platform = platform();
        let (_, expected) = self.platforms.iter().find(|(name, _)| *name == platform).ok_or_else(|| {
            let known: Vec<&str> = self.platforms.iter().map(|(name, _)| *name).collect();
            Missing(format!("its checksum is known for {} only, this machine is {platform}", known.join(", ")))
        })?;
        let io = |error: std::io::Error| Missing(error.to_string());
        let work = tempfile::tempdir_in(cache()).map_err(io)?;
        let tarball = pack(&format!("{}-{platform}@{}", self.package, self.version), work.path())?;
        let found = sha512(&tarball).map_err(io)?;
        if found != *expected {
            return Err(Missing(format!("SHA-512 of the tarball is {found}, not {expected}")));
        }
        let member = format!("package/{}", self.file);
        run(Command::new("tar")
            .arg("-xzf")
            .arg(&tarball)
            .arg("--no-same-owner")
            .current_dir(work.path())
            .arg(&member))?;
        std::fs::create_dir_all(self.folder()).map_err(io)?;
        std::fs::rename(work.path().join(member), self.folder().join(self.file)).map_err(io)
    }
}

/// This machine in npm's words: `linux-x64`.
fn platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}-{processor}")
}

/// `npm pack` of one exact version; the tarball's path.
fn pack(package: &str, folder: &Path) -> Result<PathBuf, Missing> {
    let npm = match on_path("npm") {
        Some(npm) => npm,
        None => debian::NPM.obtain_by("get-npm.sh", vec![debian::NPM.prefix().into_os_string()])?,
    };
    // A cache of its own: the user's would keep a second copy of what may be hundreds of megabytes.
    let mut command = Command::new(npm);
    command.args(["pack", package, "--silent", "--pack-destination"]).arg(folder);
    command.arg("--cache").arg(folder.join("npm")).current_dir(folder);
    let output = run(&mut command)?;
    let name = output.lines().last().unwrap_or_default().trim();
    Some(folder.join(name)).filter(|path| path.is_file()).ok_or_else(|| Missing(format!("npm pack left no {name:?}")))
}

fn sha512(path: &Path) -> std::io::Result<String> {
    let mut hash = Sha512::new();
    std::io::copy(&mut std::fs::File::open(path)?, &mut hash)?;
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_without_a_checksum_is_refused_in_words() {
        let pinned = Pinned { package: "@a/b", version: "1.0.0", file: "b", platforms: &[("plan9-mips", "00")] };
        let why = pinned.fetch().unwrap_err().to_string();
        assert!(why.contains("plan9-mips only") && why.contains(&platform()), "{why}");
    }
}
