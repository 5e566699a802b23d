//! The network of all variants: parts, forward passes, sampling.

use nn::candle::{Device, Tensor};
use nn::random::normal;
use nn::{Normaliser, Params, Random, Result, random};
use serde::{Deserialize, Serialize};

use super::coders::{ChunkEncoder, Decoder};
use super::config::{Config, Variant};
use super::diffusion::Schedule;
use super::flow_net::FlowNet;
use super::observe::{Frames, Images, ObservationEncoder};

/// The maps between raw numbers and those of the network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Normalisers {
    /// Of the measured state.
    pub state: Normaliser,
    /// Of the commanded action.
    pub action: Normaliser,
    /// Of the coordinates of all points; empty where none are seen.
    #[serde(default)]
    pub point: Normaliser,
    /// Of the landmarks that pictures are taught to tell; empty where there are none.
    #[serde(default)]
    pub landmarks: Normaliser,
}

/// What the network looks at, normalised.
#[derive(Clone, Debug)]
pub struct Observed {
    /// `[windows, history, state]`, oldest first.
    pub states: Tensor,
    /// The frames.
    pub frames: Frames,
}

/// A2A, one of its variants, or a baseline on the same network.
#[derive(Debug)]
pub struct A2a {
    /// Widths and options.
    pub config: Config,
    /// Everything that is trained.
    pub params: Params,
    pub(super) observation: ObservationEncoder,
    pub(super) flow: FlowNet,
    pub(super) source: Option<ChunkEncoder>,
    pub(super) target: Option<ChunkEncoder>,
    pub(super) decoder: Option<Decoder>,
    pub(super) schedule: Schedule,
}

/// How a chunk came about, in the space that the network moves.
#[derive(Clone, Debug)]
pub struct Path {
    /// Where it began, after each step, and where it ended: each `[windows, space]`.
    pub points: Vec<Tensor>,
    /// The velocity (or predicted noise) at each step.
    pub velocities: Vec<Tensor>,
}

impl Path {
    /// Where it ended.
    pub fn end(&self) -> &Tensor {
        &self.points[self.points.len() - 1]
    }
}

