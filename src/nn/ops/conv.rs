//! Convolution in one and two dimensions.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};

use super::{on_kernels, values, with_values};
use crate::kernel::conv::{ConvShape, forward, input_gradient, pack_weights, weight_gradient};
use crate::kernel::gemm::Panels;

/// 2-D convolution without bias: `x` is `[batch, rows, columns, channels]`, `weights`
/// `[filters, channels, kernel rows, kernel columns]`; the result is
/// `[batch, rows, columns, filters]`.
///
/// Away from the CPU the gradient is candle's, which asks for square images.
///
/// # Errors
/// When the shapes do not fit each other.
pub fn conv2d(x: &Tensor, weights: &Tensor, stride: usize, padding: usize) -> Result<Tensor> {
    if !on_kernels(x) {
        let x = x.permute((0, 3, 1, 2))?.contiguous()?;
        return x.conv2d(weights, padding, stride, 1, 1)?.permute((0, 2, 3, 1))?.contiguous();
    }
    let (batch, height, width, channels) = x.dims4()?;
    let (filters, inputs, kh, kw) = weights.dims4()?;
    if inputs != channels || channels == 0 {
        bail!("a convolution of {inputs} channels was given images of {channels} channels");
    }
    let (kernel, stride, padding) = ((kh, kw), (stride, stride), (padding, padding));
    let shape = ConvShape { batch, height, width, channels, filters, kernel, stride, padding };
    x.contiguous()?.apply_op2(&weights.contiguous()?, Conv(shape))
}

/// 1-D convolution without bias: `x` is `[batch, time, channels]`, `weights`
/// `[filters, channels, kernel]`; the result is `[batch, time, filters]`.
///
/// # Errors
/// When the shapes do not fit each other.
pub fn conv1d(x: &Tensor, weights: &Tensor, stride: usize, padding: usize) -> Result<Tensor> {
    let (batch, width, channels) = x.dims3()?;
    let (filters, inputs, kernel) = weights.dims3()?;
    if inputs != channels || channels == 0 {
        bail!("a convolution of {inputs} channels was given sequences of {channels} channels");
    }
    if !on_kernels(x) {
        return conv1d_by_taps(x, weights, stride, padding);
    }
    let shape = ConvShape {
        batch,
        height: 1,
        width,
        channels,
        filters,
        kernel: (1, kernel),
        stride: (1, stride),
        padding: (0, padding),
    };
    let x = x.reshape((batch, 1, width, channels))?.contiguous()?;
    x.apply_op2(&weights.unsqueeze(2)?.contiguous()?, Conv(shape))?.squeeze(1)
}

/// One matrix product over the taps side by side: the gradient that candle has for its own `conv1d`
/// is wrong where the stride is not one.
fn conv1d_by_taps(x: &Tensor, weights: &Tensor, stride: usize, padding: usize) -> Result<Tensor> {
    let (batch, width, channels) = x.dims3()?;
    let (filters, _, kernel) = weights.dims3()?;
    let x = x.pad_with_zeros(1, padding, padding)?;
    let length = (width + 2 * padding + 1).saturating_sub(kernel).div_ceil(stride);
    let taps: Vec<Tensor> = (0..kernel)
        .map(|tap| {
            let index: Vec<u32> = (0..length).map(|i| (i * stride + tap) as u32).collect();
            x.index_select(&Tensor::new(index, x.device())?, 1)
        })
        .collect::<Result<_>>()?;
    let columns = Tensor::cat(&taps, 2)?.reshape((batch * length, kernel * channels))?;
    let weights = weights.transpose(1, 2)?.reshape((filters, kernel * channels))?;
    columns.matmul(&weights.t()?)?.reshape((batch, length, filters))
}

struct Conv(ConvShape);

impl CustomOp2 for Conv {
    fn name(&self) -> &'static str {
        "conv"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        w: &CpuStorage,
        w_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, w) = (values(x, x_layout)?, values(w, w_layout)?);
        let (rows, columns) = self.0.output();
        let mut panels = Panels::default();
        pack_weights(&self.0, w, &mut panels);
        let mut y = vec![0.0; self.0.batch * rows * columns * self.0.filters];
        forward(&self.0, x, &panels, &mut y);
        Ok((CpuStorage::F32(y), (self.0.batch, rows, columns, self.0.filters).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        with_values(dy, |dy| {
            // Pictures that nothing was computed from need no gradient.
            let dx = if x.track_op() {
                let dx = with_values(w, |w| Ok(input_gradient(&self.0, w, dy)))?;
                Some(Tensor::from_vec(dx, x.shape(), x.device())?)
            } else {
                None
            };
            let dw = with_values(x, |x| Ok(weight_gradient(&self.0, x, dy)))?;
            Ok((dx, Some(Tensor::from_vec(dw, w.shape(), w.device())?)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, tensor};
    use super::*;

    #[test]
    fn two_dimensions() {
        for (stride, padding, k) in [(1, 1, 3), (2, 1, 3), (2, 3, 7), (2, 0, 1), (1, 0, 1)] {
            let inputs = [tensor(1, &[2, 9, 9, 3]), tensor(2, &[5, 3, k, k])];
            check(&inputs, |t| conv2d(&t[0], &t[1], stride, padding));
        }
    }

    #[test]
    fn one_dimension() {
        check(&[tensor(1, &[3, 8, 9]), tensor(2, &[6, 9, 5])], |t| conv1d(&t[0], &t[1], 2, 2));
    }

    #[test]
    fn wrong_channels_are_refused() {
        let error = conv2d(&tensor(1, &[1, 4, 4, 3]), &tensor(2, &[5, 4, 3, 3]), 1, 1).unwrap_err();
        assert!(error.to_string().contains("3 channels"), "{error}");
    }
}
