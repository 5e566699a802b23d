//! What keys mean, in the ways of tools that people come from.

use interface::Key;

/// A map of keys, named after the tool it is taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// Isaac Lab's `Se3Keyboard`; needs no arrows.
    #[default]
    Isaac,
    /// robosuite's `Keyboard`.
    Robosuite,
    /// ManiSkill's manual control.
    Maniskill,
    /// LeRobot's `keyboard_ee`.
    Lerobot,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Role {
    /// Held: moves along x, y, z (0, 1, 2), forwards or backwards.
    Move(usize, f64),
    /// Held: turns about x, y, z.
    Turn(usize, f64),
    /// Held: slow, or fine.
    Slow,
    Fine,
    /// Held: opens (1) or closes (-1) the gripper.
    Grip(f64),
    /// Pressed: to this share of the opening, or to the other one.
    GripTo(f64),
    Toggle,
    /// Pressed: what to do with the episode, and the rest.
    Keep,
    Redo,
    Discard,
    HandOver,
    Stop,
    Frame,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 4] = [Self::Isaac, Self::Robosuite, Self::Maniskill, Self::Lerobot];

    /// Its name: `isaac`, `robosuite`, `maniskill`, `lerobot`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Isaac => "isaac",
            Self::Robosuite => "robosuite",
            Self::Maniskill => "maniskill",
            Self::Lerobot => "lerobot",
        }
    }

    /// The preset of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// Every key that means something.
    pub(crate) fn roles(self) -> impl Iterator<Item = &'static (Key, Role)> {
        let own: &'static [(Key, Role)] = match self {
            Self::Isaac => &ISAAC,
            Self::Robosuite => &ROBOSUITE,
            Self::Maniskill => &MANISKILL,
            Self::Lerobot => &LEROBOT,
        };
        own.iter().chain(&SHARED)
    }

    /// Pairs of keys and what they do, for a person to read.
    pub fn bindings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Isaac => &[
                ("W / S", "forwards / back (x)"),
                ("A / D", "left / right (y)"),
                ("Q / E", "up / down (z)"),
                ("Z / X", "roll"),
                ("T / G", "pitch"),
                ("C / V", "yaw"),
                ("Space, K", "close / open the gripper"),
                ("F", "world or tool axes"),
                ("Shift, Alt", "slow, fine"),
                ("Enter", "keep the episode"),
                ("R", "do it again"),
                ("Backspace", "discard it"),
                ("Tab", "hand over"),
                ("Esc", "soft stop"),
            ],
            Self::Robosuite => &[
                ("Down / Up", "x + / −"),
                ("Right / Left", "y + / −"),
                ("; / .", "z + / −"),
                ("E / R", "roll"),
                ("Y / H", "pitch"),
                ("P / O", "yaw"),
                ("Space", "close / open the gripper"),
                ("B", "world or tool axes"),
                ("Shift, Alt", "slow, fine"),
                ("Enter", "keep the episode"),
                ("Q", "do it again"),
                ("Backspace", "discard it"),
                ("Tab", "hand over"),
                ("Esc", "soft stop"),
            ],
            Self::Maniskill => &[
                ("I / K", "x + / −"),
                ("J / L", "y + / −"),
                ("U / O", "z + / −"),
                ("1 / 2", "roll"),
                ("3 / 4", "pitch"),
                ("5 / 6", "yaw"),
                ("F / G", "open / close the gripper"),
                ("B", "world or tool axes"),
                ("Shift, Alt", "slow, fine"),
                ("Enter", "keep the episode"),
                ("R", "do it again"),
                ("Backspace", "discard it"),
                ("Tab", "hand over"),
                ("Esc", "soft stop"),
            ],
            Self::Lerobot => &[
                ("Left / Right", "x + / −"),
                ("Down / Up", "y + / −"),
                ("right / left Shift", "z + / −"),
                ("right / left Ctrl", "open / close the gripper, held"),
                ("B", "world or tool axes"),
                ("Alt", "fine"),
                ("S, Enter", "keep the episode"),
                ("R", "do it again"),
                ("Q, Backspace", "discard it"),
                ("Tab", "hand over"),
                ("Esc", "soft stop"),
            ],
        }
    }
}

