//! Pictures to train on: behind a trait, so that a file that is mapped into memory can stand behind them,
//! scaled by one rule, and as a network's input.

mod file;
mod pixels;

pub use file::{PictureFile, PictureFileWriter};
pub use pixels::{normalise_pixels, resize};

/// The pictures of one camera over one episode.
pub trait Pictures: Send + Sync {
    /// Rows and columns of a picture.
    fn size(&self) -> (usize, usize);

    /// Frames that have one.
    fn count(&self) -> usize;

    /// Which picture a frame shows: frames of the same number show the same one, as those between two
    /// pictures of a camera that is slower than the arm.
    fn number(&self, frame: usize) -> usize {
        frame
    }

    /// Writes the picture of frame `frame` to `out`: rows x columns x 3 bytes, RGB.
    ///
    /// # Errors
    /// When it cannot be read; the sentence says why.
    fn read(&self, frame: usize, out: &mut [u8]) -> Result<(), String>;
}

/// Pictures in memory, or in anything that derefs to bytes, such as a mapped file.
pub struct StoredPictures<B> {
    /// All pictures one after another, RGB.
    pub bytes: B,
    /// Rows of a picture.
    pub height: usize,
    /// Columns of a picture.
    pub width: usize,
}

impl<B: AsRef<[u8]> + Send + Sync> Pictures for StoredPictures<B> {
    fn size(&self) -> (usize, usize) {
        (self.height, self.width)
    }

    fn count(&self) -> usize {
        self.bytes.as_ref().len() / (self.height * self.width * 3).max(1)
    }

    fn read(&self, frame: usize, out: &mut [u8]) -> Result<(), String> {
        let size = self.height * self.width * 3;
        let bytes = self.bytes.as_ref().get(frame * size..(frame + 1) * size);
        match bytes {
            Some(bytes) if out.len() == size => {
                out.copy_from_slice(bytes);
                Ok(())
            }
            _ => Err(format!(
                "picture {frame} of {} does not fill {} bytes",
                self.count(),
                out.len()
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_read_or_refused() {
        let pictures = StoredPictures { bytes: (0..24).collect::<Vec<u8>>(), height: 2, width: 2 };
        let mut out = [0; 12];
        pictures.read(1, &mut out).unwrap();
        assert_eq!(out[0], 12);
        assert!(pictures.read(2, &mut out).unwrap_err().contains("picture 2 of 2"));
        assert!(pictures.read(0, &mut out[..3]).is_err());
    }
}
