//! dataset: demonstrations as LeRobot data sets, recorded RGB-D folders, flow records, point clouds and
//! numeric arrays, read from and written to disk.
//! It never knows who recorded what it reads, and it never moves anything.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod cloud;
mod error;
pub mod export;
mod flow_file;
pub mod lerobot;
mod npy;
mod picture;
mod quality;
mod record;
mod rgbd;

pub use cloud::{CloudFile, is_cloud, read_cloud};
pub use error::DatasetError;
pub use flow_file::{read_flow_file, write_flow_file};
pub use npy::{NpyArray, NpyData, NpyError, parse_npy, read_npy, serialize_npy, write_npy};
pub use quality::{Quality, busy_part, quality};
pub use record::{FlowRecord, read_flow, read_flow_record};
pub use rgbd::{RgbdFolder, read_rgbd_folder};
