//! Whether there is a screen to open a window on, found out without opening one: a window system's
//! own library ends the process when it finds none.

use crate::StudioError;

/// Says why no window can be shown, if none can.
pub fn check() -> Result<(), StudioError> {
    #[cfg(target_os = "linux")]
    return linux::check().map_err(StudioError::NoDisplay);
    #[cfg(not(target_os = "linux"))]
    Ok(())
}

#[cfg(target_os = "linux")]
mod linux {
    use std::net::{TcpStream, ToSocketAddrs};
    use std::os::unix::net::UnixStream;
    use std::path::PathBuf;
    use std::time::Duration;

    /// How long a display on another machine may take to answer.
    const ANSWERS: Duration = Duration::from_secs(2);

    fn named(variable: &str) -> Option<String> {
        std::env::var(variable).ok().filter(|value| !value.is_empty())
    }

    pub(super) fn check() -> Result<(), String> {
        if let Some(wayland) = named("WAYLAND_DISPLAY") {
            let folder = PathBuf::from(named("XDG_RUNTIME_DIR").unwrap_or_default());
            let socket = folder.join(&wayland);
            return UnixStream::connect(&socket)
                .map(|_| ())
                .map_err(|error| format!("WAYLAND_DISPLAY is {wayland}: {error}"));
        }
        let Some(display) = named("DISPLAY") else {
            return Err("neither DISPLAY nor WAYLAND_DISPLAY is set".into());
        };
        x11(&display).map_err(|error| format!("DISPLAY is {display}: {error}"))
    }

    /// `host:number.screen`; without a host it is this machine's.
    fn x11(display: &str) -> Result<(), String> {
        let (host, rest) = display.rsplit_once(':').ok_or("it has no number")?;
        let number: u16 =
            rest.split('.').next().and_then(|n| n.parse().ok()).ok_or("it has no number")?;
        if host.is_empty() || host == "unix" {
            return UnixStream::connect(format!("/tmp/.X11-unix/X{number}"))
                .map(|_| ())
                .map_err(|error| error.to_string());
        }
        let port = 6000_u16.checked_add(number).ok_or("its number is too large")?;
        let mut found = (host, port).to_socket_addrs().map_err(|error| error.to_string())?;
        let address = found.next().ok_or("its host has no address")?;
        TcpStream::connect_timeout(&address, ANSWERS).map(|_| ()).map_err(|error| error.to_string())
    }
}
