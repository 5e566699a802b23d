//! The numbers of an episode, as the data sets of one `demo_<i>` group.

use hdf5_pure::{AttrValue, StagedGroup};
use interface::{ControlMode, Frame, FrameLayout};

use super::ActionKind;
use crate::export::known;

/// Rows of numbers under a name, one row a frame.
pub(super) struct Column {
    name: &'static str,
    /// Lengths of the axes of one row.
    row: Vec<usize>,
    values: Vec<f32>,
}

impl Column {
    /// What `of` gives for each frame; frames for which it gives nothing are not numbers. `None`
    /// where it gives nothing for any, or where a row is empty.
    fn new<'f>(
        name: &'static str,
        row: &[usize],
        frames: &'f [Frame],
        of: impl Fn(&'f Frame) -> &'f [f32],
    ) -> Option<Self> {
        let width: usize = row.iter().product();
        if width == 0 || frames.iter().all(|frame| of(frame).is_empty()) {
            return None;
        }
        let mut values = Vec::with_capacity(frames.len() * width);
        for frame in frames {
            match of(frame) {
                [] => values.extend(std::iter::repeat_n(f32::NAN, width)),
                numbers => values.extend_from_slice(numbers),
            }
        }
        Some(Self { name, row: row.to_vec(), values })
    }

    /// Writes it into a group.
    fn write(&self, group: &mut StagedGroup<'_>) {
        let width: usize = self.row.iter().product();
        let shape = shape(self.values.len() / width, &self.row);
        group.create_dataset(self.name, |data| {
            data.with_f32_data(&self.values).with_shape(&shape);
        });
    }

    /// Leaves the first row out and repeats the last: what is seen after each frame.
    fn step(&mut self) {
        let width: usize = self.row.iter().product();
        step(&mut self.values, width);
    }
}

/// Moves every row one place to the front; the last stays as well.
pub(super) fn step<T: Copy>(rows: &mut [T], width: usize) {
    if rows.len() > width {
        rows.copy_within(width.., 0);
    }
}

/// Lengths of the axes of `rows` rows.
pub(super) fn shape(rows: usize, row: &[usize]) -> Vec<u64> {
    std::iter::once(rows).chain(row.iter().copied()).map(|n| n as u64).collect()
}

/// What the robot sees of itself and of the things, under robosuite's names.
fn observations(layout: &FrameLayout, grippers: usize, frames: &[Frame]) -> Vec<Column> {
    let joints = layout.joints.len() - grippers;
    let pose = |frame: &'_ Frame| known(&frame.tool_pose);
    let things = 7 * layout.things.len();
    [
        Column::new("robot0_joint_pos", &[joints], frames, |f| &f.state[..joints]),
        Column::new("robot0_gripper_qpos", &[grippers], frames, |f| &f.state[joints..]),
        Column::new(
            "robot0_eef_pos",
            &[3],
            frames,
            |f| if pose(f) { &f.tool_pose[..3] } else { &[] },
        ),
        Column::new(
            "robot0_eef_quat",
            &[4],
            frames,
            |f| if pose(f) { &f.tool_pose[3..] } else { &[] },
        ),
        Column::new("object", &[things], frames, |f| &f.environment),
        Column::new("flow", &[layout.flow_points, 3], frames, |f| f.flow.as_flattened()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// About how many bytes a frame takes without its pictures.
pub(super) fn bytes(layout: &FrameLayout) -> usize {
    let seen = layout.joints.len() + 7 + 7 * layout.things.len() + 3 * layout.flow_points;
    // Of eight bytes: the action, stamp, reward. Of four: what is seen, twice, and joints and things
    // in the state and the targets.
    8 * 9 + 4 * (3 * seen + 2 * layout.joints.len())
}

/// Stages everything of an episode but its pictures. Says in how many frames an observation is not a
/// number.
pub(super) fn stage(
    demo: &mut StagedGroup<'_>,
    layout: &FrameLayout,
    grippers: usize,
    kind: ActionKind,
    frames: &[Frame],
) -> usize {
    let rows = frames.len();
    let actions: Vec<f64> = frames.iter().flat_map(|frame| kind.of(frame)).collect();
    if !actions.is_empty() {
        let shape = [rows as u64, (actions.len() / rows) as u64];
        demo.create_dataset("actions", |data| {
            data.with_f64_data(&actions).with_shape(&shape);
        });
    }
    let joints = [layout.joints.len()];
    let sent = Column::new("actions_joint", &joints, frames, |f| &f.action);
    let asked = Column::new("actions_requested", &joints, frames, |f| &f.requested);
    sent.iter().chain(&asked).for_each(|column| column.write(demo));
    if let Some(states) = states(layout, frames) {
        states.write(demo);
    }

    let rewards: Vec<f64> = frames.iter().map(|frame| f64::from(u8::from(frame.success))).collect();
    let dones: Vec<u8> = (1..=rows).map(|row| u8::from(row == rows)).collect();
    let stamps: Vec<i64> = frames.iter().map(|frame| frame.stamp.0).collect();
    let place = |mode| ControlMode::ALL.iter().position(|m| *m == mode).unwrap_or_default() as u8;
    let modes: Vec<u8> = frames.iter().map(|frame| place(frame.mode)).collect();
    let words = ControlMode::ALL.iter().map(|mode| mode.word().to_owned()).collect();
    demo.create_dataset("rewards", |data| {
        data.with_f64_data(&rewards);
    });
    demo.create_dataset("dones", |data| {
        data.with_u8_data(&dones);
    });
    demo.create_dataset("stamps", |data| {
        data.with_i64_data(&stamps);
    });
    demo.create_dataset("control_mode", |data| {
        data.with_u8_data(&modes).set_attr("words", AttrValue::VarLenStringArray(words));
    });

    let mut columns = observations(layout, grippers, frames);
    demo.create_group_with("obs", |obs| columns.iter().for_each(|column| column.write(obs)));
    let unknown = (0..rows).filter(|row| {
        columns.iter().any(|column| {
            let width = column.values.len() / rows;
            column.values[row * width..(row + 1) * width].iter().any(|x| !x.is_finite())
        })
    });
    let unknown = unknown.count();
    columns.iter_mut().for_each(Column::step);
    demo.create_group_with("next_obs", |obs| columns.iter().for_each(|column| column.write(obs)));
    unknown
}

/// The joints' state and then, where they are known in every frame, the things' poses.
fn states(layout: &FrameLayout, frames: &[Frame]) -> Option<Column> {
    let joints = layout.joints.len();
    let things = 7 * layout.things.len();
    if things == 0 || frames.iter().any(|frame| frame.environment.is_empty()) {
        return Column::new("states", &[joints], frames, |f| &f.state);
    }
    let both = |f: &Frame| f.state.iter().chain(&f.environment).copied().collect::<Vec<f32>>();
    let values = frames.iter().flat_map(both).collect();
    Some(Column { name: "states", row: vec![joints + things], values })
}
