//! Quantiles from a histogram of 5000 bins, as the official writer estimates them.
//!
//! The bins cover `[min - 1e-10, max + 1e-10]` evenly. A quantile lies in the first bin whose running
//! count reaches its share, linearly between the bin's edges by how much of the bin it needs; in the
//! very first bin it is the lower edge (`lerobot_layout.md`, section 7).

/// Bins.
const BINS: usize = 5000;
/// How far the outer edges lie beyond the values.
const MARGIN: f64 = 1e-10;
/// The shares asked for: 1, 10, 50, 90 and 99 percent.
pub(crate) const SHARES: [f64; 5] = [0.01, 0.10, 0.50, 0.90, 0.99];

/// A histogram of values that lie between the two it was made with.
pub(crate) struct Histogram {
    from: f64,
    to: f64,
    step: f64,
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    /// Bins for finite values from `min` to `max`.
    pub fn new(min: f64, max: f64) -> Self {
        let (from, to) = (min - MARGIN, max + MARGIN);
        Self { from, to, step: (to - from) / BINS as f64, counts: vec![0; BINS], total: 0 }
    }

    fn edge(&self, index: usize) -> f64 {
        if index == BINS { self.to } else { index as f64 * self.step + self.from }
    }

    /// Counts `value` `times` times.
    pub fn add(&mut self, value: f64, times: u64) {
        let guess = ((value - self.from) / self.step).floor();
        // Where the margin vanishes beside the values, all edges are one and the last bin has all.
        let mut bin =
            if guess.is_finite() { (guess.max(0.0) as usize).min(BINS - 1) } else { BINS - 1 };
        // The division may be off by one where the value lies on an edge.
        while bin > 0 && value < self.edge(bin) {
            bin -= 1;
        }
        while bin + 1 < BINS && value >= self.edge(bin + 1) {
            bin += 1;
        }
        self.counts[bin] += times;
        self.total += times;
    }

    /// The value below which `share` of the values lie.
    pub fn quantile(&self, share: f64) -> f64 {
        let target = share * self.total as f64;
        let mut before = 0_u64;
        for (bin, count) in self.counts.iter().enumerate() {
            if (before + count) as f64 >= target {
                if bin == 0 {
                    return self.from;
                }
                if *count == 0 {
                    return self.edge(bin);
                }
                let part = (target - before as f64) / *count as f64;
                return self.edge(bin) + part * (self.edge(bin + 1) - self.edge(bin));
            }
            before += count;
        }
        self.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_official_writer() {
        // Values that numpy's `histogram` and the rule above gave.
        let check = |values: &[f64], share: f64, expected: f64| {
            let min = values.iter().copied().fold(f64::INFINITY, f64::min);
            let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mut histogram = Histogram::new(min, max);
            values.iter().for_each(|v| histogram.add(*v, 1));
            let got = histogram.quantile(share);
            assert!((got - expected).abs() < 1e-12, "{got} {expected}");
        };
        let ramp: Vec<f64> = (0..100).map(|i| f64::from(i) * 0.1).collect();
        check(&ramp, 0.01, -1e-10);
        check(&[0.0, 0.0, 1.0, 1.0], 0.5, -1e-10);
        check(&[3.0; 7], 0.5, 3.0);
        check(&[1e12; 3], 0.9, 1e12);
        // The 50th of 100 is 4.9; its bin is 4.9 / (9.9 / 5000) = 2474.7 up.
        let step = (9.9 + 2e-10) / 5000.0;
        check(&ramp, 0.5, -1e-10 + 2475.0 * step);
    }
}
