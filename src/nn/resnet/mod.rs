//! ResNet-18 (He et al. 2016) with GroupNorm in place of batch normalisation, without its classifier.

mod runner;
mod tape;

use candle_core::Tensor;

use crate::init::Init;
use crate::layers::Norm;
use crate::ops;
use crate::params::Params;
use crate::random::Random;
use crate::sink::Sink;
use crate::{NnError, Result};

pub use runner::ResNetRunner;

/// Channels that are normalised together.
const GROUP: usize = 16;
const EPS: f32 = 1e-5;

/// The network: images `[batch, rows, columns, 3]` to features `[batch, width of the last stage]`.
///
/// A 7x7 stem of stride 2, a 3x3 max-pool of stride 2, four stages of two basic blocks with strides 1,
/// 2, 2, 2, and the mean over all pixels. Parameters have torchvision's names (`bn1` is a GroupNorm).
#[derive(Clone, Debug)]
pub struct ResNet18 {
    stem: Tensor,
    stem_norm: Norm,
    blocks: Vec<Block>,
    widths: [usize; 4],
    /// All parameters in the order of their making.
    all: Vec<Tensor>,
    sinks: Vec<Sink>,
}

#[derive(Clone, Debug)]
struct Block {
    stride: usize,
    conv1: Tensor,
    norm1: Norm,
    conv2: Tensor,
    norm2: Norm,
    shortcut: Option<(Tensor, Norm)>,
}

/// What a ResNet computes on the way, each `[batch, rows, columns, channels]`.
#[derive(Clone, Debug)]
pub struct ResNetTrace {
    /// After the stem's convolution.
    pub conv1: Tensor,
    /// After the stem's GroupNorm, before the rectifier.
    pub norm1: Tensor,
    /// After the max-pool.
    pub pooled: Tensor,
    /// After each of the four stages.
    pub stages: Vec<Tensor>,
    /// The features, `[batch, width]`.
    pub features: Tensor,
}

impl ResNet18 {
    /// Makes the parameters under `name`, convolutions by He et al. (fan-out).
    ///
    /// # Errors
    /// When a width is not a multiple of 16 or the names are taken.
    pub fn new(
        params: &mut Params,
        name: &str,
        widths: [usize; 4],
        random: &mut Random,
    ) -> Result<Self> {
        if let Some(width) = widths.iter().find(|w| **w == 0 || **w % GROUP != 0) {
            return Err(NnError::Config(format!(
                "a ResNet stage has {width} channels; GroupNorm asks for a multiple of {GROUP}"
            )));
        }
        let conv = |params: &mut Params, name: String, shape: [usize; 4], random: &mut Random| {
            params.make(&name, &shape, Init::KaimingNormalFanOut, random)
        };
        let stem = conv(params, format!("{name}.conv1.weight"), [widths[0], 3, 7, 7], random)?;
        let stem_norm = Norm::new(params, &format!("{name}.bn1"), widths[0], random)?;
        let mut blocks = Vec::new();
        let mut inputs = widths[0];
        for (stage, width) in widths.into_iter().enumerate() {
            for index in 0..2 {
                let stride = if stage > 0 && index == 0 { 2 } else { 1 };
                let at = format!("{name}.layer{}.{index}", stage + 1);
                let conv1 =
                    conv(params, format!("{at}.conv1.weight"), [width, inputs, 3, 3], random)?;
                let norm1 = Norm::new(params, &format!("{at}.bn1"), width, random)?;
                let conv2 =
                    conv(params, format!("{at}.conv2.weight"), [width, width, 3, 3], random)?;
                let norm2 = Norm::new(params, &format!("{at}.bn2"), width, random)?;
                let shortcut = if stride != 1 || inputs != width {
                    let shape = [width, inputs, 1, 1];
                    let weight = conv(params, format!("{at}.downsample.0.weight"), shape, random)?;
                    Some((weight, Norm::new(params, &format!("{at}.downsample.1"), width, random)?))
                } else {
                    None
                };
                blocks.push(Block { stride, conv1, norm1, conv2, norm2, shortcut });
                inputs = width;
            }
        }
        let mut all = vec![stem.clone(), stem_norm.weight.clone(), stem_norm.bias.clone()];
        blocks.iter().for_each(|block: &Block| block.list(&mut all));
        let made = params.iter().skip(params.len() - all.len());
        let sinks = made.map(|(name, _)| params.sink(name)).collect();
        Ok(Self { stem, stem_norm, blocks, widths, all, sinks })
    }

    /// Width of the features.
    pub fn width(&self) -> usize {
        self.widths[3]
    }

