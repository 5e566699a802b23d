//! A trained network at work: a frame is encoded when it arrives and its features are kept, so that a
//! decision is one small network at batch one.

mod dense;
mod eyes;
mod flow;
mod memory;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nn::candle::Device;
use nn::random::normal;
use nn::{Random, Result, random};

use super::config::{Config, Variant};
use super::diffusion::{SamplerStep, Schedule};
use super::folder::load;
use super::model::{A2a, Normalisers};
use crate::plane::Plane;
use crate::policy::{Ask, Decision, Policy, PolicyError, PolicyInfo, Sight};
use crate::trace::{Latencies, Trace};
use dense::{Arrays, Coder, DecoderRunner, Dense, array};
use eyes::{Eye, PointEye};
use flow::FlowRunner;
use memory::Memory;

pub use nn::kernel::dense::WeightPrecision;

/// The most steps of a flow.
const MOST_STEPS: usize = 100;

/// Time since any fixed moment: what latencies are measured with.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// The network of a policy with packed weights, its memory, and room for everything it computes. After
/// the first tick and decision nothing is allocated where one thread works. A copy goes on from the same
/// moment by itself: one for each thread of an evaluation, or for each branch of a run.
#[derive(Clone)]
pub struct Runner {
    info: PolicyInfo,
    config: Config,
    normalisers: Normalisers,
    clock: Clock,
    cameras: Vec<Eye>,
    points: Option<PointEye>,
    /// The projector, cut by the place of a frame in the history: `[history * latent, width]`.
    places: Dense,
    places_bias: Vec<f32>,
    source: Option<Coder>,
    flow: FlowRunner,
    decoder: Option<DecoderRunner>,
    schedule: Schedule,
    frames: Memory,
    /// What each frame gives the condition at each place of the history.
    shares: Memory,
    frame: Vec<f32>,
    share: Vec<f32>,
    states: Vec<f32>,
    times: Vec<f32>,
    plan: Vec<SamplerStep>,
    planned: usize,
    z: Vec<f32>,
    velocity: Vec<f32>,
    chunk: Vec<f32>,
    spare: Vec<f32>,
    plane: Option<Plane>,
    trace: Trace,
}

impl Runner {
    /// From a policy's folder.
    ///
    /// # Errors
    /// When a file is missing or broken; the sentence names it, the tensor and both shapes.
    pub fn load(folder: &Path, precision: WeightPrecision, clock: Clock) -> Result<Self> {
        let stored = load(folder, &Device::Cpu)?;
        let runner = Self::new(&stored.model, &stored.spec.normalisers, precision, clock)?;
        Ok(Self { plane: stored.plane, ..runner })
    }

    /// A copy of a network, packed.
    ///
    /// # Errors
    /// When the parameters cannot be copied off their device.
    pub fn new(
        model: &A2a,
        normalisers: &Normalisers,
        precision: WeightPrecision,
        clock: Clock,
    ) -> Result<Self> {
        let config = model.config.clone();
        let arrays = model.params.arrays()?;
        let side = config.observe.image;
        let cameras = model
            .observation
            .cameras()
            .iter()
            .map(|net| Ok(Eye::new(net.runner(side, side)?, side)))
            .collect::<Result<Vec<_>>>()?;
        let points = (config.observe.points > 0)
            .then(|| PointEye::new(&arrays, config.observe.points))
            .transpose()?;
        let source = config
            .variant
            .encodes_history()
            .then(|| Coder::new(&arrays, "history_action_encoder", config.history, precision))
            .transpose()?;
        let decoder = (!config.variant.in_action_space())
            .then(|| DecoderRunner::new(&arrays, config.decoder_blocks, precision))
            .transpose()?;
        let width = cameras.iter().map(Eye::width).sum::<usize>()
            + points.as_ref().map_or(0, PointEye::width)
            + config.state;
        let info = PolicyInfo {
            name: config.variant.name().to_owned(),
            state: config.state,
            action: config.action,
            chunk: config.chunk,
            history: config.history,
            cameras: config.observe.cameras.clone(),
            points: config.observe.points,
            steps: if config.variant == Variant::A2aReg { 1 } else { config.steps },
        };
        let space = config.space();
        Ok(Self {
            info,
            normalisers: normalisers.clone(),
            clock,
            cameras,
            points,
            places: places(&arrays, (config.history, width), precision)?,
            places_bias: array(&arrays, "obs_projector.bias")?.values.clone(),
            source,
            flow: FlowRunner::new(&arrays, &config, precision)?,
            decoder,
            schedule: Schedule::squared_cosine(config.diffusion_steps),
            frames: Memory::new(config.history, width),
            shares: Memory::new(config.history, config.history * config.latent),
            frame: vec![0.0; width],
            share: vec![0.0; config.history * config.latent],
            states: vec![0.0; config.state * config.history],
            times: Vec::new(),
            plan: Vec::new(),
            planned: 0,
            z: vec![0.0; space],
            velocity: vec![0.0; space],
            chunk: vec![0.0; config.chunk * config.action],
            spare: vec![0.0; config.chunk * config.action],
            plane: None,
            trace: Trace {
                history: vec![0.0; config.state * config.history],
                space,
                condition: vec![0.0; config.latent],
                ..Trace::default()
            },
            config,
        })
    }

