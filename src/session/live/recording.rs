//! What a person does about recording: takes are begun, kept, thrown away and written.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dataset::lerobot::{ENVIRONMENT, Lerobot, LerobotDataset, unfinished};
use interface::{Arm, EpisodeNotes, FrameLayout, Origin, Pressed};
use session_api::live::{RecordAct, RecordWish, RecordingShown, Subject, TakeDone, TakeState};
use sim::Cell;

use super::session::Session;
use super::world::World;
use crate::demonstrations::cameras;
use crate::demonstrations::take::Take;
use crate::demonstrations::taking::Taker;
use crate::demonstrations::writing::{Writer, Written};

/// How often figures that nobody waits for are measured again.
const SELDOM: Duration = Duration::from_millis(500);

/// Recording under way.
pub struct Recording {
    wish: RecordWish,
    pub(super) layout: FrameLayout,
    writer: Writer,
    seed: u64,
    number: usize,
    /// The number of each take in `shown.done`.
    numbers: Vec<usize>,
    judged: Option<bool>,
    /// Whether it ends as soon as everything is written.
    ending: bool,
    unfinished: Vec<PathBuf>,
    shown: RecordingShown,
    measured: Instant,
    ticks_then: u64,
}

impl Recording {
    /// Whether episodes are written into the data set at `folder`.
    pub fn writes_into(&self, folder: &std::path::Path) -> bool {
        let whole = |path: &std::path::Path| {
            std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
        };
        whole(&self.wish.dataset) == whole(folder)
    }
}

impl Session {
    pub(super) fn record(&mut self, act: RecordAct) {
        if let RecordAct::Begin(wish) = act {
            return self.begin_recording(wish);
        }
        if self.recording.is_none() {
            return self.fail("nothing is being recorded; begin with Record");
        }
        match act {
            RecordAct::Begin(_) => {}
            RecordAct::Keep => self.end_take(Some(true), 1),
            RecordAct::Redo => self.end_take(Some(false), 0),
            RecordAct::Discard => self.end_take(Some(false), 1),
            RecordAct::Judge(judged) => self.judge_take(judged),
            RecordAct::End => {
                self.end_take(None, 0);
                if let Some(recording) = &mut self.recording {
                    recording.ending = true;
                    recording.writer.close();
                }
            }
            RecordAct::Recover { index, keep } => self.recover(index, keep),
        }
        self.show_recording();
    }

    fn begin_recording(&mut self, wish: RecordWish) {
        if self.recording.is_some() {
            return self.fail("a recording is under way already; end that first");
        }
        if wish.dataset.as_os_str().is_empty() {
            return self.fail("name the folder of the data set to record into");
        }
        let World::Scene(world) = &self.world else {
            return self.fail("only a simulated scene can be recorded; open one first");
        };
        let Some(cell) = &world.cell else {
            return self.fail("the arm carries out a plan; stop that first");
        };
        let begun = begin(&wish, cell);
        match begun {
            Ok(recording) => {
                let seed = recording.seed;
                self.recording = Some(recording);
                self.hands.on = true;
                self.reset(seed);
            }
            Err(sentence) => self.fail(sentence),
        }
        self.show_recording();
    }

    /// The scene is as it was at the start of a take: hands on, journal open.
    pub(super) fn scene_is_back(&mut self) {
        if self.hands.on {
            self.put_hands(self.hands.clone());
        }
        let Subject::Scene { scene, seed } = &self.shown.opened.subject else { return };
        let Some(recording) = &mut self.recording else { return };
        let World::Scene(world) = &mut self.world else { return };
        let (Some(cell), Some(on_arm)) = (&world.cell, &mut world.on_arm) else { return };
        if recording.ending {
            return;
        }
        recording.seed = *seed;
        let notes = EpisodeNotes {
            task: recording.shown.task.clone(),
            origin: Some(Origin {
                scene: scene.clone(),
                robot: world.robot_asked.clone(),
                seed: *seed,
                level: 0,
                lead: Vec::new(),
            }),
            ..EpisodeNotes::default()
        };
        let name = format!("take-{}-{:04}", std::process::id(), recording.number);
        let joints = cell.info().joints.len();
        let (root, trim) = (&recording.wish.dataset, recording.wish.trim);
        let every = cameras::usual(recording.layout.fps);
        let take = Take::begin(root, &name, &recording.layout, notes, joints, every, trim);
        let start = start_of(cell);
        match take {
            Ok(take) => {
                on_arm.take = Some(take);
                on_arm.pressed = Pressed::default();
                recording.judged = None;
                recording.shown.take = TakeState::Armed;
                let mut starts = recording.shown.starts.to_vec();
                starts.truncate(recording.shown.episodes + recording.shown.writing);
                starts.extend(start);
                recording.shown.starts = starts.into();
            }
            Err(error) => {
                let sentence = error.to_string();
                self.fail(sentence);
            }
        }
        self.show_recording();
    }

