//! Somebody brings a robot: it is checked, posed and asked to reach.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{flowarm, number, refused, shared, text};
use crate::layering::repository;

/// A two-joint arm with a gripper whose second finger follows the first.
const ARM: &str = r#"<robot name="two_joints">
  <link name="base"/>
  <link name="upper"><inertial><origin xyz="0.25 0 0"/><mass value="2"/>
    <inertia ixx="0.01" ixy="0" ixz="0" iyy="0.01" iyz="0" izz="0.01"/></inertial></link>
  <link name="tip"/>
  <link name="left"/>
  <link name="right"/>
  <joint name="shoulder" type="revolute"><parent link="base"/><child link="upper"/>
    <axis xyz="0 -1 0"/><limit lower="-2" upper="2" velocity="1" effort="50"/></joint>
  <joint name="slide" type="prismatic"><parent link="upper"/><child link="tip"/>
    <origin xyz="0.5 0 0"/><axis xyz="1 0 0"/>
    <limit lower="0" upper="0.3" velocity="1" effort="50"/></joint>
  <joint name="finger" type="prismatic"><parent link="tip"/><child link="left"/>
    <axis xyz="0 1 0"/><limit lower="0" upper="0.04" velocity="1" effort="50"/></joint>
  <joint name="follower" type="prismatic"><parent link="tip"/><child link="right"/>
    <axis xyz="0 -1 0"/><limit lower="0" upper="0.04" velocity="1" effort="50"/>
    <mimic joint="finger"/></joint>
</robot>"#;

fn write(folder: &Path, name: &str, content: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    text(&path).to_owned()
}

#[test]
fn a_description_is_checked_and_posed() {
    let folder = tempfile::tempdir().unwrap();
    let urdf = write(folder.path(), "arm.urdf", ARM);
    let answer = flowarm(&["robot", "check", &urdf]);
    assert_eq!(answer.code, 0, "{}", answer.text);
    assert_eq!(answer.json["name"], "two_joints");
    assert_eq!(
        ["links", "joints", "dof", "mimic", "meshes_loaded", "meshes_missing"]
            .map(|key| answer.json[key].as_u64().unwrap()),
        [5, 4, 3, 1, 0, 0]
    );

    // The arm held out level, its slide out by 0.1 m: worked by hand.
    let configs = json!({"joints": ["slide", "shoulder", "finger"], "configs": [[0.1, 0.0, 0.02]]});
    let configs = write(folder.path(), "configs.json", &configs.to_string());
    let ask = |frame| flowarm(&["robot", "fk", &urdf, "--frame", frame, "--configs", &configs]);
    let answer = ask("tip");
    assert_eq!(answer.code, 0, "{}", answer.text);
    assert_eq!(
        answer.json["poses"][0],
        json!([
            [1.0, 0.0, 0.0, 0.6],
            [0.0, 1.0, 0.0, 0.0],
            [0.0, 0.0, 1.0, 0.0],
            [0.0, 0.0, 0.0, 1.0]
        ])
    );
    // Lifting the shoulder moves the tip up; the slide moves it along x.
    let jacobian = &answer.json["jacobians"][0];
    assert!((number(&jacobian[2][1]) - 0.6).abs() < 1e-12, "{jacobian}");
    assert!((number(&jacobian[0][0]) - 1.0).abs() < 1e-12, "{jacobian}");
    // 2 kg at 0.25 m.
    let gravity = number(&answer.json["gravity"][0][1]);
    assert!((gravity - 2.0 * 9.81 * 0.25).abs() < 1e-9, "{gravity}");
    // The finger that nobody named follows its leader to the other side.
    assert!((number(&ask("right").json["poses"][0][1][3]) + 0.02).abs() < 1e-12);
}

#[test]
fn targets_are_reached() {
    let folder = tempfile::tempdir().unwrap();
    let urdf = text(&repository().join("urdf/franka/franka.urdf")).to_owned();
    let names: Vec<String> = {
        let check = flowarm(&["robot", "check", &urdf]);
        assert_eq!((check.code, &check.json["meshes_missing"]), (0, &json!(0)), "{}", check.text);
        let home: toml::Table = toml::from_str(
            &std::fs::read_to_string(repository().join("urdf/franka/robot.toml")).unwrap(),
        )
        .unwrap();
        let joints = home["arm"][0]["joints"].as_array().unwrap().clone();
        joints.iter().map(|joint| joint.as_str().unwrap().to_owned()).collect()
    };
    let frame = {
        let toml: toml::Table = toml::from_str(
            &std::fs::read_to_string(repository().join("urdf/franka/robot.toml")).unwrap(),
        )
        .unwrap();
        toml["arm"][0]["tip_link"].as_str().unwrap().to_owned()
    };
    let postures = [
        [0.1, -0.4, 0.2, -1.9, 0.3, 1.7, 0.5],
        [-0.9, 0.5, -0.3, -1.4, 0.2, 2.1, -1.0],
        [1.2, 0.2, 0.4, -2.4, -0.6, 2.6, 1.3],
    ];
    let configs = json!({"joints": names, "configs": postures});
    let configs = write(folder.path(), "configs.json", &configs.to_string());
    let poses = flowarm(&["robot", "fk", &urdf, "--frame", &frame, "--configs", &configs]);
    assert_eq!(poses.code, 0, "{}", poses.text);
    let targets = json!({"targets": poses.json["poses"]}).to_string();
    let targets = write(folder.path(), "targets.json", &targets);
    let ask = ["robot", "ik", &urdf, "--frame", &frame, "--targets", &targets];
    let answer = flowarm(&ask);
    assert_eq!(answer.code, 0, "{}", answer.text);
    let solutions = answer.json["solutions"].as_array().unwrap().clone();
    // What was found is posed again: the answer is judged by the target, not by the solver.
    let found: Vec<&Value> = solutions.iter().map(|solution| &solution["joints"]).collect();
    let found = json!({"joints": answer.json["joint_names"], "configs": found}).to_string();
    let found = write(folder.path(), "found.json", &found);
    let again = flowarm(&["robot", "fk", &urdf, "--frame", &frame, "--configs", &found]);
    assert_eq!(again.code, 0, "{}", again.text);
    for (index, solution) in solutions.iter().enumerate() {
        assert_eq!(solution["ok"], true, "{solution}");
        for row in 0..3 {
            let of = |answer: &Value| number(&answer["poses"][index][row][3]);
            assert!((of(&again.json) - of(&poses.json)).abs() < 1e-4, "{index}");
        }
    }
}

