//! The runner beside the network it was packed from.

use std::sync::atomic::{AtomicU64, Ordering};

use nn::candle::Tensor;
use nn::random::uniform;
use nn::{Fit, Normaliser};
use nn::{Statistics, Threads};

use super::super::model::Observed;
use super::super::model_tests::tiny;
use super::super::observe::{Frames, Images};
use super::*;
use crate::policy::Picture;
use nn::pictures::{normalise_pixels, resize};

const ASK: Ask = Ask { steps: None, seed: 5, explain: true };

fn still() -> Clock {
    Arc::new(|| Duration::ZERO)
}

fn normalisers() -> Normalisers {
    let fit = |low: f32, high: f32| {
        let rows = [low, low + 0.1, low, high, high, high + 0.5];
        Normaliser::fit(&Statistics::of(&rows, 3), Fit::Limits)
    };
    Normalisers {
        state: fit(-1.0, 2.0),
        action: fit(-0.5, 0.7),
        point: fit(-0.2, 0.4),
        ..Normalisers::default()
    }
}

/// Ticks of states, pictures of 40x48 pixels, each for two ticks, and points.
struct Ticks(Vec<(Vec<f32>, Vec<u8>, Vec<f32>)>);

impl Ticks {
    fn new(count: usize) -> Self {
        let r = &mut random(8, 0);
        let mut values = |n: usize| -> Vec<f32> { (0..n).map(|_| uniform(r)).collect() };
        let mut picture = |_: usize| -> Vec<u8> {
            values(40 * 48 * 3).iter().map(|v| (v * 255.0) as u8).collect()
        };
        let pictures: Vec<Vec<u8>> = (0..count.div_ceil(2)).map(&mut picture).collect();
        Self((0..count).map(|i| (values(3), pictures[i / 2].clone(), values(18))).collect())
    }

    fn show(&self, i: usize, runner: &mut dyn Policy) {
        let (state, pixels, points) = &self.0[i];
        let pictures = [Picture { camera: "head_cam", height: 40, width: 48, pixels }];
        runner.observe(&Sight { state, pictures: &pictures, points }).unwrap();
    }

