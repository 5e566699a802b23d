//! What both variants must do, on a network small enough to train in a test.

use std::collections::BTreeSet;

use nn::candle::{Device, Tensor};
use nn::random::{normal, uniform};
use nn::{optim, random};

use super::clips::Batch;
use super::config::{Config, Variant};
use super::losses::Draws;
use super::model::F2f;
use nn::Size;

pub(super) fn tiny(variant: Variant) -> Config {
    let mut config = Config::new(variant, Size::Compact);
    (config.image, config.backbone) = (32, [16; 4]);
    (config.latent, config.hidden, config.mlp, config.blocks) = (24, 32, 48, 2);
    (config.time_features, config.decoder) = (16, [32, 16, 16, 16, 16]);
    config
}

/// A batch of random pictures, two of whose frames are shared.
fn batch(config: &Config, clips: usize) -> Batch {
    let mut r = random(7, 0);
    let shape = (clips * 6, config.image, config.image, 3);
    let values = (0..clips * 6 * config.image * config.image * 3).map(|_| uniform(&mut r));
    let pictures = Tensor::from_vec(values.collect::<Vec<_>>(), shape, &Device::Cpu).unwrap();
    let mut of_clip: Vec<u32> = (0..clips as u32 * 6).collect();
    of_clip[6] = 1;
    of_clip[7] = 4;
    Batch { pictures, of_clip }
}

/// Every parameter of both variants gets a gradient that is not zero everywhere.
#[test]
fn every_parameter_of_both_variants_receives_a_gradient() {
    for variant in Variant::ALL {
        let model = F2f::new(tiny(variant), 1, &Device::Cpu).unwrap();
        let batch = batch(&model.config, 3);
        for rollout in [1, 3] {
            let draws = Draws::new(&model, 3, &mut random(5, 0));
            let draws = Draws { rollout: Some(rollout), ..draws };
            let loss = model.weigh(&model.terms(&batch, &draws).unwrap()).unwrap();
            let store = loss.total.backward().unwrap();
            let gradients = optim::gradients(&model.params, &store).unwrap();
            for ((name, _), gradient) in model.params.iter().zip(&gradients) {
                let norm = optim::gradient_norm(std::slice::from_ref(gradient)).unwrap();
                assert!(norm > 0.0 && norm.is_finite(), "{}: {name}: {norm}", variant.name());
            }
        }
    }
}

/// The gradient of what runs through the whole network (the pictures and the divergence; velocity and
/// consistency are kept out of some of it) along a direction in all parameters, against central differences.
#[test]
fn the_gradient_is_the_slope_of_the_loss() {
    for variant in Variant::ALL {
        let mut config = tiny(variant);
        (config.loss.flow, config.loss.consistency) = (0.0, 0.0);
        let model = F2f::new(config, 1, &Device::Cpu).unwrap();
        let batch = batch(&model.config, 2);
        let draws = Draws::new(&model, 2, &mut random(5, 0));
        let loss = || model.weigh(&model.terms(&batch, &draws).unwrap()).unwrap().total;
        let gradients = optim::gradients(&model.params, &loss().backward().unwrap()).unwrap();
        let mut r = random(9, 0);
        let (mut along, mut ways) = (0.0, Vec::new());
        for ((_, var), gradient) in model.params.iter().zip(&gradients) {
            let way: Vec<f32> = (0..var.elem_count()).map(|_| normal(&mut r)).collect();
            let way = Tensor::from_vec(way, var.shape(), &Device::Cpu).unwrap();
            // The direction leans towards the gradient, so that the slope stands out of the rounding.
            let way = (way + (gradient * 30.0).unwrap()).unwrap();
            let dot = (gradient * &way).unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap();
            along += f64::from(dot);
            ways.push((var.as_tensor().copy().unwrap(), way));
        }
        let at = |step: f64| {
            for ((_, var), (start, way)) in model.params.iter().zip(&ways) {
                var.set(&(start + (way * step).unwrap()).unwrap()).unwrap();
            }
            f64::from(loss().to_scalar::<f32>().unwrap())
        };
        let step = 2e-6;
        let difference = (at(step) - at(-step)) / (2.0 * step);
        assert!((difference - along).abs() < 0.02 * along, "{along} and {difference}");
    }
}

/// Both variants have the same parameters, which begin alike, and the compact size is small.
#[test]
fn both_variants_are_one_network_of_the_promised_size() {
    let build = |variant, size| F2f::new(Config::new(variant, size), 3, &Device::Cpu).unwrap();
    let [flow, regression] = Variant::ALL.map(|v| build(v, Size::Compact));
    assert_eq!(flow.params.arrays().unwrap(), regression.params.arrays().unwrap());
    assert!(flow.params.numbers() <= 5_000_000, "{}", flow.params.numbers());
    let draws = |model| Draws::new(model, 2, &mut random(1, 2));
    assert_eq!(draws(&flow).noise, draws(&regression).noise);
}

#[test]
fn predictions_are_deterministic_pictures_for_any_number_of_steps() {
    for variant in Variant::ALL {
        let model = F2f::new(tiny(variant), 1, &Device::Cpu).unwrap();
        let (past, future) = batch(&model.config, 2).split(&model.config).unwrap();
        assert_eq!(past.dims(), future.dims());
        for steps in [1, 2, 6, 11] {
            let (pictures, path) = model.predict(&past, steps).unwrap();
            assert_eq!(pictures.dims(), [2, 3, 32, 32, 3]);
            let values = pictures.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            assert!(values.iter().all(|v| (0.0..=1.0).contains(v)));
            let taken = if variant == Variant::Flow { steps } else { 1 };
            assert_eq!((path.velocities.len(), path.points.len()), (taken, taken + 1));
            let again = model.predict(&past, steps).unwrap().0;
            assert_eq!(again.flatten_all().unwrap().to_vec1::<f32>().unwrap(), values);
        }
        let few = past.narrow(1, 0, 2).unwrap();
        let error = model.predict(&few, 1).unwrap_err().to_string();
        assert!(error.contains("[clips, 3, 32, 32, 3]"), "{error}");
        let error = model.encode(&past.narrow(2, 0, 16).unwrap()).unwrap_err().to_string();
        assert!(error.contains("[frames, 32, 32, 3]"), "{error}");
    }
}

