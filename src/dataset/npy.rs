//! NumPy's `.npy` files, versions 1 and 2: little endian, C order, of f32, f64, i64, u8 and bool.
//!
//! Format: magic `\x93NUMPY`, version, header length (2 bytes in version 1, 4 in version 2), a Python
//! literal with `descr`, `fortran_order` and `shape`, then the raw values.

use std::path::Path;

use crate::DatasetError;

pub(crate) const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// The values of an array, row-major.
#[derive(Clone, Debug, PartialEq)]
pub enum NpyData {
    /// `<f4`
    F32(Vec<f32>),
    /// `<f8`
    F64(Vec<f64>),
    /// `<i8`
    I64(Vec<i64>),
    /// `|u1`
    U8(Vec<u8>),
    /// `|b1`
    Bool(Vec<bool>),
}

impl NpyData {
    /// NumPy's name of the type.
    pub fn descr(&self) -> &'static str {
        match self {
            Self::F32(_) => "<f4",
            Self::F64(_) => "<f8",
            Self::I64(_) => "<i8",
            Self::U8(_) => "|u1",
            Self::Bool(_) => "|b1",
        }
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(v) => v.len(),
            Self::F64(v) => v.len(),
            Self::I64(v) => v.len(),
            Self::U8(v) => v.len(),
            Self::Bool(v) => v.len(),
        }
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An array with its shape.
#[derive(Clone, Debug, PartialEq)]
pub struct NpyArray {
    /// Lengths of the axes, slowest first; empty for a single value.
    pub shape: Vec<usize>,
    /// The values.
    pub data: NpyData,
}

impl NpyArray {
    /// The values as f32, whatever number type they have; booleans are 0 and 1.
    pub fn to_f32(&self) -> Vec<f32> {
        match &self.data {
            NpyData::F32(v) => v.clone(),
            NpyData::F64(v) => v.iter().map(|x| *x as f32).collect(),
            NpyData::I64(v) => v.iter().map(|x| *x as f32).collect(),
            NpyData::U8(v) => v.iter().map(|x| f32::from(*x)).collect(),
            NpyData::Bool(v) => v.iter().map(|x| f32::from(u8::from(*x))).collect(),
        }
    }

    /// The values as f64.
    pub fn to_f64(&self) -> Vec<f64> {
        match &self.data {
            NpyData::F64(v) => v.clone(),
            NpyData::I64(v) => v.iter().map(|x| *x as f64).collect(),
            _ => self.to_f32().into_iter().map(f64::from).collect(),
        }
    }
}

/// Bytes that are no `.npy` file this reader takes.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NpyError {
    /// The magic bytes are missing.
    #[error("not an .npy file: it does not begin with \\x93NUMPY")]
    NotNpy,
    /// A version nobody writes.
    #[error(".npy version {0}; versions 1 and 2 are read")]
    Version(u8),
    /// The file ends early.
    #[error("the file ends after {got} bytes, {expected} were announced")]
    Truncated {
        /// Bytes there are.
        got: usize,
        /// Bytes there should be.
        expected: usize,
    },
    /// The header is not the literal it should be.
    #[error("the header {header:?} lacks a readable `{key}`")]
    Header {
        /// The start of the header.
        header: String,
        /// The key that is missing or unreadable.
        key: &'static str,
    },
    /// A type this reader does not take.
    #[error("values of type {0:?}; <f4, <f8, <i8, |u1 and |b1 are read")]
    Type(String),
    /// Column-major order.
    #[error("the array is stored in Fortran order; save it with numpy.ascontiguousarray")]
    FortranOrder,
    /// A shape that cannot be.
    #[error("the shape {0:?} has more values than fit into memory")]
    Shape(Vec<usize>),
}

/// What an `.npy` file says about its values, and where they begin.
pub(crate) struct NpyHead {
    pub descr: String,
    pub shape: Vec<usize>,
    /// Bytes before the first value.
    pub end: usize,
}

