//! A take: what is driven live goes into a journal, control period by control period.
//!
//! It begins when the arm moves. What happens while nothing moves is held back until something moves
//! again or the task is solved, so that an idle end can be left out.

use std::path::{Path, PathBuf};

use dataset::lerobot::{Journal, LerobotError};
use interface::{EpisodeNotes, Frame, FrameLayout, RigidTransform};
use sim::Cell;

/// A target that changes less than this in a control period stands still, rad or m.
const STILL: f32 = 2e-4;
/// Most control periods that are held back.
const HELD: usize = 1500;

/// One control period with what the cameras are to develop of it.
#[derive(Clone, Default)]
struct Moment {
    frame: Frame,
    /// Poses of everything there is to see, as the journal keeps them.
    looks: Vec<u8>,
    /// Whether the cameras took a picture of it.
    pictured: bool,
}

/// What is measured while a take runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Control periods recorded, those held back included.
    pub frames: usize,
    /// Control periods that came too late.
    pub dropped: u64,
    /// Control periods in which nothing moved.
    pub idle: usize,
    jerk_sum: f64,
    jerk_count: usize,
}

impl Figures {
    /// Root mean square jerk of the joints' targets, rad/s³.
    pub fn jerk(&self) -> f64 {
        (self.jerk_sum / self.jerk_count.max(1) as f64).sqrt()
    }

    /// Share of the control periods in which nothing moved.
    pub fn idle_share(&self) -> f64 {
        self.idle as f64 / self.frames.max(1) as f64
    }
}

/// A take under way.
pub struct Take {
    journal: Journal,
    notes: EpisodeNotes,
    cameras: usize,
    joints: usize,
    fps: f64,
    /// Control periods from one picture to the next.
    every: usize,
    trims: bool,
    running: bool,
    solved: bool,
    looked: Moment,
    poses: Vec<RigidTransform>,
    held: Vec<Moment>,
    holding: usize,
    /// The last four targets, the newest last.
    targets: [Vec<f32>; 4],
    figures: Figures,
    periods: usize,
}

impl Take {
    /// Makes ready: `name` is the journal's, `every` the control periods from one picture to the
    /// next, `joints` how many numbers of a target are joints.
    pub fn begin(
        root: &Path,
        name: &str,
        layout: &FrameLayout,
        notes: EpisodeNotes,
        joints: usize,
        every: usize,
        trims: bool,
    ) -> Result<Self, LerobotError> {
        Ok(Self {
            journal: Journal::create(root, name, layout, &notes)?,
            notes,
            cameras: layout.cameras.len(),
            joints,
            fps: f64::from(layout.fps),
            every: every.max(1),
            trims,
            running: false,
            solved: false,
            looked: Moment::default(),
            poses: Vec::new(),
            held: Vec::new(),
            holding: 0,
            targets: Default::default(),
            figures: Figures::default(),
            periods: 0,
        })
    }

    /// Whether the arm has moved.
    pub fn running(&self) -> bool {
        self.running
    }

    /// What was measured so far.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// What is known of the episode; changes are written when the take is kept.
    pub fn notes_mut(&mut self) -> &mut EpisodeNotes {
        &mut self.notes
    }

    /// Notes how everything looks before a control period, if the cameras take a picture now.
    pub fn look(&mut self, cell: &Cell) {
        let pictured = self.periods.is_multiple_of(self.every) || !self.running;
        self.looked.pictured = pictured;
        self.looked.looks.clear();
        if pictured && self.cameras > 0 {
            cell.look_poses(&mut self.poses);
            write_poses(&self.poses, &mut self.looked.looks);
        }
    }

