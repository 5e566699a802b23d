//! The table of episodes: `meta/episodes/chunk-000/file-000.parquet` (`lerobot_layout.md`, section 6).

mod decode;
mod encode;

pub(crate) use decode::read;
pub(crate) use encode::{columns, encode};

/// Which file of a kind: `chunk-<chunk>/file-<file>`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilePlace {
    /// Chunk, from 0.
    pub chunk: usize,
    /// File of the chunk, from 0.
    pub file: usize,
}

impl FilePlace {
    /// The place behind this one when a chunk has `chunk_size` files.
    pub fn next(self, chunk_size: usize) -> Self {
        if self.file + 1 >= chunk_size {
            Self { chunk: self.chunk + 1, file: 0 }
        } else {
            Self { chunk: self.chunk, file: self.file + 1 }
        }
    }
}

/// Where an episode's pictures of one camera lie.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FilmPlace {
    /// The film.
    pub place: FilePlace,
    /// When in the film the episode begins, seconds.
    pub from_s: f64,
    /// When it ends, seconds.
    pub to_s: f64,
}

/// An episode as the table has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EpisodeRow {
    /// Its number, from 0.
    pub index: usize,
    /// The different sentences that it follows.
    pub tasks: Vec<String>,
    /// Its frames.
    pub length: usize,
    /// Number of its first frame in the whole data set.
    pub from: usize,
    /// Number of the frame behind its last.
    pub to: usize,
    /// The data file that has its rows.
    pub data: FilePlace,
    /// Where its pictures lie, for every camera with films, by feature name.
    pub films: Vec<(String, FilmPlace)>,
    /// The file of this table that has this row.
    pub table: FilePlace,
}

impl EpisodeRow {
    /// Where the pictures of camera `feature` lie.
    pub fn film(&self, feature: &str) -> Option<&FilmPlace> {
        self.films.iter().find(|(name, _)| name == feature).map(|(_, film)| film)
    }
}

/// How minima and maxima of whole numbers and truths are stored: as they are, or as doubles, which is
/// what version 0.6 of the official writer does. All files of one data set must agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Extremes {
    #[default]
    Exact,
    Doubles,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lerobot::column::{Column, Table};
    use crate::lerobot::feature::{Dtype, Feature};
    use crate::lerobot::stats;
    use crate::lerobot::stats::FeatureStats;

    #[test]
    fn a_row_comes_back_with_its_statistics() {
        let features = vec![
            ("a".to_string(), Feature::new(Dtype::Float32, &[2], None)),
            ("cam".to_string(), Feature::film(64, 48, 50)),
            ("done".to_string(), Feature::scalar(Dtype::Bool)),
            ("frame_index".to_string(), Feature::scalar(Dtype::Int64)),
        ];
        let table = Table {
            rows: 2,
            columns: vec![
                ("a".into(), Column::F32(vec![1.0, 2.0, 3.0, 4.0])),
                ("done".into(), Column::Bool(vec![false, true])),
                ("frame_index".into(), Column::I64(vec![0, 1])),
            ],
        };
        let mut all = stats::of_table(&features, &table);
        let mut picture = FeatureStats::empty(2);
        (0..3).for_each(|c| picture.push([0.0, 1.0, 0.5, f64::from(c)], [0.5; 5]));
        all.insert(1, ("cam".into(), picture));
        let row = EpisodeRow {
            index: 4,
            tasks: vec!["do it".into()],
            length: 2,
            from: 10,
            to: 12,
            data: FilePlace { chunk: 0, file: 4 },
            films: vec![(
                "cam".into(),
                FilmPlace { place: FilePlace { chunk: 0, file: 3 }, from_s: 0.0, to_s: 0.04 },
            )],
            table: FilePlace { chunk: 0, file: 4 },
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file-004.parquet");
        for extremes in [Extremes::Exact, Extremes::Doubles] {
            let bytes = encode(&path, &features, &row, &all, extremes).unwrap();
            std::fs::write(&path, bytes).unwrap();
            let part = read(&path, row.table, &features, true).unwrap();
            assert_eq!((&part.rows[0], &part.stats[0]), (&row, &all));
            assert_eq!(part.extremes, extremes);
        }
    }

    #[test]
    fn places_go_on_to_the_next_chunk() {
        let check = |chunk, file, expected: (usize, usize)| {
            let next = FilePlace { chunk, file }.next(1000);
            assert_eq!((next.chunk, next.file), expected);
        };
        check(0, 0, (0, 1));
        check(0, 999, (1, 0));
    }
}
