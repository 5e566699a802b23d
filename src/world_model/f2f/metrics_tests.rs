//! The laws of the measures, and the numbers of an independent implementation.

use super::*;

/// Deterministic values in [0, 1).
fn noise(seed: u32, count: usize) -> Vec<f32> {
    let value = |i: u32| (i + seed * 7919).wrapping_mul(2_654_435_761) >> 16;
    (0..count as u32).map(|i| (value(i) % 1009) as f32 / 1009.0).collect()
}

#[test]
fn equal_pictures_have_similarity_one_and_no_error() {
    let a = noise(1, 16 * 20 * 3);
    assert!((ssim(&a, &a, (16, 20)).unwrap() - 1.0).abs() < 1e-12);
    assert_eq!(squared_error(&a, &a), 0.0);
    assert_eq!(psnr(0.0), f64::INFINITY);
    assert!((psnr(0.01) - 20.0).abs() < 1e-12 && psnr(1.0) == 0.0);
}

#[test]
fn similarity_is_symmetric_and_at_most_one() {
    let (a, b) = (noise(1, 14 * 17 * 3), noise(2, 14 * 17 * 3));
    let (there, back) = (ssim(&a, &b, (14, 17)).unwrap(), ssim(&b, &a, (14, 17)).unwrap());
    assert!((there - back).abs() < 1e-12 && there < 0.5 && there > -1.0, "{there} {back}");
}

/// Of two even pictures only the term of brightness is left.
#[test]
fn the_similarity_of_even_pictures_is_known() {
    for (x, y) in [(0.2_f32, 0.5_f32), (0.0, 1.0), (0.9, 0.8)] {
        let (a, b) = (vec![x; 12 * 12 * 3], vec![y; 12 * 12 * 3]);
        let (x, y) = (f64::from(x), f64::from(y));
        let expected = (2.0 * x * y + 1e-4) / (x * x + y * y + 1e-4);
        assert!((ssim(&a, &b, (12, 12)).unwrap() - expected).abs() < 1e-9);
        assert!((squared_error(&a, &b) - (x - y).powi(2)).abs() < 1e-12);
    }
}

/// Moved by a constant, structure and contrast stay: where the window's mean is `m`, the similarity is
/// `(2 m (m + d) + c) / (m^2 + (m + d)^2 + c)`. A picture of one window has one such place.
#[test]
fn the_similarity_of_a_shifted_picture_is_known() {
    let a: Vec<f32> = noise(3, 11 * 11 * 3).iter().map(|v| v * 0.5).collect();
    let shift = 0.25;
    let b: Vec<f32> = a.iter().map(|v| v + shift).collect();
    let mut expected = 0.0;
    for colour in 0..3 {
        let (mut mean, mut total) = (0.0, 0.0);
        for (i, v) in a.iter().skip(colour).step_by(3).enumerate() {
            let (y, x) = (i as f64 / 11.0, (i % 11) as f64);
            let away = ((y.floor() - 5.0).powi(2) + (x - 5.0).powi(2)) / (2.0 * 1.5 * 1.5);
            mean += f64::from(*v) * (-away).exp();
            total += (-away).exp();
        }
        let m = mean / total;
        let n = m + f64::from(shift);
        expected += (2.0 * m * n + 1e-4) / (m * m + n * n + 1e-4) / 3.0;
    }
    let got = ssim(&a, &b, (11, 11)).unwrap();
    assert!((got - expected).abs() < 1e-6, "{got} and {expected}");
}

#[test]
fn what_cannot_be_compared_has_no_similarity() {
    let a = noise(1, 10 * 20 * 3);
    assert_eq!(ssim(&a, &a, (10, 20)), None);
    assert_eq!(ssim(&a, &a, (20, 11)), None);
    assert_eq!(ssim(&a, &a[..33], (11, 20)), None);
    assert_eq!(Sums::default().scores(), None);
}

#[test]
fn scores_are_means_and_the_ratio_is_of_the_mean_error() {
    let even = |v: f32| vec![v; 11 * 11 * 3];
    let mut sums = Sums::default();
    sums.add(&even(0.5), &even(0.5), (11, 11));
    let mut more = Sums::default();
    more.add(&even(0.5), &even(0.7), (11, 11));
    more.add(&even(0.5), &even(0.7), (5, 5));
    sums.join(&more);
    let scores = sums.scores().unwrap();
    assert!((scores.mse - 0.02).abs() < 1e-8, "{scores:?}");
    assert!((scores.psnr - psnr(scores.mse)).abs() < 1e-12);
    let second = (0.7 + 1e-4) / (0.25 + 0.49 + 1e-4);
    assert!((scores.ssim - (1.0 + second) / 2.0).abs() < 1e-6, "{scores:?}");
}

#[derive(Deserialize)]
struct Golden {
    pair: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    rows: usize,
    columns: usize,
    kind: usize,
    ssim: f64,
}

/// The pictures of `golden/ssim.py`.
fn picture((rows, columns): (usize, usize), kind: usize) -> Vec<f32> {
    let value = |i: usize| {
        let (row, column, colour) = (i / 3 / columns, i / 3 % columns, i % 3);
        let (y, x, c, k) = (row as f64, column as f64, colour as f64, kind as f64);
        let waves = 0.5 + 0.3 * (0.4 * y + 0.2 * c).sin() * (0.3 * x - 0.5 * c).cos();
        let inside =
            row.abs_diff(rows / 2 + kind) < 5 && (x - (columns / 2) as f64 + 2.0 * k).abs() < 4.0;
        let other = waves + 0.02 * k * (1.7 * x + 2.3 * y).sin();
        if inside { 0.1 + 0.2 * c } else { other }
    };
    (0..rows * columns * 3).map(|i| value(i) as f32).collect()
}

/// Scikit-image computes in float64 what our pictures hold in float32.
#[test]
fn the_similarity_is_that_of_an_independent_implementation() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("f2f/golden/ssim.toml");
    let golden: Golden = nn::checkpoint::load_spec(&path).unwrap();
    assert_eq!(golden.pair.len(), 4);
    for Pair { rows, columns, kind, ssim: expected } in golden.pair {
        let size = (rows, columns);
        let got = ssim(&picture(size, 0), &picture(size, kind), size).unwrap();
        assert!((got - expected).abs() < 1e-6, "{rows}x{columns}: {got} and {expected}");
    }
}
