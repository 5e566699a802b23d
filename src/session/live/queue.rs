//! Acts that wait for their turn.

use std::collections::VecDeque;

use session_api::live::Act;

use super::job::JobKind;

/// Acts in order.
#[derive(Default)]
pub struct Queue {
    acts: VecDeque<Act>,
}

impl Queue {
    /// Takes an act in. One of a kind that waits at the end is replaced; what ends work makes the
    /// wishes before it moot.
    pub fn push(&mut self, act: Act) {
        match &act {
            Act::Stop | Act::OpenScene { .. } | Act::Open(_) | Act::OpenRecording { .. } => {
                self.acts.retain(|waiting| matches!(waiting, Act::Transport(_)));
            }
            Act::Reset { .. } => self.acts.retain(|waiting| {
                matches!(waiting, Act::Transport(_)) || (opens(waiting) && !is_reset(waiting))
            }),
            _ => {}
        }
        match self.acts.back_mut() {
            Some(last) if replaces(&act, last) => *last = act,
            _ => self.acts.push_back(act),
        }
    }

    /// Whether there is an act that can be answered while `job` is under way.
    pub fn is_ready(&self, job: Option<JobKind>) -> bool {
        self.ready(job).is_some()
    }

    /// The next act that can be answered while `job` is under way. What must wait keeps its place,
    /// and only what concerns the work under way or the clock overtakes it.
    pub fn next(&mut self, job: Option<JobKind>) -> Option<Act> {
        self.ready(job).and_then(|index| self.acts.remove(index))
    }

    fn ready(&self, job: Option<JobKind>) -> Option<usize> {
        let mut held_up = false;
        for (index, act) in self.acts.iter().enumerate() {
            let overtakes = matches!(act, Act::Transport(_) | Act::Stop | Act::Judge { .. });
            if !(waits(act, job) || held_up && !overtakes) {
                return Some(index);
            }
            held_up = true;
        }
        None
    }
}

/// Whether an act changes what is open.
fn opens(act: &Act) -> bool {
    matches!(
        act,
        Act::OpenScene { .. } | Act::Open(_) | Act::OpenRecording { .. } | Act::Reset { .. }
    )
}

fn is_reset(act: &Act) -> bool {
    matches!(act, Act::Reset { .. })
}

fn replaces(new: &Act, old: &Act) -> bool {
    match (new, old) {
        (Act::MoveJoint { joint: a, .. }, Act::MoveJoint { joint: b, .. }) => a == b,
        (Act::MoveGripper { hand: a, .. }, Act::MoveGripper { hand: b, .. }) => a == b,
        (Act::Plan(_), Act::Plan(_))
        | (Act::TakeGrasp(_), Act::TakeGrasp(_))
        | (Act::Execute, Act::Execute)
        | (Act::Home, Act::Home) => true,
        _ => false,
    }
}

fn waits(act: &Act, job: Option<JobKind>) -> bool {
    let always = matches!(act, Act::Transport(_) | Act::Stop | Act::Judge { .. } | Act::Quit);
    match job {
        None => false,
        // What was open is still there, but the person means what comes.
        Some(JobKind::Opening) => !(always || opens(act) && !is_reset(act)),
        Some(JobKind::Planning) => matches!(act, Act::Execute | Act::TakeGrasp(_)),
        // The scene is away until the execution gives it back.
        Some(JobKind::Executing) => opens(act),
    }
}

#[cfg(test)]
mod tests {
    use session_api::live::{PlanWish, Transport};

    use super::*;

    fn scene(name: &str) -> Act {
        Act::OpenScene { scene: name.into(), robot: "franka".into(), seed: 0 }
    }

    fn check(pushed: &[Act], job: Option<JobKind>, expected: &[Act]) {
        let mut queue = Queue::default();
        pushed.iter().for_each(|act| queue.push(act.clone()));
        let got: Vec<Act> = std::iter::from_fn(|| queue.next(job)).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn newer_wishes_replace_older_ones_and_what_cannot_be_done_yet_waits() {
        let plan = || Act::Plan(PlanWish::default());
        let play = Act::Transport(Transport::Step);
        let to = |position| Act::MoveJoint { joint: 1, position };
        check(&[to(0.1), to(0.2), to(0.3)], None, &[to(0.3)]);
        check(&[play.clone(), play.clone()], None, &[play.clone(), play.clone()]);
        check(&[plan(), scene("a"), plan()], None, &[scene("a"), plan()]);
        check(&[scene("a"), plan(), Act::Stop], None, &[Act::Stop]);
        check(&[scene("a"), Act::Reset { seed: 1 }], None, &[scene("a"), Act::Reset { seed: 1 }]);
        let opening = Some(JobKind::Opening);
        check(&[plan(), Act::Execute, play.clone()], opening, std::slice::from_ref(&play));
        check(&[plan(), scene("b")], opening, &[scene("b")]);
        check(&[Act::Execute, plan(), Act::Home], Some(JobKind::Planning), &[]);
        check(&[scene("a"), Act::Home], Some(JobKind::Executing), &[]);
    }
}
