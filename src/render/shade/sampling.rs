//! Chance that is a function of the pixel: the same picture on any number of threads.

/// A well-mixed function of two numbers.
pub fn mix(a: u32, b: u32) -> u32 {
    // Two rounds of multiply-xorshift; constants from Wellons' hash prospector.
    let mut x = a ^ b.wrapping_mul(0x9e37_79b9);
    for _ in 0..2 {
        x ^= x >> 16;
        x = x.wrapping_mul(0x7feb_352d);
        x ^= x >> 15;
        x = x.wrapping_mul(0x846c_a68b);
    }
    x ^ (x >> 16)
}

/// A number from 0 to below 1.
pub fn unit(x: u32) -> f32 {
    (x >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// Sample points of one pixel for one purpose.
///
/// The points of a pixel are stratified among themselves, and those of every block of 4 by 4 pixels
/// are stratified together (interleaved sampling, Keller and Heidrich 2001), so that the filter,
/// which averages such blocks, sees sixteen times as many samples.
#[derive(Clone, Copy)]
pub struct Samples {
    count: u32,
    columns: u32,
    cell: [f32; 2],
    seed: u32,
}

impl Samples {
    /// `count` points (a power of two is best) at column `x`, row `y`; `purpose` keeps lamps apart.
    pub fn new(count: u32, x: u32, y: u32, purpose: u32, seed: u32) -> Self {
        // In which of the 16 cells this pixel of the block samples: no row or column neighbours
        // share a row or column of cells.
        const ORDER: [u8; 16] = [0, 10, 5, 15, 13, 7, 8, 2, 11, 1, 14, 4, 6, 12, 3, 9];
        let k = ORDER[((x + purpose) % 4 + (y + purpose / 4) % 4 * 4) as usize];
        let columns = match count {
            0..=1 => 1,
            2..=7 => 2,
            8..=31 => 4,
            _ => 8,
        };
        let seed = mix(mix(x | y << 16, purpose), seed);
        Self { count, columns, cell: [f32::from(k % 4), f32::from(k / 4)], seed }
    }

    /// Point number `i` in the unit square.
    pub fn at(&self, i: u32) -> [f32; 2] {
        let rows = self.count.max(1).div_ceil(self.columns);
        let jitter = mix(self.seed, i);
        let within = |cell: f32, jitter: u32| (cell + unit(jitter)) * 0.25;
        [
            ((i % self.columns) as f32 + within(self.cell[0], jitter)) / self.columns as f32,
            ((i / self.columns) as f32 + within(self.cell[1], jitter.rotate_left(16) << 8))
                / rows as f32,
        ]
    }
}

/// Sine and cosine of a share of a whole turn, 0 to 1, to 3e-6: our own, since those of the system's
/// library differ between machines.
pub fn turn(share: f32) -> (f32, f32) {
    // Fold to an eighth of a turn either side of an axis, then Taylor.
    let quarter = super::vector::floor(share * 4.0 + 0.5);
    let x = (share - quarter * 0.25) * std::f32::consts::TAU;
    let x2 = x * x;
    let s = x * (1.0 - x2 / 6.0 * (1.0 - x2 / 20.0 * (1.0 - x2 / 42.0)));
    let c = 1.0 - x2 * 0.5 * (1.0 - x2 / 12.0 * (1.0 - x2 / 30.0));
    match quarter as i32 & 3 {
        0 => (s, c),
        1 => (c, -s),
        2 => (-s, -c),
        _ => (-c, s),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_sines_and_cosines() {
        for i in 0..=1000 {
            let share = i as f32 / 1000.0;
            let (s, c) = turn(share);
            let (es, ec) = (std::f32::consts::TAU * share).sin_cos();
            assert!((s - es).abs() < 5e-6 && (c - ec).abs() < 5e-6, "{share}: {s} {c} {es} {ec}");
        }
    }

    #[test]
    fn blocks_of_sixteen_pixels_fill_all_cells() {
        for (count, across, down) in [(1, 4, 4), (2, 8, 4), (4, 8, 8), (8, 16, 8), (16, 16, 16)] {
            let mut seen = std::collections::HashSet::new();
            for (x, y) in (0..4).flat_map(|x| (0..4).map(move |y| (x + 8, y + 12))) {
                for i in 0..count {
                    let [u, v] = Samples::new(count, x, y, 3, 7).at(i);
                    assert!((0.0..1.0).contains(&u) && (0.0..1.0).contains(&v));
                    seen.insert(((u * across as f32) as u32, (v * down as f32) as u32));
                }
            }
            assert_eq!(seen.len(), across * down, "{count} samples");
        }
    }
}
