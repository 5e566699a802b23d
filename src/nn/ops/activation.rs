//! Activation functions, and the sum that ends a residual block.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{on_kernels, values, with_values};
use crate::kernel::scalar::Activation;

/// Values that one thread works on at a time.
const CHUNK: usize = 1 << 14;

/// The activation function of every value.
///
/// # Errors
/// When candle refuses, for instance for want of device memory.
pub fn activation(x: &Tensor, kind: Activation) -> Result<Tensor> {
    if on_kernels(x) {
        return x.contiguous()?.apply_op1(Function(kind));
    }
    match kind {
        Activation::Relu => x.relu(),
        Activation::Silu => x * sigmoid(x)?,
        Activation::Mish => {
            // ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|)
            let soft = (x.relu()? + (x.abs()?.neg()?.exp()? + 1.0)?.log()?)?;
            x * soft.tanh()?
        }
        Activation::Gelu => ((x * std::f64::consts::FRAC_1_SQRT_2)?.erf()? + 1.0)? * (x * 0.5)?,
        Activation::GeluTanh => {
            let inner = ((x.powf(3.0)? * 0.044_715)? + x)?;
            let scale = (2.0 / std::f64::consts::PI).sqrt();
            ((inner * scale)?.tanh()? + 1.0)? * (x * 0.5)?
        }
    }
}

fn sigmoid(x: &Tensor) -> Result<Tensor> {
    (x.neg()?.exp()? + 1.0)?.recip()
}

/// `max(a + b, 0)`.
///
/// # Errors
/// When the shapes differ.
pub fn add_relu(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if on_kernels(a) && a.dims() == b.dims() {
        return a.contiguous()?.apply_op2(&b.contiguous()?, AddRelu);
    }
    (a + b)?.relu()
}

struct Function(Activation);

impl CustomOp1 for Function {
    fn name(&self) -> &'static str {
        "activation"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = values(x, layout)?;
        let mut y = vec![0.0; x.len()];
        y.par_chunks_mut(CHUNK).zip(x.par_chunks(CHUNK)).for_each(|(y, x)| self.0.forward(x, y));
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let dx = with_values(x, |x| {
            with_values(dy, |dy| {
                let mut dx = vec![0.0; x.len()];
                dx.par_chunks_mut(CHUNK)
                    .zip(x.par_chunks(CHUNK).zip(dy.par_chunks(CHUNK)))
                    .for_each(|(dx, (x, dy))| self.0.backward(x, dy, dx));
                Ok(dx)
            })
        })?;
        Ok(Some(Tensor::from_vec(dx, x.shape(), x.device())?))
    }
}

struct AddRelu;

impl CustomOp2 for AddRelu {
    fn name(&self) -> &'static str {
        "add_relu"
    }

    fn cpu_fwd(
        &self,
        a: &CpuStorage,
        a_layout: &Layout,
        b: &CpuStorage,
        b_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (a, b) = (values(a, a_layout)?, values(b, b_layout)?);
        let mut y = vec![0.0; a.len()];
        y.par_chunks_mut(CHUNK).zip(a.par_chunks(CHUNK).zip(b.par_chunks(CHUNK))).for_each(
            |(y, (a, b))| {
                for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
                    *y = a + b;
                }
                let sum = &mut *y;
                for y in sum.iter_mut() {
                    *y = if *y < 0.0 { 0.0 } else { *y };
                }
            },
        );
        Ok((CpuStorage::F32(y), a_layout.shape().clone()))
    }

    fn bwd(
        &self,
        _a: &Tensor,
        _b: &Tensor,
        y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let d = with_values(y, |y| {
            with_values(dy, |dy| {
                let mut d = vec![0.0; y.len()];
                d.par_chunks_mut(CHUNK)
                    .zip(y.par_chunks(CHUNK).zip(dy.par_chunks(CHUNK)))
                    .for_each(|(d, (y, dy))| Activation::Relu.backward(y, dy, d));
                Ok(d)
            })
        })?;
        let d = Tensor::from_vec(d, y.shape(), y.device())?;
        Ok((Some(d.clone()), Some(d)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, tensor};
    use super::*;

    #[test]
    fn values_and_gradients() {
        let x = (tensor(1, &[7, 13]) * 4.0).unwrap();
        for kind in [
            Activation::Relu,
            Activation::Silu,
            Activation::Mish,
            Activation::Gelu,
            Activation::GeluTanh,
        ] {
            check(std::slice::from_ref(&x), |t| activation(&t[0], kind));
        }
        check(&[tensor(1, &[3, 4, 5]), tensor(2, &[3, 4, 5])], |t| add_relu(&t[0], &t[1]));
    }
}
