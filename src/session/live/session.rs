//! The loop: acts, reports, ticks, and moments to show.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use interface::LookItem;
use session_api::live::{Act, Doing, Heard, Inner, Shown, Transport};
use session_api::{Event, Level};

use super::Options;
use super::executing::SHOW_EVERY;
use super::job::{self, End, Job, JobKind, Report, Tools};
use super::moment::Moment;
use super::opening::{Known, Opening, Wanted, open};
use super::pace::{Pace, SPEEDS, next_due};
use super::planning::Made;
use super::queue::Queue;
use super::showing::stopped;
use super::world::World;

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
    items: Vec<LookItem>,
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
    known: Option<Known>,
    /// When the next control period is due.
    due: Instant,
    /// Whether the face has not seen the newest moment.
    unseen: bool,
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
            self.show();
        }
    }

    /// Whether control periods follow one another here.
    fn ticking(&self) -> bool {
        let state = self.pace.get();
        let here = self.world.is_simulated() && !self.executing();
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
            if self.world.is_simulated() && state.steps > 0 {
                self.pace.change(|state| state.steps = state.steps.saturating_sub(1));
                self.due = now;
            } else if now < self.due {
                break;
            } else {
                self.due = next_due(self.due, now, self.world.period(), state.speed);
            }
            match self.world.tick() {
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

    fn answer(&mut self, act: Act) {
        match act {
            Act::OpenScene { scene, robot, seed } => {
                self.open(Wanted::Scene { scene, robot, seed })
            }
            Act::OpenRecording { folder, flow, robot } => {
                self.open(Wanted::Recording { folder, flow, robot });
            }
            Act::Open(path) => self.open_path(path),
            Act::Reset { seed } => self.reset(seed),
            Act::Plan(wish) => self.plan(wish, None),
            Act::TakeGrasp(index) => self.take_grasp(index),
            Act::Execute => self.execute(),
            Act::Judge { accept, reason } => self.judge(accept, reason),
            Act::Stop => {
                if self.executing() {
                    if let Some(job) = &self.job {
                        job.cancel.cancel();
                    }
                } else {
                    self.give_up();
                }
            }
            Act::Transport(transport) => self.transport(transport),
            Act::MoveJoint { joint, position } => self.moved(|world| world.send(joint, position)),
            Act::MoveGripper { hand, opening } => {
                self.moved(|world| world.open_hand(hand, opening))
            }
            Act::Home => self.moved(World::go_home),
            // The loop ends before it comes here.
            Act::Quit => {}
        }
    }

    fn moved(&mut self, how: impl FnOnce(&mut World) -> Result<(), String>) {
        match how(&mut self.world) {
            Ok(()) => {
                // Somebody who moves the arm wants to see it move.
                if self.world.is_simulated() {
                    self.pace.change(|state| state.playing = true);
                }
                self.look();
            }
            Err(sentence) => self.fail(sentence),
        }
    }

    fn transport(&mut self, transport: Transport) {
        if !self.world.is_simulated()
            && !matches!(transport, Transport::Speed(_) | Transport::Pause)
        {
            return self.fail("there is no simulation to run; open a scene first");
        }
        match transport {
            Transport::Play => self.pace.change(|state| state.playing = true),
            Transport::Pause => self.pace.change(|state| state.playing = false),
            Transport::Step => self.pace.change(|state| {
                state.playing = false;
                state.steps = state.steps.saturating_add(1);
            }),
            Transport::Speed(speed) if speed.is_finite() => {
                self.pace.change(|state| state.speed = speed.clamp(SPEEDS.0, SPEEDS.1));
                self.due = Instant::now();
            }
            Transport::Speed(speed) => self.fail(format!(
                "a speed of {speed} is no number; it goes from {} to {}",
                SPEEDS.0, SPEEDS.1
            )),
        }
    }

    fn open_path(&mut self, path: PathBuf) {
        let (robot, open_recording) = match &self.world {
            World::Recording(recording) => {
                (recording.robot_asked.clone(), Some(recording.folder.clone()))
            }
            World::Scene(world) => (world.robot_asked.clone(), None),
            _ => (self.robot.clone(), None),
        };
        self.open(Wanted::Path { path, robot, open_recording });
    }

    fn open(&mut self, wanted: Wanted) {
        self.give_up();
        self.doing(Doing::Opening(wanted.name()));
        let known = self.known.clone();
        self.start(JobKind::Opening, move |tools| End::Opened(open(&wanted, known, &tools.cancel)));
    }

    fn reset(&mut self, seed: u64) {
        match &self.world {
            World::Scene(world) => {
                let (scene, robot) = (world.scene.clone(), world.robot_asked.clone());
                self.open(Wanted::Scene { scene, robot, seed });
            }
            World::Recording(recording) => {
                let wanted = Wanted::Recording {
                    folder: recording.folder.clone(),
                    flow: recording.flow_folder.clone(),
                    robot: recording.robot_asked.clone(),
                };
                self.open(wanted);
            }
            World::Robot(_) => self.moved(World::go_home),
            World::Nothing | World::Files => self.fail("there is no scene to build again"),
        }
    }

    fn judge(&mut self, accept: bool, reason: String) {
        match (&self.job, &self.shown.doing) {
            (Some(job), Doing::Asking) => {
                // A job that ended meanwhile needs no answer.
                let _ = job.answers.send((accept, reason));
            }
            _ => self.fail("nobody asks for a verdict now"),
        }
    }

    fn hear(&mut self, id: u64, report: Report) {
        let current = self.job.as_ref().is_some_and(|job| job.id == id);
        if !current {
            if self.stopping == Some(id)
                && let Report::Ended(end) = report
            {
                self.stopping = None;
                // What the stopped plan had found can be gone on from.
                if let (End::Planned(mut made), None) = (*end, &self.made) {
                    if let Some(shown) = &self.shown.plan {
                        made.shown = shown.as_ref().clone();
                    }
                    self.made = Some(made);
                }
            }
            return;
        }
        match report {
            Report::Doing(doing) => self.doing(doing),
            Report::Moment(moment) => self.take(*moment),
            Report::Plan(plan) => {
                self.last_plan = self.last_plan.max(plan.id);
                self.shown.plan = Some(plan);
                self.unseen = true;
            }
            Report::Seen(seen) => {
                self.shown.seen = Some(seen);
                self.unseen = true;
            }
            Report::Heard(heard) => self.inner.tell(heard),
            Report::Ended(end) => {
                self.job = None;
                self.ended(*end);
            }
        }
    }

    fn ended(&mut self, end: End) {
        self.doing(Doing::Nothing);
        match end {
            End::Opened(Ok(opening)) => self.opened(opening),
            End::Opened(Err(sentence)) | End::GaveUp(sentence) => self.fail(sentence),
            End::Planned(made) => {
                if let Some(sentence) = &made.plan.refused {
                    self.say(Level::Warning, sentence.clone());
                }
                self.made = Some(made);
            }
            End::Executed { cell, ticks, made } => {
                if let World::Scene(world) = &mut self.world {
                    world.target = cell.last_target().clone();
                    world.ticks = ticks;
                    world.cell = Some(cell);
                }
                self.made = Some(made);
                self.due = Instant::now();
                self.look();
            }
            End::Broke => {
                self.fail("the work broke off through a fault in the program; see the terminal");
                // A scene that was with it is lost and is built again.
                if let World::Scene(world) = &self.world
                    && world.cell.is_none()
                    && let session_api::live::Subject::Scene { seed, .. } =
                        &self.shown.opened.subject
                {
                    self.reset(*seed);
                }
            }
        }
    }

    fn opened(&mut self, opening: Opening) {
        let Opening { world, mut opened, items, seen, known } = opening;
        for warning in &opened.warnings {
            self.say(Level::Warning, warning.clone());
        }
        self.known = known.or(self.known.take());
        match world {
            Some(world) => {
                self.world = world;
                self.items = items;
                self.made = None;
                self.stopping = None;
                self.shown.plan = None;
                self.shown.seen = seen;
                self.pace.change(|state| (state.playing, state.steps) = (false, 0));
                self.due = Instant::now();
            }
            None => {
                if matches!(self.world, World::Nothing) {
                    self.world = World::Files;
                }
                self.items.extend(items);
                let there = self.shown.opened.as_ref().clone();
                opened.clouds.splice(0..0, there.clouds);
                opened.warnings.splice(0..0, there.warnings);
                if !matches!(self.world, World::Files) {
                    let (clouds, warnings) = (opened.clouds, opened.warnings);
                    opened = session_api::live::Opened {
                        clouds,
                        warnings,
                        ..self.shown.opened.as_ref().clone()
                    };
                }
            }
        }
        self.shown.opened = Arc::new(opened);
        self.look();
    }
}
