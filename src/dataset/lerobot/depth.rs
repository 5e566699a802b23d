//! Depth as 16-bit PNG files in millimetres, one a frame, in
//! `depth/<camera>/episode-000000/frame-000000.png`. Other readers never look there.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageReader, Limits};
use interface::Depth;

use super::LerobotError;

/// The folder of an episode's depth in the data set `root`.
pub(crate) fn folder(root: &Path, camera: &str, episode: usize) -> PathBuf {
    root.join("depth").join(camera).join(format!("episode-{episode:06}"))
}

/// The name of a frame's file.
pub(crate) fn file_name(frame: usize) -> String {
    format!("frame-{frame:06}.png")
}

/// Whole millimetres; 0 where nothing was measured, nearer than half a millimetre or beyond 65.535 m.
pub(crate) fn millimetres(depth: &Depth) -> Vec<u16> {
    let whole = |z: &f32| {
        let mm = (f64::from(*z) * 1e3).round();
        // The comparison is false for what is no number.
        if (0.0..=65_535.0).contains(&mm) { mm as u16 } else { 0 }
    };
    depth.metres.iter().map(whole).collect()
}

/// The PNG file of a depth image, exact to the millimetre.
pub(crate) fn encode(depth: &Depth) -> Result<Vec<u8>, String> {
    if depth.metres.len() != depth.width * depth.height {
        return Err(format!(
            "a depth image of {} x {} pixels has {} distances",
            depth.width,
            depth.height,
            depth.metres.len()
        ));
    }
    // The encoder takes samples in the machine's order and stores them big endian.
    let samples: Vec<u8> = millimetres(depth).into_iter().flat_map(u16::to_ne_bytes).collect();
    let mut out = Vec::new();
    PngEncoder::new_with_quality(&mut out, CompressionType::Fast, FilterType::Up)
        .write_image(&samples, depth.width as u32, depth.height as u32, ExtendedColorType::L16)
        .map_err(|e| e.to_string())?;
    Ok(out)
}

/// Reads the bytes of such a file.
pub(crate) fn decode(bytes: &[u8]) -> Result<Depth, String> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), image::ImageFormat::Png);
    let mut limits = Limits::default();
    limits.max_image_width = Some(1 << 14);
    limits.max_image_height = Some(1 << 14);
    reader.limits(limits);
    match reader.decode().map_err(|e| e.to_string())? {
        DynamicImage::ImageLuma16(p) => Ok(Depth {
            width: p.width() as usize,
            height: p.height() as usize,
            metres: p.pixels().map(|p| f32::from(p.0[0]) * 1e-3).collect(),
        }),
        other => {
            Err(format!("depth is {:?}; expected a 16-bit grey PNG in millimetres", other.color()))
        }
    }
}

/// Reads the file at `path`.
pub(crate) fn read(path: &Path) -> Result<Depth, LerobotError> {
    let bytes = std::fs::read(path).map_err(LerobotError::io(path))?;
    decode(&bytes).map_err(|problem| LerobotError::invalid(path, problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_exact_to_the_millimetre() {
        let millimetres: Vec<u16> = vec![0, 1, 999, 1000, 32_767, 65_535];
        let metres = millimetres.iter().map(|mm| f32::from(*mm) * 1e-3).collect();
        let depth = Depth { width: 3, height: 2, metres };
        let back = decode(&encode(&depth).unwrap()).unwrap();
        assert_eq!(back, depth);
        assert_eq!(super::millimetres(&back), millimetres);
    }

    #[test]
    fn what_was_not_measured_is_zero() {
        let metres = [f32::NAN, f32::INFINITY, -1.0, 70.0].into();
        let depth = Depth { width: 4, height: 1, metres };
        assert_eq!(millimetres(&depth), [0; 4]);
    }
}
