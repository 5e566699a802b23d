//! What lies between the fingers of one placed hand, whether its sides face each other, and whether
//! the open hand is free.

use std::cell::OnceCell;

use interface::Point;

use super::directions::Direction;
use super::hand::{HandShape, SKIN};
use super::prepared::Prepared;
use super::{FINGER_ROOM, RUN_UP, STRAY_POINTS};

/// Largest angle between a pad's closing direction and the surface it meets (GPD).
const ANTIPODAL: f64 = 0.349;
/// The same where the surface is inferred from the outline, whose slope is known less well.
const OUTLINE: f64 = 0.44;
/// The same for a seen surface with a straight outline: on things a few pixels wide, neighbours lie on
/// one side only and normals lean towards the camera.
const LEANING: f64 = 0.61;
/// An outline that falls off by more than this was not seen but for its tip, and says nothing.
const CORNER: f64 = 1.4;
/// A surface turned away from every camera by more than this could not have been seen: the cosine
/// between its normal and the direction to the camera.
const GRAZING: f32 = 0.30;
/// Points inside the hand are counted up to here.
const COUNTED_POINTS: usize = 50;
/// Where the object goes on beyond the fingertips, it may not become this much wider within
/// [`DEEPER`] metres: what ends between the fingers would be no side of it, only the end of their reach.
const WIDENS: f32 = 0.003;
const DEEPER: f32 = 0.010;
/// Outline bins are this wide, metres, and the outline is judged this far to either side.
const BIN: f32 = 0.0025;
const OUTLINE_HALF: f32 = 0.00625;

/// A point of the object in hand coordinates.
#[derive(Clone, Copy)]
struct Touch {
    at: [f32; 3],
    /// The normal's component along the closing direction.
    along: f32,
    part: bool,
}

/// Everything near one hand direction, in hand coordinates: x, y, z metres from the seed.
pub(super) struct Slab<'a> {
    prepared: &'a Prepared,
    hand: &'a HandShape,
    direction: &'a Direction,
    /// Object points as wide as the fingers and within the largest opening.
    between: Vec<Touch>,
    /// Points of the object and of the scene that the hand could meet; found when first asked for, as
    /// most directions are refused before.
    obstacles: OnceCell<Obstacles>,
}

/// Points near the hand, in hand coordinates.
struct Obstacles {
    /// As wide as the fingers.
    beside: Vec<[f32; 3]>,
    /// As wide as the palm and not beyond the surface point the grasp starts from.
    behind: Vec<[f32; 3]>,
}

impl<'a> Slab<'a> {
    pub fn new(prepared: &'a Prepared, hand: &'a HandShape, direction: &'a Direction) -> Self {
        let half_width = 0.5 * hand.finger_width as f32;
        let widest = hand.max_opening as f32;
        let local = Local::new(direction, hand);
        let closing = direction.y.cast::<f32>();
        let mut between = Vec::new();
        for (i, p) in prepared.object.iter().enumerate() {
            let Some(at) = local.near(p) else { continue };
            if at[0].abs() <= half_width && at[1].abs() <= widest {
                let along = prepared.normals[i].dot(&closing);
                between.push(Touch { at, along, part: prepared.part[i] });
            }
        }
        between.sort_unstable_by(|a, b| a.at[1].total_cmp(&b.at[1]));
        Self { prepared, hand, direction, between, obstacles: OnceCell::new() }
    }

    fn obstacles(&self) -> Obstacles {
        let local = Local::new(self.direction, self.hand);
        let half_width = (0.5 * self.hand.finger_width + SKIN) as f32;
        let mut found = Obstacles { beside: Vec::new(), behind: Vec::new() };
        let points = self.prepared.object.iter().chain(&self.prepared.scene);
        for at in points.filter_map(|p| local.near(p)) {
            if at[0].abs() <= half_width {
                found.beside.push(at);
            }
            // Fingertips go less deep than fingers are long, so the palm stays behind the seed.
            if at[2] <= 0.0 {
                found.behind.push(at);
            }
        }
        found
    }

