//! The course of a turn: prompt, steps, stop.

use super::{Go, Turn};
use crate::block::Block;
use crate::hooks;
use crate::scene;
use crate::script::{self, Answer, Step};
use crate::session::{Ending, Event, Queued, shell};
use chorus_markers as markers;
use serde_json::json;
use std::time::Duration;

/// How long the pretended model takes to begin, in seconds; the scripted API takes as long.
const LATENCY: f64 = 0.3;
/// A `Stop` hook that never lets go is overruled then.
const MOST_STOPS: usize = 8;

impl Turn {
    /// Plays a prompt that hooks have not been told of.
    pub fn prompt(&mut self, prompt: &str) -> Go<Ending> {
        self.session.state().prompt_id = Some(uuid::Uuid::new_v4().to_string());
        let ended = self.hooks("UserPromptSubmit", "", self.session.submitted(prompt))?;
        if let Some(reason) = ended.iter().find_map(|(hook, ended)| hooks::blocked(hook, ended)) {
            let text = format!("UserPromptSubmit operation blocked by hook:\n{reason}\n\nOriginal prompt: {prompt}");
            self.print(Block::Says(text));
            return Ok(Ending::Blocked(prompt.to_owned()));
        }
        self.play(&[prompt.to_owned()])
    }

    /// Plays prompts of the queue.
    pub fn queued(&mut self, prompts: &[String]) -> Go<Ending> {
        self.session.state().prompt_id = Some(uuid::Uuid::new_v4().to_string());
        self.play(prompts)
    }

    /// Plays prompts that were typed one after the other: together they are one turn, and the last one's script counts.
    fn play(&mut self, prompts: &[String]) -> Go<Ending> {
        for prompt in prompts {
            self.record(|transcript, id, mode| transcript.user(prompt.as_str().into(), id, mode));
        }
        if std::env::var_os("CHORUS_DEMO_LOGIN").is_some_and(|value| value == "1") {
            self.pause(LATENCY)?;
            return self.not_logged_in();
        }
        match self.steps(prompts.last().map_or("", String::as_str))? {
            Ok(last) => self.stop(last),
            Err(ending) => Ok(ending),
        }
    }

    /// Plays every step of a prompt; answers the last message, or how the turn failed.
    pub fn steps(&mut self, prompt: &str) -> Go<Result<String, Ending>> {
        let notice = prompt.starts_with("<task-notification>");
        let mut steps = if notice { Vec::new() } else { script::steps(prompt) };
        let plain = std::env::var_os("CHORUS_DEMO_PLAIN").is_some_and(|value| value == "1");
        let scene = steps.is_empty() && !notice && self.agent.is_none();
        if scene && plain {
            steps = vec![Step::Answer(Answer::Say("Hello from the demo agent.".into()))];
        } else if scene {
            let cwd = self.session.cwd.clone();
            steps = scene::steps(prompt, |file| !cwd.join(file).exists());
        }
        for (turn, step) in steps.iter().enumerate() {
            self.request(prompt, turn)?;
            match step {
                Step::Answer(answer) => return Ok(Ok(self.answer(answer)?)),
                Step::Call { before, calls } => {
                    for answer in before {
                        self.lead(answer)?;
                    }
                    self.calls(calls)?;
                }
                Step::Fault(fault) => {
                    return Ok(match self.fault(fault)? {
                        Ok(text) => Ok(self.say(&text)),
                        Err(ending) => Err(ending),
                    });
                }
            }
        }
        self.request(prompt, steps.len())?;
        Ok(Ok(self.say(if notice { "The background work has ended." } else { markers::SCRIPT_OVER })))
    }

    /// What happens before each turn of the model: queued prompts join in, the request is logged, time passes.
    fn request(&mut self, prompt: &str, turn: usize) -> Go<()> {
        if self.agent.is_none() && turn > 0 {
            self.take_queue();
        }
        self.session.log_request(prompt, turn);
        self.pause(LATENCY)
    }

    fn take_queue(&mut self) {
        loop {
            let next = {
                let queue = &mut self.session.state().queue;
                if queue.front().is_some_and(Queued::is_prompt) { queue.pop_front() } else { None }
            };
            let Some(queued) = next else { return };
            self.session.tell(Event::Changed);
            self.print(Block::Prompt(queued.text.clone()));
            self.record(|transcript, id, mode| transcript.user(queued.text.into(), id, mode));
        }
    }

    /// What comes before calls: thoughts leave no trace there.
    fn lead(&mut self, answer: &Answer) -> Go<()> {
        let Answer::Think(seconds) = answer else { return self.answer(answer).map(drop) };
        self.work("thinking");
        self.pause(*seconds)?;
        self.work("");
        Ok(())
    }

