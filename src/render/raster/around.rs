//! The large things of a scene: what stands before a mirror, and the ground that bounds the sky.

use interface::{LookItem, RigidTransform, Texture, Vector};
use nalgebra::Matrix3;

use super::lamp::ROOM;
use super::shading::{Block, LANES, Lanes, Lanes3};
use super::solid::Solid;
use super::wide::{larger, smaller, wide};
use crate::shade::{Lamp, Sky};

/// Things larger than this, metres from middle to corner, are seen in mirrors.
const LARGE: f32 = 0.6;
/// How many at most.
const MOST: usize = 8;
/// How far away the ground still bounds the sky, metres.
const NEARBY: f32 = 0.7;
/// The sky's share that reaches a large thing.
const OPEN: f32 = 0.8;

/// A large thing, taken to be the box about it.
pub struct Around {
    /// From the box to the world.
    rotation: Matrix3<f32>,
    translation: Vector,
    low: Vector,
    high: Vector,
    /// Mean linear colour.
    color: Vector,
}

/// All large things, and what lights them.
#[derive(Default)]
pub struct Surroundings {
    /// The large things.
    pub boxes: Vec<Around>,
    /// Which items they are.
    pub items: Vec<usize>,
    /// The largest thing that is not the room: what everything stands on.
    pub ground: Option<Around>,
    /// Which item that is.
    pub ground_item: Option<usize>,
}

impl Around {
    fn new(item: &LookItem, solid: &Solid) -> Self {
        let pose: &RigidTransform = &item.world_from_mesh;
        let [r, g, b, _] = item.material.base_color;
        let base = Vector::new(r, g, b);
        let color = match &item.material.texture {
            Some(Texture::Checker { other, .. } | Texture::Mottle { other, .. }) => {
                (base + Vector::from(*other)) * 0.5
            }
            Some(Texture::Wood { grain, .. }) => (base + Vector::from(*grain)) * 0.5,
            _ => base,
        };
        Self {
            rotation: pose.rotation.to_rotation_matrix().into_inner().cast(),
            translation: pose.translation.vector.cast(),
            low: solid.low,
            high: solid.high,
            color: color.map(|c| if c.is_finite() { c.clamp(0.0, 1.0) } else { 0.0 }),
        }
    }

    fn middle(&self) -> Vector {
        self.rotation * ((self.low + self.high) * 0.5) + self.translation
    }
}

impl Surroundings {
    /// The large things among the items.
    pub fn new(items: &[LookItem], solids: &[Option<std::sync::Arc<Solid>>]) -> Self {
        let mut sized: Vec<(f32, usize)> = solids
            .iter()
            .enumerate()
            .filter_map(|(i, solid)| solid.as_ref().map(|s| (s.radius(), i)))
            .filter(|(_, i)| {
                let pose = &items[*i].world_from_mesh;
                let mut numbers = pose.translation.vector.iter().chain(pose.rotation.coords.iter());
                numbers.all(|x| x.abs() < 1e6)
            })
            .collect();
        sized.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let of = |i: usize| solids[i].as_ref().map(|solid| Around::new(&items[i], solid));
        let ground_item =
            sized.iter().find(|(radius, _)| *radius < ROOM).or(sized.first()).map(|(_, i)| *i);
        let large: Vec<usize> =
            sized.iter().filter(|(r, _)| *r > LARGE).map(|(_, i)| *i).take(MOST).collect();
        Self {
            boxes: large.iter().filter_map(|i| of(*i)).collect(),
            items: large,
            ground: ground_item.and_then(of),
            ground_item,
        }
    }

    /// What lamps look at.
    pub fn focus(&self) -> Vector {
        self.ground.as_ref().map_or_else(Vector::zeros, Around::middle)
    }

    /// What surfaces mirror: the large thing that is nearest there, as the lamps light it; NaN where
    /// that is none, and the sky is mirrored.
    pub fn mirrored(&self, sky: &Sky, lamps: &[Lamp], block: &Block) -> Lanes3 {
        let mut hit = Met::NONE;
        for thing in &self.boxes {
            meet(thing, block, &mut hit);
        }
        let mut lit = [[0.0; LANES]; 3];
        for l in 0..LANES {
            let received = sky.received(hit.normal[2][l]) * OPEN;
            for k in 0..3 {
                lit[k][l] = received[k];
            }
        }
        for lamp in lamps {
            light(lamp, block, &hit, &mut lit);
        }
        for k in 0..3 {
            for l in 0..LANES {
                lit[k][l] = if hit.t[l] < FAR { lit[k][l] * hit.color[k][l] } else { f32::NAN };
            }
        }
        lit
    }

