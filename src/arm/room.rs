//! The scene as the guard sees it: solids in the frame of the robot's root.

use interface::RigidTransform;
use robot::to_parry;

use crate::Obstacle;
use crate::bodies::{Capsule, Placed, Solid};

/// A solid of the scene.
pub(crate) struct Thing {
    pub name: String,
    /// Its place in the list as it was given.
    pub index: usize,
    pub solid: Solid,
    pub at: Placed,
    pub hands_too: bool,
}

impl Thing {
    /// `None` when it has no volume.
    pub fn new(
        obstacle: &Obstacle,
        index: usize,
        root_from_world: &RigidTransform,
    ) -> Option<Self> {
        // The shape's own rotation (round shapes stand along y) is part of the solid.
        let solid = Solid::new(&obstacle.geometry, &RigidTransform::identity())?;
        let pose = to_parry(&(root_from_world * obstacle.world_from_shape));
        Some(Self {
            name: obstacle.name.clone(),
            index,
            at: Placed::new(&solid, &pose),
            hands_too: obstacle.hands_too,
            solid,
        })
    }

    /// A distance that a capsule is at least away, metres; exact enough to leave most things alone.
    pub fn at_least_from(&self, capsule: &Capsule) -> f32 {
        let (at_most, less) = self.solid.box_distance(&capsule.moved(&self.at.pose.inverse()));
        at_most - less
    }
}
