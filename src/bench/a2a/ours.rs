//! Our A2A on made-up weights and inputs, which are written down for the peer.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nn::candle::{Device, Tensor};
use nn::checkpoint::{Array, Precision, Tensors};
use nn::{Normaliser, Result, Size, Threads, Trainer};
use policy::a2a::{
    A2a, Config, Frames, Images, Normalisers, Observed, Runner, Seen, Variant, WeightPrecision,
    published, settings,
};
use policy::{Ask, Latencies, Picture, Policy, Sight};

const STATE: usize = 9;
/// Windows of a training batch, and how many of them lie in a row.
const BATCH: usize = 32;
const RUN: usize = 8;

/// What took how long: a name and milliseconds, and how far half precision is from full.
pub type Figures = Vec<(String, f64)>;

/// Measures both sizes on `threads` threads. With one thread, weights, inputs and our answer go into
/// `folder`, where the peer finds them.
pub fn measure(folder: &Path, threads: usize) -> Result<Figures> {
    let pool = Threads::new(threads).map_err(|e| nn::NnError::Config(e.to_string()))?;
    pool.run(|| {
        let mut figures = Vec::new();
        for (name, size) in [("paper", Size::Paper), ("compact", Size::Compact)] {
            let seen = Seen { cameras: vec!["head_cam".to_owned()], ..Seen::default() };
            let mut config = Config::new(Variant::A2a, size, STATE, STATE, &seen);
            // As published, and as the peer does it: every rollout has six steps.
            config.rollouts.clear();
            let model = A2a::new(config, 1, &Device::Cpu)?;
            inference(folder, name, threads, &model, &mut figures)?;
            // An update of the large one takes the better part of a minute.
            if size == Size::Compact {
                training(name, &model, &mut figures)?;
            }
        }
        Ok(figures)
    })
}

fn median(mut values: Vec<Duration>) -> f64 {
    values.sort();
    values[values.len() / 2].as_secs_f64() * 1e3
}

