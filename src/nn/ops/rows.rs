//! Operations on lists of rows, such as the tokens of a sequence: `[batch, rows, width]`.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::{on_kernels, values, with_values};

/// Adds one more list, `[rows, width]`, to each list of `x`.
///
/// # Errors
/// When the shapes do not fit each other.
pub fn add_rows(x: &Tensor, rows: &Tensor) -> Result<Tensor> {
    if x.rank() != 3 || x.dims()[1..] != *rows.dims() {
        bail!("rows {:?} cannot be added to lists {:?}", rows.dims(), x.dims());
    }
    if on_kernels(x) {
        return x.contiguous()?.apply_op2(&rows.contiguous()?, AddRows(rows.elem_count().max(1)));
    }
    x.broadcast_add(rows)
}

struct AddRows(usize);

impl CustomOp2 for AddRows {
    fn name(&self) -> &'static str {
        "add_rows"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        rows: &CpuStorage,
        rows_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, rows) = (values(x, x_layout)?, values(rows, rows_layout)?);
        let mut y = x.to_vec();
        y.par_chunks_mut(self.0).for_each(|y| y.iter_mut().zip(rows).for_each(|(y, r)| *y += r));
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        _x: &Tensor,
        rows: &Tensor,
        _y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let sum = with_values(dy, |dy| {
            let mut sum = vec![0.0; rows.elem_count()];
            for list in dy.chunks_exact(self.0) {
                sum.iter_mut().zip(list).for_each(|(sum, d)| *sum += d);
            }
            Ok(sum)
        })?;
        Ok((Some(dy.clone()), Some(Tensor::from_vec(sum, rows.shape(), rows.device())?)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, tensor};
    use super::*;

    #[test]
    fn values_and_gradients() {
        for (batch, rows, width) in [(3, 7, 5), (1, 1, 4), (20, 16, 33)] {
            let x = tensor(1, &[batch, rows, width]);
            check(&[x, tensor(2, &[rows, width])], |t| add_rows(&t[0], &t[1]));
        }
        assert!(add_rows(&tensor(1, &[2, 3, 4]), &tensor(2, &[4, 3])).is_err());
    }
}
