//! Visible surfaces, one for each in a pixel: what lamps and sky would send back from them, and how
//! much of that arrives.

use interface::{RigidTransform, Vector};
use nalgebra::Vector3;

use super::crowd::{Asked, Crowd};
use super::penumbra::Asking;
use super::samples::NOTHING;
use super::setting::{Piece, Setting};
use super::shading::{Block, LANES, Lanes3, of_lamp};
use crate::picture::{Lens, RenderOptions};
use crate::shade::vector::{length, unit};
use crate::shade::{Patch, Surface};

/// Rougher surfaces mirror the sky's mean and nothing that one would recognise.
const MIRRORS: f32 = 0.42;
/// How much of what is mirrored the things close by hide.
const HIDDEN: f32 = 0.6;

/// One visible surface in one pixel.
#[derive(Clone, Copy)]
pub struct Spot {
    /// The triangle it was taken from; [`NOTHING`] for the background.
    pub id: u32,
    /// How many of the pixel's places show it.
    pub count: u32,
    /// Distance along the optical axis, 0 for the background.
    pub depth: f32,
    /// Where it is, world frame, and where rays to the lamps start.
    pub at: Vector,
    lifted: Vector,
    normal: Vector,
    /// The whole sky's light.
    sky: [f32; 3],
    /// How much is scattered: light that is hidden arrives after a bounce or two, tinted.
    tint: [f32; 3],
    /// What is mirrored.
    shine: [f32; 3],
    /// Whether that is the sky's mean, which is hidden as the sky is.
    dull: bool,
    /// What is seen where there is nothing.
    behind: [f32; 3],
    /// The share of that before the surface.
    haze: f32,
    /// The share of the sky above the ground.
    ground: f32,
    /// The share of it that things close by leave.
    open: f32,
    /// What that depends on.
    asked: Asked,
}

/// What one lamp does to a spot.
#[derive(Clone, Copy)]
pub struct Arriving {
    light: [f32; 3],
    open: f32,
    cell: [i16; 2],
}

impl Arriving {
    /// No light.
    const NONE: Self = Self { light: [0.0; 3], open: 0.0, cell: [i16::MAX; 2] };
}

/// A surface that is asked for.
#[derive(Clone, Copy)]
pub struct Request {
    /// The triangle.
    pub id: u32,
    /// Column and row.
    pub pixel: [u16; 2],
    /// How many of the pixel's places show it.
    pub count: u32,
}

/// A camera and what it looks at.
pub struct Looking<'a> {
    /// The scene.
    pub setting: &'a Setting,
    /// The lens.
    pub lens: &'a Lens,
    /// Haze and exposure.
    pub options: &'a RenderOptions,
    /// The camera as every thing of the scene sees it.
    seen: Vec<Seen<'a>>,
}

/// A thing and the camera in its frame.
struct Seen<'a> {
    patch: Option<Patch<'a>>,
    first: u32,
    eye: Vector,
    ahead: Vector,
}

/// Spots with what every lamp does to them.
#[derive(Default)]
pub struct Spots {
    /// The spots.
    pub spots: Vec<Spot>,
    /// As many for each as there are lamps.
    pub arriving: Vec<Arriving>,
}

impl<'a> Looking<'a> {
    /// A camera before a scene.
    pub fn new(setting: &'a Setting, lens: &'a Lens, options: &'a RenderOptions) -> Self {
        let see = |(index, piece): (usize, &'a Piece)| {
            let patch = piece.patch(index as u32);
            let local = |v: &Vector| {
                patch.as_ref().map_or_else(Vector::zeros, |patch| patch.rotation.tr_mul(v))
            };
            let eye = patch.as_ref().map_or_else(Vector::zeros, |p| lens.eye - p.translation);
            Seen { first: piece.first, eye: local(&eye), ahead: local(&lens.ahead), patch }
        };
        Self { setting, lens, options, seen: setting.pieces.iter().enumerate().map(see).collect() }
    }

    /// The surface of a triangle before a pixel's centre, or the nearest of it to there.
    pub fn surface(&self, id: u32, pixel: [u16; 2]) -> Surface {
        let along = self.along(pixel);
        match self.meet(id, &along) {
            None => Surface::NONE,
            Some((patch, triangle, t, weights)) => {
                Surface::of(patch, &along, t, triangle, weights, self.lens.pixel)
            }
        }
    }

    fn along(&self, pixel: [u16; 2]) -> Vector {
        self.lens.along(f32::from(pixel[0]), f32::from(pixel[1]))
    }

