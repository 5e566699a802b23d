//! The numbers of an independent implementation, which `golden/make.py` computed in float64.

use std::path::PathBuf;

use nn::candle::{Device, Tensor};
use nn::checkpoint::{Array, Tensors};
use nn::optim;

use super::clips::Batch;
use super::config::{Config, Variant};
use super::losses::Draws;
use super::model::F2f;
use nn::Size;

fn config() -> Config {
    let mut config = Config::new(Variant::Flow, Size::Compact);
    (config.image, config.backbone) = (32, [16, 32, 16, 32]);
    (config.latent, config.hidden, config.mlp, config.blocks) = (10, 12, 20, 2);
    (config.time_features, config.decoder) = (8, [32, 16, 16, 32, 16]);
    config
}

/// Values in [-1, 1) from the number of a tensor and of the value in it: the rule of `make.py`.
fn unit(index: usize, count: usize) -> impl Iterator<Item = f64> {
    let base = (index as u32).wrapping_mul(0x9E37_79B9);
    (0..count as u32).map(move |k| {
        let mut h = base.wrapping_add(k.wrapping_mul(0x85EB_CA6B));
        h = (h ^ (h >> 16)).wrapping_mul(0x7FEB_352D);
        h = (h ^ (h >> 15)).wrapping_mul(0x846C_A68B);
        h ^= h >> 16;
        f64::from(h >> 8) / f64::from(1 << 23) - 1.0
    })
}

/// The network with the weights of the rule.
fn model() -> F2f {
    let model = F2f::blank(config(), &Device::Cpu).unwrap();
    let fill = |(index, (name, var)): (usize, (&str, &nn::candle::Var))| {
        let shape = var.dims().to_vec();
        let fan: usize = shape[1..].iter().product();
        let gain = if shape.len() == 1 && name.ends_with(".weight") { 1.0 } else { 0.0 };
        let scale = if shape.len() == 1 { -4.0 } else { -((fan as f64).log2() / 2.0).round() };
        let values = unit(index + 1, var.elem_count()).map(|u| (gain + scale.exp2() * u) as f32);
        (name.to_owned(), Array { values: values.collect(), shape })
    };
    let arrays = model.params.iter().enumerate().map(fill).collect();
    model.params.load(&arrays, &PathBuf::from("the rule")).unwrap();
    model
}

struct Golden(Tensors);

impl Golden {
    fn check(&self, name: &str, got: &[f32], bound: f32) {
        let expected = &self.0.arrays[name].values;
        assert_eq!(got.len(), expected.len(), "{name}");
        let largest = expected.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
        let error = got.iter().zip(expected).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
        assert!(error <= bound * largest, "{name}: {error:e} of {largest}");
    }

    fn tensor(&self, name: &str, got: &Tensor) {
        self.check(name, &got.flatten_all().unwrap().to_vec1::<f32>().unwrap(), 2e-5);
    }
}

#[test]
fn every_number_of_the_golden() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("f2f/golden/golden.safetensors");
    let golden = Golden(Tensors::load(&path).unwrap());
    let model = model();
    let (clips, side) = (2, model.config.image);
    let values = unit(1001, clips * 6 * side * side * 3).map(|u| ((u + 1.0) / 2.0) as f32);
    let shape = (clips * 6, side, side, 3);
    let pictures = Tensor::from_vec(values.collect::<Vec<_>>(), shape, &Device::Cpu).unwrap();
    let batch = Batch { pictures, of_clip: (0..clips as u32 * 6).collect() };

    let latents = model.encode(&batch.pictures).unwrap();
    golden.tensor("mean", &latents.mean);
    golden.tensor("log_variance", &latents.log_variance);
    let (past, _) = batch.split(&model.config).unwrap();
    for steps in [1, 2, 6] {
        let (pictures, path) = model.predict(&past, steps).unwrap();
        golden.tensor(&format!("predict.{steps}.end"), path.end());
        let first = pictures.get(0).unwrap().get(0).unwrap();
        golden.tensor(&format!("predict.{steps}.first"), &first);
    }

    let noise = unit(1002, clips * 6 * model.config.latent).map(|u| (u * 2.0) as f32).collect();
    let draws = Draws { times: vec![0.3, 0.77], noise, rollout: Some(2) };
    let loss = model.weigh(&model.terms(&batch, &draws).unwrap()).unwrap();
    assert_eq!(loss.parts.len(), 5);
    for (name, value) in &loss.parts {
        golden.check(&format!("loss.{name}"), &[*value], 2e-5);
    }
    let gradients = optim::gradients(&model.params, &loss.total.backward().unwrap()).unwrap();
    let length = |g: &Tensor| optim::gradient_norm(std::slice::from_ref(g)).unwrap() as f32;
    let lengths: Vec<f32> = gradients.iter().map(length).collect();
    golden.check("gradient_lengths", &lengths, 1e-4);
    let expected = &golden.0.arrays["gradient_lengths"].values;
    for (((name, _), got), expected) in model.params.iter().zip(&lengths).zip(expected) {
        assert!((got - expected).abs() < 2e-3 * expected, "{name}: {got} and {expected}");
    }
}
