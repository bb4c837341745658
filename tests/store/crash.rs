//! Killed in the middle, two at once, and no room left.

use super::*;
use chorus::store::{Filter, PromptState};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// This very test binary, running only [`victim`] in `folder`.
fn victim_command(folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "crash::victim", "--nocapture", "--test-threads=1"]);
    command.env("CHORUS_STORE_VICTIM", folder);
    command
}

/// The writer that other tests kill: creates, starts and prompts tasks for ever, and prints each number it was told is
/// kept; or prints why it could not go on, as `CODE: MESSAGE`. Alone it does nothing.
#[tokio::test]
async fn victim() {
    let Some(folder) = std::env::var_os("CHORUS_STORE_VICTIM") else { return };
    let store = Store::open(Path::new(&folder)).unwrap();
    let mut out = std::io::stdout();
    loop {
        let kept = store.write(|tx| {
            let task = tx.create(PROJECT, titled("Victim"), &defaults())?;
            tx.step(&task.uuid, Step::Start, Who::Person, None)?;
            let prompt = tx.enqueue(&task.uuid, &"x".repeat(2000), false)?;
            tx.set_prompt(prompt.id, PromptState::Sending, None)?;
            Ok(task.number)
        });
        match kept.await {
            Ok(number) => writeln!(out, "kept {number}").unwrap(),
            Err(error) => {
                writeln!(out, "{:?}: {error}", error.code).unwrap();
                let tasks = store.read(|tx| tx.tasks(None, &Filter::default())).await.unwrap();
                writeln!(out, "still readable: {} tasks", tasks.len()).unwrap();
                return;
            }
        }
    }
}

/// Every task is whole, and they are `1..=n`.
async fn whole(store: &Store) -> i64 {
    let tasks = store.read(|tx| tx.tasks(Some(PROJECT), &Filter::default())).await.unwrap();
    for (index, task) in tasks.iter().enumerate() {
        assert_eq!((task.number, task.queued), (index as i64 + 1, 1));
        let uuid = task.uuid.clone();
        let entries = store.read(move |tx| tx.entries(&uuid, 200)).await.unwrap();
        let what: Vec<_> = entries.iter().map(|entry| entry.what.as_str()).collect();
        assert_eq!(what, ["created", "started", "prompt"]);
    }
    let sending = store.read(|tx| tx.sending()).await.unwrap();
    assert_eq!(sending.len(), tasks.len());
    tasks.len() as i64
}

fn kept(line: &str) -> Option<i64> {
    line.rsplit_once("kept ")?.1.trim().parse().ok()
}

#[tokio::test]
async fn a_kill_in_the_middle_of_writes_loses_nothing_that_was_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut before = 0;
    for round in 1..=4 {
        let mut child = victim_command(folder.path()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let last = lines.by_ref().filter_map(|line| kept(&line)).nth(37 * round).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        // What it was told before it died was kept too.
        let last = lines.filter_map(|line| kept(&line)).last().unwrap_or(last);
        let store = Store::open(folder.path()).unwrap();
        let found = whole(&store).await;
        assert!(found == last || found == last + 1, "{found} tasks are there, {last} were promised");
        assert!(found > before);
        before = found;
    }
}

#[tokio::test]
async fn a_file_size_limit_is_one_clear_sentence_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path()).unwrap());
    let victim = victim_command(folder.path());
    // The signal that a write beyond the limit raises would end the process before the write could fail.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 1000; exec \"$0\" \"$@\""])
        .arg(victim.get_program())
        .args(victim.get_args())
        .envs(victim.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let fault = text.lines().find(|line| line.starts_with("StoreUnusable: cannot use the store ")).unwrap();
    assert!(fault.ends_with(": the disk refused to read or write"), "{text}");
    let last = text.lines().filter_map(kept).next_back().unwrap();
    assert_eq!(whole(&Store::open(folder.path()).unwrap()).await, last);
}

#[tokio::test]
async fn a_full_disk_is_one_clear_sentence_and_work_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let output = victim_command(folder.path()).env("CHORUS_STORE_PAGES", "200").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let fault = text.lines().find(|line| line.starts_with("StoreUnusable: cannot use the store ")).unwrap();
    assert!(fault.ends_with(": the disk is full"), "{text}");
    assert!(text.contains("still readable"), "{text}");
    let last = text.lines().filter_map(kept).next_back().unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(whole(&store).await, last);
    assert_eq!(create(&store, "There is room again").await.number, last + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_openers_never_give_one_number_twice() {
    let (folder, one) = fresh();
    let two = Store::open(folder.path()).unwrap();
    assert_eq!(one.id(), two.id());
    let fill = async |store: Store| {
        for _ in 0..100 {
            create(&store, "Both").await;
        }
    };
    let (left, right) = (tokio::spawn(fill(one.clone())), tokio::spawn(fill(two)));
    left.await.unwrap();
    right.await.unwrap();
    let tasks = one.read(|tx| tx.tasks(None, &Filter::default())).await.unwrap();
    let numbers: Vec<_> = tasks.iter().map(|task| task.number).collect();
    assert_eq!(numbers, (1..=200).collect::<Vec<_>>());
}
