//! A rule made from a request, and written into the user's file.

use super::report::{asked, test};
use super::{judge, with_call};
use crate::config::{self, Files, Loaded};
use crate::contract::{Opened, PolicyAdd, PolicyAdded, PolicyProposal, PolicyPropose, Tested};
use crate::core::Core;
use crate::core::fact::Fact;
use crate::environment;
use crate::error::{Code, Error, Result};
use crate::foreign::{self, fs};
use crate::paths::{Access, replace_durably};
use crate::policy::{self, Action};
use crate::status::{Answerable, Kind};
use std::path::{Path, PathBuf};

/// Recent requests that a proposed rule is tried on.
const TRIED: u32 = 200;

/// A rule, and the user's file with it.
struct Draft {
    request: Opened,
    /// The request's project.
    project: String,
    /// As it is written.
    rule: String,
    file: PathBuf,
    /// All of the file, as it is.
    before: String,
    /// All of the file with the rule.
    text: String,
    /// Where the rule stands in it.
    place: String,
    /// The configuration of that project with the rule.
    loaded: Loaded,
}

/// The rule that would have allowed a request, and what else it would have allowed of late.
pub async fn propose(core: &Core, ask: PolicyPropose) -> Result<PolicyProposal> {
    let draft = draft(core, &ask.request, ask.everywhere).await?;
    let before = core.config_of(&draft.project).await;
    let (now, then) =
        (test(core, &draft.project, &before, TRIED).await?, test(core, &draft.project, &draft.loaded, TRIED).await?);
    let is_allowed = |tested: &Tested| tested.would == Action::Allow;
    let was_allowed = |then: &Tested| now.iter().any(|now| now.request == then.request && is_allowed(now));
    let is_new = |then: &Tested| is_allowed(then) && !was_allowed(then) && then.request != ask.request;
    let others = then.into_iter().filter(is_new).collect();
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
    let (file, before, text) = (draft.file.clone(), draft.before.clone(), draft.text.clone());
    let write = move || {
        if text_of(&file)? != before {
            return Err(std::io::Error::other("it has changed just now"));
        }
        file.parent().map(fs::create_dir_all).transpose()?;
        replace_durably(&file, text.as_bytes(), Access::AsBefore)
    };
    foreign::within(&draft.file, write).await.and_then(|written| written).map_err(cannot)?;
    let answered = answer_open(core, &draft.request).await?;
    Ok(PolicyAdded { place: draft.place, answered })
}

/// What the file holds; nothing where there is none.
fn text_of(file: &Path) -> std::io::Result<String> {
    match foreign::text(file, foreign::MANY) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        read => read,
    }
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
    if let Some(fault) = loaded.faults.first() {
        return Err(no_rule(format!("the configuration has a fault, and no rule allows anything until then: {fault}")));
    }
    let call = asked(core, &loaded, &task.agent, &request);
    if call.cut {
        return Err(no_rule("Chorus does not have all of it".into()));
    }
    let conditions = with_call(loaded.rules(), &task, call.clone(), policy::propose).await?.map_err(no_rule)?;
    let project = (!everywhere).then_some(task.project.as_str());
    let rule = config::written(project, &conditions);
    let variables = environment::variables();
    let named = config::files(None, &variables).0;
    let named = named.ok_or_else(|| no_rule("there is no home folder for your chorus.toml".into()))?;
    // Both files as they are now: the project's rules count beside the new one.
    let (root, of, file) = (PathBuf::from(&task.project), variables.clone(), named.clone());
    let read = move || {
        // Through a link, as people keep such files elsewhere.
        (Files::read(Some(&root), &of), crate::project::real(&file).unwrap_or(file))
    };
    let read = foreign::within(task.project.as_ref(), read).await;
    let (files, file) = read.map_err(|error| no_rule(error.to_string()))?;
    let files = files.trusting(core.trusted(&task.project).await);
    let before = files.of_user().map_err(|why| no_rule(format!("{}: {why}", file.display())))?;
    let text = config::with_rule(&before, project, &conditions);
    let with = files.with_user(&text).load(&variables);
    let was = files.load(&variables);
    if !with.faults.is_empty() || with.rules().rules.len() != was.rules().rules.len() + 1 {
        return Err(no_rule(format!("it cannot be added to {} by itself; add it by hand:\n{rule}", file.display())));
    }
    let verdict = judge(&with, &task, call).await?;
    if verdict.action != Action::Allow {
        return Err(no_rule(verdict.why.unwrap_or_else(|| "another rule denies it".into())));
    }
    let project = task.project.clone();
    let own = named.display().to_string();
    let is_own = |rule: &&policy::Rule| rule.action == Action::Allow && rule.place.file == own;
    let place = with.rules().rules.iter().rfind(is_own).map_or_else(|| own.clone(), |rule| rule.place.to_string());
    Ok(Draft { request, project, rule, file, before, text, place, loaded: with })
}
