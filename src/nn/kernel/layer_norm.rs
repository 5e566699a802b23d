//! LayerNorm of one row.

/// Mean and inverse deviation of a row.
pub fn statistics(x: &[f32], eps: f32) -> (f32, f32) {
    let n = x.len() as f32;
    let mean = lane_sum(x, |v| v) / n;
    let variance = lane_sum(x, |v| (v - mean) * (v - mean)) / n;
    (mean, 1.0 / (variance + eps).sqrt())
}

/// A sum in 16 strands, whose order does not depend on the vector width.
#[inline(always)]
pub(crate) fn lane_sum(x: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let (blocks, rest) = x.as_chunks::<16>();
    let mut sums = [0.0_f32; 16];
    for block in blocks {
        for (sum, v) in sums.iter_mut().zip(block) {
            *sum += term(*v);
        }
    }
    for (sum, v) in sums.iter_mut().zip(rest) {
        *sum += term(*v);
    }
    sums.iter().sum()
}

/// The same over two rows of one length.
#[inline(always)]
pub(crate) fn lane_sum_of(x: &[f32], y: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    let (blocks, rest) = x.as_chunks::<16>();
    let (others, other_rest) = y.as_chunks::<16>();
    let mut sums = [0.0_f32; 16];
    for (block, other) in blocks.iter().zip(others) {
        for ((sum, v), o) in sums.iter_mut().zip(block).zip(other) {
            *sum += term(*v, *o);
        }
    }
    for ((sum, v), o) in sums.iter_mut().zip(rest).zip(other_rest) {
        *sum += term(*v, *o);
    }
    sums.iter().sum()
}
