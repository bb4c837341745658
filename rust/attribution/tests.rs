use super::*;

fn text(text: &str) -> Version {
    Version::of(FileKind::File, text.as_bytes().to_vec())
}

fn task(name: &str) -> Owner {
    Owner::Task(name.into())
}

/// Lines `1` to `20`, with some replaced by what is given.
fn numbered(changes: &[(usize, &str)]) -> Version {
    let line = |n: usize| changes.iter().find(|(at, _)| *at == n).map_or(format!("{n}\n"), |(_, text)| (*text).into());
    text(&(1..=20).map(line).collect::<String>())
}

/// The hunks from `base` to what the ledger saw, as `but` tells them without context.
fn hunks(base: &Version, ledger: &Ledger) -> Vec<Hunk> {
    let (old, new) = (base.lines(), ledger.version().lines());
    let bare = |line: &[u8]| String::from_utf8_lossy(line).trim_end_matches('\n').to_owned();
    let tell = |block: difference::Block| {
        let removed = old[block.old.clone()].iter().map(|line| format!("-{}", bare(line)));
        let added = new[block.new.clone()].iter().map(|line| format!("+{}", bare(line)));
        Hunk {
            old_start: block.old.start + 1,
            old_lines: block.old.len(),
            new_start: block.new.start + 1,
            new_lines: block.new.len(),
            lines: removed.chain(added).collect(),
        }
    };
    difference::blocks(&old, &new).into_iter().map(tell).collect()
}

fn owners(base: &Version, ledger: &Ledger) -> Vec<Vec<Owner>> {
    hunks(base, ledger).iter().map(|hunk| ledger.owners_of(hunk).into_iter().collect()).collect()
}

