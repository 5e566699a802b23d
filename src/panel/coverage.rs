//! Where the task's object began, episode by episode, seen from above: what has been shown already,
//! and what not yet.

use egui::{Align2, Color32, FontId, Mesh, Pos2, Rect, Sense, Stroke, Ui, pos2, vec2};

use crate::theme::SMALL;
use crate::{Colors, widget};

/// The smallest span that is drawn, metres: a few starts in one place are not blown up.
const LEAST: f32 = 0.12;
/// Above so many points dots are squares: a circle has many corners.
const MANY: usize = 400;
/// How near the pointer must come to a point, points of the screen.
const NEAR: f32 = 8.0;

/// The part of the table that is drawn, and how its coordinates become the screen's: x of the world
/// (away from the robot) upwards, y (its left) to the left.
struct Map {
    middle: [f32; 2],
    /// Points of the screen a metre.
    scale: f32,
    at: Pos2,
}

impl Map {
    fn new(points: &[[f32; 2]], rect: Rect) -> Option<Self> {
        let finite = || points.iter().filter(|p| p.iter().all(|x| x.is_finite()));
        finite().next()?;
        let ends = [0, 1].map(|axis| widget::range(finite().map(|p| p[axis])));
        let middle = ends.map(|(low, high)| low / 2.0 + high / 2.0);
        let span = ends.map(|(low, high)| ((high - low) * 1.25).max(LEAST));
        let scale = (rect.height() / span[0]).min(rect.width() / span[1]);
        (scale.is_finite() && scale > 0.0).then_some(Self { middle, scale, at: rect.center() })
    }

    fn place(&self, [x, y]: [f32; 2]) -> Pos2 {
        self.at - vec2(y - self.middle[1], x - self.middle[0]) * self.scale
    }

    /// The world's x at a height of the screen, its y at a place across.
    fn world(&self, at: Pos2) -> [f32; 2] {
        let away = (self.at - at) / self.scale;
        [self.middle[0] + away.y, self.middle[1] + away.x]
    }
}

/// Distance between grid lines: 1, 2 or 5 times a power of ten, at least `least`.
pub fn step(least: f32) -> f32 {
    let power = 10f32.powf(least.max(1e-6).log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= least).unwrap_or(power)
}

/// Draws the starts, `points` in metres; `marked` ones stand out. The index of one that was clicked.
pub fn plot(
    ui: &mut Ui,
    points: &[[f32; 2]],
    marked: impl Fn(usize) -> bool,
    height: f32,
) -> Option<usize> {
    let colors = Colors::here(ui);
    let words =
        format!("{} of the object, seen from above", widget::counted(points.len(), "start"));
    let (rect, response, painter) = widget::plot_area(ui, height, Sense::click(), &words);
    let map = Map::new(points, rect.shrink(12.0))?;
    grid(&painter, &map, rect, colors);
    let mut dots = Mesh::default();
    for (i, point) in points.iter().enumerate() {
        if !point.iter().all(|x| x.is_finite()) || marked(i) {
            continue;
        }
        let at = map.place(*point);
        let color = colors.accent.gamma_multiply(0.55);
        if points.len() > MANY {
            dots.add_colored_rect(Rect::from_center_size(at, vec2(3.0, 3.0)), color);
        } else {
            painter.circle_filled(at, 3.0, color);
        }
    }
    painter.add(dots);
    for (i, point) in points.iter().enumerate() {
        if marked(i) && point.iter().all(|x| x.is_finite()) {
            let at = map.place(*point);
            painter.circle_filled(at, 4.0, colors.attention);
            painter.circle_stroke(at, 8.0, Stroke::new(1.5, colors.attention));
        }
    }
    let pointed = response.hover_pos().and_then(|at| nearest(points, &map, at));
    if let Some(i) = pointed {
        let [x, y] = points[i].map(|metres| metres * 1e3);
        let at = map.place(points[i]);
        painter.circle_stroke(at, 6.0, Stroke::new(1.0, colors.text));
        let text = format!("episode {i}: x {x:.0} mm, y {y:.0} mm");
        let clicked = response.clicked();
        response.on_hover_text_at_pointer(text);
        return clicked.then_some(i);
    }
    None
}

