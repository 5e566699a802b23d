//! Episodes that stand out: a demonstration that took three times as long as the others, or jerked.

use session_api::EpisodeQuality;
use session_api::live::EpisodeShown;

/// What is measured of an episode and compared with the others.
pub const MEASURES: [fn(&EpisodeQuality) -> Option<f64>; 6] = [
    |q| Some(q.seconds),
    |q| Some(q.idle),
    |q| Some(q.jerk),
    |q| q.path,
    |q| Some(q.closings as f64),
    |q| q.human,
];

/// Whether a measure of an episode is far above (`Some(true)`) or far below the others.
pub type Odd = [Option<bool>; MEASURES.len()];

/// Fewer episodes than this say nothing about what is usual.
const ENOUGH: usize = 8;
/// Modified z-score from which a value is an outlier (Iglewicz and Hoaglin, How to Detect and Handle
/// Outliers, 1993).
const FAR: f64 = 3.5;

/// What stands out in each episode.
pub fn of(episodes: &[EpisodeShown]) -> Vec<Odd> {
    let mut odd = vec![Odd::default(); episodes.len()];
    for (m, measure) in MEASURES.iter().enumerate() {
        let value = |episode: &EpisodeShown| measure(&episode.quality).filter(|x| x.is_finite());
        let mut values: Vec<f64> = episodes.iter().filter_map(value).collect();
        if values.len() < ENOUGH {
            continue;
        }
        let middle = median(&mut values);
        let mut away: Vec<f64> = values.iter().map(|x| (x - middle).abs()).collect();
        let spread = median(&mut away);
        // Where most are the same the median of the distances is none: their mean serves.
        let mean = away.iter().sum::<f64>() / away.len() as f64;
        let unit = if spread > 0.0 { spread / 0.6745 } else { mean * 1.2533 };
        if unit <= 0.0 || !unit.is_finite() {
            continue;
        }
        for (flags, episode) in odd.iter_mut().zip(episodes) {
            let score = value(episode).map(|x| (x - middle) / unit);
            flags[m] = score.filter(|score| score.abs() > FAR).map(|score| score > 0.0);
        }
    }
    odd
}

/// The middle value; `values` is put in order and is not empty.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    (values[(n - 1) / 2] + values[n / 2]) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn episodes(seconds: &[f64]) -> Vec<EpisodeShown> {
        let of = |seconds: &f64| EpisodeShown {
            quality: EpisodeQuality { seconds: *seconds, ..EpisodeQuality::default() },
            ..EpisodeShown::default()
        };
        seconds.iter().map(of).collect()
    }

    #[test]
    fn one_that_took_much_longer_stands_out() {
        let mut all = vec![8.0, 8.4, 7.9, 8.1, 8.3, 7.8, 8.2, 8.0, 24.0, 1.0];
        let odd = of(&episodes(&all));
        assert_eq!(odd[8][0], Some(true));
        assert_eq!(odd[9][0], Some(false));
        assert!(odd[..8].iter().flatten().all(Option::is_none));
        all[8] = f64::NAN;
        assert_eq!(of(&episodes(&all))[8][0], None);
    }

    #[test]
    fn a_few_or_equal_ones_have_no_outliers() {
        assert!(of(&episodes(&[1.0, 2.0, 90.0])).iter().flatten().all(Option::is_none));
        assert!(of(&episodes(&[5.0; 20])).iter().flatten().all(Option::is_none));
        assert!(of(&[]).is_empty());
        // All the same but one.
        let mut all = [5.0; 20];
        all[3] = 50.0;
        assert_eq!(of(&episodes(&all))[3][0], Some(true));
    }
}
