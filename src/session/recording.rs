//! Plans and their execution as Rerun recordings.

use std::path::Path;

use interface::{Observation, SceneLook};
use plan::Plan;
use rerun_log::{Recording, RerunError, Target};
use robot::Robot;
use session_api::Failure;

use crate::episode::Episode;

/// Colours of clouds that bring none of their own.
const OBJECT: [u8; 3] = [0x4C, 0x9F, 0xFF];
const SCENE: [u8; 3] = [0x9A, 0xA3, 0xB2];

/// What a recording tells.
pub struct Told<'a> {
    /// The sentence that was followed.
    pub instruction: &'a str,
    /// The first plan.
    pub plan: &'a Plan,
    /// What it saw.
    pub observation: &'a Observation,
    /// The robot.
    pub robot: &'a Robot,
    /// How it was carried out.
    pub episode: Option<&'a Episode>,
}

/// A recording to the file, the viewer or both; `None` where neither is asked for.
pub fn open(file: Option<&Path>, viewer: Option<&str>) -> Result<Option<Recording>, Failure> {
    let mut targets: Vec<Target> =
        file.map(|path| Target::File(path.to_owned())).into_iter().collect();
    targets.extend(viewer.map(|url| Target::Viewer(url.to_owned())));
    if targets.is_empty() {
        return Ok(None);
    }
    Recording::open("flowarm", &targets).map(Some).map_err(|error| match error {
        RerunError::File { .. } | RerunError::Address { .. } => Failure::Usage(error.to_string()),
        RerunError::NoViewer { .. } | RerunError::Failed(_) => Failure::Machine(error.to_string()),
    })
}

/// Writes everything: what was seen, planned and done.
pub fn tell(recording: &mut Recording, told: &Told<'_>) -> Result<(), RerunError> {
    let plan = told.plan;
    recording.at(0.0);
    recording.line(&format!("Instruction: {}", told.instruction), false)?;
    for (index, view) in told.observation.views.iter().enumerate() {
        // The layout shows the camera of this name.
        let name = if index == 0 { "main" } else { &*view.camera };
        recording.view(name, view)?;
    }
    if let Some(episode) = told.episode
        && let Some(moment) = episode.moments.first()
    {
        recording.scene(&moment.look)?;
    } else {
        recording.scene(&SceneLook::default())?;
    }
    if let Some(seen) = &plan.observed {
        recording.cloud("object", &seen.object, OBJECT)?;
        recording.cloud("scene", &seen.scene, SCENE)?;
    }
    if let Some(flow) = &plan.flow {
        recording.flow(flow, 0.0)?;
    }
    if let Some(fit) = &plan.fit {
        for step in &fit.chosen.steps {
            recording.at(step.time);
            recording.number("fit rms in mm", step.rms * 1e3)?;
            recording.number("inliers in percent", step.share() * 100.0)?;
        }
        recording.at(0.0);
    }
    if let Some(target) = &plan.target {
        recording.picture("target", &target.image)?;
    }
    let finger = told.robot.arms.first().map_or(0.05, |arm| arm.gripper.finger.length);
    recording.grasps(&plan.grasps.candidates, plan.grasps.chosen, finger)?;
    if let Some(path) = &plan.tool_path {
        recording.tool_path(path)?;
    }
    recording.page("plan", &page(told))?;
    for stage in &plan.stages {
        recording.line(&format!("{}: {}", stage.name, stage.detail), !stage.ok)?;
    }
    if let Some(episode) = told.episode {
        motion(recording, episode)?;
    }
    Ok(())
}

/// The arm, the things and the phases over time.
fn motion(recording: &mut Recording, episode: &Episode) -> Result<(), RerunError> {
    let mut phase = None;
    for moment in &episode.moments {
        recording.at(moment.secs);
        recording.scene(&moment.look)?;
        recording.joints(&episode.info, &moment.state)?;
        if moment.phase != phase
            && let Some(phase) = moment.phase
        {
            recording.line(&format!("execute {}", phase.name()), false)?;
        }
        phase = moment.phase;
    }
    recording.at(episode.secs);
    for report in &episode.outcome.execution.phases {
        recording.line(&format!("{}: {}", report.phase.name(), report.detail), !report.ok)?;
    }
    let result = episode.outcome.reason().unwrap_or_else(|| "task solved".into());
    recording.line(&result, !episode.outcome.success)
}

/// The stages as a table.
fn page(told: &Told<'_>) -> String {
    let mut text =
        format!("# {}\n\n| stage | | ms | |\n| --- | --- | ---: | --- |\n", told.instruction);
    for stage in &told.plan.stages {
        let mark = if stage.ok { "ok" } else { "stop" };
        let detail = stage.detail.replace('|', "/");
        text.push_str(&format!("| {} | {mark} | {:.0} | {detail} |\n", stage.name, stage.millis));
    }
    if let Some(verdict) = told.plan.verdict() {
        text.push_str(&format!("\nVerdict by {}: {}\n", verdict.judge, verdict.reason));
    }
    if let Some(refused) = &told.plan.refused {
        text.push_str(&format!("\nRefused: {refused}\n"));
    }
    text
}
