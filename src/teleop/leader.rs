//! A leader arm: a small arm in a person's hands whose joints another one follows.
//!
//! A leader is a stream of readings, each with the time it was taken: from a recording
//! ([`read_leader`]), or from whatever else makes them. They are given back at their own times,
//! evenly in between, whatever the control rate.

use std::fmt::Write as _;

use interface::{JointTarget, Motion, Seen, Stamp, Teleop, TeleopError, Wish};

/// The first line of a recorded stream.
const HEADER: &str = "flowarm leader 1";
/// A leader whose counts stay the same for so long is stuck or has no power, seconds: encoders of an
/// arm that is held never quite rest.
const FROZEN_SECS: f64 = 1.0;
/// A leader further than this from the arm, in any joint, is not followed: rad or m (GELLO's limit).
const APART: f64 = 0.8;

/// A stream that cannot be read.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("line {line} of the leader's recording: {reason}")]
pub struct LeaderError {
    /// Which line, counted from 1.
    pub line: usize,
    /// What is wrong with it, and what would be right.
    pub reason: String,
}

/// Why a leader is not followed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LeaderTrouble {
    /// Its readings have not changed for this many seconds.
    Frozen {
        /// Seconds.
        secs: f64,
    },
    /// It is too far from the arm.
    Apart {
        /// The joint that is furthest, an index into the arm's joints.
        joint: usize,
        /// How far, rad or m.
        by: f64,
    },
}

impl std::fmt::Display for LeaderTrouble {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Frozen { secs } => write!(
                out,
                "the leader's readings have not changed for {secs:.1} s: is it stuck or without power?"
            ),
            Self::Apart { joint, by } => write!(
                out,
                "joint {} of the leader is {by:.2} from the arm's; bring it within {APART}",
                joint + 1
            ),
        }
    }
}

/// Reads a recorded stream for an arm with this many joints and grippers.
///
/// Text: the first line is `flowarm leader 1`; every other line is seconds, one position a joint (rad
/// or m), `|`, and one opening a gripper (m), with blanks between them. Times grow. Empty lines
/// and what follows a `#` are left out.
pub fn read_leader(
    text: &str,
    joints: usize,
    grippers: usize,
) -> Result<Vec<(Stamp, JointTarget)>, LeaderError> {
    let fail = |line: usize, reason: String| LeaderError { line: line + 1, reason };
    let mut lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or("").trim())
        .enumerate()
        .filter(|(_, line)| !line.is_empty());
    match lines.next() {
        Some((_, HEADER)) => {}
        Some((line, other)) => {
            let start: String = other.chars().take(40).collect();
            return Err(fail(line, format!("`{start}` where `{HEADER}` is expected")));
        }
        None => return Err(fail(0, format!("it is empty; `{HEADER}` is expected"))),
    }
    let mut stream: Vec<(Stamp, JointTarget)> = Vec::new();
    for (line, content) in lines {
        let (moving, gripping) = content
            .split_once('|')
            .ok_or_else(|| fail(line, "there is no `|` between joints and grippers".into()))?;
        let numbers = |text: &str| -> Result<Vec<f64>, LeaderError> {
            text.split_whitespace()
                .map(|word| match word.parse::<f64>() {
                    Ok(value) if value.is_finite() => Ok(value),
                    _ => {
                        let word: String = word.chars().take(20).collect();
                        Err(fail(line, format!("`{word}` is not a finite number")))
                    }
                })
                .collect()
        };
        let (mut positions, openings) = (numbers(moving)?, numbers(gripping)?);
        let expect = |what: &str, got: usize, expected: usize| {
            if got == expected {
                return Ok(());
            }
            Err(fail(line, format!("{got} {what}, the arm has {expected}")))
        };
        expect("positions", positions.len().saturating_sub(1), joints)?;
        expect("openings", openings.len(), grippers)?;
        if positions.is_empty() {
            return Err(fail(line, "the time is missing".into()));
        }
        let secs = positions.remove(0);
        if secs.abs() > 1e8 {
            return Err(fail(line, format!("{secs} s is no time a recording takes")));
        }
        let stamp = Stamp::from_secs(secs);
        if stream.last().is_some_and(|(before, _)| *before >= stamp) {
            return Err(fail(line, format!("{secs} s is not after the line before")));
        }
        stream.push((stamp, JointTarget { positions, openings }));
    }
    Ok(stream)
}

/// The text of a stream, as [`read_leader`] reads it.
pub fn write_leader(stream: &[(Stamp, JointTarget)]) -> String {
    let mut text = format!("{HEADER}\n# seconds, joints (rad, m) | openings (m)\n");
    for (stamp, target) in stream {
        // Writing to a string does not fail.
        let _ = write!(text, "{:.6}", stamp.secs());
        for position in &target.positions {
            let _ = write!(text, " {position:.6}");
        }
        text.push_str(" |");
        for opening in &target.openings {
            let _ = write!(text, " {opening:.6}");
        }
        text.push('\n');
    }
    text
}

