//! From frames to the condition: features of pictures and points, joined with the joint state.

use nn::candle::Tensor;
use nn::ops::{Activation, activation};
use nn::{Linear, LinearInit, Params, Random, ResNet18, Result};

use super::config::Config;

/// Where the names of the cameras' encoders begin; the landmarks' layer.
const CAMERA: &str = "obs_encoder.key_model_map.";
const LANDMARKS: &str = "obs_encoder.landmarks";

/// The frames of a batch, each once, and which of them each window looks at.
#[derive(Clone, Debug)]
pub struct Frames {
    /// What each camera saw; nothing where `features` say it.
    pub images: Vec<Images>,
    /// What the cameras' encoders made of it before, `[frames, width]`, where these no longer learn.
    pub features: Option<Tensor>,
    /// The points, normalised: `[frames, points, 3]`.
    pub points: Option<Tensor>,
    /// Where things are, normalised: `[frames, landmarks]`; in training only.
    pub landmarks: Option<Tensor>,
    /// For each window, oldest first, the frames of its history: `[windows * history]`.
    pub of_window: Vec<u32>,
}

/// The pictures of one camera, each once. A camera that is slower than the arm shows the same picture in
/// several frames.
#[derive(Clone, Debug)]
pub struct Images {
    /// The pictures, normalised: `[pictures, rows, columns, 3]`.
    pub pictures: Tensor,
    /// For each frame which of them it shows.
    pub shown: Vec<u32>,
}

impl Images {
    /// A picture for each frame, `[frames, rows, columns, 3]`.
    pub fn one_a_frame(pictures: Tensor) -> Self {
        let count = pictures.dims().first().copied().unwrap_or(0);
        Self { pictures, shown: (0..count as u32).collect() }
    }
}

/// The rows of `x` that `index` names, or `x` itself where that is the same.
fn rows(x: &Tensor, index: &[u32]) -> Result<Tensor> {
    let same = index.len() == x.dim(0)? && index.iter().enumerate().all(|(i, f)| i as u32 == *f);
    Ok(if same { x.clone() } else { x.index_select(&Tensor::new(index, x.device())?, 0)? })
}

/// Encodes frames, and joins the frames of a history to the condition.
#[derive(Debug)]
pub(super) struct ObservationEncoder {
    cameras: Vec<ResNet18>,
    points: Option<PointEncoder>,
    projector: Linear,
    /// From the features of all cameras to the landmarks.
    landmarks: Option<Linear>,
    history: usize,
}

/// What frames give.
pub(super) struct Features {
    /// Without the joint state: `[frames, width]`.
    pub(super) all: Tensor,
    /// The landmarks as the pictures tell them, `[frames, landmarks]`, where that is taught.
    pub(super) landmarks: Option<Tensor>,
}

impl ObservationEncoder {
    pub(super) fn new(params: &mut Params, config: &Config, random: &mut Random) -> Result<Self> {
        let mut cameras = Vec::new();
        for camera in &config.observe.cameras {
            let name = format!("{CAMERA}{camera}");
            cameras.push(ResNet18::new(params, &name, config.backbone, random)?);
        }
        let points = if config.observe.points > 0 {
            let shape = (config.observe.points, config.observe.point_feature);
            Some(PointEncoder::new(params, "obs_encoder.points", shape, random)?)
        } else {
            None
        };
        let width = cameras.iter().map(ResNet18::width).sum::<usize>()
            + points.as_ref().map_or(0, |_| config.observe.point_feature)
            + config.state;
        let shape = (width * config.history, config.latent);
        let projector =
            Linear::new(params, "obs_projector", shape, LinearInit::TorchDefault, random)?;
        Ok(Self { cameras, points, projector, landmarks: None, history: config.history })
    }

    /// Makes the layer that tells landmarks. It comes after all others, so that these begin the same with
    /// it and without.
    pub(super) fn teach(
        &mut self,
        params: &mut Params,
        config: &Config,
        random: &mut Random,
    ) -> Result<()> {
        let width = self.cameras.iter().map(ResNet18::width).sum::<usize>();
        if config.observe.landmarks > 0 && width > 0 {
            let shape = (width, config.observe.landmarks);
            let init = LinearInit::TorchDefault;
            self.landmarks = Some(Linear::new(params, LANDMARKS, shape, init, random)?);
        }
        Ok(())
    }

    pub(super) fn cameras(&self) -> &[ResNet18] {
        &self.cameras
    }

    /// What each camera's encoder makes of the frames: `[frames, width]` each.
    pub(super) fn looks(&self, images: &[Images]) -> Result<Vec<Tensor>> {
        let seen = self.cameras.iter().zip(images);
        seen.map(|(camera, images)| rows(&camera.forward(&images.pictures)?, &images.shown))
            .collect()
    }

    /// Whether a parameter of this name belongs to what sees pictures.
    pub(super) fn is_of_eyes(name: &str) -> bool {
        name.starts_with(CAMERA) || name.starts_with(LANDMARKS)
    }

    /// Features of frames.
    pub(super) fn features(&self, frames: &Frames) -> Result<Features> {
        let mut parts = match &frames.features {
            Some(features) => vec![features.clone()],
            None => self.looks(&frames.images)?,
        };
        let landmarks = match &self.landmarks {
            Some(layer) => Some(layer.forward(&Tensor::cat(&parts, 1)?)?),
            None => None,
        };
        if let (Some(encoder), Some(points)) = (&self.points, &frames.points) {
            parts.push(encoder.forward(points)?);
        }
        Ok(Features { all: Tensor::cat(&parts, 1)?, landmarks })
    }

    /// `[windows * history, width + state]`: what each frame of each window gives the condition.
    /// `states` is `[windows, history, state]`, normalised.
    pub(super) fn joined(
        &self,
        features: &Tensor,
        of_window: &[u32],
        states: &Tensor,
    ) -> Result<Tensor> {
        let (windows, history, width) = states.dims3()?;
        let features = rows(features, of_window)?;
        Ok(Tensor::cat(&[features, states.reshape((windows * history, width))?], 1)?)
    }

    /// The condition `[windows, latent]` from what [`Self::joined`] gives.
    pub(super) fn project(&self, joined: &Tensor) -> Result<Tensor> {
        let (rows, width) = joined.dims2()?;
        let windows = rows / self.history;
        self.projector.forward(&joined.reshape((windows, self.history * width))?)
    }
}

/// Points to one feature: three layers over all their coordinates. Key points keep their places, so no
/// pooling has to make the order not matter, and what lies between two of them is one subtraction away.
#[derive(Debug)]
struct PointEncoder {
    layers: [Linear; 3],
}

impl PointEncoder {
    fn new(
        params: &mut Params,
        name: &str,
        (points, width): (usize, usize),
        random: &mut Random,
    ) -> Result<Self> {
        let mut layer = |i: usize, inputs: usize, outputs: usize| {
            let name = format!("{name}.{i}");
            Linear::new(params, &name, (inputs, outputs), LinearInit::TorchDefault, random)
        };
        let inner = 2 * width;
        Ok(Self {
            layers: [
                layer(0, 3 * points, inner)?,
                layer(1, inner, inner)?,
                layer(2, inner, width)?,
            ],
        })
    }

    /// `[frames, points, 3]` to `[frames, width]`.
    fn forward(&self, points: &Tensor) -> Result<Tensor> {
        let x = activation(&self.layers[0].forward(&points.flatten_from(1)?)?, Activation::Relu)?;
        let x = activation(&self.layers[1].forward(&x)?, Activation::Relu)?;
        self.layers[2].forward(&x)
    }
}