    /// Where a ray meets a triangle: the thing, the triangle's number in it, how far ahead, weights.
    #[inline]
    fn meet(&self, id: u32, along: &Vector) -> Option<(&Patch<'a>, u32, f32, [f32; 2])> {
        let seen = &self.seen[self.setting.owner(id)? as usize];
        let patch = seen.patch.as_ref()?;
        let triangle = id - seen.first;
        let corners = patch.mesh.triangles[triangle as usize]
            .map(|i| patch.mesh.positions[i as usize].coords - seen.eye);
        let (t, weights) = meet(corners, &patch.rotation.tr_mul(along), &seen.ahead);
        Some((patch, triangle, t, weights))
    }

    /// Shades the surfaces that are asked for, as what rests, or all, hides lamps and sky from them.
    pub fn shade(&self, requests: &[Request], all: bool, out: &mut Spots) {
        let setting = self.setting;
        let crowd = if all { &setting.crowd } else { &setting.still_crowd };
        let count = setting.lamps.len();
        let mut lights = vec![[[0.0; LANES]; 3]; count];
        let mut asking: Vec<Asking> = (0..count).map(|_| Asking::default()).collect();
        let mut asked: Vec<Vec<usize>> = vec![Vec::new(); count];
        for requests in requests.chunks(LANES) {
            let surfaces: Vec<(Surface, Vector)> = requests
                .iter()
                .map(|request| {
                    let surface = self.surface(request.id, request.pixel);
                    let view = unit(&(self.lens.eye - surface.at), 1e-9).unwrap_or(surface.normal);
                    (surface, view)
                })
                .collect();
            let block = Block::new(&surfaces);
            for (lamp, light) in setting.lamps.iter().zip(&mut lights) {
                of_lamp(&block, lamp, light);
            }
            let glossy = surfaces.iter().any(|(surface, _)| surface.roughness < MIRRORS);
            let mirrored =
                glossy.then(|| setting.surroundings.mirrored(&setting.sky, &setting.lamps, &block));
            for (l, (request, (surface, _))) in requests.iter().zip(&surfaces).enumerate() {
                let seen = mirrored.as_ref().map(|mirrored| lane(mirrored, l));
                let spot = self.spot(request, surface, &block, l, seen);
                let open = crowd.as_ref().map_or(1.0, |crowd| open(crowd, surface));
                for (lamp, (lit, light)) in setting.lit.iter().zip(&lights).enumerate() {
                    let light = lane(light, l);
                    let any = light[0].max(light[1]).max(light[2]) > 0.0;
                    if spot.id == NOTHING || !any {
                        out.arriving.push(Arriving::NONE);
                        continue;
                    }
                    asking[lamp].push(&surface.lifted, &surface.normal);
                    asked[lamp].push(out.arriving.len());
                    let cell = if all { [i16::MAX; 2] } else { lit.cell_of(&surface.lifted) };
                    out.arriving.push(Arriving { light, open: 1.0, cell });
                }
                out.spots.push(Spot { open, ..spot });
            }
        }
        for (lamp, lit) in setting.lit.iter().enumerate() {
            let layer = if all { &lit.work } else { &lit.still };
            lit.answer(layer, &mut asking[lamp]);
            for (slot, open) in asked[lamp].iter().zip(&asking[lamp].open) {
                out.arriving[*slot].open = *open;
            }
        }
    }

    /// The spot of surface `l` of a block; `seen` is what large things it mirrors, NaN for none.
    fn spot(
        &self,
        request: &Request,
        surface: &Surface,
        block: &Block,
        l: usize,
        seen: Option<[f32; 3]>,
    ) -> Spot {
        let setting = self.setting;
        let along = self.lens.along(f32::from(request.pixel[0]), f32::from(request.pixel[1]));
        let behind = setting.sky.radiance(along.z / length(&along));
        let nothing = !surface.is_some();
        let distance = length(&(surface.at - self.lens.eye));
        let haze = match self.options.haze {
            _ if nothing => 1.0,
            None => 0.0,
            Some([start, end]) => {
                let t = ((distance - start) / (end - start).max(1e-3)).clamp(0.0, 1.0);
                t * t * (3.0 - 2.0 * t)
            }
        };
        let mut spot = Spot {
            id: request.id,
            count: request.count,
            depth: if nothing { 0.0 } else { surface.t },
            at: surface.at,
            lifted: surface.lifted,
            normal: surface.normal,
            sky: [0.0; 3],
            tint: [0.0; 3],
            shine: [0.0; 3],
            dull: surface.roughness >= MIRRORS,
            behind: behind.into(),
            haze,
            ground: 1.0,
            open: 1.0,
            asked: [[i16::MIN; 3]; 3],
        };
        if nothing {
            spot.id = NOTHING;
            return spot;
        }
        let diffuse = Vector::from(lane(&block.diffuse, l));
        let mirrored = Vector::from(lane(&block.mirrored, l));
        spot.ground = setting.surroundings.above_ground(&surface.at, &surface.normal);
        spot.asked = Crowd::asked(&surface.at, &surface.normal);
        spot.tint = diffuse.into();
        spot.sky = diffuse.component_mul(&setting.sky.received(surface.normal.z)).into();
        let seen = match seen {
            Some(seen) if !spot.dull && !seen[0].is_nan() => Vector::from(seen),
            _ => setting.sky.mirrored(mirrored.z, surface.roughness),
        };
        spot.shine = Vector::from(lane(&block.gloss, l)).component_mul(&seen).into();
        spot
    }

