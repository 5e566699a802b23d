//! Somebody asks for a task in a simulated scene: it is planned, carried out and shown.

use std::path::Path;

use crate::harness::{flowarm, number, refused, text};

#[test]
fn a_plan_is_made_and_carried_out() {
    let folder = tempfile::tempdir().unwrap();
    let (out, rrd) = (folder.path().join("out"), folder.path().join("plan.rrd"));
    let args =
        ["plan", "--scene", "pick_cube", "--execute", "--out", text(&out), "--rrd", text(&rrd)];
    let answer = flowarm(&args);
    assert_eq!(answer.code, 0, "{}", answer.text);
    let report = answer.json;
    assert_eq!((&report["success"], &report["reach"]), (&true.into(), &"known".into()));
    assert!(report["verdict"]["accept"].as_bool().unwrap());
    assert!(report["grasps"]["reachable"].as_u64().unwrap() > 0);
    assert!(number(&report["path"]["duration_secs"]) > 1.0);
    // The cube is lifted, not turned.
    assert!(number(&report["transform"][2][3]) > 0.1, "{}", report["transform"]);
    let files = report["files"].as_array().unwrap();
    assert!(files.len() >= 6, "{files:?}");
    for file in files {
        assert!(
            std::fs::metadata(Path::new(file.as_str().unwrap())).unwrap().len() > 100,
            "{file}"
        );
    }
    // The same question again: the folder is used, and is not written into unasked.
    refused(&args, 2, &["--force"]);
}

#[test]
fn the_same_seed_gives_the_same_plan() {
    let ask = |seed: &str| {
        let mut report = flowarm(&["plan", "--scene", "stack_cube", "--seed", seed]).json;
        for stage in report["stages"].as_array_mut().unwrap() {
            stage["millis"] = 0.into();
        }
        report
    };
    let first = ask("3");
    assert_eq!(first, ask("3"));
    assert_ne!(first["transform"], ask("4")["transform"]);
}

#[test]
fn an_instruction_without_an_object_is_refused() {
    let ask = |sentence: &str, extra: &[&str], expected: &[&str]| {
        let args = ["plan", "--scene", "pick_cube", "--instruction", sentence];
        refused(&[&args[..], extra].concat(), 1, expected);
    };
    ask("make me happy", &[], &["cube"]);
    ask("make me happy", &["--execute"], &["cube"]);
    ask("", &[], &["cube"]);
    let answer = flowarm(&["plan", "--scene", "pick_cube", "--instruction", "lift the block"]);
    assert!(answer.code == 0 || answer.json["refused"].is_string(), "{}", answer.text);
}

#[test]
fn what_does_not_fit_together_is_said() {
    refused(&["plan", "--scene", "juggle"], 2, &["juggle", "pick_cube"]);
    refused(&["plan", "--scene", "pick_cube", "--world-model", "recorded"], 2, &["--flow"]);
    refused(&["plan", "--scene", "pick_cube", "--flow", "nowhere"], 2, &["nowhere"]);
    refused(&["plan", "--scene", "pick_cube", "--robot", "gone.urdf"], 2, &["gone.urdf"]);
    let nobody = "rerun+http://127.0.0.1:9/proxy";
    refused(&["plan", "--scene", "pick_cube", "--rerun", nobody], 3, &["start one with `rerun`"]);
    refused(&["plan", "--scene", "pick_cube", "--rerun", "teapot"], 2, &["`teapot`"]);
}
