//! GFLOP/s of the convolution's three products beside the plain matrix product, and the time of a ResNet
//! an image. `nn_speed.py` beside this file times PyTorch on the same shapes.
//!
//!     cargo run --release -p nn --example nn_speed -- THREADS
#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]
use std::time::Instant;

use nn::candle::{Device, Tensor};
use nn::kernel::conv::{ConvShape, forward, input_gradient, pack_weights, weight_gradient};
use nn::kernel::gemm::{Matrix, Panels, multiply_packed};
use nn::{NnError, Params, ResNet18, Result, Threads, random};

/// Batch, side of the picture, channels, filters, kernel, stride.
const SHAPES: [[usize; 6]; 13] = [
    [16, 96, 3, 64, 7, 2],
    [16, 24, 64, 64, 3, 1],
    [16, 24, 64, 128, 3, 2],
    [16, 12, 128, 128, 3, 1],
    [16, 6, 256, 256, 3, 1],
    [16, 3, 512, 512, 3, 1],
    [16, 24, 32, 32, 3, 1],
    [16, 12, 64, 64, 3, 1],
    [1, 64, 64, 64, 3, 1],
    [1, 32, 128, 128, 3, 1],
    [1, 16, 256, 256, 3, 1],
    [1, 8, 512, 512, 3, 1],
    [1, 256, 3, 64, 7, 2],
];

/// The shortest of several runs, seconds.
fn best(mut work: impl FnMut()) -> f64 {
    (0..9).fold(f64::INFINITY, |best, _| {
        let begun = Instant::now();
        work();
        best.min(begun.elapsed().as_secs_f64())
    })
}

fn main() -> Result<()> {
    let threads = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(1);
    let pool = Threads::new(threads).map_err(|e| NnError::Config(e.to_string()))?;
    pool.run(|| {
        products();
        resnets()
    })
}

fn products() {
    let n = 1024;
    let a = vec![0.5_f32; n * n];
    let b = Panels::pack(Matrix::rows(&a, n), n, n);
    let mut c = vec![0.0; n * n];
    let took = best(|| multiply_packed(Matrix::rows(&a, n), n, &b, &mut c, false));
    println!("matrix product 1024^3: {:.1} GFLOP/s", 2.0 * (n * n * n) as f64 / took / 1e9);
    for [batch, side, channels, filters, kernel, stride] in SHAPES {
        let shape = ConvShape {
            batch,
            height: side,
            width: side,
            channels,
            filters,
            kernel: (kernel, kernel),
            stride: (stride, stride),
            padding: (kernel / 2, kernel / 2),
        };
        let (rows, columns) = shape.output();
        let x = vec![0.3_f32; batch * side * side * channels];
        let w = vec![0.1_f32; filters * channels * kernel * kernel];
        let dy = vec![0.2_f32; batch * rows * columns * filters];
        let (mut y, mut packed) = (dy.clone(), Panels::default());
        pack_weights(&shape, &w, &mut packed);
        let flop = 2.0 * shape.multiply_adds() as f64 / 1e9;
        let out = best(|| forward(&shape, &x, &packed, &mut y));
        let dx = best(|| drop(std::hint::black_box(input_gradient(&shape, &w, &dy))));
        let dw = best(|| drop(std::hint::black_box(weight_gradient(&shape, &x, &dy))));
        println!(
            "{batch}x{side}x{side} {channels}->{filters} k{kernel} s{stride}: forward {:.1}, \
             input {:.1}, weights {:.1} GFLOP/s ({:.2} ms)",
            flop / out,
            flop / dx,
            flop / dw,
            out * 1e3
        );
    }
}

fn resnets() -> Result<()> {
    for (widths, side, count) in
        [([64, 128, 256, 512], 96, 32), ([32, 64, 128, 256], 96, 32), ([64, 128, 256, 512], 256, 2)]
    {
        let mut params = Params::new(&Device::Cpu);
        let net = ResNet18::new(&mut params, "r", widths, &mut random(1, 0))?;
        let x = Tensor::rand(0_f32, 1.0, (count, side, side, 3), &Device::Cpu)?;
        let (mut forward, mut step) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..4 {
            let begun = Instant::now();
            let y = net.forward(&x)?;
            forward = forward.min(begun.elapsed().as_secs_f64());
            let store = y.sqr()?.mean_all()?.backward()?;
            drop(nn::optim::gradients(&params, &store)?);
            step = step.min(begun.elapsed().as_secs_f64());
        }
        let mut runner = net.runner(side, side)?;
        let picture = vec![0.5; side * side * 3];
        let mut features = vec![0.0; widths[3]];
        let alone = best(|| runner.run(&picture, &mut features));
        let each = 1e3 / count as f64;
        println!(
            "ResNet {widths:?} at {side}: forward {:.2} ms, forward and backward {:.2} ms an image; \
             one image alone {:.2} ms",
            forward * each,
            step * each,
            alone * 1e3
        );
    }
    Ok(())
}
