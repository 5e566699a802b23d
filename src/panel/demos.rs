//! What the window remembers about driving the arm, recording it, and the data set that is open.

use std::collections::BTreeSet;
use std::path::PathBuf;

use session_api::live::{
    Act, LibraryAct, LibraryShown, RecordAct, RecordWish, TeleopAct, TeleopShown, Transport,
};
use session_api::{ExportFormat, TeleopChoice};

use crate::Cx;

/// Driving and recording.
pub struct Hands {
    /// Whether the expert drives and the person corrects it.
    pub mixed: bool,
    /// The leader arm's file.
    pub leader: String,
    /// The data set that takes go to.
    pub folder: String,
    /// The sentence of the takes; the scene's own when empty.
    pub task: String,
    /// The cameras.
    pub cameras: Vec<String>,
    /// Size of their pictures, `256x256`; their own when empty.
    pub size: String,
    /// Whether idle beginnings and ends are cut.
    pub trim: bool,
}

impl Default for Hands {
    fn default() -> Self {
        let wish = RecordWish::default();
        Self {
            mixed: false,
            leader: String::new(),
            folder: String::new(),
            task: String::new(),
            cameras: wish.cameras,
            size: String::new(),
            trim: wish.trim,
        }
    }
}

/// What is being filled in about episodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The part of the shown episode that stays.
    Trim,
    /// Another sentence.
    Relabel,
    /// A word on them.
    Tag,
    /// Another format.
    Export,
}

/// The part of an episode that is to stay: the frames `from..to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The episode.
    pub episode: usize,
    /// First frame that stays.
    pub from: usize,
    /// First frame that goes again.
    pub to: usize,
}

/// The data set.
pub struct Data {
    /// The path that is typed.
    pub path: String,
    /// Numbers of the selected episodes.
    pub selected: BTreeSet<usize>,
    /// Where a selection by range begins.
    pub anchor: Option<usize>,
    /// What is being filled in.
    pub form: Option<Form>,
    /// The new sentence.
    pub task: String,
    /// The word.
    pub tag: String,
    /// The other format.
    pub format: ExportFormat,
    /// Where it goes.
    pub out: String,
    /// The part of the shown episode that stays, while it is chosen.
    pub cut: Option<Cut>,
    /// Folder and number of episodes, to know when the numbers mean others.
    of: Option<(PathBuf, usize)>,
    /// The episode that was shown.
    shows: Option<usize>,
}

impl Default for Data {
    fn default() -> Self {
        Self {
            path: String::new(),
            selected: BTreeSet::new(),
            anchor: None,
            form: None,
            task: String::new(),
            tag: String::new(),
            format: ExportFormat::Lerobot,
            out: String::new(),
            cut: None,
            of: None,
            shows: None,
        }
    }
}

impl Data {
    /// Takes over what came with a new moment; the panels that are to come to the front.
    pub fn follow(
        &mut self,
        library: Option<&LibraryShown>,
        playback: Option<usize>,
    ) -> Vec<&'static str> {
        let mut front = Vec::new();
        let of = library.map(|library| (library.folder.clone(), library.episodes.len()));
        if of != self.of {
            let folder = |of: &Option<(PathBuf, usize)>| of.as_ref().map(|of| of.0.clone());
            if folder(&of) != folder(&self.of) {
                front.extend(of.is_some().then_some("dataset"));
                self.form = None;
            }
            // Numbers mean other episodes now.
            self.selected.clear();
            self.anchor = None;
            self.cut = None;
            self.of = of;
        }
        if playback != self.shows {
            front.extend((self.shows.is_none() && playback.is_some()).then_some("timeline"));
            self.shows = playback;
            self.cut = None;
            if self.form == Some(Form::Trim) {
                self.form = None;
            }
        }
        front
    }
}

