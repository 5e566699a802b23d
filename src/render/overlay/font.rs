//! Text from strokes, drawn as smooth lines at any size.

use super::canvas::{Canvas, Node};
use super::glyphs::{GLYPHS, UNKNOWN};

/// Height of a capital, in units of the glyphs.
pub(super) const CAPITAL: f32 = 7.0;
/// Space after a glyph.
const GAP: f32 = 1.75;

/// A line of text in one size.
#[derive(Clone, Copy)]
pub(super) struct Font {
    /// Height of a capital, pixels.
    pub capital: f32,
    /// Width of the strokes, in units of the glyphs.
    pub weight: f32,
}

impl Font {
    fn unit(&self) -> f32 {
        self.capital / CAPITAL
    }

    /// How wide `text` is, pixels.
    pub fn width(&self, text: &str) -> f32 {
        let advance: f32 = text.chars().map(|c| glyph(c).1 + GAP).sum();
        (advance - GAP).max(0.0) * self.unit()
    }

    /// `text`, or as much of its beginning as fits into `room` pixels, with an ellipsis.
    pub fn fitted(&self, text: &str, room: f32) -> String {
        if self.width(text) <= room {
            return text.to_string();
        }
        let mut kept: Vec<char> = text.chars().collect();
        loop {
            let short: String = kept.iter().collect::<String>().trim_end().to_string() + "…";
            if kept.is_empty() || self.width(&short) <= room {
                return short;
            }
            kept.pop();
        }
    }

    /// `text` broken between words into lines of at most `room` pixels, the last of at most `most`
    /// lines cut where even they do not hold it.
    pub fn wrapped(&self, text: &str, room: f32, most: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            let full = lines.len() >= most;
            match lines.last_mut() {
                Some(line) if full || self.width(&format!("{line} {word}")) <= room => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_string()),
            }
        }
        lines.iter().map(|line| self.fitted(line, room)).collect()
    }
}

fn glyph(c: char) -> (char, f32, &'static str) {
    GLYPHS.iter().find(|g| g.0 == c).copied().unwrap_or((c, UNKNOWN.0, UNKNOWN.1))
}

impl Canvas {
    /// Writes one line whose baseline begins at column, row `at`.
    pub(super) fn write(&mut self, text: &str, at: [f32; 2], font: Font, color: [u8; 3]) {
        let unit = font.unit();
        let radius = font.weight * unit * 0.5;
        let mut left = at[0];
        for c in text.chars() {
            let (_, width, strokes) = glyph(c);
            let node = |p: [f32; 2]| Node {
                u: left + p[0] * unit,
                v: at[1] - p[1] * unit,
                z: None,
                color,
            };
            for [a, b] in segments(strokes) {
                self.cover_segment(node(a), node(b), radius, None);
            }
            left += (width + GAP) * unit;
        }
        self.blend(1.0);
    }
}

/// The straight pieces of a glyph: `M x y` moves, `L x y` draws a line, `Q x y x y` a parabola with
/// the first point as its corner.
fn segments(strokes: &str) -> Vec<[[f32; 2]; 2]> {
    const PIECES: usize = 6;
    let mut out = Vec::new();
    let mut pen = [0.0, 0.0];
    let mut words = strokes.split_whitespace();
    while let Some(word) = words.next() {
        let mut point = || {
            let mut number = || words.next().and_then(|w| w.parse::<f32>().ok()).unwrap_or(0.0);
            [number(), number()]
        };
        match word {
            "M" => pen = point(),
            "L" => {
                let to = point();
                out.push([pen, to]);
                pen = to;
            }
            _ => {
                let (corner, to) = (point(), point());
                let start = pen;
                for i in 1..=PIECES {
                    let t = i as f32 / PIECES as f32;
                    let next = std::array::from_fn(|k| {
                        (1.0 - t) * (1.0 - t) * start[k]
                            + 2.0 * t * (1.0 - t) * corner[k]
                            + t * t * to[k]
                    });
                    out.push([pen, next]);
                    pen = next;
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_glyph_is_well_formed() {
        let mut seen = std::collections::HashSet::new();
        for (c, width, strokes) in GLYPHS {
            assert!(seen.insert(c), "{c:?} twice");
            let mut words = strokes.split_whitespace().peekable();
            while let Some(word) = words.next() {
                let numbers = match word {
                    "M" | "L" => 2,
                    "Q" => 4,
                    other => panic!("{c:?}: {other}"),
                };
                for _ in 0..numbers {
                    let number: f32 = words.next().unwrap().parse().unwrap();
                    assert!((-2.5..=9.0).contains(&number), "{c:?}: {number}");
                }
            }
            let rightmost = segments(strokes).iter().flatten().fold(0.0_f32, |m, p| m.max(p[0]));
            assert!(rightmost <= width + 0.01, "{c:?} is {rightmost} wide, said {width}");
        }
        assert!((' '..='~').all(|c| seen.contains(&c)), "all of ASCII");
        let figures: Vec<f32> = ('0'..='9').map(|c| glyph(c).1).collect();
        assert!(figures.iter().all(|w| *w == figures[0]), "tabular figures");
    }

    #[test]
    fn long_text_is_cut_to_its_room() {
        let font = Font { capital: 10.0, weight: 0.9 };
        assert_eq!(font.fitted("short", 500.0), "short");
        let cut = font.fitted("a sentence that is too long for this", 120.0);
        let lines = font.wrapped("how the points of the object will move and turn", 120.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| font.width(line) <= 120.0), "{lines:?}");
        assert!(cut.ends_with('…') && font.width(&cut) <= 120.0, "{cut}");
    }
}
