//! What a guard did in one control period, small enough to be copied about.

/// One thing that kept a guard from sending what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Reason {
    /// A joint is near its limit of position.
    Position = 1,
    /// A joint was asked to go faster than it may.
    Speed = 1 << 1,
    /// A joint was asked to change its speed faster than it may.
    Acceleration = 1 << 2,
    /// The tool is near a wall of its workspace.
    Workspace = 1 << 3,
    /// An arm's link is near the scene.
    Scene = 1 << 4,
    /// Two of the robot's links are near each other.
    SelfCollision = 1 << 5,
    /// The request contains something that is not a finite number; the arm holds.
    NotFinite = 1 << 6,
    /// The request has the wrong number of joints or grippers; the arm holds.
    WrongLength = 1 << 7,
    /// The request is too old; the arm holds.
    Late = 1 << 8,
    /// The soft stop is latched; the arm holds.
    Stopped = 1 << 9,
    /// The first request is too far from the arm; the arm holds.
    Apart = 1 << 10,
    /// The arm is still catching up with the first request, slowly.
    Aligning = 1 << 11,
    /// A gripper was asked to open or close further than it can.
    Opening = 1 << 12,
}

impl Reason {
    /// Every reason, the gravest first.
    pub const ALL: [Self; 13] = [
        Self::Stopped,
        Self::NotFinite,
        Self::WrongLength,
        Self::Late,
        Self::Apart,
        Self::SelfCollision,
        Self::Scene,
        Self::Workspace,
        Self::Position,
        Self::Aligning,
        Self::Speed,
        Self::Acceleration,
        Self::Opening,
    ];

    /// What it means, in a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Stopped => "stopped, until released",
            Self::NotFinite => "holds: the request is not a number",
            Self::WrongLength => "holds: the request does not fit the robot",
            Self::Late => "holds: no fresh request",
            Self::Apart => "holds: the device is too far from the arm",
            Self::Aligning => "catching up with the device",
            Self::SelfCollision => "near itself",
            Self::Scene => "near the scene",
            Self::Workspace => "near a wall of the workspace",
            Self::Position => "near a joint's limit",
            Self::Speed => "at a joint's top speed",
            Self::Acceleration => "at a joint's acceleration limit",
            Self::Opening => "at a gripper's limit",
        }
    }
}

/// A set of reasons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reasons(u16);

impl Reasons {
    /// Adds one.
    pub fn add(&mut self, reason: Reason) {
        self.0 |= reason as u16;
    }

    /// Whether one is among them.
    pub fn has(self, reason: Reason) -> bool {
        self.0 & reason as u16 != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are there, the gravest first.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.into_iter().filter(move |reason| self.has(*reason))
    }
}

/// What a link is near to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// Another link, an index into the links of the robot's model.
    Link(u16),
    /// A solid of the scene, an index into the obstacles as they were given.
    Obstacle(u16),
}

/// A link and what holds it back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// An index into the links of the robot's model.
    pub link: u16,
    /// What it is near to.
    pub with: With,
    /// How near, metres.
    pub distance: f32,
}

/// What a guard did in one control period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guarded {
    /// Whether what is sent differs from what was asked by more than rounding to 32 bits.
    pub target_changed: bool,
    /// Whether the arm holds whatever was asked: it brakes, then stands.
    pub holds: bool,
    /// Why.
    pub reasons: Reasons,
    /// Share of the asked motion that was let through, 0 to 1; 1 where no motion was asked.
    pub slowdown: f32,
    /// The joint that is furthest from what was asked, an index into the arm's joints; only where
    /// something was changed.
    pub joint: Option<u16>,
    /// The nearest pair among those that slow the arm.
    pub near: Option<Near>,
}

impl Default for Guarded {
    fn default() -> Self {
        Self {
            target_changed: false,
            holds: false,
            reasons: Reasons::default(),
            slowdown: 1.0,
            joint: None,
            near: None,
        }
    }
}
