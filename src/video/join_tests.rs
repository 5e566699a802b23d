//! Films joined and cut, by what comes out.

use std::path::{Path, PathBuf};

use interface::Image;

use crate::fixture_tests::fixture;
use crate::{Codec, Cut, Film, FilmOptions, Mp4Writer, Span, concatenate, read_mp4};

/// Writes a film of `frames` shades that begin at `first`.
fn film(path: &Path, size: usize, fps: f64, first: usize, frames: usize) -> PathBuf {
    let mut writer =
        Mp4Writer::with_options(path, size, 32, FilmOptions::for_reading(fps)).unwrap();
    for shade in first..first + frames {
        let rgb = vec![[(shade * 5 % 200) as u8, 90, 20]; size * 32].into();
        writer.push(&Image { width: size, height: 32, rgb }).unwrap();
    }
    writer.finish().unwrap();
    path.to_path_buf()
}

fn frames(path: &Path) -> Vec<Image> {
    let clip = read_mp4(path).unwrap();
    assert!(clip.warnings.is_empty(), "{:?}", clip.warnings);
    clip.frames
}

fn fixture(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn joined_films_hold_the_same_pictures_at_their_times() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let inputs = [
        film(&at("a.mp4"), 48, 20.0, 0, 5),
        film(&at("b.mp4"), 48, 20.0, 5, 1),
        film(&at("c.mp4"), 48, 20.0, 6, 8),
    ];
    let apart: Vec<Image> = inputs.iter().flat_map(|path| frames(path)).collect();
    let spans = concatenate(&inputs, at("all.mp4")).unwrap();
    let expected = [(0, 5, 0.0, 0.25), (5, 1, 0.25, 0.3), (6, 8, 0.3, 0.7)];
    let expected = expected.map(|(first, frames, start, end)| Span { first, frames, start, end });
    assert_eq!(spans, expected);
    assert_eq!(frames(&at("all.mp4")), apart);
    let all = Film::open(at("all.mp4")).unwrap();
    assert_eq!((all.fps(), all.frames()), (20.0, 14));
    for span in spans {
        assert_eq!(all.frame_at(span.start), Some(span.first));
        assert!(all.is_key(span.first));
    }
    // An input may be what is replaced, as when an episode is appended to a shared film.
    concatenate(&[at("all.mp4"), inputs[0].clone()], at("all.mp4")).unwrap();
    let longer = [apart.clone(), apart[..5].to_vec()].concat();
    assert_eq!(frames(&at("all.mp4")), longer);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4, "no remains");
}

/// Reordered frames and AV1 are joined as they are.
#[test]
fn films_of_others_are_joined() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.mp4");
    for (bytes, codec) in [
        (fixture!("h264_high").0, Codec::H264),
        (fixture!("h264_pyramid").0, Codec::H264),
        (fixture!("av1_gop").0, Codec::Av1),
    ] {
        let path = fixture(folder.path(), "in.mp4", bytes);
        concatenate(&[path.clone(), path.clone()], &out).unwrap();
        let once = frames(&path);
        assert_eq!(frames(&out), [once.clone(), once].concat());
        let film = Film::open(&out).unwrap();
        assert_eq!((film.codec(), film.ticks(0), film.fps()), (&codec, Some(0), 30.0));
    }
    // What cannot be decoded here can be joined all the same.
    let path = fixture(folder.path(), "in.mp4", fixture!("hevc").0);
    concatenate(&[path.clone(), path], &out).unwrap();
    assert_eq!(Film::open(&out).unwrap().frames(), 4);
}

#[test]
fn films_that_do_not_fit_are_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let out = at("out.mp4");
    let first = film(&at("a.mp4"), 48, 20.0, 0, 3);
    let check = |other: PathBuf, expected: &str| {
        let said = concatenate(&[first.clone(), other], &out).unwrap_err().to_string();
        assert!(said.ends_with(expected), "{said}");
        assert!(!out.exists());
    };
    check(film(&at("b.mp4"), 64, 20.0, 0, 3), ": it has 64 x 32 pixels, the other 48 x 32 pixels");
    let faster = ": it has 25 frames a second, the other 20";
    check(film(&at("b.mp4"), 48, 25.0, 0, 3), faster);
    let refused = |names: [&[u8]; 2], expected: &str| {
        let inputs = [fixture(folder.path(), "c", names[0]), fixture(folder.path(), "d", names[1])];
        let said = concatenate(&inputs, &out).unwrap_err().to_string();
        assert!(said.ends_with(expected), "{said}");
    };
    let (high, main) = (fixture!("h264_high").0, fixture!("h264_main").0);
    refused([high, main], ": its encoder was set up differently");
    refused([high, fixture!("av1_gop").0], ": its video is AV1, that of the other H.264");
    refused([high, fixture!("h264_cut").0], ": its first frame cannot be decoded by itself");
    assert!(concatenate(&[], &out).unwrap_err().to_string().ends_with("nothing was written"));
    check(at("missing.mp4"), "missing.mp4: No such file or directory (os error 2)");
}

#[test]
fn a_part_is_copied_where_it_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.mp4");
    let check = |bytes: &[u8], from: usize, to: usize, expected: Cut| {
        let path = fixture(folder.path(), "in.mp4", bytes);
        let mut film = Film::open(&path).unwrap();
        assert_eq!(film.copy_range(from, to, &out).unwrap(), expected, "{from} to {to}");
        let (whole, part) = (frames(&path), frames(&out));
        assert_eq!(part.len(), to - from);
        for (got, want) in part.iter().zip(&whole[from..to]) {
            let pairs = || got.rgb.iter().flatten().zip(want.rgb.iter().flatten());
            let error: u64 = pairs().map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            let mean = error as f64 / pairs().count() as f64;
            assert!(mean < if expected == Cut::Copied { 1e-9 } else { 4.0 }, "{mean}");
        }
        let part = Film::open(&out).unwrap();
        assert_eq!((part.ticks(0), part.constant_rate()), (Some(0), film.constant_rate()));
        assert!(part.is_key(0));
    };
    let own = film(&folder.path().join("own.mp4"), 48, 20.0, 0, 12);
    let own = std::fs::read(own).unwrap();
    check(&own, 4, 9, Cut::Copied);
    check(&own, 0, 12, Cut::Copied);
    check(&own, 3, 9, Cut::Encoded);
    let (av1, high) = (fixture!("av1_lerobot").0, fixture!("h264_high").0);
    check(av1, 6, 7, Cut::Copied);
    check(av1, 7, 9, Cut::Encoded);
    check(high, 8, 16, Cut::Copied);
    // The last frame of the part needs one after it.
    check(high, 8, 10, Cut::Encoded);
    check(fixture!("h264_open").0, 8, 16, Cut::Encoded);
    check(fixture!("h264_cut").0, 0, 5, Cut::Encoded);
    let mut film = Film::from_bytes(own).unwrap();
    let said = film.copy_range(5, 13, &out).unwrap_err().to_string();
    assert_eq!(said, "the film has no frames 5 to 13; it has 12, counted from 0");
    assert!(film.copy_range(5, 5, &out).is_err());
}
