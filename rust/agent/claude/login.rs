//! An agent without a login: how it shows, and what to tell the person.

use crate::text::reveal_line;

/// Whether a failed turn (`error` and `message` of `StopFailure`) means that the agent has no valid login.
///
/// Claude Code says nothing at its start. After a prompt it shows `Not logged in · Please run /login`, and for a key or
/// token that the API refuses `Please run /login · API Error: 401 …`; the class is `authentication_failed` for both.
pub fn is_missing(error: &str, message: &str) -> bool {
    error == "authentication_failed" || message.contains("Please run /login")
}

/// What to do, one sentence a line. `message` is what the agent showed; untrusted.
pub fn advice(message: &str) -> String {
    let said = match reveal_line(message, 200) {
        said if said.is_empty() => String::new(),
        said => format!("The agent says: {said}\n"),
    };
    format!(
        "{said}Attach to the task and run `/login`; the login is kept for every later session.\n\
         Or run `claude setup-token` in a terminal, put `export CLAUDE_CODE_OAUTH_TOKEN=…` into your shell's start \
         file, start Neovim from a new shell, and use `:Chorus restart`.\n\
         Chorus hands your environment to the agent and keeps no token."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_be_without_a_login_are_seen() {
        assert!(is_missing("authentication_failed", "Please run /login · API Error: 401 Scripted"));
        assert!(is_missing("unknown", "Not logged in · Please run /login"));
        assert!(!is_missing("server_error", "API Error: 500 Scripted api_error"));
    }

    #[test]
    fn the_advice_is_harmless_and_says_what_to_type() {
        let advice = advice("\u{1b}[31mNot logged in\nx");
        assert!(advice.starts_with("The agent says: �[31mNot logged in x\n"));
        assert!(advice.contains("claude setup-token") && advice.contains("/login"));
    }
}
