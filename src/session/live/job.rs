//! Work that takes time: on a thread of its own, with everything it needs as its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use interface::{Cancel, Observation};
use session_api::live::{Doing, Heard, PlanShown};
use sim::Cell;

use super::moment::Moment;
use super::opening::Opening;
use super::planning::Made;

/// Which kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    Opening,
    Planning,
    Executing,
}

/// What a job says while it works.
pub enum Report {
    /// What it does now.
    Doing(Doing),
    /// How the world looks now.
    Moment(Box<Moment>),
    /// How far the plan is.
    Plan(Arc<PlanShown>),
    /// What the cameras saw, and at which tick, where the session still had the scene.
    Seen(Arc<Observation>, Option<u64>),
    /// Something for the face to hear.
    Heard(Heard),
    /// Its last word.
    Ended(Box<End>),
}

/// What came of a job.
pub enum End {
    /// Something was opened, or the sentence why not.
    Opened(Result<Opening, String>),
    /// A plan, as far as it got.
    Planned(Made),
    /// A job that had to give up at once; the sentence.
    GaveUp(String),
    /// An execution: the scene comes back.
    Executed {
        cell: Box<Cell>,
        /// Control periods since reset.
        ticks: u64,
        made: Made,
    },
    /// A fault in the program.
    Broke,
}

/// A job's way to the session.
#[derive(Clone)]
pub struct Teller {
    job: u64,
    out: Sender<(u64, Report)>,
}

impl Teller {
    pub fn tell(&self, report: Report) {
        // A session that has ended hears nothing.
        let _ = self.out.send((self.job, report));
    }
}

/// What a person says to a job that asks.
pub struct Answers {
    said: Receiver<(bool, String)>,
    cancel: Cancel,
}

impl Answers {
    /// Waits for a verdict; `None` when the job is to stop.
    pub fn wait(&self) -> Option<(bool, String)> {
        use std::sync::mpsc::RecvTimeoutError;
        // An answer that came before the question was meant for another one.
        while self.said.try_recv().is_ok() {}
        loop {
            if self.cancel.is_cancelled() {
                return None;
            }
            match self.said.recv_timeout(Duration::from_millis(20)) {
                Ok(answer) => return Some(answer),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}

/// A job under way.
pub struct Job {
    pub id: u64,
    pub kind: JobKind,
    pub cancel: Cancel,
    /// Where verdicts go.
    pub answers: Sender<(bool, String)>,
}

/// What a job is given.
pub struct Tools {
    pub teller: Teller,
    pub cancel: Cancel,
    pub answers: Answers,
}

/// Starts a job; `Err` is the sentence why there is no thread for it.
pub fn start(
    id: u64,
    kind: JobKind,
    cancel: Cancel,
    out: Sender<(u64, Report)>,
    work: impl FnOnce(Tools) -> End + Send + 'static,
) -> Result<Job, String> {
    let (answers, said) = channel();
    let teller = Teller { job: id, out };
    let tools = Tools {
        teller: teller.clone(),
        cancel: cancel.clone(),
        answers: Answers { said, cancel: cancel.clone() },
    };
    std::thread::Builder::new()
        .name("jobs".into())
        .spawn(move || {
            let end = catch_unwind(AssertUnwindSafe(|| work(tools))).unwrap_or(End::Broke);
            teller.tell(Report::Ended(Box::new(end)));
        })
        .map_err(|error| format!("this machine gives no thread for the work: {error}"))?;
    Ok(Job { id, kind, cancel, answers })
}
