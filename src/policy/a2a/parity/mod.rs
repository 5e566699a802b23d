//! The network beside numbers that another implementation computed: every intermediate, output, loss
//! and gradient of a folder of fixtures.
//!
//! A folder holds, for any NAME, `NAME_weights.safetensors` and `NAME_io.safetensors` (inputs,
//! intermediates, outputs, losses), and it may hold `NAME_grads.safetensors`. Where the weights are too
//! large to store, `NAME_fill.json` says how to make them instead. `data_tables.safetensors` has
//! windows, normalisers and schedules. Widths and depths are read off the shapes.

mod compare;
mod fill;
mod shapes;
mod tables;

use std::path::{Path, PathBuf};

use nn::checkpoint::Tensors;
use nn::{NnError, Result};

/// How far the network is from a folder of fixtures. Errors are the largest difference over the
/// largest entry of what was expected.
#[derive(Clone, Debug, Default)]
pub struct Parity {
    /// The worst error of an intermediate, an output, a loss or a table.
    pub worst_forward: f64,
    /// The worst error of a gradient, or of a parameter after some updates.
    pub worst_gradient: f64,
    /// The error of everything that was compared, in the order of the computation.
    pub compared: Vec<(String, f64)>,
}

impl Parity {
    fn forward(&mut self, name: String, error: f64) {
        self.worst_forward = self.worst_forward.max(error);
        self.compared.push((name, error));
    }

    fn gradient(&mut self, name: String, error: f64) {
        self.worst_gradient = self.worst_gradient.max(error);
        self.compared.push((name, error));
    }

    /// Compares two lists of numbers; lists of different lengths have nothing in common.
    fn error(got: &[f32], expected: &[f32]) -> f64 {
        if got.len() != expected.len() {
            return f64::INFINITY;
        }
        let largest = expected.iter().fold(0.0_f64, |m, v| m.max(f64::from(v.abs())));
        let worst = got.iter().zip(expected).fold(0.0_f64, |m, (g, e)| {
            let difference = (f64::from(*g) - f64::from(*e)).abs();
            if difference.is_nan() { f64::INFINITY } else { m.max(difference) }
        });
        if worst == 0.0 { 0.0 } else { worst / largest.max(1e-12) }
    }
}

/// Loads a folder of fixtures and compares everything in it that this implementation computes.
///
/// # Errors
/// When the folder holds no fixture, or a file is broken or lacks a tensor that all fixtures have; the
/// sentence names both.
pub fn parity(folder: &Path) -> Result<Parity> {
    let mut parity = Parity::default();
    let mut names: Vec<String> = Vec::new();
    let list = std::fs::read_dir(folder).map_err(|e| refuse(folder, &e.to_string()))?;
    for entry in list.flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        if let Some(name) = file.strip_suffix("_io.safetensors") {
            names.push(name.to_owned());
        }
    }
    names.sort();
    for name in &names {
        compare::fixture(folder, name, &mut parity)?;
    }
    let tables = folder.join("data_tables.safetensors");
    if tables.is_file() {
        tables::compare(&Fixture::load(&tables)?, &mut parity)?;
    }
    if parity.compared.is_empty() {
        return Err(refuse(folder, "there is no file NAME_io.safetensors: it holds no fixture"));
    }
    Ok(parity)
}

fn refuse(path: &Path, reason: &str) -> NnError {
    NnError::File { path: path.to_path_buf(), reason: reason.to_owned() }
}

/// A file of expected numbers.
struct Fixture {
    path: PathBuf,
    tensors: Tensors,
}

impl Fixture {
    fn load(path: &Path) -> Result<Self> {
        Ok(Self { path: path.to_path_buf(), tensors: Tensors::load(path)? })
    }

    fn find(&self, name: &str) -> Option<(&[usize], &[f32])> {
        self.tensors.arrays.get(name).map(|a| (&a.shape[..], &a.values[..]))
    }

    fn get(&self, name: &str) -> Result<(&[usize], &[f32])> {
        self.find(name).ok_or_else(|| refuse(&self.path, &format!("there is no tensor `{name}`")))
    }

    fn values(&self, name: &str) -> Result<&[f32]> {
        Ok(self.get(name)?.1)
    }
}

#[cfg(test)]
mod tests;
