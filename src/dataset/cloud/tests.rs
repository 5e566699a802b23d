//! Clouds written here are read back; spoilt ones are answered with a sentence.

use interface::Point;
use proptest::prelude::*;

use super::*;
use crate::{NpyArray, NpyData, serialize_npy};

type Row = ([f32; 3], [u8; 3]);

fn ply(rows: &[Row], format: &str) -> Vec<u8> {
    let mut out = format!(
        "ply\nformat {format} 1.0\ncomment by a test\nelement patch 1\nproperty list uchar int at\n\
         element vertex {}\nproperty float x\nproperty float y\nproperty float z\n\
         property uchar red\nproperty uchar green\nproperty uchar blue\nelement face 0\n\
         property list uchar int vertex_indices\nend_header\n",
        rows.len()
    )
    .into_bytes();
    let big = format == "binary_big_endian";
    if format == "ascii" {
        out.extend(b"2 7 8\n");
    } else {
        out.push(2);
        out.extend([0; 8]);
    }
    for (at, color) in rows {
        if format == "ascii" {
            let [x, y, z] = at;
            let [r, g, b] = color;
            out.extend(format!("{x:e} {y:e} {z:e} {r} {g} {b}\n").bytes());
        } else {
            out.extend(at.iter().flat_map(|v| if big { v.to_be_bytes() } else { v.to_le_bytes() }));
            out.extend(color);
        }
    }
    out
}

fn xyz(rows: &[Row]) -> Vec<u8> {
    let mut out = b"# x y z r g b\n".to_vec();
    for ([x, y, z], [r, g, b]) in rows {
        out.extend(format!("{x:e}, {y:e} {z:e} {r} {g} {b}\n").bytes());
    }
    out
}

fn npy(rows: &[Row]) -> Vec<u8> {
    let row = |(at, color): &Row| {
        [at[0], at[1], at[2], color[0].into(), color[1].into(), color[2].into()]
    };
    let data = NpyData::F32(rows.iter().flat_map(row).collect());
    serialize_npy(&NpyArray { shape: vec![rows.len(), 6], data })
}

fn read_as(bytes: &[u8], kind: &str, most: usize) -> Result<CloudFile, DatasetError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("cloud.{kind}"));
    std::fs::write(&path, bytes).unwrap();
    read_cloud(&path, most, &Cancel::default())
}

fn files(rows: &[Row]) -> [(Vec<u8>, &'static str); 5] {
    [
        (ply(rows, "ascii"), "ply"),
        (ply(rows, "binary_little_endian"), "ply"),
        (ply(rows, "binary_big_endian"), "ply"),
        (xyz(rows), "xyz"),
        (npy(rows), "npy"),
    ]
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (prop::array::uniform3(-1e3_f32..1e3), prop::array::uniform3(any::<u8>()));
    prop::collection::vec(row, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(mut rows in rows()) {
        // Told from shares of one by a value above 1.
        rows[0].1 = [255, 2, 0];
        for (bytes, kind) in files(&rows) {
            let read = read_as(&bytes, kind, 1000).unwrap();
            let points: Vec<Point> = rows.iter().map(|(at, _)| Point::from(*at)).collect();
            let colors: Vec<[u8; 3]> = rows.iter().map(|(_, color)| *color).collect();
            prop_assert_eq!(&read.cloud.points[..], &points[..]);
            prop_assert_eq!(&read.cloud.colors[..], &colors[..]);
            prop_assert!(read.warnings.is_empty(), "{:?}", read.warnings);
        }
    }

    #[test]
    fn thinning_is_even_and_said(rows in rows(), most in 1_usize..40) {
        for (bytes, kind) in files(&rows) {
            let read = read_as(&bytes, kind, most).unwrap();
            prop_assert_eq!(read.cloud.points.len(), rows.len().min(most));
            prop_assert_eq!(read.total, rows.len() as u64);
            let thinned = read.warnings.iter().any(|w| w.contains("thinned evenly"));
            prop_assert_eq!(thinned, rows.len() > most, "{:?}", read.warnings);
        }
    }

    #[test]
    fn no_bytes_break_the_readers(
        rows in rows(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        end in any::<prop::sample::Index>(),
    ) {
        for (mut bytes, kind) in files(&rows) {
            for (at, value) in &flips {
                let at = at.index(bytes.len());
                bytes[at] = *value;
            }
            bytes.truncate(end.index(bytes.len() + 1));
            if let Ok(read) = read_as(&bytes, kind, 30) {
                prop_assert!(read.cloud.points.len() <= 30);
            }
        }
    }
}

#[test]
fn what_cannot_be_read_is_refused_in_a_sentence() {
    let check = |bytes: &[u8], kind: &str, expected: &str| {
        let said = read_as(bytes, kind, 100).unwrap_err().to_string();
        assert!(said.contains(expected) && !said.contains('\n'), "{said}");
    };
    check(b"", "ply", "`ply`");
    check(b"ply\nformat ascii 1.0\nend_header\n", "ply", "no element `vertex`");
    let header = "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\n";
    check(format!("{header}end_header\n1 2\n").as_bytes(), "ply", "no `z`");
    check(format!("{header}property float z\nend_header\na b c\n").as_bytes(), "ply", "a b c");
    check(format!("{header}property float z\nend_header\n").as_bytes(), "ply", "no point");
    check(b"1 2\n", "xyz", "a point needs 3");
    check(b"1 2 three\n", "xyz", "three");
    check(b"# nothing\n", "xyz", "no point");
    check(b"x", "npy", "not an .npy file");
    let flat = serialize_npy(&NpyArray { shape: vec![4], data: NpyData::F64(vec![0.0; 4]) });
    check(&flat, "npy", "(n, 3)");
    check(b"", "csv", ".ply, .xyz and .npy");
}

#[test]
fn half_a_file_is_half_a_cloud_and_a_request_to_stop_is_heard() {
    let rows: Vec<Row> = (0..10).map(|i| ([i as f32, 0.0, 0.0], [9, 9, 9])).collect();
    let whole = ply(&rows, "binary_little_endian");
    let read = read_as(&whole[..whole.len() - 30], "ply", 100).unwrap();
    assert_eq!(read.cloud.points.len(), 8);
    assert!(read.warnings[0].contains("after 8 of 10"), "{:?}", read.warnings);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ply");
    std::fs::write(&path, &whole).unwrap();
    let cancel = Cancel::default();
    cancel.cancel();
    assert!(matches!(read_cloud(&path, 9, &cancel), Err(DatasetError::Stopped(_))));
}
