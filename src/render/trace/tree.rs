//! A bounding-volume hierarchy with four children a node, over any boxes.
//!
//! Built top-down by the surface-area heuristic over bins (Wald 2007), each node splitting its
//! costliest child until it has four; walked nearest child first with a stack of its own.

use interface::Vector;

use super::lanes::F4;

/// An axis-aligned box.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Lowest corner.
    pub low: Vector,
    /// Highest corner.
    pub high: Vector,
}

impl Bounds {
    /// The box that holds nothing.
    pub const EMPTY: Self = Self {
        low: Vector::new(f32::INFINITY, f32::INFINITY, f32::INFINITY),
        high: Vector::new(f32::NEG_INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY),
    };

    /// Makes room for a point.
    pub fn include(&mut self, p: &Vector) {
        self.low = self.low.inf(p);
        self.high = self.high.sup(p);
    }

    /// Makes room for another box.
    pub fn join(&mut self, other: &Self) {
        self.low = self.low.inf(&other.low);
        self.high = self.high.sup(&other.high);
    }

    fn half_area(&self) -> f32 {
        let d = self.high - self.low;
        if d.x < 0.0 { 0.0 } else { d.x * d.y + d.y * d.z + d.z * d.x }
    }

    fn centre(&self) -> Vector {
        (self.low + self.high) * 0.5
    }
}

/// A ray with what the walk needs of it. Its length is measured in lengths of `direction`.
#[derive(Clone, Copy)]
pub struct Ray {
    /// Where it starts.
    pub origin: Vector,
    /// Where it goes, of any length.
    pub direction: Vector,
    inverse: [F4; 3],
    start: [F4; 3],
    away: [usize; 3],
}

impl Ray {
    /// A ray from `origin` along `direction`.
    #[inline(always)]
    pub fn new(origin: Vector, direction: Vector) -> Self {
        // A direction that is exactly parallel to a slab must not make 0 * infinity.
        let inverse = |d: f32| {
            if d.abs() > 1e-20 { 1.0 / d } else { 1e20_f32.copysign(d) }
        };
        let d = [direction.x, direction.y, direction.z];
        Self {
            origin,
            direction,
            inverse: d.map(|d| F4::splat(inverse(d))),
            start: [F4::splat(origin.x), F4::splat(origin.y), F4::splat(origin.z)],
            away: d.map(|d| usize::from(d.is_sign_negative())),
        }
    }

    /// Whether the ray is one: it would otherwise be taken to enter every box.
    #[inline(always)]
    pub fn is_finite(&self) -> bool {
        (self.origin.sum() + self.direction.sum()).is_finite()
    }
}

const LEAF: u32 = 1 << 31;
/// Levels after which splits halve the count, whatever they cost: this bounds the depth.
const SAH_LEVELS: usize = 10;
/// Room for three waiting children at each of those levels and at each quartering of what is left.
/// Short, because every walk clears it.
const STACK: usize = 80;

/// Four boxes: `bounds[axis][0]` lowest, `bounds[axis][1]` highest coordinates.
#[derive(Clone)]
#[repr(C, align(16))]
struct Node {
    bounds: [[F4; 2]; 3],
    children: [u32; 4],
}

impl Node {
    const EMPTY: Self = Self {
        bounds: [[F4([f32::INFINITY; 4]), F4([f32::NEG_INFINITY; 4])]; 3],
        children: [0; 4],
    };

    fn set(&mut self, lane: usize, bounds: &Bounds, child: u32) {
        for axis in 0..3 {
            self.bounds[axis][0].0[lane] = bounds.low[axis];
            self.bounds[axis][1].0[lane] = bounds.high[axis];
        }
        self.children[lane] = child;
    }

