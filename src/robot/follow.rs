//! Drives an arm along a joint path, one control period after the other.

use std::ops::ControlFlow;

use interface::{Arm, ArmError, ArmState, JointPath, JointTarget, MotionPermit};

use crate::Robot;

/// How a drive ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Driven {
    /// The state after the last period.
    pub state: ArmState,
    /// Whether the path was driven to its end, or `each` stopped it.
    pub finished: bool,
    /// Control periods that passed.
    pub ticks: usize,
    /// Largest distance of a joint of that arm from its target after a period, rad or m.
    pub worst_lag: f64,
}

/// Drives arm number `arm_index` of `robot` along `path` (that arm's joints over time); other arms
/// hold where they are, grippers are told `openings` (metres, one each) throughout. `each` sees the
/// state after every period and may stop the drive.
pub fn follow<A: Arm + ?Sized>(
    arm: &mut A,
    robot: &Robot,
    arm_index: usize,
    path: &JointPath,
    openings: &[f64],
    permit: &MotionPermit,
    each: &mut dyn FnMut(&ArmState) -> ControlFlow<()>,
) -> Result<Driven, ArmError> {
    let period = arm.info().control_period;
    let mut state = arm.state()?;
    let range = robot.range(arm_index);
    let mut target = JointTarget { positions: state.positions.clone(), openings: openings.into() };
    let (mut ticks, mut worst_lag) = (0, 0.0_f64);
    // Rounded: a path sampled at the control period ends on a tick.
    let periods = (path.duration() / period - 1e-6).ceil().max(0.0) as usize;
    for tick in 1..=periods {
        let Some(joints) = path.at(tick as f64 * period) else { break };
        if let Some(own) = target.positions.get_mut(range.clone())
            && own.len() == joints.len()
        {
            own.copy_from_slice(&joints);
        } else {
            return Err(ArmError::WrongLength {
                what: "path",
                got: joints.len(),
                expected: range.len(),
                robot: robot.name.clone(),
            });
        }
        state = arm.tick(&target, permit)?.state;
        ticks = tick;
        for (at, wanted) in state.positions.get(range.clone()).into_iter().flatten().zip(&joints) {
            worst_lag = worst_lag.max((at - wanted).abs());
        }
        if each(&state).is_break() {
            return Ok(Driven { state, finished: false, ticks, worst_lag });
        }
    }
    Ok(Driven { state, finished: true, ticks, worst_lag })
}

#[cfg(test)]
mod tests {
    use super::*;
    use interface::{ArmInfo, Sent, Stamp};

    /// An arm that is at once where it is told to be.
    struct Perfect {
        info: ArmInfo,
        state: ArmState,
    }

    impl Arm for Perfect {
        fn info(&self) -> &ArmInfo {
            &self.info
        }
        fn state(&mut self) -> Result<ArmState, ArmError> {
            Ok(self.state.clone())
        }
        fn tick(&mut self, target: &JointTarget, _: &MotionPermit) -> Result<Sent, ArmError> {
            self.state.positions = target.positions.clone();
            self.state.openings = target.openings.clone();
            self.state.stamp = Stamp::from_secs(self.state.stamp.secs() + self.info.control_period);
            Ok(Sent { target: target.clone(), state: self.state.clone() })
        }
    }

    fn check(robot: &str, arm_index: usize, stop_after: usize) {
        let robot = Robot::load(robot).unwrap();
        let home = robot.home();
        let mut arm = Perfect {
            info: robot.info(0.02),
            state: ArmState {
                stamp: Stamp(0),
                positions: home.positions.clone(),
                velocities: vec![0.0; home.positions.len()],
                openings: home.openings.clone(),
            },
        };
        let from = robot.arms[arm_index].home.clone();
        let to: Vec<f64> = from.iter().map(|x| x + 0.05).collect();
        let path = JointPath { times: vec![0.0, 0.1], positions: vec![from, to.clone()] };
        let permit = MotionPermit::simulation();
        let mut seen = 0;
        let driven =
            follow(&mut arm, &robot, arm_index, &path, &home.openings, &permit, &mut |_| {
                seen += 1;
                if seen == stop_after { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .unwrap();
        assert_eq!((driven.finished, driven.ticks, seen), (stop_after > 5, seen, seen));
        assert_eq!(seen, stop_after.min(5));
        let own = robot.range(arm_index);
        for (i, value) in driven.state.positions.iter().enumerate() {
            let end = if own.contains(&i) && driven.finished { to[i - own.start] } else { *value };
            assert!((value - end).abs() < 1e-12);
            assert!(own.contains(&i) || *value == home.positions[i], "other arms hold");
        }
    }

    #[test]
    fn paths_are_driven_to_their_end_or_stopped() {
        check("franka", 0, 100);
        check("franka", 0, 3);
        check("xtrainer", 1, 100);
    }
}
