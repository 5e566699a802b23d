//! What the window itself remembers, and what a panel is given to draw and to ask with.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use egui::Rect;
use session_api::live::{Act, Doing, Opened, PlanWish, Shown, Sources, Subject};

use crate::demos::{Data, Hands};
use crate::log::Log;
use crate::preview::Preview;
use crate::{GraspKind, View};

/// What a frame of the panels asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// For the session, in order.
    pub acts: Vec<Act>,
    /// Where the 3D view shows through, points; empty while its tab is hidden.
    pub viewport: Rect,
    /// Whether the pointer is over the 3D view and over nothing that lies on it.
    pub pointer_in_view: bool,
    /// Whether a field has the keys, so that letters do not fly the camera.
    pub typing: bool,
    /// Whether a device is on the arm, so that keys without Ctrl are the arm's.
    pub arm_has_keys: bool,
    /// Whether the arm is to be stopped at once.
    pub stop_arm: bool,
    /// Whether full screen was asked for, or its end.
    pub full_screen: bool,
    /// Whether layout or view changed in a way worth keeping.
    pub layout_changed: bool,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            acts: Vec::new(),
            viewport: Rect::ZERO,
            pointer_in_view: false,
            typing: false,
            arm_has_keys: false,
            stop_arm: false,
            full_screen: false,
            layout_changed: false,
        }
    }
}

/// A field that is to get the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The sentence.
    Instruction,
    /// The path to open.
    Path,
}

/// Sentences that are remembered.
const HISTORY: usize = 50;

/// What the window remembers between frames.
#[derive(Default)]
pub struct Desk {
    /// How the next plan is made.
    pub wish: PlanWish,
    /// Sentences that were planned, the newest first.
    pub history: VecDeque<String>,
    /// The scene that is picked.
    pub scene: String,
    /// The robot that is picked.
    pub robot: String,
    /// The seed of the next reset.
    pub seed: u64,
    /// The path that is typed.
    pub path: String,
    /// Why the target is rejected.
    pub reason: String,
    /// The stage whose details are unfolded.
    pub stage: Option<String>,
    /// Whether the unfolded stage is to be scrolled to.
    pub scroll_to_stage: bool,
    /// How the arm is driven and recorded.
    pub hands: Hands,
    /// What is done with the data set.
    pub data: Data,
    /// Messages.
    pub log: Log,
    /// Part of a long work that is done.
    pub progress: Option<(&'static str, usize, usize)>,
    /// Flow and planned motion as they are played.
    pub preview: Preview,
    /// Panels that are to come to the front, the most important one last.
    pub front: Vec<&'static str>,
    /// The field that is to get the focus.
    pub focus: Option<Field>,
    /// Whether the palette is open.
    pub palette: bool,
    /// Whether panels go back to where they were at first.
    pub reset_layout: bool,
    /// Seconds since the window opened.
    pub now: f64,
    opened: Option<Arc<Opened>>,
    refused: Option<(u64, String)>,
}

impl Desk {
    /// Brings a panel to the front.
    pub fn show(&mut self, panel: &'static str) {
        self.front.push(panel);
    }

    /// Takes over what came with a newly opened thing, and the refusal of a new plan.
    pub(crate) fn follow(&mut self, shown: &Shown, sources: &Sources, view: &mut View) {
        if !self.opened.as_ref().is_some_and(|opened| Arc::ptr_eq(opened, &shown.opened)) {
            self.take_over(&shown.opened, view);
        }
        if self.scene.is_empty()
            && let Some((scene, _)) = sources.scenes.first()
        {
            self.scene.clone_from(scene);
        }
        if self.robot.is_empty()
            && let Some(robot) = sources.robots.first()
        {
            self.robot.clone_from(robot);
        }
        if shown.doing == Doing::Nothing {
            self.progress = None;
        }
        self.open_refusal(shown, view);
        let playback = shown.playback.as_ref().map(|playback| playback.episode);
        self.front.extend(self.data.follow(shown.library.as_deref(), playback));
    }

