//! What the 3D view shows and how: written by panels and by the view itself, drawn by the window.

use serde::{Deserialize, Serialize};
use session_api::live::ToShow;

/// What is drawn in the 3D view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layers {
    /// The robot's visual meshes.
    pub robot: bool,
    /// The robot's collision shapes.
    pub collision: bool,
    /// Table and things.
    pub scene: bool,
    /// Cameras, their frusta and pictures.
    pub cameras: bool,
    /// Point clouds.
    pub clouds: bool,
    /// Predicted flow.
    pub flow: bool,
    /// The object's ghost in its end state.
    pub target: bool,
    /// Grasp candidates.
    pub grasps: bool,
    /// The tool's path and the arm's ghost along it.
    pub path: bool,
    /// Contacts and their forces.
    pub contacts: bool,
    /// Axes of base, tools and cameras.
    pub frames: bool,
    /// The floor's grid.
    pub grid: bool,
}

impl Default for Layers {
    fn default() -> Self {
        Self {
            robot: true,
            collision: false,
            scene: true,
            cameras: true,
            clouds: true,
            flow: true,
            target: true,
            grasps: true,
            path: true,
            contacts: false,
            frames: false,
            grid: true,
        }
    }
}

/// How large a point of a cloud is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum PointSize {
    /// The same on screen at any distance.
    Pixels(f32),
    /// The same in the world.
    Metres(f32),
}

/// What colours a cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PointColor {
    /// Its own colours.
    Rgb,
    /// Height over the floor.
    Height,
    /// Object, part, inferred side, scene.
    Label,
    /// Distance from the fitted motion, where the stage `fit` knows it.
    Residual,
}

/// Dark or light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Theme {
    #[default]
    Dark,
    Light,
}

/// Where the 3D view's camera is asked to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameraWish {
    /// Along -x of the world: the robot's front.
    Front,
    /// From the right.
    Right,
    /// From above.
    Top,
    /// Where it stood at first.
    Reset,
    /// The selected thing, or everything, fills the view.
    Frame,
    /// Perspective or parallel.
    ToggleProjection,
}

/// A thing in the world and a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    /// `table`, `teapot`, the robot's name.
    pub thing: String,
    /// `handle`, a link's name.
    pub part: String,
}

/// Everything about the 3D view that a person can change. What is worth keeping is kept with the layout.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct View {
    /// What is drawn.
    pub layers: Layers,
    /// Things of the scene that are hidden, by name.
    pub hidden: Vec<String>,
    /// Size of points.
    pub point_size: PointSize,
    /// The size of points that the window found fitting for what is open; it is not kept.
    #[serde(skip)]
    pub fitting_size: Option<PointSize>,
    /// Colour of points.
    pub point_color: PointColor,
    /// Dark or light.
    pub theme: Theme,
    /// Scale of the whole interface, 1 is 96 dots an inch times the system's own scale.
    pub zoom: f32,
    /// Share of the flow's time that is shown, 0 (start) to 1 (end).
    #[serde(skip, default = "whole")]
    pub flow_share: f32,
    /// Seconds along the planned arm path at which the ghost arm stands.
    #[serde(skip)]
    pub path_secs: f32,
    /// The stage whose evidence is brought forward.
    #[serde(skip)]
    pub brought: Option<ToShow>,
    /// The grasp under the pointer, in the table or in the view.
    #[serde(skip)]
    pub hovered_grasp: Option<usize>,
    /// The grasp that was clicked, in the table or in the view.
    #[serde(skip)]
    pub selected_grasp: Option<usize>,
    /// What is under the pointer in the 3D view.
    #[serde(skip)]
    pub hovered: Option<Picked>,
    /// What was clicked in the 3D view or in the tree.
    #[serde(skip)]
    pub selected: Option<Picked>,
    /// A wish that the 3D view takes and clears.
    #[serde(skip)]
    pub camera: Option<CameraWish>,
    /// One sentence about the graphics adapter and the quality level it got.
    #[serde(skip)]
    pub quality: String,
    /// Frames a second, as measured by the window.
    #[serde(skip)]
    pub frames_a_second: f32,
}

fn whole() -> f32 {
    1.0
}

impl Default for View {
    fn default() -> Self {
        Self {
            layers: Layers::default(),
            hidden: Vec::new(),
            point_size: PointSize::Pixels(3.0),
            fitting_size: None,
            point_color: PointColor::Rgb,
            theme: Theme::Dark,
            zoom: 1.0,
            flow_share: 1.0,
            path_secs: 0.0,
            brought: None,
            hovered_grasp: None,
            selected_grasp: None,
            hovered: None,
            selected: None,
            camera: None,
            quality: String::new(),
            frames_a_second: 0.0,
        }
    }
}
