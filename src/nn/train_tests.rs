//! A small regression, trained, interrupted and gone on with.

use candle_core::Device;

use super::*;
use crate::layers::{Linear, LinearInit};
use crate::ops::{Activation, activation};
use crate::random::normal;

fn config(updates: u64) -> TrainConfig {
    TrainConfig {
        updates,
        seed: 11,
        adamw: AdamWConfig { beta1: 0.95, beta2: 0.999, eps: 1e-8, weight_decay: 1e-6 },
        schedule: CosineSchedule { base: 1e-2, warmup: 5, total: updates },
        ema: EmaConfig::default(),
        clip: Some(1.0),
        about: String::new(),
    }
}

struct Net {
    params: Params,
    layers: [Linear; 2],
}

fn net() -> Net {
    let mut params = Params::new(&Device::Cpu);
    let r = &mut random(5, 0);
    let a = Linear::new(&mut params, "a", (3, 16), LinearInit::TorchDefault, r).unwrap();
    let b = Linear::new(&mut params, "b", (16, 1), LinearInit::TorchDefault, r).unwrap();
    Net { params, layers: [a, b] }
}

impl Net {
    fn loss(&self, random: &mut Random) -> Result<Loss> {
        let x: Vec<f32> = (0..24).map(|_| normal(random)).collect();
        let y: Vec<f32> = x.chunks(3).map(|x| x[0] * x[1] - x[2]).collect();
        let x = Tensor::from_vec(x, (8, 3), &Device::Cpu)?;
        let h = activation(&self.layers[0].forward(&x)?, Activation::GeluTanh)?;
        let out = self.layers[1].forward(&h)?;
        let total = (out - Tensor::from_vec(y, (8, 1), &Device::Cpu)?)?.sqr()?.mean_all()?;
        Ok(Loss { parts: vec![("mse", total.to_scalar()?)], total })
    }
}

const SELDOM: Cadence = Cadence { save: 7, validate: 0, patience: 0 };

#[test]
fn training_learns_and_its_mean_too() {
    let net = net();
    let mut trainer = Trainer::new(&net.params, config(400)).unwrap();
    let mut losses = Vec::new();
    let reason = trainer
        .run(
            u64::MAX,
            SELDOM,
            None,
            |_, r| net.loss(r),
            || Ok(None),
            |p| {
                losses.push(p.loss);
                ControlFlow::Continue(())
            },
        )
        .unwrap();
    assert_eq!(reason, StopReason::Done);
    let mean = |l: &[f32]| l.iter().sum::<f32>() / l.len() as f32;
    assert!(mean(&losses[360..]) < 0.3 * mean(&losses[..40]), "{losses:?}");
}

#[test]
fn interrupted_and_resumed_equals_uninterrupted_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let go = |stop_at: u64, path: &Path, resume: bool| {
        let net = net();
        let mut trainer = Trainer::new(&net.params, config(60)).unwrap();
        if resume {
            trainer.resume(path).unwrap();
        }
        trainer
            .run(
                u64::MAX,
                SELDOM,
                Some(path),
                |_, r| net.loss(r),
                || Ok(None),
                |p| {
                    if p.update == stop_at {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                },
            )
            .unwrap();
        Tensors::load(path).unwrap()
    };
    let whole = go(u64::MAX, &folder.path().join("whole"), false);
    let path = folder.path().join("parts");
    for (i, stop) in [3, 21, 22, u64::MAX].into_iter().enumerate() {
        let state = go(stop, &path, i > 0);
        assert_eq!(state.notes["update"], stop.min(60).to_string());
    }
    let parts = Tensors::load(&path).unwrap();
    assert_eq!((whole.arrays, whole.notes), (parts.arrays, parts.notes));
}

#[test]
fn training_stops_when_quality_no_longer_improves() {
    let net = net();
    let mut trainer = Trainer::new(&net.params, config(100)).unwrap();
    let mut measures = [5.0, 3.0, 4.0, 3.5, 1.0].into_iter();
    let cadence = Cadence { save: 0, validate: 10, patience: 2 };
    let reason = trainer
        .run(
            u64::MAX,
            cadence,
            None,
            |_, r| net.loss(r),
            || Ok(measures.next()),
            |_| ControlFlow::Continue(()),
        )
        .unwrap();
    assert_eq!((reason, trainer.update()), (StopReason::NoBetter, 40));
}

#[test]
fn states_of_other_trainings_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let net = net();
    Trainer::new(&net.params, config(60)).unwrap().save(&path).unwrap();
    let error = Trainer::new(&net.params, config(61)).unwrap().resume(&path).unwrap_err();
    assert!(error.to_string().contains("other settings"), "{error}");
    let mut params = Params::new(&Device::Cpu);
    let init = LinearInit::TorchDefault;
    Linear::new(&mut params, "a", (4, 16), init, &mut random(0, 0)).unwrap();
    let error = Trainer::new(&params, config(60)).unwrap().resume(&path).unwrap_err().to_string();
    assert!(error.contains("[16, 3]") && error.contains("[16, 4]"), "{error}");
}

#[test]
fn a_loss_that_is_no_number_and_a_parameter_without_gradient_are_named() {
    let net = net();
    let mut trainer = Trainer::new(&net.params, config(10)).unwrap();
    let error = trainer
        .step(|_, r| {
            let mut loss = net.loss(r)?;
            loss.total = (loss.total * f64::NAN)?;
            Ok(loss)
        })
        .unwrap_err();
    assert!(error.to_string().contains("update 0"), "{error}");
    let error = trainer
        .step(|_, _| {
            let total = net.layers[1].weight.sum_all()?;
            Ok(Loss { total, parts: Vec::new() })
        })
        .unwrap_err();
    assert!(error.to_string().contains("`a.weight`"), "{error}");
}
