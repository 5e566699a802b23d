//! Differentiable operations that candle lacks, or whose gradient it drops or computes slowly.
//!
//! On the CPU in f32 each runs on [`crate::kernel`]; on any other device or number type it is composed
//! of candle's primitives, so that it has a gradient everywhere. The composed form is also what the
//! tests compare the kernels with. Images are `[batch, rows, columns, channels]`, sequences
//! `[batch, time, channels]`, and weights have PyTorch's order.

mod activation;
mod attention;
mod conv;
mod linear;
mod modulate;
mod norm;
mod pool;
mod resize;
mod rows;
mod softmax;

use candle_core::{CpuStorage, DType, Layout, Result, Storage, Tensor, bail};

pub use crate::kernel::scalar::Activation;
pub use activation::{activation, add_relu};
pub use attention::attention;
pub use conv::{conv1d, conv2d};
pub use linear::{linear, linear_into};
pub use modulate::{gated_add, modulate};
pub use norm::{group_norm, layer_norm};
pub use pool::{max_pool_3x3_s2, mean_pool};
pub use resize::{fold_2x, halve, unfold_2x, upsample_2x};
pub use rows::add_rows;
pub use softmax::{log_softmax, softmax};

/// Whether the kernels can take a tensor.
pub(crate) fn on_kernels(x: &Tensor) -> bool {
    x.device().is_cpu() && x.dtype() == DType::F32
}

/// The values of a contiguous f32 storage.
pub(crate) fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let CpuStorage::F32(data) = storage else { bail!("the kernels take f32 only") };
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&data[start..end]),
        None => bail!("the kernels take contiguous tensors only"),
    }
}

/// Runs `work` on the values of a CPU tensor in f32.
pub(crate) fn with_values<T>(x: &Tensor, work: impl FnOnce(&[f32]) -> Result<T>) -> Result<T> {
    let x = x.contiguous()?;
    let (storage, layout) = x.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => work(values(storage, layout)?),
        _ => bail!("the kernels run on the CPU only"),
    }
}

/// The gradient of `sum(f(x) * probe)` with respect to each variable, for the tests.
#[cfg(test)]
pub(crate) mod testing {
    use candle_core::{DType, Device, Result, Tensor, Var};

    /// Deterministic values in [-1, 1) of a shape.
    pub fn tensor(seed: usize, shape: &[usize]) -> Tensor {
        let count: usize = shape.iter().product();
        let data: Vec<f32> = (0..count)
            .map(|i| (((i + 131 * seed) * 2_654_435_761) % 4093) as f32 / 2046.5 - 1.0)
            .collect();
        Tensor::from_vec(data, shape, &Device::Cpu).unwrap()
    }

    pub fn largest(t: &Tensor) -> f64 {
        let flat = t.flatten_all().unwrap().to_dtype(DType::F64).unwrap();
        flat.to_vec1::<f64>().unwrap().into_iter().fold(0.0, |m, v| m.max(v.abs()))
    }

    /// Checks an operation three ways: values and gradients in f32 against the composed form in f64
    /// with candle's own gradients, and the composed gradients against central differences in f64.
    pub fn check(inputs: &[Tensor], f: impl Fn(&[Tensor]) -> Result<Tensor>) {
        let run = |dtype: DType| {
            let vars: Vec<Var> = inputs
                .iter()
                .map(|t| Var::from_tensor(&t.to_dtype(dtype).unwrap()).unwrap())
                .collect();
            let tensors: Vec<Tensor> = vars.iter().map(|v| v.as_tensor().clone()).collect();
            let y = f(&tensors).unwrap();
            let probe = tensor(77, y.dims()).to_dtype(dtype).unwrap();
            let grads = (&y * &probe).unwrap().sum_all().unwrap().backward().unwrap();
            let grads: Vec<Tensor> =
                tensors.iter().map(|t| grads.get(t).expect("no gradient").clone()).collect();
            (y, grads)
        };
        let (y, grads) = run(DType::F32);
        let (y64, grads64) = run(DType::F64);
        let close = |name: &str, a: &Tensor, b: &Tensor| {
            assert_eq!(a.dims(), b.dims(), "{name}");
            let error = largest(&(a.to_dtype(DType::F64).unwrap() - b).unwrap());
            assert!(error < 5e-6 * largest(b).max(1e-3), "{name}: {error} of {}", largest(b));
        };
        close("value", &y, &y64);
        for (i, (a, b)) in grads.iter().zip(&grads64).enumerate() {
            close(&format!("gradient {i}"), a, b);
        }
        // Along one direction for each input.
        let value = |which: usize, step: f64| {
            let moved: Vec<Tensor> = inputs
                .iter()
                .enumerate()
                .map(|(i, t)| {
                    let t64 = t.to_dtype(DType::F64).unwrap();
                    let way = tensor(5 + i, t.dims()).to_dtype(DType::F64).unwrap();
                    if i == which { (t64 + (way * step).unwrap()).unwrap() } else { t64 }
                })
                .collect();
            let y = f(&moved).unwrap();
            let probe = tensor(77, y.dims()).to_dtype(DType::F64).unwrap();
            (y * probe).unwrap().sum_all().unwrap().to_scalar::<f64>().unwrap()
        };
        for (i, gradient) in grads64.iter().enumerate() {
            let way = tensor(5 + i, gradient.dims()).to_dtype(DType::F64).unwrap();
            let along = (gradient * way).unwrap().sum_all().unwrap().to_scalar::<f64>().unwrap();
            let difference = (value(i, 1e-6) - value(i, -1e-6)) / 2e-6;
            let bound = 1e-6 * (along.abs() + largest(gradient) + 1.0);
            assert!((along - difference).abs() < bound, "input {i}: {along} and {difference}");
        }
    }
}
