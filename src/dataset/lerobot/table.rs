//! Data tables: one row a frame (`lerobot_layout.md`, section 4).

use std::path::Path;

use arrow::array::ArrayRef;
use arrow::datatypes::Field;
use serde_json::Value;

use super::LerobotError;
use super::arrays::{from_array, to_array};
use super::column::Table;
use super::feature::{Dtype, Feature};
use super::parquet_file;

/// The bytes of the parquet file of `table`, whose columns are those of `features` that have one.
pub(crate) fn encode(
    path: &Path,
    features: &[(String, Feature)],
    table: &Table,
) -> Result<Vec<u8>, LerobotError> {
    let columns = columns(path, features, table)?;
    parquet_file::encode(path, columns, Some(("huggingface", huggingface(features))))
}

/// The columns of `table` for the file at `path`, those of `features` that have one.
pub(crate) fn columns(
    path: &Path,
    features: &[(String, Feature)],
    table: &Table,
) -> Result<Vec<(Field, ArrayRef)>, LerobotError> {
    let wrong = |problem: String| LerobotError::invalid(path, problem);
    let stored = features.iter().filter(|(_, f)| f.dtype != Dtype::Video);
    stored
        .map(|(name, feature)| {
            let column = table.column(name).ok_or_else(|| wrong(format!("no column `{name}`")))?;
            to_array(name, feature, column, table.rows).map_err(wrong)
        })
        .collect()
}

/// Reads the columns of `features` from `path`, all or those that `wanted` takes; rows `range` or all.
pub(crate) fn read(
    path: &Path,
    features: &[(String, Feature)],
    wanted: &dyn Fn(&str) -> bool,
    range: Option<(usize, usize)>,
) -> Result<Table, LerobotError> {
    let stored = |f: &Feature| f.dtype != Dtype::Video;
    let named = |name: &str| features.iter().any(|(n, f)| n == name && stored(f) && wanted(name));
    let read = parquet_file::read(path, &named, range)?;
    let mut table = Table { rows: read.rows, columns: Vec::new() };
    for (name, feature) in features.iter().filter(|(n, f)| stored(f) && wanted(n)) {
        let wrong =
            |problem: String| LerobotError::invalid(path, format!("column `{name}` {problem}"));
        let array = read.column(name).ok_or_else(|| wrong("is missing".into()))?;
        table.columns.push((name.clone(), from_array(feature, array).map_err(wrong)?));
    }
    Ok(table)
}

/// What the `datasets` library wants to be told of the columns, in their order.
pub(crate) fn huggingface(features: &[(String, Feature)]) -> String {
    let mut described = Vec::new();
    for (name, feature) in features {
        let dtype = Value::from(feature.dtype.name());
        let value = format!("{{\"dtype\": {dtype}, \"_type\": \"Value\"}}");
        let kind = match (&feature.dtype, feature.shape.as_slice()) {
            (Dtype::Video, _) => continue,
            (Dtype::Image, _) => "{\"_type\": \"Image\"}".to_string(),
            (_, [] | [1]) => value,
            (_, [n]) => {
                format!("{{\"feature\": {value}, \"length\": {n}, \"_type\": \"List\"}}")
            }
            (_, shape) => format!(
                "{{\"shape\": {shape:?}, \"dtype\": {dtype}, \"_type\": \"Array{}D\"}}",
                shape.len()
            ),
        };
        described.push(format!("{}: {kind}", Value::from(name.as_str())));
    }
    format!("{{\"info\": {{\"features\": {{{}}}}}}}", described.join(", "))
}
