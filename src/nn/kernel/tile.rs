//! The innermost matrix product: a few rows of the left matrix times 32 columns of the right one, held
//! in registers while the common index runs.

/// Columns of a tile.
pub(super) const LANES: usize = 32;
/// Rows of a tile at most: 12 rows of 32 columns fill 24 of the 32 AVX-512 registers.
pub(super) const ROWS: usize = 12;

/// Vector instructions that the processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// Portable code.
    Plain,
    /// AVX2, FMA and conversion of halves (F16C).
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512F.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// The best level of this processor.
pub(super) fn level() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            return Level::Avx512;
        }
        if has_avx2() {
            return Level::Avx2;
        }
    }
    Level::Plain
}

/// Whether the processor has what [`Level::Avx2`] asks for.
#[cfg(target_arch = "x86_64")]
pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c")
}

/// One tile's operands. Entry `(i, k)` of the left matrix lies at `a[i * a_row + k * a_col]`, entry
/// `(k, j)` of the right one at `b[k * b_row + j]`, and entry `(i, j)` of the result at
/// `c[i * c_row + j]`, for `i < rows`, `k < depth`, `j < 32`.
pub(super) struct Tile<'a> {
    pub rows: usize,
    pub depth: usize,
    pub a: &'a [f32],
    pub a_row: usize,
    pub a_col: usize,
    pub b: &'a [f32],
    pub b_row: usize,
    pub c: &'a mut [f32],
    pub c_row: usize,
    /// Whether the product is added to what `c` holds; else it replaces it.
    pub accumulate: bool,
}

/// Forms the product of one tile. Each entry is summed over `k` in rising order with fused
/// multiply-adds, so the three levels give the same bits.
///
/// # Panics
/// When a slice is shorter than its strides say.
pub(super) fn run(level: Level, t: Tile<'_>) {
    if t.rows == 0 {
        return;
    }
    assert!(t.rows <= ROWS && (t.rows - 1) * t.c_row + LANES <= t.c.len(), "tile of c too short");
    if t.depth > 0 {
        let last = t.depth - 1;
        assert!((t.rows - 1) * t.a_row + last * t.a_col < t.a.len(), "tile of a too short");
        assert!(last * t.b_row + LANES <= t.b.len(), "tile of b too short");
    }
    match level {
        Level::Plain => plain(t),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => x86::avx2(t),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => x86::avx512(t),
    }
}

