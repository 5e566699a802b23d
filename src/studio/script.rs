//! A person made of steps: it waits, points, presses, types and keeps pictures. Tests and the
//! README's pictures drive the real window with it, through the same input that mouse and keyboard
//! take.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use bevy::app::AppExit;
use bevy::input::ButtonState;
use bevy::input::keyboard::{Key, KeyboardInput};
use bevy::input::mouse::{MouseButtonInput, MouseScrollUnit, MouseWheel};
use bevy::prelude::*;
use bevy::render::view::screenshot::{Screenshot, ScreenshotCaptured};
use bevy::tasks::IoTaskPool;
use bevy::window::{
    CursorMoved, FileDragAndDrop, PrimaryWindow, RequestRedraw, WindowCloseRequested, WindowEvent,
};
use bevy_egui::{EguiFullOutput, egui};
use panel::View;
use session_api::live::Shown;

use crate::host::Shell;
use crate::meter::Meter;
use crate::moment::Now;
use crate::view3d::View3d;

/// A question about the newest moment.
pub type Question = Box<dyn Fn(&Shown, &View) -> bool + Send + Sync>;
/// Changes what is shown.
pub type Change = Box<dyn Fn(&Shown, &mut View) + Send + Sync>;

/// One thing to do. Places are points from the window's upper left corner.
pub enum Step {
    /// Waits until something holds.
    Until {
        /// What is waited for, in words.
        what: String,
        /// How long at most.
        most: Duration,
        /// Whether it holds.
        holds: Question,
    },
    /// Waits.
    Rest(Duration),
    /// Presses what carries this label.
    Press(String),
    /// Moves the pointer.
    Point([f32; 2]),
    /// Moves the pointer to a place in the 3D view: shares of its width and height.
    PointInView([f32; 2]),
    /// Clicks where the pointer is.
    Click,
    /// Drags in the 3D view from where the pointer is, by points.
    Drag(MouseButton, [f32; 2]),
    /// Turns the wheel by lines.
    Scroll(f32),
    /// Strikes a key while others are held.
    Strike(Vec<(KeyCode, Key)>, KeyCode, Key),
    /// Drops a file or folder on the window.
    Drop(PathBuf),
    /// Types text.
    Type(String),
    /// Gives the window another size, points.
    Resize([f32; 2]),
    /// Holds a key for a while.
    Hold(KeyCode, Key, Duration),
    /// Holds keys until something holds of the newest moment.
    HoldUntil {
        /// Each key's place, and what is printed on it.
        keys: Vec<(KeyCode, Key)>,
        /// What is waited for, in words.
        what: String,
        /// How long at most.
        most: Duration,
        /// Whether it holds.
        holds: Question,
    },
    /// Changes what is shown, as a panel would.
    Show(Change),
    /// Measures what frames cost from here on, under a name, or no more.
    Measure(Option<&'static str>),
    /// Keeps a picture of the window as a PNG file.
    Picture(PathBuf),
    /// Closes the window.
    Close,
}

/// What is left to do.
#[derive(Resource)]
pub struct Script {
    steps: VecDeque<Step>,
    began: Instant,
    /// Parts of the first step that are done.
    part: usize,
    pointer: Vec2,
    labels: Vec<(String, Rect)>,
    picture: Arc<AtomicU8>,
    failed: Arc<std::sync::Mutex<Option<String>>>,
}

/// How long a label is looked for.
const LOOKED_FOR: Duration = Duration::from_secs(20);
/// How long a view may take until it rests.
const SETTLED: Duration = Duration::from_secs(2);
/// Moves that a drag is made of.
const PARTS_OF_A_DRAG: usize = 8;

impl Step {
    /// Waits at most this long until something holds of the newest moment.
    pub fn until(what: &str, most: Duration, holds: fn(&Shown) -> bool) -> Self {
        let holds = Box::new(move |shown: &Shown, _: &View| holds(shown));
        Self::Until { what: what.into(), most, holds }
    }

