//! Reads a URDF into a [`Model`], its shapes and its look.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use interface::{RigidTransform, RobotLook};
use nalgebra::{Matrix3, Rotation3, Translation3, UnitQuaternion, UnitVector3, Vector3};

use crate::shapes::{self, CollisionShape};
use crate::{Inertial, Joint, JointKind, Link, Mimic, Model};

/// A URDF as loaded. What could not be had is in `warnings`, never silently left out.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Links and joints.
    pub model: Model,
    /// What there is to draw.
    pub look: RobotLook,
    /// What can be touched.
    pub collision: Vec<CollisionShape>,
    /// One sentence each.
    pub warnings: Vec<String>,
    /// Mesh files that were read.
    pub meshes_loaded: usize,
    /// Mesh files that are missing or unreadable; a small box stands in for what they show.
    pub meshes_missing: usize,
}

/// A URDF that makes no robot.
#[derive(Debug, thiserror::Error)]
pub enum UrdfError {
    /// The file cannot be read.
    #[error("cannot read the URDF {}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Not XML, or not a URDF.
    #[error("{} is not a valid URDF: {reason}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// No `<link>` at all.
    #[error("the URDF {robot} has no links; a robot needs at least one")]
    NoLinks {
        /// The robot.
        robot: String,
    },
    /// Two of a kind share a name.
    #[error("the URDF {robot} has two {kind}s named `{name}`; names must be unique")]
    Duplicate {
        /// The robot.
        robot: String,
        /// `link` or `joint`.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A joint names a link that is not there.
    #[error("joint `{joint}` names the {role} link `{link}`, which the URDF {robot} does not have")]
    MissingLink {
        /// The robot.
        robot: String,
        /// The joint.
        joint: String,
        /// `parent` or `child`.
        role: &'static str,
        /// The link named.
        link: String,
    },
    /// A link hangs on two joints.
    #[error(
        "link `{link}` hangs on two joints, `{first}` and `{second}`: the URDF {robot} has a \
         kinematic loop, only trees can be loaded"
    )]
    Loop {
        /// The robot.
        robot: String,
        /// The link.
        link: String,
        /// One joint.
        first: String,
        /// The other.
        second: String,
    },
    /// Joints that lead back to themselves and hang on no root.
    #[error(
        "link `{link}` cannot be reached from a root: its joints run in a circle in the URDF \
         {robot}, only trees can be loaded"
    )]
    Circle {
        /// The robot.
        robot: String,
        /// A link of the circle.
        link: String,
    },
    /// More than one link without a parent.
    #[error(
        "the URDF {robot} falls apart into several trees: no joint holds `{first}` or `{second}`; \
         exactly one link may be the root"
    )]
    TwoRoots {
        /// The robot.
        robot: String,
        /// One root.
        first: String,
        /// Another.
        second: String,
    },
    /// A number that is not finite.
    #[error("{what} of {place} is {value}; a finite number is needed")]
    NotFinite {
        /// The quantity.
        what: &'static str,
        /// The link or joint.
        place: String,
        /// The value.
        value: f64,
    },
    /// An axis of length 0.
    #[error("the axis of joint `{joint}` has length 0; it must point somewhere")]
    NoAxis {
        /// The joint.
        joint: String,
    },
    /// Limits the wrong way round.
    #[error("joint `{joint}` has its lower limit {lower} above its upper limit {upper}")]
    Limits {
        /// The joint.
        joint: String,
        /// Lower.
        lower: f64,
        /// Upper.
        upper: f64,
    },
    /// A mimic joint whose leader is absent, fixed, or itself in the end.
    #[error("joint `{joint}` mimics `{leader}`, {reason}")]
    Mimic {
        /// The follower.
        joint: String,
        /// The leader named.
        leader: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A mass or an extent below 0.
    #[error("{what} of {place} is {value}; it cannot be negative")]
    Negative {
        /// The quantity.
        what: &'static str,
        /// The link.
        place: String,
        /// The value.
        value: f64,
    },
}

