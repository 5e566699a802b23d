//! A moving square, learnt.

use std::sync::Arc;

use interface::Image;
use nn::Threads;
use nn::checkpoint::{Precision, SPEC, Tensors, WEIGHTS};
use nn::pictures::StoredPictures;

use super::super::clips::Film;
use super::super::config::Variant;
use super::super::evaluate::evaluate;
use super::super::folder::load;
use super::super::model_tests::tiny;
use super::super::runner::Runner;
use super::*;

const SIDE: usize = 32;

/// Films of a square of 8 pixels that moves straight on before a grey ground, a pixel a picture.
fn films(count: usize) -> Films {
    let film = |i: usize| -> Film {
        let way = [(1, 0), (0, 1), (-1, 0), (0, -1)][i % 4];
        let side = [2 + 3 * i as i64 % 20, 20 - 4 * i as i64 % 20];
        let mut bytes = Vec::new();
        for frame in 0..22_i64 {
            let begin = |way: i64, side: i64| match way {
                0 => side,
                w if w > 0 => 1 + frame,
                _ => 23 - frame,
            };
            let at = (begin(way.0, side[0]), begin(way.1, side[1]));
            bytes.extend((0..(SIDE * SIDE) as i64).flat_map(|p| {
                let (row, column) = (p / SIDE as i64 - at.0, p % SIDE as i64 - at.1);
                let inside = (0..8).contains(&row) && (0..8).contains(&column);
                if inside { [230, 120, 30] } else { [60, 70, 80] }
            }));
        }
        Arc::new(StoredPictures { bytes, height: SIDE, width: SIDE })
    };
    Films { camera: "front".to_owned(), episodes: (0..count).map(film).collect() }
}

fn small(variant: Variant) -> Config {
    let mut config = tiny(variant);
    (config.stride, config.latent, config.hidden, config.mlp) = (3, 48, 48, 96);
    config
}

fn course(updates: u64) -> Training {
    Training { updates, batch: 8, rate: 3e-3, warmup: 20, save: 50, ..suited(Size::Compact) }
}

