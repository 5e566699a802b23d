//! What works on this machine, and what to install where it does not.

use std::path::{Path, PathBuf};

use session_api::{Check, DoctorReport};

/// Looks at the machine without touching anything.
pub fn examine() -> DoctorReport {
    let checks = vec![
        processor(),
        display(),
        gpu_adapter(),
        robots(),
        devices("cameras", "/dev", "video", "plug in a camera; simulated cameras need none"),
        hand("gamepads", "gamepad"),
        hand("3D mouse", "spacemouse"),
        serial_ports(),
        program("rerun", "opens and checks the .rrd files", "pip install rerun-sdk==0.36.3"),
        judge(),
    ];
    DoctorReport { checks }
}

fn check(name: &str, found: Result<String, (String, String)>) -> Check {
    match found {
        Ok(detail) => Check { name: name.into(), ok: true, detail, fix: String::new() },
        Err((detail, fix)) => Check { name: name.into(), ok: false, detail, fix },
    }
}

fn processor() -> Check {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    check("processor", Ok(format!("{}, {cores} cores", model_name().unwrap_or("unknown".into()))))
}

/// The processor's name as the kernel gives it.
pub fn model_name() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn display() -> Check {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    check(
        "display",
        match (set("WAYLAND_DISPLAY"), set("DISPLAY")) {
            (Some(name), _) => Ok(format!("Wayland {name}")),
            (None, Some(name)) => Ok(format!("X11 {name}")),
            (None, None) => Err((
                "none: commands run without a window".into(),
                "start from a desktop session, or under `xvfb-run`".into(),
            )),
        },
    )
}

/// Vulkan drivers announce themselves by a file each; the loader is a shared library.
fn gpu_adapter() -> Check {
    let fix = "apt-get install libvulkan1 mesa-vulkan-drivers (software rendering included)";
    let loader =
        ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"]
            .iter()
            .any(|folder| Path::new(folder).join("libvulkan.so.1").exists());
    let drivers: Vec<String> = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"]
        .iter()
        .flat_map(|folder| names(Path::new(folder)))
        .filter(|name| name.ends_with(".json"))
        .map(|name| name.trim_end_matches(".json").to_owned())
        .collect();
    check(
        "GPU adapter",
        match (loader, drivers.is_empty()) {
            (true, false) => Ok(format!("Vulkan drivers: {}", drivers.join(", "))),
            (true, true) => Err(("a Vulkan loader and no driver".into(), fix.into())),
            (false, _) => {
                Err(("no Vulkan loader; pictures are rendered on the processor".into(), fix.into()))
            }
        },
    )
}

fn robots() -> Check {
    let names = robot::robot_names();
    check(
        "robots",
        if names.is_empty() {
            Err((
                format!("none in {}", robot::robots_folder().display()),
                "set FLOWARM_URDF to the project's folder urdf".into(),
            ))
        } else {
            Ok(format!("{} in {}", names.join(", "), robot::robots_folder().display()))
        },
    )
}

fn devices(name: &str, folder: &str, prefix: &str, fix: &str) -> Check {
    let found: Vec<String> = names(Path::new(folder))
        .into_iter()
        .filter(|device| {
            device.strip_prefix(prefix).is_some_and(|rest| {
                !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())
            })
        })
        .collect();
    check(
        name,
        if found.is_empty() { Err(("none".into(), fix.into())) } else { Ok(found.join(", ")) },
    )
}

/// A device to drive an arm with.
fn hand(name: &str, device: &str) -> Check {
    let found = teleop::find(device);
    let lacks = || ("none".into(), "choose another device; the keyboard needs none".into());
    check(
        name,
        match found {
            Some(found) if found.ok => Ok(found.detail),
            Some(found) => Err((found.detail, found.fix.unwrap_or_else(|| lacks().1))),
            None => Err(lacks()),
        },
    )
}

fn serial_ports() -> Check {
    let found: Vec<String> = names(Path::new("/dev"))
        .into_iter()
        .filter(|device| device.starts_with("ttyUSB") || device.starts_with("ttyACM"))
        .collect();
    check(
        "serial ports",
        if found.is_empty() {
            Err(("none".into(), "plug in an arm's USB adapter; simulation needs none".into()))
        } else {
            Ok(found.join(", "))
        },
    )
}

fn program(name: &str, purpose: &str, fix: &str) -> Check {
    let found = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
    });
    check(
        &format!("`{name}` program"),
        match found {
            Some(file) => Ok(format!("{}: {purpose}", file.display())),
            None => Err((format!("not on PATH; it {purpose}"), fix.into())),
        },
    )
}

fn judge() -> Check {
    check(
        "vision-language model",
        match std::env::var("FLOWARM_VLM_URL") {
            Ok(address) if !address.is_empty() => Ok(format!("configured: {address}")),
            _ => Err((
                "not configured; the geometric judge needs none".into(),
                "set FLOWARM_VLM_URL, FLOWARM_VLM_MODEL and, where it asks for one, FLOWARM_VLM_KEY".into(),
            )),
        },
    )
}

/// Names in a folder, sorted; none where there is no folder.
fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .map(|entry: std::fs::DirEntry| entry.path())
        .filter_map(|path: PathBuf| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
}
