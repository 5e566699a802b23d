//! What was sent before the first frame, when that becomes a later one.

use interface::Origin;

/// Appends to what was sent before the first frame the targets of frames that are cut off, `width`
/// values each, as runs of equal targets. Played from the start, the episode goes on bit for bit.
pub(super) fn extend(origin: &mut Origin, actions: &[f32], width: usize) {
    for target in actions.chunks_exact(width.max(1)) {
        match origin.lead.last_mut() {
            Some((periods, last)) if *periods < u32::MAX && same(last, target) => *periods += 1,
            _ => origin.lead.push((1, target.to_vec())),
        }
    }
}

/// Bit for bit, so that -0 stays -0.
fn same(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is sent, period by period.
    fn played(lead: &[(u32, Vec<f32>)]) -> Vec<Vec<u32>> {
        let bits = |target: &[f32]| target.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        lead.iter().flat_map(|(n, t)| std::iter::repeat_n(bits(t), *n as usize)).collect()
    }

    #[test]
    fn equal_targets_are_one_run_and_zeros_of_two_signs_are_not_equal() {
        let check = |lead: &[(u32, f32)], actions: &[f32], expected: &[(u32, f32)]| {
            let runs = |runs: &[(u32, f32)]| runs.iter().map(|(n, x)| (*n, vec![*x])).collect();
            let mut origin = Origin { lead: runs(lead), ..Origin::default() };
            extend(&mut origin, actions, 1);
            assert_eq!(played(&origin.lead), played(&runs(expected)));
            assert_eq!(origin.lead.len(), expected.len());
        };
        check(&[], &[1.0, 1.0, 2.0, 1.0], &[(2, 1.0), (1, 2.0), (1, 1.0)]);
        check(&[(25, 1.0)], &[1.0, 3.0], &[(26, 1.0), (1, 3.0)]);
        check(&[(2, 0.0)], &[-0.0], &[(2, 0.0), (1, -0.0)]);
        check(&[(2, f32::NAN)], &[f32::NAN], &[(3, f32::NAN)]);
        check(&[(2, 1.0)], &[], &[(2, 1.0)]);
    }

    proptest! {
        #[test]
        fn what_is_played_is_what_was_sent(
            lead in prop::collection::vec((1..4_u32, 0..3_u8), 0..4),
            actions in prop::collection::vec(0..3_u8, 0..40),
        ) {
            let target = |x: u8| vec![f32::from(x), 0.5];
            let lead = lead.into_iter().map(|(n, x)| (n, target(x))).collect::<Vec<_>>();
            let mut expected = played(&lead);
            let rows: Vec<(u32, Vec<f32>)> = actions.iter().map(|x| (1, target(*x))).collect();
            expected.extend(played(&rows));
            let mut origin = Origin { lead, ..Origin::default() };
            let flat: Vec<f32> = actions.iter().flat_map(|x| target(*x)).collect();
            extend(&mut origin, &flat, 2);
            prop_assert_eq!(played(&origin.lead), expected);
        }
    }
}