    /// Scene light of a spot that was shaded, nothing having moved since.
    pub fn light(&self, spot: &Spot, arriving: &[Arriving]) -> [f32; 3] {
        mix(spot, spot.open, arriving.iter().map(|a| (a, a.open)))
    }

    /// What arrives among all at spots that were shaded among what rests.
    pub fn stir(&self, spots: &Spots, chosen: impl Iterator<Item = u32> + Clone) -> Stirred {
        let setting = self.setting;
        let lamps = setting.lit.len();
        let mut out = Stirred { opens: Vec::new(), skies: Vec::new(), changed: Vec::new() };
        for i in chosen.clone() {
            let spot = &spots.spots[i as usize];
            let sky = match &setting.crowd {
                Some(crowd) if spot.id != NOTHING && crowd.is_marked(&spot.asked) => {
                    occlusion(crowd, &spot.at, &spot.normal)
                }
                _ => spot.open,
            };
            out.skies.push(sky);
            out.changed.push(sky.to_bits() != spot.open.to_bits());
            let arriving = &spots.arriving[i as usize * lamps..(i as usize + 1) * lamps];
            out.opens.extend(arriving.iter().map(|a| a.open));
        }
        let mut asking = Asking::default();
        let mut asked = Vec::new();
        for (lamp, lit) in setting.lit.iter().enumerate() {
            asking.clear();
            asked.clear();
            for (k, i) in chosen.clone().enumerate() {
                if lit.is_stirred(spots.arriving[i as usize * lamps + lamp].cell) {
                    let spot = &spots.spots[i as usize];
                    asking.push(&spot.lifted, &spot.normal);
                    asked.push(k);
                }
            }
            lit.answer(&lit.work, &mut asking);
            for (k, open) in asked.iter().zip(&asking.open) {
                let slot = &mut out.opens[k * lamps + lamp];
                out.changed[*k] |= slot.to_bits() != open.to_bits();
                *slot = *open;
            }
        }
        out
    }

    /// Scene light of a spot among all: number `i` of the spots, number `k` of those that were chosen.
    pub fn relight(&self, spots: &Spots, i: u32, stirred: &Stirred, k: usize) -> [f32; 3] {
        let lamps = self.setting.lit.len();
        let arriving = &spots.arriving[i as usize * lamps..(i as usize + 1) * lamps];
        let opens = &stirred.opens[k * lamps..(k + 1) * lamps];
        let lights = arriving.iter().zip(opens.iter().copied());
        mix(&spots.spots[i as usize], stirred.skies[k], lights)
    }

    /// Whether what moves can make a difference to any spot of a tile.
    pub fn may_stir(&self, tile: &Depends) -> bool {
        let setting = self.setting;
        setting.lit.iter().zip(&tile.cells).any(|(lit, cells)| lit.any_stirred(*cells))
            || setting.crowd.as_ref().is_some_and(|crowd| crowd.any_marked(&tile.boxes))
    }

    /// Whether what moves can make a difference to a spot that was shaded among what rests.
    pub fn is_stirred(&self, spot: &Spot, arriving: &[Arriving]) -> bool {
        spot.id != NOTHING
            && (self.setting.lit.iter().zip(arriving).any(|(lit, a)| lit.is_stirred(a.cell))
                || self.setting.crowd.as_ref().is_some_and(|crowd| crowd.is_marked(&spot.asked)))
    }
}

/// What a tile of spots depends on.
pub struct Depends {
    /// The cells of every lamp: first and last across and down.
    cells: Vec<[i16; 4]>,
    /// The boxes: first and last along each axis.
    boxes: [[i16; 2]; 3],
}

