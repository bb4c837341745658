//! Rules that answer requests, trust in a project's file, and the audit.

use super::Json;
use crate::status::{Action, Kind, Millis};
use serde::{Deserialize, Serialize};

/// Parameters of `trust`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrustAsk {
    /// Trust the file, instead of only saying what that would mean.
    pub confirmed: bool,
    /// The fingerprint of the text that the person saw, or its beginning; refused if the file has another by then.
    pub seen: Option<String>,
    /// Trust the file no more.
    pub withdraw: bool,
}

/// Reply: a project's configuration file, and whether it is trusted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TrustOffer {
    /// What would count, and the text or what changed in it.
    pub text: String,
    /// Of the text that is shown.
    pub fingerprint: Option<String>,
    /// Whether there is nothing left to do.
    pub done: bool,
}

/// Parameters of `policy`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyAsk {
    /// Say what today's rules would have done with so many of the last requests.
    pub test: Option<u32>,
}

/// Reply: the rules that count.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PolicyReport {
    /// In the order of the files.
    pub rules: Vec<PolicyRule>,
    /// Faults, contradictions, and what does not count.
    pub notices: Vec<String>,
    /// The last requests, oldest first, where that was asked for.
    pub tested: Vec<Tested>,
}

/// A rule that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRule {
    /// What it does.
    pub action: Action,
    /// Its conditions, as TOML.
    pub text: String,
    /// Where it stands: `FILE:LINE`.
    pub place: String,
}

/// A request, and what today's rules say about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tested {
    /// The request's id.
    pub request: String,
    /// Number of the task.
    pub number: i64,
    /// When it was asked.
    pub at: Millis,
    /// The tool asked for.
    pub tool: Option<String>,
    /// One line for lists.
    pub summary: String,
    /// What became of it; nothing while it is open.
    pub outcome: Option<String>,
    /// What today's rules would do.
    pub would: Action,
    /// The rules that decide: `FILE:LINE`, separated by commas.
    pub by: String,
    /// Why a person would be asked, as the end of a sentence.
    pub why: Option<String>,
}

/// Parameters of `policy_propose`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyPropose {
    /// The request that a rule should have answered.
    pub request: String,
    /// For every project, not only for the request's.
    #[serde(default)]
    pub everywhere: bool,
}

/// Reply: the rule that would have allowed a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PolicyProposal {
    /// As it would be written.
    pub rule: String,
    /// The file that it would be written to.
    pub file: String,
    /// Other recent requests that it would have allowed, oldest first.
    pub others: Vec<Tested>,
}

/// Parameters of `policy_add`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyAdd {
    /// The request.
    pub request: String,
    /// As in the proposal.
    #[serde(default)]
    pub everywhere: bool,
    /// The rule that the person saw; refused if another would be written.
    pub rule: String,
}

/// Reply: a rule was written.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PolicyAdded {
    /// Where it stands: `FILE:LINE`.
    pub place: String,
    /// Whether it answered the request, which was still open.
    pub answered: bool,
}

/// Parameters of `audit`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditAsk {
    /// Of this task only.
    pub task: Option<String>,
    /// Not before this time.
    pub since: Option<Millis>,
    /// At most so many, the newest; 500 by default.
    pub limit: Option<u32>,
}

/// Reply: answers to requests.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Audit {
    /// Oldest first.
    pub answers: Vec<Audited>,
}

/// An answer to a request. Texts are untrusted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Audited {
    /// When it was answered.
    pub at: Millis,
    /// Project of the task, at that time.
    pub project: String,
    /// Number of the task.
    pub number: i64,
    /// The task's uuid.
    pub task: String,
    /// The request's id.
    pub request: String,
    /// What was asked.
    pub kind: Kind,
    /// The tool asked for.
    pub tool: Option<String>,
    /// One line for lists.
    pub summary: String,
    /// The input as it was shown; nothing where it was larger than 16 kB.
    pub seen: Option<Json>,
    /// Whether `seen` is not the whole input.
    pub cut: bool,
    /// When it was asked.
    pub asked_at: Millis,
    /// `allowed`, `denied`, `answered` or `elsewhere`.
    pub outcome: String,
    /// `person`, `notification`, `rule`, `agent` (answered without Chorus) or `chorus`.
    pub who: String,
    /// By what: the person's Neovim or shell, the rules as `FILE:LINE`, the agent's terminal.
    pub via: Option<String>,
    /// What the agent was sent; nothing where that was a key, or nothing, or larger than 16 kB.
    pub sent: Option<Json>,
    /// What `sent` said beyond its outcome, in one line, such as `reason: use make`.
    pub said: Option<String>,
}
