//! The guided tour: tasks that are planned, checked, grasped and carried out, as pictures, films, a
//! recording and a report.

use std::path::Path;
use std::sync::Arc;

use interface::{Camera, Cancel, Image, LookItem, Pinhole, RigidTransform, SceneLook, Task};
use plan::{GeometricVerifier, Phase, Plan, PlanOptions};
use render::{Framing, RenderOptions, Renderer};
use robot::Robot;
use session_api::{DemoReport, DemoScene, DemoSpec, Event, Failure, Level, Sink, Stage};
use sim::look_at;
use video::Mp4Writer;
use world_model::GoalFlow;

use crate::cells;
use crate::episode::{self, Episode, Moment};
use crate::eval::REPLANS;
use crate::files::Written;
use crate::planned::PlannedRun;
use crate::recording::{self, Told};
use crate::stills::{self, Backdrop};

/// What is shown when nobody chooses: stacking, tableware, a mug on its peg, a lid on its hinge.
const SCENES: [&str; 4] = ["stack_cube", "place_bowl", "hang_cup", "close_box"];
/// Control steps from one frame of a film to the next.
const KEEP_EVERY: usize = 5;
/// Size of the films and of the pictures made for them.
const WIDTH: usize = 800;
const HEIGHT: usize = 450;
/// Focal length of the films' lens, pixels.
const FOCAL: f64 = 620.0;
/// Focal length with which the planning camera's view is shown larger, pixels.
const NEAR_FOCAL: f64 = 900.0;
/// Where the films are taken from, and what they look at, world, metres.
const EYE: [f64; 3] = [1.0, -0.92, 0.72];
const FOCUS: [f64; 3] = [-0.2, 0.0, 0.24];

/// Linear colour and opacity of what is expected but not there yet: the accent colour.
const GHOST: [f32; 3] = [0.07, 0.35, 1.0];
const GHOST_OPACITY: f32 = 0.4;

/// Shows the tour.
pub fn tour(spec: &DemoSpec, events: Sink<'_>, cancel: &Cancel) -> Result<DemoReport, Failure> {
    let robot = Arc::new(Robot::load(&spec.robot).map_err(|error| Failure::usage(&error))?);
    let scenes: Vec<&str> = match &spec.scene {
        Some(scene) => vec![scene],
        None => SCENES.to_vec(),
    };
    // A name that is wrong, or a robot that a scene refuses, is said before anything is written.
    for scene in &scenes {
        cells::usual(scene, &robot, spec.seed, 0)?;
    }
    let mut written = Written::create(&spec.out, events)?;
    let whole = spec.record.clone().unwrap_or_else(|| written.path("tour.mp4"));
    let mut renderer = Renderer::new();
    let mut report =
        DemoReport { robot: robot.name.clone(), scenes: Vec::new(), files: Vec::new() };
    let mut everything: Option<Mp4Writer> = None;
    for (index, scene) in scenes.iter().enumerate() {
        events(Event::Line(Level::Info, format!("{} of {}: {scene}", index + 1, scenes.len())));
        let mut show = Show {
            written: &mut written,
            renderer: &mut renderer,
            everything: &mut everything,
            whole: &whole,
            events,
            cancel,
        };
        report.scenes.push(show.scene(scene, &robot, spec.seed)?);
    }
    if let Some(film) = everything {
        film.finish().map_err(|error| Failure::usage(&error))?;
        written.took(whole);
    }
    report.files = written.files().to_vec();
    report.files.push(written.path("report.json"));
    written.json("report.json", &report)?;
    Ok(report)
}

/// From where a scene is shown.
struct Seats {
    /// From where the planning camera stands: its picture, for what is planned.
    near: Backdrop,
    /// The same with the object's ghost where it is expected.
    imagined: Backdrop,
    /// `world_from_camera` for what is done.
    wide: RigidTransform,
}

/// Everything that a scene is shown with.
struct Show<'a, 'w> {
    written: &'a mut Written<'w>,
    renderer: &'a mut Renderer,
    everything: &'a mut Option<Mp4Writer>,
    whole: &'a Path,
    events: Sink<'a>,
    cancel: &'a Cancel,
}

