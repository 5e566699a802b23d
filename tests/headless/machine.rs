//! Somebody asks what this machine can do, and what the program can.

use crate::harness::{flowarm, refused};

#[test]
fn the_doctor_names_what_to_install() {
    let answer = flowarm(&["doctor"]);
    assert_eq!(answer.code, 0, "{}", answer.text);
    let checks = answer.json["checks"].as_array().unwrap();
    for name in ["display", "GPU adapter", "cameras", "gamepads", "serial ports", "robots"] {
        let check = checks.iter().find(|check| check["name"] == name).unwrap();
        let fix = check["fix"].as_str().unwrap();
        assert_eq!(check["ok"].as_bool().unwrap(), fix.is_empty(), "{check}");
        assert!(!check["detail"].as_str().unwrap().is_empty(), "{check}");
    }
}

#[test]
fn help_is_an_answer_and_nonsense_is_not() {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    assert_eq!(cli::run(&["--help".to_owned()], &mut out, &mut err), 0);
    let help = String::from_utf8(out).unwrap();
    for command in ["demo", "doctor", "robot", "plan", "flow", "eval", "bench"] {
        assert!(help.contains(command), "{command} is missing in {help}");
    }
    refused(&["dance"], 2, &["dance"]);
    refused(&["eval", "--policy", "luck", "--scene", "pick_cube"], 2, &["luck"]);
}
