//! A small set of icons, drawn from lines and discs, so that every machine shows the same ones.

use egui::{Color32, Painter, Pos2, Rect, Stroke, pos2, vec2};

/// What is drawn. Coordinates inside are shares of a square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Icon {
    Check,
    Cross,
    Ring,
    Half,
    Dash,
    Diamond,
    Warning,
    Info,
    Play,
    Pause,
    Step,
    Stop,
    Reset,
    Eye,
    EyeShut,
    Home,
    Theme,
    Layout,
    Help,
    Search,
    Folder,
    Cube,
    Arm,
    Text,
    List,
    Split,
    Grip,
    Wave,
    Lines,
    Frame,
    Copy,
    Person,
    Shield,
    Keyboard,
    Gamepad,
    Knob,
    Axes,
    Record,
    Film,
    Back,
}

impl Icon {
    /// Paints it into the largest square in the middle of `rect`.
    pub fn paint(self, painter: &Painter, rect: Rect, color: Color32) {
        let side = rect.width().min(rect.height());
        let square = Rect::from_center_size(rect.center(), vec2(side, side));
        let pen =
            Pen { painter, square, color, stroke: Stroke::new((side / 10.0).max(1.2), color) };
        pen.draw(self);
    }
}

struct Pen<'a> {
    painter: &'a Painter,
    square: Rect,
    color: Color32,
    stroke: Stroke,
}