/// Reads the header at the start of an `.npy` file.
pub(crate) fn head(bytes: &[u8]) -> Result<NpyHead, NpyError> {
    let truncated = |expected| NpyError::Truncated { got: bytes.len(), expected };
    if !bytes.starts_with(MAGIC) {
        return Err(NpyError::NotNpy);
    }
    let version = *bytes.get(6).ok_or_else(|| truncated(8))?;
    let (start, length) = match version {
        1 => (10, bytes.get(8..10).map(|b| usize::from(u16::from_le_bytes([b[0], b[1]])))),
        2 => (12, bytes.get(8..12).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize)),
        other => return Err(NpyError::Version(other)),
    };
    let end = start + length.ok_or_else(|| truncated(start))?;
    let header = bytes.get(start..end).ok_or_else(|| truncated(end))?;
    let header = String::from_utf8_lossy(header);
    let lacks = |key| NpyError::Header { header: header.chars().take(80).collect(), key };

    let descr = value_of(&header, "descr").and_then(quoted).ok_or_else(|| lacks("descr"))?;
    let order = value_of(&header, "fortran_order").ok_or_else(|| lacks("fortran_order"))?;
    let fortran = if order.starts_with("True") {
        true
    } else if order.starts_with("False") {
        false
    } else {
        return Err(lacks("fortran_order"));
    };
    let shape = value_of(&header, "shape").and_then(tuple).ok_or_else(|| lacks("shape"))?;
    // With one axis or none the two orders are the same.
    if fortran && shape.iter().filter(|n| **n > 1).count() > 1 {
        return Err(NpyError::FortranOrder);
    }
    Ok(NpyHead { descr, shape, end })
}

/// Reads an array from the bytes of an `.npy` file. Bytes after the values are ignored, as NumPy does.
pub fn parse_npy(bytes: &[u8]) -> Result<NpyArray, NpyError> {
    let truncated = |expected| NpyError::Truncated { got: bytes.len(), expected };
    let NpyHead { descr, shape, end } = head(bytes)?;
    let count = shape.iter().try_fold(1_usize, |n, axis| n.checked_mul(*axis));
    let count = count.ok_or_else(|| NpyError::Shape(shape.clone()))?;
    let width = match descr.as_str() {
        "<f4" => 4,
        "<f8" | "<i8" => 8,
        "|u1" | "<u1" | "|b1" | "<b1" | "?" => 1,
        _ => return Err(NpyError::Type(descr)),
    };
    let size = count.checked_mul(width).and_then(|n| n.checked_add(end));
    let size = size.ok_or_else(|| NpyError::Shape(shape.clone()))?;
    let raw = bytes.get(end..size).ok_or_else(|| truncated(size))?;
    let data = match descr.as_str() {
        "<f4" => {
            NpyData::F32(raw.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
        }
        "<f8" => {
            NpyData::F64(raw.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect())
        }
        "<i8" => {
            NpyData::I64(raw.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b)).collect())
        }
        "|u1" | "<u1" => NpyData::U8(raw.to_vec()),
        _ => NpyData::Bool(raw.iter().map(|b| *b != 0).collect()),
    };
    Ok(NpyArray { shape, data })
}

/// The bytes of an `.npy` file, version 1 (version 2 where the header does not fit).
pub fn serialize_npy(array: &NpyArray) -> Vec<u8> {
    let axes: Vec<String> = array.shape.iter().map(ToString::to_string).collect();
    let shape =
        if axes.len() == 1 { format!("({},)", axes[0]) } else { format!("({})", axes.join(", ")) };
    let mut header = format!(
        "{{'descr': '{}', 'fortran_order': False, 'shape': {shape}, }}",
        array.data.descr()
    );
    let long = header.len() + 64 > usize::from(u16::MAX);
    let start = if long { 12 } else { 10 };
    // The values begin at a multiple of 64 bytes; the header ends with a newline.
    while (start + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut out = MAGIC.to_vec();
    if long {
        out.extend([2, 0]);
        out.extend((header.len() as u32).to_le_bytes());
    } else {
        out.extend([1, 0]);
        out.extend((header.len() as u16).to_le_bytes());
    }
    out.extend(header.as_bytes());
    match &array.data {
        NpyData::F32(v) => v.iter().for_each(|x| out.extend(x.to_le_bytes())),
        NpyData::F64(v) => v.iter().for_each(|x| out.extend(x.to_le_bytes())),
        NpyData::I64(v) => v.iter().for_each(|x| out.extend(x.to_le_bytes())),
        NpyData::U8(v) => out.extend(v),
        NpyData::Bool(v) => out.extend(v.iter().map(|b| u8::from(*b))),
    }
    out
}

/// Reads an `.npy` file.
pub fn read_npy(path: &Path) -> Result<NpyArray, DatasetError> {
    let bytes = std::fs::read(path)
        .map_err(|e| DatasetError::Unreadable { path: path.to_owned(), reason: e.to_string() })?;
    parse_npy(&bytes).map_err(|source| DatasetError::Array { path: path.to_owned(), source })
}

/// Writes an `.npy` file.
pub fn write_npy(path: &Path, array: &NpyArray) -> Result<(), DatasetError> {
    std::fs::write(path, serialize_npy(array))
        .map_err(|e| DatasetError::Unreadable { path: path.to_owned(), reason: e.to_string() })
}

/// What follows `'key':` in the header, blanks skipped.
fn value_of<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let at = [format!("'{key}'"), format!("\"{key}\"")]
        .iter()
        .find_map(|k| header.find(k.as_str()).map(|at| at + k.len()))?;
    header[at..].trim_start().strip_prefix(':').map(str::trim_start)
}

