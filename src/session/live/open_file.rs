//! Opening what was named or dropped, by what it is.

use std::path::Path;
use std::sync::Arc;

use dataset::{is_cloud, read_cloud};
use interface::{Cancel, LookItem, RigidTransform};
use robot::{Robot, RobotError, load_mesh, load_urdf};
use session_api::live::{Cloud, Opened, Subject};

use super::body::Body;
use super::opening::{Known, Opening, recording, sentence};
use super::robot_shown::{of_description, of_robot};
use super::world::World;

/// More points of a cloud than this are not shown.
pub const MOST_POINTS: usize = 4_000_000;

const KINDS: &str = "a robot (.urdf), a mesh (.stl, .obj, .dae, .glb, .gltf), a cloud (.ply, .npy, .xyz), \
                     or a recorded folder with meta.json";

/// Opens it; the error is one sentence.
pub fn open(
    path: &Path,
    robot: &str,
    open_recording: Option<&Path>,
    known: Option<Known>,
    cancel: &Cancel,
) -> Result<Opening, String> {
    let shown = path.display();
    if path.is_dir() {
        if path.join("meta.json").is_file() {
            return recording(path, None, robot, known, cancel);
        }
        if path.join("flow.json").is_file() || path.join("frame_index.npy").is_file() {
            return flow(path, robot, open_recording, known, cancel);
        }
        let setup = path.join("robot.toml");
        if setup.is_file() {
            let robot = Robot::load(&path.to_string_lossy()).map_err(|e| sentence(&e))?;
            return Ok(of_loaded(path, Arc::new(robot)));
        }
        let empty = std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
        let what = if empty { "is an empty folder" } else { "is a folder without meta.json" };
        return Err(format!("{shown} {what}; what can be opened is {KINDS}"));
    }
    if !path.exists() {
        return Err(format!("there is no {shown}; what can be opened is {KINDS}"));
    }
    let kind = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    match kind.as_str() {
        "urdf" => urdf(path),
        "stl" | "obj" | "dae" | "glb" | "gltf" => mesh(path),
        _ if is_cloud(path) => cloud(path, cancel),
        "json" if path.ends_with("meta.json") => {
            recording(path.parent().unwrap_or(Path::new(".")), None, robot, known, cancel)
        }
        "" => Err(format!(
            "{shown} has no ending that says what it is; what can be opened is {KINDS}"
        )),
        other => Err(format!("{shown} is a `.{other}`; what can be opened is {KINDS}")),
    }
}

/// A flow belongs to a recording: the one that is open, or the one it lies in.
fn flow(
    path: &Path,
    robot: &str,
    open_recording: Option<&Path>,
    known: Option<Known>,
    cancel: &Cancel,
) -> Result<Opening, String> {
    let around = path.ancestors().skip(1).take(2).find(|folder| folder.join("meta.json").is_file());
    let Some(folder) = around.or(open_recording) else {
        return Err(format!(
            "{} is a flow, which belongs to a recording; open the recorded folder first",
            path.display()
        ));
    };
    recording(folder, Some(path), robot, known, cancel)
}

/// A robot alone: with arms and hands where a `robot.toml` beside it describes them.
fn urdf(path: &Path) -> Result<Opening, String> {
    let setup = path.parent().unwrap_or(Path::new(".")).join("robot.toml");
    let mut warnings = Vec::new();
    if setup.is_file() {
        match Robot::load(&path.to_string_lossy()) {
            Ok(robot) => return Ok(of_loaded(path, Arc::new(robot))),
            Err(RobotError::Urdf(error)) => return Err(sentence(&error)),
            Err(error) => warnings.push(format!("{}; its hands stay unknown", sentence(&error))),
        }
    }
    let loaded = load_urdf(path).map_err(|e| sentence(&e))?;
    warnings.extend(loaded.warnings.iter().cloned());
    let opened = Opened {
        subject: Subject::Robot { urdf: path.to_owned() },
        robot: Some(Arc::new(of_description(&loaded))),
        warnings,
        ..Opened::default()
    };
    Ok(alone(World::Robot(Box::new(Body::of_description(loaded))), opened))
}

fn of_loaded(path: &Path, robot: Arc<Robot>) -> Opening {
    let opened = Opened {
        subject: Subject::Robot { urdf: path.to_owned() },
        robot: Some(Arc::new(of_robot(&robot))),
        warnings: robot.warnings.clone(),
        ..Opened::default()
    };
    alone(World::Robot(Box::new(Body::of_robot(&robot))), opened)
}

fn alone(world: World, opened: Opened) -> Opening {
    Opening { world: Some(world), opened, items: Vec::new(), seen: None, known: None }
}

/// Meshes and clouds are added to what is open.
fn added(path: &Path, clouds: Vec<Cloud>, items: Vec<LookItem>, warnings: Vec<String>) -> Opening {
    let opened =
        Opened { subject: Subject::File(path.to_owned()), clouds, warnings, ..Opened::default() };
    Opening { world: None, opened, items, seen: None, known: None }
}

fn name(path: &Path) -> Arc<str> {
    path.file_name().map_or_else(|| "file".into(), |name| name.to_string_lossy().into())
}

fn mesh(path: &Path) -> Result<Opening, String> {
    let file = load_mesh(path).map_err(|e| sentence(&e))?;
    let thing = name(path);
    let items = file.parts.into_iter().enumerate().map(|(index, part)| LookItem {
        thing: thing.clone(),
        part: format!("part {index}").into(),
        world_from_mesh: RigidTransform::identity(),
        mesh: part.mesh,
        material: part.material.unwrap_or_default(),
    });
    Ok(added(path, Vec::new(), items.collect(), file.warnings))
}

fn cloud(path: &Path, cancel: &Cancel) -> Result<Opening, String> {
    let read = read_cloud(path, MOST_POINTS, cancel).map_err(|e| sentence(&e))?;
    let name = name(path);
    let warnings = read.warnings.iter().map(|warning| format!("{name}: {warning}")).collect();
    let cloud = Cloud { name, cloud: read.cloud, world_from_cloud: RigidTransform::identity() };
    Ok(added(path, vec![cloud], Vec::new(), warnings))
}
