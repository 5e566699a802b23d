//! Whatever happened to a film on its way, opening and reading it ends with frames or a sentence.

use proptest::prelude::*;

use crate::fixture_tests::fixture;
use crate::{Film, VideoError, decode_mp4};

const FILMS: [&[u8]; 5] = [
    fixture!("h264_high").0,
    fixture!("h264_lerobot").0,
    fixture!("h264_fragmented").0,
    fixture!("av1_lerobot").0,
    fixture!("av1_gop").0,
];

/// Numbers at which sizes and counts go wrong.
const NUMBERS: [u32; 8] = [0, 1, 2, 0x7f, 0x40_0000, 0x7fff_ffff, 0x8000_0000, u32::MAX];

/// Reads all there is, in order and backwards.
fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let one_sentence = |error: VideoError| {
        let said = error.to_string();
        prop_assert!(!said.is_empty() && !said.contains('\n'), "{said:?}");
        Ok(())
    };
    match decode_mp4(bytes) {
        Ok(clip) => prop_assert_eq!(clip.frames.len(), clip.times.len()),
        Err(error) => one_sentence(error)?,
    }
    if let Ok(mut film) = Film::from_bytes(bytes.to_vec()) {
        let last = film.frames().saturating_sub(1);
        for frame in [last, last / 2, 0, last + 1] {
            if let Err(error) = film.frame(frame) {
                one_sentence(error)?;
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn bytes_that_changed(
        film in 0..FILMS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let mut bytes = FILMS[film].to_vec();
        for (at, value) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        check(&bytes)?;
    }

    /// The index is a fifth of a small film: it is hit on purpose, with the numbers that hurt.
    #[test]
    fn an_index_that_changed(
        film in 0..FILMS.len(),
        changes in prop::collection::vec(
            (
                any::<prop::sample::Index>(),
                prop::sample::select(NUMBERS.to_vec()),
            ),
            1..4,
        ),
    ) {
        let mut bytes = FILMS[film].to_vec();
        let moov = bytes.windows(4).position(|name| name == b"moov").unwrap();
        let end = (moov + 1200).min(bytes.len() - 4);
        for (at, value) in &changes {
            let at = moov + at.index(end - moov);
            bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
        }
        check(&bytes)?;
    }

    #[test]
    fn bytes_that_end_early(film in 0..FILMS.len(), cut in any::<prop::sample::Index>()) {
        let bytes = FILMS[film];
        check(&bytes[..cut.index(bytes.len())])?;
    }

    #[test]
    fn bytes_of_any_kind(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes)?;
    }
}
