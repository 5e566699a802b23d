//! Point clouds from files: PLY, `.xyz` text and `.npy` arrays of shape (n, 3) or (n, 6).
//!
//! Files are streamed and thinned on the way, so that a file of any length takes no more memory than
//! the points that are kept.

mod gather;
mod ply;
#[cfg(test)]
mod tests;
mod text;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use interface::{Cancel, PointCloud};

use crate::npy::{MAGIC, head};
use crate::{DatasetError, NpyError};
use gather::Gather;

/// A cloud as read.
#[derive(Clone, Debug, Default)]
pub struct CloudFile {
    /// The points that were kept, in the file's own frame and unit (metres, as far as anybody knows).
    pub cloud: PointCloud,
    /// Points that the file holds.
    pub total: u64,
    /// What was left out or taken on trust, one sentence each.
    pub warnings: Vec<String>,
}

/// Whether a file of this name is read as a cloud.
pub fn is_cloud(path: &Path) -> bool {
    matches!(kind(path).as_str(), "ply" | "xyz" | "npy")
}

fn kind(path: &Path) -> String {
    path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase()
}

/// Reads a cloud of which at most `most` points are kept, evenly over the file's order.
pub fn read_cloud(path: &Path, most: usize, cancel: &Cancel) -> Result<CloudFile, DatasetError> {
    let unreadable = |e: std::io::Error| DatasetError::Unreadable {
        path: path.to_owned(),
        reason: e.to_string(),
    };
    let open = || File::open(path).map(|file| BufReader::with_capacity(1 << 16, file));
    let mut reader = open().map_err(unreadable)?;
    let read = match kind(path).as_str() {
        "ply" => ply::read(&mut reader, most, cancel),
        "npy" => read_array(&mut reader, most, cancel),
        "xyz" => text::count(&mut reader, cancel).and_then(|total| {
            let mut again = open().map_err(Problem::Io)?;
            text::read(&mut again, total, most, cancel)
        }),
        other => Err(Problem::Sense(format!(
            "`.{other}` is no cloud that is read; .ply, .xyz and .npy are"
        ))),
    };
    let file = read.map_err(|problem| match problem {
        Problem::Io(e) => unreadable(e),
        Problem::Stopped => DatasetError::Stopped(path.to_owned()),
        Problem::Sense(problem) => DatasetError::Invalid { path: path.to_owned(), problem },
        Problem::Array(source) => DatasetError::Array { path: path.to_owned(), source },
    })?;
    if file.cloud.points.is_empty() {
        let problem = "it holds no point with finite coordinates".into();
        return Err(DatasetError::Invalid { path: path.to_owned(), problem });
    }
    Ok(file)
}

/// What can go wrong while streaming.
enum Problem {
    Io(std::io::Error),
    Array(NpyError),
    Sense(String),
    Stopped,
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

fn sense(problem: impl Into<String>) -> Problem {
    Problem::Sense(problem.into())
}

/// Fills the buffer as far as the stream reaches and says how far that is.
fn fill(reader: &mut dyn Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match reader.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(read) => got += read,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(got)
}

/// Longest header of an array that is believed, bytes.
const LONGEST_HEADER: usize = 1 << 16;
/// Rows that are read at a time.
const ROWS: usize = 4096;

fn read_array(
    reader: &mut dyn BufRead,
    most: usize,
    cancel: &Cancel,
) -> Result<CloudFile, Problem> {
    let mut bytes = vec![0; 12];
    let got = fill(reader, &mut bytes)?;
    bytes.truncate(got);
    if !bytes.starts_with(MAGIC) {
        return Err(Problem::Array(NpyError::NotNpy));
    }
    let length = match bytes.get(6) {
        Some(1) => bytes.get(8..10).map(|b| 10 + usize::from(u16::from_le_bytes([b[0], b[1]]))),
        _ => bytes.get(8..12).map(|b| 12 + u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize),
    };
    let length = length.filter(|length| (12..LONGEST_HEADER).contains(length));
    let length = length.ok_or_else(|| sense("its header is cut off or longer than 64 KiB"))?;
    let start = bytes.len();
    bytes.resize(length, 0);
    let more = fill(reader, &mut bytes[start..])?;
    bytes.truncate(start + more);
    let head = head(&bytes).map_err(Problem::Array)?;
    let [rows, columns @ (3 | 6)] = head.shape[..] else {
        return Err(sense(format!(
            "its shape is {:?}; a cloud is (n, 3), or (n, 6) with colours",
            head.shape
        )));
    };
    let value: fn(&[u8]) -> f64 = match head.descr.as_str() {
        "<f4" => |b| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]])),
        "<f8" => |b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]),
        "<i8" => |b| i64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f64,
        "|u1" | "<u1" => |b| f64::from(b[0]),
        _ => return Err(Problem::Array(NpyError::Type(head.descr))),
    };
    let width = match head.descr.as_str() {
        "<f4" => 4,
        "<f8" | "<i8" => 8,
        _ => 1,
    };
    let mut gather = Gather::new(rows as u64, most);
    let mut chunk = vec![0; ROWS * columns * width];
    let mut left = rows;
    while left > 0 {
        if cancel.is_cancelled() {
            return Err(Problem::Stopped);
        }
        let wanted = left.min(ROWS) * columns * width;
        let got = fill(reader, &mut chunk[..wanted])?;
        for row in chunk[..got].chunks_exact(columns * width) {
            let at = |i: usize| value(&row[i * width..(i + 1) * width]);
            let color = (columns == 6).then(|| [at(3), at(4), at(5)]);
            gather.push([at(0), at(1), at(2)], color);
        }
        if got < wanted {
            break;
        }
        left -= left.min(ROWS);
    }
    Ok(gather.finish())
}
