//! What jobs report, and what it changes.

use std::sync::Arc;
use std::time::Instant;

use session_api::Level;
use session_api::live::{Doing, Opened, Subject};

use super::job::{End, Report};
use super::opening::Opening;
use super::session::Session;
use super::world::World;

impl Session {
    pub(super) fn hear(&mut self, id: u64, report: Report) {
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
            Report::Seen(seen, tick) => {
                if let (World::Scene(world), Some(tick)) = (&mut self.world, tick) {
                    world.seen = Some((tick, seen.clone()));
                }
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
                    && let Subject::Scene { seed, .. } = &self.shown.opened.subject
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
                self.shown.playback = None;
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
                    opened = Opened { clouds, warnings, ..self.shown.opened.as_ref().clone() };
                }
            }
        }
        self.shown.opened = Arc::new(opened);
        self.look();
        self.scene_is_back();
        self.show_hands();
    }
}
