//! Frames to columns and back.

use interface::{ControlMode, Frame, FrameLayout, Stamp};

use super::column::{Column, Table};
use super::layout;

/// The columns of an episode that is being recorded.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    stamp: Vec<f64>,
    state: Vec<f32>,
    action: Vec<f32>,
    requested: Vec<f32>,
    tool_pose: Vec<f32>,
    tool_delta: Vec<f32>,
    environment: Vec<f32>,
    flow: Vec<f32>,
    mode: Vec<ControlMode>,
    success: Vec<bool>,
}

/// Why a frame does not fit the layout.
pub(crate) fn problem(layout: &FrameLayout, frame: &Frame) -> Option<String> {
    let joints = layout.joints.len();
    let vectors = [
        ("state", frame.state.len()),
        ("action", frame.action.len()),
        ("requested action", frame.requested.len()),
    ];
    for (what, got) in vectors {
        if got != joints {
            return Some(format!("its {what} has {got} values, the data set {joints}"));
        }
    }
    let poses = 7 * layout.things.len();
    let (things, points) = (frame.environment.len(), frame.flow.len());
    if things != 0 && things != poses {
        return Some(format!("it has {things} numbers of poses, the data set {poses}"));
    }
    if points != 0 && points != layout.flow_points {
        return Some(format!(
            "it has {points} points of flow, the data set {}",
            layout.flow_points
        ));
    }
    None
}

/// Appends `values`, or as many NaN where nobody knew them.
fn known(to: &mut Vec<f32>, values: impl ExactSizeIterator<Item = f32>, expected: usize) {
    if values.len() == expected {
        to.extend(values);
    } else {
        to.extend(std::iter::repeat_n(f32::NAN, expected));
    }
}

impl Rows {
    /// Frames so far.
    pub fn len(&self) -> usize {
        self.stamp.len()
    }

    /// Appends a frame that fits the layout.
    pub fn push(&mut self, layout: &FrameLayout, frame: &Frame) {
        self.stamp.push(frame.stamp.secs());
        self.state.extend(&frame.state);
        self.action.extend(&frame.action);
        self.requested.extend(&frame.requested);
        self.tool_pose.extend(frame.tool_pose);
        self.tool_delta.extend(frame.tool_delta);
        known(&mut self.environment, frame.environment.iter().copied(), 7 * layout.things.len());
        let flow = frame.flow.as_flattened().iter().copied();
        known(&mut self.flow, flow, 3 * layout.flow_points);
        self.mode.push(frame.mode);
        self.success.push(frame.success);
    }

    /// The columns, without the five defaults. `stamps` are the capture times of each camera.
    pub fn table(&self, layout: &FrameLayout, stamps: &[&[f64]]) -> Table {
        let floats = |v: &Vec<f32>| Column::F32(v.clone());
        let mut table = Table { rows: self.len(), columns: Vec::new() };
        table.set(layout::STATE, floats(&self.state));
        table.set(layout::ACTION, floats(&self.action));
        table.set(layout::REQUESTED, floats(&self.requested));
        table.set(layout::TOOL_DELTA, floats(&self.tool_delta));
        table.set(layout::TOOL_POSE, floats(&self.tool_pose));
        if !layout.things.is_empty() {
            table.set(layout::ENVIRONMENT, floats(&self.environment));
        }
        if layout.flow_points > 0 {
            table.set(layout::FLOW, floats(&self.flow));
        }
        for (camera, stamps) in layout.cameras.iter().zip(stamps) {
            let name = layout::camera_stamp_feature(&camera.name);
            table.set(&name, Column::F64(stamps.to_vec()));
        }
        let words = self.mode.iter().map(|mode| mode.word().to_owned()).collect();
        table.set(layout::MODE, Column::Text(words));
        table.set(layout::SUCCESS, Column::Bool(self.success.clone()));
        table.set(layout::STAMP, Column::F64(self.stamp.clone()));
        table
    }
}

