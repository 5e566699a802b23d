//! A data set in another format.

use dataset::export::{Exporter, Hdf5Export, McapExport, Source};
use dataset::lerobot::Lerobot;
use interface::{Cancel, EpisodeNotes, Frame, FrameLayout, Image, Picture, Stamp};
use rerun_log::{Recording, Target};
use session_api::{Event, ExportFormat, Failure, Level, Sink};

use super::reading::grippers;
use crate::files::Written;

/// Quality of the JPEG pictures in a Rerun recording, of 100.
const JPEG_QUALITY: u8 = 90;

/// Writes every episode into the folder `out`.
pub fn export(
    data: &Lerobot,
    format: ExportFormat,
    out: &mut Written<'_>,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<(), Failure> {
    let layout = data.layout().map_err(|error| Failure::usage(&error))?.clone();
    if format == ExportFormat::Rrd {
        return recordings(data, &layout, out, events, cancel);
    }
    let hands = grippers(data);
    let usage = |error: dataset::export::ExportError| Failure::usage(&error);
    let mut exporter: Box<dyn Exporter> = match format {
        ExportFormat::Hdf5 => {
            Box::new(Hdf5Export::begin(&layout, hands, &out.path("demo.hdf5")).map_err(usage)?)
        }
        _ => Box::new(McapExport::begin(&layout, hands, &out.path("episodes")).map_err(usage)?),
    };
    each(data, &layout, events, cancel, &mut |notes, frames, pictures| {
        exporter.episode(Source { notes, frames, pictures }).map_err(usage)
    })?;
    let done = exporter.finish().map_err(usage)?;
    for warning in done.warnings {
        events(Event::Line(Level::Warning, warning));
    }
    done.files.into_iter().for_each(|file| out.took(file));
    Ok(())
}

type Pictured<'a> =
    &'a mut dyn FnMut(usize, usize) -> Result<Picture, dataset::export::PictureError>;

type Taken<'a> = &'a mut dyn FnMut(&EpisodeNotes, &[Frame], Pictured<'_>) -> Result<(), Failure>;

/// Hands every episode with its pictures to `take`.
fn each(
    data: &Lerobot,
    layout: &FrameLayout,
    events: Sink<'_>,
    cancel: &Cancel,
    take: Taken<'_>,
) -> Result<(), Failure> {
    let usage = |error: dataset::lerobot::LerobotError| Failure::usage(&error);
    let total = data.episodes().len();
    for number in 0..total {
        if cancel.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        let episode = data.episode(number).map_err(usage)?;
        let mut films = Vec::new();
        for camera in &layout.cameras {
            let stamps = data
                .column_f64(number, &dataset::lerobot::camera_stamp_feature(&camera.name))
                .map_err(usage)?;
            films.push((data.pictures(number, &camera.name).map_err(usage)?, stamps, camera));
        }
        take(&episode.notes, &episode.frames, &mut |camera, frame| {
            let (film, stamps, camera) = &mut films[camera];
            let image = film.get(frame)?;
            let depth = if camera.depth { data.depth(number, &camera.name, frame)? } else { None };
            let stamp = Stamp::from_secs(stamps.get(frame).copied().unwrap_or_default());
            Ok(Picture { stamp, image, depth })
        })?;
        events(Event::Progress { what: "episodes", done: number + 1, total });
    }
    Ok(())
}

/// One Rerun recording an episode.
fn recordings(
    data: &Lerobot,
    layout: &FrameLayout,
    out: &mut Written<'_>,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<(), Failure> {
    let mut number = 0;
    let mut files = Vec::new();
    each(data, layout, events, cancel, &mut |notes, frames, pictures| {
        let name = format!("episode_{number:06}");
        let path = out.path(&format!("{name}.rrd"));
        record(&name, &path, layout, notes, frames, pictures)?;
        files.push(path);
        number += 1;
        Ok(())
    })?;
    files.into_iter().for_each(|file| out.took(file));
    Ok(())
}

fn record(
    name: &str,
    path: &std::path::Path,
    layout: &FrameLayout,
    notes: &EpisodeNotes,
    frames: &[Frame],
    pictures: Pictured<'_>,
) -> Result<(), Failure> {
    let usage = |error: rerun_log::RerunError| Failure::usage(&error);
    let recording = Recording::open(name, &[Target::File(path.to_owned())]).map_err(usage)?;
    recording.at(0.0);
    recording.episode(layout, &notes.task).map_err(usage)?;
    let mut shown: Vec<Option<Stamp>> = vec![None; layout.cameras.len()];
    for (index, frame) in frames.iter().enumerate() {
        recording.at(index as f64 / f64::from(layout.fps));
        recording.frame(layout, frame).map_err(usage)?;
        for (camera, of) in layout.cameras.iter().enumerate() {
            let picture =
                pictures(camera, index).map_err(|error| Failure::Usage(error.to_string()))?;
            // A slow camera's picture is not written again.
            if shown[camera].replace(picture.stamp) != Some(picture.stamp) {
                recording.jpeg(&of.name, jpeg(&picture.image)?).map_err(usage)?;
            }
        }
    }
    recording.finish().map_err(usage)
}

/// A picture as the bytes of a JPEG file.
pub fn jpeg(image: &Image) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let flat: Vec<u8> = image.rgb.iter().flatten().copied().collect();
    let (width, height) = (image.width as u32, image.height as u32);
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)
        .encode(&flat, width, height, image::ExtendedColorType::Rgb8)
        .map_err(|error| Failure::Usage(format!("a picture cannot be written as JPEG: {error}")))?;
    Ok(bytes)
}
