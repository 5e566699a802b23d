//! Numerical kernels on plain slices, without tensors: what the layers' forward and backward passes
//! and the allocation-free inference path are made of.
//!
//! Every sum runs in an order that is fixed by the shapes alone, and products are added with one
//! rounding (fused) where a matrix product is formed and with two elsewhere. A result is therefore the
//! same on any number of threads and with any vector width.

pub mod attention;
pub mod conv;
pub mod dense;
pub mod gemm;
pub mod group_norm;
pub mod layer_norm;
pub mod pool;
pub mod scalar;
mod tile;
mod vectorise;

pub(crate) use vectorise::vectorised;
