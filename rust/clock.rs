//! The wall clock.

/// Milliseconds since the Unix epoch.
pub type Millis = i64;

/// What it shows.
pub fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as Millis
}

/// Now, in nanoseconds since 1970, as file systems stamp their files.
pub fn nanos() -> i128 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since.as_nanos() as i128
}