    /// Where the ray enters each child and where it has left it.
    #[inline(always)]
    fn enter_and_leave(&self, ray: &Ray, t_max: f32) -> (F4, F4) {
        let mut enter = F4::splat(0.0);
        let mut leave = F4::splat(t_max);
        for axis in 0..3 {
            let [near, far] = [ray.away[axis], 1 - ray.away[axis]];
            let bounds = &self.bounds[axis];
            enter = ((bounds[near] - ray.start[axis]) * ray.inverse[axis]).max(enter);
            leave = ((bounds[far] - ray.start[axis]) * ray.inverse[axis]).min(leave);
        }
        // Room for the rounding of the multiplications above.
        (enter, leave * F4::splat(1.000_001))
    }
}

/// The hierarchy. Leaves are groups of boxes, numbered in the order of [`Tree::groups`].
#[derive(Default)]
pub struct Tree {
    nodes: Vec<Node>,
    /// Which boxes each leaf holds.
    pub groups: Vec<Vec<u32>>,
}

impl Tree {
    /// A hierarchy over `boxes` with at most `group` of them a leaf. Empty boxes are left out.
    pub fn new(boxes: &[Bounds], group: usize) -> Self {
        let mut tree = Self::default();
        let usable = |b: &Bounds| {
            b.low.iter().chain(b.high.iter()).all(|x| x.is_finite()) && b.low.x <= b.high.x
        };
        let mut order: Vec<u32> =
            (0..boxes.len() as u32).filter(|i| usable(&boxes[*i as usize])).collect();
        if !order.is_empty() {
            let builder = Builder { boxes, group: group.max(1) };
            builder.node(&mut tree, &mut order, 0);
        }
        tree
    }

    /// The boxes of the upper levels: together they hold everything, tighter than one box would.
    pub fn upper_boxes(&self) -> Vec<Bounds> {
        let mut out = Vec::new();
        let mut collect = |node: &Node, go: &mut dyn FnMut(u32) -> bool| {
            for lane in 0..4 {
                let corner =
                    |side: usize| Vector::from_fn(|axis, _| node.bounds[axis][side].0[lane]);
                let child = Bounds { low: corner(0), high: corner(1) };
                if child.low.x <= child.high.x && !go(node.children[lane]) {
                    out.push(child);
                }
            }
        };
        if let Some(root) = self.nodes.first() {
            let mut inner = Vec::new();
            collect(root, &mut |child| {
                let is_inner = child & LEAF == 0;
                inner.extend(is_inner.then_some(child));
                is_inner
            });
            for child in inner {
                collect(&self.nodes[child as usize], &mut |_| false);
            }
        }
        out
    }

    /// Visits the leaves that `ray` enters before `t_max`, about nearest first. `leaf` gets the
    /// leaf's number and the limit so far and returns the new limit; a negative one ends the walk.
    #[inline(always)]
    pub fn walk(&self, ray: &Ray, mut t_max: f32, mut leaf: impl FnMut(u32, f32) -> f32) {
        if self.nodes.is_empty() {
            return;
        }
        let mut stack = [(0_u32, 0.0_f32); STACK];
        let mut top = 1;
        while top > 0 {
            top -= 1;
            let (current, enter) = stack[top];
            if enter > t_max {
                continue;
            }
            if current & LEAF != 0 {
                t_max = leaf(current & !LEAF, t_max);
                if t_max < 0.0 {
                    return;
                }
                continue;
            }
            let node = &self.nodes[current as usize];
            let (enter, leave) = node.enter_and_leave(ray, t_max);
            let base = top;
            for lane in 0..4 {
                if enter.0[lane] <= leave.0[lane] && top < STACK {
                    // Farthest first, so that the nearest is on top.
                    let mut at = top;
                    while at > base && stack[at - 1].1 < enter.0[lane] {
                        stack[at] = stack[at - 1];
                        at -= 1;
                    }
                    stack[at] = (node.children[lane], enter.0[lane]);
                    top += 1;
                }
            }
        }
    }
}

struct Builder<'a> {
    boxes: &'a [Bounds],
    group: usize,
}

