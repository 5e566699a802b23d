//! The loop: acts, reports, ticks, and moments to show.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use interface::LookItem;
use session_api::live::{Act, DeviceShown, Doing, Heard, Inner, Shown};
use session_api::{Event, Level};

use super::Options;
use super::executing::SHOW_EVERY;
use super::job::{self, End, Job, JobKind, Report, Tools};
use super::library::Library;
use super::moment::Moment;
use super::opening::Known;
use super::pace::{Pace, next_due};
use super::planning::Made;
use super::queue::Queue;
use super::recording::Recording;
use super::showing::stopped;
use super::teleop::Settings;
use super::world::World;
use crate::policies::pilot::Loaded;

/// How often a session looks for reports while a job is under way.
const LOOK: Duration = Duration::from_millis(4);
/// Longest sleep of a session with nothing to do. An act wakes it at once.
const REST: Duration = Duration::from_secs(60);
/// Longest row of control periods between two looks at the acts.
const LONGEST_ROW: Duration = Duration::from_millis(12);

/// A live session.
pub struct Session {
    pub(super) inner: Inner,
    pub(super) robot: String,
    pub(super) world: World,
    /// What is shown next.
    pub(super) shown: Shown,
    /// Meshes beside what the world itself shows.
    pub(super) items: Vec<LookItem>,
    queue: Queue,
    pub(super) pace: Arc<Pace>,
    pub(super) job: Option<Job>,
    /// A plan that was stopped and whose job still has a word to say.
    pub(super) stopping: Option<u64>,
    last_job: u64,
    out: Sender<(u64, Report)>,
    reports: Receiver<(u64, Report)>,
    /// The plan that stands.
    pub(super) made: Option<Made>,
    pub(super) last_plan: u64,
    pub(super) known: Option<Known>,
    /// How the arm is driven by hand.
    pub(super) hands: Settings,
    /// The devices that this machine has.
    pub(super) devices: Arc<[DeviceShown]>,
    /// The policy that was loaded last.
    pub(super) loaded: Option<(PathBuf, Loaded)>,
    pub(super) recording: Option<Recording>,
    /// The data set that is open.
    pub(super) library: Option<Library>,
    /// When the next control period is due.
    pub(super) due: Instant,
    /// Whether the face has not seen the newest moment.
    pub(super) unseen: bool,
    shown_at: Instant,
}

impl Session {
    /// A session with nothing open.
    pub fn new(inner: Inner, options: Options) -> Self {
        let (out, reports) = channel();
        let mut queue = Queue::default();
        options.first.into_iter().for_each(|act| queue.push(act));
        Self {
            inner,
            robot: options.robot,
            world: World::Nothing,
            shown: Shown { speed: 1.0, ..Shown::default() },
            items: Vec::new(),
            queue,
            pace: Arc::new(Pace::new()),
            job: None,
            stopping: None,
            last_job: 0,
            out,
            reports,
            made: None,
            last_plan: 0,
            known: None,
            hands: Settings::default(),
            devices: crate::demonstrations::devices::list(),
            loaded: None,
            recording: None,
            library: None,
            due: Instant::now(),
            unseen: true,
            shown_at: Instant::now(),
        }
    }

    /// Runs until the face leaves.
    pub fn run(mut self) {
        loop {
            let mut next = self.inner.wait(self.rest());
            while let Some(act) = next {
                if act == Act::Quit {
                    if let Some(job) = &self.job {
                        job.cancel.cancel();
                    }
                    return;
                }
                self.queue.push(act);
                next = self.inner.next();
            }
            while let Ok((id, report)) = self.reports.try_recv() {
                self.hear(id, report);
            }
            while let Some(act) = self.queue.next(self.job.as_ref().map(|job| job.kind)) {
                self.answer(act);
            }
            self.ticks();
            self.look_after_recording();
            self.look_after_library();
            self.show();
        }
    }

    /// Whether control periods follow one another here.
    fn ticking(&self) -> bool {
        let state = self.pace.get();
        let here = self.world.runs() && !self.executing();
        here && (state.playing || state.steps > 0) || self.world.follows()
    }

    pub(super) fn executing(&self) -> bool {
        self.job.as_ref().is_some_and(|job| job.kind == JobKind::Executing)
    }

    /// How long the session may sleep.
    fn rest(&self) -> Duration {
        let mut rest = REST;
        if self.job.is_some() || self.stopping.is_some() {
            rest = LOOK;
        } else if self.recording.is_some() || self.library.is_some() {
            rest = SHOW_EVERY;
        }
        if self.ticking() {
            rest = rest.min(self.due.saturating_duration_since(Instant::now()));
        }
        if self.unseen {
            rest = rest.min(SHOW_EVERY.saturating_sub(self.shown_at.elapsed()));
        }
        if self.queue.is_ready(self.job.as_ref().map(|job| job.kind)) {
            rest = Duration::ZERO;
        }
        rest
    }

