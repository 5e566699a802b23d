//! The video model F2F: trained on films of a data set, judged on others, asked while an episode plays.

mod judge;
mod seer;
mod sheet;
mod training;

pub use judge::run as foresee;
pub use seer::Seer;
pub use training::{train, variant};

use policy::Demonstrations;
use session_api::Failure;
use world_model::f2f::Films;

/// From one frame that the model looks at to the next, seconds.
const STRIDE_SECS: f64 = 0.2;

/// The control periods of a stride.
fn stride(fps: u32) -> usize {
    (STRIDE_SECS * f64::from(fps)).round().max(1.0) as usize
}

/// The films of the first camera, one picture a control period.
fn films(set: &Demonstrations) -> Result<Films, Failure> {
    let Some(camera) = set.cameras.first() else {
        return Err(Failure::Usage("the data set holds no pictures to foresee".into()));
    };
    let episodes = set.episodes.iter().filter_map(|e| e.pictures.first().cloned()).collect();
    Ok(Films { camera: camera.clone(), episodes })
}
