//! Trust in a project's configuration file: given to one text that a person saw, and gone when the text changes.

use crate::config::{FILE, fingerprint, load};
use crate::contract::{TrustAsk, TrustOffer};
use crate::core::{Asker, Core};
use crate::environment;
use crate::error::{Code, Error, Result};
use crate::foreign;
use crate::store::TrustedFile;
use crate::text::reveal_block;
use imara_diff::{Algorithm, BasicLineDiffPrinter, Diff, InternedInput, UnifiedDiffConfig};
use std::path::{Path, PathBuf};

/// Bytes of a file that a person can look through before trusting it.
const LONGEST: u64 = 64 * 1024;

/// Letters of a fingerprint that name a text, at least.
const SHORTEST: usize = 16;

/// Says what would count of the project's file, and trusts it where the person said so.
pub async fn trust(core: &Core, asker: &Asker, ask: TrustAsk) -> Result<TrustOffer> {
    let path = Path::new(&asker.project).join(FILE);
    if ask.withdraw {
        core.trust(&asker.project, None).await?;
        let text = format!("{} is not trusted any more.", path.display());
        return Ok(TrustOffer { text, fingerprint: None, done: true });
    }
    let text = read(&path).await?;
    let found = fingerprint(&text);
    let is_other = |seen: &String| seen.len() < SHORTEST || !found.starts_with(seen.as_str());
    if ask.confirmed && ask.seen.as_ref().is_some_and(is_other) {
        let why = format!("cannot trust {}: it has changed since you saw it", path.display());
        return Err(Error::new(Code::RequestChanged, why).hint("look at it again"));
    }
    let before = core.read(&asker.project, |tx, project| tx.trusted(project)).await?;
    if before.as_ref().is_some_and(|before| before.fingerprint == found) {
        let text = format!("{} is trusted, and has not changed since.", path.display());
        return Ok(TrustOffer { text, fingerprint: Some(found), done: true });
    }
    let as_read = |trusted| load(None, Some((path.clone(), text.clone())), trusted, &environment::variables());
    let (without, with) = (as_read(false), as_read(true));
    if let Some(fault) = with.faults.first() {
        return Err(Error::new(Code::BadInput, format!("cannot trust a file with a fault: {fault}"))
            .hint("correct it, then trust it"));
    }
    let mut shown = match (&before, ask.confirmed) {
        (_, true) => vec![format!("{} is trusted now, until it changes.", path.display())],
        (Some(_), false) => vec![format!("{} has changed since you trusted it.", path.display())],
        (None, false) => vec![format!("{} is not trusted.", path.display())],
    };
    match (without.untrusted.is_empty(), ask.confirmed) {
        (true, _) => shown.push("Nothing in it needs trust.".to_owned()),
        (false, true) => shown.push(format!("These keys count now: {}", without.untrusted.join(", "))),
        (false, false) => shown.push(format!("These keys would count: {}", without.untrusted.join(", "))),
    }
    shown.extend(with.warnings.iter().map(|warning| format!("note: {warning}")));
    shown.push(String::new());
    shown.push(reveal_block(&before.map_or_else(|| text.clone(), |before| difference(&before.text, &text))));
    if ask.confirmed {
        core.trust(&asker.project, Some(TrustedFile { fingerprint: found.clone(), text })).await?;
        core.config_of(&asker.project).await;
    }
    Ok(TrustOffer { text: shown.join("\n"), fingerprint: Some(found), done: ask.confirmed })
}

async fn read(path: &Path) -> Result<String> {
    let cannot = |why: String| Error::new(Code::BadInput, format!("cannot trust {}: {why}", path.display()));
    let file = PathBuf::from(path);
    let found = foreign::within(path, move || foreign::text(&file, LONGEST)).await.and_then(|found| found);
    found.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => cannot("the project has no such file".into()),
        _ => cannot(error.to_string()),
    })
}

fn difference(before: &str, after: &str) -> String {
    let input = InternedInput::new(before, after);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    diff.unified_diff(&BasicLineDiffPrinter(&input.interner), UnifiedDiffConfig::default(), &input).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_shown_line_by_line() {
        let shown = difference("a = 1\nb = 2\nc = 3\n", "a = 1\nb = 4\nc = 3\n");
        assert!(shown.contains("-b = 2") && shown.contains("+b = 4") && shown.contains(" a = 1"), "{shown}");
    }
}
