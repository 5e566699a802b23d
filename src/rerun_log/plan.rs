//! What a planner thinks: clouds, the predicted flow, grasps and tool paths.

use interface::{Flow3, GraspCandidate, PointCloud, ToolPath};

use crate::convert::{part, points, time_color};
use crate::{Recording, RerunError};

/// Colour of a kept grasp, of a refused one, and of the one that is taken.
const KEPT: [u8; 3] = [0x3F, 0xB6, 0x8B];
const REFUSED: [u8; 3] = [0xE5, 0x53, 0x4B];
const CHOSEN: [u8; 3] = [0x4C, 0x9F, 0xFF];

impl Recording {
    /// A cloud in the planning frame, in its own colours, or in `color` where it has none.
    pub fn cloud(&self, name: &str, cloud: &PointCloud, color: [u8; 3]) -> Result<(), RerunError> {
        let drawn = rerun::Points3D::new(points(&cloud.points)).with_radii([0.0015]);
        let drawn = if cloud.colors.len() == cloud.points.len() {
            drawn.with_colors(cloud.colors.iter().map(|c| rerun::Color::from_rgb(c[0], c[1], c[2])))
        } else {
            drawn.with_colors([rerun::Color::from_rgb(color[0], color[1], color[2])])
        };
        Ok(self.stream.log(format!("world/clouds/{}", part(name)), &drawn)?)
    }

    /// A flow as ribbons that run from cool (start) to warm (end), and its points over time from
    /// `start_secs` on. Points not seen at a step end the ribbon there.
    pub fn flow(&self, flow: &Flow3, start_secs: f64) -> Result<(), RerunError> {
        let last = flow.steps().saturating_sub(1).max(1) as f32;
        let (mut strips, mut colors) = (Vec::new(), Vec::new());
        for step in 1..flow.steps() {
            let [r, g, b] = time_color(step as f32 / last);
            let (from, to) = (flow.at(step - 1), flow.at(step));
            let (seen, still) = (flow.visible_at(step - 1), flow.visible_at(step));
            for point in 0..flow.points {
                if seen[point] && still[point] {
                    let (a, b_) = (from[point], to[point]);
                    strips.push([[a.x, a.y, a.z], [b_.x, b_.y, b_.z]]);
                    colors.push(rerun::Color::from_rgb(r, g, b));
                }
            }
        }
        self.at(start_secs);
        let ribbons = rerun::LineStrips3D::new(strips).with_colors(colors).with_radii([0.0006]);
        self.stream.log("world/flow/ribbons", &ribbons)?;
        for (step, secs) in flow.times.iter().enumerate() {
            self.at(start_secs + secs);
            let [r, g, b] = time_color(step as f32 / last);
            let seen = flow.visible_at(step);
            let now = flow.at(step).iter().zip(seen).filter(|(_, seen)| **seen);
            let now = rerun::Points3D::new(now.map(|(p, _)| [p.x, p.y, p.z]))
                .with_colors([rerun::Color::from_rgb(r, g, b)])
                .with_radii([0.002]);
            self.stream.log("world/flow/points", &now)?;
        }
        self.at(start_secs);
        Ok(())
    }

    /// Grasps as open hands, `finger_length` long: kept, refused and chosen in their colours, each
    /// with its score or the reason against it.
    pub fn grasps(
        &self,
        grasps: &[GraspCandidate],
        chosen: Option<usize>,
        finger_length: f64,
    ) -> Result<(), RerunError> {
        let (mut strips, mut colors, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        for (index, grasp) in grasps.iter().enumerate() {
            let half = grasp.opening / 2.0;
            // From one finger tip over the palm to the other: z approaches, y closes.
            let outline = [
                [0.0, -half, 0.0],
                [0.0, -half, -finger_length],
                [0.0, half, -finger_length],
                [0.0, half, 0.0],
            ];
            let strip: Vec<[f32; 3]> = outline
                .iter()
                .map(|p| {
                    let p = grasp.frame_from_grasp * nalgebra::Point3::new(p[0], p[1], p[2]);
                    [p.x as f32, p.y as f32, p.z as f32]
                })
                .collect();
            strips.push(strip);
            let [r, g, b] = match (&grasp.rejection, chosen == Some(index)) {
                (_, true) => CHOSEN,
                (None, false) => KEPT,
                (Some(_), false) => REFUSED,
            };
            colors.push(rerun::Color::from_rgb(r, g, b));
            labels.push(match &grasp.rejection {
                Some(reason) => reason.to_string(),
                None => format!("score {:.2}", grasp.score),
            });
        }
        let drawn = rerun::LineStrips3D::new(strips)
            .with_colors(colors)
            .with_labels(labels)
            .with_show_labels(false)
            .with_radii([0.0008]);
        Ok(self.stream.log("world/grasps", &drawn)?)
    }

    /// The tool's way, from cool to warm.
    pub fn tool_path(&self, path: &ToolPath) -> Result<(), RerunError> {
        let last = path.frame_from_tool.len().saturating_sub(1).max(1) as f32;
        let strips = path.frame_from_tool.windows(2).map(|pair| {
            pair.iter()
                .map(|pose| {
                    let t = pose.translation.vector;
                    [t.x as f32, t.y as f32, t.z as f32]
                })
                .collect::<Vec<_>>()
        });
        let colors = (1..path.frame_from_tool.len()).map(|step| {
            let [r, g, b] = time_color(step as f32 / last);
            rerun::Color::from_rgb(r, g, b)
        });
        let drawn = rerun::LineStrips3D::new(strips).with_colors(colors).with_radii([0.001]);
        Ok(self.stream.log("world/tool_path", &drawn)?)
    }
}
