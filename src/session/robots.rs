//! Robot descriptions: what they hold, and kinematics of whole batches.

use std::path::Path;
use std::time::Instant;

use interface::{Cancel, RigidTransform};
use nalgebra::{DMatrix, Matrix3, Matrix6xX, Rotation3, Translation3, UnitQuaternion, Vector3};
use robot::{IkChain, IkOptions, Loaded, Model, load_urdf};
use serde::Deserialize;
use session_api::{
    Event, Failure, FkReport, IkReport, IkSolution, Matrix, RobotCheckReport, RobotFkSpec,
    RobotIkSpec, Sink,
};

use crate::files::read_json;

/// m/s², along the root link's axes.
const GRAVITY: Vector3<f64> = Vector3::new(0.0, 0.0, -9.81);

fn load(urdf: &Path) -> Result<Loaded, Failure> {
    load_urdf(urdf).map_err(|error| Failure::usage(&error))
}

/// Says what a description holds.
pub fn check(urdf: &Path) -> Result<RobotCheckReport, Failure> {
    let loaded = load(urdf)?;
    let model = &loaded.model;
    let mimic = model.joints.iter().filter(|joint| joint.mimic.is_some()).count();
    Ok(RobotCheckReport {
        name: model.name.clone(),
        links: model.links.len(),
        joints: model.joints.len(),
        dof: model.dof() - mimic,
        mimic,
        total_mass: model
            .links
            .iter()
            .filter_map(|link| link.inertial.as_ref())
            .map(|inertial| inertial.mass)
            .sum(),
        meshes_loaded: loaded.meshes_loaded,
        meshes_missing: loaded.meshes_missing,
        warnings: loaded.warnings,
    })
}

/// The link that `--frame` names.
fn frame(model: &Model, name: &str) -> Result<usize, Failure> {
    model.link(name).ok_or_else(|| {
        let names: Vec<&str> = model.links.iter().map(|link| link.name.as_str()).collect();
        Failure::Usage(format!(
            "the robot {} has no link `{name}`; its links are {}",
            model.name,
            names.join(", ")
        ))
    })
}

#[derive(Deserialize)]
struct Configs {
    joints: Vec<String>,
    configs: Vec<Vec<f64>>,
}

/// Poses, Jacobians and dynamics of a batch. Columns are the joints that the file names, mimic
/// joints being columns of their own; joints that it leaves out stand at 0 or follow their leader.
pub fn forward(spec: &RobotFkSpec) -> Result<FkReport, Failure> {
    let model = load(&spec.urdf)?.model;
    let link = frame(&model, &spec.frame)?;
    let asked: Configs =
        read_json(&spec.configs, "JSON of the form {\"joints\":[names],\"configs\":[[..],..]}")?;
    let columns = asked
        .joints
        .iter()
        .map(|name| {
            model.column(name).ok_or_else(|| {
                let names: Vec<&str> = (0..model.dof())
                    .map(|column| model.movable_joint(column).name.as_str())
                    .collect();
                Failure::Usage(format!(
                    "the robot {} has no movable joint `{name}`; its joints are {}",
                    model.name,
                    names.join(", ")
                ))
            })
        })
        .collect::<Result<Vec<usize>, Failure>>()?;
    let mut report = FkReport {
        joints: asked.joints,
        poses: Vec::new(),
        jacobians: Vec::new(),
        gravity: Vec::new(),
        mass_matrix: Vec::new(),
    };
    let mut poses = Vec::new();
    let mut jacobian = Matrix6xX::zeros(model.dof());
    for (index, config) in asked.configs.iter().enumerate() {
        if config.len() != columns.len() {
            return Err(Failure::Usage(format!(
                "configuration {index} of {} has {} values, {} joints are named",
                spec.configs.display(),
                config.len(),
                columns.len()
            )));
        }
        let q = joint_vector(&model, &columns, config);
        robot::link_poses(&model, &q, &mut poses);
        let identity = RigidTransform::identity();
        robot::jacobian(&model, &poses, link, &identity, &mut jacobian);
        let gravity = robot::gravity_torque(&model, &q, &GRAVITY);
        let mass = robot::mass_matrix(&model, &q);
        report.poses.push(Matrix::from(&poses[link]));
        report.jacobians.push(
            (0..6).map(|row| columns.iter().map(|c| jacobian[(row, *c)]).collect()).collect(),
        );
        report.gravity.push(columns.iter().map(|c| gravity[*c]).collect());
        report.mass_matrix.push(selected(&mass, &columns));
    }
    Ok(report)
}

fn selected(matrix: &DMatrix<f64>, columns: &[usize]) -> Vec<Vec<f64>> {
    columns.iter().map(|r| columns.iter().map(|c| matrix[(*r, *c)]).collect()).collect()
}

/// A full joint vector from the values of some joints: the others stand at 0, and mimic joints
/// among them follow.
fn joint_vector(model: &Model, columns: &[usize], values: &[f64]) -> Vec<f64> {
    let mut q = vec![0.0; model.dof()];
    for (column, value) in columns.iter().zip(values) {
        q[*column] = *value;
    }
    model.obey_mimic(&mut q);
    // What the file says of a mimic joint itself holds.
    for (column, value) in columns.iter().zip(values) {
        q[*column] = *value;
    }
    q
}

