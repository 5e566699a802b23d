//! One joint in one control period: how far it may go, and how far it wants to.
//!
//! Everything here counts in steps, the change of a target from one period to the next. A joint
//! with step `x` that brakes by `b` a period goes on `x - b`, `x - 2b`, ... until it rests, so what
//! can still be stopped in time is a closed form and not a search.

/// Share of the highest acceleration that is used at all. The rest is room for rounding.
const USED: f64 = 0.999;
/// Share of it that braking plans with: there is always more than one number to choose from.
const PLANNED: f64 = 0.98;
/// Share of it that is used before a joint's limit: smooth rather than hard.
const SOFT: f64 = 0.6;

/// Limits of a joint, counted in control periods.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Joint {
    pub lower: f64,
    pub upper: f64,
    /// Longest step at full speed.
    pub reach: f64,
    /// Most that a step may differ from the one before.
    pub change: f64,
}

/// The steps a joint may take now, and which limit set each end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    pub low: f64,
    pub high: f64,
    pub low_by: Limit,
    pub high_by: Limit,
}

/// What holds a joint back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Position,
    Speed,
    Acceleration,
}

/// The longest step after which braking by `brake` a period still ends within `room`.
pub(crate) fn longest_step(room: f64, brake: f64) -> f64 {
    if room <= 0.0 {
        return 0.0;
    }
    if room == f64::INFINITY {
        return f64::INFINITY;
    }
    // A step of n brakes, or up to one more, takes n + 1 periods and covers
    // (n + 1) x - n (n + 1) / 2 brakes.
    let n = ((-1.0 + (1.0 + 8.0 * room / brake).sqrt()) * 0.5).floor().max(0.0);
    (room + brake * n * (n + 1.0) * 0.5) / (n + 1.0)
}

/// How far a joint that brakes after a step of `step` has gone after `periods` more.
pub(crate) fn braked_after(step: f64, brake: f64, periods: f64) -> f64 {
    let n = (step.abs() / brake).floor().min(periods);
    (n * step.abs() - brake * n * (n + 1.0) * 0.5) * step.signum()
}

impl Joint {
    /// What braking takes off a step each period.
    pub fn brake(&self) -> f64 {
        PLANNED * self.change
    }

    /// The step of a joint that brakes.
    pub fn braked(&self, last: f64) -> f64 {
        (last.abs() - self.brake()).max(0.0) * last.signum()
    }

    /// The steps allowed from `at` after a step of `last`: at most `top` long, and speeding up by no
    /// more than `share` of what the joint can.
    pub fn bounds(&self, at: f64, last: f64, top: f64, share: f64) -> Bounds {
        let (up, down) = (USED * share * self.change, USED * self.change);
        let mut bounds = Bounds {
            low: (last - down).max(last.min(0.0) - up),
            high: (last + down).min(last.max(0.0) + up),
            low_by: Limit::Acceleration,
            high_by: Limit::Acceleration,
        };
        // A joint that is too fast, because the top speed was lowered, slows down to it.
        let fastest = top.min(self.reach);
        if fastest < bounds.high {
            bounds.high = fastest.max(last - SOFT * self.change).min(bounds.high);
            bounds.high_by = Limit::Speed;
        }
        if -fastest > bounds.low {
            bounds.low = (-fastest).min(last + SOFT * self.change).max(bounds.low);
            bounds.low_by = Limit::Speed;
        }
        let most = longest_step(self.upper - at, SOFT * self.change);
        if most < bounds.high {
            bounds.high = most.max(bounds.low);
            bounds.high_by = Limit::Position;
        }
        let least = -longest_step(at - self.lower, SOFT * self.change);
        if least > bounds.low {
            bounds.low = least.min(bounds.high);
            bounds.low_by = Limit::Position;
        }
        bounds
    }

    /// The step that follows a request which is at `request` now and moved by `moved` since the last
    /// period: exactly, where the joint already is with it, else closing the gap so that it arrives
    /// without shooting past.
    pub fn wished(&self, at: f64, request: f64, moved: f64) -> f64 {
        // A request that leaps has no speed to match.
        let moved = if moved.abs() <= self.reach { moved } else { 0.0 };
        let gap = request - moved - at;
        if gap.abs() <= USED * self.change {
            return request - at;
        }
        moved + longest_step(gap.abs(), self.brake()) * gap.signum()
    }

    /// `at + step` as the nearest number that 32 bits can hold and that keeps the bounds.
    pub fn settled(&self, at: f64, step: f64, bounds: &Bounds) -> f64 {
        let (mut low, mut high) = (at + bounds.low, at + bounds.high);
        if (self.lower..=self.upper).contains(&at) {
            (low, high) = (low.max(self.lower), high.min(self.upper));
        }
        let near = (at + step) as f32;
        let fits = |value: f32| (low..=high).contains(&f64::from(value));
        [near, near.next_down(), near.next_up()]
            .into_iter()
            .find(|value| fits(*value))
            .map_or(at, f64::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Goes on braking until it rests: how far, the first step counted.
    fn covered(mut step: f64, brake: f64) -> f64 {
        let mut sum = 0.0;
        while step > 0.0 {
            sum += step;
            step -= brake;
        }
        sum
    }

    proptest! {
        #[test]
        fn the_longest_step_just_stops_in_time(room in 1e-9..10.0_f64, brake in 1e-5..0.1_f64) {
            let step = longest_step(room, brake);
            let covered = covered(step, brake);
            prop_assert!((covered - room).abs() < 1e-9 * (1.0 + room / brake), "{covered} {room}");
        }

        #[test]
        fn braking_goes_as_far_as_its_steps(step in -0.1..0.1_f64, brake in 1e-4..0.01_f64) {
            let (mut sum, mut left) = (0.0, step);
            for periods in 0..400 {
                prop_assert!((braked_after(step, brake, f64::from(periods)) - sum).abs() < 1e-9);
                left = (left.abs() - brake).max(0.0) * left.signum();
                sum += left;
            }
        }
    }

    #[test]
    fn a_leap_is_followed_without_shooting_past() {
        let joint = Joint { lower: -3.0, upper: 3.0, reach: 0.04, change: 0.003 };
        for request in [0.5, -1.7, 0.001, 2.99] {
            let (mut at, mut last, mut best) = (0.0_f64, 0.0, f64::INFINITY);
            for tick in 0..400 {
                let bounds = joint.bounds(at, last, f64::INFINITY, 1.0);
                let step = joint.wished(at, request, if tick == 0 { request } else { 0.0 });
                let to = joint.settled(at, step.clamp(bounds.low, bounds.high), &bounds);
                (last, at) = (to - at, to);
                assert!(at.abs() <= f64::from(request as f32).abs(), "{at} is past {request}");
                best = best.min((request - at).abs());
            }
            assert!((at - request).abs() < 1e-6 && last == 0.0, "{at} {request}");
        }
    }
}
