//! Features: the columns of a data set, as `info.json` declares them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What the values of a feature are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// `float16`
    Float16,
    /// `float32`
    Float32,
    /// `float64`
    Float64,
    /// `int8`
    Int8,
    /// `int16`
    Int16,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `uint8`
    UInt8,
    /// `uint16`
    UInt16,
    /// `uint32`
    UInt32,
    /// `uint64`
    UInt64,
    /// `bool`
    Bool,
    /// `string`
    Text,
    /// `video`: a film; there is no column.
    Video,
    /// `image`: a PNG in the column.
    Image,
    /// Something that this reader does not know.
    Other(String),
}

/// The names that `info.json` uses.
const NAMES: [(&str, Dtype); 15] = [
    ("float16", Dtype::Float16),
    ("float32", Dtype::Float32),
    ("float64", Dtype::Float64),
    ("int8", Dtype::Int8),
    ("int16", Dtype::Int16),
    ("int32", Dtype::Int32),
    ("int64", Dtype::Int64),
    ("uint8", Dtype::UInt8),
    ("uint16", Dtype::UInt16),
    ("uint32", Dtype::UInt32),
    ("uint64", Dtype::UInt64),
    ("bool", Dtype::Bool),
    ("string", Dtype::Text),
    ("video", Dtype::Video),
    ("image", Dtype::Image),
];

impl Dtype {
    /// The name in `info.json`.
    pub fn name(&self) -> &str {
        if let Self::Other(name) = self {
            return name;
        }
        NAMES.iter().find(|(_, dtype)| dtype == self).map_or("", |(name, _)| name)
    }

    /// The type of a name.
    pub fn of_name(name: &str) -> Self {
        let known = NAMES.iter().find(|(n, _)| *n == name);
        known.map_or_else(|| Self::Other(name.to_owned()), |(_, dtype)| dtype.clone())
    }

    /// Whether its values are numbers or truths, so that there are statistics of them.
    pub fn is_number(&self) -> bool {
        !matches!(self, Self::Text | Self::Video | Self::Image | Self::Other(_))
    }

    /// Whether it is a picture, in a film or in the column.
    pub fn is_picture(&self) -> bool {
        matches!(self, Self::Video | Self::Image)
    }
}

/// A feature without its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// What its values are.
    pub dtype: Dtype,
    /// Values of one frame, slowest axis first; pictures have rows, columns, channels.
    pub shape: Vec<usize>,
    /// Names of the components: a list, an object, or null.
    pub names: Value,
    /// What else is said of it; a film's codec and size stand in `info`.
    pub more: Map<String, Value>,
}

impl Feature {
    /// A feature with the names of its components, or none.
    pub fn new(dtype: Dtype, shape: &[usize], names: Option<&[String]>) -> Self {
        let names = names.map_or(Value::Null, |names| json!(names));
        Self { dtype, shape: shape.to_vec(), names, more: Map::new() }
    }

    /// A single value a frame, without names.
    pub fn scalar(dtype: Dtype) -> Self {
        Self::new(dtype, &[1], None)
    }

    /// A camera whose pictures are in H.264 films of `fps` frames a second.
    pub fn film(width: usize, height: usize, fps: u32) -> Self {
        let names = ["height", "width", "channels"].map(String::from);
        let mut feature = Self::new(Dtype::Video, &[height, width, 3], Some(&names));
        feature.more.insert(
            "info".into(),
            json!({
                "video.height": height, "video.width": width, "video.codec": "h264",
                "video.pix_fmt": "yuv420p", "video.is_depth_map": false, "video.fps": fps,
                "video.channels": 3, "has_audio": false,
            }),
        );
        feature
    }

    /// Values of one frame.
    pub fn width(&self) -> usize {
        self.shape.iter().product()
    }

    /// Names of the components in order: those of a list, or of the lists in an object; none where
    /// their number is not that of the values.
    pub fn components(&self) -> Option<Vec<String>> {
        let mut names = Vec::new();
        gather(&self.names, &mut names);
        (names.len() == self.width()).then_some(names)
    }

    /// Columns and rows of a camera's pictures.
    pub fn picture_size(&self) -> Option<(usize, usize)> {
        match (self.dtype.is_picture(), self.shape.as_slice()) {
            // The class returns channels first, and some write the shape that way.
            (true, &[1 | 3, height, width]) if !matches!(width, 1 | 3) => Some((width, height)),
            (true, &[height, width, _]) => Some((width, height)),
            _ => None,
        }
    }

    /// Whether a film holds distances instead of colours.
    pub fn is_depth(&self) -> bool {
        let info = self.more.get("info");
        ["is_depth_map", "video.is_depth_map"]
            .iter()
            .any(|key| info.and_then(|i| i.get(*key)).and_then(Value::as_bool) == Some(true))
    }

    /// Why this is not the same kind of column as `other`; names and codec do not count.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let says = |f: &Self| format!("{} {:?}", f.dtype.name(), f.shape);
        let same = self.dtype == other.dtype && self.shape == other.shape;
        (!same).then(|| format!("is {}, not {}", says(self), says(other)))
    }
}

fn gather(names: &Value, out: &mut Vec<String>) {
    match names {
        Value::String(name) => out.push(name.clone()),
        Value::Array(list) => list.iter().for_each(|n| gather(n, out)),
        Value::Object(map) => map.values().for_each(|n| gather(n, out)),
        _ => {}
    }
}

/// The five that every data set ends with: time in the episode, frame, episode, frame of the whole
/// set, and task.
pub fn default_features() -> [(String, Feature); 5] {
    [
        ("timestamp", Dtype::Float32),
        ("frame_index", Dtype::Int64),
        ("episode_index", Dtype::Int64),
        ("index", Dtype::Int64),
        ("task_index", Dtype::Int64),
    ]
    .map(|(name, dtype)| (name.to_owned(), Feature::scalar(dtype)))
}

/// Whether `name` is one of the five that the writer fills in.
pub fn is_default_feature(name: &str) -> bool {
    matches!(name, "timestamp" | "frame_index" | "episode_index" | "index" | "task_index")
}

/// A feature as it stands in the file.
#[derive(Deserialize)]
struct Stored {
    dtype: String,
    shape: Vec<usize>,
    #[serde(default)]
    names: Value,
    #[serde(flatten)]
    more: Map<String, Value>,
}

impl<'de> Deserialize<'de> for Feature {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Stored { dtype, shape, names, more } = Stored::deserialize(from)?;
        Ok(Self { dtype: Dtype::of_name(&dtype), shape, names, more })
    }
}

impl Serialize for Feature {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = to.serialize_map(Some(3 + self.more.len()))?;
        map.serialize_entry("dtype", self.dtype.name())?;
        map.serialize_entry("shape", &self.shape)?;
        map.serialize_entry("names", &self.names)?;
        for (key, value) in &self.more {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}
