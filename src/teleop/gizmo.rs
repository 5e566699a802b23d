//! A pose that a person drags in a 3D view.

use interface::{GripperWish, Motion, RigidTransform, Seen, Teleop, TeleopError, Wish};

use crate::latest::Latest;

#[derive(Clone, Copy, Debug, Default)]
struct Drag {
    /// Where the tool should be, while a person holds it.
    pose: Option<RigidTransform>,
    gripper: Option<GripperWish>,
}

/// The view's end: where the handle is dragged to. Clones are the same handle.
#[derive(Clone)]
pub struct GizmoTarget(Latest<Drag>);

impl GizmoTarget {
    /// Nobody holds it.
    pub fn new() -> Self {
        Self(Latest::new(Drag::default()))
    }

    /// The handle is held and at this pose, `world_from_tool`.
    pub fn drag(&self, world_from_tool: RigidTransform) {
        self.0.change(|drag| drag.pose = Some(world_from_tool));
    }

    /// The handle was let go: the arm stops where it is, which need not be where the handle was.
    pub fn let_go(&self) {
        self.0.change(|drag| drag.pose = None);
    }

    /// A button beside the handle asks for the gripper, once.
    pub fn grip(&self, wish: GripperWish) {
        self.0.change(|drag| drag.gripper = Some(wish));
    }
}

impl Default for GizmoTarget {
    fn default() -> Self {
        Self::new()
    }
}

/// A dragged pose as a hand on an arm.
pub struct GizmoTeleop {
    target: GizmoTarget,
    last: Drag,
}

impl GizmoTeleop {
    /// Follows a handle.
    pub fn new(target: GizmoTarget) -> Self {
        Self { target, last: Drag::default() }
    }
}

impl Teleop for GizmoTeleop {
    fn name(&self) -> &str {
        "gizmo"
    }

    fn read(&mut self, _seen: &Seen<'_>) -> Result<Wish, TeleopError> {
        let drag = self.target.0.try_with(|drag| {
            let copy = *drag;
            drag.gripper = None;
            copy
        });
        match drag {
            Some(drag) => self.last = drag,
            None => self.last.gripper = None,
        }
        Ok(Wish {
            motion: self.last.pose.map_or(Motion::Still, Motion::Pose),
            gripper: self.last.gripper,
            scale: 1.0,
            enabled: true,
            ..Wish::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_followed_while_it_is_held() {
        let target = GizmoTarget::new();
        let mut gizmo = GizmoTeleop::new(target.clone());
        assert_eq!(crate::tests::read(&mut gizmo).unwrap().motion, Motion::Still);
        let pose = RigidTransform::translation(0.1, 0.2, 0.3);
        target.drag(pose);
        target.grip(GripperWish::Share(0.5));
        let wish = crate::tests::read(&mut gizmo).unwrap();
        assert_eq!(
            (wish.motion, wish.gripper),
            (Motion::Pose(pose), Some(GripperWish::Share(0.5)))
        );
        let wish = crate::tests::read(&mut gizmo).unwrap();
        assert_eq!((wish.motion, wish.gripper), (Motion::Pose(pose), None));
        target.let_go();
        assert_eq!(crate::tests::read(&mut gizmo).unwrap().motion, Motion::Still);
    }

    #[test]
    fn a_reading_does_not_wait_for_the_view() {
        let target = GizmoTarget::new();
        let mut gizmo = GizmoTeleop::new(target.clone());
        let pose = RigidTransform::translation(0.1, 0.0, 0.0);
        target.drag(pose);
        crate::tests::read(&mut gizmo).unwrap();
        target.0.change(|_| {
            // The view is at it in this moment.
            assert_eq!(crate::tests::read(&mut gizmo).unwrap().motion, Motion::Pose(pose));
        });
    }
}
