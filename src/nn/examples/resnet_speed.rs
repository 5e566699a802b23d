//! A training step of the ResNet, an image: ours and candle's.
use std::time::Instant;
use nn::candle::{Device, Tensor, Var, Module};
use nn::{Params, ResNet18, random};

fn main() {
    let threads: usize = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(1);
    nn::Threads::new(threads).unwrap().run(|| {
        for (widths, size, n) in [([64, 128, 256, 512], 96, 32), ([32, 64, 128, 256], 96, 32), ([64,128,256,512],256,2)] {
            let mut params = Params::new(&Device::Cpu);
            let net = ResNet18::new(&mut params, "r", widths, &mut random(1, 0)).unwrap();
            let x = Tensor::rand(0_f32, 1.0, (n, size, size, 3), &Device::Cpu).unwrap();
            for _ in 0..3 {
                let t = Instant::now();
                let y = net.forward(&x).unwrap();
                let f = t.elapsed().as_secs_f64();
                let g = y.sqr().unwrap().mean_all().unwrap().backward().unwrap();
                let all = t.elapsed().as_secs_f64();
                std::hint::black_box(g);
                println!("{widths:?} {size}: forward {:.2} ms, step {:.2} ms an image", f * 1e3 / n as f64, all * 1e3 / n as f64);
            }
        }
        let _ = (Var::zeros(1, nn::candle::DType::F32, &Device::Cpu), |m: &dyn Module| { let _ = m; });
    });
}
