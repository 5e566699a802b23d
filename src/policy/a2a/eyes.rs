//! The second part of a training from pictures. What encodes them learns more slowly than it has to, and
//! costs nearly all the time; what decides needs many updates on independent windows, which pictures make
//! dear. So after some updates the encoders stay as they are: what they make of every frame is noted down
//! once, and the rest of the training looks at the notes.

use nn::candle::{Device, Tensor};
use nn::{Result, Trainer};

use super::batch::images;
use super::model::A2a;
use super::observe::ObservationEncoder;
use crate::demonstrations::Demonstrations;

/// Pictures that are encoded at once.
const AT_ONCE: usize = 64;

/// Leaves the encoders as their running mean, for good, and notes what they make of the demonstrations.
///
/// # Errors
/// When a picture cannot be read or the demonstrations lack a camera; the sentence names it.
pub(super) fn keep(
    trainer: &Trainer<'_>,
    model: &A2a,
    set: &Demonstrations,
    device: &Device,
) -> Result<Demonstrations> {
    trainer.keep(ObservationEncoder::is_of_eyes)?;
    let mut noted = set.clone();
    let observe = &model.config.observe;
    for (number, episode) in noted.episodes.iter_mut().enumerate() {
        let frames: Vec<(usize, usize)> = (0..episode.frames).map(|f| (number, f)).collect();
        for frames in frames.chunks(AT_ONCE) {
            let cameras = observe.cameras.iter();
            let seen: Vec<_> = cameras
                .map(|camera| images(set, camera, frames, observe.image, device))
                .collect::<Result<_>>()?;
            let features = Tensor::cat(&model.looks(&seen)?, 1)?;
            noted.features = features.dim(1)?;
            episode.features.extend(features.flatten_all()?.to_vec1::<f32>()?);
        }
    }
    Ok(noted)
}
