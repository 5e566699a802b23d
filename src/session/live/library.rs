//! The data set that is open in the window: a thread of its own reads and edits it, so that the
//! session's clock never waits for a disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

use dataset::lerobot::edit::{self, Before, Delete, Relabel, Tag, Trim};
use dataset::lerobot::{CheckOptions, Lerobot, LerobotError, Pictures, check};
use interface::{Cancel, EpisodeNotes, Frame, FrameLayout, Image};
use session_api::live::{EpisodeShown, ForeseenShown, LibraryAct, LibraryShown, Signals};
use session_api::{DatasetAct, DatasetSpec, Event, Level, OutFolder};

use crate::demonstrations::{self, reading};
use crate::foresight::Seer;

/// Columns of a thumbnail.
const THUMBNAIL: usize = 96;

/// An episode as it was read.
pub struct EpisodeRead {
    pub folder: PathBuf,
    pub number: usize,
    pub fps: f64,
    pub notes: EpisodeNotes,
    /// What the frames are, where they are our own kind.
    pub layout: Option<FrameLayout>,
    pub robot: String,
    pub frames: Arc<[Frame]>,
    pub signals: Arc<Signals>,
}

/// What the thread tells.
pub enum Told {
    Shown(Box<LibraryShown>),
    Episode(Box<EpisodeRead>),
    Pictures { episode: usize, pictures: Vec<(String, Image)>, foreseen: Vec<ForeseenShown> },
    Said(Level, String),
    Failed(String),
    Closed,
}

/// What it is asked.
enum Wish {
    Act(LibraryAct),
    Pictures { episode: usize, frame: usize },
}

/// The thread's handle.
pub struct Library {
    pub folder: PathBuf,
    wishes: Sender<Wish>,
    told: Receiver<Told>,
    cancel: Cancel,
}

impl Library {
    /// Opens a data set; what comes of it is told.
    pub fn open(folder: &Path) -> Result<Self, String> {
        let (wishes, asked) = channel();
        let (out, told) = channel();
        let cancel = Cancel::default();
        let (root, stop) = (folder.to_owned(), cancel.clone());
        std::thread::Builder::new()
            .name("library".into())
            .spawn(move || {
                if let Err(sentence) =
                    Keeper::open(root, out.clone(), stop).and_then(|mut keeper| keeper.run(&asked))
                {
                    let _ = out.send(Told::Failed(sentence));
                    let _ = out.send(Told::Closed);
                }
            })
            .map_err(|error| format!("this machine gives no thread for the data set: {error}"))?;
        Ok(Self { folder: folder.to_owned(), wishes, told, cancel })
    }

    /// Asks for something.
    pub fn ask(&self, act: LibraryAct) {
        if matches!(act, LibraryAct::Close) {
            self.cancel.cancel();
        }
        // A thread that has ended has said so.
        let _ = self.wishes.send(Wish::Act(act));
    }

    /// Asks for what the cameras saw at a frame; only the newest wish counts.
    pub fn pictures(&self, episode: usize, frame: usize) {
        let _ = self.wishes.send(Wish::Pictures { episode, frame });
    }

