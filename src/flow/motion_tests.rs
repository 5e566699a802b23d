//! Laws of the fit on flows made here, and its figures on the recorded episode.

use std::path::{Path, PathBuf};

use geometry::{erode3x3, moved};
use interface::{FlowSource, Mask};
use nalgebra::{Matrix3, Rotation3, UnitQuaternion, Vector3};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

/// A flow of `points` places over the given motions, every point visible.
fn flow_of(start: &[Point], motions: &[RigidTransform]) -> Flow3 {
    let positions: Vec<Point> =
        motions.iter().flat_map(|m| start.iter().map(|p| moved(m, p))).collect();
    let times: Vec<f64> = (0..motions.len()).map(|i| i as f64 * 0.2).collect();
    let visible = vec![true; positions.len()];
    Flow3::new(times, start.len(), positions, visible, FlowSource::Goal).unwrap()
}

fn cube(seed: u64, n: usize) -> Vec<Point> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..n)
        .map(|_| Point::from([(); 3].map(|()| rng.random_range(-0.02..0.02f32))))
        .map(|p| p + interface::Vector::new(0.4, 0.1, 0.02))
        .collect()
}

fn lift(angle: f64) -> Vec<RigidTransform> {
    (0..6)
        .map(|i| {
            let s = f64::from(i) / 5.0;
            RigidTransform::new(Vector3::z() * 0.15 * s, Vector3::new(0.2, 1.0, 0.3) * angle * s)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn exact_motions_come_back(angle in 0.0..2.5f64, seed in 0..99u64) {
        let (start, motions) = (cube(seed, 60), lift(angle));
        let flow = flow_of(&start, &motions);
        for fit in [Fit::default(), Fit::Svd] {
            let found = fit_motion(&flow, fit, seed).unwrap();
            prop_assert_eq!(found.steps.len(), 6);
            for (step, expected) in found.steps.iter().zip(&motions) {
                prop_assert!(step.rms < 1e-6 && step.inliers == 60 && step.total == 60);
                for p in &start {
                    let off = step.frame_from_start * wide(p) - expected * wide(p);
                    prop_assert!(off.norm() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn a_moved_camera_changes_nothing_but_the_frame(
        turn in prop::array::uniform3(-2.0..2.0f64),
        shift in prop::array::uniform3(-0.5..0.5f64),
    ) {
        let camera_from_world = RigidTransform::new(Vector3::from(shift), Vector3::from(turn));
        let (start, motions) = (cube(3, 40), lift(0.8));
        let in_world = fit_motion(&flow_of(&start, &motions), Fit::default(), 1).unwrap();
        let seen: Vec<Point> = start.iter().map(|p| moved(&camera_from_world, p)).collect();
        let in_camera: Vec<RigidTransform> = motions
            .iter()
            .map(|m| camera_from_world * m * camera_from_world.inverse())
            .collect();
        let in_camera = fit_motion(&flow_of(&seen, &in_camera), Fit::default(), 1).unwrap();
        for (w, c) in in_world.steps.iter().zip(&in_camera.steps) {
            let expected = camera_from_world * w.frame_from_start * camera_from_world.inverse();
            for p in &seen {
                prop_assert!((c.frame_from_start * wide(p) - expected * wide(p)).norm() < 1e-5);
            }
        }
    }
}

#[test]
fn background_in_the_box_spoils_the_plain_fit_only() {
    let mut start = cube(5, 200);
    let motions = lift(0.4);
    let body = start.len();
    // Points of the table beside the cube: they stay.
    start.extend(cube(6, 60).iter().map(|p| *p + interface::Vector::new(0.05, 0.0, -0.02)));
    let positions: Vec<Point> = motions
        .iter()
        .flat_map(|m| {
            start.iter().enumerate().map(|(i, p)| if i < body { moved(m, p) } else { *p })
        })
        .collect();
    let visible = vec![true; positions.len()];
    let times: Vec<f64> = (0..6).map(f64::from).collect();
    let flow = Flow3::new(times, 260, positions, visible, FlowSource::Recorded).unwrap();
    let truth = motions[5];
    let robust = fit_motion(&flow, Fit::default(), 0).unwrap();
    assert!(robust.end_from_start().rotation.angle_to(&truth.rotation) < 1e-4);
    assert_eq!(robust.steps[5].inliers, body);
    assert!(robust.steps[5].rms < 1e-5);
    let plain = fit_motion(&flow, Fit::Svd, 0).unwrap();
    assert!(plain.steps[5].rms > 0.02, "{}", plain.steps[5].rms);
    assert_eq!(fit_motion(&flow, Fit::default(), 0).unwrap(), robust, "same seed, same fit");
}

fn check_refused(flow: &Flow3, expected: &str) {
    let sentence = fit_motion(flow, Fit::default(), 0).unwrap_err().to_string();
    assert!(sentence.contains(expected), "{sentence:?} should say {expected:?}");
}

#[test]
fn flows_that_are_no_motion_are_refused_with_the_reason() {
    let motions = lift(0.4);
    let still = vec![RigidTransform::translation(0.0, 0.001, 0.0); 6];
    check_refused(&flow_of(&cube(1, 64), &still), "nothing moves");

    // A box of no height: every column of the grid lands on one place.
    let flat: Vec<Point> =
        (0..256).map(|i| Point::new(0.3 + 0.002 * (i / 16) as f32, 0.1, 0.7)).collect();
    check_refused(&flow_of(&flat, &motions), "box is degenerate");

    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut chaos = flow_of(&cube(1, 64), &motions);
    chaos.positions = chaos
        .positions
        .iter()
        .enumerate()
        .map(|(i, p)| {
            let jump = if i < 64 { 0.0 } else { 0.2 };
            *p + interface::Vector::from([(); 3].map(|()| jump * rng.random_range(-1.0..1.0f32)))
        })
        .collect();
    check_refused(&chaos, "no rigid motion");

    let mut hidden = flow_of(&cube(1, 64), &motions);
    hidden.visible = (0..hidden.positions.len()).map(|i| i < 4 * 64 || i % 16 == 0).collect();
    check_refused(&hidden, "at step 4 only 4 of 64 points are visible");

    let mut lost = flow_of(&cube(1, 64), &motions);
    lost.positions = lost.positions.iter().map(|p| p * f32::NAN).collect();
    check_refused(&lost, "only 0 of 64 points");

    check_refused(&flow_of(&cube(1, 64), &motions[..1]), "1 steps");
    check_refused(&flow_of(&[], &motions), "0 points");
}

// ---- the recorded episode ----------------------------------------------------------------------

/// The example episode beside the repository, when it is there.
fn episode() -> Option<PathBuf> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/bridge/episode_2");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not there", folder.display());
    None
}

/// The data of a little-endian f32 or i64 array file, as numbers.
fn npy(path: &Path) -> Vec<f64> {
    let bytes = std::fs::read(path).unwrap();
    let header = u16::from_le_bytes([bytes[8], bytes[9]]) as usize;
    let text = std::str::from_utf8(&bytes[10..10 + header]).unwrap();
    let data = &bytes[10 + header..];
    if text.contains("<f4") {
        let value = |b: &[u8]| f64::from(f32::from_le_bytes(b.try_into().unwrap()));
        data.chunks_exact(4).map(value).collect()
    } else {
        let value = |b: &[u8]| i64::from_le_bytes(b.try_into().unwrap()) as f64;
        data.chunks_exact(8).map(value).collect()
    }
}

/// The object mask of a frame after one erosion.
fn mask(folder: &Path, frame: usize) -> Mask {
    let picture =
        image::open(folder.join(format!("mask_object/{frame:03}.png"))).unwrap().to_luma8();
    erode3x3(&Mask {
        width: picture.width() as usize,
        height: picture.height() as usize,
        bits: picture.pixels().map(|p| p.0[0] > 127).collect(),
    })
}

/// A flow record as a flow; a point counts as visible where its track says so and its pixel lies in the
/// eroded mask.
fn recorded(folder: &Path, record: &str) -> (Flow3, Vec<usize>) {
    let dir = folder.join("flow").join(record);
    let frames: Vec<usize> =
        npy(&dir.join("frame_index.npy")).iter().map(|f| *f as usize).collect();
    let (first, xyz) = (npy(&dir.join("first_xyz.npy")), npy(&dir.join("xyz.npy")));
    let tracks = npy(&folder.join("tracks/object_grid16.npy"));
    let (mut positions, mut visible) = (Vec::new(), Vec::new());
    for (step, frame) in frames.iter().enumerate() {
        let mask = mask(folder, *frame);
        for i in 0..256 {
            let at: [f64; 3] = if step == 0 {
                std::array::from_fn(|k| first[i * 3 + k])
            } else {
                std::array::from_fn(|k| xyz[((step - 1) * 3 + k) * 256 + i])
            };
            positions.push(Point::from(at.map(|x| x as f32)));
            let track = &tracks[(frame * 256 + i) * 3..][..3];
            let pixel = |x: f64| x.clamp(0.0, 255.0) as usize;
            visible.push(track[2] > 0.5 && mask.at(pixel(track[0]), pixel(track[1])));
        }
    }
    let times: Vec<f64> = frames.iter().map(|f| *f as f64 / 5.0).collect();
    (Flow3::new(times, 256, positions, visible, FlowSource::Recorded).unwrap(), frames)
}

/// The folder's own rotation of each frame, from the points in the mask.
fn reference_rotations(folder: &Path) -> Vec<UnitQuaternion<f64>> {
    let text = std::fs::read_to_string(folder.join("reference/rigid_fits.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut rotations = vec![UnitQuaternion::identity()];
    for fit in json["fits"].as_array().unwrap() {
        let entries: Vec<f64> = fit["masked"]["R_row_major"]
            .as_array()
            .unwrap()
            .iter()
            .map(|x| x.as_f64().unwrap())
            .collect();
        rotations.push(UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(
            Matrix3::from_row_slice(&entries),
        )));
    }
    rotations
}

#[test]
fn the_recorded_cube_is_followed_within_the_promised_figures() {
    let Some(folder) = episode() else { return };
    let reference = reference_rotations(&folder);
    for record in ["object_T25", "object_T8"] {
        let (flow, frames) = recorded(&folder, record);
        let mut worst = (0.0f64, 1.0f64, 0.0f64);
        // The figures must not hang on a lucky seed.
        let fits = (0..8).map(|s| fit_motion(&flow, Fit::Robust { threshold: 0.015 }, s).unwrap());
        let steps: Vec<StepFit> = fits.flat_map(|fit| fit.steps).collect();
        for (step, frame) in steps.iter().zip(frames.iter().cycle()) {
            let angle = step.frame_from_start.rotation.angle_to(&reference[*frame]).to_degrees();
            worst = (worst.0.max(step.rms), worst.1.min(step.share()), worst.2.max(angle));
            assert!(step.rms <= 0.008, "{record} frame {frame}: rms {}", step.rms);
            assert!(step.share() >= 0.85, "{record} frame {frame}: inliers {}", step.share());
            assert!(angle <= 4.0, "{record} frame {frame}: {angle} degrees off");
        }
        println!("{record}: rms {:.4} m, inliers {:.3}, {:.2} degrees", worst.0, worst.1, worst.2);
    }
}

#[test]
fn the_plain_fit_on_the_recorded_box_fails_as_published() {
    let Some(folder) = episode() else { return };
    let (flow, frames) = recorded(&folder, "object_T25");
    let plain = fit_motion(&flow, Fit::Svd, 0).unwrap();
    let mut turned = 0.0f64;
    for (step, frame) in plain.steps.iter().zip(&frames) {
        let angle = step.frame_from_start.rotation.angle().to_degrees();
        println!("frame {frame}: rms {:.1} mm, {angle:.0} degrees", step.rms * 1e3);
        if (1..=6).contains(frame) {
            assert!((0.002..0.0045).contains(&step.rms), "at rest: {}", step.rms);
        }
        if *frame >= 17 {
            assert!((0.0495..0.0685).contains(&step.rms), "carried: {}", step.rms);
        }
        turned = turned.max(angle);
    }
    assert!(turned > 100.0, "{turned}");
}

#[test]
fn the_gripper_box_of_the_recording_is_no_object() {
    let Some(folder) = episode() else { return };
    let dir = folder.join("flow/gripper_T25");
    let (first, xyz) = (npy(&dir.join("first_xyz.npy")), npy(&dir.join("xyz.npy")));
    let steps = xyz.len() / 768 + 1;
    let mut positions: Vec<Point> =
        first.chunks_exact(3).map(|p| Point::new(p[0] as f32, p[1] as f32, p[2] as f32)).collect();
    for step in xyz.chunks_exact(768) {
        positions.extend(
            (0..256)
                .map(|i| Point::new(step[i] as f32, step[256 + i] as f32, step[512 + i] as f32)),
        );
    }
    let visible = vec![true; positions.len()];
    let times: Vec<f64> = (0..steps).map(|i| i as f64).collect();
    let flow = Flow3::new(times, 256, positions, visible, FlowSource::Recorded).unwrap();
    let sentence = fit_motion(&flow, Fit::default(), 0).unwrap_err().to_string();
    assert!(sentence.contains("no rigid motion"), "{sentence}");
}
