//! What the graphics adapter can afford.

use bevy::prelude::*;

use crate::StudioError;

/// How much is drawn.
#[derive(Resource, Clone, Debug)]
pub struct Quality {
    /// Edge of the key lamp's shadow map, pixels.
    pub shadow_map: usize,
    /// Samples a pixel.
    pub samples: u32,
    /// Short shadows marched through the picture's depth.
    pub contact_shadows: bool,
    /// Points drawn while the camera moves; all of them when it rests.
    pub moving_points: usize,
    /// One sentence for the person.
    pub sentence: String,
}

impl Quality {
    /// For an adapter.
    pub fn of(name: &str, software: bool) -> Self {
        if software {
            Self {
                shadow_map: 1024,
                samples: 4,
                contact_shadows: false,
                moving_points: 150_000,
                sentence: format!(
                    "{name}: drawn by the processor, at the light level (small shadow maps, no \
                     contact shadows)"
                ),
            }
        } else {
            Self {
                shadow_map: 4096,
                samples: 4,
                contact_shadows: true,
                moving_points: usize::MAX,
                sentence: format!("{name}: full level"),
            }
        }
    }
}

/// The best adapter's name and whether it is the processor itself.
///
/// This asks the drivers and may take a while: it is meant for before the window.
pub fn adapter() -> Result<(String, bool), StudioError> {
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
            Ok((short(&info.name), info.device_type == wgpu::DeviceType::Cpu))
        }
        Err(_) => Err(StudioError::NoAdapter),
    }
}

/// `llvmpipe` instead of `llvmpipe (LLVM 15.0.6, 256 bits)`.
fn short(name: &str) -> String {
    name.split(" (").next().unwrap_or(name).to_string()
}
