//! Drawing at places of the scene.

use interface::{Depth, Flow3, Pinhole, Point, RigidTransform};
use nalgebra::Point3;

use super::canvas::{Canvas, Node, Style};
use super::colors::{ACCENT, GOOD, PANEL, REFUSAL, flow_color};

/// How a picture sees the scene.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    /// The lens the picture was taken with.
    pub pinhole: &'a Pinhole,
    /// Where the camera stood, in the frame of what is drawn.
    pub world_from_camera: &'a RigidTransform,
    /// How far away the picture's surfaces are: what lies behind them is drawn faintly.
    pub depth: Option<&'a Depth>,
}

/// What became of a grasp candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraspMark {
    /// It could be taken.
    Kept,
    /// It was refused: drawn dashed.
    Refused,
    /// It was taken: drawn thick.
    Chosen,
}

/// Nearest distance that is drawn, metres.
const NEAR: f64 = 0.02;

impl Sight<'_> {
    fn in_camera(&self, world: &Point) -> Point3<f64> {
        self.world_from_camera.inverse_transform_point(&world.cast::<f64>())
    }

    fn node(&self, camera: &Point3<f64>, color: [u8; 3]) -> Node {
        let lens = self.pinhole;
        Node {
            u: (lens.fx * camera.x / camera.z + lens.cx) as f32,
            v: (lens.fy * camera.y / camera.z + lens.cy) as f32,
            z: Some(camera.z as f32),
            color,
        }
    }

    /// Both ends of a segment in the picture, what lies behind the camera cut off.
    fn segment(&self, a: (&Point, [u8; 3]), b: (&Point, [u8; 3])) -> Option<[Node; 2]> {
        let (mut p, mut q) = (self.in_camera(a.0), self.in_camera(b.0));
        if !p.iter().chain(q.iter()).all(|x| x.is_finite()) || (p.z < NEAR && q.z < NEAR) {
            return None;
        }
        let cut = |from: Point3<f64>, to: Point3<f64>| {
            from + (to - from) * ((NEAR - from.z) / (to.z - from.z))
        };
        if p.z < NEAR {
            p = cut(p, q);
        } else if q.z < NEAR {
            q = cut(q, p);
        }
        Some([self.node(&p, a.1), self.node(&q, b.1)])
    }
}

impl Canvas {
    /// Lines through places of the scene, with a dark seam so that they show on any ground.
    pub fn polyline(&mut self, sight: &Sight<'_>, points: &[Point], style: &Style) {
        let nodes: Vec<_> = points.iter().map(|p| (*p, style.color)).collect();
        self.colored_polyline(sight, &nodes, style);
    }

    fn colored_polyline(&mut self, sight: &Sight<'_>, points: &[(Point, [u8; 3])], style: &Style) {
        let radius = style.width * self.scale() * 0.5;
        let seam = (self.scale() * 0.9).max(0.7);
        for (radius, opacity, seam) in [(radius + seam, 0.45, true), (radius, 1.0, false)] {
            let mut travelled = 0.0;
            for pair in points.windows(2) {
                let Some([mut a, mut b]) =
                    sight.segment((&pair[0].0, pair[0].1), (&pair[1].0, pair[1].1))
                else {
                    continue;
                };
                if seam {
                    (a.color, b.color) = (PANEL, PANEL);
                }
                match style.dash.map(|d| d * self.scale()) {
                    Some(dash) if dash > 0.5 => {
                        let length = (b.u - a.u).hypot(b.v - a.v);
                        self.dashes(a, b, length, travelled, dash, radius, sight);
                        travelled += length;
                    }
                    _ => self.cover_segment(a, b, radius, sight.depth),
                }
            }
            self.blend(style.opacity * opacity);
        }
    }

