//! What the hooks cost, told by hand: `cargo test --test edits -- --ignored --nocapture`.

use crate::world::World;
use chorus::ops::edits;
use std::time::{Duration, Instant};

#[tokio::test]
#[ignore = "tells times and judges nothing"]
#[expect(clippy::print_stdout, reason = "its only purpose")]
async fn of_each_hook_at_five_thousand_files() {
    let world = World::unseen(&[]).await;
    (0..5000).for_each(|n| world.write(&format!("d{}/e{}/f{n}", n % 50, n % 7), "x\n"));
    world.commit();
    let mut rows: Vec<(&str, Vec<Duration>)> = Vec::new();
    let mut clock = Instant::now();
    let mut row = |name, clock: &mut Instant| {
        match rows.iter_mut().find(|(row, _)| *row == name) {
            Some((_, times)) => times.push(clock.elapsed()),
            None => rows.push((name, vec![clock.elapsed()])),
        }
        *clock = Instant::now();
    };
    edits::first_look(&world.core, world.project()).await.unwrap();
    row("first look", &mut clock);
    for n in 0..20 {
        clock = Instant::now();
        let (begun, _) =
            world.pre(&world.a, "Edit", world.edit_input(&format!("d{n}/e{}/f{n}", n % 7), "x", "y\nz")).await;
        row("before an edit", &mut clock);
        let response = world.apply(&begun);
        clock = Instant::now();
        world.post(&begun, response).await;
        row("after an edit", &mut clock);
        let begun = world.shell(&world.b).await;
        row("before a command", &mut clock);
        world.write(&format!("new {n}"), "x\n");
        clock = Instant::now();
        world.shell_ends(&begun).await;
        row("after a command", &mut clock);
    }
    world.settle().await;
    row("settling 40 files", &mut clock);
    for (name, mut times) in rows {
        times.sort();
        println!("{name}: median {:?}, worst {:?}", times[times.len() / 2], times[times.len() - 1]);
    }
}
