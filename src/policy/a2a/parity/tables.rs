//! Windows, normalisers, history stacking, the running mean of the weights, the learning rate.

use nn::optim::{CosineSchedule, EmaConfig};
use nn::{Fit, Normaliser, Result, Statistics};

use super::super::windows::windows;
use super::{Fixture, Parity};

pub(super) fn compare(file: &Fixture, parity: &mut Parity) -> Result<()> {
    let mut table = |name: &str, got: &[f32], expected: &[f32]| {
        parity.forward(format!("tables {name}"), Parity::error(got, expected));
    };
    let ends = file.values("data.episode_ends")?;
    let starts: Vec<f32> = std::iter::once(0.0).chain(ends.iter().copied()).collect();
    let lengths: Vec<usize> =
        starts.iter().zip(ends).map(|(a, b)| (b - a).max(0.0) as usize).collect();
    let windows = windows(&lengths, 8, 8);

    // Columns of the index: frames of the buffer that are read, and where in the window they lie.
    let index: Vec<f32> = windows
        .iter()
        .flat_map(|w| {
            let (length, base) = (lengths[w.episode] as isize, starts[w.episode]);
            let (from, to) = (w.start.max(0), (w.start + 16).min(length));
            let inside = [from - w.start, to - w.start].map(|v| v as f32);
            [base + from as f32, base + to as f32, inside[0], inside[1]]
        })
        .collect();
    table("windows", &index, file.values("data.window_index_all_episodes")?);

    for (field, rows, sample) in [
        ("agent_pos", "data.state", "data.sample_state"),
        ("action", "data.action", "data.sample_action"),
    ] {
        let (shape, values) = file.get(rows)?;
        let width = shape.last().copied().unwrap_or(1);
        let statistics = Statistics::of(values, width);
        let normaliser = Normaliser::fit(&statistics, Fit::Limits);
        let constants = |part: &str| format!("normalizer.params_dict.{field}.{part}");
        for (part, got) in [
            ("input_stats.min", &statistics.min),
            ("input_stats.max", &statistics.max),
            ("input_stats.mean", &statistics.mean),
            ("input_stats.std", &statistics.std),
            ("scale", &normaliser.scale),
            ("offset", &normaliser.offset),
        ] {
            table(&constants(part), got, file.values(&constants(part))?);
        }
        let mut normalised = values.to_vec();
        normaliser.apply(&mut normalised);
        table(rows, &normalised, file.values(&format!("normalizer_out.{field}"))?);

        let train = file.values("data.window_index_train")?.len() / 4;
        let got: Vec<f32> = file
            .values("data.sample_ids")?
            .iter()
            .filter_map(|id| windows.get(..train)?.get(*id as usize))
            .flat_map(|w| {
                let (first, length) = (starts[w.episode] as usize, lengths[w.episode]);
                (0..16).flat_map(move |i| {
                    let row = first + w.frame(i, length);
                    values[row * width..(row + 1) * width].to_vec()
                })
            })
            .collect();
        table(sample, &got, file.values(sample)?);
    }

    let ema = EmaConfig::default();
    let decay: Vec<f32> =
        file.values("ema.optimization_step")?.iter().map(|k| ema.decay(*k as u64) as f32).collect();
    table("ema.decay", &decay, file.values("ema.decay")?);
    let mut mean = 0.0;
    let track: Vec<f32> = (0..8_u64)
        .map(|k| {
            let decay = ema.decay(k);
            mean = mean * decay + k as f64 * (1.0 - decay);
            mean as f32
        })
        .collect();
    table("ema.track", &track, file.values("ema.track_param_equal_k_for_k0_to_7")?);
    let schedule = CosineSchedule { base: 1e-4, warmup: 500, total: 7500 };
    let rate: Vec<f32> =
        file.values("lr.update_index")?.iter().map(|k| schedule.rate(*k as u64) as f32).collect();
    table("lr", &rate, file.values("lr.value_warm500_total7500_base1e-4")?);
    Ok(())
}
