use crate::bed::{Bed, UUID, each, programs, until, words};
use chorus::contract::Code;
use chorus::process;
use chorus::tmux::{Listing, Settings, Tmux, TmuxVersion};
use chorus_testkit::files;
use chorus_testkit::sandbox::script;
use std::process::Command;

#[tokio::test]
async fn the_version_is_told() {
    each(async |bed| assert!(bed.tmux.check().await.unwrap() >= TmuxVersion::OLDEST)).await;
}

#[tokio::test]
async fn a_missing_or_old_tmux_is_named_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("s");
    let missing = Tmux::new("/nonexistent/tmux", &socket, "x", Settings::default()).unwrap();
    let error = missing.check().await.unwrap_err();
    assert_eq!(error.code, Code::TmuxMissing);
    assert!(error.hint.unwrap().contains("install tmux 3.2"));
    for said in ["tmux 3.1c", "screen 4"] {
        let fake = folder.path().join("fake");
        script(&fake, &format!("#!/bin/sh\necho {said}\n"));
        let error = Tmux::new(&fake, &socket, "x", Settings::default()).unwrap().check().await.unwrap_err();
        assert_eq!(error.code, Code::TmuxOld, "{said}");
        assert!(error.hint.is_some());
    }
}

/// Each finds no server, and one of the others has started it a moment later.
#[tokio::test]
async fn first_starts_may_come_at_once() {
    each(async |bed| {
        let mut starts = tokio::task::JoinSet::new();
        for index in 0..8 {
            let (tmux, folder) = (bed.tmux.clone(), bed.folder.path().to_owned());
            let uuid = format!("{index:08}-1111-4222-8333-444455556666");
            starts.spawn(async move { tmux.start_session(&uuid, "a task", &folder, &words(&["cat"]), None).await });
        }
        for started in starts.join_all().await {
            started.unwrap();
        }
        assert_eq!(bed.panes().await.len(), 8);
    })
    .await;
}

#[tokio::test]
async fn a_socket_path_that_cannot_work_is_refused() {
    for socket in ["relative/s", &format!("/tmp/{}", "x".repeat(120))] {
        assert_eq!(Tmux::new("tmux", socket, "x", Settings::default()).unwrap_err().code, Code::BadInput);
    }
}

/// The environment of whoever starts the server stays outside, and so does the user's configuration.
#[test]
fn a_hostile_home_and_an_outer_tmux_change_nothing() {
    // Variables cannot be changed safely in a process with threads, so this test runs itself in a process of its own.
    if std::env::var_os("CHORUS_TEST_INNER").is_none() {
        let home = tempfile::tempdir().unwrap();
        let hostile = "set -g base-index 7\nset -g destroy-unattached on\nset -g default-command 'sleep 1'\n\
                       set -g remain-on-exit off\nset -g status on\nset-hook -g session-created 'kill-server'\n";
        std::fs::write(home.path().join(".tmux.conf"), hostile).unwrap();
        std::fs::create_dir_all(home.path().join(".config/tmux")).unwrap();
        std::fs::write(home.path().join(".config/tmux/tmux.conf"), hostile).unwrap();
        let name = "server::a_hostile_home_and_an_outer_tmux_change_nothing";
        let mut inner = Command::new(std::env::current_exe().unwrap());
        inner.args(["--exact", name, "--nocapture"]).env("CHORUS_TEST_INNER", "1").env("HOME", home.path());
        inner.env("TMUX", "/tmp/nowhere,1,0").env("TMUX_PANE", "%0").env("NVIM", "/tmp/nvim").env("A_SECRET", "shh");
        let output = inner.output().unwrap();
        assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        return;
    }
    tokio::runtime::Runtime::new().unwrap().block_on(each(async |bed| {
        let pane = bed.start(&["sh", "-c", "env > env.txt; echo >> env.txt; exit 3"]).await;
        let environment = bed.written("env.txt").await;
        for unwanted in ["A_SECRET", "NVIM=", "nowhere"] {
            assert!(!environment.contains(unwanted), "{unwanted}");
        }
        assert!(environment.contains("PATH="));
        assert!(environment.contains(&format!("TMUX={}", bed.tmux.socket().display())));
        until("the exit", async || bed.state(&pane).await.code.filter(|code| *code == 3)).await;
    }));
}

#[tokio::test]
async fn the_server_ends_with_its_last_session() {
    each(async |bed| {
        let pane = bed.start(&["sleep", "1000"]).await;
        let server = process::identity(pane.server_pid).expect("the server runs");
        bed.tmux.kill_session(&pane).await.unwrap();
        until("the server's end", async || (!process::is_alive(&server)).then_some(())).await;
        assert!(matches!(bed.tmux.panes().await, Listing::Gone));
        bed.tmux.kill_session(&pane).await.expect("a session that is gone is fine");
    })
    .await;
}

#[tokio::test]
async fn a_server_of_somebody_else_is_left_alone() {
    each(async |bed| {
        let pane = bed.start(&["sleep", "1000"]).await;
        let other = Tmux::new(&bed.program, bed.tmux.socket(), "store-2", Settings::default()).unwrap();
        let refused = async |tmux: &Tmux| {
            tmux.start_session(UUID, "x", bed.folder.path(), &words(&["sleep", "9"]), None).await.unwrap_err().code
        };
        assert_eq!(refused(&other).await, Code::TmuxFailed);
        assert!(matches!(other.panes().await, Listing::Panes { panes, .. } if panes.is_empty()));
        assert!(!bed.state(&pane).await.dead);

        bed.tmux.kill_session(&pane).await.unwrap();
        until("the server gone", async || matches!(bed.tmux.panes().await, Listing::Gone).then_some(())).await;
        bed.by_hand(&["new-session", "-d", "-s", "by hand"]);
        assert_eq!(refused(&bed.tmux).await, Code::TmuxFailed);
        assert_eq!(bed.by_hand(&["list-sessions", "-F", "#{session_name}"]), "by hand");
    })
    .await;
}