    /// Ends the take under way: keeps it, throws it away, or leaves it unfinished (`None`), and goes to
    /// a start that is `on` further.
    fn end_take(&mut self, keep: Option<bool>, on: u64) {
        let take = self.on_arm().and_then(|on_arm| on_arm.take.take());
        let Some(recording) = &mut self.recording else { return };
        let mut failed = None;
        if let Some(take) = take {
            let number = recording.number;
            recording.number += 1;
            let secs = take.figures().frames as f64 / f64::from(recording.layout.fps);
            let success = recording.judged.unwrap_or(recording.shown.solved);
            let mut done = TakeDone { episode: None, secs, success, word: "thrown away".into() };
            let ended =
                if keep == Some(false) { take.discard().map(|()| None) } else { take.keep() };
            match ended {
                Ok(Some(journal)) if keep == Some(true) => {
                    done.word = "being written".into();
                    recording.shown.writing += 1;
                    recording.writer.keep(number, journal);
                }
                Ok(Some(journal)) => {
                    done.word = "left unfinished".into();
                    recording.unfinished.push(journal);
                }
                Ok(None) if keep == Some(true) => {
                    done.word = "nothing moved".into();
                    failed = Some("nothing was kept: the arm did not move in this take".into());
                }
                Ok(None) => {}
                Err(error) => {
                    done.word = error.to_string();
                    failed = Some(error.to_string());
                }
            }
            recording.shown.done.push(done);
            recording.numbers.push(number);
        }
        if let Some(sentence) = failed {
            self.fail(sentence);
        }
        if keep.is_some()
            && let Some(recording) = &mut self.recording
        {
            recording.shown.take = TakeState::Resetting;
            let seed = recording.seed.wrapping_add(on);
            self.reset(seed);
        }
    }

    fn judge_take(&mut self, judged: Option<bool>) {
        if let Some(recording) = &mut self.recording {
            recording.judged = judged;
        }
        if let Some(take) = self.on_arm().and_then(|on_arm| on_arm.take.as_mut()) {
            let notes = take.notes_mut();
            notes.judged_by_person = judged.is_some();
            notes.success = judged.unwrap_or_default();
        }
    }

    fn recover(&mut self, index: usize, keep: bool) {
        let Some(recording) = &mut self.recording else { return };
        if index >= recording.unfinished.len() {
            let there = recording.unfinished.len();
            return self.fail(format!("there are {there} unfinished takes, no number {index}"));
        }
        let journal = recording.unfinished.remove(index);
        if keep {
            let number = recording.number;
            recording.number += 1;
            recording.shown.writing += 1;
            let word = "being written".to_owned();
            recording.shown.done.push(TakeDone { episode: None, secs: 0.0, success: false, word });
            recording.numbers.push(number);
            recording.writer.keep(number, journal);
        } else if let Err(error) = std::fs::remove_file(&journal) {
            self.fail(format!("{} cannot be removed: {error}", journal.display()));
        }
    }

    /// Buttons, what the writer told, and figures; once a round of the loop.
    pub(super) fn look_after_recording(&mut self) {
        let pressed = match self.on_arm() {
            Some(on_arm) => std::mem::take(&mut on_arm.pressed),
            None => Pressed::default(),
        };
        if pressed.frame {
            use session_api::live::MotionFrame;
            self.hands.frame = match self.hands.frame {
                MotionFrame::World => MotionFrame::Tool,
                MotionFrame::Tool => MotionFrame::World,
            };
            let settings = self.hands.clone();
            if let Some(on_arm) = self.on_arm() {
                on_arm.set(&settings);
            }
        }
        if self.recording.is_none() {
            return;
        }
        if pressed.redo {
            self.record(RecordAct::Redo);
        } else if pressed.discard {
            self.record(RecordAct::Discard);
        } else if pressed.keep {
            self.record(RecordAct::Keep);
        }
        let mut sentences = Vec::new();
        let Some(recording) = &mut self.recording else { return };
        while let Some(told) = recording.writer.told() {
            match told {
                Written::Share(share) => recording.shown.writing_share = share,
                Written::Episode { take, episode, frames, success } => {
                    let shown = &mut recording.shown;
                    shown.writing = shown.writing.saturating_sub(1);
                    shown.writing_share = 0.0;
                    shown.episodes = episode + 1;
                    shown.total_frames += frames;
                    if let Some(at) = recording.numbers.iter().position(|n| *n == take) {
                        let secs = frames as f64 / f64::from(recording.layout.fps);
                        let word = "kept".to_owned();
                        shown.done[at] = TakeDone { episode: Some(episode), secs, success, word };
                    }
                }
                Written::Failed { take, sentence } => {
                    recording.shown.writing = recording.shown.writing.saturating_sub(1);
                    if let Some(at) = recording.numbers.iter().position(|n| *n == take) {
                        recording.shown.done[at].word.clone_from(&sentence);
                    }
                    sentences.push(format!("take {take} could not be written: {sentence}"));
                }
            }
        }
        if recording.ending && recording.writer.is_finished() {
            self.recording = None;
            self.shown.recording = None;
            self.unseen = true;
        }
        for sentence in sentences {
            self.fail(sentence);
        }
        self.show_recording();
    }

