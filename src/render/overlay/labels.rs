//! Captions and legends.

use super::canvas::{Canvas, Node, Style};
use super::colors::{PANEL, QUIET, TEXT, flow_color};
use super::font::Font;

/// What stands before a word of a legend.
#[derive(Clone, Copy, Debug)]
pub enum Sign {
    /// A line as it is drawn in the picture.
    Line(Style),
    /// A disc as it is drawn in the picture.
    Disc(Style),
    /// The colours of a flow's time from start to end.
    FlowTime,
}

/// Distance from the picture's edge, between boxes and within them.
const MARGIN: f32 = 18.0;
const PADDING: f32 = 12.0;
/// How solid boxes behind text are.
const SHADE: f32 = 0.78;

impl Canvas {
    fn title_font(&self) -> Font {
        Font { capital: 15.0 * self.scale(), weight: 1.05 }
    }

    fn detail_font(&self) -> Font {
        Font { capital: 9.5 * self.scale(), weight: 0.92 }
    }

    /// A title and its detail in the lower left corner. Either may be empty; a title that is too
    /// long for the picture is cut, a detail runs over up to three lines.
    pub fn caption(&mut self, title: &str, detail: &str) {
        let s = self.scale();
        let room = self.width as f32 - 2.0 * (MARGIN + PADDING) * s;
        let lines: Vec<(String, Font, [u8; 3])> =
            [(title, self.title_font(), TEXT, 1), (detail, self.detail_font(), QUIET, 3)]
                .into_iter()
                .flat_map(|(text, font, color, most)| {
                    font.wrapped(text, room, most).into_iter().map(move |line| (line, font, color))
                })
                .collect();
        if lines.is_empty() {
            return;
        }
        let widest = lines.iter().fold(0.0_f32, |w, (text, font, _)| w.max(font.width(text)));
        let gap = 9.0 * s;
        let text_height: f32 =
            lines.iter().map(|(_, font, _)| font.capital + gap).sum::<f32>() - gap;
        let size = [widest + 2.0 * PADDING * s, text_height + 2.2 * PADDING * s];
        let at = [MARGIN * s, self.height as f32 - MARGIN * s - size[1]];
        self.panel(at, size, 7.0 * s, PANEL, SHADE);
        let mut baseline = at[1] + 1.1 * PADDING * s;
        for (text, font, color) in &lines {
            baseline += font.capital;
            self.write(text, [at[0] + PADDING * s, baseline], *font, *color);
            baseline += gap;
        }
    }

    /// What the lines and colours in the picture mean, in the upper right corner.
    pub fn legend(&mut self, entries: &[(Sign, &str)]) {
        if entries.is_empty() {
            return;
        }
        let s = self.scale();
        let font = self.detail_font();
        let (sign, gap, row) = (34.0 * s, 9.0 * s, 20.0 * s);
        let room = self.width as f32 * 0.5;
        let texts: Vec<String> = entries.iter().map(|(_, text)| font.fitted(text, room)).collect();
        let widest = texts.iter().fold(0.0_f32, |w, text| w.max(font.width(text)));
        let size = [
            widest + sign + gap + 2.0 * PADDING * s,
            row * (entries.len() - 1) as f32 + font.capital + 2.0 * PADDING * s,
        ];
        let at = [self.width as f32 - MARGIN * s - size[0], MARGIN * s];
        self.panel(at, size, 7.0 * s, PANEL, SHADE);
        let left = at[0] + PADDING * s;
        for (k, ((kind, _), text)) in entries.iter().zip(&texts).enumerate() {
            let baseline = at[1] + PADDING * s + font.capital + row * k as f32;
            self.sign(kind, [left, baseline - font.capital * 0.5], sign);
            self.write(text, [left + sign + gap, baseline], font, TEXT);
        }
    }

    /// One sign of a legend from column, row `at`, `length` pixels long.
    fn sign(&mut self, sign: &Sign, at: [f32; 2], length: f32) {
        let s = self.scale();
        let node = |share: f32, color: [u8; 3]| Node {
            u: at[0] + length * share,
            v: at[1],
            z: None,
            color,
        };
        match sign {
            Sign::Line(style) => {
                let dashes = if style.dash.is_some() { 4 } else { 1 };
                for k in 0..dashes {
                    let from = k as f32 / dashes as f32;
                    let to = from + if dashes > 1 { 0.6 } else { 1.0 } / dashes as f32;
                    let (a, b) = (node(from, style.color), node(to, style.color));
                    self.cover_segment(a, b, (style.width * s * 0.5).max(0.8), None);
                }
                self.blend(style.opacity);
            }
            Sign::Disc(style) => {
                let middle = node(0.5, style.color);
                // Dots as small as in the picture could not be told apart.
                self.cover_segment(middle, middle, (style.width * 0.5).max(3.5) * s, None);
                self.blend(style.opacity);
            }
            Sign::FlowTime => {
                const PIECES: usize = 16;
                for k in 0..PIECES {
                    let share = |k: usize| k as f32 / PIECES as f32;
                    let (from, to) = (share(k), share(k + 1));
                    let (a, b) = (node(from, flow_color(from)), node(to, flow_color(to)));
                    self.cover_segment(a, b, 2.5 * s, None);
                }
                self.blend(1.0);
            }
        }
    }
}
