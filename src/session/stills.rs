//! The pictures of a plan: what it sees, imagines, checks and would grasp, with words.

use interface::{Depth, Image, Observation, Pinhole, RigidTransform, SceneLook, View};
use plan::Plan;
use render::overlay::{ACCENT, Canvas, GOOD, GraspMark, REFUSAL, Sight, Sign, Style, TEXT};
use render::{RenderOptions, Renderer};
use session_api::Failure;

use crate::files::Written;

/// Pictures of small cameras are enlarged to at least this many rows, so that words fit in.
const FEWEST_ROWS: usize = 540;
/// Ribbons of a flow that are drawn.
const RIBBONS: usize = 40;
/// Refused grasps that are drawn: more would only hide the object.
const REFUSED_SHOWN: usize = 24;

/// A picture of the scene that things can be drawn into, and how it was taken.
pub struct Backdrop {
    image: Image,
    depth: Depth,
    pinhole: Pinhole,
    frame_from_camera: RigidTransform,
}

impl Backdrop {
    /// What a camera saw, enlarged where it is small.
    pub fn of_view(view: &View, frame_from_camera: RigidTransform) -> Self {
        let times = FEWEST_ROWS.div_ceil(view.image.height.max(1)).max(1);
        let p = view.pinhole;
        // A pixel's centre is at an integer, so enlarging also shifts the principal point.
        let center = |c: f64| (c + 0.5) * times as f64 - 0.5;
        let pinhole = Pinhole {
            width: p.width * times,
            height: p.height * times,
            fx: p.fx * times as f64,
            fy: p.fy * times as f64,
            cx: center(p.cx),
            cy: center(p.cy),
        };
        let (width, height) = (pinhole.width, pinhole.height);
        let nearest = (0..width * height)
            .map(|i| view.depth.at(i % width / times, i / width / times).unwrap_or(0.0));
        let depth = Depth { width, height, metres: nearest.collect() };
        let image = resized(&view.image, width, height);
        Self { image, depth, pinhole, frame_from_camera }
    }

    /// The scene as it is, from anywhere.
    pub fn rendered(
        renderer: &mut Renderer,
        look: &SceneLook,
        pinhole: Pinhole,
        world_from_camera: RigidTransform,
        options: &RenderOptions,
    ) -> Self {
        let made = renderer.render(look, &pinhole, &world_from_camera, options);
        Self { image: made.image, depth: made.depth, pinhole, frame_from_camera: world_from_camera }
    }

    /// The picture as it is, with words.
    pub fn captioned(&self, title: &str, detail: &str) -> Image {
        let mut canvas = Canvas::new(&self.image);
        canvas.caption(title, detail);
        canvas.finish()
    }

    fn sight(&self) -> Sight<'_> {
        Sight {
            pinhole: &self.pinhole,
            world_from_camera: &self.frame_from_camera,
            depth: Some(&self.depth),
        }
    }

    /// The object's points as the planner has them.
    pub fn sees(&self, plan: &Plan) -> Option<Image> {
        let seen = plan.observed.as_ref()?;
        let mut canvas = Canvas::new(&self.image);
        let (measured, inferred): (Vec<_>, Vec<_>) =
            seen.object.points.iter().zip(&seen.inferred).partition(|(_, inferred)| !**inferred);
        let of = |points: Vec<(&interface::Point, &bool)>| -> Vec<interface::Point> {
            points.into_iter().map(|(point, _)| *point).collect()
        };
        let (measured, inferred) = (of(measured), of(inferred));
        let (found, guessed) =
            (Style::new(ACCENT, 2.6).faint(0.6), Style::new(TEXT, 2.2).faint(0.5));
        let sight = Sight { depth: None, ..self.sight() };
        canvas.points(&sight, &inferred, &guessed);
        canvas.points(&sight, &measured, &found);
        canvas.legend(&[(Sign::Disc(found), "measured"), (Sign::Disc(guessed), "inferred")]);
        let detail = format!(
            "{} points of the object measured; {} inferred on sides that no camera sees",
            measured.len(),
            inferred.len()
        );
        canvas.caption("Sees", &detail);
        Some(canvas.finish())
    }

    /// The predicted flow up to `share` (0 to 1) of its time.
    pub fn imagines(&self, plan: &Plan, share: f64) -> Option<Image> {
        let flow = plan.flow.as_ref()?;
        let secs = flow.times.last().copied().unwrap_or(0.0) * share;
        let mut canvas = Canvas::new(&self.image);
        canvas.flow(&self.sight(), flow, RIBBONS, secs, secs);
        canvas.legend(&[(Sign::FlowTime, "start to end")]);
        let moved = plan.fit.as_ref().and_then(|fit| fit.chosen.steps.last()).map(|step| {
            let turn = step.frame_from_start.rotation.angle().to_degrees();
            let fit = format!("one rigid motion fits to {:.1} mm", step.rms * 1e3);
            if turn > 1.0 { format!("{fit}, it turns {turn:.0}°") } else { fit }
        });
        let detail = format!("how {} points of the object will move", flow.points);
        let detail = moved.map_or(detail.clone(), |moved| format!("{detail}; {moved}"));
        canvas.caption("Imagines", &detail);
        Some(canvas.finish())
    }

    /// The grasps that were looked at; the chosen one alone when `only_chosen`.
    pub fn grasps(&self, plan: &Plan, only_chosen: bool) -> Option<Image> {
        let grasps = &plan.grasps;
        if grasps.candidates.is_empty() {
            return None;
        }
        let mut canvas = Canvas::new(&self.image);
        let sight = Sight { depth: None, ..self.sight() };
        let mut draw = |mark: GraspMark, index: usize| {
            let grasp = &grasps.candidates[index];
            canvas.gripper(&sight, &grasp.frame_from_grasp, grasp.width, mark);
        };
        let of = |refused: bool| {
            (0..grasps.candidates.len())
                .filter(move |i| grasps.candidates[*i].rejection.is_some() == refused)
        };
        if !only_chosen {
            of(true).take(REFUSED_SHOWN).for_each(|index| draw(GraspMark::Refused, index));
            of(false).for_each(|index| draw(GraspMark::Kept, index));
        }
        if let Some(chosen) = grasps.chosen {
            draw(GraspMark::Chosen, chosen);
        }
        canvas.legend(&[
            (Sign::Line(Style::new(GOOD, 4.0)), "chosen"),
            (Sign::Line(Style::new(ACCENT, 1.6)), "possible"),
            (Sign::Line(Style::new(REFUSAL, 1.4).dashed(4.0)), "refused"),
        ]);
        let reach = match grasps.reachable {
            Some(reachable) => format!("the arm can carry {reachable} of those it tried"),
            None => "reach unknown: nobody calibrated this camera".into(),
        };
        canvas.caption("Grasps", &format!("{} ways to take it proposed; {reach}", grasps.sampled));
        Some(canvas.finish())
    }
}

