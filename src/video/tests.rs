//! Films written, read back and refused.

use super::*;
use interface::Image;
use proptest::prelude::*;

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

fn film(
    folder: &std::path::Path,
    width: usize,
    height: usize,
    frames: usize,
) -> std::path::PathBuf {
    let path = folder.join("film.mp4");
    let mut writer = Mp4Writer::with_keyframes(&path, width, height, 25.0, 4).unwrap();
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
    let mut writer = Mp4Writer::create(&path, 64, 64, 25.0).unwrap();
    let wrong = writer.push(&frame(32, 64, 0)).unwrap_err().to_string();
    assert_eq!(wrong, "frame 0 has 32 x 64 pixels, the film 64 x 64");
    let empty = writer.finish().unwrap_err().to_string();
    assert!(empty.ends_with("was finished without a frame; nothing was written"), "{empty}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no remains");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Whatever happened to a file on its way, reading it ends with frames or with a sentence.
    #[test]
    fn mutated_files_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        cut in any::<prop::sample::Index>(),
        shorten in any::<bool>(),
    ) {
        static FILM: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::read(film(folder.path(), 64, 48, 4)).unwrap()
        });
        let mut bytes = FILM.clone();
        for (at, value) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        if shorten {
            bytes.truncate(cut.index(bytes.len()));
        }
        match decode_mp4(&bytes) {
            Ok(clip) => prop_assert_eq!(clip.frames.len(), clip.times.len()),
            Err(e) => prop_assert!(!e.to_string().is_empty()),
        }
    }
}
