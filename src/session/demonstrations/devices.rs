//! The devices that drive an arm, by the words a person chooses them with.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use interface::{Arm, Teleop};
use session_api::live::{DeviceShown, Hands as Held};
use session_api::{Failure, TeleopChoice};
use sim::Cell;
use teleop::{
    GamepadTeleop, GizmoTarget, GizmoTeleop, KeyboardTeleop, Keys, Leader, Preset,
    SpaceMouseTeleop, read_leader,
};

/// Which keys do what, by name.
pub const LAYOUTS: [&str; 4] = ["isaac", "robosuite", "maniskill", "lerobot"];

/// The devices that live in a window: its keys, and the handle it draws at the tool.
#[derive(Clone, Default)]
pub struct Window {
    keys: Keys,
    gizmo: GizmoTarget,
}

impl Window {
    /// Takes over what the person's hands hold in the window now.
    pub fn follow(&self, held: &Held) {
        self.keys.set(held.held(), held.pressed());
        match held.dragged() {
            Some(world_from_tool) => self.gizmo.drag(world_from_tool),
            None => self.gizmo.let_go(),
        }
    }
}

/// Opens a device for the arm of a cell; those that live in a window need one.
pub fn open(
    choice: &TeleopChoice,
    layout: &str,
    cell: &Cell,
    window: Option<&Window>,
) -> Result<Box<dyn Teleop>, Failure> {
    let lacks = |error: interface::TeleopError| Failure::Machine(error.to_string());
    let needs_window = || {
        Failure::Usage(format!(
            "the {} drives the arm in the window; open that, or choose another device",
            choice.word()
        ))
    };
    // In a window a device may come later; without one nobody sees that it is waited for.
    if window.is_none() {
        is_there(choice)?;
    }
    Ok(match choice {
        TeleopChoice::Keyboard => {
            let window = window.ok_or_else(needs_window)?;
            let preset = Preset::of_name(layout).unwrap_or_default();
            Box::new(KeyboardTeleop::new(window.keys.clone(), preset))
        }
        TeleopChoice::Gizmo => {
            Box::new(GizmoTeleop::new(window.ok_or_else(needs_window)?.gizmo.clone()))
        }
        TeleopChoice::Gamepad => Box::new(GamepadTeleop::new().map_err(lacks)?),
        TeleopChoice::SpaceMouse => Box::new(SpaceMouseTeleop::new().map_err(lacks)?),
        TeleopChoice::Leader(path) => Box::new(leader(path, cell)?),
        TeleopChoice::Policy(_) => {
            return Err(Failure::Usage(
                "a policy is no device; it drives the arm by itself".into(),
            ));
        }
        TeleopChoice::Scripted => {
            return Err(Failure::Usage(
                "the scripted demonstration is no device; mixed control lets it drive".into(),
            ));
        }
    })
}

/// That a device which is plugged in is.
fn is_there(choice: &TeleopChoice) -> Result<(), Failure> {
    if !matches!(choice, TeleopChoice::Gamepad | TeleopChoice::SpaceMouse) {
        return Ok(());
    }
    match teleop::list().into_iter().find(|found| found.name == choice.word() && !found.ok) {
        Some(found) => Err(Failure::Machine(match found.fix {
            Some(fix) => format!("{}: {}; {fix}", found.name, found.detail),
            None => format!("{}: {}", found.name, found.detail),
        })),
        None => Ok(()),
    }
}

/// A leader arm's recorded stream.
fn leader(path: &Path, cell: &Cell) -> Result<Leader, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", path.display())))?;
    let (joints, grippers) = (cell.info().joints.len(), cell.info().max_openings.len());
    let readings = read_leader(&text, joints, grippers)
        .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
    Ok(Leader::new(readings))
}

/// Whether a device moves the arm only while a switch is held.
pub fn has_switch(choice: &TeleopChoice) -> bool {
    matches!(choice, TeleopChoice::Gamepad)
}