fn plain(t: Tile<'_>) {
    for i in 0..t.rows {
        let c = &mut t.c[i * t.c_row..i * t.c_row + LANES];
        let mut sum = [0.0_f32; LANES];
        if t.accumulate {
            sum.copy_from_slice(c);
        }
        for k in 0..t.depth {
            let a = t.a[i * t.a_row + k * t.a_col];
            for (sum, b) in sum.iter_mut().zip(&t.b[k * t.b_row..k * t.b_row + LANES]) {
                *sum = a.mul_add(*b, *sum);
            }
        }
        c.copy_from_slice(&sum);
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256, __m512, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps,
        _mm256_storeu_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps,
        _mm512_storeu_ps,
    };

    use super::Tile;

    /// A loop over the common index with `$R` rows of two vectors of `$W` lanes in registers.
    macro_rules! rows {
        ($name:ident, $feature:literal, $vec:ty, $w:literal, $zero:ident, $set:ident, $load:ident,
         $store:ident, $fma:ident) => {
            #[target_feature(enable = $feature)]
            #[expect(unsafe_code, reason = "vector loads and stores; `run` has checked the bounds")]
            fn $name<const R: usize>(t: &mut Tile<'_>, row: usize, lane: usize) {
                // SAFETY: rows `row..row + R`, lanes `lane..lane + 2 * W` and all of the common index
                // lie inside the slices: `run` asserted it for the whole tile.
                unsafe {
                    let a = t.a.as_ptr().wrapping_add(row * t.a_row);
                    let b = t.b.as_ptr().wrapping_add(lane);
                    let c = t.c.as_mut_ptr().wrapping_add(row * t.c_row + lane);
                    let mut sum: [[$vec; 2]; R] = [[$zero(); 2]; R];
                    if t.accumulate {
                        for (i, sum) in sum.iter_mut().enumerate() {
                            sum[0] = $load(c.add(i * t.c_row));
                            sum[1] = $load(c.add(i * t.c_row + $w));
                        }
                    }
                    let (mut ak, mut bk) = (a, b);
                    for _ in 0..t.depth {
                        let b0 = $load(bk);
                        let b1 = $load(bk.add($w));
                        for (i, sum) in sum.iter_mut().enumerate() {
                            let a = $set(*ak.add(i * t.a_row));
                            sum[0] = $fma(a, b0, sum[0]);
                            sum[1] = $fma(a, b1, sum[1]);
                        }
                        ak = ak.wrapping_add(t.a_col);
                        bk = bk.wrapping_add(t.b_row);
                    }
                    for (i, sum) in sum.iter().enumerate() {
                        $store(c.add(i * t.c_row), sum[0]);
                        $store(c.add(i * t.c_row + $w), sum[1]);
                    }
                }
            }
        };
    }

    rows!(
        rows512,
        "avx512f",
        __m512,
        16,
        _mm512_setzero_ps,
        _mm512_set1_ps,
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        _mm512_fmadd_ps
    );
    rows!(
        rows256,
        "avx2,fma",
        __m256,
        8,
        _mm256_setzero_ps,
        _mm256_set1_ps,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        _mm256_fmadd_ps
    );

    #[expect(unsafe_code, reason = "called only where the processor has the instructions")]
    pub(super) fn avx512(mut t: Tile<'_>) {
        let t = &mut t;
        // SAFETY: `level` found AVX-512F.
        unsafe {
            match t.rows {
                1 => rows512::<1>(t, 0, 0),
                2 => rows512::<2>(t, 0, 0),
                3 => rows512::<3>(t, 0, 0),
                4 => rows512::<4>(t, 0, 0),
                5 => rows512::<5>(t, 0, 0),
                6 => rows512::<6>(t, 0, 0),
                7 => rows512::<7>(t, 0, 0),
                8 => rows512::<8>(t, 0, 0),
                9 => rows512::<9>(t, 0, 0),
                10 => rows512::<10>(t, 0, 0),
                11 => rows512::<11>(t, 0, 0),
                _ => rows512::<12>(t, 0, 0),
            }
        }
    }

    #[expect(unsafe_code, reason = "called only where the processor has the instructions")]
    pub(super) fn avx2(mut t: Tile<'_>) {
        let t = &mut t;
        for row in (0..t.rows).step_by(6) {
            for lane in [0, 16] {
                // SAFETY: `level` found AVX2 and FMA.
                unsafe {
                    match t.rows - row {
                        1 => rows256::<1>(t, row, lane),
                        2 => rows256::<2>(t, row, lane),
                        3 => rows256::<3>(t, row, lane),
                        4 => rows256::<4>(t, row, lane),
                        5 => rows256::<5>(t, row, lane),
                        _ => rows256::<6>(t, row, lane),
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every level gives the bits of the plain loop, for every number of rows.
    #[test]
    fn levels_agree_bit_for_bit() {
        let value = |i: usize| ((i * 7919 + 13) % 1009) as f32 / 503.0 - 1.0;
        let a: Vec<f32> = (0..ROWS * 40).map(value).collect();
        let b: Vec<f32> = (0..40 * LANES).map(|i| value(i + 5)).collect();
        let mut levels = vec![Level::Plain];
        #[cfg(target_arch = "x86_64")]
        {
            if has_avx2() {
                levels.push(Level::Avx2);
            }
            levels.push(level());
        }
        for rows in 1..=ROWS {
            for (accumulate, a_row, a_col) in [(false, 40, 1), (true, 1, ROWS)] {
                let results: Vec<Vec<f32>> = levels
                    .iter()
                    .map(|level| {
                        let mut c: Vec<f32> = (0..rows * LANES).map(|i| value(i + 77)).collect();
                        let (a, b) = (&a[..], &b[..]);
                        let c_slice = &mut c[..];
                        run(
                            *level,
                            Tile {
                                rows,
                                depth: 40,
                                a,
                                a_row,
                                a_col,
                                b,
                                b_row: LANES,
                                c: c_slice,
                                c_row: LANES,
                                accumulate,
                            },
                        );
                        c
                    })
                    .collect();
                for other in &results[1..] {
                    assert_eq!(&results[0], other, "{rows} rows");
                }
            }
        }
    }
}