    /// The share of the sky that the ground leaves to a surface: what looks sideways sees half.
    #[inline(always)]
    pub fn above_ground(&self, at: &Vector, normal: &Vector) -> f32 {
        let Some(ground) = &self.ground else { return 1.0 };
        let up = ground.rotation.row(2);
        let axis = (0..3).fold(2, |best, k| if up[k].abs() > up[best].abs() { k } else { best });
        let p = ground.rotation.tr_mul(&(at - ground.translation));
        let height =
            if up[axis] > 0.0 { p[axis] - ground.high[axis] } else { ground.low[axis] - p[axis] };
        if height < -1e-3 {
            return 1.0;
        }
        let beside = (0..3)
            .filter(|k| *k != axis)
            .fold(0.0_f32, |most, k| most.max(ground.low[k] - p[k]).max(p[k] - ground.high[k]));
        let share = (1.0 - beside.max(0.0) / 0.3).max(0.0);
        let high = (height.max(0.0) / NEARBY).min(1.0);
        let below = (1.0 - normal.z).clamp(0.0, 2.0) * 0.5;
        1.0 - below * share * (1.0 - high * high)
    }
}

/// Farther than anything is, metres.
const FAR: f32 = 1e6;

/// Where mirrored views meet large things.
struct Met {
    t: Lanes,
    normal: Lanes3,
    color: Lanes3,
}

impl Met {
    const NONE: Self =
        Self { t: [FAR; LANES], normal: [[0.0; LANES]; 3], color: [[0.0; LANES]; 3] };
}

wide! {
    /// Where the mirrored views enter a box from outside, if that is nearer than what they meet.
    fn meet(thing: &Around, block: &Block, hit: &mut Met) {
        let r: [[f32; 3]; 3] =
            std::array::from_fn(|k| std::array::from_fn(|c| thing.rotation[(k, c)]));
        let shift = [thing.translation.x, thing.translation.y, thing.translation.z];
        let low = [thing.low.x, thing.low.y, thing.low.z];
        let high = [thing.high.x, thing.high.y, thing.high.z];
        let color = [thing.color.x, thing.color.y, thing.color.z];
        for l in 0..LANES {
            let from: [f32; 3] = std::array::from_fn(|k| block.at[k][l] - shift[k]);
            let along: [f32; 3] = std::array::from_fn(|k| block.mirrored[k][l]);
            let mut enter = [0.0_f32; 3];
            let mut leave = [0.0_f32; 3];
            let mut side = [0.0_f32; 3];
            for k in 0..3 {
                let turned = |v: [f32; 3]| r[0][k] * v[0] + r[1][k] * v[1] + r[2][k] * v[2];
                let (at, step) = (turned(from), turned(along));
                let inverse = 1.0 / if step.abs() > 1e-12 { step } else { 1e-12 };
                let (a, b) = ((low[k] - at) * inverse, (high[k] - at) * inverse);
                enter[k] = smaller(a, b);
                leave[k] = larger(a, b);
                side[k] = if step > 0.0 { -1.0 } else { 1.0 };
            }
            let first = larger(larger(enter[0], enter[1]), enter[2]);
            let last = smaller(smaller(leave[0], leave[1]), leave[2]);
            let nearer = (first > 1e-3) & (first <= last) & (first < hit.t[l]);
            let x = first == enter[0];
            let y = !x & (first == enter[1]);
            hit.t[l] = if nearer { first } else { hit.t[l] };
            for k in 0..3 {
                let axis = if x { r[k][0] } else if y { r[k][1] } else { r[k][2] };
                let sign = if x { side[0] } else if y { side[1] } else { side[2] };
                hit.normal[k][l] = if nearer { axis * sign } else { hit.normal[k][l] };
                hit.color[k][l] = if nearer { color[k] } else { hit.color[k][l] };
            }
        }
    }
}

wide! {
    /// Adds what a lamp gives to where mirrored views meet large things.
    fn light(lamp: &Lamp, block: &Block, hit: &Met, lit: &mut Lanes3) {
        let position = [lamp.position.x, lamp.position.y, lamp.position.z];
        let power = [lamp.power.x, lamp.power.y, lamp.power.z];
        for l in 0..LANES {
            let away: [f32; 3] = std::array::from_fn(|k| {
                position[k] - (block.at[k][l] + block.mirrored[k][l] * hit.t[l])
            });
            let n: [f32; 3] = std::array::from_fn(|k| hit.normal[k][l]);
            let square = larger(away[0] * away[0] + away[1] * away[1] + away[2] * away[2], 1e-4);
            let cos = larger(n[0] * away[0] + n[1] * away[1] + n[2] * away[2], 0.0) / square.sqrt();
            let share = cos / (square * std::f32::consts::PI);
            for k in 0..3 {
                lit[k][l] += power[k] * share;
            }
        }
    }
}