impl Show<'_, '_> {
    fn scene(&mut self, scene: &str, robot: &Arc<Robot>, seed: u64) -> Result<DemoScene, Failure> {
        let mut cell = cells::usual(scene, robot, seed, 0)?;
        let task = cell.task();
        (self.events)(Event::Line(Level::Info, format!("\"{}\"", task.instruction)));
        let observation = cell.capture().map_err(|error| Failure::usage(&error))?;
        let run = PlannedRun {
            options: PlanOptions { seed, ..PlanOptions::default() },
            replans: REPLANS,
            world_model: &mut GoalFlow,
            verifier: &mut GeometricVerifier,
            cancel: self.cancel,
        };
        let episode = episode::film(&mut cell, run, KEEP_EVERY, self.events)?;
        if self.cancel.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        let plans = &episode.outcome.execution.plans;
        let Some(plan) = plans.first() else {
            return Err(Failure::Usage(format!("{scene} has no goal to plan for")));
        };
        let Some(world_from_camera) = observation.views.first().and_then(|v| v.world_from_camera)
        else {
            return Err(Failure::Usage(format!("{scene} has no camera")));
        };
        let look = &episode.moments[0].look;
        // From where the planning camera stands, nearer.
        let near = self.backdrop(look, NEAR_FOCAL, world_from_camera, RenderOptions::still());
        let imagined = with_ghost(look, &task, plan);
        let imagined =
            self.backdrop(&imagined, NEAR_FOCAL, world_from_camera, RenderOptions::still());
        stills::write(self.written, &format!("{scene}/"), plan, &observation, &near, &imagined)?;
        let seats = Seats { near, imagined, wide: self.seat(look, &task, &robot.name) };
        self.moments(scene, &episode, seats.wide)?;
        self.film(scene, &task.instruction, &observation, plan, &seats, &episode)?;

        let path = self.written.prepare(&format!("{scene}/{scene}.rrd"))?;
        if let Some(mut recording) = recording::open(Some(&path), None)? {
            let told = Told {
                instruction: &task.instruction,
                plan,
                observation: &observation,
                robot,
                episode: Some(&episode),
            };
            recording::tell(&mut recording, &told)
                .and_then(|()| recording.finish())
                .map_err(|error| Failure::Machine(error.to_string()))?;
            self.written.took(path);
        }
        let planning: f64 = episode.outcome.plan_millis.iter().sum::<f64>() / 1e3;
        let stages: Vec<Stage> =
            plans.iter().flat_map(|plan| plan.stages.iter().map(episode::stage)).collect();
        Ok(DemoScene {
            scene: scene.to_owned(),
            instruction: task.instruction,
            success: episode.outcome.success,
            seconds: episode.secs + planning,
            retries: episode.outcome.retries(),
            reason: episode.outcome.reason(),
            stages,
        })
    }

    /// Where one sees the whole robot, everything the task is about, and most of what is to be taken.
    fn seat(&mut self, look: &SceneLook, task: &Task, robot: &str) -> RigidTransform {
        let object = |item: &LookItem| *item.thing == *task.object.name;
        let part = |item: &LookItem| object(item) && *item.part == *task.part;
        let has_part = look.items.iter().any(part);
        let taken = |item: &LookItem| if has_part { part(item) } else { object(item) };
        let shown = |item: &LookItem| {
            *item.thing == *robot || task.things.iter().any(|thing| *thing.name == *item.thing)
        };
        Framing::towards(self.renderer, look, taken, shown, &lens(FOCAL))
            .unwrap_or_else(|| look_at(EYE, FOCUS))
    }

    fn backdrop(
        &mut self,
        look: &SceneLook,
        focal: f64,
        world_from_camera: RigidTransform,
        options: RenderOptions,
    ) -> Backdrop {
        Backdrop::rendered(self.renderer, look, lens(focal), world_from_camera, &options)
    }

    /// Stills of the execution: the last moment of each phase.
    fn moments(
        &mut self,
        scene: &str,
        episode: &Episode,
        seat: RigidTransform,
    ) -> Result<(), Failure> {
        let ends = episode.moments.windows(2).filter(|pair| pair[0].phase != pair[1].phase);
        let last = episode.moments.last();
        let mut shown: Vec<&Moment> =
            ends.map(|pair| &pair[0]).filter(|moment| moment.phase.is_some()).collect();
        shown.extend(last);
        for (index, moment) in shown.into_iter().enumerate() {
            let backdrop = self.backdrop(&moment.look, FOCAL, seat, RenderOptions::film());
            let (title, name) = words(moment.phase, episode.outcome.success);
            let picture = backdrop.captioned(title, &format!("{:.1} s", moment.secs));
            let name = format!("{scene}/5_moves_{index}_{name}.png");
            self.written.picture(&name, &picture)?;
        }
        Ok(())
    }

