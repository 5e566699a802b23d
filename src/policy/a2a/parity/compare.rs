//! One fixture: the forward pass in its order, the losses, the gradients, a few updates.

use std::collections::BTreeMap;
use std::path::Path;

use nn::candle::{Device, Tensor};
use nn::checkpoint::{Array, Tensors};
use nn::optim::{self, AdamW, AdamWConfig};
use nn::{Normaliser, Result};

use super::super::coupling::{assignment, squared_distances};
use super::super::losses::{Draws, absolute_error, contrast, interpolate};
use super::super::model::{A2a, Observed};
use super::super::observe::{Frames, Images};
use super::super::windows::BEFORE;
use super::{Fixture, Parity, fill, refuse, shapes};
use nn::pictures::normalise_pixels;

/// The network of a fixture, its inputs, and where the answers go.
struct Case<'a> {
    name: &'a str,
    io: Fixture,
    model: A2a,
    observed: Observed,
    actions: Tensor,
    action_map: Normaliser,
    parity: &'a mut Parity,
}

/// Compares everything of fixture `name` in a folder.
pub(super) fn fixture(folder: &Path, name: &str, parity: &mut Parity) -> Result<()> {
    let io = Fixture::load(&folder.join(format!("{name}_io.safetensors")))?;
    let stored = folder.join(format!("{name}_weights.safetensors"));
    let rule = folder.join(format!("{name}_fill.json"));
    let (path, arrays, fill) = if stored.is_file() {
        let arrays = Tensors::load(&stored)?.arrays;
        (stored, arrays, None)
    } else {
        let fill = fill::load(&rule)?;
        (rule, fill.arrays.clone(), Some(fill))
    };
    let constants = |field: &str| -> Result<Normaliser> {
        let part = |part: &str| -> Result<Vec<f32>> {
            let name = format!("normalizer.params_dict.{field}.{part}");
            let found = arrays.get(&name).map(|a| a.values.clone());
            found.map_or_else(|| io.values(&name).map(<[f32]>::to_vec), Ok)
        };
        Ok(Normaliser { scale: part("scale")?, offset: part("offset")? })
    };
    let (state_map, action_map) = (constants("agent_pos")?, constants("action")?);

    let (state_shape, states) = io.get("in.agent_pos")?;
    let (action_shape, actions) = io.get("in.action")?;
    let ([windows, horizon, state], [_, _, action]) = (state_shape, action_shape) else {
        return Err(refuse(&io.path, "`in.agent_pos` and `in.action` have three axes"));
    };
    let (history, chunk) = (BEFORE + 1, io.get("norm.future_action")?.0[1]);
    let (side, pictures) = pictures(&io, fill.as_ref(), windows * history)?;
    let all: BTreeMap<String, Vec<usize>> =
        arrays.iter().map(|(name, a)| (name.clone(), a.shape.clone())).collect();
    let config = shapes::config(&path, &all, (history, chunk), (*state, *action), side)?;
    let device = Device::Cpu;
    let model = A2a::blank(config, &device)?;
    model.params.load(&arrays, &path)?;

    let (mut states, mut actions) = (states.to_vec(), actions.to_vec());
    state_map.apply(&mut states);
    action_map.apply(&mut actions);
    let mut check = |tensor: &str, got: &[f32]| -> Result<()> {
        let error = Parity::error(got, io.values(tensor)?);
        parity.forward(format!("{name} {tensor}"), error);
        Ok(())
    };
    check("norm.agent_pos", &states)?;
    check("norm.action", &actions)?;
    let states = Tensor::from_vec(states, (*windows, *horizon, *state), &device)?;
    let actions = Tensor::from_vec(actions, (*windows, *horizon, *action), &device)?;
    let observed = Observed {
        states: states.narrow(1, 0, history)?.contiguous()?,
        frames: Frames {
            images: vec![Images::one_a_frame(Tensor::from_vec(
                pictures,
                (windows * history, side, side, 3),
                &device,
            )?)],
            points: None,
            landmarks: None,
            features: None,
            of_window: (0..(windows * history) as u32).collect(),
        },
    };
    let actions = actions.narrow(1, BEFORE, chunk)?.contiguous()?;
    let mut case = Case { name, io, model, observed, actions, action_map, parity };
    case.pictures()?;
    case.forward()?;
    case.variants()?;
    let order = fill.map(|f| f.order);
    case.losses_and_gradients(&folder.join(format!("{name}_grads.safetensors")), order)?;
    case.updates(&arrays, &path)
}

