//! How much of each lamp and of the sky reaches every pixel, and the colour that makes.

use interface::Vector;
use rayon::prelude::*;

use super::Stage;
use super::smooth::same_surface;
use crate::shade::sampling::Samples;
use crate::shade::vector::{length, unit};
use crate::shade::{Reflectance, Surface, cosine_direction, tone};
use crate::trace::Ray;

/// What reaches the pixels: `channels` numbers each, row-major. First the visible share of every
/// lamp, then the open share of the sky, then the three channels of what is mirrored.
pub(crate) struct Arriving {
    pub channels: usize,
    pub values: Vec<f32>,
}

impl Arriving {
    /// The numbers of one pixel.
    pub fn at(&self, pixel: usize) -> &[f32] {
        &self.values[pixel * self.channels..(pixel + 1) * self.channels]
    }
}

/// Rougher surfaces mirror nothing that one would recognise; the sky's mean is enough for them.
const MIRRORS: f32 = 0.42;
/// Rays to each lamp and to the sky from a place that cannot be smoothed with its neighbours.
const ALONE: u32 = 4;
/// From so many rays to a lamp on, no pixel is left to its neighbours.
const CAREFUL: u32 = 8;
/// How far away things still darken a corner, metres.
const NEARBY: f32 = 0.7;
/// No mirrored light above this: single bright samples would show as specks.
const BRIGHTEST: f32 = 6.0;

/// Rays of one pixel, numbered by where it lies.
#[derive(Clone, Copy)]
pub(crate) struct Spot {
    pub x: u32,
    pub y: u32,
}

/// How many numbers there are for a pixel.
pub(crate) fn channels(stage: &Stage<'_>) -> usize {
    stage.lamps.len() + 4
}

/// What reaches every pixel, noisy: one ray to the first lamp from every pixel, one to each other lamp
/// and to the sky from every other pixel (the others say NaN), and the rest of the samples where
/// neighbours disagree, which is where shadows end.
pub(crate) fn arriving(stage: &Stage<'_>, surfaces: &[Surface]) -> Arriving {
    let channels = channels(stage);
    let width = stage.lens.width;
    let mut values = vec![1.0; surfaces.len() * channels];
    values.par_chunks_mut(width * channels).enumerate().for_each(|(y, row)| {
        for (x, out) in row.chunks_mut(channels).enumerate() {
            let surface = &surfaces[y * width + x];
            if surface.is_some() && !hidden_by_haze(stage, surface) {
                let spot = Spot { x: x as u32, y: y as u32 };
                let sparse = stage.options.shadow_samples < CAREFUL;
                for (channel, out) in out.iter_mut().enumerate().take(stage.lamps.len() + 1) {
                    let skip = sparse && channel > 0 && (x + y + channel) % 2 == 1;
                    *out =
                        if skip { f32::NAN } else { open_share(stage, surface, spot, channel, 1) };
                }
                mirror(stage, surface, spot, out);
            }
        }
    });
    let first = Arriving { channels, values };
    let mut values = first.values.clone();
    values.par_chunks_mut(width * channels).enumerate().for_each(|(y, row)| {
        for (x, out) in row.chunks_mut(channels).enumerate() {
            let surface = &surfaces[y * width + x];
            if !surface.is_some() || hidden_by_haze(stage, surface) {
                continue;
            }
            let spot = Spot { x: x as u32, y: y as u32 };
            let lonely = lonely(stage, surfaces, x, y);
            for (channel, out) in out.iter_mut().enumerate().take(stage.lamps.len() + 1) {
                let more =
                    if lonely { stage.samples(channel).max(ALONE) } else { stage.samples(channel) };
                if more > 1 && (lonely || disagree(stage, surfaces, &first, x, y, channel)) {
                    let rest = open_share(stage, surface, spot, channel, more);
                    *out = match out.is_nan() {
                        true => rest,
                        false => (*out + rest * more as f32) / (more + 1) as f32,
                    };
                }
            }
        }
    });
    Arriving { channels, values }
}

