//! Checkpoints on disk: tensors as safetensors, what they mean as TOML, each file whole or not there.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, View};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{NnError, Result};

/// What a trained network is, in its folder.
pub const SPEC: &str = "spec.toml";
/// Its weights, and what else belongs to them.
pub const WEIGHTS: &str = "weights.safetensors";
/// What its training goes on from.
pub const STATE: &str = "state.safetensors";

/// Values with their shape.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Array {
    /// Lengths of the axes, slowest first.
    pub shape: Vec<usize>,
    /// The values, row-major.
    pub values: Vec<f32>,
}

/// Number type of a file of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits: exact.
    Single,
    /// 16 bits, IEEE: half the size, eleven bits of precision.
    Half,
    /// Signed bytes with a scale for each row of the first axis, so that a row's largest value is 127;
    /// vectors and small matrices, in which bytes save nothing, in 16 bits.
    Byte,
}

/// What is added to a tensor's name for the scales of its rows.
const SCALE: &str = "#scale";
/// Fewer values than this stay in 16 bits.
const SMALL: usize = 4096;

/// Tensors by name, with notes.
#[derive(Clone, Debug, Default)]
pub struct Tensors {
    /// The tensors.
    pub arrays: BTreeMap<String, Array>,
    /// The header's notes.
    pub notes: HashMap<String, String>,
}

fn file_error(path: &Path, reason: impl ToString) -> NnError {
    NnError::File { path: path.to_path_buf(), reason: reason.to_string() }
}

/// Writes a file so that at any moment either the old one or the new one is there, whole: into a file
/// beside it, flushed to the disk, then renamed.
///
/// # Errors
/// When the disk refuses; the old file is then untouched.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(format!(".{}.partial", std::process::id()));
    let partial = PathBuf::from(partial);
    let written = File::create(&partial).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let placed = written.and_then(|()| fs::rename(&partial, path));
    if let Err(e) = placed {
        let _ = fs::remove_file(&partial);
        return Err(file_error(path, e));
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // The new name is on the disk once its folder is; where a folder cannot be flushed it soon is.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// A tensor as it lies in a file.
struct Packed {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl View for &Packed {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

impl Packed {
    fn single(shape: Vec<usize>, values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Self { dtype: Dtype::F32, shape, bytes }
    }

    fn half(array: &Array) -> Self {
        let bytes = array.values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect();
        Self { dtype: Dtype::F16, shape: array.shape.clone(), bytes }
    }

    /// Bytes, and the scales of the rows.
    fn bytes(array: &Array) -> (Self, Self) {
        let rows = array.shape[0];
        let (mut scales, mut bytes) = (Vec::with_capacity(rows), Vec::new());
        for row in array.values.chunks_exact(array.values.len() / rows) {
            let largest = row.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
            let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
            scales.push(scale);
            bytes.extend(row.iter().map(|v| (v / scale).round() as i8 as u8));
        }
        let packed = Self { dtype: Dtype::I8, shape: array.shape.clone(), bytes };
        (packed, Self::single(vec![rows], &scales))
    }
}

impl Tensors {
    /// Writes them as one safetensors file, atomically.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn save(&self, path: &Path, precision: Precision) -> Result<()> {
        let mut packed = BTreeMap::new();
        for (name, array) in &self.arrays {
            let large = array.shape.len() > 1 && array.values.len() >= SMALL;
            let one = match precision {
                Precision::Single => Packed::single(array.shape.clone(), &array.values),
                Precision::Byte if large && array.values.iter().all(|v| v.is_finite()) => {
                    let (bytes, scales) = Packed::bytes(array);
                    packed.insert(format!("{name}{SCALE}"), scales);
                    bytes
                }
                Precision::Half | Precision::Byte => Packed::half(array),
            };
            packed.insert(name.clone(), one);
        }
        let views = packed.iter();
        let notes = (!self.notes.is_empty()).then(|| self.notes.clone());
        let bytes = safetensors::serialize(views, notes).map_err(|e| file_error(path, e))?;
        write_whole(path, &bytes)
    }

    /// Reads a safetensors file of any of the usual number types, as f32; bytes with scales become what they
    /// stand for.
    ///
    /// # Errors
    /// When the file is missing, is no safetensors file or holds a type this reader does not take.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).map_err(|e| file_error(path, e))?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| file_error(path, e))?;
        let notes = header.metadata().clone().unwrap_or_default();
        let file = SafeTensors::deserialize(&bytes).map_err(|e| file_error(path, e))?;
        let mut arrays = BTreeMap::new();
        for (name, view) in file.iter() {
            let values = decode(&view).ok_or_else(|| {
                file_error(path, format!("tensor `{name}` has type {:?}", view.dtype()))
            })?;
            arrays.insert(name.to_owned(), Array { shape: view.shape().to_vec(), values });
        }
        let scaled: Vec<String> =
            arrays.keys().filter_map(|name| Some(name.strip_suffix(SCALE)?.to_owned())).collect();
        for name in scaled {
            let scales = arrays.remove(&format!("{name}{SCALE}")).unwrap_or_default().values;
            let array = arrays.get_mut(&name).filter(|array| {
                array.shape.first() == Some(&scales.len()) && !array.values.is_empty()
            });
            let Some(array) = array else {
                let rows = scales.len();
                let reason =
                    format!("there are scales for {rows} rows of `{name}`, which has others");
                return Err(file_error(path, reason));
            };
            let width = array.values.len() / scales.len();
            for (row, scale) in array.values.chunks_exact_mut(width).zip(scales) {
                row.iter_mut().for_each(|v| *v *= scale);
            }
        }
        Ok(Self { arrays, notes })
    }
}

fn decode(view: &TensorView<'_>) -> Option<Vec<f32>> {
    fn each<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
        bytes.as_chunks().0.iter().map(|b| number(*b)).collect()
    }
    let bytes = view.data();
    Some(match view.dtype() {
        Dtype::F32 => each(bytes, f32::from_le_bytes),
        Dtype::F64 => each(bytes, |b| f64::from_le_bytes(b) as f32),
        Dtype::F16 => each(bytes, |b| f16::from_le_bytes(b).to_f32()),
        Dtype::BF16 => each(bytes, |b| bf16::from_le_bytes(b).to_f32()),
        Dtype::I64 => each(bytes, |b| i64::from_le_bytes(b) as f32),
        Dtype::I32 => each(bytes, |b| i32::from_le_bytes(b) as f32),
        Dtype::I8 => each(bytes, |b| f32::from(i8::from_le_bytes(b))),
        Dtype::U8 | Dtype::BOOL => each(bytes, |[b]: [u8; 1]| f32::from(b)),
        _ => return None,
    })
}

