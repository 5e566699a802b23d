//! How good a demonstration is, in numbers: how long nothing moves, how jerky it is, how far the tool
//! goes, how often the hand closes, who drove.

use std::ops::Range;

use interface::{ControlMode, Frame};

/// A joint slower than this stands still, rad/s or m/s.
const STILL: f64 = 0.01;
/// A gripper slower than this stands still, m/s.
const GRIPPER_STILL: f64 = 0.002;
/// Frames that stay before the first and after the last motion when idle ends are cut.
const MARGIN: usize = 5;

/// The figures of one episode.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quality {
    /// Share of the frames in which no target moves, 0 to 1.
    pub idle: f64,
    /// Root mean square of the third derivative of the joints' targets, rad/s³.
    pub jerk: f64,
    /// Length of the tool's path, metres; `None` where its pose is not recorded.
    pub path: Option<f64>,
    /// How often a gripper's target goes from open to closed.
    pub closings: usize,
    /// Share of the frames that a person drove, 0 to 1.
    pub human: f64,
}

/// Measures an episode of `fps` frames a second; the last `grippers` numbers of each target are
/// openings.
pub fn quality(frames: &[Frame], grippers: usize, fps: f64) -> Quality {
    let count = frames.len();
    if count == 0 {
        return Quality::default();
    }
    let joints = frames[0].action.len().saturating_sub(grippers);
    let moving = frames.windows(2).filter(|pair| moves(pair, joints, fps)).count();
    let human = frames.iter().filter(|frame| frame.mode == ControlMode::Human).count();
    Quality {
        idle: 1.0 - moving as f64 / (count - 1).max(1) as f64,
        jerk: jerk(frames, joints, fps),
        path: path(frames),
        closings: (0..grippers).map(|hand| closings(frames, joints + hand)).sum(),
        human: human as f64 / count as f64,
    }
}

/// The frames between the first and the last motion of the targets, with a little before and after;
/// all of them where nothing moves at all.
pub fn busy_part(frames: &[Frame], grippers: usize, fps: f64) -> Range<usize> {
    let joints = frames.first().map_or(0, |f| f.action.len().saturating_sub(grippers));
    let moving = |index: &usize| moves(&frames[*index..=*index + 1], joints, fps);
    let steps = frames.len().saturating_sub(1);
    match ((0..steps).find(moving), (0..steps).rev().find(moving)) {
        (Some(first), Some(last)) => {
            first.saturating_sub(MARGIN)..(last + 2 + MARGIN).min(frames.len())
        }
        _ => 0..frames.len(),
    }
}

/// Whether a target moves from one frame to the next.
fn moves(pair: &[Frame], joints: usize, fps: f64) -> bool {
    let [before, after] = pair else { return false };
    before.action.iter().zip(&after.action).enumerate().any(|(i, (a, b))| {
        let speed = (f64::from(*b) - f64::from(*a)).abs() * fps;
        speed > if i < joints { STILL } else { GRIPPER_STILL }
    })
}

fn jerk(frames: &[Frame], joints: usize, fps: f64) -> f64 {
    let (mut sum, mut count) = (0.0, 0_usize);
    for four in frames.windows(4) {
        let at = |frame: usize, joint: usize| {
            four[frame].action.get(joint).map_or(0.0, |value| f64::from(*value))
        };
        for joint in 0..joints {
            let third = at(3, joint) - 3.0 * at(2, joint) + 3.0 * at(1, joint) - at(0, joint);
            sum += (third * fps.powi(3)).powi(2);
            count += 1;
        }
    }
    (sum / count.max(1) as f64).sqrt()
}

fn path(frames: &[Frame]) -> Option<f64> {
    // A pose that nobody recorded has no rotation.
    if frames.iter().any(|frame| frame.tool_pose[3..].iter().all(|q| *q == 0.0)) {
        return None;
    }
    let between = |pair: &[Frame]| {
        let square =
            |i: usize| (f64::from(pair[1].tool_pose[i]) - f64::from(pair[0].tool_pose[i])).powi(2);
        (square(0) + square(1) + square(2)).sqrt()
    };
    Some(frames.windows(2).map(between).sum())
}

/// A hand is open above two thirds of the widest target and closed below one third.
fn closings(frames: &[Frame], column: usize) -> usize {
    let target = |frame: &Frame| frame.action.get(column).copied().unwrap_or(0.0);
    let widest = frames.iter().map(target).fold(0.0_f32, f32::max);
    let (mut open, mut count) = (false, 0);
    for frame in frames {
        let share = if widest > 0.0 { target(frame) / widest } else { 0.0 };
        if share > 0.67 {
            open = true;
        } else if share < 0.33 && open {
            open = false;
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(of: impl Fn(usize) -> [f32; 2], count: usize) -> Vec<Frame> {
        (0..count)
            .map(|i| {
                let [joint, opening] = of(i);
                let tool_pose = [joint, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
                Frame { action: vec![joint, opening], tool_pose, ..Frame::default() }
            })
            .collect()
    }

    #[test]
    fn a_cubic_has_its_own_jerk_and_a_line_none() {
        let fps = 50.0;
        let cubic = frames(|i| [2.0 * (i as f32 / 50.0).powi(3), 0.04], 60);
        assert!((quality(&cubic, 1, fps).jerk - 12.0).abs() < 0.2);
        let line = frames(|i| [i as f32 / 64.0, 0.04], 60);
        assert!(quality(&line, 1, fps).jerk < 1e-3);
        assert!((quality(&line, 1, fps).path.unwrap() - 59.0 / 64.0).abs() < 1e-6);
        assert_eq!(quality(&line, 1, fps).idle, 0.0);
    }

    #[test]
    fn idle_ends_are_found_and_closings_counted() {
        let hand = |i: usize| if (40..60).contains(&i) { 0.0 } else { 0.08 };
        let episode = frames(|i| [i.clamp(30, 70) as f32 * 0.01, hand(i)], 100);
        let got = quality(&episode, 1, 50.0);
        assert_eq!(got.closings, 1);
        assert!((got.idle - 59.0 / 99.0).abs() < 1e-9, "{}", got.idle);
        assert_eq!(busy_part(&episode, 1, 50.0), 25..76);
        let still = frames(|_| [0.0, 0.08], 10);
        assert_eq!(busy_part(&still, 1, 50.0), 0..10);
        assert_eq!(quality(&still, 1, 50.0).idle, 1.0);
        assert_eq!(quality(&[], 1, 50.0), Quality::default());
    }
}
