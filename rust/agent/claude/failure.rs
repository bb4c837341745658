//! Why a turn failed, by the client's class of the error and the text it shows.

use crate::evidence::event::FailureCause;

/// The cause of a failed turn: `class` and `message` of a `StopFailure`, or the text of an error in the conversation's
/// file, which has no class.
///
/// A client without a login says nothing at its start. After a prompt it shows `Not logged in · Please run /login`, and
/// for a key or token that the API refuses `Please run /login · API Error: 401 …`; the class is `authentication_failed`
/// for both.
pub fn cause(class: &str, message: &str) -> FailureCause {
    let message = message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if class == "authentication_failed" || says(&["run /login", "not logged in"]) {
        return FailureCause::Login;
    }
    match class {
        "rate_limit" => FailureCause::RateLimit,
        "server_error" | "overloaded" => FailureCause::Server,
        _ if says(&["(429)", "error: 429", "rate limit", "usage limit", "limit reached"]) => FailureCause::RateLimit,
        _ if says(&["error: 5", "overloaded", "unable to connect", "connection", "econn", "timed out"]) => {
            FailureCause::Server
        }
        _ => FailureCause::Request,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_be_without_a_login_are_seen() {
        assert_eq!(cause("authentication_failed", "Please run /login · API Error: 401 Scripted"), FailureCause::Login);
        assert_eq!(cause("unknown", "Not logged in · Please run /login"), FailureCause::Login);
        assert_eq!(cause("server_error", "API Error: 500 Scripted api_error"), FailureCause::Server);
    }
}
