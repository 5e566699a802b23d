//! Which cameras a demonstration is recorded with.

use interface::{CameraLayout, Pinhole};
use session_api::Failure;
use sim::{CameraPlace, Cell};

/// The cell's cameras of these names, each `name` or `name:WxH`: the policy's, and the planning ones.
pub fn chosen(cell: &Cell, names: &[String]) -> Result<Vec<CameraPlace>, Failure> {
    let there: Vec<&CameraPlace> =
        std::iter::once(cell.policy_camera()).chain(cell.cameras()).collect();
    let mut places: Vec<CameraPlace> = Vec::new();
    for asked in names {
        let (name, size) = asked.split_once(':').unwrap_or((asked, ""));
        let Some(place) = there.iter().find(|place| place.name == name) else {
            let known: Vec<&str> = there.iter().map(|place| place.name).collect();
            return Err(Failure::Usage(format!(
                "the scene {} has no camera `{name}`; its cameras are {}",
                cell.scene().name(),
                known.join(", ")
            )));
        };
        if places.iter().any(|place| place.name == name) {
            return Err(Failure::Usage(format!("the camera `{name}` is named twice")));
        }
        let mut place = (*place).clone();
        if !size.is_empty() {
            place.pinhole = resized(&place.pinhole, size).ok_or_else(|| {
                Failure::Usage(format!(
                    "`{asked}` gives no size of a camera; `{name}:256x256` does, with 16 to 3840 \
                     columns and 16 to 2160 rows, both even"
                ))
            })?;
        }
        places.push(place);
    }
    Ok(places)
}

/// Most pictures a second that nobody asked for.
const USUAL: u32 = 25;

/// Control periods from one picture to the next, `fps` of them a second.
pub fn every(fps: u32, camera_fps: Option<u32>) -> Result<usize, Failure> {
    match camera_fps {
        None => Ok(usual(fps)),
        Some(rate) if rate > 0 && fps.is_multiple_of(rate) => Ok((fps / rate) as usize),
        Some(rate) => Err(Failure::Usage(format!(
            "--camera-fps is {rate}; {fps} control periods a second go with a rate that divides them, \
             {} for example",
            fps / usual(fps) as u32
        ))),
    }
}

/// The fewest that give no more than [`USUAL`] pictures a second.
pub fn usual(fps: u32) -> usize {
    let fits = |n: &u32| fps.is_multiple_of(*n) && fps / n <= USUAL;
    (1..=fps).find(fits).unwrap_or(1) as usize
}

/// What a data set says of them.
pub fn layouts(places: &[CameraPlace], depth: bool) -> Vec<CameraLayout> {
    let layout = |place: &CameraPlace| CameraLayout {
        name: place.name.to_owned(),
        width: place.pinhole.width,
        height: place.pinhole.height,
        depth,
    };
    places.iter().map(layout).collect()
}

/// The lens with as many pixels as `WxH` says: the same rows of view, sides cut or added.
fn resized(lens: &Pinhole, size: &str) -> Option<Pinhole> {
    let (width, height) = size.split_once('x')?;
    let (width, height): (usize, usize) = (width.parse().ok()?, height.parse().ok()?);
    let fits = (16..=3840).contains(&width) && (16..=2160).contains(&height);
    if !fits || !width.is_multiple_of(2) || !height.is_multiple_of(2) {
        return None;
    }
    let scale = height as f64 / lens.height as f64;
    // Pixel centres lie at whole numbers, so the picture's middle at (columns - 1) / 2.
    let middle = |pixels: usize| (pixels as f64 - 1.0) / 2.0;
    Some(Pinhole {
        width,
        height,
        fx: lens.fx * scale,
        fy: lens.fy * scale,
        cx: middle(width) + (lens.cx - middle(lens.width)) * scale,
        cy: middle(height) + (lens.cy - middle(lens.height)) * scale,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_come_at_a_whole_fraction_of_the_control_rate() {
        assert_eq!([20, 25, 50, 100].map(usual), [1, 1, 2, 4]);
        assert_eq!(every(50, Some(50)).unwrap(), 1);
        assert!(every(50, Some(30)).unwrap_err().to_string().contains("30"));
        assert!(every(50, Some(0)).is_err());
    }

    #[test]
    fn a_smaller_picture_shows_the_same() {
        let lens = Pinhole { width: 640, height: 480, fx: 600.0, fy: 600.0, cx: 319.5, cy: 239.5 };
        let half = resized(&lens, "320x240").unwrap();
        // The left edge of the picture, half a pixel outside the first centre.
        let left = |lens: &Pinhole| (-0.5 - lens.cx) / lens.fx;
        assert!((left(&half) - left(&lens)).abs() < 1e-12);
        assert_eq!(resized(&lens, "640x480"), Some(lens));
        for bad in ["", "320", "0x240", "321x240", "axb", "99999x240"] {
            assert_eq!(resized(&lens, bad), None, "{bad}");
        }
    }
}
