//! `meta/tasks.parquet`: the sentences, by number (`lerobot_layout.md`, section 5).
//!
//! The reader of the standard takes the sentence from the index of a pandas table, so the file says in
//! pandas' words which column that is. Without it every task would be a number, and nothing complains.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int64Type};

use super::{LerobotError, parquet_file};

const PANDAS: &str = r#"{"index_columns": ["__index_level_0__"], "column_indexes": [], "columns": [{"name": "task_index", "field_name": "task_index", "pandas_type": "int64", "numpy_type": "int64", "metadata": null}, {"name": null, "field_name": "__index_level_0__", "pandas_type": "unicode", "numpy_type": "object", "metadata": null}], "pandas_version": "2.2.0"}"#;
const SENTENCE: &str = "__index_level_0__";

/// Where the file lies in the data set `root`.
pub(crate) fn path(root: &Path) -> PathBuf {
    root.join("meta/tasks.parquet")
}

/// The bytes of the file.
pub(crate) fn encode(path: &Path, tasks: &[String]) -> Result<Vec<u8>, LerobotError> {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..tasks.len() as i64));
    let sentences: ArrayRef = Arc::new(StringArray::from_iter_values(tasks));
    let columns = vec![
        (Field::new("task_index", DataType::Int64, true), numbers),
        (Field::new(SENTENCE, DataType::Utf8, true), sentences),
    ];
    parquet_file::encode(path, columns, Some(("pandas", PANDAS.to_string())))
}

/// The sentences in the order of the rows, which is what `task_index` counts; and a warning where the
/// file's own numbers say otherwise or the reader of the standard would not find the sentences.
pub(crate) fn read(path: &Path) -> Result<(Vec<String>, Option<String>), LerobotError> {
    let read = parquet_file::read(path, &|_| true, None)?;
    let pandas = read.about("pandas").and_then(|text| serde_json::from_str(text).ok());
    let pandas: serde_json::Value = pandas.unwrap_or_default();
    let index = pandas["index_columns"][0].as_str();
    let column = index
        .and_then(|name| read.column(name))
        .or_else(|| read.column(SENTENCE))
        .or_else(|| read.column("task"))
        .ok_or_else(|| LerobotError::invalid(path, "it has no column with the sentences"))?;
    let sentences = cast(column, &DataType::Utf8)
        .map_err(|e| LerobotError::invalid(path, format!("its sentences are no text: {e}")))?;
    let sentences: Vec<String> =
        sentences.as_string::<i32>().iter().map(|s| s.unwrap_or_default().to_owned()).collect();
    let numbers = read.column("task_index").and_then(|n| cast(n, &DataType::Int64).ok());
    let in_order = numbers.is_some_and(|n| {
        let n = n.as_primitive::<Int64Type>();
        n.null_count() == 0 && n.values().iter().enumerate().all(|(row, n)| *n == row as i64)
    });
    let warning = if !in_order {
        Some("its `task_index` is not 0, 1, 2 and so on; rows are counted instead")
    } else if index.is_none() {
        Some("it names no index for pandas: the official reader takes every task for a number")
    } else {
        None
    };
    Ok((sentences, warning.map(|w| format!("{}: {w}", path.display()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_come_back_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tasks.parquet");
        for tasks in [vec![], vec!["pick it up".to_string(), "ünd \"put\" it".to_string()]] {
            std::fs::write(&path, encode(&path, &tasks).unwrap()).unwrap();
            assert_eq!(read(&path).unwrap(), (tasks, None));
        }
    }
}