    /// What the fingers could close on with their tips at `tip`: the piece of the object around the
    /// seed up to gaps that a finger fits into, and everything within the opening where that is more.
    pub fn contacts(&self, tip: f64) -> Vec<Contact> {
        let zone = (tip - self.hand.finger_length) as f32..=tip as f32;
        let touches: Vec<Touch> =
            self.between.iter().filter(|t| zone.contains(&t.at[2])).copied().collect();
        let gap = (self.hand.finger_thickness + 2.0 * FINGER_ROOM) as f32;
        // Pieces of the object along y, as ranges of the sorted points.
        let mut pieces: Vec<std::ops::Range<usize>> = Vec::new();
        for i in 0..touches.len() {
            match pieces.last_mut() {
                Some(piece) if touches[i].at[1] - touches[piece.end - 1].at[1] <= gap => {
                    piece.end = i + 1;
                }
                _ => pieces.push(i..i + 1),
            }
        }
        let y = |i: usize| touches[i].at[1];
        let Some(own) = pieces.iter().position(|p| y(p.start) <= 1e-4 && y(p.end - 1) >= -1e-4)
        else {
            return Vec::new();
        };
        let most = self.hand.max_opening as f32 - 2.0 * FINGER_ROOM as f32;
        let (mut first, mut last) = (own, own);
        loop {
            let wider = |a: usize, b: usize| y(pieces[b].end - 1) - y(pieces[a].start) <= most;
            if first > 0 && wider(first - 1, last) {
                first -= 1;
            } else if last + 1 < pieces.len() && wider(first, last + 1) {
                last += 1;
            } else {
                break;
            }
        }
        let mut found = vec![self.contact(&touches[pieces[own].clone()], tip)];
        if (first, last) != (own, own) {
            found.push(self.contact(&touches[pieces[first].start..pieces[last].end], tip));
        }
        // The pads are the ends of the fingers, the grasp frame's origin in their middle.
        let pads = tip - 2.0 * self.hand.tip;
        found.into_iter().flatten().filter(|contact| contact.back > pads).collect()
    }

    /// Both sides of the points between the fingers, sorted along y.
    fn contact(&self, touches: &[Touch], tip: f64) -> Option<Contact> {
        if touches.len() < 4 {
            return None;
        }
        // Of many points the outermost may be strays.
        let strays = (touches.len() / 60).min(2);
        let low = touches[strays].at[1];
        let high = touches[touches.len() - 1 - strays].at[1];
        let [left, right] =
            [(-1.0, -low), (1.0, high)].map(|(sign, edge)| self.side(touches, sign, edge, tip));
        let (mut front, mut back) = (f32::INFINITY, f32::NEG_INFINITY);
        for t in touches {
            (front, back) = (front.min(t.at[2]), back.max(t.at[2]));
        }
        let part = touches.iter().filter(|t| t.part).count() as f64 / touches.len() as f64;
        Some(Contact {
            low: f64::from(low),
            high: f64::from(high),
            front: f64::from(front),
            back: f64::from(back),
            part,
            sides: [left, right],
        })
    }

    /// One side, `sign` times y up to `edge`: its angle to the closing direction, from seen normals or
    /// else, where nothing could have been seen, from the outline.
    fn side(&self, touches: &[Touch], sign: f32, edge: f32, tip: f64) -> Side {
        let band = (1.2 * self.prepared.voxel as f32).max(0.003);
        let mut angles: Vec<f32> = Vec::new();
        let mut middle = [0.0f32; 3];
        for t in touches.iter().filter(|t| sign * t.at[1] >= edge - band) {
            angles.push((sign * t.along).clamp(-1.0, 1.0).acos());
            (0..3).for_each(|k| middle[k] += t.at[k]);
        }
        let count = angles.len();
        angles.sort_unstable_by(f32::total_cmp);
        let needed = (count / 5).clamp(2, 6);
        // The angle that enough points reach.
        let seen = angles.get(needed - 1).copied().unwrap_or(std::f32::consts::PI);
        let seen = f64::from(seen);
        if seen <= ANTIPODAL {
            // Normals along an edge are the mean of its two faces, and may face the pad where neither
            // face does: then the outline falls off to both sides.
            let outline = outline_angle(touches, sign, edge);
            let edge_on = (LEANING..CORNER).contains(&outline);
            return Side {
                angle: seen.max(outline.min(LEANING)),
                inferred: false,
                faces: !edge_on,
            };
        }
        let place = middle.map(|m| f64::from(m / count.max(1) as f32));
        if self.widens(sign, edge, tip as f32) {
            return Side { angle: seen, inferred: false, faces: false };
        }
        let outline = outline_angle(touches, sign, edge);
        if self.could_be_seen(place, sign) {
            let faces = seen <= LEANING && outline <= OUTLINE;
            return Side { angle: seen, inferred: false, faces };
        }
        Side { angle: outline, inferred: true, faces: outline <= OUTLINE }
    }

