//! An agent must not answer itself.

use crate::world::on_main;
use chorus_testkit::files;
use serde_json::{Value, json};

const ATTEMPTS: &str = r#"
until test -e stop; do
    chorus approve 1 --json
    env -u CHORUS_TASK chorus approve 1 --json
    chorus send 1 --json "[[say I sent this]]"
    chorus list --json > listed.draft && mv listed.draft listed.json
    sleep 0.1
done > attempts.log 2> /dev/null
"#;

#[test]
fn the_client_cannot_approve_its_own_request() {
    on_main(|world| {
        world.settings(json!({ "permissions": { "allow": ["Bash(sh attempts.sh)"] } }));
        world.sandbox.write("project/attempts.sh", ATTEMPTS);
        world.sandbox.link("chorus", env!("CARGO_BIN_EXE_chorus").as_ref());
        let task = world.ready("Guarded");
        task.send("[[bashbg: sh attempts.sh]] [[bash: touch guarded]] [[say done]]");
        let request = task.request();
        assert_eq!(request["summary"], "touch guarded");
        let project = world.sandbox.project();
        let attempts = || files::json_lines::<Value>(&project.join("attempts.log"));
        let tried = attempts().len();
        task.wait("more attempts", || (attempts().len() >= tried + 9).then_some(()));
        for answer in attempts() {
            assert_eq!(answer["error"]["code"], "from_agent", "{answer}");
        }
        let listed: Value = task.wait("a look", || files::json(&project.join("listed.json")));
        assert_eq!(listed[0]["number"], 1, "looking is allowed");
        assert_eq!((task.request(), project.join("guarded").exists()), (request, false));
        let refused = task.entries("refused");
        assert!(
            refused.iter().any(|entry| entry.starts_with("agent: An agent asked to approve this task")),
            "{refused:?}"
        );
        assert!(
            refused.iter().any(|entry| entry.starts_with("agent: An agent asked to send this task")),
            "{refused:?}"
        );

        world.sandbox.write("project/stop", "");
        task.verb("approve", &[]);
        task.until("the end", |page| page["task"]["agent_status"]["detail"]["message"] == "done");
        assert!(!world.last_body().contains("I sent this"));
    });
}
