//! From chunks to one action a tick: when a policy is asked, and how its chunks are joined.

use crate::policy::{Ask, Policy, PolicyError, PolicyInfo};

/// When a policy is asked and what becomes of what is left of the last chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Execution {
    /// This many actions of each chunk are carried out, then the policy is asked again and the rest is
    /// dropped. As published: all eight.
    OpenLoop {
        /// Actions of each chunk.
        actions: usize,
    },
    /// The policy is asked every so many ticks. Where the new chunk and what was planned speak of the
    /// same tick, the new one takes over step by step along the overlap.
    Blend {
        /// Ticks between questions.
        every: usize,
    },
}

/// The actions that are planned for the next ticks. It keeps the caller's count of ticks and no time of
/// its own, so a run can be repeated; a copy of it goes on where it was copied.
#[derive(Clone, Debug)]
pub struct Player {
    execution: Execution,
    /// Ticks before a chunk is needed at which it is asked for: as many as its computation takes where
    /// the arm goes on meanwhile, zero where the caller waits for it.
    lead: usize,
    width: usize,
    chunk: usize,
    /// Actions for the ticks from `first` on.
    plan: Vec<f32>,
    first: u64,
    /// The tick at which the policy was asked last, and whether it has answered.
    asked: Option<(u64, bool)>,
}

impl Player {
    /// A player that has no action yet.
    ///
    /// # Errors
    /// When a chunk is too short for the execution and the lead.
    pub fn new(info: &PolicyInfo, execution: Execution, lead: usize) -> Result<Self, PolicyError> {
        let used = match execution {
            Execution::OpenLoop { actions } => actions,
            Execution::Blend { every } => every,
        };
        if used == 0 || used + lead > info.chunk {
            return Err(PolicyError::Chunk { chunk: info.chunk, used, lead });
        }
        Ok(Self {
            execution,
            lead,
            width: info.action,
            chunk: info.chunk,
            plan: Vec::with_capacity(info.chunk * info.action),
            first: 0,
            asked: None,
        })
    }

    /// Forgets every plan.
    pub fn reset(&mut self) {
        self.plan.clear();
        self.asked = None;
    }

    /// Whether the policy should be asked at this tick. While an answer is outstanding it should not.
    pub fn wants(&self, tick: u64) -> bool {
        match self.asked {
            None => true,
            Some((_, false)) => false,
            Some((at, true)) => tick >= self.until(at).saturating_sub(self.lead as u64),
        }
    }

    /// The tick at which a chunk that was asked for at tick `at` has been used up.
    fn until(&self, at: u64) -> u64 {
        let used = match self.execution {
            Execution::OpenLoop { actions } => actions + self.lead,
            Execution::Blend { every } => every + self.lead,
        };
        at + used as u64
    }

    /// Notes that the policy has been asked at this tick.
    pub fn asked(&mut self, tick: u64) {
        self.asked = Some((tick, false));
    }

    /// Takes a chunk in that was asked for at tick `made` and arrives at tick `now`: its actions for the
    /// ticks before `now` have come too late. Nothing is allocated.
    ///
    /// # Errors
    /// When the chunk has another size than the policy said.
    pub fn accept(&mut self, made: u64, now: u64, chunk: &[f32]) -> Result<(), PolicyError> {
        if chunk.len() != self.chunk * self.width {
            let what = "a chunk of actions".to_owned();
            let expected = self.chunk * self.width;
            return Err(PolicyError::Size { what, got: chunk.len(), expected });
        }
        self.asked = Some((made, true));
        let late = now.saturating_sub(made).min(self.chunk as u64) as usize;
        let fresh = &chunk[late * self.width..];
        let planned = self.planned(now);
        let overlap = match self.execution {
            Execution::OpenLoop { .. } => 0,
            Execution::Blend { .. } => planned.min(fresh.len() / self.width.max(1)),
        };
        // What is planned from now on moves to the front.
        let passed = self.plan.len() - planned * self.width;
        self.plan.drain(..passed);
        self.plan.truncate(overlap * self.width);
        self.first = now;
        let rows = self.plan.chunks_exact_mut(self.width.max(1));
        for (i, (old, new)) in rows.zip(fresh.chunks_exact(self.width.max(1))).enumerate() {
            let share = (i + 1) as f32 / (overlap + 1) as f32;
            old.iter_mut().zip(new).for_each(|(old, new)| *old += (new - *old) * share);
        }
        self.plan.extend_from_slice(&fresh[overlap * self.width..]);
        Ok(())
    }

    /// Ticks from `tick` on for which there is an action.
    pub fn planned(&self, tick: u64) -> usize {
        let all = self.plan.len() / self.width.max(1);
        all - (tick.saturating_sub(self.first)).min(all as u64) as usize
    }

    /// The action of this tick, raw units; nothing where none is planned, and the arm then holds.
    pub fn action(&self, tick: u64) -> Option<&[f32]> {
        let i = usize::try_from(tick.checked_sub(self.first)?).ok()?;
        self.plan.chunks_exact(self.width.max(1)).nth(i)
    }

    /// Everything planned, from `tick` on: `[ticks, action]`, raw units.
    pub fn plan(&self, tick: u64) -> &[f32] {
        &self.plan[self.plan.len() - self.planned(tick) * self.width..]
    }