/// Whether a pixel has few neighbours to be smoothed with, as in gaps and on narrow edges.
fn lonely(stage: &Stage<'_>, surfaces: &[Surface], x: usize, y: usize) -> bool {
    let (width, height) = (stage.lens.width, stage.lens.height);
    let own = &surfaces[y * width + x];
    let alike = (y.saturating_sub(1)..=(y + 1).min(height - 1))
        .flat_map(|ny| {
            (x.saturating_sub(1)..=(x + 1).min(width - 1)).map(move |nx| ny * width + nx)
        })
        .filter(|pixel| same_surface(own, &surfaces[*pixel], stage.lens.pixel))
        .count();
    alike < 6
}

/// Whether the first samples about a pixel say that a shadow ends there. A stray one in the whole
/// block is left to the smoothing.
fn disagree(
    stage: &Stage<'_>,
    surfaces: &[Surface],
    first: &Arriving,
    x: usize,
    y: usize,
    channel: usize,
) -> bool {
    let (width, height) = (stage.lens.width, stage.lens.height);
    let item = surfaces[y * width + x].item;
    let (mut open, mut all) = (0.0, 0.0);
    for ny in y.saturating_sub(2)..=(y + 2).min(height - 1) {
        for nx in x.saturating_sub(2)..=(x + 2).min(width - 1) {
            let pixel = ny * width + nx;
            let value = first.at(pixel)[channel];
            if surfaces[pixel].item == item && !value.is_nan() {
                all += 1.0;
                open += value;
            }
        }
    }
    let few = if channel < stage.lamps.len() { 0.5 } else { 1.5 };
    open > few && open < all - few
}

/// Sends the rays of one place within a pixel, a few to each lamp and to the sky.
pub(crate) fn probe(stage: &Stage<'_>, surface: &Surface, spot: Spot, out: &mut [f32]) {
    for (channel, out) in out.iter_mut().enumerate().take(stage.lamps.len() + 1) {
        *out = open_share(stage, surface, spot, channel, ALONE);
    }
    mirror(stage, surface, spot, out);
}

/// The share of a lamp, or of the sky for the channel after the last lamp, that is not hidden.
fn open_share(stage: &Stage<'_>, surface: &Surface, spot: Spot, channel: usize, count: u32) -> f32 {
    let start = surface.clear();
    let lamp = stage.lamps.get(channel);
    // What faces away from the lamp gets nothing from it in any case.
    if lamp.is_some_and(|lamp| surface.normal.dot(&(lamp.position - surface.at)) <= 0.0) {
        return 1.0;
    }
    let samples = Samples::new(count, spot.x, spot.y, channel as u32, stage.seed);
    let open = (0..count)
        .filter(|i| match lamp {
            Some(lamp) => {
                let towards = lamp.towards(&start, samples.at(*i));
                !stage.solid.blocks(&Ray::new(start, towards), 0.999)
            }
            None => {
                let direction = cosine_direction(&surface.normal, samples.at(*i));
                !stage.solid.blocks(&Ray::new(start, direction), NEARBY)
            }
        })
        .count();
    open as f32 / count as f32
}

/// What a glossy surface mirrors.
fn mirror(stage: &Stage<'_>, surface: &Surface, spot: Spot, out: &mut [f32]) {
    if !mirrors(surface) {
        return;
    }
    let start = surface.clear();
    let first = stage.lamps.len() + 1;
    let reflectance = Reflectance::new(surface, stage.towards_eye(surface));
    let count = (stage.options.shadow_samples / 4).max(1);
    let samples = Samples::new(count, spot.x, spot.y, first as u32, stage.seed);
    let mut sum = Vector::zeros();
    for i in 0..count {
        sum += stage.glimpse(start, reflectance.mirror_direction(samples.at(i)));
    }
    for (out, sum) in out[first..].iter_mut().zip(sum.iter()) {
        *out = sum / count as f32;
    }
}

fn mirrors(surface: &Surface) -> bool {
    surface.roughness < MIRRORS
}

fn hidden_by_haze(stage: &Stage<'_>, surface: &Surface) -> bool {
    stage.options.haze.is_some_and(|[_, end]| length(&(surface.at - stage.lens.eye)) >= end)
}

