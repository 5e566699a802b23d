//! The pictures of an episode, one chunk a frame, compressed.

use hdf5_pure::{make_f32_type, make_u8_type};
use interface::{CameraLayout, Picture};

use super::columns::{shape, step};
use super::store::Store;
use crate::export::{ExportError, Source, picture};

/// How hard to compress, 0 to 9. More than this costs much time and gains little on pictures.
const LEVEL: u32 = 4;

/// One camera of an episode: all of it is in memory while it is written.
pub(super) struct Film<'a> {
    /// The camera.
    pub(super) camera: &'a CameraLayout,
    /// Its place among the cameras.
    pub(super) place: usize,
    /// Its name in the file.
    pub(super) name: &'a str,
    /// The episode's group.
    pub(super) demo: &'a str,
    /// Which of the episodes given.
    pub(super) episode: usize,
}

impl Film<'_> {
    /// Writes colour, and depth where it is kept, as `obs` and `next_obs`.
    pub(super) fn write(
        &self,
        file: &mut Store,
        source: &mut Source<'_>,
        failed: impl Fn(hdf5_pure::Error) -> ExportError,
    ) -> Result<(), ExportError> {
        let rows = source.frames.len();
        let pixels = self.camera.width * self.camera.height;
        let mut colour = Vec::with_capacity(rows * pixels * 3);
        let mut depth = Vec::with_capacity(if self.camera.depth { rows * pixels * 4 } else { 0 });
        for frame in 0..rows {
            let Picture { image, depth: metres, .. } =
                picture(source, self.place, self.camera, self.episode, frame)?;
            colour.extend_from_slice(image.rgb.as_flattened());
            if let Some(metres) = metres.filter(|_| self.camera.depth) {
                depth.extend(metres.metres.iter().flat_map(|z| z.to_le_bytes()));
            }
        }
        self.store(file, "image", 3, rows, colour).map_err(&failed)?;
        if self.camera.depth {
            self.store(file, "depth", 1, rows, depth).map_err(failed)?;
        }
        Ok(())
    }

    /// `bytes` are rows of pixels of `channels` numbers: 8-bit for colour, 32-bit for depth.
    fn store(
        &self,
        file: &mut Store,
        what: &str,
        channels: usize,
        rows: usize,
        bytes: Vec<u8>,
    ) -> Result<(), hdf5_pure::Error> {
        let row = [self.camera.height, self.camera.width, channels];
        let (length, width) = (bytes.len(), bytes.len() / rows);
        let numbers = row.iter().product::<usize>() * rows;
        let path = |group: &str| format!("{}/{group}/{}_{what}", self.demo, self.name);
        let create = |group: &str, bytes: Vec<u8>, file: &mut Store| {
            let kind = if channels == 3 { make_u8_type() } else { make_f32_type() };
            file.dataset(&path(group), length, |data| {
                data.with_raw_data(kind, bytes, numbers as u64)
                    .with_shape(&shape(rows, &row))
                    .with_chunks(&shape(1, &row))
                    .with_deflate(LEVEL);
                if channels == 1 {
                    data.with_shuffle();
                }
            })
        };
        // Of a long film a second copy would be too much: it is read back.
        let kept = (!Store::is_much(length)).then(|| bytes.clone());
        create("obs", bytes, file)?;
        let mut bytes = match kept {
            Some(bytes) => bytes,
            None => file.file().dataset(&path("obs"))?.read_raw()?,
        };
        step(&mut bytes, width);
        create("next_obs", bytes, file)
    }
}
