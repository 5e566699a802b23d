//! The two operations of an adaptive layer normalisation, each in one pass over its rows.

use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::{layer_norm, on_kernels, values, with_values};
use crate::kernel::layer_norm as kernel;

/// Rows that one thread works on at a time.
const ROWS: usize = 16;

/// `LN(h) (1 + scale) + shift` (AdaLN, Peebles and Xie 2023): `h` is `[rows, width]`, `modulation`
/// `[rows, 3 width]` or `[1, 3 width]` with gate, scale and shift side by side.
///
/// # Errors
/// When the shapes do not fit each other.
pub fn modulate(h: &Tensor, modulation: &Tensor, eps: f32) -> Result<Tensor> {
    let modulation = spread(h, modulation)?;
    if on_kernels(h) {
        let op = Modulate { width: h.dim(1)?, eps };
        return h.contiguous()?.apply_op2(&modulation.contiguous()?, op);
    }
    let parts = modulation.chunk(3, 1)?;
    (layer_norm(h, None, eps)? * (&parts[1] + 1.0)?)? + &parts[2]
}

/// `h + gate x`, with the gate of the same `modulation`.
///
/// # Errors
/// When the shapes do not fit each other.
pub fn gated_add(h: &Tensor, x: &Tensor, modulation: &Tensor) -> Result<Tensor> {
    let modulation = spread(h, modulation)?;
    if h.dims() != x.dims() {
        bail!("a gate was given {:?} and {:?}", h.dims(), x.dims());
    }
    if on_kernels(h) {
        let op = GatedAdd { width: h.dim(1)? };
        return h.contiguous()?.apply_op3(&x.contiguous()?, &modulation.contiguous()?, op);
    }
    h + (x * modulation.chunk(3, 1)?[0].clone())?
}

/// A modulation for every row.
fn spread(h: &Tensor, modulation: &Tensor) -> Result<Tensor> {
    let (rows, width) = h.dims2()?;
    match modulation.dims() {
        [r, w] if *w == 3 * width && *r == rows => Ok(modulation.clone()),
        [1, w] if *w == 3 * width => modulation.broadcast_as((rows, 3 * width)),
        other => bail!("rows {:?} cannot be modulated by {other:?}", h.dims()),
    }
}

struct Modulate {
    width: usize,
    eps: f32,
}

impl CustomOp2 for Modulate {
    fn name(&self) -> &'static str {
        "modulate"
    }

    fn cpu_fwd(
        &self,
        h: &CpuStorage,
        h_layout: &Layout,
        m: &CpuStorage,
        m_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (h, m) = (values(h, h_layout)?, values(m, m_layout)?);
        let (w, mut y) = (self.width, vec![0.0; h.len()]);
        if w > 0 {
            let rows = h.par_chunks(ROWS * w).zip(m.par_chunks(3 * ROWS * w));
            y.par_chunks_mut(ROWS * w).zip(rows).for_each(|(y, (h, m))| {
                let rows = h.chunks_exact(w).zip(m.chunks_exact(3 * w));
                for (y, (h, m)) in y.chunks_exact_mut(w).zip(rows) {
                    let (mean, inverse) = kernel::statistics(h, self.eps);
                    let (scale, shift) = m[w..].split_at(w);
                    for (((y, h), scale), shift) in y.iter_mut().zip(h).zip(scale).zip(shift) {
                        *y = (h - mean) * inverse * (scale + 1.0) + shift;
                    }
                }
            });
        }
        Ok((CpuStorage::F32(y), h_layout.shape().clone()))
    }

    fn bwd(
        &self,
        h: &Tensor,
        m: &Tensor,
        _y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let w = self.width;
        let (mut dh, mut dm) = (vec![0.0; h.elem_count()], vec![0.0; m.elem_count()]);
        with_values(h, |h| {
            with_values(m, |m| {
                with_values(dy, |dy| {
                    if w == 0 {
                        return Ok(());
                    }
                    let outs = dh.par_chunks_mut(ROWS * w).zip(dm.par_chunks_mut(3 * ROWS * w));
                    let ins = h.par_chunks(ROWS * w).zip(m.par_chunks(3 * ROWS * w));
                    outs.zip(ins.zip(dy.par_chunks(ROWS * w))).for_each(
                        |((dh, dm), ((h, m), dy))| {
                            let outs = dh.chunks_exact_mut(w).zip(dm.chunks_exact_mut(3 * w));
                            let ins = h.chunks_exact(w).zip(m.chunks_exact(3 * w));
                            for ((dh, dm), ((h, m), dy)) in outs.zip(ins.zip(dy.chunks_exact(w))) {
                                self.row(h, &m[w..2 * w], dy, dh, &mut dm[w..]);
                            }
                        },
                    );
                    Ok(())
                })
            })
        })?;
        let dh = Tensor::from_vec(dh, h.shape(), h.device())?;
        Ok((Some(dh), Some(Tensor::from_vec(dm, m.shape(), m.device())?)))
    }
}