impl Builder<'_> {
    fn bounds(&self, order: &[u32]) -> Bounds {
        let mut out = Bounds::EMPTY;
        order.iter().for_each(|i| out.join(&self.boxes[*i as usize]));
        out
    }

    /// Adds the node over `order` and returns its index.
    fn node(&self, tree: &mut Tree, order: &mut [u32], level: usize) -> u32 {
        let index = tree.nodes.len();
        tree.nodes.push(Node::EMPTY);
        let mut parts: Vec<(Bounds, &mut [u32])> = vec![(self.bounds(order), order)];
        while parts.len() < 4 {
            let cost = |p: &(Bounds, &mut [u32])| p.0.half_area() * p.1.len() as f32;
            let splittable = (0..parts.len()).filter(|i| parts[*i].1.len() > self.group);
            let Some(worst) =
                splittable.max_by(|a, b| cost(&parts[*a]).total_cmp(&cost(&parts[*b])))
            else {
                break;
            };
            let (bounds, part) = parts.swap_remove(worst);
            let middle = self.split(&bounds, part, level);
            let (left, right) = part.split_at_mut(middle);
            parts.push((self.bounds(left), left));
            parts.push((self.bounds(right), right));
        }
        for (lane, (bounds, part)) in parts.into_iter().enumerate() {
            let child = if part.len() <= self.group {
                tree.groups.push(part.to_vec());
                (tree.groups.len() - 1) as u32 | LEAF
            } else {
                self.node(tree, part, level + 1)
            };
            tree.nodes[index].set(lane, &bounds, child);
        }
        index as u32
    }

    /// Sorts `part` into two and returns where the second begins; neither is empty.
    fn split(&self, bounds: &Bounds, part: &mut [u32], level: usize) -> usize {
        const BINS: usize = 12;
        let mut centres = Bounds::EMPTY;
        part.iter().for_each(|i| centres.include(&self.boxes[*i as usize].centre()));
        let span = centres.high - centres.low;
        let mut best: Option<(f32, usize, usize)> = None;
        let bin = |i: u32, axis: usize| {
            let share = (self.boxes[i as usize].centre()[axis] - centres.low[axis]) / span[axis];
            ((share * BINS as f32) as usize).min(BINS - 1)
        };
        for axis in 0..3 {
            if span[axis] <= 0.0 || level > SAH_LEVELS {
                continue;
            }
            let mut bins = [(Bounds::EMPTY, 0_usize); BINS];
            for i in part.iter() {
                let slot = &mut bins[bin(*i, axis)];
                slot.0.join(&self.boxes[*i as usize]);
                slot.1 += 1;
            }
            // Cost of everything right of each border, then swept against the left.
            let mut right = [0.0_f32; BINS];
            let (mut b, mut n) = (Bounds::EMPTY, 0);
            for k in (1..BINS).rev() {
                b.join(&bins[k].0);
                n += bins[k].1;
                right[k] = b.half_area() * n as f32;
            }
            let (mut b, mut n) = (Bounds::EMPTY, 0);
            for k in 1..BINS {
                b.join(&bins[k - 1].0);
                n += bins[k - 1].1;
                let cost = b.half_area() * n as f32 + right[k];
                if n > 0 && n < part.len() && best.is_none_or(|best| cost < best.0) {
                    best = Some((cost, axis, k));
                }
            }
        }
        if let Some((_, axis, border)) = best {
            let mut middle = 0;
            for i in 0..part.len() {
                if bin(part[i], axis) < border {
                    part.swap(i, middle);
                    middle += 1;
                }
            }
            return middle;
        }
        let axis = (bounds.high - bounds.low).imax();
        let middle = part.len() / 2;
        part.select_nth_unstable_by(middle, |a, b| {
            let at = |i: &u32| self.boxes[*i as usize].centre()[axis];
            at(a).total_cmp(&at(b)).then(a.cmp(b))
        });
        middle
    }
}
