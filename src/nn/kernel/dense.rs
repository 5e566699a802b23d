//! A few vectors times a large matrix: what a layer costs at batch one, which is the reading of its
//! weights.
//!
//! The weights are packed in the order in which they are read, so that one pass over memory serves all
//! vectors. Every output is summed over the inputs in rising order with fused multiply-adds: the same
//! bits at every vector width and for any number of vectors.

use half::f16;

use super::tile::{Level, level};

/// Outputs that are computed side by side where there are as many; others come in panels of 32, so a
/// panel has 32, 64, 96 or 128 lanes.
const WIDE: usize = 128;
/// The step of a panel's width.
const NARROW: usize = 32;
/// Vectors that share one pass at most: 3 x 128 sums fill 24 of the 32 AVX-512 registers.
const TOGETHER: usize = 3;

/// A cache line, so that no load crosses two.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Line<T, const N: usize>([T; N]);

/// How packed weights are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WeightPrecision {
    /// 32 bits, exact.
    #[default]
    Single,
    /// 16 bits, IEEE, 11 bits of precision: half the memory to read, and exact for weights that come from
    /// a file of that precision.
    Half,
}

/// The weights of a linear layer, `[outputs, inputs]`, packed: panel after panel, input after input, the
/// weights of the panel's outputs side by side; filled up with zeros.
#[derive(Clone, Debug)]
pub struct PackedDense {
    weights: Weights,
    inputs: usize,
    outputs: usize,
}

#[derive(Clone, Debug)]
enum Weights {
    Single(Vec<Line<f32, 16>>),
    Half(Vec<Line<f16, 32>>),
}

/// First lane and width of each panel of a layer of `outputs`.
fn panels(outputs: usize) -> impl Iterator<Item = (usize, usize)> {
    let lanes = outputs.next_multiple_of(NARROW);
    (0..lanes).step_by(WIDE).map(move |first| (first, WIDE.min(lanes - first)))
}

impl PackedDense {
    /// Packs `weights`, `[outputs, inputs]`, row-major.
    ///
    /// # Panics
    /// When there are fewer weights than the shape says.
    pub fn new(
        weights: &[f32],
        (outputs, inputs): (usize, usize),
        precision: WeightPrecision,
    ) -> Self {
        let weights = &weights[..outputs * inputs];
        let at = |lane: usize, k: usize| {
            if lane < outputs { weights[lane * inputs + k] } else { 0.0 }
        };
        let packed = panels(outputs).flat_map(|(first, width)| {
            (0..inputs).flat_map(move |k| (first..first + width).map(move |lane| at(lane, k)))
        });
        let weights = match precision {
            WeightPrecision::Single => Weights::Single(lines(packed, 0.0)),
            WeightPrecision::Half => Weights::Half(lines(packed.map(f16::from_f32), f16::ZERO)),
        };
        Self { weights, inputs, outputs }
    }

    /// Length of an input vector.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Length of an output vector.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// `out = W x + bias` for each of the vectors in `x`, `[vectors, inputs]`; `out` is
    /// `[vectors, outputs]`, and its length says how many vectors there are.
    ///
    /// # Panics
    /// When `x` or `bias` is shorter than that.
    pub fn run(&self, x: &[f32], bias: &[f32], out: &mut [f32]) {
        self.run_at(level(), x, bias, out);
    }

    fn run_at(&self, level: Level, x: &[f32], bias: &[f32], out: &mut [f32]) {
        let vectors = out.len() / self.outputs.max(1);
        let (x, bias) = (&x[..vectors * self.inputs], &bias[..self.outputs]);
        for first in (0..vectors).step_by(TOGETHER) {
            let together = TOGETHER.min(vectors - first);
            let x = &x[first * self.inputs..(first + together) * self.inputs];
            let out = &mut out[first * self.outputs..(first + together) * self.outputs];
            match &self.weights {
                Weights::Single(lines) => pass(level, self, lines, x, bias, out),
                Weights::Half(lines) => pass(level, self, lines, x, bias, out),
            }
        }
    }
}

