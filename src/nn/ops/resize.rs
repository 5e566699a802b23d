//! Pictures of twice and of half the size.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::{on_kernels, values, with_values};

/// Every pixel four times: `[batch, rows, columns, channels]` to `[batch, 2 rows, 2 columns, channels]`.
///
/// # Errors
/// When `x` has not four axes.
pub fn upsample_2x(x: &Tensor) -> Result<Tensor> {
    let (batch, height, width, channels) = x.dims4()?;
    if on_kernels(x) {
        return x.contiguous()?.apply_op1(Upsample);
    }
    let x = x.reshape((batch, height, 1, width, 1, channels))?;
    let x = x.broadcast_as((batch, height, 2, width, 2, channels))?;
    x.contiguous()?.reshape((batch, 2 * height, 2 * width, channels))
}

/// The mean of every 2x2 pixels: `[batch, rows, columns, channels]` to
/// `[batch, rows / 2, columns / 2, channels]`.
///
/// # Errors
/// When `x` has not four axes or its rows or columns are odd.
pub fn halve(x: &Tensor) -> Result<Tensor> {
    let (batch, height, width, channels) = x.dims4()?;
    if !height.is_multiple_of(2) || !width.is_multiple_of(2) {
        bail!("pictures {:?} have no half", x.dims());
    }
    let x = x.reshape((batch * height / 2, 2, width * channels))?.mean(1)?;
    x.reshape((batch, height / 2, width / 2, 2, channels))?.mean(3)
}

/// Four pixels out of each, side by side in its channels before: `[batch, rows, columns, 4 channels]` to
/// `[batch, 2 rows, 2 columns, channels]` (Shi et al. 2016). The upper two come first.
///
/// # Errors
/// When `x` has not four axes or its channels are no multiple of four.
pub fn unfold_2x(x: &Tensor) -> Result<Tensor> {
    let (batch, height, width, channels) = x.dims4()?;
    if !channels.is_multiple_of(4) {
        bail!("pictures {:?} do not unfold into four", x.dims());
    }
    let x = x.reshape((batch * height, width, 2, 2 * (channels / 4)))?;
    x.transpose(1, 2)?.reshape((batch, 2 * height, 2 * width, channels / 4))
}

/// The inverse of [`unfold_2x`].
///
/// # Errors
/// When `x` has not four axes or its rows or columns are odd.
pub fn fold_2x(x: &Tensor) -> Result<Tensor> {
    let (batch, height, width, channels) = x.dims4()?;
    if !height.is_multiple_of(2) || !width.is_multiple_of(2) {
        bail!("pictures {:?} do not fold", x.dims());
    }
    let x = x.reshape((batch * height / 2, 2, width / 2, 2 * channels))?;
    x.transpose(1, 2)?.reshape((batch, height / 2, width / 2, 4 * channels))
}

struct Upsample;

impl CustomOp1 for Upsample {
    fn name(&self) -> &'static str {
        "upsample_2x"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, height, width, c) = layout.shape().dims4()?;
        let x = values(x, layout)?;
        let row = width * c;
        let mut y = vec![0.0; 4 * x.len()];
        if !x.is_empty() {
            y.par_chunks_exact_mut(4 * row).zip(x.par_chunks_exact(row)).for_each(|(y, x)| {
                let (first, second) = y.split_at_mut(2 * row);
                for (y, x) in first.chunks_exact_mut(2 * c).zip(x.chunks_exact(c)) {
                    y[..c].copy_from_slice(x);
                    y[c..].copy_from_slice(x);
                }
                second.copy_from_slice(first);
            });
        }
        Ok((CpuStorage::F32(y), (batch, 2 * height, 2 * width, c).into()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let (_, _, width, c) = x.dims4()?;
        let row = width * c;
        let mut dx = vec![0.0; x.elem_count()];
        if !dx.is_empty() {
            with_values(dy, |dy| {
                dx.par_chunks_exact_mut(row).zip(dy.par_chunks_exact(4 * row)).for_each(
                    |(dx, dy)| {
                        let (first, second) = dy.split_at(2 * row);
                        let rows = first.chunks_exact(2 * c).zip(second.chunks_exact(2 * c));
                        for (dx, (a, b)) in dx.chunks_exact_mut(c).zip(rows) {
                            for (i, dx) in dx.iter_mut().enumerate() {
                                *dx = (a[i] + a[c + i]) + (b[i] + b[c + i]);
                            }
                        }
                    },
                );
                Ok(())
            })?;
        }
        Ok(Some(Tensor::from_vec(dx, x.shape(), x.device())?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, largest, tensor};
    use super::*;

    #[test]
    fn values_and_gradients() {
        for (height, width, channels) in [(3, 5, 7), (1, 1, 1), (4, 2, 20)] {
            let x = tensor(1, &[2, height, width, channels]);
            check(std::slice::from_ref(&x), |t| upsample_2x(&t[0]));
            let back = halve(&upsample_2x(&x).unwrap()).unwrap();
            assert!(largest(&(back - x).unwrap()) < 1e-6);
        }
        let x = tensor(2, &[2, 4, 6, 8]);
        check(std::slice::from_ref(&x), |t| halve(&t[0]));
        check(std::slice::from_ref(&x), |t| unfold_2x(&t[0]));
        check(std::slice::from_ref(&x), |t| fold_2x(&t[0]));
        for refused in [halve, unfold_2x, fold_2x] {
            let error = refused(&tensor(1, &[1, 3, 4, 2])).unwrap_err().to_string();
            assert!(error.contains("[1, 3, 4, 2]"), "{error}");
        }
    }

    /// Where each value goes, and back.
    #[test]
    fn pixels_unfold_in_reading_order() {
        let x = Tensor::arange(0.0_f32, 16.0, &candle_core::Device::Cpu).unwrap();
        let x = x.reshape((1, 1, 2, 8)).unwrap();
        let y = unfold_2x(&x).unwrap();
        let values = y.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let expected = [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15].map(|v| v as f32);
        assert_eq!((y.dims(), &values[..]), (&[1, 2, 4, 2][..], &expected[..]));
        assert_eq!(largest(&(fold_2x(&y).unwrap() - x).unwrap()), 0.0);
    }
}
