//! Pictures of simulated cameras, taken after the event from how everything lay: a picture is a
//! function of that alone, so nothing that runs live has to wait for it.

use std::sync::Arc;

use interface::{Depth, EpisodeNotes, FrameLayout, Image};
use robot::Robot;
use sim::{CameraPlace, Darkroom};

use super::{cameras, replay, take::read_poses};

/// Develops the pictures of one take.
pub struct Developer {
    places: Vec<CameraPlace>,
    darkroom: Darkroom,
}

impl Developer {
    /// For a take of this layout; the error is one sentence.
    pub fn new(
        layout: &FrameLayout,
        notes: &EpisodeNotes,
        robot: &Arc<Robot>,
    ) -> Result<Self, String> {
        let origin = notes.origin.as_ref().ok_or(
            "the take does not say which scene it was recorded in, so its pictures cannot be \
             developed",
        )?;
        let start = interface::Origin { lead: Vec::new(), ..origin.clone() };
        let cell = replay::cell_of(&start, robot.clone(), layout.fps)
            .map_err(|error| error.to_string())?;
        let named = |camera: &interface::CameraLayout| {
            format!("{}:{}x{}", camera.name, camera.width, camera.height)
        };
        let names: Vec<String> = layout.cameras.iter().map(named).collect();
        let places = cameras::chosen(&cell, &names).map_err(|error| error.to_string())?;
        Ok(Self { places, darkroom: cell.darkroom() })
    }

    /// What a camera saw.
    pub fn picture(
        &mut self,
        camera: usize,
        looks: &[u8],
    ) -> Result<(Image, Option<Depth>), String> {
        let place =
            self.places.get(camera).ok_or_else(|| format!("there is no camera {camera}"))?;
        let poses = read_poses(looks).ok_or("the poses of a picture are damaged")?;
        let (image, depth) = self.darkroom.develop(place, &poses).ok_or_else(|| {
            format!("a picture tells the places of {} things, not of all in the scene", poses.len())
        })?;
        Ok((image, Some(depth)))
    }
}
