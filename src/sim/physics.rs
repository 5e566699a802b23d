//! The physics engine and its settings: the only file that steps it.

use rapier3d::math::Pose;
use rapier3d::prelude::*;

use interface::RigidTransform;
use nalgebra::{Quaternion, Translation3, UnitQuaternion};

/// Seconds of one physics step.
pub const STEP_SECS: f64 = 0.002;

/// Everything the engine knows between two steps; a clone is a snapshot.
#[derive(Clone)]
pub(crate) struct Sets {
    pub islands: IslandManager,
    pub broad_phase: BroadPhaseBvh,
    pub narrow_phase: NarrowPhase,
    pub bodies: RigidBodySet,
    pub colliders: ColliderSet,
    pub impulse_joints: ImpulseJointSet,
    pub multibody_joints: MultibodyJointSet,
    pub soft_bodies: SoftBodySet,
    pub ccd_solver: CCDSolver,
}

/// The engine with its settings and scratch space.
pub(crate) struct Physics {
    pub sets: Sets,
    pub params: IntegrationParameters,
    pipeline: PhysicsPipeline,
}

impl Physics {
    pub fn new() -> Self {
        Self {
            sets: Sets {
                islands: IslandManager::new(),
                broad_phase: BroadPhaseBvh::new(),
                narrow_phase: NarrowPhase::new(),
                bodies: RigidBodySet::new(),
                colliders: ColliderSet::new(),
                impulse_joints: ImpulseJointSet::new(),
                multibody_joints: MultibodyJointSet::new(),
                soft_bodies: SoftBodySet::new(),
                ccd_solver: CCDSolver::new(),
            },
            params: parameters(),
            pipeline: PhysicsPipeline::new(),
        }
    }

    /// One step of [`STEP_SECS`].
    pub fn step(&mut self) {
        let sets = &mut self.sets;
        self.pipeline.step(
            Vector::new(0.0, 0.0, -9.81),
            &self.params,
            &mut sets.islands,
            &mut sets.broad_phase,
            &mut sets.narrow_phase,
            &mut sets.bodies,
            &mut sets.colliders,
            &mut sets.impulse_joints,
            &mut sets.multibody_joints,
            &mut sets.soft_bodies,
            &mut sets.ccd_solver,
            &(),
            &(),
        );
    }

    /// Back to saved sets. Scratch space of the step that was running is dropped with them.
    pub fn restore(&mut self, sets: &Sets) {
        self.sets = sets.clone();
        self.pipeline = PhysicsPipeline::new();
    }

    /// A body or collider that became non-finite in the last step. The engine has put it back to
    /// its last good pose and switched it off.
    pub fn broken(&self) -> Option<ColliderOrBody> {
        let quarantine = self.pipeline.quarantine();
        let body = quarantine.bodies().first().map(|b| ColliderOrBody::Body(*b));
        body.or_else(|| quarantine.colliders().first().map(|c| ColliderOrBody::Collider(*c)))
    }
}

/// What went non-finite.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ColliderOrBody {
    Body(RigidBodyHandle),
    Collider(ColliderHandle),
}

/// Settings for objects of centimetres at 2 ms.
///
/// The engine's defaults are for games: contacts of 30 Hz let a five-box tower sink 6 mm, contacts
/// are foreseen 20 mm ahead and kept unchanged while things move up to 50 mm. Measured on that
/// tower and on a 20 g cube held with 70 N: sub-steps (`num_solver_iterations`) cost a mass matrix
/// each and buy nothing that eight sweeps over the constraints do not; at 500 Hz the pads press
/// 0.2 mm into the cube (0.8 mm at 240) and the tower moves by micrometres; a damping ratio of 1
/// keeps both stable with four sweeps too, 10 does not. Friction is solved in the stabilising sweeps
/// alone, and where too few of them do not converge a held thing shakes and creeps: with two of them
/// a full teapot turns in the hand by a quarter of a radian a second, with four by a hundredth of one
/// during the whole task; with one a bowl held by its rim turns too. Fewer than eight biased sweeps
/// let bowls and mugs held by their rims creep. Friction in the biased sweeps as well throws the pot
/// out of the hand.
fn parameters() -> IntegrationParameters {
    IntegrationParameters {
        dt: STEP_SECS as f32,
        contact_softness: SpringCoefficients::new(500.0, 1.0),
        static_contact_softness: SpringCoefficients::new(500.0, 1.0),
        normalized_allowed_linear_error: 2e-4,
        normalized_max_corrective_velocity: 0.5,
        normalized_prediction_distance: 2e-3,
        normalized_contact_recycle_distance: 2e-4,
        num_solver_iterations: 1,
        num_internal_pgs_iterations: 8,
        num_internal_stabilization_iterations: 4,
        max_ccd_substeps: 0,
        ..IntegrationParameters::default()
    }
}

/// Ours to the engine's, which is single precision.
pub(crate) fn to_pose(t: &RigidTransform) -> Pose {
    let (p, q) = (&t.translation, t.rotation.quaternion());
    Pose::from_parts(
        Vector::new(p.x as f32, p.y as f32, p.z as f32),
        Rotation::from_xyzw(q.i as f32, q.j as f32, q.k as f32, q.w as f32).normalize(),
    )
}

/// The engine's to ours.
pub(crate) fn from_pose(pose: &Pose) -> RigidTransform {
    let (p, q) = (pose.translation, pose.rotation);
    RigidTransform::from_parts(
        Translation3::new(f64::from(p.x), f64::from(p.y), f64::from(p.z)),
        UnitQuaternion::from_quaternion(Quaternion::new(
            f64::from(q.w),
            f64::from(q.x),
            f64::from(q.y),
            f64::from(q.z),
        )),
    )
}
