//! Takes that are kept become episodes, on threads of their own with the lowest priority: nothing that
//! runs live waits for them.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use dataset::lerobot::{Drafts, Journal, LerobotDataset, Prepared, prepare};
use robot::Robot;

use super::developing::Developer;

/// What came of a take.
#[derive(Clone, Debug)]
pub enum Written {
    /// A share of a take's pictures are developed, 0 to 1.
    Share(f64),
    /// A take is an episode.
    Episode {
        /// The take's number, as it was given.
        take: usize,
        /// The episode's number.
        episode: usize,
        /// Frames in it.
        frames: usize,
        /// Whether it counts as solved.
        success: bool,
    },
    /// A take could not be written; its journal is still there.
    Failed {
        /// The take's number, as it was given.
        take: usize,
        /// One sentence.
        sentence: String,
    },
}

/// Takes that are kept, each with its place in the order in which they were handed over.
type Waiting = Mutex<Receiver<(usize, usize, PathBuf)>>;

/// The data set, and how many takes have had their turn.
struct Turns {
    state: Mutex<(LerobotDataset, usize)>,
    changed: Condvar,
}

/// The threads that write: each develops a take of its own, and they become episodes in their order.
pub struct Writer {
    takes: Option<Sender<(usize, usize, PathBuf)>>,
    told: Receiver<Written>,
    threads: Vec<std::thread::JoinHandle<()>>,
    handed: Cell<usize>,
}

impl Writer {
    /// Takes over a data set that is open for writing.
    pub fn start(dataset: LerobotDataset, robot: Arc<Robot>) -> std::io::Result<Self> {
        let (takes, waiting) = channel();
        let (out, told) = channel();
        let waiting: Arc<Waiting> = Arc::new(Mutex::new(waiting));
        let drafts = dataset.drafts().clone();
        let turns = Arc::new(Turns { state: Mutex::new((dataset, 0)), changed: Condvar::new() });
        let count = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        let threads = (0..count)
            .map(|_| {
                let (waiting, turns, out) = (waiting.clone(), turns.clone(), out.clone());
                let (robot, drafts) = (robot.clone(), drafts.clone());
                std::thread::Builder::new()
                    .name("writer".into())
                    .spawn(move || write(&turns, &drafts, &robot, &waiting, &out))
            })
            .collect::<std::io::Result<Vec<_>>>()?;
        Ok(Self { takes: Some(takes), told, threads, handed: Cell::new(0) })
    }

    /// Hands over a take's journal, closed.
    pub fn keep(&self, take: usize, journal: PathBuf) {
        if let Some(takes) = &self.takes {
            let order = self.handed.replace(self.handed.get() + 1);
            // Threads that have ended leave the journal where it is: it is offered again.
            let _ = takes.send((order, take, journal));
        }
    }

    /// The next thing that happened, if there is one.
    pub fn told(&self) -> Option<Written> {
        self.told.try_recv().ok()
    }

    /// Nothing more comes: the threads end when everything is written.
    pub fn close(&mut self) {
        self.takes = None;
    }

    /// Whether the threads have ended.
    pub fn is_finished(&self) -> bool {
        self.threads.iter().all(std::thread::JoinHandle::is_finished)
    }

    /// Waits until everything that was handed over is written, and tells what happened.
    pub fn finish(mut self) -> Vec<Written> {
        self.takes = None;
        for thread in self.threads.drain(..) {
            // A thread that broke off has said nothing more, and its journals are still there.
            let _ = thread.join();
        }
        self.told.try_iter().collect()
    }
}

/// Most threads that develop.
const MOST_THREADS: usize = 4;

fn write(
    turns: &Turns,
    drafts: &Drafts,
    robot: &Arc<Robot>,
    waiting: &Waiting,
    out: &Sender<Written>,
) {
    // Where the system refuses, the thread runs like any other.
    let _ = rustix::process::nice(19);
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((order, take, journal)) = next else { return };
        let prepared = develop(drafts, robot, &journal, out);
        let mut state = turns.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.1 < order {
            state = turns.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let told = prepared
            .and_then(|prepared| commit(prepared, &mut state.0, take))
            .unwrap_or_else(|sentence| Written::Failed { take, sentence });
        state.1 = order + 1;
        turns.changed.notify_all();
        drop(state);
        if out.send(told).is_err() {
            return;
        }
    }
}

fn commit(
    mut prepared: Prepared,
    dataset: &mut LerobotDataset,
    take: usize,
) -> Result<Written, String> {
    let success = prepared.notes_mut().success;
    let done = prepared.commit(dataset).map_err(|error| error.to_string())?;
    Ok(Written::Episode { take, episode: done.episode, frames: done.frames, success })
}

fn develop(
    drafts: &Drafts,
    robot: &Arc<Robot>,
    journal: &Path,
    out: &Sender<Written>,
) -> Result<Prepared, String> {
    let text = |error: dataset::lerobot::LerobotError| error.to_string();
    let header = Journal::read(journal).map_err(text)?;
    let mut developer = Developer::new(header.layout(), header.notes(), robot)?;
    // How many rows there are is known only at the end: the journal's length stands for it.
    let length = std::fs::metadata(journal).map_or(1, |meta| meta.len()).max(1) as f64;
    let mut seen = 0.0;
    prepare(journal, drafts, &mut |camera, bytes| {
        seen += bytes.len() as f64;
        let _ = out.send(Written::Share((seen / length).min(1.0)));
        developer.picture(camera, bytes)
    })
    .map_err(text)
}
