//! `meta/info.json`: what a data set is.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::feature::{Feature, default_features};
use super::{LerobotError, json};

/// The version written.
pub const VERSION: &str = "v3.0";
/// Files of a chunk.
pub(super) const CHUNK: usize = 1000;
pub(super) const DATA_PATH: &str = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet";
const VIDEO_PATH: &str = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4";

/// The content of `info.json`. Keys that this reader does not know are kept and written again.
#[derive(Clone, Debug, PartialEq)]
pub struct Info {
    /// Format: `v3.0`, `v2.1`.
    pub version: String,
    /// What the robot is called.
    pub robot: Option<String>,
    /// Episodes there are.
    pub episodes: usize,
    /// Frames of all episodes.
    pub frames: usize,
    /// Sentences there are.
    pub tasks: usize,
    /// Files of one chunk, from 1.
    pub chunk_size: usize,
    /// Frames a second.
    pub fps: f64,
    /// Where the tables lie, as a pattern.
    pub data_path: String,
    /// Where the films lie, as a pattern; `None` where there are none.
    pub video_path: Option<String>,
    /// The features by name, in order.
    pub features: Vec<(String, Feature)>,
    /// Every other key.
    pub more: Map<String, Value>,
}

impl Info {
    /// An empty data set with these features, the five defaults added behind them.
    pub fn new(robot: &str, fps: u32, mut features: Vec<(String, Feature)>) -> Self {
        let films = features.iter().any(|(_, f)| f.dtype == super::Dtype::Video);
        features.extend(default_features());
        let mut more = Map::new();
        more.insert("data_files_size_in_mb".into(), json!(100));
        more.insert("video_files_size_in_mb".into(), json!(200));
        Self {
            version: VERSION.into(),
            robot: Some(robot.into()),
            episodes: 0,
            frames: 0,
            tasks: 0,
            chunk_size: CHUNK,
            fps: f64::from(fps),
            data_path: DATA_PATH.into(),
            video_path: films.then(|| VIDEO_PATH.into()),
            features,
            more,
        }
    }

    /// Where the file lies in the data set `root`.
    pub fn path(root: &Path) -> PathBuf {
        root.join("meta/info.json")
    }

    /// Reads `info.json` of the data set `root`: version 3, or 2.0 and 2.1.
    pub fn read(root: &Path) -> Result<Self, LerobotError> {
        if !root.is_dir() {
            return Err(LerobotError::not_a_dataset(root, "there is no such folder"));
        }
        let path = Self::path(root);
        if !path.is_file() {
            return Err(LerobotError::not_a_dataset(root, "it has no meta/info.json"));
        }
        let info: Self = json::read(&path)?;
        info.validate().map_err(|problem| LerobotError::invalid(&path, problem))?;
        Ok(info)
    }

    fn validate(&self) -> Result<(), String> {
        if !self.version.starts_with("v3.") && !self.is_v2() {
            return Err(format!("format {}; v3.0, v2.1 and v2.0 are read", self.version));
        }
        if !(self.fps.is_finite() && self.fps > 0.0) {
            return Err(format!("{} frames a second; expected a number above 0", self.fps));
        }
        if self.chunk_size == 0 {
            return Err("chunks of 0 files; expected `chunks_size` from 1".into());
        }
        for (name, feature) in &self.features {
            let values = feature.shape.iter().try_fold(1_usize, |n, axis| n.checked_mul(*axis));
            if name.contains('/') {
                return Err(format!("feature `{name}`: a name without `/` is expected"));
            }
            if values.is_none_or(|n| n == 0 || n > 1 << 28) {
                return Err(format!("feature `{name}` has shape {:?}", feature.shape));
            }
        }
        Ok(())
    }

    /// Whether it is a data set with one table and one film for every episode, of the format before.
    pub fn is_v2(&self) -> bool {
        self.version.starts_with("v2.")
    }

    /// The text of the file.
    pub(crate) fn text(&self, path: &Path) -> Result<Vec<u8>, LerobotError> {
        json::pretty(path, self)
    }

