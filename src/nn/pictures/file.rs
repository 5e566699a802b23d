//! The pictures of a whole data set in one file, in the size that a network sees, mapped for reading: a
//! training then decodes no film and scales nothing, and shares memory with the system.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Pictures, resize};
use crate::{Mapped, NnError, Result};

/// What a file begins with: a mark, then rows and columns, each four bytes, little-endian.
const MARK: &[u8; 8] = b"PICTURE1";
const HEADER: usize = 16;

fn refuse(path: &Path, reason: impl ToString) -> NnError {
    NnError::File { path: path.to_path_buf(), reason: reason.to_string() }
}

/// Writes a file of pictures. Until [`Self::finish`] it lies beside its name, so what bears the name is
/// whole.
pub struct PictureFileWriter {
    path: PathBuf,
    partial: PathBuf,
    file: Option<BufWriter<File>>,
    size: (usize, usize),
    scaled: Vec<u8>,
    count: usize,
}

impl PictureFileWriter {
    /// A file of pictures of `size` rows and columns.
    ///
    /// # Errors
    /// When the size is none or the disk refuses.
    pub fn create(path: &Path, size: (usize, usize)) -> Result<Self> {
        let [rows, columns] = [size.0, size.1].map(|n| u32::try_from(n).unwrap_or(0));
        if rows == 0 || columns == 0 || rows.max(columns) > 1 << 14 {
            return Err(refuse(path, format!("pictures of {}x{} cannot be kept", size.0, size.1)));
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(format!(".{}.partial", std::process::id()));
        let partial = PathBuf::from(partial);
        let file = File::create(&partial).map_err(|e| refuse(&partial, e))?;
        let mut file = BufWriter::with_capacity(1 << 20, file);
        let header = [&MARK[..], &rows.to_le_bytes(), &columns.to_le_bytes()].concat();
        file.write_all(&header).map_err(|e| refuse(&partial, e))?;
        let scaled = vec![0; size.0 * size.1 * 3];
        Ok(Self { path: path.to_path_buf(), partial, file: Some(file), size, scaled, count: 0 })
    }

    /// Adds a picture of any size, RGB, rows x columns x 3 bytes, scaled as a network scales it, and says
    /// its number.
    ///
    /// # Errors
    /// When the bytes are not of that size or the disk refuses.
    pub fn push(&mut self, rgb: &[u8], (rows, columns): (usize, usize)) -> Result<usize> {
        let expected = rows * columns * 3;
        if rgb.len() != expected || expected == 0 {
            let reason =
                format!("a picture of {rows}x{columns} has {expected} bytes, not {}", rgb.len());
            return Err(refuse(&self.path, reason));
        }
        resize(rgb, (rows, columns), &mut self.scaled, self.size);
        if let Some(file) = &mut self.file {
            file.write_all(&self.scaled).map_err(|e| refuse(&self.partial, e))?;
        }
        self.count += 1;
        Ok(self.count - 1)
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(mut self) -> Result<()> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let done = file.into_inner().map_err(std::io::IntoInnerError::into_error);
        done.and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.partial, &self.path))
            .map_err(|e| refuse(&self.path, e))
    }
}

impl Drop for PictureFileWriter {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // What was not finished is of no use.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// A file of pictures, mapped for reading.
#[derive(Debug)]
pub struct PictureFile {
    bytes: Mapped,
    size: (usize, usize),
}

impl PictureFile {
    /// Opens what [`PictureFileWriter`] wrote.
    ///
    /// # Errors
    /// When the file is missing or another kind of file.
    pub fn open(path: &Path) -> Result<Arc<Self>> {
        let bytes = Mapped::open(path)?;
        let all = bytes.as_ref();
        let number = |at: usize| {
            let bytes = all.get(at..at + 4).and_then(|b| b.first_chunk::<4>());
            bytes.map_or(0, |b| u32::from_le_bytes(*b) as usize)
        };
        let size = (number(8), number(12));
        let picture = size.0.saturating_mul(size.1).saturating_mul(3);
        let whole = |picture: usize| (all.len() - HEADER).is_multiple_of(picture);
        if !all.starts_with(MARK) || picture == 0 || !whole(picture) {
            return Err(refuse(path, "this is no whole file of pictures"));
        }
        Ok(Arc::new(Self { bytes, size }))
    }

    /// Rows and columns.
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        (self.bytes.as_ref().len() - HEADER) / (self.size.0 * self.size.1 * 3)
    }

    /// What one camera saw over one episode: for each frame the number of its picture in the file.
    ///
    /// # Errors
    /// When there are not so many.
    pub fn part(self: &Arc<Self>, shown: Vec<usize>) -> Result<Arc<dyn Pictures>> {
        let count = self.count();
        if let Some(beyond) = shown.iter().find(|n| **n >= count) {
            return Err(NnError::Config(format!(
                "picture {beyond} was asked for; the file has {count}, counted from 0"
            )));
        }
        Ok(Arc::new(Part { file: Arc::clone(self), shown }))
    }
}

struct Part {
    file: Arc<PictureFile>,
    /// For each frame the number of its picture.
    shown: Vec<usize>,
}

impl Pictures for Part {
    fn size(&self) -> (usize, usize) {
        self.file.size
    }

    fn count(&self) -> usize {
        self.shown.len()
    }

    fn number(&self, frame: usize) -> usize {
        self.shown.get(frame).copied().unwrap_or(frame)
    }

    fn read(&self, frame: usize, out: &mut [u8]) -> std::result::Result<(), String> {
        let size = self.file.size.0 * self.file.size.1 * 3;
        let bytes = self.shown.get(frame).and_then(|number| {
            let at = HEADER + number * size;
            self.file.bytes.as_ref().get(at..at + size)
        });
        match bytes.filter(|_| out.len() == size) {
            Some(bytes) => {
                out.copy_from_slice(bytes);
                Ok(())
            }
            None => Err(format!("there is no picture for frame {frame} of {}", self.shown.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_scaled_written_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pictures");
        let mut writer = PictureFileWriter::create(&path, (2, 3)).unwrap();
        for grey in 0..5_u8 {
            let number = writer.push(&[grey * 10; 8 * 6 * 3], (8, 6)).unwrap();
            assert_eq!(number, usize::from(grey));
        }
        assert!(PictureFile::open(&path).is_err(), "the name was there before the end");
        let error = writer.push(&[0; 5], (8, 6)).unwrap_err().to_string();
        assert!(error.contains("144 bytes, not 5"), "{error}");
        writer.finish().unwrap();
        let file = PictureFile::open(&path).unwrap();
        assert_eq!((file.size(), file.count()), ((2, 3), 5));
        let part = file.part(vec![2, 2, 3]).unwrap();
        let mut out = [0; 18];
        part.read(2, &mut out).unwrap();
        assert_eq!((part.count(), out), (3, [30; 18]));
        assert_eq!((part.number(0), part.number(1), part.number(2)), (2, 2, 3));
        assert!(part.read(3, &mut out).is_err() && part.read(0, &mut out[..4]).is_err());
        assert!(file.part(vec![2, 5]).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn unfinished_and_foreign_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pictures");
        drop(PictureFileWriter::create(&path, (2, 2)).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(PictureFileWriter::create(&path, (0, 2)).is_err());
        for bytes in [
            &b"PICTURE1"[..],
            b"",
            b"nonsense that is long enough",
            b"PICTURE1\x02\0\0\0\x02\0\0\0x",
        ] {
            fs::write(&path, bytes).unwrap();
            let error = PictureFile::open(&path).unwrap_err().to_string();
            assert!(error.contains("pictures"), "{error}");
        }
    }
}
