//! What a data set holds, for whoever looks after it.

use std::path::Path;

use dataset::lerobot::{Feature, Lerobot, Stats};
use dataset::{busy_part, quality};
use interface::{EpisodeNotes, Frame};
use session_api::{DatasetReport, EpisodeQuality, Failure};

/// An episode with more of its frames idle than this is odd.
const IDLE: f64 = 0.5;
/// An episode this many times as jerky as the median is odd.
const JERKY: f64 = 4.0;
/// An episode this many times as long as the median, or as short, is odd.
const LENGTH: f64 = 3.0;

/// Opens a data set; what was odd goes to `warnings`.
pub fn open(root: &Path, warnings: &mut Vec<String>) -> Result<Lerobot, Failure> {
    let (data, odd) = Lerobot::open(root).map_err(|error| Failure::usage(&error))?;
    warnings.extend(odd);
    Ok(data)
}

/// How many numbers at the end of a target are openings.
pub fn grippers(data: &Lerobot) -> usize {
    let action = data.info().features.iter().find(|(name, _)| name == "action");
    let names = action.and_then(|(_, feature)| feature.names.as_array()).into_iter().flatten();
    names.filter(|name| name.as_str().is_some_and(|name| name.contains("gripper"))).count()
}

/// The frames of an episode; of other people's data, what of them is there.
pub fn frames(data: &Lerobot, episode: usize) -> Result<Vec<Frame>, Failure> {
    let usage = |error: dataset::lerobot::LerobotError| Failure::usage(&error);
    if data.layout().is_ok() {
        return Ok(data.episode(episode).map_err(usage)?.frames.to_vec());
    }
    let length = data.row(episode).map_err(usage)?.length;
    let column = |name: &str| {
        let values = data.column_f32(episode, name).unwrap_or_default();
        let width = values.len() / length.max(1);
        move |frame: usize| values[frame * width..(frame + 1) * width].to_vec()
    };
    let (state, action) = (column("observation.state"), column("action"));
    Ok((0..length)
        .map(|frame| Frame { state: state(frame), action: action(frame), ..Frame::default() })
        .collect())
}

/// The figures of one episode.
pub fn measured(
    data: &Lerobot,
    episode: usize,
    frames: &[Frame],
    notes: &EpisodeNotes,
) -> EpisodeQuality {
    let fps = data.info().fps;
    let of = quality(frames, grippers(data), fps);
    let ours = data.layout().is_ok();
    let judged = ours || data.info().features.iter().any(|(name, _)| name == "next.success");
    let mut warnings = Vec::new();
    if of.idle > IDLE {
        let busy = busy_part(frames, grippers(data), fps);
        warnings.push(format!(
            "nothing moves in {:.0} % of it; its motion lasts from {:.1} to {:.1} s",
            100.0 * of.idle,
            busy.start as f64 / fps,
            busy.end as f64 / fps
        ));
    }
    if notes.dropped > 0 {
        warnings.push(format!("{} frames came too late", notes.dropped));
    }
    EpisodeQuality {
        episode,
        task: notes.task.clone(),
        frames: frames.len(),
        seconds: frames.len() as f64 / fps,
        success: judged.then_some(notes.success),
        idle: of.idle,
        jerk: of.jerk,
        path: of.path,
        closings: of.closings,
        human: ours.then_some(of.human),
        dropped: notes.dropped,
        tags: notes.tags.clone(),
        warnings,
    }
}

/// Marks what is odd beside the others.
pub fn compare(all: &mut [EpisodeQuality]) {
    let median = |value: &dyn Fn(&EpisodeQuality) -> f64| {
        let mut values: Vec<f64> = all.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.0)
    };
    let (jerk, seconds) = (median(&|of| of.jerk), median(&|of| of.seconds));
    for of in all.iter_mut() {
        if jerk > 0.0 && of.jerk > JERKY * jerk {
            of.warnings.push(format!("{:.1} times as jerky as most", of.jerk / jerk));
        }
        if of.seconds > LENGTH * seconds || of.seconds * LENGTH < seconds {
            of.warnings.push(format!("it lasts {:.1} s, most last {:.1} s", of.seconds, seconds));
        }
    }
}

/// The figures of every episode.
pub fn all_measured(data: &Lerobot) -> Result<Vec<EpisodeQuality>, Failure> {
    let mut all = Vec::new();
    for episode in 0..data.episodes().len() {
        let notes = data.notes(episode).map_err(|error| Failure::usage(&error))?;
        all.push(measured(data, episode, &frames(data, episode)?, &notes));
    }
    compare(&mut all);
    Ok(all)
}

/// What a data set holds.
pub fn described(data: &Lerobot, warnings: Vec<String>) -> DatasetReport {
    let info = data.info();
    DatasetReport {
        episodes: info.episodes,
        frames: info.frames,
        fps: info.fps,
        robot: info.robot.clone().unwrap_or_default(),
        tasks: data.tasks().to_vec(),
        features: info.features.iter().map(|(name, of)| feature_line(name, of)).collect(),
        warnings,
        ..DatasetReport::default()
    }
}

fn feature_line(name: &str, feature: &Feature) -> String {
    format!("{name}: {} {:?}", feature.dtype.name(), feature.shape)
}

/// Means and spreads, one line a feature.
pub fn stats_lines(stats: &Stats) -> Vec<String> {
    let list = |values: &[f64]| {
        let mut words: Vec<String> = values.iter().take(8).map(|v| format!("{v:.4}")).collect();
        if values.len() > 8 {
            words.push(format!("... {} in all", values.len()));
        }
        words.join(" ")
    };
    stats
        .iter()
        .map(|(name, of)| {
            format!("{name}: mean {} | std {} | n {}", list(&of.mean), list(&of.std), of.count)
        })
        .collect()
}