impl Stage<'_> {
    /// How many rays go to a lamp, or to the sky for the channel after the last lamp.
    fn samples(&self, channel: usize) -> u32 {
        let lamp = channel < self.lamps.len();
        if lamp { self.options.shadow_samples } else { self.options.ambient_samples }.max(1)
    }

    fn towards_eye(&self, surface: &Surface) -> Vector {
        unit(&(self.lens.eye - surface.at), 1e-9).unwrap_or(surface.normal)
    }

    /// A second look, from a surface into the scene: without smoothing and further mirroring.
    fn glimpse(&self, from: Vector, direction: Vector) -> Vector {
        let ray = Ray::new(from, direction);
        let surface = self.look(&ray);
        if !surface.is_some() {
            return self.sky.radiance(direction.z);
        }
        let start = surface.clear();
        let reflectance = Reflectance::new(&surface, -direction);
        let mut light = reflectance.of_sky(&self.sky, 0.8, None);
        for lamp in &self.lamps {
            let seen = reflectance.of_lamp(lamp, &surface.at);
            let towards = lamp.position - start;
            if seen.max() > 0.01 && !self.solid.blocks(&Ray::new(start, towards), 0.999) {
                light += seen;
            }
        }
        light.map(|c| c.min(BRIGHTEST))
    }

    /// Display-linear colour of one ray: its surface lit by what arrives, haze and ghosts before it.
    pub(crate) fn color(&self, ray: &Ray, surface: &Surface, arriving: &[f32]) -> Vector {
        let direction = ray.direction / length(&ray.direction);
        let behind = self.sky.radiance(direction.z);
        let mut light = behind;
        if surface.is_some() {
            let reflectance = Reflectance::new(surface, -direction);
            let sky = self.lamps.len();
            let mirrored = mirrors(surface)
                .then(|| Vector::new(arriving[sky + 1], arriving[sky + 2], arriving[sky + 3]));
            light = reflectance.of_sky(&self.sky, arriving[sky], mirrored);
            for (lamp, visible) in self.lamps.iter().zip(arriving) {
                if *visible > 0.0 {
                    light += reflectance.of_lamp(lamp, &surface.at) * *visible;
                }
            }
            if let Some([start, end]) = self.options.haze {
                let distance = length(&(surface.at - self.lens.eye));
                let t = ((distance - start) / (end - start).max(1e-3)).clamp(0.0, 1.0);
                light = light.lerp(&behind, t * t * (3.0 - 2.0 * t));
            }
        }
        if let Some(ghosts) = &self.ghosts
            && let Some(hit) = ghosts.nearest(ray, surface.t)
        {
            let ghost = Surface::at_hit(ghosts, self.items, ray, &hit, self.lens.pixel);
            light = self.through(light, &ghost, -direction);
        }
        tone::curve(light * self.options.exposure)
    }

    /// Light seen through a ghost: clearest in the middle, denser at its silhouette.
    fn through(&self, behind: Vector, ghost: &Surface, view: Vector) -> Vector {
        let reflectance = Reflectance::new(ghost, view);
        let mut light = reflectance.of_sky(&self.sky, 1.0, None);
        for lamp in &self.lamps {
            light += reflectance.of_lamp(lamp, &ghost.at);
        }
        let opacity = self.items[ghost.item as usize].material.base_color[3];
        let rim = 1.0 - ghost.normal.dot(&view).clamp(0.0, 1.0);
        behind.lerp(&light, (opacity * (0.75 + 0.9 * rim * rim)).min(1.0))
    }
}

/// The colour of every pixel's centre, display-linear.
pub(crate) fn colors(stage: &Stage<'_>, surfaces: &[Surface], arriving: &Arriving) -> Vec<Vector> {
    let width = stage.lens.width;
    let mut colors = vec![Vector::zeros(); surfaces.len()];
    colors.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
        for (x, color) in row.iter_mut().enumerate() {
            let pixel = y * width + x;
            let ray = stage.lens.ray(x as f32, y as f32);
            *color = stage.color(&ray, &surfaces[pixel], arriving.at(pixel));
        }
    });
    colors
}