/// Loads a URDF file with its meshes.
///
/// `package://` is looked for in the folders of `FLOWARM_PACKAGE_PATH` and `ROS_PACKAGE_PATH` and in
/// the folders above the file; other mesh paths are relative to the file.
pub fn load_urdf(path: &Path) -> Result<Loaded, UrdfError> {
    let bytes = std::fs::read(path).map_err(|error| UrdfError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    read_urdf(&bytes, path)
}

/// Reads a URDF from bytes; `path` says where its relative mesh paths start.
pub fn read_urdf(bytes: &[u8], path: &Path) -> Result<Loaded, UrdfError> {
    let broken = |reason: String| UrdfError::Broken { path: path.to_owned(), reason };
    let text = std::str::from_utf8(bytes).map_err(|error| broken(error.to_string()))?;
    let parsed =
        urdf_rs::read_from_string(text).map_err(|error| broken(one_line(&error.to_string())))?;
    let mut warnings = Vec::new();
    let model = tree(&parsed, &mut warnings)?;
    let shapes = shapes::gather(&parsed, &model, path, &mut warnings)?;
    Ok(Loaded {
        model,
        look: RobotLook { parts: shapes.parts },
        collision: shapes.collision,
        warnings,
        meshes_loaded: shapes.meshes_loaded,
        meshes_missing: shapes.meshes_missing,
    })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A URDF pose as a transform; `what` and `place` go into the error.
pub(crate) fn pose(pose: &urdf_rs::Pose, place: &str) -> Result<RigidTransform, UrdfError> {
    for value in pose.xyz.iter().chain(pose.rpy.iter()) {
        finite(*value, "the origin", place)?;
    }
    let [x, y, z] = pose.xyz.0;
    let [roll, pitch, yaw] = pose.rpy.0;
    Ok(RigidTransform::from_parts(
        Translation3::new(x, y, z),
        UnitQuaternion::from_rotation_matrix(&Rotation3::from_euler_angles(roll, pitch, yaw)),
    ))
}

pub(crate) fn finite(value: f64, what: &'static str, place: &str) -> Result<f64, UrdfError> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(UrdfError::NotFinite { what, place: place.to_owned(), value })
    }
}

/// The links and joints in depth-first order, checked to be one tree.
fn tree(parsed: &urdf_rs::Robot, warnings: &mut Vec<String>) -> Result<Model, UrdfError> {
    let robot = || match parsed.name.as_str() {
        "" => "(without a name)".to_owned(),
        name => name.to_owned(),
    };
    if parsed.links.is_empty() {
        return Err(UrdfError::NoLinks { robot: robot() });
    }
    let mut link_named: HashMap<&str, usize> = HashMap::new();
    for (index, link) in parsed.links.iter().enumerate() {
        if link_named.insert(&link.name, index).is_some() {
            let name = link.name.clone();
            return Err(UrdfError::Duplicate { robot: robot(), kind: "link", name });
        }
    }
    let mut joint_named: HashMap<&str, usize> = HashMap::new();
    let mut holder: Vec<Option<usize>> = vec![None; parsed.links.len()];
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); parsed.links.len()];
    for (index, joint) in parsed.joints.iter().enumerate() {
        if joint_named.insert(&joint.name, index).is_some() {
            let name = joint.name.clone();
            return Err(UrdfError::Duplicate { robot: robot(), kind: "joint", name });
        }
        let end = |role: &'static str, link: &str| {
            link_named.get(link).copied().ok_or_else(|| UrdfError::MissingLink {
                robot: robot(),
                joint: joint.name.clone(),
                role,
                link: link.to_owned(),
            })
        };
        let parent = end("parent", &joint.parent.link)?;
        let child = end("child", &joint.child.link)?;
        if let Some(first) = holder[child] {
            return Err(UrdfError::Loop {
                robot: robot(),
                link: joint.child.link.clone(),
                first: parsed.joints[first].name.clone(),
                second: joint.name.clone(),
            });
        }
        holder[child] = Some(index);
        children[parent].push(index);
    }
    let roots: Vec<usize> = (0..parsed.links.len()).filter(|l| holder[*l].is_none()).collect();
    let root = match roots[..] {
        [root] => root,
        [] => {
            let link = parsed.links[0].name.clone();
            return Err(UrdfError::Circle { robot: robot(), link });
        }
        [first, second, ..] => {
            return Err(UrdfError::TwoRoots {
                robot: robot(),
                first: parsed.links[first].name.clone(),
                second: parsed.links[second].name.clone(),
            });
        }
    };

    let mut model = Model {
        name: parsed.name.clone(),
        links: vec![link(&parsed.links[root], None)?],
        joints: Vec::new(),
        movable: Vec::new(),
    };
    // Depth first with an explicit stack: the depth of a file's tree is not ours to trust.
    let mut stack: Vec<(usize, usize)> = children[root].iter().rev().map(|j| (*j, 0)).collect();
    while let Some((index, parent)) = stack.pop() {
        let source = &parsed.joints[index];
        let at = model.joints.len();
        let child = model.links.len();
        let mut new = joint(source, parent, child, warnings)?;
        if new.kind != JointKind::Fixed {
            new.column = Some(model.movable.len());
            model.movable.push(at);
        }
        model.joints.push(new);
        let source_link = link_named[source.child.link.as_str()];
        model.links.push(link(&parsed.links[source_link], Some(at))?);
        stack.extend(children[source_link].iter().rev().map(|j| (*j, child)));
    }
    if model.links.len() < parsed.links.len() {
        let lost = parsed.links.iter().find(|l| model.link(&l.name).is_none());
        let link = lost.map(|l| l.name.clone()).unwrap_or_default();
        return Err(UrdfError::Circle { robot: robot(), link });
    }
    if model.movable.is_empty() {
        warnings.push(format!("the robot {} has no joints that move", model.name));
    }
    mimics(parsed, &mut model)?;
    Ok(model)
}

