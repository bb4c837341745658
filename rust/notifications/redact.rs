//! Secrets taken out of what others can read over a shoulder, on a locked screen, or in a history of notifications.
//!
//! It finds what looks like one; a secret that looks like a word stays. So it takes too much rather than too little.

use crate::text::LINE_END;
use regex::{Captures, Regex};
use std::sync::LazyLock;

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
/// Stands for the end of a line while secrets are looked for.
const BREAK: &str = "\u{b}";
/// Characters of a token that looks random.
const RANDOM: usize = 32;

/// A name that ends so is the name of a secret.
const NAME: &str =
    r"[\w.-]*(?:pass(?:word|wd|phrase|code)|secret|token|credentials?|(?:api|access|private|secret|auth)[_-]?key|pwd)";
/// A value in quotes, with escaped quotes where it is itself in a quoted text; or to the next character that ends one in
/// a shell, a URL, JSON or a list.
const VALUE: &str =
    r#"(?:\\"(?:[^"\\]|\\[^"])*\\"|"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s:&;,{}()\[\]<>|?"'`“”][^\s&;,{}()\[\]<>|?"'`“”]*)"#;

/// What is kept is captured, the secret comes after it.
static RULES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let rules = [
        // scheme://user:password@host
        r"(?P<kept>[A-Za-z][A-Za-z0-9+.-]*://)[^\s/@]+(?P<rest>@)".to_owned(),
        // NAME=value, "name": value, name:value
        format!(r#"(?P<kept>(?i:{NAME})\\?["'`”]?=){VALUE}"#),
        format!(r#"(?P<kept>(?i:{NAME})\\?["'`”]\s*:\s*){VALUE}"#),
        format!(r#"(?P<kept>(?i:{NAME}):){VALUE}"#),
        // X-Api-Key: value
        format!(r#"(?P<kept>(?i:[\w.]*[_-]{NAME}|\bcookie):\s+){VALUE}"#),
        // Authorization: Bearer value
        format!(r"(?P<kept>(?i:\b(?:bearer|basic))\s+){VALUE}"),
        format!(r"(?P<kept>(?i:\bauthorization)\\?['\x22]?:\s*(?i:token\s+)?){VALUE}"),
        // --password value, -u user:password
        format!(r"(?P<kept>(?:^|[\s'\x22`(])(?:--(?:{NAME}|user|proxy-user)|-u)(?:\s+|=)){VALUE}"),
    ];
    rules.iter().filter_map(|rule| Regex::new(rule).ok()).collect()
});

/// The text with a mark in the place of each word, or part of one, that looks like a secret.
pub fn redact(text: &str) -> String {
    // White space to the rules, whose `.` takes it.
    let text = &text.replace(LINE_END, BREAK);
    let replace = |text: String, rule: &Regex| {
        let mask = |found: &Captures<'_>| {
            let group = |name: &str| found.name(name).map_or("", |group| group.as_str());
            let secret = &found[0][group("kept").len()..];
            // The scheme of an authorization is not its secret; the rule before found that.
            if secret.eq_ignore_ascii_case("bearer") || secret.eq_ignore_ascii_case("basic") || secret == MARK {
                return found[0].to_owned();
            }
            format!("{}{MARK}{}", group("kept"), group("rest"))
        };
        rule.replace_all(&text, mask).into_owned()
    };
    let text = RULES.iter().fold(text.to_owned(), replace);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '/');
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(|c| !is_part(c)) {
        let part = piece.trim_end_matches(|c| !is_part(c));
        out.push_str(if is_token(part) { MARK } else { part });
        out.push_str(&piece[part.len()..]);
    }
    out.replace(BREAK, LINE_END)
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
    fn every_rule_is_one() {
        assert_eq!(RULES.len(), 8);
    }

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
            ("curl https://host/x?a=1&token=abc&b=2", "curl https://host/x?a=1&token=•••&b=2"),
            ("https://host/x?access_token=abc", "https://host/x?access_token=•••"),
            ("A=1;TOKEN=abc;B=2 make", "A=1;TOKEN=•••;B=2 make"),
            ("{\"user\":\"me\",\"password\":\"abc\",\"x\":1}", "{\"user\":\"me\",\"password\":•••,\"x\":1}"),
            ("{\"password\": \"a b\", \"x\": 1}", "{\"password\": •••, \"x\": 1}"),
            ("curl -d \"{\\\"password\\\":\\\"abc\\\"}\" x", "curl -d \"{\\\"password\\\":•••}\" x"),
            ("{token:abc,secret:def}", "{token:•••,secret:•••}"),
            ("PASSWORD='two words' run", "PASSWORD=••• run"),
            ("PASSWORD=\"a&b c\" run", "PASSWORD=••• run"),
            ("curl -H 'X-Api-Key: abc' x", "curl -H 'X-Api-Key: •••' x"),
            ("curl -H \"PRIVATE-TOKEN: abc\" x", "curl -H \"PRIVATE-TOKEN: •••\" x"),
            ("curl -H 'Authorization: token abc'", "curl -H 'Authorization: token •••'"),
            ("curl --user=me:abc -u me:abc x", "curl --user=••• -u ••• x"),
            ("run --api-key=abc --db-password abc", "run --api-key=••• --db-password •••"),
            ("ghp_0123456789abcdef01,ghp_0123456789abcdef02 sk-ant-0123456789abcdef", "•••,••• •••"),
            ("run --password ↵ hunter2 ↵ -- x", "run --password ↵ ••• ↵ -- x"),
            ("curl -H 'Authorization: Bearer ↵ abc.def' ↵ x", "curl -H 'Authorization: Bearer ↵ •••' ↵ x"),
            ("KEY=aB3dE5gH7jK9mN1pQ3rS5tU7vW9xY1zA3", "KEY=•••"),
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
            "grep -rn 'tokens?' src | sort -u",
            "cargo test token::tests",
        ] {
            assert_eq!(redact(plain), plain);
        }
    }
}
