//! What tests of devices share.

use interface::{ArmState, JointTarget, Seen, Stamp, Teleop, TeleopError, Wish};

/// Reads a device before an arm that stands somewhere, at 0 s.
pub(crate) fn read(device: &mut dyn Teleop) -> Result<Wish, TeleopError> {
    read_at(device, 0.0, &[])
}

/// Reads a device at a time before an arm with these joints.
pub(crate) fn read_at(
    device: &mut dyn Teleop,
    secs: f64,
    positions: &[f64],
) -> Result<Wish, TeleopError> {
    let target = JointTarget { positions: positions.to_vec(), openings: Vec::new() };
    let state = ArmState {
        stamp: Stamp::from_secs(secs),
        positions: positions.to_vec(),
        velocities: vec![0.0; positions.len()],
        openings: Vec::new(),
    };
    device.read(&Seen {
        stamp: state.stamp,
        period: 0.02,
        state: &state,
        target: &target,
        world_from_tool: &[],
        arm: 0,
    })
}
