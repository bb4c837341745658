//! From a command line to the request it means.

use super::{InputRefusal, answers};
use crate::contract::*;
use crate::task::Isolation;
use crate::text::blank;
use clap::ArgMatches;
use std::cell::OnceCell;
use std::io::Read;

/// Requests that `policy test` looks at where nobody says how many.
const USUAL_TEST: u32 = 20;
const ANSWER: &str =
    "say the answer: the number of an option or your own words, one word for each of several questions";

/// What follows a verb, without the tasks it names.
pub struct Given<'a> {
    pub verb: &'a str,
    pub options: &'a ArgMatches,
    pub text: String,
    /// The words of the text.
    pub words: Vec<String>,
    /// What tells this command line from others.
    pub command: String,
    /// Standard input, once it was read: every task gets the same text.
    pub input: OnceCell<String>,
}

impl Given<'_> {
    /// The request of a verb on the project.
    pub fn of_project(&self) -> Result<Request, InputRefusal> {
        let filter = Some(self.text.clone()).filter(|text| !text.is_empty());
        Ok(match self.verb {
            "new" => Request::TaskNew(self.new_task()?),
            "list" => Request::TaskList(TaskList { filter, everywhere: self.flag("all") }),
            "inbox" => Request::TaskInbox(TaskList { filter, everywhere: self.flag("all") }),
            "changes" => Request::Changes(Nothing {}),
            "docs" => Request::Docs(DocsAsk { category: filter, ..DocsAsk::default() }),
            "refs" => Request::Refs(RefsAsk { path: filter }),
            "retie" => Request::Retie(Retie { reference: self.reference()?, ..Retie::default() }),
            "unref" => Request::Unref(Unref { reference: self.reference()? }),
            "setup" => Request::Setup(self.confirm(String::new())),
            "undo" => Request::Undo(Undo { step: self.number("step"), confirmed: self.flag("yes") }),
            "policy" => Request::Policy(PolicyAsk { test: self.tested()? }),
            "trust" => {
                let (confirmed, withdraw) = (self.flag("yes"), self.flag("withdraw"));
                Request::Trust(TrustAsk { confirmed, seen: self.string("seen"), withdraw })
            }
            "audit" => Request::Audit(AuditAsk { task: filter, since: self.since()?, limit: self.number("limit") }),
            "config" => Request::Config(Nothing {}),
            "health" => Request::Health(Nothing {}),
            other => return Err(elsewhere(other)),
        })
    }

    /// The request of a verb on one task.
    pub fn of_task(&self, task: String) -> Result<Request, InputRefusal> {
        let (flag, string) = (|name| self.flag(name), |name| self.string(name));
        let request = string("request");
        Ok(match self.verb {
            "start" => {
                let prompt = self.or_text("prompt").map(|text| self.typed(text)).transpose()?;
                Request::TaskStart(TaskStart { task, prompt, fresh: flag("fresh"), environment: environment() })
            }
            "send" => {
                let text = self.typed(self.text_for("say what to send, or `-` to read it")?)?;
                Request::TaskSend(TaskSend { task, text, raw: flag("raw") })
            }
            "prompts" => Request::TaskPrompts(TaskPrompts {
                task,
                prompt: self.number("prompt"),
                text: string("text").map(|text| self.typed(text)).transpose()?,
                place: self.number("place"),
                remove: flag("remove"),
                history: false,
            }),
            "approve" => Request::TaskApprove(TaskApprove { task, request, always: self.suggestion() }),
            "deny" => Request::TaskDeny(TaskDeny { task, request, reason: self.or_text("reason") }),
            "answer" => {
                let answers = [(String::new(), self.text_for(ANSWER)?)].into();
                Request::TaskAnswer(TaskAnswer { task, request, answers })
            }
            "restart" => Request::TaskRestart(TaskRestart { task, fresh: flag("fresh"), environment: environment() }),
            "complete" => Request::TaskComplete(TaskComplete {
                task,
                force: flag("force"),
                message: string("message"),
                command: Some(self.command.clone()),
            }),
            "fail" => Request::TaskFail(TaskFail {
                task,
                reason: self.or_text("reason"),
                discard: flag("discard"),
                command: Some(self.command.clone()),
            }),
            "reopen" => Request::TaskReopen(TaskReopen { task, restore: flag("restore") }),
            "delete" => Request::TaskDelete(TaskDelete { task, command: Some(self.command.clone()) }),
            "edit" => Request::TaskEdit(self.edit(task)?),
            "output" => Request::TaskOutput(TaskOutput { task, history: self.number("history").unwrap_or_default() }),
            "diff" => Request::TaskDiff(TaskDiff { task, part: self.text.clone() }),
            "commit" => Request::TaskCommit(TaskCommit { task, message: self.or_text("message") }),
            "ref" => {
                let path = self.text_for("name a document: PLAN.md, PLAN.md:10-24 or PLAN.md#heading")?;
                Request::TaskRef(TaskRef {
                    task,
                    path,
                    note: string("note"),
                    reference: self.number("reference"),
                    ..TaskRef::default()
                })
            }
            "tell" => Request::TaskTell(TaskTell { task, confirmed: flag("yes"), ..TaskTell::default() }),
            "assign" => Request::TaskAssign(TaskAssign { task, shared: flag("shared") }),
            "mend" => Request::TaskMend(self.confirm(task)),
            "preview" => Request::TaskPreview(self.confirm(task)),
            "web" => Request::TaskWeb(TaskWeb { task, write: flag("write") }),
            other => of_one(other, task)?,
        })
    }

    /// The request of `answer`, where `open` are the open requests: digits name the options of the one that is meant.
    pub fn answer(&self, task: String, open: &[Opened]) -> Result<Request, InputRefusal> {
        self.text_for(ANSWER)?;
        let number = task.strip_prefix('#').unwrap_or(&task).parse::<i64>().ok();
        let of_task = |request: &&Opened| request.task == task || Some(request.number) == number;
        let named = self.string("request");
        let is_meant = |request: &&Opened| named.as_ref().is_none_or(|named| *named == request.id);
        let mut meant = open.iter().filter(of_task).filter(is_meant);
        let Some(request) = meant.next().filter(|_| meant.next().is_none()) else { return self.of_task(task) };
        let answers = answers::fit(request, &self.words, self.flag("text"))?;
        Ok(Request::TaskAnswer(TaskAnswer { task, request: Some(request.id.clone()), answers }))
    }

    /// Whether the new task is to be started at once, by [`Given::start`].
    pub fn starts(&self) -> bool {
        self.verb == "new" && self.flag("start")
    }

    /// The request that starts the new task.
    pub fn start(&self, task: String) -> Request {
        Request::TaskStart(TaskStart { task, environment: environment(), ..TaskStart::default() })
    }

    /// A text as typed; `-` is standard input.
    fn typed(&self, text: String) -> Result<String, InputRefusal> {
        match self.input.get() {
            _ if text != "-" => Ok(text),
            Some(input) => Ok(input.clone()),
            None => {
                let mut input = String::new();
                let read = std::io::stdin().read_to_string(&mut input);
                read.map_err(|error| InputRefusal::Usage(format!("cannot read standard input: {error}")))?;
                Ok(self.input.get_or_init(|| input).clone())
            }
        }
    }

    fn string(&self, name: &str) -> Option<String> {
        self.options.try_get_one::<String>(name).ok().flatten().cloned()
    }

    fn number<T: Copy + Send + Sync + 'static>(&self, name: &str) -> Option<T> {
        self.options.try_get_one::<T>(name).ok().flatten().copied()
    }

    fn flag(&self, name: &str) -> bool {
        self.number(name).unwrap_or_default()
    }

    fn tags(&self) -> Option<Vec<String>> {
        self.options.get_many::<String>("tag").map(|tags| tags.cloned().collect())
    }

    /// An option, or else the text.
    fn or_text(&self, name: &str) -> Option<String> {
        self.string(name).or_else(|| Some(self.text.clone()).filter(|text| !text.is_empty()))
    }

    fn text_for(&self, missing: &str) -> Result<String, InputRefusal> {
        Some(self.text.clone()).filter(|text| !text.is_empty()).ok_or_else(|| InputRefusal::Usage(missing.to_owned()))
    }

    fn confirm(&self, task: String) -> Confirm {
        Confirm { task, confirmed: self.flag("yes") }
    }

    /// `test`, and how many of the last requests.
    fn tested(&self) -> Result<Option<u32>, InputRefusal> {
        let usage = || InputRefusal::Usage("say `policy`, `policy test` or `policy test COUNT`".into());
        match self.text.split_whitespace().collect::<Vec<_>>().as_slice() {
            [] => Ok(None),
            ["test"] => Ok(Some(USUAL_TEST)),
            ["test", count] => count.parse().map(Some).map_err(|_| usage()),
            _ => Err(usage()),
        }
    }

    fn since(&self) -> Result<Option<crate::status::Millis>, InputRefusal> {
        let Some(age) = self.string("since") else { return Ok(None) };
        let parsed = humantime::parse_duration(&age);
        let age = parsed.map_err(|error| {
            InputRefusal::Usage(format!("--since {}: {error}; say an age such as `2h` or `3days`", blank(&age)))
        })?;
        Ok(Some(crate::clock::now() - crate::status::Millis::try_from(age.as_millis()).unwrap_or_default()))
    }

    fn reference(&self) -> Result<i64, InputRefusal> {
        let digits = self.text.trim().trim_start_matches('#');
        digits
            .parse()
            .map_err(|_| InputRefusal::Usage("name a reference by its number: `chorus refs` lists them".into()))
    }

    /// People count from 1.
    fn suggestion(&self) -> Option<usize> {
        let position = self.number::<u64>("always")?;
        Some(usize::try_from(position).unwrap_or(usize::MAX).saturating_sub(1))
    }

    fn edit(&self, task: String) -> Result<TaskEdit, InputRefusal> {
        Ok(TaskEdit {
            task,
            title: self.string("title"),
            description: self.string("description").map(|text| self.typed(text)).transpose()?,
            priority: self.number("priority"),
            tags: self.tags(),
            command: Some(self.command.clone()),
        })
    }

    fn new_task(&self) -> Result<TaskNew, InputRefusal> {
        let isolation = self.string("isolation").map(|name| serde_json::from_value::<Isolation>(name.into()));
        let isolation = isolation
            .transpose()
            .map_err(|_| InputRefusal::Usage("--isolation takes auto, stack, worktree or none".into()))?;
        Ok(TaskNew {
            folder: None,
            title: self.string("title").unwrap_or_else(|| self.text.clone()),
            description: self.string("description").map(|text| self.typed(text)).transpose()?,
            priority: self.number("priority").unwrap_or_default(),
            tags: self.tags().unwrap_or_default(),
            agent: self.string("agent"),
            model: self.string("model"),
            permission_mode: self.string("permission-mode"),
            isolation,
            on: self.number("on"),
        })
    }
}

