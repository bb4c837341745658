//! Whatever a store holds and a tool says, a ledger neither panics nor names an owner for a line that is another's.

use super::*;
use chorus_testkit::damage::numbers;

fn version(next: &mut impl FnMut(usize) -> usize) -> Version {
    let lines = ["a\n", "b\n", "\n", "  a\n", "a\r\n", "\u{e9}\n", "x"];
    let kind = [FileKind::File, FileKind::File, FileKind::File, FileKind::Executable, FileKind::Symlink][next(5)];
    match next(12) {
        0 => Version::absent(),
        1 => Version::of(kind, b"\0\xff".to_vec()),
        _ => {
            let text: String = (0..next(9)).map(|_| lines[next(lines.len())]).collect();
            Version::of(kind, text.into_bytes())
        }
    }
}

fn owner(next: &mut impl FnMut(usize) -> usize) -> Owner {
    [Owner::Task("a".into()), Owner::Task("b".into()), Owner::User, Owner::unknown()][next(4)].clone()
}

fn hunk(next: &mut impl FnMut(usize) -> usize) -> Hunk {
    let edges = [0, 1, 2, 5, usize::MAX - 1, usize::MAX];
    let mut number = || edges[next(edges.len())];
    let (old_start, old_lines, new_start, new_lines) = (number(), number(), number(), number());
    let words = [" a", "-a", "+b", "+", "-", " ", "", "\\ No newline at end of file", "\u{e9}", "+\u{fffd}"];
    let lines = (0..next(7)).map(|_| words[next(words.len())].to_owned()).collect();
    Hunk { old_start, old_lines, new_start, new_lines, lines }
}

#[test]
fn any_patch_on_any_file() {
    for seed in 0..4000 {
        let next = &mut numbers(seed);
        let mut ledger = Ledger::first(&version(next), &version(next), &owner(next));
        for _ in 0..next(6) {
            let new = version(next);
            match next(6) {
                0 => ledger.see(&new, &owner(next)),
                1 => {
                    let patch = Patch { hunks: (0..next(3)).map(|_| hunk(next)).collect() };
                    ledger.see_patch(&new, &owner(next), &patch, &owner(next));
                }
                2 => ledger.see_change(&version(next), &new, &owner(next), &owner(next)),
                3 => drop(ledger.rebase(&new)),
                4 => ledger = ledger.projected(&new),
                _ => {
                    let from = Ledger::first(&version(next), &version(next), &owner(next));
                    ledger.adopt(&from, &new);
                }
            }
            let its = hunk(next);
            ledger.owners_of(&its);
            ledger.clone().assign(&its, &owner(next));
            let lines = ledger.version().lines().len();
            assert_eq!((ledger.marks().lines.len(), ledger.marks().gaps.len()), (lines, lines + 1), "seed {seed}");
            ledger.owner_of_line(next(20));
            ledger.regions();
        }
    }
}

#[test]
fn a_line_that_a_task_never_touched_is_never_its_own() {
    for seed in 0..800 {
        let next = &mut numbers(seed);
        let base: String = (0..12).map(|line| format!("base {line}\n")).collect();
        let mut lines: Vec<String> = base.split_inclusive('\n').map(str::to_owned).collect();
        let start = Version::of(FileKind::File, base.clone().into_bytes());
        let mut ledger = Ledger::first(&start, &start, &Owner::User);
        for round in 0..10 {
            let who = ["a", "b", "user"][next(3)];
            let at = next(lines.len() + 1);
            let gone = next(3).min(lines.len() - at);
            let made = (0..next(3)).map(|nth| format!("{who} {round}.{nth}\n")).collect::<Vec<_>>();
            lines.splice(at..at + gone, made);
            let author = if who == "user" { Owner::User } else { Owner::Task(who.into()) };
            ledger.see(&Version::of(FileKind::File, lines.concat().into_bytes()), &author);
        }
        for (line, text) in lines.iter().enumerate() {
            let owner = ledger.owner_of_line(line + 1);
            let writer = text.split(' ').next().unwrap();
            let fits = match owner {
                None => writer == "base",
                Some(Owner::Task(task)) => task == writer,
                Some(Owner::User) => writer == "user",
                Some(Owner::Unclaimed(_)) => writer != "base",
            };
            assert!(fits, "seed {seed}: {text:?} is {owner:?}");
        }
    }
}

#[test]
fn damaged_marks_name_nobody() {
    let ledger = Ledger::first(
        &Version::of(FileKind::File, b"1\n2\n".to_vec()),
        &Version::of(FileKind::File, b"1\na\n2\nb\n".to_vec()),
        &Owner::Task("a".into()),
    );
    let whole = serde_json::to_string(ledger.marks()).unwrap();
    for seed in 0..2000 {
        let next = &mut numbers(seed);
        let mut bytes = whole.clone().into_bytes();
        let from = next(bytes.len());
        let to = (from + next(6)).min(bytes.len());
        let odd: [&[u8]; 6] = [b"", b"9", b"18446744073709551615", b"null", b"[", b"1048577"];
        bytes.splice(from..to, odd[next(odd.len())].iter().copied());
        let Ok(marks) = serde_json::from_slice::<Marks>(&bytes) else { continue };
        let kept = Ledger::kept(ledger.version().clone(), marks);
        let lines = kept.version().lines().len();
        assert_eq!((kept.marks().lines.len(), kept.marks().gaps.len()), (lines, lines + 1));
    }
}
