//! The wall clock.

/// Milliseconds since the Unix epoch.
pub type Millis = i64;

/// What it shows.
pub fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as Millis
}
