//! The configured agents, and how their screens are read.

use crate::agent::{Adapter, Agent};
use crate::config::Loaded;
use crate::contract::Code;
use crate::detector::rules::Rules;
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

/// How the agent's screen is read: its own rules first, then those that are built in.
pub fn rules(loaded: &Loaded, agent: &Agent) -> Result<Rules> {
    let own = loaded.config.agent(&agent.name).rules;
    let text = own.as_ref().map(|file| foreign::text(file.as_ref(), foreign::MANY)).transpose().map_err(|error| {
        Error::new(Code::BadInput, format!("cannot read the screen rules of {}: {error}", agent.name))
            .hint(format!("correct `rules` in [agent.{}]", agent.name))
    })?;
    let mut own = text.as_deref().map(crate::detector::rules::parse).transpose()?.unwrap_or_default();
    own.status.idle.patterns.extend(loaded.config.idle.patterns.0.iter().cloned());
    own.status.waiting.patterns.extend(loaded.config.waiting.patterns.0.iter().cloned());
    Rules::of(agent.adapter().map(Adapter::screen_rules), Some(own))
}
