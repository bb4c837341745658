//! The configured agents, and how their screens are read.

use crate::agent::{Adapter, Agent};
use crate::config::{Loaded, Patterns};
use crate::contract::Code;
use crate::detector::rules::{RuleFile, Rules, parse, unplaced};
use crate::error::{Error, Result};
use crate::foreign;
use crate::paths::State;

/// The agent of that name: what `[agent.NAME]` says, else the one that is built in, else the program of that name.
pub fn named(loaded: &Loaded, name: &str, state: &State) -> Agent {
    let configured = loaded.config.agents.get(name);
    let command =
        configured.map(|agent| agent.command.0.clone()).filter(|command| *command != [name]).unwrap_or_default();
    let args = configured.map(|agent| agent.args.0.clone()).unwrap_or_default();
    Agent::new(name, command, args, &state.program())
}

/// How the agent's screen is read: its own rules first, then the plain patterns of its section and of all agents, then
/// the rules that are built in.
pub fn rules(loaded: &Loaded, agent: &Agent) -> Result<Rules> {
    let section = loaded.config.agent(&agent.name);
    let text = section.rules.as_ref().map(|file| foreign::text(file.as_ref(), foreign::MANY)).transpose();
    let text = text.map_err(|error| {
        Error::new(Code::BadInput, format!("cannot read the screen rules of {}: {error}", agent.name))
            .hint(format!("correct `rules` in [agent.{}]", agent.name))
    })?;
    let name = section.rules.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
    let own = text.as_deref().map(|text| parse(&name, text)).transpose()?;
    Rules::of(agent.adapter().map(Adapter::screen_rules), Some(with_patterns(own.unwrap_or_default(), loaded, agent)))
}

/// The rules with what `[agent.NAME]`, `[status.idle]` and `[status.waiting]` say.
pub fn with_patterns(mut rules: RuleFile, loaded: &Loaded, agent: &Agent) -> RuleFile {
    let config = &loaded.config;
    let section = config.agent(&agent.name);
    let all = |own: &Patterns, of_all: &[String]| unplaced(own.0.iter().chain(of_all).cloned());
    let status = &mut rules.status;
    status.waiting.patterns.extend(all(&section.waiting, &config.waiting.patterns.0));
    status.busy.patterns.extend(all(&section.busy, &[]));
    status.idle.patterns.extend(all(&section.idle, &config.idle.patterns.0));
    status.lines = status.lines.or(section.lines.map(|lines| lines as usize));
    rules.answers.extend(section.answers.0);
    rules
}