    /// The film: sees, imagines, checks, grasps, moves.
    fn film(
        &mut self,
        scene: &str,
        instruction: &str,
        observation: &interface::Observation,
        plan: &Plan,
        seats: &Seats,
        episode: &Episode,
    ) -> Result<(), Failure> {
        let (near, seat) = (&seats.near, seats.wide);
        let fps = 1.0 / (episode.info.control_period * KEEP_EVERY as f64);
        let path = self.written.prepare(&format!("{scene}/{scene}.mp4"))?;
        let mut film =
            Mp4Writer::create(&path, WIDTH, HEIGHT, fps).map_err(|error| Failure::usage(&error))?;
        if self.everything.is_none() {
            let all = Mp4Writer::create(self.whole, WIDTH, HEIGHT, fps);
            *self.everything = Some(all.map_err(|error| Failure::usage(&error))?);
        }
        let hold = |secs: f64| (secs * fps).round() as usize;
        let wide = self.backdrop(&episode.moments[0].look, FOCAL, seat, RenderOptions::film());
        self.show(&mut film, &wide.captioned(instruction, "asked for"), hold(2.0))?;
        if let Some(picture) = near.sees(plan) {
            self.show(&mut film, &picture, hold(2.5))?;
        }
        let frames = hold(2.5).max(1);
        for frame in 0..frames {
            if let Some(picture) = seats.imagined.imagines(plan, (frame + 1) as f64 / frames as f64)
            {
                self.show(&mut film, &picture, if frame + 1 == frames { hold(1.0) } else { 1 })?;
            }
        }
        if let Some(view) = observation.views.first()
            && let Some(picture) = stills::checks(view, plan, WIDTH, HEIGHT)
        {
            self.show(&mut film, &picture, hold(3.0))?;
        }
        for (only_chosen, secs) in [(false, 2.5), (true, 1.5)] {
            if let Some(picture) = near.grasps(plan, only_chosen) {
                self.show(&mut film, &picture, hold(secs))?;
            }
        }
        let total = episode.moments.len();
        for (index, moment) in episode.moments.iter().enumerate() {
            if self.cancel.is_cancelled() {
                return Err(Failure::Cancelled);
            }
            // Hundreds of frames on two cores: each is seen for a tenth of a second.
            let quick = RenderOptions::observation();
            let backdrop = self.backdrop(&moment.look, FOCAL, seat, quick);
            let (title, _) = words(moment.phase, episode.outcome.success);
            let detail = if moment.plan == 0 {
                format!("{:.1} s", moment.secs)
            } else {
                format!("{:.1} s, plan {}", moment.secs, moment.plan + 1)
            };
            let picture = backdrop.captioned(title, &detail);
            let last = index + 1 == total;
            self.show(&mut film, &picture, if last { hold(1.5) } else { 1 })?;
            (self.events)(Event::Progress { what: "frames", done: index + 1, total });
        }
        film.finish().map_err(|error| Failure::usage(&error))?;
        self.written.took(path);
        Ok(())
    }

    /// Adds a picture to both films, for so many frames.
    fn show(
        &mut self,
        film: &mut Mp4Writer,
        picture: &Image,
        frames: usize,
    ) -> Result<(), Failure> {
        for _ in 0..frames.max(1) {
            film.push(picture).map_err(|error| Failure::usage(&error))?;
            if let Some(all) = self.everything {
                all.push(picture).map_err(|error| Failure::usage(&error))?;
            }
        }
        Ok(())
    }
}

/// The scene with a ghost of the object where the plan expects it to be in the end.
fn with_ghost(look: &SceneLook, task: &Task, plan: &Plan) -> SceneLook {
    let mut look = look.clone();
    if let Some(fit) = &plan.fit {
        let end_from_start = fit.chosen.end_from_start();
        let object = look.items.iter().filter(|item| *item.thing == *task.object.name);
        let object: Vec<LookItem> = object.cloned().collect();
        let mut ghost = render::ghosts(&object, GHOST, GHOST_OPACITY);
        ghost
            .iter_mut()
            .for_each(|item| item.world_from_mesh = end_from_start * item.world_from_mesh);
        look.items.extend(ghost);
    }
    look
}

fn lens(focal: f64) -> Pinhole {
    let center = |n: usize| (n as f64 - 1.0) / 2.0;
    Pinhole {
        width: WIDTH,
        height: HEIGHT,
        fx: focal,
        fy: focal,
        cx: center(WIDTH),
        cy: center(HEIGHT),
    }
}

/// What is happening, in plain words, and as part of a file's name.
fn words(phase: Option<Phase>, success: bool) -> (&'static str, &'static str) {
    match phase {
        Some(Phase::Approach) => ("Moves: to the object", "approach"),
        Some(Phase::Grasp) => ("Moves: takes it", "grasp"),
        Some(Phase::Motion) => ("Moves: as imagined", "motion"),
        Some(Phase::Release) => ("Moves: lets go", "release"),
        Some(Phase::Retreat) => ("Moves: away", "retreat"),
        None if success => ("Done", "end"),
        None => ("Not done", "end"),
    }
}
