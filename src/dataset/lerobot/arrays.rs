//! Between our columns and Arrow's arrays (`lerobot_layout.md`, section 4): a scalar, a list of fixed
//! length, or lists in lists.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, FixedSizeListArray, Float32Array,
    Float64Array, Int32Array, Int64Array, ListArray, StringArray, StructArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Fields, Float32Type, Float64Type, Int32Type, Int64Type};

use super::column::{Column, column_width};
use super::feature::{Dtype, Feature};

/// The Arrow type of one value.
fn value_type(dtype: &Dtype) -> Result<DataType, String> {
    Ok(match dtype {
        Dtype::Float16 => DataType::Float16,
        Dtype::Float32 => DataType::Float32,
        Dtype::Float64 => DataType::Float64,
        Dtype::Int8 => DataType::Int8,
        Dtype::Int16 => DataType::Int16,
        Dtype::Int32 => DataType::Int32,
        Dtype::Int64 => DataType::Int64,
        Dtype::UInt8 => DataType::UInt8,
        Dtype::UInt16 => DataType::UInt16,
        Dtype::UInt32 => DataType::UInt32,
        Dtype::UInt64 => DataType::UInt64,
        Dtype::Bool => DataType::Boolean,
        Dtype::Text => DataType::Utf8,
        Dtype::Image => DataType::Struct(picture_fields()),
        Dtype::Video | Dtype::Other(_) => {
            return Err(format!("type `{}` has no column here", dtype.name()));
        }
    })
}

fn picture_fields() -> Fields {
    Fields::from(vec![
        Field::new("bytes", DataType::Binary, true),
        Field::new("path", DataType::Utf8, true),
    ])
}

/// The element of a list, as pyarrow calls it.
fn element(of: DataType) -> Arc<Field> {
    Arc::new(Field::new("element", of, true))
}

/// The field and the array of a feature's values for `rows` frames.
pub(crate) fn to_array(
    name: &str,
    feature: &Feature,
    column: &Column,
    rows: usize,
) -> Result<(Field, ArrayRef), String> {
    let wrong = |why: String| format!("column `{name}` {why}");
    let expected = rows * column_width(feature);
    if column.len() != expected {
        return Err(wrong(format!("has {} values, {expected} are expected", column.len())));
    }
    let of = value_type(&feature.dtype).map_err(&wrong)?;
    let values: ArrayRef = match column {
        Column::F32(v) => Arc::new(Float32Array::from(v.clone())),
        Column::F64(v) => Arc::new(Float64Array::from(v.clone())),
        Column::I64(v) => Arc::new(Int64Array::from(v.clone())),
        Column::I32(v) => Arc::new(Int32Array::from(v.clone())),
        Column::Bool(v) => Arc::new(BooleanArray::from(v.clone())),
        Column::Text(v) => Arc::new(StringArray::from_iter_values(v)),
        Column::Png(v) => {
            let bytes = BinaryArray::from_iter_values(v);
            let paths = (0..v.len()).map(|i| format!("frame-{i:06}.png"));
            let paths = StringArray::from_iter_values(paths);
            let parts: Vec<ArrayRef> = vec![Arc::new(bytes), Arc::new(paths)];
            let pictures = StructArray::try_new(picture_fields(), parts, None);
            let pictures: ArrayRef = Arc::new(pictures.map_err(|e| wrong(e.to_string()))?);
            return Ok((Field::new(name, of, true), pictures));
        }
    };
    let values = if *values.data_type() == of {
        values
    } else {
        cast(&values, &of).map_err(|e| wrong(format!("cannot be stored: {e}")))?
    };
    match feature.shape.as_slice() {
        [] | [1] => Ok((Field::new(name, of, true), values)),
        &[n] => {
            let n32 = i32::try_from(n).map_err(|_| wrong(format!("has {n} values a frame")))?;
            let field = element(of);
            let lists = FixedSizeListArray::try_new(field.clone(), n32, values, None)
                .map_err(|e| wrong(e.to_string()))?;
            Ok((Field::new(name, DataType::FixedSizeList(field, n32), true), Arc::new(lists)))
        }
        shape => {
            let mut array = values;
            for n in shape.iter().rev() {
                let lists = array.len() / n;
                let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(*n, lists));
                let field = element(array.data_type().clone());
                let nested = ListArray::try_new(field, offsets, array, None);
                array = Arc::new(nested.map_err(|e| wrong(e.to_string()))?);
            }
            let sizes: Vec<String> = shape.iter().map(ToString::to_string).collect();
            let about = HashMap::from([
                (
                    "ARROW:extension:name".to_string(),
                    format!("datasets.features.features.Array{}DExtensionType", shape.len()),
                ),
                (
                    "ARROW:extension:metadata".to_string(),
                    format!("[[{}], \"{}\"]", sizes.join(", "), feature.dtype.name()),
                ),
            ]);
            let field = Field::new(name, array.data_type().clone(), true).with_metadata(about);
            Ok((field, array))
        }
    }
}

