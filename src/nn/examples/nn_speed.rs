//! GFLOP/s of the convolution's three products beside the plain matrix product.
use std::time::Instant;
use nn::kernel::conv::{ConvShape, forward, input_gradient, pack_weights, weight_gradient};
use nn::kernel::gemm::{Matrix, Panels, multiply_packed};

fn best(mut f: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..7 {
        let t = Instant::now();
        f();
        best = best.min(t.elapsed().as_secs_f64());
    }
    best
}

fn main() {
    let threads: usize = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(1);
    nn::Threads::new(threads).unwrap().run(|| {
        let n = 1024;
        let a = vec![0.5_f32; n * n];
        let b = Panels::pack(Matrix::rows(&a, n), n, n);
        let mut c = vec![0.0; n * n];
        let t = best(|| multiply_packed(Matrix::rows(&a, n), n, &b, &mut c, false));
        println!("matrix product 1024^3: {:.1} GFLOP/s", 2.0 * (n * n * n) as f64 / t / 1e9);
        for (batch, size, c, f, k, s) in [
            (16, 96, 3, 64, 7, 2), (16, 24, 64, 64, 3, 1), (16, 24, 64, 128, 3, 2), (16, 12, 128, 128, 3, 1),
            (16, 6, 256, 256, 3, 1), (16, 3, 512, 512, 3, 1), (16, 24, 32, 32, 3, 1), (16, 12, 64, 64, 3, 1),
            (1, 64, 64, 64, 3, 1), (1, 32, 128, 128, 3, 1), (1, 16, 256, 256, 3, 1), (1, 8, 512, 512, 3, 1), (1, 256, 3, 64, 7, 2)
        ] {
            let shape = ConvShape { batch, height: size, width: size, channels: c, filters: f, kernel: (k, k), stride: (s, s), padding: (k / 2, k / 2) };
            let (oh, ow) = shape.output();
            let x = vec![0.3_f32; batch * size * size * c];
            let w = vec![0.1_f32; f * c * k * k];
            let dy = vec![0.2_f32; batch * oh * ow * f];
            let mut y = dy.clone();
            let mut p = Panels::default();
            let pack = best(|| pack_weights(&shape, &w, &mut p));
            let flop = 2.0 * shape.multiply_adds() as f64 / 1e9;
            let fwd = best(|| forward(&shape, &x, &p, &mut y));
            let dx = best(|| { std::hint::black_box(input_gradient(&shape, &w, &dy)); });
            let dw = best(|| { std::hint::black_box(weight_gradient(&shape, &x, &dy)); });
            println!("{batch}x{size}x{size} {c}->{f} k{k} s{s}: pack {:.2} ms, forward {:.1}, input {:.1}, weights {:.1} GFLOP/s ({:.2} ms)", pack * 1e3, flop / fwd, flop / dx, flop / dw, fwd * 1e3);
        }
    });
}