impl Modulate {
    /// Gradients of one row: of `h`, and of scale and shift side by side.
    fn row(&self, h: &[f32], scale: &[f32], dy: &[f32], dh: &mut [f32], dm: &mut [f32]) {
        let (mean, inverse) = kernel::statistics(h, self.eps);
        let (dscale, dshift) = dm.split_at_mut(self.width);
        dshift.copy_from_slice(dy);
        for ((d, h), dy) in dscale.iter_mut().zip(h).zip(dy) {
            *d = (h - mean) * inverse * dy;
        }
        // `dh` holds the gradient of the normalised row first.
        for ((d, scale), dy) in dh.iter_mut().zip(scale).zip(dy) {
            *d = dy * (scale + 1.0);
        }
        let share = 1.0 / self.width as f32;
        let sum = kernel::lane_sum(dh, |d| d) * share;
        let along = kernel::lane_sum_of(dh, h, |d, h| d * (h - mean) * inverse) * share;
        for (d, h) in dh.iter_mut().zip(h) {
            *d = inverse * (*d - sum - (h - mean) * inverse * along);
        }
    }
}

struct GatedAdd {
    width: usize,
}

impl CustomOp3 for GatedAdd {
    fn name(&self) -> &'static str {
        "gated_add"
    }

    fn cpu_fwd(
        &self,
        h: &CpuStorage,
        h_layout: &Layout,
        x: &CpuStorage,
        x_layout: &Layout,
        m: &CpuStorage,
        m_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (h, x, m) = (values(h, h_layout)?, values(x, x_layout)?, values(m, m_layout)?);
        let (w, mut y) = (self.width.max(1), h.to_vec());
        for ((y, x), m) in y.chunks_exact_mut(w).zip(x.chunks_exact(w)).zip(m.chunks_exact(3 * w)) {
            for ((y, x), gate) in y.iter_mut().zip(x).zip(m) {
                *y += gate * x;
            }
        }
        Ok((CpuStorage::F32(y), h_layout.shape().clone()))
    }

    fn bwd(
        &self,
        h: &Tensor,
        x: &Tensor,
        m: &Tensor,
        _y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let w = self.width.max(1);
        let (mut dx, mut dm) = (vec![0.0; x.elem_count()], vec![0.0; m.elem_count()]);
        with_values(x, |x| {
            with_values(m, |m| {
                with_values(dy, |dy| {
                    let outs = dx.chunks_exact_mut(w).zip(dm.chunks_exact_mut(3 * w));
                    let ins = x.chunks_exact(w).zip(m.chunks_exact(3 * w));
                    for ((dx, dm), ((x, m), dy)) in outs.zip(ins.zip(dy.chunks_exact(w))) {
                        for ((dx, gate), dy) in dx.iter_mut().zip(m).zip(dy) {
                            *dx = gate * dy;
                        }
                        for ((dm, x), dy) in dm.iter_mut().zip(x).zip(dy) {
                            *dm = x * dy;
                        }
                    }
                    Ok(())
                })
            })
        })?;
        let dx = Tensor::from_vec(dx, h.shape(), h.device())?;
        let dm = Tensor::from_vec(dm, m.shape(), m.device())?;
        Ok((Some(dy.clone()), Some(dx), Some(dm)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, tensor};
    use super::*;

    #[test]
    fn values_and_gradients() {
        for (rows, width) in [(1, 5), (37, 33), (32, 48)] {
            for shared in [1, rows] {
                let h = (tensor(1, &[rows, width]) + 0.3).unwrap();
                let (x, m) = (tensor(2, &[rows, width]), tensor(3, &[shared, 3 * width]));
                check(&[h.clone(), m.clone()], |t| modulate(&t[0], &t[1], 1e-6));
                check(&[h, x, m], |t| gated_add(&t[0], &t[1], &t[2]));
            }
        }
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        let (h, x) = (tensor(1, &[4, 6]), tensor(2, &[4, 6]));
        let error = modulate(&h, &tensor(3, &[4, 6]), 1e-6).unwrap_err().to_string();
        assert!(error.contains("[4, 6]"), "{error}");
        assert!(gated_add(&h, &x, &tensor(3, &[2, 18])).is_err());
        assert!(gated_add(&h, &tensor(2, &[3, 6]), &tensor(3, &[4, 18])).is_err());
    }
}
