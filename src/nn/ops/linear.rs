//! The linear layer.

use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::{on_kernels, values, with_values};
use crate::kernel::gemm::{Matrix, multiply};
use crate::sink::Sink;

/// `x W^T + b`: `x` is `[.., inputs]`, `weights` `[outputs, inputs]`, `bias` `[outputs]`; the result
/// is `[.., outputs]`.
///
/// # Errors
/// When the shapes do not fit each other.
pub fn linear(x: &Tensor, weights: &Tensor, bias: &Tensor) -> Result<Tensor> {
    apply(x, weights, bias, |x| {
        if on_kernels(x) {
            return x.apply_op3(&weights.contiguous()?, &bias.contiguous()?, Linear);
        }
        x.matmul(&weights.t()?)?.broadcast_add(bias)
    })
}

/// The same, the gradient of the weights being summed in a [`Sink`] instead of in candle's store. The
/// bias ties the layer to the backward pass and has its gradient as usual.
///
/// # Errors
/// When the shapes do not fit each other.
pub fn linear_into(x: &Tensor, weights: &Tensor, bias: &Tensor, sink: &Sink) -> Result<Tensor> {
    if !on_kernels(x) || !bias.track_op() {
        return linear(x, weights, bias);
    }
    apply(x, weights, bias, |x| {
        let op = LinearInto { weights: weights.contiguous()?, sink: sink.clone() };
        x.apply_op2(&bias.contiguous()?, op)
    })
}

