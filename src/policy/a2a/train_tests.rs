//! A reach in two dimensions, learnt from points and from pictures.

use std::collections::BTreeMap;
use std::sync::Arc;

use nn::checkpoint::{Array, SPEC, Tensors, WEIGHTS};
use nn::pictures::StoredPictures;
use nn::random::uniform;
use nn::{StopReason, Threads};

use super::super::config::Seen;
use super::super::folder::{Stored, load};
use super::super::runner::{Runner, WeightPrecision};
use super::*;
use crate::demonstrations::Demonstration;
use crate::execute::{Execution, Player};
use crate::policy::{Ask, Policy, Sight};

/// A hand that moves a third of the way to a point in each frame; the point is seen.
fn reaches(count: usize, pictures: bool) -> Demonstrations {
    let r = &mut random(3, 0);
    let frames = 18;
    let episodes = (0..count)
        .map(|_| {
            let target = [uniform(r) * 2.0 - 1.0, uniform(r) * 2.0 - 1.0];
            let mut hand = [uniform(r) - 0.5, uniform(r) - 0.5];
            let (mut states, mut actions, mut points) = (Vec::new(), Vec::new(), Vec::new());
            let mut bytes = Vec::new();
            for _ in 0..frames {
                states.extend(hand);
                for (hand, target) in hand.iter_mut().zip(target) {
                    *hand += (target - *hand) * 0.3;
                }
                actions.extend(hand);
                points.extend([target[0], target[1], 0.5]);
                let at = target.map(|t| ((t + 1.0) * 15.9) as usize);
                bytes.extend((0..32_usize * 32).flat_map(|i| {
                    let near = (i / 32).abs_diff(at[0]) < 3 && (i % 32).abs_diff(at[1]) < 3;
                    [if near { 255 } else { 0 }; 3]
                }));
            }
            let stored: Arc<dyn nn::pictures::Pictures> =
                Arc::new(StoredPictures { bytes, height: 32, width: 32 });
            let pictures = if pictures { vec![stored] } else { Vec::new() };
            let landmarks = points.clone();
            Demonstration {
                frames,
                states,
                actions,
                pictures,
                points,
                landmarks,
                features: Vec::new(),
            }
        })
        .collect();
    let cameras = if pictures { vec!["front".to_owned()] } else { Vec::new() };
    Demonstrations { state: 2, action: 2, cameras, points: 1, landmarks: 3, features: 0, episodes }
}

fn small(variant: Variant, set: &Demonstrations, points: usize) -> Config {
    let seen = Seen { cameras: set.cameras.clone(), points, landmarks: set.landmarks };
    let mut config = Config::new(variant, Size::Compact, 2, 2, &seen);
    config.backbone = [16; 4];
    config.observe.image = 32;
    config.observe.point_feature = 16;
    (config.latent, config.hidden, config.mlp, config.blocks) = (32, 32, 64, 2);
    (config.time_hidden, config.encoder_hidden, config.decoder_hidden) = (32, 16, 32);
    config
}

fn course(updates: u64) -> Training {
    let training = Training { updates, rate: 3e-3, ..suited(Size::Compact, true) };
    Training { batch: 16, run: 4, warmup: 10, save: 50, ..training }
}

/// Mean distance of the chunk from the demonstrated one, raw units, on the held-out episodes: of the
/// policy, and of standing still.
fn miss(folder: &Path, set: &Demonstrations) -> (f32, f32) {
    let Stored { model, spec, plane } = load(folder, &Device::Cpu).unwrap();
    assert!(plane.unwrap().targets.len() >= PLANE_WINDOWS);
    let (_, unseen) = set.split(spec.training.held_out);
    let (mut ours, mut still, mut count) = (0.0, 0.0, 0.0);
    let (config, maps) = (&spec.network, &spec.normalisers);
    for batch in measure_batches(&unseen, config, maps, &Device::Cpu).unwrap() {
        let raw = |t: &Tensor, map: &Normaliser| {
            let mut v = t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            map.invert(&mut v);
            v
        };
        let (chunk, _) = model.sample(&batch.observed, 6, &mut random(0, 0)).unwrap();
        let (got, expected) = (raw(&chunk, &maps.action), raw(&batch.actions, &maps.action));
        let states = raw(&batch.observed.states, &maps.state);
        let now = states.chunks(16).flat_map(|w| [w[14], w[15]].repeat(8));
        for ((got, expected), now) in got.iter().zip(&expected).zip(now) {
            ours += (got - expected).abs();
            still += (now - expected).abs();
            count += 1.0;
        }
    }
    (ours / count, still / count)
}

