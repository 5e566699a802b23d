//! Films written, read back and refused.

use std::path::{Path, PathBuf};

use super::*;
use interface::Image;

/// A picture with gradients, edges and a square that moves.
fn frame(width: usize, height: usize, number: usize) -> Image {
    let pixel = |i: usize| {
        let (x, y) = (i % width, i / width);
        let inside = (x + width - number * 3 % width) % width < 20 && (10..30).contains(&y);
        if inside { [220, 60, 40] } else { [(x * 255 / width) as u8, (y * 255 / height) as u8, 90] }
    };
    Image { width, height, rgb: (0..width * height).map(pixel).collect() }
}

fn signal_to_noise(a: &Image, b: &Image) -> f64 {
    let squares: f64 = (0..a.height)
        .flat_map(|y| (0..a.width).map(move |x| (x, y)))
        .flat_map(|(x, y)| {
            let (p, q) = (a.rgb[y * a.width + x], b.rgb[y * b.width + x]);
            (0..3).map(move |k| (f64::from(p[k]) - f64::from(q[k])).powi(2))
        })
        .sum();
    let mean = squares / (a.width * a.height * 3) as f64;
    10.0 * (255.0 * 255.0 / mean.max(1e-9)).log10()
}

fn film(folder: &Path, width: usize, height: usize, frames: usize) -> PathBuf {
    let path = folder.join("film.mp4");
    let options = FilmOptions { keyframe_every: 4, ..FilmOptions::for_reading(25.0) };
    let mut writer = Mp4Writer::with_options(&path, width, height, options).unwrap();
    for number in 0..frames {
        writer.push(&frame(width, height, number)).unwrap();
    }
    assert!(!path.exists(), "the film appears when it is finished");
    writer.finish().unwrap();
    path
}

#[test]
fn frames_come_back_at_their_times() {
    for (width, height) in [(160, 96), (161, 97)] {
        let folder = tempfile::tempdir().unwrap();
        let clip = read_mp4(film(folder.path(), width, height, 10)).unwrap();
        assert_eq!(clip.frames.len(), 10);
        assert!(clip.warnings.is_empty(), "{:?}", clip.warnings);
        for (number, (got, time)) in clip.frames.iter().zip(&clip.times).enumerate() {
            assert_eq!(
                (got.width, got.height),
                (width.next_multiple_of(2), height.next_multiple_of(2))
            );
            let quality = signal_to_noise(&frame(width, height, number), got);
            assert!(quality > 33.0, "frame {number}: {quality} dB");
            assert!((time - number as f64 / 25.0).abs() < 1e-4);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no remains");
    }
}

#[test]
fn an_independent_player_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let path = film(folder.path(), 160, 96, 10);
    let entries = "stream=codec_name,width,height,pix_fmt,r_frame_rate,nb_frames";
    let probe = std::process::Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", entries, "-of", "default=nw=1"])
        .arg(&path)
        .output();
    let Ok(probe) = probe else {
        println!("skipped: ffprobe is not installed");
        return;
    };
    let said = String::from_utf8_lossy(&probe.stdout).into_owned();
    for expected in [
        "codec_name=h264",
        "width=160",
        "height=96",
        "pix_fmt=yuv420p",
        "r_frame_rate=25/1",
        "nb_frames=10",
    ] {
        assert!(said.contains(expected), "{expected} is not in: {said}");
    }
    assert!(probe.stderr.is_empty(), "{}", String::from_utf8_lossy(&probe.stderr));
    let bytes = std::fs::read(&path).unwrap();
    let find = |name: &[u8]| bytes.windows(4).position(|w| w == name).unwrap();
    assert!(find(b"moov") < find(b"mdat"), "the index comes first");
}

#[test]
fn senseless_films_are_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mp4");
    let check = |result: Result<Mp4Writer, VideoError>, expected: &str| {
        assert_eq!(result.err().unwrap().to_string(), expected);
    };
    let large = "a film of 8000 x 10 pixels cannot be written; 16 x 16 to 3840 x 2160 can";
    check(Mp4Writer::create(&path, 8000, 10, 25.0), large);
    let still = "a film of 0 frames a second cannot be written; 0.1 to 240 can";
    check(Mp4Writer::create(&path, 64, 64, 0.0), still);
    let coarse = "a quantiser of 52 cannot be used; 12 (finest) to 51 (coarsest) can";
    let options = FilmOptions { quantiser: 52, ..FilmOptions::for_reading(25.0) };
    check(Mp4Writer::with_options(&path, 64, 64, options), coarse);
    let mut writer = Mp4Writer::create(&path, 64, 64, 25.0).unwrap();
    let wrong = writer.push(&frame(32, 64, 0)).unwrap_err().to_string();
    assert_eq!(wrong, "frame 0 has 32 x 64 pixels, the film 64 x 64");
    let empty = writer.finish().unwrap_err().to_string();
    assert!(empty.ends_with("was finished without a frame; nothing was written"), "{empty}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no remains");
}

