//! Cabinets with drawers on rails. Handles are upright bars standing off the fronts.
//!
//! Cabinet: origin in the middle of its front edge on the ground, z up, the front faces -x. Drawer:
//! origin in the middle of its front's outer face, axes as the cabinet's when shut.

use std::sync::Arc;

use interface::{Material, Point, RigidTransform, Vector};
use nalgebra::{Point3, Vector3};
use render::shapes;

use super::materials;
use super::solids::{at, bar, block, frame};
use crate::{Play, SceneBuilder, ThingJoint, ThingJointKind, ThingSpec};

/// Thickness of the cabinet's boards, metres.
const BOARD: f64 = 0.012;
/// Thickness of a drawer's front, metres.
const FRONT: f64 = 0.014;
/// From a front's face to the middle of its handle, metres.
pub const STAND_OFF: f64 = 0.042;
/// Radius of a handle, metres.
pub const HANDLE_RADIUS: f64 = 0.006;

/// A cabinet's measures, metres, and how its drawers run.
#[derive(Clone, Copy, Debug)]
pub struct Cabinet {
    /// From side to side.
    pub width: f64,
    /// From front to back.
    pub depth: f64,
    /// Height of one drawer.
    pub drawer: f64,
    /// How many drawers.
    pub drawers: usize,
    /// Height of the plinth under the lowest drawer.
    pub plinth: f64,
    /// Length of a handle.
    pub handle: f64,
    /// How far a drawer opens.
    pub travel: f64,
    /// Dry friction of the rails, newtons.
    pub friction: f64,
    /// How loosely the drawers run; `None` for rails on rollers.
    pub play: Option<Play>,
}

impl Cabinet {
    /// The middle of a drawer's handle in the drawer's frame, metres.
    pub fn handle_middle() -> Point3<f64> {
        Point3::new(-STAND_OFF, 0.0, 0.0)
    }

    /// Where drawer `index`, counted from the bottom, sits in the cabinet when shut.
    fn drawer_place(&self, index: usize) -> RigidTransform {
        at(0.0, 0.0, self.plinth + BOARD + (index as f64 + 0.5) * self.drawer)
    }

    /// Adds the cabinet, screwed to the ground, and its drawers, named from the bottom.
    pub fn add(
        &self,
        builder: &mut SceneBuilder<'_>,
        name: &str,
        world_from_cabinet: RigidTransform,
        drawers: &[(&str, &[&str])],
        look: &Look,
    ) {
        builder.add(self.carcass(name, world_from_cabinet, &look.carcass));
        for (index, (drawer, aliases)) in drawers.iter().enumerate().take(self.drawers) {
            let place = self.drawer_place(index);
            builder.add(self.drawer(drawer, world_from_cabinet * place, look).aliases(aliases));
            // The rail's z axis points out of the cabinet, its x axis up; a drawer with play turns
            // about its rear end.
            let rear = at(self.depth - BOARD, 0.0, 0.0);
            let rail = rear * frame(Point3::origin(), -Vector3::x(), Vector3::y());
            builder.join(ThingJoint {
                parent: name.into(),
                child: (*drawer).into(),
                kind: ThingJointKind::Slide,
                parent_from_joint: place * rail,
                child_from_joint: rail,
                limits: [0.0, self.travel],
                start: 0.0,
                friction: self.friction,
                play: self.play,
                contacts: false,
            });
        }
    }

    /// Height without handles.
    fn height(&self) -> f64 {
        self.plinth + 2.0 * BOARD + self.drawers as f64 * self.drawer
    }

    fn carcass(
        &self,
        name: &str,
        world_from_thing: RigidTransform,
        wood: &Arc<Material>,
    ) -> ThingSpec {
        let (w, d, h) = (0.5 * self.width, self.depth, self.height());
        let mut thing = ThingSpec::fixed(name, world_from_thing);
        let top = self.plinth + BOARD + self.drawers as f64 * self.drawer;
        let mut boards = vec![
            ([0.006, -w + 0.004, 0.0], [d, w - 0.004, self.plinth]),
            ([0.0, -w, self.plinth], [d, w, self.plinth + BOARD]),
            ([-0.004, -w - 0.004, top], [d, w + 0.004, h]),
            ([0.0, -w, self.plinth + BOARD], [d, -w + BOARD, top]),
            ([0.0, w - BOARD, self.plinth + BOARD], [d, w, top]),
            ([d - BOARD, -w + BOARD, self.plinth + BOARD], [d, w - BOARD, top]),
        ];
        if self.plinth <= 0.0 {
            boards.remove(0);
        }
        for (low, high) in boards {
            thing = board(thing, "body", low, high, wood);
        }
        thing
    }

