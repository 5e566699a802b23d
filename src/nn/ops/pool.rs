//! Pooling of images.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::{on_kernels, values, with_values};
use crate::kernel::pool::{max_pool, max_pool_gradient};

/// The largest value of every 3x3 window, every second pixel, one pixel beyond the edge:
/// `[batch, rows, columns, channels]` to `[batch, ceil(rows / 2), ceil(columns / 2), channels]`.
///
/// # Errors
/// When `x` has not four axes.
pub fn max_pool_3x3_s2(x: &Tensor) -> Result<Tensor> {
    let (_, height, width, _) = x.dims4()?;
    if on_kernels(x) {
        return x.contiguous()?.apply_op1(MaxPool);
    }
    // A repeated edge adds nothing to a window that holds the edge already.
    let x = x.pad_with_same(1, 1, 1)?.pad_with_same(2, 1, 1)?;
    let every_second = |x: &Tensor, axis: usize, length: usize| -> Result<Tensor> {
        let mut best: Option<Tensor> = None;
        for tap in 0..3 {
            let index: Vec<u32> = (0..length.div_ceil(2)).map(|i| (2 * i + tap) as u32).collect();
            let index = Tensor::new(index, x.device())?;
            let part = x.index_select(&index, axis)?;
            best = Some(match best {
                Some(best) => best.maximum(&part)?,
                None => part,
            });
        }
        best.map_or_else(|| Ok(x.clone()), Ok)
    };
    every_second(&every_second(&x, 1, height)?, 2, width)
}

/// The mean over all pixels: `[batch, rows, columns, channels]` to `[batch, channels]`.
///
/// # Errors
/// When `x` has not four axes.
pub fn mean_pool(x: &Tensor) -> Result<Tensor> {
    let (batch, height, width, channels) = x.dims4()?;
    x.reshape((batch, height * width, channels))?.mean(1)
}

struct MaxPool;

impl CustomOp1 for MaxPool {
    fn name(&self) -> &'static str {
        "max_pool_3x3_s2"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let dims = layout.shape().dims4()?;
        let (batch, height, width, c) = dims;
        let (oh, ow) = (height.div_ceil(2), width.div_ceil(2));
        let mut y = vec![0.0; batch * oh * ow * c];
        if !y.is_empty() {
            max_pool(dims, values(x, layout)?, &mut y);
        }
        Ok((CpuStorage::F32(y), (batch, oh, ow, c).into()))
    }

    /// A window's gradient goes to the first pixel that holds its largest value.
    fn bwd(&self, x: &Tensor, y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let mut dx = vec![0.0; x.elem_count()];
        let dims = x.dims4()?;
        with_values(x, |x| {
            with_values(y, |y| {
                with_values(dy, |dy| {
                    max_pool_gradient(dims, x, y, dy, &mut dx);
                    Ok(())
                })
            })
        })?;
        Ok(Some(Tensor::from_vec(dx, x.shape(), x.device())?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, tensor};
    use super::*;

    #[test]
    fn values_and_gradients() {
        for (height, width) in [(8, 6), (7, 5), (1, 1)] {
            check(&[tensor(1, &[2, height, width, 3])], |t| max_pool_3x3_s2(&t[0]));
        }
        check(&[tensor(1, &[2, 3, 4, 5])], |t| mean_pool(&t[0]));
    }

    #[test]
    fn equal_values_share_no_gradient() {
        let x = candle_core::Var::ones(
            (1, 4, 4, 1),
            candle_core::DType::F32,
            &candle_core::Device::Cpu,
        )
        .unwrap();
        let y = max_pool_3x3_s2(&x).unwrap();
        let grads = y.sum_all().unwrap().backward().unwrap();
        let total = grads.get(&x).unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap();
        assert_eq!(total, 4.0);
    }
}