impl<'a> Cx<'a> {
    /// Hands on the arm, where there is a simulated one.
    pub(crate) fn teleop(&self) -> Option<&'a TeleopShown> {
        self.shown.teleop.as_deref()
    }

    /// Whether a device is on the arm, so that keys are the arm's.
    pub(crate) fn hands_on(&self) -> bool {
        self.teleop().is_some_and(|teleop| teleop.device.is_some())
    }

    /// The data set that is open.
    pub(crate) fn library(&self) -> Option<&'a LibraryShown> {
        self.shown.library.as_deref()
    }

    /// Whether a device can be put on the arm.
    pub(crate) fn takeable(&self, choice: &TeleopChoice) -> bool {
        let Some(teleop) = self.teleop() else { return false };
        if matches!(choice, TeleopChoice::Leader(_)) {
            return !self.desk.hands.leader.trim().is_empty();
        }
        teleop.devices.iter().any(|device| device.ok && device.choice == *choice)
    }

    /// Puts a device on the arm; the scripted expert alone is never mixed.
    pub(crate) fn take(&mut self, device: TeleopChoice) {
        let device = match device {
            TeleopChoice::Leader(_) => {
                TeleopChoice::Leader(PathBuf::from(self.desk.hands.leader.trim()))
            }
            device => device,
        };
        let mixed = self.desk.hands.mixed && device != TeleopChoice::Scripted;
        self.act(Act::Teleop(TeleopAct::Take { device, mixed }));
    }

    /// Lets the expert drive and the person correct, or the person alone.
    pub(crate) fn mix(&mut self, mixed: bool) {
        self.desk.hands.mixed = mixed;
        let device = self.teleop().and_then(|teleop| teleop.device.clone());
        if let Some(device) = device.filter(|device| *device != TeleopChoice::Scripted) {
            self.act(Act::Teleop(TeleopAct::Take { device, mixed }));
        }
    }

    /// How many arms the robot has.
    pub(crate) fn arms(&self) -> usize {
        self.shown.opened.robot.as_ref().map_or(0, |robot| robot.hands.len())
    }

    /// Sets the share of the top speed.
    pub(crate) fn speed_hands(&mut self, speed: f64) {
        self.act(Act::Teleop(TeleopAct::Speed(speed.clamp(0.05, 2.0))));
    }

    /// Why recording cannot begin; `None` where it can.
    pub(crate) fn unready(&self) -> Option<&'static str> {
        let hands = &self.desk.hands;
        if self.teleop().is_none() {
            Some("Open a scene first: there is no arm to record.")
        } else if !self.hands_on() {
            Some("Put a device on the arm first.")
        } else if hands.folder.trim().is_empty() {
            Some("Name the folder of the data set first.")
        } else if hands.cameras.is_empty() {
            Some("Choose at least one camera.")
        } else {
            None
        }
    }

    /// Makes ready to record as the panel is filled in.
    pub(crate) fn record(&mut self) {
        let hands = &self.desk.hands;
        let size = hands.size.trim();
        let camera = |name: &String| match name.contains(':') || size.is_empty() {
            true => name.clone(),
            false => format!("{name}:{size}"),
        };
        let wish = RecordWish {
            dataset: PathBuf::from(hands.folder.trim()),
            task: hands.task.trim().to_owned(),
            cameras: hands.cameras.iter().map(camera).collect(),
            seed: self.desk.seed,
            trim: hands.trim,
        };
        self.act(Act::Record(RecordAct::Begin(wish)));
    }

    /// Asks something about the data set.
    pub(crate) fn ask_library(&mut self, act: LibraryAct) {
        self.act(Act::Library(act));
    }

    /// Whether the data set can be changed now.
    pub(crate) fn library_rests(&self) -> bool {
        self.library().is_some_and(|library| library.busy.is_none())
    }

    /// The selected episodes. Whenever numbers may mean others, [`Data::follow`] drops them.
    pub(crate) fn selected(&self) -> Vec<usize> {
        self.desk.data.selected.iter().copied().collect()
    }

    /// The one that is meant where one is needed: the first selected one, or the one that is shown.
    pub(crate) fn meant(&self) -> Option<usize> {
        let shown = self.shown.playback.as_ref().map(|playback| playback.episode);
        self.desk.data.selected.first().copied().or(shown)
    }

    /// Shows an episode in the 3D view and plays it.
    pub(crate) fn play_episode(&mut self, episode: usize) {
        self.ask_library(LibraryAct::Show(episode));
        self.act(Act::Transport(Transport::Play));
    }

    /// Opens what is filled in about episodes, or closes it when it is open.
    pub(crate) fn unfold(&mut self, form: Form) {
        let data = &mut self.desk.data;
        data.form = if data.form == Some(form) { None } else { Some(form) };
        self.desk.show("dataset");
    }

    /// The part of the shown episode that is to stay: what was chosen, or all of it.
    pub(crate) fn cut(&self) -> Option<Cut> {
        let playback = self.shown.playback.as_ref()?;
        let whole = Cut { episode: playback.episode, from: 0, to: playback.frames };
        let chosen = self.desk.data.cut.filter(|cut| cut.episode == playback.episode);
        let cut = chosen.unwrap_or(whole);
        Some(Cut { to: cut.to.min(playback.frames), from: cut.from.min(playback.frames), ..cut })
    }

    /// Chooses the part that stays, from its beginning or to its end; one frame stays at least.
    pub(crate) fn cut_at(&mut self, from: Option<usize>, to: Option<usize>) {
        let Some(mut cut) = self.cut() else { return };
        let frames = self.shown.playback.as_ref().map_or(0, |playback| playback.frames);
        if let Some(from) = from {
            cut.from = from.min(frames.saturating_sub(1));
            cut.to = cut.to.max(cut.from + 1);
        }
        if let Some(to) = to {
            cut.to = to.clamp(1, frames.max(1));
            cut.from = cut.from.min(cut.to - 1);
        }
        self.desk.data.cut = Some(cut);
        self.desk.data.form = Some(Form::Trim);
    }

    /// Goes to a frame of the episode that is shown; there it stands still.
    pub(crate) fn step_to(&mut self, frame: i64) {
        let Some(playback) = &self.shown.playback else { return };
        let last = playback.frames.saturating_sub(1);
        let frame = usize::try_from(frame.max(0)).unwrap_or(0).min(last);
        if self.shown.playing {
            self.act(Act::Transport(Transport::Pause));
        }
        self.ask_library(LibraryAct::Seek(frame));
    }

    /// Goes on or back by frames.
    pub(crate) fn step_by(&mut self, frames: i64) {
        let at = self.shown.playback.as_ref().map_or(0, |playback| playback.frame);
        self.step_to(i64::try_from(at).unwrap_or(i64::MAX).saturating_add(frames));
    }

    /// Frames of a second of the episode that is shown.
    pub(crate) fn second(&self) -> i64 {
        let fps = self.shown.playback.as_ref().map_or(0.0, |playback| playback.fps);
        if fps.is_finite() { (fps.round() as i64).clamp(1, 1_000) } else { 1 }
    }
}
