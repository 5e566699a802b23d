//! Pixels as the image encoder takes them.

/// Mean and deviation of ImageNet by colour.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// RGB bytes, interleaved, to the published encoder's input, interleaved: to [0, 1], from there to
/// [-1, 1], and then, although that step was made for [0, 1], by ImageNet's mean and deviation.
/// As many values are written as both slices hold.
pub fn normalise_pixels(pixels: &[u8], out: &mut [f32]) {
    let tables = tables();
    for (pixel, out) in pixels.as_chunks::<3>().0.iter().zip(out.as_chunks_mut::<3>().0) {
        for c in 0..3 {
            out[c] = tables[c][usize::from(pixel[c])];
        }
    }
}

fn tables() -> &'static [[f32; 256]; 3] {
    static TABLES: std::sync::LazyLock<[[f32; 256]; 3]> = std::sync::LazyLock::new(|| {
        let value = |c: usize, v: usize| (v as f32 / 255.0 * 2.0 - 1.0 - MEAN[c]) / DEVIATION[c];
        [0, 1, 2].map(|c| std::array::from_fn(|v| value(c, v)))
    });
    &TABLES
}

/// A picture of another size: every new pixel is the mean of the area that it covers, rounded. Both
/// sizes are rows and columns; `from` is RGB. Training and inference scale with this alone.
///
/// # Panics
/// When a slice is shorter than its size says or a size is zero.
pub fn resize(from: &[u8], from_size: (usize, usize), to: &mut [u8], to_size: (usize, usize)) {
    if from_size == to_size {
        to.copy_from_slice(&from[..to_size.0 * to_size.1 * 3]);
        return;
    }
    // In units of 1 / (old x new) of the edge all borders are whole numbers.
    for y in 0..to_size.0 {
        let rows = y * from_size.0..(y + 1) * from_size.0;
        for x in 0..to_size.1 {
            let columns = x * from_size.1..(x + 1) * from_size.1;
            let (mut sums, mut area) = ([0_u64; 3], 0_u64);
            for (sy, height) in covered(rows.clone(), to_size.0) {
                for (sx, width) in covered(columns.clone(), to_size.1) {
                    let weight = (height * width) as u64;
                    let at = (sy * from_size.1 + sx) * 3;
                    for (sum, byte) in sums.iter_mut().zip(&from[at..at + 3]) {
                        *sum += weight * u64::from(*byte);
                    }
                    area += weight;
                }
            }
            let at = (y * to_size.1 + x) * 3;
            for (to, sum) in to[at..at + 3].iter_mut().zip(sums) {
                *to = ((sum + area / 2) / area) as u8;
            }
        }
    }
}

/// The old pixels, each `pixel` units long, that a stretch covers, with the length of the overlap.
fn covered(stretch: std::ops::Range<usize>, pixel: usize) -> impl Iterator<Item = (usize, usize)> {
    let (first, last) = (stretch.start / pixel, (stretch.end - 1) / pixel);
    (first..=last).map(move |i| {
        let from = stretch.start.max(i * pixel);
        (i, stretch.end.min((i + 1) * pixel) - from)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_the_range() {
        let mut out = [0.0; 6];
        normalise_pixels(&[0, 0, 0, 255, 255, 255], &mut out);
        for c in 0..3 {
            assert!((out[c] - (-1.0 - MEAN[c]) / DEVIATION[c]).abs() < 1e-5);
            assert!((out[3 + c] - (1.0 - MEAN[c]) / DEVIATION[c]).abs() < 1e-5);
        }
    }

    #[test]
    fn areas_are_averaged() {
        let grey = |v: &[u8]| v.iter().flat_map(|v| [*v; 3]).collect::<Vec<u8>>();
        let check = |from: &[u8], size, to_size: (usize, usize), expected: &[u8]| {
            let mut to = vec![0; to_size.0 * to_size.1 * 3];
            resize(&grey(from), size, &mut to, to_size);
            assert_eq!(to, grey(expected));
        };
        check(&[10, 20, 30, 40], (2, 2), (1, 1), &[25]);
        check(&[0, 90, 180], (1, 3), (1, 2), &[30, 150]);
        check(&[10, 20], (1, 2), (1, 4), &[10, 10, 20, 20]);
        check(&[1, 2, 3, 4], (2, 2), (2, 2), &[1, 2, 3, 4]);
        // A constant picture stays what it is at any size.
        check(&[77; 64 * 64], (64, 64), (24, 24), &[77; 24 * 24]);
    }
}
