//! The window and the order in which things happen in it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bevy::app::{AppExit, TaskPoolPlugin};
use bevy::asset::AssetEventSystems;
use bevy::camera::CameraUpdateSystems;
use bevy::log::{Level, LogPlugin};
use bevy::prelude::*;
use bevy::render::RenderPlugin;
use bevy::transform::TransformSystems;
use bevy::window::{PresentMode, WindowResizeConstraints, WindowResolution};
use bevy::winit::{UpdateMode, WinitPlugin, WinitSettings};
use bevy_egui::{
    EguiGlobalSettings, EguiPlugin, EguiPostUpdateSet, EguiPrimaryContextPass, PrimaryEguiContext,
};
use bevy_mod_outline::OutlinePlugin;
use panel::Workbench;
use session_api::live::{Act, Door};

use crate::backdrop::{FloorHeight, Ground};
use crate::evidence::{clouds, flow, ghosts, grasps, paths, policy, shapes, sights};
use crate::hands::Hands;
use crate::host::Shell;
use crate::ink::Ink;
use crate::keep::Keeper;
use crate::light::Middle;
use crate::look::World3d;
use crate::meter::{self, Meter};
use crate::moment::{Face, Now};
use crate::quality::Quality;
use crate::script::Script;
use crate::surface::Patterned;
use crate::view3d::View3d;
use crate::{
    Options, StudioError, backdrop, camera, display, host, keep, light, look, moment, pick, points,
    script, shaders, view3d,
};

/// The usual size, logical pixels.
const SIZE: [u32; 2] = [1440, 900];
/// How long an idle window sleeps at most.
const SLEEP: Duration = Duration::from_secs(1);

/// What happens after the panels have spoken and before anything is placed.
#[derive(SystemSet, Debug, Clone, PartialEq, Eq, Hash)]
enum Draw3d {
    /// The world and the camera.
    World,
    /// What explains it.
    Explain,
    /// The picture.
    Picture,
}

/// Opens the window and returns when it is closed.
pub fn run(door: Door, options: Options) -> Result<(), StudioError> {
    open(door, options, None)
}

/// As [`run`], with a meter that reads what frames cost.
pub(crate) fn open(door: Door, options: Options, meter: Option<Meter>) -> Result<(), StudioError> {
    display::check()?;
    let quality = Quality::choose()?;
    let mut app = App::new();
    plugins(&mut app, &options);
    let face = Face::new(door);
    let mut shell = restored(options.keep.as_deref());
    shell.view.quality = quality.sentence.clone();
    let last = options.keep.as_deref().and_then(keep::opened);
    for act in last.map_or(options.first, |act| vec![act]) {
        let _ = face.ask(act);
    }
    app.add_plugins(quality)
        .insert_resource(shell)
        .insert_resource(face.clone())
        .insert_resource(Keeper::new(options.keep.clone()))
        .init_resource::<Now>()
        .init_resource::<View3d>()
        .init_resource::<Hands>()
        .init_resource::<Middle>()
        .init_resource::<FloorHeight>()
        .init_resource::<camera::Rig>()
        .init_resource::<World3d>()
        .add_plugins((
            MaterialPlugin::<Patterned>::default(),
            MaterialPlugin::<Ground>::default(),
            MaterialPlugin::<Ink>::default(),
            OutlinePlugin::EXTRUDE_VERTEX,
            shaders::plugin,
            points::plugin,
        ))
        .add_systems(Startup, (light::hang, backdrop::lay, view3d::open, panels, moment::watch))
        .add_systems(
            PreUpdate,
            (moment::take, host::hear, host::take_dropped, host::count_frames, keep::remember)
                .chain(),
        )
        .add_systems(EguiPrimaryContextPass, host::draw)
        .configure_sets(
            PostUpdate,
            (Draw3d::World, Draw3d::Explain, Draw3d::Picture)
                .chain()
                .after(EguiPostUpdateSet::EndPass)
                .before(TransformSystems::Propagate)
                .before(CameraUpdateSystems)
                .before(AssetEventSystems),
        )
        .add_systems(
            PostUpdate,
            (
                look::sync,
                look::hide,
                pick::point,
                pick::frame,
                pick::outline,
                light::film,
                light::follow,
                camera::wish,
                camera::steer,
                camera::arrive,
                backdrop::keep,
            )
                .chain()
                .in_set(Draw3d::World),
        )
        .add_systems(
            PostUpdate,
            (view3d::fit, view3d::draw_when_wanted).chain().in_set(Draw3d::Picture),
        );
    app.add_systems(
        PostUpdate,
        (
            clouds::sync,
            flow::draw,
            ghosts::target,
            paths::tool,
            policy::draw,
            paths::arm,
            grasps::draw,
            sights::cameras,
            sights::frames,
            sights::contacts,
            shapes::collision,
        )
            .chain()
            .in_set(Draw3d::Explain),
    );
    if let Some(meter) = meter {
        app.insert_resource(meter)
            .add_systems(First, meter::begin.before(script::act))
            .add_systems(Last, meter::end);
    }
    let failed = Arc::new(Mutex::new(None));
    if !options.script.is_empty() {
        app.insert_resource(Script::new(options.script, failed.clone()))
            .add_systems(First, script::act)
            .add_systems(
                PostUpdate,
                script::read_labels
                    .after(EguiPostUpdateSet::EndPass)
                    .before(EguiPostUpdateSet::ProcessOutput),
            );
    }
    let exit = app.run();
    let _ = face.ask(Act::Quit);
    let failed = failed.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(why) = failed {
        return Err(StudioError::Script(why));
    }
    match exit {
        AppExit::Success => Ok(()),
        AppExit::Error(_) => Err(StudioError::Ended),
    }
}

