//! What the benches share: the release build, and one world of demo agents that grows.

use super::world::World;
use crate::cargo;
use chorus_testkit::Sandbox;
use std::path::{Path, PathBuf};

/// The shared things.
pub struct Stage {
    chorus: PathBuf,
    demos: Option<World>,
}

impl Stage {
    /// Builds.
    pub fn new() -> Result<Stage, String> {
        Ok(Stage { chorus: cargo::build_release()?, demos: None })
    }

    /// The program.
    pub fn chorus(&self) -> &Path {
        &self.chorus
    }

    /// A world of one's own.
    pub fn sandbox(&self) -> Sandbox {
        Sandbox::new(&self.chorus)
    }

    /// A world in which at least so many demo agents are idle.
    pub fn demos(&mut self, count: usize) -> &World {
        let world =
            self.demos.get_or_insert_with(|| World::new(Sandbox::new(&self.chorus), "[agent]\ndefault = \"demo\"\n"));
        world.start(count.saturating_sub(world.tasks.len()), "demo", "[[say ready]]", &["idle"]);
        world
    }
}
