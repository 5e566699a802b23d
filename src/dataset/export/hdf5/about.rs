//! What stands in the file as JSON: the environment and the episodes.

use interface::{EpisodeNotes, FrameLayout};
use serde_json::json;

/// The number of an environment that is made by its name alone, which is the most that robomimic has
/// for one it does not know.
const NAMED_ENVIRONMENT: u32 = 2;

/// `env_args`: the scene, the robot and how it was looked at. `cameras` are their names in the file.
pub(super) fn environment(layout: &FrameLayout, cameras: &[String], scene: &str) -> String {
    json!({
        "env_name": scene,
        "env_type": NAMED_ENVIRONMENT,
        "type": NAMED_ENVIRONMENT,
        "env_kwargs": {
            "robots": layout.robot,
            "control_freq": layout.fps,
            "camera_names": cameras,
            "camera_heights": layout.cameras.iter().map(|c| c.height).collect::<Vec<_>>(),
            "camera_widths": layout.cameras.iter().map(|c| c.width).collect::<Vec<_>>(),
            "joints": layout.joints,
            "things": layout.things,
        },
    })
    .to_string()
}

/// `ep_meta`: the sentence, and where the episode comes from.
pub(super) fn episode(notes: &EpisodeNotes) -> String {
    let mut about = json!({
        "lang": notes.task,
        "success": notes.success,
        "judged_by_person": notes.judged_by_person,
        "tags": notes.tags,
        "dropped": notes.dropped,
    });
    if let Some(origin) = &notes.origin {
        about["scene"] = json!(origin.scene);
        about["robot"] = json!(origin.robot);
        about["seed"] = json!(origin.seed);
        about["level"] = json!(origin.level);
        about["lead"] = json!(origin.lead);
    }
    about.to_string()
}