impl Pen<'_> {
    fn at(&self, x: f32, y: f32) -> Pos2 {
        self.square.min + vec2(x * self.square.width(), y * self.square.height())
    }

    fn line(&self, points: &[(f32, f32)]) {
        let points = points.iter().map(|(x, y)| self.at(*x, *y)).collect();
        self.painter.line(points, self.stroke);
    }

    fn fill(&self, points: &[(f32, f32)]) {
        let points = points.iter().map(|(x, y)| self.at(*x, *y)).collect();
        self.painter.add(egui::Shape::convex_polygon(points, self.color, Stroke::NONE));
    }

    fn disc(&self, x: f32, y: f32, radius: f32) {
        self.painter.circle_filled(self.at(x, y), radius * self.square.width(), self.color);
    }

    fn ring(&self, x: f32, y: f32, radius: f32) {
        self.painter.circle_stroke(self.at(x, y), radius * self.square.width(), self.stroke);
    }

    fn boxed(&self, x0: f32, y0: f32, x1: f32, y1: f32) {
        self.line(&[(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]);
    }

    /// A part of a circle from one angle to another, radians, clockwise on screen from +x.
    fn arc(&self, x: f32, y: f32, radius: f32, from: f32, to: f32) {
        let points: Vec<_> = (0..=16)
            .map(|i| {
                let angle = from + (to - from) * i as f32 / 16.0;
                (x + radius * angle.cos(), y + radius * angle.sin())
            })
            .collect();
        self.line(&points);
    }

    fn draw(&self, icon: Icon) {
        use std::f32::consts::PI;
        match icon {
            Icon::Check => self.line(&[(0.16, 0.54), (0.40, 0.78), (0.84, 0.24)]),
            Icon::Cross => {
                self.line(&[(0.22, 0.22), (0.78, 0.78)]);
                self.line(&[(0.78, 0.22), (0.22, 0.78)]);
            }
            Icon::Ring => self.ring(0.5, 0.5, 0.30),
            Icon::Half => {
                self.ring(0.5, 0.5, 0.34);
                let half: Vec<_> = (0..=16)
                    .map(|i| PI * (i as f32 / 16.0 - 0.5))
                    .map(|a| (0.5 + 0.34 * a.cos(), 0.5 + 0.34 * a.sin()))
                    .collect();
                self.fill(&half);
            }
            Icon::Dash => self.line(&[(0.22, 0.5), (0.78, 0.5)]),
            Icon::Diamond => self.fill(&[(0.5, 0.1), (0.9, 0.5), (0.5, 0.9), (0.1, 0.5)]),
            Icon::Warning => {
                self.line(&[(0.5, 0.12), (0.92, 0.86), (0.08, 0.86), (0.5, 0.12)]);
                self.line(&[(0.5, 0.40), (0.5, 0.60)]);
                self.disc(0.5, 0.72, 0.06);
            }
            Icon::Info => {
                self.ring(0.5, 0.5, 0.40);
                self.line(&[(0.5, 0.46), (0.5, 0.70)]);
                self.disc(0.5, 0.31, 0.06);
            }
            Icon::Play => self.fill(&[(0.26, 0.14), (0.86, 0.5), (0.26, 0.86)]),
            Icon::Pause => {
                self.fill(&[(0.24, 0.16), (0.42, 0.16), (0.42, 0.84), (0.24, 0.84)]);
                self.fill(&[(0.58, 0.16), (0.76, 0.16), (0.76, 0.84), (0.58, 0.84)]);
            }
            Icon::Step => {
                self.fill(&[(0.16, 0.16), (0.66, 0.5), (0.16, 0.84)]);
                self.fill(&[(0.70, 0.16), (0.84, 0.16), (0.84, 0.84), (0.70, 0.84)]);
            }
            Icon::Stop => self.fill(&[(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]),
            Icon::Reset => {
                self.arc(0.5, 0.54, 0.32, -0.75 * PI, 0.85 * PI);
                self.fill(&[(0.10, 0.12), (0.48, 0.20), (0.18, 0.50)]);
            }
            Icon::Eye | Icon::EyeShut => {
                self.arc(0.5, 0.86, 0.56, -0.80 * PI, -0.20 * PI);
                self.arc(0.5, 0.20, 0.56, 0.20 * PI, 0.80 * PI);
                if icon == Icon::Eye {
                    self.disc(0.5, 0.53, 0.15);
                } else {
                    self.line(&[(0.16, 0.90), (0.84, 0.12)]);
                }
            }
            Icon::Home => {
                self.line(&[(0.10, 0.52), (0.5, 0.14), (0.90, 0.52)]);
                self.line(&[(0.22, 0.46), (0.22, 0.86), (0.78, 0.86), (0.78, 0.46)]);
            }
            Icon::Theme => {
                self.ring(0.5, 0.5, 0.38);
                let half: Vec<_> = (0..=16)
                    .map(|i| PI * (i as f32 / 16.0 + 0.5))
                    .map(|a| (0.5 + 0.38 * a.cos(), 0.5 + 0.38 * a.sin()))
                    .collect();
                self.fill(&half);
            }
            Icon::Layout => {
                self.boxed(0.12, 0.16, 0.88, 0.84);
                self.line(&[(0.40, 0.16), (0.40, 0.84)]);
                self.line(&[(0.40, 0.58), (0.88, 0.58)]);
            }
            Icon::Help => {
                self.ring(0.5, 0.5, 0.40);
                self.arc(0.5, 0.40, 0.13, -PI, 0.4 * PI);
                self.line(&[(0.54, 0.52), (0.5, 0.60)]);
                self.disc(0.5, 0.72, 0.05);
            }
            Icon::Search => {
                self.ring(0.42, 0.42, 0.27);
                self.line(&[(0.62, 0.62), (0.88, 0.88)]);
            }
            Icon::Folder => self.line(&[
                (0.10, 0.80),
                (0.10, 0.22),
                (0.40, 0.22),
                (0.48, 0.34),
                (0.90, 0.34),
                (0.90, 0.80),
                (0.10, 0.80),
            ]),
            Icon::Cube => {
                self.line(&[
                    (0.5, 0.08),
                    (0.88, 0.30),
                    (0.88, 0.72),
                    (0.5, 0.94),
                    (0.12, 0.72),
                    (0.12, 0.30),
                    (0.5, 0.08),
                ]);
                self.line(&[(0.12, 0.30), (0.5, 0.52), (0.88, 0.30)]);
                self.line(&[(0.5, 0.52), (0.5, 0.94)]);
            }
            Icon::Arm => {
                self.line(&[(0.14, 0.88), (0.50, 0.88)]);
                self.line(&[(0.32, 0.88), (0.32, 0.58), (0.58, 0.24), (0.80, 0.40)]);
                self.disc(0.32, 0.58, 0.10);
                self.disc(0.58, 0.24, 0.10);
                self.line(&[(0.74, 0.52), (0.80, 0.40), (0.92, 0.46)]);
            }
            Icon::Text => {
                self.line(&[(0.12, 0.28), (0.88, 0.28)]);
                self.line(&[(0.12, 0.52), (0.88, 0.52)]);
                self.line(&[(0.12, 0.76), (0.56, 0.76)]);
            }
            Icon::List => {
                for y in [0.24, 0.50, 0.76] {
                    self.disc(0.16, y, 0.07);
                    self.line(&[(0.34, y), (0.90, y)]);
                }
            }
            Icon::Split => {
                self.boxed(0.10, 0.18, 0.90, 0.82);
                self.line(&[(0.5, 0.08), (0.5, 0.92)]);
            }
            Icon::Grip => {
                self.line(&[(0.5, 0.08), (0.5, 0.34)]);
                self.line(&[(0.20, 0.90), (0.20, 0.34), (0.80, 0.34), (0.80, 0.90)]);
            }
            Icon::Wave => self.line(&[
                (0.06, 0.56),
                (0.28, 0.56),
                (0.40, 0.18),
                (0.58, 0.84),
                (0.70, 0.50),
                (0.94, 0.50),
            ]),
            Icon::Lines => {
                for (y, end) in [(0.22, 0.90), (0.42, 0.70), (0.62, 0.84), (0.82, 0.50)] {
                    self.line(&[(0.12, y), (end, y)]);
                }
            }
            Icon::Frame => {
                for (x, y) in [(0.14, 0.14), (0.86, 0.14), (0.14, 0.86), (0.86, 0.86)] {
                    let (dx, dy) = (0.22 * f32::signum(0.5 - x), 0.22 * f32::signum(0.5 - y));
                    self.line(&[(x + dx, y), (x, y), (x, y + dy)]);
                }
            }
            Icon::Person => {
                self.ring(0.5, 0.28, 0.17);
                self.arc(0.5, 0.96, 0.36, -PI, 0.0);
                self.line(&[(0.14, 0.94), (0.86, 0.94)]);
            }
            Icon::Shield => self.line(&[
                (0.5, 0.08),
                (0.86, 0.22),
                (0.82, 0.58),
                (0.5, 0.92),
                (0.18, 0.58),
                (0.14, 0.22),
                (0.5, 0.08),
            ]),
            Icon::Keyboard => {
                self.boxed(0.06, 0.24, 0.94, 0.78);
                for x in [0.24, 0.42, 0.58, 0.76] {
                    self.disc(x, 0.42, 0.05);
                }
                self.line(&[(0.30, 0.62), (0.70, 0.62)]);
            }
            Icon::Gamepad => {
                self.line(&[
                    (0.26, 0.26),
                    (0.74, 0.26),
                    (0.96, 0.78),
                    (0.70, 0.64),
                    (0.30, 0.64),
                    (0.04, 0.78),
                    (0.26, 0.26),
                ]);
                self.disc(0.34, 0.45, 0.07);
                self.disc(0.66, 0.45, 0.07);
            }
            Icon::Knob => {
                self.line(&[(0.14, 0.88), (0.86, 0.88)]);
                self.line(&[(0.30, 0.88), (0.38, 0.60)]);
                self.line(&[(0.70, 0.88), (0.62, 0.60)]);
                self.boxed(0.24, 0.18, 0.76, 0.60);
            }
            Icon::Axes => {
                self.line(&[(0.30, 0.70), (0.30, 0.08)]);
                self.line(&[(0.30, 0.70), (0.92, 0.70)]);
                self.line(&[(0.30, 0.70), (0.08, 0.92)]);
                self.disc(0.30, 0.70, 0.09);
            }
            Icon::Record => {
                self.ring(0.5, 0.5, 0.40);
                self.disc(0.5, 0.5, 0.20);
            }
            Icon::Film => {
                self.boxed(0.10, 0.18, 0.90, 0.82);
                self.line(&[(0.10, 0.50), (0.90, 0.50)]);
                self.line(&[(0.44, 0.06), (0.44, 0.94)]);
                self.disc(0.44, 0.10, 0.08);
            }
            Icon::Back => {
                self.fill(&[(0.84, 0.16), (0.84, 0.84), (0.34, 0.5)]);
                self.fill(&[(0.16, 0.16), (0.30, 0.16), (0.30, 0.84), (0.16, 0.84)]);
            }
            Icon::Copy => {
                self.boxed(0.30, 0.30, 0.86, 0.88);
                self.line(&[(0.30, 0.70), (0.14, 0.70), (0.14, 0.12), (0.70, 0.12), (0.70, 0.30)]);
            }
        }
    }
}

/// A triangle that points up or down, for a column that is sorted.
pub fn sorted(painter: &Painter, middle: Pos2, up: bool, color: Color32) {
    let d = if up { -1.0 } else { 1.0 };
    let points = vec![
        pos2(middle.x - 4.0, middle.y - 2.0 * d),
        pos2(middle.x + 4.0, middle.y - 2.0 * d),
        pos2(middle.x, middle.y + 3.0 * d),
    ];
    painter.add(egui::Shape::convex_polygon(points, color, Stroke::NONE));
}