/// The point under the pointer.
fn nearest(points: &[[f32; 2]], map: &Map, at: Pos2) -> Option<usize> {
    let away = |i: usize| map.place(points[i]).distance(at);
    (0..points.len()).filter(|i| away(*i) < NEAR).min_by(|a, b| away(*a).total_cmp(&away(*b)))
}

fn grid(painter: &egui::Painter, map: &Map, rect: Rect, colors: &Colors) {
    let apart = step(56.0 / map.scale);
    let font = FontId::proportional(SMALL - 2.0);
    let pen = Stroke::new(1.0, colors.line);
    let ([high_x, high_y], [low_x, low_y]) =
        (map.world(rect.left_top()), map.world(rect.right_bottom()));
    let lines = |low: f32, high: f32| {
        let (first, last) = ((low / apart).ceil(), (high / apart).floor());
        // Far from the origin neighbouring numbers are one: what has no lines gets none.
        let n = if (last - first).is_finite() { (last - first).clamp(-1.0, 40.0) } else { -1.0 };
        (0..=n as i32).take_while(move |_| n >= 0.0).map(move |i| (first + i as f32) * apart)
    };
    let label = |metres: f32| format!("{:.0}", metres * 1e3);
    for x in lines(low_x, high_x) {
        let at = map.place([x, map.middle[1]]).y;
        painter.hline(rect.x_range(), at, pen);
        // The corner says what the numbers are.
        if at < rect.top() + 28.0 || at > rect.bottom() - 14.0 {
            continue;
        }
        let text_at = pos2(rect.left() + 4.0, at - 1.0);
        painter.text(text_at, Align2::LEFT_BOTTOM, label(x), font.clone(), colors.weak);
    }
    for y in lines(low_y, high_y) {
        let at = map.place([map.middle[0], y]).x;
        painter.vline(at, rect.y_range(), pen);
        if at > rect.right() - 76.0 {
            continue;
        }
        let text_at = pos2(at + 2.0, rect.bottom() - 2.0);
        painter.text(text_at, Align2::LEFT_BOTTOM, label(y), font.clone(), colors.weak);
    }
    let corner = |at, align, text: &str, color: Color32| {
        painter.text(at, align, text, font.clone(), color);
    };
    corner(rect.left_top() + vec2(4.0, 3.0), Align2::LEFT_TOP, "x mm, away", colors.weak);
    corner(rect.right_bottom() - vec2(4.0, 2.0), Align2::RIGHT_BOTTOM, "y mm, left", colors.weak);
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: Rect = Rect { min: Pos2::ZERO, max: Pos2 { x: 200.0, y: 200.0 } };

    #[test]
    fn away_is_up_and_left_is_left() {
        let map = Map::new(&[[0.5, 0.0], [0.3, -0.1], [0.4, 0.1]], SQUARE).unwrap();
        let middle = map.place([0.4, 0.0]);
        assert!(middle.distance(SQUARE.center()) < 1e-3);
        assert!(map.place([0.5, 0.0]).y < middle.y);
        assert!(map.place([0.4, 0.1]).x < middle.x);
        let back = map.world(map.place([0.46, -0.02]));
        assert!((back[0] - 0.46).abs() < 1e-5 && (back[1] + 0.02).abs() < 1e-5);
    }

    #[test]
    fn odd_starts_are_drawn_as_far_as_they_can_be() {
        assert!(Map::new(&[], SQUARE).is_none());
        assert!(Map::new(&[[f32::NAN, 0.0]], SQUARE).is_none());
        assert!(Map::new(&[[f32::NAN, 0.0], [0.1, 0.2]], SQUARE).is_some());
        assert!(Map::new(&[[f32::MAX, 0.0], [f32::MIN, 0.2]], SQUARE).is_none());
        // One place is a small part of the table, not a point.
        let map = Map::new(&[[0.4, 0.1]], SQUARE).unwrap();
        assert!((map.scale - 200.0 / LEAST).abs() < 1.0);
    }

    #[test]
    fn steps_of_the_grid_are_round() {
        for (least, want) in [(0.011, 0.02), (0.02, 0.02), (0.03, 0.05), (0.07, 0.1), (0.4, 0.5)] {
            assert!((step(least) - want).abs() < 1e-4 * want, "{least}: {}", step(least));
        }
    }
}
