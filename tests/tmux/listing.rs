use crate::bed::{each, until};

#[tokio::test]
async fn hostile_titles_and_names_change_nothing() {
    each(async |bed| {
        let title = "a #{pid} #[fg=red] %5 ; $(x) 'q' 日本 | <x>pane<x>";
        let show = "printf '\\033]2;%s\\007' \"$0\"; cp /bin/sleep \"$1\"; exec \"$1\" 1000";
        let program = bed.folder.path().join("#{pid} | ;x");
        let pane = bed.start(&["sh", "-c", show, title, program.to_str().unwrap()]).await;
        let state = until("the title", async || {
            let state = bed.state(&pane).await;
            (state.title.starts_with("a #{pid}") && state.command.contains("pid")).then_some(state)
        })
        .await;
        assert_eq!(state.title, title);
        assert_eq!(state.command, "#{pid}", "tmux keeps the first word");
        assert_eq!(bed.panes().await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn more_panes_than_a_batch() {
    each(async |bed| {
        let mut panes = Vec::new();
        for number in 0..230 {
            let uuid = format!("{number:08}-0000");
            panes.push(bed.start_as(&uuid, &["sh", "-c", "echo pane $0; exec sleep 1000", &number.to_string()]).await);
        }
        let wanted: Vec<_> = panes.iter().map(chorus::tmux::Wanted::screen).collect();
        assert_eq!(bed.panes().await.len(), 230);
        until("every screen", async || {
            let (listing, shots) = bed.tmux.sweep(&wanted, false).await;
            assert!(matches!(listing, chorus::tmux::Listing::Panes { panes, .. } if panes.len() == 230));
            assert_eq!(shots.len(), 230);
            let right = |(number, pane): (usize, &chorus::tmux::Pane)| {
                shots[&pane.pane].lines[0] == format!("pane {number}") && pane.is_on(&shots[&pane.pane].server)
            };
            panes.iter().enumerate().all(right).then_some(())
        })
        .await;
    })
    .await;
}
