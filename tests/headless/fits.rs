//! Somebody has two clouds and wants the motion between them.

use std::path::Path;

use crate::harness::{flowarm, number, refused, text};

/// An `.npy` file as NumPy 1 writes it.
fn npy(folder: &Path, name: &str, shape: &str, values: &[f32]) -> String {
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    let room = 64 - (10 + header.len() + 1) % 64;
    header.push_str(&" ".repeat(room));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    text(&path).to_owned()
}

/// 40 points on a sphere of 0.1 m, none on a line with two others.
fn sphere() -> Vec<[f32; 3]> {
    (0..40)
        .map(|i| {
            let (turn, height) = (i as f32 * 2.4, i as f32 / 20.0 - 0.975);
            let radius = (1.0 - height * height).sqrt();
            [0.1 * radius * turn.cos(), 0.1 * radius * turn.sin(), 0.1 * height]
        })
        .collect()
}

#[test]
fn the_motion_of_the_many_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let from = sphere();
    // A quarter turn about z and 0.3 m up; every fourth point went astray.
    let to: Vec<[f32; 3]> = from
        .iter()
        .enumerate()
        .map(|(i, [x, y, z])| {
            let astray = if i % 4 == 0 { 0.2 + 0.01 * i as f32 } else { 0.0 };
            [-y + astray, *x, z + 0.3]
        })
        .collect();
    let points = npy(folder.path(), "points.npy", "(40, 3)", from.as_flattened());
    let targets = npy(folder.path(), "targets.npy", "(40, 3)", to.as_flattened());
    let answer = flowarm(&["flow", "fit", "--points", &points, "--targets", &targets]);
    assert_eq!(answer.code, 0, "{}", answer.text);
    assert_eq!(
        (answer.json["inliers"].as_u64(), answer.json["total"].as_u64()),
        (Some(30), Some(40))
    );
    assert!(number(&answer.json["rms"]) < 1e-6);
    let expected = [[0.0, -1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.3]];
    for (row, expected) in expected.iter().enumerate() {
        for (column, expected) in expected.iter().enumerate() {
            let got = number(&answer.json["transform"][row][column]);
            assert!((got - expected).abs() < 1e-6, "[{row}][{column}] {got}");
        }
    }
}

#[test]
fn what_fixes_no_motion_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let line: Vec<f32> = (0..10).flat_map(|i| [i as f32, 0.0, 0.0]).collect();
    let line = npy(folder, "line.npy", "(10, 3)", &line);
    refused(&["flow", "fit", "--points", &line, "--targets", &line], 1, &["10 points", "one line"]);

    let mut lost = sphere();
    lost[5][1] = f32::NAN;
    let whole = npy(folder, "whole.npy", "(40, 3)", sphere().as_flattened());
    let lost = npy(folder, "lost.npy", "(40, 3)", lost.as_flattened());
    refused(
        &["flow", "fit", "--points", &lost, "--targets", &whole],
        2,
        &["point 5 of", "lost.npy"],
    );
    refused(&["flow", "fit", "--points", &line, "--targets", &whole], 2, &["40 entries", "10"]);

    let torn = folder.join("torn.npy");
    std::fs::write(&torn, &std::fs::read(&whole).unwrap()[..100]).unwrap();
    refused(&["flow", "fit", "--points", text(&torn), "--targets", &whole], 2, &["torn.npy"]);
    refused(&["flow", "fit", "--points", "gone.npy", "--targets", &whole], 2, &["gone.npy"]);
    refused(&["flow", "fit", "--points", &whole], 2, &["required"]);
}
