//! The binary starts, answers and hands its exit code on.

#![allow(clippy::unwrap_used, missing_docs)]

use std::process::Command;

fn flowarm(args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_flowarm")).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_binary_answers() {
    let (code, out, err) = flowarm(&["doctor", "--json"]);
    assert_eq!(code, Some(0), "{err}");
    let last: serde_json::Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert!(last["checks"].as_array().unwrap().len() > 5, "{last}");

    let (code, out, err) = flowarm(&["robot", "check", "nowhere.urdf"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("nowhere.urdf"), "{err}");
}
