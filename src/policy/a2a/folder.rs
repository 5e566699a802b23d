//! The folder that holds a trained policy: `spec.toml` says what it is, `weights.safetensors` holds the
//! running mean of its weights in half precision and the plane that its paths are drawn on.

use std::path::Path;

use nn::candle::Device;
use nn::checkpoint::{Precision, SPEC, Tensors, WEIGHTS, load_spec, save_spec};
use nn::{NnError, Result, Training};
use serde::{Deserialize, Serialize};

use super::config::Config;
use super::model::{A2a, Normalisers};
use crate::plane::Plane;

/// What [`Spec::policy`] says.
pub const KIND: &str = "a2a";

/// What a folder's `spec.toml` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// Which kind of policy: `a2a` with all its variants.
    pub policy: String,
    /// The network.
    pub network: Config,
    /// Its normalisers.
    pub normalisers: Normalisers,
    /// How it was trained.
    pub training: Training,
    /// Updates that were done.
    pub updates: u64,
}

/// A trained network with all that belongs to it.
#[derive(Debug)]
pub struct Stored {
    /// The network.
    pub model: A2a,
    /// What it is.
    pub spec: Spec,
    /// The plane that its paths are drawn on, if the file holds one.
    pub plane: Option<Plane>,
}

/// Writes a trained network, each file atomically, the weights first.
///
/// # Errors
/// When the disk refuses.
pub fn save(folder: &Path, model: &A2a, spec: &Spec, plane: &Plane) -> Result<()> {
    let mut arrays = model.params.arrays()?;
    arrays.extend(plane.arrays());
    Tensors { arrays, ..Tensors::default() }.save(&folder.join(WEIGHTS), Precision::Half)?;
    save_spec(&folder.join(SPEC), spec)
}

/// Writes the weights of a folder again, in another precision.
///
/// # Errors
/// When they cannot be read or the disk refuses.
pub fn repack(folder: &Path, precision: Precision) -> Result<()> {
    let path = folder.join(WEIGHTS);
    Tensors::load(&path)?.save(&path, precision)
}

/// Reads a trained network from its folder.
///
/// # Errors
/// When a file is missing or broken, or a tensor is missing, has another shape or is not finite; the
/// sentence names the file, the tensor and both shapes.
pub fn load(folder: &Path, device: &Device) -> Result<Stored> {
    let path = folder.join(SPEC);
    let spec: Spec = load_spec(&path)?;
    if spec.policy != KIND {
        let reason = format!("`policy` is {:?}; this is read as {KIND:?}", spec.policy);
        return Err(NnError::File { path, reason });
    }
    let widths = (spec.normalisers.state.width(), spec.normalisers.action.width());
    if widths != (spec.network.state, spec.network.action) {
        return Err(NnError::File {
            path,
            reason: format!(
                "the normalisers are for {} and {} numbers, the network for {} and {}",
                widths.0, widths.1, spec.network.state, spec.network.action
            ),
        });
    }
    let model = A2a::blank(spec.network.clone(), device)?;
    let weights = folder.join(WEIGHTS);
    let arrays = Tensors::load(&weights)?.arrays;
    model.params.load(&arrays, &weights)?;
    let plane = Plane::of(&arrays, spec.network.space());
    Ok(Stored { model, spec, plane })
}