    /// The feature of this name.
    pub fn feature(&self, name: &str) -> Option<&Feature> {
        self.features.iter().find(|(n, _)| n == name).map(|(_, feature)| feature)
    }

    /// Names of the features that have a column, in order.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &Feature)> {
        let stored = |f: &Feature| f.dtype != super::Dtype::Video;
        self.features.iter().filter(move |(_, f)| stored(f)).map(|(n, f)| (n.as_str(), f))
    }

    /// The cameras in order, whether their pictures lie in films or in the table.
    pub fn cameras(&self) -> impl Iterator<Item = (&str, &Feature)> {
        self.features.iter().filter(|(_, f)| f.dtype.is_picture()).map(|(n, f)| (n.as_str(), f))
    }

    /// The cameras whose pictures lie in films.
    pub fn films(&self) -> impl Iterator<Item = &str> {
        self.cameras().filter(|(_, f)| f.dtype == super::Dtype::Video).map(|(n, _)| n)
    }
}

/// A path of the pattern `text`, in which `{key}` and `{key:06d}` stand for values.
pub(crate) fn fill(text: &str, values: &[(&str, &dyn std::fmt::Display)]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((slot, behind)) = after.split_once('}') else {
            rest = after;
            break;
        };
        let (key, form) = slot.split_once(':').unwrap_or((slot, ""));
        if let Some((_, value)) = values.iter().find(|(k, _)| *k == key) {
            let digits = form.strip_prefix('0').and_then(|f| f.strip_suffix('d'));
            let width = digits.and_then(|d| d.parse().ok()).map_or(0, |w: usize| w.min(20));
            let value = value.to_string();
            (value.len()..width).for_each(|_| out.push('0'));
            out.push_str(&value);
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lerobot::Dtype;

    #[test]
    fn what_is_written_is_read_and_unknown_keys_stay() {
        let mut info = Info::new(
            "franka",
            50,
            vec![
                ("z".into(), Feature::new(Dtype::Float32, &[2], Some(&["a".into(), "b".into()]))),
                ("a.film".into(), Feature::film(64, 48, 50)),
            ],
        );
        info.more.insert("tools".into(), json!([{ "name": "x" }]));
        let text = String::from_utf8(info.text(Path::new("info.json")).unwrap()).unwrap();
        assert!(text.contains("    \"fps\": 50,\n"), "{text}");
        assert!(text.find("\"z\"").unwrap() < text.find("\"a.film\"").unwrap(), "order");
        assert_eq!(json::parse::<Info>(Path::new("info.json"), &text).unwrap(), info);
    }

    #[test]
    fn patterns_are_filled() {
        let check = |pattern: &str, expected: &str| {
            assert_eq!(fill(pattern, &[("n", &7), ("key", &"front")]), expected);
        };
        check("a/{key}/{n:03d}.mp4", "a/front/007.mp4");
        check("{n}{n:01d}", "77");
        check("{unknown}x{n", "xn");
    }

    #[test]
    fn a_folder_that_is_none_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let check = |text: &str, expected: &str| {
            std::fs::create_dir_all(folder.path().join("meta")).unwrap();
            std::fs::write(Info::path(folder.path()), text).unwrap();
            let got = Info::read(folder.path()).unwrap_err().to_string();
            assert!(got.contains(expected), "{got}");
        };
        let got = Info::read(folder.path()).unwrap_err().to_string();
        assert!(got.contains("no meta/info.json"), "{got}");
        check("{", "no JSON");
        check(r#"{"codebase_version":"v1.6","total_episodes":0,"fps":1,"features":{}}"#, "v1.6");
        check(
            r#"{"codebase_version":"v3.0","total_episodes":0,"fps":1,"features":{"a/b":{"dtype":"x","shape":[1]}}}"#,
            "without `/`",
        );
        check(r#"{"codebase_version":"v3.0","total_episodes":0,"fps":0,"features":{}}"#, "above 0");
        check(
            r#"{"codebase_version":"v3.0","total_episodes":0,"fps":1,"features":{"a":{"dtype":"x","shape":[1]},"a":{"dtype":"x","shape":[1]}}}"#,
            "stands twice",
        );
    }
}
