//! The network of both variants: parts, forward passes, prediction.

use nn::candle::{Device, Tensor};
use nn::{NnError, Params, Result, random};

use super::config::{Config, Variant};
use super::decoder::Decoder;
use super::encoder::{Encoder, Latents};
use super::flow_net::FlowNet;

/// F2F or its baseline.
#[derive(Debug)]
pub struct F2f {
    /// Widths and options.
    pub config: Config,
    /// Everything that is trained.
    pub params: Params,
    encoder: Encoder,
    pub(super) flow: FlowNet,
    decoder: Decoder,
}

/// What is known of the past of some clips.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// Where the flow starts, `[clips, past, latent]`.
    pub start: Tensor,
    /// The means of the latents, which are the condition, `[clips, past, latent]`.
    pub past: Tensor,
}

/// How latents came about.
#[derive(Clone, Debug)]
pub struct Path {
    /// Where it began, after each step, and where it ended: each `[clips, frames, latent]`.
    pub points: Vec<Tensor>,
    /// The velocity at each step.
    pub velocities: Vec<Tensor>,
}

impl Path {
    /// Where it ended.
    pub fn end(&self) -> &Tensor {
        &self.points[self.points.len() - 1]
    }
}

impl F2f {
    /// A network with fresh parameters.
    ///
    /// # Errors
    /// When the configuration makes no network.
    pub fn new(config: Config, seed: u64, device: &Device) -> Result<Self> {
        Self::build(config, seed, Params::new(device))
    }

    /// A network whose parameters a checkpoint will fill.
    pub(super) fn blank(config: Config, device: &Device) -> Result<Self> {
        Self::build(config, 0, Params::blank(device))
    }

    fn build(config: Config, seed: u64, mut params: Params) -> Result<Self> {
        config.check()?;
        let random = &mut random(seed, u64::MAX);
        let encoder = Encoder::new(&mut params, &config, random)?;
        let flow = FlowNet::new(&mut params, &config, random)?;
        let decoder = Decoder::new(&mut params, &config, random)?;
        Ok(Self { config, params, encoder, flow, decoder })
    }

    /// Scales and moves the fresh encoder's latents so that those of these pictures have mean 0 in each
    /// number and deviation 1 over all. The frames of one camera look nearly alike, and so do their features:
    /// without this the network begins with latents that differ by a few per cent.
    ///
    /// # Errors
    /// When the pictures have another size than the configuration says.
    pub fn standardise(&self, pictures: &Tensor) -> Result<()> {
        let means = self.encode(pictures)?.mean.to_vec2::<f32>()?;
        let (rows, width) = (means.len().max(1) as f64, self.config.latent);
        let mut centre = vec![0.0_f64; width];
        for row in &means {
            centre.iter_mut().zip(row).for_each(|(c, v)| *c += f64::from(*v) / rows);
        }
        let apart = means.iter().flat_map(|row| row.iter().zip(&centre));
        let square: f64 = apart.map(|(v, c)| (f64::from(*v) - c).powi(2)).sum();
        let deviation = (square / (rows * width as f64)).sqrt();
        // Of pictures that are all alike nothing can be told apart.
        let scale = if deviation > 1e-6 { 1.0 / deviation } else { 1.0 };
        let centre: Vec<f32> = centre.into_iter().map(|c| c as f32).collect();
        let moved = Tensor::from_vec(centre, width, self.params.device())?;
        for (name, moved) in [("encoder.mean.weight", None), ("encoder.mean.bias", Some(moved))] {
            let Some(var) = self.params.get(name) else { continue };
            let value = match moved {
                Some(moved) => (var.as_tensor() - moved)?,
                None => var.as_tensor().clone(),
            };
            var.set(&(value * scale)?.detach())?;
        }
        Ok(())
    }

    /// The laws of the latents of pictures `[frames, rows, columns, 3]` in [0, 1].
    ///
    /// # Errors
    /// When they have another size than the configuration says.
    pub fn encode(&self, pictures: &Tensor) -> Result<Latents> {
        let side = self.config.image;
        if pictures.dims().get(1..) != Some(&[side, side, 3]) {
            return Err(NnError::Config(format!(
                "the network looks at pictures [frames, {side}, {side}, 3], not {:?}",
                pictures.dims()
            )));
        }
        self.encoder.forward(pictures)
    }

    /// The pictures `[clips * frames, rows, columns, 3]` of latents `[clips, frames, latent]`, as they come:
    /// a little below 0 or above 1 here and there. `last` are the last seen pictures,
    /// `[clips, rows, columns, 3]`.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn decode(&self, z: &Tensor, last: &Tensor) -> Result<Tensor> {
        let (clips, frames, latent) = z.dims3()?;
        let of_frame: Vec<u32> =
            (0..clips as u32).flat_map(|c| std::iter::repeat_n(c, frames)).collect();
        let of_frame = Tensor::new(of_frame, z.device())?;
        self.decoder.forward(&z.reshape((clips * frames, latent))?, last, &of_frame)
    }

    /// From the start to the end, all gradients kept: `steps` of Euler's (`t_k = k / steps`) for the flow;
    /// one, whatever `steps` says, for the regression.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn integrate(&self, seen: &Encoded, steps: usize) -> Result<Path> {
        let condition = self.flow.embed_condition(&seen.past)?;
        let steps = match self.config.variant {
            Variant::Flow => steps.max(1),
            Variant::Regression => 1,
        };
        let mut path = Path { points: vec![seen.start.clone()], velocities: Vec::new() };
        let mut z = seen.start.clone();
        for k in 0..steps {
            let t = k as f32 / steps as f32;
            let v = self.flow.velocity(&z, &[t], &condition)?;
            z = (z + (&v * (1.0 / steps as f64))?)?;
            path.velocities.push(v);
            path.points.push(z.clone());
        }
        Ok(path)
    }

    /// What follows past frames `[clips, past, rows, columns, 3]` in [0, 1]: pictures
    /// `[clips, future, rows, columns, 3]`, in [0, 1] again, and the path of the latents. Nothing is random:
    /// the flow starts from the means.
    ///
    /// # Errors
    /// When the frames are not those that the configuration names.
    pub fn predict(&self, past: &Tensor, steps: usize) -> Result<(Tensor, Path)> {
        let (config, side) = (&self.config, self.config.image);
        if past.rank() != 5 || past.dim(1)? != config.past {
            return Err(NnError::Config(format!(
                "the network looks at [clips, {}, {side}, {side}, 3], not {:?}",
                config.past,
                past.dims()
            )));
        }
        let clips = past.dim(0)?;
        let mean = self.encode(&past.flatten(0, 1)?)?.mean;
        let mean = mean.reshape((clips, config.past, config.latent))?;
        let path = self.integrate(&Encoded { start: mean.clone(), past: mean }, steps)?;
        let last = past.narrow(1, config.past - 1, 1)?.squeeze(1)?.contiguous()?;
        let pictures = self.decode(path.end(), &last)?.clamp(0.0, 1.0)?;
        Ok((pictures.reshape((clips, config.future, side, side, 3))?, path))
    }
}
