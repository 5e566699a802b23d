//! The colours of the window, and the colour maps that the 3D view and its legends share.

use egui::Color32;
use interface::{GraspCandidate, GraspRejection};

use crate::Theme;

/// The colours of one theme. A state is never told by colour alone: a mark or a word stands beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colors {
    /// Behind everything.
    pub background: Color32,
    /// Behind a panel's contents.
    pub panel: Color32,
    /// Behind something raised on a panel: a button, the header of a table.
    pub raised: Color32,
    /// Between things.
    pub line: Color32,
    /// Text.
    pub text: Color32,
    /// Text that explains.
    pub weak: Color32,
    /// The one accent.
    pub accent: Color32,
    /// The accent as text.
    pub accent_text: Color32,
    /// It went well.
    pub good: Color32,
    /// It went on, but look.
    pub attention: Color32,
    /// It was refused or failed.
    pub refusal: Color32,
    /// A policy drives.
    pub policy: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// The accent, in both themes.
pub const ACCENT: Color32 = rgb(0x4C9FFF);

/// The dark theme.
pub const DARK: Colors = Colors {
    background: rgb(0x14161A),
    panel: rgb(0x1B1E24),
    raised: rgb(0x252A33),
    line: rgb(0x2B303A),
    text: rgb(0xE6E9EF),
    weak: rgb(0x9AA3B2),
    accent: ACCENT,
    accent_text: ACCENT,
    good: rgb(0x3FB68B),
    attention: rgb(0xE3A33B),
    refusal: rgb(0xE5534B),
    policy: rgb(0x8E7CFF),
};

/// The light theme: the same structure; coloured text is darker so that it can be read on white.
pub const LIGHT: Colors = Colors {
    background: rgb(0xE9ECF1),
    panel: rgb(0xF8F9FB),
    raised: rgb(0xE9ECF1),
    line: rgb(0xCFD5DE),
    text: rgb(0x1B1E24),
    weak: rgb(0x59626F),
    accent: ACCENT,
    accent_text: rgb(0x1763B8),
    good: rgb(0x1C7D5A),
    attention: rgb(0x92600A),
    refusal: rgb(0xC2362E),
    policy: rgb(0x5B46D8),
};

impl Colors {
    /// The colours of a theme.
    pub const fn of(theme: Theme) -> &'static Self {
        match theme {
            Theme::Dark => &DARK,
            Theme::Light => &LIGHT,
        }
    }

    /// The colours of the theme that `ui` is drawn in.
    pub fn here(ui: &egui::Ui) -> &'static Self {
        if ui.visuals().dark_mode { &DARK } else { &LIGHT }
    }
}

/// Cividis without its darkest part, which is lost on a dark floor: perceptually uniform, and the same
/// for colour-blind viewers.
const FLOW: [[u8; 3]; 6] = [
    [33, 76, 160],
    [74, 107, 156],
    [119, 137, 146],
    [168, 165, 124],
    [217, 194, 85],
    [255, 229, 61],
];

/// The half of a diverging map above its pale middle.
const RESIDUAL: [[u8; 3]; 5] =
    [[226, 232, 240], [246, 207, 178], [240, 160, 120], [222, 96, 77], [178, 24, 43]];

/// Dark violet over green to yellow.
const HEIGHT: [[u8; 3]; 6] =
    [[68, 1, 84], [65, 68, 135], [42, 120, 142], [34, 168, 132], [122, 209, 81], [253, 231, 37]];

/// Residual that counts as far off, metres.
pub const FAR_OFF: f32 = 0.010;

/// The colour of a flow at `share` of its time, 0 (start, cool) to 1 (end, warm), 8-bit sRGB. The 3D
/// view draws with the same map.
pub fn flow_color(share: f32) -> [u8; 3] {
    along(&FLOW, share)
}

/// The colour of a distance from the fitted motion, metres: pale at none, red from [`FAR_OFF`] on.
pub fn residual_color(metres: f32) -> [u8; 3] {
    along(&RESIDUAL, metres / FAR_OFF)
}

/// The colour of a share of a height, 0 (lowest) to 1 (highest), 8-bit sRGB (viridis-like).
pub fn height_color(share: f32) -> [u8; 3] {
    along(&HEIGHT, share)
}

fn along(stops: &[[u8; 3]], share: f32) -> [u8; 3] {
    let share = if share.is_finite() { share } else { 0.0 };
    let at = share.clamp(0.0, 1.0) * (stops.len() - 1) as f32;
    let (low, part) = (at.floor() as usize, at.fract());
    let (a, b) = (stops[low], stops[(low + 1).min(stops.len() - 1)]);
    std::array::from_fn(|i| (f32::from(a[i]) * (1.0 - part) + f32::from(b[i]) * part).round() as u8)
}

/// Why a grasp is coloured as it is: the kinds that table, legend and 3D view tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GraspKind {
    /// The one that is taken.
    Chosen,
    /// Good enough.
    Kept,
    /// The object is too wide there.
    TooWide,
    /// The surfaces do not face each other.
    NotAntipodal,
    /// The open hand would touch something.
    HandCollision,
    /// The arm does not reach it, at the grasp or later on.
    OutOfReach,
    /// The arm would hit something.
    ArmCollision,
    /// Nobody looked.
    NotTried,
}

impl GraspKind {
    /// Every kind, in the order of a legend.
    pub const ALL: [Self; 8] = [
        Self::Chosen,
        Self::Kept,
        Self::TooWide,
        Self::NotAntipodal,
        Self::HandCollision,
        Self::OutOfReach,
        Self::ArmCollision,
        Self::NotTried,
    ];

    /// The kind of a candidate.
    pub fn of(grasp: &GraspCandidate, chosen: bool) -> Self {
        match &grasp.rejection {
            _ if chosen => Self::Chosen,
            None => Self::Kept,
            Some(GraspRejection::TooWide { .. }) => Self::TooWide,
            Some(GraspRejection::NotAntipodal { .. }) => Self::NotAntipodal,
            Some(GraspRejection::HandCollision { .. }) => Self::HandCollision,
            Some(
                GraspRejection::UnreachableAtGrasp { .. }
                | GraspRejection::UnreachableAtGoal { .. },
            ) => Self::OutOfReach,
            Some(GraspRejection::ArmCollision { .. }) => Self::ArmCollision,
            Some(GraspRejection::NotTried) => Self::NotTried,
        }
    }

    /// One or two words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::Kept => "kept",
            Self::TooWide => "too wide",
            Self::NotAntipodal => "not facing",
            Self::HandCollision => "hand collides",
            Self::OutOfReach => "out of reach",
            Self::ArmCollision => "arm collides",
            Self::NotTried => "not tried",
        }
    }

    /// Its colour in table, legend and 3D view: by what would have to change.
    pub const fn color(self) -> Color32 {
        match self {
            Self::Chosen => DARK.good,
            Self::Kept => ACCENT,
            Self::TooWide | Self::NotAntipodal => DARK.attention,
            Self::HandCollision | Self::ArmCollision => DARK.refusal,
            Self::OutOfReach => DARK.policy,
            Self::NotTried => rgb(0x8A93A2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_run_from_end_to_end_and_take_any_number() {
        assert_eq!(flow_color(1.0), [255, 229, 61]);
        assert_eq!(flow_color(7.0), flow_color(1.0));
        assert_eq!(residual_color(0.0), [226, 232, 240]);
        assert_eq!(residual_color(1.0), [178, 24, 43]);
        assert_eq!(residual_color(f32::NAN), residual_color(0.0));
    }
}