#[test]
fn distant_edits_of_two_tasks_stay_apart() {
    let base = numbered(&[]);
    let mut ledger = Ledger::first(&base, &numbered(&[(3, "a\n")]), &task("a"));
    ledger.see(&numbered(&[(3, "a\n"), (9, ""), (15, "15\nb\n")]), &task("b"));
    ledger.see(&numbered(&[(3, "a\n"), (9, ""), (15, "15\nb\n"), (18, "u\n")]), &Owner::User);
    assert_eq!(owners(&base, &ledger), [[task("a")], [task("b")], [task("b")], [Owner::User]]);
    assert_eq!(ledger.owner_of_line(3), Some(&task("a")));
    assert_eq!(ledger.owner_of_line(4), None);
    assert_eq!(ledger.tasks().into_iter().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(ledger.regions()[1], (9, 8, task("b")));
}

#[test]
fn the_same_lines_by_two_are_nobodys() {
    let base = numbered(&[]);
    let both = Owner::one_of(["a", "b"]);
    let mut ledger = Ledger::first(&base, &numbered(&[(3, "a\n")]), &task("a"));
    ledger.see(&numbered(&[(3, "b\n")]), &task("b"));
    assert_eq!(owners(&base, &ledger), [[both.clone()]]);
    ledger.see(&numbered(&[(3, "c\n")]), &task("a"));
    assert_eq!(owners(&base, &ledger), [[both.clone()]], "once disputed, a line stays so");
    ledger.see(&numbered(&[(3, "")]), &Owner::User);
    assert_eq!(owners(&base, &ledger), [[both]]);

    let mut ledger = Ledger::first(&base, &numbered(&[(3, "a\n")]), &task("a"));
    ledger.see(&numbered(&[(3, "b\na\n")]), &task("b"));
    assert_eq!(owners(&base, &ledger), [[task("a"), task("b")]], "between lines is not on them");
    assert_eq!((ledger.owner_of_line(3), ledger.owner_of_line(4)), (Some(&task("b")), Some(&task("a"))));
}

#[test]
fn what_a_task_itself_changed_again_is_its_own() {
    let base = numbered(&[]);
    let mut ledger = Ledger::first(&base, &numbered(&[(3, "a\n")]), &task("a"));
    ledger.see(&numbered(&[(3, "aa\n"), (4, "aa\n")]), &task("a"));
    ledger.see(&numbered(&[(3, "aa\n"), (4, "")]), &task("a"));
    assert_eq!(owners(&base, &ledger), [[task("a")]]);
}

#[test]
fn a_committed_line_is_free_again() {
    let mut ledger = Ledger::first(&numbered(&[]), &numbered(&[(3, "a\n"), (12, "b\n")]), &task("a"));
    let base = numbered(&[(3, "a\n")]);
    assert!(!ledger.rebase(&base));
    assert_eq!((ledger.owner_of_line(3), ledger.owner_of_line(12)), (None, Some(&task("a"))));
    ledger.see(&numbered(&[(3, "c\n"), (12, "b\n")]), &task("c"));
    assert_eq!(owners(&base, &ledger), [[task("c")], [task("a")]]);
    assert!(ledger.rebase(&numbered(&[(3, "c\n"), (12, "b\n")])));
}

#[test]
fn a_difference_aligned_otherwise_has_the_same_owner() {
    let base = text("f {\n}\n\ng {\n}\n");
    let mut ledger = Ledger::first(&base, &text("f {\n}\n\nh {\n}\n\ng {\n}\n"), &task("a"));
    let same = |at: usize, lines: [&str; 3]| Hunk::of((at - 1, 0), (at, 3), &lines.map(|l| format!("+{l}\n")).concat());
    for hunk in [same(4, ["h {", "}", ""]), same(3, ["", "h {", "}"]), same(2, ["}", "", "h {"])] {
        assert_eq!(ledger.owners_of(&hunk).into_iter().collect::<Vec<_>>(), [task("a")], "{hunk:?}");
    }
    assert!(!ledger.rebase(&base));
    assert_eq!(owners(&base, &ledger), [[task("a")]]);

    let base = text("x\nx\nx\ny\n");
    let ledger = Ledger::first(&base, &text("x\ny\n"), &task("a"));
    for gap in 0..=1 {
        let hunk = Hunk::of((gap + 1, 2), (gap + 1, 0), "-x\n-x\n");
        assert_eq!(ledger.owners_of(&hunk).into_iter().collect::<Vec<_>>(), [task("a")], "{hunk:?}");
    }
}

#[test]
fn context_and_headers_in_a_hunk_are_passed_over() {
    let ledger = Ledger::first(&numbered(&[]), &numbered(&[(3, "a\n"), (20, "20")]), &task("a"));
    let body = "@@ -1,5 +1,5 @@\n 1\n 2\n-3\n+a\n 4\n 5\n";
    assert_eq!(ledger.owners_of(&Hunk::of((1, 5), (1, 5), body)).len(), 1);
    let body = " 19\n-20\n+20\n\\ No newline at end of file\n";
    let last = Hunk::of((19, 2), (19, 2), body);
    assert_eq!(ledger.owners_of(&last).into_iter().collect::<Vec<_>>(), [task("a")]);
    let beyond = Hunk::of((900, 1), (900, 1), "-x\n+y\n");
    assert_eq!(ledger.owners_of(&beyond).into_iter().collect::<Vec<_>>(), [Owner::unknown()]);
}

fn patch(hunks: serde_json::Value) -> Patch {
    let hunk = |hunk: &serde_json::Value| {
        let number = |key: &str| hunk[key].as_u64().unwrap() as usize;
        let lines = hunk["lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect();
        let (old_start, old_lines) = (number("oldStart"), number("oldLines"));
        Hunk { old_start, old_lines, new_start: number("newStart"), new_lines: number("newLines"), lines }
    };
    Patch { hunks: hunks.as_array().unwrap().iter().map(hunk).collect() }
}

#[test]
fn of_a_patch_only_its_lines_are_the_tools() {
    let base = numbered(&[]);
    let now = numbered(&[(1, "0\n1\n"), (3, "a\n"), (8, ""), (12, "\tx\r\n"), (18, "u\n")]);
    let mut ledger = Ledger::first(&base, &base, &Owner::User);
    let told = patch(serde_json::json!([
        {"oldStart": 2, "oldLines": 3, "newStart": 2, "newLines": 3, "lines": [" 2", "-3", "+a", " 4"]},
        {"oldStart": 7, "oldLines": 3, "newStart": 7, "newLines": 2, "lines": [" 7", "-8", " 9"]},
        {"oldStart": 11, "oldLines": 2, "newStart": 10, "newLines": 2, "lines": [" 11", "-12", "+  x"]},
    ]));
    ledger.see_patch(&now, &task("a"), &told, &Owner::User);
    let a = || vec![task("a")];
    assert_eq!(owners(&base, &ledger), [vec![Owner::User], a(), a(), a(), vec![Owner::User]]);
}

#[test]
fn a_patch_that_is_not_there_any_more_claims_nothing() {
    let base = numbered(&[]);
    let told = patch(serde_json::json!([
        {"oldStart": 3, "oldLines": 1, "newStart": 3, "newLines": 1, "lines": ["-3", "+a"]},
    ]));
    let mut ledger = Ledger::first(&base, &base, &Owner::User);
    ledger.see_patch(&numbered(&[(3, "ab\n")]), &task("a"), &told, &Owner::unknown());
    assert_eq!(owners(&base, &ledger), [[Owner::one_of(["a"])]]);
}

#[test]
fn a_patch_told_late_claims_what_nobody_else_may_have_made() {
    let base = numbered(&[]);
    let told = |line: usize, text: &str| {
        let lines = [format!("-{line}"), format!("+{text}")];
        patch(serde_json::json!([
            {"oldStart": line, "oldLines": 1, "newStart": line, "newLines": 1, "lines": lines},
        ]))
    };
    let now = numbered(&[(3, "a\n"), (9, "b\n")]);
    let mut ledger = Ledger::first(&base, &now, &Owner::unknown());
    ledger.see_patch(&now, &task("a"), &told(3, "a"), &Owner::unknown());
    assert_eq!(owners(&base, &ledger), [[task("a")], [Owner::unknown()]]);
    let mut ledger = Ledger::first(&base, &now, &Owner::one_of(["b"]));
    ledger.see_patch(&now, &task("a"), &told(3, "a"), &Owner::unknown());
    ledger.see_patch(&now, &task("b"), &told(9, "b"), &Owner::unknown());
    assert_eq!(owners(&base, &ledger), [[Owner::one_of(["a", "b"])], [task("b")]]);
    let mut ledger = Ledger::first(&base, &now, &Owner::User);
    ledger.see_patch(&now, &task("a"), &told(3, "a"), &Owner::unknown());
    assert_eq!(owners(&base, &ledger), [[Owner::one_of(["a"])], [Owner::User]], "two say that they wrote it");
}

#[test]
fn a_patch_claims_what_it_made_of_the_commit_though_others_wrote_to_the_file() {
    let base = numbered(&[]);
    let told = |line: usize, old: &str, new: &str| {
        let lines = [format!("-{old}"), format!("+{new}")];
        patch(serde_json::json!([
            {"oldStart": line, "oldLines": 1, "newStart": line, "newLines": 1, "lines": lines},
        ]))
    };
    let either = Owner::one_of(["a", "b"]);
    let now = numbered(&[(3, "a\n"), (9, "b\n")]);
    let mut ledger = Ledger::first(&base, &now, &either);
    ledger.claim(&base, &task("a"), &told(3, "3", "a"));
    assert_eq!(owners(&base, &ledger), vec![vec![task("a")], vec![either.clone()]]);
    ledger.claim(&base, &task("b"), &told(9, "9", "b"));
    assert_eq!(owners(&base, &ledger), [[task("a")], [task("b")]]);
    // Made of what another had written, beside another's line, or of a task that nothing names.
    let mut ledger = Ledger::first(&base, &now, &either);
    ledger.claim(&base, &task("a"), &told(3, "b's", "a"));
    assert_eq!(owners(&base, &ledger), [[either.clone()], [either.clone()]]);
    let mut ledger = Ledger::first(&base, &numbered(&[(3, "a\n"), (4, "b\n")]), &either);
    ledger.claim(&base, &task("a"), &told(3, "3", "a"));
    assert_eq!(owners(&base, &ledger), [[either.clone()]]);
    let mut ledger = Ledger::first(&base, &now, &Owner::one_of(["b"]));
    ledger.claim(&base, &task("a"), &told(3, "3", "a"));
    assert_eq!(owners(&base, &ledger), [[Owner::one_of(["b"])], [Owner::one_of(["b"])]]);
    let mut ledger = Ledger::first(&base, &numbered(&[(8, "")]), &either);
    let deleted = serde_json::json!([{"oldStart": 8, "oldLines": 1, "newStart": 8, "newLines": 0, "lines": ["-8"]}]);
    ledger.claim(&base, &task("b"), &patch(deleted));
    assert_eq!(owners(&base, &ledger), [[task("b")]]);
}

#[test]
fn whole_files() {
    let (base, a, b) = (numbered(&[]), task("a"), task("b"));
    let both = Owner::one_of(["a", "b"]);
    let gone = Version::absent();
    let mut ledger = Ledger::first(&gone, &text("new\n"), &a);
    assert_eq!((ledger.whole(), ledger.owner_of_line(1)), (Some(&a), Some(&a)));
    ledger.see(&text("new\nmore\n"), &b);
    assert_eq!((ledger.whole(), ledger.owner_of_line(2)), (Some(&a), Some(&b)));
    ledger.see(&gone, &b);
    assert_eq!(ledger.whole(), Some(&both), "it held another's lines");
    assert!(ledger.rebase(&gone), "and is as it was");

    let mut ledger = Ledger::first(&base, &numbered(&[(2, "b\n")]), &b);
    ledger.see(&Version { kind: FileKind::Executable, ..numbered(&[(2, "b\n")]) }, &a);
    assert_eq!((ledger.whole(), ledger.owner_of_line(2)), (Some(&a), Some(&b)));
    assert!(!ledger.rebase(&numbered(&[(2, "b\n")])));
    assert_eq!((ledger.whole(), ledger.owner_of_line(2)), (Some(&a), None));

    let deleted = Ledger::first(&base, &gone, &a);
    let hunk = Hunk::of((1, 1), (0, 0), "-1\n");
    assert_eq!(deleted.owners_of(&hunk).into_iter().collect::<Vec<_>>(), [task("a")]);

    let link = Version::of(FileKind::Symlink, b"there".to_vec());
    let mut ledger = Ledger::first(&base, &link, &a);
    ledger.see(&Version::of(FileKind::Symlink, b"here".to_vec()), &b);
    assert_eq!(ledger.owners().into_iter().collect::<Vec<_>>(), [Owner::one_of(["a", "b"])]);

    let binary = |byte: u8| Version::of(FileKind::File, vec![0, byte]);
    assert_ne!(binary(1), binary(2));
    let mut ledger = Ledger::first(&binary(1), &binary(2), &a);
    assert_eq!((ledger.whole(), ledger.owner_of_line(1)), (Some(&a), Some(&a)));
    ledger.see(&text("now text\n"), &b);
    assert_eq!((ledger.whole(), ledger.owner_of_line(1)), (Some(&both), Some(&both)));
    let big = Version::of(FileKind::File, vec![b'\n'; LIMIT + 1]);
    assert!(matches!(big.content, Content::Opaque { .. }));
}

#[test]
fn a_person_moves_a_hunk() {
    let base = numbered(&[]);
    let mut ledger = Ledger::first(&base, &numbered(&[(3, "x\n"), (9, "")]), &Owner::unknown());
    for hunk in hunks(&base, &ledger) {
        ledger.assign(&hunk, &task("a"));
    }
    assert_eq!(owners(&base, &ledger), [[task("a")], [task("a")]]);
    let mut created = Ledger::first(&Version::absent(), &text("x\n"), &Owner::unknown());
    created.assign(&Hunk::of((0, 0), (1, 1), "+x\n"), &task("a"));
    assert_eq!(created.owners().into_iter().collect::<Vec<_>>(), [task("a")]);
    ledger.assign_all(&Owner::User);
    assert_eq!(owners(&base, &ledger), [[Owner::User], [Owner::User]]);
}

#[test]
fn marks_are_kept_as_runs() {
    let ledger = Ledger::first(&numbered(&[]), &numbered(&[(3, "a\nb\n"), (9, "")]), &task("a"));
    let json = serde_json::to_string(ledger.marks()).unwrap();
    assert_eq!(
        json,
        r#"{"whole":null,"lines":[[2,null],[2,{"task":"a"}],[16,null]],"gaps":[[9,null],[1,{"task":"a"}],[11,null]]}"#
    );
    assert_eq!(Ledger::kept(ledger.version().clone(), serde_json::from_str(&json).unwrap()), ledger);
    let foreign = Ledger::kept(text("one\n"), ledger.marks().clone());
    assert_eq!(foreign.owners().into_iter().collect::<Vec<_>>(), [Owner::unknown()]);
    assert!(serde_json::from_str::<Marks>(r#"{"whole":null,"lines":[[99999999999,null]],"gaps":[]}"#).is_err());
}

/// Pseudo-random numbers below a bound, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// A line of the model: who wrote it, and who deleted before it.
#[derive(Clone, Default)]
struct Modelled {
    line: String,
    owner: Option<Owner>,
    gap: Option<Owner>,
}

/// Replaces lines of the model, on which no difference has to be guessed.
fn edit(model: &mut Vec<Modelled>, from: usize, removed: usize, new: Vec<String>, author: &Owner) {
    let until = from + removed;
    let made = model[from..until].iter().filter_map(|modelled| modelled.owner.clone());
    let inside = |first: usize, last: usize| {
        model.get(first..last).unwrap_or_default().iter().filter_map(|modelled| modelled.gap.clone())
    };
    if new.is_empty() && removed > 0 {
        let earlier: Vec<Owner> = made.chain(inside(from, until + 1)).collect();
        model[until].gap = Some(author.contested(&earlier));
        model.drain(from..until);
    } else if !new.is_empty() {
        let earlier: Vec<Owner> = made.chain(inside(from + 1, until)).collect();
        let owner = Some(author.contested(&earlier));
        let mut new: Vec<Modelled> =
            new.into_iter().map(|line| Modelled { line, owner: owner.clone(), gap: None }).collect();
        new[0].gap = model[from].gap.clone();
        if removed == 0 {
            model[from].gap = None;
        }
        model.splice(from..until, new);
    }
}

/// Random edits by three authors, on lines that are all different, beside a model that knows what each edit was.
#[test]
fn every_line_that_one_alone_touched_is_that_ones() {
    let authors = [task("a"), task("b"), Owner::User];
    for seed in 0..100 {
        let mut dice = Dice(seed);
        let line = |n: usize| Modelled { line: format!("base {n}\n"), ..Modelled::default() };
        let mut model: Vec<Modelled> = (0..30).map(line).chain([Modelled::default()]).collect();
        let version = |model: &[Modelled]| text(&model.iter().map(|modelled| &modelled.line[..]).collect::<String>());
        let base = version(&model);
        let mut ledger = Ledger::first(&base, &base, &Owner::User);
        for step in 0..25 {
            let author = &authors[dice.below(3)];
            let from = dice.below(model.len());
            let removed = dice.below(4).min(model.len() - 1 - from);
            let new = (0..dice.below(4)).map(|n| format!("{seed} {step} {n}\n")).collect();
            edit(&mut model, from, removed, new, author);
            ledger.see(&version(&model), author);
            let lines: Vec<_> = model[..model.len() - 1].iter().map(|modelled| modelled.owner.clone()).collect();
            let gaps: Vec<_> = model.iter().map(|modelled| modelled.gap.clone()).collect();
            assert_eq!((&ledger.marks().lines, &ledger.marks().gaps), (&lines, &gaps), "seed {seed}, step {step}");
            let found = owners(&base, &ledger);
            assert!(!found.iter().flatten().any(|owner| *owner == Owner::unknown()), "seed {seed}, step {step}");
            let mut rebased = ledger.clone();
            rebased.rebase(&base);
            assert_eq!(owners(&base, &rebased), found, "seed {seed}, step {step}");
        }
    }
}

/// A patch tool's edit, and at once another's that no patch tells: nobody is named for a line that another touched.
#[test]
fn of_two_edits_at_once_the_patch_names_its_own_only() {
    let authors = [task("a"), task("b")];
    for seed in 0..100 {
        let mut dice = Dice(seed);
        let mut model: Vec<(String, BTreeSet<Owner>)> =
            (0..40).map(|n| (format!("  base {n}\n"), BTreeSet::new())).collect();
        let version =
            |model: &[(String, BTreeSet<Owner>)]| text(&model.iter().map(|(line, _)| &line[..]).collect::<String>());
        let mut ledger = Ledger::first(&version(&model), &version(&model), &Owner::User);
        for step in 0..15 {
            let author = &authors[dice.below(2)];
            let mut edit = |model: &mut Vec<(String, BTreeSet<Owner>)>, who: &Owner| {
                let from = dice.below(model.len());
                let removed = dice.below(3).min(model.len() - from);
                let mut touched: BTreeSet<Owner> =
                    model[from..from + removed].iter().flat_map(|(_, by)| by.clone()).collect();
                touched.insert(who.clone());
                let new = (0..=dice.below(3)).map(|n| (format!("\t{step} -{removed} {n} {who:?}\n"), touched.clone()));
                let new: Vec<_> = new.collect();
                let added = new.len();
                let before = model.clone();
                model.splice(from..from + removed, new);
                let (start, tail) = (from.saturating_sub(3), 3.min(before.len() - from - removed));
                let tell = |sign: &str, line: &str| format!("{sign}{}", line.trim_end().replace('\t', "  "));
                let mut lines: Vec<String> = before[start..from].iter().map(|(line, _)| tell(" ", line)).collect();
                lines.extend(before[from..from + removed].iter().map(|(line, _)| tell("-", line)));
                lines.extend(model[from..from + added].iter().map(|(line, _)| tell("+", line)));
                lines.extend(before[from + removed..from + removed + tail].iter().map(|(line, _)| tell(" ", line)));
                let around = from - start + tail;
                let (old_lines, new_lines) = (around + removed, around + added);
                Patch { hunks: vec![Hunk { old_start: start + 1, old_lines, new_start: start + 1, new_lines, lines }] }
            };
            let patch = edit(&mut model, author);
            if step % 3 == 0 {
                edit(&mut model, &Owner::unknown());
            }
            ledger.see_patch(&version(&model), author, &patch, &Owner::unknown());
            for (at, (line, touched)) in model.iter().enumerate() {
                let found = ledger.owner_of_line(at + 1);
                let alone = (touched.len() == 1).then(|| touched.first()).flatten();
                match found {
                    // Beside another's edit, it may be one difference with that.
                    Some(Owner::Unclaimed(_)) => {
                        let plain = step % 3 > 0 && line.starts_with(&format!("\t{step} -0 "));
                        assert!(
                            !(touched.is_empty() || plain && alone == Some(author)),
                            "seed {seed}, step {step}: {line:?}"
                        );
                    }
                    found => assert_eq!(found, alone, "seed {seed}, step {step}: {line:?} {touched:?}"),
                }
            }
        }
    }
}
