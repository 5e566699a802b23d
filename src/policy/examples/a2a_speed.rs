//! How long A2A takes, written to a folder together with the weights and inputs, so that
//! `a2a_speed.py` beside this file can check the answers and time PyTorch on the same.
//!
//!     cargo run --release -p policy --example a2a_speed -- FOLDER THREADS [--compact] [--train-paper]
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nn::candle::{Device, Tensor};
use nn::checkpoint::{Array, Precision, Tensors, write_whole};
use nn::{Normaliser, Result, Threads, Trainer};
use policy::a2a::{
    A2a, Config, Frames, Images, Normalisers, Observed, Runner, Seen, Size, Training, Variant,
    WeightPrecision,
};
use policy::{Ask, Latencies, Picture, Policy, Sight};

const STATE: usize = 9;
/// Windows of a training batch, and how many of them lie in a row.
const BATCH: usize = 32;
const RUN: usize = 8;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().unwrap_or_else(|| "a2a_speed".to_owned()));
    let threads: usize = args.next().and_then(|a| a.parse().ok()).unwrap_or(1);
    std::fs::create_dir_all(&folder)
        .map_err(|e| nn::NnError::File { path: folder.clone(), reason: e.to_string() })?;
    let pool = Threads::new(threads).map_err(|e| nn::NnError::Config(e.to_string()))?;
    pool.run(|| {
        let mut lines = Vec::new();
        let flag = |flag: &str| std::env::args().any(|a| a == flag);
        for (name, size) in [("paper", Size::Paper), ("compact", Size::Compact)] {
            if size == Size::Paper && flag("--compact") {
                continue;
            }
            let seen = Seen { cameras: vec!["head_cam".to_owned()], points: 0 };
            let config = Config::new(Variant::A2a, size, STATE, STATE, &seen);
            let model = A2a::new(config, 1, &Device::Cpu)?;
            inference(&folder, name, threads, &model, &mut lines)?;
            if size == Size::Compact || flag("--train-paper") {
                training(name, &model, threads, &mut lines)?;
            }
        }
        write_whole(
            &folder.join(format!("ours-{threads}.tsv")),
            (lines.join("\n") + "\n").as_bytes(),
        )
    })
}

fn median(mut values: Vec<Duration>) -> f64 {
    values.sort();
    values[values.len() / 2].as_secs_f64() * 1e3
}

fn tell(lines: &mut Vec<String>, what: String, ms: f64) {
    let line = format!("{what}\t{ms:.4}");
    #[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
    {
        println!("{line}");
    }
    lines.push(line);
}

fn inference(
    folder: &Path,
    name: &str,
    threads: usize,
    model: &A2a,
    lines: &mut Vec<String>,
) -> Result<()> {
    let one = Normaliser { scale: vec![1.0; STATE], offset: vec![0.0; STATE] };
    let normalisers = Normalisers { state: one.clone(), action: one, point: Normaliser::default() };
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
            tell(lines, format!("{name} frame"), median(frames));
            tell(lines, format!("{name} call of 8 frames, 6 steps"), median(calls));
        }
        for i in 0..8 {
            show(&mut runner, i)?;
        }
        for steps in [1, 6, 10] {
            act(&mut runner, steps)?;
            let all: Vec<Latencies> =
                (0..200).map(|_| Ok(act(&mut runner, steps)?.1)).collect::<Result<_>>()?;
            let part = |f: &dyn Fn(&Latencies) -> Duration| median(all.iter().map(f).collect());
            tell(lines, format!("{name} {kind} decision, {steps} steps"), part(&|l| l.decision()));
            tell(
                lines,
                format!("{name} {kind} flow + decoder, {steps} steps"),
                part(&|l| l.flow + l.decode),
            );
            if steps == 1 {
                tell(lines, format!("{name} {kind} projector"), part(&|l| l.condition));
                tell(lines, format!("{name} {kind} history encoder"), part(&|l| l.start));
            }
        }
        let chunk = act(&mut runner, 6)?.0;
        if precision == WeightPrecision::Single {
            exact = chunk;
        } else {
            // The normalised range is 2 wide.
            let worst = exact.iter().zip(&chunk).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
            tell(
                lines,
                format!("{name} f16 differs by, 1000ths of the range"),
                f64::from(worst) * 500.0,
            );
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
fn training(name: &str, model: &A2a, threads: usize, lines: &mut Vec<String>) -> Result<()> {
    let side = model.config.observe.image;
    let settings = Training::default().settings(&model.config, 0);
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
        let what = format!("{name} update of {BATCH} windows, {kind}, {threads} threads");
        tell(lines, what, median(times));
    }
    Ok(())
}
