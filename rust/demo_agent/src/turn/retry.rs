//! Requests that fail: retries with a countdown, and how a turn ends that ran out of them.
//!
//! Claude Code 2.1.328 asks ten times, waiting twice as long each time, but gives up soon on 529 and at once on
//! what no retry can mend.

use super::{Go, Turn};
use crate::block::Block;
use crate::script::Fault;
use crate::session::{Ending, Spin};
use serde_json::json;

const ATTEMPTS: u32 = 10;
const ATTEMPTS_OVERLOADED: u32 = 3;
const LONGEST_WAIT: f64 = 32.0;

impl Turn {
    /// Plays a fault: what is said after recovery, or how the turn ended.
    pub fn fault(&mut self, fault: &Fault) -> Go<Result<String, Ending>> {
        let last = match fault.code {
            529 => ATTEMPTS_OVERLOADED,
            0 | 401 | 408 | 409 | 429 | 500.. => ATTEMPTS,
            _ => 1,
        };
        for attempt in 1.. {
            if fault.times.is_some_and(|times| attempt > times) {
                self.work("");
                return Ok(Ok(chorus_markers::recovered(attempt - 1)));
            }
            if attempt >= last {
                break;
            }
            self.count_down(fault, attempt)?;
        }
        let (error, text) = verdict(fault);
        self.fail(error, &text, "Resend your message to try again").map(Err)
    }

    /// What every prompt gets with `CHORUS_DEMO_LOGIN=1`.
    pub fn not_logged_in(&mut self) -> Go<Ending> {
        self.fail("authentication_failed", "Not logged in · Please run /login", "Once fixed, resend your message")
    }

    fn fail(&mut self, error: &str, text: &str, ghost: &'static str) -> Go<Ending> {
        self.work("");
        let login = error == "authentication_failed" && text.starts_with("Not logged in");
        self.print(if login { Block::Note(text.to_owned()) } else { Block::Says(text.to_owned()) });
        self.hooks("StopFailure", error, json!({"error": error, "last_assistant_message": text}))?;
        let again = if error == "unknown" { "" } else { ghost };
        Ok(Ending::Failed(again))
    }

    fn count_down(&mut self, fault: &Fault, attempt: u32) -> Go<()> {
        let mut left = fault.retry_after.unwrap_or_else(|| wait(attempt));
        // The client names the error only once it has failed a few times.
        let what = match (fault.code, attempt) {
            (0, _) => fault.message.clone(),
            (_, 1 | 2) => "API error".to_owned(),
            (code, _) => format!("{code} {}", fault.message),
        };
        while left > 0.0 {
            let seconds = left.ceil();
            self.spin(Spin::Retry(format!("{what} · retrying in {seconds}s · attempt {attempt}/{ATTEMPTS}")));
            self.pause(left.min(1.0))?;
            left -= 1.0;
        }
        Ok(())
    }
}

fn wait(attempt: u32) -> f64 {
    (0.5 * f64::from(2u32.saturating_pow(attempt - 1))).min(LONGEST_WAIT)
}

/// The class a `StopFailure` hook hears, and the text shown.
fn verdict(fault: &Fault) -> (&'static str, String) {
    let Fault { code, message, .. } = fault;
    match code {
        0 => ("server_error", format!("API Error: {message}")),
        401 => ("authentication_failed", format!("Please run /login · API Error: 401 {message}")),
        429 => ("rate_limit", format!("API Error: Request rejected (429) · {message}")),
        529 => (
            "server_error",
            "API Error: Repeated 529 Overloaded errors. The API is at capacity — this is usually temporary. Try again \
             in a moment."
                .into(),
        ),
        500.. => (
            "server_error",
            format!(
                "API Error: {code} {message}. This is a server-side issue, usually temporary — try again in a moment."
            ),
        ),
        _ => ("unknown", format!("API Error: {code} {message}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit() {
        assert_eq!([wait(1), wait(2), wait(5), wait(9)], [0.5, 1.0, 8.0, 32.0]);
    }

    #[test]
    fn errors_have_the_classes_hooks_know() {
        let class = |code| verdict(&Fault { code, message: "m".into(), times: None, retry_after: None }).0;
        let classes = [400, 401, 429, 500, 529, 0].map(class);
        let expected =
            ["unknown", "authentication_failed", "rate_limit", "server_error", "server_error", "server_error"];
        assert_eq!(classes, expected);
    }
}
