//! `tell`: what changed in documents, sent to an agent that read them before.

use crate::contract::{Code, DocumentVersion, TaskTell, Told};
use crate::core::{Asker, Core};
use crate::error::{Error, Result};
use crate::ops::conversation::prompts;
use crate::ops::documents::tell;

/// Documents in one prompt.
const MOST: usize = 1000;
/// Bytes of a path that the system knows.
const LONGEST: usize = 4096;

/// The prompt that would be sent; with a yes it is sent, as the person saw and perhaps edited it.
pub async fn tell(core: &Core, asker: &Asker, ask: TaskTell) -> Result<Told> {
    let task = core.task(asker, &ask.task).await?;
    let (text, versions) = match ask.text.filter(|text| !text.trim().is_empty()) {
        Some(text) => (text, plausible(ask.versions)?),
        None => tell::prompt(core, &task).await?,
    };
    if !ask.confirmed {
        return Ok(Told { text, versions, done: false, queued: false });
    }
    let sent = prompts::send_telling(core, &task, text.clone(), versions.clone())
        .await
        .map_err(|error| error.context(format!("cannot tell #{}", task.number)))?;
    Ok(Told { text, versions, done: true, queued: sent.queued })
}

/// What a client names as versions is kept, so it has a bound.
fn plausible(versions: Vec<DocumentVersion>) -> Result<Vec<DocumentVersion>> {
    let is_id = |id: &str| id.len() == 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_known = |told: &DocumentVersion| is_id(&told.version) && told.path.len() <= LONGEST;
    match versions.len() <= MOST && versions.iter().all(is_known) {
        true => Ok(versions),
        false => Err(Error::new(Code::BadInput, "these are no versions of documents").hint("use `tell` again")),
    }
}