/// Gathers values into lines, the last one filled up.
fn lines<T: Copy, const N: usize>(values: impl Iterator<Item = T>, fill: T) -> Vec<Line<T, N>> {
    let (mut all, mut line, mut used) = (Vec::new(), [fill; N], 0);
    for value in values {
        line[used] = value;
        used += 1;
        if used == N {
            all.push(Line(line));
            (line, used) = ([fill; N], 0);
        }
    }
    if used > 0 {
        all.push(Line(line));
    }
    all
}

/// The sums of one panel for up to three vectors.
type Sums = [[f32; WIDE]; TOGETHER];

/// One to three vectors through all panels.
fn pass<T: Weight, const N: usize>(
    level: Level,
    shape: &PackedDense,
    lines: &[Line<T, N>],
    x: &[f32],
    bias: &[f32],
    out: &mut [f32],
) {
    let (inputs, outputs) = (shape.inputs, shape.outputs);
    let vectors = out.len() / outputs.max(1);
    let mut sums: Sums = [[0.0; WIDE]; TOGETHER];
    for (first, width) in panels(outputs) {
        let start = first * inputs / N;
        let panel = &lines[start..start + width * inputs / N];
        T::panel(level, panel.as_flattened_values(), x, (vectors, inputs, width), &mut sums);
        let used = width.min(outputs - first);
        for (row, sums) in out.chunks_exact_mut(outputs.max(1)).zip(&sums) {
            let bias = &bias[first..first + used];
            for ((out, sum), bias) in row[first..first + used].iter_mut().zip(sums).zip(bias) {
                *out = sum + bias;
            }
        }
    }
}

trait Flat<T> {
    /// The values of all lines, one after another.
    fn as_flattened_values(&self) -> &[T];
}

impl<T, const N: usize> Flat<T> for [Line<T, N>] {
    #[expect(unsafe_code, reason = "a line is nothing but its values")]
    fn as_flattened_values(&self) -> &[T] {
        // SAFETY: `Line` is `repr(C)`, 64 bytes long and as wide as its array of `N` values, so lines
        // lie in memory as `N` times as many values without gaps.
        unsafe { std::slice::from_raw_parts(self.as_ptr().cast(), self.len() * N) }
    }
}

/// A stored weight.
trait Weight: Copy {
    fn number(self) -> f32;

    /// The sums of a panel of `width` lanes over all inputs for `vectors` vectors.
    fn panel(
        level: Level,
        weights: &[Self],
        x: &[f32],
        shape: (usize, usize, usize),
        sums: &mut Sums,
    );
}

/// The portable form, which is also what the others must equal.
fn plain<T: Weight>(
    weights: &[T],
    x: &[f32],
    (vectors, inputs, width): (usize, usize, usize),
    sums: &mut Sums,
) {
    for (x, sums) in x.chunks_exact(inputs.max(1)).take(vectors).zip(sums) {
        sums.fill(0.0);
        for (x, row) in x.iter().zip(weights.chunks_exact(width)) {
            for (sum, w) in sums.iter_mut().zip(row) {
                *sum = w.number().mul_add(*x, *sum);
            }
        }
    }
}

macro_rules! weight {
    ($type:ty, $number:expr, $wide:ident, $middle:ident) => {
        impl Weight for $type {
            fn number(self) -> f32 {
                $number(self)
            }

            fn panel(
                level: Level,
                weights: &[Self],
                x: &[f32],
                shape: (usize, usize, usize),
                sums: &mut Sums,
            ) {
                if shape.1 == 0 {
                    *sums = [[0.0; WIDE]; TOGETHER];
                    return;
                }
                match level {
                    Level::Plain => plain(weights, x, shape, sums),
                    #[cfg(target_arch = "x86_64")]
                    Level::Avx2 => x86::$middle(weights, x, shape, sums),
                    #[cfg(target_arch = "x86_64")]
                    Level::Avx512 => x86::$wide(weights, x, shape, sums),
                }
            }
        }
    };
}

