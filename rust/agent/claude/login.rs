//! What to tell the person whose client has no login.

use crate::text::clean_line;

/// Characters of the agent's message: a journal's entry holds them and all of the advice.
const MESSAGE: usize = 150;

/// What to do, one sentence a line. `message` is what the agent showed; untrusted.
pub fn advice(message: &str) -> String {
    let said = match clean_line(message, MESSAGE) {
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
    fn the_advice_is_harmless_and_says_what_to_type() {
        let advice = advice("\u{1b}[31mNot logged in\nx");
        assert!(advice.starts_with("The agent says: Not logged in x\n"));
        assert!(advice.contains("claude setup-token") && advice.contains("/login"));
    }

    #[test]
    fn the_advice_is_whole_in_a_journal_of_500_characters() {
        let advice = advice(&"é".repeat(1000));
        assert!(advice.chars().count() <= 500 && advice.ends_with("keeps no token."), "{}", advice.chars().count());
    }
}
