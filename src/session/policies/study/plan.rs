//! What a study compares, from its file.

use std::collections::BTreeMap;
use std::path::Path;

use policy::a2a::Variant;
use serde::Deserialize;
use session_api::{Failure, ObserveChoice};

/// A study's file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// A robot's name.
    pub robot: String,
    /// Scripted demonstrations of each scene, on seeds from 0.
    pub demonstrations: usize,
    /// Smooth noise on their joints, radians: what they show of how to come back.
    #[serde(default)]
    pub noise: f64,
    /// Control periods a second of the demonstrations, and so of the policies.
    #[serde(default = "fps")]
    pub fps: u32,
    /// Trials of each policy.
    pub trials: usize,
    /// The seed of the first trial.
    pub first_seed: u64,
    /// Updates of every training that is not given another number.
    pub updates: u64,
    /// Windows of a batch.
    pub batch: usize,
    /// Whether weights are kept as bytes, half the size of half precision, and tried so.
    #[serde(default)]
    pub bytes: bool,
    /// Success in per cent that was published for a scene, for the table.
    #[serde(default)]
    pub published: BTreeMap<String, f64>,
    /// What is compared, in the order in which it is done.
    pub compare: Vec<Compare>,
}

/// What a cell runs at when nothing is said.
fn fps() -> u32 {
    sim::CellOptions::default().control_hz as u32
}

/// Every one of some policies in every one of some scenes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// Their names.
    pub policies: Vec<String>,
    /// What they see: `images`, `points` or `both`.
    pub observe: String,
    /// The scenes.
    pub scenes: Vec<String>,
    /// Updates of these trainings, when not those of the study.
    #[serde(default)]
    pub updates: Option<u64>,
    /// Integration steps with which each is tried; only its own when there are none.
    #[serde(default)]
    pub steps: Vec<usize>,
    /// Whether the trained policies are to be shipped.
    #[serde(default)]
    pub ship: bool,
}

/// One policy to be trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its name.
    pub policy: String,
    /// What it sees, as the plan says it.
    pub observe: String,
    /// The same as a training takes it.
    pub sees: ObserveChoice,
    /// The scene.
    pub scene: String,
    /// Updates of its training.
    pub updates: u64,
    /// With how many steps it is tried; `None` for its own.
    pub steps: Vec<Option<usize>>,
    /// Whether it is to be shipped.
    pub ship: bool,
}

impl Cell {
    /// `policy_observe/scene`: its name, and its folder.
    pub fn name(&self) -> String {
        format!("{}_{}/{}", self.policy, self.observe, self.scene)
    }
}

impl Plan {
    /// Reads a study's file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        nn::checkpoint::load_spec(path).map_err(|error| Failure::usage(&error))
    }

    /// Everything that is to be trained and whose name holds `only`. One that is named twice is trained
    /// once and tried with the steps of both.
    pub fn cells(&self, only: Option<&str>) -> Result<Vec<Cell>, Failure> {
        let refuse = |sentence: String| Err(Failure::Usage(sentence));
        let nothing = |updates: Option<u64>| updates == Some(0);
        if self.demonstrations == 0
            || self.trials == 0
            || self.batch == 0
            || nothing(Some(self.updates))
            || self.compare.iter().any(|compare| nothing(compare.updates))
        {
            return refuse(
                "demonstrations, trials, updates and batch of a study should all be at least 1"
                    .into(),
            );
        }
        let mut cells: Vec<Cell> = Vec::new();
        for compare in &self.compare {
            let sees = match compare.observe.as_str() {
                "images" => ObserveChoice::Images,
                "points" => ObserveChoice::Points,
                "both" => ObserveChoice::Both,
                other => {
                    return refuse(format!(
                        "a policy cannot observe `{other}`; `observe` is images, points or both"
                    ));
                }
            };
            for policy in &compare.policies {
                if Variant::named(policy).is_none() {
                    let known: Vec<&str> = Variant::ALL.iter().map(|v| v.name()).collect();
                    return refuse(format!(
                        "there is no policy `{policy}` to compare; there are {}",
                        known.join(", ")
                    ));
                }
                for scene in &compare.scenes {
                    if sim::scenes::by_name(scene).is_none() {
                        let known: Vec<&str> =
                            sim::scenes::all().iter().map(|scene| scene.name()).collect();
                        return refuse(format!(
                            "there is no scene `{scene}` to compare in; there are {}",
                            known.join(", ")
                        ));
                    }
                    let steps: Vec<Option<usize>> = match compare.steps.as_slice() {
                        [] => vec![None],
                        some => some.iter().copied().map(Some).collect(),
                    };
                    let cell = Cell {
                        policy: policy.clone(),
                        observe: compare.observe.clone(),
                        sees,
                        scene: scene.clone(),
                        updates: compare.updates.unwrap_or(self.updates),
                        steps,
                        ship: compare.ship,
                    };
                    match cells.iter_mut().find(|known| known.name() == cell.name()) {
                        Some(known) if known.updates != cell.updates => {
                            return refuse(format!(
                                "{} is to be trained with {} updates and with {}; one number is right",
                                cell.name(),
                                known.updates,
                                cell.updates
                            ));
                        }
                        Some(known) => {
                            known.ship |= cell.ship;
                            for steps in cell.steps {
                                if !known.steps.contains(&steps) {
                                    known.steps.push(steps);
                                }
                            }
                        }
                        None => cells.push(cell),
                    }
                }
            }
        }
        cells.retain(|cell| only.is_none_or(|only| cell.name().contains(only)));
        if cells.is_empty() {
            return refuse(match only {
                Some(only) => format!("nothing in the study is named `{only}`"),
                None => "the study compares nothing".into(),
            });
        }
        Ok(cells)
    }
}
