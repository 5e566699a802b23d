//! Looking at pictures: that there is something to see where it should be, and that it is what was
//! there when a person last looked and approved.
//!
//! `golden/<story>/<name>.png` are small copies of approved pictures. `UPDATE=1` writes them anew;
//! look at the pictures first (`FLOWARM_PICTURES=DIR` keeps them at full size).

use std::path::{Path, PathBuf};

use image::RgbImage;
use image::imageops::{FilterType, resize};

/// Size of an approved copy.
const SMALL: (u32, u32) = (144, 90);
/// Mean difference that times, words and a moving arm may make, of 1.
const MEAN: f32 = 0.035;
/// Share of the copy that may differ by more than [`FAR`].
const SHARE: f32 = 0.10;
const FAR: f32 = 0.15;

/// Mean and spread of the brightness in a part of a picture, given in shares of its size.
fn brightness(picture: &RgbImage, part: [f32; 4]) -> (f32, f32) {
    let (w, h) = (picture.width() as f32, picture.height() as f32);
    let [x0, y0, x1, y1] = [part[0] * w, part[1] * h, part[2] * w, part[3] * h].map(|x| x as u32);
    let mut all = Vec::new();
    for y in y0..y1 {
        for x in x0..x1 {
            let [r, g, b] = picture.get_pixel(x, y).0.map(f32::from);
            all.push((0.3 * r + 0.6 * g + 0.1 * b) / 255.0);
        }
    }
    let mean = all.iter().sum::<f32>() / all.len() as f32;
    let spread = all.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / all.len() as f32;
    (mean, spread.sqrt())
}

/// Mean difference of two pictures of one size, and the share of pixels that differ by much.
fn difference(a: &RgbImage, b: &RgbImage) -> (f32, f32) {
    let (mut sum, mut far, mut count) = (0.0, 0.0, 0.0);
    for (a, b) in a.pixels().zip(b.pixels()) {
        let apart = |n: usize| (f32::from(a.0[n]) - f32::from(b.0[n])).abs() / 255.0;
        let mean = (apart(0) + apart(1) + apart(2)) / 3.0;
        sum += mean;
        far += f32::from(u8::from(mean > FAR));
        count += 1.0;
    }
    (sum / count, far / count)
}

/// The pictures of a folder, in order.
fn pictures(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let mut paths: Vec<_> = entries.filter(|p| p.extension().is_some_and(|e| e == "png")).collect();
    paths.sort();
    paths
}

/// Looks at every picture of a folder: none is blank, none is all of one tone where the 3D view is,
/// and each is like its approved copy, where there is one.
pub fn check(folder: &Path, story: &str, at_least: usize) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(story);
    let update = std::env::var_os("UPDATE").is_some();
    let paths = pictures(folder);
    let mut wrong = Vec::new();
    for path in &paths {
        let picture = image::open(path).unwrap().to_rgb8();
        let name = path.file_name().unwrap().to_string_lossy();
        if !name.ends_with(".small.png") {
            let (mean, spread) = brightness(&picture, [0.2, 0.1, 0.7, 0.7]);
            assert!(spread > 0.03, "{name}: the 3D view shows nothing (spread {spread})");
            assert!((0.02..0.97).contains(&mean), "{name}: the 3D view is blank (mean {mean})");
        }
        let (_, spread) = brightness(&picture, [0.0, 0.0, 1.0, 1.0]);
        assert!(spread > 0.04, "{name}: the window shows nothing (spread {spread})");
        let small = resize(&picture, SMALL.0, SMALL.1, FilterType::Triangle);
        let approved = golden.join(&*name);
        if update {
            std::fs::create_dir_all(&golden).unwrap();
            small.save(&approved).unwrap();
            continue;
        }
        let Ok(before) = image::open(&approved) else {
            wrong.push(format!("{name} has no approved copy"));
            continue;
        };
        let (mean, share) = difference(&small, &before.to_rgb8());
        if mean > MEAN || share > SHARE {
            wrong.push(format!("{name} is not as approved: mean {mean:.3}, far {share:.3}"));
        }
    }
    assert!(paths.len() >= at_least, "only {} pictures were kept", paths.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
