//! A rule made from a request, and written into the user's file.

use super::report::{asked, test};
use super::{judge, with_call};
use crate::config::{self, Loaded, load};
use crate::contract::{Opened, PolicyAdd, PolicyAdded, PolicyProposal, PolicyPropose};
use crate::core::fact::Fact;
use crate::core::{Asker, Core};
use crate::environment;
use crate::error::{Code, Error, Result};
use crate::foreign;
use crate::paths::{Access, replace_durably};
use crate::policy::{self, Action};
use crate::status::{Answerable, Kind};
use std::path::PathBuf;

/// Recent requests that a proposed rule is tried on.
const TRIED: u32 = 200;

/// A rule, and the user's file with it.
struct Draft {
    request: Opened,
    /// As it is written.
    rule: String,
    file: PathBuf,
    /// All of the file.
    text: String,
    loaded: Loaded,
}

/// The rule that would have allowed a request, and what else it would have allowed of late.
pub async fn propose(core: &Core, asker: &Asker, ask: PolicyPropose) -> Result<PolicyProposal> {
    let draft = draft(core, &ask.request, ask.everywhere).await?;
    let before = core.config_of(&asker.project).await;
    let (now, then) =
        (test(core, &asker.project, &before, TRIED).await?, test(core, &asker.project, &draft.loaded, TRIED).await?);
    let changes = now.iter().zip(&then).filter(|(now, then)| now.would != then.would && then.request != ask.request);
    let others = changes.map(|(_, then)| then.clone()).collect();
    Ok(PolicyProposal { rule: draft.rule, file: draft.file.display().to_string(), others })
}

/// Writes that rule, and answers the request by it where that is still open.
pub async fn add(core: &Core, ask: PolicyAdd) -> Result<PolicyAdded> {
    let draft = draft(core, &ask.request, ask.everywhere).await?;
    if draft.rule != ask.rule {
        let why = "cannot add the rule: another one would be written by now";
        return Err(Error::new(Code::RequestChanged, why).hint("look at the proposal again"));
    }
    let cannot = |why: std::io::Error| {
        Error::new(Code::BadInput, format!("cannot write {}: {why}", draft.file.display()))
            .hint("add the rule by hand; `:help chorus-policy` shows how")
    };
    let (file, text) = (draft.file.clone(), draft.text.clone());
    let write = move || {
        file.parent().map(std::fs::create_dir_all).transpose()?;
        replace_durably(&file, text.as_bytes(), Access::AsBefore)
    };
    foreign::within(&draft.file, write).await.and_then(|written| written).map_err(cannot)?;
    let place =
        draft.loaded.rules().rules.iter().rfind(|rule| rule.action == Action::Allow).map(|rule| rule.place.clone());
    let answered = answer_open(core, &draft.request).await?;
    Ok(PolicyAdded {
        place: place.map_or_else(|| draft.file.display().to_string(), |place| place.to_string()),
        answered,
    })
}

async fn answer_open(core: &Core, request: &Opened) -> Result<bool> {
    let Some(asking) = core.answers.asking(&request.id).filter(|_| request.closed_at.is_none()) else {
        return Ok(false);
    };
    let crate::evidence::event::Happening::Asks(asked) = asking.adapter.parse(&asking.message).what else {
        return Ok(false);
    };
    let ruled = super::rule_on(core, &request.task, &asked, asking.adapter, &asking.message).await;
    let Some(ruled) = ruled else { return Ok(false) };
    let closing = ruled.closing;
    let closed = core.write(&request.id, move |tx, id| tx.close_request(id, closing)).await?;
    if closed.is_some() {
        core.answers.give(&request.id, ruled.output);
        core.fact(Fact::RequestClosed { task: request.task.clone(), request: request.id.clone() });
    }
    Ok(closed.is_some())
}

async fn draft(core: &Core, id: &str, everywhere: bool) -> Result<Draft> {
    let no_rule = |why: String| {
        Error::new(Code::NotAnswerable, format!("no rule can be proposed for this request: {why}"))
            .hint("`:help chorus-policy` says what a rule can do")
    };
    let found = core.read(id, |tx, id| {
        let is_ruled = |request: &Opened| request.kind == Kind::Permission && request.answerable == Answerable::Hook;
        let Some(request) = tx.request(id)?.filter(is_ruled) else { return Ok(None) };
        let task = tx.row(&request.task)?;
        Ok(Some((request, task)))
    });
    let Some((request, task)) = found.await? else {
        return Err(no_rule("rules answer permissions that came by the agent's hook, and nothing else".into()));
    };
    let loaded = core.config_of(&task.project).await;
    loaded.whole()?;
    let call = asked(core, &loaded, &task.agent, &request);
    if call.cut {
        return Err(no_rule("Chorus does not have all of it".into()));
    }
    let conditions = with_call(loaded.rules(), &task, call.clone(), policy::propose).await?.map_err(no_rule)?;
    let project = (!everywhere).then_some(task.project.as_str());
    let rule = config::written(project, &conditions);
    let variables = environment::variables();
    let file = config::files(None, &variables).0;
    let file = file.ok_or_else(|| no_rule("there is no home folder for your chorus.toml".into()))?;
    // Through a link, as people keep such files elsewhere.
    let named = file.clone();
    let real = foreign::within(&named, move || crate::project::real(&file).unwrap_or(file)).await;
    let file = real.map_err(|error| no_rule(error.to_string()))?;
    let path = file.clone();
    let before = foreign::within(&named, move || match foreign::text(&path, foreign::MANY) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        read => read,
    });
    let before = before.await.and_then(|read| read).map_err(|error| no_rule(format!("{}: {error}", file.display())))?;
    let text = config::with_rule(&before, project, &conditions);
    let load = |text: &str| load(Some((named.clone(), text.to_owned())), None, false, &variables);
    let (was, with) = (load(&before), load(&text));
    if !with.faults.is_empty() || with.rules().rules.len() != was.rules().rules.len() + 1 {
        return Err(no_rule(format!("it cannot be added to {} by itself; add it by hand:\n{rule}", file.display())));
    }
    let verdict = judge(&with, &task, call).await?;
    if verdict.action != Action::Allow {
        return Err(no_rule(verdict.why.unwrap_or_else(|| "another rule denies it".into())));
    }
    Ok(Draft { request, rule, file, text, loaded: with })
}