/// The text between the quotes that `text` begins with.
fn quoted(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text[1..].split_once(quote).map(|(inside, _)| inside.to_owned())
}

/// The whole numbers of the tuple that `text` begins with.
fn tuple(text: &str) -> Option<Vec<usize>> {
    let (inside, _) = text.strip_prefix('(')?.split_once(')')?;
    inside.split(',').map(str::trim).filter(|s| !s.is_empty()).map(|s| s.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_array() -> impl Strategy<Value = NpyArray> {
        (prop::collection::vec(0_usize..4, 0..4), 0..5, any::<u64>()).prop_map(
            |(shape, kind, salt)| {
                let n: usize = shape.iter().product();
                let value = |i: usize| (i as u64).wrapping_mul(0x9E37_79B9).wrapping_add(salt);
                let data = match kind {
                    0 => NpyData::F32((0..n).map(|i| value(i) as f32 * 1e-9).collect()),
                    1 => NpyData::F64((0..n).map(|i| value(i) as f64 * 1e-9).collect()),
                    2 => NpyData::I64((0..n).map(|i| value(i) as i64).collect()),
                    3 => NpyData::U8((0..n).map(|i| value(i) as u8).collect()),
                    _ => NpyData::Bool((0..n).map(|i| value(i).is_multiple_of(2)).collect()),
                };
                NpyArray { shape, data }
            },
        )
    }

    proptest! {
            #[test]
            fn what_is_written_is_read(array in any_array()) {
                let bytes = serialize_npy(&array);
    let values = array.data.len() * match array.data {
                    NpyData::F32(_) => 4,
                    NpyData::F64(_) | NpyData::I64(_) => 8,
                    NpyData::U8(_) | NpyData::Bool(_) => 1,
                };
                prop_assert_eq!((bytes.len() - values) % 64, 0, "the values are aligned");
                prop_assert_eq!(parse_npy(&bytes).unwrap(), array);
            }

            #[test]
            fn no_bytes_break_the_reader(array in any_array(), flips in prop::collection::vec((any::<usize>(), any::<u8>()), 1..12), cut in any::<usize>()) {
                let mut bytes = serialize_npy(&array);
                for (at, value) in flips {
                    let at = at % bytes.len();
                    bytes[at] = value;
                }
                bytes.truncate(cut % (bytes.len() + 1));
                if let Ok(read) = parse_npy(&bytes) {
                    prop_assert_eq!(read.shape.iter().product::<usize>(), read.data.len());
                }
            }
        }

    fn check(header: &str, values: usize, expected: Result<&[usize], NpyError>) {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(std::iter::repeat_n(0, values));
        assert_eq!(parse_npy(&bytes).map(|a| a.shape), expected.map(<[usize]>::to_vec), "{header}");
    }

    #[test]
    fn headers() {
        check("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", 24, Ok(&[2, 3]));
        check("{\"shape\": (5,), \"fortran_order\": True, \"descr\": \"|b1\"}", 5, Ok(&[5]));
        check("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", 8, Ok(&[]));
        check(
            "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }",
            4,
            Err(NpyError::Type(">f4".into())),
        );
        check(
            "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }",
            16,
            Err(NpyError::FortranOrder),
        );
        let huge = 1_usize << 62;
        check(
            &format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({huge}, {huge}), }}"),
            0,
            Err(NpyError::Shape(vec![huge, huge])),
        );
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
        check(
            text,
            4,
            Err(NpyError::Truncated { got: 10 + text.len() + 4, expected: 10 + text.len() + 12 }),
        );
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }";
        check(text, 12, Err(NpyError::Header { header: text.into(), key: "shape" }));
    }
}
