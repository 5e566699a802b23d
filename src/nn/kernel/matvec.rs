//! A matrix times one vector: what a layer costs at batch one.
//!
//! Each row is summed in 32 strands with fused multiply-adds, strand `l` over the columns `l`, `l + 32`,
//! ..., and the strands are folded in halves: the same bits at every vector width.

use half::bf16;

use super::tile::{Level, level};

/// Partial sums that run side by side; part of the definition of the result.
const LANES: usize = 32;
/// Rows that are worked on together, to share the loads of the vector.
#[cfg(target_arch = "x86_64")]
const ROWS: usize = 4;

/// `out[i] = sum_j weights[i * x.len() + j] * x[j] + bias[i]`, in plain f32.
///
/// # Panics
/// When a slice is shorter than the shapes say.
pub fn matvec(weights: &[f32], bias: &[f32], x: &[f32], out: &mut [f32]) {
    product(level(), weights, bias, x, out);
}

/// The same with weights in bf16 (8 bits of precision): half the memory to read.
///
/// # Panics
/// When a slice is shorter than the shapes say.
pub fn matvec_bf16(weights: &[bf16], bias: &[f32], x: &[f32], out: &mut [f32]) {
    product(level(), weights, bias, x, out);
}

/// A stored weight.
trait Weight: Copy {
    fn number(self) -> f32;

    #[cfg(target_arch = "x86_64")]
    /// The dot products of whole blocks of 32 columns of up to four rows, by vectors.
    fn blocks(level: Level, rows: [&[Self]; ROWS], x: &[f32]) -> [f32; ROWS];
}

fn product<W: Weight>(level: Level, weights: &[W], bias: &[f32], x: &[f32], out: &mut [f32]) {
    let n = x.len();
    let whole = n / LANES * LANES;
    assert!(weights.len() >= out.len() * n && bias.len() >= out.len(), "matrix too short");
    let row = |i: usize| &weights[i * n..(i + 1) * n];
    #[cfg(target_arch = "x86_64")]
    if level != Level::Plain && whole == n {
        let mut first = 0;
        while first < out.len() {
            let last = out.len() - 1;
            let rows = [0, 1, 2, 3].map(|r| row((first + r).min(last)));
            let sums = W::blocks(level, rows, x);
            for (r, out) in out[first..].iter_mut().take(ROWS).enumerate() {
                *out = sums[r] + bias[first + r];
            }
            first += ROWS;
        }
        return;
    }
    let _ = level;
    for (i, out) in out.iter_mut().enumerate() {
        let mut sums = [0.0_f32; LANES];
        for (row, x) in row(i).chunks(LANES).zip(x.chunks(LANES)) {
            for ((sum, w), x) in sums.iter_mut().zip(row).zip(x) {
                *sum = w.number().mul_add(*x, *sum);
            }
        }
        *out = fold(sums) + bias[i];
    }
}

fn fold(mut sums: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for l in 0..half {
            sums[l] += sums[l + half];
        }
        half /= 2;
    }
    sums[0]
}

impl Weight for f32 {
    fn number(self) -> f32 {
        self
    }

    #[cfg(target_arch = "x86_64")]
    fn blocks(level: Level, rows: [&[Self]; ROWS], x: &[f32]) -> [f32; ROWS] {
        x86::single(level, rows, x)
    }
}

impl Weight for bf16 {
    fn number(self) -> f32 {
        f32::from_bits(u32::from(self.to_bits()) << 16)
    }

    #[cfg(target_arch = "x86_64")]
    fn blocks(level: Level, rows: [&[Self]; ROWS], x: &[f32]) -> [f32; ROWS] {
        x86::brain(level, rows, x)
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use half::bf16;

    use super::{LANES, Level, ROWS};

    #[target_feature(enable = "avx512f")]
    fn reduce512(low: __m512, high: __m512) -> f32 {
        let sum = _mm512_add_ps(low, high);
        let upper = _mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(_mm512_castps_pd(sum)));
        reduce256(_mm256_add_ps(_mm512_castps512_ps256(sum), upper))
    }

