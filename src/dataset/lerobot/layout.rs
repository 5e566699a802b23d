//! Which features a demonstration has, and back: `FrameLayout` and `info.json`.
//!
//! What a layout does not have (no things, no flow) has no feature. Numbers that nobody knew in some
//! frame are stored as NaN.

use interface::{CameraLayout, FrameLayout};

use super::feature::{Dtype, Feature};
use super::info::Info;

/// When a frame's state was read, seconds on the session's clock.
pub const STAMP: &str = "stamp";
/// Joints, then grippers.
pub const STATE: &str = "observation.state";
/// The target as sent.
pub const ACTION: &str = "action";
/// The target as asked.
pub const REQUESTED: &str = "action.requested";
/// The way from the tool's pose to where the action asks it to be.
pub const TOOL_DELTA: &str = "action.tool_delta";
/// The tool's pose.
pub const TOOL_POSE: &str = "observation.tool_pose";
/// Poses of the scene's things.
pub const ENVIRONMENT: &str = "observation.environment_state";
/// Points of the task's object.
pub const FLOW: &str = "observation.flow";
/// Who decided.
pub const MODE: &str = "control_mode";
/// Whether the task counts as done.
pub const SUCCESS: &str = "next.success";
/// What the names of cameras begin with.
pub const CAMERA: &str = "observation.images.";
/// What the names of their capture times end with.
pub const CAMERA_STAMP: &str = ".stamp";

const POSE: [&str; 7] = ["x", "y", "z", "qx", "qy", "qz", "qw"];
const DELTA: [&str; 7] = ["dx", "dy", "dz", "rx", "ry", "rz", "gripper"];

/// The feature of the camera called `name`.
pub fn camera_feature(name: &str) -> String {
    format!("{CAMERA}{name}")
}

/// The feature of the capture times of the camera called `name`.
pub fn camera_stamp_feature(name: &str) -> String {
    format!("{CAMERA}{name}{CAMERA_STAMP}")
}

/// The features of a layout in order, the five defaults left out.
pub fn features_of(layout: &FrameLayout) -> Vec<(String, Feature)> {
    let vector = |names: &[String]| Feature::new(Dtype::Float32, &[names.len()], Some(names));
    let joints = || vector(&layout.joints);
    let mut features = vec![
        (STATE.to_string(), joints()),
        (ACTION.to_string(), joints()),
        (REQUESTED.to_string(), joints()),
        (TOOL_DELTA.to_string(), vector(&DELTA.map(String::from))),
        (TOOL_POSE.to_string(), vector(&POSE.map(String::from))),
    ];
    let poses: Vec<String> = layout
        .things
        .iter()
        .flat_map(|thing| POSE.iter().map(move |axis| format!("{thing}.{axis}")))
        .collect();
    if !poses.is_empty() {
        features.push((ENVIRONMENT.to_string(), vector(&poses)));
    }
    if layout.flow_points > 0 {
        let axes = ["point", "xyz"].map(String::from);
        let shape = [layout.flow_points, 3];
        features.push((FLOW.to_string(), Feature::new(Dtype::Float32, &shape, Some(&axes))));
    }
    for camera in &layout.cameras {
        let film = Feature::film(camera.width, camera.height, layout.fps);
        features.push((camera_feature(&camera.name), film));
        let stamp = Feature::scalar(Dtype::Float64);
        features.push((camera_stamp_feature(&camera.name), stamp));
    }
    features.extend([
        (MODE.to_string(), Feature::scalar(Dtype::Text)),
        (SUCCESS.to_string(), Feature::scalar(Dtype::Bool)),
        (STAMP.to_string(), Feature::scalar(Dtype::Float64)),
    ]);
    features
}

/// Why no data set can have this layout.
pub(crate) fn problem(layout: &FrameLayout) -> Option<String> {
    if !(1..=240).contains(&layout.fps) {
        return Some(format!("{} frames a second; 1 to 240 can be", layout.fps));
    }
    if layout.joints.is_empty() {
        return Some("it has no joint".into());
    }
    for CameraLayout { name, width, height, .. } in &layout.cameras {
        if name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.') {
            return Some(format!("a camera called `{name}`; a name without slashes is expected"));
        }
        // The films' colours come in squares of four pixels.
        if width % 2 != 0 || height % 2 != 0 || (*width).min(*height) < 16 {
            return Some(format!(
                "camera `{name}` has {width} x {height} pixels; both must be even and at least 16"
            ));
        }
    }
    let features = features_of(layout);
    let twice = features
        .iter()
        .enumerate()
        .find(|(i, (name, _))| features[..*i].iter().any(|(before, _)| before == name));
    twice.map(|(_, (name, _))| format!("two features are called `{name}`"))
}

