//! Asking: the dialog is open at once, the hooks run beside it, and the first answer wins (Claude Code 2.1.328).

use super::{Go, Interrupted, Turn};
use crate::Json;
use crate::block::Block;
use crate::child::{Ended, Running};
use crate::dialog::{Choose, Dialog, Offer, Reply};
use crate::hooks::{Decision, decision};
use crate::permission;
use crate::question::Questions;
use crate::script::Call;
use crate::session::{Ask, Event, Word};
use crate::tools;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Nobody has answered for so long: hooks are told that the person is waited for.
const NOTIFY_AFTER: Duration = Duration::from_secs(6);

/// The outcome of asking.
pub enum Permit {
    /// The call as it is to run, and a remark for the screen.
    Run(Call, Option<String>),
    /// Not to be run: what is shown, and what the model is told.
    Refused(Vec<String>, String),
}

/// An open request: ended hooks of it count only while it is.
struct Request {
    dialog: u64,
    is_open: Arc<AtomicBool>,
    hooks: Vec<(u64, Option<Running>)>,
}

impl Turn {
    /// Asks for a call until someone answers.
    pub fn ask(&mut self, call: Call) -> Go<Permit> {
        let suggestions = permission::suggestions(&call, &self.session.cwd).unwrap_or(Json::Null);
        let request = self.open(&call, &suggestions);
        let mut notify = Some(Instant::now() + NOTIFY_AFTER);
        let permit = loop {
            let until = notify.unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400));
            match self.next(until) {
                Ok(Some(Word::Ended(number, ended))) if request.hooks.iter().any(|(hook, _)| *hook == number) => {
                    if let Some(permit) = decision(&ended).and_then(|decision| self.decided(&call, decision)) {
                        self.session.tell(Event::Close(request.dialog));
                        break permit;
                    }
                }
                Ok(Some(Word::Replied(dialog, reply))) if dialog == request.dialog => {
                    break self.replied(&call, &suggestions, reply);
                }
                Ok(Some(_)) => {}
                Ok(None) => {
                    if notify.take().is_some() {
                        let own = json!({"message": "The demo agent needs your permission",
                            "notification_type": "permission_prompt"});
                        self.notify("Notification", "permission_prompt", &own);
                    }
                }
                Err(Interrupted) => {
                    self.session.tell(Event::Close(request.dialog));
                    break Err(Interrupted);
                }
            }
        };
        request.is_open.store(false, Ordering::SeqCst);
        // After a Yes the client leaves the hooks to themselves; after Esc or No it ends them.
        if permit.is_err() {
            request.hooks.iter().filter_map(|(_, running)| *running).for_each(Running::end);
        }
        permit
    }

    fn open(&mut self, call: &Call, suggestions: &Json) -> Request {
        let waiting = if call.name == "AskUserQuestion" { "input needed" } else { "permission prompt" };
        let dialog = self.session.number();
        let title = tools::title(call, &self.session.cwd);
        self.show(Block::Tool(title, vec!["Waiting…".into()]));
        let ask = Ask { id: dialog, dialog: self.dialog(call, suggestions), waiting, reply: self.words.clone() };
        self.session.tell(Event::Ask(Box::new(ask)));
        let mut own = json!({"tool_name": call.name, "tool_input": call.input});
        if suggestions.is_array() {
            own["permission_suggestions"] = suggestions.clone();
        }
        let is_open = Arc::new(AtomicBool::new(true));
        let mut hooks = Vec::new();
        for hook in self.session.settings.hooks("PermissionRequest", &call.name) {
            let number = self.session.number();
            let (done, open, session) = (self.ended(number), Arc::clone(&is_open), Arc::clone(&self.session));
            let detached = hook.detached;
            let running = self.start_hook("PermissionRequest", &hook, own.clone(), move |ended: Ended| {
                if open.load(Ordering::SeqCst) {
                    // What an `async` hook decides is ignored.
                    if !detached {
                        done(ended);
                    }
                } else if matches!(decision(&ended), Some(Decision::Deny { interrupt: true, .. })) {
                    // Too late for the call it was asked about, it hits whatever runs now.
                    session.tell(Event::Interrupt);
                }
            });
            hooks.push((number, running));
        }
        Request { dialog, is_open, hooks }
    }

    /// What a hook's decision means; nothing when it does not decide this call.
    fn decided(&mut self, call: &Call, decision: Decision) -> Option<Go<Permit>> {
        match decision {
            Decision::Allow { input, updates } => {
                let needs_answer = matches!(call.name.as_str(), "AskUserQuestion" | "ExitPlanMode");
                if needs_answer && input.is_none() {
                    return None;
                }
                let mut call = call.clone();
                if let Some(Json::Object(mut input)) = input {
                    if call.name == "ExitPlanMode" {
                        input.entry("planFilePath").or_insert_with(|| call.input["planFilePath"].clone());
                        self.set_mode("default");
                    }
                    call.input = Json::Object(input);
                }
                if call.name == "AskUserQuestion" {
                    complete(&mut call);
                }
                updates.iter().for_each(|update| self.update(update));
                Some(Ok(Permit::Run(call, Some("Allowed by PermissionRequest hook".into()))))
            }
            Decision::Deny { interrupt: true, .. } => Some(Err(Interrupted)),
            Decision::Deny { message, .. } => {
                let shown = vec![format!("Error: {message}"), "Denied by PermissionRequest hook".into()];
                Some(Ok(Permit::Refused(shown, message)))
            }
        }
    }

    /// What the person's answer means.
    fn replied(&mut self, call: &Call, suggestions: &Json, reply: Reply) -> Go<Permit> {
        let labels = self.labels(call, suggestions);
        match reply {
            Reply::Cancelled => Err(Interrupted),
            Reply::Chat => {
                let told = "The person wants to talk about the questions first.".to_owned();
                Ok(Permit::Refused(vec!["Declined to answer".into()], told))
            }
            Reply::Answers(answers) => {
                let mut call = call.clone();
                call.input["answers"] =
                    answers.into_iter().map(|(question, answer)| (question, Json::from(answer))).collect();
                complete(&mut call);
                Ok(Permit::Run(call, None))
            }
            Reply::Picked(at, note) => match labels.get(at).map(|(pick, _)| *pick) {
                Some(Pick::No) if note.is_empty() => Err(Interrupted),
                Some(Pick::No) => Ok(Permit::Refused(vec!["Not run · rejected".into()], note)),
                Some(pick) => {
                    match pick {
                        Pick::Always => self.update(&suggestions[0]),
                        Pick::Mode(mode) => self.set_mode(mode),
                        Pick::Yes | Pick::No => {}
                    }
                    if !note.is_empty() {
                        self.print(Block::Prompt(note.clone()));
                        self.record(|transcript, id, mode| transcript.user(note.into(), id, mode));
                    }
                    Ok(Permit::Run(call.clone(), None))
                }
                None => Err(Interrupted),
            },
        }
    }

    fn update(&mut self, update: &Json) {
        {
            let mut state = self.session.state();
            let state = &mut *state;
            permission::apply(update, &mut state.mode, &mut state.rules);
        }
        self.session.tell(Event::Changed);
    }

    fn set_mode(&mut self, mode: &str) {
        self.session.state().mode = mode.to_owned();
        self.session.tell(Event::Changed);
    }

    /// The options of a call's dialog: what each means and says. "No" stands last, at a place that differs.
    fn labels(&self, call: &Call, suggestions: &Json) -> Vec<(Pick, String)> {
        if call.name == "ExitPlanMode" {
            return if call.input["planFilePath"].is_string() {
                vec![
                    (Pick::Mode("auto"), "Yes, and use auto mode".into()),
                    (Pick::Mode("default"), "Yes, manually approve edits".into()),
                    (Pick::No, "Tell the demo agent what to change".into()),
                ]
            } else {
                let yes = "Yes, and switch to default (ask each time) for this session";
                vec![(Pick::Mode("default"), yes.into()), (Pick::No, "No".into())]
            };
        }
        let mut labels = vec![(Pick::Yes, "Yes".to_owned())];
        labels.extend(permission::always(suggestions, &self.session.cwd).map(|label| (Pick::Always, label)));
        if call.name == "Bash" {
            let auto = "Yes, and switch to auto mode · the demo agent then asks nothing";
            labels.push((Pick::Mode("auto"), auto.into()));
        }
        labels.push((Pick::No, "No".into()));
        labels
    }

    fn dialog(&self, call: &Call, suggestions: &Json) -> Dialog {
        let labels: Vec<String> = self.labels(call, suggestions).into_iter().map(|(_, label)| label).collect();
        match call.name.as_str() {
            "AskUserQuestion" => Dialog::Questions(Questions::new(&call.input)),
            "ExitPlanMode" => plan(call, labels).into(),
            _ => tools::permission(call, &self.session.cwd, labels).into(),
        }
    }
}

