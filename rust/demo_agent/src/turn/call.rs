//! Tool calls: the hooks around them, permission between, and running them.

use super::ask::Permit;
use super::{Go, Turn};
use crate::Json;
use crate::block::{Block, shortened};
use crate::child::Ended;
use crate::hooks::{self, Gate};
use crate::permission::{self, Verdict};
use crate::script::Call;
use crate::session::{Event, Session, Task};
use crate::tools::{self, Result as Done};
use serde_json::json;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

impl Turn {
    /// Makes the calls of one model turn, one after the other.
    pub fn calls(&mut self, calls: &[Call]) -> Go<()> {
        let mut batch = Vec::new();
        for call in calls {
            let plan = self.plan_file();
            let call = tools::resolved(call.clone(), &self.session.cwd, &plan);
            let id = format!("toolu_demo_{}", &uuid::Uuid::new_v4().simple().to_string()[..16]);
            let block = json!([{"type": "tool_use", "id": id, "name": call.name, "input": call.input}]);
            let model = self.session.args.model.clone();
            self.record(|transcript, _, _| transcript.assistant(block, &model));
            let told = self.call(call.clone(), &id)?;
            self.refused |= told.is_err();
            let (text, error) = told.map_or_else(|text| (text, true), |text| (text, false));
            let result = json!([{"type": "tool_result", "tool_use_id": id, "content": text, "is_error": error}]);
            self.record(|transcript, prompt, mode| transcript.user(result, prompt, mode));
            batch.push(json!({"tool_name": call.name, "tool_input": call.input, "tool_use_id": id,
                "tool_response": text}));
        }
        self.hooks("PostToolBatch", "", json!({"tool_calls": batch}))?;
        Ok(())
    }

    fn plan_file(&self) -> std::path::PathBuf {
        let id = self.session.state().session_id.chars().take(8).collect::<String>();
        self.session.config.join("plans").join(format!("demo-plan-{id}.md"))
    }

    /// One call: what the model is told, and whether it went well.
    fn call(&mut self, mut call: Call, id: &str) -> Go<Result<String, String>> {
        let title = tools::title(&call, &self.session.cwd);
        let mode = self.session.state().mode.clone();
        if let Some(fault) = tools::fault(&call, &mode) {
            self.print(Block::Tool(title, vec![format!("Error: {fault}")]));
            return Ok(Err(fault));
        }
        if call.name == "ExitPlanMode" && self.plan_file().exists() {
            call.input["planFilePath"] = self.plan_file().display().to_string().into();
        }
        self.show(Block::Tool(title.clone(), vec!["Running…".into()]));
        let mut notes = Vec::new();
        let own = json!({"tool_name": call.name, "tool_input": call.input, "tool_use_id": id});
        let mut verdict = permission::verdict(&call, &mode, &self.session.state().rules);
        for (hook, ended) in self.hooks("PreToolUse", &call.name, own)? {
            let (gate, input) = hooks::gate(&hook, &ended);
            notes.extend(hooks::complaint(&ended).map(|text| format!("PreToolUse:{} hook failed\n{text}", call.name)));
            match gate {
                Gate::Deny(reason) => {
                    let reason = format!("PreToolUse:{} hook error: {reason}", call.name);
                    self.print(Block::Tool(title, vec![format!("Error: {reason}")]));
                    return Ok(Err(reason));
                }
                // A question and a plan need an answer, not a permission.
                Gate::Allow if !matches!(call.name.as_str(), "AskUserQuestion" | "ExitPlanMode") => {
                    verdict = Verdict::Run;
                }
                Gate::Ask => verdict = Verdict::Ask,
                Gate::Allow | Gate::Open => {}
            }
            call.input = input.unwrap_or(call.input);
        }
        if is_plan_file(&call, &self.plan_file()) {
            verdict = Verdict::Run;
        }
        let permit = match verdict {
            Verdict::Run => Permit::Run(call, None),
            Verdict::Refuse => Permit::Refused(vec!["Not run · this mode asks nobody".into()], "not allowed".into()),
            Verdict::Ask => self.ask(call)?,
        };
        let (call, note) = match permit {
            Permit::Run(call, note) => (call, note),
            Permit::Refused(shown, told) => {
                self.print(Block::Tool(title, [notes, shown].concat()));
                return Ok(Err(told));
            }
        };
        self.show(Block::Tool(title.clone(), vec!["Running…".into()]));
        self.carry_out(call, id, title, notes, note)
    }