impl A2a {
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
        // Each parameter draws from one stream, in the order of the published checkpoints.
        let random = &mut random(seed, u64::MAX);
        let mut observation = ObservationEncoder::new(&mut params, &config, random)?;
        let flow = FlowNet::new(&mut params, &config, random)?;
        let widths = (config.encoder_hidden, config.latent);
        let source = if config.variant.encodes_history() {
            let shape = (config.history, config.state);
            let name = "history_action_encoder";
            Some(ChunkEncoder::new(&mut params, name, shape, widths, random)?)
        } else {
            None
        };
        let shape = (config.chunk, config.action);
        let (mut target, mut decoder) = (None, None);
        if !config.variant.in_action_space() {
            let name = "action_encoder";
            target = Some(ChunkEncoder::new(&mut params, name, shape, widths, random)?);
            let widths = (config.latent, config.decoder_hidden, config.decoder_blocks);
            decoder = Some(Decoder::new(&mut params, "action_decoder", widths, shape, random)?);
        }
        observation.teach(&mut params, &config, random)?;
        let schedule = Schedule::squared_cosine(config.diffusion_steps);
        Ok(Self { config, params, observation, flow, source, target, decoder, schedule })
    }

    /// The condition `[windows, latent]`: all frames of a history, with its states, through one linear
    /// layer.
    ///
    /// # Errors
    /// When the frames are not those that the configuration names.
    pub fn condition(&self, observed: &Observed) -> Result<Tensor> {
        Ok(self.look(observed)?.0)
    }

    /// What each camera's encoder makes of frames: `[frames, width]` each.
    pub(super) fn looks(&self, images: &[Images]) -> Result<Vec<Tensor>> {
        self.observation.looks(images)
    }

    /// The condition, and the landmarks as the pictures tell them where that is taught.
    pub(super) fn look(&self, observed: &Observed) -> Result<(Tensor, Option<Tensor>)> {
        let frames = &observed.frames;
        let features = self.observation.features(frames)?;
        let joined = self.observation.joined(&features.all, &frames.of_window, &observed.states)?;
        Ok((self.observation.project(&joined)?, features.landmarks))
    }

    /// Where the flow starts: `[windows, space]`. `noise` holds as many standard normal numbers as the
    /// variant draws (see [`A2a::noise_len`]).
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn start(&self, states: &Tensor, condition: &Tensor, noise: &[f32]) -> Result<Tensor> {
        let windows = states.dim(0)?;
        match self.config.variant {
            Variant::Vita => Ok(condition.clone()),
            Variant::A2aMini => Ok(states.flatten_from(1)?),
            Variant::FmNoise | Variant::Ddpm | Variant::Ddim => {
                let shape = (windows, self.config.space());
                Ok(Tensor::from_slice(noise, shape, states.device())?)
            }
            Variant::A2a | Variant::A2aNoise | Variant::A2aReg => {
                let states = if noise.is_empty() {
                    states.clone()
                } else {
                    let noise = Tensor::from_slice(noise, states.dims(), states.device())?;
                    (states + (noise * f64::from(self.config.history_noise))?)?
                };
                match &self.source {
                    Some(encoder) => encoder.forward(&states),
                    None => Ok(condition.clone()),
                }
            }
        }
    }

    /// Standard normal numbers that a start draws for one window.
    pub fn noise_len(&self) -> usize {
        match self.config.variant {
            Variant::A2aNoise => self.config.history * self.config.state,
            Variant::FmNoise | Variant::Ddpm | Variant::Ddim => self.config.space(),
            _ => 0,
        }
    }

    /// The target `[windows, space]` of normalised chunks `[windows, chunk, action]`.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn encode(&self, actions: &Tensor) -> Result<Tensor> {
        match &self.target {
            Some(encoder) => encoder.forward(actions),
            None => Ok(actions.flatten_from(1)?),
        }
    }

    /// Normalised chunks `[windows, chunk, action]` of points of the space.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn decode(&self, z: &Tensor) -> Result<Tensor> {
        match &self.decoder {
            Some(decoder) => decoder.forward(z),
            None => Ok(z.reshape((z.dim(0)?, self.config.chunk, self.config.action))?),
        }
    }

    /// From the start to the end in `steps` steps, all gradients kept: Euler's for a flow
    /// (`t_k = k / steps`), one evaluation for a regression.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn integrate(
        &self,
        start: &Tensor,
        condition: &Tensor,
        steps: usize,
        mut drop: Option<&mut Random>,
    ) -> Result<Path> {
        let embedded = self.flow.embed_condition(condition)?;
        let mut path = Path { points: vec![start.clone()], velocities: Vec::new() };
        if self.config.variant == Variant::A2aReg {
            let end = self.flow.velocity(start, &[0.0], embedded.as_ref(), drop)?;
            path.velocities.push((&end - start)?);
            path.points.push(end);
            return Ok(path);
        }
        let mut z = start.clone();
        for k in 0..steps {
            let t = k as f32 / steps as f32;
            let v = self.flow.velocity(&z, &[t], embedded.as_ref(), drop.as_deref_mut())?;
            z = (z + (&v * (1.0 / steps as f64))?)?;
            path.velocities.push(v);
            path.points.push(z.clone());
        }
        Ok(path)
    }

    /// Samples normalised chunks, `[windows, chunk, action]`, with the path to them. Random variants
    /// draw from `random`; the others do not touch it.
    ///
    /// # Errors
    /// When the observation is not what the configuration names.
    pub fn sample(
        &self,
        observed: &Observed,
        steps: usize,
        random: &mut Random,
    ) -> Result<(Tensor, Path)> {
        let windows = observed.states.dim(0)?;
        let noise: Vec<f32> = (0..windows * self.noise_len()).map(|_| normal(random)).collect();
        let condition = self.condition(observed)?;
        let start = self.start(&observed.states, &condition, &noise)?;
        let path = if self.config.variant.is_diffusion() {
            self.denoise(&start, &condition, steps, random)?
        } else {
            self.integrate(&start, &condition, steps, None)?
        };
        Ok((self.decode(path.end())?, path))
    }

    fn denoise(
        &self,
        start: &Tensor,
        condition: &Tensor,
        steps: usize,
        random: &mut Random,
    ) -> Result<Path> {
        let embedded = self.flow.embed_condition(condition)?;
        let mut path = Path { points: vec![start.clone()], velocities: Vec::new() };
        let mut x = start.clone();
        let deterministic = self.config.variant == Variant::Ddim;
        for step in self.schedule.steps(steps, deterministic) {
            let noise = self.flow.velocity(&x, &[step.time], embedded.as_ref(), None)?;
            let clean =
                ((&x * step.from_noisy)? - (&noise * step.from_noise)?)?.clamp(-1.0, 1.0)?;
            // The noise that goes with the clipped chunk.
            let noise_left = ((&x * step.noise_of_noisy)? - (&clean * step.noise_of_clean)?)?;
            x = if deterministic {
                ((&clean * step.keep_clean)? + (noise_left * step.keep_noise)?)?
            } else {
                ((&clean * step.keep_clean)? + (&x * step.keep_noise)?)?
            };
            if step.fresh > 0.0 {
                let fresh: Vec<f32> = (0..x.elem_count()).map(|_| normal(random)).collect();
                let fresh = Tensor::from_vec(fresh, x.shape(), x.device())?;
                x = (x + (fresh * step.fresh)?)?;
            }
            path.velocities.push(noise);
            path.points.push(x.clone());
        }
        Ok(path)
    }
}
