//! A 3D mouse, read from Linux' hidraw on a thread of its own.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use interface::{Seen, Teleop, TeleopError, Wish};

use crate::latest::Latest;
use crate::spacemouse_report::{Buttons, SpaceMouseState, parse_report, spacemouse_wish};

/// Where the kernel lists raw input devices, and where they are opened.
const CLASS: &str = "/sys/class/hidraw";
const NODES: &str = "/dev";
/// 3Dconnexion, and Logitech, under whose number the old ones run.
const VENDOR: u16 = 0x256F;
const OLD_VENDOR: u16 = 0x046D;
const OLD_PRODUCTS: [u16; 5] = [0xC625, 0xC626, 0xC627, 0xC629, 0xC62B];
/// How often an open device is asked, and how often one is looked for.
const POLL: Duration = Duration::from_millis(3);
const SEARCH: Duration = Duration::from_millis(500);
/// What opens the devices to the person at the machine, and where it goes.
pub(crate) const RULE: &str = "KERNEL==\"hidraw*\", ATTRS{idVendor}==\"256f\", TAG+=\"uaccess\"\n\
     KERNEL==\"hidraw*\", ATTRS{idVendor}==\"046d\", ATTRS{idProduct}==\"c62?\", TAG+=\"uaccess\"";
pub(crate) const RULE_FILE: &str = "/etc/udev/rules.d/70-spacemouse.rules";

/// A 3D mouse that the kernel lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its number: `/dev/hidrawN`.
    pub number: u32,
    pub node: PathBuf,
    pub vendor: u16,
    pub product: u16,
    pub name: String,
}

/// Vendor, product and name in a device's `uevent`; `None` for one that is no 3D mouse.
fn identify(uevent: &str) -> Option<(u16, u16, String)> {
    let value = |key: &str| uevent.lines().find_map(|line| line.strip_prefix(key));
    // Bus, vendor and product, in hexadecimal: 0003:0000256F:0000C635.
    let mut parts = value("HID_ID=")?.split(':').skip(1);
    let mut number = || u16::try_from(u32::from_str_radix(parts.next()?.trim(), 16).ok()?).ok();
    let (vendor, product) = (number()?, number()?);
    let known = vendor == VENDOR || (vendor == OLD_VENDOR && OLD_PRODUCTS.contains(&product));
    known.then(|| (vendor, product, value("HID_NAME=").unwrap_or("3D mouse").trim().to_owned()))
}

/// The 3D mice listed under `class`, with their nodes under `nodes`, in the order of their numbers.
pub(crate) fn find_in(class: &Path, nodes: &Path) -> Vec<Found> {
    let entries = std::fs::read_dir(class).into_iter().flatten().flatten();
    let mut found: Vec<Found> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let number = name.strip_prefix("hidraw")?.parse().ok()?;
            let uevent = std::fs::read(entry.path().join("device/uevent")).ok()?;
            let (vendor, product, label) = identify(&String::from_utf8_lossy(&uevent))?;
            Some(Found { number, node: nodes.join(&name), vendor, product, name: label })
        })
        .collect();
    found.sort_by_key(|found| found.number);
    found
}

/// The 3D mice of this machine.
pub(crate) fn find() -> Vec<Found> {
    find_in(Path::new(CLASS), Path::new(NODES))
}

/// Opens a node without ever waiting for reports.
pub(crate) fn open(node: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::OpenOptionsExt;
        /// `O_NONBLOCK`
        const AT_ONCE: i32 = 0o4000;
        options.custom_flags(AT_ONCE);
    }
    options.open(node)
}

/// What to do about a node that may not be opened.
pub(crate) fn permission_fix() -> String {
    format!("write `{}` to {RULE_FILE} and plug the device in again", RULE.replace('\n', "` and `"))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Waiting,
    There,
    Gone,
    /// It may not be opened: `/dev/hidrawN`.
    Denied(u32),
}

#[derive(Clone, Copy, Debug)]
struct News {
    state: SpaceMouseState,
    buttons: Buttons,
    link: Link,
}

/// A 3D mouse as a hand on an arm; the first one found is used, and found again after it was
/// unplugged.
pub struct SpaceMouseTeleop {
    news: Latest<News>,
    last: News,
    needed: Arc<AtomicBool>,
}