/// Writes what tensors mean as TOML, atomically.
///
/// # Errors
/// When the value has no TOML form or the disk refuses.
pub fn save_spec<T: Serialize>(path: &Path, spec: &T) -> Result<()> {
    let text = toml::to_string_pretty(spec).map_err(|e| file_error(path, e))?;
    write_whole(path, text.as_bytes())
}

/// Reads what [`save_spec`] wrote.
///
/// # Errors
/// When the file is missing or not of the form of `T`; the sentence names the line and the field.
pub fn load_spec<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).map_err(|e| file_error(path, e))?;
    toml::from_str(&text).map_err(|e| {
        let before = |span: std::ops::Range<usize>| text.get(..span.start).unwrap_or_default();
        let line = e.span().map_or(0, |span| before(span).matches('\n').count() + 1);
        file_error(path, format!("line {line}: {}", e.message().trim().replace('\n', ", ")))
    })
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use proptest::prelude::*;

    use super::*;
    use crate::{Init, Params, random};

    fn tensors(values: &[f32]) -> Tensors {
        let array = Array { shape: vec![values.len()], values: values.to_vec() };
        let notes = HashMap::from([("step".to_owned(), "7".to_owned())]);
        Tensors { arrays: BTreeMap::from([("w".to_owned(), array)]), notes }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        let values = [1.0, -2.5, 1e-20, f32::MAX];
        tensors(&values).save(&path, Precision::Single).unwrap();
        let read = Tensors::load(&path).unwrap();
        assert_eq!(read.arrays["w"].values, values);
        assert_eq!(read.notes["step"], "7");
        tensors(&[1.0, 0.1]).save(&path, Precision::Half).unwrap();
        let half = Tensors::load(&path).unwrap();
        assert!((half.arrays["w"].values[1] - 0.1).abs() < 5e-5);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a partial file was left");
    }

    #[test]
    fn bytes_are_within_half_a_step_of_each_row() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        let shape = vec![64, 16, 5];
        let values: Vec<f32> = (0..64 * 80)
            .map(|i| ((i * 7919 % 1009) as f32 / 504.0 - 1.0) * (i / 80) as f32)
            .collect();
        let large = Array { shape, values: values.clone() };
        let small = Array { shape: vec![2, 2], values: vec![1.0, 2.0, 3.0, 0.1] };
        let arrays = BTreeMap::from([("large".to_owned(), large), ("small".to_owned(), small)]);
        Tensors { arrays, notes: HashMap::new() }.save(&path, Precision::Byte).unwrap();
        assert!(fs::metadata(&path).unwrap().len() < 64 * 80 + 64 * 4 + 400);
        let read = Tensors::load(&path).unwrap().arrays;
        assert_eq!(read.keys().collect::<Vec<_>>(), ["large", "small"]);
        assert_eq!(read["large"].shape, [64, 16, 5]);
        for (i, (got, was)) in read["large"].values.iter().zip(&values).enumerate() {
            let row = &values[i / 80 * 80..][..80];
            let step = row.iter().fold(0.0_f32, |m, v| m.max(v.abs())) / 127.0;
            assert!((got - was).abs() <= 0.501 * step, "{i}: {got} {was}");
        }
        assert!((read["small"].values[3] - 0.1).abs() < 5e-5);
        // Scales of other rows are no scales.
        let array = |shape: &[usize]| Array {
            shape: shape.to_vec(),
            values: vec![1.0; shape.iter().product()],
        };
        let arrays =
            BTreeMap::from([("w".to_owned(), array(&[3, 2])), ("w#scale".to_owned(), array(&[2]))]);
        Tensors { arrays, notes: HashMap::new() }.save(&path, Precision::Single).unwrap();
        let error = Tensors::load(&path).unwrap_err().to_string();
        assert!(error.contains("2 rows of `w`"), "{error}");
    }

    #[test]
    fn errors_name_the_tensor_both_shapes_and_the_file() {
        let mut params = Params::new(&Device::Cpu);
        params.make("w", &[3], Init::Zeros, &mut random(0, 0)).unwrap();
        let check = |arrays: &BTreeMap<String, Array>, expected: &[&str]| {
            let text = params.load(arrays, Path::new("here.safetensors")).unwrap_err().to_string();
            for part in expected.iter().chain(&["here.safetensors", "`w`"]) {
                assert!(text.contains(part), "{text} lacks {part}");
            }
        };
        check(&BTreeMap::new(), &["[3]"]);
        check(&tensors(&[1.0, 2.0]).arrays, &["[2]", "[3]"]);
        check(&tensors(&[1.0, f32::NAN, 2.0]).arrays, &["not finite"]);
        let missing = Tensors::load(Path::new("/nowhere/x.safetensors")).unwrap_err().to_string();
        assert!(missing.contains("/nowhere/x.safetensors"), "{missing}");
    }

    #[test]
    fn a_refused_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("x.toml");
        let error = write_whole(&path, b"a").unwrap_err();
        assert!(error.to_string().contains("x.toml"), "{error}");
    }

    proptest! {
        /// Whatever the bytes, reading them ends with tensors or with a sentence.
        #[test]
        fn broken_files_are_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..200, flip in 0usize..200) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("t");
            fs::write(&path, &bytes).unwrap();
            let _ = Tensors::load(&path);
            tensors(&[1.0, 2.0, 3.0]).save(&path, Precision::Single).unwrap();
            bytes = fs::read(&path).unwrap();
            let at = flip % bytes.len();
            bytes[at] ^= 0x5a;
            bytes.truncate(bytes.len() - cut % bytes.len());
            fs::write(&path, &bytes).unwrap();
            if let Ok(read) = Tensors::load(&path) {
                for array in read.arrays.values() {
                    prop_assert_eq!(array.values.len(), array.shape.iter().product::<usize>());
                }
            }
        }
    }
}