    /// Shows how far recording is.
    fn show_recording(&mut self) {
        let figures = self
            .on_arm()
            .and_then(|on_arm| on_arm.take.as_ref())
            .map(|take| (take.running(), *take.figures()));
        let (ticks, solved) = (self.shown.ticks, self.shown.solved.unwrap_or(false));
        let Some(recording) = &mut self.recording else { return };
        let shown = &mut recording.shown;
        shown.seed = recording.seed;
        shown.judged = recording.judged;
        shown.solved = solved;
        shown.unfinished = recording.unfinished.iter().map(|path| about(path)).collect();
        if let Some((running, figures)) = figures {
            shown.take = if running { TakeState::Running } else { TakeState::Armed };
            shown.frames = figures.frames;
            shown.secs = figures.frames as f64 / f64::from(recording.layout.fps);
            shown.dropped = figures.dropped;
            shown.idle = figures.idle_share();
            shown.jerk = figures.jerk();
        }
        let since = recording.measured.elapsed();
        if since >= SELDOM {
            shown.rate = ticks.saturating_sub(recording.ticks_then) as f64 / since.as_secs_f64();
            shown.disk_left = disk_left(&recording.wish.dataset);
            recording.measured = Instant::now();
            recording.ticks_then = ticks;
        }
        if self.shown.recording.as_deref() != Some(shown) {
            self.shown.recording = Some(Arc::new(shown.clone()));
            self.unseen = true;
        }
    }
}

/// Opens the data set and finds out what is in it; the error is one sentence.
fn begin(wish: &RecordWish, cell: &Cell) -> Result<Recording, String> {
    let text = |error: dataset::lerobot::LerobotError| error.to_string();
    let places = cameras::chosen(cell, &wish.cameras).map_err(|error| error.to_string())?;
    let layout = Taker::new(cell).layout(cell, cameras::layouts(&places, false));
    let dataset = LerobotDataset::open_or_create(&wish.dataset, &layout).map_err(text)?;
    let unfinished = unfinished(&wish.dataset).map_err(text)?;
    let task =
        if wish.task.is_empty() { cell.task().instruction } else { wish.task.trim().to_owned() };
    let (episodes, total_frames) = (dataset.episodes(), dataset.info().frames);
    let starts = starts_in(&wish.dataset, &layout, &cell.task().object.name);
    let shown = RecordingShown {
        dataset: wish.dataset.clone(),
        task,
        episodes,
        total_frames,
        starts: starts.into(),
        disk_left: disk_left(&wish.dataset),
        ..RecordingShown::default()
    };
    let writer = Writer::start(dataset, cell.robot().clone())
        .map_err(|error| format!("this machine gives no thread for writing: {error}"))?;
    Ok(Recording {
        seed: wish.seed,
        wish: wish.clone(),
        layout,
        writer,
        number: 0,
        numbers: Vec::new(),
        judged: None,
        ending: false,
        unfinished,
        shown,
        measured: Instant::now(),
        ticks_then: 0,
    })
}

/// Where the task's object is, x and y in the world.
fn start_of(cell: &Cell) -> Option<[f32; 2]> {
    let at = cell.thing_pose(&cell.task().object.name)?.translation.vector;
    Some([at.x as f32, at.y as f32])
}

/// Where the object began in each episode of a data set that can be read.
fn starts_in(root: &std::path::Path, layout: &FrameLayout, object: &str) -> Vec<[f32; 2]> {
    let Some(thing) = layout.things.iter().position(|name| name == object) else {
        return Vec::new();
    };
    // What cannot be read is missing from the picture; it is said when the data set is opened.
    let Ok((data, _)) = Lerobot::open(root) else { return Vec::new() };
    let start = |episode: usize| {
        let column = data.column_f32(episode, ENVIRONMENT).ok()?;
        Some([*column.get(7 * thing)?, *column.get(7 * thing + 1)?])
    };
    (0..data.episodes().len()).filter_map(start).collect()
}

/// A take that an earlier session did not finish, in a few words.
fn about(journal: &std::path::Path) -> String {
    let name = journal.file_stem().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    match std::fs::metadata(journal) {
        Ok(meta) => format!("{name}, {:.1} MB", meta.len() as f64 / 1e6),
        Err(error) => format!("{name}: {error}"),
    }
}

/// Bytes free where a folder lies.
fn disk_left(folder: &std::path::Path) -> Option<u64> {
    let there = rustix::fs::statvfs(folder).ok()?;
    Some(there.f_bavail.saturating_mul(there.f_frsize))
}
