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
}

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

struct Stored<'a>(&'a Array, Precision);

impl View for Stored<'_> {
    fn dtype(&self) -> Dtype {
        match self.1 {
            Precision::Single => Dtype::F32,
            Precision::Half => Dtype::F16,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let values = &self.0.values;
        Cow::Owned(match self.1 {
            Precision::Single => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Precision::Half => {
                values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect()
            }
        })
    }

    fn data_len(&self) -> usize {
        self.0.values.len() * if self.1 == Precision::Single { 4 } else { 2 }
    }
}

impl Tensors {
    /// Writes them as one safetensors file, atomically.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn save(&self, path: &Path, precision: Precision) -> Result<()> {
        let views = self.arrays.iter().map(|(name, array)| (name, Stored(array, precision)));
        let notes = (!self.notes.is_empty()).then(|| self.notes.clone());
        let bytes = safetensors::serialize(views, notes).map_err(|e| file_error(path, e))?;
        write_whole(path, &bytes)
    }

    /// Reads a safetensors file of any of the usual number types, as f32.
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
