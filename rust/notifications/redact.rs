//! Secrets taken out of what others can read over a shoulder, on a locked screen, or in a history of notifications.
//!
//! It finds what looks like one; a secret that looks like a word stays. So it takes too much rather than too little.

use std::borrow::Cow;

/// Stands for a secret.
const MARK: &str = "•••";
/// How the tokens of well-known services begin.
const BEGINNINGS: &[&str] = &[
    "sk-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxa-",
    "xoxb-",
    "xoxp-",
    "xoxr-",
    "xoxs-",
    "AKIA",
    "ASIA",
    "AIza",
    "eyJ",
    "npm_",
    "pypi-",
    "hf_",
    "dop_v1_",
    "SG.",
];
/// A name that ends so is the name of a secret.
const NAMES: &[&str] =
    &["password", "passwd", "secret", "token", "apikey", "api_key", "api-key", "access_key", "private_key", "pwd"];
/// A word after one of these is a secret.
const BEFORE: &[&str] = &["bearer", "basic", "--password", "--token", "--secret", "--api-key", "--user", "-u"];
/// Characters of a token that looks random.
const RANDOM: usize = 32;

/// The text with a mark in the place of each word, or part of one, that looks like a secret.
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(text.len());
    let mut before = String::new();
    let mut found = false;
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let bare = word.trim_matches(is_quote);
        let shown = if BEFORE.contains(&before.as_str()) && !bare.is_empty() {
            Some(word.replace(bare, MARK))
        } else {
            shown(word)
        };
        before = bare.trim_end_matches(':').to_lowercase();
        match shown {
            Some(shown) => {
                found = true;
                out.push_str(&shown);
                out.push_str(&piece[word.len()..]);
            }
            None => out.push_str(piece),
        }
    }
    if found { Cow::Owned(out) } else { Cow::Borrowed(text) }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '“' | '”' | ',' | ';' | ')' | '(')
}

/// The word without its secret; nothing when it has none.
fn shown(word: &str) -> Option<String> {
    if let Some((scheme, rest)) = word.split_once("://")
        && let Some((credentials, host)) = rest.split_once('@')
        && !credentials.contains('/')
    {
        return Some(format!("{scheme}://{MARK}@{host}"));
    }
    for mark in ['=', ':'] {
        if let Some((name, value)) = word.split_once(mark)
            && !value.trim_matches(is_quote).is_empty()
            && NAMES.iter().any(|end| name.trim_matches(is_quote).to_lowercase().ends_with(end))
        {
            return Some(format!("{name}{mark}{MARK}"));
        }
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '/' | '=');
    let mut parts = word.split(|c: char| !is_part(c)).flat_map(|part| part.split('=')).filter(|part| is_token(part));
    parts.next().map(|part| word.replace(part, MARK))
}

fn is_token(part: &str) -> bool {
    let is_one = |rest: &str| rest.len() >= 12 && rest.contains(|c: char| c.is_ascii_digit());
    BEGINNINGS.iter().any(|begin| part.strip_prefix(begin).is_some_and(is_one)) || is_random(part)
}

/// Long, of letters and digits mixed, and no path, version or commit.
fn is_random(part: &str) -> bool {
    let has = |is: fn(&u8) -> bool| part.as_bytes().iter().any(is);
    part.len() >= RANDOM
        && !part.contains(['/', '.'])
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        for (text, expected) in [
            ("curl -H 'Authorization: Bearer abc.def' x", "curl -H 'Authorization: Bearer •••' x"),
            ("export GITHUB_TOKEN=ghp_0123456789abcdef01", "export GITHUB_TOKEN=•••"),
            ("echo sk-ant-0123456789abcdef", "echo •••"),
            ("git clone https://me:pass@host/x.git", "git clone https://•••@host/x.git"),
            ("psql --password hunter2 db", "psql --password ••• db"),
            ("mysql password: hunter2", "mysql password: hunter2"),
            ("\"api_key\":\"abc\"", "\"api_key\":•••"),
            ("x aB3dE5gH7jK9mN1pQ3rS5tU7vW9xY1zA3 y", "x ••• y"),
        ] {
            assert_eq!(redact(text), expected, "{text}");
        }
        for plain in [
            "rm -rf build",
            "git show 0123456789abcdef0123456789abcdef01234567",
            "Edit src/components/Login/LoginFormWithVeryLongName2.tsx",
            "token ring, password field",
            "https://example.com/a@b",
            "npm_config_cache",
        ] {
            assert!(matches!(redact(plain), Cow::Borrowed(_)), "{plain}: {}", redact(plain));
        }
    }
}
