//! One camera before a scene: what rests is seen and shaded once; what moves is drawn over it, and
//! pixels that change are made again.

use std::sync::Arc;

use interface::{Depth, Image, Pinhole, RigidTransform};

use super::project::Corner;
use super::samples::{Cell, NOTHING, PLACES, Samples, TILE};
use super::setting::Setting;
use super::shading::{curve, encode};
use super::spots::{Depends, Looking, Request, Spots, projector};
use crate::picture::{Lens, RenderOptions, Rendered};
use crate::shade::tone;

/// Two faces of a thing are shaded apart in a pixel when the cosine between them is less.
const CREASE: f32 = 0.8;

/// A camera.
pub struct View {
    pinhole: Pinhole,
    place: RigidTransform,
    options: RenderOptions,
    lens: Lens,
    /// The scene's age when what rests was drawn.
    age: Option<u64>,
    still: Samples,
    work: Samples,
    /// What is to be seen of what rests, pixel by pixel in the order of the cells.
    spots: Spots,
    /// The first spot of every cell, and one beyond the last.
    first: Vec<u32>,
    /// What every tile depends on.
    depends: Vec<Depends>,
    rgb: Vec<[u8; 3]>,
    depth: Vec<f32>,
    item: Vec<u32>,
    /// When it was used last.
    pub used: u64,
}

/// A share of a pixel.
struct Share {
    pixel: [u16; 2],
    count: u32,
}

/// A pixel that may look different from what rests there.
struct Change {
    pixel: [u16; 2],
    /// The first of its parts.
    first: usize,
    /// Whether something else is to be seen there, rather than the same in another light.
    fresh: bool,
}

/// One surface in such a pixel.
struct Part {
    /// Which of the spots that rest, or [`FRESH`].
    spot: u32,
    count: u32,
}

/// A surface that is not among the spots that rest.
const FRESH: u32 = u32::MAX;

impl View {
    /// A camera that has seen nothing yet.
    pub fn new(pinhole: &Pinhole, place: &RigidTransform, options: &RenderOptions) -> Self {
        Self {
            pinhole: *pinhole,
            place: *place,
            options: *options,
            lens: Lens::new(pinhole, place),
            age: None,
            still: Samples::default(),
            work: Samples::default(),
            spots: Spots::default(),
            first: Vec::new(),
            depends: Vec::new(),
            rgb: Vec::new(),
            depth: Vec::new(),
            item: Vec::new(),
            used: 0,
        }
    }

    /// Whether it is this camera.
    pub fn is(&self, pinhole: &Pinhole, place: &RigidTransform, options: &RenderOptions) -> bool {
        self.pinhole == *pinhole && self.place == *place && self.options == *options
    }

    /// How many pixels it has.
    pub fn pixels(&self) -> usize {
        self.pinhole.width * self.pinhole.height
    }

    /// The picture of this moment.
    pub fn picture(&mut self, setting: &Setting, corners: &mut Vec<Corner>) -> Rendered {
        let (width, height) = (self.pinhole.width, self.pinhole.height);
        let projector = projector(&self.pinhole, &self.place);
        let sound = projector.is_sound();
        if self.age != Some(setting.age) {
            self.still = Samples::new(width, height);
            if sound {
                draw(&mut self.still, setting, &projector, true, corners);
            }
            self.still.touched.fill(false);
            self.work = self.still.clone();
            self.shade_still(setting);
            self.age = Some(setting.age);
        }
        restore(&mut self.work, &self.still);
        if sound {
            draw(&mut self.work, setting, &projector, false, corners);
        }
        self.shade_changed(setting)
    }