    /// The history up to and with tick `now`, as the network takes it.
    fn observed(&self, now: usize, config: &Config, n: &Normalisers) -> Observed {
        let (mut states, mut images, mut points) = (Vec::new(), Vec::new(), Vec::new());
        let side = config.observe.image;
        for i in 0..8 {
            let (state, pixels, p) = &self.0[(now + i).saturating_sub(7)];
            states.extend_from_slice(state);
            points.extend_from_slice(p);
            let mut scaled = vec![0; side * side * 3];
            resize(pixels, (40, 48), &mut scaled, (side, side));
            let mut image = vec![0.0; scaled.len()];
            normalise_pixels(&scaled, &mut image);
            images.extend(image);
        }
        n.state.apply(&mut states);
        n.point.apply(&mut points);
        let tensor = |v, shape: &[usize]| Tensor::from_vec(v, shape, &Device::Cpu).unwrap();
        Observed {
            states: tensor(states, &[1, 8, 3]),
            frames: Frames {
                images: vec![Images::one_a_frame(tensor(images, &[8, side, side, 3]))],
                points: Some(tensor(points, &[8, 6, 3])),
                landmarks: None,
                features: None,
                of_window: (0..8).collect(),
            },
        }
    }
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// At every tick and for every variant: the actions of the network that was trained.
#[test]
fn decisions_are_those_of_the_network() {
    let n = normalisers();
    let ticks = Ticks::new(10);
    for variant in Variant::ALL {
        let model = A2a::new(tiny(variant, 6, true), 3, &Device::Cpu).unwrap();
        let mut runner = Runner::new(&model, &n, WeightPrecision::Single, still()).unwrap();
        for now in 0..10 {
            ticks.show(now, &mut runner);
            let decision = runner.act(&ASK).unwrap();
            let seen = ticks.observed(now, &model.config, &n);
            let steps = model.config.steps;
            let (chunk, path) = model.sample(&seen, steps, &mut random(5, 0)).unwrap();
            let mut chunk = chunk.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            n.action.invert(&mut chunk);
            let error = distance(decision.chunk, &chunk);
            assert!(error < 3e-5, "{} at {now}: {error}", variant.name());
            let trace = decision.trace;
            let taken = path.velocities.len();
            assert_eq!((trace.steps, trace.chunks.len()), (taken, (taken + 1) * 24));
            for (k, point) in path.points.iter().enumerate() {
                let point = point.flatten_all().unwrap().to_vec1::<f32>().unwrap();
                let got = &trace.points[k * trace.space..(k + 1) * trace.space];
                assert!(distance(got, &point) < 1e-4, "{} step {k}", variant.name());
            }
            assert_eq!(&trace.chunks[taken * 24..], decision.chunk);
            assert_eq!(trace.chunk(taken), Some(decision.chunk));
            for (i, state) in trace.history.chunks(3).enumerate() {
                assert!(distance(state, &ticks.0[(now + i).saturating_sub(7)].0) < 1e-5);
            }
            let alone = model.sample(&seen, 1, &mut random(5, 0)).unwrap().0;
            let mut alone = alone.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            n.action.invert(&mut alone);
            if variant.is_diffusion() {
                assert_eq!(trace.one_step_gap(), None);
            } else {
                assert!(distance(&trace.one_step, &alone) < 3e-5, "{}", variant.name());
                let gap = distance(&alone, decision.chunk);
                assert!((trace.one_step_gap().unwrap() - gap).abs() < 6e-5);
            }
            assert_eq!((trace.start().len(), trace.end().len()), (trace.space, trace.space));
        }
    }
}

/// Halved weights change an action by less than a thousandth of its range, and not at all where they come
/// from a file of that precision.
#[test]
fn halved_weights_are_close_and_exact_for_what_was_stored() {
    let n = normalisers();
    let ticks = Ticks::new(8);
    let model = A2a::new(tiny(Variant::A2a, 6, true), 3, &Device::Cpu).unwrap();
    let act = |precision| {
        let mut runner = Runner::new(&model, &n, precision, still()).unwrap();
        (0..8).for_each(|i| ticks.show(i, &mut runner));
        runner.act(&ASK).unwrap().chunk.to_vec()
    };
    let (full, half) = (act(WeightPrecision::Single), act(WeightPrecision::Half));
    for (i, (a, b)) in full.iter().zip(&half).enumerate() {
        let range = 2.0 / n.action.scale[i % 3];
        assert!((a - b).abs() < 1e-3 * range, "{i}: {a} and {b} of {range}");
    }
    assert_ne!(full, half);
    let mut arrays = model.params.arrays().unwrap();
    for value in arrays.values_mut().flat_map(|a| &mut a.values) {
        *value = nn::half::f16::from_f32(*value).to_f32();
    }
    model.params.load(&arrays, Path::new("stored")).unwrap();
    assert_eq!(act(WeightPrecision::Single), act(WeightPrecision::Half));
}

#[test]
fn a_memory_goes_on_in_a_copy() {
    let n = normalisers();
    let ticks = Ticks::new(6);
    let model = A2a::new(tiny(Variant::A2a, 6, true), 3, &Device::Cpu).unwrap();
    let make = || Runner::new(&model, &n, WeightPrecision::Single, still()).unwrap();
    let (mut first, mut second) = (make(), make());
    (0..5).for_each(|i| ticks.show(i, &mut first));
    second.restore(&first.memory()).unwrap();
    ticks.show(5, &mut first);
    ticks.show(5, &mut second);
    assert_eq!(first.act(&ASK).unwrap().chunk, second.act(&ASK).unwrap().chunk);
    assert!(second.restore(&[3.0, 1.0]).unwrap_err().to_string().contains("memory"));
    first.reset();
    assert_eq!(first.act(&ASK).unwrap_err(), PolicyError::Blind);
}

#[test]
fn sights_that_do_not_fit_are_refused_and_forgotten() {
    let n = normalisers();
    let model = A2a::new(tiny(Variant::A2a, 6, true), 3, &Device::Cpu).unwrap();
    let mut runner = Runner::new(&model, &n, WeightPrecision::Single, still()).unwrap();
    let pixels = vec![0_u8; 32 * 32 * 3];
    let good = [Picture { camera: "head_cam", height: 32, width: 32, pixels: &pixels }];
    let points = [0.0; 18];
    let mut check = |state: &[f32], pictures: &[Picture<'_>], points: &[f32], word: &str| {
        let error = runner.observe(&Sight { state, pictures, points }).unwrap_err().to_string();
        assert!(error.contains(word), "{error} lacks {word}");
        assert_eq!(runner.act(&ASK).unwrap_err(), PolicyError::Blind);
    };
    check(&[0.0; 4], &good, &points, "4 numbers");
    check(&[0.0, f32::NAN, 0.0], &good, &points, "NaN at 1");
    check(&[0.0; 3], &[], &points, "`head_cam`");
    let wrist = [Picture { camera: "wrist", ..good[0] }];
    check(&[0.0; 3], &wrist, &points, "wrist");
    let cut = [Picture { pixels: &pixels[1..], ..good[0] }];
    check(&[0.0; 3], &cut, &points, "3071 numbers");
    check(&[0.0; 3], &good, &points[..3], "the points");
    check(&[0.0; 3], &good, &[f32::INFINITY; 18], "inf at 0");
    runner.observe(&Sight { state: &[0.0; 3], pictures: &good, points: &points }).unwrap();
    for steps in [0, 101] {
        let ask = Ask { steps: Some(steps), ..ASK };
        assert!(matches!(runner.act(&ask), Err(PolicyError::Steps { most: 100, .. })));
    }
    for steps in [1, 2, 4, 10] {
        let ask = Ask { steps: Some(steps), ..ASK };
        assert_eq!(runner.act(&ask).unwrap().trace.steps, steps);
    }
}

#[test]
fn every_part_is_timed_by_the_callers_clock() {
    let n = normalisers();
    let model = A2a::new(tiny(Variant::A2a, 6, true), 3, &Device::Cpu).unwrap();
    let ticks = Arc::new(AtomicU64::new(0));
    let clock: Clock =
        Arc::new(move || Duration::from_millis(ticks.fetch_add(1, Ordering::Relaxed)));
    let mut runner = Runner::new(&model, &n, WeightPrecision::Single, clock).unwrap();
    Ticks::new(1).show(0, &mut runner);
    let latencies = runner.act(&ASK).unwrap().trace.latencies;
    assert_eq!(latencies.frame, Duration::from_millis(1));
    assert_eq!(latencies.decision(), Duration::from_millis(4));
}

/// On one thread a tick and a decision allocate nothing once they have been made.
#[test]
fn nothing_is_allocated_after_the_first_decision() {
    let n = normalisers();
    let ticks = Ticks::new(12);
    for variant in Variant::ALL {
        let model = A2a::new(tiny(variant, 6, true), 3, &Device::Cpu).unwrap();
        let mut runner = Runner::new(&model, &n, WeightPrecision::Half, still()).unwrap();
        let allocations = Threads::new(1).unwrap().run(|| {
            (0..3).for_each(|i| ticks.show(i, &mut runner));
            runner.act(&ASK).unwrap();
            let before = crate::counting::on_this_thread();
            for i in 3..12 {
                ticks.show(i, &mut runner);
                runner.act(&ASK).unwrap();
            }
            crate::counting::on_this_thread() - before
        });
        assert_eq!(allocations, 0, "{}", variant.name());
    }
}
