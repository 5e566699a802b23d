//! The ResNet for one picture at a time, with packed weights and without allocation.

use super::tape::{Plan, Unit};
use crate::kernel::conv::{forward, pack_weights};
use crate::kernel::gemm::Panels;
use crate::kernel::group_norm::{Scratch, normalise_image};
use crate::kernel::pool;

/// A copy of a ResNet's parameters, packed, with room for everything it computes. After the first
/// picture nothing is allocated where one thread works; with more, rayon may.
#[derive(Clone, Debug)]
pub struct ResNetRunner {
    plan: Plan,
    params: Vec<f32>,
    packed: Vec<Panels>,
    input: Vec<f32>,
    conv: Vec<f32>,
    middle: Vec<f32>,
    past: Vec<f32>,
    out: Vec<f32>,
    scratch: Scratch,
}

impl ResNetRunner {
    /// From all parameters, one after another, for pictures of `height` x `width`.
    pub(super) fn new(
        widths: [usize; 4],
        params: Vec<f32>,
        (height, width): (usize, usize),
    ) -> Self {
        let plan = Plan::new(widths, 1, height, width);
        let mut packed = Vec::new();
        let mut largest = 0;
        for unit in plan.units() {
            let mut panels = Panels::default();
            pack_weights(&unit.conv, unit.parts(&params).0, &mut panels);
            packed.push(panels);
            largest = largest.max(unit.outputs());
        }
        let room = || vec![0.0; largest];
        Self {
            plan,
            params,
            packed,
            input: room(),
            conv: room(),
            middle: room(),
            past: room(),
            out: room(),
            scratch: Scratch::default(),
        }
    }

    /// Width of the features.
    pub fn width(&self) -> usize {
        self.plan.last().2
    }

    /// Features of one normalised picture, `[rows, columns, 3]`.
    ///
    /// # Panics
    /// When a slice is shorter than the shapes say.
    pub fn run(&mut self, picture: &[f32], features: &mut [f32]) {
        let Self { plan, params, packed, input, conv, middle, past, out, scratch } = self;
        let mut packed = packed.iter();
        let mut unit = |unit: &Unit, x: &[f32], y: &mut [f32]| {
            let Some(panels) = packed.next() else { return };
            let (_, gain, bias) = unit.parts(params);
            forward(&unit.conv, x, panels, conv);
            let length = unit.outputs();
            let (conv, y) = (&conv[..length], &mut y[..length]);
            normalise_image(&unit.norm(), conv, (gain, bias), y, scratch, |_, _| {});
        };
        unit(&plan.stem, picture, middle);
        let (rows, columns) = plan.stem.conv.output();
        let width = plan.stem.conv.filters;
        let pooled = rows.div_ceil(2) * columns.div_ceil(2) * width;
        let all = rows * columns * width;
        pool::max_pool((1, rows, columns, width), &middle[..all], &mut input[..pooled]);
        for block in &plan.blocks {
            unit(&block.first, input, middle);
            unit(&block.second, middle, out);
            let length = block.second.outputs();
            let past = match &block.shortcut {
                Some(shortcut) => {
                    unit(shortcut, input, past);
                    &past[..length]
                }
                None => &input[..length],
            };
            pool::add_relu(&mut out[..length], past);
            std::mem::swap(input, out);
        }
        let (rows, columns, width) = plan.last();
        pool::mean(rows * columns, width, &input[..rows * columns * width], features);
    }
}
