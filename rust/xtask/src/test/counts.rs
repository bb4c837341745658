//! Reading the results that cargo and busted print. Pure.

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

/// The name in `Running tests/tmux.rs (target/…)` and `Doc-tests chorus`.
pub fn cargo_suite(line: &str) -> Option<String> {
    let line = line.trim_start();
    if let Some(name) = line.strip_prefix("Doc-tests ") {
        return Some(format!("documentation of {name}"));
    }
    let (source, program) = line.strip_prefix("Running ")?.split_once(" (")?;
    let Some(source) = source.strip_prefix("unittests ") else { return Some(source.to_owned()) };
    // Every crate has a `src/lib.rs`; the program's name tells which.
    let stem = program.trim_end_matches(')').rsplit('/').next()?.rsplit_once('-')?.0;
    Some(format!("{stem} {source}"))
}

/// The name in `test life::starts ... FAILED`.
pub fn failed_test(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
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
    fn suites_are_named() {
        let name = |line: &str| cargo_suite(line).unwrap();
        assert_eq!(name("     Running tests/tmux.rs (target/debug/deps/tmux-0a1b)"), "tests/tmux.rs");
        assert_eq!(
            name("     Running unittests src/lib.rs (target/debug/deps/chorus_testkit-0a)"),
            "chorus_testkit src/lib.rs"
        );
        assert_eq!(cargo_suite("running 3 tests"), None);
    }
}
