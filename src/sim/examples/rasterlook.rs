#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, unsafe_code)]
use interface::*;
use render::*;
use robot::Robot;
use sim::{Cell, CellOptions, run_demonstration};
use std::ops::ControlFlow;
use std::sync::Arc;

fn save(path: &str, image: &Image) {
    let bytes: Vec<u8> = image.rgb.iter().flatten().copied().collect();
    image::save_buffer(
        path,
        &bytes,
        image.width as u32,
        image.height as u32,
        image::ColorType::Rgb8,
    )
    .unwrap();
}
fn cpu() -> f64 {
    unsafe extern "C" {
        fn clock_gettime(c: i32, t: *mut [i64; 2]) -> i32;
    }
    let mut t = [0i64; 2];
    unsafe {
        clock_gettime(3, &mut t);
    }
    t[0] as f64 * 1e3 + t[1] as f64 * 1e-6
}
fn reference() -> f64 {
    let t = cpu();
    let mut x = [std::hint::black_box(1.0f32); 8];
    for _ in 0..200_000 {
        for v in &mut x {
            *v = *v * 0.999 + 0.5;
        }
        x = std::hint::black_box(x);
    }
    cpu() - t
}
fn sized(p: &Pinhole, w: usize, h: usize) -> Pinhole {
    let s = h as f64 / p.height as f64;
    Pinhole {
        width: w,
        height: h,
        fx: p.fx * s,
        fy: p.fy * s,
        cx: (w as f64 - 1.0) / 2.0,
        cy: (h as f64 - 1.0) / 2.0,
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mode = args[0].as_str();
    let level: u8 = std::env::var("LEVEL").ok().map_or(0, |s| s.parse().unwrap());
    let robot = Arc::new(Robot::load("franka").unwrap());
    for scene in &args[1..] {
        let options = CellOptions { level, ..CellOptions::default() };
        let mut cell = Cell::new(scene, robot.clone(), 0, &options).unwrap();
        let cam = cell.policy_camera().clone();
        let mut looks = vec![];
        let _ = run_demonstration(&mut cell, &MotionPermit::simulation(), &mut |c| {
            looks.push(c.look());
            ControlFlow::Continue(())
        });
        if mode == "pics" || mode == "both" {
            let mut t = Renderer::new();
            let mut r = Renderer::new();
            for (k, share) in [0.0, 0.25, 0.5, 0.75].iter().enumerate() {
                let look = &looks[(share * looks.len() as f64) as usize];
                let b =
                    r.render(look, &cam.pinhole, &cam.world_from_camera, &RenderOptions::policy());
                save(&format!("/tmp/w/raster/{scene}_{k}_raster.png"), &b.image);
                if mode == "both" {
                    let a = t.render(
                        look,
                        &cam.pinhole,
                        &cam.world_from_camera,
                        &RenderOptions::observation(),
                    );
                    save(&format!("/tmp/w/raster/{scene}_{k}_trace.png"), &a.image);
                    let n = a.item.len();
                    let mut sum = [0f64; 3];
                    let mut abs = 0f64;
                    let mut same = 0;
                    let mut close = 0;
                    let mut big = 0;
                    for i in 0..n {
                        let mut d = 0;
                        for c in 0..3 {
                            let e = f64::from(b.image.rgb[i][c]) - f64::from(a.image.rgb[i][c]);
                            sum[c] += e;
                            abs += e.abs();
                            d = d.max(e.abs() as i32);
                        }
                        if d > 24 {
                            big += 1;
                        }
                        if a.item[i] == b.item[i] {
                            same += 1;
                            if (a.depth.metres[i] - b.depth.metres[i]).abs()
                                <= 1e-4 * a.depth.metres[i]
                            {
                                close += 1;
                            }
                        }
                    }
                    let nf = n as f64;
                    println!(
                        "{scene} {k}: bias {:.2} {:.2} {:.2} mean abs {:.2} >24: {:.2}% same item {:.3}% close depth {:.3}%",
                        sum[0] / nf,
                        sum[1] / nf,
                        sum[2] / nf,
                        abs / nf / 3.0,
                        100.0 * big as f64 / nf,
                        100.0 * same as f64 / nf,
                        100.0 * close as f64 / nf
                    );
                }
            }
        } else {
            for (w, h) in [(96, 96), (256, 256), (640, 480)] {
                if mode == "t256" && w != 256 {
                    continue;
                }
                let lens = sized(&cam.pinhole, w, h);
                let mut r = Renderer::new();
                let mut times = vec![];
                let mut all = 0.0;
                let mut refs = vec![];
                for look in &looks {
                    let t = cpu();
                    r.render(look, &lens, &cam.world_from_camera, &RenderOptions::policy());
                    let d = cpu() - t;
                    times.push(d);
                    all += d;
                    if times.len() % 8 == 0 {
                        refs.push(reference());
                    }
                }
                refs.sort_by(f64::total_cmp);
                let spikes: Vec<String> = times
                    .iter()
                    .enumerate()
                    .filter(|(_, t)| **t > 20.0)
                    .map(|(i, t)| format!("{i}:{t:.1}"))
                    .take(12)
                    .collect();
                let n = times.len();
                times.sort_by(f64::total_cmp);
                println!(
                    "{scene} {w}x{h}: min {:.2} p10 {:.2} median {:.2} p90 {:.2} p99 {:.2} mean {:.2} of {n}; ref {:.2} {:.2} spikes {spikes:?}",
                    times[0],
                    times[n / 10],
                    times[n / 2],
                    times[n * 9 / 10],
                    times[n * 99 / 100],
                    all / n as f64,
                    refs[refs.len() / 10],
                    refs[refs.len() / 2]
                );
            }
        }
    }
}