/// The terms of a loss are what they say, and the rollout takes the steps it is told.
#[test]
fn the_rollout_practises_the_numbers_of_steps_it_is_told() {
    let model = F2f::new(tiny(Variant::Flow), 1, &Device::Cpu).unwrap();
    let drawn = |seed| Draws::new(&model, 3, &mut random(seed, 0)).rollout.unwrap();
    assert_eq!((0..40).map(drawn).collect::<BTreeSet<_>>(), [1, 2, 6].into());
    let batch = batch(&model.config, 3);
    let (past, future) = batch.split(&model.config).unwrap();
    // Without noise the loss decodes what an inference predicts.
    for (rollout, steps) in [(Some(1), 1), (Some(4), 4), (None, 6)] {
        let noise = vec![0.0; 3 * 6 * model.config.latent];
        let terms = model.terms(&batch, &Draws { times: vec![0.5; 3], noise, rollout }).unwrap();
        let (_, path) = model.predict(&past, steps).unwrap();
        let last = past.narrow(1, 2, 1).unwrap().squeeze(1).unwrap();
        let pictures = model.decode(path.end(), &last).unwrap();
        let apart = (pictures.reshape(future.dims()).unwrap() - &future).unwrap();
        let mean = |t: Tensor| f64::from(t.mean_all().unwrap().to_scalar::<f32>().unwrap());
        let expected = mean(apart.abs().unwrap()) + 5.0 * mean(apart.sqr().unwrap());
        let got = f64::from(terms.decoded.to_scalar::<f32>().unwrap());
        assert!((got - expected).abs() < 1e-5 * expected, "{got} and {expected}");
    }
}

/// A fresh network's latents have mean 0 and deviation 1 once they are made so, of pictures that differ.
#[test]
fn fresh_latents_are_standardised() {
    let model = F2f::new(tiny(Variant::Flow), 1, &Device::Cpu).unwrap();
    let pictures = batch(&model.config, 3).pictures;
    let moments = || {
        let mean = model.encode(&pictures).unwrap().mean;
        let apart = mean.broadcast_sub(&mean.mean_keepdim(0).unwrap()).unwrap();
        let square = apart.sqr().unwrap().mean_all().unwrap().to_scalar::<f32>().unwrap();
        let centre = mean.mean(0).unwrap().abs().unwrap().max(0).unwrap();
        (centre.to_scalar::<f32>().unwrap(), square)
    };
    assert!(moments().1 < 0.1, "{:?}", moments());
    model.standardise(&pictures).unwrap();
    let (centre, square) = moments();
    assert!(centre < 1e-3 && (square - 1.0).abs() < 1e-3, "{centre} {square}");
    // Of a single picture nothing can be scaled.
    model.standardise(&pictures.narrow(0, 0, 1).unwrap()).unwrap();
    assert!(moments().1.is_finite());
}

#[test]
fn the_divergence_is_that_of_normal_laws() {
    let latents = |mean: f32, log_variance: f32| super::encoder::Latents {
        mean: Tensor::full(mean, (2, 3), &Device::Cpu).unwrap(),
        log_variance: Tensor::full(log_variance, (2, 3), &Device::Cpu).unwrap(),
    };
    for (mean, variance) in [(0.0, 1.0), (0.5, 0.25), (-2.0, 3.0_f32)] {
        let got = latents(mean, variance.ln()).divergence().unwrap().to_scalar::<f32>().unwrap();
        let expected = 0.5 * (mean * mean + variance - variance.ln() - 1.0);
        assert!((got - expected).abs() < 1e-6, "{got} and {expected}");
        let noise = Tensor::full(2.0_f32, (2, 3), &Device::Cpu).unwrap();
        let drawn = latents(mean, variance.ln()).draw(&noise).unwrap();
        let drawn = drawn.to_vec2::<f32>().unwrap()[0][0];
        assert!((drawn - (mean + 2.0 * variance.sqrt())).abs() < 1e-5);
    }
}

#[test]
fn configurations_that_make_no_network_are_refused_with_the_setting() {
    let check = |change: &dyn Fn(&mut Config), word: &str| {
        let mut config = tiny(Variant::Flow);
        change(&mut config);
        let error = F2f::new(config, 0, &Device::Cpu).unwrap_err().to_string();
        assert!(error.contains(word), "{error} lacks {word}");
    };
    check(&|c| c.future = 2, "`future`");
    check(&|c| c.latent = 0, "`latent`");
    check(&|c| c.image = 48, "`image`");
    check(&|c| c.heads = 3, "`heads`");
    check(&|c| c.time_features = 7, "`time_features`");
    check(&|c| c.decoder[2] = 20, "`decoder`");
    check(&|c| c.steps = 101, "`steps`");
    check(&|c| c.rollouts = vec![1, 0], "`rollouts`");
    check(&|c| c.loss.kl = f64::NAN, "`loss`");
    check(&|c| c.backbone[1] = 20, "20 channels");
    assert_eq!(Variant::named("regression"), Some(Variant::Regression));
    assert_eq!(Variant::named("nonsense"), None);
}
