//! The program without a face: it takes one question of `session_api`, runs it on the organs, tells
//! a sink what happens and gives a report.
//!
//! It never knows flags, terminals or windows. It is the only crate that sees both the door and the
//! organs.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod benches;
mod cells;
mod demonstrations;
mod doctor;
mod episode;
mod eval;
mod files;
mod fit;
mod foresight;
mod judges;
pub mod live;
mod planned;
mod planning;
mod policies;
mod recording;
mod robots;
mod stills;
mod tour;

use interface::Cancel;
use session_api::{Ask, Command, Failure, Report, Sink};

/// Runs one command to its end, or until `cancel` is set.
///
/// `events` is told what happens while it happens; `ask` puts questions to the person at the screen.
/// Everything random comes from the command's seed: the same command gives the same report, times
/// apart, on any number of threads.
pub fn run(
    command: &Command,
    events: Sink<'_>,
    ask: Ask<'_>,
    cancel: &Cancel,
) -> Result<Report, Failure> {
    match command {
        Command::Doctor => Ok(Report::Doctor(doctor::examine())),
        Command::RobotCheck { urdf } => robots::check(urdf).map(Report::RobotCheck),
        Command::RobotFk(spec) => robots::forward(spec).map(Report::Fk),
        Command::RobotIk(spec) => robots::inverse(spec, events, cancel).map(Report::Ik),
        Command::FlowFit(spec) => fit::fit(spec).map(Report::FlowFit),
        Command::Eval(spec) => eval::evaluate(spec, events, cancel).map(Report::Eval),
        Command::Bench(spec) => benches::measure(spec, events, cancel).map(Report::Bench),
        Command::Plan(spec) => {
            planning::plan(spec, events, ask, cancel).map(|report| Report::Plan(Box::new(report)))
        }
        Command::Train(spec) => policies::train(spec, events, cancel).map(Report::Train),
        Command::Study(spec) => policies::study(spec, events, cancel).map(Report::Study),
        Command::Rollout(spec) => policies::rollout(spec, events, cancel).map(Report::Rollout),
        Command::Foresee(spec) => foresight::foresee(spec, events, cancel).map(Report::Foresee),
        Command::PolicyCheck { folder } => policies::check(folder).map(Report::PolicyCheck),
        Command::PolicyParity { folder } => policies::parity(folder).map(Report::PolicyParity),
        Command::Record(spec) => demonstrations::record(spec, events, cancel).map(Report::Record),
        Command::Dataset(spec) => demonstrations::keep(spec, events, cancel)
            .map(|report| Report::Dataset(Box::new(report))),
        Command::Replay(spec) => demonstrations::replay(spec, events, cancel).map(Report::Replay),
        Command::Demo(spec) => tour::tour(spec, events, cancel).map(Report::Demo),
    }
}