type Readings = Box<dyn Iterator<Item = (Stamp, JointTarget)> + Send>;

/// A leader arm as a hand on an arm.
pub struct Leader {
    readings: Readings,
    /// The readings around now.
    before: Option<(Stamp, JointTarget)>,
    after: Option<(Stamp, JointTarget)>,
    /// What to add to the session's time for the stream's.
    offset: Option<i64>,
    /// Since when the readings are the same, on the stream's clock.
    same_since: Option<Stamp>,
    /// Whether the arm has to be found near the leader first.
    unproved: bool,
    trouble: Option<LeaderTrouble>,
}

impl Leader {
    /// Follows readings whose stamps grow; the first counts as taken at the first look.
    pub fn new(
        readings: impl IntoIterator<Item = (Stamp, JointTarget), IntoIter: Send + 'static>,
    ) -> Self {
        let mut readings: Readings = Box::new(readings.into_iter());
        Self {
            after: readings.next(),
            readings,
            before: None,
            offset: None,
            same_since: None,
            unproved: true,
            trouble: None,
        }
    }

    /// Why it is not followed, if it is not.
    pub fn trouble(&self) -> Option<LeaderTrouble> {
        self.trouble
    }

    /// Goes on to the readings around `time` of the stream.
    fn advance(&mut self, time: Stamp) {
        while let Some((stamp, target)) = self.after.take_if(|(stamp, _)| *stamp <= time) {
            let same = self
                .before
                .as_ref()
                .is_some_and(|(_, before)| before.positions == target.positions);
            if !same {
                self.same_since = Some(stamp);
            }
            self.before = Some((stamp, target));
            self.after = self.readings.next();
        }
    }

    /// The posture at `time` of the stream.
    fn at(&self, time: Stamp) -> Option<JointTarget> {
        let (from, before) = self.before.as_ref()?;
        let Some((to, after)) = &self.after else { return Some(before.clone()) };
        let share = (time.secs() - from.secs()) / (to.secs() - from.secs()).max(1e-9);
        let share = share.clamp(0.0, 1.0);
        let between = |a: &[f64], b: &[f64]| -> Vec<f64> {
            a.iter().zip(b).map(|(a, b)| a + share * (b - a)).collect()
        };
        Some(JointTarget {
            positions: between(&before.positions, &after.positions),
            openings: between(&before.openings, &after.openings),
        })
    }
}

impl Teleop for Leader {
    fn name(&self) -> &str {
        "leader"
    }

    fn is_over(&self) -> bool {
        self.after.is_none()
    }

    fn read(&mut self, seen: &Seen<'_>) -> Result<Wish, TeleopError> {
        let still = Wish { scale: 1.0, ..Wish::default() };
        let first = self.after.as_ref().or(self.before.as_ref()).map(|(stamp, _)| stamp.0);
        let Some(first) = first else { return Ok(still) };
        let offset = *self.offset.get_or_insert(first.saturating_sub(seen.stamp.0));
        let time = Stamp(seen.stamp.0.saturating_add(offset));
        self.advance(time);
        self.trouble = None;
        let Some(target) = self.at(time).filter(|_| !self.is_over()) else { return Ok(still) };
        let same = self.same_since.map_or(0.0, |since| time.secs() - since.secs());
        if same > FROZEN_SECS {
            self.trouble = Some(LeaderTrouble::Frozen { secs: same });
            return Ok(still);
        }
        if self.unproved {
            let pairs = target.positions.iter().zip(&seen.state.positions);
            let worst = pairs
                .map(|(a, b)| (a - b).abs())
                .enumerate()
                .max_by(|(_, a), (_, b)| a.total_cmp(b))
                .filter(|(_, by)| *by > APART);
            if let Some((joint, by)) = worst {
                self.trouble = Some(LeaderTrouble::Apart { joint, by });
                return Ok(still);
            }
            self.unproved = false;
        }
        Ok(Wish { motion: Motion::Joints(target), enabled: true, ..still })
    }

