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

/// The folder with the robots that come with the program: `FLOWARM_URDF`, else `urdf/` of the source
/// tree it was built from, above the program, or above the working folder, whichever is there first.
/// The program outlives the tree it was built from: a clone that moves, a build folder two clones share.
pub fn robots_folder() -> PathBuf {
    if let Some(named) = std::env::var_os("FLOWARM_URDF") {
        return PathBuf::from(named);
    }
    let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../urdf");
    let program = std::env::current_exe().unwrap_or_default();
    let working = std::env::current_dir().unwrap_or_default();
    let above = program.ancestors().chain(working.ancestors()).map(|folder| folder.join("urdf"));
    std::iter::once(built_from.clone())
        .chain(above)
        .find(|folder| folder.join("franka/robot.toml").is_file())
        .unwrap_or(built_from)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const URDF: &str = r#"<robot name="two"><link name="base"/><link name="arm"/><link name="a"/>
<link name="b"/>
<joint name="turn" type="revolute"><parent link="base"/><child link="arm"/><axis xyz="0 0 1"/>
<limit lower="-1" upper="1" velocity="2" effort="3"/></joint>
<joint name="left" type="prismatic"><parent link="arm"/><child link="a"/>
<limit lower="0" upper="0.04" velocity="1" effort="1"/></joint>
<joint name="right" type="prismatic"><parent link="arm"/><child link="b"/>
<limit lower="0" upper="0.04" velocity="1" effort="1"/><mimic joint="left"/></joint></robot>"#;

    const TOML: &str = r#"name = "two"
urdf = "two.urdf"
[[arm]]
name = "arm"
base_link = "base"
tip_link = "arm"
tip_from_tool = { xyz = [0, 0, 0.1], rpy = [0.0, 0.0, 0.0] }
joints = ["turn"]
home = [0.5]
max_acceleration = [4.0]
max_jerk = [50.0]
[arm.gripper]
kind = "parallel"
joints = ["left", "right"]
closed = [0.0, 0.0]
open = [0.04, 0.04]
max_opening = 0.08
force = 70.0
finger = { length = 0.045, width = 0.02, thickness = 0.012 }
finger_links = ["a", "b"]
[[camera]]
name = "wrist"
link = "arm"
link_from_camera = { xyz = [0.1, 0.0, 0.0], rpy = [0.0, 0.0, 0.0] }
"#;

    fn load(toml: &str) -> Result<Robot, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("two.urdf"), URDF).unwrap();
        std::fs::write(folder.path().join("robot.toml"), toml).unwrap();
        let path = folder.path().join("two.urdf");
        Robot::load(path.to_str().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_setup_is_read_whole() {
        let robot = load(TOML).unwrap();
        let arm = &robot.arms[0];
        assert_eq!((arm.specs[0].velocity, arm.specs[0].acceleration), (2.0, 4.0));
        assert_eq!(arm.gripper.joint_positions(0.04), [0.02, 0.02]);
        assert_eq!(arm.gripper.joint_positions(1.0), [0.04, 0.04]);
        assert!((arm.gripper.opening(&[0.01, 0.02]) - 0.03).abs() < 1e-12);
        assert_eq!(robot.cameras[0].name, "wrist");
        let q = robot.q(&[0.2], &[0.02]);
        assert_eq!(q, [0.2, 0.01, 0.01]);
        assert!((robot.tool_pose(0, &q).translation.z - 0.1).abs() < 1e-12);
        assert_eq!(robot.info(0.02).max_openings, [0.08]);
    }

    fn check(from: &str, to: &str, expected: &str) {
        let toml = TOML.replace(from, to);
        assert_ne!(toml, TOML);
        let says = load(&toml).unwrap_err();
        assert!(says.contains(expected), "{says}");
        assert_eq!(says.lines().count(), 1, "{says}");
    }

    #[test]
    fn a_setup_that_does_not_fit_is_refused_in_a_sentence() {
        check("[\"turn\"]", "[\"twist\"]", "lists joint `twist`, which the URDF does not have");
        check("[\"turn\"]", "[\"right\"]", "which follows another");
        check("[\"turn\"]", "[]", "lists no joints");
        check("home = [0.5]", "home = [0.5, 1.0]", "home of arm `arm` has 2 values for 1 joints");
        check("home = [0.5]", "home = [1.5]", "home of joint `turn` is 1.5, outside its limits");
        check("home = [0.5]", "home = [nan]", "home of joint `turn` is NaN");
        check("max_jerk = [50.0]", "max_jerk = [0.0]", "a number above 0 is needed");
        check("tip_link = \"arm\"", "tip_link = \"hand\"", "names link `hand`");
        check("tip_link = \"arm\"", "tip_link = \"a\"", "moves the tool but is not listed");
        check("open = [0.04, 0.04]", "open = [0.0, 0.0]", "does not move");
        check("\"parallel\"", "\"suction\"", "suction");
        check("joints = [\"left\", \"right\"]", "joints = [\"turn\", \"right\"]", "used twice");
        check("xyz = [0, 0, 0.1]", "xyz = [0, 0, inf]", "contains inf");
        check("[[arm]]", "[[leg]]", "arm");
        check("name = \"two\"", "", "name");
        let unknown = Robot::load("frank").unwrap_err().to_string();
        assert!(unknown.contains("`frank`") && unknown.contains("franka"), "{unknown}");
        let alone = tempfile::tempdir().unwrap();
        let path = alone.path().join("two.urdf");
        std::fs::write(&path, URDF).unwrap();
        let says = Robot::load(path.to_str().unwrap()).unwrap_err().to_string();
        assert!(says.contains("robot.toml: not found"), "{says}");
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 150,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]
        #[test]
        fn spoiled_setups_are_no_disaster(
            bytes in crate::meshes::tests::spoiled(TOML.into()),
        ) {
            if let Ok(robot) = load(&String::from_utf8_lossy(&bytes)) {
                let home = robot.home();
                robot.q(&home.positions, &home.openings);
            }
        }
    }
}
