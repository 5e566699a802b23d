//! The folder that holds a trained network: `spec.toml` says what it is, `weights.safetensors` holds the
//! running mean of its weights in half precision.

use std::path::Path;

use nn::candle::Device;
use nn::checkpoint::{Precision, SPEC, Tensors, WEIGHTS, load_spec, save_spec};
use nn::{NnError, Result, Training};
use serde::{Deserialize, Serialize};

use super::config::Config;
use super::model::F2f;

/// What [`Spec::policy`] says.
pub const KIND: &str = "f2f";

/// What a folder's `spec.toml` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// What kind of network lies here, under the word that the folders of policies use: `f2f`.
    pub policy: String,
    /// The camera whose pictures it was trained on.
    pub camera: String,
    /// Updates that were done.
    pub updates: u64,
    /// The network.
    pub network: Config,
    /// How it was trained.
    pub training: Training,
}

/// A trained network with what it is.
#[derive(Debug)]
pub struct Stored {
    /// The network.
    pub model: F2f,
    /// What it is.
    pub spec: Spec,
}

/// Writes a trained network, each file atomically, the weights first.
///
/// # Errors
/// When the disk refuses.
pub fn save(folder: &Path, model: &F2f, spec: &Spec) -> Result<()> {
    let arrays = model.params.arrays()?;
    Tensors { arrays, ..Tensors::default() }.save(&folder.join(WEIGHTS), Precision::Half)?;
    save_spec(&folder.join(SPEC), spec)
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
    let model = F2f::blank(spec.network.clone(), device)?;
    let weights = folder.join(WEIGHTS);
    model.params.load(&Tensors::load(&weights)?.arrays, &weights)?;
    Ok(Stored { model, spec })
}
