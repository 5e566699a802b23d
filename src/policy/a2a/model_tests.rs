//! What every variant must do, on a network small enough to train in a test.

use nn::candle::{Device, Tensor};
use nn::random::uniform;
use nn::{Size, optim, random};

use super::config::{Config, Coupling, Seen, Variant};
use super::losses::Draws;
use super::model::{A2a, Observed};
use super::observe::{Frames, Images};

pub(super) fn tiny(variant: Variant, points: usize, camera: bool) -> Config {
    let cameras = if camera { vec!["head_cam".to_owned()] } else { Vec::new() };
    let landmarks = if camera { 6 } else { 0 };
    let seen = Seen { cameras, points, landmarks };
    let mut config = Config::new(variant, Size::Compact, 3, 3, &seen);
    config.backbone = [16; 4];
    config.observe.image = 32;
    config.observe.point_feature = 8;
    (config.latent, config.hidden, config.mlp) = (12, 16, 24);
    (config.time_features, config.time_hidden) = (16, 16);
    (config.encoder_hidden, config.decoder_hidden, config.decoder_blocks) = (8, 8, 2);
    config.blocks = 2;
    if variant == Variant::Ddpm {
        config.steps = 20;
        config.diffusion_steps = 20;
    }
    config
}

fn values(seed: u64, shape: &[usize]) -> Tensor {
    let mut r = random(seed, 9);
    let count = shape.iter().product();
    let v: Vec<f32> = (0..count).map(|_| uniform(&mut r) * 2.0 - 1.0).collect();
    Tensor::from_vec(v, shape, &Device::Cpu).unwrap()
}

pub(super) fn observed(config: &Config, windows: usize) -> Observed {
    let frames = windows + 7;
    let side = config.observe.image;
    let of_window = (0..windows).flat_map(|w| (0..8).map(move |i| (w + i) as u32)).collect();
    // Every second frame has a new picture.
    let images = config.observe.cameras.iter().map(|_| Images {
        pictures: values(1, &[frames.div_ceil(2), side, side, 3]),
        shown: (0..frames as u32).map(|i| i / 2).collect(),
    });
    let images = images.collect();
    let points =
        (config.observe.points > 0).then(|| values(2, &[frames, config.observe.points, 3]));
    let states = values(3, &[windows, 8, config.state]);
    let landmarks = config.observe.landmarks;
    let landmarks = (landmarks > 0).then(|| values(5, &[frames, landmarks]));
    Observed { states, frames: Frames { images, points, landmarks, features: None, of_window } }
}

/// Every parameter of every variant gets a gradient that is not zero everywhere, whatever is observed.
#[test]
fn every_parameter_of_every_variant_receives_a_gradient() {
    for variant in Variant::ALL {
        for (points, camera) in [(0, true), (6, false), (6, true)] {
            let config = tiny(variant, points, camera);
            let model = A2a::new(config, 1, &Device::Cpu).unwrap();
            let seen = observed(&model.config, 6);
            let actions = values(4, &[6, 8, 3]);
            let loss = model.loss(&seen, &actions, &mut random(5, 0)).unwrap();
            let store = loss.total.backward().unwrap();
            let gradients = optim::gradients(&model.params, &store).unwrap();
            for ((name, _), gradient) in model.params.iter().zip(&gradients) {
                let norm = optim::gradient_norm(std::slice::from_ref(gradient)).unwrap();
                assert!(norm > 0.0 && norm.is_finite(), "{}: {name}: {norm}", variant.name());
            }
        }
    }
}

/// The same frames and pictures given once or once for each window make the same loss and the same gradients.
#[test]
fn sharing_frames_changes_neither_loss_nor_gradient() {
    let mut config = tiny(Variant::A2a, 6, true);
    // Landmarks are a mean over the frames that are given.
    config.observe.landmarks = 0;
    let model = A2a::new(config, 1, &Device::Cpu).unwrap();
    let shared = observed(&model.config, 5);
    let index = Tensor::new(shared.frames.of_window.clone(), &Device::Cpu).unwrap();
    let copied = Observed {
        states: shared.states.clone(),
        frames: Frames {
            images: shared
                .frames
                .images
                .iter()
                .map(|i| {
                    let of_window = shared.frames.of_window.iter();
                    let shown: Vec<u32> = of_window.map(|f| i.shown[*f as usize]).collect();
                    let shown = Tensor::new(shown, &Device::Cpu).unwrap();
                    Images::one_a_frame(i.pictures.index_select(&shown, 0).unwrap())
                })
                .collect(),
            points: shared.frames.points.as_ref().map(|p| p.index_select(&index, 0).unwrap()),
            landmarks: None,
            features: None,
            of_window: (0..40).collect(),
        },
    };
    let actions = values(4, &[5, 8, 3]);
    let run = |seen: &Observed| {
        let loss = model.loss(seen, &actions, &mut random(5, 0)).unwrap().total;
        let gradients = optim::gradients(&model.params, &loss.backward().unwrap()).unwrap();
        (f64::from(loss.to_scalar::<f32>().unwrap()), optim::gradient_norm(&gradients).unwrap())
    };
    let (a, b) = (run(&shared), run(&copied));
    assert!((a.0 - b.0).abs() < 1e-6 * a.0 && (a.1 - b.1).abs() < 1e-5 * a.1, "{a:?} {b:?}");
}

