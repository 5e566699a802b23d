//! Somebody brings a recording of a real arm and asks for a plan.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::{flowarm, number, refused, shared, text};

fn bridge() -> Option<PathBuf> {
    shared("data/bridge/episode_2")
}

/// The reference rotation of one recorded frame, fitted by an independent script.
fn reference(folder: &Path, frame: usize) -> nalgebra::Matrix3<f64> {
    let text = std::fs::read_to_string(folder.join("reference/rigid_fits.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let fits = all["fits"].as_array().unwrap();
    let fit = fits.iter().find(|fit| fit["frame"] == frame).unwrap();
    let rotation = &fit["masked"]["R_row_major"];
    nalgebra::Matrix3::from_fn(|r, c| number(&rotation[3 * r + c]))
}

#[test]
fn a_recorded_flow_is_read_robustly() {
    let Some(folder) = bridge() else { return };
    for flow in ["object_T8", "object_T25"] {
        let flow = folder.join("flow").join(flow);
        let out = tempfile::tempdir().unwrap();
        let pictures = out.path().join("pictures");
        let answer = flowarm(&[
            "plan",
            "--rgbd",
            text(&folder),
            "--flow",
            text(&flow),
            "--out",
            text(&pictures),
        ]);
        assert_eq!(answer.code, 0, "{}", answer.text);
        let report = answer.json;
        assert_eq!(report["reach"], "unknown");
        assert!(report["refused"].is_null() && report["success"].is_null());
        for fit in report["fits"].as_array().unwrap() {
            let robust = &fit["robust"];
            assert!(number(&robust["rms"]) <= 0.008, "{fit}");
            let share = number(&robust["inliers"]) / number(&robust["total"]);
            assert!(share >= 0.85, "{fit}");
        }
        // The plain SVD on the whole box is good only before the cube moves.
        let svd: Vec<f64> = report["fits"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fit| number(&fit["svd"]["rms"]))
            .collect();
        assert!(svd[0] < 0.005 && svd.iter().any(|rms| *rms > 0.05), "{svd:?}");
        assert!(report["grasps"]["sampled"].as_u64().unwrap() > 0);
        let names: Vec<&str> = report["stages"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|s| s["name"].as_str())
            .collect();
        assert_eq!(
            names,
            ["observe", "flow", "fit", "target", "verdict", "grasp", "solve", "path"]
        );
        let skipped = report["stages"][7]["detail"].as_str().unwrap();
        assert_eq!(skipped, "skipped: camera pose unknown");
        for file in report["files"].as_array().unwrap() {
            assert!(Path::new(file.as_str().unwrap()).is_file(), "{file}");
        }
        assert!(pictures.join("3_checks.png").is_file() && pictures.join("report.json").is_file());
        // The rotation of the last step against the reference of the same frame.
        let last = report["transform"].clone();
        let got = nalgebra::Matrix3::from_fn(|r, c| number(&last[r][c]));
        let expected = reference(&folder, 46);
        let cosine = ((got.transpose() * expected).trace() - 1.0) / 2.0;
        assert!(cosine.clamp(-1.0, 1.0).acos().to_degrees() < 4.0);
    }
}

#[test]
fn the_plain_fit_can_be_chosen_and_shows_why_not() {
    let Some(folder) = bridge() else { return };
    let flow = folder.join("flow/object_T8");
    let args = ["plan", "--rgbd", text(&folder), "--flow", text(&flow), "--fit", "svd"];
    let answer = flowarm(&[&args[..], &["--verifier", "none"]].concat());
    assert!(answer.code == 0 || answer.code == 1, "{}", answer.text);
    assert!(number(&answer.json["fit_rms"]) > 0.05, "{}", answer.json["fit_rms"]);
}

/// The gripper's box holds mostly background: its flow is no rigid motion.
#[test]
fn a_flow_that_is_no_motion_is_refused() {
    let Some(folder) = bridge() else { return };
    let flow = folder.join("flow/gripper_T8");
    refused(&["plan", "--rgbd", text(&folder), "--flow", text(&flow)], 1, &[]);
}

/// A copy of the recording that may be spoiled.
fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copied(&entry.path(), &to);
        } else {
            std::fs::write(&to, std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

#[test]
fn spoiled_recordings_are_answered_with_a_sentence() {
    let Some(original) = bridge() else { return };
    let spoil = |what: &dyn Fn(&Path), code: i32, expected: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        copied(&original, folder.path());
        what(folder.path());
        let flow = folder.path().join("flow/object_T8");
        refused(&["plan", "--rgbd", text(folder.path()), "--flow", text(&flow)], code, expected);
    };
    spoil(&|folder| std::fs::remove_dir_all(folder.join("depth")).unwrap(), 2, &["depth"]);
    spoil(&|folder| std::fs::remove_file(folder.join("meta.json")).unwrap(), 2, &["meta.json"]);
    spoil(&|folder| std::fs::write(folder.join("meta.json"), "{").unwrap(), 2, &["meta.json"]);
    spoil(&|folder| std::fs::write(folder.join("rgb/000.jpg"), "x").unwrap(), 2, &["000.jpg"]);
    spoil(
        &|folder| {
            let mask = image::GrayImage::new(256, 256);
            mask.save(folder.join("mask_object/000.png")).unwrap();
        },
        2,
        &["000.png", "no pixel"],
    );
    spoil(
        &|folder| {
            let depth: image::ImageBuffer<image::Luma<u16>, Vec<u16>> =
                image::ImageBuffer::new(256, 256);
            depth.save(folder.join("depth/000.png")).unwrap();
        },
        2,
        &["000.png", "no usable distance"],
    );
    spoil(
        &|folder| {
            let path = folder.join("flow/object_T8/xyz.npy");
            let bytes = std::fs::read(&path).unwrap();
            std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        },
        2,
        &["xyz.npy"],
    );
    refused(&["plan", "--rgbd", "nowhere", "--flow", "nowhere"], 2, &["nowhere"]);
    refused(&["plan", "--rgbd", text(&original)], 2, &["--flow"]);
    let flow = original.join("flow/object_T8");
    let sentence = "put the teapot on the stove";
    let args =
        ["plan", "--rgbd", text(&original), "--flow", text(&flow), "--instruction", sentence];
    refused(&args, 1, &["cube"]);
}

/// Depth as floating point, where a value may be no number.
#[test]
fn depth_that_is_not_a_number_is_not_believed() {
    let Some(original) = bridge() else { return };
    let folder = tempfile::tempdir().unwrap();
    copied(&original, folder.path());
    std::fs::remove_file(folder.path().join("depth/000.png")).unwrap();
    let mut bytes = std::fs::read(original.join("depth_first_f32.npy")).unwrap();
    let start = bytes.len() - 256 * 256 * 4;
    let flow = folder.path().join("flow/object_T8");
    let ask = |bytes: &[u8]| {
        std::fs::write(folder.path().join("depth/000.npy"), bytes).unwrap();
        flowarm(&["plan", "--rgbd", text(folder.path()), "--flow", text(&flow)])
    };
    // Some values: they are left out, and that is said.
    for value in bytes[start..start + 4096].chunks_exact_mut(4) {
        value.copy_from_slice(&f32::NAN.to_le_bytes());
    }
    let answer = ask(&bytes);
    assert_eq!(answer.code, 0, "{}", answer.text);
    let warnings = answer.json["warnings"].to_string();
    assert!(warnings.contains("1024"), "{warnings}");
    // All of them: there is nothing to plan on.
    for value in bytes[start..].chunks_exact_mut(4) {
        value.copy_from_slice(&f32::NAN.to_le_bytes());
    }
    let answer = ask(&bytes);
    assert_eq!(answer.code, 2, "{}", answer.text);
    assert!(answer.json["error"].as_str().unwrap().contains("no usable distance"));
}
