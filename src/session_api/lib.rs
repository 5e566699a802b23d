//! What a face may ask of the program ([`Command`]), what it hears while it waits ([`Event`]), and
//! what it gets ([`Report`], or a [`Failure`] with one sentence).
//!
//! This crate knows no organ, no flag and no terminal: the command line, the window and the tests
//! speak it alike. Report fields are the promised JSON keys.

mod ask;
mod command;
mod demonstrations;
mod event;
mod failure;
pub mod live;
mod policies;
mod report;
mod study;

pub use ask::{Ask, Question};
pub use command::{
    BenchSpec, Command, DemoSpec, EvalPolicy, EvalSpec, FaceBench, FitChoice, FlowFitSpec,
    OutFolder, PlanSource, PlanSpec, RobotFkSpec, RobotIkSpec, SolverChoice, VerifierChoice,
    WorldModelChoice,
};
pub use demonstrations::{
    DatasetAct, DatasetReport, DatasetSpec, EpisodeQuality, ExportFormat, RecordReport, RecordSpec,
    ReplayReport, ReplaySpec, Replayed, TeleopChoice,
};
pub use event::{Event, Level, Sink};
pub use failure::Failure;
pub use policies::{
    Compared, ForeseeHorizon, ForeseeReport, ForeseeSpec, ObserveChoice, ParityReport,
    PictureScores, PolicyCheckReport, RolloutReport, RolloutSpec, SizeChoice, TrainReport,
    TrainSpec,
};
pub use report::{
    BenchFigure, BenchReport, Check, DemoReport, DemoScene, DoctorReport, EvalReport, FitFigures,
    FitStep, FkReport, FlowFitReport, GraspCounts, IkReport, IkSolution, Matrix, Millis,
    PathSummary, PlanReport, Reach, Report, RobotCheckReport, SceneScore, Stage, TrainedScore,
    Trial, VerdictReport, wilson95,
};
pub use study::{StudyReport, StudyRow, StudySpec};
