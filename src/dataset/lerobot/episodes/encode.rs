//! A row of the table of episodes, with its statistics, to a file.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, StringArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::Field;

use super::{EpisodeRow, Extremes};
use crate::lerobot::feature::{Dtype, Feature};
use crate::lerobot::stats::{Stats, has_stats};
use crate::lerobot::{LerobotError, parquet_file};

fn field(name: impl Into<String>, array: ArrayRef) -> (Field, ArrayRef) {
    (Field::new(name, array.data_type().clone(), true), array)
}

fn list(values: ArrayRef) -> Result<ArrayRef, String> {
    let element = Arc::new(Field::new("element", values.data_type().clone(), true));
    let offsets = OffsetBuffer::from_lengths([values.len()]);
    let list = ListArray::try_new(element, offsets, values, None).map_err(|e| e.to_string())?;
    Ok(Arc::new(list))
}

fn number(value: usize) -> ArrayRef {
    Arc::new(Int64Array::from(vec![value as i64]))
}

/// The bytes of a file with the row of one episode.
pub(crate) fn encode(
    path: &Path,
    features: &[(String, Feature)],
    row: &EpisodeRow,
    stats: &Stats,
    extremes: Extremes,
) -> Result<Vec<u8>, LerobotError> {
    let columns = columns(features, row, stats, extremes)
        .map_err(|problem| LerobotError::invalid(path, problem))?;
    parquet_file::encode(path, columns, None)
}

/// The columns of a file with this row.
pub(crate) fn columns(
    features: &[(String, Feature)],
    row: &EpisodeRow,
    stats: &Stats,
    extremes: Extremes,
) -> Result<Vec<(Field, ArrayRef)>, String> {
    let seconds = |s: f64| -> ArrayRef { Arc::new(Float64Array::from(vec![s])) };
    let mut columns = vec![
        field("episode_index", number(row.index)),
        field("tasks", list(Arc::new(StringArray::from_iter_values(&row.tasks)))?),
        field("length", number(row.length)),
        field("data/chunk_index", number(row.data.chunk)),
        field("data/file_index", number(row.data.file)),
        field("dataset_from_index", number(row.from)),
        field("dataset_to_index", number(row.to)),
    ];
    for (name, film) in &row.films {
        columns.extend([
            field(format!("videos/{name}/chunk_index"), number(film.place.chunk)),
            field(format!("videos/{name}/file_index"), number(film.place.file)),
            field(format!("videos/{name}/from_timestamp"), seconds(film.from_s)),
            field(format!("videos/{name}/to_timestamp"), seconds(film.to_s)),
        ]);
    }
    for (name, feature) in features.iter().filter(|(n, f)| has_stats(n, f)) {
        let Some((_, stats)) = stats.iter().find(|(n, _)| n == name) else { continue };
        let path = |stat: &str| format!("stats/{name}/{stat}");
        for (stat, values) in stats.lists() {
            let exact = matches!(stat, "min" | "max") && extremes == Extremes::Exact;
            columns.push(field(path(stat), stat_array(&feature.dtype, values, exact)?));
            if stat == "std" {
                let count: ArrayRef = Arc::new(Int64Array::from(vec![stats.count as i64]));
                columns.push(field(path("count"), list(count)?));
            }
        }
    }
    columns.extend([
        field("meta/episodes/chunk_index", number(row.table.chunk)),
        field("meta/episodes/file_index", number(row.table.file)),
    ]);
    Ok(columns)
}

/// The values of a statistic: a list, or for pictures channels of rows of columns.
fn stat_array(dtype: &Dtype, values: &[f64], exact: bool) -> Result<ArrayRef, String> {
    let doubles: ArrayRef = Arc::new(Float64Array::from(values.to_vec()));
    match dtype {
        d if d.is_picture() => {
            let mut array = doubles;
            for _ in 0..2 {
                let element = Arc::new(Field::new("element", array.data_type().clone(), true));
                let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(1, array.len()));
                let nested = ListArray::try_new(element, offsets, array, None);
                array = Arc::new(nested.map_err(|e| e.to_string())?);
            }
            list(array)
        }
        Dtype::Bool if exact => {
            let truths: Vec<bool> = values.iter().map(|v| *v != 0.0).collect();
            list(Arc::new(BooleanArray::from(truths)))
        }
        Dtype::Float16 | Dtype::Float32 | Dtype::Float64 | Dtype::Bool => list(doubles),
        _ if exact => {
            list(Arc::new(Int64Array::from_iter_values(values.iter().map(|v| *v as i64))))
        }
        _ => list(doubles),
    }
}
