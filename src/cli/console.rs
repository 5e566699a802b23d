//! Human text: lines, and how far long work has come.

use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use session_api::{Event, Level};

/// Seconds between two plain lines of progress.
const PLAIN_PERIOD: Duration = Duration::from_secs(5);

/// Where human text goes.
pub struct Console<'a> {
    /// Whether only errors are written.
    pub quiet: bool,
    err: Mutex<&'a mut (dyn Write + Send)>,
    progress: Mutex<Progress>,
}

enum Progress {
    /// A bar on a terminal.
    Bar(Option<ProgressBar>),
    /// Now and then a line; when the last one was written.
    Lines(Option<Instant>),
}

impl<'a> Console<'a> {
    /// Text without bars.
    pub fn plain(err: &'a mut (dyn Write + Send)) -> Self {
        Self { quiet: false, err: Mutex::new(err), progress: Mutex::new(Progress::Lines(None)) }
    }

    /// Text on a terminal.
    pub fn terminal(err: &'a mut (dyn Write + Send)) -> Self {
        Self { quiet: false, err: Mutex::new(err), progress: Mutex::new(Progress::Bar(None)) }
    }

    /// A line for the person who waits.
    pub fn line(&self, text: &str) {
        if !self.quiet {
            self.write(text);
        }
    }

    /// A sentence that is never left out.
    pub fn error(&self, text: &str) {
        self.write(text);
    }

    /// Shows one event.
    pub fn event(&self, event: Event) {
        if self.quiet {
            return;
        }
        match event {
            Event::Line(Level::Info, text) => self.write(&text),
            Event::Line(Level::Warning, text) => self.write(&format!("warning: {text}")),
            Event::Stage(stage) => {
                let mark = match stage.ok {
                    true => "ok  ",
                    false if stage.detail.starts_with("skipped") => "skip",
                    false => "stop",
                };
                self.write(&format!(
                    "  {mark} {:<8} {:>7.0} ms  {}",
                    stage.name, stage.millis, stage.detail
                ));
            }
            Event::FileWritten(path) => self.write(&format!("  wrote {}", path.display())),
            Event::Progress { what, done, total } => self.progress(what, done, total),
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        let mut progress = self.progress.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Progress::Bar(bar) = &mut *progress
            && let Some(bar) = bar.take()
        {
            bar.finish_and_clear();
        }
    }

    fn progress(&self, what: &'static str, done: usize, total: usize) {
        let mut progress = self.progress.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match &mut *progress {
            Progress::Bar(bar) => {
                let bar = bar.get_or_insert_with(|| {
                    let bar = ProgressBar::new(total as u64);
                    let style = "{msg} {pos}/{len} [{wide_bar}] {per_sec}, {eta} left";
                    if let Ok(style) = ProgressStyle::with_template(style) {
                        bar.set_style(style);
                    }
                    bar
                });
                bar.set_message(what);
                bar.set_length(total as u64);
                bar.set_position(done as u64);
                if done == total {
                    bar.finish_and_clear();
                }
            }
            Progress::Lines(last) => {
                let due = last.is_none_or(|last| last.elapsed() >= PLAIN_PERIOD);
                if due || done == total {
                    *last = Some(Instant::now());
                    drop(progress);
                    self.write(&format!("  {done} of {total} {what}"));
                }
            }
        }
    }

    fn write(&self, text: &str) {
        let mut err = self.err.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // A closed stderr leaves nobody to tell.
        let _ = writeln!(err, "{text}");
    }
}