    fn carry_out(
        &mut self,
        call: Call,
        id: &str,
        title: String,
        mut notes: Vec<String>,
        note: Option<String>,
    ) -> Go<Result<String, String>> {
        let began = Instant::now();
        let done = match call.name.as_str() {
            "Bash" if call.input["run_in_background"] == true => Ok(self.background(&call, id)),
            "Bash" => self.bash(&call)?,
            "Agent" => Ok(self.subagent(&call, id)),
            "AskUserQuestion" => Ok(answered(&call)),
            "ExitPlanMode" => Ok(planned(&call)),
            _ => tools::run(&call),
        };
        let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        // The client tells of an approved plan with an empty input.
        let input = if call.name == "ExitPlanMode" { json!({}) } else { call.input };
        let mut own = json!({"tool_name": call.name, "tool_input": input, "tool_use_id": id, "duration_ms": took});
        let (event, shown, told) = match done {
            Ok(done) => {
                own["tool_response"] = done.response;
                ("PostToolUse", done.shown, Ok(done.told))
            }
            Err(error) => {
                own["error"] = error.as_str().into();
                own["is_interrupt"] = false.into();
                ("PostToolUseFailure", format!("Error: {error}"), Err(error))
            }
        };
        notes.push(shown);
        notes.extend(note);
        self.show(Block::Tool(title.clone(), notes.clone()));
        let ended = self.hooks(event, &call.name, own)?;
        let failed = ended.iter().filter_map(|(_, ended)| hooks::complaint(ended));
        notes.extend(failed.map(|text| format!("{event}:{} hook failed\n{text}", call.name)));
        self.print(Block::Tool(title, notes));
        Ok(told)
    }

    fn bash(&mut self, call: &Call) -> Go<Result<Done, String>> {
        let number = self.session.number();
        let mut command = bash(&self.session, call);
        let running = self.session.children.start(&mut command, Vec::new(), None, self.ended(number));
        let Ended { code, stdout, stderr, .. } = self.child(number, running)?;
        let (stdout, stderr) = (stdout.trim_end(), stderr.trim_end());
        let both = [stdout, stderr].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
        if code != Some(0) {
            let code = code.map_or("by a signal".into(), |code| code.to_string());
            let error = format!("Exit code {code}\n{both}");
            return Ok(Err(error.trim_end().to_owned()));
        }
        let silent = permission::is_file_command(call.input["command"].as_str().unwrap_or_default());
        let shown = if both.is_empty() && silent { "Done".into() } else { shortened(&both) };
        let response = json!({"stdout": stdout, "stderr": stderr, "interrupted": false, "isImage": false,
            "noOutputExpected": silent});
        let told = if both.is_empty() { "(Bash completed with no output)".into() } else { both };
        Ok(Ok(Done { response, shown, told }))
    }

