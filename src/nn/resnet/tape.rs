//! The whole ResNet as one differentiable operation on the kernels.
//!
//! Composed of single operations, candle keeps a zero-filled gradient for each intermediate and adds to
//! it on threads of its own that wait by spinning; for pictures that costs more than the convolutions.
//! Here the forward pass keeps what the backward pass needs, and that adds where two paths meet.

use std::sync::{Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::{EPS, GROUP};
use crate::kernel::conv::{ConvShape, forward, input_gradient, pack_weights, weight_gradient};
use crate::kernel::gemm::Panels;
use crate::kernel::group_norm::{self, GroupNormShape};
use crate::kernel::pool;
use crate::kernel::scalar::Activation;
use crate::ops::{values, with_values};
use crate::sink::Sink;

/// Values that one thread adds at a time.
const CHUNK: usize = 1 << 14;

/// A convolution with the GroupNorm after it, and where their parameters lie among all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    pub(super) conv: ConvShape,
    pub(super) relu: bool,
    at: usize,
}

impl Unit {
    fn weights(&self) -> usize {
        self.conv.filters * self.conv.channels * self.conv.kernel.0 * self.conv.kernel.1
    }

    /// Parameters of the unit: weights, gain, bias.
    fn len(&self) -> usize {
        self.weights() + 2 * self.conv.filters
    }

    fn lengths(&self) -> [usize; 3] {
        [self.weights(), self.conv.filters, self.conv.filters]
    }

    pub(super) fn parts<'a>(&self, params: &'a [f32]) -> (&'a [f32], &'a [f32], &'a [f32]) {
        let (weights, rest) = params[self.at..self.at + self.len()].split_at(self.weights());
        let (gain, bias) = rest.split_at(self.conv.filters);
        (weights, gain, bias)
    }

    pub(super) fn norm(&self) -> GroupNormShape {
        let (rows, columns) = self.conv.output();
        GroupNormShape {
            batch: self.conv.batch,
            pixels: rows * columns,
            channels: self.conv.filters,
            groups: self.conv.filters / GROUP,
            eps: EPS,
            relu: self.relu,
        }
    }

    pub(super) fn outputs(&self) -> usize {
        let (rows, columns) = self.conv.output();
        self.conv.batch * rows * columns * self.conv.filters
    }
}

/// Two units and the way past them.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockPlan {
    pub(super) first: Unit,
    pub(super) second: Unit,
    pub(super) shortcut: Option<Unit>,
}

/// All shapes of a ResNet for one size of pictures; parameters lie in the order of their making.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) stem: Unit,
    pub(super) blocks: Vec<BlockPlan>,
    /// Numbers of all parameters.
    pub(super) params: usize,
}

impl Plan {
    pub(super) fn new(widths: [usize; 4], batch: usize, height: usize, width: usize) -> Self {
        let mut at = 0;
        let mut unit = |(height, width): (usize, usize),
                        (channels, filters): (usize, usize),
                        (kernel, stride): (usize, usize),
                        relu| {
            let conv = ConvShape {
                batch,
                height,
                width,
                channels,
                filters,
                kernel: (kernel, kernel),
                stride: (stride, stride),
                padding: (kernel / 2, kernel / 2),
            };
            let unit = Unit { conv, relu, at };
            at += unit.len();
            unit
        };
        let stem = unit((height, width), (3, widths[0]), (7, 2), true);
        let (rows, columns) = stem.conv.output();
        let mut size = (rows.div_ceil(2), columns.div_ceil(2));
        let mut inputs = widths[0];
        let mut blocks = Vec::new();
        for (stage, filters) in widths.into_iter().enumerate() {
            for index in 0..2 {
                let stride = if stage > 0 && index == 0 { 2 } else { 1 };
                let first = unit(size, (inputs, filters), (3, stride), true);
                let half = first.conv.output();
                let second = unit(half, (filters, filters), (3, 1), false);
                let shortcut = (stride != 1 || inputs != filters)
                    .then(|| unit(size, (inputs, filters), (1, stride), false));
                blocks.push(BlockPlan { first, second, shortcut });
                (size, inputs) = (half, filters);
            }
        }
        Self { stem, blocks, params: at }
    }

    /// All units in the order in which a forward pass runs them.
    pub(super) fn units(&self) -> impl Iterator<Item = &Unit> {
        let blocks = self.blocks.iter();
        let blocks = blocks.flat_map(|b| [Some(&b.first), Some(&b.second), b.shortcut.as_ref()]);
        std::iter::once(&self.stem).chain(blocks.flatten())
    }

