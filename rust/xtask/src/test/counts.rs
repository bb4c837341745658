//! Reading the results that Rust's tests and busted print. Pure.

/// So many lines are shown of a suite that broke off.
const LAST_LINES: usize = 40;

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Passed.
    pub passed: u32,
    /// Failed, or could not be run.
    pub failed: u32,
    /// Marked as not to be run.
    pub ignored: u32,
}

/// The name in `test life::starts ... FAILED`.
pub fn failed_test(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
}

/// The spec file in `Failure -> tests/lua/edits_spec.lua @ 57`; an error is told in the same way.
pub fn failed_spec(line: &str) -> Option<&str> {
    let told = line.strip_prefix("Failure -> ").or_else(|| line.strip_prefix("Error -> "))?;
    told.rsplit_once(" @ ").map(|(file, _)| file)
}

/// What a suite's output says of its failures; of one that broke off, its end.
pub fn failures(output: &str) -> &str {
    if let Some((_, told)) = output.split_once("\nfailures:\n\n") {
        return told;
    }
    let of_busted = ["\nFailure ", "\nError "].iter().filter_map(|word| output.find(word)).min();
    if let Some(at) = of_busted {
        return &output[at + 1..];
    }
    let last = output.rmatch_indices('\n').nth(LAST_LINES).map_or(0, |(at, _)| at + 1);
    &output[last..]
}

impl Counts {
    /// `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
    pub fn of_cargo(line: &str) -> Option<Counts> {
        let numbers = line.strip_prefix("test result: ")?;
        Some(Counts {
            passed: before(numbers, " passed")?,
            failed: before(numbers, " failed")?,
            ignored: before(numbers, " ignored")?,
        })
    }

    /// `3 successes / 0 failures / 1 error / 0 pending : 0.2 seconds`, with or without colours.
    pub fn of_busted(line: &str) -> Option<Counts> {
        let plain = without_colours(line);
        let either = |one: &str, many: &str| before(&plain, many).or_else(|| before(&plain, one));
        Some(Counts {
            passed: either(" success ", " successes")?,
            failed: either(" failure ", " failures")? + either(" error ", " errors")?,
            ignored: before(&plain, " pending")?,
        })
    }

    /// Sums up.
    pub fn add(&mut self, other: Counts) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

/// The number just before `word`.
fn before(text: &str, word: &str) -> Option<u32> {
    text[..text.find(word)?].rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn without_colours(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').map_or("", |(_, text)| text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read() {
        let cargo = "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(Counts::of_cargo(cargo), Some(Counts { passed: 12, failed: 2, ignored: 1 }));
        let busted = "\u{1b}[32m1\u{1b}[0m success / \u{1b}[31m2\u{1b}[0m failures / \u{1b}[35m1\u{1b}[0m error / \u{1b}[33m0\u{1b}[0m pending : 0.2 seconds";
        assert_eq!(Counts::of_busted(busted), Some(Counts { passed: 1, failed: 3, ignored: 0 }));
        assert_eq!(Counts::of_busted("nothing of the kind"), None);
    }

    #[test]
    fn failures_are_found_again() {
        let cargo = "test a ... ok\ntest b ... FAILED\n\nfailures:\n\n---- b stdout ----\nsaid\n\nfailures:\n    b\n";
        assert_eq!(failed_test("test b ... FAILED"), Some("b"));
        assert!(failures(cargo).starts_with("---- b stdout ----\nsaid"));
        let busted = "1 success / 1 failure / 0 errors / 0 pending : 0.1 seconds\n\nFailure -> a_spec.lua @ 3\nwhat\n";
        assert!(failures(busted).starts_with("Failure -> a_spec.lua"));
        assert_eq!(failed_spec("Failure -> tests/lua/a_spec.lua @ 3"), Some("tests/lua/a_spec.lua"));
        assert_eq!(failures("it died\n"), "it died\n");
    }
}
