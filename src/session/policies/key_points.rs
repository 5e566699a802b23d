//! What of a frame is told to a policy that sees points, and to the features of pictures when they are
//! taught where things are: three points of the tool, then, as seen from it, points of the task's object
//! (of its flow at this moment) and where every thing is. With the object's points alone nobody could tell
//! where it is to be put, and a hand closes and opens by millimetres between it and a thing, which a
//! network would have to find through seven joint angles.

use nalgebra::{Quaternion, UnitQuaternion, Vector3};

/// Points of the tool: where it is, and a lever's length along its approach and its closing axis.
const OF_TOOL: usize = 3;
/// Metres.
const LEVER: f32 = 0.1;
/// Points of the task's object, of those that are recorded: the first are the farthest apart.
const OF_OBJECT: usize = 16;
/// Numbers of a thing's pose in a frame; the first three are where it is.
const POSE: usize = 7;

/// Key points of a frame with so many points of the object and so many things; none where neither is
/// known.
pub fn count(of_object: usize, things: usize) -> usize {
    match OF_OBJECT.min(of_object) + things {
        0 => 0,
        others => OF_TOOL + others,
    }
}

/// Adds a frame's key points, `[points, 3]`, metres, along the world's axes. `tool` and the poses of
/// things in `environment` are x y z and the quaternion x y z w, `flow` are the object's points.
pub fn add(tool: &[f32], flow: &[[f32; 3]], environment: &[f32], all: &mut Vec<f32>) {
    let [x, y, z, i, j, k, w] = *tool else { return };
    let turn = UnitQuaternion::from_quaternion(Quaternion::new(w, i, j, k));
    let here = Vector3::new(x, y, z);
    for at in [here, here + turn * Vector3::z() * LEVER, here + turn * Vector3::y() * LEVER] {
        all.extend_from_slice(at.as_slice());
    }
    let things = environment.chunks_exact(POSE).map(|pose| [pose[0], pose[1], pose[2]]);
    for point in flow.iter().take(OF_OBJECT).copied().chain(things) {
        all.extend_from_slice((Vector3::from(point) - here).as_slice());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_seen_from_the_tool() {
        let flow: Vec<[f32; 3]> = (0..20).map(|i| [i as f32, 0.0, 0.5]).collect();
        let poses = [1.0, 2.0, 3.0, 0.0, 0.0, 0.0, 1.0, 4.0, 5.0, 6.0, 0.0, 0.0, 0.0, 1.0];
        // Half a turn about x: the tool looks down and closes the other way along y.
        let tool = [1.0, 0.0, 0.5, 1.0, 0.0, 0.0, 0.0];
        let mut all = Vec::new();
        add(&tool, &flow, &poses, &mut all);
        assert_eq!(all.len(), 3 * count(20, 2));
        let close = |got: &[f32], expected: [f32; 9]| {
            assert!(got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{got:?}");
        };
        close(&all[..9], [1.0, 0.0, 0.5, 1.0, 0.0, 0.4, 1.0, -0.1, 0.5]);
        close(&all[54..], [14.0, 0.0, 0.0, 0.0, 2.0, 2.5, 3.0, 5.0, 5.5]);
        all.clear();
        add(&tool, &flow[..2], &[], &mut all);
        assert_eq!(all.len(), 3 * count(2, 0));
        assert_eq!(count(0, 0), 0);
    }
}
