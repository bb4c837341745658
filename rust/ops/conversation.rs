//! What is said to an agent and what the agent asks.

pub mod answer;
pub mod context;
pub mod context_page;
pub mod hooks;
pub mod prompts;
pub mod queue;
pub mod tell;
