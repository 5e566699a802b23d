//! What encodes a picture or a list of points when it arrives.

use nn::kernel::dense::WeightPrecision;
use nn::kernel::scalar::Activation;
use nn::{Normaliser, ResNetRunner, Result};

use super::dense::{Arrays, Dense};
use nn::pictures::{normalise_pixels, resize};

/// One camera's encoder.
#[derive(Clone)]
pub(super) struct Eye {
    net: ResNetRunner,
    /// The newest picture, the one before it, and whether there was one.
    scaled: Vec<u8>,
    before: Vec<u8>,
    seen: bool,
    input: Vec<f32>,
    features: Vec<f32>,
}

impl Eye {
    pub(super) fn new(net: ResNetRunner, side: usize) -> Self {
        let (bytes, features) = (vec![0; side * side * 3], vec![0.0; net.width()]);
        let input = vec![0.0; bytes.len()];
        Self { net, before: bytes.clone(), scaled: bytes, seen: false, input, features }
    }

    /// Width of the features.
    pub(super) fn width(&self) -> usize {
        self.net.width()
    }

    /// Features of a picture. One that shows the same as the last, as between two pictures of a slow
    /// camera, costs a comparison.
    pub(super) fn look(&mut self, pixels: &[u8], size: (usize, usize), side: usize) -> &[f32] {
        std::mem::swap(&mut self.scaled, &mut self.before);
        resize(pixels, size, &mut self.scaled, (side, side));
        if !self.seen || self.scaled != self.before {
            normalise_pixels(&self.scaled, &mut self.input);
            self.net.run(&self.input, &mut self.features);
            self.seen = true;
        }
        &self.features
    }
}

/// The encoder of points.
#[derive(Clone)]
pub(super) struct PointEye {
    layers: [Dense; 3],
    /// Room for what comes out of the first two layers, before and after a rectifier.
    rows: [Vec<f32>; 2],
    points: Vec<f32>,
}

impl PointEye {
    /// The encoder of `count` points.
    pub(super) fn new(arrays: &Arrays, count: usize) -> Result<Self> {
        let name = "obs_encoder.points";
        let layer = |i: usize| Dense::new(arrays, &format!("{name}.{i}"), WeightPrecision::Single);
        let layers = [layer(0)?, layer(1)?, layer(2)?];
        let room = || vec![0.0; layers[0].outputs().max(layers[1].outputs())];
        let rows = [room(), room()];
        Ok(Self { layers, rows, points: vec![0.0; count * 3] })
    }

    /// Width of the feature.
    pub(super) fn width(&self) -> usize {
        self.layers[2].outputs()
    }

    pub(super) fn run(&mut self, points: &[f32], normaliser: &Normaliser, out: &mut [f32]) {
        self.points.copy_from_slice(points);
        normaliser.apply(&mut self.points);
        let [x, y] = &mut self.rows;
        let [first, second, last] = &self.layers;
        let (n, m) = (first.outputs(), second.outputs());
        first.run(&self.points, &mut x[..n]);
        Activation::Relu.forward(&x[..n], &mut y[..n]);
        second.run(&y[..n], &mut x[..m]);
        Activation::Relu.forward(&x[..m], &mut y[..m]);
        last.run(&y[..m], out);
    }
}
