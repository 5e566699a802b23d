//! From one target a control period to one motor command a physics step.

use interface::{ArmError, ArmInfo, ArmState, JointTarget, Sent};
use robot::Robot;

use crate::arm_bodies::RobotBodies;
use crate::physics::STEP_SECS;
use crate::world::World;

/// Fastest change of an opening where the description names no speed, m/s.
const USUAL_GRIP_SPEED: f64 = 0.2;

/// Which entries of a joint vector make one gripper, and how.
#[derive(Clone)]
struct Fingers {
    columns: Vec<usize>,
    closed: Vec<f64>,
    open: Vec<f64>,
    max_opening: f64,
    /// Fastest change of the opening, m/s.
    speed: f64,
    /// Where the opening is being driven to at this moment, metres.
    command: f64,
}

/// The arm's controller: targets of now and before, and the joints as they are.
#[derive(Clone)]
pub(crate) struct Servo {
    /// Entry of a joint vector for each position of a target.
    columns: Vec<usize>,
    fingers: Vec<Fingers>,
    /// Where this period began and where it ends.
    from: JointTarget,
    to: JointTarget,
    /// Motor commands, measured positions and speeds; one entry a movable joint.
    command: Vec<f64>,
    command_speed: Vec<f64>,
    q: Vec<f64>,
    speed: Vec<f64>,
}

impl Servo {
    pub fn new(robot: &Robot, start: JointTarget) -> Self {
        let fingers = robot.arms.iter().zip(&start.openings).map(|(arm, opening)| {
            let gripper = &arm.gripper;
            let speed = gripper.joints.iter().enumerate().map(|(i, column)| {
                let travel = (gripper.open[i] - gripper.closed[i]).abs();
                robot.model.movable_joint(*column).velocity * gripper.max_opening / travel
            });
            Fingers {
                columns: gripper.joints.clone(),
                closed: gripper.closed.clone(),
                open: gripper.open.clone(),
                max_opening: gripper.max_opening,
                speed: speed.fold(USUAL_GRIP_SPEED, f64::min),
                command: *opening,
            }
        });
        let q = robot.q(&start.positions, &start.openings);
        Self {
            columns: robot.arms.iter().flat_map(|arm| arm.joints.iter().copied()).collect(),
            fingers: fingers.collect(),
            from: start.clone(),
            to: start,
            command: q.clone(),
            command_speed: vec![0.0; q.len()],
            speed: vec![0.0; q.len()],
            q,
        }
    }

    /// Takes the target of the next period, held within the limits of position and speed. A target
    /// that does not fit or is not finite leaves the arm where it was sent last.
    pub fn accept(&mut self, target: &JointTarget, info: &ArmInfo) -> Result<(), ArmError> {
        copy_target(&self.to, &mut self.from);
        let wrong = |what, got, expected| ArmError::WrongLength {
            what,
            got,
            expected,
            robot: info.robot.clone(),
        };
        let (joints, grippers) = (info.joints.len(), info.max_openings.len());
        if target.positions.len() != joints {
            return Err(wrong("positions", target.positions.len(), joints));
        }
        if target.openings.len() != grippers {
            return Err(wrong("openings", target.openings.len(), grippers));
        }
        if let Some(bad) = target.positions.iter().position(|p| !p.is_finite()) {
            let joint = info.joints[bad].name.clone();
            return Err(ArmError::NotFinite { joint, value: target.positions[bad] });
        }
        if let Some(bad) = target.openings.iter().position(|o| !o.is_finite()) {
            let joint = format!("gripper {bad}");
            return Err(ArmError::NotFinite { joint, value: target.openings[bad] });
        }
        for (i, spec) in info.joints.iter().enumerate() {
            let reach = spec.velocity * info.control_period;
            let from = self.from.positions[i];
            self.to.positions[i] =
                target.positions[i].clamp(from - reach, from + reach).clamp(spec.lower, spec.upper);
        }
        for (i, most) in info.max_openings.iter().enumerate() {
            self.to.openings[i] = target.openings[i].clamp(0.0, *most);
        }
        Ok(())
    }

    /// Sets the motors for one physics step at `share` (0 to 1) of the control period. Joints move
    /// evenly from the last target to this one; fingers as fast as their motors turn.
    pub fn drive(&mut self, share: f64, info: &ArmInfo, bodies: &RobotBodies, world: &mut World) {
        for (i, column) in self.columns.iter().enumerate() {
            let (from, to) = (self.from.positions[i], self.to.positions[i]);
            self.command[*column] = from + share * (to - from);
            self.command_speed[*column] = (to - from) / info.control_period;
        }
        for (fingers, opening) in self.fingers.iter_mut().zip(&self.to.openings) {
            let step = fingers.speed * STEP_SECS;
            let change = (opening - fingers.command).clamp(-step, step);
            fingers.command += change;
            let share = fingers.command / fingers.max_opening;
            let rate = change / STEP_SECS / fingers.max_opening;
            for (i, column) in fingers.columns.iter().enumerate() {
                let travel = fingers.open[i] - fingers.closed[i];
                self.command[*column] = fingers.closed[i] + share * travel;
                self.command_speed[*column] = rate * travel;
            }
        }
        bodies.drive(world, &self.command, &self.command_speed);
    }

    /// Sets the motors to hold the last target.
    pub fn hold(&mut self, bodies: &RobotBodies, world: &mut World) {
        self.command_speed.fill(0.0);
        bodies.drive(world, &self.command, &self.command_speed);
    }

    /// Reads the joints.
    pub fn read(&mut self, bodies: &RobotBodies, world: &World) {
        bodies.read(world, &mut self.q, &mut self.speed);
    }

    /// The joints as read last, one entry a movable joint.
    pub fn q(&self) -> &[f64] {
        &self.q
    }

    /// The target that was accepted last.
    pub fn last_target(&self) -> &JointTarget {
        &self.to
    }

    /// What was sent and where the arm is; the stamp is the caller's.
    pub fn report(&self, robot: &Robot, sent: &mut Sent) {
        copy_target(&self.to, &mut sent.target);
        self.report_state(robot, &mut sent.state);
    }

    /// Where the arm is; the stamp is the caller's.
    pub fn report_state(&self, robot: &Robot, state: &mut ArmState) {
        state.positions.clear();
        state.positions.extend(self.columns.iter().map(|c| self.q[*c]));
        state.velocities.clear();
        state.velocities.extend(self.columns.iter().map(|c| self.speed[*c]));
        state.openings.clear();
        for (fingers, arm) in self.fingers.iter().zip(&robot.arms) {
            // The fit of `Gripper::opening`, over columns in place.
            let (mut along, mut square) = (0.0, 0.0);
            for (i, column) in fingers.columns.iter().enumerate() {
                let travel = fingers.open[i] - fingers.closed[i];
                along += (self.q[*column] - fingers.closed[i]) * travel;
                square += travel * travel;
            }
            let share = if square > 0.0 { along / square } else { 0.0 };
            state.openings.push(share * arm.gripper.max_opening);
        }
    }
}

/// Copies without allocating where sizes agree, which a derived `clone_from` does not.
fn copy_target(from: &JointTarget, to: &mut JointTarget) {
    to.positions.clone_from(&from.positions);
    to.openings.clone_from(&from.openings);
}