    fn shade_still(&mut self, setting: &Setting) {
        let looking = Looking::new(setting, &self.lens, &self.options);
        let (width, height) = (self.pinhole.width, self.pinhole.height);
        let mut requests = Vec::new();
        self.first = vec![0; self.still.cells.len() + 1];
        for (index, cell) in self.still.cells.iter().enumerate() {
            if let Some(pixel) = pixel_of(index, self.still.across, width, height) {
                groups(setting, cell, |id, count| requests.push(Request { id, pixel, count }));
            }
            self.first[index + 1] = requests.len() as u32;
        }
        self.spots = Spots::default();
        looking.shade(&requests, false, &mut self.spots);
        let lamps = setting.lamps.len();
        self.depends = (0..self.still.touched.len())
            .map(|tile| {
                let end = self.first[(tile + 1) * TILE * TILE] as usize;
                let spots = self.first[tile * TILE * TILE] as usize..end;
                let arriving = spots.start * lamps..spots.end * lamps;
                Depends::new(&self.spots.spots[spots], &self.spots.arriving[arriving], lamps)
            })
            .collect();
        let mut colors: Vec<[f32; 3]> = self
            .spots
            .spots
            .iter()
            .enumerate()
            .map(|(i, spot)| looking.light(spot, &self.spots.arriving[i * lamps..(i + 1) * lamps]))
            .collect();
        curve(&mut colors, self.options.exposure);
        let shares: Vec<Share> =
            requests.iter().map(|r| Share { pixel: r.pixel, count: r.count }).collect();
        self.rgb = vec![[0; 3]; width * height];
        blend(&shares, &colors, width, seed(&self.options), &mut self.rgb);
        self.depth = vec![0.0; width * height];
        self.item = vec![NOTHING; width * height];
        for (index, cell) in self.still.cells.iter().enumerate() {
            if let Some(pixel) = pixel_of(index, self.still.across, width, height)
                && let Some(item) = setting.owner(cell.id[0])
            {
                let at = usize::from(pixel[1]) * width + usize::from(pixel[0]);
                self.item[at] = item;
                self.depth[at] = self.spots.spots[self.first[index] as usize].depth;
            }
        }
    }

    fn shade_changed(&mut self, setting: &Setting) -> Rendered {
        let looking = Looking::new(setting, &self.lens, &self.options);
        let (width, height) = (self.pinhole.width, self.pinhole.height);
        let lamps = setting.lamps.len();
        let mut rgb: Arc<[[u8; 3]]> = self.rgb[..].into();
        let mut depth: Arc<[f32]> = self.depth[..].into();
        let mut item = self.item.clone();
        let (Some(pixels), Some(metres)) = (Arc::get_mut(&mut rgb), Arc::get_mut(&mut depth))
        else {
            return nothing(width, height);
        };
        let mut changes: Vec<Change> = Vec::new();
        let mut parts: Vec<Part> = Vec::new();
        let mut requests = Vec::new();
        let arriving = |i: usize| &self.spots.arriving[i * lamps..(i + 1) * lamps];
        for tile in 0..self.work.touched.len() {
            let touched = self.work.touched[tile];
            if !touched && !looking.may_stir(&self.depends[tile]) {
                continue;
            }
            for index in tile * TILE * TILE..(tile + 1) * TILE * TILE {
                let Some(pixel) = pixel_of(index, self.work.across, width, height) else {
                    continue;
                };
                let own = self.first[index] as usize..self.first[index + 1] as usize;
                let cell = &self.work.cells[index];
                let first = parts.len();
                if !touched || cell.id == self.still.cells[index].id {
                    if own.clone().any(|i| looking.is_stirred(&self.spots.spots[i], arriving(i))) {
                        parts.extend(
                            own.map(|i| Part { spot: i as u32, count: self.spots.spots[i].count }),
                        );
                        changes.push(Change { pixel, first, fresh: false });
                    }
                    continue;
                }
                groups(setting, cell, |id, count| {
                    let known = own.clone().find(|i| self.spots.spots[*i].id == id);
                    parts.push(Part { spot: known.map_or(FRESH, |i| i as u32), count });
                    if known.is_none() {
                        requests.push(Request { id, pixel, count });
                    }
                });
                changes.push(Change { pixel, first, fresh: true });
                if cell.id[0] != self.still.cells[index].id[0] {
                    let at = usize::from(pixel[1]) * width + usize::from(pixel[0]);
                    item[at] = setting.owner(cell.id[0]).unwrap_or(NOTHING);
                }
            }
        }
        let known = parts.iter().map(|part| part.spot).filter(|spot| *spot != FRESH);
        let stirred = looking.stir(&self.spots, known);
        let mut fresh = Spots::default();
        looking.shade(&requests, true, &mut fresh);
        let (mut shares, mut colors) = (Vec::new(), Vec::new());
        let (mut k, mut n) = (0, 0);
        for (number, change) in changes.iter().enumerate() {
            let end = changes.get(number + 1).map_or(parts.len(), |next| next.first);
            let parts = &parts[change.first..end];
            let known = parts.iter().filter(|part| part.spot != FRESH).count();
            if change.fresh || stirred.changed[k..k + known].contains(&true) {
                // A pixel's first part is what its centre shows.
                let at = usize::from(change.pixel[1]) * width + usize::from(change.pixel[0]);
                metres[at] = match parts.first() {
                    Some(part) if part.spot == FRESH => fresh.spots[n].depth,
                    Some(part) => self.spots.spots[part.spot as usize].depth,
                    None => 0.0,
                };
                let mut k = k;
                for part in parts {
                    shares.push(Share { pixel: change.pixel, count: part.count });
                    if part.spot == FRESH {
                        let lights = &fresh.arriving[n * lamps..(n + 1) * lamps];
                        colors.push(looking.light(&fresh.spots[n], lights));
                        n += 1;
                    } else {
                        colors.push(looking.relight(&self.spots, part.spot, &stirred, k));
                        k += 1;
                    }
                }
            }
            k += known;
        }
        curve(&mut colors, self.options.exposure);
        blend(&shares, &colors, width, seed(&self.options), pixels);
        Rendered {
            image: Image { width, height, rgb },
            depth: Depth { width, height, metres: depth },
            item,
        }
    }
}

