//! What the reports of a 3D mouse say, as plain functions on bytes.
//!
//! Layouts and numbers: 3Dconnexion's devices as `pyspacemouse` 2.1 lists them. Report 1 holds three
//! shifts, and on newer models the three turns behind them; older models send the turns as report
//! 2. Report 3 holds the buttons, one bit each.

use interface::{GripperWish, Motion, Pressed, Wish};
use nalgebra::Vector3;

use crate::shape::dead_zone;

/// Counts at the end of the cap's way.
const FULL: f64 = 350.0;
/// Share of that way that counts as rest.
const DEAD_ZONE: f64 = 0.05;
/// Factor on the speed with Shift held, and with Alt, on devices that have them.
const SLOW: f64 = 0.3;
const FINE: f64 = 0.1;

/// One report of a 3D mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// The cap was shifted: counts to the right, towards the person, downwards.
    Shift([i16; 3]),
    /// The cap was turned about the same axes: counts.
    Turn([i16; 3]),
    /// Both at once.
    Both([i16; 3], [i16; 3]),
    /// Buttons that are held, one bit each.
    Buttons(u64),
}

/// The report in `bytes`; `None` for one of another kind or one that is cut off.
pub fn parse_report(bytes: &[u8]) -> Option<Report> {
    let (id, rest) = bytes.split_first()?;
    let three = |from: usize| -> Option<[i16; 3]> {
        let raw = rest.get(from..from + 6)?;
        Some(std::array::from_fn(|i| i16::from_le_bytes([raw[2 * i], raw[2 * i + 1]])))
    };
    match id {
        1 => {
            let shift = three(0)?;
            Some(three(6).map_or(Report::Shift(shift), |turn| Report::Both(shift, turn)))
        }
        2 => three(0).map(Report::Turn),
        3 if !rest.is_empty() => {
            let bits = rest.iter().take(8).enumerate();
            Some(Report::Buttons(bits.fold(0, |set, (i, byte)| set | u64::from(*byte) << (8 * i))))
        }
        _ => None,
    }
}

/// Which bits of report 3 are which buttons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Buttons {
    /// Left and right.
    #[default]
    Two,
    /// Also Esc, Alt, Shift and the keys 1, 2, 3, where Pro and Enterprise models have them.
    Many,
}

impl Buttons {
    /// What a product has.
    pub fn of_product(vendor: u16, product: u16) -> Self {
        match (vendor, product) {
            (0x256F, 0xC632 | 0xC633 | 0xC638 | 0xC652) | (0x046D, 0xC629 | 0xC62B) => Self::Many,
            _ => Self::Two,
        }
    }
}

/// Where the cap is and which buttons are held or went down since the last reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpaceMouseState {
    /// As in [`Report::Shift`].
    pub shift: [i16; 3],
    /// As in [`Report::Turn`].
    pub turn: [i16; 3],
    /// Held buttons.
    pub held: u64,
    /// Buttons that went down.
    pub down: u64,
}

impl SpaceMouseState {
    /// Takes a report in.
    pub fn take(&mut self, report: Report) {
        match report {
            Report::Shift(shift) => self.shift = shift,
            Report::Turn(turn) => self.turn = turn,
            Report::Both(shift, turn) => (self.shift, self.turn) = (shift, turn),
            Report::Buttons(held) => {
                self.down |= held & !self.held;
                self.held = held;
            }
        }
    }
}