    fn resume(&mut self) {
        self.unproved = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::read_at;
    use proptest::prelude::*;

    fn target(position: f64) -> JointTarget {
        JointTarget { positions: vec![position, -0.5], openings: vec![0.04] }
    }

    /// A leader that moves by 0.1 rad/s, read 100 times a second, until it freezes.
    fn stream(start: f64, freeze: usize) -> Vec<(Stamp, JointTarget)> {
        let at = |i: usize| {
            (Stamp::from_secs(7.0 + i as f64 * 0.01), target(start + 0.001 * i.min(freeze) as f64))
        };
        (0..400).map(at).collect()
    }

    #[test]
    fn readings_come_back_at_their_own_times() {
        let mut leader = Leader::new(stream(0.0, 1000));
        for tick in 0..190 {
            let secs = 0.02 * f64::from(tick) + 0.003;
            let wish = read_at(&mut leader, secs, &[0.0, -0.5]).unwrap();
            let Motion::Joints(got) = wish.motion else { panic!("{tick}") };
            assert!(
                (got.positions[0] - 0.1 * 0.02 * f64::from(tick)).abs() < 1e-9,
                "{tick} {got:?}"
            );
            assert!(wish.enabled);
        }
        let wish = read_at(&mut leader, 10.0, &[0.0, -0.5]).unwrap();
        assert!(leader.is_over() && wish.motion == Motion::Still);
    }

    #[test]
    fn a_stuck_leader_is_noticed_and_not_followed() {
        let mut leader = Leader::new(stream(0.0, 100));
        let mut noticed = None;
        for tick in 0..190 {
            let wish = read_at(&mut leader, 0.02 * f64::from(tick), &[0.0, -0.5]).unwrap();
            if noticed.is_none() && leader.trouble().is_some() {
                noticed = Some(0.02 * f64::from(tick));
            }
            assert_eq!(wish.motion == Motion::Still, leader.trouble().is_some());
            assert_eq!(wish.enabled, leader.trouble().is_none());
        }
        assert!((noticed.unwrap() - 2.0).abs() < 0.1, "{noticed:?}");
        assert!(leader.trouble().unwrap().to_string().contains("power"));
    }

    #[test]
    fn a_leader_far_from_the_arm_is_not_followed_until_it_is_near() {
        let mut leader = Leader::new(stream(-0.9, 1000));
        let mut followed = None;
        for tick in 0..190 {
            let secs = 0.02 * f64::from(tick);
            let wish = read_at(&mut leader, secs, &[0.0, -0.5]).unwrap();
            if wish.motion != Motion::Still {
                followed.get_or_insert(secs);
            } else {
                let says = leader.trouble().unwrap().to_string();
                assert!(says.starts_with("joint 1 of the leader"), "{says}");
            }
        }
        assert!((followed.unwrap() - 1.0).abs() < 0.03, "{followed:?}");
        leader.resume();
        assert_eq!(read_at(&mut leader, 3.8, &[0.5, -0.5]).unwrap().motion, Motion::Still);
    }

    #[test]
    fn a_recording_is_written_and_read() {
        let stream = stream(0.25, 30);
        let text = write_leader(&stream);
        let again = read_leader(&text, 2, 1).unwrap();
        assert_eq!(again.len(), stream.len());
        for ((at, a), (stamp, b)) in again.iter().zip(&stream) {
            assert!((at.secs() - stamp.secs()).abs() < 1e-6);
            assert!((a.positions[0] - b.positions[0]).abs() < 1e-6 && a.openings == b.openings);
        }
    }

    fn check(text: &str, line: usize, expected: &str) {
        let error = read_leader(text, 2, 1).unwrap_err();
        assert!(error.line == line && error.to_string().contains(expected), "{error}");
        assert_eq!(error.to_string().lines().count(), 1);
    }

    #[test]
    fn a_recording_that_makes_no_sense_is_refused_by_its_line() {
        check("", 1, "it is empty");
        check("time,joint\n", 1, "`time,joint` where");
        check("flowarm leader 1\n\n0 1 2", 3, "no `|`");
        check("flowarm leader 1\n0 1 2 3 | 0", 2, "3 positions, the arm has 2");
        check("flowarm leader 1\n0 1 2 | 0 0", 2, "2 openings, the arm has 1");
        check("flowarm leader 1\n0 1 nan | 0", 2, "`nan` is not a finite number");
        check("flowarm leader 1\n1 1 2 | 0\n# again\n1 1 2 | 0", 4, "1 s is not after");
        check("flowarm leader 1\n1e300 1 2 | 0", 2, "is no time");
        assert_eq!(read_leader("flowarm leader 1\n", 2, 1), Ok(Vec::new()));
        let mut nothing = Leader::new(Vec::new());
        assert_eq!(read_at(&mut nothing, 0.0, &[]).unwrap().motion, Motion::Still);
    }

    proptest! {
        #[test]
        fn no_text_is_a_disaster(text in "(flowarm leader 1\n)?[0-9a-z .|#\n+-]{0,200}") {
            if let Ok(stream) = read_leader(&text, 1, 0) {
                let mut leader = Leader::new(stream);
                for tick in 0..20 {
                    read_at(&mut leader, f64::from(tick), &[0.0]).unwrap();
                }
            }
        }
    }
}
