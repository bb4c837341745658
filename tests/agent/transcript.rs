//! The conversation's file as the client writes it.

use crate::client::on_each;
use chorus::agent::claude::conversation;
use chorus::agent::claude::transcript::Tail;

#[test]
fn the_tail_follows_messages_retries_and_errors() {
    on_each(|world| {
        let id = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb";
        world.start(id, None);
        assert_eq!(conversation::find(&world.config(), &world.sandbox.project(), id), None);
        world.turn("[[bash: ls]] [[say a first answer]]");
        let path = conversation::find(&world.config(), &world.sandbox.project(), id).unwrap();
        let told = world.named("Stop").last().unwrap()["transcript_path"].clone();
        assert_eq!(told, path.to_string_lossy().as_ref());
        let mut tail = Tail::new(path);
        // Lines of a turn may be written after its hooks have run.
        world.wait("the end of the turn", || {
            tail.read().unwrap();
            tail.said().ended.then_some(())
        });
        assert_eq!(tail.said().message.as_deref(), Some("a first answer"));
        assert!(tail.said().at > 1_700_000_000_000);

        world.send("[[error 500 x2]]");
        let writes_attempts = world.version != "2.1.197";
        if writes_attempts {
            world.wait("a retry", || {
                tail.read().unwrap();
                tail.said().attempt.filter(|attempt| *attempt >= 2)
            });
        }
        world.wait("the answer after the retries", || {
            tail.read().unwrap();
            (tail.said().ended && tail.said().message.as_deref() == Some("Recovered after 2 failures.")).then_some(())
        });
        assert_eq!(tail.said().attempt, None);

        world.turn("[[error 400]]");
        let error = world.wait("the error", || {
            tail.read().unwrap();
            tail.said().error.clone()
        });
        assert_eq!((error.status, error.class.as_str()), (Some(400), "unknown"));
        assert!(error.text.contains("Scripted"), "{error:?}");
        world.turn("[[say better]]");
        world.wait("nothing but the answer", || {
            tail.read().unwrap();
            (tail.said().error.is_none() && tail.said().message.as_deref() == Some("better")).then_some(())
        });
    });
}
