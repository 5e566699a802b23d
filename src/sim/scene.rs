//! What a scene is: things to build, a task to state, a success to judge, a demonstration to give.
//!
//! World frame: the origin lies on the table top in the middle of the work area, z up, x away from
//! the robot, which stands on the table at negative x.

use interface::{Pinhole, RigidTransform, Task};
use nalgebra::{Isometry3, Point3, Vector3};
use rand_chacha::ChaCha8Rng;
use robot::Robot;

use crate::demo::DemoStep;
use crate::state::State;
use crate::{Cell, SceneBuilder, SimError};

/// A camera's lens and place.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraPlace {
    /// What the camera is called: `front`, `side`, `policy`.
    pub name: &'static str,
    /// The lens.
    pub pinhole: Pinhole,
    /// Its optical frame in the world.
    pub world_from_camera: RigidTransform,
}

impl CameraPlace {
    /// A planning camera: 640x480, f = 600 px, at `eye` looking at `target` (world, metres).
    pub fn planning(name: &'static str, eye: [f64; 3], target: [f64; 3]) -> Self {
        let pinhole =
            Pinhole { width: 640, height: 480, fx: 600.0, fy: 600.0, cx: 319.5, cy: 239.5 };
        Self { name, pinhole, world_from_camera: look_at(eye, target) }
    }

    /// A policy's camera: 256x256 with a field of view of 45 degrees.
    pub fn policy(eye: [f64; 3], target: [f64; 3]) -> Self {
        let f = 128.0 / (22.5_f64.to_radians()).tan();
        let pinhole = Pinhole { width: 256, height: 256, fx: f, fy: f, cx: 127.5, cy: 127.5 };
        Self { name: "policy", pinhole, world_from_camera: look_at(eye, target) }
    }
}

/// The pose of an optical frame (x right, y down, z forward) at `eye` that looks at `target` with
/// the world's z upright in the picture. The two must differ and not lie above one another.
pub fn look_at(eye: [f64; 3], target: [f64; 3]) -> RigidTransform {
    let (eye, target) = (Point3::from(eye), Point3::from(target));
    // `face_towards` makes z the view direction and y "up"; picture rows run down, so y is -up.
    Isometry3::face_towards(&eye, &target, &-Vector3::z())
}

/// Numbers a scene keeps between control ticks, such as how often something was spilled. What each
/// slot means is the scene's own affair; all are zero at reset, and they are saved and restored
/// with the simulation.
pub type Notes = [f64; 8];

/// One scene: a file in `scenes/` and a line in [`crate::scenes::all`].
pub trait Scene: Sync {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// The sentence that its task begins with, known before anything is built; the name where nobody
    /// wrote one.
    fn sentence(&self) -> &'static str {
        self.name()
    }

    /// The sentence with which a robot is refused that cannot do this task; `None` for one that can.
    fn refuses(&self, robot: &Robot) -> Option<String> {
        (robot.name == "so101").then(|| {
            format!(
                "so101 has five joints and a short reach: it runs pick_cube, stack_cube and \
                 place_bowl, not {}",
                self.name()
            )
        })
    }

    /// Where the robot's root link stands. By default at the distance from the work area that
    /// suits its reach.
    fn world_from_base(&self, robot: &Robot) -> RigidTransform {
        crate::stand::world_from_base(robot)
    }

    /// Puts the things in place, drawing start poses from `rng`. The table and the room are there
    /// already.
    fn build(&self, builder: &mut SceneBuilder<'_>, rng: &mut ChaCha8Rng);

    /// Seconds the things are left to settle before time starts.
    fn settle_secs(&self) -> f64 {
        0.3
    }

    /// The task, with each goal's first way-point at the object's pose of now (for later goals: at
    /// the end of the one before).
    fn task(&self, state: &State<'_>) -> Task;

    /// Takes notes; called after every control tick, before [`Scene::solved`].
    fn watch(&self, _state: &State<'_>, _notes: &mut Notes) {}

    /// Whether the task counts as done at this moment, judged from the physical state alone.
    fn solved(&self, state: &State<'_>) -> bool;

    /// Seconds for which [`Scene::solved`] must hold without a break.
    fn held_secs(&self) -> f64 {
        0.5
    }

    /// The planning cameras, the main one first: 0.7 to 0.9 m from the work area.
    fn cameras(&self) -> Vec<CameraPlace> {
        vec![front_camera()]
    }

    /// The camera policies see through.
    fn policy_camera(&self) -> CameraPlace {
        CameraPlace::policy([1.0, 0.0, 0.75], [0.0, 0.0, 0.0])
    }

    /// Steps that solve the scene from where it stands now, made with full knowledge of its state.
    fn demonstration(&self, cell: &Cell) -> Result<Vec<DemoStep>, SimError>;
}

/// The usual main planning camera: across the table from the robot, 0.8 m from the work area,
/// looking down at it.
pub fn front_camera() -> CameraPlace {
    CameraPlace::planning("front", [0.60, 0.0, 0.55], [0.0, 0.0, 0.05])
}

/// The usual second planning camera: from the robot's left.
pub fn side_camera() -> CameraPlace {
    CameraPlace::planning("side", [0.10, 0.62, 0.50], [0.0, 0.0, 0.05])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cameras_see_their_target_in_the_middle_and_upright() {
        for place in [front_camera(), side_camera()] {
            let camera_from_world = place.world_from_camera.inverse();
            let target = camera_from_world * Point3::new(0.0, 0.0, 0.05);
            assert!(target.x.abs() < 1e-9 && target.y.abs() < 1e-9, "{target}");
            assert!((0.7..=0.9).contains(&target.z), "{}", target.z);
            // What is higher in the world is higher in the picture, and x runs to the right.
            let up = camera_from_world * Vector3::z();
            assert!(up.y < -0.5 && up.x.abs() < 1e-9, "{up}");
        }
    }
}