#[tokio::test]
async fn no_key_is_taken_but_the_one_that_detaches() {
    each(async |bed| {
        bed.start(&["sleep", "1000"]).await;
        assert_eq!(bed.by_hand(&["show-options", "-gv", "prefix"]), "None");
        let keys = bed.by_hand(&["list-keys", "-T", "root"]);
        let bound: Vec<&str> = keys.lines().filter_map(|line| line.split_whitespace().nth(3)).collect();
        assert_eq!(bound.len(), 3, "{keys}");
        assert!(keys.contains("detach-client") && keys.contains("WheelUpPane"), "{keys}");
    })
    .await;
}

#[tokio::test]
async fn silence_is_not_death() {
    for program in programs() {
        let bed = Bed::new(&program, Settings::default());
        let pane = bed.start(&["sleep", "1000"]).await;
        let signal = |name: &str| {
            let sent = Command::new("kill").args([name, &pane.server_pid.to_string()]).status();
            assert!(sent.unwrap().success());
        };
        signal("-STOP");
        assert!(matches!(bed.tmux.panes().await, Listing::Silent(_)));
        signal("-CONT");
        assert!(!bed.state(&pane).await.dead);
        // Killed, it leaves its socket behind; the next start takes it over.
        signal("-KILL");
        until("the server gone", async || matches!(bed.tmux.panes().await, Listing::Gone).then_some(())).await;
        assert!(bed.tmux.socket().exists());
        assert!(bed.tmux.capture_pane(&pane, 0, false).await.is_err());
        let next = bed.start(&["sleep", "1000"]).await;
        assert_eq!(next.pane, pane.pane, "ids start again");
        assert_ne!(next.server_pid, pane.server_pid);
        // Orders and questions about the old pane do not reach the new one with its name.
        assert!(bed.tmux.keys(&pane, &[]).await.is_err());
        assert!(bed.tmux.capture_pane(&pane, 0, false).await.is_err());
        bed.tmux.kill_session(&pane).await.unwrap();
        assert!(!bed.state(&next).await.dead);
        bed.by_hand(&["kill-server"]);
        until("the server gone", async || matches!(bed.tmux.panes().await, Listing::Gone).then_some(())).await;
    }
}

#[tokio::test]
async fn a_dead_pane_is_told_with_its_task() {
    for program in programs() {
        let folder = tempfile::Builder::new().prefix("we ird #[x] #{pid} %H '\"$(x);").tempdir().unwrap();
        let hook = folder.path().join("it's ;");
        let told = folder.path().join("told");
        script(&hook, "#!/bin/sh\nd=$1; shift; printf '<%s>' \"$@\" >> \"$d\"; echo >> \"$d\"\n");
        let on_pane_died = [&hook, &told].map(|path| path.to_str().unwrap().to_owned()).into();
        let bed = Bed::new(&program, Settings { on_pane_died, ..Settings::default() });
        let pane = bed.start(&["sh", "-c", "exit 0"]).await;
        let line = until("the hook", async || {
            // A listing makes tmux notice the end where it lost the signal.
            bed.panes().await;
            files::lines(&told).pop()
        })
        .await;
        assert_eq!(line, format!("<{}><{UUID}>", pane.pane));
    }
}

/// The path of a socket may go, or lead elsewhere, while its server and all panes live.
#[tokio::test]
async fn a_server_whose_socket_is_gone_is_called_back() {
    each(async |bed| {
        let pane = bed.start(&["sleep", "1000"]).await;
        let socket = bed.tmux.socket();
        let ways: [&dyn Fn(); 3] = [
            &|| std::fs::remove_file(socket).unwrap(),
            &|| {
                std::fs::remove_file(socket).unwrap();
                drop(std::os::unix::net::UnixListener::bind(socket).unwrap());
            },
            &|| {
                std::fs::remove_file(socket).unwrap();
                std::fs::write(socket, "").unwrap();
            },
        ];
        for (number, lose) in ways.iter().enumerate() {
            lose();
            assert!(!bed.state(&pane).await.dead);
            lose();
            let uuid = format!("{number:08}-1111-4222-8333-444455556666");
            let next = bed.start_as(&uuid, &["sleep", "1000"]).await;
            assert_eq!(next.server_pid, pane.server_pid, "no second server");
            lose();
            bed.tmux.kill_session(&next).await.unwrap();
            assert_eq!(bed.panes().await.len(), 1);
        }
    })
    .await;
}

/// Where the server cannot make its socket again, tmux does not answer, which is no death, and nothing takes its place.
#[tokio::test]
async fn no_second_server_is_started_while_the_first_lives() {
    each(async |bed| {
        let pane = bed.start(&["sleep", "1000"]).await;
        let socket = bed.tmux.socket();
        std::fs::remove_file(socket).unwrap();
        std::fs::create_dir(socket).unwrap();
        std::fs::write(socket.join("x"), "").unwrap();
        assert!(matches!(bed.tmux.panes().await, Listing::Silent(_)));
        let refused = bed.tmux.start_session(UUID, "x", bed.folder.path(), &words(&["sleep", "9"]), None).await;
        assert!(refused.unwrap_err().message.contains("does not answer"));
        std::fs::remove_dir_all(socket).unwrap();
        assert!(!bed.state(&pane).await.dead);
    })
    .await;
}
