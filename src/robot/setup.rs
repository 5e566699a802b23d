//! `robot.toml`: which joints are arms, where their tools and grippers are, where they rest.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use interface::{JointSpec, RigidTransform};
use nalgebra::{Translation3, UnitQuaternion};
use serde::Deserialize;

use crate::ik::IkChain;
use crate::urdf::{Loaded, UrdfError, load_urdf};
use crate::{ArmSetup, CameraMount, FingerSize, Frame, Gripper, GripperKind, Model, Robot};

/// A robot that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum RobotError {
    /// No robot of this name, no file at this path.
    #[error("there is no robot `{name}` in {}; there are {known}, or give a path to a URDF with its robot.toml", folder.display())]
    Unknown {
        /// What was asked for.
        name: String,
        /// Where robots lie.
        folder: PathBuf,
        /// What lies there.
        known: String,
    },
    /// `robot.toml` is missing or makes no sense.
    #[error("{}: {reason}", path.display())]
    Setup {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The URDF makes no robot.
    #[error(transparent)]
    Urdf(#[from] UrdfError),
}

#[derive(Deserialize)]
struct File {
    name: String,
    urdf: String,
    arm: Vec<ArmTable>,
    #[serde(default)]
    camera: Vec<CameraTable>,
}

#[derive(Deserialize)]
struct ArmTable {
    name: String,
    base_link: String,
    tip_link: String,
    tip_from_tool: PoseTable,
    joints: Vec<String>,
    home: Vec<f64>,
    max_acceleration: Vec<f64>,
    max_jerk: Vec<f64>,
    gripper: GripperTable,
}

#[derive(Deserialize)]
struct GripperTable {
    kind: KindTable,
    joints: Vec<String>,
    closed: Vec<f64>,
    open: Vec<f64>,
    max_opening: f64,
    force: f64,
    finger: FingerTable,
    finger_links: Vec<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindTable {
    Parallel,
    Jaw,
}

#[derive(Clone, Copy, Deserialize)]
struct FingerTable {
    length: f64,
    width: f64,
    thickness: f64,
}

#[derive(Clone, Copy, Deserialize)]
struct PoseTable {
    xyz: [f64; 3],
    rpy: [f64; 3],
}

#[derive(Deserialize)]
struct CameraTable {
    name: String,
    link: String,
    link_from_camera: PoseTable,
}

/// The folder with the robots that come with the program: `FLOWARM_URDF`, or `urdf/` of the
/// source tree it was built from.
pub fn robots_folder() -> PathBuf {
    std::env::var_os("FLOWARM_URDF")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../urdf"), PathBuf::from)
}

/// Names of the robots that come with the program, sorted.
pub fn robot_names() -> Vec<String> {
    let entries = std::fs::read_dir(robots_folder()).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().join("robot.toml").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

impl Robot {
    /// Loads a robot by name (`franka`), by folder, or by the path of a URDF with its `robot.toml`
    /// beside it.
    pub fn load(name_or_path: &str) -> Result<Self, RobotError> {
        let path = Path::new(name_or_path);
        let named = robots_folder().join(name_or_path);
        if path.is_file() {
            let setup = path.parent().unwrap_or(Path::new(".")).join("robot.toml");
            if !setup.is_file() {
                return Err(RobotError::Setup {
                    path: setup,
                    reason: format!(
                        "not found; the robot {name_or_path} needs it to say which joints are an \
                         arm, where its tool is and how its gripper opens"
                    ),
                });
            }
            return Self::read(&setup, Some(path));
        }
        for folder in [path, named.as_path()] {
            let setup = folder.join("robot.toml");
            if setup.is_file() {
                return Self::read(&setup, None);
            }
        }
        Err(RobotError::Unknown {
            name: name_or_path.to_owned(),
            folder: robots_folder(),
            known: robot_names().join(", "),
        })
    }

    fn read(setup: &Path, urdf: Option<&Path>) -> Result<Self, RobotError> {
        let fail = |reason: String| RobotError::Setup { path: setup.to_owned(), reason };
        let text = std::fs::read_to_string(setup).map_err(|error| fail(error.to_string()))?;
        let file: File = toml::from_str(&text)
            .map_err(|error| fail(error.to_string().trim().replace('\n', " ")))?;
        let urdf = match urdf {
            Some(urdf) => urdf.to_owned(),
            None => setup.parent().unwrap_or(Path::new(".")).join(&file.urdf),
        };
        let loaded = load_urdf(&urdf)?;
        build(file, loaded).map_err(fail)
    }
}

/// Puts a URDF and its `robot.toml` together; the error is the rest of a sentence that begins with
/// the file's name.
fn build(file: File, loaded: Loaded) -> Result<Robot, String> {
    let model = loaded.model;
    if file.arm.is_empty() {
        return Err("states no [[arm]]; a robot needs at least one".into());
    }
    let mut arms = Vec::new();
    let mut chains = Vec::new();
    let mut taken = Vec::new();
    for table in file.arm {
        let arm = arm(&model, table)?;
        for column in arm.joints.iter().chain(&arm.gripper.joints) {
            if taken.contains(column) {
                let joint = &model.movable_joint(*column).name;
                return Err(format!("joint `{joint}` is used twice; a joint has one job"));
            }
            taken.push(*column);
        }
        let lower: Vec<f64> = arm.specs.iter().map(|spec| spec.lower).collect();
        let upper: Vec<f64> = arm.specs.iter().map(|spec| spec.upper).collect();
        chains.push(
            IkChain::new(&model, &arm.joints, &arm.tool, &lower, &upper)
                .map_err(|error| format!("arm `{}`: {error}", arm.name))?,
        );
        arms.push(arm);
    }
    let cameras = file
        .camera
        .into_iter()
        .map(|camera| {
            let place = format!("camera `{}`", camera.name);
            Ok(CameraMount {
                link: link(&model, &camera.link, &place)?,
                link_from_camera: pose(&camera.link_from_camera, &place)?,
                name: camera.name,
            })
        })
        .collect::<Result<_, String>>()?;
    Ok(Robot {
        name: file.name,
        model: Arc::new(model),
        look: Arc::new(loaded.look),
        collision: loaded.collision.into(),
        arms,
        cameras,
        warnings: loaded.warnings,
        chains,
    })
}

fn arm(model: &Model, table: ArmTable) -> Result<ArmSetup, String> {
    let place = format!("arm `{}`", table.name);
    let joints = columns(model, &table.joints, &place)?;
    if joints.is_empty() {
        return Err(format!("{place} lists no joints"));
    }
    same_length(&place, "home", table.home.len(), joints.len())?;
    same_length(&place, "max_acceleration", table.max_acceleration.len(), joints.len())?;
    same_length(&place, "max_jerk", table.max_jerk.len(), joints.len())?;
    let mut specs = Vec::new();
    for (index, column) in joints.iter().enumerate() {
        let joint = model.movable_joint(*column);
        if joint.mimic.is_some() {
            return Err(format!(
                "{place} lists joint `{}`, which follows another; list the one it follows",
                joint.name
            ));
        }
        let spec = JointSpec {
            name: joint.name.clone(),
            lower: joint.lower,
            upper: joint.upper,
            velocity: joint.velocity,
            acceleration: positive(table.max_acceleration[index], "max_acceleration", &place)?,
            jerk: positive(table.max_jerk[index], "max_jerk", &place)?,
            effort: joint.effort,
        };
        let home = table.home[index];
        if !(spec.lower..=spec.upper).contains(&home) {
            return Err(format!(
                "home of joint `{}` is {home}, outside its limits {} to {}",
                spec.name, spec.lower, spec.upper
            ));
        }
        specs.push(spec);
    }
    Ok(ArmSetup {
        base_link: link(model, &table.base_link, &place)?,
        tool: Frame {
            link: link(model, &table.tip_link, &place)?,
            link_from_tool: pose(&table.tip_from_tool, &place)?,
        },
        joints,
        specs,
        home: table.home,
        gripper: gripper(model, table.gripper, &format!("gripper of {place}"))?,
        name: table.name,
    })
}

fn gripper(model: &Model, table: GripperTable, place: &str) -> Result<Gripper, String> {
    let joints = columns(model, &table.joints, place)?;
    same_length(place, "closed", table.closed.len(), joints.len())?;
    same_length(place, "open", table.open.len(), joints.len())?;
    if let Some(value) = table.closed.iter().chain(&table.open).find(|v| !v.is_finite()) {
        return Err(format!("{place} has {value} among its joint positions"));
    }
    if joints.is_empty() || table.closed == table.open {
        return Err(format!("{place} does not move: `closed` and `open` are the same"));
    }
    Ok(Gripper {
        kind: match table.kind {
            KindTable::Parallel => GripperKind::Parallel,
            KindTable::Jaw => GripperKind::Jaw,
        },
        joints,
        closed: table.closed,
        open: table.open,
        max_opening: positive(table.max_opening, "max_opening", place)?,
        force: positive(table.force, "force", place)?,
        finger: FingerSize {
            length: positive(table.finger.length, "finger length", place)?,
            width: positive(table.finger.width, "finger width", place)?,
            thickness: positive(table.finger.thickness, "finger thickness", place)?,
        },
        finger_links: table
            .finger_links
            .iter()
            .map(|name| link(model, name, place))
            .collect::<Result<_, _>>()?,
    })
}

fn columns(model: &Model, names: &[String], place: &str) -> Result<Vec<usize>, String> {
    names
        .iter()
        .map(|name| {
            model.column(name).ok_or_else(|| match model.joint(name) {
                Some(_) => format!("{place} lists joint `{name}`, which does not move"),
                None => format!("{place} lists joint `{name}`, which the URDF does not have"),
            })
        })
        .collect()
}

fn link(model: &Model, name: &str, place: &str) -> Result<usize, String> {
    model
        .link(name)
        .ok_or_else(|| format!("{place} names link `{name}`, which the URDF does not have"))
}

fn pose(table: &PoseTable, place: &str) -> Result<RigidTransform, String> {
    if let Some(value) = table.xyz.iter().chain(&table.rpy).find(|v| !v.is_finite()) {
        return Err(format!("a pose of {place} contains {value}"));
    }
    let [x, y, z] = table.xyz;
    let [roll, pitch, yaw] = table.rpy;
    Ok(RigidTransform::from_parts(
        Translation3::new(x, y, z),
        UnitQuaternion::from_euler_angles(roll, pitch, yaw),
    ))
}

fn positive(value: f64, what: &str, place: &str) -> Result<f64, String> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(format!("{what} of {place} is {value}; a number above 0 is needed"))
    }
}

fn same_length(place: &str, what: &str, got: usize, expected: usize) -> Result<(), String> {
    if got == expected {
        Ok(())
    } else {
        Err(format!("{what} of {place} has {got} values for {expected} joints"))
    }
}
