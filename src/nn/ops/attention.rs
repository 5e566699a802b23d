//! Multi-head self-attention over a few tokens (Vaswani et al. 2017).

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::{on_kernels, softmax, values, with_values};
use crate::kernel::attention::{AttentionShape, forward, gradient};

/// Every token looks at every token of its list: `qkv` is `[lists, tokens, 3 width]` with query, key and
/// value side by side, each cut into `heads` parts; the result is `[lists, tokens, width]`, the heads
/// side by side.
///
/// # Errors
/// When the last axis is not three times a multiple of `heads`, or there is no token.
pub fn attention(qkv: &Tensor, heads: usize) -> Result<Tensor> {
    let (lists, tokens, wide) = qkv.dims3()?;
    if heads == 0 || wide == 0 || wide % (3 * heads) != 0 || tokens == 0 {
        bail!("attention of {heads} heads was given {:?}", qkv.dims());
    }
    let width = wide / 3;
    if on_kernels(qkv) {
        return qkv.contiguous()?.apply_op1(Attention(AttentionShape { tokens, width, heads }));
    }
    let head = width / heads;
    let part = |i: usize| -> Result<Tensor> {
        let x = qkv.narrow(2, i * width, width)?.reshape((lists, tokens, heads, head))?;
        x.transpose(1, 2)?.contiguous()
    };
    let (q, k, v) = (part(0)?, part(1)?, part(2)?);
    let scores = (q.matmul(&k.t()?.contiguous()?)? * (1.0 / (head as f64).sqrt()))?;
    let y = softmax(&scores)?.matmul(&v)?;
    y.transpose(1, 2)?.reshape((lists, tokens, width))
}

struct Attention(AttentionShape);

impl CustomOp1 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(&self, qkv: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (lists, tokens, _) = layout.shape().dims3()?;
        let qkv = values(qkv, layout)?;
        let list = tokens * self.0.width;
        let mut y = vec![0.0; lists * list];
        y.par_chunks_exact_mut(list)
            .zip(qkv.par_chunks_exact(3 * list))
            .for_each(|(y, qkv)| forward(&self.0, qkv, y));
        Ok((CpuStorage::F32(y), (lists, tokens, self.0.width).into()))
    }

    fn bwd(&self, qkv: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let list = self.0.tokens * self.0.width;
        let d = with_values(qkv, |qkv| {
            with_values(dy, |dy| {
                let mut d = vec![0.0; qkv.len()];
                let ins = qkv.par_chunks_exact(3 * list).zip(dy.par_chunks_exact(list));
                d.par_chunks_exact_mut(3 * list)
                    .zip(ins)
                    .for_each(|(d, (qkv, dy))| gradient(&self.0, qkv, dy, d));
                Ok(d)
            })
        })?;
        Ok(Some(Tensor::from_vec(d, qkv.shape(), qkv.device())?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, largest, tensor};
    use super::*;

    #[test]
    fn values_and_gradients() {
        for (lists, tokens, width, heads) in [(3, 6, 20, 4), (1, 1, 4, 1), (2, 5, 33, 3)] {
            let qkv = (tensor(1, &[lists, tokens, 3 * width]) * 2.0).unwrap();
            check(&[qkv], |t| attention(&t[0], heads));
        }
    }

    /// Tokens that look alike look at all values evenly.
    #[test]
    fn equal_keys_give_the_mean_of_the_values() {
        let one = tensor(1, &[1, 1, 24]);
        let alike = Tensor::cat(&[&one, &one, &one], 1).unwrap();
        let y = attention(&alike, 2).unwrap();
        let value = one.narrow(2, 16, 8).unwrap();
        assert!(largest(&y.broadcast_sub(&value).unwrap()) < 1e-6);
    }

    #[test]
    fn heads_that_do_not_divide_are_refused() {
        let error = attention(&tensor(1, &[2, 3, 12]), 3).unwrap_err().to_string();
        assert!(error.contains("3 heads") && error.contains("[2, 3, 12]"), "{error}");
        assert!(attention(&tensor(1, &[2, 3, 12]), 0).is_err());
    }
}