    /// Images, already normalised, to features. On the CPU the images themselves get no gradient, and
    /// the gradient can be taken once.
    ///
    /// # Errors
    /// When `x` is not `[batch, rows, columns, 3]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, height, width, colours) = x.dims4()?;
        if colours != 3 || height == 0 || width == 0 {
            let reason =
                format!("a ResNet was given {:?}, not [batch, rows, columns, 3]", x.dims());
            return Err(NnError::Config(reason));
        }
        if ops::on_kernels(x) && batch > 0 {
            let plan = tape::Plan::new(self.widths, batch, height, width);
            let network = tape::Network::new(plan, &self.all, &self.sinks)?;
            return Ok(x.contiguous()?.apply_op2(&self.all[tape::ANCHOR], network)?);
        }
        self.compose(x)
    }

    /// A packed copy for one picture at a time, of `height` x `width`.
    ///
    /// # Errors
    /// When the parameters cannot be copied off their device.
    pub fn runner(&self, height: usize, width: usize) -> Result<ResNetRunner> {
        let mut params = Vec::new();
        for tensor in &self.all {
            params.extend(tensor.flatten_all()?.to_vec1::<f32>()?);
        }
        Ok(ResNetRunner::new(self.widths, params, (height, width)))
    }

    /// The same out of single operations, with gradients everywhere.
    fn compose(&self, x: &Tensor) -> Result<Tensor> {
        let x = ops::conv2d(x, &self.stem, 2, 3)?;
        let x = self.stem_norm.group(&x, groups(&self.stem)?, EPS, true)?;
        let mut x = ops::max_pool_3x3_s2(&x)?;
        for block in &self.blocks {
            x = block.forward(&x)?;
        }
        Ok(ops::mean_pool(&x)?)
    }

    /// The same with everything that is computed on the way.
    ///
    /// # Errors
    /// When `x` is not `[batch, rows, columns, 3]`.
    pub fn trace(&self, x: &Tensor) -> Result<ResNetTrace> {
        let conv1 = ops::conv2d(x, &self.stem, 2, 3)?;
        let norm1 = self.stem_norm.group(&conv1, groups(&self.stem)?, EPS, false)?;
        let pooled = ops::max_pool_3x3_s2(&norm1.relu()?)?;
        let mut x = pooled.clone();
        let mut stages = Vec::new();
        for pair in self.blocks.chunks(2) {
            for block in pair {
                x = block.forward(&x)?;
            }
            stages.push(x.clone());
        }
        let features = ops::mean_pool(&x)?;
        Ok(ResNetTrace { conv1, norm1, pooled, stages, features })
    }
}

fn groups(weight: &Tensor) -> Result<usize> {
    Ok(weight.dim(0)? / GROUP)
}

impl Block {
    fn list(&self, all: &mut Vec<Tensor>) {
        let norm = |all: &mut Vec<Tensor>, norm: &Norm| {
            all.extend([norm.weight.clone(), norm.bias.clone()]);
        };
        all.push(self.conv1.clone());
        norm(all, &self.norm1);
        all.push(self.conv2.clone());
        norm(all, &self.norm2);
        if let Some((weight, past)) = &self.shortcut {
            all.push(weight.clone());
            norm(all, past);
        }
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let groups = groups(&self.conv1)?;
        let y = ops::conv2d(x, &self.conv1, self.stride, 1)?;
        let y = self.norm1.group(&y, groups, EPS, true)?;
        let y = ops::conv2d(&y, &self.conv2, 1, 1)?;
        let y = self.norm2.group(&y, groups, EPS, false)?;
        let short = match &self.shortcut {
            Some((weight, norm)) => {
                norm.group(&ops::conv2d(x, weight, self.stride, 0)?, groups, EPS, false)?
            }
            None => x.clone(),
        };
        Ok(ops::add_relu(&y, &short)?)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::ops::testing::{largest, tensor};
    use crate::{optim, random};

    /// The one operation against the same network out of single ones, whose gradients are checked by
    /// finite differences: value, every gradient, with shortcuts of both kinds and ragged sizes.
    #[test]
    fn one_operation_equals_the_composed_network() {
        for (widths, side) in [([16, 16, 32, 32], 33), ([16, 32, 16, 32], 40), ([16; 4], 7)] {
            let mut params = Params::new(&Device::Cpu);
            let net = ResNet18::new(&mut params, "r", widths, &mut random(1, 0)).unwrap();
            let x = tensor(1, &[3, side, side, 3]);
            let probe = tensor(2, &[3, widths[3]]);
            let run = |y: Tensor| {
                let store = (&y * &probe).unwrap().sum_all().unwrap().backward().unwrap();
                (y, optim::gradients(&params, &store).unwrap())
            };
            let (y, grads) = run(net.forward(&x).unwrap());
            let (composed, composed_grads) = run(net.compose(&x).unwrap());
            assert!(largest(&(y - &composed).unwrap()) < 1e-5 * largest(&composed));
            for ((name, _), (a, b)) in params.iter().zip(grads.iter().zip(&composed_grads)) {
                let error = largest(&(a - b).unwrap());
                assert!(error < 2e-5 * largest(b).max(1e-3), "{name}: {error} of {}", largest(b));
                assert!(largest(a) > 0.0, "{name}");
            }
            let mut runner = net.runner(side, side).unwrap();
            let mut features = vec![0.0; widths[3]];
            let picture =
                x.narrow(0, 2, 1).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
            for _ in 0..2 {
                runner.run(&picture, &mut features);
                let alone = Tensor::from_slice(&features, (1, widths[3]), &Device::Cpu).unwrap();
                let error = largest(&(alone - composed.narrow(0, 2, 1).unwrap()).unwrap());
                assert!(error < 1e-5 * largest(&composed), "{error}");
            }
            let trace = net.trace(&x).unwrap();
            assert!(largest(&(trace.features - composed).unwrap()) < 1e-6);
        }
    }

    #[test]
    fn odd_widths_are_refused() {
        let mut params = Params::new(&Device::Cpu);
        let error =
            ResNet18::new(&mut params, "r", [16, 20, 32, 32], &mut random(1, 0)).unwrap_err();
        assert!(error.to_string().contains("20 channels"), "{error}");
    }
}
