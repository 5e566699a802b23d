//! What encodes a picture or a list of points when it arrives.

use nn::kernel::dense::WeightPrecision;
use nn::kernel::scalar::Activation;
use nn::{Normaliser, ResNetRunner, Result};

use super::dense::{Arrays, Dense, array};
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
    /// What tells the points apart, one row a point, added after the first layer.
    marks: Vec<f32>,
    /// Room for the rows of all points before and after a rectifier.
    rows: [Vec<f32>; 2],
    points: Vec<f32>,
}

impl PointEye {
    /// The encoder of `count` points.
    pub(super) fn new(arrays: &Arrays, count: usize) -> Result<Self> {
        let name = "obs_encoder.points";
        let layer = |i: usize| Dense::new(arrays, &format!("{name}.{i}"), WeightPrecision::Single);
        let layers = [layer(0)?, layer(1)?, layer(2)?];
        let widest = layers.iter().map(Dense::outputs).max().unwrap_or(0);
        let room = || vec![0.0; widest * count];
        let rows = [room(), room()];
        let marks = array(arrays, &format!("{name}.marks"))?.values.clone();
        Ok(Self { layers, marks, rows, points: vec![0.0; count * 3] })
    }

    /// Width of the feature.
    pub(super) fn width(&self) -> usize {
        self.layers[2].outputs()
    }

    pub(super) fn run(&mut self, points: &[f32], normaliser: &Normaliser, out: &mut [f32]) {
        self.points.copy_from_slice(points);
        normaliser.apply(&mut self.points);
        let ([x, y], count) = (&mut self.rows, points.len() / 3);
        let mut length = count * self.layers[0].outputs();
        self.layers[0].run(&self.points, &mut x[..length]);
        x.iter_mut().zip(&self.marks).for_each(|(x, mark)| *x += mark);
        for layer in &self.layers[1..] {
            Activation::Relu.forward(&x[..length], &mut y[..length]);
            length = count * layer.outputs();
            layer.run(y, &mut x[..length]);
        }
        out.fill(f32::NEG_INFINITY);
        for row in x[..length].chunks_exact(out.len().max(1)) {
            out.iter_mut().zip(row).for_each(|(out, x)| *out = out.max(*x));
        }
    }
}
