//! What `echo`, `printf` and their like print, as far as their arguments say.

/// Whether the word is an option.
pub fn is_flag(arg: &str) -> bool {
    arg.starts_with('-') && arg.len() > 1
}

/// The words, quoted for a shell.
pub fn quote(args: &[String]) -> String {
    args.iter().map(|arg| format!("'{}'", arg.replace('\'', "'\\''"))).collect::<Vec<_>>().join(" ")
}

/// The known texts, one after another on lines of their own; `None` when none is known.
pub fn join(texts: &[Option<String>]) -> Option<String> {
    let known: Vec<&str> = texts.iter().flatten().map(String::as_str).collect();
    (!known.is_empty()).then(|| known.join("\n"))
}

/// Roughly what `printf` prints: arguments in place of `%…`, then the arguments that are left over.
pub fn formatted(args: &[String]) -> String {
    let mut args = args.iter().skip_while(|arg| arg.as_str() == "--");
    let format = args.next().map_or("", String::as_str).replace("\\n", "\n");
    let mut pieces = format.split('%');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let letter = piece.find(|c: char| c.is_ascii_alphabetic()).map_or(piece.len(), |at| at + 1);
        text.push_str(args.next().map_or("", String::as_str));
        text.push_str(&piece[letter..]);
    }
    args.for_each(|arg| text.extend([" ", arg]));
    text
}
