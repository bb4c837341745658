//! An agent that hangs in its turn, and is restarted.

use crate::world::World;
use chorus_testkit::world::state;

#[test]
fn a_restarted_hung_agent_is_not_unread() {
    let world = World::new();
    let task = world.begun("Hung", "[[hang 600]]");
    world.until(&task, "busy");
    world.json(["restart", &task]);
    let page = world.awaits(&task, "it is up again", |page| page["task"]["restarts"] == 1 && state(page) == "idle");
    assert_eq!(page["task"]["unread"], false, "no turn ended");
    world.turn(&task, "[[say it goes on]]");
    assert_eq!(world.look(&task)["unread"], true);
    assert_eq!(world.count(&task, "turn_ended"), 1);
}