impl SpaceMouseTeleop {
    /// Starts to look for a 3D mouse. It may be plugged in later: until then readings say that it is
    /// missing.
    pub fn new() -> Result<Self, TeleopError> {
        Self::at(PathBuf::from(CLASS), PathBuf::from(NODES))
    }

    fn at(class: PathBuf, nodes: PathBuf) -> Result<Self, TeleopError> {
        let last = News {
            state: SpaceMouseState::default(),
            buttons: Buttons::default(),
            link: Link::Waiting,
        };
        let (news, needed) = (Latest::new(last), Arc::new(AtomicBool::new(true)));
        let (writer, alive) = (news.clone(), needed.clone());
        std::thread::Builder::new()
            .name("spacemouse".into())
            .spawn(move || watch(&class, &nodes, &writer, &alive))
            .map_err(|error| missing(format!("its thread cannot be started: {error}")))?;
        Ok(Self { news, last, needed })
    }
}

impl Drop for SpaceMouseTeleop {
    fn drop(&mut self) {
        self.needed.store(false, Ordering::Relaxed);
    }
}

impl Teleop for SpaceMouseTeleop {
    fn name(&self) -> &str {
        "spacemouse"
    }

    fn read(&mut self, seen: &Seen<'_>) -> Result<Wish, TeleopError> {
        let news = self.news.try_with(|news| {
            let copy = *news;
            news.state.down = 0;
            copy
        });
        match news {
            Some(news) => self.last = news,
            None => self.last.state.down = 0,
        }
        match self.last.link {
            Link::There => Ok(spacemouse_wish(&self.last.state, self.last.buttons)),
            Link::Waiting => Err(missing("none is plugged in".into())),
            Link::Denied(number) => Err(missing(format!(
                "/dev/hidraw{number} may not be read by this user: {}",
                permission_fix()
            ))),
            Link::Gone => Err(TeleopError::Lost {
                device: "spacemouse".into(),
                secs: seen.stamp.secs(),
                reason: "it was unplugged or switched off; plug it in again to go on".into(),
            }),
        }
    }
}

fn missing(reason: String) -> TeleopError {
    TeleopError::Missing { device: "spacemouse".into(), reason }
}

/// Follows the first 3D mouse until nobody needs it.
fn watch(class: &Path, nodes: &Path, news: &Latest<News>, needed: &AtomicBool) {
    while needed.load(Ordering::Relaxed) {
        if let Some(found) = find_in(class, nodes).into_iter().next() {
            match open(&found.node) {
                Ok(mut file) => {
                    news.change(|news| {
                        news.state = SpaceMouseState::default();
                        news.buttons = Buttons::of_product(found.vendor, found.product);
                        news.link = Link::There;
                    });
                    follow(&mut file, news, needed);
                    news.change(|news| {
                        news.state = SpaceMouseState::default();
                        news.link = Link::Gone;
                    });
                }
                Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                    news.change(|news| news.link = Link::Denied(found.number));
                }
                // It may just be on its way in or out.
                Err(_) => {}
            }
        }
        std::thread::sleep(SEARCH);
    }
}