/// What each key or button of a device does.
pub fn bindings(choice: &TeleopChoice, layout: &str) -> Arc<[(String, String)]> {
    let table: &[(&str, &str)] = match choice {
        TeleopChoice::Keyboard => Preset::of_name(layout).unwrap_or_default().bindings(),
        TeleopChoice::Gamepad => &GAMEPAD,
        TeleopChoice::SpaceMouse => &SPACEMOUSE,
        TeleopChoice::Gizmo => &GIZMO,
        TeleopChoice::Scripted | TeleopChoice::Leader(_) | TeleopChoice::Policy(_) => &[],
    };
    table.iter().map(|(key, meaning)| ((*key).to_owned(), (*meaning).to_owned())).collect()
}

/// What the gamepad's sticks and buttons do.
const GAMEPAD: [(&str, &str); 10] = [
    ("right trigger", "hold to drive"),
    ("left trigger", "fine"),
    ("left stick", "x and y"),
    ("right stick", "z and yaw"),
    ("D-pad", "roll and pitch"),
    ("South / A", "close / open the gripper"),
    ("North / Y, East / B", "keep, do it again"),
    ("West / X", "world or tool axes"),
    ("Select", "hand over"),
    ("Guide", "stop"),
];

/// What the 3D mouse does.
const SPACEMOUSE: [(&str, &str); 3] = [
    ("cap", "moves and turns the tool as it is moved and turned"),
    ("left button", "close / open the gripper"),
    ("right button", "hand over"),
];

/// What the handle at the tool does.
const GIZMO: [(&str, &str); 2] =
    [("drag an axis or the middle", "moves the tool"), ("drag a ring", "turns the tool")];

/// Names of the layouts of keys.
pub fn layouts() -> Arc<[String]> {
    static NAMES: LazyLock<Arc<[String]>> =
        LazyLock::new(|| LAYOUTS.iter().map(|name| (*name).to_owned()).collect());
    NAMES.clone()
}

/// The devices this machine has, as a window lists them.
pub fn list() -> Arc<[DeviceShown]> {
    teleop::list()
        .into_iter()
        .filter_map(|found| {
            let choice = match found.name {
                "keyboard" => TeleopChoice::Keyboard,
                "gamepad" => TeleopChoice::Gamepad,
                "spacemouse" => TeleopChoice::SpaceMouse,
                "gizmo" => TeleopChoice::Gizmo,
                _ => return None,
            };
            let detail = match found.fix {
                Some(fix) => format!("{}; {fix}", found.detail),
                None => found.detail,
            };
            Some(DeviceShown { choice, ok: found.ok, detail })
        })
        .chain(policies(&crate::policies::models()))
        .collect()
}

/// What says which kind of network a folder holds.
#[derive(serde::Deserialize)]
struct Kind {
    policy: String,
}

/// The policies in the folders `<policy>/<scene>` of `root`.
fn policies(root: &Path) -> Vec<DeviceShown> {
    let folders = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
    };
    let mut found: Vec<PathBuf> = folders(root).iter().flat_map(|of| folders(of)).collect();
    // What predicts pictures drives no arm.
    found.retain(|folder| {
        let kind: Option<Kind> = nn::checkpoint::load_spec(&folder.join(nn::checkpoint::SPEC)).ok();
        kind.is_some_and(|kind| kind.policy == policy::a2a::KIND)
    });
    found.sort();
    let shown = |folder: PathBuf| {
        let last = |path: Option<&Path>| {
            path.and_then(Path::file_name).map(|n| n.to_string_lossy().into_owned())
        };
        let detail = [last(folder.parent()), last(Some(&folder))].map(Option::unwrap_or_default);
        DeviceShown { choice: TeleopChoice::Policy(folder), ok: true, detail: detail.join(" for ") }
    };
    found.into_iter().map(shown).collect()
}