/// What the cap and the buttons mean. The person faces along x: pushing the cap away moves forwards,
/// to the left moves left, lifting it moves up, and it turns the tool as it is turned. The left
/// button toggles the gripper, the right one hands over; with many buttons Esc stops, Shift is slow,
/// Alt fine, 1 keeps, 2 redoes and 3 discards.
pub fn spacemouse_wish(state: &SpaceMouseState, buttons: Buttons) -> Wish {
    // The device's axes are right, towards the person, down; ours are forwards, left, up.
    let ours = |counts: [i16; 3]| {
        let share = |count: i16| dead_zone(f64::from(count) / FULL, DEAD_ZONE);
        Vector3::new(-share(counts[1]), -share(counts[0]), -share(counts[2]))
    };
    let (linear, angular) = (ours(state.shift), ours(state.turn));
    let moves = linear != Vector3::zeros() || angular != Vector3::zeros();
    let many = buttons == Buttons::Many;
    let held = |bit: u32| many && state.held & (1 << bit) != 0;
    let down = |bit: u32| (many || bit < 2) && state.down & (1 << bit) != 0;
    Wish {
        motion: if moves { Motion::Twist { linear, angular } } else { Motion::Still },
        gripper: down(0).then_some(GripperWish::Toggle),
        scale: if held(23) {
            FINE
        } else if held(24) {
            SLOW
        } else {
            1.0
        },
        enabled: true,
        pressed: Pressed {
            keep: down(12),
            redo: down(13),
            discard: down(14),
            hand_over: down(1),
            stop: down(22),
            frame: false,
        },
        ..Wish::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(bytes: &[u8], expected: Option<Report>) {
        assert_eq!(parse_report(bytes), expected, "{bytes:02x?}");
    }

    #[test]
    fn reports_of_both_layouts_are_read() {
        // 350, -350, 1; and -2, 256, -256.
        let shift = [0x5e, 0x01, 0xa2, 0xfe, 0x01, 0x00];
        let turn = [0xfe, 0xff, 0x00, 0x01, 0x00, 0xff];
        let old_shift = [&[1][..], &shift].concat();
        let old_turn = [&[2][..], &turn].concat();
        let both = [&[1][..], &shift, &turn].concat();
        check(&old_shift, Some(Report::Shift([350, -350, 1])));
        check(&old_turn, Some(Report::Turn([-2, 256, -256])));
        check(&both, Some(Report::Both([350, -350, 1], [-2, 256, -256])));
        check(
            &[&both[..], &[9, 9, 9]].concat(),
            Some(Report::Both([350, -350, 1], [-2, 256, -256])),
        );
        check(&both[..12], Some(Report::Shift([350, -350, 1])));
        check(&[3, 0x02], Some(Report::Buttons(2)));
        check(&[3, 0, 0, 0x40, 0x01], Some(Report::Buttons(1 << 22 | 1 << 24)));
    }

    #[test]
    fn what_is_cut_off_or_of_another_kind_is_nothing() {
        check(&[], None);
        check(&[1, 2, 3], None);
        check(&[2, 1, 2, 3, 4, 5], None);
        check(&[3], None);
        check(&[4, 1], None);
        check(&[0x17, 0x32], None);
    }

    /// Where the cap goes and where the tool is to go.
    fn check_way(shift: [i16; 3], turn: [i16; 3], expected: [f64; 6]) {
        let state = SpaceMouseState { shift, turn, ..SpaceMouseState::default() };
        let wish = spacemouse_wish(&state, Buttons::Two);
        let Motion::Twist { linear, angular } = wish.motion else { panic!("{shift:?} {turn:?}") };
        for (got, expected) in linear.iter().chain(angular.iter()).zip(expected) {
            assert!((got - expected).abs() < 1e-12, "{linear} {angular} {expected:?}");
        }
    }

    #[test]
    fn the_tool_goes_where_the_cap_goes() {
        let none = [0; 3];
        check_way([0, -350, 0], none, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        check_way([-350, 0, 0], none, [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
        check_way([0, 0, -400], none, [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        check_way(none, [0, -350, 0], [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        check_way(none, [-350, 0, 0], [0.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        check_way(none, [0, 0, -350], [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        check_way([0, -184, 0], none, [(184.0 / 350.0 - 0.05) / 0.95, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let rest = SpaceMouseState { shift: [10, -17, 3], ..SpaceMouseState::default() };
        assert_eq!(spacemouse_wish(&rest, Buttons::Two).motion, Motion::Still);
    }

    #[test]
    fn buttons_are_read_when_they_go_down() {
        let mut state = SpaceMouseState::default();
        state.take(Report::Buttons(1));
        state.take(Report::Buttons(0));
        state.take(Report::Buttons(2));
        let wish = spacemouse_wish(&state, Buttons::Two);
        assert_eq!(wish.gripper, Some(GripperWish::Toggle));
        assert!(wish.pressed.hand_over && !wish.pressed.stop);
        state.down = 0;
        state.take(Report::Buttons(2));
        assert_eq!(state.down, 0, "held is not pressed again");
        state.take(Report::Buttons(1 << 22 | 1 << 23));
        assert!(spacemouse_wish(&state, Buttons::Many).pressed.stop);
        assert_eq!(spacemouse_wish(&state, Buttons::Many).scale, FINE);
        assert!(!spacemouse_wish(&state, Buttons::Two).pressed.stop);
        assert_eq!(Buttons::of_product(0x256F, 0xC632), Buttons::Many);
        assert_eq!(Buttons::of_product(0x046D, 0xC626), Buttons::Two);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_report_or_none(
            reports in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..20),
        ) {
            let mut state = SpaceMouseState::default();
            for bytes in reports {
                if let Some(report) = parse_report(&bytes) {
                    state.take(report);
                }
                let wish = spacemouse_wish(&state, Buttons::Many);
                if let Motion::Twist { linear, angular } = wish.motion {
                    prop_assert!(linear.amax() <= 1.0 && angular.amax() <= 1.0);
                }
            }
        }
    }
}