/// The layout of a data set whose features are those of a demonstration, without its depth; or the
/// first feature that is not, and why.
pub(crate) fn layout_of(info: &Info) -> Result<FrameLayout, (String, String)> {
    let missing = |name: &str| (name.to_string(), "is missing".to_string());
    let state = info.feature(STATE).ok_or_else(|| missing(STATE))?;
    let joints = state.components().ok_or_else(|| {
        (STATE.to_string(), "does not name its joints, one name a value".to_string())
    })?;
    let things = match info.feature(ENVIRONMENT) {
        None => Vec::new(),
        Some(feature) => feature
            .components()
            .and_then(|names| {
                let first = names.iter().step_by(POSE.len());
                first.map(|n| n.strip_suffix(".x").map(str::to_owned)).collect()
            })
            .ok_or_else(|| {
                (ENVIRONMENT.to_string(), "does not name poses as `<thing>.x` to `.qw`".to_string())
            })?,
    };
    let cameras = info.cameras().filter_map(|(name, feature)| {
        let (width, height) = feature.picture_size()?;
        let name = name.strip_prefix(CAMERA)?.to_owned();
        Some(CameraLayout { name, width, height, depth: false })
    });
    let layout = FrameLayout {
        robot: info.robot.clone().unwrap_or_default(),
        fps: info.fps as u32,
        joints,
        things,
        flow_points: info.feature(FLOW).map_or(0, |f| f.shape.first().copied().unwrap_or(0)),
        cameras: cameras.collect(),
    };
    match first_difference(&features_of(&layout), info) {
        None if info.fps.fract() == 0.0 => Ok(layout),
        None => Err(("timestamp".into(), format!("counts {} frames a second", info.fps))),
        Some(difference) => Err(difference),
    }
}

/// The first feature in which a data set with these features, the defaults left out, differs from
/// `info`.
pub(crate) fn first_difference(
    features: &[(String, Feature)],
    info: &Info,
) -> Option<(String, String)> {
    for (name, feature) in features {
        match info.feature(name) {
            None => return Some((name.clone(), "is missing".into())),
            Some(there) => {
                if let Some(difference) = there.difference(feature) {
                    return Some((name.clone(), difference));
                }
                let named = |f: &Feature| f.components();
                if named(there) != named(feature) && !feature.dtype.is_picture() {
                    return Some((
                        name.clone(),
                        format!("names {}, not {}", there.names, feature.names),
                    ));
                }
            }
        }
    }
    let more = info.features.iter().find(|(name, _)| {
        !super::feature::is_default_feature(name) && !features.iter().any(|(n, _)| n == name)
    });
    more.map(|(name, _)| (name.clone(), "is not among those of the episodes".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> FrameLayout {
        FrameLayout {
            robot: "franka".into(),
            fps: 50,
            joints: vec!["j1".into(), "j2".into(), "gripper".into()],
            things: vec!["cube".into(), "red.bowl".into()],
            flow_points: 4,
            cameras: vec![CameraLayout {
                name: "front".into(),
                width: 64,
                height: 48,
                depth: false,
            }],
        }
    }

    #[test]
    fn a_layout_comes_back_from_its_features() {
        let whole = layout();
        let bare = FrameLayout { things: vec![], flow_points: 0, cameras: vec![], ..layout() };
        for layout in [whole, bare] {
            let info = Info::new(&layout.robot, layout.fps, features_of(&layout));
            assert_eq!(layout_of(&info).unwrap(), layout);
        }
    }

    #[test]
    fn the_feature_that_differs_is_named() {
        let info = Info::new("franka", 50, features_of(&layout()));
        let check = |change: &dyn Fn(&mut FrameLayout), feature: &str, expected: &str| {
            let mut other = layout();
            change(&mut other);
            let (name, problem) = first_difference(&features_of(&other), &info).unwrap();
            assert_eq!(name, feature);
            assert!(problem.contains(expected), "{problem}");
        };
        check(&|l| l.joints.truncate(2), STATE, "float32 [3], not float32 [2]");
        check(&|l| l.joints[0] = "other".into(), STATE, "names");
        check(&|l| l.things.clear(), ENVIRONMENT, "not among");
        check(&|l| l.flow_points = 8, FLOW, "[4, 3]");
        check(&|l| l.cameras[0].width = 32, "observation.images.front", "[48, 64, 3]");
        check(&|l| l.cameras[0].name = "side".into(), "observation.images.side", "is missing");
    }

    #[test]
    fn impossible_layouts_are_refused() {
        let check = |change: &dyn Fn(&mut FrameLayout), expected: &str| {
            let mut other = layout();
            change(&mut other);
            let problem = problem(&other).unwrap();
            assert!(problem.contains(expected), "{problem}");
        };
        assert_eq!(problem(&layout()), None);
        check(&|l| l.fps = 0, "0 frames");
        check(&|l| l.joints.clear(), "no joint");
        check(&|l| l.cameras[0].width = 63, "even");
        check(&|l| l.cameras[0].name = "a/b".into(), "slashes");
        check(&|l| l.cameras.push(l.cameras[0].clone()), "two features");
    }
}