fn link(source: &urdf_rs::Link, parent_joint: Option<usize>) -> Result<Link, UrdfError> {
    let place = format!("link `{}`", source.name);
    let inertial = &source.inertial;
    let mass = finite(inertial.mass.value, "the mass", &place)?;
    if mass < 0.0 {
        return Err(UrdfError::Negative { what: "the mass", place, value: mass });
    }
    let i = &inertial.inertia;
    for value in [i.ixx, i.ixy, i.ixz, i.iyy, i.iyz, i.izz] {
        finite(value, "the inertia", &place)?;
    }
    let inertia = Matrix3::new(i.ixx, i.ixy, i.ixz, i.ixy, i.iyy, i.iyz, i.ixz, i.iyz, i.izz);
    let link_from_inertia = pose(&inertial.origin, &place)?;
    let rotation = link_from_inertia.rotation.to_rotation_matrix();
    let given = mass > 0.0 || inertia != Matrix3::zeros();
    Ok(Link {
        name: source.name.clone(),
        parent_joint,
        inertial: given.then(|| Inertial {
            mass,
            center: link_from_inertia.translation.vector,
            inertia: rotation * inertia * rotation.transpose(),
        }),
    })
}

fn joint(
    source: &urdf_rs::Joint,
    parent: usize,
    child: usize,
    warnings: &mut Vec<String>,
) -> Result<Joint, UrdfError> {
    let place = format!("joint `{}`", source.name);
    let kind = match source.joint_type {
        urdf_rs::JointType::Fixed => JointKind::Fixed,
        urdf_rs::JointType::Revolute => JointKind::Revolute,
        urdf_rs::JointType::Continuous => JointKind::Continuous,
        urdf_rs::JointType::Prismatic => JointKind::Prismatic,
        ref other => {
            warnings.push(format!(
                "{place} is {}; fixed, revolute, continuous and prismatic joints move here, so it \
                 is held fixed",
                format!("{other:?}").to_lowercase()
            ));
            JointKind::Fixed
        }
    };
    let axis = Vector3::from(source.axis.xyz.0);
    for value in axis.iter() {
        finite(*value, "the axis", &place)?;
    }
    let axis = match UnitVector3::try_new(axis, 1e-9) {
        Some(axis) => axis,
        None if kind == JointKind::Fixed => Vector3::x_axis(),
        None => return Err(UrdfError::NoAxis { joint: source.name.clone() }),
    };
    let limit = &source.limit;
    for (value, what) in [
        (limit.lower, "the lower limit"),
        (limit.upper, "the upper limit"),
        (limit.velocity, "the velocity limit"),
        (limit.effort, "the effort limit"),
    ] {
        if value.is_nan() {
            return Err(UrdfError::NotFinite { what, place, value });
        }
    }
    let (mut lower, mut upper) = (limit.lower, limit.upper);
    let bounded = matches!(kind, JointKind::Revolute | JointKind::Prismatic);
    if bounded && lower > upper {
        return Err(UrdfError::Limits { joint: source.name.clone(), lower, upper });
    }
    let absent = lower == 0.0 && upper == 0.0 && limit.velocity == 0.0 && limit.effort == 0.0;
    if bounded && absent {
        warnings.push(format!("{place} states no limits; it is taken as unlimited"));
    }
    if !bounded || absent {
        (lower, upper) = (f64::NEG_INFINITY, f64::INFINITY);
    }
    let or_infinite = |value: f64| if value > 0.0 { value } else { f64::INFINITY };
    let dynamics = source.dynamics.as_ref();
    Ok(Joint {
        name: source.name.clone(),
        kind,
        parent,
        child,
        parent_from_joint: pose(&source.origin, &place)?,
        axis,
        lower,
        upper,
        velocity: or_infinite(limit.velocity),
        effort: or_infinite(limit.effort),
        damping: finite(dynamics.map_or(0.0, |d| d.damping), "the damping", &place)?,
        friction: finite(dynamics.map_or(0.0, |d| d.friction), "the friction", &place)?,
        mimic: None,
        column: None,
    })
}