    /// Strikes a key alone.
    pub fn strike(code: KeyCode, key: Key) -> Self {
        Self::Strike(Vec::new(), code, key)
    }

    /// Strikes a key with Ctrl.
    pub fn ctrl(code: KeyCode, key: Key) -> Self {
        Self::Strike(vec![(KeyCode::ControlLeft, Key::Control)], code, key)
    }

    /// Strikes a key with Ctrl and Shift.
    pub fn ctrl_shift(code: KeyCode, key: Key) -> Self {
        let shift = (KeyCode::ShiftLeft, Key::Shift);
        Self::Strike(vec![(KeyCode::ControlLeft, Key::Control), shift], code, key)
    }
}

impl Script {
    /// Takes steps; `failed` gets the sentence of a step that did not come to pass.
    pub fn new(steps: Vec<Step>, failed: Arc<std::sync::Mutex<Option<String>>>) -> Self {
        Self {
            steps: steps.into(),
            began: Instant::now(),
            part: 0,
            pointer: Vec2::ZERO,
            labels: Vec::new(),
            picture: Arc::default(),
            failed,
        }
    }

    fn next(&mut self) {
        self.steps.pop_front();
        self.part = 0;
        self.began = Instant::now();
    }

    fn fail(&mut self, why: String) {
        if let Ok(mut failed) = self.failed.lock() {
            *failed = Some(why);
        }
        self.steps.clear();
    }

    /// The middle of what carries a label: exactly, or at its beginning.
    fn labelled(&self, label: &str) -> Option<Vec2> {
        let find = |same: &dyn Fn(&str) -> bool| self.labels.iter().find(|(text, _)| same(text));
        let found = find(&|text| text == label).or_else(|| find(&|text| text.starts_with(label)));
        found.map(|(_, rect)| rect.center())
    }
}

/// Reads where the labels of the interface are.
pub fn read_labels(script: Option<ResMut<Script>>, outputs: Query<&EguiFullOutput>) {
    let Some(mut script) = script else { return };
    for output in &outputs {
        let update = output.0.as_ref().and_then(|o| o.platform_output.accesskit_update.as_ref());
        let Some(update) = update else { continue };
        // What bears a name comes before a text that says the same beside it.
        let named = |of: fn(&egui::accesskit::Node) -> Option<&str>| {
            let shown = update.nodes.iter().filter(|(_, node)| !node.is_disabled());
            shown.filter_map(move |(_, node)| {
                let (text, b) = (of(node)?, node.bounds()?);
                let rect = Rect::new(b.x0 as f32, b.y0 as f32, b.x1 as f32, b.y1 as f32);
                Some((text.to_string(), rect))
            })
        };
        script.labels = named(|node| node.label())
            .chain(named(|node| node.value().filter(|_| node.label().is_none())))
            .collect();
    }
}

/// The messages that a person's hands would cause.
#[derive(bevy::ecs::system::SystemParam)]
pub struct Fingers<'w> {
    any: MessageWriter<'w, WindowEvent>,
    wheel: MessageWriter<'w, MouseWheel>,
    keys: MessageWriter<'w, KeyboardInput>,
    dropped: MessageWriter<'w, FileDragAndDrop>,
    close: MessageWriter<'w, WindowCloseRequested>,
    exit: MessageWriter<'w, AppExit>,
    redraw: MessageWriter<'w, RequestRedraw>,
}

impl Fingers<'_> {
    fn point(&mut self, window: Entity, position: Vec2) {
        self.any.write(CursorMoved { window, position, delta: None }.into());
    }

    fn button(&mut self, window: Entity, button: MouseButton, state: ButtonState) {
        self.any.write(MouseButtonInput { button, state, window }.into());
    }

    fn key(&mut self, window: Entity, code: KeyCode, key: Key, state: ButtonState) {
        let text = match (&key, state) {
            (Key::Character(text), ButtonState::Pressed) => Some(text.clone()),
            _ => None,
        };
        let (key_code, logical_key) = (code, key);
        self.keys.write(KeyboardInput {
            key_code,
            logical_key,
            state,
            text,
            repeat: false,
            window,
        });
    }
}