    /// The dashes of one segment; `travelled` pixels of the line lie before it.
    #[expect(clippy::too_many_arguments, reason = "one step of a loop, taken out of it")]
    fn dashes(
        &mut self,
        a: Node,
        b: Node,
        length: f32,
        travelled: f32,
        dash: f32,
        radius: f32,
        sight: &Sight<'_>,
    ) {
        let at = |t: f32| {
            let z = a.z.zip(b.z).map(|(za, zb)| 1.0 / ((1.0 - t) / za + t / zb));
            Node { u: a.u + (b.u - a.u) * t, v: a.v + (b.v - a.v) * t, z, color: a.color }
        };
        // No more dashes than a picture has pixels across, however long the line is.
        let first = (travelled / (2.0 * dash)).floor();
        let count = ((length / (2.0 * dash)) as usize + 2).min(2000);
        for k in 0..count {
            let from = ((first + k as f32) * 2.0 * dash - travelled).max(0.0);
            let to = ((first + k as f32) * 2.0 * dash + dash - travelled).min(length);
            if to > from {
                self.cover_segment(at(from / length), at(to / length), radius, sight.depth);
            }
        }
    }

    /// Discs at places of the scene.
    pub fn points(&mut self, sight: &Sight<'_>, points: &[Point], style: &Style) {
        let radius = style.width * self.scale() * 0.5;
        for point in points {
            if let Some([node, _]) = sight.segment((point, style.color), (point, style.color)) {
                self.cover_segment(node, node, radius, sight.depth);
            }
        }
        self.blend(style.opacity);
    }

    /// A flow as ribbons that run from cool (start) to warm (end), each with a disc where its point
    /// is at `now` seconds. At most `ribbons` of its points are drawn, evenly chosen, and nothing
    /// later than `until` seconds.
    pub fn flow(&mut self, sight: &Sight<'_>, flow: &Flow3, ribbons: usize, until: f64, now: f64) {
        let last = flow.times.last().copied().unwrap_or_default().max(1e-9);
        let steps = flow.times.iter().take_while(|t| **t <= until + 1e-9).count();
        if steps == 0 || flow.points == 0 {
            return;
        }
        let color = |step: usize| flow_color((flow.times[step] / last) as f32);
        let seen = |step: usize, point: usize| flow.visible[step * flow.points + point];
        let stride = flow.points.div_ceil(ribbons.max(1));
        let chosen: Vec<usize> = (0..flow.points).step_by(stride).filter(|p| seen(0, *p)).collect();
        let style = Style { opacity: 0.9, ..Style::new(PANEL, 2.2) };
        for point in &chosen {
            let ribbon: Vec<_> = (0..steps)
                .filter(|step| seen(*step, *point))
                .map(|step| (flow.at(step)[*point], color(step)))
                .collect();
            self.colored_polyline(sight, &ribbon, &style);
        }
        let step = flow.times[..steps].iter().rposition(|t| *t <= now + 1e-9).unwrap_or(0);
        let here: Vec<Point> = chosen
            .iter()
            .filter(|point| seen(step, **point))
            .map(|point| flow.at(step)[*point])
            .collect();
        self.points(sight, &here, &Style::new(PANEL, 7.0).faint(0.55));
        self.points(sight, &here, &Style::new(color(step), 5.0));
    }

    /// A gripper about to close on `width` metres: two fingers, the bar between them, a stem. The
    /// grasp frame's z runs out of the hand, its y from finger to finger.
    pub fn gripper(
        &mut self,
        sight: &Sight<'_>,
        world_from_grasp: &RigidTransform,
        width: f64,
        mark: GraspMark,
    ) {
        let half = width * 0.5 + 0.006;
        let at = |y: f64, z: f64| (world_from_grasp * Point3::new(0.0, y, z)).cast::<f32>();
        let (tip, palm, wrist) = (0.012, -0.04, -0.085);
        let style = match mark {
            GraspMark::Kept => Style::new(ACCENT, 1.6).faint(0.85),
            GraspMark::Refused => Style::new(REFUSAL, 1.4).dashed(4.0).faint(0.6),
            GraspMark::Chosen => Style::new(GOOD, 4.0),
        };
        let fingers = [at(-half, tip), at(-half, palm), at(half, palm), at(half, tip)];
        self.polyline(sight, &fingers, &style);
        self.polyline(sight, &[at(0.0, palm), at(0.0, wrist)], &style);
    }
}
