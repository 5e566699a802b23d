//! How good predictions are, frame by frame, beside the prediction that nothing moves.

use nn::{NnError, Result};
use serde::{Deserialize, Serialize};

use super::clips::{Clip, Films, assemble};
use super::metrics::{Scores, Sums};
use super::model::F2f;

/// Clips that are predicted together.
const TOGETHER: usize = 16;

/// The scores of one future frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Horizon {
    /// Pictures of the camera after the last one that was seen.
    pub ahead: usize,
    /// Of the network.
    pub model: Scores,
    /// Of the last seen frame, shown again.
    pub last: Scores,
}

/// Scores over some clips.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Clips.
    pub clips: usize,
    /// Euler steps that were asked for.
    pub steps: usize,
    /// Over all future frames, of the network.
    pub model: Scores,
    /// Over all future frames, of the last seen one, shown again.
    pub last: Scores,
    /// Frame by frame.
    pub horizons: Vec<Horizon>,
}

/// Predicts clips of films with weights as they are and compares, in pixel space [0, 1], with what was
/// filmed. The mean is over frames, not over episodes.
///
/// # Errors
/// When a picture cannot be read, a clip does not lie in the films, or there is none.
pub fn evaluate(model: &F2f, films: &Films, clips: &[Clip], steps: usize) -> Result<Evaluation> {
    let config = &model.config;
    let size = (config.image, config.image);
    let picture = config.image * config.image * 3;
    let mut sums = vec![[Sums::default(); 2]; config.future];
    for clips in clips.chunks(TOGETHER) {
        let batch = assemble(films, clips, config, model.params.device())?;
        let (past, future) = batch.split(config)?;
        let (predicted, _) = model.predict(&past, steps)?;
        let last = past.narrow(1, config.past - 1, 1)?.flatten_all()?.to_vec1::<f32>()?;
        let future = future.flatten_all()?.to_vec1::<f32>()?;
        let predicted = predicted.flatten_all()?.to_vec1::<f32>()?;
        let pairs = predicted.chunks_exact(picture).zip(future.chunks_exact(picture));
        for (i, (predicted, future)) in pairs.enumerate() {
            let [ours, still] = &mut sums[i % config.future];
            ours.add(predicted, future, size);
            still.add(&last[i / config.future * picture..][..picture], future, size);
        }
    }
    let none = || NnError::Config("there is no clip to evaluate on".to_owned());
    let mut all = [Sums::default(); 2];
    let mut horizons = Vec::new();
    for (i, [ours, still]) in sums.iter().enumerate() {
        all[0].join(ours);
        all[1].join(still);
        horizons.push(Horizon {
            ahead: (i + 1) * config.stride,
            model: ours.scores().ok_or_else(none)?,
            last: still.scores().ok_or_else(none)?,
        });
    }
    Ok(Evaluation {
        clips: clips.len(),
        steps,
        model: all[0].scores().ok_or_else(none)?,
        last: all[1].scores().ok_or_else(none)?,
        horizons,
    })
}
