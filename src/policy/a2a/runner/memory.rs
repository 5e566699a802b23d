//! The last frames that a policy saw: their states and their features.

/// A ring of rows, one a frame.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    rows: Vec<f32>,
    width: usize,
    depth: usize,
    seen: usize,
    /// Where the next row goes.
    next: usize,
}

impl Memory {
    pub(super) fn new(depth: usize, width: usize) -> Self {
        Self { rows: vec![0.0; depth * width], width, depth, seen: 0, next: 0 }
    }

    pub(super) fn clear(&mut self) {
        (self.seen, self.next) = (0, 0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.seen == 0
    }

    pub(super) fn push(&mut self, row: &[f32]) {
        let at = self.next * self.width;
        self.rows[at..at + self.width].copy_from_slice(row);
        self.next = (self.next + 1) % self.depth;
        self.seen = (self.seen + 1).min(self.depth);
    }

    /// Frame `i` of the history, 0 being the oldest; where fewer were seen, the oldest stands for those
    /// that are missing.
    pub(super) fn row(&self, i: usize) -> &[f32] {
        let missing = self.depth - self.seen;
        let back = self.depth - i.max(missing);
        let at = (self.next + self.depth - back) % self.depth;
        &self.rows[at * self.width..(at + 1) * self.width]
    }

    /// The rows that were seen, oldest first, after their number.
    pub(super) fn save(&self) -> Vec<f32> {
        let mut saved = vec![self.seen as f32];
        (self.depth - self.seen..self.depth).for_each(|i| saved.extend_from_slice(self.row(i)));
        saved
    }

    /// The rows of what [`Self::save`] gave, if it came from a memory of this shape.
    pub(super) fn rows_of(saved: &[f32], depth: usize, width: usize) -> Option<&[f32]> {
        let (seen, rows) = saved.split_first()?;
        let fits = (0.0..=depth as f32).contains(seen)
            && seen.fract() == 0.0
            && rows.len() == *seen as usize * width
            && rows.iter().all(|v| v.is_finite());
        fits.then_some(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_stands_for_what_is_missing() {
        let mut memory = Memory::new(4, 1);
        let history = |m: &Memory| (0..4).map(|i| m.row(i)[0]).collect::<Vec<_>>();
        for (push, expected) in [
            (1.0, [1.0, 1.0, 1.0, 1.0]),
            (2.0, [1.0, 1.0, 1.0, 2.0]),
            (3.0, [1.0, 1.0, 2.0, 3.0]),
            (4.0, [1.0, 2.0, 3.0, 4.0]),
            (5.0, [2.0, 3.0, 4.0, 5.0]),
        ] {
            memory.push(&[push]);
            assert_eq!(history(&memory), expected);
            let mut copy = Memory::new(4, 1);
            let saved = memory.save();
            let rows = Memory::rows_of(&saved, 4, 1).unwrap();
            rows.iter().for_each(|row| copy.push(&[*row]));
            assert_eq!(history(&copy), expected);
        }
        for wrong in [&[][..], &[2.0, 1.0], &[0.5], &[9.0], &[1.0, f32::NAN]] {
            assert_eq!(Memory::rows_of(wrong, 4, 1), None, "{wrong:?}");
        }
    }
}