    /// Says something, in the time it takes; the text said.
    fn answer(&mut self, answer: &Answer) -> Go<String> {
        match answer {
            Answer::Say(text) => Ok(self.say(text)),
            Answer::Slow(seconds) => {
                let count =
                    std::iter::successors(Some(0.2), |at| Some(at + 0.2)).take_while(|at| *at <= *seconds + 0.01);
                let count = count.count().max(1);
                for words in 1..=count {
                    self.show(Block::Says(markers::slow_text(words)));
                    self.pause(0.2)?;
                }
                Ok(self.say(&markers::slow_text(count)))
            }
            Answer::Think(seconds) => {
                self.work("thinking");
                self.pause(*seconds)?;
                self.work("");
                Ok(self.say(markers::THOUGHT))
            }
            Answer::Hang(seconds) => {
                self.pause(*seconds)?;
                Ok(self.say(markers::BACK))
            }
            Answer::Report { done, refused } => {
                let text = if self.refused { refused } else { done };
                Ok(self.say(text))
            }
        }
    }

    pub(super) fn say(&mut self, text: &str) -> String {
        let text = text.trim_end().to_owned();
        self.print(Block::Says(text.clone()));
        let model = self.session.args.model.clone();
        let content = json!([{"type": "text", "text": text}]);
        self.record(|transcript, _, _| transcript.assistant(content, &model));
        text
    }

    /// Tells hooks that the turn is over; one of them may want it to go on.
    fn stop(&mut self, mut last: String) -> Go<Ending> {
        for stops in 0..MOST_STOPS {
            let own = json!({"stop_hook_active": stops > 0, "last_assistant_message": last,
                "background_tasks": self.session.tasks(), "session_crons": []});
            let ended = self.hooks("Stop", "", own)?;
            let Some(reason) = ended.iter().find_map(|(hook, ended)| hooks::blocked(hook, ended)) else { break };
            self.print(Block::Tool("Ran a stop hook".into(), vec![format!("Stop hook reported a problem\n{reason}")]));
            self.record(|transcript, id, mode| {
                transcript.user(format!("Stop hook feedback:\n{reason}").into(), id, mode)
            });
            self.request("", stops + 1)?;
            last = self.say("A stop hook asked me to go on; there is nothing left to play.");
        }
        Ok(Ending::Rest(Some(self.began.elapsed().as_secs())))
    }

    /// `!line`: runs it at once, and then lets the model see it.
    pub fn shell(&mut self, line: &str) -> Go<Ending> {
        self.session.state().prompt_id = Some(uuid::Uuid::new_v4().to_string());
        let number = self.session.number();
        let mut command = shell(line);
        command.current_dir(&self.session.cwd);
        let running = self.session.children.start(&mut command, Vec::new(), None, self.ended(number));
        let ended = self.child(number, running)?;
        let output = format!("{}{}", ended.stdout, ended.stderr);
        self.print(Block::Shell(line.to_owned(), output));
        for text in [
            format!("<bash-input>{line}</bash-input>"),
            format!("<bash-stdout>{}</bash-stdout><bash-stderr>{}</bash-stderr>", ended.stdout, ended.stderr),
        ] {
            self.record(|transcript, id, mode| transcript.user(text.into(), id, mode));
        }
        self.request(line, 0)?;
        let last = self.say("I saw that command, and no model did.");
        self.stop(last)
    }

    /// `/compact`: the conversation becomes a summary.
    pub fn compact(&mut self) -> Go<Ending> {
        self.hooks("PreCompact", "manual", json!({"trigger": "manual", "custom_instructions": null}))?;
        self.work("compacting");
        self.pause(2.0 * LATENCY)?;
        let summary = "A conversation with the Chorus demo agent, which remembers nothing of it.";
        // The client compacts with two helpers, whose ends hooks are told of with an empty type.
        for _ in 0..2 {
            let id = format!("a{}", &uuid::Uuid::new_v4().simple().to_string()[..16]);
            let path = self.session.state().transcript.subagent(&id).path().display().to_string();
            let own = json!({"agent_id": id, "agent_type": "", "stop_hook_active": false, "agent_transcript_path": path,
                "last_assistant_message": summary, "background_tasks": [], "session_crons": []});
            self.hooks("SubagentStop", "", own)?;
        }
        self.session.state().transcript.compact(summary);
        self.session.run_start_hooks("compact");
        self.hooks("PostCompact", "manual", json!({"trigger": "manual", "compact_summary": summary}))?;
        self.print(Block::Note("Compacted".into()));
        Ok(Ending::Rest(None))
    }

    /// Waits for a child that ends with the turn.
    pub fn child(&mut self, number: u64, running: Option<crate::child::Running>) -> Go<crate::child::Ended> {
        loop {
            match self.next(std::time::Instant::now() + Duration::from_secs(86_400)) {
                Ok(Some(super::Word::Ended(found, ended))) if found == number => return Ok(ended),
                Ok(_) => {}
                Err(interrupted) => {
                    running.into_iter().for_each(crate::child::Running::end);
                    return Err(interrupted);
                }
            }
        }
    }
}
