//! The real Claude Code client, pinned: its native platform package, which runs without node.
//!
//! The x64 tarballs were hashed here after `npm pack`; the arm64 sums are those npm publishes and have not been run.

use super::{Missing, Tool, npm::Pinned};
use std::path::Path;
use std::process::Command;

/// What most tests run.
pub const CLAUDE: Pinned = Pinned {
    package: "@anthropic-ai/claude-code",
    version: "2.1.332",
    file: "claude",
    platforms: &[
        (
            "linux-x64",
            "7f8256873c18bad2481d2702eff75838f5fab36f2db7b6400e1b0e8bccf0387ab97c53c4b94782861d8d31f8a74a0d06ad472463169e79b0b88740ea88accb73",
        ),
        (
            "linux-arm64",
            "0651cd12d2b7f0a04f594df5178954492f6c1dc942c9f59b4e14f5084aefc711fcf977258d82d9950c1dc970644c3eb6af0d5381f135bb56beaae3164b435226",
        ),
    ],
};

/// The client on which most facts in the code were measured.
pub const CLAUDE_MEASURED: Pinned = Pinned {
    package: "@anthropic-ai/claude-code",
    version: "2.1.328",
    file: "claude",
    platforms: &[
        (
            "linux-x64",
            "2aeccbf9d0478030854c7271c16fb1b8125d54a7c1b1eb06c76041713386f6c6031a8003edbd61515f2bb134b8c63a09b01d9299e1ab6868c1885ba1ad8b82f7",
        ),
        (
            "linux-arm64",
            "cde5ac0a5cf1feb962f2ae91b2780a8acbb9067b99e3527b1eda74aa0b1d66899a24220d8a4b1ffa67b043f8326b294a6a30590a813d67c47e3a42cc8c89098a",
        ),
    ],
};

/// An older client, for spot checks: other renderer, other default permission mode, other dialogs.
pub const CLAUDE_OLDER: Pinned = Pinned {
    package: "@anthropic-ai/claude-code",
    version: "2.1.197",
    file: "claude",
    platforms: &[
        (
            "linux-x64",
            "ac894a9ab63440cc8780f457fcc616363d37f6f6f2a480af23d8d57b7aecf57cb64673649724a3c8fc6a87ad9069dce7ce87ed10edb7b98435b4578f710fff6e",
        ),
        (
            "linux-arm64",
            "b31e92a068f730d479095f980e436d6cb1d76b5b67dc6f2a7181609b5827bce8bd38341429b8623df6a79097e44cc0d57a43af9ca2619ba8bd8461483f3a7b71",
        ),
    ],
};

/// Every pinned client, main one first.
pub const ALL: [Pinned; 3] = [CLAUDE, CLAUDE_MEASURED, CLAUDE_OLDER];

/// The client, fetched now if need be.
pub fn obtain(pinned: &Pinned) -> Result<Tool, Missing> {
    Ok(Tool { version: pinned.version.to_owned(), path: pinned.obtain()? })
}

/// A client at that path. It is asked for its version in an empty environment and a throw-away HOME.
pub fn at(path: &Path) -> Option<Tool> {
    if let Some(pinned) = ALL.iter().find(|pinned| pinned.cached().as_deref() == Some(path)) {
        return Some(Tool { version: pinned.version.to_owned(), path: path.to_owned() });
    }
    let home = tempfile::tempdir().ok()?;
    let output = Command::new(path).arg("--version").env_clear().env("HOME", home.path()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(Tool { version: text.split_whitespace().next()?.to_owned(), path: path.to_owned() })
}
