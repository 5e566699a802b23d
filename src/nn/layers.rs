//! Layers that own parameters.

use candle_core::Tensor;

use crate::init::Init;
use crate::ops;
use crate::params::Params;
use crate::random::Random;
use crate::sink::Sink;
use crate::{NnError, Result};

/// A linear layer with bias.
#[derive(Clone, Debug)]
pub struct Linear {
    /// `[outputs, inputs]`.
    pub weight: Tensor,
    /// `[outputs]`.
    pub bias: Tensor,
    sink: Sink,
}

/// How a layer with bias begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LinearInit {
    /// PyTorch's default: weights and bias uniform with bound 1 / sqrt(inputs).
    TorchDefault,
    /// Weights by a law, bias zero.
    ZeroBias(Init),
}

impl LinearInit {
    fn of(self, inputs: usize) -> (Init, Init) {
        match self {
            Self::TorchDefault => {
                (Init::TorchDefault, Init::Uniform { bound: 1.0 / (inputs.max(1) as f32).sqrt() })
            }
            Self::ZeroBias(weight) => (weight, Init::Zeros),
        }
    }
}

impl Linear {
    /// Makes `name.weight` and `name.bias`.
    ///
    /// # Errors
    /// When the names are taken.
    pub fn new(
        params: &mut Params,
        name: &str,
        (inputs, outputs): (usize, usize),
        init: LinearInit,
        random: &mut Random,
    ) -> Result<Self> {
        let (weight, bias) = init.of(inputs);
        Ok(Self {
            weight: params.make(&format!("{name}.weight"), &[outputs, inputs], weight, random)?,
            bias: params.make(&format!("{name}.bias"), &[outputs], bias, random)?,
            sink: params.sink(&format!("{name}.weight")),
        })
    }

    /// `[.., inputs]` to `[.., outputs]`.
    ///
    /// # Errors
    /// When `x` has another width.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(ops::linear_into(x, &self.weight, &self.bias, &self.sink)?)
    }
}

/// A 1-D convolution with bias, on `[batch, time, channels]`.
#[derive(Clone, Debug)]
pub struct Conv1d {
    /// `[filters, channels, kernel]`.
    pub weight: Tensor,
    /// `[filters]`.
    pub bias: Tensor,
    stride: usize,
    padding: usize,
}

impl Conv1d {
    /// Makes `name.weight` and `name.bias` of shape `[filters, channels, kernel]`.
    ///
    /// # Errors
    /// When the names are taken.
    pub fn new(
        params: &mut Params,
        name: &str,
        shape: [usize; 3],
        (stride, padding): (usize, usize),
        init: LinearInit,
        random: &mut Random,
    ) -> Result<Self> {
        if stride == 0 {
            return Err(NnError::Config(format!("convolution `{name}` has stride 0")));
        }
        let (weight, bias) = init.of(shape[1] * shape[2]);
        Ok(Self {
            weight: params.make(&format!("{name}.weight"), &shape, weight, random)?,
            bias: params.make(&format!("{name}.bias"), &shape[..1], bias, random)?,
            stride,
            padding,
        })
    }

    /// `[batch, time, channels]` to `[batch, time', filters]`.
    ///
    /// # Errors
    /// When `x` has other channels.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = ops::conv1d(x, &self.weight, self.stride, self.padding)?;
        Ok(y.broadcast_add(&self.bias)?)
    }
}

/// Gain and bias of a normalisation.
#[derive(Clone, Debug)]
pub struct Norm {
    /// `[width]`.
    pub weight: Tensor,
    /// `[width]`.
    pub bias: Tensor,
}

impl Norm {
    /// Makes `name.weight`, all one, and `name.bias`, all zero.
    ///
    /// # Errors
    /// When the names are taken.
    pub fn new(params: &mut Params, name: &str, width: usize, random: &mut Random) -> Result<Self> {
        Ok(Self {
            weight: params.make(&format!("{name}.weight"), &[width], Init::Ones, random)?,
            bias: params.make(&format!("{name}.bias"), &[width], Init::Zeros, random)?,
        })
    }

    /// LayerNorm over the last axis.
    ///
    /// # Errors
    /// When `x` has another width.
    pub fn layer(&self, x: &Tensor, eps: f32) -> Result<Tensor> {
        Ok(ops::layer_norm(x, Some((&self.weight, &self.bias)), eps)?)
    }

    /// GroupNorm of `[batch, rows, columns, channels]`, rectified if asked.
    ///
    /// # Errors
    /// When the groups do not divide the channels.
    pub fn group(&self, x: &Tensor, groups: usize, eps: f32, relu: bool) -> Result<Tensor> {
        Ok(ops::group_norm(x, (&self.weight, &self.bias), groups, eps, relu)?)
    }
}