/// Does the next part of the first step.
#[expect(clippy::too_many_arguments, reason = "a system: each is one thing it looks at")]
pub fn act(
    mut commands: Commands,
    script: Option<ResMut<Script>>,
    now: Res<Now>,
    view: Res<View3d>,
    mut shell: ResMut<Shell>,
    meter: Option<Res<Meter>>,
    mut windows: Query<(Entity, &mut Window), With<PrimaryWindow>>,
    mut fingers: Fingers,
) {
    let Some(mut script) = script else { return };
    let Ok((window, mut shape)) = windows.single_mut() else { return };
    if !shape.focused {
        // A screen without a window manager gives the keyboard to nobody.
        shape.focused = true;
    }
    fingers.redraw.write(RequestRedraw);
    let script = &mut *script;
    let Some(step) = script.steps.pop_front() else {
        fingers.exit.write(AppExit::Success);
        return;
    };
    let waited = script.began.elapsed();
    let part = script.part;
    script.part += 1;
    let points = shell.view.zoom.max(0.1);
    let mut done = false;
    let mut failed = None;
    match &step {
        Step::Until { what, most, holds } => {
            done = holds(&now.0, &shell.view);
            if !done && waited > *most {
                failed = Some(format!("waited {:.0} s for: {what}", waited.as_secs_f32()));
            }
        }
        Step::Rest(time) => done = waited >= *time,
        Step::Press(label) => match (part, script.labelled(label)) {
            (0, Some(at)) => {
                script.pointer = at * points;
                fingers.point(window, script.pointer);
            }
            (0, None) => {
                script.part = 0;
                if waited > LOOKED_FOR {
                    let labels: Vec<&str> = script.labels.iter().map(|l| l.0.as_str()).collect();
                    failed = Some(format!("nothing is labelled `{label}`, only {labels:?}"));
                }
            }
            (1, _) => {}
            (2, _) => fingers.button(window, MouseButton::Left, ButtonState::Pressed),
            (3, _) => fingers.button(window, MouseButton::Left, ButtonState::Released),
            _ => done = true,
        },
        Step::Point(at) => {
            script.pointer = Vec2::from(*at);
            fingers.point(window, script.pointer);
            done = true;
        }
        Step::PointInView([x, y]) => {
            let rect = view.rect;
            let at = Vec2::new(rect.left() + x * rect.width(), rect.top() + y * rect.height());
            script.pointer = at * points;
            fingers.point(window, script.pointer);
            done = part > 0;
        }
        Step::Click => match part {
            0 => fingers.button(window, MouseButton::Left, ButtonState::Pressed),
            1 => fingers.button(window, MouseButton::Left, ButtonState::Released),
            _ => done = true,
        },
        Step::Drag(button, by) => {
            if part == 0 {
                fingers.button(window, *button, ButtonState::Pressed);
            } else if part <= PARTS_OF_A_DRAG {
                script.pointer += Vec2::from(*by) / PARTS_OF_A_DRAG as f32;
                fingers.point(window, script.pointer);
            } else if part == PARTS_OF_A_DRAG + 1 {
                fingers.button(window, *button, ButtonState::Released);
            } else {
                done = true;
            }
        }
        Step::Scroll(lines) => {
            fingers.wheel.write(MouseWheel {
                unit: MouseScrollUnit::Line,
                x: 0.0,
                y: *lines,
                window,
                phase: bevy::input::touch::TouchPhase::Moved,
            });
            done = true;
        }
        Step::Strike(held, code, key) => match part {
            0 => {
                for (code, key) in held {
                    fingers.key(window, *code, key.clone(), ButtonState::Pressed);
                }
                fingers.key(window, *code, key.clone(), ButtonState::Pressed);
            }
            1 => {
                fingers.key(window, *code, key.clone(), ButtonState::Released);
                for (code, key) in held {
                    fingers.key(window, *code, key.clone(), ButtonState::Released);
                }
            }
            _ => done = true,
        },
        Step::Drop(path) => {
            let path_buf = path.clone();
            fingers.dropped.write(FileDragAndDrop::DroppedFile { window, path_buf });
            done = true;
        }
        Step::Type(text) => {
            // One letter a frame, as hands are slower than that.
            match text.chars().nth(part) {
                Some(c) => {
                    let key = match c {
                        ' ' => Key::Space,
                        c => Key::Character(c.to_string().into()),
                    };
                    fingers.key(window, KeyCode::F24, key.clone(), ButtonState::Pressed);
                    fingers.key(window, KeyCode::F24, key, ButtonState::Released);
                }
                None => done = true,
            }
        }
        Step::Resize([width, height]) => {
            shape.resolution.set(*width, *height);
            done = true;
        }
        Step::Hold(code, key, time) => {
            if part == 0 {
                fingers.key(window, *code, key.clone(), ButtonState::Pressed);
            }
            done = waited >= *time;
            if done {
                fingers.key(window, *code, key.clone(), ButtonState::Released);
            }
        }
        Step::HoldUntil { keys, what, most, holds } => {
            done = holds(&now.0, &shell.view);
            if !done && part == 0 {
                for (code, key) in keys {
                    fingers.key(window, *code, key.clone(), ButtonState::Pressed);
                }
            }
            if !done && waited > *most {
                failed = Some(format!("held keys {:.0} s for: {what}", waited.as_secs_f32()));
            }
            // Whatever came of it, the keys come up again.
            if (done || failed.is_some()) && part > 0 {
                for (code, key) in keys {
                    fingers.key(window, *code, key.clone(), ButtonState::Released);
                }
            }
        }
        Step::Show(change) => {
            change(&now.0, &mut shell.view);
            done = true;
        }
        Step::Measure(name) => {
            if let Some(meter) = &meter {
                meter.stretch(*name);
            }
            done = true;
        }
        Step::Picture(path) => match script.picture.load(Ordering::Acquire) {
            // A view that is still being drawn shows what was before; one that moves never rests.
            0 if part < 4 || (!view.rests() && waited < SETTLED) => {}
            0 => {
                script.picture.store(1, Ordering::Release);
                keep(&mut commands, path.clone(), script.picture.clone());
            }
            1 => {
                if waited > LOOKED_FOR {
                    failed = Some(format!("no picture came for {}", path.display()));
                }
            }
            outcome => {
                script.picture.store(0, Ordering::Release);
                done = outcome == 2;
                failed = (!done).then(|| format!("{} could not be written", path.display()));
            }
        },
        Step::Close => {
            fingers.close.write(WindowCloseRequested { window });
            done = true;
        }
    }
    script.steps.push_front(step);
    if let Some(why) = failed {
        script.fail(why);
    } else if done {
        script.next();
    }
}

/// Keeps a picture of the window; `outcome` becomes 2 when the file is there, 3 when it cannot be.
fn keep(commands: &mut Commands, path: PathBuf, outcome: Arc<AtomicU8>) {
    commands.spawn(Screenshot::primary_window()).observe(move |shot: On<ScreenshotCaptured>| {
        let (image, path, outcome) = (shot.image.clone(), path.clone(), outcome.clone());
        IoTaskPool::get()
            .spawn(async move {
                let saved = image
                    .try_into_dynamic()
                    .map_err(|error| error.to_string())
                    .and_then(|i| i.to_rgb8().save(&path).map_err(|error| error.to_string()));
                if let Err(error) = &saved {
                    tracing::error!("{}: {error}", path.display());
                }
                outcome.store(if saved.is_ok() { 2 } else { 3 }, Ordering::Release);
            })
            .detach();
    });
}
