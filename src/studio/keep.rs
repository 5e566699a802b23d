//! What is kept from one start to the next: the layout and what was open. A thread of its own writes
//! it, whole or not at all, soon after each change.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bevy::prelude::*;
use session_api::live::{Act, Opened, Subject};

use crate::moment::Now;

/// How long changes are gathered before they are written.
const GATHER: Duration = Duration::from_millis(400);
/// A layout larger than this is not ours.
const LARGEST: u64 = 4 << 20;

/// Where this user's things are kept.
pub fn usual_place() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "flowarm")?;
    Some(dirs.config_dir().to_path_buf())
}

/// The files that are kept in the folder.
const LAYOUT: &str = "layout.ron";
const OPENED: &str = "opened";

/// What was kept; `None` when there is nothing yet, a sentence when it cannot be read.
fn read(path: &Path) -> Result<Option<String>, String> {
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    let size = match std::fs::metadata(path) {
        Ok(data) => data.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(told(error)),
    };
    if size > LARGEST {
        return Err(format!("{}: {size} bytes are no layout", path.display()));
    }
    std::fs::read_to_string(path).map(Some).map_err(told)
}

/// The layout as it was; a sentence when it cannot be read.
pub fn layout(folder: &Path) -> Result<Option<String>, String> {
    read(&folder.join(LAYOUT))
}

/// What was open when the window was closed, as the act that opens it again.
pub fn opened(folder: &Path) -> Option<Act> {
    from_lines(&read(&folder.join(OPENED)).ok()??)
}

/// One line a word: the kind, then what it needs.
fn to_lines(opened: &Opened) -> Option<String> {
    let robot = opened.robot.as_ref().map_or("", |robot| robot.name.as_str());
    let lines = match &opened.subject {
        Subject::Nothing => return None,
        Subject::Scene { scene, seed } => {
            vec!["scene".to_string(), scene.clone(), robot.to_string(), seed.to_string()]
        }
        Subject::Recording { folder, flow, .. } => vec![
            "recording".to_string(),
            folder.display().to_string(),
            flow.as_ref().map(|flow| flow.display().to_string()).unwrap_or_default(),
            robot.to_string(),
        ],
        // The data set; the episode is found again in its list.
        Subject::Episode { folder: path, .. }
        | Subject::Robot { urdf: path }
        | Subject::File(path) => {
            vec!["file".to_string(), path.display().to_string()]
        }
    };
    Some(lines.join("\n"))
}

fn from_lines(text: &str) -> Option<Act> {
    let lines: Vec<&str> = text.split('\n').collect();
    match lines.as_slice() {
        ["scene", scene, robot, seed] => Some(Act::OpenScene {
            scene: (*scene).to_string(),
            robot: (*robot).to_string(),
            seed: seed.trim().parse().ok()?,
        }),
        ["recording", folder, flow, robot] => Some(Act::OpenRecording {
            folder: PathBuf::from(folder),
            flow: (!flow.is_empty()).then(|| PathBuf::from(flow)),
            robot: (*robot).to_string(),
        }),
        ["file", path] => Some(Act::Open(PathBuf::from(path))),
        _ => None,
    }
}

/// A thing to keep: the file's name and its text.
type Sheet = (&'static str, String);

/// Hands what is kept to the thread that writes it.
#[derive(Resource)]
pub struct Keeper(Mutex<Option<(Sender<Sheet>, JoinHandle<()>)>>);

impl Keeper {
    /// Begins to keep things in a folder; nowhere when `None`.
    pub fn new(folder: Option<PathBuf>) -> Self {
        let started = folder.and_then(|folder| {
            let (sender, sheets) = channel();
            let thread = std::thread::Builder::new().name("keep".into());
            thread.spawn(move || keep(&folder, &sheets)).ok().map(|handle| (sender, handle))
        });
        Self(Mutex::new(started))
    }

    fn send(&self, sheet: Sheet) {
        if let Ok(held) = self.0.lock()
            && let Some((sender, _)) = &*held
        {
            let _ = sender.send(sheet);
        }
    }

    /// A new layout.
    pub fn layout(&self, layout: String) {
        self.send((LAYOUT, layout));
    }

    /// What is open now.
    pub fn opened(&self, opened: &Opened) {
        if let Some(lines) = to_lines(opened) {
            self.send((OPENED, lines));
        }
    }
}

impl Drop for Keeper {
    /// Waits until everything is on disk: the window is gone by then.
    fn drop(&mut self) {
        let taken = self.0.lock().ok().and_then(|mut held| held.take());
        if let Some((sender, thread)) = taken {
            drop(sender);
            let _ = thread.join();
        }
    }
}

/// Keeps in mind what is open.
pub fn remember(now: Res<Now>, keeper: Res<Keeper>, mut before: Local<Option<Arc<Opened>>>) {
    if before.as_ref().is_none_or(|opened| !Arc::ptr_eq(opened, &now.0.opened)) {
        keeper.opened(&now.0.opened);
        *before = Some(now.0.opened.clone());
    }
}

fn keep(folder: &Path, sheets: &Receiver<Sheet>) {
    while let Ok(first) = sheets.recv() {
        let mut newest = vec![first];
        let mut open = true;
        // A stream of changes is written, too.
        let until = Instant::now() + GATHER;
        loop {
            match sheets.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(sheet) => {
                    newest.retain(|older| older.0 != sheet.0);
                    newest.push(sheet);
                }
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    open = false;
                    break;
                }
            }
        }
        for (name, text) in newest {
            let path = folder.join(name);
            if let Err(error) = write(&path, &text) {
                tracing::warn!("{} is not kept: {error}", path.display());
            }
        }
        if !open {
            return;
        }
    }
}

/// Writes beside the file and renames, so that a crash leaves the old one or the new one.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let beside = path.with_extension("new");
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_newest_layout_and_what_was_open_are_kept_whole() {
        let folder = std::env::temp_dir().join(format!("flowarm-keep-{}", std::process::id()));
        assert_eq!(layout(&folder), Ok(None));
        let keeper = Keeper::new(Some(folder.clone()));
        keeper.layout("one".into());
        let subject = Subject::Scene { scene: "stack_cube".into(), seed: 7 };
        keeper.opened(&Opened { subject, ..Opened::default() });
        keeper.layout("two".into());
        drop(keeper);
        assert_eq!(layout(&folder), Ok(Some("two".into())));
        let again = Act::OpenScene { scene: "stack_cube".into(), robot: String::new(), seed: 7 };
        assert_eq!(opened(&folder), Some(again));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_broken_note_of_what_was_open_opens_nothing() {
        assert_eq!(from_lines("scene\nx\ny\nmany"), None);
        assert_eq!(from_lines(""), None);
    }
}
