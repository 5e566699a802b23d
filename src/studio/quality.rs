//! What the graphics adapter can afford, and what the person wants of it.

use bevy::light::DirectionalLightShadowMap;
use bevy::prelude::*;

use crate::StudioError;
use crate::light::occlusion::{self, Grade};
use crate::view3d;

/// The environment variable by which a person chooses the level.
const WISH: &str = "FLOWARM_QUALITY";

/// How much is drawn. As a plugin it sets the renderer up accordingly.
#[derive(Resource, Clone, Debug)]
pub struct Quality {
    /// Edge of the key lamp's shadow map, pixels.
    pub shadow_map: usize,
    /// How ambient occlusion is looked for. It needs one sample a pixel: edges are then smoothed in
    /// the finished picture, instead of being sampled four times.
    pub occlusion: Option<Grade>,
    /// Short shadows where things touch, marched through the picture's depth.
    pub contact_shadows: bool,
    /// The most pixels a picture may have that is drawn with twice the edge it is shown with.
    pub finest: f32,
    /// Pixels drawn for every pixel shown, along an edge, while something in the view moves.
    pub moving: f32,
    /// Points drawn while the camera moves; all of them when it rests.
    pub moving_points: usize,
    /// One sentence for the person.
    pub sentence: String,
    /// What is wrong with the person's wish.
    pub complaint: Option<String>,
}

/// The two levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Light,
    Full,
}

impl Level {
    /// What [`WISH`] says; nothing when it is unset or empty.
    fn wished(said: Option<&str>) -> Result<Option<Self>, String> {
        match said.map(str::trim) {
            None | Some("") => Ok(None),
            Some("light") => Ok(Some(Self::Light)),
            Some("full") => Ok(Some(Self::Full)),
            Some(other) => Err(format!(
                "{WISH} is `{other}`, but can be `light` or `full`: the level is chosen by the \
                 graphics adapter"
            )),
        }
    }
}

impl Quality {
    /// The person's wish, else what goes with the best adapter.
    ///
    /// This asks the drivers and may take a while: it is meant for before the window.
    pub fn choose() -> Result<Self, StudioError> {
        let said = std::env::var_os(WISH);
        let said = said.as_ref().map(|said| said.to_string_lossy());
        Ok(Self::of(&find()?, said.as_deref()))
    }

    fn of(found: &Found, said: Option<&str>) -> Self {
        let (wish, complaint) = match Level::wished(said) {
            Ok(wish) => (wish, None),
            Err(why) => (None, Some(why)),
        };
        let fitting = if found.software { Level::Light } else { Level::Full };
        let level = wish.unwrap_or(fitting);
        let can = found.lacks.is_none();
        let grade = |directions, places| can.then_some(Grade { directions, places });
        match level {
            // One sample and occlusion cost the processor half of what four samples do.
            Level::Light => Self {
                shadow_map: 2048,
                occlusion: grade(3, 4),
                contact_shadows: false,
                finest: 0.0,
                moving: if found.software { 0.5 } else { 1.0 },
                moving_points: 150_000,
                sentence: found.sentence(level, wish.is_some()),
                complaint,
            },
            Level::Full => Self {
                shadow_map: 4096,
                occlusion: grade(4, 6),
                contact_shadows: can && !found.software,
                finest: if can { 12e6 } else { 0.0 },
                moving: 1.0,
                moving_points: usize::MAX,
                sentence: found.sentence(level, wish.is_some()),
                complaint,
            },
        }
    }

    /// Pixels drawn for every pixel shown, along an edge, for a picture of this size.
    pub fn finer(&self, shown: Vec2) -> f32 {
        if shown.x * shown.y * 4.0 <= self.finest { 2.0 } else { 1.0 }
    }
}

impl Plugin for Quality {
    fn build(&self, app: &mut App) {
        // The spot lamp's map lies among those of directional lamps.
        app.insert_resource(DirectionalLightShadowMap { size: self.shadow_map })
            .insert_resource(self.clone());
        view3d::plugin(app);
        if self.occlusion.is_some() {
            occlusion::plugin(app);
        }
    }
}

