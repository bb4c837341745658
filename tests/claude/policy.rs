//! Rules answer the real client's requests through its hook, before anybody is asked.

use crate::world::on_each;

#[test]
fn a_rule_allows_and_another_denies_without_a_person() {
    on_each(|world| {
        let rules = "[policy]\nallow = [\"touch *\"]\n[[policy.deny]]\ncommand = \"touch secret\"\nmessage = \"Leave it alone.\"\n";
        world.sandbox.write("config/chorus/chorus.toml", rules);
        let task = world.ready("Ruled");
        task.send("[[bash: touch allowed && touch too]] [[say done]]");
        task.await_turn_of("[[bash: touch allowed && touch too]] [[say done]]");
        for file in ["allowed", "too"] {
            assert!(world.sandbox.project().join(file).exists(), "{file}");
        }
        let place = format!("{}/config/chorus/chorus.toml:2", world.sandbox.root().display());
        assert_eq!(
            task.entries("request_closed"),
            [format!("rule: Allowed by the rule at {place} (command = \"touch *\"): touch allowed && touch too")]
        );
        assert!(task.entries("request_opened").is_empty() && world.inbox().is_empty());

        task.send("[[bash: touch secret]] [[say understood]]");
        task.await_turn_of("[[bash: touch secret]] [[say understood]]");
        assert!(world.told().contains("Leave it alone."), "{}", world.told());
        assert!(!world.sandbox.project().join("secret").exists());
        assert!(task.entries("request_opened").is_empty());
    });
}
