//! What is to be done, and how it is known that it is done.

use nalgebra::{Unit, Vector3};

use crate::RigidTransform;

/// A thing in the scene and the names an instruction may use for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Thing {
    /// Its name, `teapot`.
    pub name: String,
    /// Other words for it, lower case: `the kettle`, `pot`.
    pub aliases: Vec<String>,
}

/// How far from a goal still counts as there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Metres.
    pub position: f64,
    /// Radians.
    pub rotation: f64,
}

/// A motion of the object: a pick is one way-point after the start, pouring three, a drawer a path
/// along its rail.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// `(seconds, world_from_object)`; the first is the object's pose now, at 0 s; times increase.
    pub waypoints: Vec<(f64, RigidTransform)>,
    /// How near the last way-point must be met.
    pub tolerance: Tolerance,
    /// Whether the gripper lets go at the end.
    pub release: bool,
    /// Whether the object hangs on a joint of its own (lid, drawer), so that the hand follows its
    /// path instead of carrying it freely.
    pub articulated: bool,
    /// The axis of the object, in its own frame, about which it may end turned in any way: the length
    /// of a pen. `None` where every turn counts.
    pub spin: Option<Unit<Vector3<f64>>>,
}

impl Goal {
    /// The angle between two poses of the object as far as it counts for this goal, radians.
    pub fn turn(&self, a: &RigidTransform, b: &RigidTransform) -> f64 {
        match self.spin {
            Some(axis) => (a * axis.into_inner()).angle(&(b * axis.into_inner())),
            None => a.rotation.angle_to(&b.rotation),
        }
    }
}

/// A task as a scene states it.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The sentence.
    pub instruction: String,
    /// The thing to move.
    pub object: Thing,
    /// The part to take it by, such as `handle`, `rim` or `body`.
    pub part: String,
    /// Everything the scene holds, the object included.
    pub things: Vec<Thing>,
    /// Motions in order, each from where the one before ended.
    pub goals: Vec<Goal>,
}

impl Task {
    /// The thing that `instruction` names first, by name or alias, as whole words; case is ignored.
    pub fn named_in(&self, instruction: &str) -> Option<&Thing> {
        let text = words(instruction);
        self.things
            .iter()
            .filter_map(|thing| {
                std::iter::once(&thing.name)
                    .chain(&thing.aliases)
                    .filter_map(|name| {
                        let name = words(name);
                        text.find(&name).map(|at| (at, std::cmp::Reverse(name.len())))
                    })
                    .min()
                    .map(|at| (at, thing))
            })
            .min_by_key(|(at, _)| *at)
            .map(|(_, thing)| thing)
    }
}

/// Lower case, words separated by single spaces, one space at each end; underscores count as spaces.
fn words(text: &str) -> String {
    let mut out = String::from(" ");
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
        out.push_str(&word.to_lowercase());
        out.push(' ');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pen_may_end_turned_about_its_length() {
        let here = RigidTransform::identity();
        let mut goal = Goal {
            waypoints: vec![(0.0, here)],
            tolerance: Tolerance { position: 0.01, rotation: 0.1 },
            release: true,
            articulated: false,
            spin: None,
        };
        let turned = RigidTransform::rotation(Vector3::z() * 0.7);
        let tipped = RigidTransform::rotation(Vector3::x() * 0.2) * turned;
        assert!((goal.turn(&here, &turned) - 0.7).abs() < 1e-12);
        goal.spin = Some(Vector3::z_axis());
        assert!(goal.turn(&here, &turned) < 1e-12);
        assert!((goal.turn(&here, &tipped) - 0.2).abs() < 1e-12);
    }

    fn check(instruction: &str, expected: Option<&str>) {
        let thing = |name: &str, aliases: &[&str]| Thing {
            name: name.into(),
            aliases: aliases.iter().map(|a| (*a).into()).collect(),
        };
        let task = Task {
            instruction: String::new(),
            object: thing("red_cube", &[]),
            part: "body".into(),
            things: vec![
                thing("cube", &["block"]),
                thing("red_cube", &["red block"]),
                thing("teapot", &["kettle"]),
            ],
            goals: vec![],
        };
        assert_eq!(task.named_in(instruction).map(|t| t.name.as_str()), expected, "{instruction}");
    }

    #[test]
    fn instructions_name_things() {
        check("Pour from the KETTLE, please", Some("teapot"));
        check("put the red cube on the block", Some("red_cube"));
        check("lift the block", Some("cube"));
        check("cubes", None);
        check("", None);
    }
}
