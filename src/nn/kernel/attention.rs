//! Self-attention over a handful of tokens: forward and gradient of one list, head by head.

use super::layer_norm::lane_sum_of;
use super::scalar::exp;

/// The shapes of an attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionShape {
    /// Tokens of a list.
    pub tokens: usize,
    /// Numbers of a token.
    pub width: usize,
    /// Heads, which share the numbers of a token evenly.
    pub heads: usize,
}

impl AttentionShape {
    fn head(&self) -> usize {
        self.width / self.heads.max(1)
    }

    fn scale(&self) -> f32 {
        1.0 / (self.head().max(1) as f32).sqrt()
    }

    /// Query (0), key (1) or value (2) of a token for a head.
    fn part<'a>(&self, qkv: &'a [f32], token: usize, part: usize, head: usize) -> &'a [f32] {
        &qkv[self.at(token, part, head)..][..self.head()]
    }

    fn at(&self, token: usize, part: usize, head: usize) -> usize {
        (3 * token + part) * self.width + head * self.head()
    }

    /// How much token `i` looks at each token: `softmax(q k / sqrt(head width))`.
    fn weights(&self, qkv: &[f32], i: usize, head: usize, to: &mut [f32]) {
        let query = self.part(qkv, i, 0, head);
        let mut top = f32::NEG_INFINITY;
        for (j, weight) in to.iter_mut().enumerate() {
            *weight = lane_sum_of(query, self.part(qkv, j, 1, head), |q, k| q * k) * self.scale();
            top = top.max(*weight);
        }
        let mut sum = 0.0;
        for weight in to.iter_mut() {
            *weight = exp(*weight - top);
            sum += *weight;
        }
        to.iter_mut().for_each(|weight| *weight /= sum);
    }
}

/// One list: `qkv` is `[tokens, 3 width]` with query, key and value side by side, `y` `[tokens, width]`.
///
/// # Panics
/// When a slice is shorter than the shape says.
pub fn forward(shape: &AttentionShape, qkv: &[f32], y: &mut [f32]) {
    let mut weights = vec![0.0; shape.tokens];
    y.fill(0.0);
    for head in 0..shape.heads {
        for i in 0..shape.tokens {
            shape.weights(qkv, i, head, &mut weights);
            let y = &mut y[i * shape.width + head * shape.head()..][..shape.head()];
            for (j, weight) in weights.iter().enumerate() {
                for (y, v) in y.iter_mut().zip(shape.part(qkv, j, 2, head)) {
                    *y += weight * v;
                }
            }
        }
    }
}

/// The gradient of one list's `qkv`, added to `to`.
///
/// # Panics
/// When a slice is shorter than the shape says.
pub fn gradient(shape: &AttentionShape, qkv: &[f32], dy: &[f32], to: &mut [f32]) {
    let (width, scale) = (shape.head(), shape.scale());
    let (mut weights, mut slopes) = (vec![0.0; shape.tokens], vec![0.0; shape.tokens]);
    for head in 0..shape.heads {
        for i in 0..shape.tokens {
            shape.weights(qkv, i, head, &mut weights);
            let dy = &dy[i * shape.width + head * width..][..width];
            for (j, slope) in slopes.iter_mut().enumerate() {
                *slope = lane_sum_of(dy, shape.part(qkv, j, 2, head), |dy, v| dy * v);
            }
            let along: f32 = weights.iter().zip(&slopes).map(|(w, s)| w * s).sum();
            for (j, (weight, slope)) in weights.iter().zip(&slopes).enumerate() {
                let slope = weight * (slope - along) * scale;
                let mut add = |at: usize, factor: f32, from: &[f32]| {
                    for (to, from) in to[at..at + width].iter_mut().zip(from) {
                        *to += factor * from;
                    }
                };
                add(shape.at(j, 2, head), *weight, dy);
                add(shape.at(i, 0, head), slope, shape.part(qkv, j, 1, head));
                add(shape.at(j, 1, head), slope, shape.part(qkv, i, 0, head));
            }
        }
    }
}