/// Frame k is at k / fps to the last bit, whatever the rate; the first one stands for itself.
#[test]
fn times_are_exact() {
    for fps in [12.5, 20.0, 25.0, 29.97, 30.0, 50.0, 60.0, 100.0] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.mp4");
        let options = FilmOptions::for_reading(fps);
        let mut writer = Mp4Writer::with_options(&path, 32, 16, options).unwrap();
        (0..7).for_each(|number| writer.push(&frame(32, 16, number)).unwrap());
        writer.finish().unwrap();
        let film = Film::open(&path).unwrap();
        let rate = film.constant_rate().unwrap();
        assert_eq!(rate, FrameRate::from_hz(fps).unwrap());
        for frame in 0..7 {
            let ticks = u64::try_from(film.ticks(frame).unwrap()).unwrap();
            let scale = u64::from(film.timescale());
            assert_eq!(ticks * u64::from(rate.num), frame as u64 * u64::from(rate.den) * scale);
            assert_eq!(film.is_key(frame), frame % 2 == 0);
            assert_eq!(film.frame_at(frame as f64 / fps), Some(frame));
        }
        assert_eq!((film.codec(), film.frames()), (&Codec::H264, 7));
        assert!((film.end() - 7.0 / rate.hz()).abs() < 1e-12);
    }
}

/// A finer quantiser is larger and nearer; the same pictures are the same bytes.
#[test]
fn the_quantiser_is_the_fineness() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, quantiser: u8| {
        let path = folder.path().join(name);
        let options = FilmOptions { quantiser, ..FilmOptions::for_reading(30.0) };
        let mut writer = Mp4Writer::with_options(&path, 96, 64, options).unwrap();
        (0..6).for_each(|number| writer.push(&frame(96, 64, number)).unwrap());
        writer.finish().unwrap();
        let clip = read_mp4(&path).unwrap();
        let worst =
            clip.frames.iter().zip(0..).map(|(got, n)| signal_to_noise(&frame(96, 64, n), got));
        (std::fs::read(&path).unwrap(), worst.fold(f64::INFINITY, f64::min))
    };
    let kinds = [18, 26, 34].map(|quantiser| write("film.mp4", quantiser));
    assert!(kinds.is_sorted_by(|a, b| a.0.len() > b.0.len() && a.1 > b.1));
    assert_eq!(write("again.mp4", 26).0, kinds[1].0);
}

/// Loaders read on many threads, each its own film.
#[test]
fn films_and_writers_go_to_other_threads() {
    fn check<T: Send>() {}
    check::<Film>();
    check::<Mp4Writer>();
}

#[test]
fn an_unfinished_film_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mp4");
    std::fs::write(&path, "what was there").unwrap();
    let mut writer = Mp4Writer::create(&path, 64, 64, 25.0).unwrap();
    writer.push(&frame(64, 64, 0)).unwrap();
    drop(writer);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "what was there");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no remains");
    let nowhere = folder.path().join("no folder").join("film.mp4");
    let said = Mp4Writer::create(&nowhere, 64, 64, 25.0).err().unwrap().to_string();
    assert!(said.contains("no folder/film.mp4.part could not be written: "), "{said}");
}

/// `/dev/full` is a disk without room.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mp4");
    std::os::unix::fs::symlink("/dev/full", folder.path().join("film.mp4.part")).unwrap();
    let mut writer = Mp4Writer::create(&path, 64, 64, 25.0).unwrap();
    writer.push(&frame(64, 64, 0)).unwrap();
    let said = writer.finish().unwrap_err().to_string();
    assert!(said.contains("film.mp4.part could not be written: No space left"), "{said}");
    // A long film meets the end of the disk earlier.
    std::os::unix::fs::symlink("/dev/full", folder.path().join("film.mp4.part")).unwrap();
    let options = FilmOptions { quantiser: 12, ..FilmOptions::for_reading(25.0) };
    let mut writer = Mp4Writer::with_options(&path, 640, 480, options).unwrap();
    let failed = (0..1000).find_map(|number| writer.push(&frame(640, 480, number)).err());
    let said = failed.unwrap().to_string();
    assert!(said.contains("film.mp4.part could not be written: No space left"), "{said}");
    let said = writer.push(&frame(640, 480, 0)).unwrap_err().to_string();
    assert!(said.ends_with("given up when an earlier frame could not be written"), "{said}");
    assert!(writer.finish().is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no remains");
}
