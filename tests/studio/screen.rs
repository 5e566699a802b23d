//! A screen without a screen: Xvfb, and the software Vulkan that draws on it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A display of our own; it ends with this value.
pub struct Screen {
    server: Child,
    /// What `DISPLAY` is to say.
    pub display: String,
    /// The driver's manifest.
    pub driver: String,
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Mesa's processor driver, where it is installed.
fn software_vulkan() -> Option<String> {
    let folder = std::fs::read_dir("/usr/share/vulkan/icd.d").ok()?;
    let mut paths = folder.flatten().map(|entry| entry.path().display().to_string());
    paths.find(|path| path.contains("lvp_icd"))
}

/// Opens a screen on the first number that is free; `None` where Xvfb or the driver is missing.
pub fn open() -> Option<Screen> {
    let driver = software_vulkan()?;
    for number in 90..130 {
        let socket = format!("/tmp/.X11-unix/X{number}");
        if Path::new(&socket).exists() {
            continue;
        }
        let display = format!(":{number}");
        let mut server = Command::new("Xvfb")
            .args([display.as_str(), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let until = Instant::now() + Duration::from_secs(10);
        while Instant::now() < until {
            if Path::new(&socket).exists() {
                return Some(Screen { server, display, driver });
            }
            if server.try_wait().is_ok_and(|ended| ended.is_some()) {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = server.kill();
        let _ = server.wait();
    }
    None
}
