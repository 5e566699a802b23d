//! The list of panels: to add one, write its file and add its line here.

use egui::{KeyboardShortcut, Ui};

use crate::icon::Icon;
use crate::{
    Cx, dataset, grasps, help, instruction, log, plan, policy, robot, scene, simulation, target,
    teleop, timeline,
};

/// Where a panel is at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Place {
    Left,
    RightTop,
    RightMiddle,
    RightBottom,
    Bottom,
    BottomRight,
}

/// What a panel is.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// One word; layouts name it so.
    pub name: &'static str,
    /// Its tab.
    pub title: &'static str,
    /// What it is for, after "this panel is for".
    pub purpose: &'static str,
    /// Its icon.
    pub icon: Icon,
    /// The key that brings it to the front.
    pub key: Option<KeyboardShortcut>,
    /// Where it is at first.
    pub place: Place,
    /// Whether it scrolls by itself; the dock scrolls the others.
    pub scrolls: bool,
}

/// One panel.
pub trait Panel: Send + Sync {
    /// What it is.
    fn about(&self) -> About;

    /// Draws it and takes what a person does.
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx);
}

/// Every panel, in the order of Help and of the tabs.
pub fn all() -> Vec<Box<dyn Panel>> {
    vec![
        Box::<scene::ScenePanel>::default(),
        Box::<robot::RobotPanel>::default(),
        Box::<teleop::TeleopPanel>::default(),
        Box::<instruction::InstructionPanel>::default(),
        Box::<plan::PlanPanel>::default(),
        Box::<dataset::DatasetPanel>::default(),
        Box::<target::TargetPanel>::default(),
        Box::<grasps::GraspsPanel>::default(),
        Box::<policy::PolicyPanel>::default(),
        Box::<simulation::SimulationPanel>::default(),
        Box::<timeline::TimelinePanel>::default(),
        Box::<log::LogPanel>::default(),
        Box::<help::HelpPanel>::default(),
    ]
}
