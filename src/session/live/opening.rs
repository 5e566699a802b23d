//! Opening scenes and recordings; what is open stays until the new thing is complete.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dataset::{RgbdFolder, read_flow, read_rgbd_folder};
use geometry::cloud_from_view;
use interface::{Arm, Camera, Cancel, LookItem, Observation, Task};
use robot::Robot;
use session_api::Failure;
use session_api::live::{Cloud, Opened, RobotShown, Subject};

use super::body::Body;
use super::level::leveled;
use super::open_file;
use super::robot_shown::of_robot;
use super::surfaces::surfaces;
use super::world::{RecordingWorld, SceneWorld, World};

/// What is to be opened.
#[derive(Clone, Debug)]
pub enum Wanted {
    Scene {
        scene: String,
        robot: String,
        seed: u64,
    },
    Recording {
        folder: PathBuf,
        flow: Option<PathBuf>,
        robot: String,
    },
    /// Whatever it is.
    Path {
        path: PathBuf,
        robot: String,
        open_recording: Option<PathBuf>,
    },
}

impl Wanted {
    /// A few words for the status line.
    pub fn name(&self) -> String {
        match self {
            Self::Scene { scene, robot, .. } => format!("{scene} with {robot}"),
            Self::Recording { folder, .. } => folder.display().to_string(),
            Self::Path { path, .. } => path.display().to_string(),
        }
    }
}

/// A robot that was loaded before.
#[derive(Clone)]
pub struct Known {
    pub asked: String,
    pub robot: Arc<Robot>,
    pub shown: Arc<RobotShown>,
}

/// What was opened.
pub struct Opening {
    /// Replaces what was open; `None` adds clouds and meshes to it.
    pub world: Option<World>,
    pub opened: Opened,
    /// Meshes beside what the world itself shows.
    pub items: Vec<LookItem>,
    pub seen: Option<Arc<Observation>>,
    /// Its robot, for the next time.
    pub known: Option<Known>,
}

/// Opens it; the error is one sentence.
pub fn open(wanted: &Wanted, known: Option<Known>, cancel: &Cancel) -> Result<Opening, String> {
    match wanted {
        Wanted::Scene { scene, robot, seed } => open_scene(scene, robot, *seed, known, cancel),
        Wanted::Recording { folder, flow, robot } => {
            recording(folder, flow.as_deref(), robot, known, cancel)
        }
        Wanted::Path { path, robot, open_recording } => {
            open_file::open(path, robot, open_recording.as_deref(), known, cancel)
        }
    }
}

/// The sentence of an error with its causes.
pub fn sentence(error: &dyn std::error::Error) -> String {
    Failure::usage(error).to_string()
}

fn robot_of(asked: &str, known: Option<Known>) -> Result<Known, String> {
    if let Some(known) = known.filter(|known| known.asked == asked) {
        return Ok(known);
    }
    let robot = Arc::new(Robot::load(asked).map_err(|e| sentence(&e))?);
    let shown = Arc::new(of_robot(&robot));
    Ok(Known { asked: asked.to_owned(), robot, shown })
}

fn open_scene(
    scene: &str,
    robot: &str,
    seed: u64,
    known: Option<Known>,
    cancel: &Cancel,
) -> Result<Opening, String> {
    // A name that is wrong is said before a robot's meshes are read.
    if sim::scenes::by_name(scene).is_none() {
        let all: Vec<&str> = sim::scenes::all().iter().map(|s| s.name()).collect();
        return Err(format!("there is no scene `{scene}`; the scenes are {}", all.join(", ")));
    }
    let known = robot_of(robot, known)?;
    let stopped = || format!("opening {scene} was stopped; what was open stays");
    if cancel.is_cancelled() {
        return Err(stopped());
    }
    let mut cell = crate::cells::usual(scene, &known.robot, seed, 0).map_err(|e| e.to_string())?;
    if cancel.is_cancelled() {
        return Err(stopped());
    }
    let seen = Arc::new(cell.capture().map_err(|e| sentence(&e))?);
    let task = cell.task();
    let state = cell.state().map_err(|e| sentence(&e))?;
    let opened = Opened {
        subject: Subject::Scene { scene: scene.to_owned(), seed },
        robot: Some(known.shown.clone()),
        instruction: task.instruction.clone(),
        examples: examples(&task),
        things: task.things.iter().map(|thing| thing.name.clone()).collect(),
        clouds: Vec::new(),
        warnings: known.robot.warnings.clone(),
    };
    let target = cell.last_target().clone();
    debug_assert_eq!(target.positions.len(), state.positions.len());
    let world = SceneWorld {
        scene: scene.to_owned(),
        robot_asked: robot.to_owned(),
        robot: known.robot.clone(),
        cell: Some(Box::new(cell)),
        ticks: 0,
        target,
        on_arm: None,
        seen: Some((0, seen.clone())),
    };
    Ok(Opening {
        world: Some(World::Scene(Box::new(world))),
        opened,
        items: Vec::new(),
        seen: Some(seen),
        known: Some(known),
    })
}

