//! What a scene may ask about the physical state: poses, joints, speeds, and who touches whom.

use interface::{RigidTransform, Thing};
use nalgebra::Vector3;

use crate::ThingSpec;
use crate::scene::Notes;
use crate::world::World;

/// The physical state at one moment, and how it was at reset.
///
/// Things are asked for by name; a name that the scene does not hold gives `None` or `false`.
#[derive(Clone, Copy)]
pub struct State<'a> {
    pub(crate) world: &'a World,
    pub(crate) starts: &'a [RigidTransform],
    pub(crate) notes: &'a Notes,
}

impl State<'_> {
    /// Seconds since reset.
    pub fn secs(&self) -> f64 {
        self.world.secs()
    }

    /// The scene's own notes.
    pub fn notes(&self) -> &Notes {
        self.notes
    }

    /// Where a thing is: `world_from_thing`.
    pub fn pose(&self, thing: &str) -> Option<RigidTransform> {
        self.world.thing(thing).map(|index| self.world.thing_pose(index))
    }

    /// Where all things are whose name begins with `prefix`, without allocating.
    pub fn poses_of<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = RigidTransform> + 'a {
        (0..self.world.thing_count())
            .filter(move |thing| self.world.spec(*thing).name.starts_with(prefix))
            .map(|thing| self.world.thing_pose(thing))
    }

    /// Where a thing was at reset, after settling: `world_from_thing`.
    pub fn start_pose(&self, thing: &str) -> Option<RigidTransform> {
        self.world.thing(thing).and_then(|index| self.starts.get(index)).copied()
    }

    /// The position of the joint a thing hangs on, rad or m; `None` for a thing without one.
    pub fn joint(&self, thing: &str) -> Option<f64> {
        self.world.thing(thing).and_then(|index| self.world.thing_joint(index))
    }

    /// Speed of a thing's centre of mass in the world, m/s.
    pub fn velocity(&self, thing: &str) -> Option<Vector3<f64>> {
        self.world.thing(thing).map(|index| self.world.thing_velocity(index).0)
    }

    /// How fast a thing turns in the world, rad/s.
    pub fn angular_velocity(&self, thing: &str) -> Option<Vector3<f64>> {
        self.world.thing(thing).map(|index| self.world.thing_velocity(index).1)
    }

    /// Whether two things touch.
    pub fn touching(&self, a: &str, b: &str) -> bool {
        match (self.world.thing(a), self.world.thing(b)) {
            (Some(a), Some(b)) => self.world.touching(a, |other| other.thing == Some(b)),
            _ => false,
        }
    }

    /// Whether any part of the robot touches a thing. A thing that was let go does not.
    pub fn touches_robot(&self, thing: &str) -> bool {
        self.world
            .thing(thing)
            .is_some_and(|index| self.world.touching(index, |other| other.thing.is_none()))
    }

    /// Whether a thing touches anything but the robot: the table, another thing.
    pub fn supported(&self, thing: &str) -> bool {
        self.world
            .thing(thing)
            .is_some_and(|index| self.world.touching(index, |other| other.thing.is_some()))
    }

    /// The thing of this name as a task lists it.
    pub fn named(&self, thing: &str) -> Option<Thing> {
        self.world.thing(thing).map(|index| self.world.listed(index))
    }

    /// All things with where they are: `world_from_thing` and the description.
    pub fn specs(&self) -> impl Iterator<Item = (RigidTransform, &ThingSpec)> {
        (0..self.world.thing_count()).map(|i| (self.world.thing_pose(i), self.world.spec(i)))
    }

    /// Everything an instruction may name, in the order of building.
    pub fn things(&self) -> Vec<Thing> {
        self.world.listed_things()
    }
}