    /// Fills `self.frame`: features of each camera, of the points, and the normalised state.
    fn encode(&mut self, sight: &Sight<'_>) -> std::result::Result<(), PolicyError> {
        check("the state", sight.state, self.config.state)?;
        let mut at = 0;
        for (camera, eye) in self.config.observe.cameras.iter().zip(&mut self.cameras) {
            let found = sight.pictures.iter().find(|p| p.camera == camera);
            let Some(picture) = found else {
                return Err(PolicyError::NoPicture {
                    camera: camera.clone(),
                    have: sight.pictures.iter().map(|p| p.camera.to_owned()).collect(),
                });
            };
            let expected = picture.height * picture.width * 3;
            if picture.pixels.len() != expected || expected == 0 {
                return Err(PolicyError::Size {
                    what: format!("the picture of `{camera}`"),
                    got: picture.pixels.len(),
                    expected: expected.max(1),
                });
            }
            let side = self.config.observe.image;
            let size = (picture.height, picture.width);
            let features = eye.look(picture.pixels, size, side);
            self.frame[at..at + features.len()].copy_from_slice(features);
            at += features.len();
        }
        if let Some(eye) = &mut self.points {
            check("the points", sight.points, self.config.observe.points * 3)?;
            let width = eye.width();
            eye.run(sight.points, &self.normalisers.point, &mut self.frame[at..at + width]);
            at += width;
        }
        self.frame[at..].copy_from_slice(sight.state);
        self.normalisers.state.apply(&mut self.frame[at..]);
        Ok(())
    }

    /// Remembers `self.frame`, with what it gives the condition wherever it will stand in the history: the
    /// projector's work is done when a frame arrives, not when a decision is asked for.
    fn remember(&mut self) {
        self.places.run(&self.frame, &mut self.share);
        self.frames.push(&self.frame);
        self.shares.push(&self.share);
    }