/// What an option of a dialog means.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Pick {
    Yes,
    Always,
    Mode(&'static str),
    No,
}

/// A question's input as the client completes it.
fn complete(call: &mut Call) {
    if call.input["answers"].is_null() {
        call.input["answers"] = json!({});
    }
    if call.input["annotations"].is_null() {
        call.input["annotations"] = json!({});
    }
}

fn plan(call: &Call, labels: Vec<String>) -> Offer {
    let file = call.input["planFilePath"].as_str();
    let text = call.input["plan"].as_str().unwrap_or_default();
    let option = |label: String| Choose { written: label.starts_with("Tell"), ..Choose::plain(label) };
    let (title, question) = match file {
        Some(_) => (
            "Ready to code?",
            "The demo agent has written up a plan and is ready to execute. Would you like to proceed?",
        ),
        None => ("Exit plan mode?", "The demo agent wants to exit plan mode"),
    };
    Offer {
        title: title.into(),
        about: if file.is_some() { "Here is the plan:".into() } else { String::new() },
        body: text.trim_end().lines().map(str::to_owned).filter(|_| file.is_some()).collect(),
        question: question.into(),
        options: labels.into_iter().map(option).collect(),
        numbered: true,
        foot: file.unwrap_or("Esc to cancel").to_owned(),
    }
}
