//! One trial of a policy, from a seed nobody trained on.

use interface::{Arm, Cancel, JointTarget};
use policy::Trace;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use session_api::Failure;
use sim::Cell;

use super::pilot::{How, Loaded, Pilot};
use crate::demonstrations::rig::{Asked, Rig};

/// A trial lasts at most this many times as long as the longest demonstration.
const LONGER: usize = 2;
/// And no less than this, seconds.
const LEAST: f64 = 6.0;
/// A task that has stayed solved for this long stays so, seconds.
const STAYS: f64 = 1.0;
/// The arm takes up its own start posture in this time, seconds.
const SETTLING: f64 = 1.0;

/// How a trial went.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Whether the task was solved at any time.
    pub once: bool,
    /// Whether it was at the end.
    pub at_end: bool,
    /// Control periods.
    pub ticks: usize,
    /// Decisions.
    pub decisions: usize,
    /// Time of each decision, milliseconds.
    pub decision_millis: Vec<f64>,
    /// Time that each new frame took to be encoded, milliseconds.
    pub frame_millis: Vec<f64>,
    /// Why it broke off.
    pub reason: Option<String>,
}

/// What somebody who watches is told after every control period: the cell, the arm's side, the policy's,
/// and whether it decided anew.
pub type Watch<'a> = &'a mut dyn FnMut(&Cell, &Rig, &Pilot, bool) -> Result<(), Failure>;

/// Lets a policy try; `None` when it was stopped.
pub fn run(
    loaded: &Loaded,
    cell: &mut Cell,
    how: How,
    start_noise: f64,
    cancel: &Cancel,
    watch: Watch<'_>,
) -> Result<Option<Outcome>, Failure> {
    let period = cell.info().control_period;
    if start_noise > 0.0 {
        settle(cell, start_noise, how.seed)?;
    }
    let mut pilot = Pilot::new(loaded, cell, how)?;
    let mut rig = Rig::new(cell)?;
    let mut asked = Asked::at(cell.last_target());
    let longest = (LONGER * loaded.about.longest).max((LEAST / period) as usize);
    let mut out = Outcome::default();
    let mut solved_for = 0.0;
    while out.ticks < longest {
        if cancel.is_cancelled() {
            return Ok(None);
        }
        rig.see(cell);
        let decided = match pilot.ask(cell, &mut asked) {
            Ok(decided) => decided,
            Err(error) => {
                out.reason = Some(error.to_string());
                break;
            }
        };
        note(pilot.trace(), decided, &mut out);
        rig.act(cell, &asked)?;
        watch(cell, &rig, &pilot, decided)?;
        out.ticks += 1;
        let solved = rig.frame().success;
        out.once |= solved;
        out.at_end = solved;
        solved_for = if solved { solved_for + period } else { 0.0 };
        if solved_for >= STAYS {
            break;
        }
    }
    out.decisions = pilot.decisions();
    if !out.once && out.reason.is_none() {
        out.reason = Some(format!("the task was not solved in {} control periods", out.ticks));
    }
    Ok(Some(out))
}

fn note(trace: &Trace, decided: bool, out: &mut Outcome) {
    let millis = |time: std::time::Duration| time.as_secs_f64() * 1e3;
    out.frame_millis.push(millis(trace.latencies.frame));
    if decided {
        out.decision_millis.push(millis(trace.latencies.decision()));
    }
}

/// The arm at a start of its own: every joint up to `noise` radians from where it always starts.
fn settle(cell: &mut Cell, noise: f64, seed: u64) -> Result<(), Failure> {
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ 0x5a5a_0f0f);
    let mut asked = Asked::at(cell.last_target());
    let home: JointTarget = cell.last_target().clone();
    for (to, from) in asked.target.positions.iter_mut().zip(&home.positions) {
        *to = from + random.random_range(-noise..=noise);
    }
    let mut rig = Rig::new(cell)?;
    for _ in 0..(SETTLING / cell.info().control_period) as usize {
        rig.see(cell);
        rig.act(cell, &asked)?;
    }
    Ok(())
}
