//! The door of a face that stays open: a window asks with [`Act`]s, hears [`Heard`], and draws the
//! newest [`Shown`]. The command line's one question at a time is [`Command`](crate::Command).

mod act;
mod door;
mod hands;
mod library;
mod plan;
mod policy;
mod shown;
mod teleop;

pub use act::{Act, PlanWish, Transport};
pub use door::{Door, Heard, Inner, Refused, door};
pub use hands::Hands;
pub use library::{EpisodeShown, ForeseenShown, LibraryAct, LibraryShown, PlaybackShown, Signals};
pub use plan::{ArmPose, Observed, PlanShown, Row, RowState, TargetShown, ToShow};
pub use policy::{BranchShown, DecisionShown, PlaneShown, PolicyAct, PolicyShown};
pub use shown::{Cloud, Doing, Hand, Opened, RobotShown, Shown, Sources, Subject};
pub use teleop::{
    DeviceShown, MotionFrame, RecordAct, RecordWish, RecordingShown, TakeDone, TakeState,
    TeleopAct, TeleopShown,
};