    /// A command that goes on after the turn; its end starts another one.
    fn background(&mut self, call: &Call, tool_use: &str) -> Done {
        let id = format!("b{}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
        let text = |field: &str| call.input[field].as_str().unwrap_or_default().to_owned();
        let description = text("description");
        let task = Task { id: id.clone(), kind: "shell", description, command: Some(text("command")) };
        self.session.state().tasks.push(task.clone());
        self.session.tell(Event::Changed);
        let session = Arc::clone(&self.session);
        let tool_use = tool_use.to_owned();
        self.session.children.start(&mut bash(&self.session, call), Vec::new(), None, move |ended| {
            let code = ended.code.map_or("by a signal".into(), |code| format!("exit code {code}"));
            let line = format!("Background command \"{}\" completed ({code})", task.description);
            over(&session, &task, &tool_use, &line, &ended.stdout);
        });
        let response = json!({"stdout": "", "stderr": "", "interrupted": false, "isImage": false,
            "noOutputExpected": false, "backgroundTaskId": id});
        let told = format!("Command running in background with ID: {id}");
        Done { response, shown: "Running in the background".into(), told }
    }

    /// A subagent, which plays its prompt on a thread of its own; its end starts another turn.
    fn subagent(&mut self, call: &Call, tool_use: &str) -> Done {
        let id = format!("a{}", &uuid::Uuid::new_v4().simple().to_string()[..16]);
        let text = |field: &str| call.input[field].as_str().unwrap_or_default().to_owned();
        let (kind, prompt) = (text("subagent_type"), text("prompt"));
        let task = Task { id: id.clone(), kind: "subagent", description: text("description"), command: None };
        self.session.state().tasks.push(task.clone());
        let transcript = self.session.state().transcript.subagent(&id);
        let path = transcript.path().display().to_string();
        let mut helper = Turn::new(&self.session, Some(((id.clone(), kind), transcript)));
        helper.notify("SubagentStart", "", &json!({}));
        let response = json!({"isAsync": true, "status": "async_launched", "agentId": id,
            "description": task.description, "resolvedModel": self.session.args.model, "prompt": prompt,
            "outputFile": path, "canReadOutputFile": true, "canContinueAgent": true});
        let tool_use = tool_use.to_owned();
        std::thread::spawn(move || {
            let _ = helper.help(&prompt, &task, &path, &tool_use);
            let over = |state: &mut crate::session::State| state.tasks.retain(|other| other.id != task.id);
            over(&mut helper.session.state());
            helper.session.tell(Event::Changed);
        });
        Done { response, shown: "Backgrounded agent".into(), told: format!("Agent {id} started") }
    }

    /// The course of a subagent. Interrupted, it ends without a word.
    fn help(&mut self, prompt: &str, task: &Task, path: &str, tool_use: &str) -> Go<()> {
        self.record(|transcript, id, mode| transcript.user(prompt.into(), id, mode));
        let last = self.steps(prompt)?.unwrap_or_else(|_| "The subagent failed.".into());
        let own = json!({"stop_hook_active": false, "agent_transcript_path": path, "last_assistant_message": last,
            "background_tasks": self.session.tasks(), "session_crons": []});
        self.hooks("SubagentStop", "", own)?;
        let line = format!("Agent \"{}\" finished · {}s", task.description, self.began.elapsed().as_secs());
        over(&self.session, task, tool_use, &line, &last);
        Ok(())
    }
}

/// Takes a background task off the list and has the agent told of its end.
fn over(session: &Session, task: &Task, tool_use: &str, line: &str, result: &str) {
    session.state().tasks.retain(|other| other.id != task.id);
    let notice = format!(
        "<task-notification>\n<task-id>{}</task-id>\n<tool-use-id>{tool_use}</tool-use-id>\n<status>completed</status>\n\
         <summary>{line}</summary>\n<result>{result}</result>\n</task-notification>",
        task.id
    );
    session.tell(Event::TaskOver(notice, line.to_owned()));
}

fn bash(session: &Session, call: &Call) -> Command {
    let shell = if std::path::Path::new("/bin/bash").exists() { "bash" } else { "sh" };
    let mut command = Command::new(shell);
    command.args(["-c", call.input["command"].as_str().unwrap_or_default()]);
    command.current_dir(&session.cwd).env("CLAUDECODE", "1");
    command
}

fn is_plan_file(call: &Call, plan: &std::path::Path) -> bool {
    call.name == "Write" && call.input["file_path"].as_str().is_some_and(|path| std::path::Path::new(path) == plan)
}

fn answered(call: &Call) -> Done {
    let answers = call.input["answers"].as_object().cloned().unwrap_or_default();
    let line = |(question, answer): (&String, &Json)| format!("· {question} → {}", answer.as_str().unwrap_or_default());
    let lines: Vec<String> = answers.iter().map(line).collect();
    let told = format!("The person answered:\n{}", lines.join("\n"));
    Done { response: call.input.clone(), shown: lines.join("\n"), told }
}

fn planned(call: &Call) -> Done {
    let response = json!({"plan": call.input["plan"], "isAgent": false, "filePath": call.input["planFilePath"]});
    Done { response, shown: "Approved the plan".into(), told: "The person approved the plan.".into() }
}