weight!(f32, |v| v, single512, single256);
weight!(f16, f16::to_f32, half512, half256);

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use half::f16;

    use super::{NARROW, Sums, TOGETHER, WIDE};

    /// A loop over the inputs that keeps `$M` vectors times `$C` registers of sums.
    macro_rules! kernel {
        ($name:ident, $type:ty, $feature:literal, $lanes:literal, $zero:ident, $set:ident, $store:ident,
         $fma:ident, $load:expr) => {
            #[target_feature(enable = $feature)]
            #[expect(
                unsafe_code,
                reason = "vector loads and stores; the caller asserts the bounds"
            )]
            fn $name<const M: usize, const C: usize>(
                weights: &[$type],
                x: &[f32],
                (inputs, width, lane): (usize, usize, usize),
                sums: &mut Sums,
            ) {
                let mut sum = [[$zero(); C]; M];
                // SAFETY: lanes `lane..lane + C * lanes` lie inside the panel's width, and all of its
                // inputs inside `weights` and `x`.
                unsafe {
                    let mut row = weights.as_ptr().add(lane);
                    for k in 0..inputs {
                        let x: [_; M] =
                            std::array::from_fn(|m| $set(*x.as_ptr().add(m * inputs + k)));
                        for c in 0..C {
                            let w = $load(row.add(c * $lanes));
                            for m in 0..M {
                                sum[m][c] = $fma(w, x[m], sum[m][c]);
                            }
                        }
                        row = row.wrapping_add(width);
                    }
                    for (sum, out) in sum.iter().zip(sums.iter_mut()) {
                        for (c, sum) in sum.iter().enumerate() {
                            $store(out.as_mut_ptr().add(lane + c * $lanes), *sum);
                        }
                    }
                }
            }
        };
    }

    macro_rules! choose {
        ($public:ident, $name:ident, $type:ty, $lanes:literal, $registers:literal) => {
            #[expect(unsafe_code, reason = "called only where the processor has the instructions")]
            pub(super) fn $public(
                weights: &[$type],
                x: &[f32],
                (vectors, inputs, width): (usize, usize, usize),
                sums: &mut Sums,
            ) {
                assert!(
                    width <= WIDE
                        && width.is_multiple_of(NARROW)
                        && weights.len() >= inputs * width
                        && vectors <= TOGETHER
                        && x.len() >= vectors * inputs
                );
                let mut lane = 0;
                while lane < width {
                    let left = ((width - lane) / $lanes).min($registers);
                    let shape = (inputs, width, lane);
                    // SAFETY: `level` found the instructions, and the lengths were asserted above.
                    unsafe {
                        match (vectors, left) {
                            (1, 8..) => $name::<1, 8>(weights, x, shape, sums),
                            (1, 6..) => $name::<1, 6>(weights, x, shape, sums),
                            (1, 4..) => $name::<1, 4>(weights, x, shape, sums),
                            (1, _) => $name::<1, 2>(weights, x, shape, sums),
                            (2, 8..) => $name::<2, 8>(weights, x, shape, sums),
                            (2, 6..) => $name::<2, 6>(weights, x, shape, sums),
                            (2, 4..) => $name::<2, 4>(weights, x, shape, sums),
                            (2, _) => $name::<2, 2>(weights, x, shape, sums),
                            (_, 8..) => $name::<3, 8>(weights, x, shape, sums),
                            (_, 6..) => $name::<3, 6>(weights, x, shape, sums),
                            (_, 4..) => $name::<3, 4>(weights, x, shape, sums),
                            _ => $name::<3, 2>(weights, x, shape, sums),
                        }
                    }
                    lane += $lanes
                        * match left {
                            8.. => 8,
                            6.. => 6,
                            4.. => 4,
                            _ => 2,
                        };
                }
            }
        };
    }

    kernel!(
        rows512,
        f32,
        "avx512f",
        16,
        _mm512_setzero_ps,
        _mm512_set1_ps,
        _mm512_storeu_ps,
        _mm512_fmadd_ps,
        |p: *const f32| _mm512_loadu_ps(p)
    );
    kernel!(
        half_rows512,
        f16,
        "avx512f",
        16,
        _mm512_setzero_ps,
        _mm512_set1_ps,
        _mm512_storeu_ps,
        _mm512_fmadd_ps,
        |p: *const f16| _mm512_cvtph_ps(_mm256_loadu_si256(p.cast()))
    );
    kernel!(
        rows256,
        f32,
        "avx2,fma,f16c",
        8,
        _mm256_setzero_ps,
        _mm256_set1_ps,
        _mm256_storeu_ps,
        _mm256_fmadd_ps,
        |p: *const f32| _mm256_loadu_ps(p)
    );
    kernel!(
        half_rows256,
        f16,
        "avx2,fma,f16c",
        8,
        _mm256_setzero_ps,
        _mm256_set1_ps,
        _mm256_storeu_ps,
        _mm256_fmadd_ps,
        |p: *const f16| _mm256_cvtph_ps(_mm_loadu_si128(p.cast()))
    );
    choose!(single512, rows512, f32, 16, 8);
    choose!(half512, half_rows512, f16, 16, 8);
    choose!(single256, rows256, f32, 8, 4);
    choose!(half256, half_rows256, f16, 8, 4);
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPES: [(usize, usize); 7] =
        [(1, 1), (7, 64), (33, 5), (72, 40), (128, 31), (200, 64), (300, 17)];

    fn values(count: usize, seed: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * 0.37 + seed).sin()).collect()
    }

    /// Every level gives the bits of the plain one, for one to seven vectors and every width of panel.
    #[test]
    fn levels_agree_bit_for_bit() {
        let mut levels = vec![level()];
        #[cfg(target_arch = "x86_64")]
        if super::super::tile::has_avx2() {
            levels.push(Level::Avx2);
        }
        for (outputs, inputs) in SHAPES {
            let w = values(outputs * inputs, 0.0);
            for precision in [WeightPrecision::Single, WeightPrecision::Half] {
                let packed = PackedDense::new(&w, (outputs, inputs), precision);
                for vectors in 1..=7 {
                    let (x, bias) = (values(vectors * inputs, 1.0), values(outputs, 2.0));
                    let run = |level| {
                        let mut out = vec![0.0; vectors * outputs];
                        packed.run_at(level, &x, &bias, &mut out);
                        out
                    };
                    let expected = run(Level::Plain);
                    levels.iter().for_each(|l| assert_eq!(run(*l), expected, "{l:?}"));
                    let mut alone = vec![0.0; outputs];
                    let last = (vectors - 1) * inputs;
                    packed.run(&x[last..], &bias, &mut alone);
                    assert_eq!(alone, expected[(vectors - 1) * outputs..]);
                }
            }
        }
    }

    #[test]
    fn products_equal_the_naive_ones() {
        for (outputs, inputs) in SHAPES.into_iter().chain([(3, 0)]) {
            let (w, x) = (values(outputs * inputs, 0.0), values(2 * inputs, 1.0));
            let bias = values(outputs, 2.0);
            for (precision, bound) in
                [(WeightPrecision::Single, 1e-5), (WeightPrecision::Half, 4e-4)]
            {
                let packed = PackedDense::new(&w, (outputs, inputs), precision);
                assert_eq!((packed.outputs(), packed.inputs()), (outputs, inputs));
                let mut out = vec![f32::NAN; 2 * outputs];
                packed.run(&x, &bias, &mut out);
                for (i, got) in out.iter().enumerate() {
                    let (v, row) = (i / outputs, i % outputs);
                    let dot: f64 = (0..inputs)
                        .map(|k| f64::from(w[row * inputs + k]) * f64::from(x[v * inputs + k]))
                        .sum();
                    let error = (f64::from(*got) - dot - f64::from(bias[row])).abs();
                    assert!(error < bound * (1.0 + inputs as f64).sqrt(), "{error}");
                }
            }
        }
    }
}
