//! A file of the table of episodes to rows.

use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};

use super::{EpisodeRow, Extremes, FilePlace, FilmPlace};
use crate::lerobot::feature::{Dtype, Feature};
use crate::lerobot::stats::{FeatureStats, Stats, has_stats};
use crate::lerobot::{LerobotError, parquet_file};

/// What one file of the table has.
pub(crate) struct Part {
    pub rows: Vec<EpisodeRow>,
    /// Statistics of each episode; empty where they were not asked for or are not there.
    pub stats: Vec<Stats>,
    pub extremes: Extremes,
}

/// Reads the file at `path`, which is `place` of the table, with or without the statistics.
pub(crate) fn read(
    path: &Path,
    place: FilePlace,
    features: &[(String, Feature)],
    with_stats: bool,
) -> Result<Part, LerobotError> {
    let wanted = |name: &str| with_stats || !name.starts_with("stats/");
    let file = parquet_file::read(path, &wanted, None)?;
    let wrong = |problem: String| LerobotError::invalid(path, problem);
    let whole = |name: &str| -> Result<Option<Vec<usize>>, LerobotError> {
        let Some(array) = file.column(name) else { return Ok(None) };
        let array = cast(array, &DataType::Int64).ok();
        let array = array.filter(|a| a.null_count() == 0);
        let array = array.ok_or_else(|| wrong(format!("column `{name}` has no numbers")))?;
        let values = array.as_primitive::<Int64Type>().values().iter();
        let values: Option<Vec<usize>> = values.map(|v| usize::try_from(*v).ok()).collect();
        values.map(Some).ok_or_else(|| wrong(format!("column `{name}` has a negative number")))
    };
    let needed =
        |name: &str| whole(name)?.ok_or_else(|| wrong(format!("column `{name}` is missing")));
    let or = |name: &str, default: usize| -> Result<Vec<usize>, LerobotError> {
        Ok(whole(name)?.unwrap_or_else(|| vec![default; file.rows]))
    };
    let index = needed("episode_index")?;
    let length = needed("length")?;
    let from = needed("dataset_from_index")?;
    let to = needed("dataset_to_index")?;
    let (data_chunk, data_file) = (or("data/chunk_index", 0)?, or("data/file_index", 0)?);
    let tasks = match file.column("tasks") {
        Some(array) => sentences(array).map_err(wrong)?,
        None => vec![Vec::new(); file.rows],
    };
    let mut rows: Vec<EpisodeRow> = (0..file.rows)
        .map(|i| EpisodeRow {
            index: index[i],
            tasks: tasks[i].clone(),
            length: length[i],
            from: from[i],
            to: to[i],
            data: FilePlace { chunk: data_chunk[i], file: data_file[i] },
            films: Vec::new(),
            table: place,
        })
        .collect();
    for (name, _) in features.iter().filter(|(_, f)| f.dtype == Dtype::Video) {
        let column = |part: &str| format!("videos/{name}/{part}");
        let chunk = needed(&column("chunk_index"))?;
        let number = needed(&column("file_index"))?;
        let seconds = |part: &str| {
            let array = file.column(&column(part)).and_then(|a| cast(a, &DataType::Float64).ok());
            array.ok_or_else(|| wrong(format!("column `{}` is missing", column(part))))
        };
        let (from, to) = (seconds("from_timestamp")?, seconds("to_timestamp")?);
        let (from, to) = (from.as_primitive::<Float64Type>(), to.as_primitive::<Float64Type>());
        for (i, row) in rows.iter_mut().enumerate() {
            let place = FilePlace { chunk: chunk[i], file: number[i] };
            let film = FilmPlace { place, from_s: from.value(i), to_s: to.value(i) };
            row.films.push((name.clone(), film));
        }
    }
    let stats = if with_stats {
        (0..file.rows).map(|i| stats_of(&file, features, i)).collect()
    } else {
        Vec::new()
    };
    let doubles = file
        .column("stats/frame_index/min")
        .is_some_and(|a| matches!(leaf(a, 0), Some(l) if *l.data_type() == DataType::Float64));
    let extremes = if doubles { Extremes::Doubles } else { Extremes::Exact };
    Ok(Part { rows, stats, extremes })
}

fn sentences(array: &ArrayRef) -> Result<Vec<Vec<String>>, String> {
    let wrong = || "column `tasks` is no list of sentences".to_string();
    let of_row = |row: ArrayRef| {
        let text = cast(&row, &DataType::Utf8).map_err(|_| wrong())?;
        let text = text.as_string::<i32>();
        Ok(text.iter().map(|s| s.unwrap_or_default().to_owned()).collect())
    };
    match array.data_type() {
        DataType::List(_) => {
            (0..array.len()).map(|i| of_row(array.as_list::<i32>().value(i))).collect()
        }
        DataType::LargeList(_) => {
            (0..array.len()).map(|i| of_row(array.as_list::<i64>().value(i))).collect()
        }
        _ => Err(wrong()),
    }
}

/// The numbers of row `row` under however many lists.
fn leaf(array: &ArrayRef, row: usize) -> Option<ArrayRef> {
    if row >= array.len() {
        return None;
    }
    let mut array = match array.data_type() {
        DataType::List(_) => array.as_list::<i32>().value(row),
        DataType::LargeList(_) => array.as_list::<i64>().value(row),
        DataType::FixedSizeList(..) => array.as_fixed_size_list().value(row),
        _ => return Some(array.slice(row, 1)),
    };
    // Lists of one in lists: values lie one behind the other.
    loop {
        array = match array.data_type() {
            DataType::List(_) => {
                let lists = array.as_list::<i32>();
                let (from, to) = (*lists.offsets().first()?, *lists.offsets().last()?);
                lists.values().slice(from as usize, (to - from) as usize)
            }
            DataType::LargeList(_) => {
                let lists = array.as_list::<i64>();
                let (from, to) = (*lists.offsets().first()?, *lists.offsets().last()?);
                lists.values().slice(from as usize, (to - from) as usize)
            }
            _ => return Some(array),
        };
    }
}

fn stats_of(file: &parquet_file::Read, features: &[(String, Feature)], row: usize) -> Stats {
    let mut stats = Vec::new();
    for (name, feature) in features.iter().filter(|(n, f)| has_stats(n, f)) {
        let values = |stat: &str| {
            let array = leaf(file.column(&format!("stats/{name}/{stat}"))?, row)?;
            // Truths have no direct way to doubles in every version.
            let array = cast(&array, &DataType::Float64).ok()?;
            let array = array.as_primitive::<Float64Type>();
            Some(array.iter().map(|v| v.unwrap_or(f64::NAN)).collect::<Vec<f64>>())
        };
        let count = values("count").and_then(|c| c.first().copied()).unwrap_or(0.0);
        let all = FeatureStats::from_lists(count as u64, values);
        let components = if feature.dtype.is_picture() { 3 } else { 1 };
        if let Some(all) = all.filter(|s| s.min.len() >= components || feature.is_depth()) {
            stats.push((name.clone(), all));
        }
    }
    stats
}
