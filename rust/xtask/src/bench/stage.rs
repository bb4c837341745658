//! What the benches share: the build, and one world of demo agents that grows.

use super::world::World;
use crate::cargo;
use chorus_testkit::Sandbox;
use std::path::{Path, PathBuf};

/// The shared things.
pub struct Stage {
    chorus: PathBuf,
    release: bool,
    demos: Option<World>,
}

impl Stage {
    /// Builds, in the release profile unless a bench is only tried.
    pub fn new(release: bool) -> Result<Stage, String> {
        let chorus = if release { cargo::build_release()? } else { crate::screens::program()? };
        Ok(Stage { chorus, release, demos: None })
    }

    /// A program of the workspace's package of that name, built like the other.
    pub fn built(&self, package: &str) -> Result<PathBuf, String> {
        cargo::build_package(package, self.release)
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