impl Depends {
    /// Of these spots.
    pub fn new(spots: &[Spot], arriving: &[Arriving], lamps: usize) -> Self {
        let mut out = Self {
            cells: vec![[i16::MAX, i16::MIN, i16::MAX, i16::MIN]; lamps],
            boxes: [[i16::MAX, i16::MIN]; 3],
        };
        for (i, spot) in spots.iter().enumerate().filter(|(_, spot)| spot.id != NOTHING) {
            for asked in &spot.asked {
                for (range, at) in out.boxes.iter_mut().zip(asked) {
                    *range = [range[0].min(*at), range[1].max(*at)];
                }
            }
            for (range, a) in out.cells.iter_mut().zip(&arriving[i * lamps..(i + 1) * lamps]) {
                let [x, y] = a.cell;
                if x != i16::MAX {
                    *range = [range[0].min(x), range[1].max(x), range[2].min(y), range[3].max(y)];
                }
            }
        }
        out
    }
}

/// What arrives at spots among all.
pub struct Stirred {
    /// The share of every lamp, spot by spot.
    opens: Vec<f32>,
    /// The share of the sky.
    skies: Vec<f32>,
    /// Whether that is not the same as among what rests.
    pub changed: Vec<bool>,
}

fn mix<'a>(
    spot: &Spot,
    open: f32,
    arriving: impl Iterator<Item = (&'a Arriving, f32)>,
) -> [f32; 3] {
    let sky = open * spot.ground;
    let shine = if spot.dull { sky } else { 1.0 - (1.0 - open) * HIDDEN };
    let mut light: [f32; 3] = std::array::from_fn(|k| {
        // Jimenez et al. 2016, as in `Reflectance::of_sky`.
        let albedo = spot.tint[k];
        let (a, b, c) =
            (2.0404 * albedo - 0.3324, -4.7951 * albedo + 0.6417, 2.7552 * albedo + 0.6903);
        let lit = (((sky * a + b) * sky + c) * sky).max(sky);
        spot.sky[k] * lit + spot.shine[k] * shine
    });
    for (arriving, open) in arriving {
        for k in 0..3 {
            light[k] += arriving.light[k] * open;
        }
    }
    std::array::from_fn(|k| light[k] + (spot.behind[k] - light[k]) * spot.haze)
}

fn open(crowd: &Crowd, surface: &Surface) -> f32 {
    if surface.is_some() { occlusion(crowd, &surface.at, &surface.normal) } else { 1.0 }
}

/// The share of the sky that things close by leave to a surface.
fn occlusion(crowd: &Crowd, at: &Vector, normal: &Vector) -> f32 {
    let [small, middle, large] = crowd.before(at, normal);
    let hidden = 0.35 * small.min(1.5) + 0.35 * middle.min(1.5) + 0.35 * large.min(1.5);
    1.0 / (1.0 + hidden)
}

fn lane(v: &Lanes3, l: usize) -> [f32; 3] {
    [v[0][l], v[1][l], v[2][l]]
}

/// Where a ray from the origin meets a triangle, or comes nearest to doing so: the distance ahead, and
/// the weights of the second and third corner.
fn meet(corners: [Vector; 3], along: &Vector, ahead: &Vector) -> (f32, [f32; 2]) {
    let [a, b, c] = corners;
    let (ca, ab, bc) = (c - a, a - b, b - c);
    let u = (c + a).cross(&ca).dot(along);
    let v = (a + b).cross(&ab).dot(along);
    let w = (b + c).cross(&bc).dot(along);
    let sum = u + v + w;
    let normal = ca.cross(&ab);
    let t = normal.dot(&a) / normal.dot(along);
    let inverse = 1.0 / sum;
    let weights = [w * inverse, u * inverse, v * inverse];
    if weights.iter().all(|x| *x >= 0.0) && t.is_finite() {
        return (t, [weights[1], weights[2]]);
    }
    // A pixel's centre beside the triangle, which covers some of the pixel.
    let kept = weights.map(|x| if x > 0.0 { x.min(1e6) } else { 0.0 });
    let total = kept[0] + kept[1] + kept[2];
    let weights = match total > 0.0 && total.is_finite() {
        true => kept.map(|x| x / total),
        false => [1.0 / 3.0; 3],
    };
    let at = a * weights[0] + b * weights[1] + c * weights[2];
    (at.dot(ahead), [weights[1], weights[2]])
}

/// The camera as one that draws triangles.
pub fn projector(
    pinhole: &interface::Pinhole,
    world_from_camera: &RigidTransform,
) -> super::project::Projector {
    let rotation = world_from_camera.rotation.to_rotation_matrix().into_inner();
    let eye: Vector3<f64> = world_from_camera.translation.vector;
    super::project::Projector {
        axes: rotation.transpose(),
        eye,
        focal: [pinhole.fx, pinhole.fy],
        centre: [pinhole.cx, pinhole.cy],
    }
}