    /// The decision, into `self.chunk` and `self.trace`.
    fn decide(&mut self, ask: &Ask, steps: usize) {
        let mut clock = (self.clock)();
        let mut lap = |now: Duration| {
            let part = now.saturating_sub(clock);
            clock = now;
            part
        };
        let (state, width) = (self.config.state, self.frame.len());
        for (i, row) in self.states.chunks_exact_mut(state).enumerate() {
            row.copy_from_slice(&self.frames.row(i)[width - state..]);
        }
        self.trace.history.copy_from_slice(&self.states);
        self.normalisers.state.invert(&mut self.trace.history);
        let (condition, latent) = (&mut self.trace.condition, self.config.latent);
        condition.copy_from_slice(&self.places_bias);
        for i in 0..self.config.history {
            let share = &self.shares.row(i)[i * latent..(i + 1) * latent];
            condition.iter_mut().zip(share).for_each(|(c, share)| *c += share);
        }
        self.trace.latencies.condition = lap((self.clock)());

        let random = &mut random(ask.seed, 0);
        self.start(random);
        self.trace.latencies.start = lap((self.clock)());

        self.trace.steps = steps;
        self.trace.points.clear();
        self.trace.points.extend_from_slice(&self.z);
        self.trace.velocities.clear();
        self.schedule_steps(steps);
        self.flow.prepare(&self.times, &self.trace.condition);
        for step in 0..steps {
            self.flow.velocity(&self.z, step, &mut self.velocity);
            match self.plan.get(step) {
                Some(plan) => {
                    denoise(plan, self.config.variant, &mut self.z, &self.velocity, random);
                }
                None if self.config.variant == Variant::A2aReg => {
                    for (z, v) in self.z.iter_mut().zip(&mut self.velocity) {
                        (*z, *v) = (*v, *v - *z);
                    }
                }
                None => {
                    let share = 1.0 / steps as f32;
                    self.z.iter_mut().zip(&self.velocity).for_each(|(z, v)| *z += v * share);
                }
            }
            self.trace.points.extend_from_slice(&self.z);
            self.trace.velocities.extend_from_slice(&self.velocity);
        }
        self.trace.latencies.flow = lap((self.clock)());

        decode(&mut self.decoder, &self.normalisers, &self.z, &mut self.chunk);
        self.trace.latencies.decode = lap((self.clock)());
        self.explain(ask.explain);
    }

    /// What a person wants to see besides: chunks along the path, that of a single step, the plane.
    fn explain(&mut self, asked: bool) {
        let Self { trace, decoder, normalisers, spare, plane, z, .. } = self;
        trace.chunks.clear();
        trace.one_step.clear();
        trace.plane.clear();
        if !asked {
            return;
        }
        for point in trace.points.chunks_exact(trace.space.max(1)) {
            decode(decoder, normalisers, point, spare);
            trace.chunks.extend_from_slice(spare);
            trace.plane.extend(plane.as_ref().map(|plane| plane.project(point)));
        }
        if !self.config.variant.is_diffusion() {
            // A single step goes as far as the first velocity says.
            let first = trace.points.iter().zip(&trace.velocities);
            z.iter_mut().zip(first).for_each(|(z, (point, v))| *z = point + v);
            decode(decoder, normalisers, z, spare);
            trace.one_step.extend_from_slice(spare);
        }
    }

    /// Fills `self.z` with where the flow starts.
    fn start(&mut self, random: &mut Random) {
        match self.config.variant {
            Variant::Vita => self.z.copy_from_slice(&self.trace.condition),
            Variant::A2aMini => self.z.copy_from_slice(&self.states),
            Variant::FmNoise | Variant::Ddpm | Variant::Ddim => {
                self.z.iter_mut().for_each(|z| *z = normal(random));
            }
            Variant::A2a | Variant::A2aNoise | Variant::A2aReg => {
                if self.config.variant == Variant::A2aNoise {
                    let deviation = self.config.history_noise;
                    self.states.iter_mut().for_each(|s| *s += normal(random) * deviation);
                }
                if let Some(source) = &mut self.source {
                    source.run(&self.states, &mut self.z);
                }
            }
        }
    }

    /// Times and, for a diffusion, factors of the steps; they are kept while their number is the same.
    fn schedule_steps(&mut self, steps: usize) {
        if self.planned == steps {
            return;
        }
        self.planned = steps;
        self.times.clear();
        if self.config.variant.is_diffusion() {
            self.plan = self.schedule.steps(steps, self.config.variant == Variant::Ddim);
            self.times.extend(self.plan.iter().map(|s| s.time));
        } else {
            self.times.extend((0..steps).map(|k| k as f32 / steps as f32));
        }
    }
}

/// The projector's weights, `[latent, history * width]`, one block for each place, below one another.
fn places(
    arrays: &Arrays,
    (history, width): (usize, usize),
    precision: WeightPrecision,
) -> Result<Dense> {
    let weights = &array(arrays, "obs_projector.weight")?.values;
    let stacked: Vec<f32> = (0..history)
        .flat_map(|place| {
            let rows = weights.chunks_exact(history * width);
            rows.flat_map(move |row| &row[place * width..(place + 1) * width]).copied()
        })
        .collect();
    let outputs = stacked.len() / width.max(1);
    Ok(Dense::of(&stacked, vec![0.0; outputs], precision))
}