    /// Whether a surface at `place` (hand coordinates) that faces along `sign` times y would be turned
    /// to a camera.
    fn could_be_seen(&self, place: [f64; 3], sign: f32) -> bool {
        let at = self.direction.point(place[0], place[1], place[2]);
        self.prepared.eyes.iter().any(|eye| {
            let to_eye = (geometry::wide(eye) - at).normalize();
            to_eye.dot(&self.direction.y) as f32 * sign > GRAZING
        })
    }

    /// Whether the object reaches farther out just beyond the fingertips.
    fn widens(&self, sign: f32, edge: f32, tip: f32) -> bool {
        let beyond = self.between.iter().filter(|t| {
            t.at[2] > tip
                && t.at[2] < tip + DEEPER
                && sign * t.at[1] > edge + WIDENS
                && sign * t.at[1] < edge + 4.0 * DEEPER
        });
        beyond.take(3).count() == 3
    }

    /// How many of a few dozen places in the fingers are inside the object.
    fn fingers_inside(&self, middle: f64, tip: f64, opening: f64) -> usize {
        let Some(unseen) = &self.prepared.unseen else { return 0 };
        let (half_width, half) = (0.5 * self.hand.finger_width, 0.5 * opening);
        let mut inside = 0;
        for y in [half + 0.001, half + self.hand.finger_thickness] {
            for y in [middle - y, middle + y] {
                for x in [-half_width, 0.0, half_width] {
                    for back in [0.0, 0.010, 0.020, 0.030] {
                        let place = self.direction.point(x, y, tip - back);
                        inside += usize::from(unseen.is_inside(&place));
                    }
                }
            }
        }
        inside
    }

    /// The widest opening about the contact at which the hand and its straight way in are free; or how
    /// many points the freest one would touch.
    pub fn free_opening(&self, contact: &Contact, tip: f64) -> Result<f64, usize> {
        let obstacles = self.obstacles.get_or_init(|| self.obstacles());
        let width = contact.width();
        let widest = self.hand.max_opening;
        let mut fewest = usize::MAX;
        for spare in [f64::INFINITY, 0.040, 0.024, 0.014, 2.0 * FINGER_ROOM] {
            let opening = (width + spare).min(widest);
            let [left, right, palm] = self.hand.boxes(contact.middle(), tip, opening, RUN_UP);
            let beside = obstacles.beside.iter().filter(|p| left.holds(p) || right.holds(p));
            let behind = obstacles.behind.iter().filter(|p| palm.holds(p));
            // Counting on would only make the same answer surer.
            let mut inside = beside.chain(behind).take(COUNTED_POINTS).count();
            if inside <= STRAY_POINTS {
                inside += self.fingers_inside(contact.middle(), tip, opening);
            }
            if inside <= STRAY_POINTS {
                return Ok(opening);
            }
            fewest = fewest.min(inside);
        }
        Err(fewest)
    }
}

/// From the planning frame to hand coordinates, for points within the hand's reach.
struct Local {
    seed: Point,
    axes: [interface::Vector; 3],
    reach: [f32; 2],
    back: f32,
    front: f32,
}

impl Local {
    fn new(direction: &Direction, hand: &HandShape) -> Self {
        let (x, y) = hand.reach();
        Self {
            seed: direction.seed,
            axes: [direction.x, direction.y, direction.z].map(|a| a.cast::<f32>()),
            reach: [x as f32, y as f32],
            back: -(hand.finger_length + hand.palm[2] + RUN_UP) as f32,
            front: hand.finger_length as f32,
        }
    }