    /// Every control period that is due.
    fn ticks(&mut self) {
        let began = Instant::now();
        let mut newest = None;
        while self.ticking() && began.elapsed() < LONGEST_ROW {
            let state = self.pace.get();
            let now = Instant::now();
            let mut late = 0;
            if self.world.runs() && state.steps > 0 {
                self.pace.change(|state| state.steps = state.steps.saturating_sub(1));
                self.due = now;
            } else if now < self.due {
                break;
            } else {
                let (due, period) = (self.due, self.world.period());
                self.due = next_due(due, now, period, state.speed);
                // What the clock does not make up for is missed.
                let gone = (self.due - due).as_secs_f64() * state.speed / period;
                late = (gone.round() as u64).saturating_sub(1);
            }
            match self.world.tick(late) {
                Ok(None) if matches!(self.world, World::Episode(_)) => {
                    // It has come to its end.
                    self.pace.change(|state| (state.playing, state.steps) = (false, 0));
                    break;
                }
                Ok(moment) => newest = moment.or(newest),
                Err(sentence) => {
                    self.pace.change(|state| (state.playing, state.steps) = (false, 0));
                    self.fail(sentence);
                    break;
                }
            }
        }
        if let Some(moment) = newest {
            self.take(moment);
            if self.hands.on {
                self.show_hands();
                self.show_policy();
            }
        }
    }

    /// Makes a moment the newest one.
    pub(super) fn take(&mut self, mut moment: Moment) {
        moment.look.items.extend(self.items.iter().cloned());
        let shown = &mut self.shown;
        shown.secs = moment.secs;
        shown.ticks = moment.ticks;
        shown.look = Arc::new(moment.look);
        shown.joints = moment.joints;
        shown.targets = moment.targets;
        shown.openings = moment.openings;
        shown.world_from_link = moment.world_from_link;
        shown.world_from_tool = moment.world_from_tool;
        shown.contacts = moment.contacts;
        shown.solved = moment.solved;
        shown.period = self.world.period();
        shown.tick_millis = moment.tick_millis;
        self.unseen = true;
    }

    /// Takes what the world itself is like.
    pub(super) fn look(&mut self) {
        if let Some(moment) = self.world.moment() {
            self.take(moment);
        }
    }

    /// Shows the newest moment, not more often than a screen does.
    fn show(&mut self) {
        let state = self.pace.get();
        let clock = (state.playing, state.speed);
        if clock != (self.shown.playing, self.shown.speed) {
            (self.shown.playing, self.shown.speed) = clock;
            self.unseen = true;
        }
        if !self.unseen || self.shown_at.elapsed() < SHOW_EVERY && self.shown.moment > 0 {
            return;
        }
        self.shown.moment += 1;
        self.inner.show(Arc::new(self.shown.clone()));
        self.unseen = false;
        self.shown_at = Instant::now();
    }

    pub(super) fn fail(&self, sentence: impl Into<String>) {
        self.inner.tell(Heard::Failed(sentence.into()));
    }

    pub(super) fn say(&self, level: Level, sentence: String) {
        self.inner.tell(Heard::Event(Event::Line(level, sentence)));
    }

    pub(super) fn doing(&mut self, doing: Doing) {
        if self.shown.doing != doing {
            self.shown.doing = doing;
            self.unseen = true;
        }
    }

    /// Starts a job; says why where none can be started.
    pub(super) fn start(
        &mut self,
        kind: JobKind,
        work: impl FnOnce(Tools) -> End + Send + 'static,
    ) {
        self.last_job += 1;
        let cancel = self.inner.begin_work();
        match job::start(self.last_job, kind, cancel, self.out.clone(), work) {
            Ok(job) => self.job = Some(job),
            Err(sentence) => {
                self.doing(Doing::Nothing);
                self.fail(sentence);
            }
        }
    }

    /// Gives up on a plan or an opening under way; what is complete stays.
    pub(super) fn give_up(&mut self) {
        let Some(job) = self.job.take_if(|job| job.kind != JobKind::Executing) else { return };
        job.cancel.cancel();
        self.doing(Doing::Nothing);
        if job.kind == JobKind::Planning {
            self.stopping = Some(job.id);
            if let Some(plan) = &mut self.shown.plan {
                stopped(Arc::make_mut(plan));
                self.unseen = true;
            }
        }
    }
}
