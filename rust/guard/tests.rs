use super::*;
use std::fmt::Write;

/// One command a line, `what => command`; `⏎` is a newline.
const REFUSED: &str = include_str!("tests/refused.txt");
const PASSES: &str = include_str!("tests/passes.txt");

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with("## "))
}

#[test]
fn commands_that_move_anothers_edits_are_refused() {
    let mut wrong = String::new();
    for line in lines(REFUSED) {
        let (what, command) = line.split_once(" => ").expect("what => command");
        let found = verdict(&command.replace('⏎', "\n")).map(|refused| refused.what);
        if found.as_deref() != Some(what) {
            let _ = writeln!(wrong, "{command}\n    wanted {what}, found {found:?}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(lines(REFUSED).count() >= 120);
}

#[test]
fn commands_that_look_or_mention_pass() {
    let mut wrong = String::new();
    for command in lines(PASSES) {
        if let Some(refused) = verdict(&command.replace('⏎', "\n")) {
            let _ = writeln!(wrong, "{command}\n    {}", refused.reason);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(lines(PASSES).count() >= 80);
}

#[test]
fn what_cannot_be_read_passes_unless_a_refused_pair_stands_in_it() {
    for passes in ["echo 'unclosed", "git log \"$(date", "echo ${x", "git status 'commit"] {
        assert_eq!(verdict(passes), None, "{passes}");
    }
    for refused in ["git commit -m 'unclosed", "x=$(git --no-pager stash", "but push \"x", "/usr/bin/git push `"] {
        let reason = verdict(refused).unwrap_or_else(|| panic!("{refused}")).reason;
        assert!(reason.contains("could not be parsed"), "{reason}");
    }
    let deep = format!("{}git commit{}", "$(".repeat(500), ")".repeat(500));
    assert!(verdict(&deep).unwrap().reason.contains("could not be parsed"));
    assert_eq!(verdict(&format!("{}ls{}", "$(".repeat(500), ")".repeat(500))), None);
    assert!(verdict(&format!("{} git commit", "a".repeat(LONGEST))).is_some());
}

#[test]
fn the_reason_says_what_why_and_what_instead() {
    let reason = |command: &str| verdict(command).unwrap().reason;
    assert!(reason("git commit -m x").contains("finish your turn"));
    assert!(reason("git commit -m x").contains("Chorus commits this task's edits"));
    assert!(reason("git restore a").contains("git show HEAD:FILE"));
    assert!(reason("git push").contains("ask the person"));
    assert!(reason("but commit -m x").starts_with("`but commit` is refused"));
    assert!(reason("git \u{1b}[31mx").len() < 600);
    assert!(!reason("git $'\\e[31mx'").contains('\u{1b}'));
    let long = verdict(&format!("git {}", "x".repeat(90_000))).unwrap();
    assert!(long.what.len() < 60 && long.reason.len() < 600);
}

/// A small generator of its own, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

#[test]
fn hostile_texts_end() {
    const PIECES: [&str; 46] = [
        "git",
        " ",
        "commit",
        "$(",
        ")",
        "`",
        "'",
        "\"",
        "\\",
        "\n",
        "<<E\n",
        "E\n",
        "<<",
        "|",
        "&&",
        ";",
        "&",
        "((",
        "))",
        "${",
        "}",
        "{",
        "#",
        "x=",
        "$x",
        "if ",
        "case a in ",
        ";;",
        "esac",
        "sh -c ",
        "eval ",
        "echo ",
        "\0",
        "ü",
        "🦀",
        ">",
        "<(",
        "[[",
        "]]",
        "for i in ",
        "do ",
        "done",
        "xargs ",
        "$'\\x",
        "x=(",
        "${x:-",
    ];
    let mut dice = Dice(7);
    for round in 0..3000 {
        let length = if round % 100 == 0 { 4000 } else { 1 + dice.roll(60) };
        let text: String = (0..length).map(|_| PIECES[dice.roll(PIECES.len())]).collect();
        let _ = verdict(&text);
    }
    for piece in PIECES {
        let _ = verdict(&piece.repeat(100_000 / piece.len()));
        let _ = verdict(&format!("{} {}", piece.repeat(50_000 / piece.len()), "<<E ((a $(".repeat(4000)));
    }
    for nested in
        ["eval ", "env ", "nohup ", "xargs ", "command ", "parallel ", "find -exec ", "flock l ", "sudo -u x "]
    {
        assert!(verdict(&format!("{}git commit", nested.repeat(20))).is_some(), "{nested}");
        assert!(verdict(&format!("{}git commit", nested.repeat(100_000 / nested.len()))).is_some(), "{nested}");
    }
    assert!(verdict(&format!("{}git -C x commit{}", "$(echo ".repeat(20), ")".repeat(20))).is_some());
    let doubling = format!("a=xxxxxxxxxxxxxxxx\n{}git commit", "a=\"$a$a$a\"\n$a $a\n".repeat(4000));
    assert!(verdict(&doubling).is_some());
    assert!(verdict(&format!("{}git commit", "echo $IFS | cat | cat; ".repeat(3000))).is_some());
}

#[test]
fn damaged_commands_end() {
    let unescaped = |line: &str| line.replace('⏎', "\n").into_bytes();
    let refused = lines(REFUSED).filter_map(|line| Some(line.split_once(" => ")?.1));
    let commands: Vec<Vec<u8>> = refused.chain(lines(PASSES)).map(unescaped).collect();
    chorus_testkit::damage::each(&commands, |command| {
        let command = String::from_utf8_lossy(command);
        if let Some(refused) = verdict(&command) {
            assert!(refused.what.len() < 60 && refused.reason.len() < 600);
            assert!(!refused.reason.contains('\u{1b}'));
        }
        follow(&command);
    });
}