#[test]
fn a_reach_is_learnt_from_points() {
    let set = reaches(300, false);
    let folder = tempfile::tempdir().unwrap();
    let config = small(Variant::A2a, &set, 1);
    let mut losses = Vec::new();
    let training = Training { batch: 32, held_out: 20, ..course(900) };
    let trained = train(&config, &set, &training, folder.path(), false, &Device::Cpu, |p| {
        losses.push(p.loss);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!((trained.updates, trained.reason), (900, StopReason::Done));
    assert!(losses[899] < 0.2 * losses[0], "{} to {}", losses[0], losses[399]);
    let (ours, still) = miss(folder.path(), &set);
    assert!(ours < 0.4 * still, "{ours}, standing still {still}");
    act(folder.path());
}

/// The trained policy, read from its folder, moves a hand to points that it was not trained on, chunk by
/// chunk and blended, and draws its path on the plane.
fn act(folder: &Path) {
    let still = Arc::new(|| std::time::Duration::ZERO);
    let mut runner = Runner::load(folder, WeightPrecision::Half, still).unwrap();
    let ask = Ask { steps: None, seed: 0, explain: true };
    for execution in [Execution::OpenLoop { actions: 8 }, Execution::Blend { every: 4 }] {
        for target in [[0.5, -0.4], [-0.6, 0.1], [0.2, 0.7]] {
            let mut player = Player::new(runner.info(), execution, 0).unwrap();
            let mut hand = [0.1_f32, 0.0];
            runner.reset();
            let away = |hand: [f32; 2]| {
                ((hand[0] - target[0]).powi(2) + (hand[1] - target[1]).powi(2)).sqrt()
            };
            let begun = away(hand);
            for tick in 0..24 {
                let points = [target[0], target[1], 0.5];
                runner.observe(&Sight { state: &hand, pictures: &[], points: &points }).unwrap();
                let (action, asked) = player.step(tick, &mut runner, &ask).unwrap();
                hand.copy_from_slice(action.unwrap());
                if asked {
                    let trace = runner.trace();
                    assert_eq!(trace.plane.len(), trace.steps + 1);
                    let plane = runner.plane().unwrap();
                    assert_eq!(trace.plane[trace.steps], plane.project(trace.end()));
                }
            }
            assert!(away(hand) < 0.35 * begun, "{execution:?}: {} of {begun}", away(hand));
        }
    }
}

/// Every variant trains a few updates from pictures, and what it wrote loads.
#[test]
fn every_variant_trains_and_loads() {
    let set = reaches(3, true);
    for variant in Variant::ALL {
        let folder = tempfile::tempdir().unwrap();
        let points = usize::from(variant == Variant::Vita);
        let config = small(variant, &set, points);
        let go = |_: &Progress| ControlFlow::Continue(());
        let trained = train(&config, &set, &course(3), folder.path(), false, &Device::Cpu, go);
        assert_eq!(trained.unwrap().updates, 3, "{}", variant.name());
        assert!(miss(folder.path(), &set).0.is_finite());
    }
}

/// Interrupted and resumed, on another number of threads, gives the same state on disk.
#[test]
fn interrupted_training_goes_on_bit_for_bit() {
    let set = reaches(3, true);
    let config = small(Variant::A2a, &set, 1);
    let folder = tempfile::tempdir().unwrap();
    let go = |name: &str, stop: u64, resume: bool, threads: usize| {
        let at = folder.path().join(name);
        Threads::new(threads).unwrap().run(|| {
            train(&config, &set, &course(12), &at, resume, &Device::Cpu, |p| {
                if p.update == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .unwrap();
        });
        [STATE, WEIGHTS, SPEC].map(|f| std::fs::read(at.join(f)).unwrap())
    };
    let whole = go("whole", 99, false, 1);
    go("parts", 5, false, 2);
    go("parts", 6, true, 1);
    let parts = go("parts", 99, true, 3);
    // The notes of the file come in any order; the tensors and the policy must be equal.
    let tensors = |name: &str| Tensors::load(&folder.path().join(name).join(STATE)).unwrap();
    assert_eq!(tensors("whole").arrays, tensors("parts").arrays);
    assert!(whole[1] == parts[1] && whole[2] == parts[2]);
}

/// After the updates given to them the encoders of pictures are their running mean and stay so, what
/// decides goes on learning, and an interruption anywhere, on the border too, changes nothing.
#[test]
fn encoders_of_pictures_stay_after_their_updates() {
    let set = reaches(4, true);
    let config = small(Variant::A2a, &set, 0);
    let folder = tempfile::tempdir().unwrap();
    let go = |name: &str, stop: u64, resume: bool| {
        let at = folder.path().join(name);
        let training = Training { eyes: Some(6), ..course(12) };
        train(&config, &set, &training, &at, resume, &Device::Cpu, |p| {
            if p.update == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
        Tensors::load(&at.join(STATE)).unwrap().arrays
    };
    let whole = go("whole", 99, false);
    go("parts", 4, false);
    let border = go("parts", 6, true);
    go("parts", 9, true);
    let parts = go("parts", 99, true);
    assert_eq!(whole, parts);
    for (name, array) in &whole {
        let Some(parameter) = name.strip_prefix("weights.") else { continue };
        let mean = |of: &BTreeMap<String, Array>| of[&format!("ema.{parameter}")].values.clone();
        if parameter.starts_with("obs_encoder.") {
            assert_eq!(array.values, mean(&border), "{parameter}");
            assert_eq!(array.values, mean(&whole), "{parameter}");
        } else {
            assert_ne!(array.values, border[name].values, "{parameter}");
        }
    }
}

/// A folder whose files do not belong together is refused with the tensor, both shapes and the file.
#[test]
fn folders_that_hold_another_network_are_refused() {
    let set = reaches(3, false);
    let folder = tempfile::tempdir().unwrap();
    let config = small(Variant::A2a, &set, 1);
    let go = |_: &Progress| ControlFlow::Continue(());
    train(&config, &set, &course(1), folder.path(), false, &Device::Cpu, go).unwrap();
    let spec = std::fs::read_to_string(folder.path().join(SPEC)).unwrap();
    let refused = |from: &str, to: &str, words: &[&str]| {
        assert!(spec.contains(from), "{spec}");
        std::fs::write(folder.path().join(SPEC), spec.replace(from, to)).unwrap();
        let error = load(folder.path(), &Device::Cpu).unwrap_err().to_string();
        words.iter().for_each(|w| assert!(error.contains(w), "{error} lacks {w}"));
    };
    let shapes = ["weights.safetensors", "obs_projector.weight", "[32, 144]", "[40, 144]"];
    refused("latent = 32", "latent = 40", &shapes);
    refused("policy = \"a2a\"", "policy = \"b\"", &["spec.toml", "\"b\""]);
    refused("variant = \"a2a\"", "variant = \"zzz\"", &["spec.toml", "zzz"]);
    refused("state = 2", "state = 3", &["spec.toml", "normalisers"]);
    std::fs::write(folder.path().join(SPEC), &spec).unwrap();
    std::fs::write(folder.path().join(WEIGHTS), b"nonsense").unwrap();
    let error = load(folder.path(), &Device::Cpu).unwrap_err().to_string();
    assert!(error.contains(WEIGHTS), "{error}");
}

#[test]
fn what_makes_no_training_is_refused() {
    let set = reaches(2, true);
    let folder = tempfile::tempdir().unwrap();
    let check = |config: &Config, set: &Demonstrations, words: &[&str]| {
        let go = |_: &Progress| ControlFlow::Continue(());
        let device = &Device::Cpu;
        let error = train(config, set, &course(2), folder.path(), false, device, go).unwrap_err();
        let error = error.to_string();
        words.iter().for_each(|w| assert!(error.contains(w), "{error} lacks {w}"));
    };
    let config = small(Variant::A2a, &set, 1);
    let mut other = config.clone();
    other.state = 5;
    check(&other, &set, &["states of 2", "5"]);
    let mut other = config.clone();
    other.observe.cameras = vec!["wrist".to_owned()];
    check(&other, &set, &["`wrist`", "front"]);
    let mut other = config.clone();
    other.observe.points = 64;
    check(&other, &set, &["1 points", "64"]);
    check(&config, &Demonstrations::default(), &["no demonstration"]);
    let missing = load(Path::new("/nowhere"), &Device::Cpu).unwrap_err().to_string();
    assert!(missing.contains("/nowhere/spec.toml"), "{missing}");
}
