//! The demo agent in a real terminal. What both clients do is asked of both (see [`stage::clients`]), so that the
//! stand-in cannot flatter.
#![allow(clippy::unwrap_used)]

mod honest;
mod life;
mod requests;
mod samples;
mod stage;

use stage::{Client, Stage, clients};

const ID: &str = "11111111-1111-4111-8111-111111111111";

/// Runs a scenario on every client, started with a session id.
fn on_each(scenario: impl Fn(&Stage)) {
    for client in clients() {
        let stage = Stage::new(&client);
        stage.start(&["--session-id", ID]);
        scenario(&stage);
    }
}

/// A stage for the demo agent alone.
fn demo() -> Stage {
    Stage::new(&Client::Demo)
}
