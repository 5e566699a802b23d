//! A data set as a policy is trained on it: numbers in memory, pictures scaled once into a file that is
//! mapped.

use std::path::Path;
use std::sync::Arc;

use dataset::lerobot::{
    ENVIRONMENT, FLOW, Lerobot, REQUESTED, STATE, TOOL_POSE, camera_stamp_feature,
};
use interface::{CameraLayout, Cancel, FrameLayout};
use nn::pictures::{PictureFile, PictureFileWriter};
use policy::{Demonstration, Demonstrations, without_rests};
use session_api::{Event, Failure, ObserveChoice, Sink, SizeChoice, TrainSpec};

use super::about::{Camera, TrainedOn};
use super::key_points;

/// What there is to learn from.
pub struct Lessons {
    /// For the policy.
    pub set: Demonstrations,
    /// About it.
    pub about: TrainedOn,
    /// The seed of each episode, where it was simulated.
    pub seeds: Vec<Option<u64>>,
}

/// What is read of a data set.
pub struct Wanted<'a> {
    /// The data set.
    pub dataset: &'a Path,
    /// Only the first so many episodes.
    pub episodes: Option<usize>,
    /// What of it is seen.
    pub observe: ObserveChoice,
    /// Whether it is taken as published: whole, and without the landmarks that features of pictures are
    /// taught to tell.
    pub plain: bool,
    /// Where files of scaled pictures go.
    pub folder: &'a Path,
}

impl<'a> From<&'a TrainSpec> for Wanted<'a> {
    fn from(spec: &'a TrainSpec) -> Self {
        Self {
            dataset: &spec.dataset,
            episodes: spec.episodes,
            observe: spec.observe,
            plain: spec.plain || spec.size == SizeChoice::Paper,
            folder: &spec.out,
        }
    }
}

