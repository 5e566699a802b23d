#![allow(clippy::all, missing_docs)]
use interface::*;
use robot::Robot;
use sim::*;
use std::{ops::ControlFlow, sync::Arc, time::Instant};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let robot = Arc::new(Robot::load(&a[2]).unwrap());
    let permit = MotionPermit::simulation();
    match a[1].as_str() {
        "eval" => {
            let n: u64 = a[4].parse().unwrap();
            let mut ok = 0;
            for seed in 0..n {
                let t = Instant::now();
                let mut cell = match Cell::new(&a[3], robot.clone(), seed, &CellOptions::default())
                {
                    Ok(c) => c,
                    Err(e) => {
                        println!("{seed}: {e}");
                        continue;
                    }
                };
                let r = run_demonstration(&mut cell, &permit, &mut |_| ControlFlow::Continue(()));
                let s = matches!(&r, Ok(o) if o.success);
                ok += s as u32;
                println!(
                    "{seed}: {s} {:?} {:.2} s",
                    r.map_err(|e| e.to_string()),
                    t.elapsed().as_secs_f64()
                );
            }
            println!("{ok}/{n}");
        }
        "film" => {
            let seed: u64 = a[4].parse().unwrap();
            let every: usize = a[5].parse().unwrap();
            let mut cell = Cell::new(&a[3], robot, seed, &CellOptions::default()).unwrap();
            let place = CameraPlace::planning("view", [0.75, -0.55, 0.55], [-0.12, 0.0, 0.15]);
            let mut k = 0;
            let dir = format!("/tmp/world/{}", a[3]);
            std::fs::create_dir_all(&dir).unwrap();
            for v in cell.capture().unwrap().views {
                image::save_buffer(
                    format!("{dir}/cam_{}.png", v.camera),
                    v.image.rgb.as_flattened(),
                    640,
                    480,
                    image::ColorType::Rgb8,
                )
                .unwrap();
            }
            let r = run_demonstration(&mut cell, &permit, &mut |c| {
                if k % every == 0 {
                    let v = c.capture_from(&place);
                    let v = &v.views[0];
                    image::save_buffer(
                        format!("{dir}/{:03}.png", k / every),
                        v.image.rgb.as_flattened(),
                        640,
                        480,
                        image::ColorType::Rgb8,
                    )
                    .unwrap();
                }
                k += 1;
                ControlFlow::Continue(())
            });
            println!("{:?} frames {}", r.map_err(|e| e.to_string()), k);
        }
        "slip" => {
            let mut cell = Cell::new("pick_cube", robot, 0, &CellOptions::default()).unwrap();
            run_demonstration(&mut cell, &permit, &mut |_| ControlFlow::Continue(())).unwrap();
            let target = cell.last_target().clone();
            for k in 0..300 {
                let s = cell.tick(&target, &permit).unwrap();
                if k % 25 == 0 {
                    let rel = cell.tool_pose(0).inverse() * cell.thing_pose("cube").unwrap();
                    let f: f32 = cell
                        .contacts()
                        .iter()
                        .filter(|c| c.a.contains("finger") || c.b.contains("finger"))
                        .map(|c| c.force)
                        .sum();
                    println!(
                        "{:.3?} mm angle {:.5} open {:.5} force {f:.2} contacts {}",
                        (rel.translation.vector * 1e3).as_slice(),
                        rel.rotation.angle(),
                        s.state.openings[0],
                        cell.contacts().len()
                    );
                }
            }
        }
        "speed" => {
            let only = a.get(3).map(|s| s.parse::<usize>().unwrap());
            for (k, scene) in [(0usize, &REST), (1, &TOWER), (2, &SWEEP)] {
                if only.is_some_and(|o| o != k) { continue; }
                let mut cell = Cell::with_scene(scene, robot.clone(), 0, &CellOptions::default()).unwrap();
                let home = cell.last_target().clone();
                let mut targets = vec![home.clone(); 250];
                if k == 2 {
                    let mut near = home.positions.clone();
                    for (tick, t) in targets.iter_mut().enumerate() {
                        let secs = tick as f64 * 0.02;
                        let y = -0.28 * (std::f64::consts::TAU * (secs - 1.0).max(0.0) / 2.6).cos();
                        let z = 0.20 + (0.03 - 0.20) * (secs / 1.0).min(1.0);
                        let ans = robot::solve_ik(&robot, 0, &(cell.world_from_base().inverse() * tool_down([0.0, y, z].into(), 0.0)), &near, &robot::IkOptions::default());
                        assert!(ans.ok); near = ans.joints.clone(); t.positions = ans.joints; t.openings[0] = 0.0;
                    }
                }
                let reset = cell.snapshot();
                let mut sent = cell.tick(&home, &permit).unwrap();
                let mut start: Vec<RigidTransform> = vec![];
                let cpu = || std::fs::read_to_string("/proc/self/schedstat").unwrap().split(' ').next().unwrap().parse::<u64>().unwrap();
                let mut best = f64::INFINITY; let mut mean = 0.0; let mut pairs = 0; let mut n = 0;
                for rep in 0..9 {
                    cell.restore(&reset);
                    start = (0..5).map(|i| cell.thing_pose(&format!("box_{i}")).unwrap()).collect();
                    let t = cpu();
                    for target in &targets {
                        cell.tick_into(&target, &permit, &mut sent, &mut |s| s()).unwrap();
                        if rep == 0 { pairs += cell.contacts().len(); n += 1; }
                    }
                let dt = (cpu() - t) as f64 * 1e-9;
                    best = best.min(dt);
                    mean += dt / 5.0;
                }
                let moved = (0..5)
                    .map(|i| {
                        (cell.thing_pose(&format!("box_{i}")).unwrap().translation.vector
                            - start[i].translation.vector)
                            .norm()
                    })
                    .fold(0.0, f64::max);
                println!(
                    "{}: best {:.0} mean {:.0} steps/s, moved {:.3} mm, tool z {:.3}, z {:?}",
                    scene.0,
                    1000.0 / best,
                    1000.0 / mean,
                    moved * 1e3,
                    cell.tool_pose(0).translation.z,
                    (0..5)
                        .map(|i| cell.thing_pose(&format!("box_{i}")).unwrap().translation.z * 1e3
                            - if k == 1 { 25.0 + 50.0 * i as f64 } else { 25.0 })
                        .map(|z| format!("{z:.3}"))
                        .collect::<Vec<_>>()
                );
            }
        }
        _ => {}
    }
}
struct B(&'static str, u8);
static REST: B = B("rest", 0);
static TOWER: B = B("tower", 1);
static SWEEP: B = B("sweep", 2);
impl Scene for B {
    fn name(&self) -> &'static str {
        self.0
    }
    fn build(&self, b: &mut SceneBuilder<'_>, _: &mut rand_chacha::ChaCha8Rng) {
        for i in 0..5 {
            let at = if self.1 == 1 {
                [0.12, 0.12, 0.025 + 0.05 * i as f64]
            } else {
                [0.0 + 0.02 * (i % 2) as f64, (i as f64 - 2.0) * 0.09, 0.025]
            };
            b.add(
                ThingSpec::free(&format!("box_{i}"), nalgebra::Translation3::from(at).into(), 0.1)
                    .solid(RigidTransform::identity(), Shape::Cuboid { half: [0.025; 3] }, 0.8),
            );
        }
    }
    fn task(&self, _: &State<'_>) -> Task {
        unimplemented!()
    }
    fn solved(&self, _: &State<'_>) -> bool {
        false
    }
    fn demonstration(&self, _: &Cell) -> Result<Vec<DemoStep>, SimError> {
        Ok(vec![])
    }
}