    #[target_feature(enable = "avx2")]
    fn reduce256(sum: __m256) -> f32 {
        let sum = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps::<1>(sum));
        let sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
        _mm_cvtss_f32(_mm_add_ss(sum, _mm_shuffle_ps::<1>(sum, sum)))
    }

    macro_rules! dots {
        ($wide:ident, $middle:ident, $public:ident, $w:ty, $load512:expr, $load256:expr) => {
            #[target_feature(enable = "avx512f")]
            #[expect(unsafe_code, reason = "vector loads inside slices of known length")]
            fn $wide(rows: [&[$w]; ROWS], x: &[f32]) -> [f32; ROWS] {
                let mut sums = [[_mm512_setzero_ps(); 2]; ROWS];
                for j in (0..x.len()).step_by(LANES) {
                    // SAFETY: `x` and every row hold whole blocks; the caller asserts it.
                    unsafe {
                        let x0 = _mm512_loadu_ps(x.as_ptr().add(j));
                        let x1 = _mm512_loadu_ps(x.as_ptr().add(j + 16));
                        for (sum, row) in sums.iter_mut().zip(rows) {
                            let w0 = $load512(row.as_ptr().add(j));
                            let w1 = $load512(row.as_ptr().add(j + 16));
                            sum[0] = _mm512_fmadd_ps(w0, x0, sum[0]);
                            sum[1] = _mm512_fmadd_ps(w1, x1, sum[1]);
                        }
                    }
                }
                sums.map(|s| reduce512(s[0], s[1]))
            }

            #[target_feature(enable = "avx2,fma")]
            #[expect(unsafe_code, reason = "vector loads inside slices of known length")]
            fn $middle(rows: [&[$w]; ROWS], x: &[f32]) -> [f32; ROWS] {
                rows.map(|row| {
                    let mut sum = [_mm256_setzero_ps(); 4];
                    for j in (0..x.len()).step_by(LANES) {
                        for (i, sum) in sum.iter_mut().enumerate() {
                            // SAFETY: `x` and every row hold whole blocks; the caller asserts it.
                            unsafe {
                                let x = _mm256_loadu_ps(x.as_ptr().add(j + 8 * i));
                                let w = $load256(row.as_ptr().add(j + 8 * i));
                                *sum = _mm256_fmadd_ps(w, x, *sum);
                            }
                        }
                    }
                    let (low, high) =
                        (_mm256_add_ps(sum[0], sum[2]), _mm256_add_ps(sum[1], sum[3]));
                    reduce256(_mm256_add_ps(low, high))
                })
            }

            #[expect(unsafe_code, reason = "called only where the processor has the instructions")]
            pub(super) fn $public(level: Level, rows: [&[$w]; ROWS], x: &[f32]) -> [f32; ROWS] {
                assert!(x.len().is_multiple_of(LANES) && rows.iter().all(|r| r.len() >= x.len()));
                // SAFETY: `level` says what the processor has.
                unsafe { if level == Level::Avx512 { $wide(rows, x) } else { $middle(rows, x) } }
            }
        };
    }

    dots!(single512, single256, single, f32, _mm512_loadu_ps, _mm256_loadu_ps);
    dots!(
        brain512,
        brain256,
        brain,
        bf16,
        |p: *const bf16| {
            let half = _mm256_loadu_si256(p.cast());
            _mm512_castsi512_ps(_mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(half)))
        },
        |p: *const bf16| {
            let half = _mm_loadu_si128(p.cast());
            _mm256_castsi256_ps(_mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(half)))
        }
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every level gives the bits of the plain one, with ragged rows and columns.
    #[test]
    fn levels_agree_bit_for_bit() {
        for (rows, n) in [(7, 64), (4, 96), (9, 512), (5, 33)] {
            let w: Vec<f32> = (0..rows * n).map(|i| (i as f32 * 0.37).sin()).collect();
            let half: Vec<bf16> = w.iter().map(|w| bf16::from_f32(*w)).collect();
            let x: Vec<f32> = (0..n).map(|i| (i as f32 * 1.3).cos()).collect();
            let bias = vec![0.5; rows];
            let mut levels = vec![Level::Plain, level()];
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                levels.push(Level::Avx2);
            }
            let run = |level| {
                let (mut a, mut b) = (vec![0.0; rows], vec![0.0; rows]);
                product(level, &w, &bias, &x, &mut a);
                product(level, &half, &bias, &x, &mut b);
                (a, b)
            };
            levels.iter().for_each(|l| assert_eq!(run(*l), run(Level::Plain), "{l:?}"));
        }
    }

    #[test]
    fn products_equal_the_naive_ones() {
        for (rows, n) in [(3, 5), (7, 64), (4, 100), (1, 0)] {
            let w: Vec<f32> = (0..rows * n).map(|i| (i as f32 * 0.37).sin()).collect();
            let x: Vec<f32> = (0..n).map(|i| (i as f32 * 1.3).cos()).collect();
            let bias: Vec<f32> = (0..rows).map(|i| i as f32).collect();
            let half: Vec<bf16> = w.iter().map(|w| bf16::from_f32(*w)).collect();
            let (mut full_out, mut half_out) = (vec![0.0; rows], vec![0.0; rows]);
            matvec(&w, &bias, &x, &mut full_out);
            matvec_bf16(&half, &bias, &x, &mut half_out);
            for i in 0..rows {
                let dot = |w: &dyn Fn(usize) -> f64| -> f64 {
                    (0..n).map(|j| w(i * n + j) * f64::from(x[j])).sum::<f64>() + i as f64
                };
                assert!((f64::from(full_out[i]) - dot(&|k| f64::from(w[k]))).abs() < 1e-5);
                assert!((f64::from(half_out[i]) - dot(&|k| half[k].to_f64())).abs() < 1e-5);
            }
        }
    }
}
