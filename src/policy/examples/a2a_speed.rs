use std::sync::Arc;
use std::time::Instant;
use nn::candle::Device;
use nn::{Normaliser, Threads, random};
use policy::a2a::*;
use policy::*;

fn main() {
    let threads: usize = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(1);
    Threads::new(threads).unwrap().run(|| {
        for size in [Size::Paper, Size::Compact] {
            let seen = Seen { cameras: vec!["c".into()], points: 0 };
            let config = Config::new(Variant::A2a, size, 9, 9, &seen);
            let model = A2a::new(config.clone(), 1, &Device::Cpu).unwrap();
            println!("{size:?}: {} numbers", model.params.numbers());
            let one = Normaliser { scale: vec![1.0; 9], offset: vec![0.0; 9] };
            let n = Normalisers { state: one.clone(), action: one, point: Normaliser::default() };
            let mut last: Option<Vec<f32>> = None;
            for precision in [WeightPrecision::Single, WeightPrecision::Brain] {
                let t0 = Instant::now();
                let mut r = Runner::new(&model, &n, precision, Arc::new(move || t0.elapsed())).unwrap();
                let side = config.observe.image;
                let pixels: Vec<u8> = (0..side * side * 3).map(|i| (i * 7919 % 251) as u8).collect();
                let state = [0.1, 0.5, -0.3, 0.2, 0.9, -0.7, 0.4, 0.0, 0.3];
                let mut frame = Vec::new();
                for _ in 0..30 {
                    r.observe(&Sight { state: &state, pictures: &[Picture { camera: "c", height: side, width: side, pixels: &pixels }], points: &[] }).unwrap();
                    let d = r.act(&Ask { steps: Some(1), seed: 0, explain: false }).unwrap();
                    frame.push(d.trace.latencies.frame);
                }
                frame.sort();
                for steps in [1, 6, 10] {
                    let mut all = Vec::new();
                    for _ in 0..100 {
                        let d = r.act(&Ask { steps: Some(steps), seed: 0, explain: false }).unwrap();
                        all.push(d.trace.latencies);
                    }
                    all.sort_by_key(|l| l.decision());
                    println!("{precision:?} frame {:?} (best {:?}) {steps} steps: median {:?} best {:?}", frame[15], frame[0], all[50], all[0].decision());
                }
                let c = r.act(&Ask { steps: Some(6), seed: 0, explain: false }).unwrap().chunk.to_vec();
                if let Some(l) = &last {
                    println!("bf16 differs by {:e} of normalised range 2", l.iter().zip(&c).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / 2.0);
                }
                last = Some(c);
            }
            // training step
            if size == Size::Compact || std::env::args().nth(2).is_some() {
                let frames = 60;
                let side = config.observe.image;
                let images = nn::candle::Tensor::rand(-1f32, 1.0, (frames, side, side, 3), &Device::Cpu).unwrap();
                let of_window: Vec<u32> = (0..32).flat_map(|w| (0..8).map(move |i| (w / 8 * 15 + w % 8 + i) as u32)).collect();
                let states = nn::candle::Tensor::rand(-1f32, 1.0, (32, 8, 9), &Device::Cpu).unwrap();
                let actions = nn::candle::Tensor::rand(-1f32, 1.0, (32, 8, 9), &Device::Cpu).unwrap();
                let observed = Observed { states, frames: Frames { images: vec![images], points: None, of_window } };
                let cfg = nn::TrainConfig { updates: 100, seed: 1, adamw: nn::optim::AdamWConfig { beta1: 0.95, beta2: 0.999, eps: 1e-8, weight_decay: 1e-6 }, schedule: nn::optim::CosineSchedule { base: 1e-4, warmup: 5, total: 100 }, ema: Default::default(), clip: None, about: String::new() };
                let mut trainer = nn::Trainer::new(&model.params, cfg).unwrap();
                for _ in 0..4 {
                    let t = Instant::now();
                    let mut mid = t;
                    trainer.step(|_, r| { let l = model.loss(&observed, &actions, r); mid = Instant::now(); l }).unwrap();
                    println!("update of 32 windows: forward {:.0?} all {:.0?}", mid - t, t.elapsed());
                }
                let c = model.condition(&observed).unwrap().detach();
                let t = Instant::now();
                let z0 = model.start(&observed.states, &c, &[]).unwrap();
                let p = model.integrate(&z0, &c, 6, None).unwrap();
                let f = t.elapsed();
                p.end().sqr().unwrap().mean_all().unwrap().backward().unwrap();
                println!("unrolled flow alone: forward {f:.0?} all {:.0?}", t.elapsed());
                let _ = random(0, 0);
            }
        }
    });
}
