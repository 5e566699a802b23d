//! Stage `path`: from a grasp and the tool's way to timed joint paths, phase by phase.

use interface::{JointPath, RigidTransform, ToolPath};
use robot::{
    FollowOptions, IkOptions, Robot, Surroundings, follow_tool_path, plan_joint_path, time_path,
};

use crate::carry::{Carried, Carrier, REACHED};
use crate::report::{ArmPath, Phase, Segment};
use crate::timing::time_motion;

/// Rows of a joint path come this often, seconds.
const STEP: f64 = 0.02;
/// Spacing of the poses on a straight way, metres.
const LINE_STEP: f64 = 0.01;
/// Share of the speed used on the straight way into and out of the grasp.
const CAREFUL: f64 = 0.4;
/// Seconds for closing and opening the hand.
const CLOSE_SECS: f64 = 0.8;
const OPEN_SECS: f64 = 0.6;
/// Seconds to let the arm come to rest before the hand closes or opens.
const REST_SECS: f64 = 0.15;
/// The arm backs off this far after letting go, metres; the first that works.
const RETREATS: [f64; 4] = [0.10, 0.07, 0.05, 0.03];
/// Nothing of a tool path is farther apart than this, metres and radians.
const TOOL_STEP: (f64, f64) = (0.01, 0.06);

/// What a path is planned for.
pub(crate) struct PathJob<'a> {
    pub carried: &'a Carried,
    /// Tool poses over time, world.
    pub tool_path: &'a ToolPath,
    /// How far the hand is open on its way in, metres.
    pub opening: f64,
    pub release: bool,
    /// The steps of the motion at which to look at the object in the hand.
    pub looks_at: Vec<usize>,
    /// Share of the joints' limits to use.
    pub speed: f64,
    pub seed: u64,
}

/// The whole motion of the arm; `Err` says which part cannot be done and why.
pub(crate) fn plan_arm_path(carrier: &Carrier<'_>, job: &PathJob<'_>) -> Result<ArmPath, String> {
    let (robot, arm) = (carrier.robot, carrier.arm);
    let specs = &robot.arms[arm].specs;
    let now = carrier.joints_now();
    let follow = following();
    let timed = |rows: &[Vec<f64>], speed: f64, what: &str| -> Result<JointPath, String> {
        time_path(rows, specs, speed, STEP).map_err(|e| format!("the {what} cannot be timed: {e}"))
    };

    // To the pose before the grasp, then straight in.
    let q = carrier.posture(&now, job.opening);
    let surroundings = Surroundings {
        checker: &carrier.checker,
        obstacles: &carrier.scene_and_object,
        attached: None,
        q: &q,
    };
    let transfer = plan_joint_path(robot, arm, &now, &job.carried.before, &surroundings, job.seed)
        .map_err(|e| format!("no way to the pose before the grasp: {e}"))?;
    let transfer = timed(&transfer, job.speed, "way to the object")?;

    let first = job.tool_path.frame_from_tool.first().ok_or("the tool path is empty")?;
    let to_base = carrier.base_from_world;
    let base_from_grasp = to_base * first;
    let back = base_from_grasp * RigidTransform::translation(0.0, 0.0, -job.carried.stand_off);
    let way_in =
        follow_tool_path(robot, arm, &line(&back, &base_from_grasp), &job.carried.before, &follow)
            .map_err(|e| format!("the straight way to the grasp cannot be followed: {e}"))?;
    let at_grasp = way_in.last().cloned().unwrap_or_else(|| job.carried.at_grasp.clone());
    let way_in = timed(&way_in, CAREFUL * job.speed, "way to the grasp")?;

    let mut segments = vec![
        Segment::new(Phase::Approach, transfer, job.opening, 0.0),
        Segment::new(Phase::Approach, way_in, job.opening, REST_SECS),
        Segment::new(Phase::Grasp, hold(&at_grasp), 0.0, CLOSE_SECS),
    ];
    let moving = Moving {
        robot,
        arm,
        base_from_world: to_base,
        opening: job.opening,
        release: job.release,
        speed: job.speed,
    };
    segments.extend(moving.carry_on(job.tool_path, 0, &job.looks_at, &at_grasp)?);
    Ok(ArmPath { arm, segments })
}

/// The steps `from..=to` of a tool path, times from 0.
fn part(path: &ToolPath, from: usize, to: usize) -> ToolPath {
    let start = path.times.get(from).copied().unwrap_or(0.0);
    ToolPath {
        times: path.times[from..=to].iter().map(|t| t - start).collect(),
        frame_from_tool: path.frame_from_tool[from..=to].to_vec(),
    }
}

fn hold(q: &[f64]) -> JointPath {
    JointPath { times: vec![0.0], positions: vec![q.to_vec()] }
}

