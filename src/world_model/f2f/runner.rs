//! A trained network at work: the last pictures of a camera in, the next ones out.

use std::path::Path;

use interface::Image;
use nn::candle::{Device, Tensor};
use nn::pictures::resize;
use nn::{NnError, Result};

use super::config::{Config, Variant};
use super::folder::{Spec, load};
use super::model::F2f;

/// The most steps of a flow.
const MOST_STEPS: usize = 100;

/// A network and what it is.
#[derive(Debug)]
pub struct Runner {
    model: F2f,
    spec: Spec,
}

/// Predicted pictures, and how they came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The future frames, the nearest first, in the network's size.
    pub pictures: Vec<Image>,
    /// Steps that were taken: one for a regression, whatever was asked for.
    pub steps: usize,
    /// Numbers of the latent of one frame.
    pub latent: usize,
    /// Where the latents began, after each step, and where they ended:
    /// `[steps + 1, frames, latent]`.
    pub points: Vec<f32>,
    /// The velocity at each step: `[steps, frames, latent]`.
    pub velocities: Vec<f32>,
}

impl Runner {
    /// From a network's folder.
    ///
    /// # Errors
    /// When a file is missing or broken; the sentence names it, the tensor and both shapes.
    pub fn load(folder: &Path, device: &Device) -> Result<Self> {
        let stored = load(folder, device)?;
        Ok(Self { model: stored.model, spec: stored.spec })
    }

    /// What the network is.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Its widths and options.
    pub fn config(&self) -> &Config {
        &self.model.config
    }

    /// The network.
    pub fn model(&self) -> &F2f {
        &self.model
    }

    /// The pictures that follow `past`: as many frames as the network looks at, oldest first, each
    /// [`Config::stride`] pictures after the one before, of any size. They are scaled to the network's
    /// square, as its training pictures were.
    ///
    /// # Errors
    /// When there are more or fewer frames, one has other pixels than its size says, or `steps` is not from
    /// 1 to 100.
    pub fn predict(&self, past: &[&Image], steps: usize) -> Result<Prediction> {
        let config = &self.model.config;
        let refuse = |reason: String| Err(NnError::Config(reason));
        if past.len() != config.past {
            return refuse(format!(
                "the network looks at {} past frames, not at {}",
                config.past,
                past.len()
            ));
        }
        if !(1..=MOST_STEPS).contains(&steps) {
            return refuse(format!("{steps} steps were asked for; there are 1 to {MOST_STEPS}"));
        }
        let side = config.image;
        let mut scaled = vec![0; side * side * 3];
        let mut values = Vec::with_capacity(past.len() * scaled.len());
        for (i, image) in past.iter().enumerate() {
            let pixels = image.height.checked_mul(image.width);
            if pixels != Some(image.rgb.len()) || image.rgb.is_empty() {
                return refuse(format!(
                    "past frame {i} has {} pixels, not {} rows of {}",
                    image.rgb.len(),
                    image.height,
                    image.width
                ));
            }
            let size = (image.height, image.width);
            resize(image.rgb.as_flattened(), size, &mut scaled, (side, side));
            values.extend(scaled.iter().map(|byte| f32::from(*byte) / 255.0));
        }
        let device = self.model.params.device();
        let past = Tensor::from_vec(values, (1, config.past, side, side, 3), device)?;
        let (pictures, path) = self.model.predict(&past, steps)?;
        let flat = |list: &[Tensor]| -> Result<Vec<f32>> {
            let mut all = Vec::new();
            for tensor in list {
                all.extend(tensor.flatten_all()?.to_vec1::<f32>()?);
            }
            Ok(all)
        };
        let pictures = flat(&[pictures])?;
        // A number that is none becomes black.
        let byte = |value: &f32| (value * 255.0).round() as u8;
        let pictures = pictures.chunks_exact(side * side * 3).map(|values| Image {
            width: side,
            height: side,
            rgb: values.as_chunks::<3>().0.iter().map(|rgb| rgb.each_ref().map(byte)).collect(),
        });
        Ok(Prediction {
            pictures: pictures.collect(),
            steps: if config.variant == Variant::Regression { 1 } else { steps },
            latent: config.latent,
            points: flat(&path.points)?,
            velocities: flat(&path.velocities)?,
        })
    }
}