/// The task's sentence, and the same with other words for its object.
fn examples(task: &Task) -> Vec<String> {
    let name = task.object.name.replace('_', " ");
    let mut out = vec![task.instruction.clone()];
    if task.instruction.contains(&name) {
        let others = task.object.aliases.iter().take(3);
        out.extend(others.map(|alias| task.instruction.replacen(&name, alias, 1)));
    }
    out
}

/// Opens a recorded RGB-D folder, with the first flow under `flow/` where none is named.
pub fn recording(
    folder: &Path,
    flow: Option<&Path>,
    robot: &str,
    known: Option<Known>,
    cancel: &Cancel,
) -> Result<Opening, String> {
    let read: RgbdFolder = read_rgbd_folder(folder).map_err(|e| sentence(&e))?;
    let flow_folder = flow.map(Path::to_owned).or_else(|| first_flow(folder));
    let record = flow_folder.as_deref().map(|path| read_flow(path, &read)).transpose();
    let record = record.map_err(|e| sentence(&e))?;
    if cancel.is_cancelled() {
        return Err(format!("opening {} was stopped; what was open stays", folder.display()));
    }
    let known = robot_of(robot, known)?;
    let mut warnings = read.warnings.clone();
    warnings.extend(known.robot.warnings.iter().cloned());
    match &record {
        Some(record) => warnings.extend(record.warnings.iter().cloned()),
        None => warnings.push(
            "the recording has no flow: it is shown, and to plan on it a flow record folder belongs \
             under flow/"
                .into(),
        ),
    }
    let observation = Arc::new(read.observation());
    let view = read.first();
    let pose_known = view.world_from_camera.is_some();
    let in_camera = cloud_from_view(view, &|_, _| true).cloud;
    let world_from_camera = view.world_from_camera.unwrap_or_else(|| leveled(&in_camera, 0));
    let surface = surfaces(view);
    if !pose_known {
        warnings.push(
            "nobody knows where the camera stood: the view is shown level, and the robot's reach \
             stays unknown"
                .into(),
        );
    }
    let opened = Opened {
        subject: Subject::Recording {
            folder: folder.to_owned(),
            flow: flow_folder.clone(),
            pose_known,
        },
        robot: Some(known.shown.clone()),
        instruction: read.instruction.clone(),
        examples: Some(read.instruction.clone()).into_iter().filter(|s| !s.is_empty()).collect(),
        things: read.things.clone(),
        clouds: vec![Cloud {
            name: view.camera.clone(),
            cloud: cloud_from_view(view, &|u, v| surface.at(u, v)).cloud,
            world_from_cloud: world_from_camera,
        }],
        warnings,
    };
    let world = RecordingWorld {
        folder: folder.to_owned(),
        flow_folder,
        flow: record.map(|record| record.flow),
        robot_asked: robot.to_owned(),
        robot: known.robot.clone(),
        body: Body::of_robot(&known.robot),
        instruction: read.instruction.clone(),
        object: read.object.clone(),
        things: read.things.clone(),
        pose_known,
        // Without a pose the planning frame is the camera's own.
        world_from_frame: if pose_known { Default::default() } else { world_from_camera },
        observation: observation.clone(),
    };
    Ok(Opening {
        world: Some(World::Recording(Box::new(world))),
        opened,
        items: Vec::new(),
        seen: Some(observation),
        known: Some(known),
    })
}

/// The first folder under `flow/` by name, those of the object before any other: a plan is for it.
fn first_flow(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder.join("flow")).into_iter().flatten().flatten();
    let of_object = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("object"))
    };
    let folders = entries.map(|entry| entry.path()).filter(|path| path.is_dir());
    folders.min_by_key(|path| (!of_object(path), path.clone()))
}