/// The request of a verb that takes a task and nothing else: the one of its name.
fn of_one(verb: &str, task: String) -> Result<Request, InputRefusal> {
    let request = serde_json::json!({ "method": format!("task_{verb}"), "params": One { task } });
    serde_json::from_value(request).map_err(|_| elsewhere(verb))
}

fn elsewhere(verb: &str) -> InputRefusal {
    InputRefusal::Usage(format!("`{verb}` works in Neovim only"))
}

fn environment() -> Environment {
    Environment(crate::environment::variables())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{args, target};
    use crate::verbs::{self, Takes, VERBS};

    /// The request of a command line whose verb names task 1, as JSON.
    fn request(line: &str) -> serde_json::Value {
        let words = std::iter::once("chorus").chain(line.split_whitespace());
        let matches = args::command().try_get_matches_from(words).unwrap();
        let (name, options) = matches.subcommand().unwrap();
        let verb = verbs::find(name).unwrap();
        let (words, after) = args::words(options);
        let (_, mut text) = target::split(verb, &words);
        text.extend(after);
        let given = Given {
            verb: name,
            options,
            text: text.join(" "),
            words: text,
            command: "c".into(),
            input: OnceCell::new(),
        };
        let request = match verb.takes {
            Takes::Nothing => given.of_project(),
            Takes::One | Takes::Many => given.of_task("1".into()),
        };
        let request = request.ok().unwrap_or_else(|| panic!("no request for {line}"));
        let mut request = serde_json::to_value(request).unwrap();
        let params = request["params"].as_object_mut().unwrap();
        params.remove("environment");
        params.remove("command");
        params.retain(|_, value| !value.is_null());
        request
    }

    #[test]
    fn every_verb_of_the_table_has_a_request() {
        // These need no daemon, or ask several things of it.
        let without = ["log", "detect", "verbs", "completions", "man", "next", "wait", "unref", "retie"];
        for verb in VERBS.iter().filter(|verb| verb.place != "nvim" && !without.contains(&verb.name)) {
            let task = if verb.takes == Takes::Nothing { "" } else { "1" };
            let text = match verb.rest {
                "" => "",
                "[reference]" => "7",
                "[test [count]]" => "test 5",
                _ => "text",
            };
            let made = request(&format!("{} {task} {text}", verb.name));
            let method = made["method"].as_str().unwrap();
            assert!(method == verb.name || method == format!("task_{}", verb.name), "{}: {method}", verb.name);
        }
    }

    #[test]
    fn behind_two_dashes_nothing_names_a_task() {
        let named = |line: &str| {
            let matches = args::command().try_get_matches_from(line.split_whitespace()).unwrap();
            let (name, options) = matches.subcommand().unwrap();
            target::split(verbs::find(name).unwrap(), &args::words(options).0).0
        };
        assert_eq!(named("chorus send 11 -- 3 tests fail"), ["11"]);
        assert_eq!(named("chorus send 11 12 -- all tests"), ["11", "12"]);
        assert_eq!(named("chorus send -- 3 tests fail"), [""; 0]);
        // Where no text may follow, they are what they are to other programs.
        assert_eq!(named("chorus restart -- 3"), ["3"]);
    }

    #[test]
    fn options_and_text_become_parameters() {
        let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        for (line, params) in [
            ("approve 1 --request r --always 2", r#"{"task": "1", "request": "r", "always": 1}"#),
            ("deny 1 not on a Friday", r#"{"task": "1", "reason": "not on a Friday"}"#),
            ("deny 1 --reason no", r#"{"task": "1", "reason": "no"}"#),
            ("send 1 -- 3 tests fail", r#"{"task": "1", "text": "3 tests fail", "raw": false}"#),
            ("send -- all tests", r#"{"task": "1", "text": "all tests", "raw": false}"#),
            ("send 1 --raw /compact", r#"{"task": "1", "text": "/compact", "raw": true}"#),
            ("output 1 --history 5", r#"{"task": "1", "history": 5}"#),
            ("fail 1 --discard no use", r#"{"task": "1", "reason": "no use", "discard": true}"#),
            ("edit 1 --priority -1 --tag a --tag b", r#"{"task": "1", "priority": -1, "tags": ["a", "b"]}"#),
            ("prompts 1", r#"{"task": "1", "remove": false, "history": false}"#),
            (
                "prompts 1 --prompt 7 --place 1",
                r#"{"task": "1", "prompt": 7, "place": 1, "remove": false, "history": false}"#,
            ),
            ("mend 1 --yes", r#"{"task": "1", "confirmed": true}"#),
            ("diff 1 turn", r#"{"task": "1", "part": "turn"}"#),
            ("list pending +ui --all", r#"{"filter": "pending +ui", "everywhere": true}"#),
            ("new Fix it --isolation none", r#"{"title": "Fix it", "isolation": "none", "priority": 0, "tags": []}"#),
        ] {
            assert_eq!(request(line)["params"], json(params), "{line}");
        }
    }
}
