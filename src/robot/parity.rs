//! Tests only: kinematics and dynamics against pinocchio, on public robots and on our own.

use std::path::{Path, PathBuf};

use nalgebra::{Matrix6xX, Vector3};
use serde_json::Value;

use crate::{
    Frame, IkChain, IkOptions, Model, Robot, gravity_torque, jacobian, link_poses, load_urdf,
    mass_matrix, robot_names, robots_folder, solve_ik,
};

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// One robot of the format of `kinematics/reference.json`.
fn check(model: &Model, frame: &Frame, robot: &Value, samples: &Value) {
    let name = &model.name;
    let order: Vec<usize> = robot["joint_order"]
        .as_array()
        .unwrap()
        .iter()
        .map(|joint| model.column(joint.as_str().unwrap()).unwrap())
        .collect();
    assert_eq!(order.len(), model.dof(), "{name}: every movable joint is compared");
    assert!((model.mass() - robot["total_mass"].as_f64().unwrap()).abs() < 1e-8, "{name}");
    let mut poses = Vec::new();
    let mut columns = Matrix6xX::zeros(0);
    for sample in samples.as_array().unwrap() {
        let mut q = vec![0.0; model.dof()];
        for (column, value) in order.iter().zip(numbers(&sample["q"])) {
            q[*column] = value;
        }
        link_poses(model, &q, &mut poses);
        let pose = (poses[frame.link] * frame.link_from_tool).to_homogeneous();
        for (row, values) in sample["tip_pose"].as_array().unwrap().iter().enumerate() {
            for (column, value) in numbers(values).into_iter().enumerate() {
                assert!((pose[(row, column)] - value).abs() < 1e-9, "{name}: tip pose");
            }
        }
        jacobian(model, &poses, frame.link, &frame.link_from_tool, &mut columns);
        for (row, values) in sample["tip_jacobian"].as_array().unwrap().iter().enumerate() {
            for (column, value) in order.iter().zip(numbers(values)) {
                assert!((columns[(row, *column)] - value).abs() < 1e-9, "{name}: Jacobian");
            }
        }
        let torque = gravity_torque(model, &q, &Vector3::new(0.0, 0.0, -9.81));
        let expected = numbers(&sample["gravity_torque"]);
        let largest = expected.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
        for (column, value) in order.iter().zip(expected) {
            assert!((torque[*column] - value).abs() < 1e-6 * largest, "{name}: gravity");
        }
        let mass = mass_matrix(model, &q);
        let rows: Vec<Vec<f64>> =
            sample["mass_matrix"].as_array().unwrap().iter().map(numbers).collect();
        let largest = rows.iter().flatten().fold(0.0_f64, |a, b| a.max(b.abs()));
        for (row, values) in order.iter().zip(&rows) {
            for (column, value) in order.iter().zip(values) {
                let error = (mass[(*row, *column)] - value).abs();
                assert!(error < 1e-6 * largest, "{name}: mass matrix");
            }
        }
        let Some(links) = sample.get("link_poses").and_then(Value::as_object) else { continue };
        for (link, expected) in links {
            let pose = poses[model.link(link).unwrap()].to_homogeneous();
            for (row, values) in expected.as_array().unwrap().iter().enumerate() {
                for (column, value) in numbers(values).into_iter().enumerate() {
                    assert!((pose[(row, column)] - value).abs() < 1e-9, "{name}: {link}");
                }
            }
        }
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn public_robots_agree_with_pinocchio() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/kinematics");
    if !folder.is_dir() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    for robot in read(&folder.join("reference.json"))["robots"].as_array().unwrap() {
        let loaded = load_urdf(&folder.join(robot["urdf"].as_str().unwrap())).unwrap();
        let link = loaded.model.link(robot["tip_frame"].as_str().unwrap()).unwrap();
        let frame = Frame { link, link_from_tool: interface::RigidTransform::identity() };
        check(&loaded.model, &frame, robot, &robot["samples"]);
    }
}

fn ours() -> impl Iterator<Item = (PathBuf, Robot)> {
    let names = robot_names();
    assert!(names.contains(&"franka".to_owned()));
    names.into_iter().map(|name| (robots_folder().join(&name), Robot::load(&name).unwrap()))
}

#[test]
fn our_robots_agree_with_pinocchio() {
    for (folder, robot) in ours() {
        let golden = read(&folder.join("golden.json"));
        let arms = golden["arms"].as_array().unwrap();
        assert_eq!(arms.len(), robot.arms.len());
        for (arm, golden_arm) in robot.arms.iter().zip(arms) {
            assert_eq!(golden_arm["name"], arm.name.as_str());
            check(&robot.model, &arm.tool, &golden, &golden_arm["samples"]);
        }
    }
}

/// The laws every robot of the folder obeys.
#[test]
fn every_robot_of_the_folder_works() {
    for (_, robot) in ours() {
        let name = &robot.name;
        let home = robot.home();
        let q = robot.q(&home.positions, &home.openings);
        assert!(robot.warnings.is_empty(), "{name}: {:?}", robot.warnings);
        assert!(!robot.look.parts.is_empty() && !robot.collision.is_empty(), "{name}");
        let back = robot.target_of(&q);
        assert!(back.positions == home.positions, "{name}");
        for (opening, expected) in back.openings.iter().zip(&home.openings) {
            assert!((opening - expected).abs() < 1e-9, "{name}");
        }
        for arm in 0..robot.arms.len() {
            jacobian_is_the_derivative(&robot, arm, &q);
            ik_comes_back(&robot, arm);
        }
    }
}

fn jacobian_is_the_derivative(robot: &Robot, arm: usize, q: &[f64]) {
    let frame = robot.arms[arm].tool;
    let (mut poses, mut columns) = (Vec::new(), Matrix6xX::zeros(0));
    link_poses(&robot.model, q, &mut poses);
    jacobian(&robot.model, &poses, frame.link, &frame.link_from_tool, &mut columns);
    let h = 1e-6;
    for column in 0..q.len() {
        let at = |change: f64| {
            let mut q = q.to_vec();
            q[column] += change;
            robot.tool_pose(arm, &q)
        };
        let (a, b) = (at(-h), at(h));
        let linear = (b.translation.vector - a.translation.vector) / (2.0 * h);
        let angular = (b.rotation * a.rotation.inverse()).scaled_axis() / (2.0 * h);
        for i in 0..3 {
            assert!((linear[i] - columns[(i, column)]).abs() < 1e-8, "{}", robot.name);
            assert!((angular[i] - columns[(3 + i, column)]).abs() < 1e-8, "{}", robot.name);
        }
    }
}

fn ik_comes_back(robot: &Robot, arm: usize) {
    use rand::{Rng, SeedableRng};
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let specs = &robot.arms[arm].specs;
    let draw = |rng: &mut rand_chacha::ChaCha8Rng| -> Vec<f64> {
        specs.iter().map(|s| rng.random_range(s.lower..=s.upper)).collect()
    };
    let options = IkOptions::default();
    let base = robot.q(&robot.home().positions, &[]);
    for _ in 0..50 {
        let (truth, near) = (draw(&mut rng), draw(&mut rng));
        let mut q = base.clone();
        robot.set_joints(arm, &truth, &mut q);
        let target = robot.tool_pose(arm, &q);
        let answer = solve_ik(robot, arm, &target, &near, &options);
        assert!(answer.ok, "{}: {answer:?}", robot.name);
        robot.set_joints(arm, &answer.joints, &mut q);
        let miss = target.inverse() * robot.tool_pose(arm, &q);
        assert!(miss.translation.vector.norm() <= options.tol_pos, "{}", robot.name);
        assert!(miss.rotation.angle() <= options.tol_rot, "{}", robot.name);
        for (joint, spec) in answer.joints.iter().zip(specs) {
            assert!((spec.lower..=spec.upper).contains(joint), "{}: {}", robot.name, spec.name);
        }
        assert_eq!(answer, solve_ik(robot, arm, &target, &near, &options));
    }
}

#[test]
fn an_unreachable_target_is_missed_honestly() {
    let robot = Robot::load("franka").unwrap();
    let target = interface::RigidTransform::translation(3.0, 0.0, 0.5);
    let answer = solve_ik(&robot, 0, &target, &robot.arms[0].home, &IkOptions::default());
    assert!(!answer.ok && answer.pos_err > 1.9 && answer.pos_err < 2.6, "{answer:?}");
    let target = interface::RigidTransform::translation(f64::NAN, 0.0, 0.5);
    let answer = solve_ik(&robot, 0, &target, &robot.arms[0].home, &IkOptions::default());
    assert!(!answer.ok && answer.joints.iter().all(|joint| joint.is_finite()));
}

#[test]
fn any_urdf_has_chains_to_its_links() {
    for (_, robot) in ours() {
        for link in 0..robot.model.links.len() {
            let Ok(chain) = IkChain::to_link(&robot.model, link) else { continue };
            let joints: Vec<f64> = (0..chain.dof()).map(|i| 0.1 * (i + 1) as f64).collect();
            let mut q = robot.model.neutral();
            for (column, joint) in chain.columns().iter().zip(&joints) {
                q[*column] = *joint;
            }
            robot.model.obey_mimic(&mut q);
            let direct = crate::link_pose(&robot.model, &q, link);
            let miss = direct.inverse() * chain.tool_pose(&joints);
            assert!(miss.translation.vector.norm() + miss.rotation.angle() < 1e-6);
        }
    }
}
