//! Parquet files as the official writer makes them, and reading that answers damage with a sentence.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::concat;
use arrow::datatypes::{Field, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};

use super::LerobotError;

/// Who wrote the file: no date and no version of a build, so that the same values are the same bytes.
const CREATED_BY: &str = "flowarm";

/// The bytes of a file of one row group: Snappy, dictionaries, data pages of version 1
/// (`lerobot_layout.md`, section 4), with `about` as its key-value metadata.
pub(crate) fn encode(
    path: &Path,
    columns: Vec<(Field, ArrayRef)>,
    about: Option<(&str, String)>,
) -> Result<Vec<u8>, LerobotError> {
    let wrong = |e: String| LerobotError::invalid(path, e);
    let rows = columns.first().map_or(0, |(_, array)| array.len());
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
    let mut schema = Schema::new(fields);
    if let Some((key, value)) = &about {
        schema = schema.with_metadata([((*key).to_owned(), value.clone())].into());
    }
    let options = options(rows, about);
    let schema = Arc::new(schema);
    let batch = RecordBatch::try_new(schema.clone(), arrays).map_err(|e| wrong(e.to_string()))?;
    let mut writer = ArrowWriter::try_new_with_options(Vec::new(), schema, options)
        .map_err(|e| wrong(e.to_string()))?;
    writer.write(&batch).map_err(|e| wrong(e.to_string()))?;
    writer.into_inner().map_err(|e| wrong(e.to_string()))
}

/// How files are written: groups of at most `rows` rows, `about` as key-value metadata.
pub(crate) fn options(rows: usize, about: Option<(&str, String)>) -> ArrowWriterOptions {
    let about = about.map(|(key, value)| vec![KeyValue::new(key.to_owned(), value)]);
    let properties = WriterProperties::builder()
        .set_created_by(CREATED_BY.into())
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(true)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_max_row_group_row_count(Some(rows.max(1)))
        .set_key_value_metadata(about)
        .build();
    ArrowWriterOptions::new().with_properties(properties).with_schema_root("schema".into())
}

/// What was read of a file: whole columns by name, and its key-value metadata.
pub(crate) struct Read {
    /// Rows read.
    pub rows: usize,
    /// Columns in the order of the file.
    pub columns: Vec<(Field, ArrayRef)>,
    /// Key-value metadata.
    pub about: Vec<(String, String)>,
}

impl Read {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&ArrayRef> {
        self.columns.iter().find(|(field, _)| field.name() == name).map(|(_, array)| array)
    }

    /// The metadata of this key.
    pub fn about(&self, key: &str) -> Option<&str> {
        self.about.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }
}

/// How many rows the file at `path` has, and the names of its columns.
pub(crate) fn outline(path: &Path) -> Result<(usize, Vec<String>), LerobotError> {
    let file = File::open(path).map_err(LerobotError::io(path))?;
    let read = catch_unwind(AssertUnwindSafe(|| {
        let builder = open(&file)?;
        let rows = usize::try_from(builder.metadata().file_metadata().num_rows());
        let names = builder.schema().fields().iter().map(|f| f.name().clone()).collect();
        Ok((rows.map_err(|e| e.to_string())?, names))
    }));
    answered(path, read)
}

/// Reads the columns of `path` whose name `wanted` takes, and of them the rows `range` or all.
///
/// The reader beneath has panics on crafted files; they end here as an error.
pub(crate) fn read(
    path: &Path,
    wanted: &dyn Fn(&str) -> bool,
    range: Option<(usize, usize)>,
) -> Result<Read, LerobotError> {
    let file = File::open(path).map_err(LerobotError::io(path))?;
    answered(path, catch_unwind(AssertUnwindSafe(|| read_open(&file, wanted, range))))
}

/// What reading the file at `path` came to.
fn answered<T>(
    path: &Path,
    read: std::thread::Result<Result<T, String>>,
) -> Result<T, LerobotError> {
    read.unwrap_or_else(|_| Err("its parts contradict each other".into()))
        .map_err(|e| LerobotError::invalid(path, format!("not a readable parquet file: {e}")))
}

fn open(file: &File) -> Result<ParquetRecordBatchReaderBuilder<File>, String> {
    let clone = || file.try_clone().map_err(|e| e.to_string());
    if let Ok(builder) = ParquetRecordBatchReaderBuilder::try_new(clone()?) {
        return Ok(builder);
    }
    // An Arrow schema in the file that is damaged or newer than we know: the parquet types do.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    ParquetRecordBatchReaderBuilder::try_new_with_options(clone()?, options)
        .map_err(|e| e.to_string())
}

fn read_open(
    file: &File,
    wanted: &dyn Fn(&str) -> bool,
    range: Option<(usize, usize)>,
) -> Result<Read, String> {
    let text = |e: &dyn std::fmt::Display| e.to_string();
    let mut builder = open(file)?;
    let about = builder.metadata().file_metadata().key_value_metadata();
    let pair = |kv: &KeyValue| kv.value.clone().map(|value| (kv.key.clone(), value));
    let about = about.into_iter().flatten().filter_map(pair).collect();
    let fields = builder.schema().fields().clone();
    let roots: Vec<usize> =
        (0..fields.len()).filter(|i| wanted(fields[*i].name().as_str())).collect();
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots.iter().copied());
    builder = builder.with_projection(mask);
    if let Some((from, to)) = range {
        builder = builder.with_offset(from).with_limit(to.saturating_sub(from));
    }
    let reader = builder.with_batch_size(4096).build().map_err(|e| text(&e))?;
    let mut parts: Vec<Vec<ArrayRef>> = vec![Vec::new(); roots.len()];
    let mut rows = 0;
    for batch in reader {
        let batch = batch.map_err(|e| text(&e))?;
        rows += batch.num_rows();
        for (part, column) in parts.iter_mut().zip(batch.columns()) {
            part.push(column.clone());
        }
    }
    let mut columns = Vec::with_capacity(roots.len());
    for (root, part) in roots.iter().zip(&parts) {
        let field = fields[*root].as_ref().clone();
        let array = match part.as_slice() {
            [] => arrow::array::new_empty_array(field.data_type()),
            [one] => one.clone(),
            many => {
                let many: Vec<_> = many.iter().map(AsRef::as_ref).collect();
                concat(&many).map_err(|e| text(&e))?
            }
        };
        columns.push((field, array));
    }
    Ok(Read { rows, columns, about })
}
