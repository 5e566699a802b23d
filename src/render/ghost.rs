//! Things as they will be, or might be: translucent, in one colour.

use std::collections::HashMap;
use std::sync::Arc;

use interface::{LookItem, Material};

/// The items as ghosts: they show in pictures without shadow, and neither in depth nor in item numbers.
///
/// `color` is linear; `opacity` from 0 to below 1.
pub fn ghosts(items: &[LookItem], color: [f32; 3], opacity: f32) -> Vec<LookItem> {
    let opacity = opacity.clamp(0.0, 0.99);
    // Dark parts stay a little darker, so that a robot's ghost still looks like the robot.
    let mut made: HashMap<usize, Arc<Material>> = HashMap::new();
    items
        .iter()
        .map(|item| {
            let material = made.entry(Arc::as_ptr(&item.material).addr()).or_insert_with(|| {
                let [r, g, b, _] = item.material.base_color;
                let shade = 0.55 + 0.45 * (0.3 * r + 0.6 * g + 0.1 * b).clamp(0.0, 1.0);
                let [r, g, b] = color.map(|c| c * shade);
                Arc::new(Material {
                    base_color: [r, g, b, opacity],
                    metallic: 0.0,
                    roughness: 0.5,
                    texture: None,
                })
            });
            LookItem { material: Arc::clone(material), ..item.clone() }
        })
        .collect()
}
