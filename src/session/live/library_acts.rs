//! What a person does with the data set that is open.

use std::path::Path;
use std::sync::Arc;

use session_api::live::{Doing, Heard, LibraryAct, Opened, PlaybackShown, Subject};
use session_api::{Event, Level};

use super::episode_world::EpisodeWorld;
use super::library::{EpisodeRead, Library, Told};
use super::opening::Known;
use super::robot_shown::of_robot;
use super::session::Session;
use super::world::World;

impl Session {
    /// Opens a data set beside what is open.
    pub(super) fn open_library(&mut self, folder: &Path) {
        match Library::open(folder) {
            Ok(library) => {
                self.library = Some(library);
                self.shown.library = None;
                self.shown.playback = None;
                self.unseen = true;
                if self.recording.is_none() {
                    self.library(LibraryAct::Show(0));
                }
            }
            Err(sentence) => self.fail(sentence),
        }
    }

    pub(super) fn library(&mut self, act: LibraryAct) {
        if let LibraryAct::Seek(frame) = act {
            return self.seek(frame);
        }
        if matches!(act, LibraryAct::Show(_)) && self.recording.is_some() {
            return self.fail("a take is being recorded; end recording first, then play episodes");
        }
        let Some(library) = &self.library else {
            return self.fail("no data set is open; open its folder first");
        };
        let writing = self.recording.as_ref().is_some_and(|r| r.writes_into(&library.folder));
        let edits = matches!(
            act,
            LibraryAct::Delete(_)
                | LibraryAct::Undo
                | LibraryAct::Trim { .. }
                | LibraryAct::Relabel { .. }
                | LibraryAct::Tag { .. }
        );
        if writing && edits {
            return self.fail("this data set is being recorded into; end recording first");
        }
        library.ask(act);
    }

    /// Goes to a frame of the episode that is shown.
    pub(super) fn seek(&mut self, frame: usize) {
        let World::Episode(world) = &mut self.world else {
            return self.fail("no episode is shown; play one of a data set first");
        };
        world.frame = frame.min(world.read.frames.len().saturating_sub(1));
        self.look();
        self.show_playback();
    }

    /// What the data set's thread told, once a round of the loop.
    pub(super) fn look_after_library(&mut self) {
        while let Some(told) = self.library.as_ref().and_then(Library::told) {
            match told {
                Told::Shown(shown) => {
                    self.shown.library = Some(Arc::new(*shown));
                    self.unseen = true;
                }
                Told::Episode(read) => self.show_episode(read),
                Told::Pictures { episode, pictures, foreseen } => {
                    if let Some(playback) = &mut self.shown.playback
                        && playback.episode == episode
                    {
                        let playback = Arc::make_mut(playback);
                        // Pictures of a frame that has just gone by are better than none.
                        (playback.pictures, playback.foreseen) = (pictures, foreseen);
                        self.unseen = true;
                    }
                }
                Told::Said(level, sentence) => {
                    self.inner.tell(Heard::Event(Event::Line(level, sentence)));
                }
                Told::Failed(sentence) => self.fail(sentence),
                Told::Closed => {
                    self.library = None;
                    self.shown.library = None;
                    self.shown.playback = None;
                    self.unseen = true;
                    return;
                }
            }
        }
        self.show_playback();
    }

    /// Shows where the episode's playing is, and asks for its pictures.
    fn show_playback(&mut self) {
        let World::Episode(world) = &self.world else { return };
        let (episode, frame) = (world.read.number, world.frame);
        let Some(playback) = &mut self.shown.playback else { return };
        if playback.frame != frame {
            Arc::make_mut(playback).frame = frame;
            self.unseen = true;
            if let Some(library) = &self.library {
                library.pictures(episode, frame);
            }
        }
    }

    fn show_episode(&mut self, read: Box<EpisodeRead>) {
        self.give_up();
        self.doing(Doing::Nothing);
        let known = self.known.as_ref().map(|k| (k.asked.as_str(), k.robot.clone()));
        let world = EpisodeWorld::new(read, known);
        let read = &world.read;
        self.shown.playback = Some(Arc::new(PlaybackShown {
            episode: read.number,
            frame: 0,
            frames: read.frames.len(),
            fps: read.fps,
            pictures: Vec::new(),
            foreseen: Vec::new(),
            signals: read.signals.clone(),
            scene: world.lacks.clone(),
        }));
        if let Some(library) = &self.library {
            library.pictures(read.number, 0);
        }
        if let Some(sentence) = &world.lacks {
            self.say(Level::Warning, sentence.clone());
        }
        let robot = world.robot().map(|robot| {
            let asked = read.notes.origin.as_ref().map_or(&read.robot, |origin| &origin.robot);
            if self.known.as_ref().is_none_or(|known| known.asked != *asked) {
                let shown = Arc::new(of_robot(robot));
                self.known = Some(Known { asked: asked.clone(), robot: robot.clone(), shown });
            }
            self.known.as_ref().map(|known| known.shown.clone())
        });
        let opened = Opened {
            subject: Subject::Episode { folder: read.folder.clone(), episode: read.number },
            robot: robot.flatten(),
            instruction: read.notes.task.clone(),
            ..Opened::default()
        };
        self.world = World::Episode(Box::new(world));
        self.items = Vec::new();
        self.made = None;
        self.shown.plan = None;
        self.shown.seen = None;
        self.hands.on = false;
        self.pace.change(|state| (state.playing, state.steps) = (false, 0));
        self.due = std::time::Instant::now();
        self.shown.opened = Arc::new(opened);
        self.show_hands();
        self.look();
    }
}
