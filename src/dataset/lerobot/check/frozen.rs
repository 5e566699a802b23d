//! Cameras that stopped while the arm went on.

use interface::Image;

use crate::lerobot::column::Column;

/// Edge of the squares whose mean colours are compared, pixels.
const SQUARE: usize = 8;
/// How much the mean colour of a square differs at least between two pictures, 0 to 255: coding alone
/// differs by less.
const DIFFERENT: f32 = 3.0;
/// How long a camera must show the same picture, seconds.
const LONG_S: f64 = 1.0;
/// How far some joint moves meanwhile, rad or m.
const MOVED: f32 = 0.05;

/// Watches a camera's pictures one after the other.
pub(super) struct Watch {
    long: usize,
    /// Joints of every frame.
    state: Vec<f32>,
    joints: usize,
    /// The first picture of the present run, and its frame.
    anchor: Option<(usize, Vec<[f32; 3]>)>,
    last: usize,
    longest: Option<(usize, usize)>,
}

impl Watch {
    /// For pictures at `fps` frames a second and the joints of every frame, where they are known.
    pub fn new(fps: f64, state: Option<&Column>, rows: usize) -> Self {
        let state = state.and_then(Column::to_f32).unwrap_or_default();
        let joints = state.len() / rows.max(1);
        let long = (fps * LONG_S).ceil() as usize;
        Self { long, state, joints, anchor: None, last: 0, longest: None }
    }

    /// The next picture.
    pub fn see(&mut self, frame: usize, image: &Image) {
        let squares = squares(image);
        let far = |(a, b): (&[f32; 3], &[f32; 3])| (0..3).any(|c| (a[c] - b[c]).abs() > DIFFERENT);
        let same = |(_, first): &(usize, Vec<[f32; 3]>)| {
            first.len() == squares.len() && !first.iter().zip(&squares).any(far)
        };
        if !self.anchor.as_ref().is_some_and(same) {
            self.close();
            self.anchor = Some((frame, squares));
        }
        self.last = frame;
    }

    /// First and last frame of the longest time in which nothing changed though it should have.
    pub fn longest(mut self) -> Option<(usize, usize)> {
        self.close();
        self.longest
    }

    fn close(&mut self) {
        let Some((from, _)) = self.anchor.take() else { return };
        let to = self.last;
        let length = |(from, to): (usize, usize)| to - from + 1;
        if length((from, to)) < self.long
            || self.longest.is_some_and(|l| length(l) >= length((from, to)))
        {
            return;
        }
        let moved = (0..self.joints).any(|joint| {
            let values = (from..=to).filter_map(|i| self.state.get(i * self.joints + joint));
            let span =
                values.fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), x| (l.min(*x), h.max(*x)));
            span.1 - span.0 > MOVED
        });
        if moved {
            self.longest = Some((from, to));
        }
    }
}

/// Mean colours of the squares of a picture.
fn squares(image: &Image) -> Vec<[f32; 3]> {
    let (columns, rows) = (image.width.div_ceil(SQUARE), image.height.div_ceil(SQUARE));
    let mut sums = vec![([0_u32; 3], 0_u32); columns * rows];
    for (y, row) in image.rgb.chunks(image.width.max(1)).enumerate() {
        for (x, pixel) in row.iter().enumerate() {
            let (sum, count) = &mut sums[y / SQUARE * columns + x / SQUARE];
            sum.iter_mut().zip(pixel).for_each(|(s, p)| *s += u32::from(*p));
            *count += 1;
        }
    }
    sums.into_iter().map(|(sum, count)| sum.map(|s| s as f32 / count.max(1) as f32)).collect()
}
