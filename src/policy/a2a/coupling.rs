//! Exact optimal transport between two batches of equal weight: the cheapest one-to-one assignment.

use nn::Random;
use nn::random::below;

/// For each row the column it is matched with, so that the summed cost is smallest; `cost` is
/// `n x n`, row-major. The Hungarian method with potentials (Kuhn 1955; Jonker and Volgenant 1987).
pub(super) fn assignment(cost: &[f32], n: usize) -> Vec<usize> {
    // Index n stands for "none"; `owner[j]` is the row that column j belongs to.
    let mut owner = vec![n; n + 1];
    let (mut row_price, mut column_price) = (vec![0.0_f64; n + 1], vec![0.0_f64; n + 1]);
    for row in 0..n {
        let mut way = vec![n; n + 1];
        let mut slack = vec![f64::INFINITY; n + 1];
        let mut used = vec![false; n + 1];
        owner[n] = row;
        let mut column = n;
        loop {
            used[column] = true;
            let i = owner[column];
            let (mut step, mut next) = (f64::INFINITY, n);
            for j in 0..n {
                if used[j] {
                    continue;
                }
                let reduced = f64::from(cost[i * n + j]) - row_price[i] - column_price[j];
                if reduced < slack[j] {
                    (slack[j], way[j]) = (reduced, column);
                }
                if slack[j] < step {
                    (step, next) = (slack[j], j);
                }
            }
            if next == n {
                // No finite cost is left: costs that are no numbers match nothing better.
                break;
            }
            for j in 0..=n {
                if used[j] {
                    row_price[owner[j]] += step;
                    column_price[j] -= step;
                } else {
                    slack[j] -= step;
                }
            }
            column = next;
            if owner[column] == n {
                break;
            }
        }
        while column != n {
            let from = way[column];
            owner[column] = owner[from];
            column = from;
        }
    }
    let mut matched: Vec<usize> = (0..n).collect();
    for (column, row) in owner[..n].iter().enumerate() {
        if *row < n {
            matched[*row] = column;
        }
    }
    matched
}

/// As many pairs (source, target) as the batch has samples, drawn with replacement from the optimal
/// plan between the rows of `x0` and `x1`, both `n x width`.
pub(super) fn transport_pairs(
    x0: &[f32],
    x1: &[f32],
    width: usize,
    random: &mut Random,
) -> Vec<(u32, u32)> {
    let n = x0.len() / width.max(1);
    let matched = assignment(&squared_distances(x0, x1, width), n);
    (0..n)
        .map(|_| {
            let i = below(random, n);
            (i as u32, matched[i] as u32)
        })
        .collect()
}

/// Squared distances between all rows of `x0` and all rows of `x1`.
pub(super) fn squared_distances(x0: &[f32], x1: &[f32], width: usize) -> Vec<f32> {
    let width = width.max(1);
    let distance = |a: &[f32], b: &[f32]| -> f32 {
        a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>() as f32
    };
    x0.chunks_exact(width)
        .flat_map(|a| x1.chunks_exact(width).map(move |b| distance(a, b)))
        .collect()
}

#[cfg(test)]
mod tests {
    use nn::random;
    use nn::random::uniform;

    use super::*;

    fn best_by_trying(cost: &[f32], n: usize, row: usize, used: &mut Vec<bool>) -> f32 {
        if row == n {
            return 0.0;
        }
        let mut best = f32::INFINITY;
        for j in 0..n {
            if !used[j] {
                used[j] = true;
                best = best.min(cost[row * n + j] + best_by_trying(cost, n, row + 1, used));
                used[j] = false;
            }
        }
        best
    }

    #[test]
    fn the_assignment_is_the_cheapest() {
        let r = &mut random(1, 0);
        for n in 1..=7 {
            for _ in 0..20 {
                let cost: Vec<f32> = (0..n * n).map(|_| uniform(r) * 10.0).collect();
                let matched = assignment(&cost, n);
                let mut sorted = matched.clone();
                sorted.sort_unstable();
                assert_eq!(sorted, (0..n).collect::<Vec<_>>());
                let total: f32 = matched.iter().enumerate().map(|(i, j)| cost[i * n + j]).sum();
                let best = best_by_trying(&cost, n, 0, &mut vec![false; n]);
                assert!((total - best).abs() < 1e-4, "{total} instead of {best}");
            }
        }
    }

    #[test]
    fn costs_that_are_no_numbers_end_too() {
        assert_eq!(assignment(&[f32::NAN; 9], 3).len(), 3);
    }

    #[test]
    fn pairs_follow_the_plan() {
        let x0 = [0.0, 10.0, 20.0];
        let x1 = [21.0, 1.0, 11.0];
        for (i, j) in transport_pairs(&x0, &x1, 1, &mut random(2, 0)) {
            assert_eq!(j, [1, 2, 0][i as usize]);
        }
    }
}
