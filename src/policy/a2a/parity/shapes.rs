//! A configuration, read off the shapes of a checkpoint.

use std::collections::BTreeMap;
use std::path::Path;

use nn::Result;

use super::super::config::{Config, Coupling, LossWeights, Observe, Variant};
use super::refuse;

/// The configuration of `a2a` whose parameters have these shapes, for pictures of `image` pixels and
/// states of `state` numbers.
pub(super) fn config(
    path: &Path,
    shapes: &BTreeMap<String, Vec<usize>>,
    (history, chunk): (usize, usize),
    (state, action): (usize, usize),
    image: usize,
) -> Result<Config> {
    let axis = |name: &str, axis: usize| {
        let found = shapes.get(name).and_then(|s| s.get(axis)).copied();
        found.ok_or_else(|| refuse(path, &format!("the weights lack `{name}`")))
    };
    let count = |pattern: &dyn Fn(usize) -> String| {
        (0..).take_while(|i| shapes.contains_key(&pattern(*i))).count()
    };
    let prefix = "obs_encoder.key_model_map.";
    let cameras: Vec<String> = shapes
        .keys()
        .filter_map(|name| name.strip_prefix(prefix)?.strip_suffix(".conv1.weight"))
        .filter(|name| !name.contains('.'))
        .map(str::to_owned)
        .collect();
    let Some(camera) = cameras.first() else {
        return Err(refuse(path, &format!("the weights lack `{prefix}CAMERA.conv1.weight`")));
    };
    let mut backbone = [0; 4];
    for (i, width) in backbone.iter_mut().enumerate() {
        *width = axis(&format!("{prefix}{camera}.layer{}.0.conv1.weight", i + 1), 0)?;
    }
    Ok(Config {
        variant: Variant::A2a,
        state,
        action,
        history,
        chunk,
        observe: Observe { cameras, image, points: 0, point_feature: 1, landmarks: 0 },
        backbone,
        latent: axis("obs_projector.weight", 0)?,
        hidden: axis("flow_net.input_proj.weight", 0)?,
        blocks: count(&|i| format!("flow_net.layers.{i}.mlp.fc1.weight")),
        mlp: axis("flow_net.layers.0.mlp.fc1.weight", 0)?,
        time_features: axis("flow_net.time_embed.1.weight", 1)?,
        time_hidden: axis("flow_net.time_embed.1.weight", 0)?,
        encoder_hidden: axis("action_encoder.encoder.0.weight", 0)?,
        decoder_hidden: axis("action_decoder.input_proj.weight", 0)?,
        decoder_blocks: count(&|i| format!("action_decoder.layers.{i}.fc1.weight")),
        steps: 6,
        rollouts: Vec::new(),
        still: 0.0,
        diffusion_steps: 100,
        history_noise: 0.0,
        coupling: Coupling::Independent,
        zero_modulators: false,
        dropout: 0.0,
        loss: LossWeights {
            flow: 1.0,
            consistency: 1.0,
            decoded: 0.5,
            auto_encoder: 0.5,
            contrast: 0.0,
            landmarks: 0.0,
        },
    })
}
