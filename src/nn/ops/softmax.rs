//! Softmax over the last axis.

use candle_core::{CpuStorage, CustomOp1, D, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{on_kernels, values, with_values};
use crate::kernel::scalar::exp;

/// `e^x / sum e^x` over the last axis.
///
/// # Errors
/// When `x` has no axis.
pub fn softmax(x: &Tensor) -> Result<Tensor> {
    let width = x.dim(D::Minus1)?;
    if on_kernels(x) {
        return x.contiguous()?.apply_op1(Softmax(width.max(1)));
    }
    let e = x.broadcast_sub(&x.max_keepdim(D::Minus1)?.detach())?.exp()?;
    e.broadcast_div(&e.sum_keepdim(D::Minus1)?)
}

/// `x - ln sum e^x` over the last axis.
///
/// # Errors
/// When `x` has no axis.
pub fn log_softmax(x: &Tensor) -> Result<Tensor> {
    let shifted = x.broadcast_sub(&x.max_keepdim(D::Minus1)?.detach())?;
    shifted.broadcast_sub(&shifted.exp()?.sum_keepdim(D::Minus1)?.log()?)
}

struct Softmax(usize);

impl CustomOp1 for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = values(x, layout)?;
        let mut y = vec![0.0; x.len()];
        y.par_chunks_exact_mut(self.0).zip(x.par_chunks_exact(self.0)).for_each(|(y, x)| {
            let top = x.iter().fold(f32::NEG_INFINITY, |m, v| m.max(*v));
            let mut sum = 0.0;
            for (y, x) in y.iter_mut().zip(x) {
                *y = exp(x - top);
                sum += *y;
            }
            y.iter_mut().for_each(|y| *y /= sum);
        });
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, _x: &Tensor, y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let dx = with_values(y, |y| {
            with_values(dy, |dy| {
                let mut dx = vec![0.0; y.len()];
                let rows = y.par_chunks_exact(self.0).zip(dy.par_chunks_exact(self.0));
                dx.par_chunks_exact_mut(self.0).zip(rows).for_each(|(dx, (y, dy))| {
                    let along: f32 = y.iter().zip(dy).map(|(y, dy)| y * dy).sum();
                    for ((dx, y), dy) in dx.iter_mut().zip(y).zip(dy) {
                        *dx = y * (dy - along);
                    }
                });
                Ok(dx)
            })
        })?;
        Ok(Some(Tensor::from_vec(dx, y.shape(), y.device())?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, tensor};
    use super::*;

    #[test]
    fn values_and_gradients() {
        let x = (tensor(1, &[4, 3, 9]) * 5.0).unwrap();
        check(std::slice::from_ref(&x), |t| softmax(&t[0]));
        check(&[x], |t| log_softmax(&t[0]));
    }
}
