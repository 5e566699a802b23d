//! A2A beside PyTorch: a frame, a decision, a whole call, an update, on the same weights and inputs.

mod ours;

use serde_json::{Value, json};

use crate::{Figure, Measured, peer};

/// A bench that could not run.
#[derive(Debug, thiserror::Error)]
pub enum A2aBenchError {
    /// No folder for what the peer needs.
    #[error("no folder for the weights: {0}")]
    Folder(#[from] std::io::Error),
    /// Our network.
    #[error(transparent)]
    Ours(#[from] nn::NnError),
}

/// Measures on one thread and on two.
pub fn figures() -> Result<Measured, A2aBenchError> {
    let folder = tempfile::tempdir()?;
    let mut measured = Measured::default();
    for threads in [1, 2] {
        let ours = ours::measure(folder.path(), threads)?;
        let given = json!({ "folder": folder.path(), "threads": threads });
        let packages = "torch and safetensors";
        let peer = peer::answer(include_str!("torch_peer.py"), &given, packages);
        let (peer, version) = match peer {
            Ok(answer) => {
                // The weights are the same with two threads.
                let errors = answer["errors"].as_object().filter(|_| threads == 1);
                for (size, error) in errors.into_iter().flatten() {
                    measured.figures.push(Figure {
                        name: format!("a2a.{size} chunk differs from the peer's by"),
                        median: error.as_f64().unwrap_or(f64::NAN) * 1e6,
                        unit: "millionths of its largest entry",
                        beside: None,
                    });
                }
                let version = answer["version"].as_str().unwrap_or_default();
                (answer["millis"].clone(), format!("PyTorch {version}"))
            }
            Err(sentence) => {
                // It would be the same with two threads.
                if threads == 1 {
                    measured.skipped.push(sentence);
                }
                (Value::Null, String::new())
            }
        };
        measured.figures.extend(streamed(&ours, &peer, &version, threads));
        for (what, median) in ours {
            let unit = if what.contains("thousandths") { "" } else { "ms" };
            // The peer keeps its weights in single precision.
            let theirs = peer[what.replace(" f32", "").replace(" f16", "")].as_f64();
            let beside = theirs.map(|theirs| (version.clone(), theirs / median));
            let name = format!("a2a.{what}, threads: {threads}");
            measured.figures.push(Figure { name, median, unit, beside });
        }
    }
    Ok(measured)
}

/// From the newest frame to the action, where earlier frames were encoded when they came, beside the peer's
/// whole call.
fn streamed(
    ours: &ours::Figures,
    peer: &Value,
    version: &str,
    threads: usize,
) -> impl Iterator<Item = Figure> {
    ["paper", "compact"].into_iter().filter_map(move |size| {
        let took = |what: &str| ours.iter().find(|(name, _)| name == what).map(|(_, ms)| *ms);
        let frame = took(&format!("{size} frame"))?;
        let median = frame + took(&format!("{size} f16 decision, 6 steps"))?;
        let call = peer[format!("{size} call of 8 frames, 6 steps")].as_f64();
        Some(Figure {
            name: format!("a2a.{size} newest frame to action, 6 steps, threads: {threads}"),
            median,
            unit: "ms",
            beside: call.map(|call| (version.to_owned(), call / median)),
        })
    })
}