    fn take_over(&mut self, opened: &Arc<Opened>, view: &mut View) {
        let before = self.opened.replace(opened.clone());
        // A sentence that the person typed stays, from the last start on; one that came with what was
        // open before goes.
        let own = before.is_none_or(|before| before.instruction != self.wish.instruction);
        if !own || self.wish.instruction.is_empty() {
            self.wish.instruction.clone_from(&opened.instruction);
        }
        if let Subject::Scene { scene, seed } = &opened.subject {
            self.scene.clone_from(scene);
            self.seed = *seed;
        }
        if let Some(robot) = &opened.robot {
            self.robot.clone_from(&robot.name);
        }
        self.stage = None;
        view.selected = None;
        view.selected_grasp = None;
        view.brought = None;
    }

    /// A stage that refuses is unfolded once, and its evidence comes forward.
    fn open_refusal(&mut self, shown: &Shown, view: &mut View) {
        use session_api::live::{RowState, ToShow};
        let Some(plan) = &shown.plan else { return };
        let Some(row) = plan.rows.iter().find(|row| row.state == RowState::Refused) else { return };
        let refused = (plan.id, row.name.clone());
        if self.refused.as_ref() != Some(&refused) {
            self.stage = Some(row.name.clone());
            view.brought = ToShow::of_stage(&row.name);
            self.refused = Some(refused);
            self.scroll_to_stage = true;
            // Where panels share a row of tabs the last one is seen: the plan says what to try.
            match row.name.as_str() {
                "grasp" => self.front.push("grasps"),
                "target" | "verdict" => self.front.push("target"),
                _ => {}
            }
            self.front.push("plan");
        }
    }
}

/// What a panel is given: a moment to draw, and where to say what is asked.
pub struct Cx<'a> {
    /// The newest moment of the session.
    pub shown: &'a Shown,
    /// What can be opened by name.
    pub sources: &'a Sources,
    /// What the 3D view shows.
    pub view: &'a mut View,
    /// What the window remembers.
    pub desk: &'a mut Desk,
    /// What is asked.
    pub asked: &'a mut Asked,
}

impl Cx<'_> {
    /// Asks the session.
    pub fn act(&mut self, act: Act) {
        self.asked.acts.push(act);
    }

    /// Whether the session waits for the next act.
    pub fn idle(&self) -> bool {
        self.shown.doing == Doing::Nothing
    }

    /// Plans, from a stage or from the first, and remembers the sentence.
    pub fn plan_from(&mut self, from: Option<String>) {
        let mut wish = self.desk.wish.clone();
        wish.instruction = wish.instruction.trim().to_owned();
        wish.from = from;
        if !wish.instruction.is_empty() {
            self.desk.history.retain(|line| *line != wish.instruction);
            self.desk.history.push_front(wish.instruction.clone());
            self.desk.history.truncate(HISTORY);
        }
        self.desk.stage = None;
        self.view.selected_grasp = None;
        self.act(Act::Plan(wish));
    }

    /// Answers the question about the target.
    pub fn judge(&mut self, accept: bool) {
        let reason = std::mem::take(&mut self.desk.reason).trim().to_owned();
        self.act(Act::Judge { accept, reason });
    }

    /// Opens the scene that is picked with the robot that is picked.
    pub fn open_scene(&mut self) {
        let (scene, robot) = (self.desk.scene.clone(), self.desk.robot.clone());
        self.act(Act::OpenScene { scene, robot, seed: self.desk.seed });
    }

    /// Opens what the typed path names.
    pub fn open_path(&mut self) {
        let path = self.desk.path.trim();
        if !path.is_empty() {
            let path = PathBuf::from(path);
            self.act(Act::Open(path));
        }
    }

    /// The selected grasp, where planning on with it makes sense.
    pub fn takeable_grasp(&self) -> Option<usize> {
        let plan = self.shown.plan.as_ref()?;
        let index = self.view.selected_grasp?;
        let grasp = plan.grasps.get(index)?;
        let kind = GraspKind::of(grasp, plan.chosen == Some(index));
        matches!(kind, GraspKind::Kept | GraspKind::NotTried).then_some(index)
    }

    /// Opens or closes every gripper.
    pub fn move_hands(&mut self, open: bool) {
        let Some(robot) = self.shown.opened.robot.clone() else { return };
        for (hand, of) in robot.hands.iter().enumerate() {
            let opening = if open { of.max_opening } else { 0.0 };
            self.act(Act::MoveGripper { hand, opening });
        }
    }

    /// Makes everything larger or smaller.
    pub fn zoom(&mut self, by: f32) {
        self.view.zoom = ((self.view.zoom + by) * 10.0).round().clamp(6.0, 30.0) / 10.0;
    }
}