/// The view now beside the predicted end state, with the verdict.
pub fn checks(view: &View, plan: &Plan, width: usize, height: usize) -> Option<Image> {
    let target = plan.target.as_ref()?;
    let gap = width / 60;
    let half = (width - 3 * gap) / 2;
    let rows = half * view.image.height / view.image.width.max(1);
    let rows = rows.min(height * 4 / 5);
    let top = (height - rows) / 3;
    let mut rgb = vec![[0x14, 0x16, 0x1A]; width * height];
    for (index, image) in [&view.image, &target.image].into_iter().enumerate() {
        let part = resized(image, half, rows);
        let left = gap + index * (half + gap);
        for row in 0..rows {
            let at = (top + row) * width + left;
            rgb[at..at + half].copy_from_slice(&part.rgb[row * half..(row + 1) * half]);
        }
    }
    let mut canvas = Canvas::new(&Image { width, height, rgb: rgb.into() });
    let verdict = plan.verdict();
    let title = match verdict.map(|verdict| verdict.accept) {
        Some(true) => "Checks: now, and as it would be. Good",
        Some(false) => "Checks: now, and as it would be. Refused",
        None => "Checks: now, and as it would be",
    };
    canvas.caption(title, verdict.map_or("", |verdict| &verdict.reason));
    Some(canvas.finish())
}

/// Writes one picture for each step that the plan reached; names begin with `prefix`.
pub fn write(
    written: &mut Written<'_>,
    prefix: &str,
    plan: &Plan,
    observation: &Observation,
    backdrop: &Backdrop,
    imagined: &Backdrop,
) -> Result<(), Failure> {
    let Some(view) = observation.views.first() else { return Ok(()) };
    written.picture(&format!("{prefix}0_view.png"), &view.image)?;
    let pictures = [
        ("1_sees", backdrop.sees(plan)),
        ("2_imagines", imagined.imagines(plan, 1.0)),
        ("3_checks", checks(view, plan, 1280, 720)),
        ("4_grasps", backdrop.grasps(plan, false)),
    ];
    for (name, picture) in pictures {
        if let Some(picture) = picture {
            written.picture(&format!("{prefix}{name}.png"), &picture)?;
        }
    }
    Ok(())
}

/// The picture at another size, bilinear.
pub fn resized(image: &Image, width: usize, height: usize) -> Image {
    if (image.width, image.height) == (width, height) || image.rgb.is_empty() {
        return image.clone();
    }
    let place = |at: usize, of: usize, from: usize| {
        let x = ((at as f32 + 0.5) * from as f32 / of as f32 - 0.5).clamp(0.0, from as f32 - 1.0);
        let low = (x as usize).min(from - 1);
        (low, (low + 1).min(from - 1), x - low as f32)
    };
    let mut rgb = Vec::with_capacity(width * height);
    for row in 0..height {
        let (top, bottom, down) = place(row, height, image.height);
        for column in 0..width {
            let (left, right, along) = place(column, width, image.width);
            let at = |v: usize, u: usize| image.rgb[v * image.width + u];
            let (a, b) = (at(top, left), at(top, right));
            let (c, d) = (at(bottom, left), at(bottom, right));
            rgb.push(std::array::from_fn(|k| {
                let mix = |p: u8, q: u8, s: f32| f32::from(p) + s * (f32::from(q) - f32::from(p));
                let (upper, lower) = (mix(a[k], b[k], along), mix(c[k], d[k], along));
                (upper + down * (lower - upper)).round() as u8
            }));
        }
    }
    Image { width, height, rgb: rgb.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resizing_keeps_colors_and_corners() {
        let image = Image { width: 2, height: 1, rgb: vec![[0, 0, 0], [200, 100, 50]].into() };
        let large = resized(&image, 8, 4);
        assert_eq!((large.rgb[0], large.rgb[31]), ([0, 0, 0], [200, 100, 50]));
        assert_eq!(large.rgb[3], [75, 38, 19]);
        assert_eq!(resized(&large, 2, 1).rgb.len(), 2);
        assert_eq!(resized(&image, 2, 1), image);
    }
}
