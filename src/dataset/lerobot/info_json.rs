//! `info.json` to and from its text: features keep their order, and keys nobody knows are kept.

use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::feature::Feature;
use super::info::{CHUNK, DATA_PATH, Info};

impl Serialize for Info {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        let size = |key: &str| self.more.get(key);
        map.serialize_entry("codebase_version", &self.version)?;
        map.serialize_entry("robot_type", &self.robot)?;
        map.serialize_entry("total_episodes", &self.episodes)?;
        map.serialize_entry("total_frames", &self.frames)?;
        map.serialize_entry("total_tasks", &self.tasks)?;
        map.serialize_entry("chunks_size", &self.chunk_size)?;
        const SIZES: [&str; 2] = ["data_files_size_in_mb", "video_files_size_in_mb"];
        for key in SIZES {
            if let Some(value) = size(key) {
                map.serialize_entry(key, value)?;
            }
        }
        // The standard wants a whole number; other people's 29.97 stays what it is.
        if self.fps.fract() == 0.0 {
            map.serialize_entry("fps", &(self.fps as i64))?;
        } else {
            map.serialize_entry("fps", &self.fps)?;
        }
        map.serialize_entry("splits", &json!({ "train": format!("0:{}", self.episodes) }))?;
        map.serialize_entry("data_path", &self.data_path)?;
        map.serialize_entry("video_path", &self.video_path)?;
        for (key, value) in &self.more {
            if !SIZES.contains(&key.as_str()) {
                map.serialize_entry(key, value)?;
            }
        }
        map.serialize_entry("features", &Ordered(&self.features))?;
        map.end()
    }
}

/// Pairs as an object that keeps their order.
struct Ordered<'a>(&'a [(String, Feature)]);

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, feature)| (name, feature)))
    }
}

/// An object of features in the order of the file.
struct Features(Vec<(String, Feature)>);

impl<'de> Deserialize<'de> for Features {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Features;
            fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                to.write_str("an object of features")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Features, A::Error> {
                let mut features: Vec<(String, Feature)> = Vec::new();
                while let Some((name, feature)) = map.next_entry::<String, Feature>()? {
                    if features.iter().any(|(n, _)| *n == name) {
                        return Err(A::Error::custom(format!("feature `{name}` stands twice")));
                    }
                    features.push((name, feature));
                }
                Ok(Features(features))
            }
        }
        from.deserialize_map(InOrder)
    }
}

#[derive(Deserialize)]
struct Stored {
    codebase_version: String,
    robot_type: Option<String>,
    total_episodes: usize,
    #[serde(default)]
    total_frames: usize,
    #[serde(default)]
    total_tasks: usize,
    chunks_size: Option<usize>,
    fps: f64,
    data_path: Option<String>,
    video_path: Option<String>,
    features: Features,
    #[serde(flatten)]
    more: Map<String, Value>,
}

impl<'de> Deserialize<'de> for Info {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut stored = Stored::deserialize(from)?;
        // It always says the same thing again.
        stored.more.remove("splits");
        Ok(Self {
            version: stored.codebase_version,
            robot: stored.robot_type,
            episodes: stored.total_episodes,
            frames: stored.total_frames,
            tasks: stored.total_tasks,
            chunk_size: stored.chunks_size.unwrap_or(CHUNK),
            fps: stored.fps,
            data_path: stored.data_path.unwrap_or_else(|| DATA_PATH.into()),
            video_path: stored.video_path,
            features: stored.features.0,
            more: stored.more,
        })
    }
}
