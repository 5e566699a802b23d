//! The convolution beside a naive loop in f64, and its gradients beside the transposed loops.

use super::*;

fn value(i: usize) -> f32 {
    ((i * 2_654_435_761) % 4093) as f32 / 2046.0 - 1.0
}

/// Calls `visit(output index, input index, weight index)` for every product of the convolution.
fn products(s: &ConvShape, mut visit: impl FnMut(usize, usize, usize)) {
    let (oh, ow) = s.output();
    for n in 0..s.batch {
        for (oy, ox) in (0..oh).flat_map(|y| (0..ow).map(move |x| (y, x))) {
            for (ky, kx) in (0..s.kernel.0).flat_map(|y| (0..s.kernel.1).map(move |x| (y, x))) {
                let (y, x) = (oy * s.stride.0 + ky, ox * s.stride.1 + kx);
                let inside = (s.padding.0..s.height + s.padding.0).contains(&y)
                    && (s.padding.1..s.width + s.padding.1).contains(&x);
                if !inside {
                    continue;
                }
                let (y, x) = (y - s.padding.0, x - s.padding.1);
                for f in 0..s.filters {
                    for c in 0..s.channels {
                        visit(
                            ((n * oh + oy) * ow + ox) * s.filters + f,
                            ((n * s.height + y) * s.width + x) * s.channels + c,
                            ((f * s.channels + c) * s.kernel.0 + ky) * s.kernel.1 + kx,
                        );
                    }
                }
            }
        }
    }
}

fn close(name: &str, got: &[f32], expected: &[f64]) {
    let largest = expected.iter().fold(1e-9_f64, |m, v| m.max(v.abs()));
    assert_eq!(got.len(), expected.len());
    for (i, (g, e)) in got.iter().zip(expected).enumerate() {
        assert!((f64::from(*g) - e).abs() < 2e-6 * largest, "{name}[{i}]: {g} instead of {e}");
    }
}

fn check(s: ConvShape) {
    let (oh, ow) = s.output();
    let outputs = s.batch * oh * ow * s.filters;
    let x: Vec<f32> =
        (0..s.batch * s.height * s.width * s.channels).map(|i| value(i + 1)).collect();
    let w: Vec<f32> =
        (0..s.filters * s.channels * s.kernel.0 * s.kernel.1).map(|i| value(i + 50)).collect();
    let dy: Vec<f32> = (0..outputs).map(|i| value(i + 99)).collect();
    let (mut y64, mut dx64, mut dw64) =
        (vec![0.0; outputs], vec![0.0; x.len()], vec![0.0; w.len()]);
    products(&s, |o, i, k| {
        y64[o] += f64::from(x[i]) * f64::from(w[k]);
        dx64[i] += f64::from(dy[o]) * f64::from(w[k]);
        dw64[k] += f64::from(dy[o]) * f64::from(x[i]);
    });
    let mut panels = Panels::default();
    pack_weights(&s, &w, &mut panels);
    let mut y = vec![f32::NAN; outputs];
    forward(&s, &x, &panels, &mut y);
    close("forward", &y, &y64);
    close("input gradient", &input_gradient(&s, &w, &dy), &dx64);
    close("weight gradient", &weight_gradient(&s, &x, &dy), &dw64);
}

fn shape(
    batch: usize,
    (height, width): (usize, usize),
    channels: usize,
    filters: usize,
) -> ConvShape {
    let (kernel, stride, padding) = ((3, 3), (1, 1), (1, 1));
    ConvShape { batch, height, width, channels, filters, kernel, stride, padding }
}

#[test]
fn three_by_three_with_and_without_stride() {
    check(shape(2, (7, 5), 4, 6));
    check(ConvShape { stride: (2, 2), ..shape(3, (9, 8), 16, 33) });
    check(shape(1, (3, 3), 40, 64));
}

#[test]
fn stem_shortcut_and_one_dimension() {
    let stem =
        ConvShape { kernel: (7, 7), stride: (2, 2), padding: (3, 3), ..shape(2, (16, 14), 3, 16) };
    check(stem);
    let shortcut =
        ConvShape { kernel: (1, 1), padding: (0, 0), stride: (2, 2), ..shape(2, (6, 6), 8, 32) };
    check(shortcut);
    check(ConvShape { stride: (1, 1), ..shortcut });
    // A kernel along rows only, and one larger than the picture.
    check(ConvShape { kernel: (1, 5), stride: (1, 2), padding: (0, 2), ..shape(4, (1, 8), 9, 32) });
    check(ConvShape {
        kernel: (1, 5),
        stride: (1, 2),
        padding: (0, 2),
        ..shape(4, (1, 2), 32, 32)
    });
}

/// Deep kernels cut their gradient by tap, many pixels by pixel: both ways and their seams.
#[test]
fn both_ways_to_cut_the_weight_gradient() {
    check(shape(1, (5, 5), 192, 160));
    check(shape(3, (40, 40), 2, 3));
}

#[test]
fn threads_change_no_bit() {
    let s = shape(3, (40, 41), 5, 7);
    let x: Vec<f32> = (0..s.batch * s.height * s.width * s.channels).map(value).collect();
    let dy: Vec<f32> = (0..s.pixels() * s.filters).map(value).collect();
    let run = |threads| {
        crate::Threads::new(threads).unwrap().run(|| {
            let w: Vec<f32> = (0..s.depth() * s.filters).map(value).collect();
            (weight_gradient(&s, &x, &dy), input_gradient(&s, &w, &dy))
        })
    };
    assert_eq!(run(1), run(3));
}