/// Checks the shapes and flattens all axes but the last.
fn apply(
    x: &Tensor,
    weights: &Tensor,
    bias: &Tensor,
    layer: impl FnOnce(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let (outputs, inputs) = weights.dims2()?;
    let mut dims = x.dims().to_vec();
    if dims.last() != Some(&inputs) || bias.dims() != [outputs] {
        bail!(
            "a linear layer with weights {:?} and bias {:?} was given {:?}",
            weights.dims(),
            bias.dims(),
            x.dims()
        );
    }
    let rows = x.elem_count() / inputs.max(1);
    let y = layer(&x.reshape((rows, inputs))?.contiguous()?)?;
    if let Some(last) = dims.last_mut() {
        *last = outputs;
    }
    y.reshape(dims)
}

/// `y = x W^T + b` for `m` rows, `n` outputs and `k` inputs.
fn forward((m, n, k): (usize, usize, usize), x: &[f32], w: &[f32], b: &[f32]) -> Vec<f32> {
    let mut y = vec![0.0; m * n];
    multiply((m, n, k), Matrix::rows(x, k), Matrix::rows(w, k).transposed(), &mut y, false);
    for row in y.chunks_exact_mut(n.max(1)) {
        for (y, b) in row.iter_mut().zip(b) {
            *y += b;
        }
    }
    y
}

fn input_gradient((m, n, k): (usize, usize, usize), w: &[f32], dy: &[f32]) -> Vec<f32> {
    let mut dx = vec![0.0; m * k];
    multiply((m, k, n), Matrix::rows(dy, n), Matrix::rows(w, k), &mut dx, false);
    dx
}

fn add_weight_gradient((m, n, k): (usize, usize, usize), x: &[f32], dy: &[f32], dw: &mut [f32]) {
    multiply((n, k, m), Matrix::rows(dy, n).transposed(), Matrix::rows(x, k), dw, true);
}

fn bias_gradient(n: usize, dy: &[f32]) -> Vec<f32> {
    let mut db = vec![0.0; n];
    for row in dy.chunks_exact(n.max(1)) {
        for (db, dy) in db.iter_mut().zip(row) {
            *db += dy;
        }
    }
    db
}

struct LinearInto {
    weights: Tensor,
    sink: Sink,
}

impl CustomOp2 for LinearInto {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        b: &CpuStorage,
        b_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (m, k) = x_layout.shape().dims2()?;
        let n = self.weights.dim(0)?;
        let (x, b) = (values(x, x_layout)?, values(b, b_layout)?);
        let y = with_values(&self.weights, |w| Ok(forward((m, n, k), x, w, b)))?;
        Ok((CpuStorage::F32(y), (m, n).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        b: &Tensor,
        _y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (m, k) = x.dims2()?;
        let n = self.weights.dim(0)?;
        with_values(dy, |dy| {
            let dx = if x.track_op() {
                let dx = with_values(&self.weights, |w| Ok(input_gradient((m, n, k), w, dy)))?;
                Some(Tensor::from_vec(dx, (m, k), x.device())?)
            } else {
                None
            };
            with_values(x, |x| {
                self.sink.add(n * k, |dw| add_weight_gradient((m, n, k), x, dy, dw));
                Ok(())
            })?;
            Ok((dx, Some(Tensor::from_vec(bias_gradient(n, dy), n, b.device())?)))
        })
    }
}

struct Linear;

impl CustomOp3 for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        w: &CpuStorage,
        w_layout: &Layout,
        b: &CpuStorage,
        b_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (m, k) = x_layout.shape().dims2()?;
        let n = w_layout.shape().dims2()?.0;
        let (x, w, b) = (values(x, x_layout)?, values(w, w_layout)?, values(b, b_layout)?);
        let y = forward((m, n, k), x, w, b);
        Ok((CpuStorage::F32(y), (m, n).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        b: &Tensor,
        _y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (m, k) = x.dims2()?;
        let n = w.dims2()?.0;
        with_values(dy, |dy| {
            let dx = if x.track_op() {
                let dx = with_values(w, |w| Ok(input_gradient((m, n, k), w, dy)))?;
                Some(Tensor::from_vec(dx, (m, k), x.device())?)
            } else {
                None
            };
            let mut dw = vec![0.0; n * k];
            with_values(x, |x| {
                add_weight_gradient((m, n, k), x, dy, &mut dw);
                Ok(())
            })?;
            let db = bias_gradient(n, dy);
            let dw = Tensor::from_vec(dw, (n, k), w.device())?;
            Ok((dx, Some(dw), Some(Tensor::from_vec(db, n, b.device())?)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, tensor};
    use super::*;

    #[test]
    fn values_and_gradients() {
        for (rows, inputs, outputs) in [(1, 3, 2), (32, 48, 200), (150, 20, 7)] {
            let inputs =
                [tensor(1, &[rows, inputs]), tensor(2, &[outputs, inputs]), tensor(3, &[outputs])];
            check(&inputs, |t| linear(&t[0], &t[1], &t[2]));
        }
        let inputs = [tensor(1, &[2, 5, 4]), tensor(2, &[3, 4]), tensor(3, &[3])];
        check(&inputs, |t| linear(&t[0], &t[1], &t[2]));
    }

    /// Through the sink come the gradients of the plain layer, twice after two passes, even where only
    /// parameters ask for one.
    #[test]
    fn a_sink_sums_the_gradients_of_the_weights() {
        let var =
            |seed, shape: &[usize]| candle_core::Var::from_tensor(&tensor(seed, shape)).unwrap();
        let (w, b, x) = (var(1, &[6, 4]), var(2, &[6]), tensor(3, &[5, 4]));
        let sink = Sink::default();
        let pass = |y: Tensor| y.sqr().unwrap().sum_all().unwrap().backward().unwrap();
        let plain = pass(linear(&x, &w, &b).unwrap());
        for _ in 0..2 {
            let into = pass(linear_into(&x, &w, &b, &sink).unwrap());
            assert!(into.get(&w).is_none());
            let same = (into.get(&b).unwrap() - plain.get(&b).unwrap()).unwrap();
            assert_eq!(super::super::testing::largest(&same), 0.0);
        }
        let summed = sink.take().unwrap();
        let once = plain.get(&w).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (sum, once) in summed.iter().zip(once) {
            assert!((sum - 2.0 * once).abs() < 1e-5 * (1.0 + once.abs()));
        }
        assert!(sink.take().is_none());
    }

    #[test]
    fn wrong_widths_are_refused_with_both_shapes() {
        let error = linear(&tensor(1, &[2, 5]), &tensor(2, &[3, 4]), &tensor(3, &[3])).unwrap_err();
        assert!(error.to_string().contains("[3, 4]") && error.to_string().contains("[2, 5]"));
    }
}
