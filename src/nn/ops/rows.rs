//! Operations on lists of rows, such as the points of an object: `[batch, rows, width]`.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor, bail};
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

/// The largest value of each column of each list: `[batch, rows, width]` to `[batch, width]`. Its gradient
/// goes to the first row that holds it.
///
/// # Errors
/// When `x` has not three axes or its lists are empty.
pub fn max_rows(x: &Tensor) -> Result<Tensor> {
    let (_, rows, width) = x.dims3()?;
    if rows == 0 || width == 0 {
        bail!("there is no largest value in {:?}", x.dims());
    }
    if on_kernels(x) {
        return x.contiguous()?.apply_op1(MaxRows { rows, width });
    }
    x.max(1)
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

struct MaxRows {
    rows: usize,
    width: usize,
}

impl CustomOp1 for MaxRows {
    fn name(&self) -> &'static str {
        "max_rows"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = values(x, layout)?;
        let list = self.rows * self.width;
        let mut y = vec![f32::NEG_INFINITY; x.len() / self.rows];
        y.par_chunks_exact_mut(self.width).zip(x.par_chunks_exact(list)).for_each(|(y, x)| {
            for x in x.chunks_exact(self.width) {
                for (y, x) in y.iter_mut().zip(x) {
                    *y = if *x > *y || x.is_nan() { *x } else { *y };
                }
            }
        });
        Ok((CpuStorage::F32(y), (x.len() / list, self.width).into()))
    }

    fn bwd(&self, x: &Tensor, y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let mut dx = vec![0.0; x.elem_count()];
        let (list, w) = (self.rows * self.width, self.width);
        with_values(x, |x| {
            with_values(y, |y| {
                with_values(dy, |dy| {
                    let ins = x.par_chunks_exact(list).zip(y.par_chunks_exact(w));
                    dx.par_chunks_exact_mut(list).zip(ins.zip(dy.par_chunks_exact(w))).for_each(
                        |(dx, ((x, y), dy))| {
                            // What is left of the gradient once a row has taken it.
                            let mut open = dy.to_vec();
                            for (dx, x) in dx.chunks_exact_mut(w).zip(x.chunks_exact(w)) {
                                for (((dx, x), y), open) in
                                    dx.iter_mut().zip(x).zip(y).zip(&mut open)
                                {
                                    let hit = *x == *y;
                                    *dx = if hit { *open } else { 0.0 };
                                    *open = if hit { 0.0 } else { *open };
                                }
                            }
                        },
                    );
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
        for (batch, rows, width) in [(3, 7, 5), (1, 1, 4), (20, 16, 33)] {
            let x = tensor(1, &[batch, rows, width]);
            check(&[x.clone(), tensor(2, &[rows, width])], |t| add_rows(&t[0], &t[1]));
            check(&[x], |t| max_rows(&t[0]));
        }
        assert!(add_rows(&tensor(1, &[2, 3, 4]), &tensor(2, &[4, 3])).is_err());
        assert!(max_rows(&tensor(1, &[2, 0, 4])).is_err());
    }
}
