//! Paths in lines, as git reads and writes them.

/// A path as git reads it from a line (`--stdin-paths`): quoted as in C where it begins with a quote, ends a line or is not
/// UTF-8.
pub fn quoted(path: &[u8]) -> Vec<u8> {
    if std::str::from_utf8(path).is_ok() && !path.starts_with(b"\"") && !path.contains(&b'\n') {
        return path.to_owned();
    }
    let mut quoted = vec![b'"'];
    for byte in path {
        match byte {
            b'"' | b'\\' => quoted.extend([b'\\', *byte]),
            b' '..=b'~' => quoted.push(*byte),
            other => quoted.extend(format!("\\{other:03o}").bytes()),
        }
    }
    quoted.push(b'"');
    quoted
}
