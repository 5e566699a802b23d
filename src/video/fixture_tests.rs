//! Films that others wrote, against what an independent decoder sees in them (`fixtures/make.py`).

use crate::yuv::Picture;
use crate::{Codec, Film, VideoError, decode_mp4};

/// A film and the page about it.
macro_rules! fixture {
    ($name:literal) => {
        (
            include_bytes!(concat!("fixtures/", $name, ".mp4")).as_slice(),
            include_str!(concat!("fixtures/", $name, ".txt")),
        )
    };
}
pub(crate) use fixture;

fn open(film: &[u8]) -> Film {
    Film::from_bytes(film.to_vec()).unwrap()
}

/// FNV-1a of the planes.
fn hash(picture: &Picture) -> u64 {
    picture.planes.iter().flatten().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// Mean red, green and blue of every block of 8 x 8 pixels.
fn means(picture: &Picture) -> Vec<f64> {
    let image = picture.image();
    let mut sums = vec![0.0; image.width / 8 * (image.height / 8) * 3];
    for (at, pixel) in image.rgb.iter().enumerate() {
        let (x, y) = (at % image.width / 8, at / image.width / 8);
        for (channel, value) in pixel.iter().enumerate() {
            sums[(y * (image.width / 8) + x) * 3 + channel] += f64::from(*value) / 64.0;
        }
    }
    sums
}

/// One line of a page.
struct Seen {
    ticks: i64,
    key: bool,
    hash: u64,
    means: Vec<f64>,
}

fn page(text: &str) -> Vec<Seen> {
    let line = |line: &str| {
        let mut words = line.split(' ');
        let mut word = || words.next().unwrap();
        let (ticks, key) = (word().parse().unwrap(), word() == "1");
        let hash = u64::from_str_radix(word(), 16).unwrap();
        let hex = word();
        let byte = |at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
        Seen { ticks, key, hash, means: (0..hex.len()).step_by(2).map(byte).collect() }
    };
    text.lines().skip(1).map(line).collect()
}

/// Every frame at its time, with just the planes of the other decoder and nearly its colours.
fn check((film, text): (&[u8], &str), codec: &Codec) {
    let mut film = open(film);
    let seen = page(text);
    assert_eq!(film.codec(), codec);
    assert_eq!((film.width(), film.height()), (64, 48));
    assert_eq!(film.frames(), seen.len());
    assert_eq!(film.fps(), 30.0);
    let first = seen[0].ticks;
    for (frame, seen) in seen.iter().enumerate() {
        assert_eq!(film.ticks(frame), Some(seen.ticks), "frame {frame}");
        let seconds = (seen.ticks - first) as f64 / f64::from(film.timescale());
        assert_eq!((seconds * 30.0).round() as usize, frame);
        assert_eq!(film.frame_at(film.time(frame).unwrap()), Some(frame));
        assert_eq!(film.is_key(frame), seen.key, "frame {frame}");
        let picture = film.picture(frame).unwrap();
        assert_eq!(hash(picture), seen.hash, "frame {frame}");
        let means = means(picture);
        let errors = means.iter().zip(&seen.means).map(|(a, b)| (a - b).abs());
        assert!(errors.clone().fold(0.0, f64::max) < 3.2, "frame {frame}");
        // swscale rounds down where we round, hence a mean of about one.
        assert!(errors.sum::<f64>() / (means.len() as f64) < 1.5, "frame {frame}");
    }
    // In any other order the pictures are the same.
    for step in [7, 3, 11] {
        for number in 0..seen.len() {
            let frame = (number * step + 5) % seen.len();
            assert_eq!(hash(film.picture(frame).unwrap()), seen[frame].hash, "frame {frame}");
        }
    }
    assert_eq!(film.range(0..seen.len()).filter(Result::is_ok).count(), seen.len());
}

#[test]
fn h264_as_data_sets_hold_it() {
    check(fixture!("h264_lerobot"), &Codec::H264);
    check(fixture!("h264_baseline"), &Codec::H264);
}

#[test]
fn av1_as_data_sets_hold_it() {
    check(fixture!("av1_lerobot"), &Codec::Av1);
    check(fixture!("av1_gop"), &Codec::Av1);
}

#[test]
fn reordered_frames_come_in_the_order_of_showing() {
    check(fixture!("h264_high"), &Codec::H264);
    check(fixture!("h264_pyramid"), &Codec::H264);
    check(fixture!("h264_open"), &Codec::H264);
    check(fixture!("h264_main"), &Codec::H264);
}

#[test]
fn colours_follow_the_tags() {
    check(fixture!("h264_bt709"), &Codec::H264);
}

#[test]
fn fragments_and_edit_lists_are_understood() {
    check(fixture!("h264_fragmented"), &Codec::H264);
    check(fixture!("h264_cut"), &Codec::H264);
}

#[test]
fn other_films_are_refused_with_a_sentence() {
    let check = |(film, _): (&[u8], &str), expected: &str| {
        let mut film = open(film);
        assert_eq!(film.frames(), 2);
        assert_eq!(film.frame(0).unwrap_err().to_string(), expected);
    };
    check(
        fixture!("hevc"),
        "the film cannot be read: its video is H.265 (`hev1`); H.264 and AV1 can be decoded",
    );
    check(
        fixture!("h264_10bit"),
        "the film cannot be read: its H.264 has 10 bits a value; 8 can be decoded",
    );
    let none = decode_mp4(b"RIFF....AVI LIST").unwrap_err().to_string();
    let expected = "the film cannot be read: its box `....` claims 1380533830 bytes, 16 are there";
    assert_eq!(none, expected);
    let text = decode_mp4(b"").unwrap_err().to_string();
    assert!(text.ends_with("it is no mp4 file, or lost its end: it has no box `moov`"), "{text}");
}

#[test]
fn frames_outside_are_refused_with_a_sentence() {
    let mut film = open(fixture!("av1_gop").0);
    let expected = "the film has no frame 16; it has 16, counted from 0";
    assert_eq!(film.frame(16).unwrap_err().to_string(), expected);
    assert!(matches!(film.frame(usize::MAX), Err(VideoError::NoSuchFrame { .. })));
    assert_eq!((film.time(16), film.ticks(usize::MAX), film.is_key(99)), (None, None, false));
    assert_eq!((film.frame_at(-0.02), film.frame_at(0.53)), (None, None));
    assert_eq!((film.frame_at(-0.01), film.frame_at(0.51)), (Some(0), Some(15)));
    assert_eq!(film.frame_at(f64::NAN), None);
    assert!((film.end() - 16.0 / 30.0).abs() < 1e-12);
}

/// A group that lost its middle: what comes before is shown, what follows is refused, the next
/// group is well.
#[test]
fn damage_stays_in_its_group() {
    let (bytes, text) = fixture!("h264_high");
    let whole = open(bytes);
    let mut bytes = bytes.to_vec();
    let sample = whole.track.samples[4];
    let at = sample.offset as usize;
    bytes[at..at + 4].fill(0xff);
    let mut film = open(&bytes);
    let seen = page(text);
    for (frame, seen) in seen.iter().enumerate().skip(8) {
        assert_eq!(hash(film.picture(frame).unwrap()), seen.hash);
    }
    assert!(film.frame(7).is_err());
    assert_eq!(hash(film.picture(0).unwrap()), seen[0].hash);
    let said = film.frame(7).unwrap_err().to_string();
    assert_eq!(said, "frame 7 of the film cannot be decoded: it is cut off");
    let clip = decode_mp4(&bytes).unwrap();
    assert!((9..16).contains(&clip.frames.len()), "{:?}", clip.warnings);
    assert_eq!(clip.frames.len(), clip.times.len());
    assert!(clip.warnings.last().unwrap().ends_with("of 16 frames could not be decoded"));
}