/// The panels as they were left; as they are at first, with a sentence, when that cannot be read.
fn restored(folder: Option<&Path>) -> Shell {
    let mut shell = Shell::default();
    let Some(folder) = folder else { return shell };
    let read = keep::layout(folder).and_then(|text| {
        let parsed = text.map(|text| Workbench::from_layout(&text));
        parsed.transpose().map_err(|error| error.to_string())
    });
    match read {
        Ok(Some((workbench, view))) => (shell.workbench, shell.view) = (workbench, view),
        Ok(None) => {}
        Err(why) => shell.workbench.fail(&format!("the layout starts anew: {why}")),
    }
    shell
}

fn plugins(app: &mut App, options: &Options) {
    let [width, height] = options.size.unwrap_or(SIZE);
    let window = Window {
        title: "flowarm".into(),
        name: Some("flowarm".into()),
        resolution: WindowResolution::new(width, height),
        resize_constraints: WindowResizeConstraints {
            min_width: 320.0,
            min_height: 200.0,
            ..WindowResizeConstraints::default()
        },
        present_mode: PresentMode::AutoVsync,
        ..Window::default()
    };
    app.add_plugins(
        DefaultPlugins
            .set(WindowPlugin { primary_window: Some(window), ..WindowPlugin::default() })
            .set(WinitPlugin { run_on_any_thread: options.any_thread })
            .set(RenderPlugin {
                // Nothing is shown half: a picture waits for what it is drawn with.
                synchronous_pipeline_compilation: true,
                ..RenderPlugin::default()
            })
            .set(TaskPoolPlugin::default())
            .set(LogPlugin {
                level: Level::WARN,
                // What the drivers say of themselves is not for the person.
                filter: "wgpu_core=error,wgpu_hal=off,naga=error,bevy_winit=error".into(),
                ..LogPlugin::default()
            }),
    );
    // The panels have a camera of their own; whichever camera came first would be taken otherwise.
    app.insert_resource(EguiGlobalSettings {
        auto_create_primary_context: false,
        ..EguiGlobalSettings::default()
    })
    .add_plugins(EguiPlugin::default());
    let sleepy = UpdateMode::Reactive {
        wait: SLEEP,
        react_to_device_events: false,
        react_to_user_events: true,
        react_to_window_events: true,
    };
    app.insert_resource(WinitSettings { focused_mode: sleepy, unfocused_mode: sleepy });
}

/// The camera that the panels are drawn with.
fn panels(mut commands: Commands) {
    commands.spawn((PrimaryEguiContext, Camera2d, Msaa::Off));
}