    /// One tick with a policy that is waited for: asks it if it is time, then gives the tick's action. The
    /// tick must have been observed before. Whether the policy was asked is the second answer; its
    /// [`Policy::trace`] then tells how it decided.
    ///
    /// # Errors
    /// What the policy answers; the arm then holds.
    pub fn step(
        &mut self,
        tick: u64,
        policy: &mut dyn Policy,
        ask: &Ask,
    ) -> Result<(Option<&[f32]>, bool), PolicyError> {
        let due = self.wants(tick);
        if due {
            let decision = policy.act(ask)?;
            self.accept(tick, tick, decision.chunk)?;
        }
        Ok((self.action(tick), due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(chunk: usize) -> PolicyInfo {
        PolicyInfo {
            name: "test".to_owned(),
            state: 1,
            action: 1,
            chunk,
            history: 1,
            cameras: Vec::new(),
            points: 0,
            steps: 1,
        }
    }

    /// What is carried out at each tick when chunk `n`, asked for at tick `t`, says `100 n + t + i` for
    /// tick `t + i` and arrives `delay` ticks later.
    fn run(execution: Execution, lead: usize, delay: u64, ticks: u64) -> Vec<Option<f32>> {
        let mut player = Player::new(&info(8), execution, lead).unwrap();
        let (mut asked, mut on_the_way) = (0, None);
        (0..ticks)
            .map(|tick| {
                if player.wants(tick) {
                    player.asked(tick);
                    let chunk: Vec<f32> = (0..8).map(|i| (100 * asked + tick + i) as f32).collect();
                    on_the_way = Some((tick, chunk));
                    asked += 1;
                }
                if let Some((made, chunk)) = on_the_way.take_if(|(made, _)| tick >= *made + delay) {
                    player.accept(made, tick, &chunk).unwrap();
                }
                player.action(tick).map(|a| a[0])
            })
            .collect()
    }

    #[test]
    fn whole_chunks_follow_one_another() {
        let played = run(Execution::OpenLoop { actions: 8 }, 0, 0, 20);
        let expected = (0..20).map(|t| Some((100 * (t / 8) + t) as f32)).collect::<Vec<_>>();
        assert_eq!(played, expected);
        let played = run(Execution::OpenLoop { actions: 3 }, 0, 0, 9);
        let expected = (0..9).map(|t| Some((100 * (t / 3) + t) as f32)).collect::<Vec<_>>();
        assert_eq!(played, expected);
    }

    #[test]
    fn the_new_chunk_takes_over_along_the_overlap() {
        let played = run(Execution::Blend { every: 4 }, 0, 0, 8);
        assert_eq!(played[..4], [0.0, 1.0, 2.0, 3.0].map(Some));
        // Chunk 1 says 100 more; over four ticks it takes over a fifth at a time.
        for (t, share) in [(4, 0.2), (5, 0.4), (6, 0.6), (7, 0.8)] {
            assert!((played[t].unwrap() - (t as f32 + 100.0 * share)).abs() < 1e-4, "{played:?}");
        }
    }

    /// Answers that come two ticks late: nothing at first, then never a gap, and no action that was meant
    /// for another tick.
    #[test]
    fn late_chunks_leave_no_gap_when_they_are_asked_for_early() {
        for execution in [Execution::OpenLoop { actions: 6 }, Execution::Blend { every: 3 }] {
            let played = run(execution, 2, 2, 40);
            assert_eq!(played[..2], [None, None]);
            for (t, action) in played.iter().enumerate().skip(2) {
                let action = action.unwrap();
                if matches!(execution, Execution::OpenLoop { .. }) {
                    assert_eq!(action as usize % 100, t, "{played:?}");
                }
            }
        }
    }

    #[test]
    fn what_comes_too_late_leaves_the_arm_holding() {
        let played = run(Execution::OpenLoop { actions: 8 }, 0, 10, 25);
        assert!(played[..10].iter().all(Option::is_none));
        let mut player = Player::new(&info(8), Execution::OpenLoop { actions: 8 }, 0).unwrap();
        player.accept(0, 3, &[0.0; 8]).unwrap();
        assert_eq!((player.planned(3), player.plan(5).len()), (5, 3));
        assert!(player.action(2).is_none() && player.action(8).is_none());
        player.reset();
        assert!(player.wants(4) && player.action(4).is_none());
    }

    #[test]
    fn chunks_that_are_too_short_are_refused() {
        for (execution, lead) in [
            (Execution::OpenLoop { actions: 9 }, 0),
            (Execution::OpenLoop { actions: 8 }, 1),
            (Execution::Blend { every: 0 }, 0),
        ] {
            let error = Player::new(&info(8), execution, lead).unwrap_err().to_string();
            assert!(error.contains('8'), "{error}");
        }
        let mut player = Player::new(&info(8), Execution::Blend { every: 4 }, 0).unwrap();
        let error = player.accept(0, 0, &[0.0; 7]).unwrap_err().to_string();
        assert!(error.contains("7 numbers"), "{error}");
    }

    #[test]
    fn a_player_allocates_nothing_once_made() {
        let mut player = Player::new(&info(8), Execution::Blend { every: 2 }, 1).unwrap();
        let chunk = [1.0; 8];
        let before = crate::counting::on_this_thread();
        for tick in 0..50 {
            if player.wants(tick) {
                player.asked(tick);
                player.accept(tick, tick + 1, &chunk).unwrap();
            }
            let _ = player.action(tick);
        }
        assert_eq!(crate::counting::on_this_thread(), before);
    }
}