    fn near(&self, point: &Point) -> Option<[f32; 3]> {
        let off = point - self.seed;
        let x = off.dot(&self.axes[0]);
        if x.abs() > self.reach[0] {
            return None;
        }
        let y = off.dot(&self.axes[1]);
        if y.abs() > self.reach[1] {
            return None;
        }
        let z = off.dot(&self.axes[2]);
        (z >= self.back && z <= self.front).then_some([x, y, z])
    }
}

/// One of the two surfaces that the pads would meet.
#[derive(Clone, Copy)]
struct Side {
    /// Between the closing direction and the surface's normal, radians.
    angle: f64,
    inferred: bool,
    faces: bool,
}

/// The piece of the object between the fingers, in hand coordinates.
pub(super) struct Contact {
    low: f64,
    high: f64,
    front: f64,
    back: f64,
    part: f64,
    sides: [Side; 2],
}

impl Contact {
    pub fn width(&self) -> f64 {
        self.high - self.low
    }

    /// Midway between the sides, along y.
    pub fn middle(&self) -> f64 {
        0.5 * (self.low + self.high)
    }

    /// Midway between the nearest and the farthest point, along z.
    pub fn depth_middle(&self) -> f64 {
        0.5 * (self.front + self.back)
    }

    /// How much of the fingers stands beside the piece when the tips are at `tip`, metres.
    pub fn depth_held(&self, tip: f64) -> f64 {
        tip - self.front
    }

    /// How far the piece is from `depth`, along z, metres.
    pub fn depth_off(&self, depth: f64) -> f64 {
        (self.front - depth).max(depth - self.back).max(0.0)
    }

    /// Share of the piece's points that belong to the part.
    pub fn part_share(&self) -> f64 {
        self.part
    }

    pub fn inferred(&self) -> bool {
        self.sides.iter().any(|s| s.inferred)
    }

    pub fn mean_angle(&self) -> f64 {
        0.5 * (self.sides[0].angle + self.sides[1].angle)
    }

    /// Whether both sides face their pads; else the worse angle.
    pub fn facing(&self) -> Result<(), f64> {
        if self.sides.iter().all(|s| s.faces) {
            return Ok(());
        }
        Err(self.sides.iter().filter(|s| !s.faces).map(|s| s.angle).fold(0.0, f64::max))
    }
}

/// Angle of the outline seen along the approach to the pad: its mean slope to the left and to the right
/// of the middle, so that a corner does not pass for a face. A right angle where too little is seen.
fn outline_angle(touches: &[Touch], sign: f32, edge: f32) -> f64 {
    const BINS: usize = (2.0 * OUTLINE_HALF / BIN) as usize;
    let mut outermost = [f32::NEG_INFINITY; BINS];
    for t in touches {
        let bin = ((t.at[0] + OUTLINE_HALF) / BIN).floor();
        if bin >= 0.0 && (bin as usize) < BINS {
            let bin = bin as usize;
            // A stray beyond the edge must not make a peak.
            outermost[bin] = outermost[bin].max((sign * t.at[1]).min(edge));
        }
    }
    let half = BINS / 2;
    let slope = |range: std::ops::RangeInclusive<usize>| -> Option<f64> {
        let known: Vec<(f64, f64)> = range
            .filter(|i| outermost[*i].is_finite())
            .map(|i| (i as f64 * f64::from(BIN), f64::from(outermost[i])))
            .collect();
        let n = known.len() as f64;
        if known.len() < 2 {
            return None;
        }
        let (mx, my) = known.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
        let (xx, xy) = known
            .iter()
            .fold((0.0, 0.0), |(a, b), (x, y)| (a + (x - mx) * (x - mx), b + (x - mx) * (y - my)));
        Some((xy / xx).atan())
    };
    match (slope(0..=half), slope(half..=BINS - 1)) {
        (Some(left), Some(right)) => 0.5 * (left.abs() + right.abs()),
        (Some(one), None) | (None, Some(one)) => one.abs(),
        (None, None) => std::f64::consts::FRAC_PI_2,
    }
}
