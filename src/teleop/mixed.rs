//! Two hands on one arm: something drives, and a person takes over by moving.
//!
//! Interventions of this kind are what DAgger learns from (Ross, Gordon and Bagnell 2011; Kelly et al.
//! 2019, "HG-DAgger"): each reading says who is behind it.

use interface::{ControlMode, Motion, Seen, Stamp, Teleop, TeleopError, Wish};

/// A person who is still for so long has given back, seconds.
const LET_GO: f64 = 0.5;

/// Who drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Driver {
    Base,
    /// A person who began to move; still since, if so.
    Person(Option<Stamp>),
    /// A person who took over with the button, and keeps it until it is pressed again.
    Holder,
}

/// A base (an expert, a policy, a plan) that drives, and a person who takes over.
///
/// The person takes over with the first motion or gripper wish, and gives back by being still for half
/// a second; or with the hand-over button, and then keeps the arm, however still, until it is pressed
/// again. When the base drives again it is told by [`Teleop::resume`], once.
pub struct Mixed {
    base: Box<dyn Teleop>,
    person: Box<dyn Teleop>,
    driver: Driver,
    name: String,
}

impl Mixed {
    /// The base drives first.
    pub fn new(base: Box<dyn Teleop>, person: Box<dyn Teleop>) -> Self {
        let name = format!("{} + {}", base.name(), person.name());
        Self { base, person, driver: Driver::Base, name }
    }

    /// Whether the person drives.
    pub fn person_drives(&self) -> bool {
        self.driver != Driver::Base
    }
}

impl Teleop for Mixed {
    fn name(&self) -> &str {
        &self.name
    }

    /// A person's device that was lost stops the arm whoever drives: nobody could take over.
    fn read(&mut self, seen: &Seen<'_>) -> Result<Wish, TeleopError> {
        let mut person = self.person.read(seen)?;
        let acts = (person.enabled && person.motion != Motion::Still) || person.gripper.is_some();
        let before = self.driver;
        self.driver = match (self.driver, person.pressed.hand_over) {
            (Driver::Base, true) => Driver::Holder,
            (Driver::Base, false) if acts => Driver::Person(None),
            (Driver::Base, false) => Driver::Base,
            (Driver::Holder | Driver::Person(_), true) => Driver::Base,
            (Driver::Holder, false) => Driver::Holder,
            (Driver::Person(_), false) if acts => Driver::Person(None),
            (Driver::Person(since), false) => {
                let since = since.unwrap_or(seen.stamp);
                if seen.stamp.secs() - since.secs() >= LET_GO {
                    Driver::Base
                } else {
                    Driver::Person(Some(since))
                }
            }
        };
        if self.driver != Driver::Base {
            person.mode = ControlMode::Human;
            return Ok(person);
        }
        if before != Driver::Base {
            self.base.resume();
        }
        let mut wish = self.base.read(seen)?;
        // Whoever drives, the person decides.
        let (pressed, own) = (person.pressed, &mut wish.pressed);
        own.keep |= pressed.keep;
        own.redo |= pressed.redo;
        own.discard |= pressed.discard;
        own.hand_over |= pressed.hand_over;
        own.stop |= pressed.stop;
        own.frame |= pressed.frame;
        Ok(wish)
    }

    fn resume(&mut self) {
        self.driver = Driver::Base;
        self.base.resume();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyboard::{KeyboardTeleop, Keys};
    use crate::presets::Preset;
    use crate::tests::read_at;
    use interface::Key;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A base that counts how often it is read and told to begin anew.
    struct Base(Arc<[AtomicUsize; 2]>);

    impl Teleop for Base {
        fn name(&self) -> &str {
            "scripted"
        }
        fn read(&mut self, seen: &Seen<'_>) -> Result<Wish, TeleopError> {
            self.0[0].fetch_add(1, Ordering::Relaxed);
            let motion = Motion::Joints(seen.target.clone());
            Ok(Wish {
                motion,
                scale: 1.0,
                enabled: true,
                mode: ControlMode::Expert,
                ..Wish::default()
            })
        }
        fn resume(&mut self) {
            self.0[1].fetch_add(1, Ordering::Relaxed);
        }
    }

    struct Rig {
        mixed: Mixed,
        keys: Keys,
        counts: Arc<[AtomicUsize; 2]>,
        secs: f64,
    }

    impl Rig {
        fn new() -> Self {
            let (keys, counts) = (Keys::new(), Arc::<[AtomicUsize; 2]>::default());
            let person = KeyboardTeleop::new(keys.clone(), Preset::Isaac);
            let mixed = Mixed::new(Box::new(Base(counts.clone())), Box::new(person));
            Self { mixed, keys, counts, secs: 0.0 }
        }

        /// Reads for a while; who drove at the end, and how often the base began anew so far.
        fn run(&mut self, secs: f64) -> (ControlMode, usize) {
            let mut mode = ControlMode::Planner;
            for _ in 0..(secs / 0.02).round() as usize {
                self.secs += 0.02;
                mode = read_at(&mut self.mixed, self.secs, &[0.0]).unwrap().mode;
            }
            (mode, self.counts[1].load(Ordering::Relaxed))
        }
    }

    #[test]
    fn a_person_takes_over_by_moving_and_gives_back_by_letting_go() {
        let mut rig = Rig::new();
        assert_eq!(rig.mixed.name(), "scripted + keyboard");
        assert_eq!(rig.run(0.1), (ControlMode::Expert, 0));
        rig.keys.press(Key::W);
        assert_eq!(rig.run(1.0), (ControlMode::Human, 0));
        assert!(rig.mixed.person_drives());
        rig.keys.release(Key::W);
        assert_eq!(rig.run(0.44), (ControlMode::Human, 0));
        rig.keys.press(Key::Space);
        rig.keys.release(Key::Space);
        assert_eq!(rig.run(0.44), (ControlMode::Human, 0), "a gripper wish counts");
        assert_eq!(rig.run(0.2), (ControlMode::Expert, 1));
        let reads = rig.counts[0].load(Ordering::Relaxed);
        rig.keys.press(Key::W);
        rig.run(0.2);
        assert_eq!(rig.counts[0].load(Ordering::Relaxed), reads, "the base waits meanwhile");
    }

    #[test]
    fn the_button_hands_over_for_as_long_as_it_takes() {
        let mut rig = Rig::new();
        rig.keys.press(Key::Tab);
        assert_eq!(rig.run(5.0), (ControlMode::Human, 0));
        rig.keys.release(Key::Tab);
        rig.keys.press(Key::Tab);
        assert_eq!(rig.run(0.1), (ControlMode::Expert, 1));
        rig.keys.press(Key::A);
        rig.keys.release(Key::Tab);
        assert_eq!(rig.run(0.1), (ControlMode::Human, 1));
        rig.keys.release(Key::A);
        rig.keys.press(Key::Tab);
        assert_eq!(rig.run(0.02), (ControlMode::Expert, 2), "back at once");
    }

    #[test]
    fn the_person_decides_whoever_drives() {
        let mut rig = Rig::new();
        rig.keys.press(Key::Enter);
        rig.keys.press(Key::Esc);
        let wish = read_at(&mut rig.mixed, 0.0, &[0.0]).unwrap();
        assert!(wish.pressed.keep && wish.pressed.stop && wish.mode == ControlMode::Expert);
    }
}
