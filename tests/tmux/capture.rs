use crate::bed::{each, until};
use chorus::tmux::{Key, Wanted};

#[tokio::test]
async fn a_flood_and_fake_markers_stay_text() {
    each(async |bed| {
        let flood =
            "yes '<0>shot<0>%1<0>1<0>1<0>1<0>1<0>0<0>' | head -c 1000000; printf '\\n%%end 1 1 0\\nlast'; sleep 1000";
        let pane = bed.start_as("a1-1", &["sh", "-c", flood]).await;
        let quiet = bed.start_as("a2-2", &["sh", "-c", "printf quiet; sleep 1000"]).await;
        bed.shows(&pane, "last").await;
        bed.shows(&quiet, "quiet").await;
        let gone = Wanted { pane: "%99".into(), history: 3, since: None };
        let deep = Wanted { history: 2000, ..Wanted::screen(&pane) };
        let shots = bed.tmux.capture(&[gone, deep, Wanted::screen(&quiet)], false).await.unwrap();
        assert_eq!(shots.len(), 2, "the pane that is gone is left out and spoils nothing");
        let lines = &shots[&pane.pane].lines;
        assert_eq!(lines.len(), 2040);
        assert_eq!(&lines[2038..], ["%end 1 1 0", "last"]);
        assert_eq!(shots[&quiet.pane].lines.len(), 40);
        assert_eq!(shots[&quiet.pane].lines[0], "quiet");
    })
    .await;
}

#[tokio::test]
async fn what_has_not_been_written_to_is_left_out() {
    each(async |bed| {
        let pane = bed.start(&["sh", "-c", "printf quiet; sleep 1000"]).await;
        bed.shows(&pane, "quiet").await;
        let written = bed.state(&pane).await.activity;
        let since = async |since: i64| {
            let gone = Wanted { pane: "%99".into(), history: 0, since: Some(0) };
            let shots = bed.tmux.capture(&[gone, Wanted { since: Some(since), ..Wanted::screen(&pane) }], true).await;
            shots.unwrap().into_values().map(|shot| shot.lines[0].clone()).collect::<Vec<_>>()
        };
        assert_eq!(since(written).await, ["quiet"]);
        assert!(since(written + 1).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn colours_come_and_nothing_else() {
    each(async |bed| {
        let draw = "printf '\\033[31mred\\033[0m \\033]8;;http://x\\033\\\\link\\033]8;;\\033\\\\ \\033(0lqk\\033(B end'; sleep 1000";
        let pane = bed.start(&["sh", "-c", draw]).await;
        bed.shows(&pane, "end").await;
        let output = bed.tmux.capture_pane(&pane, 0, true).await.unwrap().output("t");
        assert_eq!((output.columns, output.rows, output.alternate), (120, 40, false));
        assert!(output.lines[0].starts_with("\x1b[31mred\x1b["), "{:?}", output.lines[0]);
        let plain = chorus::sgr::plain(&output.lines[0]);
        assert_eq!(plain.trim_end(), "red link ┌─┐ end");
    })
    .await;
}

#[tokio::test]
async fn the_alternate_screen_comes_without_what_was_before() {
    each(async |bed| {
        let draw = "seq 1 200; printf '\\033[?1049h\\033[Hfull'; sleep 1000";
        let pane = bed.start(&["sh", "-c", draw]).await;
        bed.shows(&pane, "full").await;
        let shot = bed.tmux.capture_pane(&pane, 100, false).await.unwrap();
        assert!(shot.alternate);
        assert_eq!((shot.lines.len(), shot.lines[0].as_str()), (40, "full"));
    })
    .await;
}

#[tokio::test]
async fn keys_reach_a_pane_in_copy_mode() {
    each(async |bed| {
        let pane = bed.start(&["cat", "-v"]).await;
        bed.by_hand(&["copy-mode", "-t", &pane.pane]);
        assert!(bed.state(&pane).await.in_mode);
        bed.tmux.keys(&pane, &[Key::Digit(3), Key::Enter]).await.unwrap();
        assert!(!bed.state(&pane).await.in_mode);
        until("the echo", async || {
            let lines = bed.tmux.capture_pane(&pane, 0, false).await.unwrap().lines;
            (lines[0] == "3" && lines[1] == "3").then_some(())
        })
        .await;
    })
    .await;
}
