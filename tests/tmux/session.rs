use crate::bed::{Bed, UUID, each, until, words};
use chorus::contract::Code;
use chorus::tmux::{PaneState, Size};
use std::path::Path;

const HOSTILE: [&str; 13] = [
    "a b",
    "it's",
    "\"q\"",
    "#{pid}",
    "##[bold]#[x]",
    "x;",
    ";",
    "$(touch x)`id`$HOME",
    "new\nline",
    "日本🎉",
    "-dash",
    "back\\slash\\",
    "%5 ~ {x} =",
];

async fn report(bed: &Bed) -> (String, Vec<String>) {
    let text = bed.written("report").await;
    let mut parts = text.split('\u{1f}').map(str::to_owned);
    (parts.next().unwrap(), parts.take_while(|part| part != "\n").collect())
}

const REPORT: &str = r#"printf '%s\037' "$PWD" "$@" > "$0.tmp"; echo >> "$0.tmp"; mv "$0.tmp" "$0"; sleep 1000"#;

async fn argv(bed: &Bed, words: &[&str]) -> Vec<String> {
    let report = bed.folder.path().join("report");
    let _ = std::fs::remove_file(&report);
    let mut argv = crate::bed::words(&["sh", "-c", REPORT, report.to_str().unwrap()]);
    argv.extend(words.iter().map(|&word| word.to_owned()));
    argv
}

#[tokio::test]
async fn folders_and_words_arrive_as_they_are() {
    each(async |bed| {
        for (number, name) in HOSTILE.iter().enumerate() {
            let folder = bed.folder.path().join(format!("{number}{name}"));
            std::fs::create_dir(&folder).unwrap();
            let uuid = format!("{number:08}-1111-4222-8333-444455556666");
            let start = argv(&bed, &HOSTILE).await;
            let pane = bed.tmux.start_session(&uuid, name, &folder, &start, None).await.unwrap();
            let (found, words) = report(&bed).await;
            assert_eq!(Path::new(&found), folder);
            assert_eq!(words, HOSTILE);

            // The same pane again, elsewhere.
            let elsewhere = folder.join(name);
            std::fs::create_dir(&elsewhere).unwrap();
            let start = argv(&bed, &HOSTILE).await;
            let again = bed.tmux.respawn(&pane, &elsewhere, &start).await.unwrap();
            let (found, words) = report(&bed).await;
            assert_eq!(Path::new(&found), elsewhere);
            assert_eq!(words, HOSTILE);
            assert_eq!((&again.session, &again.pane), (&pane.session, &pane.pane));
            assert_ne!(again.pane_pid, pane.pane_pid);
        }
        assert_eq!(bed.panes().await.len(), HOSTILE.len());
    })
    .await;
}

#[tokio::test]
async fn a_program_with_a_space_in_its_name_runs_without_arguments() {
    each(async |bed| {
        let program = bed.folder.path().join("a $(x); 'b");
        std::fs::copy("/bin/sleep", &program).unwrap();
        let pane = bed.start(&[program.to_str().unwrap()]).await;
        assert_eq!(until("its end", async || bed.state(&pane).await.code).await, 1, "sleep wants an argument");
    })
    .await;
}

#[tokio::test]
async fn a_session_is_what_was_asked_for() {
    each(async |bed| {
        let size = Size { columns: 10, rows: 100 };
        let sleep = words(&["sleep", "1000"]);
        let pane = bed.tmux.start_session(UUID, "x", bed.folder.path(), &sleep, Some(size)).await.unwrap();
        let state = bed.state(&pane).await;
        assert_eq!((state.columns, state.rows), (80, 100));
        assert_eq!((state.task.as_str(), state.pid, state.dead), (UUID, Some(pane.pane_pid), false));
        // tmux looks at the process itself, which is tmux until it runs the program.
        until("the program", async || (bed.state(&pane).await.command == "sleep").then_some(())).await;
        bed.tmux.resize(&pane, Size { columns: 200, rows: 50 }).await.unwrap();
        let state = bed.state(&pane).await;
        assert_eq!((state.columns, state.rows), (200, 50));
    })
    .await;
}

#[tokio::test]
async fn a_second_session_of_a_task_is_refused() {
    each(async |bed| {
        let pane = bed.start(&["sleep", "1000"]).await;
        let again = bed.tmux.start_session(UUID, "#12 a task", bed.folder.path(), &words(&["true", ""]), None).await;
        assert!(again.unwrap_err().message.contains("duplicate session"));
        assert_eq!(bed.panes().await.len(), 1);
        assert!(!bed.state(&pane).await.dead);
    })
    .await;
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_refused() {
    each(async |bed| {
        for folder in ["/nonexistent", "relative", "/dev/null"] {
            let started = bed.tmux.start_session(UUID, "x", Path::new(folder), &words(&["true", ""]), None).await;
            assert_eq!(started.unwrap_err().code, Code::BadInput, "{folder}");
        }
    })
    .await;
}

#[tokio::test]
async fn how_a_process_ended_is_kept() {
    each(async |bed| {
        let exits = bed.start_as("a1-1", &["sh", "-c", "exit 7"]).await;
        let killed = bed.start_as("a2-2", &["sh", "-c", "kill -9 $$"]).await;
        let both = async || {
            let states = (bed.state(&exits).await, bed.state(&killed).await);
            // A pane whose terminal closed is dead a moment before tmux knows how its process ended.
            let is_known = |state: &PaneState| state.dead && (state.code, state.signal) != (None, None);
            (is_known(&states.0) && is_known(&states.1)).then_some(states)
        };
        let (exits_state, killed_state) = until("both ends", both).await;
        assert_eq!((exits_state.code, exits_state.signal), (Some(7), None));
        assert_eq!((killed_state.code, killed_state.signal), (None, Some(9)));
        assert!(exits_state.dead_at.unwrap() >= exits.server_start);
        let again = bed.tmux.respawn(&exits, bed.folder.path(), &words(&["sleep", "1000"])).await.unwrap();
        let state = bed.state(&again).await;
        assert_eq!((state.dead, state.code, state.pid), (false, None, Some(again.pane_pid)));
    })
    .await;
}