/// Takes reports in until the device is gone or nobody needs it.
fn follow(source: &mut impl Read, news: &Latest<News>, needed: &AtomicBool) {
    let mut bytes = [0; 64];
    while needed.load(Ordering::Relaxed) {
        match source.read(&mut bytes) {
            Ok(0) => return,
            Ok(count) => {
                if let Some(report) = bytes.get(..count).and_then(parse_report) {
                    news.change(|news| news.state.take(report));
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(POLL),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use interface::Motion;
    use proptest::prelude::*;

    const COMPACT: &str = "DRIVER=hid-generic\nHID_ID=0003:0000256F:0000C635\n\
         HID_NAME=3Dconnexion SpaceMouse Compact\nHID_PHYS=usb-0000:00:14.0-2/input0\n";

    fn check(uevent: &str, expected: Option<(u16, u16)>) {
        let got = identify(uevent).map(|(vendor, product, _)| (vendor, product));
        assert_eq!(got, expected, "{uevent}");
    }

    #[test]
    fn only_3d_mice_are_taken_for_3d_mice() {
        check(COMPACT, Some((0x256F, 0xC635)));
        assert!(identify(COMPACT).unwrap().2.ends_with("Compact"));
        check("HID_ID=0003:0000046D:0000C626", Some((0x046D, 0xC626)));
        check("HID_ID=0003:0000046D:0000C52B\nHID_NAME=Logitech USB Receiver", None);
        check("HID_ID=0003:0000256F", None);
        check("HID_ID=0003:zz:1", None);
        check("HID_ID=0003:FFFF256F:0000C635", None);
        check("", None);
    }

    proptest! {
        #[test]
        fn no_uevent_is_a_disaster(text in "(HID_ID=)?[0-9A-Fa-f:\n=HID_NAME]{0,60}") {
            identify(&text);
        }
    }

    /// A source that gives one report a reading, then fails.
    struct Reports(Vec<Vec<u8>>);

    impl Read for Reports {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            if self.0.is_empty() {
                return Err(std::io::Error::other("no such device"));
            }
            let report = self.0.remove(0);
            if report.is_empty() {
                return Err(ErrorKind::WouldBlock.into());
            }
            out[..report.len()].copy_from_slice(&report);
            Ok(report.len())
        }
    }

    #[test]
    fn reports_are_followed_until_the_device_is_gone() {
        let last =
            News { state: SpaceMouseState::default(), buttons: Buttons::Two, link: Link::There };
        let mut mouse = SpaceMouseTeleop {
            news: Latest::new(last),
            last,
            needed: Arc::new(AtomicBool::new(true)),
        };
        let push = vec![1, 0, 0, 0xa2, 0xfe, 0, 0];
        let mut source = Reports(vec![push, Vec::new(), vec![9, 9], vec![3, 1], vec![3, 0]]);
        follow(&mut source, &mouse.news, &mouse.needed);
        let wish = crate::tests::read(&mut mouse).unwrap();
        assert!(matches!(wish.motion, Motion::Twist { linear, .. } if linear.x == 1.0));
        assert!(wish.gripper.is_some());
        assert!(crate::tests::read(&mut mouse).unwrap().gripper.is_none());
        mouse.news.change(|news| news.link = Link::Gone);
        let says = crate::tests::read(&mut mouse).unwrap_err();
        assert!(matches!(&says, TeleopError::Lost { .. }), "{says}");
        mouse.news.change(|news| news.link = Link::Denied(3));
        let says = crate::tests::read(&mut mouse).unwrap_err().to_string();
        assert!(says.contains("/dev/hidraw3") && says.contains("70-spacemouse.rules"), "{says}");
        assert!(says.contains("ATTRS{idVendor}==\"256f\"") && says.lines().count() == 1, "{says}");
    }

    #[test]
    fn a_mouse_is_found_where_the_kernel_lists_it() {
        let (class, nodes) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (number, uevent) in [(12, COMPACT), (3, COMPACT), (0, "HID_ID=0003:0000046D:0000C52B")]
        {
            let device = class.path().join(format!("hidraw{number}/device"));
            std::fs::create_dir_all(&device).unwrap();
            std::fs::write(device.join("uevent"), uevent).unwrap();
        }
        std::fs::create_dir_all(class.path().join("hidrawx")).unwrap();
        let found = find_in(class.path(), nodes.path());
        assert_eq!(found.iter().map(|found| found.number).collect::<Vec<_>>(), [3, 12]);
        assert_eq!(find_in(Path::new("/nowhere"), nodes.path()), []);
        // Through the thread: a file stands in for the node, and ends like a device that is unplugged.
        let node = nodes.path().join("hidraw3");
        std::fs::write(&node, [1, 0, 0, 0xa2, 0xfe, 0, 0]).unwrap();
        let mut mouse =
            SpaceMouseTeleop::at(class.path().to_owned(), nodes.path().to_owned()).unwrap();
        let end = std::time::Instant::now() + Duration::from_secs(10);
        while !matches!(crate::tests::read(&mut mouse), Err(TeleopError::Lost { .. })) {
            assert!(std::time::Instant::now() < end);
            std::thread::sleep(POLL);
        }
    }
}
