//! The watch over the client's session files.

use crate::client::on_each;
use chorus::agent::SessionWatch;
use chorus::agent::claude::sessions::Sessions;
use serde_json::Value;
use std::path::PathBuf;

#[test]
fn a_session_is_followed_from_its_first_file_to_its_last() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    on_each(|world| {
        let (sender, mut seen) = tokio::sync::mpsc::channel(1000);
        let sessions = runtime.block_on(async { Sessions::start(sender) });
        // The folder comes with the first client.
        assert!(!world.config().join("sessions").exists());
        sessions.watch(&world.config());
        world.start("dddddddd-dddd-4ddd-8ddd-dddddddddddd", None);
        world.turn("[[slow 1]]");
        world.exit();

        let mut told = Vec::new();
        world.wait("the file is gone", || {
            while let Ok(seen) = seen.try_recv() {
                assert_eq!(seen.path.extension(), PathBuf::from("x.json").extension());
                told.push(match seen.content {
                    Some(content) => serde_json::from_slice::<Value>(&content).unwrap()["status"].to_string(),
                    None => "gone".to_owned(),
                });
            }
            told.iter().any(|status| status == "gone").then_some(())
        });
        told.retain(|status| status != "null");
        told.dedup();
        assert_eq!(told, ["\"idle\"", "\"busy\"", "\"idle\"", "gone"], "{}", world.version);
    });
}