/// The frames in the columns of a table with the features of `layout`; or what is missing.
pub(crate) fn frames(layout: &FrameLayout, table: &Table) -> Result<Vec<Frame>, String> {
    let missing = |name: &str| format!("column `{name}` is missing or of another type");
    let floats = |name: &str, width: usize| {
        let column = table.column(name).and_then(Column::to_f32);
        let column = column.filter(|c| c.len() == table.rows * width);
        column.ok_or_else(|| missing(name))
    };
    let joints = layout.joints.len();
    let poses = 7 * layout.things.len();
    let points = 3 * layout.flow_points;
    let state = floats(layout::STATE, joints)?;
    let action = floats(layout::ACTION, joints)?;
    let requested = floats(layout::REQUESTED, joints)?;
    let tool_delta = floats(layout::TOOL_DELTA, 7)?;
    let tool_pose = floats(layout::TOOL_POSE, 7)?;
    let optional = |name: &str, width: usize| {
        if width == 0 { Ok(Vec::new()) } else { floats(name, width) }
    };
    let environment = optional(layout::ENVIRONMENT, poses)?;
    let flow = optional(layout::FLOW, points)?;
    let mode = table.column(layout::MODE).and_then(Column::as_text);
    let mode = mode.ok_or_else(|| missing(layout::MODE))?;
    let success = table.column(layout::SUCCESS).and_then(Column::as_bool);
    let success = success.ok_or_else(|| missing(layout::SUCCESS))?;
    let stamp = table.column(layout::STAMP).and_then(Column::to_f64);
    let stamp = stamp.ok_or_else(|| missing(layout::STAMP))?;
    // What nobody knew was stored as NaN.
    let some = |values: &[f32]| {
        if values.iter().all(|x| x.is_nan()) { Vec::new() } else { values.to_vec() }
    };
    let pose = |values: &[f32]| std::array::from_fn(|i| values[i]);
    let frame = |i: usize| {
        let part = |values: &'_ [f32], width: usize| values[i * width..(i + 1) * width].to_vec();
        let word = &mode[i];
        Ok(Frame {
            stamp: Stamp::from_secs(stamp[i]),
            state: part(&state, joints),
            action: part(&action, joints),
            requested: part(&requested, joints),
            tool_pose: pose(&part(&tool_pose, 7)),
            tool_delta: pose(&part(&tool_delta, 7)),
            environment: some(&part(&environment, poses)),
            flow: some(&part(&flow, points)).as_chunks::<3>().0.to_vec(),
            mode: ControlMode::of_word(word)
                .ok_or_else(|| format!("`{word}` is no control mode ({})", modes()))?,
            success: success[i],
        })
    };
    (0..table.rows).map(frame).collect()
}

fn modes() -> String {
    ControlMode::ALL.map(ControlMode::word).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_from_their_columns() {
        let layout = FrameLayout {
            fps: 50,
            joints: vec!["a".into(), "b".into()],
            things: vec!["cube".into()],
            flow_points: 2,
            ..FrameLayout::default()
        };
        let frame = |i: usize| Frame {
            stamp: Stamp(i as i64 * 20_000_000 + 1_234_567_890_123),
            state: vec![i as f32, 0.1],
            action: vec![0.2; 2],
            requested: vec![0.3; 2],
            tool_pose: [0.4; 7],
            tool_delta: [0.5; 7],
            environment: if i == 1 { vec![] } else { vec![0.6; 7] },
            flow: if i == 1 { vec![] } else { vec![[0.7, 0.8, 0.9]; 2] },
            mode: ControlMode::ALL[i],
            success: i == 2,
        };
        let mut rows = Rows::default();
        let expected: Vec<Frame> = (0..3).map(frame).collect();
        expected.iter().for_each(|f| rows.push(&layout, f));
        assert_eq!(frames(&layout, &rows.table(&layout, &[])).unwrap(), expected);
    }

    #[test]
    fn a_frame_that_does_not_fit_says_what() {
        let layout = FrameLayout { fps: 50, joints: vec!["a".into()], ..FrameLayout::default() };
        let one = || vec![0.0_f32];
        let frame = Frame { state: one(), action: one(), requested: one(), ..Frame::default() };
        assert_eq!(problem(&layout, &frame), None);
        let check = |change: &dyn Fn(&mut Frame), expected: &str| {
            let mut frame = frame.clone();
            change(&mut frame);
            assert!(problem(&layout, &frame).unwrap().contains(expected));
        };
        check(&|f| f.action.push(1.0), "action has 2 values");
        check(&|f| f.environment.push(1.0), "1 numbers of poses");
        check(&|f| f.flow.push([0.0; 3]), "1 points of flow");
    }
}