/// Decodes a point of the space to raw actions.
fn decode(
    decoder: &mut Option<DecoderRunner>,
    normalisers: &Normalisers,
    point: &[f32],
    out: &mut [f32],
) {
    match decoder {
        Some(decoder) => decoder.run(point, out),
        None => out.copy_from_slice(point),
    }
    normalisers.action.invert(out);
}

/// One step of a sampler, in place.
fn denoise(s: &SamplerStep, variant: Variant, x: &mut [f32], noise: &[f32], random: &mut Random) {
    for (x, e) in x.iter_mut().zip(noise) {
        let (noisy, e) = (f64::from(*x), f64::from(*e));
        let clean = (s.from_noisy * noisy - s.from_noise * e).clamp(-1.0, 1.0);
        let kept = if variant == Variant::Ddim {
            s.noise_of_noisy * noisy - s.noise_of_clean * clean
        } else {
            noisy
        };
        *x = (s.keep_clean * clean + s.keep_noise * kept) as f32;
    }
    if s.fresh > 0.0 {
        x.iter_mut().for_each(|x| *x += normal(random) * s.fresh as f32);
    }
}

fn check(
    what: &'static str,
    values: &[f32],
    expected: usize,
) -> std::result::Result<(), PolicyError> {
    if values.len() != expected {
        let what = what.to_owned();
        return Err(PolicyError::Size { what, got: values.len(), expected });
    }
    match values.iter().position(|v| !v.is_finite()) {
        Some(index) => {
            Err(PolicyError::NotFinite { what, value: values[index].to_string(), index })
        }
        None => Ok(()),
    }
}

impl Policy for Runner {
    fn info(&self) -> &PolicyInfo {
        &self.info
    }

    fn reset(&mut self) {
        self.frames.clear();
        self.shares.clear();
    }

    fn observe(&mut self, sight: &Sight<'_>) -> std::result::Result<(), PolicyError> {
        let begun = (self.clock)();
        self.encode(sight)?;
        self.remember();
        self.trace.latencies =
            Latencies { frame: (self.clock)().saturating_sub(begun), ..self.trace.latencies };
        Ok(())
    }

    fn act(&mut self, ask: &Ask) -> std::result::Result<Decision<'_>, PolicyError> {
        if self.frames.is_empty() {
            return Err(PolicyError::Blind);
        }
        let most = match self.config.variant {
            Variant::A2aReg => 1,
            v if v.is_diffusion() => self.config.diffusion_steps,
            _ => MOST_STEPS,
        };
        let steps = ask.steps.unwrap_or(self.info.steps);
        if !(1..=most).contains(&steps) {
            return Err(PolicyError::Steps { got: steps, most });
        }
        self.decide(ask, steps);
        if self.chunk.iter().any(|v| !v.is_finite()) {
            return Err(PolicyError::Diverged);
        }
        Ok(Decision { chunk: &self.chunk, trace: &self.trace })
    }

    fn trace(&self) -> &Trace {
        &self.trace
    }

    fn plane(&self) -> Option<&Plane> {
        self.plane.as_ref()
    }

    fn memory(&self) -> Vec<f32> {
        self.frames.save()
    }

    fn restore(&mut self, memory: &[f32]) -> std::result::Result<(), PolicyError> {
        let width = self.frame.len();
        if let Some(rows) = Memory::rows_of(memory, self.config.history, width) {
            self.reset();
            for row in rows.chunks_exact(width) {
                self.frame.copy_from_slice(row);
                self.remember();
            }
            return Ok(());
        }
        Err(PolicyError::Size {
            what: "a memory that does not belong to this policy".to_owned(),
            got: memory.len(),
            expected: 1 + self.frame.len() * self.config.history,
        })
    }
}

#[cfg(test)]
mod tests;
