//! Pictures from disk: colour, depth and masks, with their own ideas of what is believable.

use std::path::Path;

use image::{DynamicImage, ImageReader};
use interface::{Depth, Image, Mask};

use crate::{DatasetError, NpyData, read_npy};

/// Farthest distance believed, metres: beyond it a depth camera guesses.
pub(crate) const FAR_METRES: f32 = 20.0;

fn decode(path: &Path) -> Result<DynamicImage, DatasetError> {
    let unreadable = |reason: String| DatasetError::Unreadable { path: path.to_owned(), reason };
    ImageReader::open(path)
        .map_err(|e| unreadable(e.to_string()))?
        .with_guessed_format()
        .map_err(|e| unreadable(e.to_string()))?
        .decode()
        .map_err(|e| unreadable(e.to_string()))
}

/// A colour picture.
pub(crate) fn read_image(path: &Path) -> Result<Image, DatasetError> {
    let picture = decode(path)?.into_rgb8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Ok(Image { width, height, rgb: picture.pixels().map(|p| p.0).collect() })
}

/// A mask: what is brighter than half counts.
pub(crate) fn read_mask(path: &Path) -> Result<Mask, DatasetError> {
    let picture = decode(path)?.into_luma8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Ok(Mask { width, height, bits: picture.pixels().map(|p| p.0[0] > 127).collect() })
}

/// A depth image: 16-bit PNG in millimetres or `.npy` in metres; and a warning when some distances
/// were not numbers, negative or too far to be believed. Such pixels count as not measured.
pub(crate) fn read_depth(path: &Path) -> Result<(Depth, Option<String>), DatasetError> {
    let invalid = |problem: String| DatasetError::Invalid { path: path.to_owned(), problem };
    let (width, height, mut metres) = if path.extension().is_some_and(|e| e == "npy") {
        let array = read_npy(path)?;
        let &[height, width] = array.shape.as_slice() else {
            return Err(invalid(format!("a depth array has two axes, this one {:?}", array.shape)));
        };
        if !matches!(array.data, NpyData::F32(_) | NpyData::F64(_)) {
            return Err(invalid("a depth array holds f32 or f64 metres".into()));
        }
        (width, height, array.to_f32())
    } else {
        match decode(path)? {
            DynamicImage::ImageLuma16(p) => {
                let metres = p.pixels().map(|p| f32::from(p.0[0]) * 1e-3).collect();
                (p.width() as usize, p.height() as usize, metres)
            }
            other => {
                return Err(invalid(format!(
                    "depth is {:?}; expected a 16-bit grey PNG in millimetres",
                    other.color()
                )));
            }
        }
    };
    let total = metres.len();
    let mut absurd = 0;
    for z in &mut metres {
        if !z.is_finite() || *z < 0.0 || *z > FAR_METRES {
            *z = 0.0;
            absurd += 1;
        }
    }
    if metres.iter().all(|z| *z == 0.0) {
        return Err(DatasetError::NoDepth { path: path.to_owned(), total, far: FAR_METRES });
    }
    let warning = (absurd > 0).then(|| {
        format!(
            "{}: {absurd} of {total} distances are not numbers, negative or beyond {FAR_METRES} m; \
             they count as not measured",
            path.display()
        )
    });
    Ok((Depth { width, height, metres: metres.into() }, warning))
}