#[test]
fn samples_have_the_shape_of_a_chunk_and_only_random_variants_draw() {
    for variant in Variant::ALL {
        let model = A2a::new(tiny(variant, 6, false), 1, &Device::Cpu).unwrap();
        let seen = observed(&model.config, 2);
        let steps = model.config.steps;
        let run = |seed| {
            let (chunk, path) = model.sample(&seen, steps, &mut random(seed, 0)).unwrap();
            assert_eq!(chunk.dims(), [2, 8, 3]);
            let taken = if variant == Variant::A2aReg { 1 } else { steps };
            assert_eq!(path.velocities.len(), taken);
            chunk.flatten_all().unwrap().to_vec1::<f32>().unwrap()
        };
        assert_eq!(run(1), run(1));
        assert_eq!(run(1) != run(2), variant.is_random(), "{}", variant.name());
    }
}

#[test]
fn sizes_are_those_that_are_asked_for() {
    let seen = Seen { cameras: vec!["head_cam".to_owned()], ..Seen::default() };
    let count = |variant, size| {
        A2a::new(Config::new(variant, size, 9, 9, &seen), 0, &Device::Cpu).unwrap().params.numbers()
    };
    for variant in Variant::ALL {
        let numbers = count(variant, Size::Compact);
        assert!(numbers <= 7_000_000, "{}: {numbers}", variant.name());
    }
}

#[test]
fn transport_pairs_are_taken_and_bring_the_condition_if_told() {
    let model = |coupling| {
        let mut config = tiny(Variant::A2a, 6, false);
        config.coupling = coupling;
        A2a::new(config, 1, &Device::Cpu).unwrap()
    };
    let seen = observed(&tiny(Variant::A2a, 6, false), 3);
    let actions = values(4, &[3, 8, 3]);
    let flow = |coupling, pairs: &[(u32, u32)]| {
        let draws = Draws { times: vec![0.5; 3], pairs: pairs.to_vec(), ..Draws::default() };
        let terms = model(coupling).terms(&seen, &actions, &draws, None).unwrap();
        terms.flow.unwrap().to_scalar::<f32>().unwrap()
    };
    let own = [(0, 0), (1, 1), (2, 2)];
    let turned = [(0, 1), (1, 2), (2, 0)];
    let independent = flow(Coupling::Independent, &[]);
    assert!((flow(Coupling::Transport, &own) - independent).abs() < 1e-6);
    assert_ne!(flow(Coupling::Transport, &turned), independent);
    assert_ne!(flow(Coupling::Transport, &turned), flow(Coupling::TransportWithCondition, &turned));
}

#[test]
fn configurations_that_make_no_network_are_refused_with_the_setting() {
    let check = |change: &dyn Fn(&mut Config), word: &str| {
        let mut config = tiny(Variant::A2aMini, 6, false);
        change(&mut config);
        let error = A2a::new(config, 0, &Device::Cpu).unwrap_err().to_string();
        assert!(error.contains(word), "{error} lacks {word}");
    };
    check(&|c| c.action = 4, "a2a_mini");
    check(&|c| c.latent = 0, "`latent`");
    check(&|c| c.observe.points = 0, "neither");
    check(&|c| c.time_features = 7, "`time_features`");
    check(&|c| c.dropout = 1.5, "`dropout`");
    check(&|c| (c.variant, c.steps) = (Variant::Ddim, 101), "`steps`");
    assert_eq!(Variant::named("vita"), Some(Variant::Vita));
    assert_eq!(Variant::named("nonsense"), None);
}

#[test]
fn the_rollout_practises_the_numbers_of_steps_it_is_told() {
    let mut config = tiny(Variant::A2a, 6, false);
    config.rollouts = vec![1, 4];
    let model = A2a::new(config.clone(), 1, &Device::Cpu).unwrap();
    let (seen, actions) = (observed(&config, 3), values(4, &[3, 8, 3]));
    let drawn = |seed| Draws::new(&model, 3, &mut random(seed, 0)).rollout.unwrap();
    let all: std::collections::BTreeSet<usize> = (0..20).map(drawn).collect();
    assert_eq!(all, [1, 4].into());
    for rollout in [Some(1), Some(4), None] {
        let draws = Draws { times: vec![0.5; 3], rollout, ..Draws::default() };
        let terms = model.terms(&seen, &actions, &draws, None).unwrap();
        let condition = model.condition(&seen).unwrap();
        let start = model.start(&seen.states, &condition, &[]).unwrap();
        let path = model.integrate(&start, &condition, rollout.unwrap_or(6), None).unwrap();
        let target = model.encode(&actions).unwrap();
        let apart = (path.end() - &target).unwrap().sqr().unwrap().mean_all().unwrap();
        let (want, got) = (apart.to_scalar::<f32>().unwrap(), terms.consistency.unwrap());
        assert_eq!(got.to_scalar::<f32>().unwrap(), want);
    }
}
