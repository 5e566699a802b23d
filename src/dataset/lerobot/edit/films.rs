//! The films of a new data set: linked where all their episodes stay whole, cut where not, and joined
//! up to a size where few large ones are wanted.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use video::{Codec, Film, FilmOptions, Mp4Writer, Span, VideoError, concatenate};

use super::links::{link, make_room};
use super::plan::{Limits, Piece, Plan};
use crate::lerobot::episodes::EpisodeRow;
use crate::lerobot::info::Info;
use crate::lerobot::{FilePlace, FilmPlace, Lerobot, LerobotError, durable, paths};

/// How far the rates of a film and its data set may lie apart, as a share: what is called 29.97 is
/// 30000/1001.
const SAME_RATE: f64 = 1e-4;

/// A film for some episodes that is not in its place yet.
struct Part {
    path: PathBuf,
    /// It was cut for this; otherwise it belongs to a source.
    cut: bool,
    bytes: u64,
    users: Vec<User>,
}

/// An episode whose pictures lie in a part.
struct User {
    /// Its number in the new data set.
    row: usize,
    length: usize,
    from_s: f64,
    to_s: f64,
}

/// Makes the films of the data set that grows in `root` and notes in `rows` where they are.
pub(super) fn write(
    plan: &Plan<'_>,
    root: &Path,
    info: &Info,
    limits: &Limits,
    rows: &mut [EpisodeRow],
) -> Result<(), LerobotError> {
    for camera in info.films() {
        let mut parts = parts(plan, root, info, camera)?;
        let mut place = FilePlace::default();
        while !parts.is_empty() {
            let path = paths::film(root, info, camera, place);
            for (user, from_s, to_s) in join(&mut parts, limits, &path)? {
                if let Some(row) = rows.get_mut(user) {
                    row.films.push((camera.to_owned(), FilmPlace { place, from_s, to_s }));
                }
            }
            place = place.next(info.chunk_size);
        }
    }
    Ok(())
}

/// What the films of a camera are made of, in the order of the episodes.
fn parts(
    plan: &Plan<'_>,
    root: &Path,
    info: &Info,
    camera: &str,
) -> Result<VecDeque<Part>, LerobotError> {
    let stay = staying(plan, camera)?;
    let mut parts: VecDeque<Part> = VecDeque::new();
    let mut of_film: HashMap<PathBuf, usize> = HashMap::new();
    // Pieces of one film mostly follow each other: it is opened once.
    let mut open: Option<(PathBuf, Film)> = None;
    for (row, piece) in plan.pieces.iter().enumerate() {
        let set = plan.source(piece.source)?;
        let path = set.film_path(piece.episode, camera)?;
        let length = piece.frames.len();
        let at = set.row(piece.episode)?.film(camera).copied().unwrap_or_default();
        if plan.is_whole(piece) && stay.contains(&path) {
            let user = User { row, length, from_s: at.from_s, to_s: at.to_s };
            if let Some(part) = of_film.get(&path).and_then(|number| parts.get_mut(*number)) {
                part.users.push(user);
                continue;
            }
            of_film.insert(path.clone(), parts.len());
            parts.push_back(Part { bytes: size(&path)?, path, cut: false, users: vec![user] });
            continue;
        }
        let film = match &mut open {
            Some((name, film)) if *name == path => film,
            open => {
                let film = Film::open(&path).map_err(wrong(&path))?;
                &mut open.insert((path.clone(), film)).1
            }
        };
        let out = paths::staging(root).join(format!("cut-{}.mp4", parts.len()));
        make_room(&out)?;
        cut(film, &path, set, piece, at.from_s, &out)?;
        let user = User { row, length, from_s: 0.0, to_s: length as f64 / info.fps };
        parts.push_back(Part { bytes: size(&out)?, path: out, cut: true, users: vec![user] });
    }
    Ok(parts)
}

/// The films of a camera all of whose episodes stay whole.
fn staying(plan: &Plan<'_>, camera: &str) -> Result<HashSet<PathBuf>, LerobotError> {
    let whole: HashSet<(usize, usize)> =
        plan.pieces.iter().filter(|p| plan.is_whole(p)).map(|p| (p.source, p.episode)).collect();
    let (mut stay, mut broken) = (HashSet::new(), HashSet::new());
    for (number, set) in plan.sources().iter().enumerate() {
        for episode in 0..set.episodes().len() {
            let path = set.film_path(episode, camera)?;
            if whole.contains(&(number, episode)) { &mut stay } else { &mut broken }.insert(path);
        }
    }
    // The same data set may stand twice in a plan, each time with other episodes.
    Ok(stay.difference(&broken).cloned().collect())
}

