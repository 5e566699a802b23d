//! The layout on disk: written by a thread of its own, whole or not at all, soon after each change.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use bevy::prelude::*;

/// How long changes are gathered before they are written.
const GATHER: Duration = Duration::from_millis(400);
/// A layout larger than this is not ours.
const LARGEST: u64 = 4 << 20;

/// Where the layout is kept for this user.
pub fn usual_place() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "flowarm")?;
    Some(dirs.config_dir().join("layout.ron"))
}

/// What was kept; `None` when there is nothing yet, a sentence when it cannot be read.
pub fn read(path: &Path) -> Result<Option<String>, String> {
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

/// Hands layouts to the thread that writes them.
#[derive(Resource)]
pub struct Keeper(std::sync::Mutex<Option<(Sender<String>, std::thread::JoinHandle<()>)>>);

impl Keeper {
    /// Begins to keep layouts at `path`; nowhere when `None`.
    pub fn new(path: Option<PathBuf>) -> Self {
        let started = path.and_then(|path| {
            let (sender, texts) = channel();
            let thread = std::thread::Builder::new().name("layout".into());
            thread.spawn(move || keep(&path, &texts)).ok().map(|handle| (sender, handle))
        });
        Self(std::sync::Mutex::new(started))
    }

    /// A new layout.
    pub fn write(&self, layout: String) {
        if let Ok(held) = self.0.lock()
            && let Some((sender, _)) = &*held
        {
            let _ = sender.send(layout);
        }
    }

    /// Waits until the last layout is on disk: for after the window.
    pub fn finish(&self) {
        let taken = self.0.lock().ok().and_then(|mut held| held.take());
        if let Some((sender, thread)) = taken {
            drop(sender);
            let _ = thread.join();
        }
    }
}

fn keep(path: &Path, texts: &Receiver<String>) {
    while let Ok(mut text) = texts.recv() {
        let mut open = true;
        loop {
            match texts.recv_timeout(GATHER) {
                Ok(newer) => text = newer,
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    open = false;
                    break;
                }
            }
        }
        if let Err(error) = write(path, &text) {
            tracing::warn!("the layout is not kept: {}: {error}", path.display());
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
    fn the_newest_layout_is_kept_whole() {
        let folder = std::env::temp_dir().join(format!("flowarm-keep-{}", std::process::id()));
        let path = folder.join("deep").join("layout.ron");
        assert_eq!(read(&path), Ok(None));
        let keeper = Keeper::new(Some(path.clone()));
        keeper.write("one".into());
        keeper.write("two".into());
        keeper.finish();
        assert_eq!(read(&path), Ok(Some("two".into())));
        assert!(!path.with_extension("new").exists());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
