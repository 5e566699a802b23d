//! Eigenvectors of small symmetric matrices without an allocation.
// Matrices read best by their indices.
#![allow(clippy::needless_range_loop)]

/// Eigenvalues in descending order, and the unit eigenvectors in the same order (row `i` belongs to
/// value `i`), of a symmetric matrix, by cyclic Jacobi rotations. Only the upper triangle is read.
pub fn symmetric_eigen<const N: usize>(mut a: [[f64; N]; N]) -> ([f64; N], [[f64; N]; N]) {
    let mut vectors = [[0.0; N]; N];
    for (i, row) in vectors.iter_mut().enumerate() {
        row[i] = 1.0;
    }
    // Convergence is quadratic: five to seven sweeps reach machine precision for N up to 4. The
    // bound stops input that is not finite.
    for _sweep in 0..24 {
        let (mut off, mut diagonal) = (0.0, 0.0);
        for i in 0..N {
            diagonal += a[i][i] * a[i][i];
            for j in i + 1..N {
                off += a[i][j] * a[i][j];
            }
        }
        if off <= 1e-32 * diagonal || off.is_nan() {
            break;
        }
        for p in 0..N {
            for q in p + 1..N {
                rotate(&mut a, &mut vectors, p, q);
            }
        }
    }
    let mut order: [usize; N] = std::array::from_fn(|i| i);
    order.sort_by(|i, j| a[*j][*j].total_cmp(&a[*i][*i]));
    (order.map(|i| a[i][i]), order.map(|i| vectors[i]))
}

/// One Jacobi rotation that makes `a[p][q]` zero; `p < q`. Rows of `vectors` are eigenvectors.
#[inline]
fn rotate<const N: usize>(a: &mut [[f64; N]; N], vectors: &mut [[f64; N]; N], p: usize, q: usize) {
    let apq = a[p][q];
    if apq == 0.0 {
        return;
    }
    let theta = (a[q][q] - a[p][p]) / (2.0 * apq);
    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let c = 1.0 / (t * t + 1.0).sqrt();
    let s = t * c;
    a[p][p] -= t * apq;
    a[q][q] += t * apq;
    a[p][q] = 0.0;
    for k in 0..N {
        if k != p && k != q {
            let (p_row, p_col) = (p.min(k), p.max(k));
            let (q_row, q_col) = (q.min(k), q.max(k));
            let (akp, akq) = (a[p_row][p_col], a[q_row][q_col]);
            a[p_row][p_col] = c * akp - s * akq;
            a[q_row][q_col] = s * akp + c * akq;
        }
        let (vp, vq) = (vectors[p][k], vectors[q][k]);
        vectors[p][k] = c * vp - s * vq;
        vectors[q][k] = s * vp + c * vq;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn vectors_are_orthonormal_and_rebuild_the_matrix(upper in prop::array::uniform10(-9.0..9.0f64)) {
            let mut a = [[0.0; 4]; 4];
            let mut next = upper.iter();
            for i in 0..4 {
                for j in i..4 {
                    a[i][j] = *next.next().unwrap();
                    a[j][i] = a[i][j];
                }
            }
            let (values, vectors) = symmetric_eigen(a);
            prop_assert!(values.windows(2).all(|w| w[0] >= w[1]));
            for i in 0..4 {
                for j in 0..4 {
                    let dot: f64 = (0..4).map(|k| vectors[i][k] * vectors[j][k]).sum();
                    let rebuilt: f64 =
                        (0..4).map(|k| values[k] * vectors[k][i] * vectors[k][j]).sum();
                    prop_assert!((dot - f64::from(u8::from(i == j))).abs() < 1e-12);
                    prop_assert!((rebuilt - a[i][j]).abs() < 1e-11);
                }
            }
        }
    }

    #[test]
    fn input_that_is_no_number_ends() {
        let (values, _) = symmetric_eigen([[f64::NAN; 3]; 3]);
        assert!(values[0].is_nan());
    }
}