/// Takes the pictures of a piece out of its film, which begins `from_s` seconds into it.
fn cut(
    film: &mut Film,
    path: &Path,
    set: &Lerobot,
    piece: &Piece,
    from_s: f64,
    out: &Path,
) -> Result<(), LerobotError> {
    let fps = set.info().fps;
    let at = |frame: usize| {
        film.frame_at(from_s + frame as f64 / fps).ok_or_else(|| {
            let (frames, episode) = (film.frames(), piece.episode);
            let problem =
                format!("it ends after {frames} frames, before frame {frame} of episode {episode}");
            LerobotError::invalid(path, problem)
        })
    };
    let shown: Vec<usize> = piece.frames.clone().map(at).collect::<Result<_, _>>()?;
    let (Some(first), Some(last)) = (shown.first().copied(), shown.last().copied()) else {
        return Err(LerobotError::NoFrames);
    };
    let even = film.constant_rate().is_some_and(|r| (r.hz() - fps).abs() < fps * SAME_RATE);
    if even && last + 1 == first + shown.len() {
        return film.copy_range(first, last + 1, out).map(drop).map_err(wrong(path));
    }
    // A film of another rate than its data set: each frame's picture, one after the other.
    let options = FilmOptions::for_reading(fps);
    let mut writer =
        Mp4Writer::with_options(out, film.width(), film.height(), options).map_err(wrong(out))?;
    for frame in shown {
        let image = film.frame(frame).map_err(wrong(path))?;
        writer.push(&image).map_err(wrong(out))?;
    }
    writer.finish().map_err(wrong(out))
}

/// Puts the first part in its place, with those behind it that fit into the same film, and says for
/// each of their episodes from when to when it is shown there.
fn join(
    parts: &mut VecDeque<Part>,
    limits: &Limits,
    to: &Path,
) -> Result<Vec<(usize, f64, f64)>, LerobotError> {
    let mut count = fitting(parts, limits);
    make_room(to)?;
    let mut spans = Vec::new();
    while count > 1 {
        let paths: Vec<PathBuf> = parts.iter().take(count).map(|p| p.path.clone()).collect();
        match concatenate(&paths, to) {
            Ok(all) => {
                spans = all;
                break;
            }
            // Other coding, or no even rate: the film ends before that one, or is the first alone.
            Err(VideoError::Mismatch { film, .. } | VideoError::NoConstantRate { film }) => {
                let other = paths.iter().position(|path| path.display().to_string() == film);
                count = other.unwrap_or(1).clamp(1, count - 1);
            }
            Err(error) => return Err(wrong(to)(error)),
        }
    }
    let mut shown = Vec::new();
    if spans.is_empty() {
        let Some(part) = parts.pop_front() else { return Ok(shown) };
        if part.cut {
            fs::rename(&part.path, to).map_err(LerobotError::io(to))?;
        } else {
            link(&part.path, to)?;
        }
        shown.extend(part.users.iter().map(|user| (user.row, user.from_s, user.to_s)));
        return Ok(shown);
    }
    for (part, span) in parts.drain(..count).zip(spans) {
        shown.extend(in_span(&part, &span)?);
        if part.cut {
            durable::remove(&part.path)?;
        }
    }
    Ok(shown)
}

/// How many parts from the first on make one film.
fn fitting(parts: &VecDeque<Part>, limits: &Limits) -> usize {
    let Some(limit) = limits.films else { return 1 };
    let joined = |part: &Part| part.cut || limits.join_whole;
    let mut bytes = 0_u64;
    let fits = |part: &&Part| {
        let first = bytes == 0;
        bytes = bytes.saturating_add(part.bytes.max(1));
        first || bytes < limit
    };
    parts.iter().take_while(|part| joined(part)).take_while(fits).count().max(1)
}

/// From when to when the episodes of a part are shown in the film that has it in `span`.
fn in_span(part: &Part, span: &Span) -> Result<Vec<(usize, f64, f64)>, LerobotError> {
    let film = Film::open(&part.path).map_err(wrong(&part.path))?;
    let rate = film.constant_rate().map_or(film.fps(), video::FrameRate::hz);
    let place = |user: &User| {
        let first = film.frame_at(user.from_s).ok_or_else(|| {
            let problem = format!("it ends before {} s, where an episode begins", user.from_s);
            LerobotError::invalid(&part.path, problem)
        })?;
        let time = |frame: usize| frame as f64 / rate;
        let first = span.first + first;
        Ok((user.row, time(first), time(first + user.length)))
    };
    part.users.iter().map(place).collect()
}

/// Says in the features how the first film of each camera is coded, where that is not what they say.
pub(super) fn describe(root: &Path, info: &mut Info) -> Result<(), LerobotError> {
    let cameras: Vec<String> = info.films().map(str::to_owned).collect();
    for camera in cameras {
        let path = paths::film(root, info, &camera, FilePlace::default());
        // What nobody here can open was linked, and is what it was.
        let Ok(film) = Film::open(&path) else { continue };
        let codec = match film.codec() {
            Codec::H264 => "h264",
            Codec::Av1 => "av1",
            Codec::Other(_) => continue,
        };
        let feature = info.features.iter_mut().find(|(name, _)| *name == camera);
        let about =
            feature.and_then(|(_, f)| f.more.get_mut("info")).and_then(Value::as_object_mut);
        if let Some(about) = about.filter(|about| about.get("video.codec") != Some(&codec.into())) {
            about.insert("video.codec".into(), codec.into());
            about.insert("video.pix_fmt".into(), "yuv420p".into());
            // The settings of the encoder that it was.
            for key in ["g", "crf", "preset", "fast_decode", "video_backend", "extra_options"] {
                about.remove(&format!("video.{key}"));
            }
        }
    }
    Ok(())
}

fn size(path: &Path) -> Result<u64, LerobotError> {
    fs::metadata(path).map(|about| about.len()).map_err(LerobotError::io(path))
}

fn wrong(path: &Path) -> impl Fn(VideoError) -> LerobotError + '_ {
    move |source| LerobotError::Film { path: path.to_owned(), source }
}
