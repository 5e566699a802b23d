//! Flow and planned motion played in the 3D view, without moving anything in the world.

use egui::{Slider, Ui};

use crate::{Cx, actions, icon::Icon, widget};

/// What is being played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// The flow.
    pub flow: bool,
    /// The planned motion.
    pub path: bool,
}

/// A flow is shown in at most this time, seconds: recorded ones may last minutes.
const LONGEST_FLOW: f64 = 8.0;

impl Cx<'_> {
    /// Seconds of the plan's flow; 0 without one.
    pub(crate) fn flow_secs(&self) -> f64 {
        let flow = self.shown.plan.as_ref().and_then(|plan| plan.flow.as_ref());
        flow.and_then(|flow| flow.times.last().copied())
            .filter(|s| s.is_finite() && *s > 0.0)
            .unwrap_or(0.0)
    }

    /// Seconds of the planned motion of the arm; 0 without one.
    pub(crate) fn path_secs(&self) -> f64 {
        let plan = self.shown.plan.as_ref();
        let last = plan.and_then(|plan| plan.arm_path.last()).map(|pose| pose.secs);
        last.filter(|s| s.is_finite() && *s > 0.0).unwrap_or(0.0)
    }

    /// Plays or pauses the flow; from its start when it stands at the end.
    pub(crate) fn play_flow(&mut self) {
        self.desk.preview.flow = !self.desk.preview.flow;
        if self.desk.preview.flow && self.view.flow_share >= 1.0 {
            self.view.flow_share = 0.0;
        }
    }

    /// Plays or pauses the planned motion; from its start when it stands at the end.
    pub(crate) fn play_path(&mut self) {
        self.desk.preview.path = !self.desk.preview.path;
        if self.desk.preview.path && f64::from(self.view.path_secs) >= self.path_secs() {
            self.view.path_secs = 0.0;
        }
    }

    /// Moves both by a share of their length.
    pub(crate) fn seek(&mut self, by: f32) {
        self.desk.preview = Preview::default();
        self.view.flow_share = (self.view.flow_share + by).clamp(0.0, 1.0);
        let most = self.path_secs() as f32;
        self.view.path_secs = (self.view.path_secs + by * most).clamp(0.0, most);
    }

    /// Lets what is played go on by `dt` seconds; whether another frame is needed.
    pub(crate) fn play_on(&mut self, dt: f32) -> bool {
        let flow_secs = self.flow_secs();
        if self.desk.preview.flow && flow_secs > 0.0 {
            self.view.flow_share += dt / flow_secs.min(LONGEST_FLOW) as f32;
        }
        if self.desk.preview.path {
            self.view.path_secs += dt;
        }
        let most = self.path_secs() as f32;
        self.view.flow_share = self.view.flow_share.clamp(0.0, 1.0);
        self.view.path_secs = self.view.path_secs.clamp(0.0, most);
        self.desk.preview.flow &= flow_secs > 0.0 && self.view.flow_share < 1.0;
        self.desk.preview.path &= self.view.path_secs < most;
        self.desk.preview.flow || self.desk.preview.path
    }
}

/// The flow's slider with its play button; nothing without a flow.
pub fn flow_slider(ui: &mut Ui, cx: &mut Cx) {
    let secs = cx.flow_secs() as f32;
    if secs <= 0.0 {
        return;
    }
    ui.horizontal(|ui| {
        let icon = if cx.desk.preview.flow { Icon::Pause } else { Icon::Play };
        actions::PLAY_FLOW.icon_button(ui, cx, icon);
        let mut at = cx.view.flow_share * secs;
        let slider = widget::slider(&mut at, 0.0..=secs).suffix(" s").fixed_decimals(2);
        if slide(ui, slider, "Flow") {
            cx.view.flow_share = at / secs;
            cx.desk.preview.flow = false;
        }
    });
}

/// The ghost arm's slider with its play button; nothing without a planned motion.
pub fn path_slider(ui: &mut Ui, cx: &mut Cx) {
    let secs = cx.path_secs() as f32;
    if secs <= 0.0 {
        return;
    }
    ui.horizontal(|ui| {
        let icon = if cx.desk.preview.path { Icon::Pause } else { Icon::Play };
        actions::PLAY_PATH.icon_button(ui, cx, icon);
        let mut at = cx.view.path_secs;
        let slider = widget::slider(&mut at, 0.0..=secs).suffix(" s").fixed_decimals(2);
        if slide(ui, slider, "Ghost arm") {
            cx.view.path_secs = at;
            cx.desk.preview.path = false;
        }
        let plan = cx.shown.plan.as_ref();
        let pose = plan.and_then(|plan| {
            plan.arm_path.iter().rev().find(|pose| pose.secs <= f64::from(cx.view.path_secs))
        });
        if let Some(pose) = pose {
            ui.label(widget::weak(ui, pose.phase));
        }
    });
}

fn slide(ui: &mut Ui, slider: Slider, name: &str) -> bool {
    ui.spacing_mut().slider_width = (ui.available_width() - 224.0).clamp(48.0, 320.0);
    ui.add(slider.text(name)).changed()
}
