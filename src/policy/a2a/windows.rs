//! Which frames a training sample is made of.

/// History frames before "now", which is the last of them.
pub const BEFORE: usize = 7;
/// Frames a window may reach beyond an episode on either side, where the nearest frame is repeated.
const PAD: usize = 7;

/// One training sample: a run of frames of one episode. Frames beyond its ends repeat the nearest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Which episode.
    pub episode: usize,
    /// Its first frame; negative where the history begins before the episode.
    pub start: isize,
    /// Whether its history is taken for one of rest: "now" in all its frames.
    pub still: bool,
}

impl Window {
    /// The frame of the episode, `frames` long, at position `i` of the window.
    pub fn frame(&self, i: usize, frames: usize) -> usize {
        let i = if self.still { i.max(BEFORE) } else { i };
        let at = self.start + i as isize;
        at.clamp(0, frames.saturating_sub(1) as isize) as usize
    }
}

/// All windows of `history - 1 + chunk + 1` frames of episodes of these lengths: every start from 7
/// frames before an episode to 7 frames after the last whole window.
///
/// A window holds the history (8 frames, the newest being "now"), the chunk that begins with the
/// action commanded now, and, as published, one frame more that is not used: 16 frames in all.
pub fn windows(lengths: &[usize], history: usize, chunk: usize) -> Vec<Window> {
    let horizon = (history + chunk) as isize;
    let mut all = Vec::new();
    for (episode, length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
        let last = *length as isize - horizon + PAD as isize;
        all.extend((-(PAD as isize)..=last).map(|start| Window { episode, start, still: false }));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_reach_seven_frames_over_both_ends() {
        let w = windows(&[20, 0, 13], 8, 8);
        assert_eq!(w.len(), 19 + 12);
        assert_eq!(w[0], Window { episode: 0, start: -7, still: false });
        assert_eq!((w[0].frame(0, 20), w[0].frame(7, 20), w[0].frame(9, 20)), (0, 0, 2));
        assert_eq!(w[18].frame(15, 20), 19);
        let still = Window { still: true, ..w[9] };
        assert_eq!([0, 6, 7, 8].map(|i| still.frame(i, 20)), [9, 9, 9, 10]);
        assert!(windows(&[1], 8, 8).is_empty() && windows(&[2], 8, 8).len() == 1);
    }
}