    /// Rows, columns and channels of what the last stage gives.
    pub(super) fn last(&self) -> (usize, usize, usize) {
        let Some(last) = self.blocks.last() else { return (0, 0, 0) };
        let (rows, columns) = last.second.conv.output();
        (rows, columns, last.second.conv.filters)
    }
}

/// What a unit keeps: the convolution's output and the statistics of its groups.
struct KeptUnit {
    conv: Vec<f32>,
    statistics: Vec<(f32, f32)>,
}

struct KeptBlock {
    first: KeptUnit,
    middle: Vec<f32>,
    second: KeptUnit,
    shortcut: Option<KeptUnit>,
    out: Vec<f32>,
}

struct Kept {
    stem: KeptUnit,
    stem_out: Vec<f32>,
    pooled: Vec<f32>,
    blocks: Vec<KeptBlock>,
}

/// The operation on pictures and on one parameter, the first bias, which ties it to the backward pass:
/// the gradients of all others are summed in their sinks.
pub(super) struct Network {
    plan: Plan,
    /// All parameters, flattened one after another.
    params: Vec<f32>,
    sinks: Vec<Sink>,
    kept: Mutex<Option<Kept>>,
}

/// Which of the parameters the first bias is.
pub(super) const ANCHOR: usize = 2;

impl Network {
    /// `all` are the parameters in the order of their making, and `sinks` theirs.
    pub(super) fn new(plan: Plan, all: &[Tensor], sinks: &[Sink]) -> Result<Self> {
        let mut params = Vec::with_capacity(plan.params);
        for tensor in all {
            with_values(tensor, |v| {
                params.extend_from_slice(v);
                Ok(())
            })?;
        }
        Ok(Self { plan, params, sinks: sinks.to_vec(), kept: Mutex::new(None) })
    }
}

fn run_unit(unit: &Unit, params: &[f32], x: &[f32]) -> (KeptUnit, Vec<f32>) {
    let (weights, gain, bias) = unit.parts(params);
    let mut panels = Panels::default();
    pack_weights(&unit.conv, weights, &mut panels);
    let mut conv = vec![0.0; unit.outputs()];
    forward(&unit.conv, x, &panels, &mut conv);
    let mut out = vec![0.0; conv.len()];
    let statistics = group_norm::forward(&unit.norm(), &conv, gain, bias, &mut out);
    (KeptUnit { conv, statistics }, out)
}

/// Gradients of a unit: its parameters' go to their place, its input's comes back if wanted.
fn unit_gradient(
    unit: &Unit,
    params: &[f32],
    (x, y): (&[f32], &[f32]),
    kept: KeptUnit,
    dy: &[f32],
    (to, input): (&mut [f32], bool),
) -> Vec<f32> {
    let (weights, gain, _) = unit.parts(params);
    let norm = group_norm::gradients(&unit.norm(), (&kept.conv, gain, y), &kept.statistics, dy);
    drop(kept);
    let to = &mut to[unit.at..unit.at + unit.len()];
    let (dw, rest) = to.split_at_mut(unit.weights());
    let (dgain, dbias) = rest.split_at_mut(unit.conv.filters);
    dgain.copy_from_slice(&norm.gain);
    dbias.copy_from_slice(&norm.bias);
    dw.copy_from_slice(&weight_gradient(&unit.conv, x, &norm.input));
    if input { input_gradient(&unit.conv, weights, &norm.input) } else { Vec::new() }
}

fn add(to: &mut [f32], from: &[f32]) {
    to.par_chunks_mut(CHUNK).zip(from.par_chunks(CHUNK)).for_each(|(to, from)| {
        to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
    });
}

fn add_relu(to: &mut [f32], from: &[f32]) {
    to.par_chunks_mut(CHUNK)
        .zip(from.par_chunks(CHUNK))
        .for_each(|(to, from)| pool::add_relu(to, from));
}

