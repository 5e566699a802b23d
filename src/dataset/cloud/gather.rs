//! Keeping an even share of the points that stream by.

use interface::{Point, PointCloud};

use super::CloudFile;

/// Takes all points of a file in order and keeps some of them.
pub(super) struct Gather {
    announced: u64,
    most: u64,
    seen: u64,
    broken: u64,
    points: Vec<Point>,
    colors: Vec<[f32; 3]>,
    warnings: Vec<String>,
}

impl Gather {
    /// Expects `announced` points and keeps at most `most`.
    pub fn new(announced: u64, most: usize) -> Self {
        let most = (most as u64).max(1);
        Self {
            announced,
            most,
            seen: 0,
            broken: 0,
            // Nothing is reserved for what is only announced.
            points: Vec::new(),
            colors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Whether the next point is kept: as many as are wanted, evenly spread over all.
    pub fn keeps_next(&self) -> bool {
        if self.announced <= self.most {
            return (self.points.len() as u64) < self.most;
        }
        let upto = |n: u64| u128::from(n) * u128::from(self.most) / u128::from(self.announced);
        self.seen < self.announced && upto(self.seen + 1) > upto(self.seen)
    }

    /// Passes over a point that is not kept.
    pub fn skip(&mut self) {
        self.seen += 1;
    }

    /// The next point, metres, and its colour, 0 to 1 or 0 to 255.
    pub fn push(&mut self, at: [f64; 3], color: Option<[f64; 3]>) {
        let keeps = self.keeps_next();
        self.seen += 1;
        if !keeps {
            return;
        }
        let point = Point::new(at[0] as f32, at[1] as f32, at[2] as f32);
        if !point.coords.iter().all(|x| x.is_finite()) {
            self.broken += 1;
            return;
        }
        self.points.push(point);
        if let Some(color) = color {
            self.colors.push(color.map(|c| c as f32));
        }
    }

    pub fn warn(&mut self, sentence: String) {
        self.warnings.push(sentence);
    }

    /// The cloud of what was kept.
    pub fn finish(mut self) -> CloudFile {
        if self.seen < self.announced {
            self.warnings.push(format!(
                "the file ends after {} of {} announced points",
                self.seen, self.announced
            ));
        }
        if self.announced > self.most {
            self.warnings.push(format!(
                "thinned evenly from {} to {} points",
                self.announced,
                self.points.len() as u64 + self.broken
            ));
        }
        if self.broken > 0 {
            self.warnings.push(format!("{} points are no numbers and were left out", self.broken));
        }
        let whole = self.colors.len() == self.points.len();
        // Colours are bytes or shares of one; a cloud of bytes has some that is larger than 1.
        let most = self.colors.iter().flatten().copied().fold(0.0, f32::max);
        let scale = if most > 1.0 { 1.0 } else { 255.0 };
        let byte = |c: &[f32; 3]| c.map(|c| (c * scale).round().clamp(0.0, 255.0) as u8);
        let colors = if whole { self.colors.iter().map(byte).collect() } else { [].into() };
        CloudFile {
            cloud: PointCloud { points: self.points.into(), colors },
            total: self.seen,
            warnings: self.warnings,
        }
    }
}
