//! How often and how fast inverse kinematics succeeds: random reachable targets, random starts.
//!
//! `cargo run --release -p robot --example ik_success [ROBOT] [TARGETS] [SEED]`
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::time::Instant;

use rand::{Rng, SeedableRng};
use robot::{IkOptions, Robot};

fn main() {
    let mut args = std::env::args().skip(1);
    let name = args.next().unwrap_or("franka".into());
    let targets: usize = args.next().map_or(500, |n| n.parse().unwrap());
    let seed: u64 = args.next().map_or(0, |n| n.parse().unwrap());
    let robot = Robot::load(&name).unwrap();
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    for (arm, setup) in robot.arms.iter().enumerate() {
        let draw = |rng: &mut rand_chacha::ChaCha8Rng| -> Vec<f64> {
            setup.specs.iter().map(|s| rng.random_range(s.lower..=s.upper)).collect()
        };
        let cases: Vec<_> = (0..targets)
            .map(|_| (robot.tool_pose_of(arm, &draw(&mut rng)), draw(&mut rng)))
            .collect();
        let mut out = vec![0.0; setup.joints.len()];
        for solutions in [1, IkOptions::default().solutions] {
            let options = IkOptions { solutions, ..IkOptions::default() };
            let (mut solved, mut attempts, mut first) = (0, 0, 0);
            let mut micros = Vec::new();
            for (target, near) in &cases {
                let start = Instant::now();
                let report = robot.chain(arm).solve_into(target, near, &options, &mut out);
                micros.push(start.elapsed().as_secs_f64() * 1e6);
                solved += usize::from(report.ok);
                attempts += report.attempts;
                first += usize::from(report.ok && report.attempts == 1);
            }
            micros.sort_by(f64::total_cmp);
            let at = |share: f64| micros[((micros.len() - 1) as f64 * share) as usize];
            println!(
                "{name} {} solutions {solutions}: {solved} of {targets}, first attempt {first}, \
                 attempts {:.2}; median {:.1} us, p95 {:.1}, worst {:.1}, mean {:.1}",
                setup.name,
                attempts as f64 / targets as f64,
                at(0.5),
                at(0.95),
                at(1.0),
                micros.iter().sum::<f64>() / targets as f64,
            );
        }
    }
}
