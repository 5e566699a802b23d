//! Matrix products with any strides, spread over the threads of the current rayon pool.

use rayon::prelude::*;

use super::tile::{self, LANES, ROWS, Tile};

/// How much of the common index is worked on at a time: a panel of 32 columns then fits the first cache.
const DEPTH: usize = 256;
/// Products below this number of multiply-adds are not worth a second thread.
const SERIAL: usize = 1 << 17;

/// A matrix in a slice: entry `(i, j)` lies at `i * row + j * col`.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    /// The values.
    pub data: &'a [f32],
    /// Distance between rows.
    pub row: usize,
    /// Distance between columns.
    pub col: usize,
}

impl<'a> Matrix<'a> {
    /// A row-major matrix of `columns` columns.
    pub fn rows(data: &'a [f32], columns: usize) -> Self {
        Self { data, row: columns, col: 1 }
    }

    /// The same values, transposed.
    pub fn transposed(self) -> Self {
        Self { data: self.data, row: self.col, col: self.row }
    }

    fn below(self, row: usize) -> Self {
        Self { data: &self.data[row * self.row..], ..self }
    }
}

/// The right matrix of a product, cut into panels of 32 columns that are contiguous along the common
/// index; the last panel is filled up with zeros.
#[derive(Clone, Debug, Default)]
pub struct Panels {
    data: Vec<f32>,
    depth: usize,
    columns: usize,
}

impl Panels {
    /// Packs a matrix of `depth` rows and `columns` columns.
    pub fn pack(b: Matrix<'_>, depth: usize, columns: usize) -> Self {
        let mut panels = Self::default();
        panels.repack(depth, columns, |k, j| b.data[k * b.row + j * b.col]);
        panels
    }

    /// Packs entry by entry, into the memory it already has where that is enough.
    pub fn repack(&mut self, depth: usize, columns: usize, at: impl Fn(usize, usize) -> f32) {
        self.repack_panels(depth, columns, |first, lanes, panel| {
            for (k, row) in panel.chunks_exact_mut(LANES).enumerate() {
                for (j, value) in row[..lanes].iter_mut().enumerate() {
                    *value = at(k, first + j);
                }
            }
        });
    }

    /// Packs panel by panel: `fill` is given the first column of a panel, how many there are, and the
    /// panel, 32 values for each row, all zero.
    pub(super) fn repack_panels(
        &mut self,
        depth: usize,
        columns: usize,
        fill: impl Fn(usize, usize, &mut [f32]),
    ) {
        self.data.clear();
        self.data.resize(columns.div_ceil(LANES) * depth * LANES, 0.0);
        (self.depth, self.columns) = (depth, columns);
        for (p, panel) in self.data.chunks_exact_mut((depth * LANES).max(1)).enumerate() {
            let first = p * LANES;
            fill(first, LANES.min(columns - first), panel);
        }
    }

    /// Columns of the matrix.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Rows of the matrix: the common index of a product with it.
    pub fn depth(&self) -> usize {
        self.depth
    }
}

/// `c = a b` or, with `accumulate`, `c += a b`, on the calling thread. `a` has `rows` rows, `c` is
/// row-major with as many columns as `b`.
///
/// # Panics
/// When a slice is shorter than the shapes say.
pub fn multiply_block(a: Matrix<'_>, rows: usize, b: &Panels, c: &mut [f32], accumulate: bool) {
    let level = tile::level();
    let (depth, columns) = (b.depth, b.columns);
    if depth == 0 && !accumulate {
        c[..rows * columns].fill(0.0);
    }
    for k0 in (0..depth).step_by(DEPTH) {
        let k_len = DEPTH.min(depth - k0);
        let accumulate = accumulate || k0 > 0;
        for (p, panel) in b.data.chunks_exact(depth * LANES).enumerate() {
            let j0 = p * LANES;
            let lanes = LANES.min(columns - j0);
            for i0 in (0..rows).step_by(ROWS) {
                let tile_rows = ROWS.min(rows - i0);
                let a_block = &a.data[i0 * a.row + k0 * a.col..];
                let b_block = &panel[k0 * LANES..];
                let run = |c: &mut [f32], c_row: usize| {
                    tile::run(
                        level,
                        Tile {
                            rows: tile_rows,
                            depth: k_len,
                            a: a_block,
                            a_row: a.row,
                            a_col: a.col,
                            b: b_block,
                            b_row: LANES,
                            c,
                            c_row,
                            accumulate,
                        },
                    );
                };
                if lanes == LANES {
                    run(&mut c[i0 * columns + j0..], columns);
                } else {
                    let mut edge = [0.0_f32; ROWS * LANES];
                    if accumulate {
                        for (i, row) in edge.chunks_exact_mut(LANES).take(tile_rows).enumerate() {
                            let start = (i0 + i) * columns + j0;
                            row[..lanes].copy_from_slice(&c[start..start + lanes]);
                        }
                    }
                    run(&mut edge, LANES);
                    for (i, row) in edge.chunks_exact(LANES).take(tile_rows).enumerate() {
                        let start = (i0 + i) * columns + j0;
                        c[start..start + lanes].copy_from_slice(&row[..lanes]);
                    }
                }
            }
        }
    }
}