fn inference(
    folder: &Path,
    name: &str,
    threads: usize,
    model: &A2a,
    figures: &mut Figures,
) -> Result<()> {
    let one = Normaliser { scale: vec![1.0; STATE], offset: vec![0.0; STATE] };
    let normalisers = Normalisers { state: one.clone(), action: one, ..Normalisers::default() };
    let side = model.config.observe.image;
    // Eight different pictures and states.
    let pictures: Vec<Vec<u8>> = (0..8_usize)
        .map(|n| (0..side * side * 3).map(|i| ((i / 7 + n * 31) * 7919 % 251) as u8).collect())
        .collect();
    let states: Vec<f32> = (0..8 * STATE).map(|i| ((i * 37 % 41) as f32 - 20.0) / 20.0).collect();
    let mut exact = Vec::new();
    for precision in [WeightPrecision::Single, WeightPrecision::Half] {
        let begun = Instant::now();
        let mut runner =
            Runner::new(model, &normalisers, precision, Arc::new(move || begun.elapsed()))?;
        let show = |runner: &mut Runner, i: usize| -> Result<Duration> {
            let picture =
                [Picture { camera: "head_cam", height: side, width: side, pixels: &pictures[i] }];
            let state = &states[i * STATE..(i + 1) * STATE];
            let sight = Sight { state, pictures: &picture, points: &[] };
            runner.observe(&sight).map_err(|e| nn::NnError::Config(e.to_string()))?;
            Ok(runner.trace().latencies.frame)
        };
        let act = |runner: &mut Runner, steps: usize| -> Result<(Vec<f32>, Latencies)> {
            let ask = Ask { steps: Some(steps), seed: 0, explain: false };
            let decision = runner.act(&ask).map_err(|e| nn::NnError::Config(e.to_string()))?;
            Ok((decision.chunk.to_vec(), decision.trace.latencies))
        };
        let kind = if precision == WeightPrecision::Single { "f32" } else { "f16" };
        if precision == WeightPrecision::Single {
            let rounds = if side > 100 { 8 } else { 20 };
            let (mut frames, mut calls) = (Vec::new(), Vec::new());
            for _ in 0..rounds {
                let call = Instant::now();
                for i in 0..8 {
                    frames.push(show(&mut runner, i)?);
                }
                act(&mut runner, 6)?;
                calls.push(call.elapsed());
            }
            figures.push((format!("{name} frame"), median(frames)));
            figures.push((format!("{name} call of 8 frames, 6 steps"), median(calls)));
        }
        for i in 0..8 {
            show(&mut runner, i)?;
        }
        for steps in [1, 6, 10] {
            act(&mut runner, steps)?;
            let all: Vec<Latencies> =
                (0..200).map(|_| Ok(act(&mut runner, steps)?.1)).collect::<Result<_>>()?;
            let part = |f: &dyn Fn(&Latencies) -> Duration| median(all.iter().map(f).collect());
            figures
                .push((format!("{name} {kind} decision, {steps} steps"), part(&|l| l.decision())));
            figures.push((
                format!("{name} {kind} flow + decoder, {steps} steps"),
                part(&|l| l.flow + l.decode),
            ));
            if steps == 1 {
                figures.push((format!("{name} {kind} projector"), part(&|l| l.condition)));
                figures.push((format!("{name} {kind} history encoder"), part(&|l| l.start)));
            }
        }
        let chunk = act(&mut runner, 6)?.0;
        if precision == WeightPrecision::Single {
            exact = chunk;
        } else {
            // The normalised range is 2 wide.
            let worst = exact.iter().zip(&chunk).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
            figures.push((
                format!("{name} f16 differs by, thousandths of the range"),
                f64::from(worst) * 500.0,
            ));
        }
    }
    if threads == 1 {
        let mut arrays: BTreeMap<String, Array> = model.params.arrays()?;
        let bytes = pictures.iter().flatten().map(|v| f32::from(*v)).collect();
        let put = |shape: &[usize], values: Vec<f32>| Array { shape: shape.to_vec(), values };
        arrays.insert("in.pictures".to_owned(), put(&[8, side, side, 3], bytes));
        arrays.insert("in.states".to_owned(), put(&[8, STATE], states));
        arrays.insert("out.chunk".to_owned(), put(&[8, STATE], exact));
        let notes = HashMap::new();
        Tensors { arrays, notes }
            .save(&folder.join(format!("{name}.safetensors")), Precision::Single)?;
    }
    Ok(())
}

/// Updates with and without shared frames.
fn training(name: &str, model: &A2a, figures: &mut Figures) -> Result<()> {
    let side = model.config.observe.image;
    let settings = settings(&published(), &model.config, 0);
    for (kind, run) in [("shared frames", RUN), ("own frames", 1)] {
        let span = 7 + run;
        let frames = BATCH / run * span;
        let random = |shape: &[usize]| Tensor::rand(-1_f32, 1.0, shape, &Device::Cpu);
        let of_window =
            (0..BATCH).flat_map(|w| (0..8).map(move |i| (w / run * span + w % run + i) as u32));
        let observed = Observed {
            states: random(&[BATCH, 8, STATE])?,
            frames: Frames {
                images: vec![Images::one_a_frame(random(&[frames, side, side, 3])?)],
                points: None,
                landmarks: None,
                features: None,
                of_window: of_window.collect(),
            },
        };
        let actions = random(&[BATCH, 8, STATE])?;
        let mut trainer = Trainer::new(&model.params, settings.clone())?;
        let mut times = Vec::new();
        for _ in 0..if run == 1 { 4 } else { 8 } {
            let begun = Instant::now();
            trainer.step(|_, r| model.loss(&observed, &actions, r))?;
            times.push(begun.elapsed());
        }
        let what = format!("{name} update of {BATCH} windows, {kind}");
        figures.push((what, median(times)));
    }
    Ok(())
}
