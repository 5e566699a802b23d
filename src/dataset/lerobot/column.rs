//! Columns in memory: the values of a feature for some frames.

use super::feature::{Dtype, Feature};

/// The values of one feature, frame after frame, each frame's in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Of `float32` and `float16`.
    F32(Vec<f32>),
    /// Of `float64`.
    F64(Vec<f64>),
    /// Of `int64`, `uint64` and `uint32`.
    I64(Vec<i64>),
    /// Of the smaller whole numbers.
    I32(Vec<i32>),
    /// Of `bool`.
    Bool(Vec<bool>),
    /// Of `string`.
    Text(Vec<String>),
    /// Of `image`: whole PNG files.
    Png(Vec<Vec<u8>>),
}

impl Column {
    /// An empty column for values of type `dtype`; `None` where it has no column.
    pub fn empty(dtype: &Dtype) -> Option<Self> {
        Some(match dtype {
            Dtype::Float32 | Dtype::Float16 => Self::F32(Vec::new()),
            Dtype::Float64 => Self::F64(Vec::new()),
            Dtype::Int64 | Dtype::UInt64 | Dtype::UInt32 => Self::I64(Vec::new()),
            Dtype::Int8 | Dtype::Int16 | Dtype::Int32 | Dtype::UInt8 | Dtype::UInt16 => {
                Self::I32(Vec::new())
            }
            Dtype::Bool => Self::Bool(Vec::new()),
            Dtype::Text => Self::Text(Vec::new()),
            Dtype::Image => Self::Png(Vec::new()),
            Dtype::Video | Dtype::Other(_) => return None,
        })
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(v) => v.len(),
            Self::F64(v) => v.len(),
            Self::I64(v) => v.len(),
            Self::I32(v) => v.len(),
            Self::Bool(v) => v.len(),
            Self::Text(v) => v.len(),
            Self::Png(v) => v.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values as f32, rounded where they were more exact; truths are 0 and 1. `None` of text and
    /// pictures.
    pub fn to_f32(&self) -> Option<Vec<f32>> {
        match self {
            Self::F32(v) => Some(v.clone()),
            _ => self.to_f64().map(|v| v.into_iter().map(|x| x as f32).collect()),
        }
    }

    /// The values as f64; truths are 0 and 1. `None` of text and pictures.
    pub fn to_f64(&self) -> Option<Vec<f64>> {
        Some(match self {
            Self::F32(v) => v.iter().map(|x| f64::from(*x)).collect(),
            Self::F64(v) => v.clone(),
            Self::I64(v) => v.iter().map(|x| *x as f64).collect(),
            Self::I32(v) => v.iter().map(|x| f64::from(*x)).collect(),
            Self::Bool(v) => v.iter().map(|x| f64::from(u8::from(*x))).collect(),
            Self::Text(_) | Self::Png(_) => return None,
        })
    }

    /// The values as whole numbers. `None` unless they are whole numbers.
    pub fn to_i64(&self) -> Option<Vec<i64>> {
        match self {
            Self::I64(v) => Some(v.clone()),
            Self::I32(v) => Some(v.iter().map(|x| i64::from(*x)).collect()),
            _ => None,
        }
    }

    /// The values as truths. `None` of anything else.
    pub fn as_bool(&self) -> Option<&[bool]> {
        if let Self::Bool(v) = self { Some(v) } else { None }
    }

    /// The values as text. `None` of anything else.
    pub fn as_text(&self) -> Option<&[String]> {
        if let Self::Text(v) = self { Some(v) } else { None }
    }

    /// Values `from` to `to`, counted as values, not frames; within what there is.
    pub fn slice(&self, from: usize, to: usize) -> Self {
        fn part<T: Clone>(v: &[T], from: usize, to: usize) -> Vec<T> {
            let to = to.min(v.len());
            v[from.min(to)..to].to_vec()
        }
        match self {
            Self::F32(v) => Self::F32(part(v, from, to)),
            Self::F64(v) => Self::F64(part(v, from, to)),
            Self::I64(v) => Self::I64(part(v, from, to)),
            Self::I32(v) => Self::I32(part(v, from, to)),
            Self::Bool(v) => Self::Bool(part(v, from, to)),
            Self::Text(v) => Self::Text(part(v, from, to)),
            Self::Png(v) => Self::Png(part(v, from, to)),
        }
    }
}

/// Some frames of a data set: columns of equal length, by name and in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Frames.
    pub rows: usize,
    /// The columns.
    pub columns: Vec<(String, Column)>,
}

impl Table {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|(n, _)| n == name).map(|(_, column)| column)
    }

    /// Puts a column in the place of the one of this name, or behind the others.
    pub fn set(&mut self, name: &str, column: Column) {
        match self.columns.iter_mut().find(|(n, _)| n == name) {
            Some((_, there)) => *there = column,
            None => self.columns.push((name.to_owned(), column)),
        }
    }

    /// Frames `from` to `to`. `features` say how many values a frame has in each column.
    pub fn rows(&self, features: &[(String, Feature)], from: usize, to: usize) -> Self {
        let to = to.min(self.rows);
        let from = from.min(to);
        let width = |name: &str| {
            features.iter().find(|(n, _)| n == name).map_or(1, |(_, f)| column_width(f))
        };
        let part = |(name, column): &(String, Column)| {
            let width = width(name);
            (name.clone(), column.slice(from * width, to * width))
        };
        Self { rows: to - from, columns: self.columns.iter().map(part).collect() }
    }
}

/// Values that a frame has in the column of `feature`: a picture is one.
pub(crate) fn column_width(feature: &Feature) -> usize {
    if feature.dtype.is_picture() { 1 } else { feature.width() }
}
