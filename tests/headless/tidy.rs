//! What a reviewer would otherwise say twice: every source file opens by saying what it is, and is
//! one room with one purpose.

use std::path::{Path, PathBuf};

use crate::layering::repository;

/// Longest a file may be before its tests, lines.
const LONGEST: usize = 700;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
}

/// What is wrong with the text of one file, if anything.
fn fault(text: &str) -> Option<String> {
    if !text.starts_with("//!") {
        return Some("does not open with `//!` and what it is".into());
    }
    let lines = text.lines().take_while(|line| *line != "mod tests {").count();
    (lines > LONGEST).then(|| format!("has {lines} lines before its tests, {LONGEST} at most"))
}

#[test]
fn files_are_tidy() {
    let mut files = Vec::new();
    for folder in ["src", "tests"] {
        sources(&repository().join(folder), &mut files);
    }
    assert!(files.len() > 20, "only {} sources found", files.len());
    let faults: Vec<String> = files
        .iter()
        .filter_map(|path| {
            let fault = fault(&std::fs::read_to_string(path).unwrap())?;
            Some(format!("{} {fault}", path.strip_prefix(repository()).unwrap().display()))
        })
        .collect();
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn faults_are_found() {
    assert_eq!(fault("//! A room.\n"), None);
    assert!(fault("use x;\n").is_some());
    let long = format!("//! A room.\n{}", "x\n".repeat(LONGEST));
    assert!(fault(&long).is_some());
    assert_eq!(fault(&long.replacen("x\n", "mod tests {\n", 1)), None);
}
