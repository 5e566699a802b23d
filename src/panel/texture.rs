//! Pictures as textures, for as long as they are shown.

use std::collections::HashMap;
use std::sync::Arc;

use egui::{Color32, ColorImage, Painter, Rect, TextureHandle, TextureOptions, Ui, pos2, vec2};
use interface::Image;

/// A picture as egui takes it; `None` when it has no pixels or not as many as it says.
fn pixels(image: &Image) -> Option<ColorImage> {
    let size = [image.width, image.height];
    if image.rgb.is_empty() || image.width.checked_mul(image.height) != Some(image.rgb.len()) {
        return None;
    }
    Some(ColorImage::from_rgb(size, image.rgb.as_flattened()))
}

/// A picture as a texture; `None` when it has no pixels or not as many as it says.
pub fn load(ui: &Ui, name: &str, image: &Image) -> Option<TextureHandle> {
    Some(ui.ctx().load_texture(name, pixels(image)?, TextureOptions::LINEAR))
}

/// Paints a texture into the middle of `rect`, as large as fits.
pub fn fit(painter: &Painter, texture: &TextureHandle, rect: Rect) -> Rect {
    let size = texture.size_vec2();
    let scale = (rect.width() / size.x).min(rect.height() / size.y).max(0.0);
    let place = Rect::from_center_size(rect.center(), size * scale);
    let all = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    painter.image(texture.id(), place, all, Color32::WHITE);
    place
}

/// One picture that may change from frame to frame.
#[derive(Default)]
pub struct Live(Option<(Arc<[[u8; 3]]>, TextureHandle)>);

impl Live {
    /// The texture of this picture; pixels go to the adapter only when they are others.
    pub fn of(&mut self, ui: &Ui, name: &str, image: &Image) -> Option<&TextureHandle> {
        let same = self.0.as_ref().is_some_and(|(rgb, _)| Arc::ptr_eq(rgb, &image.rgb));
        if !same {
            let fresh = pixels(image)?;
            match &mut self.0 {
                Some((rgb, texture)) => {
                    texture.set(fresh, TextureOptions::LINEAR);
                    *rgb = image.rgb.clone();
                }
                None => {
                    let texture = ui.ctx().load_texture(name, fresh, TextureOptions::LINEAR);
                    self.0 = Some((image.rgb.clone(), texture));
                }
            }
        }
        self.0.as_ref().map(|(_, texture)| texture)
    }
}

/// Small pictures kept at most.
const KEPT: usize = 256;

/// A small picture.
struct Thumbnail {
    pixels: Arc<[[u8; 3]]>,
    texture: TextureHandle,
    /// The frame in which it was seen last.
    seen: u64,
}

/// Many small pictures of which a few are seen at a time.
#[derive(Default)]
pub struct Thumbnails {
    /// By the address of the pixels, which the entry keeps alive.
    of: HashMap<usize, Thumbnail>,
    frame: u64,
}

impl Thumbnails {
    /// Begins a frame: what has not been seen for long goes, where there are too many.
    pub fn begin(&mut self) {
        let before = self.frame;
        self.frame += 1;
        if self.of.len() > KEPT {
            self.of.retain(|_, thumbnail| thumbnail.seen == before);
        }
    }

    /// The texture of a picture; `None` when it has no pixels.
    pub fn get(&mut self, ui: &Ui, image: &Image) -> Option<&TextureHandle> {
        let at = Arc::as_ptr(&image.rgb).cast::<u8>() as usize;
        let same = |have: &Thumbnail| Arc::ptr_eq(&have.pixels, &image.rgb);
        if !self.of.get(&at).is_some_and(same) {
            let (pixels, texture) = (image.rgb.clone(), load(ui, "thumbnail", image)?);
            self.of.insert(at, Thumbnail { pixels, texture, seen: self.frame });
        }
        let thumbnail = self.of.get_mut(&at)?;
        thumbnail.seen = self.frame;
        Some(&thumbnail.texture)
    }
}

/// What stands where a picture is missing: its frame.
pub fn missing(painter: &Painter, rect: Rect, colors: &crate::Colors) {
    painter.rect_filled(rect, 2, colors.background);
    let middle = Rect::from_center_size(rect.center(), vec2(14.0, 14.0));
    crate::icon::Icon::Film.paint(painter, middle, colors.line);
}
