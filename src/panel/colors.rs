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

/// Cividis at 0, 1/8, .. 1 (Nuñez, Anderton and Renslow 2018): perceptually uniform, and the same for
/// colour-blind viewers.
const CIVIDIS: [[u8; 3]; 9] = [
    [0, 32, 77],
    [5, 54, 110],
    [64, 76, 107],
    [95, 99, 110],
    [124, 123, 120],
    [155, 148, 118],
    [188, 175, 111],
    [223, 203, 93],
    [255, 234, 70],
];

/// Blue, pale, red at -1, -1/2, .. 1.
const DIVERGING: [[u8; 3]; 5] =
    [[33, 102, 172], [146, 197, 222], [247, 247, 247], [244, 165, 130], [178, 24, 43]];

/// The colour of a flow at `share` of its time, 0 (start, cool) to 1 (end, warm), 8-bit sRGB.
pub fn flow_color(share: f32) -> [u8; 3] {
    // The map's first eighth is nearly black and is lost on a dark floor.
    along(&CIVIDIS, 0.15 + 0.85 * share.clamp(0.0, 1.0))
}

/// The colour of a deviation from -1 to 1, pale in the middle, 8-bit sRGB.
pub fn diverging_color(deviation: f32) -> [u8; 3] {
    along(&DIVERGING, 0.5 + 0.5 * deviation.clamp(-1.0, 1.0))
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

    /// Its colour in table, legend and 3D view.
    pub const fn color(self) -> Color32 {
        match self {
            Self::Chosen => ACCENT,
            Self::Kept => rgb(0x3FB68B),
            Self::TooWide => rgb(0xC77F3A),
            Self::NotAntipodal => rgb(0xB08FD8),
            Self::HandCollision => rgb(0xE5534B),
            Self::OutOfReach => rgb(0xE3A33B),
            Self::ArmCollision => rgb(0xD65A9C),
            Self::NotTried => rgb(0x7A8392),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_run_from_end_to_end_and_take_any_number() {
        assert_eq!(flow_color(1.0), [255, 234, 70]);
        assert_eq!(flow_color(7.0), flow_color(1.0));
        assert_eq!(diverging_color(0.0), [247, 247, 247]);
        assert_eq!(diverging_color(-1.0), [33, 102, 172]);
        assert_eq!(diverging_color(f32::NAN), [33, 102, 172]);
    }
}
