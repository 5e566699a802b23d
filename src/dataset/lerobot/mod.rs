//! Demonstrations as LeRobot data sets, version 3: written so that the official reader loads them at
//! every moment, and read whoever wrote them.
//!
//! [`LerobotDataset`] writes. An episode is filled as an [`EpisodeDraft`], on any thread, and becomes
//! part of the data set when it is committed. What is recorded live goes to a [`Journal`] first, which
//! costs the control loop next to nothing, and is made an episode afterwards by [`finish`].
//! [`Lerobot`] reads, and [`check`] looks for everything that can be wrong.

mod arrays;
mod check;
mod column;
mod convert;
mod depth;
mod draft;
mod durable;
pub mod edit;
mod episodes;
mod error;
mod feature;
mod film;
mod histogram;
mod image_stats;
mod index;
mod info;
mod info_json;
mod journal;
mod json;
mod layout;
mod lock;
mod parquet_file;
mod parts;
mod paths;
mod pictures;
mod reader;
mod rows;
mod side;
mod stats;
mod stats_json;
mod store;
mod table;
mod tasks;
mod track;
mod v2;
mod writer;

pub use check::{CheckOptions, Report, check};
pub use column::{Column, Table};
pub use convert::convert_v21;
pub use draft::{Drafts, EpisodeDraft};
pub use episodes::{EpisodeRow, FilePlace, FilmPlace};
pub use error::LerobotError;
pub use feature::{Dtype, Feature, default_features};
pub use info::Info;
pub use journal::{
    Develop, Developed, Finished, Journal, JournalReader, Packing, Prepared, Record, finish,
    prepare, unfinished,
};
pub use layout::{
    ACTION, CAMERA, ENVIRONMENT, FLOW, MODE, REQUESTED, STAMP, STATE, SUCCESS, TOOL_DELTA,
    TOOL_POSE, camera_feature, camera_stamp_feature, features_of,
};
pub use pictures::Pictures;
pub use reader::Lerobot;
pub use stats::{FeatureStats, Stats};
pub use writer::LerobotDataset;

#[cfg(test)]
mod tests;
