//! The newest moment of the session, and the way to hand acts in.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use bevy::prelude::*;
use bevy::winit::{EventLoopProxyWrapper, WinitUserEvent};
use session_api::live::{Act, Door, Refused, Shown};

/// The face's end of the door. The lock is only ever held for a copy of a pointer.
#[derive(Resource, Clone)]
pub struct Face(Arc<Mutex<Door>>);

impl Face {
    /// Takes the door.
    pub fn new(door: Door) -> Self {
        Self(Arc::new(Mutex::new(door)))
    }

    /// Does something at the door.
    pub fn with<R>(&self, f: impl FnOnce(&Door) -> R) -> R {
        f(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks for something.
    pub fn ask(&self, act: Act) -> Result<(), Refused> {
        self.with(|door| door.ask(act))
    }
}

/// What is drawn.
#[derive(Resource, Default)]
pub struct Now(pub Arc<Shown>);

/// How often the watcher looks for a new moment.
const LOOK: Duration = Duration::from_millis(8);

/// Wakes the window when there is a new moment, so that it can sleep while there is none.
pub fn watch(face: Res<Face>, proxy: Res<EventLoopProxyWrapper>) {
    let door: Weak<Mutex<Door>> = Arc::downgrade(&face.0);
    let proxy = (**proxy).clone();
    let look = move || {
        let mut last = u64::MAX;
        while let Some(door) = door.upgrade() {
            let moment = door.lock().unwrap_or_else(PoisonError::into_inner).shown().moment;
            drop(door);
            if moment != last {
                last = moment;
                if proxy.send_event(WinitUserEvent::WakeUp).is_err() {
                    return;
                }
            }
            std::thread::sleep(LOOK);
        }
    };
    if let Err(error) = std::thread::Builder::new().name("watch".into()).spawn(look) {
        tracing::error!("moments are only seen when something else happens: {error}");
    }
}

/// Takes the newest moment.
pub fn take(face: Res<Face>, mut now: ResMut<Now>) {
    let shown = face.with(Door::shown);
    if !Arc::ptr_eq(&shown, &now.0) {
        now.0 = shown;
    }
}