    /// Takes the control period in that [`Take::look`] came before; `late` counts those that were
    /// missed before it.
    pub fn push(&mut self, frame: &Frame, late: u64) -> Result<(), LerobotError> {
        let moves = self.moves(frame);
        if !self.running {
            if !moves {
                self.lead(frame);
                return Ok(());
            }
            self.running = true;
            self.periods = 0;
        }
        self.periods += 1;
        self.figures.frames += 1;
        self.figures.dropped += late;
        self.figures.idle += usize::from(!moves);
        if self.holding == self.held.len() {
            self.held.push(Moment::default());
        }
        let moment = &mut self.held[self.holding];
        moment.frame.clone_from(frame);
        std::mem::swap(&mut moment.looks, &mut self.looked.looks);
        moment.pictured = self.looked.pictured;
        self.holding += 1;
        let newly_solved = frame.success && !self.solved;
        self.solved = frame.success;
        if moves || newly_solved || !self.trims || self.holding >= HELD {
            self.write_held()?;
        }
        self.journal.flush(frame.stamp)
    }

    /// Ends the take: everything worth keeping is on the disk. `None` where the arm never moved.
    pub fn keep(mut self) -> Result<Option<PathBuf>, LerobotError> {
        if !self.running {
            self.journal.discard()?;
            return Ok(None);
        }
        if !self.notes.judged_by_person {
            self.notes.success = self.solved;
        }
        self.notes.dropped = self.figures.dropped;
        self.journal.append_notes(&self.notes)?;
        self.journal.close().map(Some)
    }

    /// Throws the take away.
    pub fn discard(self) -> Result<(), LerobotError> {
        self.journal.discard()
    }

    fn write_held(&mut self) -> Result<(), LerobotError> {
        for moment in &self.held[..self.holding] {
            if moment.pictured {
                for camera in 0..self.cameras {
                    self.journal.append_deferred(camera, moment.frame.stamp, &moment.looks)?;
                }
            }
            self.journal.append_row(&moment.frame)?;
        }
        self.holding = 0;
        Ok(())
    }

    /// What was sent before the first frame, as runs of the same target.
    fn lead(&mut self, frame: &Frame) {
        let Some(origin) = &mut self.notes.origin else { return };
        match origin.lead.last_mut() {
            Some((periods, target)) if *target == frame.action => *periods += 1,
            _ => origin.lead.push((1, frame.action.clone())),
        }
    }

    /// Whether the targets move, and how jerkily.
    fn moves(&mut self, frame: &Frame) -> bool {
        self.targets.rotate_left(1);
        self.targets[3].clone_from(&frame.action);
        let [a, b, c, d] = &self.targets;
        let moves = !c.is_empty() && c.iter().zip(d).any(|(c, d)| (d - c).abs() > STILL);
        if !a.is_empty() {
            for joint in 0..self.joints.min(d.len()) {
                let at = |row: &[f32]| f64::from(row[joint]);
                let third = at(d) - 3.0 * at(c) + 3.0 * at(b) - at(a);
                self.figures.jerk_sum += (third * self.fps.powi(3)).powi(2);
                self.figures.jerk_count += 1;
            }
        }
        moves
    }
}

/// Poses as bytes: x y z and the quaternion x y z w of each, 64-bit little-endian.
fn write_poses(poses: &[RigidTransform], bytes: &mut Vec<u8>) {
    for pose in poses {
        let (t, q) = (&pose.translation.vector, &pose.rotation.coords);
        for value in [t.x, t.y, t.z, q.x, q.y, q.z, q.w] {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
    }
}

/// The poses that [`write_poses`] wrote; `None` where the bytes are none.
pub fn read_poses(bytes: &[u8]) -> Option<Vec<RigidTransform>> {
    if !bytes.len().is_multiple_of(56) {
        return None;
    }
    let pose = |bytes: &[u8]| {
        let mut numbers = bytes
            .chunks_exact(8)
            .map(|eight| f64::from_le_bytes(<[u8; 8]>::try_from(eight).unwrap_or_default()));
        let mut next = || numbers.next().unwrap_or_default();
        let [x, y, z, qx, qy, qz, qw] = std::array::from_fn(|_| next());
        // Not normalised again: the very same pose comes back.
        let rotation =
            nalgebra::UnitQuaternion::new_unchecked(nalgebra::Quaternion::new(qw, qx, qy, qz));
        RigidTransform::from_parts(nalgebra::Translation3::new(x, y, z), rotation)
    };
    Some(bytes.chunks_exact(56).map(pose).collect())
}
