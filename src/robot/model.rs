//! A robot's tree of links and joints, as an immutable value.

use interface::RigidTransform;
use nalgebra::{Matrix3, UnitVector3, Vector3};

/// What a joint lets its child do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JointKind {
    /// Nothing.
    Fixed,
    /// Turn about the axis within limits.
    Revolute,
    /// Turn about the axis without limits.
    Continuous,
    /// Slide along the axis within limits.
    Prismatic,
}

/// A joint that follows another: `position = multiplier * position(joint) + offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mimic {
    /// The joint followed, an index into [`Model::joints`]; it follows nothing itself.
    pub joint: usize,
    /// Factor.
    pub multiplier: f64,
    /// Added, rad or m.
    pub offset: f64,
}

/// Mass and inertia of a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inertial {
    /// Kilograms.
    pub mass: f64,
    /// Centre of mass in the link's frame, metres.
    pub center: Vector3<f64>,
    /// About the centre of mass, along the link's axes, kg m².
    pub inertia: Matrix3<f64>,
}

/// A rigid body of the robot.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Its name, unique in the robot.
    pub name: String,
    /// The joint it hangs on, an index into [`Model::joints`]; `None` for the root.
    pub parent_joint: Option<usize>,
    /// Mass and inertia, where the description gives them.
    pub inertial: Option<Inertial>,
}

/// What ties a link to the one before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Joint {
    /// Its name, unique in the robot.
    pub name: String,
    /// What it lets its child do.
    pub kind: JointKind,
    /// Index of the link it stands on.
    pub parent: usize,
    /// Index of the link it moves.
    pub child: usize,
    /// Frame of the child at position 0, seen from the parent.
    pub parent_from_joint: RigidTransform,
    /// Axis in the joint's own frame.
    pub axis: UnitVector3<f64>,
    /// Lowest position, rad or m; minus infinity where there is none.
    pub lower: f64,
    /// Highest position, rad or m.
    pub upper: f64,
    /// Highest speed, rad/s or m/s; infinity where the description names none.
    pub velocity: f64,
    /// Highest torque or force, N m or N; infinity where the description names none.
    pub effort: f64,
    /// Viscous friction, N m s/rad or N s/m.
    pub damping: f64,
    /// Dry friction, N m or N.
    pub friction: f64,
    /// The joint it follows.
    pub mimic: Option<Mimic>,
    /// Its entry of a joint vector; `None` for a fixed joint.
    pub column: Option<usize>,
}

/// The tree: links and joints in depth-first order from the root, so that parents precede
/// children. `links[0]` is the root.
///
/// A *joint vector* `q` has one entry for each movable joint, mimic joints included, in the order
/// of [`Model::movable`].
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The robot's name.
    pub name: String,
    /// The bodies.
    pub links: Vec<Link>,
    /// What ties them.
    pub joints: Vec<Joint>,
    /// The joints that move, indices into `joints`.
    pub movable: Vec<usize>,
}

impl Model {
    /// Entries of a joint vector.
    pub fn dof(&self) -> usize {
        self.movable.len()
    }

    /// The link of this name.
    pub fn link(&self, name: &str) -> Option<usize> {
        self.links.iter().position(|link| link.name == name)
    }

    /// The joint of this name, an index into [`Model::joints`].
    pub fn joint(&self, name: &str) -> Option<usize> {
        self.joints.iter().position(|joint| joint.name == name)
    }

    /// The entry of a joint vector that moves the joint of this name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.joint(name).and_then(|joint| self.joints[joint].column)
    }

    /// The movable joint behind one entry of a joint vector.
    pub fn movable_joint(&self, column: usize) -> &Joint {
        &self.joints[self.movable[column]]
    }

    /// The joints between the root and a link, root first, as indices into [`Model::joints`].
    pub fn path_to(&self, link: usize) -> Vec<usize> {
        let mut path: Vec<usize> = std::iter::successors(self.links[link].parent_joint, |joint| {
            self.links[self.joints[*joint].parent].parent_joint
        })
        .collect();
        path.reverse();
        path
    }

    /// Sets every mimic joint of `q` to what the joint it follows says.
    pub fn obey_mimic(&self, q: &mut [f64]) {
        for joint in &self.joints {
            if let (Some(mimic), Some(own)) = (joint.mimic, joint.column)
                && let Some(leader) = self.joints[mimic.joint].column
                && own < q.len()
                && leader < q.len()
            {
                q[own] = mimic.multiplier * q[leader] + mimic.offset;
            }
        }
    }

    /// The joint vector with every joint at 0, or at its nearest limit where 0 is out of reach,
    /// mimic joints following.
    pub fn neutral(&self) -> Vec<f64> {
        let mut q: Vec<f64> = self
            .movable
            .iter()
            .map(|joint| 0.0_f64.max(self.joints[*joint].lower).min(self.joints[*joint].upper))
            .collect();
        self.obey_mimic(&mut q);
        q
    }

    /// Mass of all links, kilograms.
    pub fn mass(&self) -> f64 {
        self.links.iter().filter_map(|link| link.inertial).map(|inertial| inertial.mass).sum()
    }
}
