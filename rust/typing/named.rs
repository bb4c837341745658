//! Keys as a person writes them in a file: `y Enter`. Pure.

use super::Key;

/// The keys that have names.
const NAMED: [(&str, Key); 11] = [
    ("Enter", Key::Enter),
    ("Escape", Key::Escape),
    ("Tab", Key::Tab),
    ("Space", Key::Space),
    ("Backspace", Key::Backspace),
    ("Delete", Key::Delete),
    ("Up", Key::Up),
    ("Down", Key::Down),
    ("Left", Key::Left),
    ("Right", Key::Right),
    ("S-Tab", Key::BackTab),
];

/// Words that are meant as a key and would be typed as letters.
const ALIASES: [(&str, &str); 6] =
    [("esc", "Escape"), ("return", "Enter"), ("cr", "Enter"), ("ret", "Enter"), ("bs", "Backspace"), ("del", "Delete")];

/// The keys that a word stands for: a key's name, `C-` and a lower-case letter, one character, or several lower-case
/// letters and digits, which are typed one after the other.
///
/// # Errors
/// Why it stands for none, as a sentence.
pub fn keys(word: &str) -> Result<Vec<Key>, String> {
    if let Some((_, key)) = NAMED.iter().find(|(name, _)| *name == word) {
        return Ok(vec![*key]);
    }
    if let Some(letter) = word.strip_prefix("C-").and_then(only).filter(char::is_ascii_lowercase) {
        return Ok(vec![Key::Ctrl(letter)]);
    }
    if let Some(character) = only(word).filter(|character| character.is_ascii_graphic() && *character != ';') {
        return Ok(vec![character.to_digit(10).map_or(Key::Char(character), |digit| Key::Digit(digit as u8))]);
    }
    let meant = meant(word);
    let is_text = word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if is_text && meant.is_none() {
        let typed = |c: char| c.to_digit(10).map_or(Key::Char(c), |digit| Key::Digit(digit as u8));
        return Ok(word.chars().map(typed).collect());
    }
    let names = NAMED.map(|(name, _)| name).join(", ");
    let word = crate::text::reveal_line(word, 40);
    Err(match meant {
        Some(name) => format!("`{word}` is no key; did you mean `{name}`?"),
        None => format!("`{word}` is no key: use one character, lower-case letters, `C-c`, or one of {names}"),
    })
}

fn only(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

/// The key whose name is like that word.
fn meant(word: &str) -> Option<&'static str> {
    let is_alias = |(alias, _): &&(&str, &str)| alias.eq_ignore_ascii_case(word);
    let of_alias = || ALIASES.iter().find(is_alias).map(|(_, name)| *name);
    let same = NAMED.iter().map(|(name, _)| *name).find(|name| name.eq_ignore_ascii_case(word)).or_else(of_alias);
    let is_capital = word.starts_with(|first: char| first.is_ascii_uppercase());
    let near = || NAMED.iter().map(|(name, _)| *name).find(|name| strsim::jaro_winkler(name, word) > 0.85);
    same.or_else(|| is_capital.then(near).flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_keys() {
        assert_eq!(keys("Enter").unwrap(), [Key::Enter]);
        assert_eq!(keys("y").unwrap(), [Key::Char('y')]);
        assert_eq!(keys("Y").unwrap(), [Key::Char('Y')]);
        assert_eq!(keys("2").unwrap(), [Key::Digit(2)]);
        assert_eq!(keys("C-c").unwrap(), [Key::Ctrl('c')]);
        assert_eq!(keys("no").unwrap(), [Key::Char('n'), Key::Char('o')]);
    }

    #[test]
    fn a_misspelled_key_is_not_typed_as_letters() {
        for (word, meant) in
            [("enter", "Enter"), ("Entre", "Enter"), ("esc", "Escape"), ("ESC", "Escape"), ("cr", "Enter")]
        {
            assert!(keys(word).unwrap_err().ends_with(&format!("did you mean `{meant}`?")), "{word}");
        }
        for word in ["", "Yes", ";", "y;", "é", "C-", "C-cc", "C-\u{1b}", "a b", "\u{1b}"] {
            assert!(keys(word).is_err(), "{word:?}");
        }
    }
}
