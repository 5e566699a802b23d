//! Where the gradients of large parameters are summed.

use std::sync::{Arc, Mutex, PoisonError};

/// The gradient of one parameter, summed in place. Candle makes a new tensor for every sum; for the
/// weights of a network that is unrolled over several steps that costs more than the products.
///
/// A backward pass adds to it, and [`crate::optim::gradients`] takes it out: one is to follow the other.
#[derive(Clone, Debug, Default)]
pub struct Sink(Arc<Mutex<Option<Vec<f32>>>>);

impl Sink {
    /// Lets `work` add to a gradient of `len` numbers, zero at first.
    pub(crate) fn add(&self, len: usize, work: impl FnOnce(&mut [f32])) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = held.get_or_insert_with(|| vec![0.0; len]);
        work(sum);
    }

    /// Takes the gradient out.
    pub(crate) fn take(&self) -> Option<Vec<f32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
