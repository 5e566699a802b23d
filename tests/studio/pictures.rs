//! Coarse statistics of pictures: that there is something to see, where it should be.

use std::path::Path;

/// Mean and spread of the brightness in a part of a picture, given in shares of its size.
fn brightness(picture: &image::RgbImage, part: [f32; 4]) -> (f32, f32) {
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

/// Looks at every picture of a folder: none is blank, none is all of one tone where the 3D view is.
pub fn check(folder: &Path) {
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "png") {
            continue;
        }
        count += 1;
        let picture = image::open(&path).unwrap().to_rgb8();
        let name = path.file_name().unwrap().to_string_lossy();
        let (mean, spread) = brightness(&picture, [0.2, 0.1, 0.7, 0.7]);
        assert!(spread > 0.04, "{name}: the 3D view shows nothing (spread {spread})");
        assert!((0.02..0.95).contains(&mean), "{name}: the 3D view is blank (mean {mean})");
        let (_, spread) = brightness(&picture, [0.0, 0.0, 1.0, 1.0]);
        assert!(spread > 0.05, "{name}: the window shows nothing (spread {spread})");
    }
    assert!(count >= 10, "only {count} pictures were kept");
}
