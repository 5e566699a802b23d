//! What a policy's folder holds, and how far networks are from another implementation's numbers.

use std::path::Path;

use nn::candle::Device;
use policy::a2a;
use session_api::{Compared, Failure, ParityReport, PolicyCheckReport};

use super::about::TrainedOn;

/// Loads a policy and says what it is.
pub fn check(folder: &Path) -> Result<PolicyCheckReport, Failure> {
    let own = |error: nn::NnError| Failure::usage(&error);
    let stored = a2a::load(folder, &Device::Cpu).map_err(own)?;
    let on = TrainedOn::read(folder)?;
    let network = &stored.spec.network;
    let cameras: Vec<String> = on.camera_names();
    let sees = match (cameras.is_empty(), network.observe.points) {
        (true, points) => format!("{points} points of things"),
        (false, 0) => cameras.join(", "),
        (false, points) => {
            format!("{} and {points} points of things", cameras.join(", "))
        }
    };
    let about = vec![
        format!("task: {}", on.task),
        format!("arm: {} ({})", on.robot, on.joints.join(", ")),
        format!("sees: {sees}, scaled to {0}x{0}", network.observe.image),
        format!(
            "acts: {} times a second from {} states, {} actions at a time, {} steps",
            on.fps, network.history, network.chunk, network.steps
        ),
        format!(
            "trained on {} episodes{}, {} held out",
            on.episodes,
            on.seeds.map_or(String::new(), |[a, b]| format!(" of seeds {a} to {b}")),
            stored.spec.training.held_out
        ),
    ];
    let weights = folder.join(nn::checkpoint::WEIGHTS);
    Ok(PolicyCheckReport {
        policy: network.variant.name().to_owned(),
        about,
        parameters: stored.model.params.numbers(),
        bytes: std::fs::metadata(&weights).map_or(0, |meta| meta.len()),
        updates: stored.spec.updates,
    })
}

/// Compares everything that a folder of fixtures holds.
pub fn parity(folder: &Path) -> Result<ParityReport, Failure> {
    let found = a2a::parity(folder).map_err(|error| Failure::usage(&error))?;
    let compared = found.compared.into_iter().map(|(name, error)| Compared { name, error });
    Ok(ParityReport {
        worst_forward: found.worst_forward,
        worst_gradient: found.worst_gradient,
        compared: compared.collect(),
    })
}