/// What was found out about an adapter.
struct Found {
    name: String,
    software: bool,
    /// What ambient occlusion needs and the adapter lacks.
    lacks: Option<&'static str>,
}

impl Found {
    fn sentence(&self, level: Level, wished: bool) -> String {
        let by = if self.software { "drawn by the processor, " } else { "" };
        let level = match (level, self.software) {
            (Level::Light, true) => "light level, coarser while it moves",
            (Level::Light, false) => "light level",
            // Mesa's driver makes the shader anew for every picture and keeps them all.
            (Level::Full, true) => {
                "full level (no contact shadows: the driver leaks memory with them)"
            }
            (Level::Full, false) => "full level",
        };
        let lacks = self.lacks.map_or(String::new(), |lacks| {
            format!(", no ambient occlusion but four samples a pixel ({lacks})")
        });
        let why = if wished { format!(", as {WISH} says") } else { String::new() };
        format!("{}: {by}{level}{lacks}{why}", self.name)
    }
}

fn find() -> Result<Found, StudioError> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::PRIMARY,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let request = wgpu::RequestAdapterOptions {
        power_preference: wgpu::PowerPreference::HighPerformance,
        ..wgpu::RequestAdapterOptions::default()
    };
    match bevy::tasks::block_on(instance.request_adapter(&request)) {
        Ok(adapter) => {
            let info = adapter.get_info();
            Ok(Found {
                name: short(&info.name),
                software: info.device_type == wgpu::DeviceType::Cpu,
                lacks: occlusion::lacking(&adapter),
            })
        }
        Err(_) => Err(StudioError::NoAdapter),
    }
}

/// The best adapter's name and whether it is the processor itself.
///
/// This asks the drivers and may take a while.
pub fn adapter() -> Result<(String, bool), StudioError> {
    find().map(|found| (found.name, found.software))
}

/// `llvmpipe` instead of `llvmpipe (LLVM 15.0.6, 256 bits)`.
fn short(name: &str) -> String {
    name.split(" (").next().unwrap_or(name).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(software: bool, lacks: Option<&'static str>) -> Found {
        Found { name: "an adapter".into(), software, lacks }
    }

    #[test]
    fn the_adapter_chooses_unless_the_person_does() {
        let most = |software, said| Quality::of(&found(software, None), said).moving_points;
        assert!(most(true, None) < most(false, None));
        assert_eq!(most(false, Some("")), most(false, None));
        assert_eq!(most(true, Some("full")), most(false, None));
        assert_eq!(most(false, Some("light")), most(true, None));
        let asked = Quality::of(&found(true, None), Some("full"));
        assert!(asked.occlusion.is_some() && asked.sentence.contains(WISH), "{}", asked.sentence);
    }

    #[test]
    fn what_the_adapter_cannot_is_said() {
        let quality = Quality::of(&found(false, Some("it cannot")), None);
        assert!(quality.occlusion.is_none() && !quality.contact_shadows);
        assert!(quality.finer(Vec2::ONE) == 1.0);
        assert!(quality.sentence.contains("it cannot"), "{}", quality.sentence);
    }

    #[test]
    fn a_wish_that_is_not_understood_gets_a_sentence() {
        let quality = Quality::of(&found(true, None), Some("best"));
        let complaint = quality.complaint.unwrap_or_default();
        assert!(complaint.contains("best") && complaint.contains("`light` or `full`"));
        assert_eq!(quality.moving_points, Quality::of(&found(true, None), None).moving_points);
    }

    #[test]
    fn large_pictures_are_drawn_as_they_are_shown() {
        let quality = Quality::of(&found(false, None), None);
        assert_eq!(quality.finer(Vec2::new(1400.0, 900.0)), 2.0);
        assert_eq!(quality.finer(Vec2::new(3840.0, 2160.0)), 1.0);
    }
}
