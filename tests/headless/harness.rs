//! One command line run in process: its exit code, its JSON and its human text.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::layering::repository;

/// What a command line answered.
pub struct Answer {
    /// The exit code.
    pub code: i32,
    /// The last line of stdout as JSON; null when it is none.
    pub json: Value,
    /// Everything on stderr.
    pub text: String,
}

/// Runs `flowarm ARGS --json`.
pub fn flowarm(args: &[&str]) -> Answer {
    let args: Vec<String> = args.iter().chain(&["--json"]).map(|arg| (*arg).to_owned()).collect();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = cli::run(&args, &mut out, &mut err);
    let out = String::from_utf8(out).unwrap();
    let json = out.lines().last().map_or(Value::Null, |line| {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    });
    Answer { code, json, text: String::from_utf8(err).unwrap() }
}

/// Runs a command line that must be refused with this exit code and a sentence that holds every one
/// of `expected`.
pub fn refused(args: &[&str], code: i32, expected: &[&str]) {
    let answer = flowarm(args);
    let sentence = answer.json["error"]
        .as_str()
        .or_else(|| answer.json["refused"].as_str())
        .unwrap_or_default()
        .to_owned();
    assert_eq!(answer.code, code, "{args:?}: {sentence} {}", answer.text);
    for expected in expected {
        assert!(sentence.contains(expected), "{args:?}: `{expected}` is not in: {sentence}");
    }
    assert!(!sentence.trim().contains('\n'), "more than one line: {sentence}");
}

/// A file or folder of the recorded data beside the repository, where there is any.
pub fn shared(path: &str) -> Option<PathBuf> {
    let path = repository().join("../shared").join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: there is no {}", path.display());
    None
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A number of a JSON array or object.
pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}