/// `c = a b` or `c += a b`, with the rows of `c` spread over the pool.
///
/// # Panics
/// When a slice is shorter than the shapes say.
pub fn multiply_packed(a: Matrix<'_>, rows: usize, b: &Panels, c: &mut [f32], accumulate: bool) {
    let columns = b.columns;
    if rows == 0 || columns == 0 {
        return;
    }
    let threads = rayon::current_num_threads();
    if threads == 1 || rows * columns * b.depth < SERIAL {
        return multiply_block(a, rows, b, c, accumulate);
    }
    let share = rows.div_ceil(threads * 2).next_multiple_of(ROWS).min(ROWS * 16);
    c[..rows * columns].par_chunks_mut(share * columns).enumerate().for_each(|(i, c)| {
        multiply_block(a.below(i * share), c.len() / columns, b, c, accumulate);
    });
}

/// `c = a b` or, with `accumulate`, `c += a b`: `a` is `m x k`, `b` is `k x n`, `c` is row-major `m x n`.
/// The smaller operand is packed; the larger one is read where it lies.
///
/// # Panics
/// When a slice is shorter than the shapes say.
pub fn multiply(
    (m, n, k): (usize, usize, usize),
    a: Matrix<'_>,
    b: Matrix<'_>,
    c: &mut [f32],
    accumulate: bool,
) {
    // With few rows the roles are exchanged, c^T = b^T a^T, so that a large b (the weights of a layer)
    // is read once and in place.
    if m < n && m <= 4 * LANES {
        let panels = Panels::pack(a.transposed(), k, m);
        let mut transposed = vec![0.0; n * m];
        multiply_packed(b.transposed(), n, &panels, &mut transposed, false);
        for (i, c) in c[..m * n].chunks_exact_mut(n).enumerate() {
            for (c, value) in c.iter_mut().zip(transposed[i..].iter().step_by(m)) {
                *c = if accumulate { *c + value } else { *value };
            }
        }
    } else {
        multiply_packed(a, m, &Panels::pack(b, k, n), c, accumulate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(i: usize) -> f32 {
        ((i * 2_654_435_761) % 4093) as f32 / 2046.0 - 1.0
    }

    /// The product equals the naive one, for shapes with and without ragged edges and every stride.
    fn check(m: usize, n: usize, k: usize) {
        let a: Vec<f32> = (0..m * k).map(value).collect();
        let b: Vec<f32> = (0..k * n).map(|i| value(i + 31)).collect();
        let start: Vec<f32> = (0..m * n).map(|i| value(i + 7)).collect();
        for transposed in 0..4 {
            let am = if transposed & 1 == 0 {
                Matrix::rows(&a, k)
            } else {
                Matrix::rows(&a, m).transposed()
            };
            let bm = if transposed & 2 == 0 {
                Matrix::rows(&b, n)
            } else {
                Matrix::rows(&b, k).transposed()
            };
            for accumulate in [false, true] {
                let mut c = start.clone();
                multiply((m, n, k), am, bm, &mut c, accumulate);
                for i in 0..m {
                    for j in 0..n {
                        let mut sum = if accumulate { f64::from(start[i * n + j]) } else { 0.0 };
                        for l in 0..k {
                            sum += f64::from(am.data[i * am.row + l * am.col])
                                * f64::from(bm.data[l * bm.row + j * bm.col]);
                        }
                        let error = (f64::from(c[i * n + j]) - sum).abs();
                        assert!(error < 2e-5 * (1.0 + k as f64).sqrt(), "{m} {n} {k}: {error}");
                    }
                }
            }
        }
    }

    #[test]
    fn products_equal_the_naive_ones() {
        for (m, n, k) in [
            (1, 1, 1),
            (3, 5, 7),
            (12, 32, 256),
            (13, 33, 257),
            (200, 40, 300),
            (31, 150, 64),
            (4, 9, 0),
        ] {
            check(m, n, k);
        }
    }

    #[test]
    fn the_number_of_threads_does_not_change_a_bit() {
        let a: Vec<f32> = (0..500 * 300).map(value).collect();
        let b: Vec<f32> = (0..300 * 70).map(|i| value(i + 3)).collect();
        let results: Vec<Vec<f32>> = [1, 3]
            .into_iter()
            .map(|threads| {
                crate::Threads::new(threads).unwrap().run(|| {
                    let mut c = vec![0.0; 500 * 70];
                    let (a, b) = (Matrix::rows(&a, 300), Matrix::rows(&b, 70));
                    multiply((500, 70, 300), a, b, &mut c, false);
                    c
                })
            })
            .collect();
        assert_eq!(results[0], results[1]);
    }
}
