//! When a process started, as the client states it in its session file.

/// A process's start time: clock ticks since boot on Linux (field 22 of `stat`), elsewhere as `ps` prints it.
#[cfg(target_os = "linux")]
pub fn start_of(pid: u32) -> Option<String> {
    start_field(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// A process's start time: clock ticks since boot on Linux (field 22 of `stat`), elsewhere as `ps` prints it.
#[cfg(not(target_os = "linux"))]
pub fn start_of(pid: u32) -> Option<String> {
    let output = std::process::Command::new("ps").args(["-o", "lstart=", "-p", &pid.to_string()]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// A command name may contain spaces and parentheses, so the fields are counted from its last `)`.
#[cfg(target_os = "linux")]
fn start_field(stat: &str) -> Option<String> {
    let fields = stat.get(stat.rfind(')')? + 1..)?;
    fields.split_whitespace().nth(19).map(str::to_owned)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_command_name_may_hold_anything() {
        let line = "7 (a) b) T 3 7 7 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 354166 1 1";
        assert_eq!(start_field(line).as_deref(), Some("354166"));
    }

    #[test]
    fn a_process_that_is_gone_has_no_start() {
        assert!(start_of(std::process::id()).is_some());
        assert_eq!(start_of(u32::MAX), None);
    }
}