/// The values of a feature from an array of any of the forms that writers use.
pub(crate) fn from_array(feature: &Feature, array: &ArrayRef) -> Result<Column, String> {
    let rows = array.len();
    if feature.dtype == Dtype::Image {
        return pictures(array);
    }
    let leaf = innermost(array)?;
    let expected = rows * feature.width();
    if leaf.len() != expected {
        let shape = &feature.shape;
        return Err(format!(
            "has {} values in {rows} frames, shape {shape:?} makes {expected}",
            leaf.len()
        ));
    }
    let empty = Column::empty(&feature.dtype)
        .ok_or_else(|| format!("type `{}` is not read here", feature.dtype.name()))?;
    let as_type = |to: DataType| {
        cast(&leaf, &to).map_err(|e| format!("cannot be read as {}: {e}", feature.dtype.name()))
    };
    let no_gaps = |array: &ArrayRef| match array.null_count() {
        0 => Ok(()),
        n => Err(format!("has {n} values missing")),
    };
    Ok(match empty {
        Column::F32(_) => {
            let array = as_type(DataType::Float32)?;
            let values = array.as_primitive::<Float32Type>().iter();
            Column::F32(values.map(|x| x.unwrap_or(f32::NAN)).collect())
        }
        Column::F64(_) => {
            let array = as_type(DataType::Float64)?;
            let values = array.as_primitive::<Float64Type>().iter();
            Column::F64(values.map(|x| x.unwrap_or(f64::NAN)).collect())
        }
        Column::I64(_) => {
            let array = as_type(DataType::Int64)?;
            no_gaps(&array)?;
            Column::I64(array.as_primitive::<Int64Type>().values().to_vec())
        }
        Column::I32(_) => {
            let array = as_type(DataType::Int32)?;
            no_gaps(&array)?;
            Column::I32(array.as_primitive::<Int32Type>().values().to_vec())
        }
        Column::Bool(_) => {
            let array = as_type(DataType::Boolean)?;
            no_gaps(&array)?;
            Column::Bool(array.as_boolean().values().iter().collect())
        }
        Column::Text(_) => {
            let array = as_type(DataType::Utf8)?;
            let values = array.as_string::<i32>().iter();
            Column::Text(values.map(|s| s.unwrap_or_default().to_owned()).collect())
        }
        Column::Png(_) => pictures(array)?,
    })
}

/// The values under all lists, each of which must be as long as its neighbours.
fn innermost(array: &ArrayRef) -> Result<ArrayRef, String> {
    let mut array = array.clone();
    loop {
        let inner = match array.data_type() {
            DataType::List(_) => {
                let lists = array.as_list::<i32>();
                even(lists.offsets().iter().map(|o| i64::from(*o)))?;
                let (from, to) = (lists.offsets().first(), lists.offsets().last());
                let from = from.map_or(0, |o| *o as usize);
                lists.values().slice(from, to.map_or(0, |o| *o as usize).saturating_sub(from))
            }
            DataType::LargeList(_) => {
                let lists = array.as_list::<i64>();
                even(lists.offsets().iter().copied())?;
                let (from, to) = (lists.offsets().first(), lists.offsets().last());
                let from = from.map_or(0, |o| *o as usize);
                lists.values().slice(from, to.map_or(0, |o| *o as usize).saturating_sub(from))
            }
            DataType::FixedSizeList(_, n) => {
                let lists = array.as_fixed_size_list();
                let from = lists.value_offset(0) as usize;
                lists.values().slice(from, lists.len() * (*n as usize))
            }
            _ => return Ok(array),
        };
        if array.null_count() > 0 {
            return Err(format!("has {} frames without values", array.null_count()));
        }
        array = inner;
    }
}

fn even(offsets: impl Iterator<Item = i64> + Clone) -> Result<(), String> {
    let mut lengths = offsets.clone().zip(offsets.skip(1)).map(|(a, b)| b - a);
    let first = lengths.next();
    match lengths.find(|n| Some(*n) != first) {
        None => Ok(()),
        Some(other) => Err(format!(
            "has lists of {} and of {other} values; all must be equally long",
            first.unwrap_or(0)
        )),
    }
}

/// The PNG files in a column of pictures.
fn pictures(array: &ArrayRef) -> Result<Column, String> {
    let parts = array.as_struct_opt().ok_or("holds no pictures")?;
    let bytes = parts.column_by_name("bytes").ok_or("holds pictures without their bytes")?;
    let bytes = cast(bytes, &DataType::Binary).map_err(|e| format!("holds no pictures: {e}"))?;
    let files = bytes.as_binary::<i32>().iter().map(|file| file.map(<[u8]>::to_vec));
    let files: Option<Vec<_>> = files.collect();
    files.map(Column::Png).ok_or_else(|| "holds a picture without its bytes".to_string())
}