#[derive(Deserialize)]
struct Targets {
    targets: Vec<[[f64; 4]; 4]>,
    #[serde(default)]
    seeds: Option<Vec<Vec<f64>>>,
}

/// Joint values for a batch of poses.
pub fn inverse(spec: &RobotIkSpec, events: Sink<'_>, cancel: &Cancel) -> Result<IkReport, Failure> {
    let model = load(&spec.urdf)?.model;
    let link = frame(&model, &spec.frame)?;
    for (name, value) in [("--tol-pos", spec.tol_pos), ("--tol-rot", spec.tol_rot)] {
        if !(value.is_finite() && value > 0.0) {
            return Err(Failure::Usage(format!("{name} is {value}; it must be above 0")));
        }
    }
    let asked: Targets =
        read_json(&spec.targets, "JSON of the form {\"targets\":[4x4..],\"seeds\":[[..]..]?}")?;
    let targets = asked
        .targets
        .iter()
        .enumerate()
        .map(|(index, rows)| {
            rigid(rows).ok_or_else(|| {
                Failure::Usage(format!(
                    "target {index} of {} is no rigid transform: its upper left 3x3 block must be \
                     a rotation and its last row 0 0 0 1",
                    spec.targets.display()
                ))
            })
        })
        .collect::<Result<Vec<RigidTransform>, Failure>>()?;
    let chain = IkChain::to_link(&model, link).map_err(|error| Failure::usage(&error))?;
    let seeds = asked.seeds.unwrap_or_default();
    if !seeds.is_empty() && seeds.len() != targets.len() {
        return Err(Failure::Usage(format!(
            "{} has {} seeds for {} targets; give one a target or none",
            spec.targets.display(),
            seeds.len(),
            targets.len()
        )));
    }
    if let Some((index, seed)) = seeds.iter().enumerate().find(|(_, s)| s.len() != chain.dof()) {
        return Err(Failure::Usage(format!(
            "seed {index} of {} has {} values; the {} joints to `{}` need {}",
            spec.targets.display(),
            seed.len(),
            chain.dof(),
            spec.frame,
            chain.dof()
        )));
    }
    let options = IkOptions {
        tol_pos: spec.tol_pos,
        tol_rot: spec.tol_rot,
        seed: spec.seed,
        ..IkOptions::default()
    };
    let mut solutions = Vec::with_capacity(targets.len());
    for (index, target) in targets.iter().enumerate() {
        if cancel.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        let near = seeds.get(index).map_or(&[][..], Vec::as_slice);
        let begun = Instant::now();
        let answer = chain.solve(target, near, &options);
        let micros = begun.elapsed().as_secs_f64() * 1e6;
        solutions.push(IkSolution {
            ok: answer.ok,
            joints: answer.joints,
            pos_err: answer.pos_err,
            rot_err: answer.rot_err,
            micros,
        });
        if index % 1000 == 999 {
            events(Event::Progress { what: "targets", done: index + 1, total: targets.len() });
        }
    }
    Ok(IkReport {
        joint_names: chain
            .columns()
            .iter()
            .map(|column| model.movable_joint(*column).name.clone())
            .collect(),
        solutions,
    })
}

/// The rigid transform that a 4x4 matrix is, if it is one.
fn rigid(rows: &[[f64; 4]; 4]) -> Option<RigidTransform> {
    let rotation = Matrix3::from_fn(|r, c| rows[r][c]);
    let translation = Vector3::new(rows[0][3], rows[1][3], rows[2][3]);
    // Written-out matrices carry six digits or more.
    let off = (rotation * rotation.transpose() - Matrix3::identity()).abs().max();
    let last = rows[3] == [0.0, 0.0, 0.0, 1.0];
    let finite = translation.iter().all(|value| value.is_finite());
    (off < 1e-4 && rotation.determinant() > 0.0 && last && finite).then(|| {
        // Rows of a rotation that is one to rounding: the nearest unit quaternion, then exact again.
        let rotation = Rotation3::from_matrix_unchecked(rotation);
        RigidTransform::from_parts(
            Translation3::from(translation),
            UnitQuaternion::new_normalize(
                UnitQuaternion::from_rotation_matrix(&rotation).into_inner(),
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rigid_matrices_are_targets() {
        let good = [
            [0.0, -1.0, 0.0, 0.3],
            [1.0, 0.0, 0.0, 0.2],
            [0.0, 0.0, 1.0, 0.1],
            [0.0, 0.0, 0.0, 1.0],
        ];
        let pose = rigid(&good).unwrap();
        assert!((Matrix::from(&pose).0[0][1] + 1.0).abs() < 1e-12);
        let check = |row: usize, column: usize, value: f64| {
            let mut bad = good;
            bad[row][column] = value;
            assert!(rigid(&bad).is_none(), "[{row}][{column}] = {value}");
        };
        check(0, 1, 1.0); // a mirror image
        check(0, 1, -1.1); // stretched
        check(3, 3, 2.0);
        check(0, 3, f64::NAN);
        check(2, 2, f64::NAN);
    }
}
