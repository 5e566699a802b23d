//! The path of a flow through its space, on the plane of the training data.

use egui::{Align2, FontId, Pos2, Rect, Sense, Stroke, Ui, vec2};
use session_api::live::{DecisionShown, PlaneShown};

use crate::theme::SMALL;
use crate::{Colors, widget};

/// Height of the picture, points.
const HEIGHT: f32 = 150.0;

/// Draws it: where flows of the training data began and ended, and this one's steps.
pub fn plot(ui: &mut Ui, plane: Option<&PlaneShown>, decision: &DecisionShown) {
    let colors = Colors::here(ui);
    let steps = widget::counted(decision.steps, "step");
    let words = format!("The path of the flow in {steps}, on the plane of the training data");
    let (rect, _, painter) = widget::plot_area(ui, HEIGHT, Sense::hover(), &words);
    let none = PlaneShown::default();
    let plane = plane.unwrap_or(&none);
    let all = || plane.starts.iter().chain(&plane.targets).chain(&decision.path);
    let Some(map) = Map::new(all(), rect.shrink(12.0)) else {
        let font = FontId::proportional(SMALL);
        let text = "This policy has no plane to draw its path on.";
        painter.text(rect.center(), Align2::CENTER_CENTER, text, font, colors.weak);
        return;
    };
    for (points, color) in [
        (&plane.starts, colors.accent.gamma_multiply(0.45)),
        (&plane.targets, colors.attention.gamma_multiply(0.45)),
    ] {
        for point in points {
            painter.circle_filled(map.place(point), 2.0, color);
        }
    }
    let path: Vec<Pos2> = decision.path.iter().map(|point| map.place(point)).collect();
    painter.line(path.clone(), Stroke::new(1.5, colors.policy));
    for at in &path {
        painter.circle_filled(*at, 3.0, colors.policy);
    }
    if let Some(last) = path.last() {
        painter.circle_stroke(*last, 6.0, Stroke::new(1.5, colors.policy));
    }
    let font = FontId::proportional(SMALL - 2.0);
    let corner = rect.left_top() + vec2(4.0, 3.0);
    let text = "blue: where flows begin, yellow: where they end";
    painter.text(corner, Align2::LEFT_TOP, text, font, colors.weak);
}

/// From the plane to the screen, both axes at one scale.
struct Map {
    middle: [f32; 2],
    scale: f32,
    at: Pos2,
}

impl Map {
    fn new<'a>(points: impl Iterator<Item = &'a [f32; 2]> + Clone, rect: Rect) -> Option<Self> {
        let finite = points.filter(|point| point.iter().all(|x| x.is_finite()));
        let ends = [0, 1].map(|axis| widget::range(finite.clone().map(|point| point[axis])));
        let span = ends.map(|(low, high)| (high - low).max(1e-6));
        let scale = (rect.width() / span[0]).min(rect.height() / span[1]);
        let middle = ends.map(|(low, high)| low / 2.0 + high / 2.0);
        let sound = scale.is_finite() && scale > 0.0 && middle.iter().all(|x| x.is_finite());
        sound.then_some(Self { middle, scale, at: rect.center() })
    }

    fn place(&self, [x, y]: &[f32; 2]) -> Pos2 {
        self.at + vec2(x - self.middle[0], self.middle[1] - y) * self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_a_number_is_in_the_picture() {
        let rect = Rect::from_min_size(Pos2::ZERO, vec2(100.0, 50.0));
        let points = [[-2.0, 1.0], [f32::NAN, 0.0], [2.0, 3.0]];
        let map = Map::new(points.iter(), rect).unwrap();
        assert!(rect.expand(1e-3).contains(map.place(&points[0])));
        assert!(rect.expand(1e-3).contains(map.place(&points[2])));
        assert!(map.place(&points[2]).y < map.place(&points[0]).y);
        assert!(Map::new([].iter(), rect).is_none());
    }
}