    /// The next thing that was told.
    pub fn told(&self) -> Option<Told> {
        self.told.try_recv().ok()
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// The thread itself.
struct Keeper {
    root: PathBuf,
    data: Lerobot,
    out: Sender<Told>,
    cancel: Cancel,
    shown: LibraryShown,
    undo: Vec<Before>,
    /// Films of the episode whose pictures were asked for last.
    films: Option<(usize, Vec<(String, Pictures)>)>,
    /// The episode and frame whose pictures were asked for last.
    asked: Option<(usize, usize)>,
    /// The video model, while it is at work.
    seer: Option<Seer>,
}

fn text(error: LerobotError) -> String {
    error.to_string()
}

impl Keeper {
    fn open(root: PathBuf, out: Sender<Told>, cancel: Cancel) -> Result<Self, String> {
        let (data, warnings) = Lerobot::open(&root).map_err(text)?;
        for warning in warnings {
            let _ = out.send(Told::Said(Level::Warning, warning));
        }
        let shown = LibraryShown { folder: root.clone(), ..LibraryShown::default() };
        let mut keeper = Self {
            root,
            data,
            out,
            cancel,
            shown,
            undo: Vec::new(),
            films: None,
            asked: None,
            seer: None,
        };
        keeper.read()?;
        Ok(keeper)
    }

    fn run(&mut self, asked: &Receiver<Wish>) -> Result<(), String> {
        let mut next: Option<Wish> = None;
        loop {
            let wish = match next.take() {
                Some(wish) => wish,
                None => match asked.recv() {
                    Ok(wish) => wish,
                    Err(_) => return Ok(()),
                },
            };
            match wish {
                Wish::Pictures { episode, frame } => {
                    let (mut episode, mut frame) = (episode, frame);
                    // Older wishes for pictures are moot.
                    loop {
                        match asked.try_recv() {
                            Ok(Wish::Pictures { episode: e, frame: f }) => {
                                (episode, frame) = (e, f)
                            }
                            Ok(other) => {
                                next = Some(other);
                                break;
                            }
                            Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
                        }
                    }
                    self.take_pictures(episode, frame);
                }
                Wish::Act(LibraryAct::Close) => {
                    let _ = self.out.send(Told::Closed);
                    return Ok(());
                }
                Wish::Act(act) => self.act(act),
            }
        }
    }

    fn act(&mut self, act: LibraryAct) {
        let done = match act {
            LibraryAct::Show(episode) => self.show_episode(episode),
            LibraryAct::Seek(_) | LibraryAct::Close => Ok(()),
            LibraryAct::Delete(episodes) => {
                self.edit(|root| edit::delete(&Delete { root, episodes }))
            }
            LibraryAct::Trim { episode, from, to } => {
                self.edit(|root| edit::trim(&Trim { root, cuts: vec![(episode, from..to)] }))
            }
            LibraryAct::Relabel { episodes, task } => {
                self.edit(|root| edit::relabel(&Relabel { root, episodes, task }))
            }
            LibraryAct::Tag { episodes, tag, on } => {
                let (add, remove) = if on { (vec![tag], vec![]) } else { (vec![], vec![tag]) };
                self.edit(|root| edit::tag(&Tag { root, episodes, add, remove }))
            }
            LibraryAct::Undo => self.take_back(),
            LibraryAct::Check => self.check(),
            LibraryAct::Export { format, out } => {
                let out = Some(OutFolder { path: out, force: false });
                let act = DatasetAct::Export { format };
                self.long(&DatasetSpec { dataset: self.root.clone(), act, out })
            }
            LibraryAct::Replay(episode) => self.replay(episode),
            LibraryAct::Foresee(on) => self.foresee(on),
        };
        if let Err(sentence) = done {
            let _ = self.out.send(Told::Failed(sentence));
        }
        self.shown.busy = None;
        self.tell();
    }

    fn tell(&self) {
        let _ = self.out.send(Told::Shown(Box::new(self.shown.clone())));
    }

    fn busy(&mut self, words: &str) {
        self.shown.busy = Some(words.to_owned());
        self.tell();
    }

    /// Reads everything that a list of episodes shows; pictures come last and one by one.
    fn read(&mut self) -> Result<(), String> {
        self.forget_films();
        let info = self.data.info();
        let layout = self.data.layout().ok().cloned();
        let cameras: Vec<String> = info
            .features
            .iter()
            .filter(|(_, feature)| feature.dtype.is_picture())
            .map(|(name, _)| name.trim_start_matches("observation.images.").to_owned())
            .collect();
        self.shown.robot = info.robot.clone().unwrap_or_default();
        (self.shown.fps, self.shown.frames) = (info.fps, info.frames);
        self.shown.tasks = self.data.tasks().to_vec();
        self.shown.cameras.clone_from(&cameras);
        self.shown.foresight = self.model().map(|_| self.seer.is_some());
        self.shown.undoable = self.undo.iter().map(|before| before.words().to_owned()).collect();
        (self.shown.findings, self.shown.checked) = (Arc::new([]), false);
        self.busy("reading");
        let count = self.data.episodes().len();
        let mut episodes = Vec::with_capacity(count);
        for number in 0..count {
            let notes = self.data.notes(number).map_err(text)?;
            let mut shown = EpisodeShown::default();
            match reading::frames(&self.data, number) {
                Ok(frames) => {
                    shown.quality = reading::measured(&self.data, number, &frames, &notes);
                    shown.start = start(layout.as_ref(), &frames);
                }
                // One episode that cannot be read hides no other.
                Err(error) => {
                    shown.quality.episode = number;
                    shown.quality.task = notes.task;
                    shown.quality.warnings.push(error.to_string());
                }
            }
            episodes.push(shown);
            if self.cancel.is_cancelled() {
                return Ok(());
            }
        }
        let mut qualities: Vec<_> = episodes.iter().map(|shown| shown.quality.clone()).collect();
        reading::compare(&mut qualities);
        for (shown, quality) in episodes.iter_mut().zip(qualities) {
            shown.quality = quality;
        }
        self.shown.episodes = episodes.into();
        self.tell();
        if let Some(camera) = cameras.first() {
            self.thumbnails(camera);
        }
        self.shown.busy = None;
        self.tell();
        Ok(())
    }

    fn thumbnails(&mut self, camera: &str) {
        let mut episodes = self.shown.episodes.to_vec();
        for number in 0..episodes.len() {
            if self.cancel.is_cancelled() {
                return;
            }
            let middle = episodes[number].quality.frames / 2;
            // A film that cannot be read has a warning of its own when it is checked.
            if let Ok(picture) = self.data.picture(number, camera, middle) {
                episodes[number].thumbnail = Some(smaller(&picture));
            }
            if number % 8 == 7 {
                self.shown.episodes = episodes.clone().into();
                self.tell();
            }
        }
        self.shown.episodes = episodes.into();
    }

    fn show_episode(&mut self, number: usize) -> Result<(), String> {
        let count = self.data.episodes().len();
        if number >= count {
            return Err(format!("there is no episode {number}; the data set has {count}"));
        }
        let frames = reading::frames(&self.data, number).map_err(|error| error.to_string())?;
        let notes = self.data.notes(number).map_err(text)?;
        let info = self.data.info();
        let state = info.features.iter().find(|(name, _)| name == "observation.state");
        let joints = state.and_then(|(_, feature)| feature.components()).unwrap_or_default();
        let layout = self.data.layout().ok().cloned();
        let ours = layout.is_some();
        let signals = Signals {
            joints,
            grippers: reading::grippers(&self.data),
            secs: (0..frames.len()).map(|frame| (frame as f64 / info.fps) as f32).collect(),
            state: frames.iter().flat_map(|frame| frame.state.iter().copied()).collect(),
            action: frames.iter().flat_map(|frame| frame.action.iter().copied()).collect(),
            modes: frames.iter().filter(|_| ours).map(|frame| frame.mode).collect(),
            success: frames.iter().filter(|_| ours).map(|frame| frame.success).collect(),
        };
        let read = EpisodeRead {
            folder: self.root.clone(),
            number,
            fps: info.fps,
            notes,
            layout,
            robot: info.robot.clone().unwrap_or_default(),
            frames: frames.into(),
            signals: Arc::new(signals),
        };
        let _ = self.out.send(Told::Episode(Box::new(read)));
        Ok(())
    }

    fn take_pictures(&mut self, episode: usize, frame: usize) {
        self.asked = Some((episode, frame));
        if self.films.as_ref().is_none_or(|(number, _)| *number != episode) {
            let film =
                |camera: &String| Some((camera.clone(), self.data.pictures(episode, camera).ok()?));
            self.films = Some((episode, self.shown.cameras.iter().filter_map(film).collect()));
        }
        let Some((_, films)) = &mut self.films else { return };
        let pictures = films
            .iter_mut()
            .filter_map(|(camera, film)| Some((camera.clone(), film.get(frame).ok()?)))
            .collect();
        let foreseen = match self.seer.as_mut().map(|seer| seer.look(&self.data, episode, frame)) {
            Some(Ok(foreseen)) => foreseen,
            Some(Err(sentence)) => {
                self.seer = None;
                self.shown.foresight = Some(false);
                let _ = self.out.send(Told::Failed(sentence));
                self.tell();
                Vec::new()
            }
            None => Vec::new(),
        };
        let _ = self.out.send(Told::Pictures { episode, pictures, foreseen });
    }

    /// Films that are open: an edit may put others in their place.
    fn forget_films(&mut self) {
        self.films = None;
        if let Some(seer) = &mut self.seer {
            seer.forget();
        }
    }

    /// The folder of a video model that was trained in the scene of the first episode.
    fn model(&self) -> Option<PathBuf> {
        let origin = self.data.notes(0).ok()?.origin?;
        Seer::of_scene(&origin.scene)
    }

    fn foresee(&mut self, on: bool) -> Result<(), String> {
        self.seer = match (on, self.model(), self.shown.cameras.first()) {
            (false, _, _) => None,
            (true, Some(folder), Some(camera)) => {
                Some(Seer::load(&folder, camera, self.data.info().fps)?)
            }
            (true, _, _) => return Err("there is no video model for what these films show".into()),
        };
        self.shown.foresight = Some(on);
        if let Some((episode, frame)) = self.asked {
            self.take_pictures(episode, frame);
        }
        Ok(())
    }

    fn edit(
        &mut self,
        how: impl FnOnce(PathBuf) -> Result<Before, LerobotError>,
    ) -> Result<(), String> {
        self.busy("editing");
        self.forget_films();
        let before = how(self.root.clone()).map_err(text)?;
        for warning in before.warnings() {
            let _ = self.out.send(Told::Said(Level::Warning, warning.clone()));
        }
        self.undo.push(before);
        self.open_again()
    }

    fn take_back(&mut self) -> Result<(), String> {
        let Some(mut before) = self.undo.pop() else {
            return Err("there is no change to take back".into());
        };
        self.forget_films();
        if let Err(error) = edit::undo(&mut before) {
            self.undo.push(before);
            return Err(text(error));
        }
        self.open_again()
    }

    fn open_again(&mut self) -> Result<(), String> {
        self.data = Lerobot::open(&self.root).map_err(text)?.0;
        self.read()
    }

    fn check(&mut self) -> Result<(), String> {
        self.busy("checking");
        let found = check(&self.root, &CheckOptions::default()).map_err(text)?;
        let errors = found.errors.into_iter().map(|sentence| (true, sentence));
        let warnings = found.warnings.into_iter().map(|sentence| (false, sentence));
        self.shown.findings = errors.chain(warnings).collect();
        self.shown.checked = true;
        Ok(())
    }

    fn replay(&mut self, episode: usize) -> Result<(), String> {
        self.busy("running it again");
        let spec = session_api::ReplaySpec {
            dataset: self.root.clone(),
            episode: Some(episode),
            arm: "sim".into(),
        };
        let report = demonstrations::replay(&spec, &|_| (), &self.cancel)
            .map_err(|error| error.to_string())?;
        let word = if report.success { "as it was recorded" } else { "not as it was recorded" };
        let sentence = format!(
            "episode {episode} ran again {word}; largest joint difference {:.1e}",
            report.max_joint_error
        );
        let level = if report.success { Level::Info } else { Level::Warning };
        let _ = self.out.send(Told::Said(level, sentence));
        Ok(())
    }

    fn long(&mut self, spec: &DatasetSpec) -> Result<(), String> {
        self.busy("exporting");
        let out = std::sync::Mutex::new(self.out.clone());
        let told = |event: Event| {
            if let (Event::FileWritten(path), Ok(out)) = (event, out.lock()) {
                let _ = out.send(Told::Said(Level::Info, format!("written: {}", path.display())));
            }
        };
        demonstrations::keep(spec, &told, &self.cancel).map_err(|error| error.to_string())?;
        Ok(())
    }
}

/// Where the first thing that moves much began: the task's object, as far as the numbers tell.
fn start(layout: Option<&FrameLayout>, frames: &[Frame]) -> Option<[f32; 2]> {
    layout?;
    let flow = &frames.first()?.flow;
    if flow.is_empty() {
        return None;
    }
    let mean = |axis: usize| flow.iter().map(|p| p[axis]).sum::<f32>() / flow.len() as f32;
    Some([mean(0), mean(1)])
}

/// A small copy, every pixel the mean of those it covers.
fn smaller(picture: &Image) -> Image {
    let step = picture.width.div_ceil(THUMBNAIL).max(1);
    let (width, height) = (picture.width / step, picture.height / step);
    let pixel = |x: usize, y: usize| {
        let mut sum = [0_u32; 3];
        for row in y * step..(y + 1) * step {
            for rgb in &picture.rgb[row * picture.width + x * step..][..step] {
                (0..3).for_each(|c| sum[c] += u32::from(rgb[c]));
            }
        }
        sum.map(|sum| (sum / (step * step) as u32) as u8)
    };
    let rgb = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| pixel(x, y));
    Image { width, height, rgb: rgb.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbnail_is_the_mean_of_what_it_covers() {
        let rgb: Vec<[u8; 3]> = (0..256 * 4).map(|i| [(i % 2 * 200) as u8, 7, 0]).collect();
        let small = smaller(&Image { width: 256, height: 4, rgb: rgb.into() });
        assert_eq!((small.width, small.height), (85, 1));
        assert!(small.rgb.iter().all(|rgb| (66..=134).contains(&rgb[0]) && rgb[1] == 7));
    }
}