/// A picture of nothing.
fn nothing(width: usize, height: usize) -> Rendered {
    let n = width * height;
    Rendered {
        image: Image { width, height, rgb: vec![[0; 3]; n].into() },
        depth: Depth { width, height, metres: vec![0.0; n].into() },
        item: vec![NOTHING; n],
    }
}

fn seed(options: &RenderOptions) -> u32 {
    crate::shade::sampling::mix(options.seed as u32, (options.seed >> 32) as u32)
}

fn draw(
    samples: &mut Samples,
    setting: &Setting,
    projector: &super::project::Projector,
    rests: bool,
    corners: &mut Vec<Corner>,
) {
    for piece in setting.pieces.iter().filter(|p| p.rests == rests && p.sound && !p.ghost) {
        if let Some(solid) = &piece.solid {
            samples.draw(projector, solid, &piece.place, piece.first, corners);
        }
    }
}

/// Goes back to what rests.
fn restore(work: &mut Samples, still: &Samples) {
    for tile in 0..work.touched.len() {
        if work.touched[tile] {
            let cells = tile * TILE * TILE..(tile + 1) * TILE * TILE;
            work.cells[cells.clone()].copy_from_slice(&still.cells[cells]);
            work.touched[tile] = false;
        }
    }
}

/// Column and row of a cell that lies in the picture.
fn pixel_of(index: usize, across: usize, width: usize, height: usize) -> Option<[u16; 2]> {
    let (tile, within) = (index / (TILE * TILE), index % (TILE * TILE));
    let x = tile % across * TILE + within % TILE;
    let y = tile / across * TILE + within / TILE;
    (x < width && y < height).then_some([x as u16, y as u16])
}

/// The surfaces in a pixel, each by the triangle at its first place, and how many places show it.
fn groups(setting: &Setting, cell: &Cell, mut found: impl FnMut(u32, u32)) {
    let first = cell.id[0];
    if cell.id == [first; PLACES] {
        return found(first, PLACES as u32);
    }
    let mut ids = [NOTHING; PLACES];
    let mut owners = [None; PLACES];
    let mut counts = [0; PLACES];
    let mut n = 0;
    let face = |id: u32, owner: u32| {
        let piece = &setting.pieces[owner as usize];
        piece.solid.as_ref().map(|solid| solid.faces[(id - piece.first) as usize])
    };
    let mut last = (NOTHING, usize::MAX);
    for id in cell.id {
        if id == last.0 && last.1 != usize::MAX {
            counts[last.1] += 1;
            continue;
        }
        let owner = setting.owner(id);
        let same = |k: &usize| {
            ids[*k] == id
                || (owners[*k] == owner
                    && owner.is_some_and(|owner| {
                        let (a, b) = (face(ids[*k], owner), face(id, owner));
                        a.zip(b).is_some_and(|(a, b)| a.dot(&b) > CREASE)
                    }))
        };
        let group = (0..n).find(same).unwrap_or(n);
        if group == n {
            (ids[n], owners[n]) = (id, owner);
            n += 1;
        }
        counts[group] += 1;
        last = (id, group);
    }
    for k in 0..n {
        found(ids[k], counts[k]);
    }
}

/// Writes the pixels that the shares make up; those of a pixel follow one another.
fn blend(shares: &[Share], colors: &[[f32; 3]], width: usize, seed: u32, rgb: &mut [[u8; 3]]) {
    let mut pixels: Vec<[u16; 2]> = Vec::new();
    let mut values: Vec<f32> = Vec::new();
    for (share, color) in shares.iter().zip(colors) {
        if pixels.last() != Some(&share.pixel) {
            pixels.push(share.pixel);
            values.extend([0.0; 3]);
        }
        let at = values.len() - 3;
        for k in 0..3 {
            values[at + k] += color[k] * (share.count as f32 / PLACES as f32);
        }
    }
    encode(&mut values);
    for (pixel, value) in pixels.iter().zip(values.chunks_exact(3)) {
        let [x, y] = pixel.map(u32::from);
        rgb[y as usize * width + x as usize] =
            tone::quantised([value[0], value[1], value[2]], x, y, seed);
    }
}