    fn drawer(&self, name: &str, world_from_thing: RigidTransform, look: &Look) -> ThingSpec {
        let w = 0.5 * self.width - BOARD;
        let (side, low) = (w - 0.004, -0.5 * self.drawer + 0.006);
        let (gap, rear, rim) = (0.0015, self.depth - BOARD - 0.010, 0.5 * self.drawer - 0.022);
        let mut thing = ThingSpec::free(name, world_from_thing, 0.45);
        let face = 0.5 * self.drawer - gap;
        thing = board(thing, "front", [0.0, -w + gap, -face], [FRONT, w - gap, face], &look.front);
        let thin = 0.006;
        for (low, high) in [
            ([FRONT, -side, low], [rear, side, low + thin]),
            ([FRONT, -side, low + thin], [rear, -side + thin, rim]),
            ([FRONT, side - thin, low + thin], [rear, side, rim]),
            ([rear - thin, -side + thin, low + thin], [rear, side - thin, rim]),
        ] {
            thing = board(thing, "tray", low, high, &look.tray);
        }
        self.with_handle(thing, look)
    }

    fn with_handle(&self, thing: ThingSpec, look: &Look) -> ThingSpec {
        let here = RigidTransform::identity();
        let half = 0.5 * self.handle;
        let feet = [-half + 0.006, half - 0.006];
        let mut meshes = Vec::new();
        let mut thing = thing;
        let r = HANDLE_RADIUS;
        let upright = shapes::rounded_cylinder(r as f32, self.handle as f32, 0.002, 32);
        meshes.push(shapes::transformed(&upright, &at(-STAND_OFF, 0.0, 0.0)));
        let ends = [-half + r, half - r].map(|z| Point3::new(-STAND_OFF, 0.0, z));
        thing = bar(thing, ends[0], ends[1], r, 0.9);
        for z in feet {
            let (a, b) = (Point3::new(-STAND_OFF, 0.0, z), Point3::new(0.004, 0.0, z));
            thing = bar(thing, a, b, 0.0045, 0.7);
            let path: [Point; 2] = [a.cast(), b.cast()];
            meshes.push(shapes::tube_along(&path, |_| [0.0045; 2], Vector::y(), 20));
        }
        thing.visual("handle", here, Arc::new(shapes::merge(&meshes)), look.handle.clone())
    }
}

/// What a cabinet is made of.
#[derive(Clone, Debug)]
pub struct Look {
    /// The carcass.
    pub carcass: Arc<Material>,
    /// The fronts.
    pub front: Arc<Material>,
    /// The trays behind them.
    pub tray: Arc<Material>,
    /// The handles.
    pub handle: Arc<Material>,
}

impl Look {
    /// Walnut with cream fronts.
    pub fn walnut_and_cream() -> Self {
        Self {
            carcass: materials::walnut(61),
            front: materials::cream(),
            tray: materials::birch(62),
            handle: materials::steel(),
        }
    }

    /// Birch with sea-green fronts.
    pub fn birch_and_green() -> Self {
        Self {
            carcass: materials::birch(63),
            front: materials::lacquer([0.10, 0.26, 0.24]),
            tray: materials::birch(64),
            handle: materials::steel(),
        }
    }
}

/// Adds a board between two corners that is seen and touched.
pub(super) fn board(
    thing: ThingSpec,
    part: &str,
    low: [f64; 3],
    high: [f64; 3],
    material: &Arc<Material>,
) -> ThingSpec {
    let size: [f64; 3] = std::array::from_fn(|k| high[k] - low[k]);
    let middle: [f64; 3] = std::array::from_fn(|k| 0.5 * (high[k] + low[k]));
    let rounding = 0.0015_f32.min(0.4 * size.iter().copied().fold(1.0, f64::min) as f32);
    let mesh = shapes::rounded_cuboid(
        Vector::new(size[0] as f32, size[1] as f32, size[2] as f32),
        rounding,
        2,
    );
    let place = at(middle[0], middle[1], middle[2]);
    block(thing.visual(part, place, Arc::new(mesh), material.clone()), low, high, 0.5)
}