/// What every map has.
const SHARED: [(Key, Role); 6] = [
    (Key::LeftAlt, Role::Fine),
    (Key::RightAlt, Role::Fine),
    (Key::Enter, Role::Keep),
    (Key::Backspace, Role::Discard),
    (Key::Tab, Role::HandOver),
    (Key::Esc, Role::Stop),
];

const ISAAC: [(Key, Role); 18] = [
    (Key::W, Role::Move(0, 1.0)),
    (Key::S, Role::Move(0, -1.0)),
    (Key::A, Role::Move(1, 1.0)),
    (Key::D, Role::Move(1, -1.0)),
    (Key::Q, Role::Move(2, 1.0)),
    (Key::E, Role::Move(2, -1.0)),
    (Key::Z, Role::Turn(0, 1.0)),
    (Key::X, Role::Turn(0, -1.0)),
    (Key::T, Role::Turn(1, 1.0)),
    (Key::G, Role::Turn(1, -1.0)),
    (Key::C, Role::Turn(2, 1.0)),
    (Key::V, Role::Turn(2, -1.0)),
    (Key::Space, Role::Toggle),
    (Key::K, Role::Toggle),
    (Key::F, Role::Frame),
    (Key::LeftShift, Role::Slow),
    (Key::RightShift, Role::Slow),
    (Key::R, Role::Redo),
];

const ROBOSUITE: [(Key, Role); 17] = [
    (Key::Down, Role::Move(0, 1.0)),
    (Key::Up, Role::Move(0, -1.0)),
    (Key::Right, Role::Move(1, 1.0)),
    (Key::Left, Role::Move(1, -1.0)),
    (Key::Semicolon, Role::Move(2, 1.0)),
    (Key::Period, Role::Move(2, -1.0)),
    (Key::E, Role::Turn(0, 1.0)),
    (Key::R, Role::Turn(0, -1.0)),
    (Key::Y, Role::Turn(1, 1.0)),
    (Key::H, Role::Turn(1, -1.0)),
    (Key::P, Role::Turn(2, 1.0)),
    (Key::O, Role::Turn(2, -1.0)),
    (Key::Space, Role::Toggle),
    (Key::B, Role::Frame),
    (Key::LeftShift, Role::Slow),
    (Key::RightShift, Role::Slow),
    (Key::Q, Role::Redo),
];

const MANISKILL: [(Key, Role); 18] = [
    (Key::I, Role::Move(0, 1.0)),
    (Key::K, Role::Move(0, -1.0)),
    (Key::J, Role::Move(1, 1.0)),
    (Key::L, Role::Move(1, -1.0)),
    (Key::U, Role::Move(2, 1.0)),
    (Key::O, Role::Move(2, -1.0)),
    (Key::Digit1, Role::Turn(0, 1.0)),
    (Key::Digit2, Role::Turn(0, -1.0)),
    (Key::Digit3, Role::Turn(1, 1.0)),
    (Key::Digit4, Role::Turn(1, -1.0)),
    (Key::Digit5, Role::Turn(2, 1.0)),
    (Key::Digit6, Role::Turn(2, -1.0)),
    (Key::F, Role::GripTo(1.0)),
    (Key::G, Role::GripTo(0.0)),
    (Key::B, Role::Frame),
    (Key::LeftShift, Role::Slow),
    (Key::RightShift, Role::Slow),
    (Key::R, Role::Redo),
];

const LEROBOT: [(Key, Role); 12] = [
    (Key::Left, Role::Move(0, 1.0)),
    (Key::Right, Role::Move(0, -1.0)),
    (Key::Down, Role::Move(1, 1.0)),
    (Key::Up, Role::Move(1, -1.0)),
    (Key::RightShift, Role::Move(2, 1.0)),
    (Key::LeftShift, Role::Move(2, -1.0)),
    (Key::RightCtrl, Role::Grip(1.0)),
    (Key::LeftCtrl, Role::Grip(-1.0)),
    (Key::B, Role::Frame),
    (Key::S, Role::Keep),
    (Key::R, Role::Redo),
    (Key::Q, Role::Discard),
];
