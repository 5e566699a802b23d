//! An mp4 file that grows frame by frame and appears under its name when it is whole.
//!
//! Frames go to the part file as they come; of each only its size is remembered. At the end the
//! frames are moved back by the size of the index, block by block within the part file, and the
//! index is put before them, where players want it.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::VideoError;
use crate::moov::{Index, Written, ftyp};
use crate::rate::FrameRate;

/// How much of a film is moved at a time.
const BLOCK: u64 = 1 << 20;
/// A `free` box that gives its room to a larger `mdat` header, and that header.
const MDAT_HEADER: u64 = 16;

/// What is said of a film after its file could not be written.
const GIVEN_UP: &str = "the film was given up when an earlier frame could not be written";

/// An unfinished mp4 file of one video track.
pub struct Muxer {
    path: PathBuf,
    part: PathBuf,
    file: Option<BufWriter<File>>,
    width: usize,
    height: usize,
    rate: FrameRate,
    /// Frames, and how many each is shown later than decoded, which may be negative until the end.
    frames: Vec<(Written, i64)>,
    /// Bytes of frames.
    bytes: u64,
}

impl Muxer {
    /// Begins a file that will appear as `path`.
    pub fn create(
        path: &Path,
        width: usize,
        height: usize,
        rate: FrameRate,
    ) -> Result<Self, VideoError> {
        let (path, part) = (path.to_path_buf(), path.with_added_extension("part"));
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&part);
        let file = file.map_err(|source| unwritable(&part, source))?;
        let file = Some(BufWriter::with_capacity(1 << 16, file));
        Ok(Self { path, part, file, width, height, rate, frames: Vec::new(), bytes: 0 })
    }

    /// Frames so far.
    pub fn frames(&self) -> usize {
        self.frames.len()
    }

    /// Appends a frame, in the order of decoding. `shown` is its number in the order of showing.
    pub fn push(&mut self, packet: &[u8], key: bool, shown: usize) -> Result<(), VideoError> {
        let frame = self.frames.len();
        let failed = |reason: String| VideoError::Encoding { frame, reason };
        let file = self.file.as_mut().ok_or_else(|| failed(GIVEN_UP.to_string()))?;
        let size = u32::try_from(packet.len()).ok().filter(|size| *size > 0);
        let size = size.ok_or_else(|| failed(format!("it takes {} bytes", packet.len())))?;
        if let Err(source) = file.write_all(packet) {
            // What follows a hole is no film.
            self.remove();
            return Err(unwritable(&self.part, source));
        }
        self.bytes += u64::from(size);
        self.frames.push((Written { size, key, later: 0 }, shown as i64 - frame as i64));
        Ok(())
    }

    /// Completes the file of frames that are described by the box `entry`. When it returns, the
    /// film is on the disk under its name, or nothing is.
    pub fn finish(mut self, entry: &[u8]) -> Result<(), VideoError> {
        if self.frames.is_empty() {
            return Err(VideoError::NoFrames { path: self.path.display().to_string() });
        }
        let Some(file) = self.file.take() else {
            let frame = self.frames.len();
            return Err(VideoError::Encoding { frame, reason: GIVEN_UP.to_string() });
        };
        let done = self.complete(file, entry).map_err(|source| unwritable(&self.part, source));
        let done = done.and_then(|()| {
            std::fs::rename(&self.part, &self.path).map_err(|source| unwritable(&self.path, source))
        });
        match done {
            Ok(()) => sync_folder(&self.path),
            Err(_) => self.remove(),
        }
        done
    }

    /// Puts the index before the frames and makes sure that all of it is on the disk.
    fn complete(&mut self, file: BufWriter<File>, entry: &[u8]) -> std::io::Result<()> {
        let mut file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        let earliest = self.frames.iter().map(|(_, later)| *later).min().unwrap_or(0);
        let frames: Vec<Written> = self
            .frames
            .drain(..)
            .map(|(frame, later)| Written { later: (later - earliest) as u32, ..frame })
            .collect();
        let head = ftyp(entry);
        let mut index = Index {
            entry,
            width: self.width,
            height: self.height,
            rate: self.rate,
            frames: &frames,
            chunk: (self.rate.hz().round() as usize).max(1),
            start: 0,
        };
        // Offsets may grow to 64 bits when the index before the frames pushes them there.
        let mut moov = index.moov();
        for _ in 0..3 {
            let start = (head.len() + moov.len()) as u64 + MDAT_HEADER;
            if start != index.start {
                index.start = start;
                moov = index.moov();
            }
        }
        shift(&mut file, self.bytes, index.start)?;
        let mut front = [head, moov].concat();
        match u32::try_from(self.bytes + 8) {
            Ok(size) => {
                front.extend_from_slice(b"\0\0\0\x08free");
                front.extend_from_slice(&size.to_be_bytes());
                front.extend_from_slice(b"mdat");
            }
            Err(_) => {
                front.extend_from_slice(b"\0\0\0\x01mdat");
                front.extend_from_slice(&(self.bytes + MDAT_HEADER).to_be_bytes());
            }
        }
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&front)?;
        file.sync_all()
    }

    /// Removes the part file. That it cannot be removed is nothing one could act on.
    fn remove(&mut self) {
        self.file = None;
        let _ = std::fs::remove_file(&self.part);
    }
}

impl Drop for Muxer {
    fn drop(&mut self) {
        if self.file.is_some() {
            self.remove();
        }
    }
}

/// Moves the first `length` bytes of a file back by `by`, from the end, so that none is overwritten
/// before it was moved.
fn shift(file: &mut File, length: u64, by: u64) -> std::io::Result<()> {
    let mut block = vec![0; BLOCK.min(length) as usize];
    let mut left = length;
    while left > 0 {
        let size = left.min(BLOCK);
        left -= size;
        let block = &mut block[..size as usize];
        file.seek(SeekFrom::Start(left))?;
        file.read_exact(block)?;
        file.seek(SeekFrom::Start(left + by))?;
        file.write_all(block)?;
    }
    Ok(())
}

/// Makes a new name last. Where folders cannot be synchronised the name lasts without.
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
        let _ = folder.sync_all();
    }
}

fn unwritable(path: &Path, source: std::io::Error) -> VideoError {
    VideoError::Unwritable { path: path.display().to_string(), source }
}
