//! LayerNorm and GroupNorm.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp1, CustomOp3, D, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::{on_kernels, values, with_values};
use crate::kernel::group_norm::{self, GroupNormShape};
use crate::kernel::layer_norm;

/// Mean 0 and variance 1 over the last axis (Ba, Kiros and Hinton, *Layer Normalization*, 2016), then
/// gain and bias where they are given, both `[width]`.
///
/// # Errors
/// When the shapes do not fit each other.
pub fn layer_norm(x: &Tensor, affine: Option<(&Tensor, &Tensor)>, eps: f32) -> Result<Tensor> {
    let width = x.dim(D::Minus1)?;
    let y = if on_kernels(x) {
        x.contiguous()?.apply_op1(LayerNorm { width: width.max(1), eps })?
    } else {
        let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
        centred.broadcast_div(&(variance + f64::from(eps))?.sqrt()?)?
    };
    match affine {
        Some((gain, bias)) => y.broadcast_mul(gain)?.broadcast_add(bias),
        None => Ok(y),
    }
}

/// GroupNorm (Wu and He 2018) of `[batch, rows, columns, channels]` with gain and bias `[channels]`,
/// and a rectifier after it if asked.
///
/// # Errors
/// When the groups do not divide the channels or the shapes do not fit each other.
pub fn group_norm(
    x: &Tensor,
    (gain, bias): (&Tensor, &Tensor),
    groups: usize,
    eps: f32,
    relu: bool,
) -> Result<Tensor> {
    let (batch, height, width, channels) = x.dims4()?;
    if groups == 0
        || channels % groups != 0
        || gain.dims() != [channels]
        || bias.dims() != [channels]
    {
        bail!(
            "GroupNorm of {groups} groups with gain {:?} and bias {:?} was given {:?}",
            gain.dims(),
            bias.dims(),
            x.dims()
        );
    }
    if on_kernels(x) {
        let pixels = height * width;
        let shape = GroupNormShape { batch, pixels, channels, groups, eps, relu };
        let op = GroupNorm { shape, statistics: OnceLock::new() };
        return x.contiguous()?.apply_op3(&gain.contiguous()?, &bias.contiguous()?, op);
    }
    let grouped = x.reshape((batch, height * width, groups, channels / groups))?;
    let centred = grouped.broadcast_sub(&grouped.mean_keepdim((1, 3))?)?;
    let variance = centred.sqr()?.mean_keepdim((1, 3))?;
    let y = centred.broadcast_div(&(variance + f64::from(eps))?.sqrt()?)?;
    let y = y.reshape(x.dims())?.broadcast_mul(gain)?.broadcast_add(bias)?;
    if relu { y.relu() } else { Ok(y) }
}

struct LayerNorm {
    width: usize,
    eps: f32,
}

impl LayerNorm {
    fn statistics(&self, x: &[f32]) -> (f32, f32) {
        layer_norm::statistics(x, self.eps)
    }
}

impl CustomOp1 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer_norm"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = values(x, layout)?;
        let mut y = vec![0.0; x.len()];
        y.par_chunks_exact_mut(self.width).zip(x.par_chunks_exact(self.width)).for_each(
            |(y, x)| {
                let (mean, inverse) = self.statistics(x);
                for (y, x) in y.iter_mut().zip(x) {
                    *y = (x - mean) * inverse;
                }
            },
        );
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let dx = with_values(x, |x| {
            with_values(y, |y| {
                with_values(dy, |dy| {
                    let mut dx = vec![0.0; x.len()];
                    let w = self.width;
                    dx.par_chunks_exact_mut(w).enumerate().for_each(|(i, dx)| {
                        let row = i * w..(i + 1) * w;
                        let (x, y, dy) = (&x[row.clone()], &y[row.clone()], &dy[row]);
                        let (_, inverse) = self.statistics(x);
                        let mean: f32 = dy.iter().sum::<f32>() / w as f32;
                        let along: f32 =
                            y.iter().zip(dy).map(|(y, dy)| y * dy).sum::<f32>() / w as f32;
                        for ((dx, y), dy) in dx.iter_mut().zip(y).zip(dy) {
                            *dx = inverse * (dy - mean - y * along);
                        }
                    });
                    Ok(dx)
                })
            })
        })?;
        Ok(Some(Tensor::from_vec(dx, x.shape(), x.device())?))
    }
}

struct GroupNorm {
    shape: GroupNormShape,
    statistics: OnceLock<Vec<(f32, f32)>>,
}

impl CustomOp3 for GroupNorm {
    fn name(&self) -> &'static str {
        "group_norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        gain: &CpuStorage,
        gain_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let x = values(x, x_layout)?;
        let (gain, bias) = (values(gain, gain_layout)?, values(bias, bias_layout)?);
        let mut y = vec![0.0; x.len()];
        let statistics = group_norm::forward(&self.shape, x, gain, bias, &mut y);
        // One operation is applied once; should it be again, the statistics are those of the same input.
        let _ = self.statistics.set(statistics);
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        gain: &Tensor,
        bias: &Tensor,
        y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let Some(statistics) = self.statistics.get() else {
            bail!("the gradient of a GroupNorm was asked for before its value");
        };
        let gradients = with_values(x, |x| {
            with_values(gain, |gain| {
                with_values(y, |y| {
                    with_values(dy, |dy| {
                        Ok(group_norm::gradients(&self.shape, (x, gain, y), statistics, dy))
                    })
                })
            })
        })?;
        Ok((
            Some(Tensor::from_vec(gradients.input, x.shape(), x.device())?),
            Some(Tensor::from_vec(gradients.gain, gain.shape(), gain.device())?),
            Some(Tensor::from_vec(gradients.bias, bias.shape(), bias.device())?),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, tensor};
    use super::*;

    #[test]
    fn layer_norm_with_and_without_gain() {
        let x = (tensor(1, &[3, 2, 37]) + 0.7).unwrap();
        check(std::slice::from_ref(&x), |t| layer_norm(&t[0], None, 1e-6));
        let inputs = [x, tensor(2, &[37]), tensor(3, &[37])];
        check(&inputs, |t| layer_norm(&t[0], Some((&t[1], &t[2])), 1e-5));
    }

    #[test]
    fn group_norm_with_and_without_rectifier() {
        let x = (tensor(1, &[3, 9, 9, 12]) + 0.5).unwrap();
        for relu in [false, true] {
            let inputs = [x.clone(), tensor(2, &[12]), tensor(3, &[12])];
            check(&inputs, |t| group_norm(&t[0], (&t[1], &t[2]), 3, 1e-5, relu));
        }
        let error =
            group_norm(&x, (&tensor(2, &[12]), &tensor(3, &[12])), 5, 1e-5, true).unwrap_err();
        assert!(error.to_string().contains("5 groups"), "{error}");
    }
}
