//! Takes that are kept become episodes, on a thread of its own with the lowest priority: nothing that
//! runs live waits for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use dataset::lerobot::{Journal, LerobotDataset, prepare};
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

/// The thread that writes.
pub struct Writer {
    takes: Option<Sender<(usize, PathBuf)>>,
    told: Receiver<Written>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Writer {
    /// Takes over a data set that is open for writing.
    pub fn start(dataset: LerobotDataset, robot: Arc<Robot>) -> std::io::Result<Self> {
        let (takes, waiting) = channel();
        let (out, told) = channel();
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || write(dataset, &robot, &waiting, &out))?;
        Ok(Self { takes: Some(takes), told, thread: Some(thread) })
    }

    /// Hands over a take's journal, closed.
    pub fn keep(&self, take: usize, journal: PathBuf) {
        if let Some(takes) = &self.takes {
            // A thread that has ended leaves the journal where it is: it is offered again.
            let _ = takes.send((take, journal));
        }
    }

    /// The next thing that happened, if there is one.
    pub fn told(&self) -> Option<Written> {
        self.told.try_recv().ok()
    }

    /// Nothing more comes: the thread ends when everything is written.
    pub fn close(&mut self) {
        self.takes = None;
    }

    /// Whether the thread has ended.
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(std::thread::JoinHandle::is_finished)
    }

    /// Waits until everything that was handed over is written, and tells what happened.
    pub fn finish(mut self) -> Vec<Written> {
        self.takes = None;
        if let Some(thread) = self.thread.take() {
            // A thread that broke off has said nothing more, and its journals are still there.
            let _ = thread.join();
        }
        self.told.try_iter().collect()
    }
}

fn write(
    mut dataset: LerobotDataset,
    robot: &Arc<Robot>,
    takes: &Receiver<(usize, PathBuf)>,
    out: &Sender<Written>,
) {
    // Where the system refuses, the thread runs like any other.
    let _ = rustix::process::nice(19);
    for (take, journal) in takes {
        let told = episode(&mut dataset, robot, take, &journal, out)
            .unwrap_or_else(|sentence| Written::Failed { take, sentence });
        if out.send(told).is_err() {
            return;
        }
    }
}

fn episode(
    dataset: &mut LerobotDataset,
    robot: &Arc<Robot>,
    take: usize,
    journal: &Path,
    out: &Sender<Written>,
) -> Result<Written, String> {
    let text = |error: dataset::lerobot::LerobotError| error.to_string();
    let header = Journal::read(journal).map_err(text)?;
    let mut developer = Developer::new(header.layout(), header.notes(), robot)?;
    // How many rows there are is known only at the end: the journal's length stands for it.
    let length = std::fs::metadata(journal).map_or(1, |meta| meta.len()).max(1) as f64;
    let mut seen = 0.0;
    let drafts = dataset.drafts().clone();
    let mut prepared = prepare(journal, &drafts, &mut |camera, bytes| {
        seen += bytes.len() as f64;
        let _ = out.send(Written::Share((seen / length).min(1.0)));
        developer.picture(camera, bytes)
    })
    .map_err(text)?;
    let success = prepared.notes_mut().success;
    let done = prepared.commit(dataset).map_err(text)?;
    Ok(Written::Episode { take, episode: done.episode, frames: done.frames, success })
}
