//! Stored postures with the tool poses they give: starts that are already close to a target.

use interface::RigidTransform;

use super::{IkChain, MAX_JOINTS};

/// Postures stored for a chain.
const STORED: usize = 2048;
/// How many of them a search is given.
pub(super) const CLOSEST: usize = 24;

/// Low-discrepancy postures of a chain and their tool poses, one array a coordinate so that a scan
/// over all of them is a few microseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Seeds {
    postures: Vec<[f32; MAX_JOINTS]>,
    position: [Vec<f32>; 3],
    quaternion: [Vec<f32>; 4],
}

/// The stored postures whose tool is closest to a target, best first.
pub(super) struct Closest {
    index: [u32; CLOSEST],
    len: usize,
}

impl Closest {
    pub fn get(&self, at: usize) -> Option<&u32> {
        self.index[..self.len].get(at)
    }
}

impl Seeds {
    pub fn sampled(chain: &IkChain) -> Self {
        let n = chain.dof();
        // Roberts' R sequence: additive steps by powers of the generalised golden ratio.
        let mut ratio = 2.0_f64;
        for _ in 0..64 {
            ratio = (1.0 + ratio).powf(1.0 / (n as f64 + 1.0));
        }
        let mut seeds = Self::default();
        for sample in 0..STORED {
            let mut posture = [0.0_f32; MAX_JOINTS];
            let mut joints = [0.0_f64; MAX_JOINTS];
            for i in 0..n {
                let share = (0.5 + (sample + 1) as f64 * ratio.powi(-(i as i32 + 1))).fract();
                let (low, high) = chain.sampled_range(i);
                posture[i] = (low + share * (high - low)) as f32;
                joints[i] = f64::from(posture[i]);
            }
            let pose = chain.tool_pose(&joints[..n]).cast::<f32>();
            seeds.postures.push(posture);
            for (axis, values) in seeds.position.iter_mut().enumerate() {
                values.push(pose.translation.vector[axis]);
            }
            for (axis, values) in seeds.quaternion.iter_mut().enumerate() {
                values.push(pose.rotation.coords[axis]);
            }
        }
        seeds
    }

    /// A stored posture, within the limits.
    pub fn posture<const N: usize>(&self, index: u32) -> [f64; N] {
        let stored = &self.postures[index as usize];
        std::array::from_fn(|i| f64::from(stored[i]))
    }

    /// The postures whose tool needs the least motion to the target, those near `near` preferred
    /// among equals.
    pub fn closest(&self, chain: &IkChain, target: &RigidTransform, near: &[f64]) -> Closest {
        let target = target.cast::<f32>();
        let p = target.translation.vector;
        let r = target.rotation.coords;
        let per_length = (1.0 / (chain.length * chain.length)) as f32;
        let [xs, ys, zs] = &self.position;
        let [qi, qj, qk, qw] = &self.quaternion;
        let mut scores = [0.0_f32; STORED];
        for (i, score) in scores.iter_mut().enumerate().take(self.postures.len()) {
            let (dx, dy, dz) = (xs[i] - p.x, ys[i] - p.y, zs[i] - p.z);
            let dot = qi[i] * r.x + qj[i] * r.y + qk[i] * r.z + qw[i] * r.w;
            // 8 (1 - |dot|) is the squared angle to second order.
            *score = (dx * dx + dy * dy + dz * dz) * per_length + 8.0 * (1.0 - dot.abs());
        }
        let mut out = Closest { index: [0; CLOSEST], len: 0 };
        let mut kept = [f32::INFINITY; CLOSEST];
        for (i, score) in scores.iter().enumerate().take(self.postures.len()) {
            if *score >= kept[CLOSEST - 1] {
                continue;
            }
            let away: f32 = self.postures[i]
                .iter()
                .zip(near)
                .map(|(a, b)| (a - *b as f32) * (a - *b as f32))
                .sum();
            let score = score + NEARNESS * away;
            if score >= kept[CLOSEST - 1] {
                continue;
            }
            let at = kept.partition_point(|other| *other <= score);
            kept[at..].rotate_right(1);
            out.index[at..].rotate_right(1);
            kept[at] = score;
            out.index[at] = i as u32;
            out.len = (out.len + 1).min(CLOSEST);
        }
        out
    }
}

/// How much a squared radian of joint motion counts beside one of tool motion when starts are
/// ranked.
const NEARNESS: f32 = 0.02;