/// What it takes to move on with the object in the hand.
pub(crate) struct Moving<'a> {
    pub robot: &'a Robot,
    pub arm: usize,
    pub base_from_world: RigidTransform,
    /// How far the hand opens when it lets go, metres.
    pub opening: f64,
    pub release: bool,
    /// Share of the joints' limits to use.
    pub speed: f64,
}

impl Moving<'_> {
    /// The object's motion at its own pace, and where the joints end.
    fn motion(&self, tool_path: &ToolPath, from: &[f64]) -> Result<(JointPath, Vec<f64>), String> {
        let dense = densified(tool_path, &self.base_from_world);
        let rows = follow_tool_path(self.robot, self.arm, &dense, from, &following())
            .map_err(|e| format!("the object's motion cannot be followed: {e}"))?;
        let end = rows.last().cloned().unwrap_or_else(|| from.to_vec());
        let specs = &self.robot.arms[self.arm].specs;
        Ok((time_motion(&dense.times, &rows, specs, self.speed), end))
    }

    /// The motion along a tool path (world) from its step `first` on, with stops at the steps
    /// `looks_at`, and letting go at the end where that is asked for.
    pub fn carry_on(
        &self,
        tool_path: &ToolPath,
        first: usize,
        looks_at: &[usize],
        from: &[f64],
    ) -> Result<Vec<Segment>, String> {
        let last = tool_path.times.len().saturating_sub(1);
        let mut segments = Vec::new();
        let (mut step, mut at_end) = (first, from.to_vec());
        for stop in looks_at.iter().copied().filter(|s| *s > first && *s < last).chain([last]) {
            let (path, at) = self.motion(&part(tool_path, step, stop), &at_end)?;
            let mut segment = Segment::new(Phase::Motion, path, 0.0, REST_SECS);
            segment.look_at = (stop < last).then_some(stop);
            segments.push(segment);
            (step, at_end) = (stop, at);
        }
        let end = tool_path.frame_from_tool.last().filter(|_| self.release);
        if let Some(world_from_end) = end {
            let end = self.base_from_world * world_from_end;
            segments.push(Segment::new(Phase::Release, hold(&at_end), self.opening, OPEN_SECS));
            let way_out = RETREATS.iter().find_map(|off| {
                let away = end * RigidTransform::translation(0.0, 0.0, -off);
                let follow = following();
                follow_tool_path(self.robot, self.arm, &line(&end, &away), &at_end, &follow).ok()
            });
            let way_out = way_out.ok_or("the hand cannot back off after letting go")?;
            let specs = &self.robot.arms[self.arm].specs;
            let path = time_path(&way_out, specs, CAREFUL * self.speed, STEP)
                .map_err(|e| format!("the way out cannot be timed: {e}"))?;
            segments.push(Segment::new(Phase::Retreat, path, self.opening, REST_SECS));
        }
        Ok(segments)
    }
}

/// How closely tool paths are followed. Near a singular posture joints may turn quickly; the timing
/// gives them the time.
pub(crate) fn following() -> FollowOptions {
    let ik = IkOptions { tol_pos: REACHED.0, tol_rot: REACHED.1, ..IkOptions::default() };
    FollowOptions { ik, max_jump: 0.5, ..FollowOptions::default() }
}

/// Poses on the straight line between two.
fn line(from: &RigidTransform, to: &RigidTransform) -> ToolPath {
    let length = (to.translation.vector - from.translation.vector).norm();
    let n = (length / LINE_STEP).ceil().max(1.0) as usize;
    let share = |k: usize| k as f64 / n as f64;
    ToolPath {
        times: (0..=n).map(share).collect(),
        frame_from_tool: (0..=n).map(|k| from.lerp_slerp(to, share(k))).collect(),
    }
}

/// The tool path in the root link's frame, with poses between where two lie far apart.
fn densified(path: &ToolPath, base_from_world: &RigidTransform) -> ToolPath {
    let mut out = ToolPath::default();
    let poses = &path.frame_from_tool;
    for (k, pose) in poses.iter().enumerate() {
        if k > 0 {
            let before = &poses[k - 1];
            let apart = (pose.translation.vector - before.translation.vector).norm() / TOOL_STEP.0;
            let turned = before.rotation.angle_to(&pose.rotation) / TOOL_STEP.1;
            let n = apart.max(turned).ceil().max(1.0) as usize;
            for j in 1..n {
                let s = j as f64 / n as f64;
                out.times.push(path.times[k - 1] + s * (path.times[k] - path.times[k - 1]));
                out.frame_from_tool.push(base_from_world * before.lerp_slerp(pose, s));
            }
        }
        out.times.push(path.times[k]);
        out.frame_from_tool.push(base_from_world * pose);
    }
    out
}