impl CustomOp2 for Network {
    fn name(&self) -> &'static str {
        "resnet18"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        _anchor: &CpuStorage,
        _anchor_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let x = values(x, x_layout)?;
        let (plan, params) = (&self.plan, &self.params[..]);
        let (stem, stem_out) = run_unit(&plan.stem, params, x);
        let batch = plan.stem.conv.batch;
        let (rows, columns) = plan.stem.conv.output();
        let width = plan.stem.conv.filters;
        let pooled_len = batch * rows.div_ceil(2) * columns.div_ceil(2) * width;
        let mut pooled = vec![0.0; pooled_len];
        pool::max_pool((batch, rows, columns, width), &stem_out, &mut pooled);
        let mut blocks: Vec<KeptBlock> = Vec::new();
        for block in &plan.blocks {
            let x = blocks.last().map_or(&pooled, |b| &b.out);
            let (first, middle) = run_unit(&block.first, params, x);
            let (second, mut out) = run_unit(&block.second, params, &middle);
            let shortcut = match &block.shortcut {
                Some(unit) => {
                    let (kept, past) = run_unit(unit, params, x);
                    add_relu(&mut out, &past);
                    Some(kept)
                }
                None => {
                    add_relu(&mut out, x);
                    None
                }
            };
            blocks.push(KeptBlock { first, middle, second, shortcut, out });
        }
        let (rows, columns, width) = plan.last();
        let mut features = vec![0.0; batch * width];
        if let Some(last) = blocks.last() {
            pool::mean(rows * columns, width, &last.out, &mut features);
        }
        let kept = Kept { stem, stem_out, pooled, blocks };
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok((CpuStorage::F32(features), (batch, width).into()))
    }

    /// The pictures themselves get no gradient.
    fn bwd(
        &self,
        x: &Tensor,
        anchor: &Tensor,
        _y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(kept) = kept else {
            bail!("the gradient of a ResNet can be taken once for each forward pass");
        };
        let gradient =
            with_values(x, |x| with_values(dy, |dy| Ok(self.gradient(x, &self.params, kept, dy))))?;
        let lengths = self.plan.units().flat_map(Unit::lengths);
        let (mut rest, mut own) = (&gradient[..], None);
        for (i, (length, sink)) in lengths.zip(&self.sinks).enumerate() {
            let (part, others) = rest.split_at(length);
            rest = others;
            if i == ANCHOR {
                own = Some(Tensor::from_slice(part, anchor.shape(), anchor.device())?);
            } else {
                sink.add(length, |sum| add(sum, part));
            }
        }
        Ok((None, own))
    }
}

impl Network {
    fn gradient(&self, x: &[f32], params: &[f32], kept: Kept, dy: &[f32]) -> Vec<f32> {
        let plan = &self.plan;
        let mut to = vec![0.0; plan.params];
        let (rows, columns, width) = plan.last();
        let Kept { stem, stem_out, pooled, mut blocks } = kept;
        // Each pixel of the last stage has its share of the mean.
        let pixels = rows * columns;
        let share = 1.0 / pixels.max(1) as f32;
        let mut d = vec![0.0; dy.len() * pixels];
        for (d, dy) in d.chunks_exact_mut(pixels * width).zip(dy.chunks_exact(width)) {
            for d in d.chunks_exact_mut(width) {
                d.iter_mut().zip(dy).for_each(|(d, dy)| *d = dy * share);
            }
        }
        for block in plan.blocks.iter().rev() {
            let Some(kept) = blocks.pop() else { break };
            let x = blocks.last().map_or(&pooled[..], |b| &b.out);
            // Through the rectifier, then both ways.
            let mut masked = vec![0.0; d.len()];
            masked
                .par_chunks_mut(CHUNK)
                .zip(kept.out.par_chunks(CHUNK).zip(d.par_chunks(CHUNK)))
                .for_each(|(m, (y, d))| Activation::Relu.backward(y, d, m));
            let KeptBlock { first, middle, second, shortcut, out } = kept;
            drop(out);
            let dm = unit_gradient(
                &block.second,
                params,
                (&middle, &[]),
                second,
                &masked,
                (&mut to, true),
            );
            let mut dx =
                unit_gradient(&block.first, params, (x, &middle), first, &dm, (&mut to, true));
            match (&block.shortcut, shortcut) {
                (Some(unit), Some(kept)) => {
                    let past =
                        unit_gradient(unit, params, (x, &[]), kept, &masked, (&mut to, true));
                    add(&mut dx, &past);
                }
                _ => add(&mut dx, &masked),
            }
            d = dx;
        }
        let (rows, columns) = plan.stem.conv.output();
        let dims = (plan.stem.conv.batch, rows, columns, plan.stem.conv.filters);
        let mut dp = vec![0.0; stem_out.len()];
        pool::max_pool_gradient(dims, &stem_out, &pooled, &d, &mut dp);
        drop((d, pooled));
        unit_gradient(&plan.stem, params, (x, &stem_out), stem, &dp, (&mut to, false));
        to
    }
}
