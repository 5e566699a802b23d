//! What devices there are, for a person who wonders why theirs does nothing.

use crate::gamepad::gamepad_names;
use crate::spacemouse;

/// A device, or one that could be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// What it is called where one is chosen: `keyboard`, `gizmo`, `gamepad`, `spacemouse`, `leader`.
    pub name: &'static str,
    /// Whether it can be used now.
    pub ok: bool,
    /// Which one, or why not.
    pub detail: String,
    /// What to do about it.
    pub fix: Option<String>,
}

/// The kinds of device there are.
pub const DEVICES: [&str; 5] = ["keyboard", "gizmo", "gamepad", "spacemouse", "leader"];

/// Every kind of device and whether it is there. Looks at the machine: some milliseconds.
pub fn list() -> Vec<Device> {
    DEVICES.into_iter().filter_map(find).collect()
}

/// One kind of device; `None` for a name that is none.
pub fn find(name: &str) -> Option<Device> {
    let name = DEVICES.into_iter().find(|known| *known == name)?;
    let fine = |detail: &str| Device { name, ok: true, detail: detail.to_owned(), fix: None };
    Some(match name {
        "keyboard" => fine("the window's keys, while it has the focus"),
        "gizmo" => fine("a handle in the window's 3D view"),
        "leader" => fine("a recorded stream from a file"),
        "gamepad" => gamepad(name, gamepad_names()),
        _ => space_mouse(name),
    })
}

fn gamepad(name: &'static str, names: Result<Vec<String>, String>) -> Device {
    match names {
        Ok(names) if !names.is_empty() => {
            Device { name, ok: true, detail: names.join(", "), fix: None }
        }
        Ok(_) => Device {
            name,
            ok: false,
            detail: "none found".into(),
            fix: Some(
                "plug one in; where it stays unseen, let this user read /dev/input (`sudo usermod \
                 -aG input $USER`, then log in anew)"
                    .into(),
            ),
        },
        Err(reason) => Device {
            name,
            ok: false,
            detail: format!("gamepads cannot be read here: {reason}"),
            fix: None,
        },
    }
}

fn space_mouse(name: &'static str) -> Device {
    let Some(found) = spacemouse::find().into_iter().next() else {
        let fix = Some("plug one in; on Linux only".into());
        return Device { name, ok: false, detail: "none found".into(), fix };
    };
    let place = found.node.display();
    match spacemouse::open(&found.node) {
        Ok(_) => Device { name, ok: true, detail: format!("{} at {place}", found.name), fix: None },
        Err(error) => Device {
            name,
            ok: false,
            detail: format!("{} at {place}: {error}", found.name),
            fix: Some(spacemouse::permission_fix()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_is_listed_with_what_to_do() {
        let all = list();
        assert_eq!(all.iter().map(|device| device.name).collect::<Vec<_>>(), DEVICES);
        for device in &all {
            assert!(!device.detail.is_empty() && find(device.name).is_some(), "{device:?}");
        }
        assert_eq!(find("joystick of doom"), None);
    }

    #[test]
    fn gamepads_are_named_or_missed() {
        let two = gamepad("gamepad", Ok(vec!["A".into(), "B".into()]));
        assert!(two.ok && two.detail == "A, B" && two.fix.is_none());
        assert!(gamepad("gamepad", Ok(Vec::new())).fix.is_some_and(|fix| fix.contains("input")));
        let says = gamepad("gamepad", Err("no udev".into()));
        assert!(!says.ok && says.detail.contains("no udev"));
    }
}
