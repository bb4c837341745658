//! GitButler's id of a change, which survives rewriting its commit.

/// GitButler's id of the change in a commit object (`change-id`; `gitbutler-change-id` up to 2025).
pub fn change_id(commit: &str) -> Option<String> {
    let headers = commit.lines().take_while(|line| !line.is_empty());
    let named = |line: &str| {
        let value = line.strip_prefix("change-id ").or_else(|| line.strip_prefix("gitbutler-change-id "))?;
        Some(value.trim().to_owned())
    };
    headers.filter(|line| !line.starts_with(' ')).find_map(named)
}
