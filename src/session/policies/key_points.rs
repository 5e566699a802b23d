//! What of a frame is told to a policy that sees points, and to the features of pictures when they are
//! taught where things are: points of the task's object, of its flow at this moment, and where every thing
//! is. With the object's points alone nobody could tell where it is to be put.

/// Points of the task's object, of those that are recorded: the first are the farthest apart.
const OF_OBJECT: usize = 16;
/// Numbers of a thing's pose in a frame; the first three are where it is.
const POSE: usize = 7;

/// Key points of a frame with so many points of the object and so many things.
pub fn count(of_object: usize, things: usize) -> usize {
    OF_OBJECT.min(of_object) + things
}

/// Adds a frame's key points, `[points, 3]`, metres, world: `flow` are the object's points, `environment`
/// the poses of things.
pub fn add(flow: &[[f32; 3]], environment: &[f32], all: &mut Vec<f32>) {
    all.extend(flow.iter().take(OF_OBJECT).flatten());
    all.extend(environment.chunks_exact(POSE).flat_map(|pose| &pose[..3]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_the_object_come_first_then_where_things_are() {
        let flow: Vec<[f32; 3]> = (0..20).map(|i| [i as f32, 0.0, 0.5]).collect();
        let poses = [1.0, 2.0, 3.0, 0.0, 0.0, 0.0, 1.0, 4.0, 5.0, 6.0, 0.0, 0.0, 0.0, 1.0];
        let mut all = Vec::new();
        add(&flow, &poses, &mut all);
        assert_eq!(all.len(), 3 * count(20, 2));
        assert_eq!(all[45..], [15.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        all.clear();
        add(&flow[..2], &[], &mut all);
        assert_eq!(all.len(), 3 * count(2, 0));
    }
}