/// Poses, Jacobians and dynamics against pinocchio, by the files and flags that a user has.
#[test]
fn figures_agree_with_an_independent_implementation() {
    let Some(reference) = shared("data/kinematics/reference.json") else { return };
    let folder = tempfile::tempdir().unwrap();
    let all: Value = serde_json::from_str(&std::fs::read_to_string(&reference).unwrap()).unwrap();
    for robot in all["robots"].as_array().unwrap() {
        let urdf = reference.with_file_name(robot["urdf"].as_str().unwrap());
        let samples = robot["samples"].as_array().unwrap();
        let postures: Vec<&Value> = samples.iter().map(|sample| &sample["q"]).collect();
        let configs = json!({"joints": robot["joint_order"], "configs": postures}).to_string();
        let configs = write(folder.path(), "configs.json", &configs);
        let frame = robot["tip_frame"].as_str().unwrap();
        let got = flowarm(&["robot", "fk", text(&urdf), "--frame", frame, "--configs", &configs]);
        assert_eq!(got.code, 0, "{}", got.text);
        for (index, sample) in samples.iter().enumerate() {
            let near = |key: &str, expected: &Value, tolerance: f64| {
                let (got, expected) = (numbers(&got.json[key][index]), numbers(expected));
                assert_eq!(got.len(), expected.len(), "{key}");
                let off = got.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                assert!(off <= tolerance, "{}, {key}, sample {index}: {off:e}", robot["name"]);
            };
            let largest =
                |value: &Value| numbers(value).iter().fold(0.0_f64, |most, v| most.max(v.abs()));
            near("poses", &sample["tip_pose"], 1e-9);
            near("jacobians", &sample["tip_jacobian"], 1e-9);
            let torque = &sample["gravity_torque"];
            near("gravity", torque, 1e-6 * largest(torque));
            let mass = &sample["mass_matrix"];
            near("mass_matrix", mass, 1e-6 * largest(mass));
        }
    }
}

/// All numbers of nested arrays, in order.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        value => vec![number(value)],
    }
}

#[test]
fn mistakes_are_answered_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let urdf = write(folder, "arm.urdf", ARM);
    refused(&["robot", "check", "nowhere.urdf"], 2, &["nowhere.urdf"]);

    let broken = write(folder, "broken.urdf", &ARM[..ARM.len() / 2]);
    refused(&["robot", "check", &broken], 2, &["broken.urdf", "not a valid URDF"]);

    let looped = ARM.replace(
        "</robot>",
        r#"<joint name="closing" type="fixed"><parent link="right"/><child link="left"/></joint></robot>"#,
    );
    let looped = write(folder, "looped.urdf", &looped);
    refused(&["robot", "check", &looped], 2, &["kinematic loop", "`left`", "`closing`"]);

    let mesh = ARM.replace(
        r#"<link name="base"/>"#,
        r#"<link name="base"><visual><geometry><mesh filename="gone.stl"/></geometry></visual></link>"#,
    );
    let mesh = write(folder, "mesh.urdf", &mesh);
    let answer = flowarm(&["robot", "check", &mesh]);
    assert_eq!((answer.code, &answer.json["meshes_missing"]), (0, &json!(1)));
    assert!(answer.json["warnings"][0].as_str().unwrap().contains("gone.stl"), "{}", answer.json);

    let configs = |content: &str| write(folder, "configs.json", content);
    let fk = |frame: &str, content: &str, expected: &[&str]| {
        let configs = configs(content);
        refused(&["robot", "fk", &urdf, "--frame", frame, "--configs", &configs], 2, expected);
    };
    fk("hand", r#"{"joints":[],"configs":[]}"#, &["no link `hand`", "tip"]);
    fk("tip", r#"{"joints":["elbow"],"configs":[]}"#, &["no movable joint `elbow`", "shoulder"]);
    fk("tip", r#"{"joints":["slide"],"configs":[[1,2]]}"#, &["configuration 0", "2 values"]);
    fk("tip", r#"{"joints":["slide"]}"#, &["configs.json", "`configs`"]);
    fk("tip", "{", &["configs.json", "JSON"]);

    let targets =
        write(folder, "targets.json", r#"{"targets":[[[1,0,0,0],[0,1,0,0],[0,0,2,0],[0,0,0,1]]]}"#);
    let ik = ["robot", "ik", &urdf, "--frame", "tip", "--targets", &targets];
    refused(&ik, 2, &["target 0", "rotation"]);
    refused(&["robot", "ik", &urdf, "--frame", "base", "--targets", &targets], 2, &["target 0"]);
}
