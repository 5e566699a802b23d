//! What a frame costs: the main thread's own work from the first to the last of its systems, the
//! renderer's share apart, and when there was something to see at first.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bevy::ecs::system::NonSendMarker;
use bevy::prelude::*;
use rustix::time::{ClockId, clock_gettime};

use crate::moment::Now;
use crate::view3d::View3d;

/// One frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameCost {
    /// CPU milliseconds of the main thread.
    pub cpu_millis: f64,
    /// Milliseconds since the frame before began.
    pub apart_millis: f64,
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    /// Seconds until the first picture of the window was on the screen.
    pub first_frame_secs: Option<f64>,
    /// Seconds until the first picture of what was opened was on the screen.
    pub first_view_secs: Option<f64>,
    /// The frames of each stretch that was measured, by its name.
    pub stretches: Vec<(&'static str, Vec<FrameCost>)>,
}

struct Inner {
    born: Instant,
    frames: u64,
    runs: Option<&'static str>,
    began: Option<(f64, Instant)>,
    apart_millis: f64,
    readings: Readings,
}

/// Measures frames while it is asked to.
#[derive(Resource, Clone)]
pub struct Meter(Arc<Mutex<Inner>>);

/// The second frame's end has the first one's picture behind it: the renderer works one frame late.
const SEEN_AFTER: u64 = 2;

impl Meter {
    /// A meter whose time runs from `born`.
    pub fn new(born: Instant) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            born,
            frames: 0,
            runs: None,
            began: None,
            apart_millis: 0.0,
            readings: Readings::default(),
        })))
    }

    fn with<R>(&self, f: impl FnOnce(&mut Inner) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins a stretch, or ends the one that runs.
    pub fn stretch(&self, name: Option<&'static str>) {
        self.with(|inner| {
            inner.runs = name;
            inner.began = None;
            if let Some(name) = name {
                inner.readings.stretches.push((name, Vec::with_capacity(4096)));
            }
        });
    }

    /// What was measured so far.
    pub fn readings(&self) -> Readings {
        self.with(|inner| inner.readings.clone())
    }
}

/// CPU seconds that this thread has used.
fn cpu_secs() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// The first system of a frame, on the main thread.
pub fn begin(_main: NonSendMarker, meter: Res<Meter>, now: Res<Now>, view: Res<View3d>) {
    meter.with(|inner| {
        inner.frames += 1;
        let secs = inner.born.elapsed().as_secs_f64();
        let readings = &mut inner.readings;
        if inner.frames > SEEN_AFTER {
            readings.first_frame_secs.get_or_insert(secs);
            if !now.0.look.items.is_empty() && view.rests() {
                readings.first_view_secs.get_or_insert(secs);
            }
        }
        let at = Instant::now();
        let before = inner.began.replace((cpu_secs(), at));
        inner.apart_millis = before.map_or(0.0, |(_, then)| (at - then).as_secs_f64() * 1e3);
    });
}

/// The last system of a frame, on the main thread.
pub fn end(_main: NonSendMarker, meter: Res<Meter>) {
    meter.with(|inner| {
        let (Some((began, _)), Some(_)) = (inner.began, inner.runs) else { return };
        let (cpu_millis, apart_millis) = ((cpu_secs() - began) * 1e3, inner.apart_millis);
        // The first frame of a stretch has nothing before it.
        if apart_millis > 0.0
            && let Some((_, frames)) = inner.readings.stretches.last_mut()
        {
            frames.push(FrameCost { cpu_millis, apart_millis });
        }
    });
}