/// Resolves who follows whom, through chains of followers to the joint that leads them all.
fn mimics(parsed: &urdf_rs::Robot, model: &mut Model) -> Result<(), UrdfError> {
    let named: HashMap<&str, &urdf_rs::Mimic> =
        parsed.joints.iter().filter_map(|j| Some((j.name.as_str(), j.mimic.as_ref()?))).collect();
    for at in model.movable.clone() {
        let name = model.joints[at].name.clone();
        let Some(first) = named.get(name.as_str()) else { continue };
        let fail = |reason| {
            Err(UrdfError::Mimic { joint: name.clone(), leader: first.joint.clone(), reason })
        };
        let place = format!("joint `{name}`");
        let (mut multiplier, mut offset, mut leader) = (1.0, 0.0, name.as_str());
        for _ in 0..=parsed.joints.len() {
            let Some(next) = named.get(leader) else { break };
            let factor = finite(next.multiplier.unwrap_or(1.0), "the mimic multiplier", &place)?;
            offset += multiplier * finite(next.offset.unwrap_or(0.0), "the mimic offset", &place)?;
            multiplier *= factor;
            leader = &next.joint;
        }
        if named.contains_key(leader) {
            return fail("which in the end follows itself");
        }
        let Some(joint) = model.joint(leader) else {
            return fail("which the URDF does not have");
        };
        if model.joints[joint].column.is_none() {
            return fail("which does not move");
        }
        model.joints[at].mimic = Some(Mimic { joint, multiplier, offset });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Geometry;
    use proptest::prelude::*;

    const ARM: &str = r#"<?xml version="1.0"?>
<robot name="arm">
  <material name="grey"><color rgba="0.5 0.5 0.5 1"/></material>
  <link name="base"><visual><geometry><box size="0.1 0.2 0.3"/></geometry><material name="grey"/>
    </visual><inertial><mass value="2"/><inertia ixx="1" ixy="0" ixz="0" iyy="1" iyz="0" izz="1"/>
    </inertial></link>
  <link name="upper"><collision><origin xyz="0 0 0.1" rpy="0 1.5 0"/><geometry>
    <cylinder radius="0.05" length="0.2"/></geometry></collision></link>
  <link name="hand"><visual><geometry><mesh filename="package://arm/hand.stl" scale="2 2 2"/>
    </geometry></visual></link>
  <link name="finger"/>
  <joint name="turn" type="revolute"><origin xyz="0 0 0.3"/><parent link="base"/>
    <child link="upper"/><axis xyz="0 0 2"/><limit lower="-1" upper="2" velocity="3" effort="4"/>
    </joint>
  <joint name="spin" type="continuous"><parent link="upper"/><child link="hand"/></joint>
  <joint name="slide" type="prismatic"><parent link="hand"/><child link="finger"/>
    <axis xyz="0 1 0"/><limit lower="0" upper="0.1" velocity="1" effort="1"/>
    <mimic joint="turn" multiplier="0.05" offset="0.01"/></joint>
</robot>"#;

    fn read(text: &str) -> Result<Loaded, UrdfError> {
        read_urdf(text.as_bytes(), Path::new("/nowhere/arm.urdf"))
    }

    #[test]
    fn a_urdf_is_read_whole() {
        let loaded = read(ARM).unwrap();
        let model = &loaded.model;
        assert_eq!((model.links.len(), model.joints.len(), model.dof()), (4, 3, 3));
        assert_eq!(model.links[0].inertial.unwrap().mass, 2.0);
        let turn = &model.joints[0];
        assert_eq!((turn.lower, turn.upper, turn.velocity, turn.effort), (-1.0, 2.0, 3.0, 4.0));
        assert_eq!(turn.axis.into_inner(), Vector3::z());
        let spin = &model.joints[1];
        assert_eq!((spin.kind, spin.upper), (JointKind::Continuous, f64::INFINITY));
        assert_eq!(spin.axis.into_inner(), Vector3::x());
        let mimic = model.joints[2].mimic.unwrap();
        assert_eq!((mimic.joint, mimic.multiplier, mimic.offset), (0, 0.05, 0.01));
        let mut q = vec![1.0, 0.0, 0.0];
        model.obey_mimic(&mut q);
        assert!((q[2] - 0.06).abs() < 1e-12);
        assert!(
            matches!(loaded.collision[0].geometry, Geometry::Cylinder { radius, .. } if radius == 0.05)
        );
        // The mesh is not there: said once, stood in for, nothing else lost.
        assert_eq!((loaded.meshes_loaded, loaded.meshes_missing), (0, 1));
        assert_eq!(loaded.look.parts.len(), 2);
        assert_eq!(loaded.warnings.len(), 1);
        assert!(loaded.warnings[0].contains("package://arm/hand.stl"), "{:?}", loaded.warnings);
        let grey = loaded.look.parts[0].material.base_color[0];
        assert!((grey - 0.214).abs() < 1e-3, "URDF colours are sRGB: {grey}");
    }

    #[test]
    fn meshes_are_found_by_package_and_beside_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(at("arm/urdf")).unwrap();
        let stl = "solid t\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 2 0 0\n\
            vertex 0 1 0\nendloop\nendfacet\nendsolid t\n";
        std::fs::write(at("arm/hand.stl"), stl).unwrap();
        std::fs::write(at("arm/urdf/near.stl"), stl).unwrap();
        let absolute = format!("file://{}", at("arm/hand.stl").display());
        for name in ["package://arm/hand.stl", "near.stl", "../hand.stl", absolute.as_str()] {
            let text = ARM.replace("package://arm/hand.stl", name);
            std::fs::write(at("arm/urdf/arm.urdf"), text).unwrap();
            let loaded = load_urdf(&at("arm/urdf/arm.urdf")).unwrap();
            assert_eq!((loaded.meshes_loaded, loaded.warnings.len()), (1, 0), "{name}");
            assert_eq!(loaded.look.parts[1].mesh.positions[1].x, 4.0, "scaled by 2");
        }
    }

    /// The sentence for a change of the arm, or for another file altogether.
    fn check(from: &str, to: &str, expected: &str) {
        let text = if from.is_empty() { to.to_owned() } else { ARM.replace(from, to) };
        assert_ne!(text, ARM);
        let says = read(&text).unwrap_err().to_string();
        assert!(says.contains(expected), "{says}");
        assert_eq!(says.lines().count(), 1, "{says}");
    }

    #[test]
    fn what_makes_no_robot_is_refused_in_a_sentence() {
        let joint = |parent: &str, child: &str| {
            format!(
                r#"<joint name="more" type="fixed"><parent link="{parent}"/><child link="{child}"/></joint></robot>"#
            )
        };
        check("</robot>", &joint("base", "hand"), "`hand` hangs on two joints, `spin` and `more`");
        check("</robot>", &joint("finger", "base"), "run in a circle");
        check("</robot>", &joint("finger", "nail"), "names the child link `nail`");
        check("</robot>", r#"<link name="loose"/></robot>"#, "`base` or `loose`");
        check("</robot>", r#"<link name="hand"/></robot>"#, "two links named `hand`");
        check("name=\"spin\"", "name=\"turn\"", "two joints named `turn`");
        check("</robot>", "", "not a valid URDF");
        check("", "<robot name=\"empty\"/>", "has no links");
        check("", "", "not a valid URDF");
        check("xyz=\"0 0 0.3\"", "xyz=\"0 0 nan\"", "NaN");
        check("radius=\"0.05\"", "radius=\"inf\"", "inf; a finite number is needed");
        check("radius=\"0.05\"", "radius=\"-1\"", "cannot be negative");
        check("xyz=\"0 0 2\"", "xyz=\"0 0 0\"", "the axis of joint `turn` has length 0");
        check("lower=\"-1\" upper=\"2\"", "lower=\"2\" upper=\"-1\"", "lower limit 2 above");
        check("mimic joint=\"turn\"", "mimic joint=\"twist\"", "which the URDF does not have");
        check("mimic joint=\"turn\"", "mimic joint=\"slide\"", "follows itself");
        check("scale=\"2 2 2\"", "scale=\"2 2 nan\"", "the mesh scale of link `hand` is NaN");
        let missing = load_urdf(Path::new("/nowhere/arm.urdf")).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read the URDF /nowhere/arm.urdf"), "{missing}");
    }

    #[test]
    fn what_is_odd_but_usable_is_warned_about() {
        let one = read(r#"<robot name="stone"><link name="a"/></robot>"#).unwrap();
        assert_eq!(one.warnings, ["the robot stone has no joints that move"]);
        let floating = read(&ARM.replace("\"continuous\"", "\"floating\"")).unwrap();
        assert!(floating.warnings.iter().any(|w| w.contains("joint `spin` is floating")));
        assert_eq!(floating.model.dof(), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn spoiled_urdfs_are_no_disaster(
            bytes in crate::meshes::tests::spoiled(ARM.into()),
        ) {
            if let Ok(loaded) = read_urdf(&bytes, Path::new("/nowhere/arm.urdf")) {
                let q = loaded.model.neutral();
                let mut poses = Vec::new();
                crate::link_poses(&loaded.model, &q, &mut poses);
                crate::mass_matrix(&loaded.model, &q);
            }
        }
    }
}
