//! One recording: where it goes, what time it is, and the log lines in it.

use std::net::ToSocketAddrs;
use std::path::PathBuf;
use std::time::Duration;

use interface::{ArmInfo, ArmState};
use rerun::external::re_uri;

use crate::{layout, scene::Drawn};

/// How long a viewer may take to accept a connection, and to take what is still unsent at the end.
const VIEWER_PATIENCE: Duration = Duration::from_secs(10);

/// Where a recording goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file; the usual ending is `.rrd`.
    File(PathBuf),
    /// A running viewer, `rerun+http://127.0.0.1:9876/proxy`.
    Viewer(String),
}

/// A recording that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RerunError {
    /// The file cannot be written.
    #[error("the recording {path} cannot be written: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The address is none.
    #[error(
        "`{url}` is no address of a Rerun viewer; one looks like rerun+http://127.0.0.1:9876/proxy"
    )]
    Address {
        /// What was given.
        url: String,
    },
    /// Nobody answers at the address.
    #[error("no Rerun viewer answers at {url} ({reason}); start one with `rerun` and try again")]
    NoViewer {
        /// The address.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The SDK refused a value or lost its way to the target.
    #[error("the recording failed: {0}")]
    Failed(String),
}

impl From<rerun::RecordingStreamError> for RerunError {
    fn from(error: rerun::RecordingStreamError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// A recording under way. Everything is logged at the moment last set by [`Recording::at`].
pub struct Recording {
    pub(crate) stream: rerun::RecordingStream,
    pub(crate) drawn: Drawn,
    viewer: Option<String>,
    joints_named: bool,
}

impl Recording {
    /// A recording called `name` that goes to every one of `targets`.
    pub fn open(name: &str, targets: &[Target]) -> Result<Self, RerunError> {
        let mut sinks: Vec<Box<dyn rerun::sink::LogSink>> = Vec::new();
        let mut viewer = None;
        for target in targets {
            match target {
                Target::File(path) => {
                    let failed = |reason: String| RerunError::File { path: path.clone(), reason };
                    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
                        std::fs::create_dir_all(folder).map_err(|e| failed(e.to_string()))?;
                    }
                    let sink =
                        rerun::sink::FileSink::new(path).map_err(|e| failed(e.to_string()))?;
                    sinks.push(Box::new(sink));
                }
                Target::Viewer(url) => {
                    let uri: re_uri::ProxyUri =
                        url.parse().map_err(|_| RerunError::Address { url: url.clone() })?;
                    reach(&uri, url)?;
                    sinks.push(Box::new(rerun::sink::GrpcSink::new(uri)));
                    viewer = Some(url.clone());
                }
            }
        }
        let builder = rerun::RecordingStreamBuilder::new("flowarm").recording_name(name);
        let stream = builder.with_blueprint(layout::blueprint()).set_sinks(sinks)?;
        Self::begin(stream, viewer)
    }

    /// A recording over a stream that is already open.
    pub(crate) fn begin(
        stream: rerun::RecordingStream,
        viewer: Option<String>,
    ) -> Result<Self, RerunError> {
        // The SDK's wall clock and tick counter would make two equal runs differ.
        stream.set_log_tick_enabled(false);
        stream.set_log_time_enabled(false);
        stream.log_static("world", &rerun::ViewCoordinates::RIGHT_HAND_Z_UP())?;
        Ok(Self { stream, drawn: Drawn::default(), viewer, joints_named: false })
    }

    /// Sets the moment of everything logged from now on, seconds since the start.
    pub fn at(&self, secs: f64) {
        self.stream.set_duration_secs("time", secs);
    }

    /// A sentence in the log.
    pub fn line(&self, text: &str, warning: bool) -> Result<(), RerunError> {
        let level = if warning { rerun::TextLogLevel::WARN } else { rerun::TextLogLevel::INFO };
        Ok(self.stream.log("log", &rerun::TextLog::new(text).with_level(level))?)
    }

    /// A page of Markdown that holds for the whole recording, such as a plan's table of stages.
    pub fn page(&self, name: &str, markdown: &str) -> Result<(), RerunError> {
        let document = rerun::TextDocument::from_markdown(markdown);
        Ok(self.stream.log_static(format!("pages/{}", crate::convert::part(name)), &document)?)
    }

    /// Joint positions, rad or m, and gripper openings, m, as curves.
    pub fn joints(&mut self, info: &ArmInfo, state: &ArmState) -> Result<(), RerunError> {
        let openings: Vec<String> =
            (0..state.openings.len()).map(|index| format!("opening {index}")).collect();
        if !self.joints_named {
            let names = info.joints.iter().map(|joint| joint.name.clone());
            self.stream.log_static("joints", &rerun::SeriesLines::new().with_names(names))?;
            self.stream.log_static("openings", &rerun::SeriesLines::new().with_names(openings))?;
            self.joints_named = true;
        }
        self.stream.log("joints", &rerun::Scalars::new(state.positions.iter().copied()))?;
        self.stream.log("openings", &rerun::Scalars::new(state.openings.iter().copied()))?;
        Ok(())
    }

    /// Any other number over time.
    pub fn number(&self, name: &str, value: f64) -> Result<(), RerunError> {
        let path = format!("numbers/{}", crate::convert::part(name));
        Ok(self.stream.log(path, &rerun::Scalars::single(value))?)
    }

    /// Ends the recording: everything is in the file, or with the viewer, when this returns.
    pub fn finish(self) -> Result<(), RerunError> {
        let flushed = self.stream.flush_with_timeout(VIEWER_PATIENCE);
        flushed.map_err(|error| match &self.viewer {
            Some(url) => RerunError::NoViewer { url: url.clone(), reason: error.to_string() },
            None => RerunError::Failed(error.to_string()),
        })?;
        // Closing the file writes its footer.
        self.stream.disconnect();
        Ok(())
    }
}

/// Tries the viewer's port: the SDK itself would wait for a viewer without a word.
fn reach(uri: &re_uri::ProxyUri, url: &str) -> Result<(), RerunError> {
    let absent = |reason: String| RerunError::NoViewer { url: url.to_owned(), reason };
    let host = uri.origin.host.to_string();
    let addresses = (host.trim_matches(['[', ']']), uri.origin.port)
        .to_socket_addrs()
        .map_err(|error| absent(error.to_string()))?;
    let mut reason = "no such host".to_owned();
    for address in addresses {
        match std::net::TcpStream::connect_timeout(&address, VIEWER_PATIENCE) {
            Ok(_) => return Ok(()),
            Err(error) => reason = error.to_string(),
        }
    }
    Err(absent(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(target: Target) -> String {
        match Recording::open("test", &[target]) {
            Ok(_) => panic!("opened"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_cannot_be_reached_is_said() {
        let check = |target, expected: &str| {
            let got = refusal(target);
            assert!(got.contains(expected), "{got}");
        };
        check(Target::Viewer("teapot".into()), "`teapot` is no address");
        // Port 9 (discard) is closed on any machine that runs tests.
        check(Target::Viewer("rerun+http://127.0.0.1:9/proxy".into()), "start one with `rerun`");
        check(Target::File("/proc/none/x.rrd".into()), "/proc/none/x.rrd cannot be written");
    }
}