/// Side and normalised, interleaved values of the pictures of a fixture.
fn pictures(io: &Fixture, fill: Option<&fill::Fill>, frames: usize) -> Result<(usize, Vec<f32>)> {
    let stored = io.find("in.head_cam_u8");
    let (side, bytes) = match (stored, fill) {
        (Some((shape, values)), _) => {
            (shape[shape.len() - 1], values.iter().map(|v| *v as u8).collect())
        }
        (None, Some(fill)) => {
            let row = io.values("in.head_cam_u8_first_row")?;
            let side = row.len();
            let bytes = fill.pictures(frames * 3 * side * side).unwrap_or_default();
            if bytes.iter().zip(row).any(|(a, b)| f32::from(*a) != *b) {
                return Err(refuse(&io.path, "the pictures do not begin with their check values"));
            }
            (side, bytes)
        }
        (None, None) => return Err(refuse(&io.path, "there is no tensor `in.head_cam_u8`")),
    };
    let plane = side * side;
    if bytes.len() != frames * 3 * plane {
        return Err(refuse(&io.path, &format!("{} bytes are not {frames} pictures", bytes.len())));
    }
    let mut interleaved = vec![0_u8; bytes.len()];
    for (from, to) in bytes.chunks_exact(3 * plane).zip(interleaved.chunks_exact_mut(3 * plane)) {
        for (i, pixel) in to.chunks_exact_mut(3).enumerate() {
            pixel.copy_from_slice(&[from[i], from[plane + i], from[2 * plane + i]]);
        }
    }
    let mut values = vec![0.0; bytes.len()];
    normalise_pixels(&interleaved, &mut values);
    Ok((side, values))
}

fn flat(t: &Tensor) -> Result<Vec<f32>> {
    Ok(t.flatten_all()?.to_vec1()?)
}

