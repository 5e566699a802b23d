//! Parquet files that grow by a group of rows at a time.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema, SchemaRef};
use parquet::arrow::arrow_writer::ArrowWriter;

use super::links::make_room;
use crate::lerobot::{LerobotError, parquet_file};

/// A file that is being written: one group of rows for each push.
pub(super) struct Groups {
    path: PathBuf,
    schema: SchemaRef,
    writer: ArrowWriter<File>,
    rows: usize,
}

impl Groups {
    /// Begins a file with the columns of its first group, and `about` as its key-value metadata.
    pub fn begin(
        path: &Path,
        columns: Vec<(Field, ArrayRef)>,
        about: Option<(&str, String)>,
    ) -> Result<Self, LerobotError> {
        make_room(path)?;
        let file = File::create(path).map_err(LerobotError::io(path))?;
        let fields: Vec<Field> = columns.iter().map(|(field, _)| field.clone()).collect();
        let mut schema = Schema::new(fields);
        if let Some((key, value)) = &about {
            schema = schema.with_metadata([((*key).to_owned(), value.clone())].into());
        }
        let schema = Arc::new(schema);
        let options = parquet_file::options(usize::MAX, about);
        let writer = ArrowWriter::try_new_with_options(file, schema.clone(), options);
        let writer = writer.map_err(|e| LerobotError::invalid(path, e.to_string()))?;
        let mut groups = Self { path: path.to_owned(), schema, writer, rows: 0 };
        groups.push(columns)?;
        Ok(groups)
    }

    /// Appends a group.
    pub fn push(&mut self, columns: Vec<(Field, ArrayRef)>) -> Result<(), LerobotError> {
        let arrays: Vec<ArrayRef> = columns.into_iter().map(|(_, array)| array).collect();
        self.rows += arrays.first().map_or(0, |array| array.len());
        let written = RecordBatch::try_new(self.schema.clone(), arrays)
            .map_err(parquet::errors::ParquetError::from)
            .and_then(|batch| self.writer.write(&batch))
            .and_then(|()| self.writer.flush());
        written.map_err(|e| LerobotError::invalid(&self.path, e.to_string()))
    }

    /// Bytes that it would have with so many rows more, if they are like those before.
    pub fn bytes_with(&self, more: usize) -> u64 {
        let bytes = self.writer.bytes_written() as u64;
        bytes + bytes * more as u64 / self.rows.max(1) as u64
    }

    /// Completes the file.
    pub fn finish(self) -> Result<(), LerobotError> {
        let Self { path, writer, .. } = self;
        writer.close().map(drop).map_err(|e| LerobotError::invalid(&path, e.to_string()))
    }
}
