//! A data set as a policy is trained on it: numbers in memory, pictures scaled once into a file that is
//! mapped.

use std::path::Path;
use std::sync::Arc;

use dataset::lerobot::{ACTION, ENVIRONMENT, FLOW, Lerobot, STATE, camera_stamp_feature};
use interface::{CameraLayout, Cancel, FrameLayout};
use nn::pictures::{PictureFile, PictureFileWriter};
use policy::{Demonstration, Demonstrations};
use session_api::{Event, Failure, ObserveChoice, Sink, TrainSpec};

use super::about::{Camera, TrainedOn};

/// Points of the task's object that a policy sees, of those that are recorded: the first are the
/// farthest apart.
pub const POINTS: usize = 16;

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
    /// Whether pictures come with the landmarks that their features are taught to tell.
    pub landmarks: bool,
    /// Where files of scaled pictures go.
    pub folder: &'a Path,
}

impl<'a> From<&'a TrainSpec> for Wanted<'a> {
    fn from(spec: &'a TrainSpec) -> Self {
        Self {
            dataset: &spec.dataset,
            episodes: spec.episodes,
            observe: spec.observe,
            landmarks: !spec.plain,
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
    let points = if sees(ObserveChoice::Points) { POINTS.min(layout.flow_points) } else { 0 };
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
        landmarks: if cameras.is_empty() || !wanted.landmarks { 0 } else { 3 * landmarks(&layout) },
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
        let actions = data.column_f32(episode, ACTION).map_err(usage)?;
        let frames = states.len() / set.state.max(1);
        about.longest = about.longest.max(frames);
        let flow = match points {
            0 => Vec::new(),
            _ => first_points(
                &data.column_f32(episode, FLOW).map_err(usage)?,
                layout.flow_points,
                points,
            ),
        };
        let taught = match set.landmarks {
            0 => Vec::new(),
            _ => where_things_are(&data, episode, &layout, frames).map_err(usage)?,
        };
        set.episodes.push(Demonstration {
            landmarks: taught,
            frames,
            states,
            actions,
            pictures: vec![],
            points: flow,
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
    for (camera, shown) in cameras.iter().zip(shown) {
        let path = wanted.folder.join(format!("pictures_{}_{side}", camera.name));
        let file = pictures(&data, &path, &camera.name, &shown, side, events, cancel)?;
        let mut first = 0;
        for (episode, shown) in set.episodes.iter_mut().zip(shown) {
            let count = shown.last().map_or(0, |last| last + 1);
            let part = file
                .part(shown.into_iter().map(|picture| first + picture).collect())
                .map_err(|error| Failure::usage(&error))?;
            episode.pictures.push(part);
            first += count;
        }
    }
    Ok(Lessons { set, about, seeds })
}

/// Landmarks of a frame: points of the task's object, then the things.
fn landmarks(layout: &FrameLayout) -> usize {
    POINTS.min(layout.flow_points) + layout.things.len()
}

/// Where the landmarks are in every frame, metres.
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
    let points = 3 * POINTS.min(layout.flow_points);
    let mut all = Vec::with_capacity(3 * frames * landmarks(layout));
    for frame in 0..frames {
        all.extend_from_slice(&flow[frame * 3 * layout.flow_points..][..points]);
        let poses = &poses[frame * 7 * layout.things.len()..][..7 * layout.things.len()];
        all.extend(poses.chunks_exact(7).flat_map(|pose| &pose[..3]));
    }
    Ok(all)
}

/// The first `count` of every frame's `of` points.
fn first_points(flow: &[f32], of: usize, count: usize) -> Vec<f32> {
    flow.chunks_exact(3 * of.max(1)).flat_map(|frame| &frame[..3 * count]).copied().collect()
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
        let flow: Vec<f32> = (0..12).map(|x| x as f32).collect();
        assert_eq!(first_points(&flow, 2, 1), [0.0, 1.0, 2.0, 6.0, 7.0, 8.0]);
    }
}