impl Case<'_> {
    /// Compares a tensor, and the same in f64 where the fixture has it; a tensor the fixture lacks is
    /// left out.
    fn check(&mut self, tensor: &str, got: &Tensor) -> Result<()> {
        self.check_values(tensor, &flat(got)?);
        Ok(())
    }

    fn check_values(&mut self, tensor: &str, got: &[f32]) {
        for full in [tensor.to_owned(), format!("f64.{tensor}")] {
            if let Some((_, expected)) = self.io.find(&full) {
                let error = Parity::error(got, expected);
                self.parity.forward(format!("{} {full}", self.name), error);
            }
        }
    }

    /// The encoder on the first frame, stage by stage.
    fn pictures(&mut self) -> Result<()> {
        if self.io.find("frame0.conv1").is_none() {
            return Ok(());
        }
        let image = self.observed.frames.images[0].pictures.narrow(0, 0, 1)?;
        let trace = self.model.observation.cameras()[0].trace(&image)?;
        let planar = |t: &Tensor| t.permute((0, 3, 1, 2));
        self.check("frame0.imagenet_normalized", &planar(&image)?)?;
        self.check("frame0.conv1", &planar(&trace.conv1)?)?;
        self.check("frame0.bn1", &planar(&trace.norm1)?)?;
        self.check("frame0.maxpool", &planar(&trace.pooled)?)?;
        for (i, stage) in trace.stages.iter().enumerate() {
            self.check(&format!("frame0.layer{}", i + 1), &planar(stage)?)?;
        }
        self.check("frame0.avgpool_flat", &trace.features)
    }

    /// Condition, latents, velocities, integration, decoding, whole inference.
    fn forward(&mut self) -> Result<()> {
        let (encoder, seen) = (&self.model.observation, &self.observed);
        let features = encoder.features(&seen.frames)?;
        let joined = encoder.joined(&features.all, &seen.frames.of_window, &seen.states)?;
        self.check("obs.features", &joined)?;
        let c = self.model.observation.project(&joined)?;
        self.check("obs.latent_c", &c)?;
        self.check("norm.future_action", &self.actions.clone())?;
        for history in [true, false] {
            let (name, rows) = if history {
                ("history_encoder", self.observed.states.clone())
            } else {
                ("action_encoder", self.actions.clone())
            };
            let coder = if history { &self.model.source } else { &self.model.target };
            let stages = coder.as_ref().map(|e| e.stages(&rows)).transpose()?;
            for (i, stage) in stages.into_iter().flatten().enumerate() {
                self.check(&format!("{name}.conv{i}_relu"), &stage.transpose(1, 2)?)?;
            }
        }
        let z0 = self.model.start(&self.observed.states, &c, &[])?;
        self.check("z0", &z0)?;
        let z1 = self.model.encode(&self.actions)?;
        self.check("z1_target", &z1)?;
        self.velocities(&z0, &z1, &c)?;
        for steps in [1, 2, 4, 6, 10] {
            let path = self.model.integrate(&z0, &c, steps, None)?;
            self.check(&format!("euler.N{steps}.z1_hat"), path.end())?;
            self.check(&format!("euler.N{steps}.trace_z"), &Tensor::stack(&path.points, 0)?)?;
            self.check(&format!("euler.N{steps}.trace_v"), &Tensor::stack(&path.velocities, 0)?)?;
            let chunk = self.model.decode(path.end())?;
            self.check(&format!("decode.N{steps}.action_norm"), &chunk)?;
            let mut raw = flat(&chunk)?;
            self.action_map.invert(&mut raw);
            self.check_values(&format!("decode.N{steps}.action"), &raw);
            self.check_values(&format!("predict.N{steps}.action"), &raw);
        }
        self.check("decode.from_target.action_norm", &self.model.decode(&z1)?)
    }

    /// The flow network at the listed times.
    fn velocities(&mut self, z0: &Tensor, z1: &Tensor, c: &Tensor) -> Result<()> {
        let times = self.io.values("flow.t_list")?.to_vec();
        let embedded = self.model.flow.embed_condition(c)?;
        if let Some(embedded) = &embedded {
            self.check("flow.cond_embed", embedded)?;
        }
        self.check("flow.time_sinusoid", &self.model.flow.sinusoids(&times, z0)?)?;
        self.check("flow.time_embed", &self.model.flow.embed_time(&times, z0)?)?;
        let (mut at_start, mut between, mut points) = (Vec::new(), Vec::new(), Vec::new());
        for t in &times {
            let (point, _) = interpolate(z0, z1, &vec![*t; z0.dim(0)?])?;
            at_start.push(self.model.flow.velocity(z0, &[*t], embedded.as_ref(), None)?);
            between.push(self.model.flow.velocity(&point, &[*t], embedded.as_ref(), None)?);
            points.push(point);
        }
        self.check("flow.x_interp", &Tensor::stack(&points, 0)?)?;
        self.check("flow.v_at_z0", &Tensor::stack(&at_start, 0)?)?;
        self.check("flow.v_at_interp", &Tensor::stack(&between, 0)?)?;
        let (out, trace) = self.model.flow.traced(z0, &[0.25], embedded.as_ref())?;
        self.check("flow.dbg.out", &out)?;
        let ends = [
            ("flow.dbg.input_proj", trace.input),
            ("flow.dbg.modulation_input", trace.modulation),
            ("flow.dbg.final_norm", trace.norm),
        ];
        for (name, tensor) in ends {
            if let Some(tensor) = tensor {
                self.check(name, &tensor)?;
            }
        }
        for (i, (m, h)) in trace.modulators.iter().zip(&trace.blocks).enumerate() {
            self.check(&format!("flow.dbg.block{i}.modulator_out"), m)?;
            self.check(&format!("flow.dbg.block{i}.out"), h)?;
        }
        Ok(())
    }

    /// Noise on the history, and the pairing by transport.
    fn variants(&mut self) -> Result<()> {
        if let Some((_, eps)) = self.io.find("noise.eps") {
            let eps = eps.to_vec();
            let c = self.model.condition(&self.observed)?;
            for std in ["0.02", "0.1"] {
                self.model.config.history_noise = std.parse().unwrap_or(0.0);
                let z0 = self.model.start(&self.observed.states, &c, &eps)?;
                self.check(&format!("noise.std{std}.z0"), &z0)?;
                let path = self.model.integrate(&z0, &c, 6, None)?;
                let mut raw = flat(&self.model.decode(path.end())?)?;
                self.action_map.invert(&mut raw);
                self.check_values(&format!("noise.std{std}.N6.action"), &raw);
            }
            self.model.config.history_noise = 0.0;
        }
        if let (Some((shape, x0)), Some((_, x1))) = (self.io.find("ot.x0"), self.io.find("ot.x1")) {
            let (n, width) = (shape[0], shape[1]);
            let cost = squared_distances(x0, x1, width);
            let matched = assignment(&cost, n);
            let mut plan = vec![0.0; n * n];
            matched.iter().enumerate().for_each(|(i, j)| plan[i * n + j] = 1.0 / n as f32);
            let total: f32 = plan.iter().zip(&cost).map(|(p, c)| p * c).sum();
            let matched: Vec<f32> = matched.iter().map(|j| *j as f32).collect();
            self.check_values("ot.cost_sq_euclid", &cost);
            self.check_values("ot.assignment", &matched);
            self.check_values("ot.plan", &plan);
            self.check_values("ot.total_cost", &[total]);
        }
        Ok(())
    }

    fn losses_and_gradients(&mut self, grads: &Path, order: Option<Vec<String>>) -> Result<()> {
        let times = self.io.values("loss.t")?.to_vec();
        let c = self.model.condition(&self.observed)?;
        let z0 = self.model.start(&self.observed.states, &c, &[])?;
        let z1 = self.model.encode(&self.actions)?;
        let (point, velocity) = interpolate(&z0, &z1, &times)?;
        self.check("loss.xt", &point)?;
        self.check("loss.ut", &velocity)?;
        let embedded = self.model.flow.embed_condition(&c)?;
        let v = self.model.flow.velocity(&point, &times, embedded.as_ref(), None)?;
        self.check("loss.vt", &v)?;
        let path = self.model.integrate(&z0, &c, self.model.config.steps, None)?;
        self.check("loss.z1_hat", path.end())?;
        self.check("loss.consistency_l1_paper", &absolute_error(path.end(), &z1)?)?;
        self.check("loss.infonce_c_vs_z1_weight0", &contrast(&c, &z1)?)?;

        let draws = Draws { times, ..Draws::default() };
        let terms = self.model.terms(&self.observed, &self.actions, &draws, None)?;
        for (name, term) in [
            ("flow_mse", &terms.flow),
            ("consistency_mse", &terms.consistency),
            ("flow_recon_l1", &terms.decoded),
            ("enc_recon_l1", &terms.auto_encoder),
        ] {
            if let Some(term) = term {
                self.check(&format!("loss.{name}"), term)?;
            }
        }
        let loss = self.model.weigh(&terms)?;
        self.check("loss.total", &loss.total)?;
        self.check("loss.total_reference", &loss.total)?;
        let gradients = optim::gradients(&self.model.params, &loss.total.backward()?)?;
        if grads.is_file() {
            let expected = Fixture::load(grads)?;
            for ((name, _), gradient) in self.model.params.iter().zip(&gradients) {
                let full = format!("grad.{name}");
                let error = Parity::error(&flat(gradient)?, expected.values(&full)?);
                self.parity.gradient(format!("{} {full}", self.name), error);
            }
        }
        let norm = optim::gradient_norm(&gradients)? as f32;
        for full in ["grad_total_l2", "f64.grad_total_l2"] {
            if let Some((_, expected)) = self.io.find(full) {
                let error = Parity::error(&[norm], expected);
                self.parity.gradient(format!("{} {full}", self.name), error);
            }
        }
        let Some(order) = order else { return Ok(()) };
        let mut norms = BTreeMap::new();
        for ((name, _), gradient) in self.model.params.iter().zip(&gradients) {
            let norm = optim::gradient_norm(std::slice::from_ref(gradient))?;
            norms.insert(name.to_owned(), norm as f32);
        }
        let got: Vec<f32> = order.iter().filter_map(|name| norms.get(name).copied()).collect();
        for full in ["grad_l2_per_tensor_f32", "grad_l2_per_tensor_f64"] {
            if let Some((_, expected)) = self.io.find(full) {
                let error = Parity::error(&got, expected);
                self.parity.gradient(format!("{} {full}", self.name), error);
            }
        }
        Ok(())
    }

    /// Updates of AdamW on the same batch, where the fixture has parameters after them.
    fn updates(&mut self, arrays: &BTreeMap<String, Array>, path: &Path) -> Result<()> {
        let table = "adamw.loss_before_each_of_steps_1to5_then_after";
        let Some((_, expected)) = self.io.find(table) else { return Ok(()) };
        let expected = expected.to_vec();
        let config = AdamWConfig { beta1: 0.95, beta2: 0.999, eps: 1e-8, weight_decay: 1e-6 };
        let mut adam = AdamW::new(&self.model.params, config);
        let draws = Draws { times: self.io.values("loss.t")?.to_vec(), ..Draws::default() };
        let mut losses = Vec::new();
        for step in 1..=expected.len() {
            let terms = self.model.terms(&self.observed, &self.actions, &draws, None)?;
            let loss = self.model.weigh(&terms)?.total;
            losses.push(loss.to_scalar::<f32>()?);
            if step == expected.len() {
                break;
            }
            let gradients = optim::gradients(&self.model.params, &loss.backward()?)?;
            adam.update(&self.model.params, &gradients, 1e-4, 1.0)?;
            for (name, var) in self.model.params.iter() {
                let full = format!("adamw.step{step}.{name}");
                if let Some((_, expected)) = self.io.find(&full) {
                    let error = Parity::error(&flat(var)?, expected);
                    self.parity.gradient(format!("{} {full}", self.name), error);
                }
            }
        }
        self.parity.gradient(format!("{} {table}", self.name), Parity::error(&losses, &expected));
        self.model.params.load(arrays, path)
    }
}