/// Reads a data set to learn from; pictures become squares of `side` pixels.
pub fn read(
    wanted: &Wanted<'_>,
    side: usize,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<Lessons, Failure> {
    let usage = |error: dataset::lerobot::LerobotError| Failure::usage(&error);
    let (data, _) = Lerobot::open(wanted.dataset).map_err(usage)?;
    let layout = data.layout().map_err(usage)?.clone();
    let episodes = data.episodes().len().min(wanted.episodes.unwrap_or(usize::MAX));
    if episodes == 0 {
        return Err(Failure::Usage(format!(
            "{} holds no episode to learn from",
            wanted.dataset.display()
        )));
    }
    let sees = |what| wanted.observe == what || wanted.observe == ObserveChoice::Both;
    let cameras: Vec<CameraLayout> = match sees(ObserveChoice::Images) {
        true => layout.cameras.clone(),
        false => Vec::new(),
    };
    if sees(ObserveChoice::Images) && cameras.is_empty() {
        return Err(Failure::Usage(format!(
            "{} holds no pictures; --observe points needs none",
            wanted.dataset.display()
        )));
    }
    let seen = key_points::count(layout.flow_points, layout.things.len());
    let points = if sees(ObserveChoice::Points) && layout.flow_points > 0 { seen } else { 0 };
    if sees(ObserveChoice::Points) && points == 0 {
        return Err(Failure::Usage(format!(
            "{} holds no points of the task's object; --observe images needs none",
            wanted.dataset.display()
        )));
    }
    let notes = data.notes(0).map_err(usage)?;
    let mut about = TrainedOn {
        task: notes.task.clone(),
        scene: notes.origin.as_ref().map(|origin| origin.scene.clone()),
        robot: layout.robot.clone(),
        joints: layout.joints.clone(),
        fps: layout.fps,
        camera_every: 1,
        cameras: cameras
            .iter()
            .map(|c| Camera { name: c.name.clone(), width: c.width, height: c.height })
            .collect(),
        episodes,
        longest: 0,
        seeds: None,
    };
    let mut set = Demonstrations {
        state: layout.joints.len(),
        action: layout.joints.len(),
        cameras: cameras.iter().map(|camera| camera.name.clone()).collect(),
        points,
        landmarks: if cameras.is_empty() || wanted.plain { 0 } else { 3 * seen },
        features: 0,
        episodes: Vec::with_capacity(episodes),
    };
    // For every camera and episode, which picture each frame shows.
    let mut shown = vec![Vec::new(); cameras.len()];
    let mut seeds = Vec::with_capacity(episodes);
    for episode in 0..episodes {
        let seed = data.notes(episode).map_err(usage)?.origin.map(|origin| origin.seed);
        seeds.push(seed);
        if let Some(seed) = seed {
            let [low, high] = about.seeds.unwrap_or([seed, seed]);
            about.seeds = Some([low.min(seed), high.max(seed)]);
        }
        let states = data.column_f32(episode, STATE).map_err(usage)?;
        // Where noise or a guard came between, what was asked is the way back.
        let actions = data.column_f32(episode, REQUESTED).map_err(usage)?;
        let frames = states.len() / set.state.max(1);
        about.longest = about.longest.max(frames);
        let shown_or_taught = match points + set.landmarks {
            0 => Vec::new(),
            _ => where_things_are(&data, episode, &layout, frames).map_err(usage)?,
        };
        let only = |wanted| if wanted { shown_or_taught.clone() } else { Vec::new() };
        set.episodes.push(Demonstration {
            landmarks: only(set.landmarks > 0),
            frames,
            states,
            actions,
            features: Vec::new(),
            pictures: vec![],
            points: only(points > 0),
        });
        for (camera, shown) in cameras.iter().zip(&mut shown) {
            let name = camera_stamp_feature(&camera.name);
            let stamps = data.column_f64(episode, &name).map_err(usage)?;
            shown.push(distinct(&stamps, frames));
        }
    }
    if let Some(first) = shown.first().and_then(|camera| camera.first()) {
        let pictures = first.last().map_or(1, |last| last + 1);
        about.camera_every = (first.len() as f64 / pictures as f64).round().max(1.0) as usize;
    }
    let kept: Vec<Vec<usize>> = match wanted.plain {
        true => set.lengths().into_iter().map(|frames| (0..frames).collect()).collect(),
        false => without_rests(&set),
    };
    for (camera, shown) in cameras.iter().zip(shown) {
        let path = wanted.folder.join(format!("pictures_{}_{side}", camera.name));
        let file = pictures(&data, &path, &camera.name, &shown, side, events, cancel)?;
        let mut first = 0;
        for ((episode, shown), kept) in set.episodes.iter_mut().zip(shown).zip(&kept) {
            let count = shown.last().map_or(0, |last| last + 1);
            let part = file
                .part(kept.iter().map(|frame| first + shown[*frame]).collect())
                .map_err(|error| Failure::usage(&error))?;
            episode.pictures.push(part);
            first += count;
        }
    }
    for (episode, kept) in set.episodes.iter_mut().zip(&kept) {
        episode.keep(kept);
    }
    Ok(Lessons { set, about, seeds })
}

/// The key points of every frame, metres.
fn where_things_are(
    data: &Lerobot,
    episode: usize,
    layout: &FrameLayout,
    frames: usize,
) -> Result<Vec<f32>, dataset::lerobot::LerobotError> {
    let column = |name, there: bool| match there {
        true => data.column_f32(episode, name),
        false => Ok(Vec::new()),
    };
    let flow = column(FLOW, layout.flow_points > 0)?;
    let poses = column(ENVIRONMENT, !layout.things.is_empty())?;
    let tools = data.column_f32(episode, TOOL_POSE)?;
    let (points, things) = (layout.flow_points, layout.things.len());
    let mut all = Vec::with_capacity(3 * frames * key_points::count(points, things));
    for frame in 0..frames {
        let flow = flow[frame * 3 * points..][..3 * points].as_chunks::<3>().0;
        let poses = &poses[frame * 7 * things..][..7 * things];
        key_points::add(&tools[frame * 7..][..7], flow, poses, &mut all);
    }
    Ok(all)
}

/// Which distinct picture each frame shows, by when it was taken.
fn distinct(stamps: &[f64], frames: usize) -> Vec<usize> {
    let mut number = 0;
    (0..frames)
        .map(|frame| {
            if frame > 0 && stamps.get(frame) != stamps.get(frame - 1) {
                number += 1;
            }
            number
        })
        .collect()
}

/// The distinct pictures of a camera over all episodes, scaled; made once, and mapped.
fn pictures(
    data: &Lerobot,
    path: &Path,
    camera: &str,
    shown: &[Vec<usize>],
    side: usize,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<Arc<PictureFile>, Failure> {
    let usage = |error: dataset::lerobot::LerobotError| Failure::usage(&error);
    let own = |error: nn::NnError| Failure::usage(&error);
    let count: usize = shown.iter().map(|shown| shown.last().map_or(0, |last| last + 1)).sum();
    // One of an earlier, interrupted training of the same data is as good.
    if let Ok(file) = PictureFile::open(path)
        && file.count() == count
        && file.size() == (side, side)
    {
        return Ok(file);
    }
    let mut writer = PictureFileWriter::create(path, (side, side)).map_err(own)?;
    for (episode, shown) in shown.iter().enumerate() {
        if cancel.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        let mut film = data.pictures(episode, camera).map_err(usage)?;
        for (frame, number) in shown.iter().enumerate() {
            if frame > 0 && *number == shown[frame - 1] {
                continue;
            }
            let image = film.get(frame).map_err(usage)?;
            let size = (image.height, image.width);
            writer.push(image.rgb.as_flattened(), size).map_err(own)?;
        }
        events(Event::Progress { what: "films", done: episode + 1, total: data.episodes().len() });
    }
    writer.finish().map_err(own)?;
    PictureFile::open(path).map_err(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_show_the_newest_picture() {
        assert_eq!(distinct(&[0.0, 0.0, 0.04, 0.04, 0.08], 5), [0, 0, 1, 1, 2]);
        assert_eq!(distinct(&[], 0), Vec::<usize>::new());
    }
}