fn on(_: &Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Both variants learn a handful of films, by heart, far better than showing the last frame again.
#[test]
fn a_moving_square_is_learnt() {
    let set = films(2);
    for variant in Variant::ALL {
        let (config, folder) = (small(variant), tempfile::tempdir().unwrap());
        let training = Training { held_out: 0, ..course(150) };
        let pool = Threads::new(1).unwrap();
        let trained =
            pool.run(|| train(&config, &set, &training, folder.path(), false, &Device::Cpu, on));
        assert_eq!(trained.unwrap().updates, 150);
        let runner = Runner::load(folder.path(), &Device::Cpu).unwrap();
        let all = clips(&set.lengths(), &config);
        for steps in [1, 6] {
            let told = evaluate(runner.model(), &set, &all, steps).unwrap();
            let gain = told.model.psnr - told.last.psnr;
            assert!(gain > 4.0, "{} in {steps}: {gain} dB", variant.name());
            assert!(told.model.ssim > told.last.ssim, "{told:?}");
            assert_eq!((told.clips, told.horizons.len()), (2 * 7, 3));
            assert_eq!(told.horizons[2].ahead, 9);
        }
        show(&runner, &set.episodes[0]);
    }
}

/// The runner predicts what the network does, from pictures of another size.
fn show(runner: &Runner, film: &Film) {
    let image = |frame: usize, times: usize| {
        let mut bytes = vec![0; SIDE * SIDE * 3];
        film.read(frame, &mut bytes).unwrap();
        let pixels = bytes.as_chunks::<3>().0;
        let wide = SIDE * times;
        let rgb = (0..wide * wide).map(|p| pixels[p / wide / times * SIDE + p % wide / times]);
        Image { width: wide, height: wide, rgb: rgb.collect() }
    };
    let past = [0, 3, 6].map(|frame| image(frame, 1));
    let past: Vec<&Image> = past.iter().collect();
    let large = [0, 3, 6].map(|frame| image(frame, 2));
    let large: Vec<&Image> = large.iter().collect();
    for steps in [1, 2, 6] {
        let told = runner.predict(&past, steps).unwrap();
        assert_eq!(told.pictures, runner.predict(&large, steps).unwrap().pictures);
        assert_eq!((told.pictures.len(), told.pictures[0].width), (3, SIDE));
        let latents = 3 * told.latent;
        assert_eq!(told.points.len(), (told.steps + 1) * latents);
        assert_eq!(told.velocities.len(), told.steps * latents);
        let apart = |a: &Image, b: &Image| -> u64 {
            let pairs = a.rgb.as_flattened().iter().zip(b.rgb.as_flattened());
            pairs.map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum()
        };
        let truth = image(9, 1);
        assert!(apart(&told.pictures[0], &truth) < apart(past[2], &truth));
    }
    let refused = |past: &[&Image], steps, word: &str| {
        let error = runner.predict(past, steps).unwrap_err().to_string();
        assert!(error.contains(word), "{error} lacks {word}");
    };
    refused(&past[..2], 1, "3 past frames, not at 2");
    refused(&past, 0, "0 steps");
    refused(&past, 101, "101 steps");
    let torn = Image { height: 31, ..past[0].clone() };
    refused(&[past[0], &torn, past[2]], 1, "past frame 1 has 1024 pixels, not 31 rows of 32");
    let none = Image { height: 0, width: 0, rgb: Vec::new().into() };
    refused(&[past[0], past[1], &none], 1, "past frame 2");
    let vast = Image { height: usize::MAX, width: 2, ..past[0].clone() };
    refused(&[&vast, past[1], past[2]], 1, "past frame 0");
}

/// Interrupted and resumed, on another number of threads, gives the same state on disk.
#[test]
fn interrupted_training_goes_on_bit_for_bit() {
    let set = films(3);
    for variant in Variant::ALL {
        let (config, folder) = (small(variant), tempfile::tempdir().unwrap());
        let go = |name: &str, stop: u64, resume: bool, threads: usize| {
            let at = folder.path().join(name);
            Threads::new(threads).unwrap().run(|| {
                train(&config, &set, &course(9), &at, resume, &Device::Cpu, |p| {
                    if p.update == stop { ControlFlow::Break(()) } else { on(p) }
                })
                .unwrap();
            });
            [WEIGHTS, SPEC].map(|f| std::fs::read(at.join(f)).unwrap())
        };
        let whole = go("whole", 99, false, 1);
        go("parts", 4, false, 2);
        go("parts", 5, true, 1);
        let parts = go("parts", 99, true, 3);
        // The notes of the file come in any order; the tensors and the network must be equal.
        let tensors = |name: &str| Tensors::load(&folder.path().join(name).join(STATE)).unwrap();
        assert_eq!(tensors("whole").arrays, tensors("parts").arrays);
        assert!(whole == parts, "{}", variant.name());
    }
}

/// A folder whose files do not belong together is refused with the tensor, both shapes and the file.
#[test]
fn folders_that_hold_another_network_are_refused() {
    let (set, folder) = (films(2), tempfile::tempdir().unwrap());
    let config = small(Variant::Flow);
    let trained = train(&config, &set, &course(1), folder.path(), false, &Device::Cpu, on).unwrap();
    assert_eq!(trained.validation, None);
    let stored = load(folder.path(), &Device::Cpu).unwrap();
    assert_eq!((stored.spec.camera.as_str(), stored.spec.updates), ("front", 1));
    assert_eq!(stored.spec.network, config);
    let spec = std::fs::read_to_string(folder.path().join(SPEC)).unwrap();
    let refused = |words: &[&str]| {
        let error = load(folder.path(), &Device::Cpu).unwrap_err().to_string();
        words.iter().for_each(|w| assert!(error.contains(w), "{error} lacks {w}"));
    };
    let changed = |from: &str, to: &str, words: &[&str]| {
        assert!(spec.contains(from), "{spec}");
        std::fs::write(folder.path().join(SPEC), spec.replace(from, to)).unwrap();
        refused(words);
    };
    let shapes = [WEIGHTS, "encoder.mean.weight", "[48, 16]", "[40, 16]"];
    changed("latent = 48", "latent = 40", &shapes);
    changed("policy = \"f2f\"", "policy = \"a2a\"", &[SPEC, "\"a2a\""]);
    changed("variant = \"flow\"", "variant = \"zzz\"", &[SPEC, "zzz"]);
    changed("image = 32", "image = 33", &["`image`", "33"]);
    std::fs::write(folder.path().join(SPEC), &spec).unwrap();
    let path = folder.path().join(WEIGHTS);
    let mut tensors = Tensors::load(&path).unwrap();
    tensors.arrays.remove("decoder.output.bias").unwrap();
    tensors.save(&path, Precision::Half).unwrap();
    refused(&[WEIGHTS, "no tensor `decoder.output.bias`", "[12]"]);
    std::fs::write(&path, b"nonsense").unwrap();
    refused(&[WEIGHTS]);
    let missing = load(Path::new("/nowhere"), &Device::Cpu).unwrap_err().to_string();
    assert!(missing.contains("/nowhere/spec.toml"), "{missing}");
}

#[test]
fn what_makes_no_training_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let check = |config: &Config, set: &Films, batch: usize, words: &[&str]| {
        let training = Training { batch, ..course(2) };
        let error = train(config, set, &training, folder.path(), false, &Device::Cpu, on);
        let error = error.unwrap_err().to_string();
        words.iter().for_each(|w| assert!(error.contains(w), "{error} lacks {w}"));
    };
    let config = small(Variant::Flow);
    check(&config, &Films::default(), 8, &["no clip"]);
    check(&Config { stride: 5, ..config.clone() }, &films(1), 8, &["[22] pictures", "5 pictures"]);
    check(&config, &films(1), 0, &["a batch of 0"]);
    check(&Config { image: 20, ..config.clone() }, &films(1), 8, &["`image`"]);
    let model = F2f::new(config.clone(), 0, &Device::Cpu).unwrap();
    let error = evaluate(&model, &films(1), &[], 1).unwrap_err().to_string();
    assert!(error.contains("no clip"), "{error}");
}

/// Held-out episodes are measured, and a training whose measure no longer improves stops.
#[test]
fn held_out_films_are_measured() {
    let (set, folder) = (films(3), tempfile::tempdir().unwrap());
    let training = Training { save: 2, ..course(4) };
    let config = small(Variant::Regression);
    let trained = train(&config, &set, &training, folder.path(), false, &Device::Cpu, on).unwrap();
    let measured = trained.validation.unwrap();
    let model = load(folder.path(), &Device::Cpu).unwrap().model;
    let (_, unseen) = set.split(1);
    let told = evaluate(&model, &unseen, &clips(&unseen.lengths(), &config), config.steps).unwrap();
    // On disk the weights have half precision.
    assert!((measured - told.model.mse).abs() < 0.02 * measured, "{measured} and {told:?}");
}
