//! What was seen, what followed and what was foreseen, side by side.

use interface::Image;
use nn::Result;
use world_model::f2f::{Clip, F2f, Films, assemble};

/// Screen pixels of a picture's pixel.
const ENLARGED: usize = 2;
/// Between pictures, pixels.
const GAP: usize = 6;
/// Between clips, pixels.
const BETWEEN: usize = 14;
/// What lies between.
const PAPER: [u8; 3] = [255; 3];

/// Two rows a clip: the frames that were seen and those that followed; below the latter, what was
/// foreseen.
pub fn draw(model: &F2f, films: &Films, clips: &[Clip], steps: usize) -> Result<Image> {
    let config = &model.config;
    let side = config.image * ENLARGED;
    let (columns, pitch) = (config.frames(), side + GAP);
    let tall = 2 * pitch + BETWEEN;
    let (width, height) = (columns * pitch + GAP, clips.len() * tall + GAP);
    let mut rgb = vec![PAPER; width * height];
    if clips.is_empty() {
        return Ok(Image { width, height, rgb: rgb.into() });
    }
    let batch = assemble(films, clips, config, model.params.device())?;
    let (past, future) = batch.split(config)?;
    let (foreseen, _) = model.predict(&past, steps)?;
    for (tensor, row, column) in
        [(&past, 0, 0), (&future, 0, config.past), (&foreseen, 1, config.past)]
    {
        let values = tensor.flatten_all()?.to_vec1::<f32>()?;
        let count = tensor.dim(1)?;
        for (i, pixels) in values.chunks_exact(config.image * config.image * 3).enumerate() {
            let at = (GAP + (column + i % count) * pitch, GAP + i / count * tall + row * pitch);
            put(&mut rgb, width, at, pixels, config.image);
        }
    }
    Ok(Image { width, height, rgb: rgb.into() })
}

/// Draws a picture of values in [0, 1] into rows of `width` pixels, its left upper corner at (column, row).
fn put(
    sheet: &mut [[u8; 3]],
    width: usize,
    (left, top): (usize, usize),
    pixels: &[f32],
    side: usize,
) {
    for y in 0..side * ENLARGED {
        for x in 0..side * ENLARGED {
            let from = (y / ENLARGED * side + x / ENLARGED) * 3;
            let rgb = std::array::from_fn(|c| (pixels[from + c] * 255.0).round() as u8);
            sheet[(top + y) * width + left + x] = rgb;
        }
    }
}
